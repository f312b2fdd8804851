//! Answers of OData in pages that name the next one: WHO's protocol over HTTP, and what goes wrong in it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{Engine, FixedClock, IngestOptions, Outcome, RunReport};
use wsis_lake::Lake;
use wsis_model::pipeline::{Gates, SourceFile};
use wsis_upstream::{Options, Server};

use crate::faults::{Answer, status};
use crate::fetching::now;
use crate::station::{Station, assert_error, copy_archive, tables};

/// The built-in pipeline of WHO, asked for a series that the loopback server has.
fn deployment(server: &Server) -> Deployment {
    let mut deployment = crate::station::deployment();
    let built_in = Deployment::embedded().unwrap().pipelines;
    let mut pipeline = built_in.into_iter().find(|it| it.id == "who-gho").unwrap();
    pipeline.base_url = server.base_url("who");
    pipeline.series.truncate(1);
    "IT_MOB_OWN".clone_into(&mut pipeline.series[0].code);
    pipeline.files.truncate(1);
    "IT_MOB_OWN".clone_into(&mut pipeline.files[0].path);
    deployment.pipelines = vec![pipeline];
    deployment
}

async fn ingest(deployment: &Deployment, lake: &Arc<Lake>, offline: bool) -> RunReport {
    let clock = Arc::new(FixedClock::new(now()));
    let engine = Engine::new(Arc::new(deployment.clone()), Arc::clone(lake), clock).unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions { offline, force: false, accept: false, years: None };
    engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap().remove(0)
}

#[tokio::test]
async fn trial_p203_all_pages_of_who_land_and_a_replay_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options::default()).await.unwrap();
    let lake = Arc::new(Lake::open(&folder.path().join("lake")).unwrap());
    let declared = deployment(&server);
    let report = ingest(&declared, &lake, false).await;
    server.stop().await;
    // Mobile owners of the SDG database by sex: 589 rows, less those of the World and of regions, of areas
    // under another name than the World Bank's and of one year.
    assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    assert_eq!(report.payloads, 2, "pages of 250: {report:?}");
    assert_eq!((report.parsed, report.accepted, report.quarantined), (488, 484, 4));
    // 132.8 per cent of South Africa in 2015 stands as it was published.
    assert_eq!(report.quarantined_by_reason.keys().collect::<Vec<_>>(), ["out_of_range"]);
    let copy = folder.path().join("copy");
    copy_archive(lake.root(), &copy);
    let again = Arc::new(Lake::open(&copy).unwrap());
    let replayed = ingest(&declared, &again, true).await;
    assert_eq!((replayed.outcome, replayed.accepted), (Outcome::Committed, report.accepted));
    assert_eq!(tables(&again), tables(&lake));
}

fn json(body: &str) -> Answer {
    let headers = vec![("content-type", "application/json; odata.metadata=minimal".to_owned())];
    Answer::Plain(200, headers, body.as_bytes().to_vec())
}

/// A page of made-up records of one year, with what stands beside them.
fn page(areas: &[&str], beside: &str) -> Answer {
    let rows: Vec<String> =
        areas.iter().map(|area| format!(r#"{{"area":"{area}","year":2020,"value":1}}"#)).collect();
    json(&format!(r#"{{"value":[{}]{beside}}}"#, rows.join(",")))
}

async fn station() -> Station {
    let mut station = Station::new().await;
    let pipeline = &mut station.deployment.pipelines[0];
    "file".clone_into(&mut pipeline.source);
    pipeline.base_url = station.server.base();
    pipeline.gates = Gates { rows_min: 1, ..Gates::OPEN };
    pipeline.series.truncate(1);
    pipeline.files = vec![SourceFile {
        path: "list".to_owned(),
        format: wsis_model::pipeline::Format::Json,
        ..SourceFile::default()
    }];
    let of = |heading: &str| Some(heading.to_owned());
    pipeline.mapping = Some(wsis_model::mapping::Mapping {
        columns: wsis_model::mapping::Columns {
            area: of("area"),
            year: of("year"),
            value: of("value"),
            ..Default::default()
        },
        document: wsis_model::mapping::Document {
            rows: of("value"),
            next: of("@odata.nextLink"),
            total: of("@odata.count"),
        },
        ..Default::default()
    });
    station
}

#[tokio::test]
async fn trial_p209_a_page_that_is_lost_or_short_is_no_whole_answer() {
    let counted = |skip: u32| format!(r#","@odata.count":3,"@odata.nextLink":"list?$skip={skip}""#);
    let last = r#","@odata.count":3"#;
    // All three.
    let station = station().await;
    station.server.script("/list", vec![page(&["KEN", "UGA"], &counted(2))]);
    station.server.script("/list?$skip=2", vec![page(&["NAM"], last)]);
    let run = station.run().await;
    assert_eq!((run.outcome, run.new), (Outcome::Committed, 3), "{run:?}");

    // The second one failed, came short, or is another document: nothing is withdrawn.
    let short = "2 rows over 2 pages, the source says 3";
    for (second, words) in [
        (status(500), "500"),
        (page(&[], last), "3"),
        (page(&["NAM"], r#","@odata.nextLink":"https://evil.net/list""#), "evil.net"),
        (json(r#"{"error":{"code":"","message":"time is over"}}"#), "time is over"),
    ] {
        station.server.script("/list", vec![page(&["KEN", "UGA"], &counted(2))]);
        station.server.script("/list?$skip=2", vec![second]);
        let run = station.run().await;
        assert_ne!(run.outcome, Outcome::Committed, "{words}: {run:?}");
        assert_eq!((run.withdrawn, station.head().1), (0, 3), "{words}: {run:?}");
        let error = run.error.clone().unwrap_or_default();
        assert!(error.contains(words) || error.contains(short), "{words}: {error}");
    }

    // Without a count a link that was followed already is the end (H11).
    let next = r#","@odata.nextLink":"list?$skip=2""#;
    station.server.script("/list", vec![page(&["KEN", "UGA"], next)]);
    station.server.script("/list?$skip=2", vec![page(&["NAM"], next)]);
    let run = station.run().await;
    assert_eq!((run.outcome, run.accepted), (Outcome::Unchanged, 3), "{run:?}");
    assert_error(&run, Outcome::Unchanged, &[]);
}
