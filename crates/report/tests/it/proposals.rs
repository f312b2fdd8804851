//! Targets that this project proposed are never shown as if somebody had agreed to them
//! (docs/adr/0005).

use wsis_config::Deployment;
use wsis_report::input::ReportInput;
use wsis_report::render;

use crate::html::{Part, all, element, read, text};
use crate::inputs::{Figure, report_of};
use crate::sample::sample;

/// Two years of series with targets, of 4G coverage, and two editions of the UN DESA indices, which
/// are relative and have no class.
const CELLS: [(&str, &str, i32, f64); 19] = [
    ("schools-internet", "KEN", 2020, 30.0),
    ("schools-internet", "KEN", 2024, 40.0),
    ("schools-computers", "KEN", 2020, 30.0),
    ("schools-computers", "KEN", 2024, 35.0),
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

fn of(cells: &[Figure<'_>]) -> ReportInput {
    report_of(cells, (2020, 2025))
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

#[test]
fn a_class_on_a_proposed_target_is_marked_wherever_it_stands() {
    let input = real();
    let parts = read(&render(&input));
    for (code, words) in [("C4", "both targets proposed"), ("C7-elearn", "1 of 2 targets proposed")]
    {
        let line = input.lines.iter().find(|line| line.code == code).unwrap();
        assert_eq!(line.classes.assessed(), 1, "{code}");
        let section = text(element(&parts, code));
        let lead =
            format!("Read the classes with care: {words} by this project, not agreed by anyone.");
        for said in [lead.as_str(), "Proposed by this project, not an agreed standard"] {
            assert!(section.contains(said), "{code}: no {said:?} in {section}");
        }
        // The lead and the heads of the tables with a column of classes.
        assert!(section.matches(words).count() >= 5, "{code}: {section}");
        assert!(overview_row(&parts, code).contains(words), "{code} in the overview");
    }
    let profile = text(element(&parts, "e-KEN"));
    assert!(profile.contains("both targets proposed"), "{profile}");
    // C1 rests on a relative index alone: a level, no class, and so no target to mark.
    let relative = input.lines.iter().find(|line| line.code == "C1").unwrap();
    assert_eq!(relative.classes.assessed(), 0);
}

#[test]
fn targets_of_a_facilitator_are_named_but_not_marked_as_proposals() {
    let input = real();
    let parts = read(&render(&input));
    let section = text(element(&parts, "C2"));
    assert!(!section.contains("proposed by this project, not agreed"), "{section}");
    assert!(section.contains("100\u{A0}% of population by 2030"), "{section}");
    assert!(section.contains(". Set by ITU and UN Tech Envoy"), "{section}");
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
    let schools = text(element(&parts, "C7-elearn-m-schools-internet"));
    assert!(schools.contains("target: 100 by 2030") && !schools.contains("proposal"), "{schools}");
    // Set for "the latest mobile technology", and held against 4G by this project.
    let coverage = text(element(&parts, "C2-m-coverage-4g"));
    assert!(coverage.contains("target proposed by this project: 100 by 2030"), "{coverage}");
}

/// A survey of every fourth year: 2021 to 2023 repeat 2020, and the chart says so.
#[test]
fn a_median_carried_forward_is_hollow_and_said() {
    let deployment = Deployment::embedded().unwrap();
    let cells: Vec<(&str, &str, i32, f64)> = deployment
        .areas
        .areas()
        .iter()
        .flat_map(|area| {
            let code = area.code.as_str();
            [
                ("ict-skill-basic", code, 2020, 50.0),
                ("ict-skill-basic", code, 2024, 60.0),
                ("ict-skill-standard", code, 2020, 30.0),
                ("ict-skill-standard", code, 2024, 40.0),
            ]
        })
        .collect();
    let input = of(&cells);
    let line = input.lines.iter().find(|line| line.code == "C4").unwrap();
    assert_eq!(line.carried, [2021, 2022, 2023]);
    let parts = read(&render(&input));
    let chart = element(&parts, "C4-trend");
    let drawn = |class: &str| {
        let points = all(chart, "circle");
        points.filter(|(_, a)| a.get("class").is_some_and(|name| name == class)).count()
    };
    assert_eq!((drawn("pt"), drawn("ph")), (2, 3));
    assert!(text(chart).contains("(more carried forward than new)"));
    assert!(
        text(element(&parts, "C4"))
            .contains("Hollow points: the scores of that year rest on figures carried forward")
    );
}

/// The cover must not promise that every change is one of the economy alone.
#[test]
fn the_cover_excepts_indices_that_are_standardised_anew() {
    let html = render(&sample(5));
    assert!(html.contains("definitions, estimates and breaks of the series can be part of it"));
    assert!(!html.contains("a change is a real change"));
}
