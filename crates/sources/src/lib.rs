//! For each upstream service: what to ask, how to understand a page, how to decode the bytes.
//!
//! Invariant: pure functions over bytes. No HTTP, no files, no clock; so archived payloads can
//! be decoded again with today's code, and every decoder can be fuzzed.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod body;
mod error;
mod normalise;
mod undesa;
mod unsd;
mod worldbank;

use std::io::BufRead;

use chrono::NaiveDate;
use url::Url;
use wsis_model::area::AreaList;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Pipeline;

pub use error::{DecodeError, PlanError};

/// What a request is expected to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// `application/json`.
    Json,
    /// `text/csv`.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

/// One page of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSpec {
    /// Stable id of the request within its pipeline (`IT.NET.USER.ZS`, `EGOV_DATA_2018.csv`).
    pub id: String,
    /// Page, from 1.
    pub page: u32,
    /// Address.
    pub url: Url,
    /// Expected content.
    pub expect: ContentKind,
}

/// What a body says of itself and of the pages that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    /// Records on this page.
    pub rows: u64,
    /// Records on all pages, if the service says so.
    pub total: Option<u64>,
    /// Number of pages, if the service says so.
    pub pages: Option<u32>,
    /// Date or release of the data; must be the same on every page.
    pub vintage: Option<String>,
    /// The page to ask for next.
    pub next: Option<RequestSpec>,
}

/// What was found in a payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayloadSummary {
    /// Records found; each was accepted or rejected.
    pub parsed: u64,
    /// Date of last update as the source states it.
    pub source_updated: Option<NaiveDate>,
    /// What was noticed and is no reason to reject a row.
    pub findings: Vec<String>,
}

/// One upstream service.
pub trait Source: Sync + Send {
    /// Id, as in `pipelines/` and in the `source` column.
    fn id(&self) -> &'static str;

    /// Version of the decoding rules; part of the lineage.
    fn decoder_version(&self) -> u32;

    /// The first page of every request of a pipeline.
    ///
    /// # Errors
    /// When the pipeline cannot be turned into addresses.
    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError>;

    /// Inspects one body: how many rows, which page comes next, or which error it really is.
    ///
    /// # Errors
    /// An error message with status 200, an HTML page, a truncated or empty body.
    fn page(
        &self,
        pipeline: &Pipeline,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError>;

    /// Decodes one body. `parsed` is the number of calls to the sink.
    ///
    /// # Errors
    /// Only when the document's shape is not recognised; nothing was emitted then.
    fn decode(
        &self,
        pipeline: &Pipeline,
        areas: &AreaList,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError>;
}

/// The source with an id.
pub fn source(id: &str) -> Option<&'static dyn Source> {
    match id {
        "worldbank" => Some(&worldbank::WorldBank),
        "undesa" => Some(&undesa::UnDesa),
        "unsd" => Some(&unsd::Unsd),
        _ => None,
    }
}
