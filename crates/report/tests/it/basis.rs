//! What the figures of the report rest on: who counts, how many stand behind a median, bounds,
//! positions, values held at a goalpost; over the real framework and code list.

use wsis_config::Deployment;
use wsis_model::area::{AreaKind, Standing};
use wsis_model::framework::Framework;
use wsis_report::class::Progress;
use wsis_report::input::ReportInput;
use wsis_report::render;

use crate::html::{Part, all, element, read, text};
use crate::inputs::{Figure, report_changed, report_of};

/// The three indicators of C2 in 2020 and 2024.
fn of_c2(area: &str, level: f64) -> Vec<Figure<'_>> {
    let parts = [("coverage-3g", 1.0), ("coverage-4g", 0.9), ("fixed-broadband", 0.4)];
    parts
        .iter()
        .flat_map(|(code, share)| {
            [(*code, area, 2020, level * share * 0.8), (*code, area, 2024, level * share)]
        })
        .collect()
}

/// Codes of the member States.
fn members() -> Vec<String> {
    let areas = Deployment::embedded().unwrap().areas;
    let all = areas.areas().iter().filter(|area| area.kind == AreaKind::Economy);
    let members = all.filter(|area| areas.standing(area, 2025) == Standing::Member);
    members.map(|area| area.code.clone()).collect()
}

fn section(input: &ReportInput, id: &str) -> String {
    text(element(&read(&render(input)), id))
}

/// "193 economies" were 187 member States and 6 others; six members were not among them.
#[test]
fn trial_h27_member_states_and_others_are_never_one_number() {
    let figures: Vec<_> =
        ["KEN", "NPL", "HKG", "PSE"].into_iter().flat_map(|area| of_c2(area, 60.0)).collect();
    let input = report_of(&figures, (2020, 2025));
    assert_eq!((input.economies_total, input.shown()), (193, (2, 2)));
    let page = text(&read(&render(&input)));
    assert!(
        page.contains(
            "193 member States count, of whom 2 have at least one observation; 2 other economies \
             with observations are shown apart"
        ),
        "{page}"
    );
    let line = section(&input, "C2");
    for said in [
        "2 of 193 member States have a score (2 other economies are drawn besides)",
        "All 2 member States and 2 other economies with any figure of the framework, on C2",
        "2 of 193 member States with a score",
    ] {
        assert!(line.contains(said), "no {said:?} in {line}");
    }
    assert!(!page.contains("of 193 economies"));
    assert!(section(&input, "e-PSE").contains("Observer State: scored apart"));
}

/// "The median score of 184 economies is 68.0": of those 184 it was 63.7, the other was a chain.
#[test]
fn trial_h28_the_median_of_a_window_is_the_median_of_its_scores_with_its_number() {
    let members = members();
    let mut figures = Vec::new();
    for (at, area) in members.iter().enumerate() {
        let level = 20.0 + at as f64 * 0.4;
        // Half of them have no figures of late: in a chain they would weigh on one step only.
        let of_area = of_c2(area, level);
        figures.extend(of_area.into_iter().filter(|row| row.2 == 2020 || at % 2 == 0));
    }
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let mut scores: Vec<f64> = line.areas.iter().filter_map(|row| row.score).collect();
    scores.sort_by(f64::total_cmp);
    assert_eq!(scores.len(), 193);
    assert!((line.median_score.unwrap() - scores[96]).abs() < 1e-9);
    let shown = section(&input, "C2");
    assert!(shown.contains("The median score of 193 member States is "), "{shown}");
    assert!(shown.contains("n\u{A0}193"), "{shown}");
    let overview = section(&input, "overview");
    assert!(overview.contains("n\u{A0}193"), "{overview}");
    // The change is of those who have one, and says of how many.
    assert_eq!(line.economies_matched, 97);
    assert!(overview.contains("n\u{A0}97"), "{overview}");
}

/// "No economy has a score in this year" of years in which 26 to 90 had one.
#[test]
fn trial_h28_a_withheld_median_is_not_called_no_score() {
    let members = members();
    let few: Vec<_> = members.iter().take(26).flat_map(|area| of_c2(area, 50.0)).collect();
    let input = report_of(&few, (2020, 2025));
    let line = section(&input, "C2");
    assert!(line.contains("Withheld in every year: at most 26 of 193 have a score"), "{line}");
    assert!(
        line.contains("26 member States have a score; no median is given (withheld: 26 of 193")
    );
    assert!(!line.contains("No economy has a score in any year"));
    let overview = section(&input, "overview");
    assert!(overview.contains("withheld: too few have one"), "{overview}");
}

/// E-Participation: a line through editions that do not compare, and no word on it in the lead.
#[test]
fn trial_a2_n4_a_relative_index_says_so_wherever_it_stands() {
    let members = members();
    let mut figures = Vec::new();
    for (at, area) in members.iter().enumerate() {
        let level = at as f64 / 200.0;
        figures.push(("epi", area.as_str(), 2020, level));
        figures.push(("epi", area.as_str(), 2024, if at == 0 { 0.99 } else { level * 0.5 }));
    }
    // A line of one survey, as C1 was before GovTech stood beside it.
    let alone = |framework: &mut Framework| {
        let line = framework.nodes.iter_mut().find(|node| node.code == "C1").unwrap();
        line.children.retain(|child| child.code == "epi");
    };
    let input = report_changed("wsis-action-lines", alone, &figures, (2020, 2025));
    let parts = read(&render(&input));
    let line = text(element(&parts, "C1"));
    let lead = "Its one indicator, E-Participation Index, is standardised anew in every edition";
    // The lead, and the caption of the table of all.
    assert!(line.matches(lead).count() >= 2, "{line}");
    let moved =
        "rank 193 to 1, percentile 0 to 100, of 193 economies in both editions, 2020 and 2024";
    assert!(line.contains(moved), "{line}");
    let drawn = |id: &str| {
        let figure = element(&parts, id);
        let joined =
            all(figure, "path").filter(|(_, a)| a.get("class").is_some_and(|it| it == "ln"));
        joined.count()
    };
    assert_eq!((drawn("C1-trend"), drawn("C1-m-epi")), (0, 0), "editions are not joined");
    let overview = text(element(&parts, "overview"));
    assert!(overview.contains("relative index"), "{overview}");
    assert!(overview.contains("editions of a relative index do not compare"), "{overview}");
}

/// Who lacks a part of the core has no rank, and nothing said what was certain of it all the same.
#[test]
fn trial_a6_who_lacks_a_figure_has_bounds_and_places() {
    let members = members();
    let mut figures = Vec::new();
    for (at, area) in members.iter().enumerate() {
        let of_area = of_c2(area, 20.0 + at as f64 * 0.4);
        let lacks = area == "KEN";
        figures.extend(of_area.into_iter().filter(|row| !(lacks && row.0 == "fixed-broadband")));
    }
    let input = report_of(&figures, (2020, 2025));
    let at = input.economies.iter().position(|economy| economy.code == "KEN").unwrap();
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let row = &line.areas[at];
    let ((low, high), (best, worst)) = (row.bounds.unwrap(), row.rank_range.unwrap());
    assert!(low < high && best < worst && row.rank.is_none());
    for id in ["C2", "e-KEN"] {
        let shown = section(&input, id);
        for said in [format!("core {low:.1} to {high:.1}"), format!("place {best} to {worst}")] {
            assert!(shown.contains(&said), "{id}: no {said:?} in {shown}");
        }
    }
}

/// A score of 100 that is 90 of 50 was a plain 100.
#[test]
fn trial_a12_values_held_at_a_goalpost_and_the_fingerprint_are_shown() {
    let mut figures = of_c2("KEN", 60.0);
    figures.retain(|row| row.0 != "fixed-broadband");
    figures.push(("fixed-broadband", "KEN", 2024, 90.0));
    let input = report_of(&figures, (2020, 2025));
    assert!(section(&input, "C2").contains("1 value clamped"));
    assert!(section(&input, "e-KEN").contains("clamped"));
    let fingerprint = format!("(fingerprint {})", input.framework_fingerprint);
    assert_eq!(input.framework_fingerprint.len(), 16);
    // The cover, the method, the foot of the page.
    assert_eq!(render(&input).matches(&fingerprint).count(), 3);
}

/// The text after a label, as a number.
fn number_after(text: &str, label: &str) -> f64 {
    let from = text.find(label).unwrap_or_else(|| panic!("no {label:?} in {text}")) + label.len();
    let number: String = text[from..]
        .chars()
        .skip_while(|c| c.is_whitespace())
        .take_while(|c| c.is_ascii_digit() || ['.', '+', '\u{2212}'].contains(c))
        .collect();
    number.replace('\u{2212}', "-").parse().unwrap_or_else(|_| panic!("{number:?} in {text}"))
}

/// Viet Nam: "+12.82 points a year" beside 28.8 to 75.8 over five years: a reader divides what is
/// printed, and gets it.
#[test]
fn trial_a3_points_a_year_stand_beside_the_span_that_gives_them() {
    let mut figures = of_c2("VNM", 60.0);
    // One indicator begins a year later than the others: the mean span is none of the years shown.
    figures.retain(|row| row.0 != "coverage-4g" || row.2 == 2024);
    figures.push(("coverage-4g", "VNM", 2021, 30.0));
    let input = report_of(&figures, (2020, 2025));
    let at = input.economies.iter().position(|economy| economy.code == "VNM").unwrap();
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let row = &line.areas[at];
    let (change, span) = (row.change.unwrap(), row.span.unwrap());
    assert!((change / span - row.per_year.unwrap()).abs() < 1e-9);
    let said = format!("2020 to 2024, mean span {span:.2} years");
    let shown = section(&input, "C2");
    assert!(shown.contains(&said), "{said}");
    let from = shown.find("Fastest: points a year").unwrap();
    let row = &shown[from + shown[from..].find("Viet Nam").unwrap()..];
    let (pace, change) = (number_after(row, "Viet Nam"), number_after(&row[12..], " "));
    let span = number_after(row, "mean span");
    assert!((change / span - pace).abs() < 0.005 + 1e-9, "{change} / {span} is not {pace}: {row}");
}

/// "Less than three years give no class", beside 120 rows "target met" without a start.
#[test]
fn trial_h9_a_target_is_met_without_a_start_and_the_rule_says_so() {
    let input = report_of(
        &[("coverage-3g", "KEN", 2024, 100.0), ("coverage-4g", "KEN", 2024, 100.0)],
        (2020, 2025),
    );
    let view = input.indicator("coverage-4g").unwrap();
    let reading = &view.readings[0];
    assert_eq!((reading.start, reading.class), (None, Progress::TargetMet));
    let method = section(&input, "method");
    let said = "an indicator or a line can still be “target met” or “deadline missed”, which are seen \
                in the latest value alone";
    assert!(method.contains(said), "{method}");
    // E-waste has a target of 2023: one figure is enough, and needs no start.
    // A figure of 2024 tells that 2023 is over.
    let cells = [("ewaste-recycled", "KEN", 2022, 5.0), ("coverage-3g", "KEN", 2024, 100.0)];
    let input = report_of(&cells, (2020, 2025));
    let reading = &input.indicator("ewaste-recycled").unwrap().readings[0];
    assert_eq!((reading.start, reading.class), (None, Progress::DeadlineMissed));
    // All other classes need a start.
    let input = report_of(&[("coverage-4g", "KEN", 2024, 10.0)], (2020, 2025));
    let reading = &input.indicator("coverage-4g").unwrap().readings[0];
    assert_eq!((reading.start, reading.class), (None, Progress::NotAssessable));
    // Also one that was met at the start and is not any more: two years are no class by two values.
    let lost = [("coverage-4g", "KEN", 2021, 100.0), ("coverage-4g", "KEN", 2023, 80.0)];
    let input = report_of(&lost, (2020, 2025));
    let reading = &input.indicator("coverage-4g").unwrap().readings[0];
    assert_eq!(reading.class, Progress::NotAssessable);
    assert_eq!(reading.reason, "span of 2 years (2021 to 2023), 3 asked");
}

/// "Values before 2011 are estimates": they were zeros, and no State of that name was there.
#[test]
fn trial_h21_south_sudan_is_not_scored_before_it_was() {
    let figures = of_c2("KEN", 60.0)
        .into_iter()
        .chain([("coverage-4g", "SSD", 2010, 0.0), ("coverage-4g", "SSD", 2013, 20.0)]);
    let input = report_of(&figures.collect::<Vec<_>>(), (2010, 2015));
    let at = input.economies.iter().position(|economy| economy.code == "SSD").unwrap();
    let reading = &input.indicator("coverage-4g").unwrap().readings[at];
    assert_eq!(reading.start, None, "2010 is before the State");
    let note = &input.economies[at].note;
    assert!(note.contains("rows of earlier years are kept and never scored"), "{note}");
    assert!(!note.contains("estimate"), "{note}");
}

/// The note on borders said of Taiwan and Kosovo what was not drawn.
#[test]
fn trial_h25_the_note_on_shapes_says_what_is_drawn() {
    let note = include_str!("../../../../schemas/geo/README.md").replace('\n', " ");
    assert!(note.contains("Kosovo is drawn as a dot and Taiwan as a shape of its own"));
    let shapes = wsis_report::charts::map::shapes();
    let is_dot = |code: &str| shapes.iter().find(|it| it.code == code).unwrap().point.is_some();
    assert_eq!((is_dot("XKX"), is_dot("TWN")), (true, false));
    // The notes that the README points to: the United Nations', and what M49 holds.
    let areas = Deployment::embedded().unwrap().areas;
    let note = |code: &str| areas.areas().iter().find(|it| it.code == code).unwrap().note.clone();
    assert!(note("XKX").contains("Security Council resolution 1244 (1999)"));
    assert!(note("TWN").contains("no country or area of this name in M49"));
}

/// "Scores the 18 Action Lines", of which half have no indicator.
#[test]
fn trial_h26_no_text_promises_scores_of_all_lines() {
    let readme = include_str!("../../../../README.md").replace('\n', " ");
    assert!(readme.contains("scores what can be scored of the 18 WSIS Action Lines"));
    for wrong in ["scores the 18", "scores all 18", "scorecards of the 18"] {
        assert!(!readme.to_lowercase().contains(wrong), "{wrong}");
    }
}

/// 1,942 classes of windows that ended before their targets were set, without a word.
#[test]
fn trial_h30_an_old_window_says_that_it_is_measured_back() {
    let figures = [
        ("coverage-4g", "KEN", 2014, 10.0),
        ("coverage-4g", "KEN", 2019, 60.0),
        ("coverage-3g", "KEN", 2014, 60.0),
        ("coverage-3g", "KEN", 2019, 80.0),
    ];
    let input = report_of(&figures, (2015, 2020));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    assert!(line.classes.assessed() > 0, "{:?}", line.classes);
    let said = "in a window that ended before they were set it measures back against them";
    assert!(section(&input, "C2").contains(said));
    assert!(section(&input, "method").contains("measures back against it"));
}

/// "(1 of 3)", without how many it takes.
#[test]
fn trial_h31_a_reason_names_what_was_needed() {
    let figures = of_c2("NPL", 60.0).into_iter().chain([("fixed-broadband", "KEN", 2024, 2.0)]);
    let input = report_of(&figures.collect::<Vec<_>>(), (2020, 2025));
    let at = input.economies.iter().position(|economy| economy.code == "KEN").unwrap();
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let reason = &line.areas[at].score_reason;
    assert!(reason.ends_with(" needed"), "{reason}");
    assert!(section(&input, "C2").contains(reason.as_str()));
    for row in input.lines.iter().flat_map(|line| &line.areas).filter(|row| row.score.is_none()) {
        assert!(!row.score_reason.is_empty() && row.score_reason != "no data", "{row:?}");
    }
}

/// A class was marked by the targets of the line, also of indicators without a figure.
#[test]
fn trial_n4_a_proposed_target_without_figures_is_behind_no_class() {
    let figures = [
        ("internet-users", "KEN", 2020, 40.0),
        ("internet-users", "KEN", 2024, 60.0),
        ("mobile-ownership", "KEN", 2020, 40.0),
        ("mobile-ownership", "KEN", 2024, 60.0),
    ];
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C3").unwrap();
    assert!(line.classes.assessed() > 0, "{:?}", line.classes);
    let parts: Vec<Part> = read(&render(&input));
    let shown = text(element(&parts, "C3"));
    assert!(!shown.contains("Read the classes with care"), "{shown}");
    assert!(!text(element(&parts, "overview")).contains("targets proposed"));
}

/// "Expenditure on R&D: median 0.549 in 2005, 0.299 in 2024": of 85 economies and of 28.
#[test]
fn trial_h28_medians_of_unlike_economies_or_methods_do_not_stand_side_by_side() {
    let year = |year, economies| wsis_report::input::YearFigures {
        year,
        economies,
        q1: 1.0,
        median: 2.0,
        q3: 3.0,
    };
    let mut view = wsis_report::input::IndicatorView::default();
    assert!(view.compares(&year(2005, 85), &year(2023, 90)));
    assert!(!view.compares(&year(2005, 85), &year(2024, 28)));
    view.breaks = vec![2014];
    assert!(!view.compares(&year(2012, 90), &year(2014, 90)));
    assert!(view.compares(&year(2014, 90), &year(2016, 90)));
    view.relative = true;
    assert!(!view.compares(&year(2014, 90), &year(2016, 90)));
}

/// "No line has a change that can be measured" over a list of 22 economies with one.
#[test]
fn trial_h29_a_change_of_few_is_withheld_and_not_called_unmeasurable() {
    let members = members();
    let few: Vec<_> = members.iter().take(22).flat_map(|area| of_c2(area, 50.0)).collect();
    let overview = section(&report_of(&few, (2020, 2025)), "overview");
    assert!(overview.contains("too few economies have a change in any"), "{overview}");
    assert!(
        overview.contains("Scores of too few for a median")
            || overview.contains("Classes, but no median change: C2")
    );
    assert!(!overview.contains("No line has a change that can be measured"));
}

/// "63 target met", all of them by figures of before, beside which nobody could have been slow.
#[test]
fn trial_p127_classes_by_the_level_alone_are_marked_as_such() {
    // 3G and 4G of one year only: a level, and no change.
    let figures = [("coverage-3g", "KEN", 2022, 100.0), ("coverage-4g", "KEN", 2022, 100.0)];
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    assert_eq!((line.classes.of(Progress::TargetMet), line.level_only), (1, 1));
    let page = read(&render(&input));
    assert!(text(element(&page, "overview")).contains("by the level alone"));
    assert!(section(&input, "C2").contains("nothing is known of their pace"));
    // In the profile, beside the class of the line and of each indicator.
    let profile = section(&input, "e-KEN");
    assert!(profile.matches("by the level").count() >= 3, "{profile}");
    assert!(page_text(&input).contains("level only: no baseline within 2018 to 2022"));
}

fn page_text(input: &ReportInput) -> String {
    text(&read(&render(input)))
}

/// Thirty lines of reasons in a column a hundred pixels wide.
#[test]
fn trial_p130_what_is_missing_has_a_row_of_its_own() {
    let input = report_of(&of_c2("KEN", 60.0), (2020, 2025));
    let html = render(&input);
    assert!(html.contains("<tr class=\"mi\"><td colspan=\"8\">"), "no row of its own");
    let overview = text(element(&read(&html), "overview"));
    assert!(overview.contains("a score of 192 of 193 member States"), "{overview}");
}
