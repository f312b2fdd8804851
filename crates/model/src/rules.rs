//! The rule book: the numbers of a method that belong to no single indicator, line or index.
//!
//! The values stand in `schemas/rules/*.toml` and are read by `wsis-config`; there is no copy of
//! them in code. A [`crate::framework::Framework`] may state its own where they differ.

use std::fmt;

use crate::correction::Correction;
use crate::framework::{Ages, Framework, Node, Provenance};

/// A share from 0 to 1 as people write it: "60 %", "two thirds". Kept as a fraction, so that half
/// of an even number is half, whatever a double makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    parts: u32,
    of: u32,
}

impl Share {
    /// The share of `parts` in `of`; `None` unless it lies from 0 to 1.
    pub const fn new(parts: u32, of: u32) -> Option<Self> {
        if of > 0 && parts <= of { Some(Self { parts, of }) } else { None }
    }

    /// Reads "60 %", "60%", "2/3".
    pub fn parse(text: &str) -> Option<Self> {
        let (parts, of) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent, "100"),
            None => text.split_once('/')?,
        };
        let number = |text: &str| -> Option<u32> {
            let text = text.trim();
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            if is_plain { text.parse().ok() } else { None }
        };
        Self::new(number(parts)?, number(of)?)
    }

    /// As a number from 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.parts) / f64::from(self.of)
    }

    /// Half of what is left to 1: the share below, and above, an interval of this share.
    pub fn tail(self) -> f64 {
        f64::from(self.of - self.parts) / (2.0 * f64::from(self.of))
    }

    /// Whether at least this share of `all` is there.
    pub fn is_reached(self, there: usize, all: usize) -> bool {
        self.compared(there) >= self.whole(all)
    }

    /// Whether more than this share of `all` is there.
    pub fn is_exceeded(self, there: usize, all: usize) -> bool {
        self.compared(there) > self.whole(all)
    }

    fn compared(self, there: usize) -> u128 {
        there as u128 * u128::from(self.of)
    }

    fn whole(self, all: usize) -> u128 {
        all as u128 * u128::from(self.parts)
    }
}

/// In words where there is one, else as per cent or as the fraction.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.parts, self.of) {
            (1, 2) => f.write_str("half"),
            (1, 3) => f.write_str("one third"),
            (2, 3) => f.write_str("two thirds"),
            (parts, 100) => write!(f, "{parts} %"),
            (parts, of) => write!(f, "{parts}/{of}"),
        }
    }
}

/// What a node asks for before it has a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreRule {
    /// Least share of the weight with a score.
    pub min_weight: Share,
    /// Least number of children with a score; a node with fewer needs all it has.
    pub min_children: usize,
}

/// Bounds of the classes of progress: 0 <= limited <= moderate <= on track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassRule {
    /// Least ratio of the pace to the pace asked for that is on track.
    pub on_track: f64,
    /// Least ratio that is moderate.
    pub moderate: f64,
    /// Least ratio that is limited; below it an economy is regressing.
    pub limited: f64,
    /// Decimals to which a ratio is rounded before it is compared.
    pub ratio_decimals: u32,
    /// A smaller change is stagnant, in hundredths of full marks ("points" on a scale of 100).
    pub stagnant_below: f64,
    /// Part of the target (of 1 where it is smaller) by which a value that meets it may fall short:
    /// the last bits of a sum are no failure.
    pub met_tolerance: f64,
    /// Standard errors of a difference inside which a change of a survey is no significant one.
    pub standard_errors: f64,
    /// Least share of the weight behind a line's class that must have a target: else the class
    /// would be of a part of the line.
    pub min_target_share: Share,
}

impl ClassRule {
    /// The change below which something is stagnant, where full marks are `full`.
    pub fn stagnant(&self, full: f64) -> f64 {
        full / 100.0 * self.stagnant_below
    }

    /// "1 point", "0.5 points": the change below which a score is stagnant.
    pub fn stagnant_words(&self) -> String {
        let unit = if self.stagnant_below == 1.0 { "point" } else { "points" };
        format!("{} {unit}", self.stagnant_below)
    }
}

/// How freshness falls with age, from 1 to 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessRule {
    /// Age in years up to which a value is as fresh as can be.
    pub full_years: i32,
    /// Years after that in which freshness falls evenly to 0; at least 1.
    pub years_to_zero: i32,
}

impl FreshnessRule {
    /// Freshness at an age in years.
    pub fn at(&self, age: i32) -> f64 {
        let beyond = f64::from((age - self.full_years).max(0));
        (1.0 - beyond / f64::from(self.years_to_zero)).max(0.0)
    }
}

/// What a grade asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradeBound {
    /// Least share of the weight with a current value.
    pub coverage: Share,
    /// Least freshness, 0 to 1.
    pub freshness: f64,
    /// Least share of the weight with a baseline; of a change only.
    pub baseline: Share,
}

/// Bounds of the grades, falling from A to C. What reaches none of them is D, no data is E.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradeRule {
    /// What an A asks for.
    pub a: GradeBound,
    /// What a B asks for.
    pub b: GradeBound,
    /// What a C asks for.
    pub c: GradeBound,
    /// Part of its weight that an estimate or a model's value counts as country data.
    pub estimate_counts: Share,
    /// Hundredths of full marks that another delivery's value lies from a current one, from which on
    /// that is disputed; more than 0.
    pub disputed_points: f64,
    /// Share of the observed weight that is disputed, from which on the grade is a letter lower.
    pub disputed_share: Share,
}

impl GradeRule {
    /// The distance of two scores from which on the values behind them dispute each other, where full
    /// marks are `full`.
    pub fn disputed(&self, full: f64) -> f64 {
        full / 100.0 * self.disputed_points
    }
}

/// From which share of the members on a mean or median over them is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupRule {
    /// Least share that is published.
    pub published: Share,
    /// Least share that is indicative; less is withheld.
    pub indicative: Share,
}

/// Who is ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankRule {
    /// Least share of those who count that must have an indicator for it to be core.
    pub core_share: Share,
    /// Least share of a line's weight that its core must hold.
    pub min_weight: Share,
    /// Least freshness over the core, 0 to 1.
    pub min_freshness: f64,
    /// Decimals to which values of a relative index are rounded before they are ranked.
    pub position_decimals: u32,
}

/// What is said of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryRule {
    /// Years after the current value beyond which no year of arrival is told.
    pub arrival_within: u32,
}

/// What is warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarningRule {
    /// An indicator of which more than this share of the current values lies beyond a goalpost.
    pub clamped_above: Share,
}

/// What is drawn to see how far a rank hangs on choices, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncertaintyRule {
    /// Key of all draws.
    pub seed: u64,
    /// Number of draws, at least 2.
    pub replicates: u32,
    /// Share of the draws that an interval holds; above 0.
    pub interval: Share,
    /// Part of itself by which a weight may be more or less; 0: weights are as they are.
    pub weights: Share,
    /// Whether an indicator may be scored from the lowest to the highest of those ranked, in place of
    /// its goalposts.
    pub normalisation: bool,
    /// Whether the mean may be the other one: geometric for arithmetic, arithmetic for the rest.
    pub aggregation: bool,
    /// Least share of full marks in a geometric mean that the framework does not ask for.
    pub floor: Share,
    /// Whether an indicator may be left out.
    pub leave_out: bool,
    /// Whether values with a declared sampling error are drawn from it.
    pub sampling: bool,
}

/// A rule book.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleBook {
    /// Id, also the name of its file.
    pub id: String,
    /// Version, part of every result.
    pub version: String,
    /// Title for people.
    pub title: String,
    /// Whose rules these are, and where they were read.
    pub provenance: Provenance,
    /// Ages and spans of observations, in whole years, unless the framework has its own.
    pub ages: Ages,
    /// What a node asks for, unless it says otherwise.
    pub score: ScoreRule,
    /// Classes of progress.
    pub classes: ClassRule,
    /// Freshness.
    pub freshness: FreshnessRule,
    /// Grades.
    pub grades: GradeRule,
    /// Groups and medians.
    pub groups: GroupRule,
    /// Ranks.
    pub rank: RankRule,
    /// Intervals of ranks.
    pub uncertainty: UncertaintyRule,
    /// Trends; without it every arrival is told, however far off.
    pub trajectories: Option<TrajectoryRule>,
    /// Warnings.
    pub warnings: WarningRule,
}

impl RuleBook {
    /// Id and version, as printed beside the version of a framework: "house 1".
    pub fn label(&self) -> String {
        format!("{} {}", self.id, self.version)
    }
}

/// A framework under a rule book: all that decides a score besides the figures and the areas.
#[derive(Debug, Clone, Copy)]
pub struct Method<'a> {
    /// What is scored.
    pub framework: &'a Framework,
    /// By which numbers, where the framework has none of its own.
    pub rules: &'a RuleBook,
    /// Figures that are read otherwise than their sources give them; of whatever framework.
    pub corrections: &'a [Correction],
}

impl<'a> Method<'a> {
    /// Puts a framework under a rule book.
    pub const fn new(framework: &'a Framework, rules: &'a RuleBook) -> Self {
        Self { framework, rules, corrections: &[] }
    }

    /// The same with corrections.
    #[must_use]
    pub const fn correcting(self, corrections: &'a [Correction]) -> Self {
        Self { corrections, ..self }
    }

    /// The corrections of figures that the framework asks for.
    pub fn corrections(&self) -> impl Iterator<Item = &'a Correction> {
        let indicators = &self.framework.indicators;
        let is_asked = |it: &&Correction| {
            indicators.iter().filter_map(|it| it.series.as_ref()).any(|series| it.is_of(series))
        };
        self.corrections.iter().filter(is_asked)
    }

    /// Ages and spans: the framework's own, the rule book's for the rest.
    pub fn ages(&self) -> Ages {
        self.framework.ages.under(self.rules.ages)
    }

    /// Least share of weight that a node asks for before it has a score.
    pub fn min_weight(&self, node: &Node) -> f64 {
        node.min_weight.unwrap_or_else(|| self.rules.score.min_weight.value())
    }

    /// Least number of children that a node asks for before it has a score.
    pub fn min_children(&self, node: &Node) -> usize {
        node.min_children.unwrap_or(self.rules.score.min_children)
    }

    /// Least share of weight that a rank by a node asks for.
    pub fn min_weight_rank(&self, node: &Node) -> f64 {
        node.min_weight_rank.unwrap_or_else(|| self.rules.rank.min_weight.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_people_write_them() {
        let read = |text| Share::parse(text).map(|share| share.to_string());
        for (text, words) in [
            ("60 %", "60 %"),
            ("60%", "60 %"),
            ("2/3", "two thirds"),
            ("1 / 2", "half"),
            ("3/4", "3/4"),
            ("0 %", "0 %"),
        ] {
            assert_eq!(read(text).as_deref(), Some(words), "{text}");
        }
        for text in ["", "0.6", "60", "101 %", "-1 %", "+1/2", "4/3", "1/0", "/", "%", "1e1 %"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// As fractions and as doubles the same, for the numbers that were doubles before.
    #[test]
    fn a_share_is_the_double_that_people_mean() {
        for (text, value) in [
            ("85 %", 0.85),
            ("80 %", 0.8),
            ("60 %", 0.6),
            ("40 %", 0.4),
            ("1/2", 0.5),
            ("2/3", 2.0 / 3.0),
        ] {
            assert_eq!(Share::parse(text).unwrap().value(), value, "{text}");
        }
        let third = Share::parse("2/3").unwrap();
        assert!(
            third.is_reached(2, 3) && !third.is_reached(199, 300) && third.is_reached(200, 300)
        );
        assert!(!third.is_exceeded(2, 3) && third.is_exceeded(3, 3));
    }

    #[test]
    fn freshness_falls_evenly_after_the_fresh_years() {
        let rule = FreshnessRule { full_years: 1, years_to_zero: 5 };
        for (age, expected) in [(-1, 1.0), (1, 1.0), (2, 0.8), (5, 0.2), (6, 0.0), (20, 0.0)] {
            assert!((rule.at(age) - expected).abs() < 1e-12, "{age}: {}", rule.at(age));
        }
    }
}
