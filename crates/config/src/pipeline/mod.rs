//! `pipelines/*.toml`: what is asked of which source, how often, and what is expected.

mod check;
mod contract;
mod decide;
mod form;
mod listed;
mod mapping;
mod plausible;
mod query;
mod records;
mod unused;
mod when;
mod zeros;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use wsis_model::pipeline::{Folder, Gates, KeyPlace, Pipeline, Take, When, folded_code};

use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::suggest;
use crate::workspace::Workspace;
use check::{CHANGED_SHARE_MAX, Check, UNREAD_SHARE_MAX};
pub use decide::DECIDE;
use form::RawGates;
pub(crate) use form::RawPipeline;
pub use query::is_key;

/// Reads and checks one pipeline. `workspace` is `None` when `workspace.toml` itself is wrong; what
/// needs it is then left unchecked.
pub(crate) fn parse(
    source: &Arc<SourceText>,
    workspace: Option<&Workspace>,
) -> Result<Declared, Vec<ConfigError>> {
    let (raw, errors) = document::read::<RawPipeline>(source);
    let Some(raw) = raw else { return Err(errors) };
    let mut check = Check { source, workspace, errors };
    check.undecided(&raw);
    check.identity(&raw);
    check.texts(&raw);
    let base_url = check.place(&raw);
    check.years(&raw);
    let schedule = check.schedule(&raw);
    let release = check.release(&raw);
    check.contents(&raw);
    check.mapping(&raw);
    check.database(&raw);
    check.key_place(raw.secret_in.as_ref());
    let secret = check.secret(raw.secret_env.as_ref());
    let gates = check.gates(&raw.gates);
    let plausibility = check.plausibility(&raw);
    if check.errors.iter().any(ConfigError::is_error) {
        return Err(check.errors);
    }
    let warnings = check.errors;
    let after = raw.schedule.as_ref().and_then(|it| it.after.as_ref()).map(Located::span);
    let [first, last] = *raw.years;
    let mapping = raw.mapping.map(|mapping| mapping.into_inner().meaning());
    let pipeline = Pipeline {
        id: raw.id.into_inner(),
        title: raw.title.into_inner(),
        agency: raw.agency.into_inner(),
        source: raw.source.into_inner(),
        dataset: raw.dataset.into_inner(),
        base_url,
        folder: raw.folder.map(|folder| Folder {
            path: folder.into_inner().into(),
            take: raw.take.map_or(Take::Newest, |take| take.meaning()),
        }),
        database: raw.database.map(Located::into_inner),
        schedule,
        release,
        years: (first, last),
        page_size: raw.page_size,
        series: raw.series.into_iter().map(form::series).collect(),
        files: raw.file.into_iter().map(form::file).collect(),
        mapping,
        undeclared: raw.undeclared.meaning(),
        gates,
        contract: raw.contract.meaning(),
        plausibility,
        secret_env: raw.secret_env.map(Located::into_inner),
        key_place: raw.secret_in.map_or(KeyPlace::Bearer, |place| place.into_inner().meaning()),
        timeout_s: raw.timeout_s,
        licence: raw.licence.into_inner(),
        citation: raw.citation.into_inner(),
        homepage: raw.homepage.into_inner(),
    };
    Ok(Declared { pipeline, source: Arc::clone(source), secret, after, warnings })
}

impl Check<'_> {
    /// What holds a run.
    fn gates(&mut self, raw: &RawGates) -> Gates {
        Gates {
            rows_min: raw.rows_min,
            withdrawn_share_max: self
                .share("withdrawn_share_max", raw.withdrawn_share_max.as_ref()),
            quarantined_share_max: self
                .share("quarantined_share_max", raw.quarantined_share_max.as_ref()),
            unread_share_max: self.share_or(
                "unread_share_max",
                raw.unread_share_max.as_ref(),
                UNREAD_SHARE_MAX,
            ),
            vanished_share_max: self.share("vanished_share_max", raw.vanished_share_max.as_ref()),
            changed_share_max: self.share_or(
                "changed_share_max",
                raw.changed_share_max.as_ref(),
                CHANGED_SHARE_MAX,
            ),
        }
    }
}

/// One pipeline by the text of its file, under a workspace: what a draft of it would be, and what is
/// wrong with it. `name` is that of its file (`pipelines/odin.toml`).
pub fn drafted(
    name: &str,
    text: &str,
    workspace: &Workspace,
) -> (Option<Pipeline>, Vec<ConfigError>) {
    match parse(&SourceText::new(name, text), Some(workspace)) {
        Ok(declared) => (Some(declared.pipeline), declared.warnings),
        Err(errors) => (None, errors),
    }
}

/// A pipeline with the places that later checks point at.
pub(crate) struct Declared {
    pub(crate) pipeline: Pipeline,
    pub(crate) source: Arc<SourceText>,
    secret: Option<Range<usize>>,
    /// Place of `after`.
    after: Option<Range<usize>>,
    /// What is allowed, and may surprise.
    pub(crate) warnings: Vec<ConfigError>,
}

impl Declared {
    /// The environment variables that it needs, each with the warning when it is not set.
    pub(crate) fn secret_needed(&self) -> Option<(String, ConfigError)> {
        let name = self.pipeline.secret_env.clone()?;
        let place = self.secret.clone().unwrap_or(0..0);
        let error = self.source.error(
            ErrorKind::MissingSecret,
            place,
            format!("environment variable `{name}` is not set"),
            format!("set it to the key of the service before pipeline `{}` runs", self.pipeline.id),
        );
        Some((name, error.warning()))
    }
}

/// Whether an environment variable holds something.
pub(crate) fn is_set(name: &str, environment: &dyn Fn(&str) -> Option<String>) -> bool {
    environment(name).is_some_and(|value| !value.trim().is_empty())
}

/// Names of the environment variables that a pipeline needs and that are unset or empty.
pub fn missing_secrets(
    pipeline: &Pipeline,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    pipeline.secret_env.iter().filter(|name| !is_set(name, environment)).cloned().collect()
}

/// Errors that only show when all pipelines are known: one series of a dataset in two files, and
/// pipelines that wait for one that is not there, or for each other. (Two pipelines with one id do
/// not occur: the id is the file's name.)
pub(crate) fn across(declared: &[Declared]) -> Vec<ConfigError> {
    let mut errors = order(declared);
    let mut owners: BTreeMap<(&str, &str, String), &str> = BTreeMap::new();
    for one in declared {
        let pipeline = &one.pipeline;
        for series in &pipeline.series {
            let key =
                (pipeline.source.as_str(), pipeline.dataset.as_str(), folded_code(&series.code));
            if let Some(other) = owners.insert(key, one.source.name()) {
                errors.push(one.source.error(
                    ErrorKind::Duplicate,
                    one.source.find_quoted(&series.code),
                    format!(
                        "series `{}` of {}/{} is also declared in {other}",
                        series.code, pipeline.source, pipeline.dataset
                    ),
                    "declare a series of a dataset in one pipeline only",
                ));
            }
        }
    }
    errors
}

/// Faults of `after`.
fn order(declared: &[Declared]) -> Vec<ConfigError> {
    let after = |id: &str| {
        let one = declared.iter().find(|one| one.pipeline.id == id)?;
        match &one.pipeline.schedule.as_ref()?.when {
            When::After(other) => Some(other.as_str()),
            _ => None,
        }
    };
    let mut errors = Vec::new();
    for one in declared {
        let id = one.pipeline.id.as_str();
        let Some(other) = after(id) else { continue };
        let place = one.after.clone().unwrap_or(0..0);
        let ids = || declared.iter().map(|one| one.pipeline.id.as_str());
        if !ids().any(|known| known == other) {
            let message = format!("`after` names `{other}`, which is no pipeline");
            let hint = suggest::hint(other, ids(), "pipelines are");
            errors.push(one.source.error(ErrorKind::ImpossibleSchedule, place, message, hint));
            continue;
        }
        let mut chain = vec![id];
        let mut next = Some(other);
        while let Some(step) = next.filter(|step| !chain.contains(step)) {
            chain.push(step);
            next = after(step);
        }
        if next == Some(id) {
            chain.push(id);
            let message = format!("it never runs: {}", chain.join(" after "));
            let hint = "give one of them a time of its own";
            errors.push(one.source.error(ErrorKind::ImpossibleSchedule, place, message, hint));
        }
    }
    errors
}
