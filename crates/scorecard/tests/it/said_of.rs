//! What may be said of whom: of the economies whose median it is, of the targets that a class rests
//! on, of a change that there is, of a sample, of the core of a line.

use wsis_config::Deployment;
use wsis_model::framework::{Framework, MetFrom, OwnAges, SeriesRef, Status};
use wsis_model::status::ObsStatus;
use wsis_scorecard::{Cell, Class, Panel, score};

use crate::fixture::{areas, framework, house, indicator, node, panel, with_target};
use crate::scenarios::{WINDOW, card};

/// "1 of 3 targets proposed" was said of C3, where no economy has a figure of the indicator with
/// the proposed target.
#[test]
fn trial_a5_a_target_of_an_indicator_without_figures_is_behind_no_class() {
    let codes = ["users", "owners", "law"];
    let leaves = codes.map(|code| with_target(indicator(code, 0.0, 100.0), 95.0, 2030));
    let mut three = framework(leaves.to_vec(), vec![node("C3", &codes)], &["C3"]);
    let law = three.indicators.iter_mut().find(|leaf| leaf.code == "law").unwrap();
    law.target.as_mut().unwrap().provenance.status = Status::Proposed;
    let mut cells = Vec::new();
    for code in ["users", "owners"] {
        cells.extend([(code, "AAA", 2015, 40.0), (code, "AAA", 2020, 80.0)]);
    }
    let shown = card(&three, &areas(["AAA", "BBB"]), &cells);
    let line = &shown.lines[0];
    assert_eq!(line.target_status, Some("proposed"), "of the three targets of the line");
    let window = &line.windows[0];
    assert_eq!(window.rests_on, ["owners", "users"]);
    assert_eq!(window.target_status, Some("facilitator"), "of the two behind a class");
    let row = |area| shown.line_score("C3", area, WINDOW).unwrap();
    assert_eq!(row("AAA").rests_on, ["owners", "users"]);
    assert_eq!(row("BBB").rests_on, [""; 0], "no class rests on nothing");
    // With one figure of it, the class rests on it too.
    cells.extend([("law", "AAA", 2015, 10.0), ("law", "AAA", 2020, 20.0)]);
    let shown = card(&three, &areas(["AAA", "BBB"]), &cells);
    assert_eq!(shown.lines[0].windows[0].target_status, Some("proposed"));
}

/// "not in the demo's sample" of an indicator that the sample has whole: Namibia has no figure of
/// it at UNSD either.
#[test]
fn trial_a11_a_sample_that_has_the_indicator_is_silent_for_the_area_only() {
    let leaves = ["a", "b"].map(|code| {
        let mut leaf = indicator(code, 0.0, 100.0);
        // One that a pipeline asks for, in whose delivery it is not.
        leaf.series = Some(SeriesRef {
            source: "unsd".into(),
            dataset: "SDG".into(),
            series_code: code.to_uppercase(),
            sex: "_T".into(),
            age: "_T".into(),
            location: "_T".into(),
            dimensions: String::new(),
        });
        leaf
    });
    let one = framework(leaves.to_vec(), vec![node("C3", &["a", "b"])], &["C3"]);
    let mut shown = card(&one, &areas(["AAA", "NAM"]), &[("a", "AAA", 2020, 40.0)]);
    shown.of_a_sample("not in the sample", |_, _| false);
    // In every text, also in that of a class which lacks the figure.
    for row in &shown.indicator_scores {
        for told in row.missing_reason.iter().chain(&row.class_reason) {
            assert!(!told.contains("the source gives no") && !told.contains("delivered"), "{told}");
        }
    }
    let reason = |code| {
        shown.indicator_score(code, "NAM", WINDOW).and_then(|row| row.missing_reason.as_deref())
    };
    assert_eq!(reason("a"), Some("not in the sample for this area"));
    assert_eq!(reason("b"), Some("not in the sample"));
}

/// "not in the demo's sample for this area" of a dataset that the sample has to the byte: the source
/// was asked, and gives none.
#[test]
fn trial_p123_a_sample_that_has_a_dataset_whole_speaks_for_the_source() {
    let mut leaf = indicator("a", 0.0, 100.0);
    leaf.series = Some(SeriesRef {
        source: "data360".into(),
        dataset: "ITU_DH".into(),
        series_code: "A".into(),
        sex: "_T".into(),
        age: "_T".into(),
        location: "_T".into(),
        dimensions: String::new(),
    });
    let one = framework(vec![leaf], vec![node("C3", &["a"])], &["C3"]);
    let mut shown = card(&one, &areas(["AAA", "NAM"]), &[("a", "AAA", 2020, 40.0)]);
    shown.of_a_sample("not in the sample", |source, dataset| {
        (source, dataset) == ("data360", "ITU_DH")
    });
    let none = "the source gives none for this area";
    let row = shown.indicator_score("a", "NAM", WINDOW).unwrap();
    assert_eq!(row.missing_reason.as_deref(), Some(none));
    assert_eq!(row.class_reason.as_deref(), Some("no data: the source gives none for this area"));
    let line = shown.line_score("C3", "NAM", WINDOW).unwrap();
    assert_eq!(line.score_reason.as_deref(), Some(none));
    assert_eq!(line.grade_reason.as_deref(), Some(none));
    // Beside a series that the sample has in part there is no reason that both share.
    let mut part = one.indicators[0].clone();
    part.code = "b".into();
    part.series.as_mut().unwrap().dataset = "OTHER".into();
    let two =
        framework(vec![one.indicators[0].clone(), part], vec![node("C3", &["a", "b"])], &["C3"]);
    let cells = [("a", "AAA", 2020, 40.0), ("b", "AAA", 2020, 40.0)];
    let mut shown = card(&two, &areas(["AAA", "NAM"]), &cells);
    shown.of_a_sample("not in the sample", |_, dataset| dataset == "ITU_DH");
    let line = shown.line_score("C3", "NAM", WINDOW).unwrap();
    let why = "no current value of any of its indicators";
    assert_eq!(line.score_reason.as_deref(), Some(why));
    assert_eq!(line.grade_reason.as_deref(), Some("not in the sample for this area"));
}

/// "a pipeline asked the source, which had nothing" was said of sources that nobody had asked.
#[test]
fn trial_p120_a_gap_is_told_of_the_lake_and_not_of_a_source() {
    let leaves = ["a", "b"].map(|code| {
        let mut leaf = indicator(code, 0.0, 100.0);
        leaf.series = Some(SeriesRef {
            source: "unsd".into(),
            dataset: "SDG".into(),
            series_code: code.to_uppercase(),
            sex: "_T".into(),
            age: "_T".into(),
            location: "_T".into(),
            dimensions: String::new(),
        });
        leaf
    });
    let one = framework(leaves.to_vec(), vec![node("C3", &["a", "b"])], &["C3"]);
    let shown = card(&one, &areas(["AAA", "NAM"]), &[("a", "AAA", 2020, 40.0)]);
    let reason = |code| {
        shown.indicator_score(code, "NAM", WINDOW).and_then(|row| row.missing_reason.as_deref())
    };
    assert_eq!(reason("a"), Some("no observation of this area is in the lake"));
    assert_eq!(reason("b"), Some("no figure of this series is in the lake"));
}

/// Of 193 economies 141 lacked half of the weight and 52 everything: the reason of the 141 was told
/// of all.
#[test]
fn trial_p124_a_usual_reason_says_of_how_many() {
    let codes = ["a", "b", "c"];
    let leaves = codes.map(|code| with_target(indicator(code, 0.0, 100.0), 95.0, 2030));
    let three = framework(leaves.to_vec(), vec![node("C3", &codes)], &["C3"]);
    let cells = [("a", "AAA", 2020, 40.0), ("a", "BBB", 2020, 50.0)];
    let shown = card(&three, &areas(["AAA", "BBB", "CCC"]), &cells);
    let why = shown.lines[0].windows[0].no_score.clone().unwrap();
    assert!(why.reason.contains("of the weight"), "{why:?}");
    assert_eq!((why.economies, why.of), (2, 3));
    assert_eq!(why.whose().as_deref(), Some("2 of 3"));
}

/// Names with commas in a list with commas: nobody could tell where one ends.
#[test]
fn trial_p125_names_that_hold_commas_stand_in_quotation_marks() {
    let leaves = ["a", "b"].map(|code| {
        let mut leaf = with_target(indicator(code, 0.0, 100.0), 95.0, 2030);
        leaf.title = format!("GovTech Maturity Index, part {code}");
        leaf
    });
    let mut two = framework(leaves.to_vec(), vec![node("C1", &["a", "b"])], &["C1"]);
    two.nodes[0].min_children = Some(1);
    let cells = [("a", "AAA", 2015, 40.0), ("a", "AAA", 2020, 50.0), ("b", "AAA", 2020, 50.0)];
    let shown = card(&two, &areas(["AAA"]), &cells);
    let row = shown.line_score("C1", "AAA", WINDOW).unwrap();
    let why = row.class_reason.as_deref().unwrap();
    assert!(why.contains("“GovTech Maturity Index, part a” 40 to 50"), "{why}");
    let bare = wsis_scorecard::line::names(&["A", "B"]);
    assert_eq!(bare, "A, B", "plain names stay as they are");
}

/// 3G of 19 to 48, ITU's own estimates at both ends: neither class nor grade said so.
#[test]
fn trial_p126_a_class_of_estimates_says_so() {
    let leaf = with_target(indicator("a", 0.0, 100.0), 95.0, 2030);
    let one = framework(vec![leaf], vec![node("C2", &["a"])], &["C2"]);
    let list = areas(["AAA"]);
    let mut builder = Panel::builder(&one, &list);
    for (year, value) in [(2015, 19.0), (2020, 48.0)] {
        let cell = Cell::with_status(Some(value), ObsStatus::Estimated);
        builder.insert("a", "AAA", year, cell).unwrap();
    }
    let shown = score(house(&one), &builder.build(), &list);
    let row = shown.indicator_score("a", "AAA", WINDOW).unwrap();
    let why = row.class_reason.as_deref().unwrap();
    assert!(why.contains("; both values are estimates"), "{why}");
    let line = shown.line_score("C2", "AAA", WINDOW).unwrap();
    let why = line.class_reason.as_deref().unwrap();
    assert!(why.contains("A 19 to 48 (2015 to 2020, both estimates)"), "{why}");
    assert_eq!(line.origin, Some(0.5));
}

fn action_lines() -> Framework {
    let deployment = Deployment::embedded().unwrap();
    let mut lines = deployment.framework("wsis-action-lines").unwrap().clone();
    lines.windows.retain(|window| (window.start, window.end) == WINDOW);
    lines
}

/// One economy of four has 4G figures. Left to the half of them, 4G was not asked of anybody, and
/// whoever kept silent on it was ranked.
#[test]
fn trial_a6_c2_and_c7_esci_name_their_core() {
    let mut lines = action_lines();
    let names = ["AAA", "BBB", "CCC", "DDD"];
    let mut cells = vec![("coverage-4g", "AAA", 2020, 90.0)];
    for (at, name) in names.iter().enumerate() {
        let at = at as f64;
        cells.push(("coverage-3g", *name, 2020, 90.0 - at));
        cells.push(("fixed-broadband", *name, 2020, 20.0 - at));
    }
    cells.push(("researchers", "AAA", 2020, 1000.0));
    let list = areas(names);
    let shown = |lines: &Framework| score(house(lines), &panel(lines, &list, &cells), &list);
    let found = shown(&lines);
    let core = |line: &str| {
        let summary = found.lines.iter().find(|it| it.line == line).unwrap();
        summary.windows[0].core.join(" ")
    };
    assert_eq!(core("C2"), "coverage-3g coverage-4g fixed-broadband");
    assert_eq!(core("C7-esci"), "rd-expenditure researchers");
    let row = found.line_score("C2", "BBB", WINDOW).unwrap();
    assert_eq!((row.rank, row.ranked_of), (None, 1));
    assert_eq!(row.rank_reason.as_deref(), Some("2 of 3 core indicators; no coverage-4g"));
    // Between 4G at 0 and at 100 it stands below the first, or above it.
    assert_eq!((row.rank_low, row.rank_high), (Some(1), Some(2)));
    // Nobody has the whole core of C7-esci: no rank, and no place beside nobody.
    let row = found.line_score("C7-esci", "AAA", WINDOW).unwrap();
    assert_eq!((row.rank, row.rank_low, row.rank_high), (None, None, None));
    assert!(row.score_low.is_some() && row.score_high.is_some());
    for node in &mut lines.nodes {
        node.core = None;
    }
    let row = shown(&lines).line_score("C2", "BBB", WINDOW).unwrap().rank;
    assert_eq!(row, Some(2), "as it was without a named core");
}

/// The same figures under another rule book: three years are enough, or not; and the reason names
/// the years that this framework asks for.
#[test]
fn trial_a10_the_least_span_and_the_ages_are_those_of_the_framework() {
    let leaf = with_target(indicator("a", 0.0, 100.0), 90.0, 2030);
    let mut one = framework(vec![leaf], vec![node("C3", &["a"])], &["C3"]);
    let list = areas(["AAA"]);
    let cells = [("a", "AAA", 2015, 40.0), ("a", "AAA", 2018, 60.0)];
    let change = |one: &Framework| {
        let row = card(one, &list, &cells).indicator_score("a", "AAA", WINDOW).unwrap().clone();
        (row.change, row.class_reason.unwrap_or_default())
    };
    assert_eq!(change(&one).0, Some(20.0));
    let print = |one: &Framework| card(one, &list, &cells).method_fingerprint;
    let before = print(&one);
    one.ages.min_span = Some(4);
    assert_eq!(change(&one), (None, "span of 3 years (2015 to 2018), 4 asked".to_owned()));
    assert_ne!(print(&one), before, "another method");
    one.ages = OwnAges { max_progress: Some(1), ..OwnAges::default() };
    let stale = "current value of 2018 is more than 1 year older than 2020";
    assert_eq!(change(&one), (None, stale.to_owned()));
    one.ages = OwnAges { max: Some(1), max_progress: Some(1), ..OwnAges::default() };
    let old = "last value is of 2018, more than 1 year before 2020";
    assert_eq!(change(&one), (None, format!("no data: {old}")));
}

/// Palestine, 3G 0 to 96 and 4G 0 to 0: "on track" by the mean, with one of two that stands still.
/// And a reason counts the indicators that the failed test counted.
#[test]
fn trial_a5_a_class_names_what_does_not_move_and_a_reason_what_it_counted() {
    let codes = ["a", "b", "c", "d"];
    let aimed = |targets: &[&str]| {
        let leaves = codes.map(|code| {
            let leaf = indicator(code, 0.0, 100.0);
            if targets.contains(&code) { with_target(leaf, 95.0, 2030) } else { leaf }
        });
        framework(leaves.to_vec(), vec![node("C2", &codes)], &["C2"])
    };
    let list = areas(["PSE"]);
    let said = |targets: &[&str], cells: &[(&str, &str, i32, f64)]| {
        let row =
            card(&aimed(targets), &list, cells).line_score("C2", "PSE", WINDOW).unwrap().clone();
        (row.class, row.class_reason.unwrap(), row.change_reason)
    };
    let mut cells = vec![("a", "PSE", 2015, 0.0), ("a", "PSE", 2020, 96.0)];
    cells.extend([("b", "PSE", 2015, 0.0), ("b", "PSE", 2020, 0.0)]);
    let (class, reason, change) = said(&["a", "b"], &cells);
    assert_eq!((class, change), (Class::OnTrack, None));
    assert!(reason.contains("; without progress: B; rests on 2 of 4 indicators"), "{reason}");
    // One of four can be compared, and it has no target: two of the four with a value have one.
    let cells: Vec<_> = codes
        .iter()
        .map(|code| (*code, "PSE", 2020, 50.0))
        .chain([("d", "PSE", 2015, 40.0)])
        .collect();
    let (class, reason, change) = said(&["a", "b"], &cells);
    assert_eq!(class, Class::NotAssessable);
    let end = "by the level alone: targets on 2 of the 4 indicators with a current value, two \
               thirds of their weight asked";
    assert!(reason.ends_with(end) && reason.starts_with("A, B, C: no baseline"), "{reason}");
    let change = change.unwrap();
    // "which is too little" does not say how much is asked.
    let start = "1 of 4 indicators can be compared (25 % of the weight present, 50 % needed); A, B, \
                 C: no";
    assert!(change.starts_with(start), "{change}");
    // Stagnant is what is judged, not the change beside it.
    let mut cells = vec![("a", "PSE", 2015, 40.0), ("a", "PSE", 2020, 40.5)];
    cells.extend([("b", "PSE", 2015, 40.0), ("b", "PSE", 2020, 40.5)]);
    cells.extend([("c", "PSE", 2015, 40.0), ("c", "PSE", 2020, 50.0)]);
    let (class, reason, _) = said(&["a", "b"], &cells);
    assert_eq!(class, Class::Limited);
    let stagnant =
        "stagnant: the mean score of the indicators with a target moved by less than 1 point";
    assert!(reason.contains(stagnant), "{reason}");
}

/// "Without progress: Price of fixed broadband" of the country whose price fell from 60 % to 25 %:
/// both lie beyond the goalpost of 20 % and score 0.
#[test]
fn trial_a5_beyond_a_goalpost_a_value_moves_as_well() {
    let price = with_target(indicator("price", 20.0, 0.0), 2.0, 2030);
    let users = with_target(indicator("users", 0.0, 100.0), 90.0, 2030);
    let one = framework(vec![price, users], vec![node("C2", &["price", "users"])], &["C2"]);
    let list = areas(["AAA"]);
    let said = |prices: [f64; 2]| {
        let mut cells = vec![("users", "AAA", 2015, 10.0), ("users", "AAA", 2020, 60.0)];
        cells.extend([("price", "AAA", 2015, prices[0]), ("price", "AAA", 2020, prices[1])]);
        let row = card(&one, &list, &cells).line_score("C2", "AAA", WINDOW).unwrap().clone();
        assert!(matches!(row.class, Class::OnTrack | Class::Moderate | Class::Limited));
        assert_eq!(row.clamped, 1);
        row.class_reason.unwrap()
    };
    assert!(!said([60.0, 25.0]).contains("without progress"), "{}", said([60.0, 25.0]));
    assert!(said([25.0, 60.0]).contains("without progress: PRICE"), "{}", said([25.0, 60.0]));
}

/// "The target equals the value at the start" of 99 and a target of 100 that is met from 99 on.
#[test]
fn trial_a8_met_at_the_start_is_not_called_equal_to_the_target() {
    let mut leaf = with_target(indicator("a", 0.0, 100.0), 100.0, 2030);
    let met = MetFrom { value: 99.0, source: "practice".into(), verified: true };
    leaf.target.as_mut().unwrap().met_from = Some(met);
    let one = framework(vec![leaf], vec![node("C2", &["a"])], &["C2"]);
    let list = areas(["AAA"]);
    for ends in [[99.0, 99.5], [99.0, 99.0]] {
        let cells = [("a", "AAA", 2015, ends[0]), ("a", "AAA", 2020, ends[1])];
        let shown = card(&one, &list, &cells);
        let of_leaf = shown.indicator_score("a", "AAA", WINDOW).unwrap();
        let of_line = shown.line_score("C2", "AAA", WINDOW).unwrap();
        for (class, reason) in
            [(of_leaf.class, &of_leaf.class_reason), (of_line.class, &of_line.class_reason)]
        {
            let reason = reason.as_deref().unwrap();
            assert_eq!(class, Class::TargetMet);
            assert!(reason.contains("already met at the start"), "{reason}");
            assert!(!reason.contains("equals"), "{reason}");
        }
    }
}

/// "Rank and percentile in both editions stand beside it", 1,300 times where nothing stood.
#[test]
fn trial_a2_no_reason_names_a_rank_that_stands_nowhere() {
    let mut index = indicator("index", 0.0, 1.0);
    index.relative = true;
    let leaves = vec![index, indicator("other", 0.0, 100.0)];
    let nodes = vec![node("C1", &["index"]), node("C4", &["index", "other"])];
    // One indicator has one line: a second index for the second one.
    let mut second = indicator("second", 0.0, 1.0);
    second.relative = true;
    let leaves = leaves.into_iter().chain([second]).collect();
    let mut nodes = nodes;
    nodes[1] = node("C4", &["other", "second"]);
    let one = framework(leaves, nodes, &["C1", "C4"]);
    let list = areas(["AAA", "BBB", "CCC"]);
    let mut cells = vec![("other", "AAA", 2020, 40.0)];
    for code in ["index", "second"] {
        cells.extend([(code, "AAA", 2016, 0.4), (code, "AAA", 2020, 0.6)]);
        // Without the earlier edition, and without the later one.
        cells.extend([(code, "BBB", 2020, 0.5), (code, "CCC", 2016, 0.5)]);
    }
    let shown = card(&one, &list, &cells);
    let lines = shown.line_scores.iter();
    let rows =
        lines.map(|row| (row.position, [row.class_reason.clone(), row.change_reason.clone()]));
    let of_leaves = shown.indicator_scores.iter();
    let all = rows.chain(of_leaves.map(|row| (row.position, [row.class_reason.clone(), None])));
    let mut with = 0;
    for (position, reasons) in all {
        with += usize::from(position.is_some());
        for reason in reasons.into_iter().flatten().filter(|_| position.is_none()) {
            assert!(!reason.contains("rank") && !reason.contains("percentile"), "{reason}");
        }
    }
    assert_eq!(with, 3, "both indices and the line that rests on one alone");
    let told = shown.line_score("C1", "AAA", WINDOW).unwrap().position.unwrap().to_string();
    let right = "rank 1 to 1, percentile 0 to 0, of 1 economies in both editions, 2016 and 2020";
    assert_eq!(told, right.replace("1 economies", "1 economy"));
}

/// "No indicator of the line has figures of half of the 193": a third and more of them had some.
#[test]
fn trial_a6_a_share_that_is_asked_is_a_least_share() {
    let leaf = with_target(indicator("a", 0.0, 100.0), 90.0, 2030);
    let one = framework(vec![leaf], vec![node("C2", &["a"])], &["C2"]);
    let shown = card(&one, &areas(["AAA", "BBB", "CCC"]), &[("a", "AAA", 2020, 40.0)]);
    let reason = shown.line_score("C2", "AAA", WINDOW).unwrap().rank_reason.clone().unwrap();
    assert!(
        reason.starts_with("no indicator of the line has figures of at least half of the"),
        "{reason}"
    );
}
