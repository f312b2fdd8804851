//! World Bank Data360: one SDMX-CSV file with labels for each series, `data/<DB>/<SERIES>.csv`.

use wsis_model::pipeline::{Pipeline, Series};

use super::{Provider, series_request};
use crate::{ContentKind, PlanError, RequestSpec};

/// The files of a database. The pipeline's dataset is the database (`ITU_DH`).
pub(crate) struct Data360;

impl Provider for Data360 {
    fn series(&self, pipeline: &Pipeline, series: &Series) -> Result<RequestSpec, PlanError> {
        let path = format!("data/{}/{}.csv", pipeline.dataset, series.code);
        series_request(pipeline, series, &path, &[], ContentKind::Csv)
    }
}
