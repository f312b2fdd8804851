//! The fetch layer against a server that misbehaves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wsis_engine::FixedClock;
use wsis_engine::fetch::body::Caps;
use wsis_engine::fetch::guard::Guard;
use wsis_engine::fetch::{
    Ask, Asked, BreakerLimits, FetchError, Fetcher, Limits, RequestKind, Retry, Secret, Validators,
};

use crate::faults::{Answer, Faulty, bomb, ok, status};

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-25T10:00:00Z").unwrap().to_utc()
}

pub(crate) fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_millis(300),
        retries: 3,
        backoff: Duration::from_millis(500),
        backoff_max: Duration::from_mins(5),
        concurrency_per_host: 2,
        breaker: BreakerLimits { failures: 99, pause: Duration::from_mins(1) },
        caps: Caps { bytes: 4 << 20, ratio: 100 },
    }
}

pub(crate) struct Bench {
    pub(crate) server: Faulty,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) fetcher: Fetcher,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(limits()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let clock = Arc::new(FixedClock::new(now()));
        let own = ["127.0.0.1".to_owned()];
        let guard = Guard::new(&own, &own);
        let shared: Arc<FixedClock> = Arc::clone(&clock);
        let fetcher = Fetcher::new(limits, guard, shared, 1).unwrap();
        Self { server: Faulty::start().await, clock, fetcher }
    }

    pub(crate) async fn get(&self, path: &str) -> Asked {
        self.get_if(path, None).await
    }

    async fn get_if(&self, path: &str, validators: Option<&Validators>) -> Asked {
        let url = self.server.url(path);
        let deadline = Instant::now() + Duration::from_secs(20);
        let ask = Ask {
            url: &url,
            accept: None,
            validators,
            secret: None,
            kind: RequestKind::Data,
            deadline,
        };
        self.fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await
    }

    fn waits(&self) -> Vec<u64> {
        self.clock.waits().iter().map(Duration::as_secs).collect()
    }
}

pub(crate) fn header(name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    vec![(name, value.to_owned())]
}

#[tokio::test]
async fn h1_retry_after_is_waited_for() {
    for (value, wait) in [
        ("30", 30),
        ("0", 0),
        ("Wed, 25 Nov 2026 10:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 0),
    ] {
        let bench = Bench::new().await;
        let busy = Answer::Plain(429, header("retry-after", value), b"slow down".to_vec());
        bench.server.script("/a", vec![busy, ok("[1]")]);
        let asked = bench.get("/a").await;
        assert_eq!(asked.result.unwrap().body, b"[1]");
        assert_eq!(bench.waits(), [wait], "{value}");
        assert_eq!(asked.retries, 1);
        assert_eq!(asked.rejected[0].body, b"slow down", "error bodies are handed over");
    }
}

#[tokio::test]
async fn h1_a_retry_after_of_days_ends_the_request() {
    let bench = Bench::new().await;
    let busy = Answer::Plain(429, header("retry-after", "999999"), vec![]);
    bench.server.script("/a", vec![busy, ok("[1]")]);
    let asked = bench.get("/a").await;
    let error = asked.result.unwrap_err();
    assert!(matches!(error, FetchError::Reschedule { seconds: 999_999, status: 429, .. }));
    assert!(error.to_string().contains("come back in 999999 s"), "{error}");
    assert_eq!(bench.waits(), [] as [u64; 0], "no hang");
    assert_eq!(bench.server.count("/a"), 1);
}

#[tokio::test]
async fn h2_too_many_requests_without_a_header_backs_off() {
    let bench = Bench::new().await;
    let busy = Answer::Plain(429, vec![], b"try again in 2 seconds".to_vec());
    bench.server.script("/a", vec![busy.clone(), busy, ok("[1]")]);
    let asked = bench.get("/a").await;
    assert_eq!(asked.result.unwrap().status, 200);
    assert_eq!(asked.retries, 2);
    let waits = bench.clock.waits();
    assert!(waits[0] <= Duration::from_millis(500) && waits[1] <= Duration::from_secs(1));
}

#[tokio::test]
async fn h13_every_transport_fault_is_asked_again() {
    let table: Vec<(&str, Answer, &str)> = vec![
        ("cut body", Answer::Short(b"[1,2".to_vec(), 10), ""),
        ("reset", Answer::Reset, ""),
        ("silence", Answer::Drip(Duration::from_secs(5)), "timed out"),
        ("500", status(500), "status 500"),
        ("502", status(502), "status 502"),
        ("503", status(503), "status 503"),
        ("408", status(408), "status 408"),
        ("425", status(425), "status 425"),
        (
            "broken gzip",
            {
                let headers = header("content-encoding", "gzip");
                Answer::Plain(200, headers, b"\x1f\x8b\x08\x00\x00".to_vec())
            },
            "gzip stream is broken",
        ),
        ("empty", ok(""), "the body is empty (0 bytes)"),
    ];
    for (name, fault, why) in table {
        let bench = Bench::new().await;
        bench.server.script("/a", vec![fault.clone(), ok("[1]")]);
        let asked = bench.get("/a").await;
        assert_eq!(asked.result.unwrap().body, b"[1]", "{name}: one retry mends it");
        assert_eq!(asked.retries, 1, "{name}");

        let bench = Bench::with(Limits { retries: 1, ..limits() }).await;
        bench.server.script("/a", vec![fault]);
        let error = bench.get("/a").await.result.unwrap_err().to_string();
        assert!(error.contains(why), "{name}: {error}");
        assert!(error.contains("/a: "), "{name} names the url: {error}");
        assert_eq!(bench.server.count("/a"), 2, "{name}: attempts are bounded");
    }
}

#[tokio::test]
async fn h13_a_closed_port_is_asked_again() {
    let bench = Bench::new().await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", port.local_addr().unwrap()).parse().unwrap();
    drop(port);
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: None,
        kind: RequestKind::Data,
        deadline,
    };
    let retries = Mutex::new(Vec::new());
    let note = |retry: Retry| retries.lock().unwrap().push(retry.attempt);
    let asked = bench.fetcher.ask(ask, &CancellationToken::new(), &note).await;
    assert!(matches!(asked.result, Err(FetchError::Transport { attempts: 4, .. })));
    assert_eq!(*retries.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn client_errors_are_final_and_show_the_body() {
    for code in [400, 401, 403, 404, 410, 413, 501] {
        let bench = Bench::new().await;
        bench.server.script("/a", vec![status(code), ok("[1]")]);
        let asked = bench.get("/a").await;
        let error = asked.result.unwrap_err();
        assert!(matches!(error, FetchError::Status { attempts: 1, status, .. } if status == code));
        assert!(error.to_string().contains(&format!("error {code}")), "{error}");
        assert_eq!(asked.rejected.len(), 1);
    }
}

#[tokio::test]
async fn h14_an_empty_body_is_named() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![ok("")]);
    let error = bench.get("/a").await.result.unwrap_err();
    assert!(matches!(error, FetchError::Empty { attempts: 4, .. }), "{error}");
    assert!(error.to_string().contains("empty (0 bytes)"));
}

#[tokio::test]
async fn an_endless_body_is_capped() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![Answer::Endless]);
    let error = bench.get("/a").await.result.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { max, .. } if max == 4 << 20), "{error}");
    assert_eq!(bench.server.count("/a"), 1, "asking again would not help");
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_not_received() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![Answer::Short(b"[".to_vec(), 5 << 20)]);
    let error = bench.get("/a").await.result.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_gzip_bomb_is_named() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![bomb()]);
    let error = bench.get("/a").await.result.unwrap_err();
    assert!(matches!(error, FetchError::Bomb { ratio: 100, .. }), "{error}");
}

#[tokio::test]
async fn gzip_is_unpacked() {
    let bench = Bench::new().await;
    let body = "[\"Türkiye\"]".repeat(10_000).into_bytes();
    bench.server.script("/a", vec![Answer::Gzip(body.clone())]);
    assert_eq!(bench.get("/a").await.result.unwrap().body, body);
}

#[tokio::test]
async fn redirects_are_followed_checked_and_counted() {
    let to = |place: &str| Answer::Plain(302, header("location", place), vec![]);
    let bench = Bench::new().await;
    bench.server.script("/a", vec![to("/b?x=1")]);
    bench.server.script("/b?x=1", vec![ok("[1]")]);
    assert_eq!(bench.get("/a").await.result.unwrap().body, b"[1]");

    bench.server.script("/loop", vec![to("/pool")]);
    bench.server.script("/pool", vec![to("/loop")]);
    let error = bench.get("/loop").await.result.unwrap_err();
    assert!(matches!(error, FetchError::Redirect { .. }));
    assert!(error.to_string().contains("in a circle"), "{error}");
    assert_eq!(bench.server.count("/loop"), 1);

    for n in 0..10 {
        bench.server.script(&format!("/far{n}"), vec![to(&format!("/far{}", n + 1))]);
    }
    let error = bench.get("/far0").await.result.unwrap_err().to_string();
    assert!(error.contains("more than 5 redirects"), "{error}");

    for (place, why) in [
        ("http://10.0.0.1/", "plain http to 10.0.0.1"),
        ("https://169.254.169.254/latest/meta-data", "private, loopback"),
        ("file:///etc/passwd", "no host"),
        ("http://localhost:1/", "plain http to localhost:1"),
    ] {
        bench.server.script("/out", vec![to(place)]);
        let error = bench.get("/out").await.result.unwrap_err();
        assert!(matches!(error, FetchError::Refused { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().contains(place), "{error} shows the place");
    }
}

#[tokio::test]
async fn undeclared_loopback_is_refused_without_a_request() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![ok("[1]")]);
    let clock = Arc::new(FixedClock::new(now()));
    let http = ["127.0.0.1".to_owned()];
    let fetcher = Fetcher::new(limits(), Guard::new(&http, &[]), clock, 1).unwrap();
    let url = bench.server.url("/a");
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: None,
        kind: RequestKind::Data,
        deadline,
    };
    let asked = fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await;
    assert!(matches!(asked.result, Err(FetchError::Refused { .. })));
    assert_eq!(bench.server.count("/a"), 0);
}

#[tokio::test]
async fn trial_x11_a_name_that_resolves_to_a_private_address_is_refused_and_not_asked_again() {
    // `localhost.localdomain`-like names are not recognisable by spelling: the resolver is what
    // stops them. The machine's own name resolves to a local address wherever tests run.
    let Ok(name) = std::fs::read_to_string("/etc/hostname") else { return };
    let name = name.trim().to_owned();
    let resolves = tokio::net::lookup_host((name.as_str(), 80)).await;
    let local =
        resolves.is_ok_and(|mut found| found.all(|at| wsis_model::address::is_local(at.ip())));
    if !local || std::env::vars().any(|(name, _)| name.to_lowercase().ends_with("_proxy")) {
        return;
    }
    let clock = Arc::new(FixedClock::new(now()));
    let guard = Guard::new(std::slice::from_ref(&name), &[]);
    let fetcher = Fetcher::new(limits(), guard, clock, 1).unwrap();
    let url = format!("http://{name}/").parse().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: None,
        kind: RequestKind::Data,
        deadline,
    };
    let asked = fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await;
    let error = asked.result.unwrap_err();
    assert!(matches!(error, FetchError::Refused { .. }) && asked.retries == 0, "{error}");
    let error = error.to_string();
    assert!(error.contains("private, loopback or special-purpose address"), "{error}");
}

#[tokio::test]
async fn h15_conditional_requests_send_what_was_said() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![Answer::Tagged("\"client,*,tag\"", b"[1]".to_vec())]);
    let first = bench.get("/a").await.result.unwrap();
    assert_eq!(first.etag.as_deref(), Some("\"client,*,tag\""));
    let known = Validators { etag: first.etag, last_modified: Some("x".to_owned()) };
    let second = bench.get_if("/a", Some(&known)).await.result.unwrap();
    assert_eq!(second.status, 304);
    let seen = bench.server.seen();
    let headers = &seen[1].headers;
    assert_eq!(headers.get("if-none-match").map(String::as_str), Some("\"client,*,tag\""));
    assert_eq!(headers.get("if-modified-since"), None, "an entity tag is enough");
    assert_eq!(headers.get("accept-encoding").map(String::as_str), Some("gzip"));
    assert!(headers["user-agent"].starts_with("wsis/"));

    let dated =
        Validators { etag: None, last_modified: Some("Tue, 24 Nov 2026 10:02:00 GMT".into()) };
    bench.get_if("/a", Some(&dated)).await.result.unwrap();
    let sent = bench.server.seen()[2].headers["if-modified-since"].clone();
    assert_eq!(sent, "Tue, 24 Nov 2026 10:02:00 GMT");
}

#[tokio::test]
async fn a_304_nobody_asked_for_is_an_error() {
    let bench = Bench::new().await;
    bench.server.script("/a", vec![Answer::Plain(304, vec![], vec![])]);
    let asked = bench.get("/a").await;
    assert!(matches!(asked.result, Err(FetchError::Status { status: 304, .. })));
}

#[tokio::test]
async fn a_secret_goes_to_its_own_host_only() {
    let bench = Bench::new().await;
    let other = Faulty::start().await;
    other.script("/b", vec![ok("[2]")]);
    let place = other.url("/b").to_string();
    bench.server.script("/a", vec![Answer::Plain(302, header("location", &place), vec![])]);
    let secret = Secret::bearer("s3cr3t-key").unwrap();
    let url = bench.server.url("/a");
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: Some(&secret),
        kind: RequestKind::Data,
        deadline,
    };
    assert!(!format!("{ask:?} {:?}", bench.fetcher).contains("s3cr3t"));
    let asked = bench.fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await;
    assert_eq!(asked.result.unwrap().body, b"[2]");
    let sent = bench.server.seen()[0].headers.get("authorization").cloned();
    assert_eq!(sent.as_deref(), Some("Bearer s3cr3t-key"));
    assert_eq!(other.seen()[0].headers.get("authorization"), None);
    assert!(Secret::bearer("a\nb").is_none());
}

#[tokio::test]
async fn cancelling_ends_a_wait_and_the_deadline_ends_a_drip() {
    let bench = Bench::with(Limits { read_timeout: Duration::from_secs(10), ..limits() }).await;
    bench.server.script("/a", vec![Answer::Drip(Duration::from_secs(10))]);
    let url = bench.server.url("/a");
    let ask = |deadline| Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: None,
        kind: RequestKind::Data,
        deadline,
    };

    let soon = Instant::now() + Duration::from_millis(100);
    let asked = bench.fetcher.ask(ask(soon), &CancellationToken::new(), &|_: Retry| {}).await;
    assert!(matches!(asked.result, Err(FetchError::RunTimeout { .. })));

    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    });
    let late = Instant::now() + Duration::from_secs(20);
    let asked = bench.fetcher.ask(ask(late), &cancel, &|_: Retry| {}).await;
    assert!(asked.result.unwrap_err().is_cancelled());
    assert!(Instant::now() < late - Duration::from_secs(15));
}

#[tokio::test]
async fn no_more_than_two_requests_to_one_host_at_once() {
    let bench =
        Bench::with(Limits { read_timeout: Duration::from_secs(5), retries: 0, ..limits() }).await;
    for n in 0..6 {
        bench.server.script(&format!("/{n}"), vec![Answer::Drip(Duration::from_millis(400))]);
    }
    let ask = |n: u32| {
        let bench = &bench;
        async move { bench.get(&format!("/{n}")).await }
    };
    let all = futures::future::join_all((0..6).map(ask));
    tokio::select! {
        _ = all => panic!("a drip takes 400 ms"),
        () = tokio::time::sleep(Duration::from_millis(250)) => {}
    }
    assert_eq!(bench.server.seen().len(), 2);
}
