//! Pages from files that were handed in: read as the answers of a service are, by the same walk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use wsis_lake::{HandedIn, Lake, RawMeta};
use wsis_model::payload::RawId;
use wsis_sources::RequestSpec;

use super::RequestError;
use super::pages::{Body, Pages};

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// At hand.
    Bytes(Arc<Vec<u8>>),
    /// In a file, read when its turn comes.
    File(PathBuf),
}

/// A file that was handed in.
#[derive(Debug, Clone)]
pub(crate) struct Handed {
    pub(crate) how: HandedIn,
    pub(crate) content: Content,
}

/// The files of one run.
pub(crate) struct ByHand {
    pub(crate) run: String,
    pub(crate) pipeline: String,
    pub(crate) years: (i32, i32),
    /// Files by the request that they answer.
    pub(crate) files: BTreeMap<String, Handed>,
    /// The archive; none where they are only looked at.
    pub(crate) archive: Option<Arc<Lake>>,
    /// The instant under which they are kept.
    pub(crate) recorded_at: DateTime<Utc>,
    /// Longest body.
    pub(crate) bytes_max: u64,
    /// What was kept.
    pub(crate) records: Mutex<Vec<RawMeta>>,
}

impl ByHand {
    /// Everything that was kept, and its bytes.
    pub(crate) fn finish(self) -> (Vec<RawMeta>, u64) {
        let records = self.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        let bytes = records.iter().map(|record| record.bytes).sum();
        (records, bytes)
    }

    fn record(&self, spec: &RequestSpec, body: &Body, how: &HandedIn) {
        let record = RawMeta {
            pipeline: self.pipeline.clone(),
            run: self.run.clone(),
            request: spec.id.clone(),
            page: spec.page,
            url: spec.url.to_string(),
            status: 200,
            retrieved_at: body.recorded_at,
            etag: None,
            last_modified: None,
            content_type: body.content_type.clone(),
            raw: body.raw,
            bytes: u64::try_from(body.bytes.len()).unwrap_or(u64::MAX),
            years: Some(self.years),
            handed_in: Some(how.clone()),
        };
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

impl Pages for ByHand {
    async fn get(&self, spec: &RequestSpec, _fresh: bool) -> Result<Body, RequestError> {
        let handed = self.files.get(&spec.id).filter(|_| spec.page == 1).cloned();
        let handed = handed.ok_or_else(|| {
            let why = "it says that it is one page of several: hand in the whole".to_owned();
            let file = self.files.get(&spec.id).map(|it| it.how.file.clone());
            RequestError::HandIn { file: file.unwrap_or_else(|| spec.id.clone()), why }
        })?;
        let (lake, max, name) = (self.archive.clone(), self.bytes_max, handed.how.file.clone());
        let content = handed.content.clone();
        let work = move || -> Result<(Vec<u8>, RawId), RequestError> {
            let bytes = match content {
                Content::Bytes(bytes) => bytes.to_vec(),
                Content::File(path) => {
                    settled(&path, max).map_err(|why| RequestError::HandIn { file: name, why })?
                }
            };
            let raw = match lake {
                Some(lake) => {
                    let mut writer = lake.raw_writer()?;
                    writer.write(&bytes)?;
                    writer.finish()?.0
                }
                None => RawId::of(&bytes),
            };
            Ok((bytes, raw))
        };
        let done = tokio::task::spawn_blocking(work).await;
        let (bytes, raw) = done.unwrap_or(Err(RequestError::Worker { doing: "reading a file" }))?;
        let body = Body {
            bytes,
            raw,
            recorded_at: self.recorded_at,
            via: None,
            content_type: Some(spec.expect.media_type().to_owned()),
            etag: None,
            last_modified: None,
            first: None,
        };
        self.record(spec, &body, &handed.how);
        Ok(body)
    }

    fn can_repeat(&self, _first: &RequestSpec) -> bool {
        false
    }

    async fn keep(&self, _spec: &RequestSpec, _body: &Body) -> Result<(), RequestError> {
        Ok(())
    }

    fn done(&self, _request: &str) {}
}

/// A plain file that nobody writes to meanwhile.
fn settled(path: &Path, max: u64) -> Result<Vec<u8>, String> {
    let state = || {
        let meta = fs::metadata(path).map_err(|why| why.to_string())?;
        Ok::<_, String>((meta.len(), meta.modified().ok(), meta.is_file()))
    };
    let before = state()?;
    if !before.2 {
        return Err("is no plain file".to_owned());
    }
    let file = fs::File::open(path).map_err(|why| why.to_string())?;
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > max {
        return Err(format!("has more than {max} bytes (payload_max_bytes of workspace.toml)"));
    }
    if state()? != before || length != before.0 {
        return Err("is still being written to; the next run reads it".to_owned());
    }
    Ok(bytes)
}
