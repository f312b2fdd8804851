//! `wsis scorecard LINE`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::promises::Record;
use wsis_app::publish::crowded;
use wsis_app::{Scores, evidence, names};
use wsis_config::Deployment;
use wsis_scorecard::gaps::Measurability;
use wsis_scorecard::pace::ROUNDED_ENDS;
use wsis_scorecard::result::TrajectoryRow;
use wsis_scorecard::{GroupScore, LineScore};

use crate::args::{Format, Global, Review};
use crate::commands::score::{decimals, shown};
use crate::commands::{intervals, scorecard_rows, scorecard_table, trajectories, tree};
use crate::context::{self, Need};
use crate::failure::Failure;
use crate::output;

/// Which scores to show.
pub(crate) struct Selection {
    /// Line code, any case.
    pub(crate) line: String,
    /// Only this area.
    pub(crate) area: Option<String>,
    /// Only members of this group.
    pub(crate) group: Option<String>,
    /// Every economy, also those that are no member State and have no figure.
    pub(crate) all: bool,
}

/// The answer.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    line: &'a str,
    title: &'a str,
    framework: &'a str,
    method_version: &'a str,
    rules: &'a str,
    method_fingerprint: &'a str,
    window: String,
    window_note: Option<&'a str>,
    snapshot: u64,
    /// The instant of which the scores speak; none for what is known now.
    as_of: Option<DateTime<Utc>>,
    /// The same in words.
    #[serde(skip)]
    known: Option<String>,
    no_indicator: Option<&'a str>,
    /// What can be measured of the line at all.
    measurability: Option<&'a Measurability>,
    /// What those who count are called.
    #[serde(skip)]
    counted: &'static str,
    /// Scores, ranked ones first.
    pub(crate) scores: Vec<&'a LineScore>,
    /// Economies that are not among them: none that count, and without a figure on the line.
    left_out: usize,
    groups: Vec<&'a GroupScore>,
    /// Against the path to the targets: the economies that are shown, and groups; of one economy the
    /// indicators too.
    trajectories: Vec<&'a TrajectoryRow>,
    /// How the agencies whose figures these are keep the dates that they gave.
    promises: Vec<Record>,
}

pub(crate) async fn run(
    global: &Global,
    selection: &Selection,
    review: &Review,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let line =
        names::line(names::framework(&deployment, review.framework.as_deref())?, &selection.line)?
            .clone();
    if let Some(area) = &selection.area {
        names::area(&deployment, area)?;
    }
    if let Some(group) = &selection.group {
        names::check_group(&deployment, group)?;
    }
    // One economy for people: nothing of other windows is shown.
    let alone = selection.area.is_some() && global.format == Format::Table;
    let need = Need { alone, ..Need::default() };
    let computed = context::compute_for(global, deployment, review, Some(&line.code), need).await?;
    let members = members(&computed.deployment, selection, computed.window.end)?;
    let window = computed.window;
    let of_window = |start, end| (start, end) == (window.start, window.end);
    let mut scores = computed.scorecard.in_order(&line.code, (window.start, window.end));
    scores.retain(|score| members.as_ref().is_none_or(|codes| codes.contains(&score.area)));
    let all = scores.len();
    if !selection.all && selection.area.is_none() {
        scores.retain(|score| score.is_listed());
    }
    let left_out = all - scores.len();
    let groups: Vec<&GroupScore> = computed
        .scorecard
        .group_scores
        .iter()
        .filter(|group| group.line == line.code && of_window(group.window_start, group.window_end))
        .filter(|group| {
            selection.group.as_ref().is_none_or(|g| g.eq_ignore_ascii_case(&group.group))
        })
        .collect();
    let trajectories = trajectories::of(&computed, selection, &line.code, &scores);
    let shown = Shown {
        line: &line.code,
        title: &line.title,
        framework: &computed.framework().id,
        method_version: &computed.scorecard.method_version,
        rules: &computed.scorecard.rules,
        method_fingerprint: &computed.scorecard.method_fingerprint,
        window: shown(window),
        window_note: computed.window_note(),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
        known: computed.view.said(),
        no_indicator: line.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()),
        measurability: computed
            .scorecard
            .gaps
            .measurability
            .iter()
            .find(|it| it.line == line.code && of_window(it.window_start, it.window_end)),
        counted: wsis_scorecard::universe::named(computed.framework().ranking.universe),
        scores,
        left_out,
        groups,
        trajectories,
        promises: evidence::punctual_agencies(&computed)?,
    };
    print(global, selection, &computed, &shown)
}

fn print(
    global: &Global,
    selection: &Selection,
    computed: &Scores,
    shown: &Shown<'_>,
) -> Result<(), Failure> {
    let decimals = decimals(computed.framework());
    if selection.area.is_some() && global.format == Format::Table {
        if let Some(known) = &shown.known {
            output::text(known)?;
        }
        for score in &shown.scores {
            output::text(&tree::summary(score, decimals).join("\n"))?;
            for words in trajectories::of_economy(&shown.trajectories, score, decimals) {
                output::text(&words)?;
            }
        }
        if shown.scores.iter().any(|score| score.change.is_some()) {
            output::text(&output::wrapped(ROUNDED_ENDS))?;
        }
        let rule = &computed.method().rules.uncertainty;
        if let Some(told) = intervals::told(&shown.scores, rule) {
            output::text(&output::wrapped(&told))?;
        }
    } else if global.format == Format::Table && !selection.all && shown.is_empty() {
        output::text(&nothing(computed, shown))?;
        return measured(shown);
    } else {
        listed(global, decimals, computed, shown)?;
        let group = selection.group.as_deref();
        let told = trajectories::of_list(&shown.trajectories, &shown.scores, group, decimals);
        if let Some(told) = told.filter(|_| global.format == Format::Table) {
            output::text(&output::wrapped(&told))?;
        }
    }
    if !global.quiet {
        for hint in hints(computed, selection, shown) {
            output::note(&hint);
        }
    }
    Ok(())
}

/// The whole list, in the form that is asked for.
fn listed(
    global: &Global,
    decimals: usize,
    computed: &Scores,
    shown: &Shown<'_>,
) -> Result<(), Failure> {
    if global.format != Format::Table {
        return output::print(global.format, shown, |_| scorecard_rows::records(&shown.scores));
    }
    let rules = computed.method().rules;
    let width = output::table_width();
    let intervals = intervals::told(&shown.scores, &rules.uncertainty);
    let sheet = scorecard_table::sheet(&shown.scores, decimals, &rules.classes, intervals, width);
    for words in std::iter::once(&heading(shown)).chain(&sheet.above) {
        output::text(&output::wrapped(words))?;
    }
    output::print(Format::Table, shown, |_| sheet.rows)?;
    for words in &sheet.below {
        output::text(&output::wrapped(words))?;
    }
    measured(shown)
}

/// What can be measured of the line, below everything.
fn measured(shown: &Shown<'_>) -> Result<(), Failure> {
    match shown.measurability {
        Some(it) => output::text(&output::wrapped(&it.statement)),
        None => Ok(()),
    }
}

impl Shown<'_> {
    /// Whether nobody has a figure.
    fn is_empty(&self) -> bool {
        self.scores.iter().all(|score| score.score.is_none())
    }
}

/// A line or window without figures, in one sentence.
fn nothing(computed: &Scores, shown: &Shown<'_>) -> String {
    let why = match shown.no_indicator {
        Some(why) => why.trim_end_matches('.').to_owned(),
        None => other_windows(computed, shown)
            .unwrap_or_else(|| format!("no score here in {}", shown.window)),
    };
    let known = shown.known.as_ref().map_or(String::new(), |known| format!(", {known}"));
    format!("{} {}{known}: {why}; --all lists the economies", shown.line, shown.title)
}

/// What stands above the table.
fn heading(shown: &Shown<'_>) -> String {
    let (states, others): (Vec<&LineScore>, Vec<&LineScore>) =
        shown.scores.iter().partition(|score| score.counts);
    let scored = |rows: &[&LineScore]| rows.iter().filter(|row| row.score.is_some()).count();
    let ranked = shown.scores.iter().filter(|score| score.rank.is_some()).count();
    let apart = match scored(&others) {
        0 => String::new(),
        1 => "; 1 other is scored apart".to_owned(),
        number => format!("; {number} others are scored apart"),
    };
    let note = shown.window_note.map_or(String::new(), |note| format!("\n{note}"));
    format!(
        "{} {}, {}: of {} {} {} are scored and {ranked} ranked{apart}; {} {}, rules {} ({}), snapshot {}{note}",
        shown.line,
        shown.title,
        shown.window,
        states.len(),
        shown.counted,
        scored(&states),
        shown.framework,
        shown.method_version,
        shown.rules,
        shown.method_fingerprint,
        shown.snapshot
    ) + &shown.known.as_ref().map_or(String::new(), |known| format!("\n{known}"))
}

/// What helps a reader on: why a line has no score, where scores are, where the reasons stand.
fn hints(computed: &Scores, selection: &Selection, shown: &Shown<'_>) -> Vec<String> {
    if let Some(why) = shown.no_indicator {
        return vec![format!("{}: {why}", shown.line)];
    }
    let mut hints = crowded(computed, Some(shown.line));
    // Whose figures these are, and how they keep the dates that they gave.
    hints.extend(shown.promises.iter().flat_map(wsis_app::promises::sentences));
    if shown.is_empty() && selection.area.is_none() {
        hints.extend(other_windows(computed, shown));
    }
    if shown.left_out > 0 {
        hints.push(format!(
            "{}; --all lists them",
            match shown.left_out {
                1 => "1 economy that does not count and has no figure here is left out".to_owned(),
                many => format!(
                    "{many} economies that do not count and have no figure here are left out"
                ),
            }
        ));
    }
    if selection.area.is_none() {
        hints.push(format!(
            "why a score, class or rank is what it is: wsis explain {} ISO3, or --format csv",
            shown.line
        ));
    }
    hints
}

/// The windows in which the line does have scores, if it has none in this one.
fn other_windows(computed: &Scores, shown: &Shown<'_>) -> Option<String> {
    let line = computed.scorecard.lines.iter().find(|line| line.line == shown.line)?;
    let scored: Vec<String> = line
        .windows
        .iter()
        .filter(|window| window.economies_scored > 0)
        .map(|w| format!("{}-{} ({})", w.window_start, w.window_end, w.economies_scored))
        .collect();
    let instead = if scored.is_empty() {
        "nor in any other window".to_owned()
    } else {
        format!("economies scored in other windows: {}", scored.join(", "))
    };
    Some(format!("no score here in {}; {instead}", shown.window))
}

/// Codes of the areas that the selection asks for, groups as at the end of a year; none means all.
fn members(
    deployment: &Deployment,
    selection: &Selection,
    year: i32,
) -> Result<Option<Vec<String>>, Failure> {
    if let Some(area) = &selection.area {
        return Ok(Some(vec![names::area(deployment, area)?.code.clone()]));
    }
    let Some(group) = &selection.group else { return Ok(None) };
    Ok(Some(names::group(deployment, group, year)))
}
