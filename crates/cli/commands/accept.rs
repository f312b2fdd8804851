//! `wsis accept RUN`: what a gate held.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wsis_engine::{Acceptance, Engine, HeldRun, SystemClock};
use wsis_lake::SetAside;

use crate::args::{Accepted, Format, Global};
use crate::commands::{ingest, redecode, runs};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Differences and records that a table shows of each.
const SHOWN: usize = 40;

/// Shows what a held run would change, or takes it over.
pub(crate) async fn run(global: &Global, asked: &Accepted) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let id = {
        let ledger = context::ledger(&deployment, &lake)?;
        runs::find(&ledger, &asked.run)?.run
    };
    let engine = Engine::new(Arc::new(deployment), lake, Arc::new(SystemClock))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let outcome = if let (Some(by), Some(because)) = (&asked.by, &asked.because) {
        let (by, because) = (by.clone(), because.clone());
        let acceptance = Acceptance { by, because, past_gates: true };
        let reports = [engine.accept_held(&id, &acceptance, cancel).await?];
        output::print(global.format, &reports, |form| ingest::rows(&reports, form))?;
        ingest::note_findings(&reports);
        ingest::note_errors(&reports);
        ingest::verdict(&reports, asked.strict)
    } else {
        let found = engine.look_at_held(&id, cancel).await;
        found.map_err(Failure::from).and_then(|found| shown(global, &found))
    };
    on_interrupt.abort();
    outcome
}

fn shown(global: &Global, found: &HeldRun) -> Result<(), Failure> {
    match global.format {
        Format::Json => output::json(found)?,
        Format::Csv => {
            output::print(Format::Csv, found, |_| {
                redecode::differences_of(&found.differences, usize::MAX)
            })?;
        }
        Format::Table => tables(found)?,
    }
    redecode::note_previewed(std::slice::from_ref(&found.now));
    if let Some(error) = &found.now.error {
        output::note(error);
    }
    if found.now.payloads == 0 {
        return Err(Failure::ran(format!("run {} cannot be read again", found.run.run)));
    }
    output::note(&format!(
        "nothing was written; wsis accept {} --by NAME --because TEXT takes it over as it was received",
        found.run.run
    ));
    Ok(())
}

fn tables(found: &HeldRun) -> Result<(), Failure> {
    let now = &found.now;
    output::text(&format!(
        "run {} of pipeline {}\n{} records: {} accepted, {} to be quarantined\n\
         figures: {} new, {} changed, {} withdrawn",
        found.run.run,
        found.run.pipeline,
        now.parsed,
        now.accepted,
        now.quarantined,
        now.new,
        now.changed,
        now.withdrawn
    ))?;
    if !found.differences.is_empty() {
        output::text("")?;
        output::print(Format::Table, &(), |_| redecode::differences_of(&found.differences, SHOWN))?;
        let all = now.new + now.changed + now.withdrawn;
        more(all, "differences")?;
    }
    if !found.quarantined.is_empty() {
        output::text("")?;
        output::print(Format::Table, &(), |_| set_aside(&found.quarantined))?;
        more(now.quarantined, "records")?;
    }
    Ok(())
}

fn more(all: u64, what: &str) -> Result<(), Failure> {
    if all <= u64::try_from(SHOWN).unwrap_or(u64::MAX) {
        return Ok(());
    }
    output::text(&format!("{SHOWN} of {all} {what} shown; --format json lists more of them"))
}

fn set_aside(records: &[SetAside]) -> Rows {
    let mut rows = Rows::new(&["reason", "place", "what is wrong", "~as the source wrote it"]);
    for one in records.iter().take(SHOWN) {
        rows.push(vec![
            one.reason.to_owned(),
            one.payload_place.clone().unwrap_or_else(|| format!("record {}", one.payload_row)),
            one.detail.clone(),
            one.record.clone(),
        ]);
    }
    rows
}
