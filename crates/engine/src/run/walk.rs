//! Reading all pages of all requests, and refusing what does not add up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use wsis_lake::RawMeta;
use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::payload::RawId;
use wsis_model::pipeline::Pipeline;
use wsis_sources::{DecodeJob, PageInfo, RequestSpec, Source};

use super::RequestError;
use super::decoders::{Bound, Decoders, GivenUp};
use super::keys::{Keys, PageKeys};
use super::pages::{Body, Pages, check_content, place};
use super::stage::Stage;
use super::stretches::Stretches;

/// What a file that is not there yet is given before it is asked for again; twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// The longest of these waits: what services ask for that write an answer into a file.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A page of a delivery, in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) spec: RequestSpec,
    pub(crate) raw: RawId,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) source_updated: Option<NaiveDate>,
    /// The body itself, where it is in no archive: of a file that is only looked at.
    pub(crate) held: Option<Arc<Vec<u8>>>,
}

/// A request with all its pages.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) request: String,
    pub(crate) pages: Vec<Page>,
    /// The years that it stands for: all, unless an old answer is read again.
    pub(crate) stands_for: Stretches,
}

impl Walk {
    /// Whether nothing of it has been told again since.
    pub(crate) fn stands_for_all(&self) -> bool {
        self.stands_for == Stretches::all()
    }
}

/// What a run brought home.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// Requests planned.
    pub(crate) planned: usize,
    /// Requests read completely, in the order of the plan.
    pub(crate) walks: Vec<Walk>,
    /// Requests that failed, in the order of the plan.
    pub(crate) failed: Vec<(String, RequestError)>,
    /// Whether the user stopped it.
    pub(crate) cancelled: bool,
    /// What was received, in the order of the plan; empty for a replay.
    pub(crate) records: Vec<RawMeta>,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// Bytes received.
    pub(crate) bytes: u64,
    /// What is to be told of the run besides.
    pub(crate) findings: Vec<String>,
}

impl Delivery {
    /// Of a run that was stopped before it asked for anything.
    pub(crate) fn stopped(planned: usize) -> Self {
        Self { planned, cancelled: true, ..Self::default() }
    }

    /// Dates all pages alike: what one run received becomes known at one instant, so that no
    /// view is one of half a delivery (P30). When each page came stays in the records.
    pub(crate) fn date(&mut self, at: DateTime<Utc>) {
        for page in self.walks.iter_mut().flat_map(|walk| &mut walk.pages) {
            page.recorded_at = at;
        }
    }
}

/// Reads requests of one pipeline, page by page.
pub(crate) struct Reader<'a, P> {
    pub(crate) source: &'static dyn Source,
    pub(crate) pipeline: &'a Arc<Pipeline>,
    pub(crate) lists: &'a Arc<CodeLists>,
    pub(crate) limits: DecodeLimits,
    pub(crate) pages: &'a P,
    /// Most pages of one request.
    pub(crate) pages_max: u32,
    /// Where bodies are looked at, and until when.
    pub(crate) decoders: &'a Decoders,
    pub(crate) bound: Bound,
}

/// All pages of a request, read once.
struct Reading {
    pages: Vec<Page>,
    keys: Keys,
}

impl<P: Pages> Reader<'_, P> {
    /// Reads all requests, at most `at_once` at one time.
    pub(crate) async fn deliver(&self, plan: Vec<RequestSpec>, at_once: usize) -> Delivery {
        let mut delivery = Delivery { planned: plan.len(), ..Delivery::default() };
        let mut walks = futures::stream::iter(plan)
            .map(|first| async move {
                let request = first.id.clone();
                let walk = self.walk(first).await;
                if walk.is_ok() {
                    self.pages.done(&request);
                }
                (request, walk)
            })
            .buffered(at_once.max(1));
        while let Some((request, walk)) = walks.next().await {
            match walk {
                Ok(pages) => {
                    let stands_for = Stretches::all();
                    delivery.walks.push(Walk { request, pages, stands_for });
                }
                Err(error) => {
                    delivery.cancelled |= error.is_cancelled();
                    delivery.failed.push((request, error));
                }
            }
        }
        drop(walks);
        delivery
    }

    /// Reads all pages of a request; again from the start when they do not fit together.
    ///
    /// Records on two pages are either what the source has, or the trace of a list that moved
    /// while it was read and of other records that were passed over (H10). Another reading
    /// tells: a list without doubles, or the same records again, is what the source has.
    async fn walk(&self, first: RequestSpec) -> Result<Vec<Page>, RequestError> {
        let (pipeline, request) = (&self.pipeline.id, &first.id);
        let mut before: Option<Keys> = None;
        let mut fresh = false;
        loop {
            let found = match self.pass(first.clone(), fresh).await {
                Err(error) if error.is_unstable() && !fresh => {
                    tracing::warn!(pipeline, request, %error, "reading again");
                    fresh = true;
                    continue;
                }
                other => other?,
            };
            let repeated = found.keys.repeated();
            match before {
                _ if repeated == 0 => return Ok(found.pages),
                None if !self.pages.can_repeat(&first) => return Ok(found.pages),
                None => {
                    tracing::warn!(pipeline, request, repeated, "records on two pages, again");
                    before = Some(found.keys);
                    fresh = true;
                }
                Some(before) => {
                    let differ = found.keys.differ(&before);
                    if differ == 0 {
                        return Ok(found.pages);
                    }
                    let url = first.url.to_string();
                    return Err(RequestError::UnstablePaging { url, repeated, differ });
                }
            }
        }
    }

    /// The first page of a request: itself, unless a list has to say where it lies. That is asked and
    /// archived as a page of the request, and nothing that it names is a list again.
    async fn located(&self, first: RequestSpec, fresh: bool) -> Result<RequestSpec, RequestError> {
        if !first.is_list() {
            return Ok(first);
        }
        let body = self.pages.get(&first, fresh).await?;
        let (raw, source, asked) = (body.raw, self.source, first.clone());
        let (pipeline, lists) = (Arc::clone(self.pipeline), Arc::clone(self.lists));
        let limits = self.limits;
        let work = move |stage: &Stage| {
            let stop = || stage.is_given_up();
            let job = DecodeJob { limits, stop: &stop, ..DecodeJob::new(&pipeline, &lists) };
            let found = source
                .locate(&job, &asked, &body.bytes)
                .map_err(|error| RequestError::shape(place(&asked, &body), &error, body.first()));
            found.map(|found| (body, found))
        };
        let (body, found) = self.apart(raw, first.url.to_string(), work).await??;
        self.pages.keep(&first, &body).await?;
        Ok(found)
    }

    /// The body of a page, waited for where its service said that it may not be there yet.
    async fn body(&self, spec: &RequestSpec, fresh: bool) -> Result<Body, RequestError> {
        let mut left = Duration::from_secs(u64::from(spec.ready_within_s));
        let mut wait = FIRST_WAIT;
        loop {
            let answer = self.pages.get(spec, fresh).await;
            match answer {
                Err(error) if error.is_not_there() && !left.is_zero() => {
                    let now = wait.min(left);
                    tracing::info!(url = %spec.url, wait = ?now, "not there yet");
                    if !self.pages.wait(now).await {
                        return Err(error);
                    }
                    left = left.saturating_sub(now);
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                other => return other,
            }
        }
    }

    async fn pass(&self, first: RequestSpec, fresh: bool) -> Result<Reading, RequestError> {
        let first = self.located(first, fresh).await?;
        let url = first.url.to_string();
        let mut seen = BTreeSet::from([url.clone()]);
        let mut spec = first;
        let mut out: Vec<Page> = Vec::new();
        let mut keys = Keys::default();
        let mut rows: u64 = 0;
        let mut vintage: Option<String> = None;
        loop {
            let (mut body, mut info) = self.page(&spec, fresh).await?;
            if is_hole(&info, rows) {
                (body, info) = self.page(&spec, true).await?;
            }
            if is_hole(&info, rows) {
                let total = info.total.unwrap_or_default();
                return Err(RequestError::EmptyPage {
                    url: spec.url.to_string(),
                    due: total.saturating_sub(rows),
                    total,
                });
            }
            match (&vintage, &info.vintage) {
                (Some(first), Some(then)) if first != then => {
                    return Err(RequestError::Vintage {
                        url: spec.url.to_string(),
                        first: first.clone(),
                        then: then.clone(),
                    });
                }
                (None, Some(found)) => vintage = Some(found.clone()),
                _ => {}
            }
            self.pages.keep(&spec, &body).await?;
            rows += info.rows;
            let source_updated = info.vintage.as_deref().and_then(date_of);
            let (raw, recorded_at) = (body.raw, body.recorded_at);
            // An empty page ends a list without a total; a link already followed ends it too.
            let next = info.next.filter(|next| info.rows > 0 && seen.insert(next.url.to_string()));
            if next.is_some() || !out.is_empty() {
                keys.add(self.keys(&spec, body).await?);
            }
            out.push(Page { spec, raw, recorded_at, source_updated, held: None });
            let Some(next) = next else {
                return match info.total {
                    Some(total) if total != rows => {
                        Err(RequestError::Rows { url, rows, pages: out.len(), total })
                    }
                    _ => Ok(Reading { pages: out, keys }),
                };
            };
            if out.len() >= usize::try_from(self.pages_max).unwrap_or(usize::MAX) {
                return Err(RequestError::TooManyPages { url, max: self.pages_max });
            }
            spec = next;
        }
    }

    async fn page(
        &self,
        spec: &RequestSpec,
        fresh: bool,
    ) -> Result<(Body, PageInfo), RequestError> {
        let body = self.body(spec, fresh).await?;
        check_content(spec, &body)?;
        let (raw, limits) = (body.raw, self.limits);
        let (source, asked) = (self.source, spec.clone());
        let (pipeline, lists) = (Arc::clone(self.pipeline), Arc::clone(self.lists));
        let work = move |stage: &Stage| {
            let stop = || stage.is_given_up();
            let job = DecodeJob { limits, stop: &stop, ..DecodeJob::new(&pipeline, &lists) };
            let info = source
                .page(&job, &asked, &body.bytes)
                .map_err(|error| RequestError::shape(place(&asked, &body), &error, body.first()));
            info.map(|info| (body, info))
        };
        self.apart(raw, spec.url.to_string(), work).await?
    }

    /// The records of a page.
    async fn keys(&self, spec: &RequestSpec, body: Body) -> Result<PageKeys, RequestError> {
        let (source, asked, limits) = (self.source, spec.clone(), self.limits);
        let (pipeline, lists) = (Arc::clone(self.pipeline), Arc::clone(self.lists));
        let (raw, url) = (body.raw, spec.url.to_string());
        let work = move |stage: &Stage| {
            let stop = || stage.is_given_up();
            let job = DecodeJob { limits, stop: &stop, ..DecodeJob::new(&pipeline, &lists) };
            PageKeys::read(source, &job, &asked, &mut stage.watch(&*body.bytes))
        };
        match self.apart(raw, url, work).await {
            // A decoder that panics does so again, and is told, when the page is decoded.
            Err(RequestError::GivenUp { why: GivenUp::Panicked, .. }) => Ok(PageKeys::default()),
            other => other,
        }
    }

    /// Looks at a body on a thread for such work.
    async fn apart<T: Send + 'static>(
        &self,
        raw: RawId,
        url: String,
        work: impl FnOnce(&Stage) -> T + Send + 'static,
    ) -> Result<T, RequestError> {
        let done = self.decoders.run(raw, &self.bound, work).await;
        done.map_err(|why| RequestError::GivenUp { url, why })
    }
}

/// When the last answer of a run came, whatever became of it: a replay, which has the same records,
/// dates as the run did.
pub(crate) fn received_through(records: &[RawMeta]) -> Option<DateTime<Utc>> {
    records.iter().map(|record| record.retrieved_at).max()
}

/// An empty page although the source says that more rows are due.
fn is_hole(info: &PageInfo, rows: u64) -> bool {
    info.rows == 0 && info.total.is_some_and(|total| rows < total)
}

/// The date in a vintage, where it is one (`2026-10-28`, or the start of a longer instant).
fn date_of(vintage: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(vintage.get(..10)?, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    //! What no source of today does and one of tomorrow may: lists without a total, and pages
    //! that name their successor. The rest is tested over HTTP in `tests/it`.

    use std::collections::BTreeMap;
    use std::io::BufRead;
    use std::sync::Mutex;

    use wsis_model::observation::RowSink;
    use wsis_sources::{ContentKind, DecodeError, PayloadSummary, PlanError};

    use super::*;

    /// Bodies are `ROWS TOTAL NEXT`, a dash for none.
    struct Words;

    impl Source for Words {
        fn id(&self) -> &'static str {
            "words"
        }

        fn decoder_version(&self) -> u32 {
            1
        }

        fn plan(&self, _: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
            Ok(vec![at("/1")])
        }

        fn inspect(
            &self,
            _: &DecodeJob<'_>,
            _: &RequestSpec,
            body: &[u8],
        ) -> Result<PageInfo, DecodeError> {
            let text = std::str::from_utf8(body).unwrap();
            let words: Vec<&str> = text.split(' ').collect();
            let next = (words[2] != "-").then(|| at(words[2]));
            let rows = words[0].parse().unwrap();
            Ok(PageInfo { rows, total: words[1].parse().ok(), pages: None, vintage: None, next })
        }

        fn read(
            &self,
            _: &DecodeJob<'_>,
            _: &RequestSpec,
            _: &mut dyn BufRead,
            _: &mut dyn RowSink,
        ) -> Result<PayloadSummary, DecodeError> {
            Ok(PayloadSummary::default())
        }
    }

    fn at(path: &str) -> RequestSpec {
        let url = format!("https://example.org{path}").parse().unwrap();
        RequestSpec::new("words", url, ContentKind::Json)
    }

    /// Bodies by path; notes what was asked.
    struct Shelf {
        bodies: BTreeMap<&'static str, &'static str>,
        asked: Mutex<Vec<String>>,
    }

    impl Pages for Shelf {
        async fn get(&self, spec: &RequestSpec, _: bool) -> Result<Body, RequestError> {
            self.asked.lock().unwrap().push(spec.url.path().to_owned());
            let bytes = self.bodies[spec.url.path()].as_bytes().to_vec();
            let raw = RawId::of(&bytes);
            let recorded_at = DateTime::UNIX_EPOCH;
            let (via, content_type, etag, last_modified) = (None, None, None, None);
            let first = None;
            Ok(Body { bytes, raw, recorded_at, via, content_type, etag, last_modified, first })
        }

        fn can_repeat(&self, _: &RequestSpec) -> bool {
            true
        }

        async fn keep(&self, _: &RequestSpec, _: &Body) -> Result<(), RequestError> {
            Ok(())
        }

        fn done(&self, _: &str) {}
    }

    /// What was asked, and how many pages came of it.
    async fn read<const N: usize>(
        bodies: [(&'static str, &'static str); N],
    ) -> (Vec<String>, Result<usize, String>) {
        let pages = Shelf { bodies: bodies.into(), asked: Mutex::default() };
        // `Words` does not look at what the pipeline declares.
        let mut deployment = wsis_config::Deployment::embedded().unwrap();
        let pipeline = Arc::new(deployment.pipelines.remove(0));
        let lists = Arc::new(deployment.code_lists());
        let reader = Reader {
            source: &Words,
            pipeline: &pipeline,
            lists: &lists,
            limits: DecodeLimits::default(),
            pages: &pages,
            pages_max: 9,
            decoders: &Decoders::new(),
            bound: Bound {
                cancel: tokio_util::sync::CancellationToken::new(),
                deadline: tokio::time::Instant::now() + std::time::Duration::from_mins(1),
                time: std::time::Duration::from_mins(1),
                stop_within: std::time::Duration::from_secs(1),
            },
        };
        let mut delivery = reader.deliver(vec![at("/1")], 1).await;
        let found = match delivery.failed.pop() {
            Some((_, error)) => Err(error.to_string()),
            None => Ok(delivery.walks[0].pages.len()),
        };
        (pages.asked.into_inner().unwrap(), found)
    }

    #[tokio::test]
    async fn h7_without_a_total_an_empty_page_ends_the_list() {
        let (asked, found) = read([("/1", "5 - /2"), ("/2", "5 - /3"), ("/3", "0 - /4")]).await;
        assert_eq!((asked, found), (vec!["/1".into(), "/2".into(), "/3".into()], Ok(3)));
    }

    #[tokio::test]
    async fn h11_a_link_already_followed_ends_the_list() {
        let (asked, found) = read([("/1", "5 - /2"), ("/2", "5 - /2")]).await;
        assert_eq!((asked, found), (vec!["/1".into(), "/2".into()], Ok(2)));
        let (asked, found) = read([("/1", "5 10 /2"), ("/2", "5 10 /1")]).await;
        assert_eq!((asked, found), (vec!["/1".into(), "/2".into()], Ok(2)));
        // With a total it is known that this was not all of it.
        let (asked, found) = read([("/1", "5 12 /2"), ("/2", "5 12 /1")]).await;
        assert_eq!(asked.len(), 4, "read twice");
        assert!(found.unwrap_err().contains("10 rows over 2 pages, the source says 12; twice"));
    }
}
