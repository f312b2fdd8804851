//! One indicator in one area and window: which observations count, their scores, and which test
//! failed where they cannot be compared.

use std::fmt;

use wsis_model::framework::{Ages, Indicator, Sampling, Window};
use wsis_model::rules::ClassRule;
use wsis_model::status::ObsStatus;

use crate::normalise::{Normalised, NotNormalised, goalposts};
use crate::panel::Cell;
use crate::progress::{Tie, nearest_year};

/// What is the same for every indicator of a framework.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure<'r> {
    /// Full marks.
    pub max: f64,
    /// Ages and spans of observations.
    pub ages: Ages,
    /// Bounds of the classes.
    pub classes: &'r ClassRule,
    /// Last year with a figure of any indicator, where it is known.
    pub last_year: Option<i32>,
}

/// The last year that can have been missed by a window: none that nobody has a figure of is past.
pub(crate) fn passed(window: Window, last_year: Option<i32>) -> i32 {
    last_year.map_or(window.end, |last| last.min(window.end))
}

/// Why a relative index has no change and no class.
pub const RELATIVE: &str =
    "standardised anew in every edition, so that a difference of values is no progress";

/// Cells of one indicator and area, years ascending.
pub type Series = [(i32, Cell)];

/// An observation with its score.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'p> {
    /// Calendar year.
    pub year: i32,
    /// Value in the indicator's unit.
    pub value: f64,
    /// The cell it stands in.
    pub cell: &'p Cell,
    /// Score, or why none.
    pub norm: Result<Normalised, NotNormalised>,
}

impl Scored<'_> {
    /// The score on the framework's scale.
    pub fn score(&self) -> Option<f64> {
        self.norm.ok().map(|norm| norm.score)
    }

    /// Whether somebody computed it and nobody reported it.
    pub(crate) fn is_estimate(&self) -> bool {
        self.cell.obs_status.is_estimate()
    }

    /// Why it has no score although its indicator has goalposts.
    pub(crate) fn fault(&self) -> Option<NotNormalised> {
        self.norm.err().filter(|fault| *fault != NotNormalised::NoGoalposts)
    }
}

/// A break of method between two observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken<'p> {
    /// First year of the new method.
    pub year: i32,
    /// What changed, where the framework says so; empty for a flag in the data.
    pub reason: &'p str,
}

/// SDMX observation status of a value in words; nothing for a normal one.
pub fn status_words(status: &str) -> &'static str {
    match status {
        "B" => "series break",
        "D" => "definition differs",
        "E" => "estimate",
        "F" => "forecast",
        "I" => "imputed",
        "N" => "not significant",
        "P" => "provisional",
        "U" => "low reliability",
        "V" => "not validated",
        _ => "",
    }
}

/// "1 year", "3 years".
pub fn years(number: i32) -> String {
    if number == 1 { "1 year".to_owned() } else { format!("{number} years") }
}

/// Why an indicator enters no change, by the test that failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unmatched<'p> {
    /// There is no usable current value.
    NoCurrent,
    /// The provider standardises the series anew in every edition.
    Relative,
    /// The current value is too old.
    Stale {
        /// Its year.
        year: i32,
        /// Review year.
        review: i32,
        /// Largest age for progress.
        most: i32,
    },
    /// There is no value near the start, other than the current one.
    NoBaseline {
        /// First year of the window.
        start: i32,
        /// Largest distance of a baseline from it.
        within: i32,
        /// Year of the current value, where it is the only one near the start: one observation is
        /// not two.
        only: Option<i32>,
    },
    /// A break of method lies between the ends.
    Broken(Broken<'p>),
    /// The ends are too near to each other.
    ShortSpan {
        /// Year of the baseline.
        from: i32,
        /// Year of the current value.
        to: i32,
        /// Shortest time between them.
        asked: i32,
    },
    /// A value has no score.
    NotNormalised {
        /// The value.
        value: f64,
        /// Its year.
        year: i32,
        /// Why.
        fault: NotNormalised,
    },
}

impl fmt::Display for Unmatched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCurrent => f.write_str("no current value"),
            Self::Relative => f.write_str(RELATIVE),
            Self::Stale { year, review, most } => {
                write!(
                    f,
                    "current value of {year} is more than {} older than {review}",
                    years(*most)
                )
            }
            Self::NoBaseline { start, within, only } => {
                let (from, to) = (start - within, start + within);
                write!(f, "no baseline within {from} to {to}")?;
                match only {
                    Some(year) => {
                        write!(f, ": the only value there, of {year}, is the current one")
                    }
                    None => Ok(()),
                }
            }
            Self::Broken(Broken { year, reason: "" }) => write!(f, "series break in {year}"),
            Self::Broken(Broken { year, reason }) => write!(f, "series break in {year}: {reason}"),
            Self::ShortSpan { from, to, asked } => {
                write!(f, "span of {} ({from} to {to}), {asked} asked", years(to - from))
            }
            Self::NotNormalised { value, year, fault } => {
                write!(f, "value {value} of {year}: {fault}")
            }
        }
    }
}

/// What one indicator has to say in one window.
#[derive(Debug, Clone, Copy)]
pub struct View<'p> {
    /// Observation nearest to the start, other than the current one.
    pub start: Option<Scored<'p>>,
    /// Another observation equally near to the start, which the tie rule did not choose.
    pub other_start: Option<Scored<'p>>,
    /// Latest observation within the largest age of the end.
    pub end: Option<Scored<'p>>,
    /// A break between them.
    pub broken: Option<Broken<'p>>,
    /// Break between the other baseline and the end.
    other_broken: Option<Broken<'p>>,
    /// Whether the provider standardises the series anew in every edition.
    pub relative: bool,
    /// First year of the window.
    pub first: i32,
    /// Review year.
    pub review: i32,
    /// Last year whose deadlines are past.
    pub passed: i32,
    /// Ages and spans of the framework.
    pub ages: Ages,
    /// Target, for an indicator whose change can be judged.
    pub target: Option<Aim>,
    /// How the sample is drawn that its values rest on.
    sampling: Option<&'p Sampling>,
}

/// A target as scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Score of the target.
    pub target: f64,
    /// Score from which it counts as met.
    pub met: f64,
    /// Its year.
    pub year: i32,
}

impl<'p> View<'p> {
    /// Current score, for the level.
    pub fn level(&self) -> Option<f64> {
        self.end.and_then(|end| end.score())
    }

    /// Whether the current value is too old for progress.
    pub fn stale(&self) -> bool {
        self.end.is_some_and(|end| self.review - end.year > self.ages.max_progress)
    }

    /// Whether the current value lies beyond a goalpost.
    pub fn clamped(&self) -> bool {
        self.end.is_some_and(|end| end.norm.is_ok_and(|norm| norm.is_clamped()))
    }

    /// Sampling error of the change, in the indicator's unit; of a series whose error is declared.
    pub fn error(&self, classes: &ClassRule) -> Option<f64> {
        let (start, end) = self.comparable().ok()?;
        Some(self.sampling?.error(start.value, end.value, classes.standard_errors))
    }

    /// The view from the other baseline, where two were equally near.
    pub fn other(&self) -> Option<Self> {
        let start = Some(self.other_start?);
        let broken = self.other_broken;
        Some(Self { start, broken, other_start: None, other_broken: None, ..*self })
    }

    /// Whether the two ends can be compared at all, apart from the years between them.
    ///
    /// # Errors
    /// The test that failed.
    pub fn comparable(&self) -> Result<(Scored<'p>, Scored<'p>), Unmatched<'p>> {
        let Some(end) = self.end else { return Err(Unmatched::NoCurrent) };
        if self.relative {
            return Err(Unmatched::Relative);
        }
        if self.stale() {
            let most = self.ages.max_progress;
            return Err(Unmatched::Stale { year: end.year, review: self.review, most });
        }
        let Some(start) = self.start else {
            let within = self.ages.baseline_within;
            let only = ((end.year - self.first).abs() <= within).then_some(end.year);
            return Err(Unmatched::NoBaseline { start: self.first, within, only });
        };
        if let Some(broken) = self.broken {
            return Err(Unmatched::Broken(broken));
        }
        for scored in [start, end] {
            if let Some(fault) = scored.fault() {
                let Scored { value, year, .. } = scored;
                return Err(Unmatched::NotNormalised { value, year, fault });
            }
        }
        Ok((start, end))
    }

    /// The two ends that a class by two values rests on: comparable, and far enough apart. A score
    /// is not asked for, for a target without goalposts has a pace as well.
    ///
    /// # Errors
    /// The test that failed.
    pub fn two_ends(&self) -> Result<(Scored<'p>, Scored<'p>), Unmatched<'p>> {
        let (start, end) = self.comparable()?;
        let asked = self.ages.min_span;
        if end.year - start.year < asked {
            return Err(Unmatched::ShortSpan { from: start.year, to: end.year, asked });
        }
        Ok((start, end))
    }

    /// Scores and years at both ends, if the indicator can show progress: both ends there, far
    /// enough apart, the current one recent, no break in between.
    ///
    /// # Errors
    /// The test that failed.
    pub fn ends(&self) -> Result<Ends, Unmatched<'p>> {
        let (start, end) = self.two_ends()?;
        let score = |scored: Scored<'p>| {
            let Scored { value, year, norm, .. } = scored;
            norm.map(|norm| norm.score).map_err(|fault| Unmatched::NotNormalised {
                value,
                year,
                fault,
            })
        };
        let (start_year, end_year) = (start.year, end.year);
        Ok(Ends { start: score(start)?, end: score(end)?, start_year, end_year })
    }

    /// [`View::ends`], where the reason does not matter.
    pub fn matched(&self) -> Option<Ends> {
        self.ends().ok()
    }
}

/// Scores of a matched indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// Score at the start.
    pub start: f64,
    /// Score at the end.
    pub end: f64,
    /// Year of the baseline.
    pub start_year: i32,
    /// Year of the current value.
    pub end_year: i32,
}

fn score_of(indicator: &Indicator, value: f64, max: f64) -> Result<Normalised, NotNormalised> {
    let posts = indicator.goalposts.as_ref().ok_or(NotNormalised::NoGoalposts)?;
    goalposts(value, indicator.direction, posts, max)
}

/// The latest observation with a value in the review year or not too long before it.
pub fn current<'p>(
    indicator: &Indicator,
    series: &'p Series,
    review: i32,
    measure: Measure<'_>,
) -> Option<Scored<'p>> {
    let oldest = review - measure.ages.max;
    let mut usable = series.iter().rev().filter(|(year, _)| (oldest..=review).contains(year));
    usable.find_map(|(year, cell)| {
        let value = cell.value?;
        Some(Scored { year: *year, value, cell, norm: score_of(indicator, value, measure.max) })
    })
}

/// Observations near the start of the window and before `end`: the one that counts, and another
/// one that is equally near.
fn baselines<'p>(
    indicator: &Indicator,
    series: &'p Series,
    window: Window,
    end: Option<i32>,
    measure: Measure<'_>,
) -> (Option<Scored<'p>>, Option<Scored<'p>>) {
    let before = |year: i32| end.map_or(year <= window.end, |end| year < end);
    let years = || {
        let valued = series.iter().filter(|(_, cell)| cell.value.is_some());
        valued.map(|(year, _)| *year).filter(|year| before(*year))
    };
    let at = |year: i32| {
        let (_, cell) = series.iter().find(|(other, _)| *other == year)?;
        let value = cell.value?;
        Some(Scored { year, value, cell, norm: score_of(indicator, value, measure.max) })
    };
    let within = measure.ages.baseline_within;
    let nearest = |tie| nearest_year(years(), window.start, within, tie);
    let (first, other) = (nearest(Tie::Earlier), nearest(Tie::Later));
    (first.and_then(at), other.filter(|_| first != other).and_then(at))
}

/// Reads one indicator in one window.
pub fn view<'p>(
    indicator: &'p Indicator,
    series: &'p Series,
    window: Window,
    measure: Measure<'_>,
) -> View<'p> {
    let end = current(indicator, series, window.end, measure);
    let (start, other_start) =
        baselines(indicator, series, window, end.as_ref().map(|end| end.year), measure);
    let broken = |start: &Option<Scored<'_>>| {
        let (start, end) = (start.as_ref()?, end.as_ref()?);
        break_between(indicator, series, start.year, end.year)
    };
    let target = indicator.target.as_ref().filter(|_| !indicator.relative).and_then(|target| {
        let score = |value| score_of(indicator, value, measure.max).ok().map(|norm| norm.score);
        let met = score(target.met_value())?;
        Some(Aim { target: score(target.value)?, met, year: target.year })
    });
    View {
        broken: broken(&start),
        other_broken: broken(&other_start),
        start,
        other_start,
        end,
        relative: indicator.relative,
        first: window.start,
        review: window.end,
        passed: passed(window, measure.last_year),
        ages: measure.ages,
        target,
        sampling: indicator.sampling.as_ref(),
    }
}

/// A break that the framework declares, one in the data after the start (SDMX `B`), or a
/// definition that differs at one end only (`D`).
fn break_between<'p>(
    indicator: &'p Indicator,
    series: &Series,
    from: i32,
    to: i32,
) -> Option<Broken<'p>> {
    let declared = indicator.breaks.iter().find(|item| item.year > from && item.year <= to);
    if let Some(item) = declared {
        return Some(Broken { year: item.year, reason: &item.reason });
    }
    let mut inside = series.iter().filter(|(year, _)| *year > from && *year <= to);
    if let Some((year, _)) = inside.find(|(_, cell)| cell.obs_status == ObsStatus::Break) {
        return Some(Broken { year: *year, reason: "" });
    }
    let differs = |year: i32| {
        series.iter().any(|(y, cell)| *y == year && cell.obs_status == ObsStatus::DefinitionDiffers)
    };
    (differs(from) != differs(to))
        .then_some(Broken { year: to, reason: "the definition differs at one end" })
}

/// Whether two observations of a series may be compared: the same one, or of a series that keeps
/// its scale without a break between them.
pub fn comparable(indicator: &Indicator, series: &Series, from: i32, to: i32) -> bool {
    from == to || (!indicator.relative && break_between(indicator, series, from, to).is_none())
}
