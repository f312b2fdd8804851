//! Old payloads read with today's code, or with today's idea of what can be true.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Outcome, Redecoded, Rereading};
use wsis_lake::{At, OBSERVATIONS};

use crate::faults::ok;
use crate::station::{A, B, NAMIBIA, Station, all, body, good};

async fn redecode(station: &Station, commit: bool) -> Vec<Redecoded> {
    station.clock.advance(std::time::Duration::from_mins(1));
    let (events, _) = mpsc::unbounded_channel();
    let how = Rereading { commit, accept: false };
    station.engine().redecode(&[], how, events, CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn l13_what_todays_program_reads_differently_is_shown_and_then_committed() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.withdrawn_share_max = 1.0;
    station.deployment.pipelines[0].gates.quarantined_share_max = 1.0;
    // 210 is believed at first; the bounds of the series say later that it cannot be.
    let wrong = body(A, all(2), &[("KE", "KEN", 2020, 210.0), NAMIBIA]);
    station.script(A, 1, vec![ok(wrong)]);
    station.script(B, 1, vec![good(B)]);
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 4));

    // The same program reads the same.
    let same = redecode(&station, false).await.remove(0);
    assert!(same.differences.is_empty(), "{same:?}");
    let same = same.report;
    assert_eq!((same.parsed, same.new, same.changed, same.withdrawn), (4, 0, 0, 0), "{same:?}");

    station.deployment.pipelines[0].series[0].range = Some((0.0, 100.0));
    let files = station.files();
    let Redecoded { report: preview, differences } = redecode(&station, false).await.remove(0);
    assert_eq!((preview.quarantined, preview.withdrawn, preview.snapshot), (1, 1, None));
    let [difference] = &differences[..] else { panic!("{differences:?}") };
    let told = (difference.what, difference.ref_area.as_str(), &*difference.time_period);
    assert_eq!(told, ("withdrawn", "KEN", "2020"));
    assert_eq!(difference.before["value"], "210");
    assert!(difference.after.is_empty(), "{difference:?}");
    assert_eq!(preview.replay_of.as_ref(), Some(&first.run));
    let kept = |files: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.into_iter().filter(|(path, _)| !path.starts_with("lake/state")).collect::<Vec<_>>()
    };
    assert!(kept(station.files()) == kept(files), "a preview writes nothing");
    assert_eq!(station.ledger().runs(9).unwrap().len(), 1, "and is no run");

    let asked = station.server.seen().len();
    let done = redecode(&station, true).await.remove(0).report;
    assert_eq!((done.outcome, done.withdrawn, done.snapshot), (Outcome::Committed, 1, Some(2)));
    assert_eq!(station.server.seen().len(), asked, "nobody was asked");
    assert_eq!(station.head(), (2, 3));
    let head = station.lake.snapshot(At::Head).unwrap().unwrap();
    assert_eq!(head.rows(OBSERVATIONS), 5, "what was believed before stays on record");
    assert_eq!(station.ledger().run(&done.run).unwrap(), Some(done));
    let again = redecode(&station, true).await.remove(0).report;
    assert_eq!(again.outcome, Outcome::Unchanged);

    // What the source says next is compared with what is now believed.
    let right = body(A, all(2), &[("KE", "KEN", 2020, 21.0), NAMIBIA]);
    station.script(A, 1, vec![ok(right)]);
    let next = station.run().await;
    assert_eq!((next.outcome, next.new + next.changed), (Outcome::Committed, 1), "{next:?}");
    assert_eq!(station.head().1, 4);
}

/// A series that was asked for with other years, and revised: the values that the revision
/// replaced stay replaced, whichever run stands for which years.
#[tokio::test]
async fn trial_r3_the_same_program_finds_no_difference_after_other_years_and_a_revision() {
    let mut station = Station::new().await;
    let years = |code: &str, from: i32, to: i32| {
        crate::station::target(code, 1000, 1).replace("2019%3A2020", &format!("{from}%3A{to}"))
    };
    let row = |year: i32, value: f64| ("KE", "KEN", year, value);
    let said = |code: &str, rows: &[crate::station::Row<'_>]| {
        ok(body(code, all(u32::try_from(rows.len()).unwrap()), rows))
    };
    for code in [A, B] {
        // 2018 to 2020 at first; then 2019 and 2020, revised; then 2020 alone, revised again.
        let first = [row(2018, 1.0), row(2019, 2.0), row(2020, 3.0)];
        station.server.script(&years(code, 2018, 2020), vec![said(code, &first)]);
        let second = [row(2019, 2.5), row(2020, 3.5)];
        station.server.script(&years(code, 2019, 2020), vec![said(code, &second)]);
        station.server.script(&years(code, 2020, 2020), vec![said(code, &[row(2020, 3.75)])]);
    }
    for from in [2018, 2019, 2020] {
        station.deployment.pipelines[0].years = (from, 2020);
        assert_eq!(station.run().await.outcome, Outcome::Committed);
    }
    let before = station.head();
    for commit in [false, true, false] {
        for found in redecode(&station, commit).await {
            let report = &found.report;
            assert_eq!((report.new, report.changed, report.withdrawn), (0, 0, 0), "{found:?}");
            assert!(found.differences.is_empty());
        }
    }
    assert_eq!(station.head(), before);

    // Read differently, each statement comes from the run that stands for it.
    for series in &mut station.deployment.pipelines[0].series {
        series.range = Some((0.0, 2.2));
    }
    let gates = &mut station.deployment.pipelines[0].gates;
    // Two of the runs now give no row at all, which the least number of rows would hold.
    *gates = wsis_model::pipeline::Gates { rows_min: 0, ..gates.accepting() };
    let read = redecode(&station, true).await;
    let ended: Vec<_> = read.iter().map(|it| (it.report.outcome, &it.report.error)).collect();
    let withdrawn: u64 = read.iter().map(|it| it.report.withdrawn).sum();
    assert_eq!(withdrawn, 4, "2.5 and 3.75 of two series; not 3.0, which was replaced long ago");
    assert_eq!(station.head().1, 2, "1.0 of two series is what stays in force: {ended:?}");
}

/// What a gate held never came into force, and does not by being read again.
#[tokio::test]
async fn trial_r3_a_delivery_that_was_held_is_not_what_is_in_force() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.changed_share_max = 0.5;
    let other = body(A, all(2), &[("KE", "KEN", 2020, 210.0), NAMIBIA]);
    let right = body(A, all(2), &[("KE", "KEN", 2020, 21.0), ("NA", "NAM", 2020, 1.0)]);
    station.script(A, 1, vec![ok(right), ok(other)]);
    station.script(B, 1, vec![good(B)]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    assert_eq!(station.run().await.outcome, Outcome::Held);
    for found in redecode(&station, false).await {
        let report = &found.report;
        assert_eq!((report.new, report.changed, report.withdrawn), (0, 0, 0), "{found:?}");
    }
}

/// Our own correction is no release of the agency: neither a live run that receives the bodies of
/// before, nor a new reading of the archive, is news.
#[tokio::test]
async fn trial_p24_what_we_read_otherwise_is_no_news_of_the_agency() {
    for live in [true, false] {
        let mut station = Station::new().await;
        station.script(A, 1, vec![good(A)]);
        station.script(B, 1, vec![good(B)]);
        let first = station.run().await;
        assert_eq!((first.outcome, first.reread), (Outcome::Committed, false));
        for series in &mut station.deployment.pipelines[0].series {
            series.unit = "PERCENT".to_owned();
        }
        let open = station.deployment.pipelines[0].gates.accepting();
        station.deployment.pipelines[0].gates = open;
        let again = if live {
            station.run().await
        } else {
            redecode(&station, true).await.remove(0).report
        };
        assert_eq!((again.outcome, again.changed > 0), (Outcome::Committed, true), "{again:?}");
        assert_eq!(again.reread, live);
        let told = again.findings.iter().any(|it| it.contains("no news of the agency"));
        assert_eq!(told, live, "{:?}", again.findings);
        assert_eq!(station.ledger().run(&again.run).unwrap(), Some(again.clone()));
        let account = |now| {
            let (pipelines, ledger) = (&station.deployment.pipelines, station.ledger());
            wsis_engine::watch::account(pipelines, &ledger, now, wsis_engine::watch::Known::All)
                .unwrap()
        };
        let found = account(again.started).freshness.remove(0);
        assert_eq!(found.last_news, Some(first.started));
        assert_eq!(changes(&station), ["reread"]);

        // What the source itself revises is its own.
        let revised = body(A, all(2), &[("KE", "KEN", 2020, 77.0), NAMIBIA]);
        station.script(A, 1, vec![ok(revised)]);
        let next = station.run().await;
        assert_eq!((next.changed, next.reread), (1, false), "{next:?}");
        assert_eq!(account(next.started).freshness.remove(0).last_news, Some(next.started));
        // That body no longer gives one of the rows of before.
        assert_eq!(changes(&station), ["reread", "revised", "withdrawn"]);
    }
}

/// The kinds of change that `revisions` tells.
fn changes(station: &Station) -> Vec<String> {
    let view = station.lake.view(At::Head, None).unwrap().unwrap();
    let mut found = std::collections::BTreeSet::new();
    for batch in view.revisions().unwrap().map(Result::unwrap) {
        let column = batch.column_by_name("change").unwrap();
        let texts = column.as_any().downcast_ref::<arrow::array::StringArray>().unwrap();
        found.extend(texts.iter().flatten().map(str::to_owned));
    }
    found.into_iter().collect()
}

/// Of a run whose series are all declared no more the re-decode said that the pipeline asks for nothing,
/// and ended badly for good.
#[tokio::test]
async fn trial_p172_a_run_of_series_that_were_dropped_is_told_and_no_failure() {
    let mut station = Station::new().await;
    let both = station.deployment.pipelines[0].series.clone();
    station.deployment.pipelines[0].series.truncate(1);
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    station.deployment.pipelines[0].series = both[1..].to_vec();
    station.run().await;
    let found = redecode(&station, false).await;
    let of_dropped = &found[0].report;
    assert_eq!((of_dropped.outcome, of_dropped.error.as_ref()), (Outcome::Unchanged, None));
    assert_eq!(of_dropped.findings, [format!("archived request {A} is no longer declared")]);
    assert_eq!(found[1].report.error, None);
    assert!(found.iter().all(|it| it.differences.is_empty()));
}
