//! How agencies keep the dates of their releases.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use wsis_config::Deployment;
use wsis_engine::ledger::{Promise, Verdict};
use wsis_model::pipeline::Basis;

/// How an agency keeps the dates that it announced, and apart from that how often figures came
/// when we expected them on dates that it did not announce.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Record {
    /// Its id.
    pub agency: String,
    /// Its name.
    pub name: String,
    /// Of dates that the agency announced: only on these can it be late.
    #[serde(flatten)]
    pub announced: Tally,
    /// Of dates that only this deployment expects.
    pub assumed: Tally,
}

/// What became of release dates.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Figures were there in time.
    pub kept: u64,
    /// They came after the usual delay.
    pub late: u64,
    /// They were not there by the deadline.
    pub missed: u64,
    /// The source could not be reached, so that nothing can be held against it.
    pub source_down: u64,
    /// Nobody here looked in time.
    pub unwatched: u64,
    /// Share of kept ones among those that can be judged; none when there are none.
    pub on_time: Option<f64>,
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Kept => &mut self.kept,
            Verdict::Late => &mut self.late,
            Verdict::Missed => &mut self.missed,
            Verdict::SourceDown => &mut self.source_down,
            Verdict::Unwatched => &mut self.unwatched,
        } += 1;
        let judged = self.judged();
        self.on_time = (judged > 0).then(|| self.kept as f64 / judged as f64);
    }

    const fn judged(&self) -> u64 {
        self.kept + self.late + self.missed
    }

    /// Whether there are any.
    pub const fn is_empty(&self) -> bool {
        self.judged() + self.source_down + self.unwatched == 0
    }
}

/// What became of the release dates of each agency, by id.
pub fn records(deployment: &Deployment, promises: &[Promise]) -> Vec<Record> {
    let mut records: BTreeMap<&str, Record> = BTreeMap::new();
    for promise in promises {
        let record = records.entry(&promise.agency).or_insert_with(|| Record {
            agency: promise.agency.clone(),
            name: deployment
                .workspace
                .agency(&promise.agency)
                .map_or_else(|| promise.agency.clone(), |agency| agency.name.clone()),
            ..Record::default()
        });
        match promise.basis {
            Basis::Announced => record.announced.add(promise.verdict),
            Basis::Assumed => record.assumed.add(promise.verdict),
        }
    }
    records.into_values().collect()
}

/// `World Bank kept 3 of 4 announced dates (75 %); 1 late`, and apart from that
/// `World Bank: figures came by the day that we expected in 3 of 4 cases; it has announced none of
/// these dates`.
pub fn sentences(record: &Record) -> Vec<String> {
    let name = &record.name;
    let mut told = Vec::new();
    if !record.announced.is_empty() {
        let tally = &record.announced;
        let text = match tally.on_time {
            Some(share) => format!(
                "{name} kept {} of {} ({:.0} %)",
                tally.kept,
                dates(tally.judged(), "announced date"),
                share * 100.0
            ),
            None => format!("{name}: no announced date can be judged"),
        };
        told.push(with_rest(text, tally, ["late", "missed"]));
    }
    if !record.assumed.is_empty() {
        let tally = &record.assumed;
        let text = match tally.judged() {
            0 => format!("{name}: no date that we expected can be judged"),
            judged => format!(
                "{name}: figures came by the day that we expected in {} of {judged} cases; it has \
                 announced none of these dates",
                tally.kept
            ),
        };
        told.push(with_rest(text, tally, ["after it", "not by our last day"]));
    }
    told
}

fn dates(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn with_rest(mut text: String, tally: &Tally, [late, missed]: [&str; 2]) -> String {
    for (count, what) in [
        (tally.late, late),
        (tally.missed, missed),
        (tally.source_down, "while the source was down"),
        (tally.unwatched, "that nobody here looked for in time"),
    ] {
        if count > 0 {
            // Writing to a text does not fail.
            let _ = write!(text, "; {count} {what}");
        }
    }
    text
}
