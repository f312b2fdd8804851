//! World Bank API version 2: one list of pages for each series.

use wsis_model::pipeline::{Pipeline, Series};

use super::{Provider, series_request};
use crate::{ContentKind, PlanError, RequestSpec};

/// The API.
pub(crate) struct WorldBank;

impl Provider for WorldBank {
    fn series(&self, pipeline: &Pipeline, series: &Series) -> Result<RequestSpec, PlanError> {
        let (first, last) = pipeline.years;
        let path = format!("country/all/indicator/{}", series.code);
        let database = database(pipeline).to_string();
        let query = [
            ("format", "json"),
            ("date", &format!("{first}:{last}")),
            ("per_page", &pipeline.page_size.max(1).to_string()),
            ("page", "1"),
            ("source", &database),
            ("footnote", "y"),
        ];
        series_request(pipeline, series, &path, &query, ContentKind::Json)
    }
}

/// The number of the database that is asked, 2 (the WDI) where the pipeline names none. One code
/// can have other figures in another one (W6).
pub(crate) fn database(pipeline: &Pipeline) -> u32 {
    pipeline.database.unwrap_or(2)
}
