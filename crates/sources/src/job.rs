//! What a body is read for, and how much of it at most.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::pipeline::Pipeline;

use crate::DecodeError;

/// Steps between two questions whether to stop.
const STEPS: u32 = 1_024;

/// What a body is read for: the pipeline, the code lists, the limits, and when to stop.
#[derive(Clone, Copy)]
pub struct DecodeJob<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The code lists of the deployment.
    pub lists: &'a CodeLists,
    /// How much is read at most.
    pub limits: DecodeLimits,
    /// Asked every few microseconds of work: true ends it with [`DecodeError::Stopped`]. A
    /// deadline that passed and a user who stops are the same to a decoder; who asks knows which.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> DecodeJob<'a> {
    /// A job with the default limits that nobody stops.
    pub fn new(pipeline: &'a Pipeline, lists: &'a CodeLists) -> Self {
        Self { pipeline, lists, limits: DecodeLimits::default(), stop: &|| false }
    }

    /// An error when the work is to stop.
    pub(crate) fn checkpoint(&self) -> Result<(), DecodeError> {
        if (self.stop)() { Err(DecodeError::Stopped) } else { Ok(()) }
    }
}

/// Counts work: records against their limit, steps until the next question whether to stop.
pub(crate) struct Budget<'a> {
    job: &'a DecodeJob<'a>,
    records: u64,
    steps: u32,
}

impl<'a> Budget<'a> {
    pub(crate) const fn new(job: &'a DecodeJob<'a>) -> Self {
        Self { job, records: 0, steps: 0 }
    }

    /// Work that is no record.
    pub(crate) fn step(&mut self) -> Result<(), DecodeError> {
        self.steps += 1;
        if self.steps < STEPS {
            return Ok(());
        }
        self.steps = 0;
        self.job.checkpoint()
    }

    /// One more record.
    pub(crate) fn record(&mut self) -> Result<(), DecodeError> {
        self.records += 1;
        let limit = self.job.limits.records_max;
        if self.records > limit {
            return Err(DecodeError::too_large("the number of records", limit, "records_max"));
        }
        self.step()
    }
}

/// Does the work on one body. A panic, which only a bug makes, ends this body and no other.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(DecodeError::Panicked { what: what.chars().take(300).collect() })
    })
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use crate::DecodeError;

    #[test]
    fn trial_x2_x10_a_panic_is_the_error_of_its_body() {
        let error = guarded::<()>(|| panic!("row {}", 7)).unwrap_err();
        assert!(matches!(&error, DecodeError::Panicked { what } if what == "row 7"), "{error}");
        assert_eq!(guarded(|| Ok(7)).ok(), Some(7));
    }
}
