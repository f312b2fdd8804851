//! The one observation schema: what a source said, about what, when it was known.
//!
//! Three times: the period that is spoken of (`freq`, `time_period`), `recorded_at`, at which this
//! system first saw the statement, and `released_at`, the provider's own date of it. A change of
//! value, or a withdrawal, is a new row; nothing is overwritten.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::period::Period;

/// The wildcard value of a dimension that a source does not break down by (SDMX `_T`, total).
pub const TOTAL: &str = "_T";

/// Column names of the observation tables.
pub mod column {
    /// Source id (`worldbank`, `undesa`, `unsd`).
    pub const SOURCE: &str = "source";
    /// Dataset (SDMX dataflow) of the source.
    pub const DATASET: &str = "dataset";
    /// Series code as the source writes it.
    pub const SERIES_CODE: &str = "series_code";
    /// Reference area: ISO 3166-1 alpha-3, or `M49:nnn` / `WB:xxx` for aggregates.
    pub const REF_AREA: &str = "ref_area";
    /// SDMX sex code.
    pub const SEX: &str = "sex";
    /// SDMX age code.
    pub const AGE: &str = "age";
    /// Degree of urbanisation (SDMX `URBANISATION`).
    pub const LOCATION: &str = "location";
    /// All other dimensions, `NAME=CODE` joined with `;`, sorted by name; empty if none.
    pub const DIMENSIONS: &str = "dimensions";
    /// SDMX frequency (`CL_FREQ`): `A`, `S`, `Q`, `M`, `W` or `D`.
    pub const FREQ: &str = "freq";
    /// SDMX period: `2024`, `2024-S1`, `2024-Q1`, `2024-03`, `2024-W05`, `2024-03-01`.
    pub const TIME_PERIOD: &str = "time_period";
    /// Year that the period begins with.
    pub const YEAR: &str = "year";
    /// First day of the period.
    pub const PERIOD_START: &str = "period_start";
    /// Value in `unit`; null when missing or withdrawn.
    pub const VALUE: &str = "value";
    /// Value as the source printed it, where that differs from the shortest form of `value`.
    pub const VALUE_TEXT: &str = "value_text";
    /// Unit of measure.
    pub const UNIT: &str = "unit";
    /// SDMX observation status.
    pub const OBS_STATUS: &str = "obs_status";
    /// The source's own flags, verbatim; behind them what a 0 means that is no measurement.
    pub const SOURCE_FLAG: &str = "source_flag";
    /// The source's own footnotes, verbatim.
    pub const FOOTNOTE: &str = "footnote";
    /// Date of release as the provider states it, with the answer that first said this; null
    /// where it states none.
    pub const RELEASED_AT: &str = "released_at";
    /// Instant at which the payload was retrieved.
    pub const RECORDED_AT: &str = "recorded_at";
    /// True when the source no longer gives this observation.
    pub const WITHDRAWN: &str = "withdrawn";
    /// SHA-256 of the payload, hexadecimal.
    pub const PAYLOAD: &str = "payload";
    /// Position of the record in the payload, from 1.
    pub const PAYLOAD_ROW: &str = "payload_row";
}

/// The key of an observation, in sort order. `recorded_at` follows it in `observations`.
pub const KEY: [&str; 10] = [
    column::SOURCE,
    column::DATASET,
    column::SERIES_CODE,
    column::REF_AREA,
    column::SEX,
    column::AGE,
    column::LOCATION,
    column::DIMENSIONS,
    column::FREQ,
    column::TIME_PERIOD,
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use column as c;
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let text_or_null = |name: &str| Field::new(name, DataType::Utf8, true);
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        text(c::SOURCE),
        text(c::DATASET),
        text(c::SERIES_CODE),
        text(c::REF_AREA),
        text(c::SEX),
        text(c::AGE),
        text(c::LOCATION),
        text(c::DIMENSIONS),
        text(c::FREQ),
        text(c::TIME_PERIOD),
        Field::new(c::YEAR, DataType::Int32, false),
        Field::new(c::PERIOD_START, DataType::Date32, false),
        Field::new(c::VALUE, DataType::Float64, true),
        text_or_null(c::VALUE_TEXT),
        text(c::UNIT),
        text(c::OBS_STATUS),
        text_or_null(c::SOURCE_FLAG),
        text_or_null(c::FOOTNOTE),
        Field::new(c::RELEASED_AT, DataType::Date32, true),
        Field::new(c::RECORDED_AT, utc, false),
        Field::new(c::WITHDRAWN, DataType::Boolean, false),
        text(c::PAYLOAD),
        Field::new(c::PAYLOAD_ROW, DataType::Int64, false),
    ]))
});

/// The Arrow schema of `observations` and `observations_latest`: Utf8, Int32, Int64, Float64,
/// Boolean, Date32 and µs-UTC instants only, so that every reader opens the files.
pub fn observation_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// One normalised observation, borrowed from a decoder. Field meanings as in [`column`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<'a> {
    /// See [`column::SERIES_CODE`].
    pub series_code: &'a str,
    /// See [`column::REF_AREA`].
    pub ref_area: &'a str,
    /// See [`column::SEX`].
    pub sex: &'a str,
    /// See [`column::AGE`].
    pub age: &'a str,
    /// See [`column::LOCATION`].
    pub location: &'a str,
    /// See [`column::DIMENSIONS`].
    pub dimensions: &'a str,
    /// See [`column::FREQ`] and [`column::TIME_PERIOD`].
    pub period: Period,
    /// See [`column::VALUE`]; finite.
    pub value: Option<f64>,
    /// See [`column::VALUE_TEXT`].
    pub value_text: Option<&'a str>,
    /// See [`column::UNIT`].
    pub unit: &'a str,
    /// See [`column::OBS_STATUS`].
    pub obs_status: crate::status::ObsStatus,
    /// See [`column::SOURCE_FLAG`].
    pub source_flag: Option<&'a str>,
    /// See [`column::FOOTNOTE`].
    pub footnote: Option<&'a str>,
    /// See [`column::PAYLOAD_ROW`].
    pub payload_row: i64,
}

/// Where a decoder puts its records. Every record goes to exactly one of the two.
pub trait RowSink {
    /// Takes a normalised observation.
    fn accept(&mut self, observation: &Observation<'_>);
    /// Takes a record that could not be used.
    fn reject(&mut self, rejected: crate::quarantine::Rejected);
}
