//! The code lists of a scorecard: progress classes, grades, and reasons for a gap. The codes are
//! stable: tables store them and dashboards count by them.

use serde::Serialize;

use crate::progress::Why;

/// Progress class; docs/METHOD.md section 4. "Lost" is [`Class::Regressing`] with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Meets the target now.
    TargetMet,
    /// At least `classes.on_track` of the required pace.
    OnTrack,
    /// At least `classes.moderate` of it.
    Moderate,
    /// At least `classes.limited` of it.
    Limited,
    /// Less than that, or the target lost.
    Regressing,
    /// The target year is past and the target not met.
    DeadlineMissed,
    /// No class, for the reason given.
    NotAssessable,
}

impl Class {
    /// Every class, best first; "not assessable" is no worst place but no place, and comes last.
    pub const ALL: [Self; 7] = [
        Self::TargetMet,
        Self::OnTrack,
        Self::Moderate,
        Self::Limited,
        Self::Regressing,
        Self::DeadlineMissed,
        Self::NotAssessable,
    ];

    /// Stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TargetMet => "target_met",
            Self::OnTrack => "on_track",
            Self::Moderate => "moderate",
            Self::Limited => "limited",
            Self::Regressing => "regressing",
            Self::DeadlineMissed => "deadline_missed",
            Self::NotAssessable => "not_assessable",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TargetMet => "target met",
            Self::OnTrack => "on track",
            Self::Moderate => "moderate",
            Self::Limited => "limited",
            Self::Regressing => "regressing",
            Self::DeadlineMissed => "deadline missed",
            Self::NotAssessable => "not assessable",
        }
    }
}

/// What a class was decided by; docs/METHOD.md section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassBasis {
    /// The pace since the start, against the pace that the target asks for.
    Pace,
    /// The values at both ends: met, lost, or missed at the deadline, whatever the pace.
    Ends,
    /// The sampling error of a change that lies inside it: neither a rise nor a fall, whatever the
    /// pace of the figures, and even the best that the sample allows is slow.
    SamplingError,
    /// The latest values alone: nothing is known of the pace, and of all classes only "target met" and
    /// "deadline missed" were possible.
    Level,
}

impl ClassBasis {
    /// Stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pace => "pace",
            Self::Ends => "ends",
            Self::SamplingError => "sampling_error",
            Self::Level => "level",
        }
    }

    /// The basis of a class; none without one. `by_level`: there were no two ends to compare.
    pub(crate) const fn of(class: Class, why: Option<Why>, by_level: bool) -> Option<Self> {
        debug_assert!(
            !by_level
                || matches!(class, Class::TargetMet | Class::DeadlineMissed | Class::NotAssessable),
            "a class that no level has"
        );
        match (class, why) {
            (Class::NotAssessable, _) => None,
            _ if by_level => Some(Self::Level),
            (Class::TargetMet | Class::DeadlineMissed, _) => Some(Self::Ends),
            (Class::Regressing, Some(why)) if why.is_lost() => Some(Self::Ends),
            (_, Some(Why::NotSignificant)) => Some(Self::SamplingError),
            (Class::OnTrack | Class::Moderate | Class::Limited | Class::Regressing, _) => {
                Some(Self::Pace)
            }
        }
    }
}

/// Coverage and timeliness grade; docs/METHOD.md section 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Grade {
    /// What `grades.a` of the rule book asks: of a level coverage and freshness, of a change a
    /// baseline too.
    A,
    /// What `grades.b` asks.
    B,
    /// What `grades.c` asks.
    C,
    /// Less, but some data.
    D,
    /// No data.
    E,
}

impl Grade {
    /// The letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// The grade below, of those that there are data for: of a D, a D.
    pub(crate) const fn lowered(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::C,
            Self::C | Self::D => Self::D,
            Self::E => Self::E,
        }
    }
}

/// Why there is no usable current value of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// No pipeline delivers the indicator yet.
    NoSeries,
    /// No annual figure of the series is in force in the lake, of any area.
    NothingDelivered,
    /// Others have one, and of this area there is none.
    AreaNotCovered,
    /// Data exist but were not collected (SDMX `L`).
    NotCollected,
    /// Data cannot exist (SDMX `M`).
    CannotExist,
    /// Suppressed by the source (SDMX `Q`).
    Withheld,
    /// The source states that it has no value.
    NoValue,
    /// The last value is too old in the review year.
    TooOld,
    /// The first value comes after the window.
    Later,
    /// The only values are of years before the area's present territory, and never scored.
    BeforeTerritory,
    /// There is a value, but no score can be computed from it.
    NotNormalised,
}

impl Missing {
    /// Stable code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSeries => "no_series",
            Self::NothingDelivered => "nothing_delivered",
            Self::AreaNotCovered => "area_not_covered",
            Self::NotCollected => "not_collected",
            Self::CannotExist => "cannot_exist",
            Self::Withheld => "withheld",
            Self::NoValue => "no_value",
            Self::TooOld => "too_old",
            Self::Later => "later",
            Self::BeforeTerritory => "before_territory",
            Self::NotNormalised => "not_normalised",
        }
    }
}
