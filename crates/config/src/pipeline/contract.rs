//! `[contract]` of a pipeline.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::contract::{Contract, OnNew};

/// What becomes of a column or a code that was not there when figures last landed.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnNew")]
enum RawOnNew {
    /// Nobody is told.
    Ignore,
    /// The run says so.
    #[default]
    Warn,
    /// The run is held until somebody has looked at it.
    Hold,
}

impl RawOnNew {
    const fn meaning(self) -> OnNew {
        match self {
            Self::Ignore => OnNew::Ignore,
            Self::Warn => OnNew::Warn,
            Self::Hold => OnNew::Hold,
        }
    }
}

/// What becomes of new columns and codes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Contract")]
pub(super) struct RawContract {
    /// Of a column of a table that was not there when figures last landed: `ignore`, `warn` (without it) or
    /// `hold`. A year in a heading is any year.
    new_columns: RawOnNew,
    /// Of a code of a dimension (sex, age, location, or another) that was not there, also one that is in no
    /// code list: `ignore`, `warn` (without it) or `hold`.
    new_codes: RawOnNew,
}

impl RawContract {
    /// The contract that is meant.
    pub(super) const fn meaning(&self) -> Contract {
        Contract { new_columns: self.new_columns.meaning(), new_codes: self.new_codes.meaning() }
    }
}
