//! World Bank API version 2: `[header, rows]` in JSON, and the wide CSV of the bulk download.

mod answer;
mod bulk;
mod record;

use serde::de::IgnoredAny;

use super::Functions;
use crate::job::Budget;
use crate::provider::with_query;
use crate::provider::worldbank::database;
use crate::{DecodeError, DecodeJob, PageInfo, RequestSpec, text};

/// Answers of the API.
pub(crate) static JSON: Functions = Functions {
    inspect: json_page,
    decode: |job, request, body, out| record::decode(job, request, text::json(body)?, out),
};

/// The wide CSV of the bulk download.
pub(crate) static BULK: Functions = Functions {
    inspect: bulk::page,
    decode: |job, request, body, out| bulk::decode(job, request, body, out),
};

fn json_page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<PageInfo, DecodeError> {
    let text = text::json(body)?;
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
    let asked = database(job.pipeline).to_string();
    if let Some(got) = header.database.filter(|got| *got != asked) {
        return Err(DecodeError::Database { asked, got: got.chars().take(40).collect() });
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
