//! The archive of response bodies, by SHA-256, and the record of the requests they answered.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Seek as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_model::payload::RawId;

use crate::durable::{Draft, Placed, hash_of, hex, read_if_there};
use crate::error::LakeError;
use crate::lake::{Lake, check_name};

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
        let path = self.lake.raw_path(&id);
        let intact = |path: &PathBuf| {
            let failed = |e| LakeError::io("read", path, e);
            let file = match File::open(path) {
                Ok(file) => file,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(failed(e)),
            };
            Ok(Some(hash_of(file).map_err(failed)?.1 == *id.as_bytes()))
        };
        match intact(&path)? {
            Some(true) => {}
            Some(false) => finished.replace(&path)?,
            None => {
                // Someone else may have archived the same body meanwhile: same bytes.
                let (Placed::Created | Placed::Existed) = finished.create(&path)?;
            }
        }
        Ok((id, bytes))
    }
}

impl Lake {
    /// Where a body lies: `raw/sha256/ab/cd/abcd…`.
    pub fn raw_path(&self, id: &RawId) -> PathBuf {
        let name = id.to_string();
        let (first, second) =
            (name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default());
        self.raw_folder().join(first).join(second).join(&name)
    }

    pub(crate) fn raw_folder(&self) -> PathBuf {
        self.root().join("raw").join("sha256")
    }

    /// Starts archiving a body.
    pub fn raw_writer(&self) -> Result<RawWriter, LakeError> {
        let draft = self.disk().draft(&self.raw_folder())?;
        Ok(RawWriter { draft, lake: self.clone() })
    }

    /// Opens an archived body. Its hash is checked first (H17): a body that is not what its name
    /// says is an error, never data.
    pub fn open_raw(&self, id: &RawId) -> Result<BufReader<File>, LakeError> {
        let path = self.raw_path(id);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(LakeError::NoPayload { id: id.to_string(), path });
            }
            Err(e) => return Err(LakeError::io("read", &path, e)),
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

    fn meta_folder(&self) -> PathBuf {
        self.root().join("raw").join("meta")
    }

    /// Records answered requests of a run, durably. What is recorded is what an offline replay
    /// decodes, so the caller records a run once all of its requests are answered (or the part
    /// that it wants replayed).
    pub fn append_meta(&self, run: &str, records: &[RawMeta]) -> Result<(), LakeError> {
        self.append_records(&self.meta_folder(), run, records)
    }

    /// Records what a run had received when it was stopped, in `raw/unfinished`: whose the bodies
    /// are. It is no delivery, and no replay reads it.
    pub fn append_unfinished(&self, run: &str, records: &[RawMeta]) -> Result<(), LakeError> {
        self.append_records(&self.root().join("raw").join("unfinished"), run, records)
    }

    fn append_records(
        &self,
        folder: &Path,
        run: &str,
        records: &[RawMeta],
    ) -> Result<(), LakeError> {
        check_name("run", run)?;
        let path = folder.join(format!("{run}.jsonl"));
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record)
                .map_err(|e| LakeError::encoding(&path, &e))?;
            lines.push(b'\n');
        }
        if lines.is_empty() { Ok(()) } else { self.disk().append_lines(&path, &lines) }
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
        for file in self.meta_files()? {
            let Some(RunMeta { run, records, .. }) = read_run(file)? else { continue };
            let mut parts: BTreeMap<String, Vec<RawMeta>> = BTreeMap::new();
            for record in records {
                if pipelines.contains(&record.pipeline.as_str()) {
                    parts.entry(record.pipeline.clone()).or_default().push(record);
                }
            }
            for (pipeline, records) in parts {
                if let Some(started) = records.iter().map(|record| record.retrieved_at).min() {
                    let part = RunMeta { run: run.clone(), started, records };
                    found.entry(pipeline).or_default().push(part);
                }
            }
        }
        for runs in found.values_mut() {
            runs.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
        }
        Ok(found)
    }

    /// The files of all recorded runs, by run id.
    pub(crate) fn meta_files(&self) -> Result<Vec<PathBuf>, LakeError> {
        let folder = self.meta_folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(LakeError::io("read", &folder, e)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| LakeError::io("read", &folder, e))?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Reads one run's file. A last line without its end was torn by a crash and is not counted.
pub(crate) fn read_run(path: PathBuf) -> Result<Option<RunMeta>, LakeError> {
    let bytes = read_if_there(&path)?.unwrap_or_default();
    let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let mut records: Vec<RawMeta> = Vec::new();
    let lines = bytes.get(..whole).unwrap_or_default().split(|&b| b == b'\n');
    for (number, line) in (1_u64..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        records.push(serde_json::from_slice(line).map_err(|e| LakeError::Corrupt {
            path: path.clone(),
            found: format!("line {number}: {e}"),
            expected: "the record of a request".to_owned(),
        })?);
    }
    let Some(started) = records.iter().map(|record| record.retrieved_at).min() else {
        return Ok(None);
    };
    let run = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    Ok(Some(RunMeta { run, started, records }))
}
