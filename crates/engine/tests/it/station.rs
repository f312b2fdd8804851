//! An engine on a lake of its own, before a World Bank that says what a test wants it to say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{
    Engine, Event, FixedClock, IngestOptions, Ledger, Outcome, RunReport, SecretLookup,
};
use wsis_lake::{At, Lake, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE};
use wsis_model::pipeline::{Gates, KeyPlace, Pipeline, Series, Undeclared};

use crate::faults::{Answer, Faulty, ok};
use crate::fetching::now;

/// Two series of one pipeline, asked for in this order.
pub(crate) const A: &str = "IT.NET.USER.ZS";
pub(crate) const B: &str = "SP.POP.TOTL";

pub(crate) struct Station {
    pub(crate) server: Faulty,
    pub(crate) lake: Arc<Lake>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) deployment: Deployment,
    pub(crate) secret: Option<&'static str>,
    folder: TempDir,
}

/// The embedded deployment without its pipelines, allowed to ask this machine, one request at a
/// time and one retry.
pub(crate) fn deployment() -> Deployment {
    let mut deployment = Deployment::embedded().unwrap();
    deployment.pipelines.clear();
    deployment.workspace.allow_http = vec!["127.0.0.1".to_owned()];
    deployment.workspace.allow_private = vec!["127.0.0.1".to_owned()];
    deployment.workspace.fetch.concurrency_per_host = 1;
    deployment.workspace.fetch.retries = 1;
    deployment.workspace.fetch.payload_max_bytes = 1 << 20;
    deployment
}

/// A World Bank pipeline with the two series.
pub(crate) fn pipeline(id: &str, dataset: &str, base_url: String) -> Pipeline {
    let series = |code: &str| Series {
        code: code.to_owned(),
        title: code.to_owned(),
        unit: "NUMBER".to_owned(),
        ..Series::default()
    };
    Pipeline {
        id: id.to_owned(),
        title: id.to_owned(),
        agency: "worldbank".to_owned(),
        source: "worldbank".to_owned(),
        dataset: dataset.to_owned(),
        base_url,
        folder: None,
        schedule: None,
        release: None,
        years: (2019, 2020),
        page_size: 1000,
        series: vec![series(A), series(B)],
        files: Vec::new(),
        mapping: None,
        database: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates {
            rows_min: 1,
            withdrawn_share_max: 0.1,
            quarantined_share_max: 0.5,
            ..Gates::OPEN
        },
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 60,
        licence: "CC BY 4.0".to_owned(),
        citation: "test".to_owned(),
        homepage: "https://example.org/".to_owned(),
    }
}

impl Station {
    pub(crate) async fn new() -> Self {
        let server = Faulty::start().await;
        let folder = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::open(&folder.path().join("lake")).unwrap());
        let mut deployment = deployment();
        deployment.pipelines = vec![pipeline("wdi", "WDI", format!("{}/v2", server.base()))];
        let clock = Arc::new(FixedClock::new(now()));
        Self { server, lake, clock, deployment, secret: None, folder }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine_on(Arc::clone(&self.lake))
    }

    /// An engine, or why there is none.
    pub(crate) fn try_engine(&self) -> Result<Engine, wsis_engine::EngineError> {
        let clock: Arc<FixedClock> = Arc::clone(&self.clock);
        let secrets: SecretLookup = Arc::new(|_: &str| None);
        let deployment = Arc::new(self.deployment.clone());
        Engine::with_secrets(deployment, Arc::clone(&self.lake), clock, secrets)
    }

    /// The ledger by itself: an engine sets up TLS, which takes its time.
    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(&self.lake.root().join("state/ledger.sqlite")).unwrap()
    }

    /// An engine on a lake of its own.
    pub(crate) fn engine_on(&self, lake: Arc<Lake>) -> Engine {
        let secret = self.secret;
        let secrets: SecretLookup = Arc::new(move |_: &str| secret.map(str::to_owned));
        let clock: Arc<FixedClock> = Arc::clone(&self.clock);
        Engine::with_secrets(Arc::new(self.deployment.clone()), lake, clock, secrets).unwrap()
    }

    /// Runs all pipelines, a minute after whatever was before; their reports.
    pub(crate) async fn ingest(&self) -> Vec<RunReport> {
        self.ingest_with(IngestOptions::default()).await
    }

    pub(crate) async fn ingest_with(&self, options: IngestOptions) -> Vec<RunReport> {
        self.clock.advance(Duration::from_mins(1));
        let (events, _) = mpsc::unbounded_channel();
        self.engine().ingest(&[], &options, events, CancellationToken::new()).await.unwrap()
    }

    /// Replays the archive, and nothing but the archive, in a lake of its own.
    pub(crate) async fn replayed(&self) -> (Vec<RunReport>, Arc<Lake>) {
        self.clock.advance(Duration::from_hours(1));
        let copy = self.folder.path().join("copy");
        copy_archive(self.lake.root(), &copy);
        let lake = Arc::new(Lake::open(&copy).unwrap());
        let (engine, asked) = (self.engine_on(Arc::clone(&lake)), self.server.seen().len());
        let (events, _) = mpsc::unbounded_channel();
        let options = IngestOptions { offline: true, force: false, accept: false, years: None };
        let reports = engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap();
        assert_eq!(self.server.seen().len(), asked, "a replay asks nobody");
        (reports, lake)
    }

    /// Runs the one pipeline; its report, which must add up.
    pub(crate) async fn run(&self) -> RunReport {
        let mut reports = self.ingest().await;
        assert_eq!(reports.len(), 1);
        let report = reports.remove(0);
        assert_eq!(report.parsed, report.accepted + report.quarantined, "{report:?}");
        let kept = self.ledger().run(&report.run).unwrap().unwrap();
        assert_eq!(kept, report, "the ledger holds what was reported");
        report
    }

    /// Runs, and cancels when an event says so.
    pub(crate) async fn run_until(&self, stop: impl Fn(&Event) -> bool) -> RunReport {
        let (events, mut told) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let (engine, token) = (self.engine(), cancel.clone());
        let work = tokio::spawn(async move {
            engine.ingest(&[], &IngestOptions::default(), events, token).await.unwrap()
        });
        while let Some(event) = told.recv().await {
            if stop(&event) {
                cancel.cancel();
            }
        }
        work.await.unwrap().remove(0)
    }

    /// Sets the answers to a page of a series.
    pub(crate) fn script(&self, code: &str, page: u32, answers: Vec<Answer>) {
        self.server.script(&target(code, 1000, page), answers);
    }

    /// How often a first page was asked for.
    pub(crate) fn asked(&self, code: &str) -> usize {
        self.asked_page(code, 1)
    }

    /// How often a page was asked for.
    pub(crate) fn asked_page(&self, code: &str, page: u32) -> usize {
        self.server.count(&target(code, 1000, page))
    }

    /// The entity tags sent with the requests for a first page.
    pub(crate) fn tags_sent(&self, code: &str) -> Vec<Option<String>> {
        let seen = self.server.seen();
        let first = seen.iter().filter(|seen| seen.target == target(code, 1000, 1));
        first.map(|seen| seen.headers.get("if-none-match").cloned()).collect()
    }

    /// Number of the newest snapshot (0: none) and rows of the latest statements.
    pub(crate) fn head(&self) -> (u64, u64) {
        match self.lake.snapshot(At::Head).unwrap() {
            None => (0, 0),
            Some(head) => (head.id, head.rows(OBSERVATIONS_LATEST)),
        }
    }

    /// Whether a body is in the archive.
    pub(crate) fn holds(&self, body: &[u8]) -> bool {
        let raw = wsis_model::payload::RawId::of(body);
        self.lake.raw_path(&raw).is_file()
    }

    /// The file of the records of a run.
    pub(crate) fn records(&self, run: &str) -> PathBuf {
        let names = self.lake.store().list("raw/meta").unwrap();
        let name = names.into_iter().find(|name| name.ends_with(&format!("/{run}.jsonl")));
        self.lake.root().join(name.unwrap())
    }

    /// Every file of the lake, by its path within it.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        walk(&self.folder.path().join("lake"), self.folder.path(), &mut found);
        found
    }
}

/// What a replay needs of a lake, elsewhere.
pub(crate) fn copy_archive(lake: &Path, to: &Path) {
    let mut files = BTreeMap::new();
    walk(&lake.join("raw"), lake, &mut files);
    files.insert("_format.json".into(), std::fs::read(lake.join("_format.json")).unwrap());
    for (name, bytes) in files {
        let file = to.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}

/// Hashes of the files of every table in the newest snapshot.
pub(crate) fn tables(lake: &Lake) -> BTreeMap<&'static str, BTreeSet<String>> {
    let head = lake.snapshot(At::Head).unwrap().unwrap();
    let hashes =
        |table| head.files(table).unwrap().iter().map(|file| file.sha256.clone()).collect();
    [OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE].map(|table| (table, hashes(table))).into()
}

/// Reads all files below a folder.
pub(crate) fn walk(folder: &Path, base: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, base, found);
        } else {
            let name = path.strip_prefix(base).unwrap().to_path_buf();
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Path and query of a page, as the engine asks for it.
pub(crate) fn target(code: &str, per_page: u32, page: u32) -> String {
    format!(
        "/v2/country/all/indicator/{code}?format=json&date=2019%3A2020&per_page={per_page}\
         &page={page}&source=2&footnote=y"
    )
}

/// Header of an answer: page, pages, records on a page, records in all, date of last update.
pub(crate) type Head<'a> = (u32, u32, u32, u32, &'a str);

/// One page in one go: everything there is, updated on 1 November.
pub(crate) fn all(rows: u32) -> Head<'static> {
    (1, 1, 1000, rows, "2026-11-01")
}

/// A record: ISO 3166 codes of two and three letters, year, value.
pub(crate) type Row<'a> = (&'a str, &'a str, i32, f64);

/// An answer of the World Bank.
pub(crate) fn body(code: &str, head: Head<'_>, rows: &[Row<'_>]) -> Vec<u8> {
    let (page, pages, per_page, total, updated) = head;
    let records: Vec<String> = rows
        .iter()
        .map(|(iso2, iso3, year, value)| {
            format!(
                r#"{{"indicator":{{"id":"{code}","value":"x"}},"country":{{"id":"{iso2}","value":"{iso2}"}},"countryiso3code":"{iso3}","date":"{year}","value":{value},"unit":"","obs_status":"","decimal":0}}"#
            )
        })
        .collect();
    format!(
        r#"[{{"page":{page},"pages":{pages},"per_page":{per_page},"total":{total},"sourceid":"2","lastupdated":"{updated}"}},[{}]]"#,
        records.join(",")
    )
    .into_bytes()
}

pub(crate) const KENYA: Row<'static> = ("KE", "KEN", 2020, 29.5);
pub(crate) const UGANDA: Row<'static> = ("UG", "UGA", 2020, 6.1);
pub(crate) const NAMIBIA: Row<'static> = ("NA", "NAM", 2020, 41.0);

/// A good answer for a series: Kenya and Uganda.
pub(crate) fn good(code: &str) -> Answer {
    ok(body(code, all(2), &[KENYA, UGANDA]))
}

/// The message that the service sends in place of data, with status 200.
pub(crate) fn message(id: &str, key: &str, value: &str) -> Answer {
    ok(format!(r#"[{{"message":[{{"id":"{id}","key":"{key}","value":"{value}"}}]}}]"#))
}

/// Asserts the outcome and that the error says all of this.
pub(crate) fn assert_error(report: &RunReport, outcome: Outcome, words: &[&str]) {
    assert_eq!(report.outcome, outcome, "{report:?}");
    let error = report.error.as_deref().unwrap_or_default();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}
