//! `wsis check`.

use serde::Serialize;
use wsis_config::{ConfigError, check, report};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

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
    let checked = check(context::origin(global), &wsis_engine::from_environment);
    let deployment = checked.deployment.as_ref();
    let told = Report {
        ok: deployment.is_some(),
        pipelines: deployment.map_or(0, |d| d.pipelines.len()),
        series: deployment.map_or(0, |d| d.pipelines.iter().map(|p| p.series.len()).sum()),
        frameworks: deployment.map_or(0, |d| d.frameworks.len()),
        areas: deployment.map_or(0, |d| d.areas.areas().len()),
        findings: &checked.findings,
    };
    match global.format {
        Format::Json | Format::Csv => {
            output::print(global.format, &told, |_| rows(&checked.findings))?;
        }
        Format::Table if !checked.findings.is_empty() => {
            output::text(report(&checked.findings).trim_end())?;
        }
        Format::Table => {}
    }
    let errors = checked.findings.iter().filter(|finding| finding.is_error()).count();
    if errors > 0 || !told.ok {
        return Err(Failure::usage(format!("{errors} errors")).told());
    }
    if global.format == Format::Table {
        output::text(&format!(
            "checked: {} pipelines with {} series, {} frameworks, {} areas; no error",
            told.pipelines, told.series, told.frameworks, told.areas
        ))?;
    }
    Ok(())
}

/// One row per finding.
fn rows(findings: &[ConfigError]) -> Rows {
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
    rows
}
