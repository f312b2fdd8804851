//! The SDG API of the UN Statistics Division, version 5: one list of pages for each series.

use wsis_model::pipeline::{Pipeline, Series};

use super::{Provider, series_request};
use crate::{ContentKind, PlanError, RequestSpec};

/// The API.
pub(crate) struct Unsd;

impl Provider for Unsd {
    fn series(&self, pipeline: &Pipeline, series: &Series) -> Result<RequestSpec, PlanError> {
        let (first, last) = pipeline.years;
        let query = [
            ("seriesCode", series.code.as_str()),
            ("timePeriodStart", &first.to_string()),
            ("timePeriodEnd", &last.to_string()),
            ("page", "1"),
            ("pageSize", &pipeline.page_size.max(1).to_string()),
        ];
        series_request(pipeline, series, "Series/Data", &query, ContentKind::Json)
    }
}
