//! Global SDG Indicators Database: API version 5 (`/v1/sdg/Series/Data`, JSON pages), the CSV of
//! the same service, and the 33-column CSV of bulk deliveries. All dimensions are kept in the
//! key: without one of them, SE_ADT_ACTS has up to 36 values for one country and year.

mod answer;
mod codes;
mod csv;
mod layout;
mod record;

use std::io::BufRead;

use serde::de::IgnoredAny;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Pipeline;

use crate::job::Budget;
use crate::worldbank::with_query;
use crate::{
    ContentKind, DecodeError, DecodeJob, PageInfo, PayloadSummary, PlanError, RequestSpec, Source,
    address, plan_files, text,
};

/// The decoder for source `unsd`.
pub(crate) struct Unsd;

impl Source for Unsd {
    fn id(&self) -> &'static str {
        "unsd"
    }

    fn decoder_version(&self) -> u32 {
        3
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if !pipeline.files.is_empty() {
            return plan_files(pipeline, "unsd");
        }
        if pipeline.series.is_empty() {
            return Err(PlanError::Nothing { pipeline: pipeline.id.clone(), wanted: "[[series]]" });
        }
        let (first, last) = pipeline.years;
        let page_size = pipeline.page_size.max(1);
        let request = |series: &wsis_model::pipeline::Series| {
            let mut url = address(pipeline, "Series/Data")?;
            url.query_pairs_mut()
                .append_pair("seriesCode", &series.code)
                .append_pair("timePeriodStart", &first.to_string())
                .append_pair("timePeriodEnd", &last.to_string())
                .append_pair("page", "1")
                .append_pair("pageSize", &page_size.to_string());
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
            ContentKind::Csv => csv::page(job, request, body),
            kind @ ContentKind::Xlsx => Err(DecodeError::UnknownKind { source_id: "unsd", kind }),
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
            ContentKind::Csv => csv::decode(job, request, &bytes, out),
            kind @ ContentKind::Xlsx => Err(DecodeError::UnknownKind { source_id: "unsd", kind }),
        }
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
        let url = with_query(&request.url, &[("page", page)]);
        RequestSpec { page, url, ..request.clone() }
    });
    let pages = Some(envelope.pages);
    Ok(PageInfo { rows, total: Some(envelope.total), pages, vintage: None, next })
}
