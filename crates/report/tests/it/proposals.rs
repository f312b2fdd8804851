//! Targets that this project proposed are never shown as if somebody had agreed to them
//! (docs/adr/0005).

use wsis_config::Deployment;
use wsis_model::framework::Window;
use wsis_report::input::ReportInput;
use wsis_report::{Facts, render, report_input};
use wsis_scorecard::{Cell, Panel, score};

use crate::html::{Part, element, read, text};
use crate::sample::sample;

/// Two years of series with targets, of 4G coverage, and two editions of the UN DESA indices, which
/// are relative and have no class.
const CELLS: [(&str, &str, i32, f64); 15] = [
    ("account-ownership", "KEN", 2020, 50.0),
    ("account-ownership", "KEN", 2024, 60.0),
    ("ict-skill-basic", "KEN", 2020, 20.0),
    ("ict-skill-basic", "KEN", 2024, 30.0),
    ("ict-skill-standard", "KEN", 2020, 10.0),
    ("ict-skill-standard", "KEN", 2024, 12.0),
    ("epi", "KEN", 2020, 0.5),
    ("epi", "KEN", 2024, 0.6),
    ("online-service-index", "KEN", 2020, 0.5),
    ("online-service-index", "KEN", 2024, 0.6),
    ("egdi", "KEN", 2020, 0.5),
    ("egdi", "KEN", 2024, 0.6),
    ("coverage-4g", "KEN", 2020, 40.0),
    ("coverage-4g", "KEN", 2024, 70.0),
    ("coverage-3g", "KEN", 2024, 99.0),
];

fn real() -> ReportInput {
    of(&CELLS)
}

fn of(cells: &[(&str, &str, i32, f64)]) -> ReportInput {
    let deployment = Deployment::embedded().unwrap();
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let mut builder = Panel::builder(framework, &deployment.areas);
    for (indicator, area, year, value) in cells {
        builder.insert(indicator, area, *year, Cell::of(*value)).unwrap();
    }
    let panel = builder.build();
    let scorecard = score(framework, &panel, &deployment.areas);
    let facts = Facts {
        title: "Test".to_owned(),
        window: Window { start: 2020, end: 2025 },
        snapshot: 3,
        generated: "2026-11-25".to_owned(),
        retrieved: "2026-11-24".to_owned(),
        runs: Vec::new(),
        punctuality: Vec::new(),
        sample: None,
    };
    report_input(framework, &scorecard, &panel, &deployment.areas, facts)
}

/// Text of the row of the overview that links to a line.
fn overview_row(parts: &[Part], code: &str) -> String {
    let overview = element(parts, "overview");
    let links = |part: &Part| matches!(part, Part::Open(name, a) if name == "a" && a["href"] == format!("#{code}"));
    let from = overview.iter().position(links).unwrap();
    let to = overview[from..]
        .iter()
        .position(|part| matches!(part, Part::Close(name) if name == "tr"))
        .unwrap();
    text(&overview[from..from + to])
}

/// C1 rests on a relative index alone: a level, no class, and so no target to mark.
#[test]
fn trial_a2_a_line_of_a_relative_index_has_no_class_in_the_report() {
    let input = real();
    let relative = input.lines.iter().find(|line| line.code == "C1").unwrap();
    assert_eq!(relative.classes.assessed(), 0);
}

#[test]
fn targets_of_a_facilitator_are_named_but_not_marked_as_proposals() {
    let input = real();
    let parts = read(&render(&input));
    let section = text(element(&parts, "C2"));
    assert!(!section.contains("proposed by this project, not agreed"), "{section}");
    assert!(section.contains("100\u{A0}% of population by 2030. Set by ITU and UN Tech Envoy"));
    assert!(!overview_row(&parts, "C2").contains("proposed"));
    // A line with scores whose indicators have no target says so.
    let science = text(element(&parts, "C7-esci"));
    assert!(science.contains("none in this framework: no economy can have a class"), "{science}");
}

#[test]
fn a_chart_calls_a_proposed_target_a_proposal() {
    let html = render(&real());
    let parts = read(&html);
    let chart = text(element(&parts, "C7-ebiz-m-account-ownership"));
    assert!(chart.contains("target proposed by this project: 100 by 2030"), "{chart}");
    assert!(chart.contains(" proposal"), "{chart}");
    let coverage = text(element(&parts, "C2-m-coverage-4g"));
    assert!(coverage.contains("target: 100 by 2030") && !coverage.contains("proposal"));
}

/// The cover must not promise that every change is one of the economy alone.
#[test]
fn the_cover_excepts_indices_that_are_standardised_anew() {
    let html = render(&sample(5));
    assert!(html.contains("definitions, estimates and breaks of the series can be part of it"));
    assert!(!html.contains("a change is a real change"));
}
