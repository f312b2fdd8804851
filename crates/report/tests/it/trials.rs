//! Sentences that a hostile reader proved false, each on the case that proved it.

use wsis_report::charts::slope::slope;
use wsis_report::class::{ClassCounts, Progress};
use wsis_report::headline::{headline, no_score, other_windows};
use wsis_report::input::{AreaRow, Fact, LineView, RegionView, ReportInput, WindowView};
use wsis_report::number::Scale;
use wsis_report::{render, words};

use crate::html::{element, read, text};
use crate::sample::sample;

const SCALE: Scale = Scale { max: 100.0, decimals: 1 };

fn region(name: &str, start: f64, end: f64, status: &str) -> RegionView {
    RegionView {
        name: name.into(),
        start: Some(start),
        end: Some(end),
        span: None,
        members: 20,
        matched: 15,
        status: status.into(),
        reason: "fewer than half of them have a score at both ends".into(),
    }
}

fn slope_title(regions: &[RegionView]) -> String {
    let html = slope("s", "C1", (2020, 2025), regions, SCALE, "source").into_string();
    let from = html.find("<figcaption>").unwrap() + "<figcaption>".len();
    html[from..from + html[from..].find("</figcaption>").unwrap()].to_owned()
}

/// C1, 2020 to 2025: "Europe moved most (-6.1), Americas least (-11.7)".
#[test]
fn trial_h1_a_fall_is_called_a_fall() {
    let fell = [
        region("Europe", 70.1, 64.0, "published"),
        region("Americas", 60.0, 48.3, "published"),
        region("Asia", 50.0, 41.0, "published"),
    ];
    assert_eq!(
        slope_title(&fell),
        "C1, from about 2020 to 2025, of 3 regions: Europe fell least (\u{2212}6.1), \
         Americas fell most (\u{2212}11.7)"
    );
    let mixed =
        [region("Europe", 10.0, 14.0, "published"), region("Asia", 50.0, 41.0, "published")];
    assert!(slope_title(&mixed).ends_with("Europe rose most (+4.0), Asia fell most (\u{2212}9.0)"));
    let rose = [region("Europe", 10.0, 14.0, "published"), region("Asia", 50.0, 51.0, "published")];
    assert!(slope_title(&rose).ends_with("Europe rose most (+4.0), Asia rose least (+1.0)"));
    let alike =
        [region("Europe", 10.0, 14.0, "published"), region("Asia", 50.0, 54.01, "published")];
    assert!(
        slope_title(&alike).ends_with("all rose alike as printed (+4.0)"),
        "{}",
        slope_title(&alike)
    );
    let still =
        [region("Europe", 10.0, 14.0, "published"), region("Asia", 50.0, 50.0, "published")];
    assert!(slope_title(&still).ends_with("Asia stood still (0.0)"), "{}", slope_title(&still));
}

/// C7-esci, 2015 to 2020: Oceania rose by 4.6 and was withheld; the title spoke for all regions.
#[test]
fn trial_h2_p131_withheld_regions_are_not_compared_nor_others_by_unlike_spans() {
    let regions = [
        region("Europe", 10.0, 12.0, "published"),
        region("Asia", 10.0, 11.0, "indicative"),
        region("Oceania", 10.0, 14.6, "withheld"),
    ];
    let title = slope_title(&regions);
    assert!(title.contains("of the 2 regions shown (1 withheld): Europe rose most"), "{title}");
    // +2.0 in three years is faster than +3.0 in five: points a year are compared.
    let mut unlike = [regions[0].clone(), region("Africa", 10.0, 13.0, "published")];
    (unlike[0].span, unlike[1].span) = (Some(3.0), Some(5.0));
    let title = slope_title(&unlike);
    let said = "Europe rose fastest (+0.67 a year: +2.0 over 3.00 years), \
                Africa rose slowest (+0.60 a year: +3.0 over 5.00 years)";
    assert!(title.ends_with(said), "{title}");
    let one = [regions[0].clone(), regions[2].clone(), regions[2].clone()];
    assert!(slope_title(&one).ends_with("Europe rose (+2.0); the other 2 regions cannot be shown"));
}

/// "All rose alike (+4.0)" of changes over 4 and over 10 years, with a third region of +5.0 between them;
/// and "fell fastest (+0.1 over 7.0 years)" beside a region that stood still.
#[test]
fn trial_p131_regions_are_alike_by_points_a_year_and_a_rise_is_no_fall() {
    let over = |name: &str, change: f64, span: f64| {
        let span = Some(span);
        RegionView { span, ..region(name, 10.0, 10.0 + change, "published") }
    };
    let of = [over("A", 4.0, 4.0), over("B", 4.0, 10.0), over("C", 5.0, 9.0)];
    let title = slope_title(&of);
    let said = "A rose fastest (+1.00 a year: +4.0 over 4.00 years), \
                B rose slowest (+0.40 a year: +4.0 over 10.00 years)";
    assert!(title.ends_with(said), "{title}");
    let title = slope_title(&[over("A", 0.04, 3.0), over("B", 0.06, 7.0)]);
    let said = "B rose fastest (+0.01 a year: +0.1 over 7.00 years), \
                A stood still (0.00 a year: 0.0 over 3.00 years)";
    assert!(title.ends_with(said), "{title}");
    let title = slope_title(&[over("A", 4.0, 4.0), over("B", 6.0, 6.0)]);
    assert!(title.ends_with("all rose alike as printed (+1.00 a year)"), "{title}");
}

fn scored(classes: [u32; 7], change: Option<f64>) -> LineView {
    let total: u32 = classes.iter().sum();
    let area = |at: u32| AreaRow {
        score: Some(50.0),
        change: change.filter(|_| at < 22),
        years: change.filter(|_| at < 22).map(|_| (2014, 2019)),
        latest: Some(if at == 0 { 2017 } else { 2019 }),
        class: Progress::NotAssessable,
        class_reason: "span 2 years, 3 asked".into(),
        ..AreaRow::default()
    };
    LineView {
        code: "C9".into(),
        economies_scored: total,
        median_score: Some(50.0),
        median_change: change,
        classes: ClassCounts(classes),
        areas: (0..total).map(area).collect(),
        windows: vec![
            WindowView { window: (2015, 2020), scored: total, ..WindowView::default() },
            WindowView { window: (2020, 2025), scored: 0, ..WindowView::default() },
        ],
        ..LineView::default()
    }
}

fn report(lines: Vec<LineView>, window: (i32, i32)) -> ReportInput {
    ReportInput {
        lines,
        window,
        windows: vec![(2015, 2020), (2020, 2025)],
        scale_max: 100.0,
        decimals: 1,
        economies_total: 193,
        indicators: Vec::new(),
        economies: Vec::new(),
        ..sample(1)
    }
}

/// "A level, but no progress" stood beside the median change of the same lines.
#[test]
fn trial_h3_a_line_with_a_change_is_not_said_to_have_none() {
    let input = report(vec![scored([0, 0, 0, 0, 0, 0, 94], Some(1.9))], (2015, 2020));
    assert_eq!(words::unknown(&input), ["A change, but no class of any economy: C9."]);
    let input = report(vec![scored([0, 0, 0, 0, 0, 0, 94], None)], (2015, 2020));
    assert_eq!(words::unknown(&input), ["A level, but no median change and no class: C9."]);
}

/// "No score at all: C2, C3" in a window, while other windows have scores.
#[test]
fn trial_h4_no_score_in_this_window_is_not_no_score_at_all() {
    let mut line = scored([0, 0, 0, 0, 0, 0, 94], None);
    line.economies_scored = 0;
    let mut never = line.clone();
    never.code = "C8".into();
    never.windows.iter_mut().for_each(|row| row.scored = 0);
    let input = report(vec![line, never], (2020, 2025));
    assert_eq!(
        words::unknown(&input),
        ["No score from 2020 to 2025, but in another window: C9.", "No score in any window: C8."]
    );
}

/// "Newer data: the last window with scores" in a window before the figures begin.
#[test]
fn trial_h5_an_older_window_points_to_the_next_one() {
    let mut line = scored([0, 0, 0, 0, 0, 0, 94], None);
    let later = report(vec![], (2020, 2025));
    assert_eq!(
        other_windows(&later, &line).unwrap(),
        "The last window with scores is 2015 to 2020 (94 economies)"
    );
    line.windows[0].scored = 1;
    let earlier = report(vec![], (2005, 2010));
    assert_eq!(
        other_windows(&earlier, &line).unwrap(),
        "The next window with scores is 2015 to 2020 (1 economy)"
    );
}

/// "In 2025", without an observation later than 2024; and the median of 94 economies beside the
/// change of 22 in one sentence.
#[test]
fn trial_h6_h28_a_level_says_of_which_years_and_of_how_many() {
    let line = scored([0, 0, 0, 0, 0, 0, 94], Some(1.9));
    let input = report(vec![line.clone()], (2015, 2020));
    let told = headline(&input, &line);
    assert!(
        told.starts_with(
            "The median score of 94 economies is 50.0 of 100 on the latest values up to 2020 \
             (newest figures of 2017 to 2019); the median change of the 22 that have one is +1.9 \
             points on the same indicators at both ends, between 2014 and 2019."
        ),
        "{told}"
    );
    let html = render(&sample(12));
    let overview = text(element(&read(&html), "overview"));
    assert!(overview.contains("Score, latest up to 2025"), "{overview}");
    for wrong in [" in 2025: of", "economies have a score in 2025"] {
        assert!(!html.contains(wrong), "{wrong}");
    }
}

/// "Cannot be assessed for any of 193 economies: reason", where 86 of them have no data at all and
/// the reason held for some.
#[test]
fn trial_h8_h29_a_reason_is_said_of_those_that_it_holds_for() {
    let mut line = scored([0, 0, 0, 0, 0, 0, 94], None);
    line.areas[0].class_reason = "no target".into();
    let input = report(vec![line.clone()], (2015, 2020));
    let told = headline(&input, &line);
    assert!(
        told.contains(
            "No class can be given to any of the 94 economies with a score; the most frequent \
             reason, for 93: span 2 years, 3 asked."
        ),
        "{told}"
    );
}

#[test]
fn trial_h36_one_is_not_many() {
    let line = scored([1, 0, 1, 0, 1, 1, 1], Some(1.0));
    let input = report(vec![line.clone()], (2015, 2020));
    let told = headline(&input, &line);
    assert!(
        told.contains(
            "Of 5 economies, 1 has met the target, 1 moves too slowly, 1 moves away from it or \
             has lost it, 1 missed the deadline and 1 has no class."
        ),
        "{told}"
    );
    let one = scored([0, 0, 0, 0, 0, 0, 1], None);
    let told = headline(&report(vec![one.clone()], (2015, 2020)), &one);
    assert!(told.contains("given to the one economy with a score: span"), "{told}");
    for economies in [1, 12] {
        let html = render(&sample(economies));
        for wrong in [" 1 economies", ">1 economies", " 1 lines", " 1 regions", "(1 economies"] {
            assert!(!html.contains(wrong), "{wrong}");
        }
    }
}

#[test]
fn trial_h37_no_colon_follows_a_colon() {
    assert_eq!(
        no_score("no series that could be scored is asked for yet: B-READY (World Bank)"),
        "No score: no series that could be scored is asked for yet (B-READY (World Bank))"
    );
    assert_eq!(
        no_score("no internationally agreed indicator"),
        "No score: no internationally agreed indicator"
    );
}

fn fact(status: &str, source: &str) -> Fact {
    Fact { status: status.into(), source: source.into(), verified: true }
}

/// "Proposed by this project: ITU and UN Tech Envoy, ..." of a value that is theirs.
#[test]
fn trial_h12_what_others_set_is_theirs() {
    let taken = fact("proposed", "ITU and UN Tech Envoy, targets for 2030: 70 %");
    assert_eq!(
        words::set_by(&taken),
        "Set by ITU and UN Tech Envoy, targets for 2030: 70 %; its use here is this project's choice \
         and not agreed by anyone"
    );
    let ours = fact("proposed", "Proposed by this project: natural range of a percentage");
    assert_eq!(
        words::set_by(&ours),
        "Proposed by this project, not an agreed standard: natural range of a percentage"
    );
    assert_eq!(words::set_by(&fact("facilitator", "ITU")), "Set by ITU");
}

/// HCI in C4 is UN DESA's, which does not facilitate C4; the SDG links stand in a university's
/// repository; all were "named by a facilitator of the line".
#[test]
fn trial_h13_the_true_source_is_named() {
    let told = words::chosen(&fact("facilitator", "UN E-Government Survey, UN DESA"));
    assert_eq!(
        told,
        "Published by the agency that compiles it: UN E-Government Survey, UN DESA. Put under this \
         line by this project"
    );
    assert_eq!(words::read_in(&fact("facilitator", "WSIS-SDG Matrix")), "As in: WSIS-SDG Matrix");
    assert!(!render(&sample(12)).contains("facilitator of the line"));
}

/// "(Proposed by this project: Interim crosswalk proposed by this project ...)".
#[test]
fn trial_h38_nothing_is_said_twice() {
    let crosswalk = fact("proposed", "Interim crosswalk proposed by this project, until read");
    assert_eq!(
        words::read_in(&crosswalk),
        "Not an agreed standard: Interim crosswalk proposed by this project, until read"
    );
    assert_eq!(words::amount(0.75, "index, 0 to 1"), "0.75 (index, 0 to 1)");
    assert_eq!(words::amount(95.0, "% of population"), "95\u{A0}% of population");
    let html = render(&sample(12));
    let title = &html[html.find("<title>").unwrap()..html.find("</title>").unwrap()];
    assert_eq!(title.matches("2025").count(), sample(12).title.matches("2025").count(), "{title}");
}

/// Sentences of the fixed text that were false as they stood.
#[test]
fn trial_h10_h11_h15_h16_h24_h32_h35_fixed_texts_say_what_holds() {
    let html = render(&sample(12));
    for wrong in [
        "nobody set one",
        "Nobody has agreed what to measure on this line",
        "no source connected yet",
        "A change is a real change",
        "tells how complete and recent the data are",
        "Below every chart stand its source and a table with its figures.",
        "The line breaks where a year is missing.",
        "every figure on this page comes from it",
        "Evidence class</dt><dd>A<",
        "is a promise of the agency",
    ] {
        assert!(!html.contains(wrong), "{wrong}");
    }
    for right in [
        "none in this framework",
        "no pipeline asks for its series yet",
        "that of a change also whether there is a value from the start of the window",
        "every observation on this page comes from it",
    ] {
        assert!(html.contains(right), "{right}");
    }
}

/// "Tested by" beside series that test nothing, without the window, the caveat or a number of
/// economies.
#[test]
fn trial_h33_h34_a_related_series_is_not_called_a_test() {
    let mut input = sample(12);
    let code = input.lines[1].claims[0].related[0].clone();
    let view = input.indicators.iter_mut().find(|view| view.code == code).unwrap();
    view.note = "Counts signal, not use.".into();
    let html = render(&input);
    let parts = read(&html);
    let line = text(element(&parts, "C2"));
    assert!(line.contains("What the consultation said, and related series"), "{line}");
    assert!(line.contains("neither proves nor disproves the statement"));
    assert!(line.contains("Caveat: Counts signal, not use."));
    assert!(line.contains("Definition: "));
    let years = input.indicator(&code).unwrap();
    // In its last year less than half as many report: the year stands alone, and says why.
    let last = years.years.iter().rfind(|row| row.year <= input.window.1).unwrap();
    let figures = format!(" in {} ({} econom", last.year, last.economies);
    assert!(line.contains("Its change in the window cannot be told: other economies report in"));
    assert!(line.contains(&figures), "{figures} is not in {line}");
    assert!(!html.contains("what the figures say") && !html.contains("tests this statement"));
}

/// A sample that says so only in small print was taken for the published figures.
#[test]
fn trial_a11_h20_a_sample_says_so_on_every_page() {
    let mut input = sample(12);
    assert!(!render(&input).contains("SAMPLE"));
    input.sample = Some("SAMPLE: a part of real figures; cite the sources".into());
    let html = render(&input);
    assert!(html.contains("<title>SAMPLE: "));
    // The banner of the screen; and on paper a head of every page and a mark across it.
    assert!(html.contains("<p class=\"sample\" role=\"note\"><b>SAMPLE: a part of real figures"));
    assert!(wsis_report::css::sheet().contains(".mark{position:fixed"));
    assert!(html.contains("<div class=\"only-print mark\" aria-hidden=\"true\">SAMPLE</div>"));
    assert!(html.contains("@page{@top-right{content:\"SAMPLE: a part of real figures"));
    let evil = wsis_report::css::page_head("a\"}</style>&\\");
    assert!(evil.contains("content:\"a\\22 }\\3c /style>\\26 \\5c \""), "{evil}");
    let sources = html.matches("Source: ").count();
    assert_eq!(sources, 0, "a source line without the word sample");
    assert!(html.matches("Sample of: ").count() > 18);
    let footer = &html[html.find("<footer>").unwrap()..];
    assert!(footer.contains("SAMPLE: a part of real figures"));
}

/// "not assessable: no target in this framework" stood 193 times over six printed pages; and of the
/// 128 with a score on C2 that have no class, the overview said no reason beside 63 "target met".
#[test]
fn trial_a_reason_of_many_economies_stands_once_and_beside_the_classes() {
    let reason = "no target in this framework";
    let many = |classes, n: u32| {
        let mut line = scored(classes, None);
        for row in line.areas.iter_mut().take(usize::try_from(n).unwrap()) {
            row.class = Progress::NotAssessable;
            row.class_reason = reason.into();
        }
        line
    };
    let line = many([0, 0, 0, 0, 0, 0, 94], 94);
    let mut input = report(vec![line], (2015, 2020));
    input.economies = sample(1).economies;
    assert_eq!(wsis_report::headline::no_class(&input.lines[0]), Some((reason, 94)));
    let told = render(&input).matches(reason).count();
    assert!(told < 10, "{told} times");
}
