//! Reading all pages of all requests, and refusing what does not add up.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use wsis_lake::RawMeta;
use wsis_model::payload::RawId;
use wsis_model::pipeline::Pipeline;
use wsis_sources::{PageInfo, RequestSpec, Source};

use super::RequestError;
use super::pages::{Body, Pages, check_content};

/// A page of a delivery, in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) spec: RequestSpec,
    pub(crate) raw: RawId,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) source_updated: Option<NaiveDate>,
}

/// A request with all its pages.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) request: String,
    pub(crate) pages: Vec<Page>,
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

/// Reads all requests, at most `at_once` at one time.
pub(crate) async fn deliver(
    source: &dyn Source,
    pipeline: &Pipeline,
    plan: Vec<RequestSpec>,
    pages: &impl Pages,
    limits: (usize, u32),
) -> Delivery {
    let (at_once, pages_max) = limits;
    let mut delivery = Delivery { planned: plan.len(), ..Delivery::default() };
    let mut walks = futures::stream::iter(plan)
        .map(|first| async move {
            let request = first.id.clone();
            let walk = walk(source, pipeline, first, pages, pages_max).await;
            if walk.is_ok() {
                pages.done(&request);
            }
            (request, walk)
        })
        .buffered(at_once.max(1));
    while let Some((request, walk)) = walks.next().await {
        match walk {
            Ok(pages) => delivery.walks.push(Walk { request, pages }),
            Err(error) => {
                delivery.cancelled |= error.is_cancelled();
                delivery.failed.push((request, error));
            }
        }
    }
    drop(walks);
    delivery
}

/// Reads all pages of a request; once more from the start when they do not fit together.
async fn walk(
    source: &dyn Source,
    pipeline: &Pipeline,
    first: RequestSpec,
    pages: &impl Pages,
    pages_max: u32,
) -> Result<Vec<Page>, RequestError> {
    match pass(source, pipeline, first.clone(), pages, (pages_max, false)).await {
        Err(error) if error.is_unstable() => {
            tracing::warn!(pipeline = pipeline.id, request = first.id, %error, "reading again");
            pass(source, pipeline, first, pages, (pages_max, true)).await
        }
        other => other,
    }
}

async fn pass(
    source: &dyn Source,
    pipeline: &Pipeline,
    first: RequestSpec,
    pages: &impl Pages,
    (pages_max, fresh): (u32, bool),
) -> Result<Vec<Page>, RequestError> {
    let url = first.url.to_string();
    let mut seen = BTreeSet::from([url.clone()]);
    let mut spec = first;
    let mut out: Vec<Page> = Vec::new();
    let mut rows: u64 = 0;
    let mut vintage: Option<String> = None;
    loop {
        let (mut body, mut info) = page(source, pipeline, &spec, pages, fresh).await?;
        if is_hole(&info, rows) {
            (body, info) = page(source, pipeline, &spec, pages, true).await?;
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
        pages.keep(&spec, &body)?;
        rows += info.rows;
        let source_updated = info.vintage.as_deref().and_then(date_of);
        out.push(Page { spec, raw: body.raw, recorded_at: body.recorded_at, source_updated });
        // An empty page ends a list without a total; a link already followed ends it too.
        let next = info.next.filter(|next| info.rows > 0 && seen.insert(next.url.to_string()));
        let Some(next) = next else {
            return match info.total {
                Some(total) if total != rows => {
                    Err(RequestError::Rows { url, rows, pages: out.len(), total })
                }
                _ => Ok(out),
            };
        };
        if out.len() >= usize::try_from(pages_max).unwrap_or(usize::MAX) {
            return Err(RequestError::TooManyPages { url, max: pages_max });
        }
        spec = next;
    }
}

/// An empty page although the source says that more rows are due.
fn is_hole(info: &PageInfo, rows: u64) -> bool {
    info.rows == 0 && info.total.is_some_and(|total| rows < total)
}

async fn page(
    source: &dyn Source,
    pipeline: &Pipeline,
    spec: &RequestSpec,
    pages: &impl Pages,
    fresh: bool,
) -> Result<(Body, PageInfo), RequestError> {
    let body = pages.get(spec, fresh).await?;
    check_content(spec, &body)?;
    let info = source
        .page(pipeline, spec, &body.bytes)
        .map_err(|error| RequestError::shape(&spec.url, &error, &body.bytes))?;
    Ok((body, info))
}

/// The date in a vintage, where it is one (`2026-10-28`, or the start of a longer instant).
fn date_of(vintage: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(vintage.get(..10)?, "%Y-%m-%d").ok()
}
