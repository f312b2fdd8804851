//! `wsis check`.

use serde::Serialize;
use wsis_config::{ConfigError, check, report};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    pipelines: usize,
    series: usize,
    frameworks: usize,
    areas: usize,
    findings: &'a [ConfigError],
}

pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    let checked = check(context::origin(global), &|name| std::env::var(name).ok());
    let deployment = checked.deployment.as_ref();
    let told = Report {
        ok: deployment.is_some(),
        pipelines: deployment.map_or(0, |d| d.pipelines.len()),
        series: deployment.map_or(0, |d| d.pipelines.iter().map(|p| p.series.len()).sum()),
        frameworks: deployment.map_or(0, |d| d.frameworks.len()),
        areas: deployment.map_or(0, |d| d.areas.areas().len()),
        findings: &checked.findings,
    };
    if global.format == Format::Json {
        output::json(&told)?;
    } else if !checked.findings.is_empty() {
        output::text(report(&checked.findings).trim_end())?;
    }
    let errors = checked.findings.iter().filter(|finding| finding.is_error()).count();
    if errors > 0 || !told.ok {
        return Err(Failure::usage(format!("{errors} errors")).told());
    }
    if global.format != Format::Json {
        output::text(&format!(
            "checked: {} pipelines with {} series, {} frameworks, {} areas; no error",
            told.pipelines, told.series, told.frameworks, told.areas
        ))?;
    }
    Ok(())
}
