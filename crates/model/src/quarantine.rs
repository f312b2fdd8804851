//! Rows that could not be used, each with its reason and its place in the payload.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::period::Period;

/// Why a record was set aside. The code is stable: dashboards and tests count by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The area name or code is not in the code list.
    UnknownArea,
    /// More than one area answers to the name.
    AmbiguousArea,
    /// The value is neither a number nor a declared missing token, or is not finite.
    NotANumber,
    /// Not a year within range.
    InvalidPeriod,
    /// A valid period of another frequency than the pipeline declares.
    OtherFrequency,
    /// The same key twice in one delivery with different values.
    Conflict,
    /// A dimension code that the code list does not know.
    UnknownDimension,
    /// The series was not asked for, or is not declared by the pipeline.
    UnexpectedSeries,
    /// A required field is absent or of another type, or the record is cut off.
    MalformedRecord,
    /// The value lies outside the hard bounds declared for the series.
    OutOfRange,
    /// The unit differs from the declared one and no conversion is known.
    UnknownUnit,
    /// Not believed beside the figures before it, as the pipeline declares.
    Implausible,
}

impl Reason {
    /// Stable lower-case code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownArea => "unknown_area",
            Self::AmbiguousArea => "ambiguous_area",
            Self::NotANumber => "not_a_number",
            Self::InvalidPeriod => "invalid_period",
            Self::OtherFrequency => "other_frequency",
            Self::Conflict => "conflict",
            Self::UnknownDimension => "unknown_dimension",
            Self::UnexpectedSeries => "unexpected_series",
            Self::MalformedRecord => "malformed_record",
            Self::OutOfRange => "out_of_range",
            Self::UnknownUnit => "unknown_unit",
            Self::Implausible => "implausible",
        }
    }
}

/// Which figure a record that cannot be used is of, as far as that could be made out: what the
/// source gives and nobody could read is no figure that it no longer gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subject {
    /// Series as the source calls it; none where that is not declared.
    pub series: Option<String>,
    /// ISO 3166-1 alpha-3, or the code of another area.
    pub area: Option<String>,
    /// Time.
    pub period: Option<Period>,
    /// Sex, age, location and further dimensions.
    pub breakdown: Option<[String; 4]>,
    /// Its value, in the unit of the series, where that was read and is not believed (out of range).
    pub refused: Option<f64>,
}

/// One rejected record.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Why.
    pub reason: Reason,
    /// What was found and what would be right, one sentence.
    pub detail: String,
    /// Position of the record in the payload, from 1 (same numbering as `payload_row`).
    pub payload_row: i64,
    /// The record as text, cut to 500 characters.
    pub record: String,
    /// Where a person finds it in the file (`line 15`, `sheet "2025", row 12`), where the format has
    /// such places. `payload_row` is none: titles, blank lines and headers are not counted there.
    pub place: Option<String>,
    /// Which figure it is of; none where it is of none (a note, a period that nobody asked for).
    pub subject: Option<Subject>,
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        text("source"),
        text("dataset"),
        text("reason"),
        text("detail"),
        text("record"),
        text("payload"),
        Field::new("payload_row", DataType::Int64, false),
        Field::new("recorded_at", utc, false),
        // Not in files of version 1.
        Field::new("payload_place", DataType::Utf8, true),
    ]))
});

/// The Arrow schema of `quarantine`.
pub fn quarantine_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}
