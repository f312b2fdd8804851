//! What stands side by side is comparable, and is said of those that it holds for.

use wsis_report::charts::small_multiple;
use wsis_report::input::{IndicatorView, LineView, YearFigures};
use wsis_report::{render, words};

use crate::html::{Part, all, element, read, text};
use crate::inputs::{report_by, report_of};

/// Codes of the member States.
fn members() -> Vec<String> {
    let areas = wsis_config::Deployment::embedded().unwrap().areas;
    let all = areas.areas().iter().filter(|area| area.kind == wsis_model::area::AreaKind::Economy);
    let is_member = |code: &str| {
        let area = areas.areas().iter().find(|area| area.code == code).unwrap();
        areas.standing(area, 2025) == wsis_model::area::Standing::Member
    };
    all.map(|area| area.code.clone()).filter(|code| is_member(code)).collect()
}

/// Lines drawn in an element.
fn joined(parts: &[Part]) -> usize {
    all(parts, "path").filter(|(_, a)| a.get("class").is_some_and(|it| it == "ln")).count()
}

/// C4: "median chained over the same economies and indicators, 51.9 in 2005, 61.4 in 2024", which
/// nine editions of the Human Capital Index lie between: the chain ends at each.
#[test]
fn trial_a7_years_of_another_level_are_neither_joined_nor_named_together() {
    let members = members();
    let mut figures = Vec::new();
    for (at, area) in members.iter().enumerate() {
        let area = area.as_str();
        let level = at as f64 / 10.0;
        for year in 2018..=2024 {
            figures.push(("tertiary-enrolment", area, year, 20.0 + level + f64::from(year - 2018)));
        }
        for year in [2018, 2022] {
            figures.push(("human-capital-index", area, year, 0.3 + level / 100.0));
        }
    }
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C4").unwrap();
    let apart: Vec<i32> = line
        .year_facts
        .iter()
        .filter(|fact| fact.year > 2018 && fact.year <= 2024 && !fact.linked)
        .map(|fact| fact.year)
        .collect();
    assert_eq!(apart, [2022], "the case is one with a break");
    let median = |year: i32| line.medians.iter().find(|row| row.0 == year).unwrap().1.unwrap();
    let parts = read(&render(&input));
    let chart = element(&parts, "C4-trend");
    let title = format!(
        "C4: median chained over the same economies and indicators, {:.1} in 2022, {:.1} in 2024; \
         years before 2022 do not compare",
        median(2022),
        median(2024)
    );
    assert!(text(chart).contains(&title), "no {title:?} in {}", text(chart));
    assert_eq!(joined(chart), 2, "one line on each side of the break");
    assert!(text(chart).contains("(does not compare with earlier years)"), "{}", text(chart));
    let spark = element(&parts, "overview");
    let label = "Median of C4, chained, 2018 to 2024; years before 2022 do not compare with it";
    assert!(text(spark).contains(label), "{}", text(spark));
    // Cut off right before its newest year, a line names that year alone.
    let mut alone = line.clone();
    alone.year_facts.iter_mut().find(|fact| fact.year == 2024).unwrap().linked = false;
    let scale = input.scale();
    let chart = wsis_report::charts::trend::trend("t", &alone, scale, (2005, 2025), "source");
    let chart = text(&read(&format!("<!DOCTYPE html><div>{}</div>", chart.into_string())));
    let title =
        format!("C4: median score {:.1} in 2024; earlier years do not compare", median(2024));
    assert!(chart.contains(&title), "no {title:?} in {chart}");
}

/// "Human Capital Index: median 0.85 in 2008, 0.69 in 2024" joined two methods by a line.
#[test]
fn trial_a2_medians_of_two_methods_are_not_joined() {
    let year = |year| YearFigures { year, economies: 90, q1: 1.0, median: 2.0, q3: 3.0 };
    let view = IndicatorView {
        title: "A series".into(),
        unit: "%".into(),
        breaks: vec![2019],
        years: (2015..=2023).map(year).collect(),
        values: (2015..=2023).map(|it| (it, (0..90).map(|at| (at, 2.0)).collect())).collect(),
        ..IndicatorView::default()
    };
    let panel = small_multiple::panel("p", &view, "in the score", (2005, 2025), "source");
    let parts = read(&format!("<!DOCTYPE html><div>{}</div>", panel.into_string()));
    assert_eq!(joined(&parts), 2, "one line on each side of the break");
    let title = "A series: median 2.00 in 2023 (n 90); over the 90 with a figure in both years 2.00 in \
                 2019, 2.00 in 2023; years before 2019 are of another method (%; in the score)";
    assert!(text(&parts).contains(title), "{}", text(&parts));
}

/// "Adults who bought something online: median 23.1 in 2021 (123 economies), 12.3 in 2024 (98)" read as if it
/// had halved: the wave of 2024 did not ask the richest, and over the 79 economies in both it rose.
#[test]
fn trial_p165_medians_of_two_years_are_of_the_same_economies() {
    let economies = members();
    let figures: Vec<(&str, &str, i32, f64)> = economies
        .iter()
        .take(40)
        .enumerate()
        .flat_map(|(at, code)| {
            let (before, after) = (10.0 + 2.0 * at as f64, 14.0 + 2.0 * at as f64);
            // The upper quarter is not asked again.
            let again = (at < 30).then_some(("bought-online", code.as_str(), 2024, after));
            [("bought-online", code.as_str(), 2021, before)].into_iter().chain(again)
        })
        .collect();
    let html = render(&report_of(&figures, (2020, 2025)));
    let told = text(&read(&html));
    assert!(!told.contains("median 49.0 in 2021"), "the median of all 40");
    let beside = "median 43.0 in 2024 (30 economies) (% of adults). Over the 30 economies with a figure in both \
                  years: median 39.0 in 2021, 43.0 in 2024.";
    assert!(told.contains(beside), "{told}");
    let title = "median 43.0 in 2024 (n 30); over the 30 with a figure in both years 39.0 in 2021, 43.0 in \
                 2024";
    assert!(told.contains(title), "{told}");
}

/// "Rank and percentile in both editions stand in their place" of lines without any.
#[test]
fn trial_a2_a_rank_is_promised_only_where_one_can_stand() {
    let line = |relative: &[&str], scored: &[&str]| LineView {
        relative: relative.iter().map(|it| (*it).to_owned()).collect(),
        scored: scored.iter().map(|it| ((*it).to_owned(), 1.0)).collect(),
        ..LineView::default()
    };
    let told =
        |relative: &[&str], scored: &[&str]| words::relative(&line(relative, scored)).unwrap();
    let one = told(&["EPI"], &["a"]);
    assert!(one.contains("where an economy is in two editions, rank and percentile"), "{one}");
    for (relative, scored) in [(["A", "B"], ["a", "b"].as_slice()), (["A", "B"], &["a", "b", "c"])]
    {
        let said = told(&relative, scored);
        assert!(!said.contains("rank"), "{said}");
        assert!(
            said.starts_with("A and B are") && !said.contains(" its ") && !said.contains(" it ")
        );
    }
    assert!(told(&["A"], &["a", "b"]).contains("its levels of two editions do not compare"));
}

/// 187 States were graded under a column of 193; six had no figure, and no grade E.
#[test]
fn trial_h10_a_grade_of_all_counts_who_has_no_figure() {
    let figures = [("coverage-3g", 2024), ("coverage-4g", 2024), ("fixed-broadband", 2024)];
    let figures: Vec<_> = figures.iter().map(|(code, year)| (*code, "KEN", *year, 30.0)).collect();
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    assert_eq!(line.grades, [1, 0, 0, 0, 192], "one with all figures of 2024, the others silent");
    // Coverage and freshness are an A without any start: the rule says of which grade it speaks.
    let method = text(element(&read(&render(&input)), "method"));
    assert!(
        method.contains("of a level the worse of coverage and freshness counts, of a change also")
    );
    assert!(!method.contains("The worst of the three counts"));
}

/// A grade of the change stands where it is another one than that of the level.
#[test]
fn trial_h10_a_change_has_its_own_grade() {
    let mut figures = Vec::new();
    for code in ["coverage-3g", "coverage-4g", "fixed-broadband"] {
        figures.push((code, "KEN", 2024, 30.0));
        if code != "fixed-broadband" {
            figures.push((code, "KEN", 2020, 10.0));
        }
    }
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let row = &line.areas[0];
    assert_eq!((row.grade.as_str(), row.grade_change.as_str()), ("A", "B"));
    assert!(text(element(&read(&render(&input)), "e-KEN")).contains("of the change B"));
}

/// "Every core indicator of the line, those that half of all member States have", of lines that
/// name their core and of indices that have none.
#[test]
fn trial_a6_the_rule_of_ranks_is_that_of_the_framework() {
    let method = |input| text(element(&read(&render(&input)), "method"));
    let shown = method(report_of(&[("coverage-3g", "KEN", 2024, 30.0)], (2020, 2025)));
    let rule = "The core is every indicator that at least half of all member States have a current \
                score of, but on the lines that name their own: C2: ";
    assert!(shown.contains(rule), "{shown}");
    assert!(shown.contains("; C7-esci: "), "{shown}");
    assert!(
        shown.contains(
            "It must hold at least two thirds of the weight (50 % on C1, C5 and C7-egov) and be recent"
        ),
        "{shown}"
    );
    let figures: Vec<_> = ["life-expectancy", "expected-schooling", "mean-schooling", "income"]
        .iter()
        .flat_map(|code| [(*code, "KEN", 2022, 10.0), (*code, "HKG", 2022, 12.0)])
        .collect();
    let input = report_by("hdi", &figures, (2017, 2022));
    let page = text(&read(&render(&input)));
    let rule = "Of the economies with figures whose score rests on at least 100 % of the weight: one \
                plus the number with a higher score";
    assert!(page.contains(rule), "{page}");
    assert!(!page.contains("core indicator") && !page.contains("lacks part of the core"), "{page}");
}

/// "1 of 3 targets is proposed", of targets that no class rests on.
#[test]
fn trial_n4_the_targets_that_are_counted_are_those_the_classes_rest_on() {
    let figures = [
        ("schools-internet", "KEN", 2020, 30.0),
        ("schools-internet", "KEN", 2024, 40.0),
        ("schools-computers", "KEN", 2020, 30.0),
        ("schools-computers", "KEN", 2024, 35.0),
    ];
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C7-elearn").unwrap();
    assert_eq!(line.rests_on, ["schools-computers", "schools-internet"]);
    let told = |codes: &[&str]| {
        let codes: Vec<String> = codes.iter().map(|it| (*it).to_owned()).collect();
        words::proposals(&input, &codes)
    };
    assert_eq!(
        told(&["schools-computers", "schools-internet"]).unwrap(),
        "1 of 2 targets proposed"
    );
    assert_eq!(told(&[]), None, "no class, no target behind it");
    let each: Vec<Option<String>> =
        ["schools-computers", "schools-internet"].map(|code| told(&[code])).to_vec();
    assert!(each.contains(&None) && each.contains(&Some("target proposed".to_owned())), "{each:?}");
}

/// "not measurable", beside a row that says which test failed.
#[test]
fn trial_h33_who_has_no_change_reads_why() {
    let figures = [
        ("coverage-3g", "KEN", 2022, 30.0),
        ("coverage-3g", "KEN", 2024, 40.0),
        ("coverage-4g", "KEN", 2024, 40.0),
        ("fixed-broadband", "KEN", 2024, 10.0),
    ];
    let input = report_of(&figures, (2020, 2025));
    let line = input.lines.iter().find(|line| line.code == "C2").unwrap();
    let reason = &line.areas[0].change_reason;
    assert!(reason.contains("span of 2 years (2022 to 2024), 3 asked"), "{reason}");
    let profile = text(element(&read(&render(&input)), "e-KEN"));
    assert!(profile.contains(reason.as_str()), "no {reason:?} in {profile}");
}
