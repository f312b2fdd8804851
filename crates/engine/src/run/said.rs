//! Whether a source calls a series as it did when its figures last landed (F07). A new price base or
//! unit under the same code may show in nothing but the title, and the figures may even be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wsis_model::causes::chain;
use wsis_sources::Part;

use super::land::Landing;
use crate::ledger::{Of, StoredSaid};
use crate::report::RunReport;

/// First characters of a run's id that tell it from others.
const SHORT_ID: usize = 18;
/// Characters of a text that are shown.
const SHOWN: usize = 300;

/// What a delivery says of series: by request, since files of one table differ in their headings.
pub(crate) type Said = BTreeMap<Of, BTreeSet<String>>;

/// What is new in what a delivery says of series, to be kept once it has landed.
pub(super) struct News {
    keep: Vec<(Of, BTreeSet<String>)>,
}

impl News {
    /// Compares a delivery with what was last said, and tells of each change in the report. A replay
    /// of the archive only says what is not known yet: it may be older than what is.
    pub(super) async fn of(landing: &Landing<'_>, said: Said, report: &mut RunReport) -> Self {
        if landing.preview.is_some() || said.is_empty() {
            return Self { keep: Vec::new() };
        }
        let id = landing.pipeline.id.clone();
        let known = landing.ledger.apart(move |ledger| ledger.said(&id)).await;
        let known = match known {
            Ok(known) => known,
            Err(error) => {
                let why = chain(&error);
                report.findings.push(format!("titles of series were not compared: {why}"));
                return Self { keep: Vec::new() };
            }
        };
        let is_replay = report.replay_of.is_some();
        let mut keep = Vec::new();
        for (of, texts) in said {
            match known.get(&of) {
                Some(before) if before.texts == texts || is_replay => continue,
                Some(before) => report.findings.push(told(&of, &texts, before)),
                None => {}
            }
            keep.push((of, texts));
        }
        Self { keep }
    }

    /// Keeps it: the delivery has landed.
    pub(super) async fn keep(self, landing: &Landing<'_>, report: &mut RunReport) {
        let (id, run) = (landing.pipeline.id.clone(), report.run.clone());
        let put = move |ledger: &crate::ledger::Ledger| ledger.put_said(&id, &run, &self.keep);
        if let Err(error) = Arc::clone(landing.ledger).apart(put).await {
            report.findings.push(format!("titles of series were not kept: {}", chain(&error)));
        }
    }
}

/// What is said of a change.
fn told((_, series, part): &Of, now: &BTreeSet<String>, before: &StoredSaid) -> String {
    let run: String = before.run.chars().take(SHORT_ID).collect();
    let (now, was) = (listed(now), listed(&before.texts));
    let now_says = wsis_sources::NOW_SAYS;
    match part {
        Part::Title => {
            format!("series {series}: {now_says} gives it the title {now} (was {was} in run {run})")
        }
        Part::Unit => {
            format!("series {series}: {now_says} gives it in unit {now} (was {was} in run {run})")
        }
    }
}

fn listed(texts: &BTreeSet<String>) -> String {
    let shown = |text: &String| format!("{:?}", text.chars().take(SHOWN).collect::<String>());
    texts.iter().map(shown).collect::<Vec<_>>().join(" and ")
}
