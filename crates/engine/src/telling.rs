//! Telling what waits to be told: each channel by itself, so that one that does not answer holds up
//! no other, and no run; and of a channel each pipeline by itself, so that an alert that is refused
//! holds up those of no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use wsis_model::causes::chain;

use crate::alert::{Alert, Alerts, Undelivered};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::ledger::{LONGEST_WAIT, Ledger, LedgerError, TAKEN_FOR, Waiting, new_id};

/// Alerts told in one go; the others follow at the next look.
const AT_ONE_TIME: usize = 50;

/// An alert that nobody took for so long is given up, with a word in the log.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(7);

/// An alert that was tried so often in vain (over a quarter of an hour) no longer keeps the younger ones
/// of its pipeline from their turn. Until then they are told in the order of the changes.
const IN_TURN_TRIES: u64 = 5;

/// So long a look waits for those who are told; a channel that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells what waits in the ledger.
pub(crate) struct Teller {
    alerts: Arc<Alerts>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    /// By channel: one alert at a time, and what it did not take.
    lines: Mutex<BTreeMap<String, Line>>,
}

type Line = Arc<tokio::sync::Mutex<Course>>;

/// How telling on a channel went.
#[derive(Default)]
struct Course {
    /// Until when it is left alone.
    rests_until: Option<DateTime<Utc>>,
    /// Tries in vain since it last took something; none before the first look.
    failures: Option<u64>,
    /// By pipeline: its alert that was not taken.
    refused: BTreeMap<String, Refused>,
}

/// An alert that a channel did not take.
struct Refused {
    /// When it is tried again.
    until: DateTime<Utc>,
    /// How often it was tried.
    attempts: u64,
    /// The channel took others since: it is refused for what it is.
    is_alone: bool,
}

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
        let (mut told, mut behind) = (Vec::new(), Vec::new());
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
            // The claim runs from before the ledger was asked, however long it took to answer.
            let task = tokio::spawn(one.tell(waiting, now));
            if is_free { told.push(task) } else { behind.push(task) }
        }
        tokio::spawn(not_waited_for(join_all(behind)));
        let mut told = Box::pin(join_all(told));
        match tokio::time::timeout(PATIENCE, &mut told).await {
            Ok(ended) => ended.into_iter().flatten().collect::<Result<(), LedgerError>>()?,
            Err(_late) => drop(tokio::spawn(not_waited_for(told))),
        }
        Ok(self.ledger.apart(Ledger::alerts_waiting).await?)
    }

    fn line(&self, channel: &str) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(channel.to_owned()).or_default())
    }
}

/// What of alerts that nobody waits for could not be written down, in the log: they may be told twice.
async fn not_waited_for(told: impl Future<Output = Vec<Ended>>) {
    for error in told.await.into_iter().flatten().filter_map(Result::err) {
        tracing::error!(error = chain(&error), "cannot write down what was told");
    }
}

/// How telling on a channel ended, by its task.
type Ended = Result<Result<(), LedgerError>, tokio::task::JoinError>;

/// One channel, and what it takes to tell something on it.
struct Channel {
    alerts: Arc<Alerts>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    line: Line,
}

impl Channel {
    /// Tells alerts: of each pipeline in their order, and first of those that were tried least. After one
    /// that the channel did not take it is left alone for a while. `taken` is when their claim began.
    async fn tell(self, all: Vec<Waiting>, taken: DateTime<Utc>) -> Result<(), LedgerError> {
        let mut course = self.line.lock().await;
        course.begin(&all, self.clock.now());
        for mut waiting in in_turn(all) {
            let now = self.clock.now();
            // Others may have taken them since: a channel that is slow, and well, would hear them twice.
            if now - taken >= TAKEN_FOR {
                break;
            }
            if let Some(until) = course.waits_until(&waiting, now) {
                self.ledger.apart(move |ledger| ledger.defer_alert(&waiting, until)).await?;
                continue;
            }
            let result = match serde_json::from_str::<Alert>(&waiting.alert) {
                Ok(alert) => self.alerts.send_on(&waiting.channel, &alert).await,
                // Of a newer or older program: nobody can tell it.
                Err(error) => Err(Undelivered::Never(error.to_string())),
            };
            waiting.attempts += 1;
            let is_taken = result.is_ok();
            let until = if is_done(&waiting, result, now) {
                course.is_over(&waiting, is_taken);
                None
            } else {
                Some(course.failed(&waiting, now))
            };
            let write = move |ledger: &Ledger| match until {
                None => ledger.drop_alert(&waiting),
                Some(until) => ledger.defer_alert(&waiting, until),
            };
            self.ledger.apart(write).await?;
        }
        Ok(())
    }
}

impl Course {
    /// At the first look of this program: what others tried in vain, as far as it still waits.
    fn begin(&mut self, all: &[Waiting], now: DateTime<Utc>) {
        if self.failures.is_some() {
            return;
        }
        self.failures = Some(all.iter().map(|waiting| waiting.attempts).sum());
        for waiting in all.iter().filter(|waiting| waiting.attempts > 0) {
            let refused = Refused { until: now, attempts: waiting.attempts, is_alone: false };
            self.refused.entry(waiting.pipeline.clone()).or_insert(refused);
        }
    }

    /// Until when an alert is not tried: the channel is left alone, or another of its pipeline comes first.
    fn waits_until(&self, waiting: &Waiting, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let before = self.refused.get(&waiting.pipeline);
        let before = before.filter(|it| it.attempts < IN_TURN_TRIES).map(|it| it.until);
        // A wait that is longer than any was named by a clock that was ahead.
        self.rests_until.max(before).filter(|until| now < *until && *until - now <= LONGEST_WAIT)
    }

    /// The channel took an alert, or it is given up.
    fn is_over(&mut self, waiting: &Waiting, is_taken: bool) {
        self.refused.remove(&waiting.pipeline);
        if is_taken {
            self.failures = Some(0);
            self.refused.values_mut().for_each(|refused| refused.is_alone = true);
        }
    }

    /// The channel did not take an alert. Returns when it is tried again.
    ///
    /// While only one pipeline's are refused, it may be for what they are, and the others are tried after
    /// the shortest wait. Of several the channel itself is taken to be out of order: the waits grow with
    /// the tries in vain, whatever was tried.
    fn failed(&mut self, waiting: &Waiting, now: DateTime<Utc>) -> DateTime<Utc> {
        let own = now + wait(waiting.attempts);
        let is_alone = self.refused.get(&waiting.pipeline).is_some_and(|it| it.is_alone);
        let refused = Refused { until: own, attempts: waiting.attempts, is_alone };
        self.refused.insert(waiting.pipeline.clone(), refused);
        let mut rest = wait(1);
        if !is_alone {
            let failures = self.failures.unwrap_or(0) + 1;
            self.failures = Some(failures);
            if self.refused.values().filter(|refused| !refused.is_alone).count() > 1 {
                rest = wait(failures);
            }
        }
        self.rests_until = Some(now + rest);
        own.max(now + rest)
    }
}

/// Alerts in the order in which they are tried: first the pipelines whose turn was tried least, of each
/// the oldest, unless it was tried too often.
fn in_turn(all: Vec<Waiting>) -> Vec<Waiting> {
    let mut pipelines: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for waiting in all {
        pipelines.entry(waiting.pipeline.clone()).or_default().push(waiting);
    }
    let mut turns: Vec<Vec<Waiting>> = pipelines.into_values().collect();
    for turn in &mut turns {
        // They come oldest first, and stay so.
        turn.sort_by_key(|waiting| waiting.attempts >= IN_TURN_TRIES);
    }
    turns.sort_by_key(|turn| turn.first().map(|it| (it.attempts, it.made, it.change.clone())));
    turns.into_iter().flatten().collect()
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

/// After so many tries a minute, two, four, up to an hour.
fn wait(tries: u64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(1, 7) - 1).unwrap_or(0);
    (TimeDelta::minutes(1) * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use wsis_config::{AlertChannel, Means};

    use super::*;
    use crate::alert::Contact;
    use crate::clock::FixedClock;
    use crate::freshness::Turn;
    use crate::ledger::StoredState;

    fn start() -> DateTime<Utc> {
        "2026-11-28T01:00:00Z".parse().unwrap()
    }

    /// A channel that writes down which pipeline it is told of, and takes no alert of those with that
    /// letter.
    struct Station {
        ledger: Arc<Ledger>,
        clock: Arc<FixedClock>,
        folder: tempfile::TempDir,
        refused: &'static str,
    }

    impl Station {
        fn new(refused: &'static str) -> Self {
            Self {
                ledger: Arc::new(Ledger::in_memory().unwrap()),
                clock: Arc::new(FixedClock::new(start())),
                folder: tempfile::tempdir().unwrap(),
                refused,
            }
        }

        fn heard_in(&self) -> PathBuf {
            self.folder.path().join("heard")
        }

        /// A program that tells; each has its own memory.
        fn teller(&self) -> Teller {
            let Self { refused, .. } = self;
            let script = format!(
                "p=$(sed 's/.*\"pipeline\":\"//; s/\".*//'); echo $p >> {}; case $p in {refused}) exit 1;; esac",
                self.heard_in().display()
            );
            let command = ["sh", "-c", script.as_str()].map(str::to_owned).to_vec();
            let channel = AlertChannel {
                id: "ops".to_owned(),
                states: Vec::new(),
                pipelines: Vec::new(),
                how: Means::Command { command },
            };
            let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
            let alerts = Alerts::new(vec![channel], Arc::clone(&clock), Arc::new(|_: &str| None));
            Teller::new(alerts, Arc::clone(&self.ledger), clock)
        }

        /// A change of state of a pipeline, and its alert.
        fn change(&self, pipeline: &str, state: &str) {
            let now = self.clock.now();
            let alert = Alert {
                version: 1,
                pipeline: pipeline.to_owned(),
                title: String::new(),
                agency: Contact {
                    id: "worldbank".to_owned(),
                    name: "World Bank".to_owned(),
                    contact: String::new(),
                },
                from: None,
                to: state.to_owned(),
                since: now,
                turn: Turn::Agency,
                basis: None,
                reason: String::new(),
                run: None,
            };
            let stored =
                StoredState { pipeline: pipeline.to_owned(), state: state.to_owned(), since: now };
            let told = [("ops".to_owned(), serde_json::to_string(&alert).unwrap())];
            assert!(self.ledger.change_state(&stored, &new_id(now), &told, now).unwrap());
        }

        /// What was told since the last time.
        fn heard(&self) -> Vec<String> {
            let text = read(&self.heard_in());
            let _gone = std::fs::remove_file(self.heard_in());
            text.lines().map(str::to_owned).collect()
        }
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// worldbank-bready was handed over four times, and the two that came after it never.
    #[tokio::test]
    async fn trial_p259_an_alert_that_is_refused_holds_back_no_other() {
        let station = Station::new("bready");
        let teller = station.teller();
        station.change("bready", "failing");
        assert_eq!(teller.tell().await.unwrap(), 1);
        assert_eq!(station.heard(), ["bready"]);
        for other in ["spi", "wdi"] {
            station.clock.advance(Duration::from_secs(1));
            station.change(other, "failing");
        }
        station.clock.advance(Duration::from_secs(58));
        assert_eq!(teller.tell().await.unwrap(), 1);
        assert_eq!(station.heard(), ["spi", "wdi", "bready"]);
        // Its own wait grows, and that of what comes later does not.
        let mut heard = Vec::new();
        for minute in 0..120 {
            station.clock.advance(Duration::from_mins(1));
            teller.tell().await.unwrap();
            heard.extend(station.heard().iter().map(|it| format!("{minute} {it}")));
        }
        assert_eq!(heard, ["1 bready", "5 bready", "13 bready", "29 bready", "61 bready"]);
        station.change("spi", "fresh");
        assert_eq!(teller.tell().await.unwrap(), 1);
        assert_eq!(station.heard(), ["spi"], "at once");
        // What follows it of its own pipeline waits for it, but not for ever.
        station.change("bready", "fresh");
        assert_eq!(teller.tell().await.unwrap(), 2);
        assert_eq!(station.heard(), ["bready"], "another try");
    }

    /// How often a channel that takes nothing was tried in an hour, whatever waits for it.
    #[tokio::test]
    async fn trial_p259_a_channel_that_is_down_is_tried_no_more_often_for_many_than_for_one() {
        for pipelines in [1, 12] {
            let station = Station::new("*");
            let mut teller = station.teller();
            for at in 0..pipelines {
                station.change(&format!("p{at}"), "failing");
            }
            let mut tries = Vec::new();
            for minute in 0..120 {
                teller.tell().await.unwrap();
                let heard = station.heard();
                assert!(heard.len() <= 1, "{heard:?}");
                tries.extend(heard.first().map(|_| minute));
                if minute == 20 {
                    // Another program does not begin anew with the first minute.
                    teller = station.teller();
                }
                station.clock.advance(Duration::from_mins(1));
            }
            assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63], "{pipelines}");
            assert_eq!(station.ledger.alerts_waiting().unwrap(), pipelines, "none is lost");
        }
    }

    /// What is told of one pipeline is told in its order, also after an outage.
    #[tokio::test]
    async fn trial_p259_changes_of_one_pipeline_are_told_in_their_order() {
        let script = Station::new("*");
        let teller = script.teller();
        script.change("wdi", "failing");
        script.clock.advance(Duration::from_secs(1));
        script.change("spi", "failing");
        teller.tell().await.unwrap();
        assert_eq!(script.heard(), ["wdi"]);
        script.change("wdi", "fresh");
        script.clock.advance(Duration::from_mins(1));
        let well = Station { refused: "nothing", ..script };
        let teller = well.teller();
        assert_eq!(teller.tell().await.unwrap(), 0);
        assert_eq!(well.heard(), ["spi", "wdi", "wdi"]);
    }
}
