//! Pages from the source itself, archived before anyone looks at them.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wsis_lake::{Lake, LakeError, RawMeta};
use wsis_model::payload::RawId;
use wsis_sources::RequestSpec;

use super::RequestError;
use super::pages::{Body, Pages};
use crate::clock::{Clock, Compared};
use crate::fetch::{Ask, FetchError, Fetcher, Reply, Retry, Secret, Validators};
use crate::ledger::{Ledger, StoredPage};
use crate::report::Event;

/// Bodies of an unfinished run are used again for this long.
const RESUME_FOR: TimeDelta = TimeDelta::days(1);

/// A clock that is set forward by more than this during a run dates nothing any more.
const CLOCK_SET_MAX: TimeDelta = TimeDelta::days(1);

/// The source of the pages of one live run.
pub(crate) struct Live {
    pub(crate) run: String,
    pub(crate) pipeline: String,
    /// First and last year asked for.
    pub(crate) years: (i32, i32),
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) lake: Arc<Lake>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: mpsc::UnboundedSender<Event>,
    pub(crate) cancel: CancellationToken,
    pub(crate) deadline: Instant,
    pub(crate) secret: Option<Secret>,
    /// Ask for everything, whatever is known.
    pub(crate) force: bool,
    /// The unfinished run before this one, if any.
    pub(crate) resume: Option<String>,
    /// Just after the newest record that the lake holds: nothing is dated before it, whatever the
    /// clock shows.
    pub(crate) floor: DateTime<Utc>,
    pub(crate) seen: Seen,
    /// The clocks as they were at the beginning.
    pub(crate) begun: Compared,
}

/// What a run has received so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    records: Mutex<Vec<RawMeta>>,
    /// Requests whose first page is the very one the unfinished run received.
    as_before: Mutex<BTreeSet<String>>,
    retries: AtomicU64,
    bytes: AtomicU64,
}

impl Live {
    /// Everything received, requests in the order of `plan`.
    pub(crate) fn finish(self, plan: &[String]) -> (Vec<RawMeta>, u64, u64) {
        let mut records = self.seen.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        let place = |record: &RawMeta| plan.iter().position(|id| *id == record.request);
        records.sort_by_key(place);
        (records, self.seen.retries.into_inner(), self.seen.bytes.into_inner())
    }

    /// The instant under which what arrives now is kept.
    fn received(&self) -> DateTime<Utc> {
        self.clock.now().max(self.floor)
    }

    /// What to tell when the clock shows less than what the lake holds.
    pub(crate) fn late_clock(&self) -> Option<String> {
        let now = self.clock.now();
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        (now < self.floor).then(|| {
            format!(
                "the clock of this machine shows {}, but the lake holds what was received later; \
                 this delivery is kept as received at {}. Check the clock",
                text(now),
                text(self.floor),
            )
        })
    }

    async fn known(
        &self,
        spec: &RequestSpec,
        fresh: bool,
    ) -> Result<Option<StoredPage>, RequestError> {
        if self.force || fresh {
            return Ok(None);
        }
        let (pipeline, request, page) = (self.pipeline.clone(), spec.id.clone(), spec.page);
        let look_up = move |ledger: &Ledger| ledger.page(&pipeline, &request, page);
        let stored = self.ledger.apart(look_up).await?;
        Ok(stored.filter(|stored| stored.url == spec.url.as_str()))
    }

    /// Whether a page of the unfinished run can stand for itself: its first page is unchanged
    /// today, so the rest of the list is the same edition.
    fn resumes(&self, spec: &RequestSpec, stored: &StoredPage) -> bool {
        let as_before = self.seen.as_before.lock().unwrap_or_else(PoisonError::into_inner);
        spec.page > 1
            && self.resume.as_ref() == Some(&stored.run)
            && self.clock.now() - stored.retrieved_at < RESUME_FOR
            && as_before.contains(&spec.id)
    }

    fn record(&self, spec: &RequestSpec, status: u16, reply: &Body) {
        let record = RawMeta {
            pipeline: self.pipeline.clone(),
            run: self.run.clone(),
            request: spec.id.clone(),
            page: spec.page,
            url: spec.url.to_string(),
            status,
            retrieved_at: reply.recorded_at,
            etag: reply.etag.clone(),
            last_modified: reply.last_modified.clone(),
            content_type: reply.content_type.clone(),
            raw: reply.raw,
            bytes: u64::try_from(reply.bytes.len()).unwrap_or(u64::MAX),
            years: Some(self.years),
            handed_in: None,
        };
        self.seen.records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }

    fn fetched(&self, spec: &RequestSpec, bytes: u64) {
        self.seen.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Nobody listening is fine.
        let _ = self.events.send(Event::Fetched {
            run: self.run.clone(),
            request: spec.id.clone(),
            page: spec.page,
            bytes,
        });
    }

    /// Asks, and archives every answer, good or not.
    async fn ask(
        &self,
        spec: &RequestSpec,
        validators: Option<&Validators>,
    ) -> Result<Reply, RequestError> {
        let ask = Ask {
            url: &spec.url,
            validators,
            secret: self.secret.as_ref().filter(|_| spec.keyed),
            accept: spec.accept,
            kind: spec.kind,
            deadline: self.deadline,
        };
        let on_retry = |retry: Retry| {
            let why = match &self.secret {
                Some(secret) => secret.hide(&retry.why),
                None => retry.why,
            };
            tracing::info!(request = spec.id, attempt = retry.attempt, why, "retrying");
            let _ = self.events.send(Event::Retrying {
                run: self.run.clone(),
                request: spec.id.clone(),
                attempt: retry.attempt,
                wait_ms: u64::try_from(retry.wait.as_millis()).unwrap_or(u64::MAX),
                why,
            });
        };
        let asked = self.fetcher.ask(ask, &self.cancel, &on_retry).await;
        self.seen.retries.fetch_add(u64::from(asked.retries), Ordering::Relaxed);
        let silent = asked.rejected.is_empty();
        for mut reply in asked.rejected {
            let status = reply.status;
            // Services repeat a key that they do not know; the archive is kept and shown.
            if let Some(secret) = &self.secret {
                reply.body = secret.hide_in(reply.body);
            }
            let body = self.archive(reply).await?;
            self.record(spec, status, &body);
        }
        match asked.result {
            Err(error) if silent && !error.is_cancelled() => {
                // Without any record a replay would not know that this request was made.
                let nothing = Reply::nothing();
                let body = self.archive(nothing).await?;
                self.record(spec, 0, &body);
                Err(error.into())
            }
            other => Ok(other?),
        }
    }

    /// What arrives while the clock was set far ahead would be dated there, and nothing of the
    /// present would come into force any more (X19).
    fn dates(&self) -> Result<(), RequestError> {
        let set = Compared::read(&*self.clock).set_since(&self.begun);
        if set > CLOCK_SET_MAX {
            return Err(RequestError::ClockSet { days: set.num_days(), now: self.clock.now() });
        }
        Ok(())
    }

    async fn archive(&self, reply: Reply) -> Result<Body, RequestError> {
        self.dates()?;
        let first = self.secret.as_ref().map(|secret| secret.excerpt(&reply.body));
        let lake = Arc::clone(&self.lake);
        let (bytes, raw) = blocking("archiving a body", move || {
            let mut writer = lake.raw_writer()?;
            writer.write(&reply.body)?;
            let (raw, _) = writer.finish()?;
            Ok((reply.body, raw))
        })
        .await?;
        Ok(Body {
            bytes,
            raw,
            recorded_at: self.received(),
            via: reply.via,
            content_type: reply.content_type,
            etag: reply.etag,
            last_modified: reply.last_modified,
            first,
        })
    }

    /// The body that a 304 confirms, or `None` when the archive no longer gives it.
    async fn confirmed(&self, stored: &StoredPage) -> Option<Vec<u8>> {
        match read_raw(&self.lake, stored.raw).await {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(raw = %stored.raw, %error, "archived body unusable, asking again");
                None
            }
        }
    }
}

/// A body from the archive under what is known of it.
fn stored_body(stored: StoredPage, bytes: Vec<u8>) -> Body {
    Body {
        bytes,
        raw: stored.raw,
        recorded_at: stored.retrieved_at,
        via: None,
        content_type: stored.content_type,
        etag: stored.etag,
        last_modified: stored.last_modified,
        // It was what was expected once; nothing of it is told.
        first: None,
    }
}

impl Pages for Live {
    async fn get(&self, spec: &RequestSpec, fresh: bool) -> Result<Body, RequestError> {
        if self.cancel.is_cancelled() {
            return Err(FetchError::Cancelled { url: spec.url.to_string() }.into());
        }
        let known = self.known(spec, fresh).await?;
        if let Some(stored) = &known
            && self.resumes(spec, stored)
            && let Some(bytes) = self.confirmed(stored).await
        {
            let recorded_at = stored.retrieved_at.max(self.floor);
            let body = Body { recorded_at, ..stored_body(stored.clone(), bytes) };
            self.record(spec, 200, &body);
            self.fetched(spec, 0);
            return Ok(body);
        }
        let validators = known.as_ref().and_then(|stored| {
            let validators = Validators {
                etag: stored.etag.clone(),
                last_modified: stored.last_modified.clone(),
            };
            (validators != Validators::default()).then_some(validators)
        });
        let mut reply = self.ask(spec, validators.as_ref()).await?;
        if reply.status == 304 {
            if let Some(stored) = known.clone()
                && let Some(bytes) = self.confirmed(&stored).await
            {
                self.note_first(spec, known.as_ref(), stored.raw);
                // A 304 need not repeat what it confirms (RFC 9110 15.4.5): keep the old.
                let etag = reply.etag.or_else(|| stored.etag.clone());
                let last_modified = reply.last_modified.or_else(|| stored.last_modified.clone());
                let body = Body {
                    etag,
                    last_modified,
                    recorded_at: self.received(),
                    ..stored_body(stored, bytes)
                };
                self.record(spec, 304, &body);
                self.fetched(spec, 0);
                return Ok(body);
            }
            reply = self.ask(spec, None).await?;
        }
        let status = reply.status;
        let body = self.archive(reply).await?;
        self.note_first(spec, known.as_ref(), body.raw);
        self.record(spec, status, &body);
        self.fetched(spec, u64::try_from(body.bytes.len()).unwrap_or(u64::MAX));
        Ok(body)
    }

    fn can_repeat(&self, _first: &RequestSpec) -> bool {
        true
    }

    async fn keep(&self, spec: &RequestSpec, body: &Body) -> Result<(), RequestError> {
        let stored = StoredPage {
            run: self.run.clone(),
            url: spec.url.to_string(),
            retrieved_at: body.recorded_at,
            etag: body.etag.clone(),
            last_modified: body.last_modified.clone(),
            content_type: body.content_type.clone(),
            raw: body.raw,
            bytes: u64::try_from(body.bytes.len()).unwrap_or(u64::MAX),
        };
        let (pipeline, request, page) = (self.pipeline.clone(), spec.id.clone(), spec.page);
        let put = move |ledger: &Ledger| ledger.put_page(&pipeline, &request, page, &stored);
        Ok(self.ledger.apart(put).await?)
    }

    async fn wait(&self, wait: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            () = tokio::time::sleep_until(self.deadline) => false,
            () = self.clock.sleep(wait) => true,
        }
    }

    fn done(&self, request: &str) {
        let _ = self
            .events
            .send(Event::RequestDone { run: self.run.clone(), request: request.to_owned() });
    }
}

impl Live {
    /// Notes whether a first page is the one the unfinished run received.
    fn note_first(&self, spec: &RequestSpec, known: Option<&StoredPage>, raw: RawId) {
        let same =
            known.is_some_and(|known| known.raw == raw && self.resume.as_ref() == Some(&known.run));
        if spec.page == 1 && same {
            let mut as_before = self.seen.as_before.lock().unwrap_or_else(PoisonError::into_inner);
            as_before.insert(spec.id.clone());
        }
    }
}

/// Reads a body from the archive; the lake checks its hash.
pub(crate) async fn read_raw(lake: &Arc<Lake>, raw: RawId) -> Result<Vec<u8>, RequestError> {
    let lake = Arc::clone(lake);
    blocking("reading the archive", move || {
        let mut reader = lake.open_raw(&raw)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|source| LakeError::Io {
            action: "read",
            path: lake.raw_path(&raw),
            source,
        })?;
        Ok(bytes)
    })
    .await
}

/// Runs file work off the threads that move network data.
async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, RequestError> + Send + 'static,
) -> Result<T, RequestError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(RequestError::Worker { doing }),
    }
}
