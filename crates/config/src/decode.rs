//! `[decode]` of `workspace.toml`: how much of one payload is read at most.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::limits::DecodeLimits;

/// Limits of reading one payload. What goes beyond one is refused as a whole, with its name; what
/// is in force stays.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "DecodeLimits")]
pub(crate) struct RawDecodeLimits {
    /// Most records of a payload: rows, and in wide tables rows times figures.
    #[schemars(range(min = 1))]
    records_max: u64,
    /// Most quarantined records kept of a payload; more are counted.
    #[schemars(range(min = 1))]
    quarantine_rows_max: u64,
    /// Most columns of a table.
    #[schemars(range(min = 1, max = 16_384))]
    columns_max: usize,
    /// Most year columns of a table.
    #[schemars(range(min = 1, max = 16_384))]
    year_columns_max: usize,
    /// Most cells of a table that is held in memory, empty ones too; most codes and texts of groups that a
    /// message holds.
    #[schemars(range(min = 1))]
    cells_max: usize,
    /// Longest record of a table, bytes.
    #[schemars(range(min = 1))]
    record_max_bytes: usize,
    /// Most sheets of a workbook.
    #[schemars(range(min = 1, max = 10_000))]
    sheets_max: usize,
    /// Most files in a zip archive.
    #[schemars(range(min = 1, max = 65_535))]
    parts_max: usize,
    /// Most bytes that a workbook unpacks to.
    #[schemars(range(min = 1))]
    workbook_max_bytes: u64,
    /// Most bytes that any other archive (a zip or gzip with a CSV) unpacks to.
    #[schemars(range(min = 1))]
    unpacked_max_bytes: u64,
}

impl Default for RawDecodeLimits {
    fn default() -> Self {
        let limits = DecodeLimits::default();
        Self {
            records_max: limits.records_max,
            quarantine_rows_max: limits.quarantine_rows_max,
            columns_max: limits.columns_max,
            year_columns_max: limits.year_columns_max,
            cells_max: limits.cells_max,
            record_max_bytes: limits.record_max_bytes,
            sheets_max: limits.sheets_max,
            parts_max: limits.parts_max,
            workbook_max_bytes: limits.workbook_max_bytes,
            unpacked_max_bytes: limits.unpacked_max_bytes,
        }
    }
}

impl RawDecodeLimits {
    pub(crate) const fn limits(self) -> DecodeLimits {
        DecodeLimits {
            records_max: self.records_max,
            quarantine_rows_max: self.quarantine_rows_max,
            columns_max: self.columns_max,
            year_columns_max: self.year_columns_max,
            cells_max: self.cells_max,
            record_max_bytes: self.record_max_bytes,
            sheets_max: self.sheets_max,
            parts_max: self.parts_max,
            workbook_max_bytes: self.workbook_max_bytes,
            unpacked_max_bytes: self.unpacked_max_bytes,
        }
    }
}
