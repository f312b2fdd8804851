//! How many texts of a message are held at one time: codes of its components, and what it says of
//! groups. Records are not held.

use super::json::Most;
use crate::{DecodeError, DecodeJob};

/// Counts them against `cells_max`, as they come: a text of two bytes takes fifty in memory, so the
/// length of a body is no bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    count: usize,
    limit: usize,
}

impl Held {
    pub(crate) const fn new(job: &DecodeJob<'_>) -> Self {
        Self { count: 0, limit: job.limits.cells_max }
    }

    /// One more.
    ///
    /// # Errors
    /// When there are more than may be held.
    pub(crate) fn take(&mut self) -> Result<(), DecodeError> {
        if self.count >= self.limit {
            let what = "the number of codes and texts of groups that a message holds".to_owned();
            return Err(over(what, (self.limit, "cells_max")));
        }
        self.count += 1;
        Ok(())
    }
}

/// The error of what is longer than it may be.
pub(crate) fn over(what: String, (limit, name): Most) -> DecodeError {
    DecodeError::too_large(what, u64::try_from(limit).unwrap_or(u64::MAX), name)
}
