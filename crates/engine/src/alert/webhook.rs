//! A POST of JSON, signed when there is a key.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;

use super::{Alert, json};
use crate::clock::Clock;
use crate::fetch::chain;
use crate::trust::Trust;

const ATTEMPTS: u32 = 3;
const WAIT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts an alert; again, a little later, when the service is out of order. With a key the
/// header `X-Wsis-Signature` holds `sha256=` and the HMAC of the body in hexadecimal digits.
pub(super) async fn post(
    url: &Url,
    key: Option<&str>,
    alert: &Alert,
    (clock, trust): (&dyn Clock, &Trust),
) -> Result<(), String> {
    let certificates = trust.for_http().map_err(|error| chain(&error))?;
    let client = reqwest::Client::builder()
        .tls_certs_merge(certificates)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("wsis/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| chain(&error))?;
    let body = json(alert);
    let mut why = String::new();
    for attempt in 1..=ATTEMPTS {
        if attempt > 1 {
            clock.sleep(WAIT * (attempt - 1)).await;
        }
        let mut request =
            client.post(url.clone()).header("content-type", "application/json").body(body.clone());
        if let Some(key) = key {
            request = request.header("x-wsis-signature", signature(key, &body)?);
        }
        // The path of a webhook is often its key: only the host is told.
        let host = url.host_str().unwrap_or_default();
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                let status = answer.status();
                why = format!("{host} answered {status} to attempt {attempt}");
                if !status.is_server_error() && status.as_u16() != 429 {
                    break;
                }
            }
            Err(error) => {
                why = format!("{host}: {} (attempt {attempt})", chain(&error.without_url()));
            }
        }
    }
    Err(why)
}

fn signature(key: &str, body: &[u8]) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|e| e.to_string())?;
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
