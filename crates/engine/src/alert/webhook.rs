//! A POST of JSON, signed when there is a key.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;
use wsis_model::causes::chain;

use super::{Alert, json};
use crate::clock::Clock;
use crate::fetch::guard::Guard;
use crate::fetch::lookup::Names;
use crate::fetch::{USER_AGENT, proxy_hosts, refusal_in};
use crate::trust::Trust;

const ATTEMPTS: u32 = 3;
const WAIT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a webhook is reached.
pub(super) struct Ways<'a> {
    pub(super) clock: &'a dyn Clock,
    pub(super) trust: &'a Trust,
    pub(super) guard: &'a Guard,
}

impl Ways<'_> {
    fn client(&self, url: &Url) -> Result<reqwest::Client, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .tls_certs_merge(self.trust.for_http()?)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT);
        if self.guard.allows_private(url) {
            builder.build()
        } else {
            let exempt = Some(Arc::new(proxy_hosts()));
            builder.dns_resolver(Names::of_machine(TIMEOUT).resolver(exempt)).build()
        }
    }
}

/// Posts an alert; again, a little later, when the service is out of order. With a key the
/// header `X-Wsis-Signature` holds `sha256=` and the HMAC of the body in hexadecimal digits.
pub(super) async fn post(
    url: &Url,
    key: Option<&str>,
    alert: &Alert,
    ways: &Ways<'_>,
) -> Result<(), String> {
    // The path of a webhook is often its key: only the host is told.
    let host = url.host_str().unwrap_or_default();
    ways.guard.check(url).map_err(|refusal| format!("{host}: {refusal}"))?;
    let client = ways.client(url).map_err(|error| chain(&error))?;
    let body = json(alert);
    let mut why = String::new();
    for attempt in 1..=ATTEMPTS {
        if attempt > 1 {
            ways.clock.sleep(WAIT * (attempt - 1)).await;
        }
        let mut request =
            client.post(url.clone()).header("content-type", "application/json").body(body.clone());
        if let Some(key) = key {
            request = request.header("x-wsis-signature", signature(key, &body)?);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => {
                let status = answer.status();
                why = format!("{host} answered {status} to attempt {attempt}");
                if !status.is_server_error() && status.as_u16() != 429 {
                    break;
                }
            }
            Err(error) if refusal_in(&error).is_some() => {
                return Err(format!("{host}: {}", chain(&error.without_url())));
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
