//! What a run may say of what it did not receive: only of what was asked for, and answered.

use wsis_engine::{IngestOptions, Ledger, Outcome};
use wsis_lake::At;
use wsis_model::area::{Alias, AreaList};
use wsis_model::mapping::Mapping;
use wsis_model::pipeline::{Format, SourceFile};

use crate::faults::{Answer, ok};
use crate::station::{A, B, KENYA, Station, all, body, good, pipeline};

/// One dataset in two files of the deployment, a series each.
fn in_two(station: &mut Station) {
    let one = station.deployment.pipelines.remove(0);
    station.deployment.pipelines = ["first", "second"]
        .into_iter()
        .zip(one.series.clone())
        .map(|(id, series)| {
            let mut part = pipeline(id, "WDI", one.base_url.clone());
            part.series = vec![series];
            part
        })
        .collect();
}

#[tokio::test]
async fn trial_r1_two_pipelines_of_one_dataset_do_not_withdraw_each_others_series() {
    let mut station = Station::new().await;
    in_two(&mut station);
    station.deployment.pipelines.iter_mut().for_each(|it| it.gates = it.gates.accepting());
    for code in [A, B] {
        let revised = body(code, all(2), &[KENYA, ("UG", "UGA", 2020, 99.0)]);
        station.script(code, 1, vec![good(code), ok(revised)]);
    }
    for _ in 0..2 {
        for report in station.ingest().await {
            assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
            assert_eq!(report.withdrawn, 0, "{report:?}");
            assert_eq!(report.findings, Vec::<String>::new());
        }
    }
    assert_eq!(station.head().1, 4);
}

/// A service of SDMX is asked for years by parameters; what it no longer gives of other years stays.
#[tokio::test]
async fn a_service_is_asked_for_years_by_the_parameters_of_a_file() {
    let mut station = Station::new().await;
    let pipeline = &mut station.deployment.pipelines[0];
    pipeline.source = "file".to_owned();
    pipeline.series.truncate(1);
    pipeline.mapping = Some(Mapping::default());
    let query = [("startPeriod", "{first_year}"), ("endPeriod", "{last_year}")];
    pipeline.files = vec![SourceFile {
        path: "data/ILO,DF_X,1.0/.A".to_owned(),
        query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        format: Format::SdmxCsv,
        ..SourceFile::default()
    }];
    let answer = |rows: &str| {
        let text = format!("DATAFLOW,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE\n{rows}");
        Answer::Plain(200, vec![("content-type", "text/csv".to_owned())], text.into_bytes())
    };
    let of = |first, last| format!("/v2/data/ILO,DF_X,1.0/.A?endPeriod={last}&startPeriod={first}");
    let rows = format!("F,KEN,{A},2019,1\nF,KEN,{A},2020,2\n");
    station.server.script(&of(2019, 2020), vec![answer(&rows)]);
    station.server.script(&of(2010, 2012), vec![answer(&format!("F,KEN,{A},2011,3\n"))]);
    let run = station.run().await;
    assert_eq!((run.outcome, run.new), (Outcome::Committed, 2), "{run:?}");
    let years = IngestOptions { years: Some((2010, 2012)), ..IngestOptions::default() };
    let run = station.ingest_with(years).await.remove(0);
    assert_eq!((run.outcome, run.new, run.withdrawn), (Outcome::Committed, 1, 0), "{run:?}");
}

#[tokio::test]
async fn trial_r2_a_series_that_is_no_longer_declared_is_kept_and_told() {
    let mut station = Station::new().await;
    for code in [A, B] {
        station.script(code, 1, vec![good(code)]);
    }
    station.run().await;
    station.deployment.pipelines[0].series.retain(|series| series.code == B);
    let report = station.run().await;
    assert_eq!((report.outcome, report.withdrawn), (Outcome::Unchanged, 0), "{report:?}");
    let told = format!(
        "series {A}: no pipeline declares it any more, so nobody asks the source for it; its 2 \
         observations stay in force as they were last received"
    );
    assert_eq!(report.findings, [told]);
    assert_eq!(station.head(), (1, 4));
    // Fewer years asked for take none away either.
    station.deployment.pipelines[0].years = (2020, 2020);
    let target = crate::station::target(B, 1000, 1).replace("2019%3A2020", "2020%3A2020");
    station.server.script(&target, vec![good(B)]);
    assert_eq!(station.run().await.withdrawn, 0);
}

#[tokio::test]
async fn trial_r4_an_alias_that_is_added_is_heeded_although_the_bytes_are_the_same() {
    let mut station = Station::new().await;
    let areas = station.deployment.areas.areas().to_vec();
    let alias = |text: &str, area: &str| Alias {
        source: "*".to_owned(),
        text: text.to_owned(),
        area: area.to_owned(),
    };
    let mut aliases: Vec<Alias> = areas.iter().map(|it| alias(&it.code, &it.code)).collect();
    aliases.extend([alias("KE", "KEN"), alias("UG", "UGA")]);
    station.deployment.areas = AreaList::new(areas.clone(), aliases.clone()).unwrap();
    let strange = body(A, all(2), &[KENYA, ("", "ZZZ", 2020, 1.0)]);
    station.script(A, 1, vec![ok(strange)]);
    station.script(B, 1, vec![good(B)]);
    let first = station.run().await;
    assert_eq!(first.quarantined, 1, "{first:?}");
    assert_eq!(station.run().await.parsed, 0, "nothing changed, so nothing is decoded");
    aliases.push(alias("ZZZ", "TZA"));
    station.deployment.areas = AreaList::new(areas, aliases).unwrap();
    let second = station.run().await;
    assert_eq!((second.outcome, second.new), (Outcome::Committed, 1), "{second:?}");
}

#[tokio::test]
async fn trial_r5_a_lake_that_was_restored_from_a_copy_is_filled_again() {
    let station = Station::new().await;
    let revised = body(A, all(2), &[KENYA, ("UG", "UGA", 2020, 99.0)]);
    station.script(A, 1, vec![good(A), ok(revised)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    let snapshots = station.lake.root().join("snapshots");
    let head = std::fs::read(snapshots.join("HEAD")).unwrap();
    let second = station.run().await;
    assert_eq!(second.snapshot, Some(2), "{second:?}");
    // The copy is of before the second run; the ledger knows of both.
    std::fs::write(snapshots.join("HEAD"), head).unwrap();
    std::fs::remove_file(snapshots.join(format!("{:020}.json", 2))).unwrap();
    let again = station.run().await;
    assert_eq!((again.outcome, again.snapshot), (Outcome::Committed, Some(2)), "{again:?}");
    assert_eq!(again.changed + again.new, second.changed + second.new);
    assert_eq!(station.run().await.parsed, 0, "and now it is known again");
    let change = station.lake.snapshot(At::Head).unwrap().unwrap().change;
    assert_eq!((change.run, change.pipeline.as_deref()), (Some(again.run), Some("wdi")));
}

/// Without a network too: the archive has what the lake has lost.
#[tokio::test]
async fn trial_r5_a_lake_that_was_restored_is_filled_again_from_the_archive() {
    let station = Station::new().await;
    let revised = body(A, all(2), &[KENYA, ("UG", "UGA", 2020, 99.0)]);
    station.script(A, 1, vec![good(A), ok(revised)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    let snapshots = station.lake.root().join("snapshots");
    let head = std::fs::read(snapshots.join("HEAD")).unwrap();
    let second = station.run().await;
    let offline = IngestOptions { offline: true, force: false, accept: false, years: None };
    let idle = station.ingest_with(offline).await;
    assert_eq!((idle.len(), idle[0].outcome), (1, Outcome::Unchanged), "all of it is there");
    std::fs::write(snapshots.join("HEAD"), head).unwrap();
    std::fs::remove_file(snapshots.join(format!("{:020}.json", 2))).unwrap();
    let again = station.ingest_with(offline).await;
    assert_eq!(again.len(), 1, "what the lake still holds is not read again: {again:?}");
    assert_eq!((again[0].outcome, again[0].snapshot), (Outcome::Committed, Some(2)), "{again:?}");
    assert_eq!(again[0].replay_of.as_ref(), Some(&second.run));
    assert_eq!((again[0].new, again[0].changed), (second.new, second.changed));
    assert_eq!(station.ingest_with(offline).await[0].outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn trial_r5_a_ledger_of_another_lake_is_refused() {
    let station = Station::new().await;
    for code in [A, B] {
        station.script(code, 1, vec![good(code)]);
    }
    station.run().await;
    let other = tempfile::tempdir().unwrap();
    drop(wsis_lake::Lake::open(other.path()).unwrap());
    std::fs::copy(other.path().join("_format.json"), station.lake.root().join("_format.json"))
        .unwrap();
    let error = station.try_engine().unwrap_err().to_string();
    assert!(error.contains("belongs to another lake"), "{error}");
    // A reader is told the same, and binds nothing.
    let id = wsis_lake::Lake::open(station.lake.root()).unwrap().id().unwrap().unwrap();
    let error = station.ledger().is_of(&id).unwrap_err().to_string();
    assert!(error.contains("belongs to another lake"), "{error}");
    Ledger::in_memory().unwrap().is_of(&id).unwrap();
}

/// The service keeps the rows of a series and empties them (CSSEGISandData/COVID-19#1004).
#[tokio::test]
async fn trial_f01_a_vintage_of_nulls_is_held_and_taken_only_when_told() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.vanished_share_max = 0.05;
    let emptied = String::from_utf8(body(A, all(2), &[KENYA, ("UG", "UGA", 2020, 1.0)])).unwrap();
    let (before, records) = emptied.split_once("},[").unwrap();
    let records: Vec<String> = records
        .split("\"value\":")
        .map(|part| match part.split_once(",\"unit\"") {
            Some((_, rest)) => format!("null,\"unit\"{rest}"),
            None => part.to_owned(),
        })
        .collect();
    let emptied = format!("{before}}},[{}", records.join("\"value\":"));
    station.script(A, 1, vec![good(A), ok(emptied)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    for _ in 0..2 {
        let held = station.run().await;
        assert_eq!((held.outcome, held.snapshot), (Outcome::Held, None), "{held:?}");
        let why = held.error.clone().unwrap();
        assert!(why.contains("2 of 2 figures vanish (100.0 %; 0 no longer given, 2 now"), "{why}");
        let told = format!("`wsis accept {}` shows what it would change, and takes it", held.run);
        assert!(why.ends_with(&told), "{why}");
    }
    let options = IngestOptions { accept: true, ..IngestOptions::default() };
    let taken = station.ingest_with(options).await.remove(0);
    assert_eq!((taken.outcome, taken.changed), (Outcome::Committed, 2), "{taken:?}");
    assert!(taken.findings.iter().any(|it| it.contains("figures vanish")), "{taken:?}");
}
