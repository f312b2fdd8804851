//! Thirty pipelines of which ten fail, each in its own way, run after run: good data always
//! land, nothing is there twice, nothing is lost, and every failure is in the ledger with its
//! reason.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Cause, Engine, FixedClock, IngestOptions, Outcome, RunReport};
use wsis_lake::{At, Lake, OBSERVATIONS, OBSERVATIONS_LATEST};

use crate::faults::{Answer, Faulty, bomb, ok, status};
use crate::fetching::now;
use crate::station::{A, B, KENYA, NAMIBIA, UGANDA, all, body, deployment, good, pipeline};

/// What is wrong with a source, the outcome of its runs, the cause, and words of the reason.
struct Trouble {
    answers: Vec<Answer>,
    cause: Cause,
    words: &'static str,
}

fn trouble(answers: Vec<Answer>, cause: Cause, words: &'static str) -> Trouble {
    Trouble { answers, cause, words }
}

fn moved(to: &str) -> Answer {
    Answer::Plain(302, vec![("location", to.to_owned())], Vec::new())
}

/// Ten faults of a service; each answers for ever.
fn faults(server: &Faulty, n: usize) -> Trouble {
    let page = |updated, total| body(A, (1, 2, 1000, total, updated), &[KENYA]);
    let here = path(n, A, 1000, 1);
    match n {
        0 => trouble(vec![Answer::Reset], Cause::SourceDown, "after 2 attempts"),
        1 => trouble(vec![Answer::Drip(Duration::from_mins(10))], Cause::SourceDown, "timed out"),
        2 => trouble(
            vec![Answer::Short(page("2026-11-01", 2), 50)],
            Cause::SourceDown,
            "after 2 attempts",
        ),
        3 => trouble(vec![status(500)], Cause::SourceDown, "status 500 after 2 attempts"),
        // Without `Retry-After`, which would leave the host of all thirty alone (R12).
        4 => trouble(vec![status(429)], Cause::SourceDown, "status 429 after 2 attempts"),
        5 => trouble(vec![moved(&here)], Cause::SourceMoved, "in a circle"),
        6 => trouble(vec![status(404)], Cause::SourceMoved, "status 404"),
        7 => trouble(vec![bomb()], Cause::Content, "larger than"),
        8 => {
            // The edition changes while its pages are read, each time.
            let second = path(n, A, 1000, 2);
            server.script(&second, vec![ok(body(A, (2, 2, 1000, 2, "2026-11-09"), &[UGANDA]))]);
            trouble(vec![ok(page("2026-11-01", 2))], Cause::Content, "the source changed from")
        }
        _ => {
            let page = b"<html>down for maintenance</html>".to_vec();
            let headers = vec![("content-type", "text/html".to_owned())];
            trouble(vec![Answer::Plain(200, headers, page)], Cause::Content, "text/html")
        }
    }
}

fn path(n: usize, code: &str, per_page: u32, page: u32) -> String {
    crate::station::target(code, per_page, page).replacen("/v2/", &format!("/p{n:02}/"), 1)
}

struct Campaign {
    server: Faulty,
    engine: Engine,
    lake: Arc<Lake>,
    clock: Arc<FixedClock>,
    _folder: tempfile::TempDir,
}

async fn campaign() -> Campaign {
    let server = Faulty::start().await;
    let folder = tempfile::tempdir().unwrap();
    let lake = Arc::new(Lake::open(&folder.path().join("lake")).unwrap());
    let mut deployment = deployment();
    deployment.workspace.fetch.read_timeout_s = 1;
    // Each trouble is to be seen for itself: all thirty share one host.
    deployment.workspace.fetch.breaker_failures = 10_000;
    deployment.pipelines = (0..30)
        .map(|n| {
            let base = format!("{}/p{n:02}", server.base());
            pipeline(&format!("p{n:02}"), &format!("D{n:02}"), base)
        })
        .collect();
    // Two that cannot be reached at all.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    deployment.pipelines[10].base_url = format!("http://{nobody}/v2");
    deployment.workspace.allow_http.push("no-such-host.invalid".to_owned());
    "http://no-such-host.invalid/v2".clone_into(&mut deployment.pipelines[11].base_url);
    let clock = Arc::new(FixedClock::new(now()));
    let shared: Arc<FixedClock> = Arc::clone(&clock);
    let engine = Engine::new(Arc::new(deployment), Arc::clone(&lake), shared).unwrap();
    Campaign { server, engine, lake, clock, _folder: folder }
}

impl Campaign {
    async fn run(&self) -> BTreeMap<String, RunReport> {
        self.clock.advance(Duration::from_hours(1));
        let (events, _) = mpsc::unbounded_channel();
        let options = IngestOptions::default();
        let reports =
            self.engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap();
        for report in &reports {
            let kept = self.engine.ledger().run(&report.run).unwrap();
            assert_eq!(kept.as_ref(), Some(report), "the ledger holds what was reported");
            assert_eq!(report.parsed, report.accepted + report.quarantined);
        }
        reports.into_iter().map(|report| (report.pipeline.clone(), report)).collect()
    }

    fn rows(&self, table: &str, n: usize) -> u64 {
        let head = self.lake.snapshot(At::Head).unwrap().unwrap();
        let files = head.files_of(table, "worldbank", &format!("D{n:02}")).unwrap();
        files.iter().map(|file| file.rows).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_pipelines_ten_fail_and_all_good_data_land_once() {
    let campaign = campaign().await;
    let server = &campaign.server;
    for n in 0..30 {
        for code in [A, B] {
            server.script(&path(n, code, 1000, 1), vec![good(code)]);
        }
    }
    // Well at first, but for the two that are nowhere.
    let first = campaign.run().await;
    for (n, report) in first.values().enumerate() {
        let expected = if n == 10 || n == 11 { Outcome::Failed } else { Outcome::Committed };
        assert_eq!(report.outcome, expected, "{report:?}");
    }
    let troubles: Vec<Trouble> = (0..10).map(|n| faults(server, n)).collect();
    for (n, trouble) in troubles.iter().enumerate() {
        server.script(&path(n, A, 1000, 1), trouble.answers.clone());
        server.script(&path(n, B, 1000, 1), trouble.answers.clone());
    }
    // The well ones get a new year of figures meanwhile.
    for n in 12..30 {
        let more = ok(body(A, all(3), &[KENYA, UGANDA, NAMIBIA]));
        server.script(&path(n, A, 1000, 1), vec![more]);
    }
    for round in 0..3 {
        let reports = campaign.run().await;
        for (n, report) in reports.values().enumerate() {
            match n {
                0..10 => {
                    let Trouble { cause, words, .. } = &troubles[n];
                    assert_eq!(report.outcome, Outcome::Failed, "{n}: {report:?}");
                    assert_eq!(report.cause, Some(*cause), "{n}: {report:?}");
                    let error = report.error.as_deref().unwrap();
                    assert!(error.contains(words), "{n}: {words}: {error}");
                    assert_eq!(campaign.rows(OBSERVATIONS_LATEST, n), 4, "the last good data stay");
                }
                10 => assert_eq!(report.cause, Some(Cause::SourceDown), "{report:?}"),
                // No other name is declared: nobody can tell whose turn it is, and nobody is blamed.
                11 => {
                    assert_eq!(report.cause, Some(Cause::Storage), "{report:?}");
                    let why = report.error.as_deref().unwrap();
                    assert!(why.contains("whose fault it is cannot be told"), "{why}");
                }
                _ => {
                    let expected = if round == 0 { Outcome::Committed } else { Outcome::Unchanged };
                    assert_eq!(report.outcome, expected, "{n}: {report:?}");
                    assert_eq!(campaign.rows(OBSERVATIONS_LATEST, n), 5);
                    assert_eq!(campaign.rows(OBSERVATIONS, n), 5, "nothing is there twice");
                }
            }
        }
    }
    // All is well again, with what was published meanwhile.
    for n in 0..10 {
        let more = ok(body(A, all(3), &[KENYA, UGANDA, NAMIBIA]));
        server.script(&path(n, A, 1000, 1), vec![more]);
        server.script(&path(n, B, 1000, 1), vec![good(B)]);
    }
    let last = campaign.run().await;
    for (n, report) in last.values().enumerate().filter(|(n, _)| *n != 10 && *n != 11) {
        assert!(report.outcome.is_complete(), "{n}: {report:?}");
        assert_eq!(campaign.rows(OBSERVATIONS_LATEST, n), 5, "nothing is lost: {n}");
        assert_eq!(campaign.rows(OBSERVATIONS, n), 5, "nothing is there twice: {n}");
    }
    assert!(campaign.lake.verify().unwrap().is_empty());
}
