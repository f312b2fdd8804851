//! Global SDG Indicators Database: API version 5 (`/v1/sdg/Series/Data`, JSON pages), the CSV of
//! the same service, and the 33-column CSV of bulk deliveries. All dimensions are kept in the
//! key: without one of them, SE_ADT_ACTS has up to 36 values for one country and year.

mod answer;
mod codes;
mod csv;
mod layout;
mod record;

use serde::de::IgnoredAny;

use super::Functions;
use crate::job::Budget;
use crate::provider::with_query;
use crate::{DecodeError, DecodeJob, PageInfo, RequestSpec, text};

/// Answers of the API.
pub(crate) static JSON: Functions = Functions {
    inspect: json_page,
    decode: |job, request, body, out| record::decode(job, request, text::json(body)?, out),
};

/// The two CSV forms of the database.
pub(crate) static CSV: Functions = Functions {
    inspect: csv::page,
    decode: |job, request, body, out| csv::decode(job, request, body, out),
};

/// Combinations of texts whose meaning is remembered at one time.
const KEPT: usize = 10_000;

fn json_page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<PageInfo, DecodeError> {
    let text = text::json(body)?;
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
