//! Figures that are read otherwise than their source gives them.

use chrono::NaiveDate;
use wsis_lake::At;
use wsis_model::correction::{Correction, Standing};
use wsis_model::framework::{Framework, LineFacts, Window};
use wsis_model::status::ObsStatus;
use wsis_query::Session;
use wsis_scorecard::fingerprint::{fingerprint, of_framework, of_texts};
use wsis_scorecard::{explain, read_corrected, score};

use crate::fixture::{areas, house, provenance};
use crate::reading::{CODES, LIMITS, lake, lines};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Brazil in 2015, both sexes: the source gives 0.1 + 15 * 3.7.
fn brazil() -> Correction {
    Correction {
        id: "bra-2015".to_owned(),
        pipeline: "unsd-sdg".to_owned(),
        series: lines().indicators[0].series.clone().unwrap(),
        area: "BRA".to_owned(),
        year: 2015,
        expects: 55.6,
        value: Some(58.3),
        reason: "the office's table 4 says 58.3".to_owned(),
        by: "A. Reviewer".to_owned(),
        reported: Some(("UNSD".to_owned(), day("2026-11-20"))),
        expires: day("2027-11-30"),
    }
}

/// What is read of Brazil in 2015 on a day, and how the correction stands.
async fn read(correction: &Correction, on: &str) -> (Option<f64>, ObsStatus, Standing) {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let (lines, all) = (lines(), [correction.clone()]);
    let method = house(&lines).correcting(&all);
    let panel = read_corrected(&session, method, &areas(CODES), day(on)).await.unwrap();
    let [found] = panel.corrections() else { panic!("{:?}", panel.corrections()) };
    assert_eq!(
        (&*found.correction, found.indicators.as_slice()),
        (correction, &["all".to_owned()][..])
    );
    let cell = panel.cell("all", "BRA", 2015).unwrap();
    assert_eq!(cell.correction.is_some(), found.standing == Standing::Applied);
    // Women have a figure of their own, and other years theirs.
    for (indicator, year) in [("women", 2015), ("all", 2014), ("all", 2016)] {
        assert_eq!(panel.cell(indicator, "BRA", year).and_then(|it| it.correction.clone()), None);
    }
    (cell.value, cell.obs_status, found.standing)
}

#[tokio::test]
async fn trial_p188_a_figure_that_is_known_to_be_wrong_is_read_otherwise() {
    let (value, status, standing) = read(&brazil(), "2026-11-27").await;
    assert_eq!((value, status, standing), (Some(58.3), ObsStatus::Estimated, Standing::Applied));
    // That there is none is no 0.
    let none = Correction { value: None, ..brazil() };
    let (value, status, standing) = read(&none, "2026-11-27").await;
    assert_eq!((value, status, standing), (None, ObsStatus::Missing, Standing::Applied));
}

#[tokio::test]
async fn trial_p189_a_correction_ends_when_the_source_says_another_thing_or_its_day_is_over() {
    let other = Correction { expects: 55.0, ..brazil() };
    let (value, _, standing) = read(&other, "2026-11-27").await;
    let given = value.unwrap();
    assert!((given - 55.6).abs() < 1e-9, "{given}");
    assert_eq!(standing, Standing::Otherwise(Some(given)));
    let told = other.told(standing);
    assert!(told.starts_with("not applied: the source gives 55.6"), "{told}");
    assert!(told.ends_with("by now, 55 was expected; take it out if that is right"), "{told}");
    // On its last day it holds, on the next no more.
    assert_eq!(read(&brazil(), "2027-11-30").await.2, Standing::Applied);
    let (value, _, standing) = read(&brazil(), "2027-12-01").await;
    assert_eq!((value, standing), (Some(given), Standing::Expired));
    // What the source does not have is not filled in.
    let nowhere = Correction { year: 1999, ..brazil() };
    let (value, _, standing) = read(&nowhere, "2026-11-27").await;
    assert_eq!((value, standing), (Some(given), Standing::Absent));
}

/// Every score, table and explanation has the value that was read, and its reason.
#[tokio::test]
async fn trial_p188_scores_tables_and_explanations_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake(folder.path());
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let window = Window { start: 2010, end: 2015 };
    let (mut lines, all, list) = (lines(), [brazil()], areas(CODES));
    lines.windows = vec![window];
    let method = house(&lines).correcting(&all);
    let panel = read_corrected(&session, method, &list, day("2026-11-27")).await.unwrap();
    let scorecard = score(method, &panel, &list);
    let row = scorecard.indicator_score("all", "BRA", (2010, 2015)).unwrap();
    let end = row.end.as_ref().unwrap();
    assert_eq!((end.year, end.value), (2015, 58.3));
    let told = "the office's table 4 says 58.3 (A. Reviewer; reported to UNSD on 2026-11-20; correction \
                bra-2015 holds until 2027-11-30)";
    let why = end.correction.as_deref().unwrap();
    assert!(
        why.starts_with("corrected here, the source gives 55.6: ") && why.ends_with(told),
        "{why}"
    );
    let tables = scorecard.to_batches().unwrap();
    let table = tables.iter().find(|it| it.name == "indicator_scores").unwrap();
    let column = table.batch.column_by_name("correction_end").unwrap();
    assert_eq!(column.len() - column.null_count(), 1);
    let explanation = explain(method, &scorecard, &panel, "C3", "BRA", window).unwrap();
    let json = serde_json::to_string(&explanation).unwrap();
    assert!(json.contains(told), "{json}");
}

/// A score that rests on a correction is of another method; corrections of other figures are not.
#[test]
fn trial_p188_a_correction_is_in_the_fingerprint_of_the_method() {
    let (lines, list) = (lines(), areas(CODES));
    let of = |all: &[Correction]| fingerprint(house(&lines).correcting(all), &list);
    let without = of(&[]);
    assert_ne!(of(&[brazil()]), without);
    assert_ne!(of(&[brazil()]), of(&[Correction { value: None, ..brazil() }]));
    let mut other = brazil();
    other.series.series_code = "IT_MOB_OWN".to_owned();
    assert_eq!(of(&[other]), without);
    // A code is one by whatever case.
    let mut same = brazil();
    same.series.series_code = "IT_USE_II99".to_owned();
    assert_ne!(of(&[same]), without);
}

/// Fields that came later made every framework another method under its old version.
#[test]
fn trial_p291_a_field_that_came_later_and_is_empty_is_no_other_method() {
    let of = of_framework;
    let mut pair = Framework { windows: Vec::new(), ..lines() };
    pair.indicators.sort_by(|a, b| a.code.cmp(&b.code));
    pair.nodes.sort_by(|a, b| a.code.cmp(&b.code));
    for node in &mut pair.nodes {
        node.children.sort_by(|a, b| a.code.cmp(&b.code));
    }
    pair.nodes[0].line = Some(LineFacts::default());
    // What the program before these fields hashed: the same text without them.
    let text = format!("framework {pair:?}");
    let later =
        ["limit: None, ", "commitments: [], ", "commitments_source: None, ", "dated_targets: [], "];
    for field in later {
        assert!(text.contains(field), "{field} is no text of a framework: {text}");
    }
    let before = later.iter().fold(text.clone(), |text, field| text.replace(field, ""));
    assert_eq!(of(&pair), of_texts(&[before]));
    assert_ne!(of(&pair), of_texts(&[text]));
    // With something in them they are.
    let mut limited = pair.clone();
    limited.indicators[0].limit = Some(100.0);
    assert_ne!(of(&limited), of(&pair));
    let mut sourced = pair.clone();
    let facts = LineFacts { commitments_source: Some(provenance()), ..LineFacts::default() };
    sourced.nodes[0].line = Some(facts);
    assert_ne!(of(&sourced), of(&pair));
}
