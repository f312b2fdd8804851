//! A scorecard as a table for people: what is the same in nearly all rows stands once above it, long
//! reasons once below it, so that an economy has a line and not six.

use std::collections::BTreeMap;

use wsis_model::rules::ClassRule;
use wsis_scorecard::decided::pace;
use wsis_scorecard::pace::ROUNDED_ENDS;
use wsis_scorecard::result::ClassBasis;
use wsis_scorecard::{Class, LineScore};

use crate::commands::score::{number, percent, signed};
use crate::commands::scorecard_rows::years;
use crate::output::Rows;

/// From this width on there is room for the pace beside a class.
const WITH_PACE: u16 = 100;

/// From this width on there is room for the grade.
const WITH_GRADE: u16 = 100;

/// From this width on there is room for the ends of a change.
const WITH_ENDS: u16 = 120;

/// From this width on there is room for the share of the weight that is present.
const WITH_WEIGHT: u16 = 160;

/// From this width on there is room for the bounds of a score over the core.
const WITH_BOUNDS: u16 = 140;

/// From this width on there is room for the test that decided a class, in words.
const WITH_TESTS: u16 = 220;

/// A reason that stands in as many rows, or is longer than [`SHORT`], is a note below the table.
const NOTED: u32 = 2;

/// Characters of a reason that stands in its row.
const SHORT: usize = 12;

/// The table with what stands above and below it.
pub(crate) struct Sheet {
    /// Sentences above the table.
    pub(crate) above: Vec<String>,
    /// The table.
    pub(crate) rows: Rows,
    /// Notes and legends below it.
    pub(crate) below: Vec<String>,
}

/// What the columns are made from.
struct Made<'a> {
    decimals: usize,
    classes: &'a ClassRule,
    notes: Notes,
    /// Years of most changes.
    years: Option<String>,
    /// Coverage of all rows, where it is the same.
    coverage: Option<String>,
}

type Column<'a> = (&'static str, Box<dyn Fn(&LineScore) -> String + 'a>);

/// Lays out scores for a width in characters; `intervals` is what those of ranks hold.
pub(crate) fn sheet(
    scores: &[&LineScore],
    decimals: usize,
    classes: &ClassRule,
    intervals: Option<String>,
    width: u16,
) -> Sheet {
    let made = Made {
        decimals,
        classes,
        notes: Notes::of(scores, usual_years(scores).as_deref()),
        years: usual_years(scores),
        coverage: same(scores.iter().map(|score| percent(score.coverage, "none"))),
    };
    let columns = columns(scores, &made, width);
    let names: Vec<&'static str> = columns.iter().map(|(name, _)| *name).collect();
    let mut rows = Rows::new(&names);
    for score in scores {
        rows.push(columns.iter().map(|(_, cell)| cell(score)).collect());
    }
    let mut below = made.notes.lines();
    below.extend(legend(scores, classes, width));
    below.extend(intervals);
    Sheet { above: above(scores, &made), rows, below }
}

fn columns<'a>(scores: &[&LineScore], made: &'a Made<'_>, width: u16) -> Vec<Column<'a>> {
    let decimals = made.decimals;
    let has = |holds: fn(&LineScore) -> bool| scores.iter().any(|score| holds(score));
    let moved = has(|score| score.change.is_some());
    let mut columns: Vec<Column<'a>> = vec![
        ("#rank", Box::new(rank)),
        ("area", Box::new(|score: &LineScore| score.area.clone())),
        ("name", Box::new(|score: &LineScore| score.area_name.clone())),
        ("#score", Box::new(move |score: &LineScore| level(score, decimals))),
    ];
    if width >= WITH_BOUNDS && has(|score| score.score_low.is_some()) {
        columns.push((
            "#core, possible",
            Box::new(move |score: &LineScore| possible(score, decimals)),
        ));
    }
    if width >= WITH_ENDS && moved {
        columns.push((
            "#start",
            Box::new(move |score: &LineScore| number(score.score_start, decimals)),
        ));
        columns
            .push(("#end", Box::new(move |score: &LineScore| number(score.score_end, decimals))));
    }
    if moved || !has(|score| score.position.is_some()) {
        columns
            .push(("#change", Box::new(move |score: &LineScore| signed(score.change, decimals))));
    }
    if width >= WITH_ENDS && moved {
        let pace = move |score: &LineScore| {
            signed(score.printed_pace(decimals).map(|it| it.per_year), decimals)
        };
        columns.push(("#a year", Box::new(pace)));
    }
    if has(|score| score.position.is_some()) {
        columns.push(("#rank, then now", Box::new(places)));
    }
    let with_tests = width >= WITH_TESTS;
    let with_pace = width >= WITH_PACE && !with_tests;
    columns
        .push(("class", Box::new(move |score: &LineScore| class(score, made.classes, with_pace))));
    if width >= WITH_GRADE {
        columns.push(("grade", Box::new(grade)));
    }
    if width >= WITH_WEIGHT && made.coverage.is_none() {
        columns.push((
            "#weight present",
            Box::new(|score: &LineScore| percent(score.coverage, "none")),
        ));
    }
    let why = if with_tests { "why" } else { "note" };
    columns.push((
        why,
        Box::new(move |score: &LineScore| {
            made.notes.cell(score, made.years.as_deref(), with_tests)
        }),
    ));
    columns
}

/// What holds for all rows, or for all that say nothing else.
fn above(scores: &[&LineScore], made: &Made<'_>) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(years) = &made.years {
        let exact = scores.iter().all(|score| score.years.is_none() || years_of(score) == *years);
        let but = if exact { "" } else { ", but where a note says otherwise" };
        told.push(format!("changes: {years}{but}"));
    }
    if let Some(coverage) = &made.coverage {
        told.push(format!("weight present: {coverage} in every row"));
    }
    let editions = scores.iter().filter_map(|score| score.position).map(|it| {
        format!("{} economies in both editions, {} and {}", it.of, it.year_start, it.year_end)
    });
    if let Some(editions) = usual(editions) {
        told.push(format!(
            "rank, then now: places (percentiles) in two editions, among {editions}; standardised anew \
             in every edition, the index has no change"
        ));
    }
    told
}

fn years_of(score: &LineScore) -> String {
    years(score)
}

/// The years of most of the changes.
fn usual_years(scores: &[&LineScore]) -> Option<String> {
    usual(scores.iter().map(|score| years_of(score)).filter(|years| !years.is_empty()))
}

/// The most frequent of some texts.
fn usual(texts: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = texts.collect();
    let found = wsis_scorecard::unscored::most_frequent(all.iter().map(String::as_str));
    found.map(|(text, _)| text.to_owned())
}

/// The one text that all are, of more than one.
fn same(mut texts: impl Iterator<Item = String>) -> Option<String> {
    let first = texts.next()?;
    let second = texts.next()?;
    (first == second && texts.all(|text| text == first)).then_some(first)
}

/// Reasons by number, in the order of the rows.
struct Notes {
    numbers: BTreeMap<String, usize>,
    /// Text, and how many rows it stands in.
    all: Vec<(String, u32)>,
}

impl Notes {
    fn of(scores: &[&LineScore], usual: Option<&str>) -> Self {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let mut order = Vec::new();
        for reason in scores.iter().flat_map(|score| reasons(score, usual)) {
            let times = counts.entry(reason.clone()).or_default();
            if *times == 0 {
                order.push(reason);
            }
            *times += 1;
        }
        let is_note = |text: &String| counts[text] >= NOTED || text.chars().count() > SHORT;
        let noted: Vec<String> = order.into_iter().filter(is_note).collect();
        let numbers = noted.iter().enumerate().map(|(at, text)| (text.clone(), at + 1)).collect();
        let all = noted.into_iter().map(|text| (text.clone(), counts[&text])).collect();
        Self { numbers, all }
    }

    /// Why a row has what it has: numbers of notes, and with room the test that decided its class.
    fn cell(&self, score: &LineScore, usual: Option<&str>, with_tests: bool) -> String {
        let test = score.class_test.clone().filter(|_| with_tests);
        let numbered = reasons(score, usual)
            .into_iter()
            .map(|text| self.numbers.get(&text).map_or(text, ToString::to_string));
        let numbered: Vec<String> = numbered.collect();
        let notes = (!numbered.is_empty()).then(|| format!("[{}]", numbered.join(" ")));
        let parts: Vec<String> = test.into_iter().chain(notes).collect();
        parts.join(" ")
    }

    fn lines(&self) -> Vec<String> {
        let noted = self.all.iter().enumerate();
        noted.map(|(at, (text, times))| format!("[{}] {text} ({times})", at + 1)).collect()
    }
}

/// Why a row has no class, no rank, no grade, or a change over other years than most.
fn reasons(score: &LineScore, usual: Option<&str>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut add = |reason: Option<&String>| {
        if let Some(reason) = reason.filter(|reason| !told.contains(reason)) {
            told.push(reason.clone());
        }
    };
    if score.score.is_none() {
        add(score.score_reason.as_ref());
    } else {
        add(score.class_reason.as_ref().filter(|_| score.class == Class::NotAssessable));
        add(score.rank_reason.as_ref().filter(|_| score.rank.is_none()));
    }
    let years = years_of(score);
    if !years.is_empty() && usual.is_some_and(|usual| usual != years) {
        told.push(format!("change: {years}"));
    }
    told
}

/// A score; `^` where a value is held at a goalpost.
fn level(score: &LineScore, decimals: usize) -> String {
    let mark = if score.clamped > 0 && score.score.is_some() { " ^" } else { "" };
    format!("{}{mark}", number(score.score, decimals))
}

/// Where part of the core is missing, between what the score over the core lies. The score itself
/// is over all that is there, and may lie outside.
fn possible(score: &LineScore, decimals: usize) -> String {
    let bounds = score.score_low.zip(score.score_high);
    bounds.map_or_else(String::new, |(low, high)| format!("{low:.decimals$}-{high:.decimals$}"))
}

/// Ranks and percentiles in two editions of a relative index.
fn places(score: &LineScore) -> String {
    score.position.map_or_else(String::new, |it| {
        format!(
            "{} to {} ({:.0} to {:.0})",
            it.rank_start,
            it.rank_end,
            100.0 * it.share_below_start,
            100.0 * it.share_below_end
        )
    })
}

fn is_proposal(score: &LineScore) -> bool {
    score.target_status == Some("proposed") && score.class != Class::NotAssessable
}

/// Whether the class follows from the ratio of paces.
fn by_pace(score: &LineScore) -> bool {
    score.class_basis == Some(ClassBasis::Pace)
}

/// Whether it follows from the latest figures alone.
fn by_level(score: &LineScore) -> bool {
    score.class_basis == Some(ClassBasis::Level)
}

/// Whether it follows from a change inside its sampling error, of which no pace is known.
fn by_error(score: &LineScore) -> bool {
    score.class_basis == Some(ClassBasis::SamplingError)
}

/// The class, with the share of the pace that it follows from where its test does not stand beside.
fn class(score: &LineScore, rule: &ClassRule, with_pace: bool) -> String {
    let pace = score.ratio.filter(|_| with_pace && by_pace(score));
    let pace = pace.map_or_else(String::new, |ratio| format!(" {}", pace_of(ratio, rule)));
    // No break before a mark: a row of two lines for a star.
    let level = match score.class_basis {
        Some(ClassBasis::Level) => "\u{a0}°",
        Some(ClassBasis::SamplingError) => "\u{a0}±",
        _ => "",
    };
    let proposal = if is_proposal(score) { "\u{a0}*" } else { "" };
    format!("{}{pace}{level}{proposal}", score.class.label())
}

fn pace_of(ratio: f64, rule: &ClassRule) -> String {
    // No break within the number.
    pace(ratio, rule).replace(' ', "\u{a0}")
}

fn grade(score: &LineScore) -> String {
    score.grade.map_or("none", wsis_scorecard::Grade::code).to_owned()
}

/// A rank with its interval, the range that the bounds allow, or none.
fn rank(score: &LineScore) -> String {
    match (score.rank, score.rank_low, score.rank_high) {
        // No break within: a row of two lines for an interval.
        (Some(rank), ..) => match score.rank_interval {
            Some(interval) => format!("{rank}\u{a0}{interval}"),
            None => rank.to_string(),
        },
        (None, Some(low), Some(high)) if low == high => format!("({low})"),
        (None, Some(low), Some(high)) => format!("({low}-{high})"),
        _ => "none".to_owned(),
    }
}

/// What the marks of the table mean; only those that it has.
fn legend(scores: &[&LineScore], rule: &ClassRule, width: u16) -> Vec<String> {
    let has = |holds: fn(&LineScore) -> bool| scores.iter().any(|score| holds(score));
    let share = |bound: f64| pace_of(bound, rule);
    let told = [
        (
            has(by_pace),
            format!(
                "class: by the pace of the indicators with a target, in per cent of the pace that their \
                 targets ask for since the start: {} and more is on track, {} moderate, {} limited, \
                 less regressing; not by the score beside it (the numbers: a table of 100 columns, `wsis \
                 explain`, or class_reason of --format csv)",
                share(rule.on_track),
                share(rule.moderate),
                share(rule.limited)
            ),
        ),
        (
            has(by_level),
            "° by the level alone: seen in the latest figures, of which no class but target met and \
             deadline missed can come; nothing is known of the pace"
                .to_owned(),
        ),
        (
            has(by_error),
            "± the change lies inside the sampling error of its surveys: neither a rise nor a fall, and \
             even the best that this allows is limited"
                .to_owned(),
        ),
        (has(|score| score.change.is_some()), ROUNDED_ENDS.to_owned()),
        (
            width >= WITH_BOUNDS && has(|score| score.score_low.is_some()),
            "core, possible: the score over the core, whatever is missing of it".to_owned(),
        ),
        (
            has(|score| score.rank_low.is_some()),
            "(low-high): the ranks that are possible, whatever is missing of the core".to_owned(),
        ),
        (
            has(|score| score.clamped > 0 && score.score.is_some()),
            "^ a value lies beyond a goalpost and is held at it".to_owned(),
        ),
        (
            width >= WITH_GRADE && has(|score| score.score.is_some() && score.grade.is_some()),
            "grade: how complete and recent the figures of the score are, A to E".to_owned(),
        ),
        (
            has(is_proposal),
            "* rests on a target proposed by this project, not agreed by anyone".to_owned(),
        ),
    ];
    told.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect()
}
