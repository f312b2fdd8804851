//! Rules of other organisations for classes of progress, beside those of the house: `schemas/rules/others/*.toml`.
//!
//! They class the same two observations as the house does, in their own words. What a class is like in the words of
//! the house makes them comparable.

/// The classes that all books can be held against: from the target met or within reach down to moving away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// Target met, or on track to it.
    OnTrack,
    /// Progress at a moderate pace.
    Moderate,
    /// Hardly any progress.
    Limited,
    /// Moving away.
    Regressing,
}

impl Band {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [Self::OnTrack, Self::Moderate, Self::Limited, Self::Regressing];

    /// Stable code, as files and tables have it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OnTrack => "on_track",
            Self::Moderate => "moderate",
            Self::Limited => "limited",
            Self::Regressing => "regressing",
        }
    }
}

/// What is measured before a class is given; docs/METHOD.md section 4 has the letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// d g / |needed|, units a year.
    Pace,
    /// The same of growth rates: d CAGR / |CAGR needed|.
    Growth,
    /// (value projected by growth - y0) / (T - y0).
    Way,
    /// The same as `Pace`, of normalised scores towards the score of the target.
    Score,
    /// d CAGR, without a target.
    Rate,
    /// Score of the current value over the score of the target: where it stands, and no progress.
    Level,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pace, Self::Growth, Self::Way, Self::Score, Self::Rate, Self::Level];

    /// Stable code, as files have it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pace => "pace",
            Self::Growth => "growth",
            Self::Way => "way",
            Self::Score => "score",
            Self::Rate => "rate",
            Self::Level => "level",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pace => "pace over the pace needed, in units a year",
            Self::Growth => "growth a year over the growth needed",
            Self::Way => "way to the target that growth would cover by its year",
            Self::Score => "pace of the score over the pace needed to the score of the target",
            Self::Rate => "growth a year in the desired direction",
            Self::Level => "score of the current value over the score of the target",
        }
    }
}

/// A class of a book.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemeClass {
    /// Its name there.
    pub name: String,
    /// Least measure; `None` of the last one, which has the rest.
    pub from: Option<f64>,
    /// Whether a rule alone gives it, never the measure.
    pub by_rule: bool,
    /// What it is like; a book with fewer classes has several, and a band of a level none.
    pub like: Vec<Band>,
}

/// How a series with a target, or one without, is classed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// What is measured.
    pub measure: Measure,
    /// Classes, best first; bounds fall.
    pub classes: Vec<SchemeClass>,
    /// The class (its place) of a target that is met, whatever the measure.
    pub met: Option<usize>,
    /// Of one that is met, and moves away.
    pub falling: Option<usize>,
    /// Of one that was met at the start and is no more; `None`: the measure decides, as it is published.
    pub lost: Option<usize>,
    /// So near to a target of 0 or 100 that it counts as met, in units.
    pub met_within: f64,
    /// Exponent of the factor 1 - (y0 / limit)^e by which bounds and points of marks above 0 shrink near a
    /// natural limit.
    pub limit_exponent: Option<f64>,
    /// What is taken in place of a baseline or a target of 0, from which there is no growth.
    pub zero_as: Option<f64>,
    /// Whether `T` is the value from which the house takes the target to be met, and not the target itself.
    pub to_met_from: bool,
}

/// A point of a scale of marks.
pub type Knot = (f64, f64);

/// The rules of another organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheme {
    /// Id, the name of its file.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Whose rules.
    pub title: String,
    /// Where they are published.
    pub source: String,
    /// Whether they were read there.
    pub verified: bool,
    /// What of them is not here.
    pub note: String,
    /// With a target.
    pub with_target: Option<Ladder>,
    /// Without one.
    pub without_target: Option<Ladder>,
    /// Marks for a measure with a target: points of a line, from the lowest; held at its ends.
    pub marks_with_target: Vec<Knot>,
    /// The same without a target.
    pub marks_without_target: Vec<Knot>,
    /// Mark of a target that is met, whatever the measure.
    pub mark_met: Option<f64>,
}
