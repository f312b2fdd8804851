//! Whose fault it is when nothing comes, and what a host is spared after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wsis_config::HostRules;
use wsis_engine::FixedClock;
use wsis_engine::fetch::guard::Guard;
use wsis_engine::fetch::{
    Ask, BreakerLimits, FetchError, Fetcher, HostRule, Limits, Reach, RequestKind, Retry,
};
use wsis_engine::{Cause, Ledger};
use wsis_model::pipeline::Series;

use crate::faults::{Answer, Faulty, ok, status};
use crate::fetching::{Bench, header, limits, now};
use crate::station::{KENYA, Station, all, body};

/// A fetcher that may ask a host once a minute.
fn budgeted(clock: &Arc<FixedClock>, limits: Limits) -> (Fetcher, tempfile::TempDir) {
    let own = ["127.0.0.1".to_owned()];
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(&folder.path().join("ledger.sqlite")).unwrap());
    let rule = HostRule {
        host: "127.0.0.1".to_owned(),
        concurrency: Some(7),
        data_per_minute: Some(1),
        ..HostRule::default()
    };
    let reach = Reach { rules: vec![rule], budgets: Some(ledger), ..Reach::default() };
    let clock: Arc<FixedClock> = Arc::clone(clock);
    let fetcher = Fetcher::reaching(limits, Guard::new(&own, &own), clock, 1, reach).unwrap();
    (fetcher, folder)
}

#[tokio::test]
async fn trial_r11_time_that_we_spend_on_waiting_for_ourselves_is_not_the_hosts_fault() {
    // One place, which is taken by a question that the host answers slowly.
    let breaker = BreakerLimits { failures: 1, pause: Duration::from_mins(1) };
    let read_timeout = Duration::from_secs(10);
    let limits = Limits { concurrency_per_host: 1, breaker, read_timeout, ..limits() };
    let bench = Bench::with(limits).await;
    bench.server.script("/slow", vec![Answer::Drip(Duration::from_secs(9))]);
    bench.server.script("/a", vec![ok("[1]")]);
    let ask = async |path: &str, wait: u64| {
        let url = bench.server.url(path);
        let deadline = Instant::now() + Duration::from_millis(wait);
        let (validators, secret) = (None, None);
        let ask =
            Ask { url: &url, accept: None, validators, secret, kind: RequestKind::Data, deadline };
        bench.fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await
    };
    let (slow, waiting) = tokio::join!(ask("/slow", 400), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        ask("/a", 200).await
    });
    for (asked, words) in [
        (slow, "before the host had the time to answer"),
        (waiting, "before there was a place among our requests to the host"),
    ] {
        let error = asked.result.unwrap_err();
        assert!(!error.speaks_of_the_host(), "{error}");
        assert_eq!(error.cause(), Cause::Configuration);
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(ask("/a", 5_000).await.result.unwrap().body, b"[1]", "the breaker is closed");
}

#[tokio::test]
async fn trial_r11_a_host_that_drips_beyond_what_every_host_is_given_is_to_blame() {
    let bench = Bench::with(Limits { retries: 0, ..limits() }).await;
    bench.server.script("/a", vec![Answer::Early(Duration::from_millis(100))]);
    let url = bench.server.url("/a");
    let deadline = Instant::now() + Duration::from_millis(900);
    let ask = Ask {
        url: &url,
        accept: None,
        validators: None,
        secret: None,
        kind: RequestKind::Data,
        deadline,
    };
    let asked = bench.fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await;
    let error = asked.result.unwrap_err();
    assert!(error.speaks_of_the_host(), "{error}");
    assert_eq!(error.cause(), Cause::SourceDown);
}

#[tokio::test]
async fn trial_x11_answers_that_are_always_to_come_end_with_the_time_of_the_run() {
    for pause in [Duration::ZERO, Duration::from_millis(50)] {
        let bench = Bench::new().await;
        bench.server.script("/a", vec![Answer::Early(pause)]);
        let url = bench.server.url("/a");
        let start = Instant::now();
        let deadline = start + Duration::from_millis(700);
        let (validators, secret) = (None, None);
        let ask =
            Ask { url: &url, accept: None, validators, secret, kind: RequestKind::Data, deadline };
        let asked = bench.fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await;
        assert!(asked.result.is_err());
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
}

/// The client reads such answers in a loop; on the only thread of this test nothing else went on.
#[tokio::test]
async fn trial_x11_answers_that_are_always_to_come_leave_time_for_others() {
    let bench = Bench::new().await;
    let url = flood();
    let deadline = Instant::now() + Duration::from_secs(3);
    let (validators, secret) = (None, None);
    let ask =
        Ask { url: &url, accept: None, validators, secret, kind: RequestKind::Data, deadline };
    let worst = async {
        let mut worst = Duration::ZERO;
        loop {
            let start = Instant::now();
            if start >= deadline {
                return worst;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            worst = worst.max(start.elapsed());
        }
    };
    let (cancel, on_retry) = (CancellationToken::new(), |_: Retry| {});
    let (asked, worst) = tokio::join!(bench.fetcher.ask(ask, &cancel, &on_retry), worst);
    assert!(asked.result.is_err());
    assert!(worst < Duration::from_secs(1), "nothing went on for {worst:?}");
}

/// A server, on threads of its own, that says without end that the answer is to come.
fn flood() -> url::Url {
    use std::io::Write as _;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let piece = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(40_000);
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            let piece = piece.clone();
            std::thread::spawn(move || while socket.write_all(&piece).is_ok() {});
        }
    });
    format!("http://{address}/a").parse().unwrap()
}

#[tokio::test]
async fn trial_r12_a_host_that_asks_to_come_back_in_an_hour_is_asked_once() {
    let bench = Bench::new().await;
    let busy = Answer::Plain(429, header("retry-after", "3600"), vec![]);
    for n in 0..50 {
        bench.server.script(&format!("/{n}"), vec![busy.clone(), ok("[1]")]);
    }
    let first = bench.get("/0").await.result.unwrap_err();
    assert!(matches!(first, FetchError::Reschedule { seconds: 3_600, .. }), "{first}");
    for n in 1..50 {
        let error = bench.get(&format!("/{n}")).await.result.unwrap_err();
        assert!(matches!(error, FetchError::Cooling { .. }), "{error}");
        assert!(
            error.to_string().contains("to be left alone until 2026-11-25 11:00:00"),
            "{error}"
        );
        assert_eq!(error.cause(), Cause::SourceDown);
    }
    assert_eq!(bench.server.seen().len(), 1);
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(bench.get("/0").await.result.unwrap().body, b"[1]");
}

#[tokio::test]
async fn trial_r13_r14_a_probe_without_budget_does_not_close_the_breaker() {
    let clock = Arc::new(FixedClock::new(now()));
    let breaker = BreakerLimits { failures: 1, pause: Duration::from_secs(10) };
    let backoff_max = Duration::from_secs(1);
    let limits = Limits { retries: 0, breaker, backoff_max, ..limits() };
    let (fetcher, _folder) = budgeted(&clock, limits);
    let server = Faulty::start().await;
    server.script("/a", vec![status(500), ok("[1]")]);
    let url = server.url("/a");
    assert_eq!(fetcher.at_once(&url), 7, "more than the 2 of other hosts");
    let ask = async || {
        let deadline = Instant::now() + Duration::from_secs(20);
        let (validators, secret) = (None, None);
        let ask =
            Ask { url: &url, accept: None, validators, secret, kind: RequestKind::Data, deadline };
        fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await.result
    };
    assert!(matches!(ask().await, Err(FetchError::Status { status: 500, .. })));
    assert!(matches!(ask().await, Err(FetchError::Resting { .. })));
    clock.advance(Duration::from_secs(10));
    // The probe has no budget; neither has the one after it, which must not be a usual question.
    for _ in 0..3 {
        assert!(matches!(ask().await, Err(FetchError::Budget { .. })));
    }
    clock.advance(Duration::from_mins(1));
    assert_eq!(ask().await.unwrap().body, b"[1]");
}

#[tokio::test]
async fn trial_x19_use_noted_under_a_clock_that_was_ahead_does_not_use_up_the_budget() {
    let clock = Arc::new(FixedClock::new(now()));
    let backoff_max = Duration::from_secs(1);
    let (fetcher, _folder) = budgeted(&clock, Limits { backoff_max, ..limits() });
    let server = Faulty::start().await;
    server.script("/a", vec![ok("[1]")]);
    let url = server.url("/a");
    let ask = async || {
        let deadline = Instant::now() + Duration::from_secs(20);
        let (validators, secret) = (None, None);
        let ask =
            Ask { url: &url, accept: None, validators, secret, kind: RequestKind::Data, deadline };
        fetcher.ask(ask, &CancellationToken::new(), &|_: Retry| {}).await.result
    };
    clock.set(chrono::TimeDelta::days(7_300));
    ask().await.unwrap();
    clock.set(chrono::TimeDelta::days(-7_300));
    ask().await.unwrap();
    assert!(matches!(ask().await, Err(FetchError::Budget { .. })), "of the present");
}

/// The number was looked at, and never the requests: as many of a run are under way at one time as the
/// rule of the host says, one where nobody says more.
#[tokio::test]
async fn trial_r14_a_rule_of_a_host_lets_more_requests_of_a_run_be_under_way() {
    for (concurrency, most) in [(None, 1), (Some(5), 5)] {
        let mut station = Station::new().await;
        let rule = HostRules {
            host: "127.0.0.1".to_owned(),
            concurrency,
            data_per_minute: None,
            data_per_hour: None,
            structure_per_hour: None,
        };
        station.deployment.workspace.hosts = vec![rule];
        let pipeline = &mut station.deployment.pipelines[0];
        let first = pipeline.series[0].clone();
        pipeline.series =
            (0..12).map(|at| Series { code: format!("S{at}"), ..first.clone() }).collect();
        for series in pipeline.series.clone() {
            let body = body(&series.code, all(1), &[KENYA]);
            let late = Answer::Late(Duration::from_millis(300), body);
            station.script(&series.code, 1, vec![late]);
        }
        assert_eq!(station.run().await.new, 12);
        assert_eq!(station.server.most_at_once(), most);
    }
}
