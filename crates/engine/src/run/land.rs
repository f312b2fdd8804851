//! From a delivery to a snapshot and a closed ledger row.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use wsis_lake::{ChangeKind, Committed, Difference, Lake, Origin, Preview, SeriesChange, SetAside};
use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::payload::RawId;
use wsis_model::pipeline::{Gates, Pipeline};
use wsis_model::plausible::Plausibility;
use wsis_sources::{DecodeJob, Source};

use super::contract;
use super::decode::{decode, whole};
use super::decoders::{Bound, GivenUp};
use super::failures::{listing, worst};
use super::recorded::record;
use super::reread::{is_reread, read_anew};
use super::said::{News, Said, known};
use super::stage::Stage;
use super::walk::{Delivery, Walk};
use super::witness::State;
use super::{LakeThread, RequestError};
use crate::clock::Clock;
use crate::history::{self, Older};
use crate::hold::Hold;
use crate::ledger::{Backfilled, Ledger};
use crate::report::{Cause, Event, Outcome, RunReport};
use wsis_model::causes::chain;

/// Everything that landing needs besides the delivery.
pub(crate) struct Landing<'a> {
    pub(crate) lake: &'a Arc<Lake>,
    pub(crate) lake_thread: &'a LakeThread,
    pub(crate) ledger: &'a Arc<Ledger>,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) pipeline: &'a Arc<Pipeline>,
    /// Every pipeline of the deployment: which series somebody still asks for.
    pub(crate) pipelines: &'a [Arc<Pipeline>],
    pub(crate) lists: &'a Arc<CodeLists>,
    pub(crate) source: &'static dyn Source,
    pub(crate) limits: DecodeLimits,
    /// Decode even what was committed last.
    pub(crate) force: bool,
    /// Somebody has looked at it: take it although a gate would hold it.
    pub(crate) accept: bool,
    /// Only say what a commit would do, and put it here.
    pub(crate) preview: Option<&'a Mutex<Foreseen>>,
    pub(crate) emit: &'a (dyn Fn(Event) + Send + Sync),
    /// Takes what became of each request.
    pub(crate) became: &'a Mutex<Vec<(String, Backfilled)>>,
    /// Until when decoding may take.
    pub(crate) bound: &'a Bound,
    /// Shows that nobody else runs the pipeline.
    pub(crate) hold: Option<&'a Arc<Hold>>,
    /// Let go of only when nothing commits any more, even if nobody waits for it.
    pub(crate) held: Held,
}

/// What a commit would change.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    /// The first differences, in the order of the key.
    pub(crate) differences: Vec<Difference>,
    /// All of them, counted by series.
    pub(crate) series: BTreeMap<String, SeriesChange>,
    /// The first records that would be quarantined.
    pub(crate) quarantined: Vec<SetAside>,
}

/// Locks, which show others that a commit is under way.
pub(crate) type Held = Vec<Arc<dyn Any + Send + Sync>>;

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
    landing.tell_failed(&report.run, &delivery.failed);
    if delivery.cancelled {
        report.outcome = Outcome::Cancelled;
        report.cause = Some(Cause::Stopped);
        report.error = Some("stopped by the user; what is archived stays".to_owned());
        // What is recorded as a run is what a replay decodes, so this is kept apart: the bodies
        // are used, and recorded, by the run that completes it.
        let (lake, run, records) = (Arc::clone(landing.lake), report.run.clone(), delivery.records);
        let kept = move || lake.append_unfinished(&run, &records);
        return match on_disk(kept).await {
            Ok(()) => (report, None),
            Err(why) => (failed(report, Cause::Storage, why), None),
        };
    }
    if landing.preview.is_none()
        && let Err(why) = record(&landing, &report.run, delivery.records).await
    {
        return (failed(report, Cause::Storage, why), None);
    }
    let asked: Vec<String> = delivery.walks.iter().map(|walk| walk.request.clone()).collect();
    landing.refused(&delivery.failed);
    // An archived run of which nothing is declared any more: its findings say so, and nothing is wrong.
    if delivery.planned == 0 && report.replay_of.is_some() {
        report.outcome = Outcome::Unchanged;
        return (report, None);
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
        .then(|| digest(landing.source, landing.pipeline, landing.lists, &delivery.walks));
    match is_known(&landing, digest.as_deref()).await {
        Ok(None) => {}
        Ok(Some(landed)) => {
            report.outcome = Outcome::Unchanged;
            landing.landed(asked.into_iter());
            return (report, Some(landed));
        }
        Err(why) => return (failed(report, Cause::Storage, why), None),
    }
    report.reread = is_reread(&landing, &report, &delivery.walks).await;
    // What an old answer still stands for is not what a live run brings: no digest of one.
    let digest = digest.filter(|_| delivery.walks.iter().all(Walk::stands_for_all));
    let (report, failed) =
        store(&landing, delivery.walks, delivery.failed, (report, digest.clone())).await;
    if report.outcome.is_complete() || report.outcome == Outcome::Partial {
        let is_in = |request: &String| failed.iter().all(|(failed, _)| failed != request);
        landing.landed(asked.into_iter().filter(is_in));
    }
    let digest = match digest.filter(|_| report.outcome.is_complete() && landing.preview.is_none())
    {
        Some(digest) => landed(&landing, &digest).await,
        None => None,
    };
    (report, digest)
}

/// A digest with the state of the lake that holds its delivery: `digest@snapshot:SHA-256`. The
/// lake, not the ledger, is the witness of what was landed.
async fn landed(landing: &Landing<'_>, digest: &str) -> Option<String> {
    let head = landing.lake_thread.head(landing.lake).await.ok().flatten()?;
    Some(State::of(digest, &head).text())
}

/// Whether this very delivery, decoded by this very program, is what the lake holds: then what
/// the ledger says of it. A lake that was restored from an older copy no longer has the snapshot
/// that the ledger speaks of, and is filled again; what was corrected by hand since is judged again.
async fn is_known(landing: &Landing<'_>, digest: Option<&str>) -> Result<Option<String>, String> {
    let Some(digest) = digest.filter(|_| !landing.force) else { return Ok(None) };
    let id = landing.pipeline.id.clone();
    let last = landing.ledger.apart(move |ledger| ledger.last_digest(&id)).await;
    let last = last.map_err(|error| chain(&error))?;
    let state = last.as_deref().and_then(State::parse).filter(|state| state.digest == digest);
    let Some(state) = state else { return Ok(None) };
    let (lake, of) = (Arc::clone(landing.lake), Arc::clone(landing.pipeline));
    let holds = move || state.holds(&lake, (&of.source, &of.dataset));
    let holds = landing.lake_thread.run(holds).await.unwrap_or(Ok(false));
    let holds = holds.map_err(|error| chain(&error))?;
    Ok(last.filter(|_| holds))
}

/// Tells of the snapshot that a run made, if it made one.
fn tell_committed(landing: &Landing<'_>, report: &RunReport) {
    let Some(snapshot) = report.snapshot else { return };
    (landing.emit)(Event::Committed {
        run: report.run.clone(),
        snapshot,
        new: report.new,
        changed: report.changed,
        withdrawn: report.withdrawn,
    });
}

/// What a commit is: bytes of before that are read again by force, or what a run brought.
fn kind_of(landing: &Landing<'_>, report: &RunReport) -> ChangeKind {
    let is_again = report.replay_of.is_some() && landing.force;
    if is_again { ChangeKind::Redecode } else { ChangeKind::Ingest }
}

/// What is asked of a delivery, and less where somebody has looked at it.
fn judged_by(landing: &Landing<'_>) -> (Gates, Plausibility) {
    let Pipeline { gates, plausibility, .. } = landing.pipeline.as_ref();
    if landing.accept {
        (gates.accepting(), plausibility.accepting())
    } else {
        (gates.clone(), plausibility.clone())
    }
}

/// What decoding heard besides figures.
struct Heard {
    findings: BTreeMap<String, u64>,
    said: Said,
    /// What is new of it by the contract.
    new: contract::News,
    /// What was known.
    known: contract::Known,
}

/// Decodes and commits on the thread for such work.
async fn store(
    landing: &Landing<'_>,
    walks: Vec<Walk>,
    mut failures: Vec<(String, RequestError)>,
    (mut report, digest): (RunReport, Option<String>),
) -> (RunReport, Vec<(String, RequestError)>) {
    let (lake, pipeline, lists) =
        (Arc::clone(landing.lake), Arc::clone(landing.pipeline), Arc::clone(landing.lists));
    let (source, is_preview) = (landing.source, landing.preview.is_some());
    let whole = whole(landing, &walks, (&report, &failures));
    let planned = usize::try_from(report.requests).unwrap_or(usize::MAX);
    let (run, clock) = (Some(report.run.clone()), Arc::clone(landing.clock));
    let (id, accepted) = (Some(pipeline.id.clone()), landing.accept);
    let (kind, (gates, plausibility)) = (kind_of(landing, &report), judged_by(landing));
    let origin = Origin { pipeline: id, run, digest, kind, at: None, accepted };
    let older = match begin_to_land(landing, &failures, &mut report).await {
        Ok(older) => older,
        Err(why) => return (failed(report, Cause::Storage, why), failures),
    };
    let (known, contract) = (known(landing, &mut report).await, contract::of(landing, &report));
    let (limits, held, bound) =
        (landing.limits, landing.held.clone(), landing.bound.for_decoding());
    let work = landing.lake_thread.land(&bound, move |stage: &Stage| {
        let _held = held;
        let stop = || stage.is_given_up();
        let job = DecodeJob { limits, stop: &stop, ..DecodeJob::new(&pipeline, &lists) };
        let mut decoded = decode(&lake, source, &job, (&walks, stage)).all_of(whole);
        let rows = decoded.collector.parsed();
        let new = contract::News::of(&known, &decoded.said, contract);
        let mut found = Heard { findings: decoded.findings, said: decoded.said, new, known };
        if !stage.commits() || decoded.complete.is_empty() {
            return (decoded.failed, found, rows, None);
        }
        decoded.collector.judge_by(plausibility);
        decoded.collector.come_from(Origin { at: Some(clock.now()), ..origin });
        let held = found.new.held.take();
        let preview = if is_preview || held.is_some() {
            lake.preview(decoded.collector, &gates).map(|it| it.held_by(held))
        } else {
            let committed = lake.commit(decoded.collector, &gates);
            let made = committed.as_ref().ok().and_then(|committed| committed.snapshot);
            found.findings.extend(older.and_then(|it| it.give_up(&lake, made, clock.now())));
            committed.map(|committed| Preview { committed, ..Preview::default() })
        };
        (decoded.failed, found, rows, Some(preview))
    });
    let (undecoded, found, rows, committed) = match work.await {
        Ok(done) => done,
        Err(why) => return (given_up(report, why), failures),
    };
    report.findings.extend(wsis_sources::shown(&found.findings));
    report.findings.extend(found.new.told);
    let news = News::of(landing, (&found.known, found.said), &mut report);
    landing.tell_failed(&report.run, &undecoded);
    landing.refused(&undecoded);
    failures.extend(undecoded);
    (landing.emit)(Event::Decoded { run: report.run.clone(), rows });
    let partial = (!failures.is_empty()).then(|| listing(&failures, planned));
    report.cause = partial.as_ref().map(|_| worst(&failures));
    let mut report = match committed {
        None => failed(report, worst(&failures), partial.unwrap_or_default()),
        Some(Err(error)) => failed(report, Cause::Storage, chain(&error)),
        Some(Ok(done)) => accounted(landing, report, done, partial),
    };
    if report.outcome.is_complete() || report.outcome == Outcome::Partial {
        news.keep(landing, &mut report).await;
    }
    (report, failures)
}

/// The account of what was committed, or would be.
fn accounted(
    landing: &Landing<'_>,
    mut report: RunReport,
    Preview { committed, differences, series, quarantined }: Preview,
    partial: Option<String>,
) -> RunReport {
    if let Some(place) = landing.preview {
        *place.lock().unwrap_or_else(PoisonError::into_inner) =
            Foreseen { differences, series, quarantined };
    }
    let in_part = partial.is_some() || report.years.is_some();
    report.findings.extend(no_longer_asked_for(landing, &committed, in_part));
    account(&mut report, committed, (partial, landing.preview.is_some()));
    report.findings.extend(read_anew(&report));
    tell_committed(landing, &report);
    report
}

/// Writes down that a run is about to commit, and on which snapshot: when the process dies after
/// the commit and before the run is closed, the next one knows that it was this run's. A lake that
/// lost its snapshots refuses; one that was restored from an older copy is told of. A preview writes
/// nothing.
async fn begin_to_land(
    landing: &Landing<'_>,
    failures: &[(String, RequestError)],
    report: &mut RunReport,
) -> Result<Option<Older>, String> {
    if landing.preview.is_some() {
        return Ok(None);
    }
    let known = landing.ledger.apart(Ledger::newest_snapshot).await;
    let known = known.map_err(|error| chain(&error))?.unwrap_or(0);
    let head = landing.lake_thread.head(landing.lake).await.map_err(|error| chain(&error))?;
    let base = head.map_or(0, |head| head.id);
    let older = history::older(landing.lake, landing.ledger, (base, known));
    let older = older.map_err(|error| chain(&error))?;
    report.findings.extend(older.as_ref().map(Older::told));
    let mut report = report.clone();
    if !failures.is_empty() {
        let planned = usize::try_from(report.requests).unwrap_or(usize::MAX);
        report.error = Some(listing(failures, planned));
        report.cause = Some(worst(failures));
    }
    let hold = landing.hold.map(Arc::clone);
    let put = landing.ledger.apart(move |ledger| {
        hold.map_or(Ok(()), |hold| hold.hold_on())?;
        ledger.put_landing(&report, base)
    });
    put.await.map_err(|error| chain(&error))?;
    Ok(older)
}

/// Work on the disk, which may be slow, off the threads that move network data.
pub(super) async fn on_disk<T: Send + 'static, E: std::error::Error + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(move || work().map_err(|error| chain(&error))).await;
    done.unwrap_or_else(|_| Err("a worker ended unexpectedly".to_owned()))
}

/// A delivery that was not decoded to its end: nothing of it has landed.
fn given_up(mut report: RunReport, why: GivenUp) -> RunReport {
    if why == GivenUp::Stopped {
        report.outcome = Outcome::Cancelled;
        report.cause = Some(Cause::Stopped);
        report.error = Some(format!("{why}; what is archived stays"));
        return report;
    }
    failed(report, why.cause(), format!("{why}; what is archived stays"))
}

/// What stays in the lake although nothing was delivered for it: a series that no pipeline
/// declares any more, and one that is declared and stands in no file.
fn no_longer_asked_for(
    landing: &Landing<'_>,
    committed: &Committed,
    is_in_part: bool,
) -> Vec<String> {
    let same = |other: &&Arc<Pipeline>| {
        other.source == landing.pipeline.source && other.dataset == landing.pipeline.dataset
    };
    let declares = |code: &str| {
        landing.pipelines.iter().filter(same).any(|other| other.series(code).is_some())
    };
    let mut found = Vec::new();
    for (code, observations) in &committed.kept {
        let why = if landing.pipeline.series(code).is_some() {
            // Of a request that failed, or for other years, it is known why it says nothing.
            if is_in_part {
                continue;
            }
            "this pipeline declares it, and nothing that was received speaks of it"
        } else if declares(code) {
            continue;
        } else {
            "no pipeline declares it any more, so nobody asks the source for it"
        };
        found.push(format!(
            "series {code}: {why}; its {observations} observations stay in force as they were \
             last received"
        ));
    }
    found
}

fn account(
    report: &mut RunReport,
    committed: Committed,
    (partial, is_preview): (Option<String>, bool),
) {
    report.findings.extend(committed.lost);
    report.findings.extend(committed.unread);
    report.findings.extend(committed.implausible);
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
    let gate = committed.gate.map(|gate| {
        // An empty delivery is never taken.
        if gate.contains("`rows_min`") {
            return gate;
        }
        let run = report.replay_of.as_ref().filter(|_| is_preview).unwrap_or(&report.run);
        format!("{gate}. `wsis accept {run}` shows what it would change, and takes it")
    });
    report.error = match (gate, partial) {
        (Some(gate), Some(partial)) => Some(format!("{gate}; {partial}")),
        (gate, partial) => gate.or(partial),
    };
}

fn failed(mut report: RunReport, cause: Cause, why: String) -> RunReport {
    report.outcome = Outcome::Failed;
    report.cause = Some(cause);
    report.error = Some(why);
    report
}

/// What a delivery and its decoding depend on, in one number: program, decoder, pipeline, code
/// list, and the bodies in order.
fn digest(source: &dyn Source, pipeline: &Pipeline, lists: &CodeLists, walks: &[Walk]) -> String {
    let mut hash = Sha256::new();
    let mut put = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    put(env!("CARGO_PKG_VERSION"));
    put(source.id());
    put(&source.decoder_version().to_string());
    put(&format!("{pipeline:?}"));
    // Aliases too: a name that was unknown yesterday may be known today.
    put(&lists.fingerprint());
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
