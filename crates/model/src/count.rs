//! The row account of an ingest: parsed = accepted + quarantined, always.

/// What became of the rows of one or more payloads.
///
/// `parsed = accepted + quarantined` is the promise of the product;
/// `missing` and `duplicates` are parts of `accepted`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCount {
    /// Records the decoder found in the payload.
    pub parsed: u64,
    /// Records that became observations (or equal doubles of one).
    pub accepted: u64,
    /// Records set aside with a reason.
    pub quarantined: u64,
    /// Accepted records in which the source states that there is no value.
    pub missing: u64,
    /// Accepted records equal to another one of the same run, stored once.
    pub duplicates: u64,
}

impl RowCount {
    /// Whether nothing was lost: every parsed record is accepted or quarantined.
    pub const fn balances(&self) -> bool {
        self.parsed == self.accepted + self.quarantined
    }
}
