//! Whether figures can have changed only because we read otherwise what the source sent before: our
//! correction is no release of the agency.

use std::collections::BTreeSet;
use std::sync::Arc;

use wsis_model::payload::RawId;

use super::land::Landing;
use super::walk::Walk;
use crate::report::RunReport;

/// Whether a live run received nothing but the bodies that the run before it landed: then only our
/// reading can change a figure. In doubt it is the source's.
pub(super) async fn is_reread(landing: &Landing<'_>, report: &RunReport, walks: &[Walk]) -> bool {
    let is_live = landing.preview.is_none() && report.replay_of.is_none();
    if !is_live || report.years.is_some() {
        return false;
    }
    let (id, run) = (landing.pipeline.id.clone(), report.run.clone());
    let before = landing.ledger.apart(move |ledger| ledger.landed_last(&id, &run)).await;
    let Ok(Some(before)) = before else { return false };
    let (lake, id) = (Arc::clone(landing.lake), landing.pipeline.id.clone());
    let records = landing.lake_thread.run(move || lake.records_of_run(&id, &before)).await;
    let Some(Ok(records)) = records else { return false };
    let known: BTreeSet<RawId> = records.into_iter().map(|record| record.raw).collect();
    let mut pages = walks.iter().flat_map(|walk| &walk.pages).peekable();
    pages.peek().is_some() && pages.all(|page| known.contains(&page.raw))
}

/// What is told of figures that changed although the source sent what it had sent before.
pub(super) fn read_anew(report: &RunReport) -> Option<String> {
    let changed = report.new + report.changed + report.withdrawn;
    (report.reread && changed > 0).then(|| {
        format!(
            "the source sent the very bodies that landed before: the {changed} observations that \
             changed are read otherwise by this program and its configuration than then, and are \
             no news of the agency"
        )
    })
}
