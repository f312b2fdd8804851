//! Telling what waits to be told: each channel by itself, so that one that does not answer holds up
//! no other, and no run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;

use crate::alert::{Alert, Alerts, Undelivered};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::ledger::{LONGEST_WAIT, Ledger, LedgerError, TAKEN_FOR, Waiting, new_id};

/// Alerts told in one go; the others follow at the next look.
const AT_ONE_TIME: usize = 50;

/// An alert that nobody took for so long is given up, with a word in the log.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(7);

/// So long a look waits for those who are told; a channel that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells what waits in the ledger.
pub(crate) struct Teller {
    alerts: Arc<Alerts>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    /// By channel: one alert at a time, and until when it is left alone after it failed.
    lines: Mutex<BTreeMap<String, Line>>,
}

type Line = Arc<tokio::sync::Mutex<Option<DateTime<Utc>>>>;

impl Teller {
    pub(crate) fn new(alerts: Alerts, ledger: Arc<Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { alerts: Arc::new(alerts), ledger, clock, lines: Mutex::default() }
    }

    /// The channels.
    pub(crate) fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Tells what is due. Returns how many alerts still wait.
    pub(crate) async fn tell(&self) -> Result<u64, EngineError> {
        let now = self.clock.now();
        let claim = new_id(now);
        let take = move |ledger: &Ledger| ledger.take_alerts(now, &claim, AT_ONE_TIME);
        let mut by_channel: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for waiting in self.ledger.apart(take).await? {
            by_channel.entry(waiting.channel.clone()).or_default().push(waiting);
        }
        let mut told = Vec::new();
        for (channel, waiting) in by_channel {
            let line = self.line(&channel);
            // Of one that is being told already nobody waits for the end.
            let is_free = line.try_lock().is_ok();
            let one = Channel {
                alerts: Arc::clone(&self.alerts),
                ledger: Arc::clone(&self.ledger),
                clock: Arc::clone(&self.clock),
                line,
            };
            let task = tokio::spawn(one.tell(waiting));
            if is_free {
                told.push(task);
            }
        }
        if let Ok(ended) = tokio::time::timeout(PATIENCE, join_all(told)).await {
            ended.into_iter().flatten().collect::<Result<(), LedgerError>>()?;
        }
        Ok(self.ledger.apart(Ledger::alerts_waiting).await?)
    }

    fn line(&self, channel: &str) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(channel.to_owned()).or_default())
    }
}

/// One channel, and what it takes to tell something on it.
struct Channel {
    alerts: Arc<Alerts>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    line: Line,
}

impl Channel {
    /// Tells alerts in their order. After one that it did not take, the others wait as long.
    async fn tell(self, all: Vec<Waiting>) -> Result<(), LedgerError> {
        let taken = self.clock.now();
        let mut rests = self.line.lock().await;
        for waiting in all {
            let now = self.clock.now();
            // Others may have taken them since: a channel that is slow, and well, would hear them twice.
            if now - taken >= TAKEN_FOR {
                break;
            }
            if let Some(until) = rests.filter(|until| now < *until) {
                self.ledger.apart(move |ledger| ledger.defer_alert(&waiting, until)).await?;
                continue;
            }
            let result = match serde_json::from_str::<Alert>(&waiting.alert) {
                Ok(alert) => self.alerts.send_on(&waiting.channel, &alert).await,
                // Of a newer or older program: nobody can tell it.
                Err(error) => Err(Undelivered::Never(error.to_string())),
            };
            let done = is_done(&waiting, result, now);
            let until = now + wait(&waiting);
            if !done {
                *rests = Some(until);
            }
            let write = move |ledger: &Ledger| {
                if done { ledger.drop_alert(&waiting) } else { ledger.defer_alert(&waiting, until) }
            };
            self.ledger.apart(write).await?;
        }
        Ok(())
    }
}

/// Whether an alert needs not be tried again: it was told, or is given up.
fn is_done(waiting: &Waiting, result: Result<(), Undelivered>, now: DateTime<Utc>) -> bool {
    match result {
        Ok(()) => true,
        Err(Undelivered::Never(why)) => {
            tracing::error!(channel = waiting.channel, why, "an alert cannot be told");
            true
        }
        Err(Undelivered::Now(why)) if now - waiting.made > GIVEN_UP_AFTER => {
            tracing::error!(channel = waiting.channel, why, "an alert is given up");
            true
        }
        Err(Undelivered::Now(_)) => false,
    }
}

/// A minute, two, four, up to an hour.
fn wait(waiting: &Waiting) -> TimeDelta {
    let doublings = u32::try_from(waiting.attempts.clamp(1, 7) - 1).unwrap_or(0);
    (TimeDelta::minutes(1) * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}
