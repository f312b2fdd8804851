//! Which addresses may be asked: `https` only, public addresses only, unless the deployment
//! declares a host. Checked for the URL as written, for every redirect, and for every address
//! that a name resolves to (so a name that points at 169.254.169.254 is refused too).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// What a deployment allows beyond public `https` addresses.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow_http: BTreeSet<String>,
    allow_private: BTreeSet<String>,
}

/// Why a URL may not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another scheme than http or https.
    #[error("scheme {0:?} is not fetched; use https")]
    Scheme(String),
    /// Plain http to a host that is not listed.
    #[error("plain http to {0}; use https, or add it to allow_http in workspace.toml")]
    PlainHttp(String),
    /// A loopback, private or otherwise local address.
    #[error(
        "{0} is a private or loopback address; add it to allow_private in workspace.toml if it is meant"
    )]
    Private(String),
    /// No host.
    #[error("the url has no host")]
    NoHost,
    /// User name or password in the URL would be archived and logged.
    #[error("the url carries a user name or password; name an environment variable in secret_env")]
    Credentials,
}

impl Guard {
    /// Hosts (`host` or `host:port`) allowed by the deployment.
    pub fn new(allow_http: &[String], allow_private: &[String]) -> Self {
        let lower = |list: &[String]| list.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { allow_http: lower(allow_http), allow_private: lower(allow_private) }
    }

    /// Checks a URL as written; names are checked again when they resolve.
    pub fn check(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host().ok_or(Refusal::NoHost)?;
        match url.scheme() {
            "https" => {}
            "http" if listed(&self.allow_http, url) => {}
            "http" => return Err(Refusal::PlainHttp(name_of(url))),
            other => return Err(Refusal::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let private = match host {
            Host::Ipv4(address) => is_local(IpAddr::V4(address)),
            Host::Ipv6(address) => is_local(IpAddr::V6(address)),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                name.eq_ignore_ascii_case("localhost")
                    || name.to_ascii_lowercase().ends_with(".localhost")
            }
        };
        if private && !self.allows_private(url) {
            return Err(Refusal::Private(name_of(url)));
        }
        Ok(())
    }

    /// Whether the deployment declares this host as one on its own network.
    pub fn allows_private(&self, url: &Url) -> bool {
        listed(&self.allow_private, url)
    }
}

/// `host` or `host:port` of a URL, for lists and messages.
fn name_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn listed(list: &BTreeSet<String>, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}"));
    list.contains(&host)
        || list.contains(bare)
        || with_port.is_some_and(|name| list.contains(&name))
}

/// Whether an address is not one of the public internet.
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_local_v4(v4),
        IpAddr::V6(v6) => embedded_v4(v6).map_or_else(|| is_local_v6(v6), is_local_v4),
    }
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
}

fn is_local_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || first & 0xfe00 == 0xfc00 // unique local
        || first & 0xffc0 == 0xfe80 // link local
        || (first == 0x2001 && address.segments()[1] == 0x0db8) // documentation
}

/// The IPv4 address within an IPv6 one: mapped, compatible, NAT64 and 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let pair = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(pair(high, low))
        }
        [0x2002, high, low, ..] => Some(pair(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(pair(high, low)),
        _ => None,
    }
}

/// Resolves names, and drops local addresses unless the name is exempt.
#[derive(Debug, Clone)]
pub(crate) struct PublicResolver {
    /// Names that may resolve to local addresses: the proxy of an institution.
    pub(crate) exempt: Arc<BTreeSet<String>>,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let exempt = self.exempt.contains(&name.as_str().to_ascii_lowercase());
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|at| exempt || !is_local(at.ip())).collect();
            if allowed.is_empty() {
                return Err(Box::new(Refusal::Private(name.as_str().to_owned()))
                    as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses_in_every_spelling_are_refused() {
        let guard = Guard::new(&[], &[]);
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/", // 127.0.0.1 as one number
            "https://0x7f.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://localhost/",
            "https://localhost./",
            "https://db.localhost/",
        ] {
            let found = guard.check(&Url::parse(url).unwrap());
            assert!(matches!(found, Err(Refusal::Private(_))), "{url}: {found:?}");
        }
        for url in ["https://api.worldbank.org/v2", "https://8.8.8.8/", "https://[2606:4700::1]/"] {
            assert_eq!(guard.check(&Url::parse(url).unwrap()), Ok(()), "{url}");
        }
    }

    #[test]
    fn http_and_private_hosts_need_a_declaration_each() {
        let loopback = Url::parse("http://127.0.0.1:8123/v2").unwrap();
        let name = || "127.0.0.1".to_owned();
        assert_eq!(
            Guard::new(&[], &[name()]).check(&loopback),
            Err(Refusal::PlainHttp("127.0.0.1:8123".to_owned()))
        );
        assert_eq!(
            Guard::new(&[name()], &[]).check(&loopback),
            Err(Refusal::Private("127.0.0.1:8123".to_owned()))
        );
        assert_eq!(Guard::new(&[name()], &[name()]).check(&loopback), Ok(()));
        let ported = "127.0.0.1:8123".to_owned();
        let guard = Guard::new(std::slice::from_ref(&ported), std::slice::from_ref(&ported));
        assert_eq!(guard.check(&loopback), Ok(()));
        let other = Url::parse("http://127.0.0.1:9/v2").unwrap();
        assert!(guard.check(&other).is_err());
    }

    #[test]
    fn files_ftp_and_passwords_are_refused() {
        let guard = Guard::new(&[], &[]);
        let check = |url: &str| guard.check(&Url::parse(url).unwrap());
        assert_eq!(check("file:///etc/passwd"), Err(Refusal::NoHost));
        assert_eq!(check("ftp://example.org/x"), Err(Refusal::Scheme("ftp".to_owned())));
        assert_eq!(check("https://user:pw@example.org/"), Err(Refusal::Credentials));
    }
}
