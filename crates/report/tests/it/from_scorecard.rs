//! The real framework over a small panel, through scoring to HTML.

use wsis_config::Deployment;
use wsis_model::area::AreaKind;
use wsis_model::framework::{Indicator, Window};
use wsis_report::from_scorecard::Asked;
use wsis_report::input::{ReportInput, SourceRun};
use wsis_report::{Facts, render, report_input};
use wsis_scorecard::{Cell, Panel, Scorecard, score};

use crate::html::{element, read, text};

/// 4G coverage 2020 and 2024 of three economies, and a fourth with another indicator only.
const CELLS: [(&str, &str, i32, f64); 11] = [
    ("coverage-4g", "KEN", 2020, 10.0),
    ("coverage-4g", "KEN", 2024, 60.0),
    ("coverage-4g", "NPL", 2020, 20.0),
    ("coverage-4g", "NPL", 2024, 70.0),
    ("coverage-4g", "PER", 2020, 30.0),
    ("coverage-4g", "PER", 2024, 98.0),
    ("coverage-3g", "KEN", 2020, 90.0),
    ("coverage-3g", "KEN", 2024, 95.0),
    ("fixed-broadband", "KEN", 2020, 1.0),
    ("fixed-broadband", "KEN", 2024, 2.0),
    ("internet-users", "FJI", 2021, 55.0),
];

fn real() -> (ReportInput, Scorecard) {
    asked(Vec::new())
}

fn asked(asked: Vec<Asked>) -> (ReportInput, Scorecard) {
    let deployment = Deployment::embedded().unwrap();
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let mut builder = Panel::builder(framework, &deployment.areas);
    for (indicator, area, year, value) in CELLS {
        builder.insert(indicator, area, year, Cell::of(value)).unwrap();
    }
    let panel = builder.build();
    let scorecard = score(deployment.method(framework), &panel, &deployment.areas);
    let facts = Facts {
        title: "Test".to_owned(),
        window: Window { start: 2020, end: 2025 },
        snapshot: 3,
        generated: "2026-11-25".to_owned(),
        retrieved: "2026-11-24".to_owned(),
        punctuality: Vec::new(),
        sample: None,
        asked,
        runs: vec![SourceRun {
            pipeline: "unsd-sdg".to_owned(),
            source: "unsd".to_owned(),
            dataset: "SDG".to_owned(),
            title: "UN Statistics Division, SDG database".to_owned(),
            parsed: 12,
            accepted: 11,
            repeated: 0,
            quarantined: 1,
            reasons: vec![("unknown area".to_owned(), 1)],
            ..SourceRun::default()
        }],
    };
    (
        report_input(deployment.method(framework), &scorecard, &panel, &deployment.areas, facts),
        scorecard,
    )
}

#[test]
fn economies_are_those_with_an_observation() {
    let (input, _) = real();
    let names: Vec<&str> = input.economies.iter().map(|e| e.code.as_str()).collect();
    assert_eq!(names, ["FJI", "KEN", "NPL", "PER"]);
    assert_eq!(input.economies_total, 193, "the member States, with or without figures");
    let list = Deployment::embedded().unwrap().areas;
    let all = list.areas().iter().filter(|area| area.kind == AreaKind::Economy).count();
    assert_eq!(input.silent.len(), all - 4, "the other economies of the code list");
    for line in &input.lines {
        assert_eq!(line.areas.len(), 4, "{}", line.code);
        // Who is silent has an E where a series of the line is loaded, and nobody has one elsewhere.
        let graded: u32 = line.grades.iter().sum();
        assert_eq!(graded + line.ungraded, 193, "{}", line.code);
        let is_loaded = line
            .scored
            .iter()
            .any(|(code, _)| CELLS.iter().any(|(indicator, ..)| indicator == code));
        assert_eq!(graded > 0, is_loaded, "{}", line.code);
    }
}

/// By hand: 10, 20, 30 have quartiles 15, 20, 25.
#[test]
fn medians_and_quartiles_by_year() {
    let (input, _) = real();
    let view = input.indicator("coverage-4g").unwrap();
    let first = view.years[0];
    assert_eq!((first.year, first.economies), (2020, 3));
    assert_eq!([first.q1, first.median, first.q3], [15.0, 20.0, 25.0]);
    assert_eq!(view.years.len(), 2, "no year is made up between 2020 and 2024");
    // No run of its pipeline is among these facts, whose source would be named.
    assert_eq!(view.series_source, "dataset ITU_DH of source data360");
}

#[test]
fn scores_are_the_scorecard_s_own() {
    let (input, scorecard) = real();
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    for row in &line.areas {
        let source = scorecard.line_score("C2", &row.code, (2020, 2025)).unwrap();
        assert_eq!((row.score, row.change, row.rank), (source.score, source.change, source.rank));
        assert_eq!(row.grade, source.grade.map_or("", wsis_scorecard::Grade::code));
    }
    let kenya = line.areas.iter().find(|row| row.code == "KEN").unwrap();
    assert!(kenya.score.is_some());
    assert_eq!(kenya.latest, Some(2024));
    assert_eq!(kenya.years, Some((2020, 2024)));
    let fiji = line.areas.iter().find(|row| row.code == "FJI").unwrap();
    assert_eq!(fiji.score, None);
    assert!(!fiji.score_reason.is_empty());
}

#[test]
fn c14_every_absent_indicator_says_why() {
    let (input, _) = real();
    for view in &input.indicators {
        assert_eq!(view.years.is_empty(), !view.absent.is_empty(), "{}", view.code);
    }
    let reasons: std::collections::BTreeSet<&str> =
        input.indicators.iter().map(|view| view.absent.as_str()).collect();
    let known =
        ["", "no figure of this series is in the lake", "no pipeline asks for its series yet"];
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), known);
}

#[test]
fn c27_all_eighteen_lines_of_the_real_framework_are_shown() {
    let (input, _) = real();
    assert_eq!(input.lines.len(), 18);
    let html = render(&input);
    let parts = read(&html);
    for line in &input.lines {
        let section = text(element(&parts, &line.code));
        if line.economies_scored == 0 {
            assert!(
                section.contains("No score: ") || section.contains("Not assessable in any"),
                "{}: {section}",
                line.code
            );
        }
    }
    let without: Vec<&str> = input
        .lines
        .iter()
        .filter(|line| line.no_indicator.is_some())
        .map(|line| line.code.as_str())
        .collect();
    for code in ["C8", "C10", "C11"] {
        assert!(without.contains(&code), "{code} in {without:?}");
    }
    assert!(!html.contains("NaN") && !html.contains("no reason was recorded"));
}

#[test]
fn unverified_facts_are_marked() {
    let (input, _) = real();
    let html = render(&input);
    let unverified = input.lines.iter().flat_map(|l| &l.facilitators).filter(|f| !f.verified);
    assert!(unverified.count() > 0);
    assert!(html.matches(">unverified</span>").count() > 20);
}

/// Two pipelines deliver one dataset: 13 series of the one were "last asked" on the day of the other, and
/// the other way "not asked yet".
#[test]
fn trial_p120_a_series_is_asked_for_by_the_pipeline_that_declares_it() {
    let deployment = Deployment::embedded().unwrap();
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let is_absent = |it: &&Indicator| CELLS.iter().all(|cell| cell.0 != it.code);
    let mut indicators = framework.indicators.iter().filter(is_absent);
    let (indicator, series) =
        indicators.find_map(|it| Some((&it.code, it.series.as_ref()?))).unwrap();
    let by = |codes: &[&str], at: Option<i64>, told: &str| Asked {
        source: series.source.clone(),
        dataset: series.dataset.clone(),
        series: codes.iter().map(|code| (*code).to_owned()).collect(),
        at,
        told: told.to_owned(),
    };
    let said = |all: Vec<Asked>| {
        let (input, _) = asked(all);
        input.indicators.iter().find(|it| it.code == *indicator).unwrap().absent.clone()
    };
    let code = series.series_code.to_lowercase();
    let others = || by(&["OTHER"], Some(9), "last asked on 9");
    let never = || by(&[&code, "X"], None, "not asked yet");
    assert!(said(vec![others(), never()]).ends_with("in the lake: not asked yet"));
    // Of several the newest.
    let (once, again) = (by(&[&code], Some(3), "on 3"), by(&[&code], Some(5), "on 5"));
    assert!(said(vec![others(), never(), again, once]).ends_with("in the lake: on 5"));
    assert!(said(vec![others()]).ends_with("in the lake"));
}
