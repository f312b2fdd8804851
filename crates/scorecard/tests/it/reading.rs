//! Panels read from Parquet by SQL, and the scorecard's bytes.

use std::path::Path;

use arrow::array::RecordBatch;
use chrono::DateTime;
use wsis_config::QueryLimits;
use wsis_lake::{At, Lake};
use wsis_model::area::AreaList;
use wsis_model::framework::{Framework, SeriesRef, Window};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::payload::RawId;
use wsis_model::period::Period;
use wsis_model::pipeline::Gates;
use wsis_model::status::ObsStatus;
use wsis_query::Session;
use wsis_scorecard::{explain, read_panel, score};

use crate::fixture::{areas, framework, house, indicator, node, with_target};

pub(crate) const LIMITS: QueryLimits =
    // Fewer rows than the panel has: what the program reads is never cut.
    QueryLimits { memory_bytes: 256 << 20, result_rows_max: 10, ..QueryLimits::DEFAULT };
const GATES: Gates = Gates { rows_min: 1, ..Gates::OPEN };

fn series(code: &str, sex: &str) -> SeriesRef {
    SeriesRef {
        source: "unsd".into(),
        dataset: "SDG".into(),
        series_code: code.into(),
        sex: sex.into(),
        age: "_T".into(),
        location: "_T".into(),
        dimensions: String::new(),
    }
}

pub(crate) fn lines() -> Framework {
    let mut leaves = vec![
        with_target(indicator("all", 0.0, 100.0), 90.0, 2030),
        with_target(indicator("women", 0.0, 100.0), 90.0, 2030),
    ];
    // The code is compared without regard to case, the dimensions are part of the key.
    leaves[0].series = Some(series("it_use_ii99", "_T"));
    leaves[1].series = Some(series("IT_USE_ii99", "F"));
    framework(leaves, vec![node("C3", &["all", "women"])], &["C3"])
}

pub(crate) const CODES: [&str; 12] =
    ["ALB", "BRA", "CHN", "DEU", "EGY", "FRA", "GHA", "HTI", "IND", "JPN", "KEN", "LAO"];

pub(crate) fn lake(root: &Path) -> Lake {
    let lake = Lake::open(root).unwrap();
    let mut collector = lake.collector("unsd", "SDG");
    let retrieved = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    collector.begin_payload(&RawId::of(b"payload"), retrieved, None);
    let mut row = 0;
    for (place, area) in CODES.iter().enumerate() {
        for year in 2005..=2024 {
            for sex in ["_T", "F", "M"] {
                row += 1;
                let missing = (row * 7 + place) % 5 == 0;
                let value = 0.1 * place as f64 + f64::from(year - 2000) * 3.7;
                collector.accept(&Observation {
                    series_code: "IT_USE_ii99",
                    ref_area: area,
                    sex,
                    age: "_T",
                    location: "_T",
                    dimensions: "",
                    period: Period::annual(year).unwrap(),
                    value: (!missing).then_some(value),
                    value_text: None,
                    unit: "%",
                    obs_status: if missing { ObsStatus::Missing } else { ObsStatus::Estimated },
                    source_flag: Some("E"),
                    footnote: None,
                    payload_row: i64::try_from(row).unwrap(),
                });
            }
        }
    }
    lake.commit(collector, &GATES).unwrap();
    lake
}

async fn tables(lake: &Lake, list: &AreaList) -> Vec<RecordBatch> {
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let mut lines = lines();
    lines.windows = [2005, 2010, 2015].map(|start| Window { start, end: start + 5 }).to_vec();
    let panel = read_panel(&session, &lines, list).await.unwrap();
    assert_eq!(panel.len(), 2 * CODES.len() * 20);
    let tables = score(house(&lines), &panel, list).to_batches().unwrap();
    tables.into_iter().map(|table| table.batch).collect()
}

#[test]
fn q6_the_same_tables_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let with = |threads| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(threads).enable_all().build().unwrap();
        runtime.block_on(tables(&lake, &areas(CODES)))
    };
    let first = with(1);
    assert!(first.iter().any(|batch| batch.num_rows() == CODES.len() * 3));
    for threads in [2, 7, 16] {
        assert_eq!(with(threads), first, "{threads}");
    }
}

/// Total and both sexes of one series are three indicators, none of which hides another.
#[tokio::test]
async fn d6_total_and_both_sexes_are_all_reachable() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let leaves = [("all", "_T"), ("men", "M"), ("women", "F")].map(|(code, sex)| {
        let mut leaf = indicator(code, 0.0, 100.0);
        leaf.series = Some(series("IT_USE_ii99", sex));
        leaf
    });
    let three = framework(leaves.to_vec(), vec![node("C3", &["all"])], &["C3"]);
    let panel = read_panel(&session, &three, &areas(CODES)).await.unwrap();
    assert_eq!(panel.len(), 3 * CODES.len() * 20);
    for (place, code) in ["all", "women", "men"].into_iter().enumerate() {
        // The lake writes the sexes of a year one after the other.
        let cell = panel.cell(code, "ALB", 2005).unwrap();
        assert_eq!(cell.payload_row, i64::try_from(place + 1).ok(), "{code}");
    }
}

#[tokio::test]
async fn an_explanation_reaches_the_payload_and_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let (lines, list) = (lines(), areas(CODES));
    let panel = read_panel(&session, &lines, &list).await.unwrap();
    let card = score(house(&lines), &panel, &list);
    let window = Window { start: 2015, end: 2020 };
    let why = explain(house(&lines), &card, &panel, "C3", "KEN", window).unwrap();
    let all = why.tree.children[0].indicator.as_ref().unwrap();
    assert_eq!(all.series.as_deref(), Some("unsd/SDG/it_use_ii99"));
    let end = all.reading.as_ref().unwrap().end.as_ref().unwrap();
    let payload = RawId::of(b"payload").to_string();
    assert_eq!((end.payload.as_deref(), end.obs_status), (Some(payload.as_str()), "E"));
    assert_eq!(end.source_flag.as_deref(), Some("E"));
    // Kenya is the 11th area; 60 rows an area, 3 a year.
    let row = i64::from(10 * 60 + (end.year - 2005) * 3 + 1);
    assert_eq!(end.payload_row, Some(row));
    assert_eq!(all.recorded_end, DateTime::from_timestamp(1_767_225_600, 0));
    let women = why.tree.children[1].indicator.as_ref().unwrap();
    assert_eq!(women.series.as_deref(), Some("unsd/SDG/IT_USE_ii99 sex=F"));
    // Estimates count half as origin.
    assert_eq!(why.score.origin, Some(0.5));
}

#[tokio::test]
async fn an_area_that_is_not_in_the_code_list_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let error = read_panel(&session, &lines(), &areas(["KEN"])).await.unwrap_err().to_string();
    assert!(error.contains("\"ALB\" is not in the code list"), "{error}");
}
