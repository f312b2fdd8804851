//! Pages from the archive: a run as it was, without any network.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use wsis_lake::{Lake, RawMeta, RunMeta};
use wsis_sources::{ContentKind, RequestSpec};

use super::RequestError;
use super::live::read_raw;
use super::pages::{Body, Pages};

/// Replays the bodies of one archived run, in the order in which they came: a page that was
/// asked for twice answers twice.
pub(crate) struct Archive {
    lake: Arc<Lake>,
    requests: BTreeSet<String>,
    /// Requests that files answered which were handed in: of these the plan knows no address.
    handed_in: BTreeMap<String, RequestSpec>,
    queues: Mutex<BTreeMap<(String, u32), VecDeque<RawMeta>>>,
}

impl Archive {
    pub(crate) fn new(lake: Arc<Lake>, run: RunMeta) -> Self {
        let mut queues: BTreeMap<(String, u32), VecDeque<RawMeta>> = BTreeMap::new();
        let mut requests = BTreeSet::new();
        let mut handed_in = BTreeMap::new();
        for record in run.records {
            if let (Some(_), Ok(url)) = (&record.handed_in, record.url.parse()) {
                let expect = record.content_type.as_deref().map(ContentKind::of_media_type);
                let spec = RequestSpec::new(
                    record.request.clone(),
                    url,
                    expect.unwrap_or(ContentKind::Csv),
                );
                handed_in.insert(record.request.clone(), spec);
            }
            requests.insert(record.request.clone());
            queues.entry((record.request.clone(), record.page)).or_default().push_back(record);
        }
        Self { lake, requests, handed_in, queues: Mutex::new(queues) }
    }

    /// The part of today's plan that this run made, and what it made that is no longer planned.
    pub(crate) fn plan(&self, plan: Vec<RequestSpec>) -> (Vec<RequestSpec>, Vec<String>) {
        let planned: BTreeSet<&String> = plan.iter().map(|spec| &spec.id).collect();
        let is_known = |id: &&String| planned.contains(id) || self.handed_in.contains_key(*id);
        let dropped = self.requests.iter().filter(|id| !is_known(id)).cloned().collect();
        let by_address = |spec: &RequestSpec| {
            self.requests.contains(&spec.id) && !self.handed_in.contains_key(&spec.id)
        };
        let mut kept: Vec<RequestSpec> = plan.into_iter().filter(by_address).collect();
        kept.extend(self.handed_in.values().cloned());
        (kept, dropped)
    }

    /// The next good body of a page. Errors that were asked again are passed over; a request
    /// that got no answer (status 0) fails again.
    fn pop(&self, spec: &RequestSpec) -> Result<RawMeta, RequestError> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get_mut(&(spec.id.clone(), spec.page));
        let good = queue.and_then(|queue| {
            while let Some(record) = queue.pop_front() {
                match record.status {
                    200 | 203 | 304 => return Some(record),
                    0 => return None,
                    _ => {}
                }
            }
            None
        });
        good.ok_or_else(|| RequestError::NotArchived { request: spec.id.clone(), page: spec.page })
    }
}

impl Pages for Archive {
    async fn get(&self, spec: &RequestSpec, _fresh: bool) -> Result<Body, RequestError> {
        let record = self.pop(spec)?;
        Ok(Body {
            bytes: read_raw(&self.lake, record.raw).await?,
            raw: record.raw,
            recorded_at: record.retrieved_at,
            via: None,
            content_type: record.content_type,
            etag: record.etag,
            last_modified: record.last_modified,
            first: None,
        })
    }

    /// Whether the run read the request once more: then the replay decides as it did.
    fn can_repeat(&self, first: &RequestSpec) -> bool {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get(&(first.id.clone(), first.page)).is_some_and(|queue| !queue.is_empty())
    }

    async fn keep(&self, _spec: &RequestSpec, _body: &Body) -> Result<(), RequestError> {
        Ok(())
    }

    fn done(&self, _request: &str) {}
}
