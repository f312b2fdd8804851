//! The overview: eighteen rows on one page.

use maud::{Markup, html};

use crate::charts::{sparkline, strip};
use crate::class::Progress;
use crate::input::{LineView, ReportInput};
use crate::marks;
use crate::number::{counted, fixed, plain, signed};
use crate::{rules, words};

/// Letters of the grades, best first.
const GRADES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// The section.
pub(crate) fn section(input: &ReportInput) -> Markup {
    let (from, to) = input.window;
    html! {
        section #overview aria-labelledby="overview-h" {
            h2 #overview-h { "Overview, " (from) " to " (to) }
            (summary(input))
            div.wide tabindex="0" { table.stack.early {
                caption {
                    (input.framework_title) ": " (counted(input.lines.len() as u64, "line", "lines")) "; scores from 0 to "
                    (plain(input.scale_max)) ", " (words::who(input, input.economies_total)) "; n: how many a median is of; a trend breaks where the years before and after do not compare"
                }
                thead { tr {
                    th.lt scope="col" { "Line" }
                    th scope="col" { "Facilitator" }
                    th scope="col" { "Median, chained, " (input.years().0) " to " (input.years().1) }
                    th.n.sc scope="col" { "Score, latest" br; "up to " (to) }
                    th.n.sc scope="col" { "Change" br; "since about " (from) }
                    th.ms scope="col" { "Economies by class" }
                    th scope="col" { "With a score" }
                    th.gr scope="col" { "Grade of the data, middle (each)" }
                } }
                tbody { @for line in &input.lines { (row(input, line)) } }
            } }
            (legend(input))
            p.src { (words::source_line(input, &[])) " Each class: number of economies." }
        }
    }
}

fn summary(input: &ReportInput) -> Markup {
    let measured = input.lines.iter().filter(|line| line.median_change.is_some()).count();
    html! {
        p {
            @if measured == 0 && input.lines.iter().any(|line| line.economies_matched > 0) {
                "No line has a median change: too few economies have a change in any. "
            } @else if measured == 0 {
                "No line has a change that can be measured. "
            } @else if measured < 7 {
                "Median change in points a year" @if measured > 1 { ", least first" } ": "
                (words::list(&words::changes(input))) ". "
            } @else {
                "Least median change in points a year: "
                (words::list(&words::moved_least(input)))
                ". Most: " (words::list(&words::moved_most(input))) ". "
            }
            @for sentence in words::unknown(input) { (sentence) " " }
        }
    }
}

/// Key of classes, with what they mean.
pub(crate) fn legend(input: &ReportInput) -> Markup {
    html! {
        ul.key {
            @for class in Progress::ALL {
                li { (marks::class(class)) span.no-print { ": " (rules::meaning(class, &input.rules.classes)) } }
            }
        }
    }
}

fn row(input: &ReportInput, line: &LineView) -> Markup {
    let id = format!("spark-{}", line.code);
    let cause = words::cause(line);
    let absent = if cause.is_empty() { "no score" } else { &cause };
    html! {
        tr {
            th.lt scope="row" {
                a href=(format!("#{}", line.code)) { (line.code) } " " (line.title)
            }
            td data-h="Facilitator" { (facilitators(line)) }
            td data-h="Median, chained" {
                @if words::is_relative(line) {
                    (marks::absent("editions of a relative index do not compare"))
                } @else if line.medians.iter().all(|(_, median)| median.is_none())
                    && line.windows.iter().any(|row| row.scored > 0) {
                    (marks::absent("withheld in every year: too few have a score"))
                } @else {
                    (sparkline::sparkline(&id, line, input.scale(), input.years()))
                }
            }
            td.n data-h=(format!("Score, up to {}", input.window.1)) {
                @match line.median_score {
                    Some(score) => {
                        (fixed(score, input.decimals)) (of_n(line.economies_scored))
                        @if !line.relative.is_empty() { " " (relative()) }
                    }
                    None => { (marks::absent(without_median(line.economies_scored, "no score"))) }
                }
            }
            td.n data-h="Change" {
                @match line.median_change {
                    Some(change) => { (signed(change, input.decimals)) (of_n(line.economies_matched)) }
                    None => { (marks::absent(without_median(line.economies_matched, "not measurable"))) }
                }
            }
            td.ms data-h="Economies by class" {
                @if line.classes.assessed() == 0 && line.economies_scored == 0 {
                    (marks::absent(absent))
                } @else {
                    (strip::strip(&line.classes))
                    (marks::proposed(
                        words::by_level(line.classes.assessed(), line.level_only).as_deref()
                    ))
                    @if line.classes.assessed() > 0 {
                        (marks::proposed(words::proposals(input, &line.rests_on).as_deref()))
                    }
                }
            }
            td.cv data-h="With a score" {
                (marks::coverage(input, line.economies_scored))
            }
            td data-h="Grade of the data" { (grades(line)) }
        }
        // Below the row, over its whole width: in a column of its own a reason of sixty words was thirty
        // lines high, beside empty cells.
        @if !line.missing.is_empty() {
            tr.mi { td colspan="8" { span.muted { "Missing: " } (line.missing) } }
        }
    }
}

/// " · n 184": how many economies a median is of. Nothing where that is not known.
pub(crate) fn of_n(number: u32) -> Markup {
    html! { @if number > 0 { span.u { " · n\u{A0}" (number) } } }
}

/// What stands for a median that is withheld, or that there is none.
pub(crate) fn without_median(number: u32, none: &str) -> &str {
    if number > 0 { "withheld: too few have one" } else { none }
}

fn relative() -> Markup {
    html! { span.un { "relative index" } }
}

/// Lead facilitators, with what was not verified marked: once at the end if it holds for all.
pub(crate) fn facilitators(line: &LineView) -> Markup {
    let leads: Vec<_> = line.facilitators.iter().filter(|who| who.role == "lead").collect();
    let none = !leads.is_empty() && leads.iter().all(|who| !who.verified);
    html! {
        @if leads.is_empty() { (marks::absent("none named")) }
        @for (at, who) in leads.iter().enumerate() {
            @if at > 0 { ", " }
            (who.agency) (marks::unverified(who.verified || none))
        }
        (marks::unverified(!none))
    }
}

/// The grade of the economy in the middle, and how many have each.
fn grades(line: &LineView) -> Markup {
    let total: u32 = line.grades.iter().sum();
    if total == 0 {
        let why = words::brief(&line.ungraded_reason);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        return marks::absent(&format!("no grade{why}"));
    }
    let mut parts: Vec<String> = GRADES
        .iter()
        .zip(line.grades)
        .filter(|(_, number)| *number > 0)
        .map(|(letter, number)| format!("{letter}\u{A0}{number}"))
        .collect();
    if line.ungraded > 0 {
        parts.push(format!("{} not graded: {}", line.ungraded, line.ungraded_reason));
    }
    html! {
        b { (middle(&line.grades)) } " " span.muted { "(" (parts.join(", ")) ")" }
    }
}

/// Grade of the middle economy (the worse one of two).
fn middle(grades: &[u32; 5]) -> &'static str {
    let half = grades.iter().sum::<u32>() / 2;
    let mut seen = 0;
    for (letter, number) in GRADES.iter().zip(grades) {
        seen += number;
        if seen > half {
            return letter;
        }
    }
    "E"
}
