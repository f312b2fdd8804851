//! Whether the figures of a delivery can be true, seen beside those before them: what is asked of each
//! series, and what becomes of one that does not look so. The measuring is `lake::plausible`.

use std::collections::BTreeMap;

use crate::pipeline::folded_code;

/// What becomes of figures that do not look true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nobody looks.
    Off,
    /// The run says so, and they come into force.
    Warn,
    /// They go to quarantine; what is in force stays.
    Quarantine,
    /// The run is held until somebody has looked at it.
    Hold,
}

impl Action {
    const fn accept(&mut self) {
        if matches!(self, Self::Quarantine | Self::Hold) {
            *self = Self::Warn;
        }
    }

    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Quarantine => "quarantine",
            Self::Hold => "hold",
        }
    }
}

/// What a figure is compared with, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// One figure against the earlier ones of its own area.
    Jump,
    /// All figures of an edition (those of one period) are equal.
    Constant,
    /// All figures of an edition are 0, after editions in which not all were.
    AllZero,
    /// Nearly all figures of an edition are near a factor of those before: another unit.
    Scale,
    /// Nearly all figures of an edition are those of the edition before.
    Copied,
    /// A figure is not the sum of its parts.
    Total,
}

impl Test {
    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Jump => "jump",
            Self::Constant => "constant",
            Self::AllZero => "all_zero",
            Self::Scale => "scale",
            Self::Copied => "copied",
            Self::Total => "total",
        }
    }
}

/// What is asked of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Tests {
    /// See [`Test::Jump`].
    pub jump: Jump,
    /// See [`Test::Constant`].
    pub constant: Edition,
    /// See [`Test::AllZero`].
    pub all_zero: Edition,
    /// See [`Test::Scale`].
    pub scale: Scale,
    /// See [`Test::Copied`].
    pub copied: Copied,
}

/// A figure against the earlier ones of its own area, by median absolute deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump {
    /// What becomes of it.
    pub action: Action,
    /// How many deviations from the median are too many, of the value and of its step.
    pub deviations: f64,
    /// How many earlier figures there must be.
    pub points_min: usize,
}

/// What is asked of an edition as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// What becomes of it.
    pub action: Action,
    /// How many figures it must have.
    pub figures_min: u64,
}

/// An edition in another unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// What becomes of it.
    pub action: Action,
    /// How many figures must have one before that is not 0.
    pub figures_min: u64,
    /// Share of them that must be near the factor.
    pub share_min: f64,
    /// How near: how many times greater or smaller than the factor they may be.
    pub within: f64,
    /// The factors; their inverses count too.
    pub factors: Vec<f64>,
}

/// An edition that is the one before once more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copied {
    /// What becomes of it.
    pub action: Action,
    /// How many figures must have one before.
    pub figures_min: u64,
    /// Share of them that must be equal to it.
    pub share_min: f64,
    /// How many different numbers must be among the equal ones: grades and full coverage stay as they are.
    pub distinct_min: usize,
}

/// A series that is the sum of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// What becomes of figures that are not.
    pub action: Action,
    /// Code of the sum.
    pub series: String,
    /// Codes of the parts. Where one has no figure nothing is compared.
    pub parts: Vec<String>,
    /// By what part of the sum they may differ (rounding).
    pub within: f64,
}

/// What a pipeline asks of its series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plausibility {
    /// What is asked of series that are not named; none asks nothing.
    pub every: Option<Tests>,
    /// What is asked of a series by its folded code.
    pub series: BTreeMap<String, Tests>,
    /// Sums.
    pub totals: Vec<Total>,
}

impl Plausibility {
    /// What is asked of a series.
    pub fn of(&self, code: &str) -> Option<&Tests> {
        self.series.get(&folded_code(code)).or(self.every.as_ref())
    }

    /// What is left of it when somebody has looked at a delivery and accepts it: it is told.
    #[must_use]
    pub fn accepting(&self) -> Self {
        let mut left = self.clone();
        for tests in left.every.iter_mut().chain(left.series.values_mut()) {
            let Tests { jump, constant, all_zero, scale, copied } = tests;
            let actions = [
                &mut jump.action,
                &mut constant.action,
                &mut all_zero.action,
                &mut scale.action,
                &mut copied.action,
            ];
            actions.into_iter().for_each(Action::accept);
        }
        left.totals.iter_mut().for_each(|total| total.action.accept());
        left
    }

    /// Whether nothing is asked of any series.
    pub fn is_open(&self) -> bool {
        self.every.is_none() && self.series.is_empty() && self.totals.is_empty()
    }
}

/// The middle of numbers, and how far they usually are from it: the median, and the median absolute
/// deviation; where that is 0 (more than half are equal) the mean absolute deviation. None for no
/// numbers. A spread of 0 says that all are equal, and that nothing is known of their spread.
pub fn spread(numbers: &[f64]) -> Option<(f64, f64)> {
    let middle = median(numbers)?;
    let off: Vec<f64> = numbers.iter().map(|it| (it - middle).abs()).collect();
    let usual = median(&off)?;
    let mean = || off.iter().sum::<f64>() / off.len() as f64;
    Some((middle, if usual > 0.0 { usual } else { mean() }))
}

fn median(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(lower + (upper - lower) / 2.0)
}

impl Jump {
    /// How many deviations a value lies from the earlier ones, by its size and by its step from the
    /// last: the smaller of both, so that steady growth is no jump and neither is a wobble of a series
    /// that hardly moves. Numbers that are all above 0 are compared as logarithms. None where there are
    /// too few, or all earlier ones are equal: then their spread is not known.
    pub fn measured(&self, earlier: &[f64], value: f64) -> Option<f64> {
        if earlier.len() < self.points_min.max(2) {
            return None;
        }
        let are_positive = value > 0.0 && earlier.iter().all(|it| *it > 0.0);
        let scaled = |it: f64| if are_positive { it.ln() } else { it };
        let earlier: Vec<f64> = earlier.iter().map(|it| scaled(*it)).collect();
        let value = scaled(value);
        let steps: Vec<f64> =
            earlier.iter().zip(earlier.iter().skip(1)).map(|(a, b)| b - a).collect();
        let far = |numbers: &[f64], of: f64| {
            let (middle, usual) = spread(numbers)?;
            (usual > 0.0).then(|| (of - middle).abs() / usual)
        };
        let step = value - earlier.last()?;
        Some(far(&earlier, value)?.min(far(&steps, step)?))
    }
}
