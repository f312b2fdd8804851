//! Files at addresses of their own.

use wsis_model::mapping::{Mapping, YEAR};
use wsis_model::pipeline::{FIRST_YEAR, Format, LAST_YEAR, Pipeline, Series};

use super::{Provider, address};
use crate::{ContentKind, PlanError, RequestSpec, SourceKind};

/// Media types of SDMX-CSV, version 2 before version 1, and of a plain file of it.
const SDMX_CSV: &str = "application/vnd.sdmx.data+csv;version=2.0.0, \
                        application/vnd.sdmx.data+csv;version=1.0.0;q=0.9, text/csv;q=0.5, */*;q=0.1";

/// Media types of SDMX-ML: structure-specific before generic, and plain XML.
const SDMX_ML: &str = "application/vnd.sdmx.structurespecificdata+xml;version=2.1, \
                       application/vnd.sdmx.data+xml;version=3.0.0;q=0.9, \
                       application/vnd.sdmx.genericdata+xml;version=2.1;q=0.8, \
                       application/xml;q=0.5, */*;q=0.1";

/// Media types of SDMX-JSON, version 2 before version 1, and plain JSON.
const SDMX_JSON: &str = "application/vnd.sdmx.data+json;version=2.0.0, \
                         application/vnd.sdmx.data+json;version=1.0.0;q=0.9, \
                         application/json;q=0.5, */*;q=0.1";

/// A place that gives one table for each edition, and nothing but files.
pub(crate) struct Editions;

impl Provider for Editions {
    fn wanted(&self) -> &'static str {
        "[[file]]"
    }

    fn series(&self, pipeline: &Pipeline, _: &Series) -> Result<RequestSpec, PlanError> {
        Err(PlanError::Nothing { pipeline: pipeline.id.clone(), wanted: self.wanted() })
    }

    /// A table holds its edition and no other year.
    fn years(&self, pipeline: &Pipeline, request: &str) -> (i32, i32) {
        edition_years(pipeline, request)
    }
}

/// The year of the edition that a request stands for; all years where it has none.
fn edition_years(pipeline: &Pipeline, request: &str) -> (i32, i32) {
    let (first, last) = pipeline.years;
    match pipeline.file(request).and_then(|file| file.edition) {
        Some(edition) => (edition.max(first), edition.min(last)),
        None => (first, last),
    }
}

/// Any place with files, whose mapping says what is in them.
pub(crate) struct Files;

impl Provider for Files {
    fn wanted(&self) -> &'static str {
        "[[file]]"
    }

    fn series(&self, pipeline: &Pipeline, series: &Series) -> Result<RequestSpec, PlanError> {
        Editions.series(pipeline, series)
    }

    /// A file whose rows do not say their year holds its edition and no other. Those of messages do.
    fn years(&self, pipeline: &Pipeline, request: &str) -> (i32, i32) {
        let says = |mapping: &Mapping| {
            let of_series = pipeline.series.iter().filter_map(|series| series.column.as_ref());
            let headings = of_series.chain(mapping.columns.value.as_ref());
            mapping.columns.year.is_some() || headings.into_iter().any(|it| it.contains(YEAR))
        };
        let is_message = pipeline.file(request).is_some_and(|it| it.format.names_its_parts());
        match &pipeline.mapping {
            Some(mapping) if !is_message && !says(mapping) => edition_years(pipeline, request),
            _ => pipeline.years,
        }
    }
}

/// The requests for the files of a pipeline.
pub(crate) fn plan_files(
    pipeline: &Pipeline,
    source: &SourceKind,
) -> Result<Vec<RequestSpec>, PlanError> {
    let mut plan = Vec::with_capacity(pipeline.files.len());
    for file in &pipeline.files {
        if !source.reads(file.format) {
            return Err(PlanError::Format {
                pipeline: pipeline.id.clone(),
                path: file.path.clone(),
                format: file.format.code(),
                source_id: source.id,
            });
        }
        let mut url = match &file.listed {
            Some(listed) => address(pipeline, &listed.path)?,
            None => address(pipeline, &file.path)?,
        };
        if !file.query.is_empty() {
            let (first, last) = (pipeline.years.0.to_string(), pipeline.years.1.to_string());
            let filled = file.query.iter().map(|(name, value)| {
                (name, value.replace(FIRST_YEAR, &first).replace(LAST_YEAR, &last))
            });
            url.query_pairs_mut().extend_pairs(filled);
        }
        let request = RequestSpec::new(file.request(), url, ContentKind::of(file.format));
        let page = u32::from(file.listed.is_none());
        plan.push(RequestSpec { accept: accept(file.format), page, ..request });
    }
    Ok(plan)
}

/// The media types that are asked for: services of SDMX choose the format by them.
pub(super) const fn accept(format: Format) -> Option<&'static str> {
    match format {
        Format::SdmxCsv => Some(SDMX_CSV),
        Format::SdmxMl => Some(SDMX_ML),
        Format::SdmxJson => Some(SDMX_JSON),
        _ => None,
    }
}
