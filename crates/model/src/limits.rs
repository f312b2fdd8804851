//! How much of one payload is read at most. Real deliveries stay far below; what a hostile or
//! broken one would take is bounded by these, whatever its bytes say of themselves.

/// Limits of reading one payload. Every one is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Most records of a payload: rows, and in wide tables rows times figures.
    pub records_max: u64,
    /// Most quarantined records kept of a payload; more are counted.
    pub quarantine_rows_max: u64,
    /// Most columns of a table.
    pub columns_max: usize,
    /// Most year columns of a table.
    pub year_columns_max: usize,
    /// Most cells of a table that is held in memory, empty ones too; most codes and texts of groups that a
    /// message holds.
    pub cells_max: usize,
    /// Longest record of a table, bytes.
    pub record_max_bytes: usize,
    /// Most sheets of a workbook.
    pub sheets_max: usize,
    /// Most files in a zip archive.
    pub parts_max: usize,
    /// Most bytes that a workbook unpacks to.
    pub workbook_max_bytes: u64,
    /// Most bytes that any other archive unpacks to.
    pub unpacked_max_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            records_max: 20_000_000,
            quarantine_rows_max: 10_000,
            columns_max: 1_024,
            year_columns_max: 300,
            cells_max: 1_000_000,
            record_max_bytes: 1 << 20,
            sheets_max: 100,
            parts_max: 1_000,
            workbook_max_bytes: 64 << 20,
            unpacked_max_bytes: 512 << 20,
        }
    }
}
