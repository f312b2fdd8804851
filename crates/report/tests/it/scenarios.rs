//! Scenarios of other tools' mistakes, by their id.

use wsis_report::class::Progress;
use wsis_report::input::{AreaRow, ReportInput};
use wsis_report::rank::Printed;
use wsis_report::render;

use crate::html::{Part, all, element, read, text};
use crate::sample::sample;

fn absent_row(code: &str) -> AreaRow {
    AreaRow {
        code: code.to_owned(),
        score_reason: "withheld by the source".to_owned(),
        class_reason: "no current score".to_owned(),
        rank_reason: "not ranked: no score".to_owned(),
        grade: "E".to_owned(),
        total: 1,
        ..AreaRow::default()
    }
}

#[test]
fn d1_line_breaks_where_a_year_is_missing_and_the_table_says_why() {
    let mut input = sample(30);
    let line = &mut input.lines[0];
    line.medians = (2005..=2025)
        .map(|year| (year, (year != 2010).then_some(f64::from(year - 2000))))
        .collect();
    line.year_facts.iter_mut().filter(|fact| fact.year == 2010).for_each(|fact| fact.economies = 0);
    let parts = read(&render(&input));
    let trend = element(&parts, "C1-trend");
    let lines: Vec<&String> = all(trend, "path")
        .filter(|(_, a)| a.get("class").is_some_and(|class| class == "ln"))
        .map(|(_, a)| &a["d"])
        .collect();
    assert_eq!(lines.len(), 2, "one line on each side of the gap");
    assert_eq!(lines[0].matches('L').count(), 4, "2005 to 2009");
    assert_eq!(lines[1].matches('L').count(), 14, "2011 to 2025");
    assert_eq!(all(trend, "circle").count(), 20, "no point for the missing year");
    assert!(text(trend).contains("no economy has a score in this year"));
    assert!(!text(trend).contains("2010: 0"));
}

#[test]
fn d1_a_survey_of_every_second_year_is_one_line() {
    let points = [(2010, 1.0), (2012, 2.0), (2014, 3.0), (2018, 4.0), (2020, 5.0)];
    let runs = wsis_report::charts::segments(&points);
    assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 2]);
}

/// What nobody dated has no date: neither an empty cell nor 1 January 1970.
#[test]
fn d2_a_date_that_is_not_known_is_no_date() {
    let mut input = sample(5);
    for run in &mut input.runs {
        run.retrieved.clear();
        run.licence.clear();
        run.citation.clear();
    }
    let parts = read(&render(&input));
    let method = text(element(&parts, "method"));
    assert_eq!(method.matches("not recorded").count(), 3 * input.runs.len());
    assert!(!method.contains("1970"));
}

#[test]
fn d4_one_snapshot_on_the_page() {
    let mut input = sample(30);
    input.snapshot = 4_711;
    let html = render(&input);
    let named: Vec<&str> = html
        .match_indices("napshot ")
        .map(|(at, word)| &html[at + word.len()..at + word.len() + 4])
        .filter(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert!(named.len() > 30);
    assert!(named.iter().all(|id| *id == "4711"), "{named:?}");
}

#[test]
fn c13_missing_is_never_a_number_and_never_in_a_ranking() {
    let mut input = sample(30);
    let (victim, name) = (input.economies[3].code.clone(), input.economies[3].name.clone());
    let at = 3;
    for line in &mut input.lines {
        line.areas[at] = absent_row(&victim);
    }
    let html = render(&input);
    for word in ["NaN", ">null<", ">—<", ">-<", "inf<", ">None<"] {
        assert!(!html.contains(word), "{word} in the report");
    }
    let parts = read(&html);
    let profile = element(&parts, &format!("e-{victim}"));
    // Each line says that it has no score, and the note below says why, once.
    assert!(text(profile).matches("no score").count() >= 10, "{}", text(profile));
    assert_eq!(text(profile).matches("withheld by the source").count(), 1);
    assert_eq!(all(profile, "circle").count(), 0, "no dot for a missing score");
    // It is in no row of a table by score, and named below it with the reason.
    assert!(!ranked_table(&parts, "C2").iter().any(|row| row.contains(&name)));
    let below = format!("No score, withheld by the source: {name}.");
    assert!(text(element(&parts, "C2")).contains(&below), "no {below:?}");
    let scored: Vec<usize> = all(&parts, "use")
        .filter(|(_, a)| a.get("href").is_some_and(|href| *href == format!("#m-{victim}")))
        .map(|(at, _)| at)
        .collect();
    assert!(scored.is_empty(), "a missing score is not coloured on the map");
    for line in ["C1", "C2"] {
        let section = element(&parts, line);
        let tables: Vec<usize> = all(section, "table").map(|(at, _)| at).collect();
        let short = text(&section[tables[0]..]);
        let furthest = short.find("Furthest behind").unwrap();
        let map = short.find("Map").unwrap();
        assert!(!short[furthest..map].contains(&name), "{name} leads the weakest list of {line}");
    }
}

#[test]
fn c13_missing_sorts_last() {
    let mut input = sample(30);
    let victim = input.economies[0].clone();
    input.lines[1].areas[0] = absent_row(&victim.code);
    let parts = read(&render(&input));
    let last = ranked_table(&parts, "C2").pop().unwrap();
    let section = text(element(&parts, "C2"));
    let (table, named) = section.rsplit_once("No score, withheld by the source: ").unwrap();
    assert!(named.starts_with(&victim.name), "{named}");
    assert!(table.contains(last.split(" · 20").next().unwrap().trim()), "the table comes before");
}

/// Texts of the rows of the table of all economies.
fn ranked_table(parts: &[Part], line: &str) -> Vec<String> {
    let section = element(parts, line);
    let start = section
        .iter()
        .position(|part| matches!(part, Part::Text(text) if text.contains(" with any figure of the framework, on ")))
        .unwrap();
    let end = start
        + section[start..]
            .iter()
            .position(|part| matches!(part, Part::Close(name) if name == "table"))
            .unwrap();
    let starts: Vec<usize> = all(&section[start..end], "tr").map(|(at, _)| start + at).collect();
    starts
        .iter()
        .enumerate()
        .map(|(at, from)| text(&section[*from..*starts.get(at + 1).unwrap_or(&end)]))
        .collect()
}

#[test]
fn c14_every_gap_has_a_reason() {
    let parts = read(&render(&sample(60)));
    let mut marks = 0;
    for (at, part) in parts.iter().enumerate() {
        let Part::Open(_, attributes) = part else { continue };
        if attributes.get("class").is_some_and(|class| class == "na") {
            let Part::Text(words) = &parts[at + 1] else { panic!("a hatched box without words") };
            assert!(words.len() > 3, "{words}");
            assert_ne!(words, "no reason was recorded");
            marks += 1;
        }
    }
    assert!(marks > 500, "{marks}");
    let all_text = text(&parts);
    for reason in
        ["no pipeline asks for its series yet", "one survey wave (2021)", "more than 5 years older"]
    {
        assert!(all_text.contains(reason), "{reason}");
    }
}

#[test]
fn c14_no_cell_is_empty() {
    let parts = read(&render(&sample(60)));
    for (at, part) in parts.iter().enumerate() {
        if matches!(part, Part::Open(name, _) if name == "td" || name == "th" || name == "dd") {
            assert!(!matches!(&parts[at + 1], Part::Close(_)), "an empty cell at {at}");
        }
    }
}

fn tied(scores: &[f64], ranks: &[u32]) -> ReportInput {
    let mut input = sample(20);
    let line = &mut input.lines[0];
    for row in &mut line.areas {
        *row = absent_row(&row.code.clone());
    }
    for (row, (score, rank)) in line.areas.iter_mut().zip(scores.iter().zip(ranks)) {
        row.score = Some(*score);
        row.rank = Some(*rank);
        row.score_reason.clear();
        row.rank_reason.clear();
        row.class = Progress::Limited;
        "A".clone_into(&mut row.grade);
    }
    input
}

#[test]
fn c17_ties_share_a_rank_and_a_mark() {
    let input = tied(&[10.0, 10.0, 10.0, 5.0], &[1, 1, 1, 4]);
    let parts = read(&render(&input));
    let rows = ranked_table(&parts, "C1");
    for row in &rows[1..4] {
        assert!(row.starts_with("1= "), "{row}");
    }
    assert!(rows[4].starts_with("4 "), "{}", rows[4]);
}

#[test]
fn trial_p128_d8_scores_that_look_equal_have_equal_ranks_or_a_mark() {
    let input = tied(&[50.04, 50.01, 50.01, 7.0], &[1, 2, 2, 4]);
    let printed = Printed::new(&input.lines[0].areas, 1);
    let shown: Vec<&str> =
        (0..4).map(|at| printed.score(&input.lines[0].areas[at].code).unwrap()).collect();
    // One decimal for all: a tie somewhere set four for the whole column.
    assert_eq!(shown, ["50.0~", "50.0~", "50.0~", "7.0"]);
    assert!(printed.has_alike());
    assert_eq!([1, 2, 4].map(|rank| printed.rank(rank)), ["1", "2=", "4"]);
}

#[test]
fn d8_not_ranked_never_stands_beside_a_rank_or_a_zero() {
    let parts = read(&render(&sample(60)));
    for line in ["C1", "C4", "C9"] {
        for row in ranked_table(&parts, line).iter().filter(|row| row.starts_with("not ranked")) {
            let figures = row.replace(" 0 of ", " none of ");
            assert!(!figures.contains(" 0 ") && !figures.contains(" 0.0 "), "{row}");
        }
    }
}

#[test]
fn c27_lines_without_indicator_stay_and_say_so() {
    let parts = read(&render(&sample(60)));
    for code in ["C8", "C10", "C11"] {
        let section = text(element(&parts, code));
        assert!(section.contains("No score: no indicator chosen by this project"), "{code}");
    }
    let overview = text(element(&parts, "overview"));
    // In the row of each, and once for all in the sentence above.
    assert_eq!(overview.matches("no indicator chosen by this project").count(), 4);
    assert!(
        overview.contains("C8, C10 and C11 (no indicator chosen by this project)"),
        "{overview}"
    );
}

#[test]
fn an_empty_report_says_so_in_every_section() {
    let mut input = sample(0);
    input.runs.clear();
    let html = render(&input);
    read(&html);
    assert!(html.contains("No line has a change that can be measured"));
    assert!(!html.contains("NaN"));
}

/// What cannot be judged counts neither way, and while no release was due nothing is claimed.
#[test]
fn dates_that_nobody_could_watch_count_neither_way() {
    let mut input = sample(30);
    let shown = text(&read(&render(&input)));
    assert!(shown.contains("3 of 4 (75\u{A0}%)"), "World Bank: one of four was late");
    assert!(shown.contains("cannot be judged"), "UN DESA: the source was down");
    input.punctuality.clear();
    assert!(!text(&read(&render(&input))).contains("Dates kept"));
}
