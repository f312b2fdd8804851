//! Targets whose year is past: met, missed, or it cannot be said, by the figure of that year or the ones
//! nearest to it. No pace and no class is computed towards a year that is past (docs/adr/0039).

use std::collections::BTreeSet;

use serde::Serialize;
use wsis_model::area::Area;
use wsis_model::framework::{DatedTarget, Direction, Indicator, LineFacts, Of, Window};

use crate::evaluated::short;
use crate::group::{Group, count, groups};
use crate::normalise::{asked_words, oriented, sign};
use crate::panel::{Cell, Panel};
use crate::paths::ECONOMY;
use crate::plan::{Line, Plan};
use crate::reading::{comparable, passed};
use crate::targets::{Targets, status_code};
use crate::universe::Economies;

/// Kind of area of an aggregate of the source, as stored.
pub const AGGREGATE: &str = "aggregate";
/// Kind and name of area of a target that nothing is held against.
const WORLD: (&str, &str) = ("world", "World");

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Met.
    Met,
    /// Missed.
    Missed,
    /// It cannot be said.
    Unknown,
}

impl Outcome {
    /// As tables store it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unknown => "unknown",
        }
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "cannot be said",
            _ => self.code(),
        }
    }
}

/// Which figure an outcome rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureOf {
    /// That of the year itself.
    Year,
    /// One of before it; there is none of the year.
    Before,
    /// One of after it.
    After,
    /// Both, which agree; the earlier one is shown where the target is met, else the later one.
    Both,
}

impl FigureOf {
    /// As tables store it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Before => "before",
            Self::After => "after",
            Self::Both => "both",
        }
    }
}

/// One target whose year is past, and one economy, group or aggregate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeRow {
    /// Line that it stands under.
    pub line: String,
    /// Code of the target; of an indicator's own target that of the indicator.
    pub target: String,
    /// [`ECONOMY`], [`AGGREGATE`], or the kind of a group.
    pub area_kind: &'static str,
    /// Code of the economy or aggregate, or name of the group.
    pub area: String,
    /// What the target says, in short.
    pub text: String,
    /// Year by which it was to be met.
    pub by: i32,
    /// Indicator that it is held against.
    pub indicator: Option<String>,
    /// Value from which it counts as met.
    pub met_from: Option<f64>,
    /// Whether that value itself does not count.
    pub strict: bool,
    /// `proposed`, `facilitator` or `agreed`.
    pub target_status: &'static str,
    /// Whether it was read in its source.
    pub target_verified: bool,
    /// The document.
    pub source: String,
    /// What is read into it here; may be empty.
    pub note: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The figure that the outcome rests on.
    pub value: Option<f64>,
    /// Its year.
    pub year: Option<i32>,
    /// Which figure that is.
    pub basis: Option<FigureOf>,
    /// Whether it is an estimate.
    pub estimate: Option<bool>,
    /// The figures behind the outcome, or why there is none.
    pub reason: String,
    /// Of a group: its economies that the target is of and that count in its year.
    pub members: Option<u32>,
    /// Of them, those that met it.
    pub members_met: Option<u32>,
    /// Of them, those that missed it.
    pub members_missed: Option<u32>,
}

impl OutcomeRow {
    /// What the rows are sorted by.
    pub fn key(&self) -> (&str, &str, &str, &str) {
        (&self.line, &self.target, self.area_kind, &self.area)
    }

    /// Whether it tells of the target as a whole: the world's economies, an aggregate, or that nothing is held
    /// against it.
    pub fn is_whole(&self) -> bool {
        self.area_kind == AGGREGATE || self.area_kind == WORLD.0
    }
}

/// A target as it is held against figures.
struct Held<'f> {
    target: DatedTarget,
    line: &'f str,
    leaf: Option<&'f Indicator>,
    verified: bool,
}

/// What a figure says.
struct Found {
    outcome: Outcome,
    figure: Option<(i32, f64, bool)>,
    basis: Option<FigureOf>,
    reason: String,
}

/// Outcomes of every target whose year is past at the end of the latest window, by their key.
pub(crate) fn outcomes(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &Economies<'_>,
    latest: Option<Window>,
) -> Vec<OutcomeRow> {
    let Some(latest) = latest else { return Vec::new() };
    // As for classes: a year of which nobody has a figure yet is not past.
    let review = passed(latest, plan.last_year);
    let mut rows = Vec::new();
    for line in &plan.lines {
        for held in of_line(plan, line).into_iter().filter(|held| held.target.by <= review) {
            held.rows(plan, panel, economies, &mut rows);
        }
    }
    rows.sort_by(|a, b| a.key().cmp(&b.key()));
    rows
}

/// The targets of a line: those that it states, then its commitments and its indicators' own targets where none of
/// those stated has their code.
fn of_line<'f>(plan: &Plan<'f>, line: &Line<'f>) -> Vec<Held<'f>> {
    let code = line.node.code.as_str();
    let none = LineFacts::default();
    let facts = line.node.line.as_ref();
    let leaf = |code: &str| plan.leaves.iter().copied().find(|leaf| leaf.code == code);
    let mut all: Vec<Held<'f>> = facts
        .map_or(&none.dated_targets, |facts| &facts.dated_targets)
        .iter()
        .map(|target| Held {
            target: target.clone(),
            line: code,
            leaf: target.indicator.as_deref().and_then(leaf),
            verified: target.provenance.verified,
        })
        .collect();
    let stated: BTreeSet<String> = all.iter().map(|held| held.target.code.clone()).collect();
    for promise in facts.into_iter().flat_map(|facts| &facts.commitments) {
        let source = facts.and_then(|facts| facts.commitments_source.clone());
        let (Some(by), Some(provenance), false) =
            (promise.by, source, stated.contains(&promise.code))
        else {
            continue;
        };
        let words = ["no figure counts what it asks for", promise.note.trim_end_matches('.')];
        let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
        let target = DatedTarget {
            code: promise.code.clone(),
            text: promise.text.clone(),
            by,
            indicator: None,
            value: None,
            strict: false,
            of: Of::Each { groups: Vec::new() },
            note: words.join("; "),
            provenance,
        };
        all.push(Held { target, line: code, leaf: None, verified: promise.verified });
    }
    let beside = facts.into_iter().flat_map(|facts| &facts.context);
    let under = line.shares.iter().filter_map(|(at, _)| plan.leaves.get(*at).copied());
    for leaf in under.chain(beside.filter_map(|code| leaf(code))) {
        if stated.contains(&leaf.code) || leaf.second_delivery_of.is_some() {
            continue;
        }
        all.extend(own_target(leaf, code));
    }
    all
}

/// The target of an indicator itself.
fn own_target<'f>(leaf: &'f Indicator, line: &'f str) -> Option<Held<'f>> {
    let target = leaf.target.as_ref()?;
    let met = target.met_value();
    let from = if met == target.value {
        String::new()
    } else {
        format!(", {}", asked_words(leaf.direction, &short(met), false))
    };
    let target = DatedTarget {
        code: leaf.code.clone(),
        text: format!("{}: {} {}{from}", leaf.title, short(target.value), leaf.unit),
        by: target.year,
        indicator: Some(leaf.code.clone()),
        value: Some(met),
        strict: false,
        of: Of::Each { groups: Vec::new() },
        note: String::new(),
        provenance: target.provenance.clone(),
    };
    let verified = Targets::of(leaf.target.iter()).verified().unwrap_or_default();
    Some(Held { target, line, leaf: Some(leaf), verified })
}

impl Held<'_> {
    fn rows(
        &self,
        plan: &Plan<'_>,
        panel: &Panel,
        economies: &Economies<'_>,
        rows: &mut Vec<OutcomeRow>,
    ) {
        let Some((leaf, asked)) = self.leaf.zip(self.target.value) else {
            rows.push(self.row(WORLD, self.unmeasured()));
            return;
        };
        let found = |area: &str| self.found(plan, leaf, asked, panel.series(&leaf.code, area));
        let groups_of = match &self.target.of {
            Of::Whole(code) => {
                rows.push(self.row((AGGREGATE, code), found(code)));
                return;
            }
            Of::Each { groups } => groups,
        };
        if panel.areas().iter().all(|area| panel.series(&leaf.code, area).is_empty()) {
            let reason = match leaf.series {
                None => "no pipeline asks for a series of it",
                Some(_) => "no figure of the series was loaded",
            };
            rows.push(self.row(WORLD, unknown(reason.to_owned())));
            return;
        }
        let is_meant = |area: &Area| {
            let own = economies.list().groups(area, self.target.by);
            let mut names = own.values().flatten();
            groups_of.is_empty() || names.any(|name| groups_of.iter().any(|it| it == name))
        };
        let counting = economies.members(self.target.by);
        let mut each: Vec<(&str, Outcome)> = Vec::new();
        for area in economies.all().iter().filter(|area| is_meant(area)) {
            let code = area.code.as_str();
            let counts = counting.contains(code);
            if !counts && panel.series(&leaf.code, code).is_empty() {
                continue;
            }
            let found = found(code);
            if counts {
                each.push((code, found.outcome));
            }
            rows.push(self.row((ECONOMY, code), found));
        }
        for group in groups(economies, self.target.by) {
            rows.extend(self.of_group(&group, &each));
        }
    }

    fn of_group(&self, group: &Group, each: &[(&str, Outcome)]) -> Option<OutcomeRow> {
        let own = || each.iter().filter(|(code, _)| group.members.contains(*code));
        let number = |outcome| own().filter(|(_, own)| *own == outcome).count();
        let (met, missed, all) = (number(Outcome::Met), number(Outcome::Missed), own().count());
        if all == 0 {
            return None;
        }
        let outcome = match (met, missed) {
            (_, 1..) => Outcome::Missed,
            (met, _) if met == all => Outcome::Met,
            _ => Outcome::Unknown,
        };
        let unknown = all - met - missed;
        let reason = format!(
            "of {all} economies {met} met it, {missed} missed it, of {unknown} it cannot be said"
        );
        let found = Found { outcome, figure: None, basis: None, reason };
        let mut row = self.row((group.kind, &group.name), found);
        row.members = Some(count(all));
        row.members_met = Some(count(met));
        row.members_missed = Some(count(missed));
        Some(row)
    }

    fn unmeasured(&self) -> Found {
        unknown(match self.target.note.as_str() {
            "" => "no figure is held against it".to_owned(),
            note => note.to_owned(),
        })
    }

    fn row(&self, (area_kind, area): (&'static str, &str), found: Found) -> OutcomeRow {
        let target = &self.target;
        OutcomeRow {
            line: self.line.to_owned(),
            target: target.code.clone(),
            area_kind,
            area: area.to_owned(),
            text: target.text.clone(),
            by: target.by,
            indicator: target.indicator.clone(),
            met_from: target.value,
            strict: target.strict,
            target_status: status_code(target.provenance.status),
            target_verified: self.verified,
            source: target.provenance.source.clone(),
            note: target.note.clone(),
            outcome: found.outcome,
            value: found.figure.map(|(_, value, _)| value),
            year: found.figure.map(|(year, _, _)| year),
            basis: found.basis,
            estimate: found.figure.map(|(_, _, estimate)| estimate),
            reason: found.reason,
            members: None,
            members_met: None,
            members_missed: None,
        }
    }

    /// What the figures of an area say: that of the year; else the ones nearest to it on both sides, as near as a
    /// baseline has to be, and not across a break of the series.
    fn found(
        &self,
        plan: &Plan<'_>,
        leaf: &Indicator,
        asked: f64,
        series: &[(i32, Cell)],
    ) -> Found {
        let (by, within) = (self.target.by, plan.ages.baseline_within);
        let slack = plan.rules.classes.met_tolerance * asked.abs().max(1.0);
        let meets = |value: f64| is_met(leaf.direction, value, asked, self.target.strict, slack);
        let apart = |first: i32, last: i32| !comparable(leaf, series, first, last);
        let valued = || series.iter().filter_map(|(year, cell)| Some((*year, cell.value?, cell)));
        let figure =
            |(year, value, cell): (i32, f64, &Cell)| (year, value, cell.obs_status.is_estimate());
        let at = valued().find(|(year, ..)| *year == by).map(figure);
        let before = valued()
            .rfind(|(year, ..)| *year < by && by - year <= within && !apart(*year, by))
            .map(figure);
        let after = valued()
            .find(|(year, ..)| *year > by && year - by <= within && !apart(by, *year))
            .map(figure);
        let wanted = asked_words(leaf.direction, &short(asked), self.target.strict);
        let told = |(year, value, estimate): (i32, f64, bool)| {
            let estimate = if estimate { ", an estimate" } else { "" };
            format!("{} in {year}{estimate}", precise(value, asked))
        };
        let said = |outcome, figure, basis, figures: String| Found {
            outcome,
            figure: Some(figure),
            basis: Some(basis),
            reason: format!("{figures}; {wanted}"),
        };
        if let Some(at) = at {
            let outcome = if meets(at.1) { Outcome::Met } else { Outcome::Missed };
            return said(outcome, at, FigureOf::Year, told(at));
        }
        let gap = format!("no figure of {by}");
        match (before, after) {
            (Some(old), Some(new)) => {
                let figures = format!("{}, {}, {gap}", told(old), told(new));
                match (meets(old.1), meets(new.1)) {
                    (true, true) => said(Outcome::Met, old, FigureOf::Both, figures),
                    (false, false) => said(Outcome::Missed, new, FigureOf::Both, figures),
                    _ => unknown(format!("{figures}, and the two disagree; {wanted}")),
                }
            }
            (Some(old), None) if meets(old.1) => {
                said(Outcome::Met, old, FigureOf::Before, format!("{} already, {gap}", told(old)))
            }
            (None, Some(new)) if !meets(new.1) => {
                said(Outcome::Missed, new, FigureOf::After, format!("{} still, {gap}", told(new)))
            }
            (Some(old), None) => unknown(format!(
                "{}, not met then, and no figure of {by} to {}; {wanted}",
                told(old),
                by + within
            )),
            (None, Some(new)) => unknown(format!(
                "{}, met then, and no figure of {} to {by}; {wanted}",
                told(new),
                by - within
            )),
            (None, None) => unknown(format!(
                "no comparable figure of {} to {} was loaded",
                by - within,
                by + within
            )),
        }
    }
}

fn unknown(reason: String) -> Found {
    Found { outcome: Outcome::Unknown, figure: None, basis: None, reason }
}

/// Whether a value meets what is asked, with slack for rounding in the last bits.
fn is_met(direction: Direction, value: f64, asked: f64, strict: bool, slack: f64) -> bool {
    let ahead = sign(direction) * (oriented(value, direction) - oriented(asked, direction));
    if strict { ahead > slack } else { ahead >= -slack }
}

/// A value with as many decimals as it takes to differ from what is asked.
fn precise(value: f64, asked: f64) -> String {
    let text = short(value);
    if text == short(asked) { value.to_string() } else { text }
}
