//! So many requests of one client in a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::listener::Client;

/// Clients that are remembered: more at one time share one allowance.
const CLIENTS_MAX: usize = 10_000;

/// What clients have left. Each has so many requests at once, and gets so many back in a second.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
    left: Mutex<HashMap<Option<Client>, (f64, Duration)>>,
}

impl Rate {
    /// None for no limit.
    pub(crate) fn new(per_second: u32, burst: u32) -> Option<Self> {
        let (per_second, burst) = (f64::from(per_second), f64::from(burst));
        (per_second > 0.0).then(|| Self { per_second, burst, left: Mutex::default() })
    }

    /// Takes one request of a client at a time of a clock that only rises; the seconds to wait where it has
    /// none left.
    pub(crate) fn take(&self, client: Client, now: Duration) -> Result<(), u64> {
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CLIENTS_MAX && !all.contains_key(&Some(client)) {
            all.retain(|_, (left, at)| self.now_left(*left, *at, now) < self.burst);
        }
        let is_known = all.contains_key(&Some(client));
        let who = Some(client).filter(|_| is_known || all.len() < CLIENTS_MAX);
        let (left, at) = all.entry(who).or_insert((self.burst, now));
        *left = self.now_left(*left, *at, now);
        *at = now;
        if *left >= 1.0 {
            *left -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - *left) / self.per_second);
        Err(wait.as_secs() + 1)
    }

    fn now_left(&self, left: f64, at: Duration, now: Duration) -> f64 {
        let since = now.saturating_sub(at).as_secs_f64();
        since.mul_add(self.per_second, left).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_p303_a_client_that_asks_too_often_waits_and_no_other_one_does() {
        let rate = Rate::new(2, 3).unwrap();
        let (one, other) = (Client([127, 0, 0, 1].into()), Client([127, 0, 0, 2].into()));
        let at = Duration::from_millis;
        for _ in 0..3 {
            assert_eq!(rate.take(one, at(0)), Ok(()));
        }
        assert_eq!(rate.take(one, at(0)), Err(1));
        assert_eq!(rate.take(other, at(0)), Ok(()));
        assert_eq!(rate.take(one, at(400)), Err(1));
        assert_eq!(rate.take(one, at(500)), Ok(()));
        assert_eq!(rate.take(one, at(500)), Err(1));
        assert!(Rate::new(0, 3).is_none());
    }

    #[test]
    fn trial_p303_addresses_without_end_take_no_memory_without_end() {
        let rate = Rate::new(1, 1).unwrap();
        for n in 0..20_000_u32 {
            let _ = rate.take(Client(n.to_be_bytes().into()), Duration::ZERO);
        }
        assert!(rate.left.lock().unwrap().len() <= CLIENTS_MAX + 1);
        assert_eq!(
            rate.take(Client(u32::MAX.to_be_bytes().into()), Duration::from_secs(9)),
            Ok(())
        );
    }
}
