//! The code lists of gaps. The codes are stable: tables store them.

use crate::result::Missing;

/// What of the figures that are asked for is not there: the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// There is no current value, for the reason that `missing` of the indicator's score gives; or
    /// ([`Missing::NotNormalised`]) one of the values has no score.
    Level(Missing),
    /// There is none in the series of the indicator; another delivery of the same figure has one.
    OtherDelivery,
    /// The current value is too old to show a change.
    Stale,
    /// There is no value near the start of the window.
    NoBaseline,
    /// A break of the series lies between the values.
    Break,
    /// The values are too near to each other.
    ShortSpan,
    /// Everything is there, and the current value is an estimate.
    Estimate,
}

impl Gap {
    /// Every gap: of the level, of the change, of the quality.
    pub const ALL: [Self; 17] = [
        Self::Level(Missing::NoSeries),
        Self::Level(Missing::NothingDelivered),
        Self::OtherDelivery,
        Self::Level(Missing::AreaNotCovered),
        Self::Level(Missing::BeforeTerritory),
        Self::Level(Missing::NotCollected),
        Self::Level(Missing::CannotExist),
        Self::Level(Missing::Withheld),
        Self::Level(Missing::NoValue),
        Self::Level(Missing::TooOld),
        Self::Level(Missing::Later),
        Self::Level(Missing::NotNormalised),
        Self::Stale,
        Self::NoBaseline,
        Self::Break,
        Self::ShortSpan,
        Self::Estimate,
    ];

    /// Stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Level(missing) => missing.code(),
            Self::OtherDelivery => "other_delivery",
            Self::Stale => "stale",
            Self::NoBaseline => "no_baseline",
            Self::Break => "break",
            Self::ShortSpan => "short_span",
            Self::Estimate => "estimate",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Level(Missing::NoSeries) => "no pipeline asks for it",
            Self::Level(Missing::NothingDelivered) => "nothing of the series loaded",
            Self::OtherDelivery => "only by another delivery",
            Self::Level(Missing::AreaNotCovered) => "economy not in the series",
            Self::Level(Missing::BeforeTerritory) => "only of another territory",
            Self::Level(Missing::NotCollected) => "not collected, says the source",
            Self::Level(Missing::CannotExist) => "cannot exist, says the source",
            Self::Level(Missing::Withheld) => "withheld by the source",
            Self::Level(Missing::NoValue) => "no value, says the source",
            Self::Level(Missing::TooOld) => "last value too old",
            Self::Level(Missing::Later) => "first value after the window",
            Self::Level(Missing::NotNormalised) => "value without a score",
            Self::Stale => "too old for a change",
            Self::NoBaseline => "no value near the start",
            Self::Break => "series break",
            Self::ShortSpan => "values too near to each other",
            Self::Estimate => "an estimate",
        }
    }

    /// Place in [`Gap::ALL`].
    pub(crate) fn place(self) -> usize {
        Self::ALL.iter().position(|it| *it == self).unwrap_or(0)
    }

    /// Whether it is the same for every economy, and so told once: of an indicator of which nothing is
    /// loaded.
    pub const fn is_of_all(self) -> bool {
        matches!(self, Self::Level(Missing::NoSeries | Missing::NothingDelivered))
    }
}

/// Where a gap lies: what would have to be another for it to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LiesIn {
    /// Here: the series is not asked for, nothing of it is loaded, another delivery is not read, or the
    /// goalposts give no score.
    Deployment,
    /// In the sample: what its source has is not known.
    Sample,
    /// In the series: as loaded, it has such a figure of no economy.
    Series,
    /// In its coverage: it has such a figure of other economies.
    Coverage,
    /// In the matter: the figure cannot exist, or a break of method lies between the values.
    Nature,
}

impl LiesIn {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Deployment, Self::Sample, Self::Series, Self::Coverage, Self::Nature];

    /// Stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Sample => "sample",
            Self::Series => "series",
            Self::Coverage => "coverage",
            Self::Nature => "nature",
        }
    }

    /// What that means, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deployment => "not asked for or not loaded here",
            Self::Sample => "not in the sample: what the source has is not known from it",
            Self::Series => "the series as loaded has such a figure of no economy",
            Self::Coverage => "the series as loaded has such a figure of other economies",
            Self::Nature => "cannot exist, or a series break",
        }
    }

    /// Place in [`LiesIn::ALL`].
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}
