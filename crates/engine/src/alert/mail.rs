//! A mail by SMTP.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncTransport as _, Tokio1Executor};
use url::Url;

use super::{Alert, headline, text};
use crate::fetch::chain;
use crate::trust::Trust;

const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends an alert to all receivers in one mail. `login` is `user:password`.
pub(super) async fn send(
    (server, trust): (&str, &Trust),
    login: Option<&str>,
    (from, to): (&str, &[String]),
    alert: &Alert,
) -> Result<(), String> {
    let address = |text: &str| {
        text.parse::<Mailbox>().map_err(|error| format!("mail address {text:?}: {error}"))
    };
    // Names come from files of others: a line break in one must not start another header.
    let subject: String = format!("[wsis] {}", headline(alert))
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut message = Message::builder().from(address(from)?).subject(subject);
    for receiver in to {
        message = message.to(address(receiver)?);
    }
    let message =
        message.header(ContentType::TEXT_PLAIN).body(text(alert)).map_err(|error| chain(&error))?;
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server)
        .map_err(|error| format!("mail server {server:?}: {}", chain(&error)))?
        .tls(tls(server, trust)?)
        .timeout(Some(TIMEOUT));
    if let Some((user, password)) = login.and_then(|login| login.split_once(':')) {
        transport = transport.credentials(Credentials::new(user.to_owned(), password.to_owned()));
    }
    let sent = tokio::time::timeout(TIMEOUT * 2, transport.build().send(message)).await;
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("mail server {server}: {}", chain(&error))),
        Err(_) => Err(format!("mail server {server}: no end within {} s", TIMEOUT.as_secs() * 2)),
    }
}

/// TLS as the address asks for it, with what the deployment trusts: from the first byte for
/// `smtps`, by STARTTLS for `smtp` with `?tls=required`.
fn tls(server: &str, trust: &Trust) -> Result<Tls, String> {
    let fault = |why: String| format!("mail server {server:?}: {why}");
    let url = Url::parse(server).map_err(|error| fault(error.to_string()))?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
    let parameters = || {
        let mut builder = TlsParameters::builder(url.host_str().unwrap_or_default().to_owned());
        for certificate in trust.for_mail()? {
            builder = builder.add_root_certificate(certificate);
        }
        builder.build()
    };
    let wrapped: fn(TlsParameters) -> Tls = match (url.scheme(), asked.as_deref()) {
        ("smtps", _) => Tls::Wrapper,
        (_, Some("required")) => Tls::Required,
        (_, Some("opportunistic")) => Tls::Opportunistic,
        _ => return Ok(Tls::None),
    };
    parameters().map(wrapped).map_err(|error| fault(chain(&error)))
}
