//! Which answers are asked for again, and after how long.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// Whether a status is worth another attempt: too early, too many, timed out, or a fault of
/// the server. All requests are GET, so repeating one is safe.
pub const fn retryable(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || (status >= 500 && status != 501 && status != 505)
}

/// Waits between attempts: exponential with full jitter, that is, uniform over
/// `[0, min(max, first * 2^(attempt - 1))]`.
///
/// The "random" part is a hash (splitmix64) of an injected seed, the request and the attempt:
/// two requests of one run spread out, while a test with a fixed seed sees the same waits.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Upper bound of the first wait.
    pub first: Duration,
    /// Upper bound of every wait.
    pub max: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Backoff {
    /// The wait after attempt number `attempt` (from 1) of the request with this URL.
    pub fn wait(&self, url: &str, attempt: u32) -> Duration {
        let bound = self.bound(attempt).as_micros();
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let mut state = self.seed ^ u64::from(attempt);
        for byte in url.bytes() {
            state = splitmix64(state ^ u64::from(byte));
        }
        let draw = splitmix64(state);
        Duration::from_micros(match bound.checked_add(1) {
            Some(values) => draw % values,
            None => draw,
        })
    }

    /// The upper bound of the wait after `attempt`.
    pub fn bound(&self, attempt: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.checked_mul(doubled.max(1)).unwrap_or(self.max).min(self.max)
    }
}

const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a `Retry-After` header asks for: seconds, or an HTTP-date (RFC 9110, 10.2.3; all three
/// date forms of 5.6.7). A date in the past means now. `None` when it is neither.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is "very long", not "unreadable".
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = http_date(value)?;
    Some((at - now).to_std().unwrap_or(Duration::ZERO))
}

fn http_date(value: &str) -> Option<DateTime<Utc>> {
    // IMF-fixdate, rfc850-date, asctime-date.
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
        .map(|civil| civil.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-25T10:00:00Z").unwrap().to_utc()
    }

    #[test]
    fn h1_retry_after_in_all_its_forms() {
        let seconds = |text: &str| retry_after(text, now()).map(|wait| wait.as_secs());
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("999999"), Some(999_999));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Wed, 25 Nov 2026 10:02:00 GMT"), Some(120));
        assert_eq!(seconds("Wednesday, 25-Nov-26 10:02:00 GMT"), Some(120));
        assert_eq!(seconds("Wed Nov 25 10:02:00 2026"), Some(120));
        assert_eq!(seconds("Tue, 24 Nov 2026 10:02:00 GMT"), Some(0), "a past date is now");
        for unreadable in ["", "soon", "-5", "1.5", "+3", "Wed, 25 Nov 2026"] {
            assert_eq!(seconds(unreadable), None, "{unreadable:?}");
        }
    }

    #[test]
    fn h13_statuses_that_are_asked_again() {
        for status in [408, 425, 429, 500, 502, 503, 504, 520, 599] {
            assert!(retryable(status), "{status}");
        }
        for status in [200, 204, 301, 304, 400, 401, 403, 404, 410, 413, 501, 505] {
            assert!(!retryable(status), "{status}");
        }
    }

    #[test]
    fn waits_grow_stay_under_the_cap_and_repeat() {
        let backoff =
            Backoff { first: Duration::from_millis(500), max: Duration::from_mins(1), seed: 7 };
        let bounds: Vec<u128> = (1..=9).map(|n| backoff.bound(n).as_millis()).collect();
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        assert_eq!(backoff.bound(4_000_000_000), Duration::from_mins(1));
        for attempt in 1..50 {
            let wait = backoff.wait("https://a.example/", attempt);
            assert!(wait <= backoff.bound(attempt));
            assert_eq!(wait, backoff.wait("https://a.example/", attempt));
        }
        assert_ne!(backoff.wait("https://a.example/", 3), backoff.wait("https://b.example/", 3));
        let other = Backoff { seed: 8, ..backoff };
        assert_ne!(backoff.wait("https://a.example/", 3), other.wait("https://a.example/", 3));
    }

    #[test]
    fn jitter_fills_the_interval() {
        let backoff =
            Backoff { first: Duration::from_secs(1), max: Duration::from_secs(1), seed: 1 };
        let mut tenths = [0_u32; 10];
        for n in 0..1000 {
            let wait = backoff.wait(&format!("https://x.example/{n}"), 1);
            let slot = (wait.as_micros() * 10 / 1_000_001) as usize;
            tenths[slot] += 1;
        }
        assert!(tenths.iter().all(|&n| (60..=150).contains(&n)), "{tenths:?}");
    }
}
