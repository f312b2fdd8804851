//! The sources: what is asked of each service, and what its answers mean.
//!
//! Three parts that know nothing of each other, put together in [`REGISTRY`]:
//! a *provider* says how to ask, a *format* turns bytes into records, and a *mapping* turns records
//! into observations. A source of a known format is a pipeline file; a format is one module.
//!
//! Invariant: pure functions over bytes. No network, no files, no clock, no async. A decoder puts
//! every record it finds into exactly one of the two hands of a [`RowSink`], so that
//! `parsed = accepted + rejected` holds for every body that is a document of the source at all.
//!
//! | id | service | bodies |
//! | --- | --- | --- |
//! | `data360` | World Bank Data360 files | SDMX-CSV with labels |
//! | `file` | any place with files | CSV, TSV, XLSX, JSON, SDMX, JSON-stat by the pipeline's mapping |
//! | `undesa` | UN E-Government Survey tables | CSV and XLSX of all editions |
//! | `unsd` | Global SDG Indicators Database | API JSON pages, its CSV, the 33-column CSV |
//! | `worldbank` | World Bank API v2, bulk download | JSON pages, records alone, wide CSV |
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod error;
mod format;
mod job;
mod mapping;
pub mod probe;
pub mod propose;
mod provider;
mod registry;
mod request;

use std::io::BufRead;

use wsis_model::observation::RowSink;
use wsis_model::pipeline::Pipeline;

use format::{archive, raw, table, text, workbook, years};
use mapping::{area, checks, codes, normalise, number, said};

pub use error::{DecodeError, PlanError};
pub use format::text::excerpt;
pub use job::DecodeJob;
pub use registry::{Mapped, REGISTRY, SourceKind, source};
pub use request::{
    ContentKind, NOT_BEFORE, NOW_SAYS, PageInfo, Part, PayloadSummary, RequestKind, RequestSpec,
    Said, Weight, shown,
};

/// One source: how to ask, and how to read the answers.
pub trait Source: Send + Sync {
    /// Id, as in `Pipeline::source` and the `source` column.
    fn id(&self) -> &'static str;

    /// Rises whenever the same bytes would give other rows (L13: lineage and re-decoding).
    fn decoder_version(&self) -> u32;

    /// The first page of every request, in the order of the pipeline. A pipeline with files asks
    /// for its files, one without asks the service for its series.
    ///
    /// # Errors
    /// When the pipeline asks for nothing, or an address cannot be formed.
    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError>;

    /// First and last year of which a completed request tells all that the source has, of the
    /// series that it speaks of.
    fn years(&self, pipeline: &Pipeline, _request: &str) -> (i32, i32) {
        pipeline.years
    }

    /// The request for the file whose address stands in the body of a list
    /// ([`RequestSpec::is_list`]).
    ///
    /// # Errors
    /// When no address in it is the one that the pipeline declares, or it is over a limit.
    fn locate(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        _body: &[u8],
    ) -> Result<RequestSpec, DecodeError> {
        let pipeline = job.pipeline.id.clone();
        Err(DecodeError::UnknownFile { id: request.id.clone(), pipeline })
    }

    /// Inspects one body, as [`Source::page`] gives it.
    ///
    /// # Errors
    /// When the body is not a document of this source, or not the page that was asked for.
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError>;

    /// Reads one body into `out`, as [`Source::decode`] does.
    ///
    /// # Errors
    /// When the body is not a document of this source.
    fn read(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError>;

    /// Inspects one body: counts its records, says which page comes next, and recognises the
    /// forms in which a service fails with status 200.
    ///
    /// # Errors
    /// When the body is not a document of this source, not the page that was asked for, or over
    /// a limit; when the work is to stop.
    fn page(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        job::guarded(|| self.inspect(job, request, body))
    }

    /// Decodes one body into `out`. `payload_row` counts records from 1; for the wide tables
    /// (UN DESA, World Bank bulk CSV) it is the row of the table, shared by its observations,
    /// and `parsed` counts row × series, or row × year.
    ///
    /// # Errors
    /// When the body is not a document of this source, or over a limit; when the work is to
    /// stop. Rows handed over before that (a JSON body that breaks off) are to be dropped with
    /// the payload.
    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        job::guarded(|| self.read(job, request, body, out))
    }
}
