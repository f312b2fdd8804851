//! Pipelines of several files that hold the same series: what one of them holds no other one tells.

use wsis_engine::{Acceptance, HandIn, Outcome, Rereading};
use wsis_lake::At;
use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Folder, Format, Gates, SourceFile, Take};

use crate::faults::{Answer, status};
use crate::station::{A, Station};

fn csv(body: &str) -> Answer {
    let headers = vec![("content-type", "text/csv".to_owned())];
    Answer::Plain(200, headers, body.as_bytes().to_vec())
}

const EAST: &str = "area,year,value\nKEN,2019,1\nKEN,2020,2\nUGA,2020,3\n";
const WEST: &str = "area,year,value\nGHA,2019,4\nGHA,2020,5\nNGA,2020,6\n";
/// Uganda is no longer given.
const EAST_LESS: &str = "area,year,value\nKEN,2019,1\nKEN,2020,2\n";

/// One file for each region, whose rows say their year, and no gate.
async fn two_regions() -> Station {
    let mut station = Station::new().await;
    let pipeline = &mut station.deployment.pipelines[0];
    "file".clone_into(&mut pipeline.source);
    pipeline.base_url = station.server.base();
    pipeline.gates = Gates { rows_min: 1, ..Gates::OPEN };
    pipeline.series.truncate(1);
    pipeline.files = ["east.csv", "west.csv"]
        .map(|path| SourceFile {
            path: path.to_owned(),
            format: Format::Csv,
            ..SourceFile::default()
        })
        .into();
    let of = |heading: &str| Some(heading.to_owned());
    pipeline.mapping = Some(Mapping {
        columns: Columns {
            area: of("area"),
            year: of("year"),
            value: of("value"),
            ..Columns::default()
        },
        ..Mapping::default()
    });
    assert_eq!(pipeline.series[0].code, A);
    station
}

fn script(station: &Station, east: Answer, west: Answer) {
    station.server.script("/east.csv", vec![east]);
    station.server.script("/west.csv", vec![west]);
    station.clock.advance(std::time::Duration::from_mins(1));
}

/// The figures of a file that was not there, or could not be read, were withdrawn: another file of the
/// same series was taken to tell all of it.
#[tokio::test]
async fn trial_p91_a_file_that_was_not_read_keeps_its_figures() {
    let station = two_regions().await;
    script(&station, csv(EAST), csv(WEST));
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 6), "{first:?}");

    let unread = [
        status(404),
        csv("<!DOCTYPE html><html>we are down</html>"),
        csv("country,year,value\nGHA,2019,4\n"),
        // It breaks off after rows that were handed over.
        csv("area,year,value\nGHA,2019,4\nGHA,2020,\"5"),
    ];
    for west in unread {
        script(&station, csv(EAST), csv(WEST));
        station.run().await;
        script(&station, csv(EAST_LESS), west);
        let run = station.run().await;
        assert_eq!(run.withdrawn, 0, "{run:?}");
        assert_eq!(station.head().1, 6, "{run:?}");
        let told = run.findings.iter().any(|it| it.starts_with("a file was not read"));
        assert!(told, "{run:?}");
    }
    // As soon as all of them are there, what no file gives is withdrawn.
    script(&station, csv(EAST_LESS), csv(WEST));
    let whole = station.run().await;
    assert_eq!((whole.outcome, whole.withdrawn), (Outcome::Committed, 1), "{whole:?}");
    assert_eq!(station.head().1, 5);
}

/// A file that stands for a year of its own is only missed in that year.
#[tokio::test]
async fn trial_p91_a_file_of_one_year_is_missed_in_that_year() {
    let mut station = two_regions().await;
    let pipeline = &mut station.deployment.pipelines[0];
    for (file, edition) in pipeline.files.iter_mut().zip([2019, 2020]) {
        file.edition = Some(edition);
    }
    if let Some(mapping) = &mut pipeline.mapping {
        mapping.columns.year = None;
    }
    script(&station, csv("area,value\nKEN,1\nUGA,2\n"), csv("area,value\nKEN,3\nUGA,4\n"));
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 4), "{first:?}");
    script(&station, csv("area,value\nKEN,1\n"), status(404));
    let run = station.run().await;
    assert_eq!((run.outcome, run.withdrawn), (Outcome::Partial, 1), "{run:?}");
}

/// Files whose newest answers came in different runs are decoded again in different deliveries.
#[tokio::test]
async fn trial_p91_decoding_again_file_by_file_withdraws_nothing() {
    let station = two_regions().await;
    script(&station, csv(EAST), csv(WEST));
    station.run().await;
    script(&station, csv(&EAST.replace("2020,2", "2020,7")), status(404));
    let partial = station.run().await;
    assert_eq!((partial.outcome, partial.changed), (Outcome::Partial, 1), "{partial:?}");
    station.clock.advance(std::time::Duration::from_mins(1));
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let how = Rereading { commit: true, accept: false };
    let cancel = tokio_util::sync::CancellationToken::new();
    let done = station.engine().redecode(&[], how, events, cancel).await.unwrap();
    assert_eq!(done.len(), 2, "{done:?}");
    for done in &done {
        assert_eq!((done.report.withdrawn, done.report.changed), (0, 0), "{done:?}");
    }
    let head = station.lake.snapshot(At::Head).unwrap().unwrap();
    assert_eq!(head.rows(wsis_lake::OBSERVATIONS), 7);
}

/// Each file that fits a pattern holds what it holds: a new one took back what earlier ones had said.
#[tokio::test]
async fn trial_p107_a_file_of_a_pattern_withdraws_nothing_of_another_one() {
    let mut station = two_regions().await;
    let folder = tempfile::tempdir().unwrap();
    let pipeline = &mut station.deployment.pipelines[0];
    pipeline.files.truncate(1);
    "*.csv".clone_into(&mut pipeline.files[0].path);
    let path = folder.path().to_owned();
    pipeline.folder = Some(Folder { path: path.clone(), take: Take::All });
    let lay = |name: &str, body: &str| {
        std::fs::write(path.join(name), body).unwrap();
        station.clock.advance(std::time::Duration::from_mins(1));
    };
    lay("east.csv", EAST);
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 3), "{first:?}");
    // The first file was moved away: what it said stands.
    std::fs::remove_file(path.join("east.csv")).unwrap();
    lay("west.csv", WEST);
    let second = station.run().await;
    assert_eq!((second.new, second.withdrawn), (3, 0), "{second:?}");
    let told = "nothing is withdrawn, also of what an earlier state of a file held";
    assert!(second.findings.iter().any(|it| it.contains(told)), "{:?}", second.findings);
    assert_eq!(station.head().1, 6);
    // And so where it is handed in.
    station.clock.advance(std::time::Duration::from_mins(1));
    let hand_in = HandIn {
        pipeline: "wdi".to_owned(),
        name: "south.csv".to_owned(),
        bytes: b"area,year,value\nZAF,2020,7\n".to_vec(),
        request: None,
    };
    let by = Acceptance { by: "A".to_owned(), because: "b".to_owned(), past_gates: false };
    let cancel = tokio_util::sync::CancellationToken::new();
    let third = station.engine().submit(hand_in, &by, cancel).await.unwrap();
    assert_eq!((third.new, third.withdrawn), (1, 0), "{third:?}");
    assert_eq!(station.head().1, 7);
    // The newest alone stands in the place of those before it.
    let pipeline = &mut station.deployment.pipelines[0];
    pipeline.folder = Some(Folder { path: path.clone(), take: Take::Newest });
    lay_newest(&station, &path);
    let newest = station.run().await;
    assert_eq!(newest.withdrawn, 6, "{newest:?}");
}

fn lay_newest(station: &Station, path: &std::path::Path) {
    std::fs::write(path.join("z.csv"), "area,year,value\nKEN,2019,1\n").unwrap();
    station.clock.advance(std::time::Duration::from_mins(1));
}

/// Services pack what they were asked for in advance, messages in JSON too.
#[tokio::test]
async fn trial_p95_a_message_in_json_may_come_packed() {
    let mut station = two_regions().await;
    let pipeline = &mut station.deployment.pipelines[0];
    pipeline.files.truncate(1);
    pipeline.files[0].format = Format::JsonStat;
    pipeline.mapping = Some(Mapping::default());
    let body = r#"{"class":"dataset","id":["geo","time"],"size":[1,1],"value":[7],"dimension":{
        "geo":{"category":{"index":["KE"]}},"time":{"category":{"index":["2020"]}}}}"#;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, body.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for kind in ["application/gzip", "application/zip", "application/x-zip-compressed"] {
        let headers = vec![("content-type", kind.to_owned())];
        script(&station, Answer::Plain(200, headers, packed.clone()), status(404));
        let run = station.run().await;
        assert!(run.outcome.is_complete(), "{kind}: {run:?}");
    }
    assert_eq!(station.head().1, 1);
}
