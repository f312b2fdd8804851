//! `wsis ingest --re-decode`.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_app::names;
use wsis_engine::{Engine, Redecoded, Rereading, RunReport, SystemClock, Weight};
use wsis_lake::Difference;

use crate::args::{Format, Global};
use crate::commands::ingest;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// Differences shown in a table.
const SHOWN: usize = 20;

/// Shows what today's program reads differently in what was last received; commits it when told.
pub(crate) async fn run(
    global: &Global,
    pipelines: &[String],
    how: Rereading,
    strict: bool,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, pipelines)?;
    let lake = context::existing_lake(global, &deployment)?;
    let engine = Engine::new(Arc::new(deployment), lake, Arc::new(SystemClock))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let (events, _) = mpsc::unbounded_channel();
    let found = engine.redecode(pipelines, how, events, cancel).await;
    on_interrupt.abort();
    let found = found.map_err(|error| Failure::ran(chain(&error)))?;
    if found.is_empty() && global.format == Format::Table {
        return output::text(
            "nothing to read again: the lake holds no body of these pipelines; `wsis ingest` asks \
             for one",
        );
    }
    output::print(global.format, &found, |_| rows(&found))?;
    let reports: Vec<RunReport> = found.iter().map(|it| it.report.clone()).collect();
    let differ: u64 = reports.iter().map(|it| it.new + it.changed + it.withdrawn).sum();
    if global.format == Format::Table && found.iter().any(|it| !it.differences.is_empty()) {
        output::text("")?;
        output::print(global.format, &found, |_| differences(&found))?;
        if differ > SHOWN as u64 {
            output::note(&format!(
                "{SHOWN} of {differ} differences shown; `--format json` lists more of them"
            ));
        }
    }
    if how.commit {
        ingest::note_findings(&reports);
    } else {
        note_previewed(&reports);
    }
    ingest::note_errors(&reports);
    if !how.commit && differ > 0 {
        output::note("nothing was written; `--re-decode --commit` commits it");
    }
    if reports.iter().any(|report| report.error.is_some()) {
        return Err(Failure::ran("not everything could be read again").told());
    }
    ingest::verdict(&reports, strict)
}

/// The findings of what was read: what nothing was written of is no run that could be looked at later.
pub(super) fn note_previewed(reports: &[RunReport]) {
    for report in reports {
        for line in previewed(&report.findings) {
            output::note(&format!("{}: {line}", report.pipeline));
        }
    }
}

/// A line each, what may change the figures first; of many the first.
fn previewed(findings: &[String]) -> Vec<String> {
    let mut findings: Vec<&String> = findings.iter().collect();
    findings.sort_by_key(|finding| Weight::of(finding));
    let cut = |finding: &&String| match finding.char_indices().nth(ingest::UNUSED_MAX) {
        Some((at, _)) => format!("{}…", finding.get(..at).unwrap_or_default()),
        None => (*finding).clone(),
    };
    let mut lines: Vec<String> = findings.iter().take(ingest::SAID_MAX).map(cut).collect();
    let more = findings.len() - lines.len();
    if more > 0 {
        let what = if more == 1 { "finding" } else { "findings" };
        lines.push(format!("and {more} more {what}; --format json lists all"));
    }
    lines
}

/// What is read differently, statement by statement.
fn differences(found: &[Redecoded]) -> Rows {
    let columns =
        ["what", "~pipeline", "series", "area", "#period", "~dimensions", "was read", "is read"];
    let mut rows = Rows::new(&columns);
    let all = found.iter().flat_map(|it| it.differences.iter().map(|one| (&it.report, one)));
    for (report, one) in all.take(SHOWN) {
        let mut row = difference(one);
        row.insert(1, report.pipeline.clone());
        rows.push(row);
    }
    rows
}

/// What one run would change, statement by statement.
pub(crate) fn differences_of(all: &[Difference], most: usize) -> Rows {
    let mut rows =
        Rows::new(&["what", "series", "area", "#period", "~dimensions", "in force", "would be"]);
    for one in all.iter().take(most) {
        rows.push(difference(one));
    }
    rows
}

fn difference(one: &Difference) -> Vec<String> {
    vec![
        one.what.to_owned(),
        one.series_code.clone(),
        one.ref_area.clone(),
        one.time_period.clone(),
        one.dimensions.clone(),
        statement(&one.before),
        statement(&one.after),
    ]
}

/// `21`, or `21 obs_status=E`.
fn statement(parts: &BTreeMap<&'static str, String>) -> String {
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    let value = parts.get("value").cloned();
    let rest = parts.iter().filter(|(name, _)| **name != "value");
    let rest = rest.map(|(name, text)| format!("{name}={text}"));
    value.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

fn rows(found: &[Redecoded]) -> Rows {
    let mut rows = Rows::new(&[
        "pipeline",
        "years",
        "~#parsed",
        "~#accepted",
        "#quarantined",
        "#new",
        "#changed",
        "#withdrawn",
        "snapshot",
        "~received by",
    ]);
    for Redecoded { report, .. } in found {
        let years = report.years.map(|(first, last)| format!("{first}-{last}"));
        rows.push(vec![
            report.pipeline.clone(),
            years.unwrap_or_else(|| "all".to_owned()),
            report.parsed.to_string(),
            report.accepted.to_string(),
            report.quarantined.to_string(),
            report.new.to_string(),
            report.changed.to_string(),
            report.withdrawn.to_string(),
            report.snapshot.map_or_else(|| "none".to_owned(), |id| id.to_string()),
            report.replay_of.clone().unwrap_or_default(),
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::previewed;

    /// `wsis runs preview of 01a21fa` lists nothing: a preview is no run.
    #[test]
    fn trial_p263_findings_of_a_preview_are_told_themselves() {
        assert!(previewed(&[]).is_empty());
        let gone = "archived request A.ONE is no longer declared".to_owned();
        assert_eq!(previewed(std::slice::from_ref(&gone)), [gone.as_str()]);
        let mut many: Vec<String> = (0..14).map(|at| format!("sheet {at} was read")).collect();
        many.push("series A.TWO: the source now calls it x".to_owned());
        many.push(format!("column {:?} is not used", "x".repeat(500)));
        let lines = previewed(&many);
        assert_eq!(lines.len(), 11, "{lines:?}");
        assert_eq!(lines[0], "series A.TWO: the source now calls it x");
        assert!(lines[1].starts_with("column \"xxx") && lines[1].chars().count() == 401);
        assert_eq!(lines[2], "sheet 0 was read");
        assert_eq!(lines[10], "and 6 more findings; --format json lists all");
    }
}
