//! How hosts are reached, and how much they are asked: budgets, breaker, proxy, certificates.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;
use url::Url;
use wsis_engine::fetch::guard::Guard;
use wsis_engine::fetch::{
    Ask, Asked, BreakerLimits, BudgetStore, FetchError, Fetcher, HostRule, Limits, LookedUp,
    Lookup, Reach, RequestKind, Retry,
};
use wsis_engine::{Cause, Clock, FixedClock, Ledger, Trust};

use crate::authority::Authority;
use crate::faults::{Answer, Faulty, ok, status};
use crate::fetching::{limits, now};

async fn ask(fetcher: &Fetcher, url: &Url, kind: RequestKind) -> Asked {
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = Ask { url, accept: None, validators: None, secret: None, kind, deadline };
    fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await
}

fn fetcher(limits: Limits, clock: &Arc<FixedClock>, reach: Reach) -> Fetcher {
    let own = ["127.0.0.1".to_owned(), "data.example".to_owned(), "10.0.0.1".to_owned()];
    let clock: Arc<FixedClock> = Arc::clone(clock);
    Fetcher::reaching(limits, Guard::new(&own, &own[..1]), clock, 1, reach).unwrap()
}

#[tokio::test]
async fn h3_budgets_of_data_and_structure_are_apart_and_outlive_a_restart() {
    let server = Faulty::start().await;
    server.script("/a", vec![ok("[1]")]);
    let url = server.url("/a");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let clock = Arc::new(FixedClock::new(now()));
    let start = || {
        let rule = HostRule {
            host: "127.0.0.1".to_owned(),
            data_per_hour: Some(60),
            structure_per_hour: Some(70),
            ..HostRule::default()
        };
        let budgets = Some(Arc::new(Ledger::open(&path).unwrap()) as Arc<dyn BudgetStore>);
        fetcher(limits(), &clock, Reach { rules: vec![rule], budgets, ..Reach::default() })
    };
    let first = start();
    for _ in 0..40 {
        ask(&first, &url, RequestKind::Data).await.result.unwrap();
    }
    drop(first);
    clock.advance(Duration::from_mins(30));
    let second = start();
    for _ in 0..20 {
        ask(&second, &url, RequestKind::Data).await.result.unwrap();
    }
    let refused = ask(&second, &url, RequestKind::Data).await.result.unwrap_err();
    assert_eq!(refused.cause(), Cause::Configuration);
    let told = refused.to_string();
    let until = (now() + TimeDelta::hours(1)).format("%Y-%m-%d %H:%M:%S UTC");
    assert!(
        told.ends_with(&format!(
            "the budget of the host is used up (60 data requests in an hour); run it again at {until}"
        )),
        "{told}"
    );
    assert_eq!(server.count("/a"), 60, "nothing beyond the budget was asked");
    for _ in 0..70 {
        ask(&second, &url, RequestKind::Structure).await.result.unwrap();
    }
    assert!(ask(&second, &url, RequestKind::Structure).await.result.is_err());
    // An hour after the first forty there is room for forty.
    clock.advance(Duration::from_mins(30));
    for _ in 0..40 {
        ask(&second, &url, RequestKind::Data).await.result.unwrap();
    }
    assert!(ask(&second, &url, RequestKind::Data).await.result.is_err());
}

#[tokio::test]
async fn a_short_wait_for_the_budget_is_waited() {
    let server = Faulty::start().await;
    server.script("/a", vec![ok("[1]")]);
    let url = server.url("/a");
    let clock = Arc::new(FixedClock::new(now()));
    let rule =
        HostRule { host: "127.0.0.1".to_owned(), data_per_minute: Some(2), ..HostRule::default() };
    let budgets = Some(Arc::new(Ledger::in_memory().unwrap()) as Arc<dyn BudgetStore>);
    let fetcher =
        fetcher(limits(), &clock, Reach { rules: vec![rule], budgets, ..Reach::default() });
    for _ in 0..6 {
        ask(&fetcher, &url, RequestKind::Data).await.result.unwrap();
    }
    assert_eq!(clock.now() - now(), TimeDelta::minutes(2));
    assert_eq!(server.count("/a"), 6);
}

#[tokio::test]
async fn a_host_that_fails_again_and_again_is_left_alone_and_then_probed() {
    let server = Faulty::start().await;
    let down = || vec![status(503), status(503), status(503), status(503), status(503), ok("[1]")];
    server.script("/a", down());
    server.script("/other", vec![ok("[2]")]);
    let (url, other) = (server.url("/a"), server.url("/other"));
    let clock = Arc::new(FixedClock::new(now()));
    let breaker = BreakerLimits { failures: 2, pause: Duration::from_mins(1) };
    let fetcher = fetcher(Limits { retries: 1, breaker, ..limits() }, &clock, Reach::default());
    for _ in 0..2 {
        let failed = ask(&fetcher, &url, RequestKind::Data).await.result.unwrap_err();
        assert!(matches!(failed, FetchError::Status { status: 503, attempts: 2, .. }), "{failed}");
    }
    for _ in 0..9 {
        let resting = ask(&fetcher, &other, RequestKind::Data).await.result.unwrap_err();
        assert_eq!(resting.cause(), Cause::SourceDown);
        let told = resting.to_string();
        assert!(told.contains("the host failed again and again up to 10:0"), "{told}");
        assert!(told.contains("(status 503) and is asked again at 2026-11-25 10:0"), "{told}");
    }
    assert_eq!((server.count("/a"), server.count("/other")), (4, 0));
    // The probe is vain: one request, not two, and twice the pause.
    clock.advance(Duration::from_secs(61));
    assert!(ask(&fetcher, &url, RequestKind::Data).await.result.is_err());
    clock.advance(Duration::from_secs(61));
    assert!(ask(&fetcher, &url, RequestKind::Data).await.result.is_err());
    clock.advance(Duration::from_secs(61));
    assert_eq!(ask(&fetcher, &url, RequestKind::Data).await.result.unwrap().body, b"[1]");
    assert_eq!(ask(&fetcher, &other, RequestKind::Data).await.result.unwrap().body, b"[2]");
}

#[tokio::test]
async fn repeats_are_limited_by_what_the_host_answers() {
    let server = Faulty::start().await;
    server.script("/a", vec![status(503)]);
    let url = server.url("/a");
    let clock = Arc::new(FixedClock::new(now()));
    let fetcher = fetcher(Limits { retries: 5, ..limits() }, &clock, Reach::default());
    for _ in 0..30 {
        assert!(ask(&fetcher, &url, RequestKind::Data).await.result.is_err());
    }
    assert_eq!(server.count("/a"), 30 + 20, "twenty repeats and no more");
}

#[tokio::test]
async fn a_declared_proxy_is_used_and_opens_no_way_to_private_addresses() {
    let proxy = Faulty::start().await;
    proxy.script("http://data.example/a", vec![ok("[1]")]);
    let clock = Arc::new(FixedClock::new(now()));
    let reach = Reach { proxy: proxy.base().parse().ok(), ..Reach::default() };
    let fetcher = fetcher(Limits { retries: 0, ..limits() }, &clock, reach);
    let url: Url = "http://data.example/a".parse().unwrap();
    assert_eq!(ask(&fetcher, &url, RequestKind::Data).await.result.unwrap().body, b"[1]");
    assert_eq!(proxy.seen()[0].target, "http://data.example/a");
    let private: Url = "http://10.0.0.1/latest/meta-data".parse().unwrap();
    let refused = ask(&fetcher, &private, RequestKind::Data).await.result.unwrap_err();
    assert!(matches!(refused, FetchError::Refused { .. }), "{refused}");
    assert_eq!(proxy.seen().len(), 1);
}

/// What a server does in TLS with a certificate of this authority.
pub(crate) fn acceptor(authority: &Authority) -> TlsAcceptor {
    wsis_engine::install_crypto();
    let (certificate, key) = authority.server();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// An authority, and a server at `https://localhost` with a certificate of it.
async fn tls_server() -> (String, Url) {
    let authority = Authority::new();
    let acceptor = acceptor(&authority);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not trust us hangs up.
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut request = [0; 4_096];
            let _ = socket.read(&mut request).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\n[1]";
            let _ = socket.write_all(answer).await;
            let _ = socket.shutdown().await;
        }
    });
    (authority.pem(), format!("https://localhost:{port}/a").parse().unwrap())
}

#[tokio::test]
async fn trial_p108_a_certificate_is_believed_or_told_once_and_in_words() {
    let (pem, url) = tls_server().await;
    let clock = Arc::new(FixedClock::new(now()));
    let get = async |reach: Reach| {
        let clock: Arc<FixedClock> = Arc::clone(&clock);
        let guard = Guard::new(&[], &["localhost".to_owned()]);
        let limits = Limits { retries: 3, ..limits() };
        let fetcher = Fetcher::reaching(limits, guard, clock, 1, reach).unwrap();
        let asked = ask(&fetcher, &url, RequestKind::Data).await;
        assert_eq!(asked.retries, 0, "it cannot get better");
        asked.result
    };
    let unknown = get(Reach::default()).await.unwrap_err();
    assert_eq!(unknown.cause(), Cause::Configuration);
    assert!(!unknown.speaks_of_the_host() && !unknown.is_transient());
    let told = unknown.to_string();
    assert!(told.contains(": the server's certificate is not accepted: "), "{told}");
    // No blind trust is advised: the certificate may be another's.
    let advice = "; if it is right, `ca_file` under `[fetch]` of workspace.toml trusts the authority that issued it";
    assert!(told.ends_with(advice), "{told}");
    let trust = Trust::from_pem(pem.as_bytes()).unwrap();
    let known = get(Reach { trust, ..Reach::default() }).await.unwrap();
    assert_eq!(known.body, b"[1]");
}

/// A name server that knows one name, says of another that there is none, and is silent about the rest.
struct NameServer;

impl Lookup for NameServer {
    fn look_up(&self, name: String) -> LookedUp {
        Box::pin(async move {
            match name.as_str() {
                "found.example" => Ok(vec![([127, 0, 0, 1], 0).into()]),
                "data.example" | "other.invalid" => Err(std::io::Error::other(
                    "failed to lookup address: Name or service not known",
                )),
                _ => std::future::pending().await,
            }
        })
    }
}

fn named(names: &[&str]) -> Reach {
    let names = names.iter().map(|it| (*it).to_owned()).collect();
    Reach { names, lookup: Some(Arc::new(NameServer)), ..Reach::default() }
}

/// A name server that was silent made the look-up end as a time-out of the connection: the agency's turn.
#[tokio::test]
async fn trial_p117_a_name_server_that_says_nothing_is_not_the_source() {
    let clock = Arc::new(FixedClock::new(now()));
    let short = Duration::from_millis(200);
    let limits = Limits { connect_timeout: short, read_timeout: 10 * short, ..limits() };
    let url: Url = "http://silent.example/data".parse().unwrap();
    let cases: [(&[&str], Cause, &str); 4] = [
        (&["silent.example", "silent.too.example"], Cause::Storage, "not the source"),
        (&["silent.example", "other.invalid"], Cause::Storage, "not the source"),
        (&["silent.example"], Cause::Storage, "whose fault it is cannot be told"),
        // Others are found: it is the name servers of that host that say nothing.
        (&["silent.example", "found.example"], Cause::SourceDown, "gave no answer about"),
    ];
    for (names, cause, words) in cases {
        let guard = Guard::new(&["silent.example".to_owned()], &[]);
        let clock: Arc<FixedClock> = Arc::clone(&clock);
        let fetcher = Fetcher::reaching(limits, guard, clock, 1, named(names)).unwrap();
        let error = ask(&fetcher, &url, RequestKind::Data).await.result.unwrap_err();
        assert_eq!(error.cause(), cause, "{names:?}: {error}");
        let told = error.to_string();
        assert!(told.contains(words) && told.contains("name server of this machine"), "{told}");
    }
}

/// Where no name of any host is found it is the machine's network, and nobody else's turn.
#[tokio::test]
async fn trial_p106_where_no_name_is_found_it_is_ours() {
    let clock = Arc::new(FixedClock::new(now()));
    let url: Url = "http://data.example/no-such-name".parse().unwrap();
    for (other, cause) in [("other.invalid", Cause::Storage), ("found.example", Cause::SourceDown)]
    {
        let breaker = BreakerLimits { failures: 1, pause: Duration::from_mins(1) };
        let limits = Limits { breaker, ..limits() };
        let fetcher = fetcher(limits, &clock, named(&["data.example", other]));
        let error = ask(&fetcher, &url, RequestKind::Data).await.result.unwrap_err();
        assert_eq!(error.cause(), cause, "{error}");
        // What is ours rests no host: the next question is told the same.
        let again = ask(&fetcher, &url, RequestKind::Data).await.result.unwrap_err();
        assert_eq!(again.to_string() == error.to_string(), cause == Cause::Storage, "{again}");
        assert_eq!(
            error.to_string().contains("not the source"),
            cause == Cause::Storage,
            "{error}"
        );
    }
}

/// Of one host alone whose name is not found nobody knows whose turn it is: it was the agency's.
#[tokio::test]
async fn trial_p114_of_one_name_that_is_not_found_nobody_knows_whose_turn_it_is() {
    let clock = Arc::new(FixedClock::new(now()));
    let url: Url = "http://data.example/no-such-name".parse().unwrap();
    for names in [&["data.example"][..], &["127.0.0.1"], &[]] {
        let breaker = BreakerLimits { failures: 1, pause: Duration::from_mins(1) };
        let fetcher = fetcher(Limits { breaker, ..limits() }, &clock, named(names));
        for _ in 0..2 {
            let error = ask(&fetcher, &url, RequestKind::Data).await.result.unwrap_err();
            assert_eq!(error.cause(), Cause::Storage, "never the agency's: {error}");
            assert!(!error.speaks_of_the_host(), "{error}");
            assert!(error.to_string().contains("whose fault it is cannot be told"), "{error}");
        }
    }
}

/// H13: every way in which a connection can fail is tried again and then told.
#[tokio::test]
async fn h13_every_fault_of_transport_is_retried_and_told() {
    let server = Faulty::start().await;
    let body = vec![b'x'; 2_000];
    let faults: [(&str, Answer, &str); 4] = [
        ("/reset", Answer::Reset, ""),
        ("/short", Answer::Short(body.clone(), 100), ""),
        ("/drip", Answer::Drip(Duration::from_mins(10)), "timed out"),
        ("/empty", Answer::Plain(200, vec![], vec![]), "0 bytes"),
    ];
    let clock = Arc::new(FixedClock::new(now()));
    let limits = Limits { retries: 1, read_timeout: Duration::from_millis(80), ..limits() };
    let fetcher = fetcher(limits, &clock, named(&["found.example"]));
    for (path, fault, words) in faults {
        server.script(path, vec![fault.clone(), ok("[1]")]);
        let asked = ask(&fetcher, &server.url(path), RequestKind::Data).await;
        assert_eq!(
            (asked.result.unwrap().body.as_slice(), asked.retries),
            (&b"[1]"[..], 1),
            "{path}"
        );
        let path = format!("{path}-for-ever");
        server.script(&path, vec![fault]);
        let error = ask(&fetcher, &server.url(&path), RequestKind::Data).await.result.unwrap_err();
        assert_eq!(error.cause(), Cause::SourceDown, "{error}");
        assert!(error.to_string().contains(words), "{path}: {error}");
    }
    for gone in ["http://127.0.0.1:9/refused", "http://data.example/no-such-name"] {
        let error = ask(&fetcher, &gone.parse().unwrap(), RequestKind::Data).await.result;
        let error = error.unwrap_err();
        assert_eq!(error.cause(), Cause::SourceDown, "{error}");
        assert!(error.to_string().contains("after 2 attempts"), "{error}");
    }
}
