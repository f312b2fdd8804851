//! A mail by SMTP.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncTransport as _, Tokio1Executor};
use url::Url;
use wsis_model::causes::chain;

use super::{Alert, headline, text};
use crate::fetch::guard::Guard;
use crate::trust::Trust;

const TIMEOUT: Duration = Duration::from_secs(15);

/// How a mail server is reached.
pub(super) struct Server<'a> {
    pub(super) address: &'a str,
    pub(super) trust: &'a Trust,
    pub(super) guard: &'a Guard,
}

impl Server<'_> {
    /// The address as it may be shown: without a user, who may be a key.
    fn shown(&self) -> String {
        let Ok(mut url) = Url::parse(self.address) else { return "mail server".to_owned() };
        // Fails only for addresses that can have neither.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        format!("mail server {url}")
    }

    /// Refuses one on a network of our own that is not declared.
    async fn check(&self) -> Result<(), String> {
        let url = Url::parse(self.address).map_err(|error| error.to_string())?;
        let usual = if url.scheme() == "smtps" { 465 } else { 25 };
        let found = self.guard.addresses(&url, url.port().unwrap_or(usual)).await;
        found.map(drop).map_err(|error| chain(&*error))
    }
}

/// Sends an alert to all receivers in one mail. `login` is `user:password`.
pub(super) async fn send(
    server: &Server<'_>,
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
    let shown = server.shown();
    server.check().await.map_err(|why| format!("{shown}: {why}"))?;
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.address)
        .map_err(|error| format!("{shown}: {}", chain(&error)))?
        .tls(tls(server)?)
        .timeout(Some(TIMEOUT));
    if let Some(login) = login {
        // Without a login the mail would go as nobody's, or be refused for another reason.
        let (user, password) = login
            .split_once(':')
            .ok_or_else(|| format!("{shown}: the secret is not of the form user:password"))?;
        transport = transport.credentials(Credentials::new(user.to_owned(), password.to_owned()));
    }
    let sent = tokio::time::timeout(TIMEOUT * 2, transport.build().send(message)).await;
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("{shown}: {}", chain(&error))),
        Err(_) => Err(format!("{shown}: no end within {} s", TIMEOUT.as_secs() * 2)),
    }
}

/// TLS as the address asks for it, with what the deployment trusts: from the first byte for
/// `smtps`, by STARTTLS for `smtp` with `?tls=required`.
fn tls(server: &Server<'_>) -> Result<Tls, String> {
    let fault = |why: String| format!("{}: {why}", server.shown());
    let url = Url::parse(server.address).map_err(|error| fault(error.to_string()))?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
    let parameters = || {
        let mut builder = TlsParameters::builder(url.host_str().unwrap_or_default().to_owned());
        for certificate in server.trust.for_mail()? {
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
