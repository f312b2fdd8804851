//! Whether a source calls a series as it did when its figures last landed (F07). A new price base or
//! unit under the same code may show in nothing but the title, and the figures may even be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wsis_model::causes::chain;
use wsis_sources::Part;

use super::contract::Known;
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

/// What was last said of the series of a pipeline; nothing, and that in the report, where the ledger does
/// not say.
pub(super) async fn known(landing: &Landing<'_>, report: &mut RunReport) -> Known {
    let id = landing.pipeline.id.clone();
    let known = landing.ledger.apart(move |ledger| ledger.said(&id)).await;
    known.unwrap_or_else(|error| {
        let why = chain(&error);
        report.findings.push(format!("titles of series were not compared: {why}"));
        Known::new()
    })
}

impl News {
    /// Compares a delivery with what was last said, and tells of each change in the report. A replay
    /// of the archive only says what is not known yet: it may be older than what is; unless somebody
    /// takes it.
    pub(super) fn of(
        landing: &Landing<'_>,
        (known, mut said): (&Known, Said),
        report: &mut RunReport,
    ) -> Self {
        if landing.preview.is_some() || said.is_empty() {
            return Self { keep: Vec::new() };
        }
        let licence = BTreeSet::from([landing.pipeline.licence.clone()]);
        said.insert((String::new(), String::new(), Part::Licence), licence);
        let is_old = report.replay_of.is_some() && !landing.accept;
        let mut keep = Vec::new();
        for (of, mut texts) in said {
            let adds_up = matches!(of.2, Part::Column | Part::Code);
            match known.get(&of) {
                Some(before) if adds_up => {
                    // What is away for once and comes back is not new.
                    texts.extend(before.texts.iter().cloned());
                    if before.texts == texts || is_old {
                        continue;
                    }
                }
                Some(before) if before.texts == texts || is_old => continue,
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
    let run = short(&before.run);
    let (now, was) = (listed(now), listed(&before.texts));
    let now_says = wsis_sources::NOW_SAYS;
    match part {
        Part::Title => {
            format!("series {series}: {now_says} gives it the title {now} (was {was} in run {run})")
        }
        Part::Unit => {
            format!("series {series}: {now_says} gives it in unit {now} (was {was} in run {run})")
        }
        Part::Licence => {
            format!(
                "the licence of the figures, as declared, is now {now} (was {was} in run {run})"
            )
        }
        // These are told by the contract of the pipeline.
        Part::Column | Part::Code => format!("{series}: {now} (was {was} in run {run})"),
    }
}

/// As much of a run's id as tells it from others.
pub(super) fn short(run: &str) -> String {
    run.chars().take(SHORT_ID).collect()
}

/// Texts in a sentence.
pub(super) fn listed(texts: &BTreeSet<String>) -> String {
    let shown = |text: &String| format!("{:?}", text.chars().take(SHOWN).collect::<String>());
    texts.iter().map(shown).collect::<Vec<_>>().join(" and ")
}
