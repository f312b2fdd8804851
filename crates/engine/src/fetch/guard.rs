//! Which addresses may be asked: `https` only, public addresses only, unless the deployment
//! declares a host. Checked for the URL as written, for every redirect, and for every address
//! that a name resolves to (so a name that points at 169.254.169.254 is refused too).

use std::net::{IpAddr, SocketAddr};

use url::Url;
use wsis_model::address::is_local_host;

/// What a deployment allows beyond public `https` addresses.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow_http: Vec<String>,
    allow_private: Vec<String>,
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
        "{0} is a private, loopback or special-purpose address; add it to allow_private in workspace.toml if it is meant"
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
        Self { allow_http: allow_http.to_vec(), allow_private: allow_private.to_vec() }
    }

    /// Checks a URL as written; names are checked again when they resolve.
    pub fn check(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host_str().ok_or(Refusal::NoHost)?;
        match url.scheme() {
            "https" => {}
            "http" if listed(&self.allow_http, url) => {}
            "http" => return Err(Refusal::PlainHttp(name_of(url))),
            other => return Err(Refusal::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if is_local_host(host) && !self.allows_private(url) {
            return Err(Refusal::Private(name_of(url)));
        }
        Ok(())
    }

    /// The addresses of a server that is no web server, where it may be asked. None where the
    /// deployment declares it as one on its own network: any address will do.
    pub(crate) async fn addresses(
        &self,
        url: &Url,
        port: u16,
    ) -> Result<Option<Vec<SocketAddr>>, Box<dyn std::error::Error + Send + Sync>> {
        if self.allows_private(url) {
            return Ok(None);
        }
        // In addresses that are not of the web a number is not read as one by `url`.
        let host = wsis_config::web_host(url).ok_or(Refusal::NoHost)?;
        if is_local_host(&host) {
            return Err(Box::new(Refusal::Private(name_of(url))));
        }
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => Ok(Some(vec![SocketAddr::new(address, port)])),
            Err(_) => public_addresses(&host, port).await.map(Some),
        }
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

fn listed(list: &[String], url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    wsis_config::names_host(list, host, url.port_or_known_default())
}

/// The public addresses of a name; an error with a [`Refusal`] when it has only others.
pub(crate) async fn public_addresses(
    name: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let found = tokio::net::lookup_host((name, port)).await?;
    Ok(super::lookup::public_of(name, found)?)
}

#[cfg(test)]
mod tests {
    use wsis_model::address::is_local;

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

    /// Ranges of the registries of special-purpose addresses (IANA) that are not globally
    /// reachable, with their first and last address or some within, and neighbours that are.
    #[test]
    fn trial_x11_special_purpose_ranges_are_local_and_their_neighbours_are_not() {
        for address in [
            "fec0::",
            "feff:ffff::1",
            "64:ff9b:1::",
            "64:ff9b:1:ffff::a00:1",
            "2001::",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:1ff:ffff::",
            "2002:808:808::",
            "::ffff:8.8.8.8",
            "::ffff:192.168.0.1",
            "::8.8.8.8",
            "100::",
            "100::ffff:ffff:ffff:ffff",
            "100:0:0:1::1",
            "192.0.0.0",
            "192.0.0.255",
            "192.88.99.0",
            "192.88.99.255",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "ff02::1",
            "::",
            "::1",
            "2001:db8::1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::192.88.99.1",
            "198.18.0.1",
            "240.0.0.1",
        ] {
            assert!(is_local(address.parse().unwrap()), "{address}");
        }
        for address in [
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "64:ff9b::8.8.8.8",
            "192.0.1.1",
            "192.88.98.1",
            "192.88.100.1",
            "8.8.8.8",
            "3ffe::1",
        ] {
            assert!(!is_local(address.parse().unwrap()), "{address}");
        }
    }

    /// What `wsis check` passes is told, and what is refused when it is told is an error of the check.
    #[tokio::test]
    async fn trial_p260_mail_servers_of_this_machine_in_every_spelling_are_refused() {
        let guard = Guard::default();
        for host in [
            "localhost",
            "LOCALHOST.",
            "mail.localhost",
            "%6cocalhost",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "0",
            "10.0.0.1.",
            "[::1]",
        ] {
            let url = Url::parse(&format!("smtps://{host}")).unwrap();
            let found = guard.addresses(&url, 465).await.unwrap_err();
            let found = found.downcast_ref::<Refusal>();
            assert!(matches!(found, Some(Refusal::Private(_))), "{host}: {found:?}");
        }
        let public = Url::parse("smtps://8.8.8.8").unwrap();
        let found = guard.addresses(&public, 465).await.unwrap().unwrap();
        assert_eq!(found, ["8.8.8.8:465".parse().unwrap()]);
        // One that is declared may be asked, as it is written.
        let own = Guard::new(&[], &["127.1".to_owned()]);
        let url = Url::parse("smtps://127.1").unwrap();
        assert_eq!(own.addresses(&url, 465).await.unwrap(), None);
    }

    /// `::1` without its brackets was an address that may be asked, and one that the check refused.
    #[test]
    fn trial_p290_an_address_of_ipv6_is_declared_in_any_spelling() {
        for declared in ["::1", "[::1]", "0:0:0:0:0:0:0:1", "[::1]:443"] {
            let guard = Guard::new(&[], &[declared.to_owned()]);
            for url in ["https://[::1]/", "https://[0:0::1]/v2"] {
                assert_eq!(guard.check(&Url::parse(url).unwrap()), Ok(()), "{declared}: {url}");
            }
            let other = guard.check(&Url::parse("https://[::2]/").unwrap());
            assert!(matches!(other, Err(Refusal::Private(_))), "{declared}: {other:?}");
        }
        // With a port behind it, it is another address.
        let guard = Guard::new(&[], &["::1:443".to_owned()]);
        assert!(guard.check(&Url::parse("https://[::1]/").unwrap()).is_err());
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
