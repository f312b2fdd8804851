//! World Bank API version 2: `[header, rows]` in JSON, and the wide CSV of the bulk download.

mod answer;
mod bulk;
mod record;

use serde::de::IgnoredAny;
use wsis_model::observation::RowSink;

use super::Decoder;
use crate::job::Budget;
use crate::provider::with_query;
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, text};

/// Answers of the API.
pub(crate) struct Json;

/// The wide CSV of the bulk download.
pub(crate) struct Bulk;

impl Decoder for Json {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        json_page(job, request, text::json(body)?)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        record::decode(job, request, text::json(body)?, out)
    }
}

impl Decoder for Bulk {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        bulk::page(job, request, body)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        bulk::decode(job, request, body, out)
    }
}

fn json_page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    text: &str,
) -> Result<PageInfo, DecodeError> {
    let mut rows: u64 = 0;
    let mut budget = Budget::new(job);
    let header = answer::read(text, &mut |_: IgnoredAny| {
        rows += 1;
        budget.record()
    })?;
    let Some(header) = header else {
        return Ok(PageInfo { rows, total: None, pages: None, vintage: None, next: None });
    };
    // A server without data says page 1 of 0, or page 0 of 0 (W1).
    if header.page != request.page && header.pages > 0 {
        return Err(DecodeError::Page { asked: request.page, got: header.page });
    }
    let next = (header.page < header.pages).then(|| next(request, header.per_page));
    Ok(PageInfo {
        rows,
        total: Some(header.total),
        pages: Some(header.pages),
        vintage: header.lastupdated,
        next,
    })
}

/// The next page, in the size that the server really gives (H8).
fn next(request: &RequestSpec, per_page: u32) -> RequestSpec {
    let page = request.page.saturating_add(1);
    request.following(with_query(&request.url, &[("per_page", per_page), ("page", page)]))
}
