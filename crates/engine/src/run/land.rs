//! From a delivery to a snapshot and a closed ledger row.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use wsis_lake::{Committed, Difference, Lake, Preview, Scope};
use wsis_model::area::AreaList;
use wsis_model::payload::RawId;
use wsis_model::pipeline::Pipeline;
use wsis_sources::Source;

use super::decode::decode;
use super::walk::{Delivery, Walk};
use super::{LakeThread, RequestError};
use crate::fetch::chain;
use crate::ledger::Ledger;
use crate::report::{Cause, Event, Outcome, RunReport};

/// Failed requests named in an error; the rest are counted.
const NAMED: usize = 5;

/// Everything that landing needs besides the delivery.
pub(crate) struct Landing<'a> {
    pub(crate) lake: &'a Arc<Lake>,
    pub(crate) lake_thread: &'a LakeThread,
    pub(crate) ledger: &'a Ledger,
    pub(crate) pipeline: &'a Arc<Pipeline>,
    pub(crate) areas: &'a Arc<AreaList>,
    pub(crate) source: &'static dyn Source,
    /// Decode even what was committed last.
    pub(crate) force: bool,
    /// Only say what a commit would do, and put it here.
    pub(crate) preview: Option<&'a Mutex<Vec<Difference>>>,
    pub(crate) emit: &'a (dyn Fn(Event) + Send + Sync),
}

/// Decodes and commits a delivery. The report comes back with outcome and counts, and the
/// digest to be kept with it; its end is still to be written.
pub(crate) async fn land(
    landing: Landing<'_>,
    delivery: Delivery,
    mut report: RunReport,
) -> (RunReport, Option<String>) {
    report.requests = count(delivery.planned);
    report.retries = delivery.retries;
    report.bytes = delivery.bytes;
    report.payloads = delivery.walks.iter().map(|walk| count(walk.pages.len())).sum();
    let pages = delivery.walks.iter().flat_map(|walk| &walk.pages);
    report.source_updated = pages.filter_map(|page| page.source_updated).max();
    report.findings.extend(delivery.findings);
    for (_, error) in &delivery.failed {
        let why = chain(error);
        (landing.emit)(Event::Failed { run: report.run.clone(), why });
    }
    if delivery.cancelled {
        report.outcome = Outcome::Cancelled;
        report.cause = Some(Cause::Stopped);
        report.error = Some("stopped by the user; what is archived stays".to_owned());
        // What is recorded as a run is what a replay decodes, so this is kept apart: the bodies
        // are used, and recorded, by the run that completes it.
        if let Err(error) = landing.lake.append_unfinished(&report.run, &delivery.records) {
            return (failed(report, Cause::Storage, chain(&error)), None);
        }
        return (report, None);
    }
    if landing.preview.is_none()
        && let Err(error) = landing.lake.append_meta(&report.run, &delivery.records)
    {
        return (failed(report, Cause::Storage, chain(&error)), None);
    }
    if delivery.walks.is_empty() {
        let (cause, why) = if delivery.planned == 0 {
            let why = "the pipeline asks for nothing: it has no series and no files";
            (Cause::Configuration, why.to_owned())
        } else {
            (worst(&delivery.failed), listing(&delivery.failed, delivery.planned))
        };
        return (failed(report, cause, why), None);
    }
    let digest = delivery
        .failed
        .is_empty()
        .then(|| digest(landing.source, landing.pipeline, landing.areas, &delivery.walks));
    match is_known(&landing, digest.as_deref()).await {
        Ok(false) => {}
        Ok(true) => {
            report.outcome = Outcome::Unchanged;
            return (report, digest);
        }
        Err(why) => return (failed(report, Cause::Storage, why), None),
    }
    let report = store(&landing, delivery.walks, delivery.failed, report).await;
    let digest = digest.filter(|_| report.outcome.is_complete());
    (report, digest)
}

/// Whether this very delivery, decoded by this very program, is what the lake holds.
async fn is_known(landing: &Landing<'_>, digest: Option<&str>) -> Result<bool, String> {
    let Some(digest) = digest.filter(|_| !landing.force) else { return Ok(false) };
    let last = landing.ledger.last_digest(&landing.pipeline.id).map_err(|error| chain(&error))?;
    if last.as_deref() != Some(digest) {
        return Ok(false);
    }
    let head = landing.lake_thread.head(landing.lake).await;
    Ok(head.map_err(|error| chain(&error))?.is_some())
}

/// Decodes and commits on the thread for such work.
async fn store(
    landing: &Landing<'_>,
    walks: Vec<Walk>,
    mut failures: Vec<(String, RequestError)>,
    mut report: RunReport,
) -> RunReport {
    let lake = Arc::clone(landing.lake);
    let pipeline = Arc::clone(landing.pipeline);
    let areas = Arc::clone(landing.areas);
    let (source, is_preview) = (landing.source, landing.preview.is_some());
    let planned = usize::try_from(report.requests).unwrap_or(usize::MAX);
    let all_answered = failures.is_empty();
    let work = landing.lake_thread.run(move || {
        let decoded = decode(&lake, source, &pipeline, &areas, &walks);
        let rows = decoded.collector.parsed();
        if decoded.complete.is_empty() {
            return (decoded.failed, decoded.findings, rows, None);
        }
        // Only a request that stands for a series tells what is no longer there, and only for the
        // years that were asked for.
        let known = |id: &&String| pipeline.series(id).is_some();
        let whole = all_answered && decoded.failed.is_empty();
        let series = (!whole).then(|| decoded.complete.iter().filter(known).cloned().collect());
        let scope = Scope::Years { series, years: pipeline.years };
        let preview = if is_preview {
            lake.preview(decoded.collector, &scope, &pipeline.gates)
        } else {
            let committed = lake.commit(decoded.collector, scope, &pipeline.gates);
            committed.map(|committed| Preview { committed, differences: Vec::new() })
        };
        (decoded.failed, decoded.findings, rows, Some(preview))
    });
    let Some((undecoded, findings, rows, committed)) = work.await else {
        let why = "the decoder ended unexpectedly; this is a bug of wsis".to_owned();
        return failed(report, Cause::Content, why);
    };
    report.findings.extend(wsis_sources::shown(&findings));
    for (_, error) in &undecoded {
        (landing.emit)(Event::Failed { run: report.run.clone(), why: chain(error) });
    }
    failures.extend(undecoded);
    (landing.emit)(Event::Decoded { run: report.run.clone(), rows });
    let partial = (!failures.is_empty()).then(|| listing(&failures, planned));
    report.cause = partial.as_ref().map(|_| worst(&failures));
    match committed {
        None => failed(report, worst(&failures), partial.unwrap_or_default()),
        Some(Err(error)) => failed(report, Cause::Storage, chain(&error)),
        Some(Ok(Preview { committed, differences })) => {
            if let Some(place) = landing.preview {
                place.lock().unwrap_or_else(PoisonError::into_inner).extend(differences);
            }
            account(&mut report, committed, partial);
            if let Some(snapshot) = report.snapshot {
                (landing.emit)(Event::Committed {
                    run: report.run.clone(),
                    snapshot,
                    new: report.new,
                    changed: report.changed,
                    withdrawn: report.withdrawn,
                });
            }
            report
        }
    }
}

fn account(report: &mut RunReport, committed: Committed, partial: Option<String>) {
    report.parsed = committed.count.parsed;
    report.accepted = committed.count.accepted;
    report.quarantined = committed.count.quarantined;
    report.missing = committed.count.missing;
    report.duplicates = committed.count.duplicates;
    report.new = committed.new;
    report.changed = committed.changed;
    report.withdrawn = committed.withdrawn;
    report.snapshot = committed.snapshot;
    report.quarantined_by_reason = committed.quarantined_by_reason;
    report.outcome = match (&committed.gate, &partial, committed.snapshot) {
        (Some(_), _, _) => Outcome::Held,
        (None, Some(_), _) => Outcome::Partial,
        (None, None, Some(_)) => Outcome::Committed,
        (None, None, None) => Outcome::Unchanged,
    };
    if committed.gate.is_some() {
        report.cause = Some(Cause::Gate);
    }
    report.error = match (committed.gate, partial) {
        (Some(gate), Some(partial)) => Some(format!("{gate}; {partial}")),
        (gate, partial) => gate.or(partial),
    };
}

/// Of several causes the one that most needs somebody here: a source that is down heals by
/// itself, a lake does not.
fn worst(failures: &[(String, RequestError)]) -> Cause {
    const FROM_WORST: [Cause; 6] = [
        Cause::Storage,
        Cause::Configuration,
        Cause::Content,
        Cause::Refused,
        Cause::SourceMoved,
        Cause::SourceDown,
    ];
    let is_there = |cause: &Cause| failures.iter().any(|(_, error)| error.cause() == *cause);
    FROM_WORST.into_iter().find(is_there).unwrap_or(Cause::Stopped)
}

fn failed(mut report: RunReport, cause: Cause, why: String) -> RunReport {
    report.outcome = Outcome::Failed;
    report.cause = Some(cause);
    report.error = Some(why);
    report
}

fn listing(failures: &[(String, RequestError)], planned: usize) -> String {
    let mut text = format!("{} of {planned} requests failed: ", failures.len());
    let named: Vec<String> = failures
        .iter()
        .take(NAMED)
        .map(|(request, error)| format!("{request}: {}", chain(error)))
        .collect();
    text.push_str(&named.join("; "));
    if failures.len() > NAMED {
        text.push_str("; and ");
        text.push_str(&(failures.len() - NAMED).to_string());
        text.push_str(" more");
    }
    text
}

/// What a delivery and its decoding depend on, in one number: program, decoder, pipeline, code
/// list, and the bodies in order.
fn digest(source: &dyn Source, pipeline: &Pipeline, areas: &AreaList, walks: &[Walk]) -> String {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    put(env!("CARGO_PKG_VERSION"));
    put(source.id());
    put(&source.decoder_version().to_string());
    put(&format!("{pipeline:?}"));
    put(&format!("{:?}", areas.areas()));
    for walk in walks {
        for page in &walk.pages {
            put(&walk.request);
            put(&page.spec.page.to_string());
            put(&page.raw.to_string());
        }
    }
    RawId::from_digest(hash.finalize().into()).to_string()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
