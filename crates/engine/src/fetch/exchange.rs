//! One exchange over HTTP: the headers that go, the body that comes, and where a redirect leads.

use reqwest::Response;
use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;
use wsis_model::causes::chain;

use super::body::{BodyFault, BodyReader};
use super::guard::Refusal;
use super::lookup::is_silent;
use super::{Ask, ERROR_BODY_MAX, FetchError, Fetcher, Reply, Secret};

impl Fetcher {
    /// Receives the body under the caps.
    pub(super) async fn read(
        &self,
        url: &Url,
        mut response: Response,
        attempt: u32,
    ) -> Result<Reply, FetchError> {
        let status = response.status().as_u16();
        let is_error = status >= 400;
        let mut caps = self.limits.caps;
        if is_error {
            caps.bytes = caps.bytes.min(ERROR_BODY_MAX);
        }
        let gzip = match text(response.headers(), &header::CONTENT_ENCODING).as_deref() {
            None | Some("" | "identity") => false,
            Some(name) if name.eq_ignore_ascii_case("gzip") || name == "x-gzip" => true,
            Some(_) if is_error => false,
            Some(found) => {
                return Err(FetchError::Encoding { url: url.to_string(), found: found.to_owned() });
            }
        };
        if !is_error && response.content_length().is_some_and(|length| length > caps.bytes) {
            return Err(FetchError::TooLarge { url: url.to_string(), max: caps.bytes });
        }
        let mut reply = Reply {
            status,
            etag: text(response.headers(), &header::ETAG),
            last_modified: text(response.headers(), &header::LAST_MODIFIED),
            content_type: text(response.headers(), &header::CONTENT_TYPE),
            via: None,
            body: Vec::new(),
            retry_after: text(response.headers(), &header::RETRY_AFTER),
        };
        let mut reader = BodyReader::new(gzip, caps);
        let fault = loop {
            match response.chunk().await {
                Ok(Some(piece)) => {
                    if let Err(fault) = reader.push(&piece) {
                        break fault;
                    }
                }
                Ok(None) => match reader.finish() {
                    Ok(body) => {
                        reply.body = body;
                        return if status == 200 && reply.body.is_empty() {
                            Err(FetchError::Empty { url: url.to_string(), attempts: attempt })
                        } else {
                            Ok(reply)
                        };
                    }
                    Err(fault) => break fault,
                },
                // The status of an error matters more than the rest of its text.
                Err(_) if is_error => return Ok(reply),
                Err(error) => return Err(transport(url, error, attempt)),
            }
        };
        if is_error {
            return Ok(reply);
        }
        let url = url.to_string();
        Err(match fault {
            BodyFault::TooLarge => FetchError::TooLarge { url, max: caps.bytes },
            BodyFault::Bomb { received } => FetchError::Bomb { url, received, ratio: caps.ratio },
            BodyFault::Corrupt(why) => FetchError::Transport { url, why, attempts: attempt },
        })
    }
}

pub(super) fn headers(same_origin: bool, ask: Ask<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(accept) = ask.accept.and_then(|it| HeaderValue::from_str(it).ok()) {
        headers.insert(header::ACCEPT, accept);
    }
    if !same_origin {
        return headers;
    }
    if let Some((name, value)) = ask.secret.and_then(Secret::header) {
        headers.insert(name, value);
    }
    if let Some(validators) = ask.validators {
        let mut put = |name, value: &Option<String>| {
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        };
        put(header::IF_NONE_MATCH, &validators.etag);
        // RFC 9110 13.1.3: a recipient ignores it beside If-None-Match, but an old one may not.
        if validators.etag.is_none() {
            put(header::IF_MODIFIED_SINCE, &validators.last_modified);
        }
    }
    headers
}

/// Where a response leads, if it is a redirect; the text as sent when it is no URL.
pub(super) fn redirect_target(from: &Url, response: &Response) -> Option<Result<Url, String>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = text(response.headers(), &header::LOCATION)?;
    Some(from.join(&location).map_err(|_| location))
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn deepest(error: &dyn std::error::Error) -> Option<String> {
    let mut below = error.source()?;
    while let Some(next) = below.source() {
        below = next;
    }
    Some(below.to_string())
}

pub(super) fn transport(url: &Url, error: reqwest::Error, attempts: u32) -> FetchError {
    if let Some(refusal) = refusal_in(&error) {
        return FetchError::Refused { url: url.to_string(), refusal };
    }
    if let Some(Distrust { why, of_the_server, trust_helps }) = certificate_in(&error) {
        return FetchError::Certificate { url: url.to_string(), why, of_the_server, trust_helps };
    }
    let error = error.without_url();
    // Of a connection that fails the last cause says it all; those above it repeat that.
    let why = match deepest(&error) {
        Some(cause) if error.is_connect() => format!("cannot connect: {cause}"),
        _ if error.is_timeout() => format!("timed out: {}", chain(&error)),
        _ => chain(&error),
    };
    let url = url.to_string();
    // The connector's own word for it.
    if is_silent(&error) || (error.is_connect() && chain(&error).contains("dns error")) {
        return FetchError::Unresolved { url, why, attempts };
    }
    FetchError::Transport { url, why, attempts }
}

/// Why a certificate is not accepted.
struct Distrust {
    why: String,
    /// Whether it is the server's own fault: asking again does not help against it.
    of_the_server: bool,
    /// Whether to trust another authority would help.
    trust_helps: bool,
}

/// What is wrong with a certificate, however deep that is said.
fn certificate_in(error: &(dyn std::error::Error + 'static)) -> Option<Distrust> {
    let mut all = std::iter::successors(Some(error), |error| below(*error));
    match all.find_map(|error| error.downcast_ref::<rustls::Error>())? {
        rustls::Error::InvalidCertificate(fault) => Some(told(fault)),
        rustls::Error::NoCertificatesPresented => Some(Distrust {
            why: "it shows none".to_owned(),
            of_the_server: true,
            trust_helps: false,
        }),
        _ => None,
    }
}

/// What is below an error. Errors of inputs and outputs pass over what they hold, and name its cause.
fn below<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e (dyn std::error::Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

fn told(fault: &rustls::CertificateError) -> Distrust {
    use rustls::CertificateError as Fault;
    // (why, of the server, trust helps)
    let (why, of_the_server, trust_helps) = match fault {
        Fault::Expired | Fault::ExpiredContext { .. } => {
            ("it has expired, by the clock of this machine", true, false)
        }
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
            ("it is not valid yet, by the clock of this machine", false, false)
        }
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
            ("it is for another name than the one that was asked", true, false)
        }
        Fault::Revoked => ("it was revoked", true, false),
        Fault::UnknownIssuer => ("nobody here knows the authority that issued it", false, true),
        Fault::BadSignature => ("its signature is wrong", true, false),
        Fault::BadEncoding => ("it cannot be read", true, false),
        Fault::InvalidPurpose | Fault::InvalidPurposeContext { .. } => {
            ("it is not one of a server", true, false)
        }
        // Only its Debug form says which. A `ca_file` that names this very certificate does not help, and
        // to say that it would is to send somebody round in a circle.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            "it is that of an authority itself, which no server can show for itself: the server needs \
             a certificate that the authority issued to it, and `ca_file` then names the authority",
            false,
            false,
        ),
        _ => ("it cannot be verified", false, true),
    };
    Distrust { why: why.to_owned(), of_the_server, trust_helps }
}

/// The refusal of our own resolver, however deep: asking again does not help against it.
pub(crate) fn refusal_in(error: &(dyn std::error::Error + 'static)) -> Option<Refusal> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref::<Refusal>().cloned())
}

/// Hosts of the proxies named in the environment: they are usually on a private network.
pub(crate) fn proxy_hosts() -> std::collections::BTreeSet<String> {
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter_map(|value| {
            let value = if value.contains("://") { value } else { format!("http://{value}") };
            Url::parse(&value).ok()?.host_str().map(str::to_ascii_lowercase)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::told;

    #[derive(Debug, thiserror::Error)]
    #[error("as the verifier has it")]
    struct CaUsedAsEndEntity;

    /// `ca_file` was advised against a certificate that is its own authority: the user had just named it there.
    #[test]
    fn trial_p135_to_trust_what_no_server_can_show_is_not_advised() {
        let fault = rustls::OtherError(Arc::new(CaUsedAsEndEntity));
        let itself = told(&rustls::CertificateError::Other(fault));
        assert!(!itself.trust_helps && !itself.of_the_server);
        assert!(itself.why.contains("a certificate that the authority issued to it"));
        let unknown = told(&rustls::CertificateError::UnknownIssuer);
        assert!(unknown.trust_helps);
        // Nor against a clock.
        assert!(!told(&rustls::CertificateError::NotValidYet).trust_helps);
    }
}
