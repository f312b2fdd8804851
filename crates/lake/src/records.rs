//! What became of the records of a delivery, series by series: apart from what they say, how many of them could
//! be read.

use wsis_model::limits::DecodeLimits;

/// Payloads of which all that may be kept is kept at most.
const PAYLOADS_KEPT: u64 = 10;

/// How many records set aside are kept: a payload may hold millions of bad ones (X1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) of_payload_max: u64,
    pub(crate) of_payload: u64,
    all: u64,
    pub(crate) not: u64,
}

impl Default for Kept {
    fn default() -> Self {
        let of_payload_max = DecodeLimits::default().quarantine_rows_max;
        Self { of_payload_max, of_payload: 0, all: 0, not: 0 }
    }
}

impl Kept {
    pub(crate) fn room(&self) -> u64 {
        let of_all = self.of_payload_max.saturating_mul(PAYLOADS_KEPT).saturating_sub(self.all);
        self.of_payload_max.saturating_sub(self.of_payload).min(of_all)
    }

    /// Counts a record; false when it is not to be kept.
    pub(crate) fn one_more(&mut self) -> bool {
        let is_room = self.room() > 0;
        if is_room {
            self.of_payload += 1;
            self.all += 1;
        } else {
            self.not += 1;
        }
        is_room
    }
}

/// What became of the records of each series, by its number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(Vec<Record>);

/// What became of the records of one series.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Record {
    /// Records that became rows.
    pub(crate) accepted: u64,
    /// Records that could not be read and say of which figure they are.
    pub(crate) unread: u64,
}

impl Records {
    pub(crate) fn of(&mut self, series: u32) -> &mut Record {
        let at = series as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, Record::default());
        }
        &mut self.0[at]
    }

    /// Every series with records that could not be read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (u32, Record)> {
        (0..).zip(self.0.iter().copied()).filter(|(_, record)| record.unread > 0)
    }
}
