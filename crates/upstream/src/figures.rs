//! The committed tables.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::UpstreamError;

/// First year of the wide World Bank tables.
pub(crate) const FIRST_YEAR: i32 = 2005;
/// Last year of the wide World Bank tables.
pub(crate) const LAST_YEAR: i32 = 2025;

/// Everything the server knows, in file order.
pub(crate) struct Figures {
    /// Entities of the World Bank, aggregates first.
    pub(crate) bank_areas: Vec<BankArea>,
    /// Indicators of the World Bank, also those without figures.
    pub(crate) bank_indicators: Vec<BankIndicator>,
    /// Values by indicator and area, one cell a year from [`FIRST_YEAR`]; empty = none.
    pub(crate) bank: BTreeMap<(String, String), Vec<String>>,
    /// Values that differ in the first release, in the same form.
    pub(crate) bank_first: BTreeMap<(String, String), Vec<String>>,
    /// Rows of all editions of the e-government survey.
    pub(crate) editions: Vec<EditionRow>,
    /// Series of the SDG database, also those without figures.
    pub(crate) series: Vec<Series>,
    /// Names of the SDG database's areas by number.
    pub(crate) geo_areas: BTreeMap<u32, String>,
    /// Observations of the SDG database.
    pub(crate) sdg: Vec<SdgRow>,
    /// Series of Data360 that have a file here.
    pub(crate) data360_indicators: Vec<Data360Indicator>,
    /// Labels of the codes in Data360's files, by dimension and code.
    pub(crate) data360_labels: BTreeMap<(String, String), String>,
    /// Observations of Data360, in the order of its files.
    pub(crate) data360: Vec<Data360Row>,
    /// Governance indicators of the edition of 2024, in the order of its workbook.
    pub(crate) governance: Vec<GovernanceRow>,
    /// Names of economies in that workbook, by its codes.
    pub(crate) governance_names: BTreeMap<String, String>,
    /// The table of the GovTech Maturity Index, with its header.
    pub(crate) govtech: Vec<Vec<String>>,
    /// Made-up bad rows.
    pub(crate) injected: Vec<Injected>,
}

#[derive(Deserialize)]
pub(crate) struct BankArea {
    pub(crate) area: String,
    pub(crate) id: String,
    pub(crate) iso3: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct BankIndicator {
    pub(crate) indicator: String,
    pub(crate) name: String,
    pub(crate) decimal: u8,
}

/// A row of one edition, numbers as printed.
#[derive(Deserialize)]
pub(crate) struct EditionRow {
    pub(crate) edition: i32,
    pub(crate) name: String,
    pub(crate) rank: String,
    pub(crate) egdi: String,
    pub(crate) epi: String,
    pub(crate) osi: String,
    pub(crate) hci: String,
    pub(crate) tii: String,
    pub(crate) region: String,
}

#[derive(Deserialize)]
pub(crate) struct Series {
    pub(crate) series: String,
    pub(crate) goal: String,
    pub(crate) target: String,
    pub(crate) indicator: String,
    pub(crate) description: String,
    pub(crate) unit: String,
    /// Names of the dimensions, separated by `;`.
    pub(crate) dimensions: String,
}

#[derive(Deserialize)]
pub(crate) struct SdgRow {
    pub(crate) series: String,
    pub(crate) area: u32,
    pub(crate) sex: String,
    /// Code of the dimension that is not sex.
    pub(crate) breakdown: String,
    pub(crate) year: i32,
    pub(crate) nature: String,
    pub(crate) value: String,
}

/// A series of Data360: what is the same in all rows of its file.
#[derive(Deserialize)]
pub(crate) struct Data360Indicator {
    pub(crate) indicator: String,
    pub(crate) database: String,
    pub(crate) database_label: String,
    pub(crate) label: String,
    pub(crate) unit: String,
    pub(crate) unit_label: String,
    pub(crate) aggregation: String,
    pub(crate) aggregation_label: String,
    pub(crate) unit_type: String,
    pub(crate) unit_type_label: String,
}

#[derive(Deserialize)]
pub(crate) struct Data360Row {
    pub(crate) indicator: String,
    pub(crate) area: String,
    pub(crate) sex: String,
    pub(crate) age: String,
    pub(crate) urbanisation: String,
    pub(crate) year: String,
    pub(crate) value: String,
}

/// Estimate and percentile rank of one dimension, as printed; `..` = none.
#[derive(Deserialize)]
pub(crate) struct GovernanceRow {
    pub(crate) code: String,
    pub(crate) year: String,
    pub(crate) indicator: String,
    pub(crate) estimate: String,
    pub(crate) pctrank: String,
}

#[derive(Deserialize)]
pub(crate) struct Injected {
    pub(crate) source: String,
    pub(crate) series: String,
    pub(crate) area: String,
    pub(crate) year: i32,
    pub(crate) value: String,
}

impl Figures {
    /// The embedded tables, read once in a process.
    pub(crate) fn shared() -> Result<Arc<Self>, UpstreamError> {
        static READ: OnceLock<Arc<Figures>> = OnceLock::new();
        if let Some(read) = READ.get() {
            return Ok(Arc::clone(read));
        }
        let figures = Arc::new(Self::load()?);
        Ok(Arc::clone(READ.get_or_init(|| figures)))
    }

    fn load() -> Result<Self, UpstreamError> {
        let geo: Vec<GeoArea> = table("unsd_areas.csv", include_str!("../data/unsd_areas.csv"))?;
        let labels: Vec<Label> =
            table("data360_labels.csv", include_str!("../data/data360_labels.csv"))?;
        let economies: Vec<Economy> =
            table("wgi_economies.csv", include_str!("../data/wgi_economies.csv"))?;
        Ok(Self {
            bank_areas: table("worldbank_areas.csv", include_str!("../data/worldbank_areas.csv"))?,
            bank_indicators: table(
                "worldbank_indicators.csv",
                include_str!("../data/worldbank_indicators.csv"),
            )?,
            bank: wide("worldbank.csv", include_str!("../data/worldbank.csv"))?,
            bank_first: wide(
                "worldbank_release1.csv",
                include_str!("../data/worldbank_release1.csv"),
            )?,
            editions: table("undesa.csv", include_str!("../data/undesa.csv"))?,
            series: table("unsd_series.csv", include_str!("../data/unsd_series.csv"))?,
            geo_areas: geo.into_iter().map(|row| (row.area, row.name)).collect(),
            sdg: table("unsd.csv", include_str!("../data/unsd.csv"))?,
            data360_indicators: table(
                "data360_indicators.csv",
                include_str!("../data/data360_indicators.csv"),
            )?,
            data360_labels: labels
                .into_iter()
                .map(|it| ((it.dimension, it.code), it.label))
                .collect(),
            data360: table("data360.csv", include_str!("../data/data360.csv"))?,
            governance: table("wgi.csv", include_str!("../data/wgi.csv"))?,
            governance_names: economies.into_iter().map(|it| (it.code, it.name)).collect(),
            govtech: lines("gtmi.csv", include_str!("../data/gtmi.csv"))?,
            injected: table("injected.csv", include_str!("../data/injected.csv"))?,
        })
    }
}

#[derive(Deserialize)]
struct GeoArea {
    area: u32,
    name: String,
}

#[derive(Deserialize)]
struct Label {
    dimension: String,
    code: String,
    label: String,
}

#[derive(Deserialize)]
struct Economy {
    code: String,
    name: String,
}

fn fault(file: &'static str, error: &csv::Error) -> UpstreamError {
    let line = error.position().map_or(0, csv::Position::line);
    UpstreamError::Data { file, line, found: error.to_string() }
}

fn table<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<T>, UpstreamError> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.collect::<Result<_, _>>().map_err(|error| fault(file, &error))
}

/// Every line of a table, the header too.
fn lines(file: &'static str, text: &str) -> Result<Vec<Vec<String>>, UpstreamError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect()));
    rows.collect::<Result<_, _>>().map_err(|error| fault(file, &error))
}

/// A table of indicator, area and one column a year.
fn wide(
    file: &'static str,
    text: &str,
) -> Result<BTreeMap<(String, String), Vec<String>>, UpstreamError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut cells = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| fault(file, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = record.iter().map(str::to_owned);
        let key = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let values: Vec<String> = fields.collect();
        let numbers = values.iter().all(|v| v.is_empty() || v.parse::<f64>().is_ok());
        let years = usize::try_from(LAST_YEAR - FIRST_YEAR + 1).unwrap_or_default();
        if values.len() != years || !numbers {
            let found = format!("{} cells found, expected {years} numbers or blanks", values.len());
            return Err(UpstreamError::Data { file, line, found });
        }
        cells.insert(key, values);
    }
    Ok(cells)
}
