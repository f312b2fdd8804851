//! Method and data: formulas in words, parameters, sources, quarantine.

use maud::{Markup, html};
use wsis_model::framework::Requires;
use wsis_scorecard::indicator::{NOT_IN_LAKE, NOT_OF_AREA};

use crate::input::{Punctuality, ReportInput, SourceRun};
use crate::marks;
use crate::number::{count, percent, plain};
use crate::{claims, cover, overview, profile, rules, words};

/// The section.
pub(crate) fn section(input: &ReportInput) -> Markup {
    html! {
        section #method aria-labelledby="method-h" {
            h2 #method-h { "Method and data" }
            (formulas(input))
            (rules::grades(&input.rules, input.ages.max))
            (reasons(input))
            (sources(input))
            (dates(input))
            (quarantine(input))
            (profile::silent(input))
            (designations(input))
            (claims::document(input))
            (facilitators(input))
            (limits(input))
        }
    }
}

fn formulas(input: &ReportInput) -> Markup {
    let (book, ages) = (&input.rules, &input.ages);
    html! {
        h3 { "How a score is made" }
        dl.facts {
            dt { "Version" } dd { (input.framework_version) (cover::fingerprint(input)) }
            dt { "Rule book" }
            dd {
                (book.title) " (" (book.label()) "). " (book.provenance.source)
                (marks::unverified(book.provenance.verified)) "."
            }
            dt { "Windows" }
            dd {
                @for (at, window) in input.windows.iter().enumerate() {
                    @if at > 0 { ", " }
                    (window.0) " to " (window.1)
                }
            }
            dt { "Score of an indicator" }
            dd {
                "s = " (plain(input.scale_max))
                " × (f(value) − f(low)) ÷ (f(high) − f(low)), held between 0 and "
                (plain(input.scale_max))
                ". Low and high are the goalposts of the indicator, the same for every year; f is "
                "the identity or a logarithm. Where lower is better, low is the larger number."
            }
            dt { "Score of a line" }
            dd {
                "The weighted mean of its indicators, arithmetic unless the framework says "
                "otherwise. Weights are shared out again over what is present. At least "
                (book.score.min_weight) " of the weight and " (book.score.min_children)
                " indicators (or all, of fewer) must be present, or what the framework asks for in "
                "place of that. Nothing is imputed."
            }
            dt { "Current value" }
            dd {
                "The latest observation, at most " (rules::years(ages.max)) " older than the "
                "review year. One older than " (rules::years(ages.max_progress))
                " gives a level, but no progress."
            }
            dt { "Change" }
            dd {
                "End minus start over the same indicators at both ends (the matched set). The "
                "start may lie up to " (rules::years(ages.baseline_within)) " from the first year "
                "of the window. A change, and a class by two values, need at least "
                (rules::years(ages.min_span)) " between the two and no break. Without them an "
                "indicator or a line can still be “target met” or “deadline missed”, which are seen "
                "in the latest value alone; the class is then marked “by the level”, and says nothing "
                "of the pace."
            }
            dt { "Class" }
            dd {
                "Ratio of the pace since the start to the pace that the target asked for: "
                (rules::classes(&book.classes)) ". "
                "Where this framework takes over no target of others, this project may propose one; "
                "it is marked as a proposal beside every class that rests on it. Where a window "
                "ends before a target was set, the class measures back against it: how fast the "
                "economy moved, against the pace that the target asks for, not a promise of then."
            }
            dt { "Rank" }
            dd {
                (ranking(input))
                @if let Some(holds) = wsis_scorecard::uncertainty::sentence(&input.rules.uncertainty) {
                    " “[low-high]” beside a rank: " (holds) ". The rank itself is that of the weights, "
                    "goalposts and means of the framework, and may lie outside."
                }
            }
            dt { "Median, quartiles, regions" }
            dd { "Unweighted: every economy counts once, whatever its size." }
        }
        (overview::legend(input))
    }
}

/// Who is ranked among whom, by the rule of the framework.
fn ranking(input: &ReportInput) -> Markup {
    let book = &input.rules.rank;
    let who = if input.counts_members { "member States" } else { "economies with figures" };
    html! {
        @match input.ranking.requires {
            Requires::Core => {
                "Of the " (who) " that have the whole core of the line: one plus the number with a higher "
                "score over the core; equal scores share a rank, marked “=”. The core is every indicator "
                "that at least " (book.core_share) " of all " (who) " have a current score of"
                @for (at, (line, core)) in input.ranking.named.iter().enumerate() {
                    @if at == 0 { ", but on the lines that name their own: " } @else { "; " }
                    (line) ": " (words::list(core))
                }
                ". It must hold at least " (input.ranking.min_weight(book)) " and be recent "
                "(freshness " (book.min_freshness) " or more)."
            }
            Requires::Score => {
                "Of the " (who) " whose score rests on at least " (input.ranking.min_weight(book))
                ": one plus the number with a higher score; equal scores share a rank, "
                "marked “=”."
            }
        }
    }
}

/// Words that stand where a figure is missing. Of a sample nothing is said about what a source
/// lacks: it was not asked.
fn reasons(input: &ReportInput) -> Markup {
    let nothing = if input.sample.is_some() {
        [
            ("not in the demo's sample", "The figures served here leave this series out."),
            (
                "not in the demo's sample for this area",
                "The figures served here have the series, but not for this economy; where they are \
                 all that the source has, it says “the source gives none for this area”.",
            ),
        ]
    } else {
        [
            (
                NOT_IN_LAKE,
                "No annual figure of it is in force in this lake, of any area. Its source may not \
                 have been asked yet, a run may have failed or been held, or its rows may be in \
                 quarantine; the lines say which of the first, where it is known.",
            ),
            (
                NOT_OF_AREA,
                "Others have one, this economy has none in this lake: the source may have none, or \
                 its rows may be in quarantine.",
            ),
        ]
    };
    let too_old = format!(
        "The last figure is more than {} older than the review year.",
        rules::years(input.ages.max)
    );
    let rows = [
        (
            "no indicator chosen by this project",
            "This project has chosen none for the line. No list of indicators has been agreed for \
             any Action Line; some indicators shown are agreed for other purposes.",
        ),
        (
            "no pipeline asks for its series yet",
            "The indicator is known; its series, wherever it lies, is not asked for.",
        ),
        nothing[0],
        nothing[1],
        (
            "not collected",
            "Nobody collected it: the source says so, or prints a 0 that this deployment declares to be \
             no measurement.",
        ),
        ("cannot exist", "The source says that the figure has no meaning there."),
        ("withheld", "The source has the figure and does not show it."),
        ("too old", &too_old),
        ("no baseline, one observation", "A level is shown; a change would need a second figure."),
    ];
    html! {
        h3 { "Why a cell can be empty" }
        dl.facts {
            @for (word, meaning) in rows { dt { (marks::absent(word)) } dd { (meaning) } }
        }
    }
}

fn sources(input: &ReportInput) -> Markup {
    html! {
        h3 #sources { "Sources" }
        div.wide tabindex="0" { table.stack {
            caption { "What was read, from whom, under which licence" }
            thead { tr {
                th scope="col" { "Source" }
                th scope="col" { "Citation" }
                th scope="col" { "Licence" }
                th scope="col" { @if input.sample.is_some() { "Copy loaded" } @else { "Retrieved" } }
            } }
            tbody {
                @for run in &input.runs {
                    tr {
                        th scope="row" { (run.title) }
                        td data-h="Citation" {
                            (known(&run.citation))
                            @if !run.url.is_empty() { " (" (run.url) ")" }
                        }
                        td data-h="Licence" { (known(&run.licence)) }
                        td data-h="Retrieved" { (known(&run.retrieved)) }
                    }
                }
            }
        } }
    }
}

/// How the agencies keep the dates that they gave: nothing while no release was due.
fn dates(input: &ReportInput) -> Markup {
    html! {
        @if !input.punctuality.is_empty() {
            h3 { "Dates kept" }
            p {
                "Counted are the release dates that the agency itself announced; dates on which "
                "figures were only expected here are no promise of anybody and are left out. "
                "Where the source was down, or this system did not look in time, nobody can tell "
                "whether it was kept, and it counts neither way."
            }
            div.wide tabindex="0" { table.stack {
                caption { "Releases that were due, by agency" }
                thead { tr {
                    th scope="col" { "Agency" }
                    th scope="col" { "On time" }
                    th.n scope="col" { "Late" }
                    th.n scope="col" { "Missed" }
                    th.n scope="col" { "Source down" }
                    th.n scope="col" { "Not looked for" }
                } }
                tbody { @for one in &input.punctuality { (dates_of(one)) } }
            } }
        }
    }
}

fn dates_of(one: &Punctuality) -> Markup {
    let judged = one.kept + one.late + one.missed;
    html! {
        tr {
            th scope="row" { (one.agency) }
            td data-h="On time" {
                @if judged == 0 {
                    (marks::absent("cannot be judged"))
                } @else {
                    (count(one.kept)) " of " (count(judged)) " ("
                    (percent(one.kept as f64 / judged as f64)) ")"
                }
            }
            td.n data-h="Late" { (count(one.late)) }
            td.n data-h="Missed" { (count(one.missed)) }
            td.n data-h="Source down" { (count(one.source_down)) }
            td.n data-h="Not looked for" { (count(one.unwatched)) }
        }
    }
}

/// A text, or the statement that nobody recorded it: never an empty cell, never a date of 1970.
fn known(text: &str) -> Markup {
    if text.is_empty() {
        marks::absent("not recorded")
    } else {
        html! { (text) }
    }
}

fn quarantine(input: &ReportInput) -> Markup {
    let sum = |field: fn(&SourceRun) -> u64| input.runs.iter().map(field).sum::<u64>();
    let (parsed, accepted) = (sum(|run| run.parsed), sum(|run| run.accepted));
    let (held, repeated) = (sum(|run| run.quarantined), sum(|run| run.repeated));
    html! {
        h3 { "Nothing lost: rows read, taken and set aside" }
        p {
            (count(parsed)) " rows parsed = " (count(accepted)) " accepted + " (count(held))
            " in quarantine. A row in quarantine is kept with its reason and its place in the "
            "archived bytes, and enters no score."
            @if repeated > 0 {
                " Of the accepted rows, " (count(repeated)) " say again what another one says: the "
                "two are one observation."
            }
        }
        div.wide tabindex="0" { table.stack {
            caption { "Rows by pipeline" }
            thead { tr {
                th scope="col" { "Pipeline" }
                th.n scope="col" { "Payloads" }
                th.n scope="col" { "Parsed" }
                th.n scope="col" { "Accepted" }
                th.n scope="col" { "Said again" }
                th.n scope="col" { "Quarantined" }
                th scope="col" { "Reasons" }
            } }
            tbody { @for run in &input.runs { (rows_of(run)) } }
        } }
    }
}

fn rows_of(run: &SourceRun) -> Markup {
    html! {
        tr {
            th scope="row" { (run.pipeline) }
            td.n data-h="Payloads" { (count(run.payloads)) }
            td.n data-h="Parsed" { (count(run.parsed)) }
            td.n data-h="Accepted" { (count(run.accepted)) }
            td.n data-h="Said again" { (count(run.repeated)) }
            td.n data-h="Quarantined" { (count(run.quarantined)) }
            td data-h="Reasons" {
                @if run.reasons.is_empty() { "none" }
                @for (at, (reason, number)) in run.reasons.iter().enumerate() {
                    @if at > 0 { "; " }
                    (reason) ": " (count(*number))
                }
            }
        }
    }
}

/// Notes on the names of economies, as the code list gives them.
fn designations(input: &ReportInput) -> Markup {
    let noted: Vec<_> = input.economies.iter().filter(|e| !e.note.is_empty()).collect();
    html! {
        @if !noted.is_empty() {
            h3 { "Notes on names" }
            dl.facts {
                @for economy in noted { dt { (economy.name) } dd { (economy.note) } }
            }
        }
    }
}

/// Where the names of facilitators come from, once for all lines.
fn facilitators(input: &ReportInput) -> Markup {
    let fact = input.lines.iter().find_map(|line| line.facilitators_fact.as_ref());
    html! {
        @if let Some(fact) = fact {
            h3 #facilitators { "Facilitators" }
            p { (fact.source) (marks::unverified(fact.verified)) ". “As of” is the year of the document that names one; whether it still holds was not looked up." }
        }
    }
}

fn limits(input: &ReportInput) -> Markup {
    html! {
        h3 { "Limits of what is shown" }
        ul {
            @if input.ranking.requires == Requires::Core {
                li {
                    "Who lacks part of the core has no rank and no interval of one. What is shown are the places "
                    "that are possible, whatever its missing figures are."
                }
            }
            li {
                "Medians of an indicator by year are of the economies that report in that year; "
                "the set changes, and the table behind each chart gives their number. Medians of "
                "a score by year are chained: each step is over the economies and indicators of both "
                "years, on the level of the newest year. So they are not the medians of the single "
                "years; and where too few have figures of both years that compare, the chain ends: "
                "what lies before hangs on another level, and is compared with nothing after it. They "
                "use values of up to " (rules::years(input.ages.max)) " before, as every "
                "score does."
            }
            li { (crate::charts::map::DISCLAIMER) }
        }
    }
}
