//! `wsis check --live`.

use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use wsis_app::names;
use wsis_config::counted;
use wsis_engine::{
    Clock, PROBE_WITHIN, Probed, SecretLookup, SystemClock, from_environment, probe,
};

use crate::args::{Format, Global};
use crate::commands::ingest;
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    pipelines: &'a [Probed],
}

/// Exit code 0 where everything that is declared is there, 1 where something is not.
pub(crate) async fn run(global: &Global, pipelines: &[String]) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, pipelines)?;
    let is_meant = |id: &str| pipelines.is_empty() || pipelines.iter().any(|it| it == id);
    let chosen: Vec<_> = deployment.pipelines.iter().filter(|it| is_meant(&it.id)).collect();
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: SecretLookup = Arc::new(from_environment);
    let found = probe(&deployment, &chosen, (&clock, &secrets), PROBE_WITHIN, &cancel).await;
    on_interrupt.abort();
    let found = found?;
    let faults: usize =
        found.iter().flat_map(|it| &it.findings).filter(|it| it.kind.is_fault()).count();
    let report = Report { ok: faults == 0, pipelines: &found };
    output::print(global.format, &report, |_| rows(&found))?;
    if global.format == Format::Table {
        let asked: usize = found.iter().map(|it| it.asked).sum();
        output::text(&format!(
            "asked: {} about {}; {}; nothing was written",
            counted(asked, "question"),
            counted(found.len(), "pipeline"),
            told(&found, faults)
        ))?;
    }
    if faults > 0 {
        return Err(Failure::ran(counted(faults, "finding")).told());
    }
    Ok(())
}

/// What was found, as one word: all of it is there only where all was looked for.
fn told(found: &[Probed], faults: usize) -> String {
    let in_part = found.iter().flat_map(|it| &it.findings).any(|it| it.kind.code() == "not_asked");
    match (faults, in_part) {
        (0, false) => "all is there".to_owned(),
        (0, true) => "what was looked for is there, and not all was looked for".to_owned(),
        (faults, _) => counted(faults, "finding"),
    }
}

/// One row for each finding, and one for each pipeline without any.
fn rows(found: &[Probed]) -> Rows {
    let mut rows =
        Rows::new(&["pipeline", "found", "series or file", "what", "~updated", "~licence"]);
    for probed in found {
        let mut put = |kind: &str, subject: &str, what: &str| {
            rows.push(vec![
                probed.pipeline.clone(),
                kind.to_owned(),
                subject.to_owned(),
                what.to_owned(),
                probed.updated.clone().unwrap_or_default(),
                probed.licence.clone().unwrap_or_default(),
            ]);
        };
        if probed.findings.is_empty() {
            let what = if probed.asked == 0 {
                // Of a source that cannot be asked without taking, too: the program does not know which.
                "nothing is asked: its files are handed in, or its source can only be read"
                    .to_owned()
            } else {
                format!("{} answered as declared", counted(probed.asked, "question"))
            };
            put("", "", &what);
        }
        for finding in &probed.findings {
            put(finding.kind.code(), &finding.subject, &finding.what);
        }
    }
    rows
}
