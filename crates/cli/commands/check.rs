//! `wsis check`.

use std::collections::BTreeSet;

use serde::Serialize;
use wsis_app::machine::missing_here;
use wsis_app::publish::{parts, same_version};
use wsis_config::schedule::{ZoneData, ZoneVersion};
use wsis_config::{ConfigError, Deployment, blocks, check, counted, report};
use wsis_model::correction::Correction;
use wsis_scorecard::fingerprint::fingerprint;

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    // Counts are those of a deployment that can be used; of another they would be none.
    pipelines: Option<usize>,
    series: Option<usize>,
    frameworks: Option<usize>,
    areas: Option<usize>,
    /// Figures that are read otherwise than their sources give them, each in a sentence.
    corrections: Vec<String>,
    /// The time zone data in use.
    zone_data: ZoneVersion,
    findings: &'a [ConfigError],
    /// Pipelines whose datasets no framework scores.
    unscored: Vec<Unscored<'a>>,
    /// Datasets and series that the program's own frameworks ask for and no pipeline here delivers.
    not_delivered: &'a BTreeSet<String>,
    /// What the tables published from the lake, where there is one, say of these frameworks.
    published: Vec<String>,
}

/// What a pipeline delivers and no framework scores.
#[derive(Serialize)]
struct Unscored<'a> {
    pipeline: &'a str,
    dataset: String,
    series: Vec<&'a str>,
}

impl<'a> Unscored<'a> {
    fn of(pipeline: &'a wsis_model::pipeline::Pipeline) -> Self {
        Self {
            pipeline: &pipeline.id,
            dataset: format!("{}/{}", pipeline.source, pipeline.dataset),
            series: pipeline.series.iter().map(|series| series.code.as_str()).collect(),
        }
    }
}

/// Series of a pipeline that are named.
const NAMED: usize = 6;

impl std::fmt::Display for Unscored<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named: Vec<&str> = self.series.iter().take(NAMED).copied().collect();
        write!(
            f,
            "pipeline {}: no framework scores {} ({}",
            self.pipeline,
            self.dataset,
            named.join(", ")
        )?;
        match self.series.len().saturating_sub(named.len()) {
            0 => write!(f, ")"),
            more => write!(f, " and {more} more)"),
        }
    }
}

/// What was found, in the form that is asked for.
fn tell(format: Format, told: &Report<'_>) -> Result<(), Failure> {
    if format != Format::Table {
        return output::print(format, told, |_| rows(told.findings, &told.published));
    }
    // The count stands at the end, once.
    let findings = if told.ok { blocks(told.findings) } else { report(told.findings) };
    if !findings.is_empty() {
        output::text(findings.trim_end())?;
    }
    for warning in &told.published {
        output::text(&format!("warning: {warning}"))?;
    }
    Ok(())
}

/// Exit code 2 on an error; with `strict`, 1 on a warning.
pub(crate) fn run(global: &Global, strict: bool) -> Result<(), Failure> {
    if let Some(address) = &global.ledger {
        wsis_app::ledger_address(address)?;
    }
    let mut checked = check(context::origin(global), &wsis_engine::from_environment);
    let here = checked.deployment.as_ref().map_or(Vec::new(), |deployment| {
        missing_here(deployment, &context::lake_folder(global, deployment))
    });
    let can_run = !here.iter().any(ConfigError::is_error);
    checked.findings.extend(here);
    let deployment = checked.deployment.as_ref();
    let told = Report {
        ok: deployment.is_some() && can_run,
        pipelines: deployment.map(|d| d.pipelines.len()),
        series: deployment.map(|d| d.pipelines.iter().map(|p| p.series.len()).sum()),
        frameworks: deployment.map(|d| d.frameworks.len()),
        areas: deployment.map(|d| d.areas.areas().len()),
        corrections: deployment.map_or(Vec::new(), corrections),
        zone_data: ZoneData::in_use().version().clone(),
        findings: &checked.findings,
        unscored: deployment
            .map_or(Vec::new(), |it| it.unscored().into_iter().map(Unscored::of).collect()),
        not_delivered: &checked.not_delivered,
        published: deployment.map_or(Vec::new(), |deployment| of_published(global, deployment)),
    };
    tell(global.format, &told)?;
    let errors = checked.findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = checked.findings.len() - errors + told.published.len();
    if errors > 0 || !told.ok {
        return Err(Failure::usage(counted(errors, "error")).told());
    }
    if global.format == Format::Table {
        output::text(&format!(
            "checked: {} pipelines with {} series, {} frameworks, {} areas; {}\n\
             time zones: {}",
            told.pipelines.unwrap_or_default(),
            told.series.unwrap_or_default(),
            told.frameworks.unwrap_or_default(),
            told.areas.unwrap_or_default(),
            match warnings {
                0 => "no error".to_owned(),
                some => format!("no error, {}", counted(some, "warning")),
            },
            told.zone_data,
        ))?;
        let unscored = told.unscored.iter().map(ToString::to_string);
        for line in told.corrections.iter().cloned().chain(unscored) {
            output::text(&line)?;
        }
        if !told.not_delivered.is_empty() {
            output::text(&format!(
                "the frameworks built into the program ask for {} more that no pipeline here delivers; \
                 those figures are shown as missing (`--format json` lists them)",
                datasets_and_series(told.not_delivered)
            ))?;
        }
        if !told.unscored.is_empty() {
            output::text(
                "their figures are in the lake and in no scorecard; docs/METHOD.md (section 9) says \
                 how to add a framework",
            )?;
        }
    }
    if strict && warnings > 0 {
        return Err(Failure::ran(format!("{} (--strict)", counted(warnings, "warning"))).told());
    }
    Ok(())
}

/// What is declared of figures.
fn corrections(deployment: &Deployment) -> Vec<String> {
    deployment.corrections.iter().map(declared).collect()
}

/// What is declared of a figure; whether it holds `wsis corrections` says.
fn declared(it: &Correction) -> String {
    let Correction { id, pipeline, series, area, year, expects, .. } = it;
    let read = it.value.map_or("no value".to_owned(), |value| value.to_string());
    format!(
        "correction {id}: {pipeline} {} of {area} in {year} is read as {read} where the source gives \
         {expects}, until {}",
        series.label(),
        it.expires
    )
}

/// "20 datasets and 3 series", of names with one stroke and with two.
fn datasets_and_series(names: &BTreeSet<String>) -> String {
    let datasets = names.iter().filter(|name| name.matches('/').count() == 1).count();
    let some = |count: usize, one: &str, more: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {more}")),
    };
    let told =
        [some(datasets, "dataset", "datasets"), some(names.len() - datasets, "series", "series")];
    told.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// What can only be seen with figures: goalposts that most values lie beyond, as of the last
/// publication, and a method that is no longer the published one under the same version. Without
/// anything published there is nothing to say of that here. A check makes nothing: the manifest is
/// read, the lake is not opened.
fn of_published(global: &Global, deployment: &Deployment) -> Vec<String> {
    let folder = context::lake_folder(global, deployment);
    let manifest = match wsis_lake::published_in(&folder) {
        Ok(manifest) => manifest,
        Err(error) => {
            let why = chain(&error);
            return vec![format!(
                "what is published cannot be read, so nothing is said of it: {why}"
            )];
        }
    };
    let mut told = Vec::new();
    for set in manifest.iter().flat_map(|it| &it.sets) {
        let Some(framework) = deployment.framework(&set.framework) else { continue };
        let method = deployment.method(framework);
        let (label, now) = (method.rules.label(), parts(method));
        if let Some(before) = set.replaced_by(&framework.version, Some(&label), &now) {
            let of = (framework.id.as_str(), framework.version.as_str());
            told.extend(same_version(of, &label, &before, &now));
        }
        if set.method_fingerprint.as_ref() == Some(&fingerprint(method, &deployment.areas)) {
            told.extend(set.warnings.iter().map(|it| format!("{}: {it}", framework.id)));
        }
    }
    told
}

/// One row per finding, and one per warning of what is published.
fn rows(findings: &[ConfigError], published: &[String]) -> Rows {
    let mut rows = Rows::new(&["file", "line", "column", "severity", "kind", "message", "hint"]);
    for finding in findings {
        rows.push(vec![
            finding.file.clone(),
            finding.line.to_string(),
            finding.column.to_string(),
            if finding.is_error() { "error" } else { "warning" }.to_owned(),
            finding.kind.code().to_owned(),
            finding.message.clone(),
            finding.hint.clone(),
        ]);
    }
    for warning in published {
        let none = String::new();
        rows.push(vec![
            "public/v1/manifest.json".to_owned(),
            none.clone(),
            none.clone(),
            "warning".to_owned(),
            "published".to_owned(),
            warning.clone(),
            none,
        ]);
    }
    rows
}
