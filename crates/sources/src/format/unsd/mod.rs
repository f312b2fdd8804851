//! Global SDG Indicators Database: API version 5 (`/v1/sdg/Series/Data`, JSON pages), the CSV of
//! the same service, and the 33-column CSV of bulk deliveries. All dimensions are kept in the
//! key: without one of them, SE_ADT_ACTS has up to 36 values for one country and year.

mod answer;
mod codes;
mod csv;
mod layout;
mod record;

use serde::de::IgnoredAny;
use wsis_model::observation::RowSink;

use super::Decoder;
use crate::job::Budget;
use crate::provider::with_query;
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, text};

/// Answers of the API.
pub(crate) struct Json;

/// The two CSV forms of the database.
pub(crate) struct Csv;

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

impl Decoder for Csv {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        csv::page(job, request, body)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        csv::decode(job, request, body, out)
    }
}

/// Combinations of texts whose meaning is remembered at one time.
const KEPT: usize = 10_000;

fn json_page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    text: &str,
) -> Result<PageInfo, DecodeError> {
    let mut rows: u64 = 0;
    let mut budget = Budget::new(job);
    let envelope = answer::read(text, &mut |_: IgnoredAny| {
        rows += 1;
        budget.record()
    })?;
    if let Some(got) = envelope.page
        && got != request.page
        && envelope.pages > 0
    {
        return Err(DecodeError::Page { asked: request.page, got });
    }
    // The number of pages is the server's, in the size that it really gives (H8).
    let next = (request.page < envelope.pages).then(|| {
        let page = request.page.saturating_add(1);
        request.following(with_query(&request.url, &[("page", page)]))
    });
    let pages = Some(envelope.pages);
    Ok(PageInfo { rows, total: Some(envelope.total), pages, vintage: None, next })
}
