//! World Bank API version 2: `[header, rows]` in JSON, and the wide CSV of the bulk download.

mod answer;
mod bulk;
mod record;

use std::io::BufRead;

use serde::de::IgnoredAny;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Pipeline;

use crate::job::Budget;
use crate::{
    ContentKind, DecodeError, DecodeJob, PageInfo, PayloadSummary, PlanError, RequestSpec, Source,
    address, plan_files, text,
};

/// The decoder for source `worldbank`.
pub(crate) struct WorldBank;

impl Source for WorldBank {
    fn id(&self) -> &'static str {
        "worldbank"
    }

    fn decoder_version(&self) -> u32 {
        3
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if !pipeline.files.is_empty() {
            return plan_files(pipeline, "worldbank");
        }
        if pipeline.series.is_empty() {
            return Err(PlanError::Nothing { pipeline: pipeline.id.clone(), wanted: "[[series]]" });
        }
        let (first, last) = pipeline.years;
        let per_page = pipeline.page_size.max(1);
        let request = |series: &wsis_model::pipeline::Series| {
            let mut url = address(pipeline, &format!("country/all/indicator/{}", series.code))?;
            // Source 2 is the WDI: one code can have other figures in another database (W6).
            url.query_pairs_mut()
                .append_pair("format", "json")
                .append_pair("date", &format!("{first}:{last}"))
                .append_pair("per_page", &per_page.to_string())
                .append_pair("page", "1")
                .append_pair("source", "2")
                .append_pair("footnote", "y");
            Ok(RequestSpec { id: series.code.clone(), page: 1, url, expect: ContentKind::Json })
        };
        pipeline.series.iter().map(request).collect()
    }

    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        match request.expect {
            ContentKind::Json => json_page(job, request, text::json(body)?),
            ContentKind::Csv => bulk::page(job, request, body),
            kind @ ContentKind::Xlsx => {
                Err(DecodeError::UnknownKind { source_id: "worldbank", kind })
            }
        }
    }

    fn read(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        match request.expect {
            ContentKind::Json => record::decode(job, request, text::json(&bytes)?, out),
            ContentKind::Csv => bulk::decode(job, request, &bytes, out),
            kind @ ContentKind::Xlsx => {
                Err(DecodeError::UnknownKind { source_id: "worldbank", kind })
            }
        }
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
    let url = with_query(&request.url, &[("per_page", per_page), ("page", page)]);
    RequestSpec { page, url, ..request.clone() }
}

/// The address with some of its query parameters replaced, in their old places.
pub(crate) fn with_query(url: &url::Url, values: &[(&str, u32)]) -> url::Url {
    let mut url = url.clone();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut query = url.query_pairs_mut();
    query.clear();
    for (name, old) in &pairs {
        match values.iter().find(|(wanted, _)| wanted == name) {
            Some((_, value)) => query.append_pair(name, &value.to_string()),
            None => query.append_pair(name, old),
        };
    }
    for (name, value) in values {
        if !pairs.iter().any(|(old, _)| old == name) {
            query.append_pair(name, &value.to_string());
        }
    }
    drop(query);
    url
}
