//! The archive of response bodies, by SHA-256, and the record of the requests they answered.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Seek as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_model::payload::RawId;

use crate::claims::RecordFile;
use crate::durable::{Draft, hash_of, hex};
use crate::error::LakeError;
use crate::lake::{Lake, check_name};
use crate::store::{Content, Placed, Store};

/// Bodies, by hash.
pub(crate) const BODIES: &str = "raw/sha256";
/// Records of the requests of runs, by pipeline and month.
pub(crate) const RECORDS: &str = "raw/meta";
/// The same of runs that were stopped.
pub(crate) const UNFINISHED: &str = "raw/unfinished";

/// One answered request of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawMeta {
    /// Pipeline id.
    pub pipeline: String,
    /// Run id.
    pub run: String,
    /// Request id (`IT.NET.USER.ZS`, `egdi-2018.csv`).
    pub request: String,
    /// Page number, from 1.
    pub page: u32,
    /// Address asked, without secrets.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// When the body was complete.
    pub retrieved_at: DateTime<Utc>,
    /// `ETag` header.
    pub etag: Option<String>,
    /// `Last-Modified` header.
    pub last_modified: Option<String>,
    /// `Content-Type` header.
    pub content_type: Option<String>,
    /// The body.
    #[serde(with = "raw_id")]
    pub raw: RawId,
    /// Length of the body.
    pub bytes: u64,
    /// First and last year that were asked for; none in records of before they were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<(i32, i32)>,
    /// Of a body that nobody asked for at an address: who handed it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in: Option<HandedIn>,
}

/// How a body came that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// Name of the file.
    pub file: String,
    /// Who took it over; none of a file that lay in the folder of its pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

mod raw_id {
    use serde::{Deserialize as _, Deserializer, Serializer, de};
    use wsis_model::payload::RawId;

    pub(super) fn serialize<S: Serializer>(id: &RawId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RawId, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// The requests of one run of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMeta {
    /// Run id.
    pub run: String,
    /// When its first body was complete.
    pub started: DateTime<Utc>,
    /// Its answered requests, in the order in which they were recorded.
    pub records: Vec<RawMeta>,
}

/// Takes a response body in pieces; nothing is visible before [`RawWriter::finish`].
pub struct RawWriter {
    draft: Draft,
    lake: Lake,
}

impl RawWriter {
    /// Appends a piece.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), LakeError> {
        self.draft.write(bytes)
    }

    /// Makes the body durable under its hash and returns the hash and the length. A body that
    /// is in the archive already is kept once; a damaged copy of it is replaced by the good one.
    pub fn finish(self) -> Result<(RawId, u64), LakeError> {
        let finished = self.draft.finish()?;
        let id = RawId::from_digest(finished.sha256);
        let bytes = finished.bytes;
        let (name, store) = (raw_name(&id), &**self.lake.store());
        match store.open(&name)? {
            Some(there) => {
                let failed = |e| LakeError::io("read", &store.shown(&name), e);
                let is_file = matches!(there, Content::File(_));
                if hash_of(there).map_err(failed)?.1 != *id.as_bytes() {
                    finished.place_over(store, &name)?;
                } else if is_file {
                    // Its name may not be on the disk yet: whoever gave it may have died before (R24).
                    finished.place(store, &name)?;
                }
            }
            None => {
                // Someone else may have archived the same body meanwhile: same bytes.
                let (Placed::Created | Placed::Existed) = finished.place(store, &name)?;
            }
        }
        Ok((id, bytes))
    }
}

/// The name of a body: `raw/sha256/ab/cd/abcd…`.
fn raw_name(id: &RawId) -> String {
    let hash = id.to_string();
    let (first, second) = (hash.get(..2).unwrap_or_default(), hash.get(2..4).unwrap_or_default());
    format!("{BODIES}/{first}/{second}/{hash}")
}

/// Statuses of an answer whose body can be replayed; after 304 it is the one that was there before.
const ANSWERED: [u16; 3] = [200, 203, 304];

impl Lake {
    /// Where a body lies: `raw/sha256/ab/cd/abcd…`.
    pub fn raw_path(&self, id: &RawId) -> PathBuf {
        self.store().shown(&raw_name(id))
    }

    /// Whether a body is in the archive; it is not read.
    pub(crate) fn has_raw(&self, id: &RawId) -> Result<bool, LakeError> {
        Ok(self.store().head(&raw_name(id))?.is_some())
    }

    /// Starts archiving a body.
    pub fn raw_writer(&self) -> Result<RawWriter, LakeError> {
        let draft = self.disk().draft(&self.store().workshop(BODIES))?;
        Ok(RawWriter { draft, lake: self.clone() })
    }

    /// Opens an archived body. Its hash is checked first (H17): a body that is not what its name
    /// says is an error, never data.
    pub fn open_raw(&self, id: &RawId) -> Result<BufReader<Content>, LakeError> {
        let name = raw_name(id);
        let path = self.store().shown(&name);
        let Some(mut file) = self.store().open(&name)? else {
            return Err(LakeError::NoPayload { id: id.to_string(), path });
        };
        let (_, digest) = hash_of(&mut file).map_err(|e| LakeError::io("read", &path, e))?;
        if digest != *id.as_bytes() {
            return Err(LakeError::Corrupt {
                path,
                found: format!("SHA-256 {}", hex(&digest)),
                expected: format!("SHA-256 {id}"),
            });
        }
        file.rewind().map_err(|e| LakeError::io("read", &path, e))?;
        Ok(BufReader::with_capacity(256 * 1024, file))
    }

    /// Records answered requests of a run, durably. What is recorded is what an offline replay
    /// decodes, so the caller records a run once all of its requests are answered (or the part
    /// that it wants replayed).
    /// Returns the files that were made, for the ledger: nothing in the lake names them.
    pub fn append_meta(
        &self,
        run: &str,
        records: &[RawMeta],
    ) -> Result<Vec<RecordFile>, LakeError> {
        self.record(RECORDS, run, records)
    }

    /// Records what a run had received when it was stopped, in `raw/unfinished`: whose the bodies
    /// are. It is no delivery, and no replay reads it.
    pub fn append_unfinished(&self, run: &str, records: &[RawMeta]) -> Result<(), LakeError> {
        self.record(UNFINISHED, run, records).map(drop)
    }

    /// One file of each pipeline of a run, under the month of its first answer; it is created and
    /// never changed. Records that come later are a file of their own.
    pub(crate) fn record(
        &self,
        folder: &str,
        run: &str,
        records: &[RawMeta],
    ) -> Result<Vec<RecordFile>, LakeError> {
        check_name("run", run)?;
        let mut made = Vec::new();
        let mut by_pipeline: BTreeMap<&str, Vec<&RawMeta>> = BTreeMap::new();
        for record in records {
            by_pipeline.entry(&record.pipeline).or_default().push(record);
        }
        for (pipeline, records) in by_pipeline {
            check_name("pipeline", pipeline)?;
            let Some(first) = records.iter().map(|it| it.retrieved_at).min() else { continue };
            let folder = format!("{folder}/{pipeline}/{}", first.format("%Y-%m"));
            let mut lines = Vec::new();
            for record in records {
                serde_json::to_writer(&mut lines, record)
                    .map_err(|e| LakeError::encoding(&self.store().shown(&folder), &e))?;
                lines.push(b'\n');
            }
            let name = self.create_part(&format!("{folder}/{run}"), &lines)?;
            made.push(RecordFile { name, sha256: RawId::of(&lines).to_string() });
        }
        Ok(made)
    }

    /// Returns the name that it got.
    fn create_part(&self, stem: &str, lines: &[u8]) -> Result<String, LakeError> {
        let mut part = 1_u32;
        loop {
            let name = match part {
                1 => format!("{stem}.jsonl"),
                part => format!("{stem}.{part}.jsonl"),
            };
            if self.store().create(&name, lines)? == Placed::Created {
                return Ok(name);
            }
            // Recorded already: somebody says it again after a crash.
            if self.store().get(&name)?.is_some_and(|there| there == lines) {
                return Ok(name);
            }
            part = part.saturating_add(1);
        }
    }

    /// The recorded runs of a pipeline in order of time, for replay without a network.
    pub fn metas(&self, pipeline: &str) -> Result<Vec<RunMeta>, LakeError> {
        Ok(self.metas_of(&[pipeline])?.remove(pipeline).unwrap_or_default())
    }

    /// The recorded runs of some pipelines, each in order of time. Every record is read once,
    /// however many pipelines there are.
    pub fn metas_of(
        &self,
        pipelines: &[&str],
    ) -> Result<BTreeMap<String, Vec<RunMeta>>, LakeError> {
        let mut found: BTreeMap<String, Vec<RunMeta>> = BTreeMap::new();
        for &pipeline in pipelines {
            let mut runs: BTreeMap<String, Vec<RawMeta>> = BTreeMap::new();
            for name in self.meta_files(Some(pipeline))? {
                for record in read_records(&**self.store(), &name)? {
                    runs.entry(record.run.clone()).or_default().push(record);
                }
            }
            let whole = |(run, records): (String, Vec<RawMeta>)| {
                let started = records.iter().map(|record| record.retrieved_at).min()?;
                Some(RunMeta { run, started, records })
            };
            let mut runs: Vec<RunMeta> = runs.into_iter().filter_map(whole).collect();
            runs.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
            if !runs.is_empty() {
                found.insert(pipeline.to_owned(), runs);
            }
        }
        Ok(found)
    }

    /// The records of one run of a pipeline; none where it was not recorded. Only its files are read.
    ///
    /// # Errors
    /// A file of records that is damaged or cannot be read.
    pub fn records_of_run(&self, pipeline: &str, run: &str) -> Result<Vec<RawMeta>, LakeError> {
        let is_its = |name: &String| {
            let file = name.rsplit('/').next().unwrap_or_default();
            file.strip_prefix(run).is_some_and(|rest| rest.starts_with('.'))
        };
        let mut found = Vec::new();
        for name in self.meta_files(Some(pipeline))?.iter().filter(|name| is_its(name)) {
            found.extend(read_records(&**self.store(), name)?);
        }
        Ok(found)
    }

    /// Whether the archive holds a recorded run of a pipeline that was answered: records are read until
    /// one has a body. Of a run that reached nobody there is nothing to replay.
    ///
    /// # Errors
    /// A file of records that is damaged or cannot be read.
    pub fn has_runs(&self, pipeline: &str) -> Result<bool, LakeError> {
        for name in self.meta_files(Some(pipeline))? {
            let records = read_records(&**self.store(), &name)?;
            if records.iter().any(|record| ANSWERED.contains(&record.status)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Hands over every record of a pipeline, file by file: one file is in memory at a time.
    ///
    /// # Errors
    /// A file of records that is damaged or cannot be read.
    pub fn each_record(
        &self,
        pipeline: &str,
        take: &mut dyn FnMut(RawMeta),
    ) -> Result<(), LakeError> {
        for name in self.meta_files(Some(pipeline))? {
            read_records(&**self.store(), &name)?.into_iter().for_each(&mut *take);
        }
        Ok(())
    }

    /// The first record of each of some bodies, by the pipelines in their order. One file of records
    /// is in memory at a time, and none is read once all are found.
    ///
    /// # Errors
    /// A file of records that is damaged or cannot be read.
    pub fn first_records(
        &self,
        pipelines: &[&str],
        bodies: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, RawMeta>, LakeError> {
        let mut found = BTreeMap::new();
        for pipeline in pipelines {
            for name in self.meta_files(Some(pipeline))? {
                if found.len() == bodies.len() {
                    return Ok(found);
                }
                for record in read_records(&**self.store(), &name)? {
                    let hash = record.raw.to_string();
                    if bodies.contains(&hash) {
                        found.entry(hash).or_insert(record);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The files of the recorded runs of a pipeline, or of all; the parts of a run in order.
    pub(crate) fn meta_files(&self, pipeline: Option<&str>) -> Result<Vec<String>, LakeError> {
        let folder = match pipeline {
            Some(pipeline) => format!("{RECORDS}/{pipeline}"),
            None => RECORDS.to_owned(),
        };
        let mut files = self.store().list(&folder)?;
        files.retain(|name| is_record(name));
        // `run.jsonl` before `run.2.jsonl`, and that before `run.10.jsonl`.
        files.sort_by_key(|name| (part_of(name), name.clone()));
        Ok(files)
    }
}

fn part_of(name: &str) -> u32 {
    let stem = name.strip_suffix(".jsonl").and_then(|stem| stem.rsplit_once('.'));
    stem.and_then(|(_, part)| part.parse().ok()).unwrap_or(1)
}

/// Reads the records in a file. It was created whole, so a last line without its end is damage.
pub(crate) fn read_records(store: &dyn Store, name: &str) -> Result<Vec<RawMeta>, LakeError> {
    let bytes = store.get(name)?.unwrap_or_default();
    if bytes.last().is_some_and(|&last| last != b'\n') {
        return Err(LakeError::Corrupt {
            path: store.shown(name),
            found: "a last line without its end".to_owned(),
            expected: "records of requests".to_owned(),
        });
    }
    parse_records(store, name, &bytes)
}

/// The records in whole lines.
pub(crate) fn parse_records(
    store: &dyn Store,
    name: &str,
    bytes: &[u8],
) -> Result<Vec<RawMeta>, LakeError> {
    let lines = (1_u64..).zip(bytes.split(|&b| b == b'\n')).filter(|(_, line)| !line.is_empty());
    let record = |(number, line): (u64, &[u8])| {
        serde_json::from_slice(line).map_err(|e| LakeError::Corrupt {
            path: store.shown(name),
            found: format!("line {number}: {e}"),
            expected: "the record of a request".to_owned(),
        })
    };
    lines.map(record).collect()
}

/// Whether a name is one of a file of records.
pub(crate) fn is_record(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "jsonl")
}
