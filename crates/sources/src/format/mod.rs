//! Formats: from bytes to records. Each reads one kind of document and knows neither where it came
//! from nor what the deployment makes of it.
//!
//! | module | document |
//! | --- | --- |
//! | [`worldbank`] | World Bank API v2 JSON, its bulk CSV and `DataBank` exports |
//! | [`unsd`] | UNSD SDG API JSON, its CSV, the 33-column CSV |
//! | [`undesa`] | tables of the UN E-Government Survey, CSV and XLSX |
//! | [`declared`] | any CSV, TSV or XLSX by the mapping of its pipeline |
//! | [`records`] | JSON with a list of records, by the mapping of its pipeline |
//! | [`sdmx_csv`] | SDMX-CSV 1.0 and 2.0, with or without labels; Data360 files |
//! | [`sdmx_ml`] | SDMX-ML 2.1 and 3.0, messages of data |
//! | [`sdmx_json`] | SDMX-JSON 1.0 and 2.0, messages of data |
//! | [`json_stat`] | JSON-stat 1.x and 2.0 |
//! | [`eurostat_tsv`] | Eurostat's tables separated by tabs |
//!
//! Below them stand what they share: archives, workbooks, CSV records, raw JSON, texts.

pub(crate) mod archive;
pub(crate) mod declared;
pub(crate) mod eurostat_tsv;
pub(crate) mod heads;
pub(crate) mod json_stat;
pub(crate) mod lines;
pub(crate) mod message;
pub(crate) mod quotes;
pub(crate) mod raw;
pub(crate) mod records;
pub(crate) mod sdmx_csv;
pub(crate) mod sdmx_json;
pub(crate) mod sdmx_ml;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod undesa;
pub(crate) mod unsd;
pub(crate) mod workbook;
pub(crate) mod worldbank;
pub(crate) mod years;

use wsis_model::observation::RowSink;

use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec};

/// Reads the documents of one format.
pub(crate) trait Decoder: Sync {
    /// Counts the records of a body, and says which page comes next.
    ///
    /// # Errors
    /// When the body is no such document, not the page that was asked for, or over a limit.
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError>;

    /// Hands every record of a body to `out`, as an observation or set aside.
    ///
    /// # Errors
    /// When the body is no such document, or over a limit.
    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError>;
}

/// [`Decoder::inspect`] as a function.
type Inspect = fn(&DecodeJob<'_>, &RequestSpec, &[u8]) -> Result<PageInfo, DecodeError>;

/// [`Decoder::decode`] as a function.
type Decode = fn(
    &DecodeJob<'_>,
    &RequestSpec,
    &[u8],
    &mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError>;

/// A decoder of two functions.
pub(crate) struct Functions {
    pub(crate) inspect: Inspect,
    pub(crate) decode: Decode,
}

impl Decoder for Functions {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        (self.inspect)(job, request, body)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        (self.decode)(job, request, body, out)
    }
}
