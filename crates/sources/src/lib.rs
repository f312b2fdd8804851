//! The sources: what is asked of each service, and what its answers mean.
//!
//! Invariant: pure functions over bytes. No network, no files, no clock, no async. A decoder puts
//! every record it finds into exactly one of the two hands of a [`RowSink`], so that
//! `parsed = accepted + rejected` holds for every body that is a document of the source at all.
//!
//! | id | service | bodies |
//! | --- | --- | --- |
//! | `worldbank` | World Bank API v2, bulk download | JSON pages, records alone, wide CSV |
//! | `undesa` | UN E-Government Survey tables | CSV and XLSX of all editions |
//! | `unsd` | Global SDG Indicators Database | API JSON pages, its CSV, the 33-column CSV |
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod archive;
mod area;
mod checks;
mod codes;
mod error;
mod job;
mod normalise;
mod number;
mod raw;
mod table;
mod text;
mod undesa;
mod unsd;
mod workbook;
mod worldbank;
mod years;

use std::collections::BTreeMap;
use std::io::BufRead;

use chrono::NaiveDate;
use url::Url;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Format, Pipeline, SourceFile, SourceKind};

pub use error::{DecodeError, PlanError};
pub use job::DecodeJob;

/// What a body is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// JSON text.
    Json,
    /// Comma-separated text.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

/// One page to ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestSpec {
    /// Stable name of the request, the same on all its pages: a series code (`IT.NET.USER.ZS`)
    /// or the path of a file (`EGOV_DATA_2018.csv`).
    pub id: String,
    /// Page, from 1.
    pub page: u32,
    /// What to get.
    pub url: Url,
    /// What should come.
    pub expect: ContentKind,
}

/// What one body says about itself and the rest of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    /// Records in this body.
    pub rows: u64,
    /// Records over all pages, where the source says so.
    pub total: Option<u64>,
    /// Number of pages, where the source says so; 0 when it has nothing.
    pub pages: Option<u32>,
    /// Date of last update or release; must not change between the pages of one request.
    pub vintage: Option<String>,
    /// The page to ask for next; none on the last one.
    pub next: Option<RequestSpec>,
}

/// What a decoder found in one body besides the rows it handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayloadSummary {
    /// Records found: calls of `accept` plus calls of `reject`.
    pub parsed: u64,
    /// Date of last update as the body states it.
    pub source_updated: Option<NaiveDate>,
    /// Remarks that concern no single row (encoding, unused columns, years not asked for), and
    /// how often each was made.
    pub findings: BTreeMap<String, u64>,
}

/// Findings for people, in sorted order: `column "Region" is not used (3 times)`.
pub fn shown(findings: &BTreeMap<String, u64>) -> Vec<String> {
    findings
        .iter()
        .map(|(text, count)| match count {
            1 => text.clone(),
            count => format!("{text} ({count} times)"),
        })
        .collect()
}

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

/// The source with an id.
pub fn source(id: &str) -> Option<&'static dyn Source> {
    match id {
        "worldbank" => Some(&worldbank::WorldBank),
        "undesa" => Some(&undesa::UnDesa),
        "unsd" => Some(&unsd::Unsd),
        _ => None,
    }
}

/// Every source id, sorted.
pub const IDS: [&str; 3] = ["undesa", "unsd", "worldbank"];

/// The requests for the files of a pipeline.
fn plan_files(pipeline: &Pipeline, source_id: &'static str) -> Result<Vec<RequestSpec>, PlanError> {
    let known = SourceKind::of(source_id).map_or(&[][..], |source| source.formats);
    let of = |file: &SourceFile| {
        if !known.contains(&file.format) {
            return Err(PlanError::Format {
                pipeline: pipeline.id.clone(),
                path: file.path.clone(),
                format: file.format.code(),
                source_id,
            });
        }
        let expect = match file.format {
            Format::Csv => ContentKind::Csv,
            Format::Xlsx => ContentKind::Xlsx,
            Format::Json => ContentKind::Json,
        };
        let url = address(pipeline, &file.path)?;
        Ok(RequestSpec { id: file.path.clone(), page: 1, url, expect })
    };
    pipeline.files.iter().map(of).collect()
}

/// The file of the pipeline that a request stands for, where it stands for one.
fn file_of<'p>(pipeline: &'p Pipeline, request: &RequestSpec) -> Option<&'p SourceFile> {
    pipeline.files.iter().find(|file| file.path == request.id)
}

/// An address below the root of the service.
fn address(pipeline: &Pipeline, path: &str) -> Result<Url, PlanError> {
    let text = format!("{}/{path}", pipeline.base_url.trim_end_matches('/'));
    Url::parse(&text).map_err(|why| PlanError::Address {
        pipeline: pipeline.id.clone(),
        url: text,
        why: why.to_string(),
    })
}
