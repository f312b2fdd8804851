//! Files that are handed in: by a folder of their pipeline, or by a person who answers for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use wsis_lake::{ChangeKind, Difference, Fork, HandedIn, Lake, Origin, SeriesChange};
use wsis_model::causes::chain;
use wsis_model::payload::RawId;
use wsis_model::pipeline::{Folder, Pipeline, SourceFile, Take, fits, same_code};
use wsis_sources::{DecodeJob, RequestSpec, Source};

use super::{Begun, Context, Engine, Inner};
use crate::error::EngineError;
use crate::report::{IngestOptions, RunReport};
use crate::run::{Bound, ByHand, Content, Delivery, Foreseen, Handed, Refusal, Walk, decode};

/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;
/// Files of a folder that one run reads.
const FILES_MAX: usize = 500;
/// Longest name and reason that are kept, in characters.
const WORDS_MAX: usize = 1_000;

/// A file that somebody hands in.
#[derive(Debug, Clone)]
pub struct HandIn {
    /// The pipeline.
    pub pipeline: String,
    /// Name of the file.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// What it stands for: a path of the pipeline's files or a series; none finds out.
    pub request: Option<String>,
}

/// Who takes a file over.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Name.
    pub by: String,
    /// Reason, in words.
    pub because: String,
    /// Also where a gate on shares would hold it.
    pub past_gates: bool,
}

impl Acceptance {
    /// Name and reason, neither of them empty.
    pub(super) fn words(&self) -> Result<(String, String), EngineError> {
        let words = |what: &str, text: &str| match text.trim() {
            "" => {
                Err(EngineError::NotHandedIn { why: format!("{what} is empty; write it in words") })
            }
            text => Ok(text.chars().take(WORDS_MAX).collect::<String>()),
        };
        Ok((words("the name", &self.by)?, words("the reason behind --because", &self.because)?))
    }
}

/// What a file would change.
#[derive(Debug, Serialize)]
pub struct Rehearsal {
    /// What the file stands for.
    pub request: String,
    /// Its name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The account of the run that there would be.
    #[serde(flatten)]
    pub report: RunReport,
    /// What would change, by series.
    pub series: BTreeMap<String, SeriesChange>,
    /// The first 1,000 differences.
    pub differences: Vec<Difference>,
    /// The lake as it would be; none where nothing would change.
    #[serde(skip)]
    pub after: Option<Fork>,
}

impl Engine {
    /// Reads a file as a run would, and says what it would change. Nothing is written but drafts.
    ///
    /// # Errors
    /// A pipeline that there is not, a file that stands for nothing of it, and as for
    /// [`Engine::ingest`].
    pub async fn rehearse(
        &self,
        hand_in: HandIn,
        cancel: CancellationToken,
    ) -> Result<Rehearsal, EngineError> {
        let (context, pipeline) = self.for_hand_in(&hand_in, (false, cancel)).await?;
        let request =
            request_of(&pipeline, &hand_in).map_err(|why| EngineError::NotHandedIn { why })?;
        let (file, sha256) = (hand_in.name.clone(), RawId::of(&hand_in.bytes).to_string());
        let bytes = Arc::new(hand_in.bytes);
        let how = HandedIn { file: file.clone(), by: None, because: None };
        let handed = Handed { how, content: Content::Bytes(Arc::clone(&bytes)) };
        let run = format!("rehearsal of {file}");
        let mut report = RunReport::started(run, pipeline.id.clone(), self.0.clock.now());
        let bound = self.0.bound(&pipeline, &context);
        let files = BTreeMap::from([(request.clone(), handed)]);
        let received = self.0.by_hand(&pipeline, &mut report, files, (None, &bound)).await;
        let mut seen = None;
        let result = received.map(|(source, mut delivery)| {
            for page in delivery.walks.iter_mut().flat_map(|walk| &mut walk.pages) {
                page.held = Some(Arc::clone(&bytes));
            }
            seen = Some((source, delivery.walks.clone()));
            (source, delivery)
        });
        let begun = Begun { pipeline: Arc::clone(&pipeline), report, bound: bound.clone(), result };
        let (report, foreseen) = self.foreseen(begun, &context).await;
        let differs = report.new + report.changed + report.withdrawn > 0;
        let Foreseen { differences, series, .. } = foreseen;
        let mut rehearsal =
            Rehearsal { request, file, sha256, report, series, differences, after: None };
        if let Some((source, walks)) = seen.filter(|_| differs) {
            rehearsal.after = self.0.after(&pipeline, source, walks, &bound).await?;
        }
        Ok(rehearsal)
    }

    /// Archives a file and commits it as the delivery of a run, in the name of a person.
    ///
    /// # Errors
    /// As for [`Engine::rehearse`]; what goes wrong with the file stands in the report.
    pub async fn submit(
        &self,
        hand_in: HandIn,
        acceptance: &Acceptance,
        cancel: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        let (by, because) = acceptance.words()?;
        let (context, pipeline) =
            self.for_hand_in(&hand_in, (acceptance.past_gates, cancel)).await?;
        let request =
            request_of(&pipeline, &hand_in).map_err(|why| EngineError::NotHandedIn { why })?;
        let file = hand_in.name.clone();
        let told = format!(
            "{file} ({} bytes, SHA-256 {}) was handed in for {request} and taken over by {by}: {because}",
            hand_in.bytes.len(),
            RawId::of(&hand_in.bytes)
        );
        let how = HandedIn { file, by: Some(by), because: Some(because) };
        let handed = Handed { how, content: Content::Bytes(Arc::new(hand_in.bytes)) };
        let mut report = self.0.begin(&pipeline, &context, None).await?;
        let bound = self.0.bound(&pipeline, &context);
        let files = BTreeMap::from([(request, handed)]);
        let archive = Some(Arc::clone(&self.0.lake));
        let mut result = self.0.by_hand(&pipeline, &mut report, files, (archive, &bound)).await;
        if let Ok((_, delivery)) = &mut result {
            delivery.findings.push(told);
        }
        self.0.end(Begun { pipeline, report, bound, result }, &context).await
    }

    /// What a hand-in needs: its pipeline, which nobody else runs meanwhile.
    async fn for_hand_in(
        &self,
        hand_in: &HandIn,
        (accept, cancel): (bool, CancellationToken),
    ) -> Result<(Context, Arc<Pipeline>), EngineError> {
        let chosen = self.0.choose(std::slice::from_ref(&hand_in.pipeline))?;
        let locks = self.lock_all(&chosen).await?;
        let options = IngestOptions { accept, ..IngestOptions::default() };
        let context = Context::by_hand(options, locks, cancel);
        let pipeline = chosen.into_iter().next();
        pipeline.map(|it| (context, it)).ok_or(EngineError::NoAnswer)
    }
}

impl Inner {
    /// Reads files as the answers to requests.
    pub(super) async fn by_hand(
        &self,
        pipeline: &Arc<Pipeline>,
        report: &mut RunReport,
        files: BTreeMap<String, Handed>,
        (archive, bound): (Option<Arc<Lake>>, &Bound),
    ) -> Result<(&'static dyn Source, Delivery), Refusal> {
        let source = wsis_sources::source(&pipeline.source)
            .ok_or_else(|| format!("there is no decoder for source {:?}", pipeline.source))
            .map_err(Refusal::configuration)?;
        let mut plan = Vec::with_capacity(files.len());
        for (request, handed) in &files {
            let head: &[u8] = match &handed.content {
                Content::Bytes(bytes) => bytes,
                Content::File(_) => &[],
            };
            let spec = RequestSpec::handed_in(pipeline, request, &handed.how.file, head);
            plan.push(spec.map_err(|error| Refusal::configuration(chain(&error)))?);
        }
        report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
        let floor = self.floor(pipeline).await.map_err(Refusal::storage)?;
        let pages = ByHand {
            run: report.run.clone(),
            pipeline: pipeline.id.clone(),
            years: pipeline.years,
            files,
            archive,
            recorded_at: self.clock.now().max(floor),
            bytes_max: self.workspace.fetch.payload_max_bytes,
            records: Mutex::default(),
        };
        let reader = self.reader(source, pipeline, (&pages, bound.clone()));
        let mut delivery = reader.deliver(plan, 1).await;
        delivery.cancelled |= bound.cancel.is_cancelled();
        (delivery.records, delivery.bytes) = pages.finish();
        Ok((source, delivery))
    }

    /// The files that lie in the folder of a pipeline.
    pub(super) async fn read_folder(
        &self,
        pipeline: &Arc<Pipeline>,
        folder: &Folder,
        report: &mut RunReport,
        bound: &Bound,
    ) -> Result<(&'static dyn Source, Delivery), Refusal> {
        let (asked, place) = (Arc::clone(pipeline), folder.clone());
        let found = tokio::task::spawn_blocking(move || lying(&asked, &place)).await;
        let found = found.unwrap_or_else(|_| Err("a worker ended unexpectedly".to_owned()));
        let (files, findings) = found.map_err(Refusal::not_there)?;
        let archive = Some(Arc::clone(&self.lake));
        let (source, mut delivery) =
            self.by_hand(pipeline, report, files, (archive, bound)).await?;
        delivery.findings.extend(findings);
        Ok((source, delivery))
    }

    /// The lake as a delivery would leave it, beside the one that there is.
    async fn after(
        &self,
        pipeline: &Arc<Pipeline>,
        source: &'static dyn Source,
        walks: Vec<Walk>,
        bound: &Bound,
    ) -> Result<Option<Fork>, EngineError> {
        let (lake, pipeline) = (Arc::clone(&self.lake), Arc::clone(pipeline));
        let (lists, limits, now) =
            (Arc::clone(&self.lists), self.workspace.decode, self.clock.now());
        let bound = bound.for_decoding();
        let work = self.lake_thread.land(&bound, move |stage| {
            let fork = lake.fork()?;
            let stop = || stage.is_given_up();
            let job = DecodeJob { limits, stop: &stop, ..DecodeJob::new(&pipeline, &lists) };
            let mut decoded = decode(fork.lake(), source, &job, (&walks, stage));
            if !stage.commits() {
                return Ok(None);
            }
            decoded.collector.come_from(Origin {
                pipeline: Some(pipeline.id.clone()),
                run: None,
                digest: None,
                kind: ChangeKind::Ingest,
                at: Some(now),
                accepted: true,
            });
            // Whether a gate would hold it is told apart: here it is seen what it would make.
            fork.lake().commit(decoded.collector, &pipeline.gates.accepting())?;
            Ok(Some(fork))
        });
        work.await.unwrap_or(Ok(None))
    }
}

/// What a file stands for.
fn request_of(pipeline: &Pipeline, hand_in: &HandIn) -> Result<String, String> {
    let listed = |texts: Vec<&str>| wsis_config::listed(texts);
    let requests: Vec<String> = pipeline.files.iter().map(SourceFile::request).collect();
    let paths = || requests.iter().map(String::as_str);
    let codes = || pipeline.series.iter().map(|series| series.code.as_str());
    if let Some(asked) = &hand_in.request {
        let of_files = pipeline.file(asked).map(|_| asked.clone());
        let of_series = || pipeline.series(asked).map(|series| series.code.clone());
        let found = of_files.or_else(|| of_series().filter(|_| pipeline.files.is_empty()));
        return found.ok_or_else(|| {
            let known = if pipeline.files.is_empty() {
                listed(codes().collect())
            } else {
                listed(paths().collect())
            };
            format!(
                "pipeline {} has nothing {asked:?} that a file can stand for; it has {known}",
                pipeline.id
            )
        });
    }
    let name = hand_in.name.as_str();
    let takes_all = pipeline.folder.as_ref().is_some_and(|folder| folder.take == Take::All);
    if !pipeline.files.is_empty() {
        let last = |path: &str| {
            let path = path.split('?').next().unwrap_or_default();
            path.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let fitting: Vec<&str> = paths().filter(|path| fits(&last(path), name)).collect();
        return match (fitting.as_slice(), pipeline.files.as_slice()) {
            ([_], _) if takes_all => Ok(name.to_owned()),
            ([path], _) => Ok((*path).to_owned()),
            ([], [only]) => Ok(only.request()),
            _ => Err(format!(
                "pipeline {} has several files, and {name:?} may be any of them: say which with --as, \
                 one of {}",
                pipeline.id,
                listed(paths().collect())
            )),
        };
    }
    let stem = Path::new(name).file_stem().map_or_else(|| name.into(), |it| it.to_string_lossy());
    let of_name = codes().find(|code| same_code(code, &stem));
    match (of_name, pipeline.series.as_slice()) {
        (Some(code), _) => Ok(code.to_owned()),
        (None, [only]) => Ok(only.code.clone()),
        // A file with many series: those that stand in it.
        (None, _) => Ok(name.to_owned()),
    }
}

/// Files by the request that they answer, and what is to be told.
type Lying = (BTreeMap<String, Handed>, Vec<String>);

/// What lies in a folder for the files of a pipeline.
fn lying(pipeline: &Pipeline, folder: &Folder) -> Result<Lying, String> {
    let shown = folder.path.display();
    let entries = std::fs::read_dir(&folder.path)
        .map_err(|why| format!("folder {shown} of pipeline {}: {why}", pipeline.id))?;
    let mut names: Vec<(String, PathBuf)> = Vec::new();
    for (count, entry) in entries.enumerate() {
        if count >= ENTRIES_MAX {
            return Err(format!(
                "folder {shown} of pipeline {} has more than {ENTRIES_MAX} entries; move old ones away",
                pipeline.id
            ));
        }
        let entry = entry.map_err(|why| format!("folder {shown}: {why}"))?;
        // A name that is no text cannot be one that is declared.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_draft = name.starts_with('.') || name.ends_with('~');
        let under_way = [".part", ".tmp", ".crdownload", ".filepart"];
        let is_draft = is_draft || under_way.iter().any(|it| name.ends_with(it));
        if !is_draft && !name.contains(char::is_control) {
            names.push((name, entry.path()));
        }
    }
    names.sort();
    let (mut files, mut findings) = (BTreeMap::new(), Vec::new());
    let mut missing = Vec::new();
    for declared in &pipeline.files {
        let fitting: Vec<&(String, PathBuf)> =
            names.iter().filter(|(name, _)| fits(&declared.path, name)).collect();
        let Some(last) = fitting.last() else {
            missing.push(declared.path.as_str());
            continue;
        };
        let taken: Vec<(String, &(String, PathBuf))> = match folder.take {
            Take::Newest => vec![(declared.path.clone(), *last)],
            Take::All => fitting.iter().map(|it| (it.0.clone(), *it)).collect(),
        };
        for (request, (name, path)) in taken {
            if *name != declared.path {
                findings.push(format!("{name} was read from {shown} for {:?}", declared.path));
            }
            let how = HandedIn { file: name.clone(), by: None, because: None };
            files.insert(request, Handed { how, content: Content::File(path.clone()) });
        }
    }
    if files.len() > FILES_MAX {
        return Err(format!(
            "folder {shown} has {} files for one run; at most {FILES_MAX}",
            files.len()
        ));
    }
    if !missing.is_empty() {
        return Err(format!(
            "nothing in folder {shown} of pipeline {} fits {}: hand the file in, or correct its `path`",
            pipeline.id,
            wsis_config::listed(missing)
        ));
    }
    Ok((files, findings))
}
