//! One indicator as the report shows it: who set what, its figures by year, its reading in every
//! economy.

use super::{Fact, Position};
use crate::class::Progress;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Better {
    /// Higher is better.
    #[default]
    Higher,
    /// Lower is better.
    Lower,
    /// Best at this value.
    At(f64),
}

/// Goalposts of an indicator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GoalpostView {
    /// Value that scores 0.
    pub lo: f64,
    /// Value that scores full marks.
    pub hi: f64,
    /// `identity`, `ln` or `ln1p`.
    pub transform: String,
    /// Who set them.
    pub fact: Fact,
}

/// Target of an indicator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetView {
    /// Value.
    pub value: f64,
    /// Year by which.
    pub year: i32,
    /// Value from which it counts as met, where that is another one, and who says so.
    pub met_from: Option<(f64, String)>,
    /// Who set it.
    pub fact: Fact,
}

/// One indicator, with its figures over all economies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndicatorView {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Definition.
    pub definition: String,
    /// Unit.
    pub unit: String,
    /// Agency that compiles it.
    pub agency: String,
    /// Source and dataset of the series (`World Bank, WDI`); empty if no pipeline delivers it.
    pub series_source: String,
    /// Series code in that dataset; empty if no pipeline delivers it.
    pub series_code: String,
    /// Whether it is standardised anew in every edition.
    pub relative: bool,
    /// First years of a new method: values before and after do not compare.
    pub breaks: Vec<i32>,
    /// Direction.
    pub better: Better,
    /// Goalposts.
    pub goalposts: Option<GoalpostView>,
    /// Target.
    pub target: Option<TargetView>,
    /// Evidence class A to D.
    pub evidence: String,
    /// Status of the indicator.
    pub fact: Fact,
    /// Licence.
    pub licence: String,
    /// Caveat; may be empty.
    pub note: String,
    /// Corrections of its figures, applied or not.
    pub corrections: Vec<String>,
    /// Figures by year, years ascending, only years with a value.
    pub years: Vec<YearFigures>,
    /// The values behind them, by year: place of the economy in [`ReportInput::economies`], value.
    pub values: Vec<(i32, Vec<(usize, f64)>)>,
    /// Why there is no figure at all; empty if there is one.
    pub absent: String,
    /// One reading per economy of [`ReportInput::economies`], in the same order; empty if there
    /// is no figure at all.
    pub readings: Vec<ReadingView>,
}

/// An indicator in one economy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadingView {
    /// Year and value at the start of the window.
    pub start: Option<(i32, f64)>,
    /// Year and value at its end.
    pub end: Option<(i32, f64)>,
    /// What the source says of the value at the start (`estimate`, `provisional`); empty for a normal one.
    pub start_flag: String,
    /// What it says of the value at the end; empty for a normal one.
    pub flag: String,
    /// Score of the latter; `None` for an indicator without goalposts.
    pub score: Option<f64>,
    /// Whether the value lies beyond a goalpost and the score is held at the end of the scale.
    pub clamped: bool,
    /// Rank and percentile in both editions, of a relative index.
    pub position: Option<Position>,
    /// Class of the indicator alone.
    pub class: Progress,
    /// Whether that rests on the latest value alone, and says nothing of the pace.
    pub by_level: bool,
    /// Why there is no value at the end, or why it has no class, or the test that decided the class.
    pub reason: String,
    /// What the reason of a class says besides its test; may be empty.
    pub remark: String,
}

/// An indicator in two years over the economies that have a figure in both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SameSet {
    /// How many these are.
    pub economies: u32,
    /// Their median in the first year.
    pub first: f64,
    /// Their median in the last year.
    pub last: f64,
}

/// An indicator over all economies in one year; unweighted, each economy counts once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct YearFigures {
    /// Year.
    pub year: i32,
    /// Economies with a value.
    pub economies: u32,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
}
