//! The section of one line: what changed, charts, tables, and what cannot be said.

use maud::{Markup, html};

use crate::charts::{map, slope, small_multiple, strip, trend};
use crate::input::{AreaRow, Economy, Facilitator, IndicatorView, LineView, ReportInput};
use crate::marks;
use crate::number::{fixed, percent, signed};
use crate::overview::{of_n, without_median};
use crate::rank::Printed;
use crate::{claims, headline, indicators, known, line_tables, overview, rules, way, why, words};

/// The section.
pub(crate) fn section(input: &ReportInput, line: &LineView) -> Markup {
    let heading = format!("{}-h", line.code);
    html! {
        section id=(line.code) aria-labelledby=(heading) {
            h2 id=(heading) { (line.code) " " (line.title) }
            p.lead { (headline::headline(input, line)) }
            @if line.economies_scored > 0 { (strip::worded(&line.classes)) }
            @if let Some(words) = words::by_level(line.classes.assessed(), line.level_only) {
                p.small.muted {
                    "Of these classes " (words) ": seen in the latest figures, of which nothing but "
                    "“target met” and “deadline missed” can come; nothing is known of their pace."
                }
            }
            (facts(input, line))
            @if line.no_indicator.is_none() && !line.scored.is_empty() {
                (progress(input, line))
            }
            (panels(input, line))
            @if line.economies_scored > 0 { (places(input, line)) }
            (claims::block(input, line))
            (indicators::block(input, line))
            (why::block(input, line))
            p.only-print.small.muted { "The tables behind the charts are on the screen only; so are the indicators beside the score." }
        }
    }
}

fn facts(input: &ReportInput, line: &LineView) -> Markup {
    html! {
        dl.facts {
            dt { "Facilitators" }
            dd {
                @if line.facilitators.is_empty() { (marks::absent("none named")) }
                @for (at, who) in line.facilitators.iter().enumerate() {
                    @if at > 0 { "; " }
                    (facilitator(who))
                }
            }
            dt { "Serves the SDGs" }
            dd { (sdg(line)) }
            dt { "Serves the Global Digital Compact" }
            dd { (gdc(line)) }
            @if !line.scored.is_empty() {
                dt { "Targets of its indicators" }
                dd { (targets(input, line)) }
            }
            dt { "Data" }
            dd { (data(input, line)) }
            (known::facts(line))
        }
    }
}

/// "ITU (lead, as of 2017; temporary)", with the document on demand.
fn facilitator(who: &Facilitator) -> Markup {
    html! {
        span title=(who.source) {
            (who.agency) " (" (who.role)
            @if let Some(year) = who.as_of { ", as of " (year) }
            @if !who.note.is_empty() { "; " (who.note) }
            ")"
        }
        (marks::unverified(who.verified))
    }
}

/// What the classes rest on, and who says so.
fn targets(input: &ReportInput, line: &LineView) -> Markup {
    let all: Vec<_> = words::targets(input, line).collect();
    html! {
        @if all.is_empty() {
            (marks::absent("none in this framework: no economy can have a class"))
        } @else {
            ul {
                @for (view, target) in all {
                    li {
                        (view.title) ": " (words::aim(target, &view.unit)) ". "
                        (marks::set_by(&target.fact))
                        @if target.fact.is_proposed() && !view.note.is_empty() {
                            ". Caveat: " (view.note)
                        }
                    }
                }
            }
        }
    }
}

/// How far the data reach.
fn data(input: &ReportInput, line: &LineView) -> Markup {
    html! {
        (words::of_all(input, line.economies_scored)) " with a score, "
        (line.economies_ranked) " ranked"
        @if let Some(share) = line.coverage {
            "; an economy has on average " (percent(share)) " of the indicators' weight"
        }
        @if !line.missing.is_empty() { "; missing: " (line.missing) }
    }
}

fn sdg(line: &LineView) -> Markup {
    html! {
        @if line.sdg.is_empty() { (marks::absent("no link recorded")) }
        @for (at, (target, disputed)) in line.sdg.iter().enumerate() {
            @if at > 0 { ", " }
            (target)
            @if *disputed { " (the sources disagree)" }
        }
        @if let Some(fact) = &line.sdg_fact { " " span.muted { "(" (marks::read_in(fact)) ")" } }
    }
}

fn gdc(line: &LineView) -> Markup {
    html! {
        @if line.gdc.is_empty() { (marks::absent("no link recorded")) }
        @for (at, (objective, strength)) in line.gdc.iter().enumerate() {
            @if at > 0 { ", " }
            (words::gdc_objective(*objective))
            @if *strength >= 2 { " (objective " (objective) ", primary)" }
            @else { " (objective " (objective) ", secondary)" }
        }
        @if let Some(fact) = &line.gdc_fact { " " span.muted { "(" (marks::read_in(fact)) ")" } }
    }
}

fn progress(input: &ReportInput, line: &LineView) -> Markup {
    let source = words::source_line(input, &behind(input, line));
    let id = format!("{}-trend", line.code);
    html! {
        h3 { "Where the economies stand" }
        @if !line.carried.is_empty() {
            p.small.muted {
                "Hollow points: the scores of that year rest on figures carried forward (from at most "
                (rules::years(input.ages.max)) " before) more than on figures of the year itself."
            }
        }
        div.pair {
            (trend::trend(&id, line, input.scale(), input.years(), &source))
            div {
                (windows(input, line))
            }
        }
        (way::block(input, line, &source))
    }
}

/// All windows of a line in one table.
fn windows(input: &ReportInput, line: &LineView) -> Markup {
    html! {
        div.wide tabindex="0" { table.stack {
            caption {
                "All review windows (points; n: how many a median is of; the same classes as above). A "
                "median is of the economies and indicators of its own window, and not compared with "
                "that of another one."
            }
            thead { tr {
                th scope="col" { "Window" }
                th.n scope="col" { "Median score" }
                th.n scope="col" { "Median change" }
                th.n scope="col" { "With a score" }
                th.ws scope="col" { "Classes" }
            } }
            tbody {
                @for row in &line.windows {
                    tr {
                        th scope="row" { (row.window.0) " to " (row.window.1) }
                        td.n data-h="Median score" {
                            @match row.median_score {
                                Some(score) => { (fixed(score, input.decimals)) (of_n(row.scored)) }
                                None => { (marks::absent(without_median(row.scored, "no score"))) }
                            }
                        }
                        td.n data-h="Median change" {
                            @match row.median_change {
                                Some(change) => { (signed(change, input.decimals)) (of_n(row.matched)) }
                                None => { (marks::absent(without_median(row.matched, "not measurable"))) }
                            }
                        }
                        td.n data-h="With a score" { (row.scored) " of " (if row.members > 0 { row.members } else { input.economies_total }) }
                        td.ws data-h="Classes" {
                            (strip::strip(&row.classes))
                            (marks::proposed(
                                words::by_level(row.classes.assessed(), row.level_only).as_deref()
                            ))
                            (marks::proposed(words::proposals(input, &row.rests_on).as_deref()))
                        }
                    }
                }
            }
        } }
        p.small.muted {
            "Each class measures against the targets above; in a window that ended before they were "
            "set it measures back against them."
        }
    }
}

/// Small multiples of every indicator with figures; the others are listed with their reason.
fn panels(input: &ReportInput, line: &LineView) -> Markup {
    let scored = line.scored.iter().map(|(code, _)| code);
    let all: Vec<&IndicatorView> =
        scored.chain(&line.context).filter_map(|code| input.indicator(code)).collect();
    let (drawn, absent): (Vec<_>, Vec<_>) = all.into_iter().partition(|v| !v.years.is_empty());
    let in_score = |code: &str| line.scored.iter().any(|(scored, _)| scored == code);
    html! {
        @if !drawn.is_empty() {
            h3 { "Indicators, " (input.years().0) " to " (input.years().1) }
            p.small.muted {
                "Line: median over the economies that report. Band: the middle half of them. "
                "Hollow points: fewer than half as many economies report as in the best year. "
                "The line breaks where a year is missing that the series usually has: one of every "
                "second year is joined over the years between; and where the method of the series "
                "changed. These years are shown, not only those of the window."
            }
            div.grid {
                @for view in &drawn {
                    @let id = format!("{}-m-{}", line.code, view.code);
                    @let role = if in_score(&view.code) { "in the score" } else { "beside the score" };
                    @let source = words::source_line(input, &[view]);
                    (small_multiple::panel(&id, view, role, input.years(), &source))
                }
            }
        }
        @if !absent.is_empty() {
            h3 { "Indicators without figures" }
            ul.small {
                @for view in &absent { li { (view.title) ": " (marks::absent(&view.absent)) } }
            }
        }
    }
}

/// Regions, map, tables of economies.
fn places(input: &ReportInput, line: &LineView) -> Markup {
    let source = words::source_line(input, &behind(input, line));
    let rows: Vec<(&Economy, &AreaRow)> = input.economies.iter().zip(&line.areas).collect();
    let printed = Printed::new(&line.areas, input.decimals);
    let slope_id = format!("{}-regions", line.code);
    let map_id = format!("{}-map", line.code);
    html! {
        h3 { "Regions" }
        div.pair { (slope::slope(&slope_id, &line.code, input.window, &line.regions, input.scale(), &source)) }
        h3 { "Economies" }
        (overview::legend(input))
        div.pair {
            (line_tables::fastest(input, line, &rows))
            (line_tables::furthest(input, line, &rows, &printed))
        }
        h3 { "Map" }
        (map::map(&map_id, &line.code, input, &rows, &source))
        (line_tables::all(input, line, &rows, &printed))
    }
}

/// Indicators behind the score of a line.
fn behind<'a>(input: &'a ReportInput, line: &LineView) -> Vec<&'a IndicatorView> {
    line.scored.iter().filter_map(|(code, _)| input.indicator(code)).collect()
}
