//! Which tick of a schedule runs, and which are passed over: pure functions of the instant.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use wsis_model::pipeline::Misfire;

/// What is to be done about ticks that are due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Decision {
    /// The tick to run.
    pub(super) run: Option<DateTime<Utc>>,
    /// Ticks passed over, in order; all of them earlier than `run`.
    pub(super) missed: Vec<DateTime<Utc>>,
}

/// Decides about ticks that are due, in order.
///
/// - `run-once`: the latest runs, however late; those before it are passed over.
/// - `skip`: the latest runs if it is no later than `grace`; else all are passed over.
/// - `all`: the earliest runs; the others follow one by one.
pub(super) fn decide(
    misfire: Misfire,
    due: &[DateTime<Utc>],
    now: DateTime<Utc>,
    grace: TimeDelta,
) -> Decision {
    let Some((last, before)) = due.split_last() else { return Decision::default() };
    match misfire {
        Misfire::RunOnce => Decision { run: Some(*last), missed: before.to_vec() },
        Misfire::Skip if now - *last <= grace => {
            Decision { run: Some(*last), missed: before.to_vec() }
        }
        Misfire::Skip => Decision { run: None, missed: due.to_vec() },
        Misfire::All => Decision { run: due.first().copied(), missed: Vec::new() },
    }
}

/// The wait between a tick and its run: from 0 to `most` seconds, always the same for one tick of
/// one pipeline, so that machines and restarts agree, and spread over pipelines, so that they do
/// not ask all at once.
pub(super) fn jitter(pipeline: &str, tick: DateTime<Utc>, most: u64) -> TimeDelta {
    let mut hash = Sha256::new();
    hash.update(pipeline.as_bytes());
    hash.update(tick.timestamp().to_be_bytes());
    let digest = hash.finalize();
    let number = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let seconds = number % most.saturating_add(1);
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + minute * 60, 0).unwrap()
    }

    #[test]
    fn each_policy_decides_about_late_ticks() {
        let due = [at(0), at(10), at(20)];
        let grace = TimeDelta::minutes(5);
        let decided = |misfire, due: &[DateTime<Utc>], now| {
            let Decision { run, missed } = decide(misfire, due, at(now), grace);
            (run, missed)
        };
        assert_eq!(decided(Misfire::RunOnce, &due, 1_000), (Some(at(20)), vec![at(0), at(10)]));
        assert_eq!(decided(Misfire::Skip, &due, 25), (Some(at(20)), vec![at(0), at(10)]));
        assert_eq!(decided(Misfire::Skip, &due, 26), (None, due.to_vec()));
        assert_eq!(decided(Misfire::All, &due, 1_000), (Some(at(0)), vec![]));
        for misfire in [Misfire::RunOnce, Misfire::Skip, Misfire::All] {
            assert_eq!(decided(misfire, &[], 0), (None, vec![]));
            assert_eq!(decided(misfire, &due[..1], 0), (Some(at(0)), vec![]));
        }
    }

    #[test]
    fn jitter_is_the_same_for_one_tick_and_spread_over_pipelines() {
        assert_eq!(jitter("a", at(0), 0), TimeDelta::zero());
        assert_eq!(jitter("a", at(0), 600), jitter("a", at(0), 600));
        let waits: Vec<i64> =
            (0..1_000).map(|n| jitter(&format!("p{n}"), at(0), 600).num_seconds()).collect();
        assert!(waits.iter().all(|wait| (0..=600).contains(wait)));
        let mean = waits.iter().sum::<i64>() / 1_000;
        assert!((270..330).contains(&mean), "{mean}");
    }
}
