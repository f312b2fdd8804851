//! H10: lists that move while they are read, and lists that only look as if they did.

use wsis_engine::Outcome;

use crate::faults::ok;
use crate::station::{
    A, B, KENYA, NAMIBIA, Row, Station, UGANDA, assert_error, body, good, tables,
};

const GHANA: Row<'static> = ("GH", "GHA", 2020, 58.0);

/// Answers to page `page` of two, one for each reading: two records each.
fn readings(station: &Station, page: u32, readings: &[[Row<'_>; 2]]) {
    let answer = |rows: &[Row<'_>; 2]| ok(body(A, (page, 2, 1000, 4, "2026-11-01"), rows));
    station.script(A, page, readings.iter().map(answer).collect());
}

#[tokio::test]
async fn h10_records_that_come_twice_and_others_never_fail_as_unstable_paging() {
    let station = Station::new().await;
    // Rows and total agree in both readings: only the keys tell.
    readings(&station, 1, &[[KENYA, UGANDA]]);
    readings(&station, 2, &[[UGANDA, NAMIBIA], [KENYA, GHANA]]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    let words = [
        "1 of 2 requests failed",
        "1 records stand on two pages, and 2 of the records in one of two full readings are not",
        "the paging of the source is unstable",
    ];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!((station.asked(A), station.asked_page(A, 2)), (2, 2), "two readings, no more");
    assert_eq!(station.head(), (1, 2), "no half of the list landed");
    let (replayed, lake) = station.replayed().await;
    assert_error(&replayed[0], Outcome::Partial, &words);
    assert_eq!(tables(&lake), tables(&station.lake));
}

#[tokio::test]
async fn h10_doubles_that_are_there_in_both_readings_are_what_the_source_has() {
    let station = Station::new().await;
    readings(&station, 1, &[[KENYA, UGANDA]]);
    readings(&station, 2, &[[UGANDA, NAMIBIA]]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    assert_eq!((report.accepted, report.duplicates, report.new), (6, 1, 5));
    assert_eq!((station.asked(A), station.asked_page(A, 2)), (2, 2));
    let (replayed, lake) = station.replayed().await;
    assert_eq!((replayed[0].outcome, replayed[0].duplicates), (Outcome::Committed, 1));
    assert_eq!(tables(&lake), tables(&station.lake));
}

#[tokio::test]
async fn h10_a_second_reading_without_doubles_is_the_whole_list() {
    let station = Station::new().await;
    readings(&station, 1, &[[KENYA, UGANDA]]);
    readings(&station, 2, &[[UGANDA, NAMIBIA], [GHANA, NAMIBIA]]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    assert_eq!((report.accepted, report.duplicates, report.new), (6, 0, 6));
    let (replayed, lake) = station.replayed().await;
    assert_eq!(replayed[0].new, 6);
    assert_eq!(tables(&lake), tables(&station.lake));
}

#[tokio::test]
async fn h10_an_archive_of_one_reading_is_replayed_as_it_was_taken() {
    let station = Station::new().await;
    readings(&station, 1, &[[KENYA, UGANDA]]);
    readings(&station, 2, &[[UGANDA, NAMIBIA]]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    // As a program wrote it that did not look for doubles.
    let run = station.lake.metas("wdi").unwrap().remove(0).run;
    let path = station.records(&run);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    std::fs::write(&path, format!("{}\n{}\n{}\n", lines[0], lines[1], lines[4])).unwrap();
    let (replayed, _) = station.replayed().await;
    assert_eq!((replayed[0].outcome, replayed[0].new), (Outcome::Committed, 5));
}
