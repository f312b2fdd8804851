//! Clocks that are set while the daemon runs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Daemon, Note, Runner};
use crate::clock::Compared;

/// Clocks drift, and are corrected in small steps, without a word.
const DRIFT: TimeDelta = TimeDelta::minutes(2);

/// A clock that was set forward by more than this is doubted: what it dates cannot be dated back.
const DOUBTED_BEYOND: TimeDelta = TimeDelta::days(7);

/// For how long it must stay so to be believed.
const BELIEVED_AFTER: Duration = Duration::from_mins(10);

impl<R: Runner> Daemon<R> {
    /// Whether nothing may begin because the clock was just set far ahead, from where clocks
    /// return. Says so, and says also when it was set back: what was dealt with up to the later
    /// time does not run again, so that nothing may happen for a while (X19).
    pub(super) fn clock_is_doubtful(&mut self, now: DateTime<Utc>) -> bool {
        let read = Compared::read(&*self.clock);
        let set = read.set_since(&self.compared);
        if set > DOUBTED_BEYOND {
            let steady = self.clock.steady();
            let since = *self.doubted.get_or_insert(steady);
            if steady.saturating_sub(since) < BELIEVED_AFTER {
                let minutes = BELIEVED_AFTER.as_secs() / 60;
                self.say(format!(
                    "the clock was set forward by {} days, to {}; nothing is started until it has \
                     stayed so for {minutes} minutes",
                    set.num_days(),
                    now.format("%Y-%m-%d %H:%M UTC"),
                ));
                return true;
            }
        }
        self.doubted = None;
        self.compared = read;
        if set < -DRIFT {
            self.set_back(now, -set);
        }
        false
    }

    /// After a clock that was ahead: waits that it named are over.
    fn set_back(&mut self, now: DateTime<Utc>, by: TimeDelta) {
        self.recover_at = now;
        self.follow = true;
        for armed in self.armed.values_mut() {
            armed.not_before = armed.not_before.min(now);
        }
        let until = self.armed.values().map(|armed| armed.considered).max().unwrap_or(now);
        let rest = if until > now {
            format!("; ticks up to {} do not run again", until.format("%Y-%m-%d %H:%M UTC"))
        } else {
            String::new()
        };
        self.say(format!(
            "the clock was set back by {} minutes, to {}{rest}",
            by.num_minutes(),
            now.format("%Y-%m-%d %H:%M UTC")
        ));
    }

    fn say(&self, what: String) {
        tracing::error!("{what}");
        self.note(Note::Trouble(what));
    }
}
