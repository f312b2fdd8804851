//! The lines of a scorecard as rows: for people, and for machines.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_app::Scores;
use wsis_model::rules::RuleBook;
use wsis_scorecard::result::{Usual, WindowSummary};
use wsis_scorecard::universe::named_in_full;
use wsis_scorecard::{Class, LineSummary};

use crate::args::Format;
use crate::commands::score::{decimals, number, percent, signed};
use crate::output::{Rows, exact, table_width};

/// One Action Line in one window, as `demo` and `score` print it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LineRow {
    line: String,
    title: String,
    indicators: u32,
    indicators_delivered: u32,
    /// Who counts: the member States at the end of the window.
    economies: u32,
    pub(crate) economies_scored: u32,
    economies_ranked: u32,
    /// Why nobody is ranked although some have a score.
    rank_reason: Option<String>,
    /// Of how many of those with a score that is the reason.
    rank_reason_economies: u32,
    /// Those with a score at both ends, of whom the change is the median.
    economies_matched: u32,
    median_score: Option<f64>,
    status: &'static str,
    status_reason: Option<String>,
    median_change: Option<f64>,
    change_status: &'static str,
    change_reason: Option<String>,
    coverage: Option<f64>,
    classes: BTreeMap<Class, u32>,
    /// Of those with a class, the ones that have it by their level alone.
    level_only: u32,
    /// Why those with a score and without a class have none: the most frequent reason.
    class_reason: Option<String>,
    /// Of how many it is the reason.
    class_reason_economies: u32,
    /// How many have a score and no class.
    economies_unclassed: u32,
    /// Least agreed status of the targets that the classes of the window rest on; none without.
    target_status: Option<&'static str>,
    /// Why there is no score, for a line without one.
    note: Option<String>,
    /// Of how many of those who count that is the reason.
    note_economies: u32,
    /// What those who count are called.
    #[serde(skip)]
    counted: &'static str,
    /// Decimals that scores are shown with.
    #[serde(skip)]
    decimals: usize,
}

impl LineRow {
    /// Whether a median is withheld for there are too few.
    fn is_withheld(&self) -> bool {
        (self.median_score.is_none() && self.economies_scored > 0)
            || (self.median_change.is_none() && self.economies_matched > 0)
    }

    /// Whether its classes rest on a target that nobody has agreed to.
    fn is_proposal(&self) -> bool {
        let scored = self.classes.keys().any(|class| *class != Class::NotAssessable);
        self.note.is_none() && scored && self.target_status == Some("proposed")
    }

    /// Why those with a score have no class. A reason that not all of them share says whose it is:
    /// beside "193 not assessable" the one of 44 would be said of all.
    fn unclassed(&self) -> Option<(String, &str)> {
        let why = self.class_reason.as_deref()?;
        Some((self.of(self.class_reason_economies, self.economies_unclassed), why))
    }

    /// The line, and of how many a reason is where others have another one.
    fn of(&self, some: u32, all: u32) -> String {
        if some < all { format!("{} ({some} of {all})", self.line) } else { self.line.clone() }
    }

    fn unscored(&self) -> Option<(String, &str)> {
        Some((self.of(self.note_economies, self.economies), self.note.as_deref()?))
    }

    fn unranked(&self) -> Option<(String, &str)> {
        let whose = self.of(self.rank_reason_economies, self.economies_scored);
        Some((whose, self.rank_reason.as_deref()?))
    }
}

/// What the words and marks in the table of lines mean; only those that it has.
pub(crate) fn legend(lines: &[LineRow], rules: &RuleBook) -> Vec<String> {
    let has = |holds: &dyn Fn(&LineRow) -> bool| lines.iter().any(holds);
    let members = lines.iter().map(|line| line.economies).max().unwrap_or_default();
    let mut told = vec![format!(
        "counted are the {members} {} at the end of the window; a median is of those with a score, a \
         change of those with one at both ends",
        lines.first().map_or("economies", |line| line.counted)
    )];
    if has(&LineRow::is_withheld) {
        told.push(format!(
            "withheld: fewer than {} of them have what the median would be of",
            rules.groups.indicative
        ));
    }
    told.extend(grouped("no score on", lines.iter().filter_map(LineRow::unscored)));
    told.extend(grouped("nobody is ranked on", lines.iter().filter_map(LineRow::unranked)));
    let unclassed: Vec<_> = lines.iter().filter_map(LineRow::unclassed).collect();
    if !unclassed.is_empty() {
        told.push(
            "not assessable are also those without a score; the usual reason of those with one:"
                .to_owned(),
        );
    }
    told.extend(grouped("no class on", unclassed.into_iter()));
    if has(&|line| line.level_only > 0) {
        told.push(
            "° by the level alone: seen in the latest figures, of which no class but target met and \
             deadline missed can come; nothing is known of the pace"
                .to_owned(),
        );
    }
    if has(&LineRow::is_proposal) {
        told.push(
            "* a target behind these classes is proposed by this project and not agreed".to_owned(),
        );
    }
    told
}

/// One sentence for each reason, with all the lines that have it; in the order of the lines.
fn grouped<'a>(what: &str, all: impl Iterator<Item = (String, &'a str)>) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (line, reason) in all {
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, lines)) => lines.push(line),
            None => reasons.push((reason, vec![line])),
        }
    }
    let told = |(why, lines): &(&str, Vec<String>)| format!("{what} {}: {why}", lines.join(", "));
    reasons.iter().map(told).collect()
}

/// The lines of a scorecard in its window, in the framework's order.
pub(crate) fn line_rows(computed: &Scores) -> Vec<LineRow> {
    let framework = computed.framework();
    let counted = named_in_full(framework.ranking.universe);
    let lines = computed.scorecard.lines.iter();
    lines.map(|line| LineRow { counted, ..line_row(computed, line, decimals(framework)) }).collect()
}

/// Why a line has no score, in a sentence; none where it has one.
pub(crate) fn why_unscored(computed: &Scores, line: &str) -> Option<String> {
    let row = line_rows(computed).into_iter().find(|row| row.line == line)?;
    row.unscored().map(|(whose, why)| format!("No score on {whose}: {why}."))
}

fn line_row(computed: &Scores, line: &LineSummary, decimals: usize) -> LineRow {
    let key = (computed.window.start, computed.window.end);
    let mut windows = line.windows.iter();
    let summary = windows.find(|row| (row.window_start, row.window_end) == key);
    let usual = |which: fn(&WindowSummary) -> Option<&Usual>| summary.and_then(which);
    let no_score = usual(|s| s.no_score.as_ref());
    let no_class = usual(|s| s.no_class.as_ref());
    let no_rank = usual(|s| s.no_rank.as_ref());
    let reason = |usual: Option<&Usual>| usual.map(|it| it.reason.clone());
    let times = |usual: Option<&Usual>| usual.map_or(0, |it| it.economies);
    let economies = summary.map_or(0, |s| s.members);
    LineRow {
        line: line.line.clone(),
        title: line.title.clone(),
        indicators: line.indicators,
        indicators_delivered: line.indicators_delivered,
        economies,
        economies_scored: summary.map_or(0, |s| s.economies_scored),
        economies_ranked: summary.map_or(0, |s| s.economies_ranked),
        rank_reason: reason(no_rank),
        rank_reason_economies: times(no_rank),
        economies_matched: summary.map_or(0, |s| s.economies_matched),
        median_score: summary.and_then(|s| s.median_score),
        status: summary.map_or("withheld", |s| s.status),
        status_reason: summary.and_then(|s| s.status_reason.clone()),
        median_change: summary.and_then(|s| s.median_change),
        change_status: summary.map_or("withheld", |s| s.change_status),
        change_reason: summary.and_then(|s| s.change_reason.clone()),
        coverage: summary.and_then(|s| s.coverage),
        classes: summary.map(|s| s.classes.clone()).unwrap_or_default(),
        level_only: summary.map_or(0, |s| s.level_only),
        class_reason: reason(no_class),
        class_reason_economies: times(no_class),
        economies_unclassed: no_class.map_or(0, |it| it.of),
        target_status: summary.and_then(|s| s.target_status),
        note_economies: if line.no_indicator.is_some() { economies } else { times(no_score) },
        note: line.no_indicator.clone().or_else(|| reason(no_score)),
        counted: "",
        decimals,
    }
}

/// The lines for people, or exact for CSV.
pub(crate) fn rows(lines: &[LineRow], format: Format) -> Rows {
    if format == Format::Csv { records(lines) } else { table(lines) }
}

/// From this width on there is room for whole titles.
const WITH_TITLES: u16 = 100;

/// Characters of a title where there is none: three lines of a column, and whole applications of ICT.
const BRIEF: usize = 32;

/// A title for a table of a width: its first words, where all of them would take nine lines.
fn brief(title: &str, width: u16) -> String {
    if width >= WITH_TITLES || title.chars().count() <= BRIEF {
        return title.to_owned();
    }
    let mut short = String::new();
    for word in title.split(' ') {
        if short.chars().count() + 1 + word.chars().count() >= BRIEF {
            break;
        }
        short.push_str(word);
        short.push(' ');
    }
    format!("{}…", short.trim_end_matches([' ', ',', ':']))
}

/// The lines as a table for people.
fn table(lines: &[LineRow]) -> Rows {
    let width = table_width();
    let mut rows = Rows::new(&[
        "line",
        "title",
        "#median",
        "#change",
        "#scored",
        "~#at both ends",
        "~#ranked",
        "~#weight present",
        "classes",
    ]);
    for line in lines {
        let classes: Vec<String> =
            line.classes.iter().map(|(class, n)| format!("{n} {}", class.label())).collect();
        rows.push(vec![
            line.line.clone(),
            brief(&line.title, width),
            shared(line.median_score, line.economies_scored, |it| number(it, line.decimals)),
            shared(line.median_change, line.economies_matched, |it| signed(it, line.decimals)),
            format!("{} of {}", line.economies_scored, line.economies),
            line.economies_matched.to_string(),
            line.economies_ranked.to_string(),
            percent(line.coverage, "none"),
            if line.note.is_some() {
                "no score".to_owned()
            } else {
                let level = match line.level_only {
                    0 => String::new(),
                    number => format!("; {number} by the level alone °"),
                };
                let mark = if line.is_proposal() { "\u{a0}*" } else { "" };
                format!("{}{level}{mark}", classes.join(", "))
            },
        ]);
    }
    rows
}

/// The lines as records: one column for each class, numbers exact.
fn records(lines: &[LineRow]) -> Rows {
    let mut columns = vec![
        "line",
        "title",
        "indicators",
        "indicators_delivered",
        "economies_scored",
        "economies_ranked",
        "median_score",
        "median_change",
        "coverage",
    ];
    columns.extend(Class::ALL.iter().map(|class| class.code()));
    columns.extend(["target_status", "note", "economies", "economies_matched", "status"]);
    columns.extend(["status_reason", "change_status", "change_reason"]);
    columns.extend(["rank_reason", "class_reason", "class_reason_economies"]);
    columns.push("economies_unclassed");
    columns.extend(["rank_reason_economies", "note_economies", "level_only"]);
    let mut rows = Rows::new(&columns);
    for line in lines {
        let mut row = vec![
            line.line.clone(),
            line.title.clone(),
            line.indicators.to_string(),
            line.indicators_delivered.to_string(),
            line.economies_scored.to_string(),
            line.economies_ranked.to_string(),
            exact(line.median_score),
            exact(line.median_change),
            exact(line.coverage),
        ];
        row.extend(
            Class::ALL
                .iter()
                .map(|class| line.classes.get(class).copied().unwrap_or_default().to_string()),
        );
        row.push(line.target_status.unwrap_or_default().to_owned());
        row.push(line.note.clone().unwrap_or_default());
        row.extend([line.economies.to_string(), line.economies_matched.to_string()]);
        row.extend([line.status.to_owned(), line.status_reason.clone().unwrap_or_default()]);
        row.push(line.change_status.to_owned());
        row.push(line.change_reason.clone().unwrap_or_default());
        row.push(line.rank_reason.clone().unwrap_or_default());
        row.push(line.class_reason.clone().unwrap_or_default());
        row.push(line.class_reason_economies.to_string());
        row.push(line.economies_unclassed.to_string());
        row.push(line.rank_reason_economies.to_string());
        row.push(line.note_economies.to_string());
        row.push(line.level_only.to_string());
        rows.push(row);
    }
    rows
}

/// A median, or "withheld" where too few economies have what it is of.
fn shared(value: Option<f64>, economies: u32, print: impl Fn(Option<f64>) -> String) -> String {
    if value.is_none() && economies > 0 { "withheld".to_owned() } else { print(value) }
}

#[cfg(test)]
mod tests {
    use super::brief;

    /// In a terminal of 80 columns the title of C1 took nine lines.
    #[test]
    fn trial_p136_titles_are_brief_where_there_is_no_room() {
        let title = "The role of public governance authorities and all stakeholders in the promotion \
                     of ICTs for development";
        assert_eq!(brief(title, 80), "The role of public governance…");
        assert_eq!(brief(title, 100), title);
        let whole = "ICT applications: E-environment";
        assert_eq!(brief(whole, 80), whole);
        assert_eq!(brief("Capacity building", 80), "Capacity building");
    }
}
