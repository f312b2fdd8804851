//! The file, read by its draft: what a run would accept, and what it would set aside.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_config::Deployment;
use wsis_model::codelist::CodeLists;
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Rejected;
use wsis_sources::{ContentKind, DecodeJob, RequestSpec};

use super::render::File;

/// What a draft reads in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Figures that a run would accept.
    pub accepted: u64,
    /// Of these, statements that there is no value.
    pub missing: u64,
    /// Records that a run would set aside.
    pub quarantined: u64,
    /// The same by reason, each with its number and its first example.
    pub reasons: BTreeMap<&'static str, (u64, String)>,
    /// What a run would tell besides.
    pub findings: Vec<String>,
}

impl RowSink for Trial {
    fn accept(&mut self, observation: &Observation<'_>) {
        self.accepted += 1;
        self.missing += u64::from(observation.value.is_none());
    }

    fn reject(&mut self, rejected: Rejected) {
        self.quarantined += 1;
        let reason = self.reasons.entry(rejected.reason.code()).or_insert((0, rejected.detail));
        reason.0 += 1;
    }
}

/// Reads a file by its draft.
///
/// # Errors
/// Why it cannot be read so, in words.
pub(super) fn read(
    deployment: &Deployment,
    lists: &CodeLists,
    pipeline: &Pipeline,
    file: &File<'_>,
) -> Result<Trial, String> {
    let told = |error: &dyn std::error::Error| wsis_model::causes::chain(error);
    let source = wsis_sources::source(&pipeline.source).ok_or("there is no such source")?;
    let planned = source.plan(pipeline).map_err(|error| told(&error))?;
    let first = planned.into_iter().next().ok_or("it asks for nothing")?;
    // Of a service that is asked for series the file may hold another form than its answers.
    let expect = ContentKind::of(file.proposal.format.value);
    let request = RequestSpec { expect, ..first };
    let job = DecodeJob { limits: deployment.workspace.decode, ..DecodeJob::new(pipeline, lists) };
    let mut trial = Trial::default();
    let summary = source
        .decode(&job, &request, &mut { file.body }, &mut trial)
        .map_err(|error| told(&error))?;
    trial.findings = wsis_sources::shown(&summary.findings);
    Ok(trial)
}
