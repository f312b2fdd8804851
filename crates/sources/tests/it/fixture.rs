//! Pipelines, code lists, the shared data, and a sink that keeps everything.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use url::Url;
use wsis_model::area::AreaList;
use wsis_model::codelist::{CodeList, CodeLists, DimensionLists, Natures};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::{
    Format, Gates, KeyPlace, Pipeline, Series, Sister, SourceFile, Undeclared, ZeroRule, ZeroWhen,
};
use wsis_model::quarantine::{Reason, Rejected};
use wsis_model::status::ObsStatus;
use wsis_sources::{
    ContentKind, DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, source,
};

/// The committed code lists.
pub(crate) static LISTS: LazyLock<CodeLists> = LazyLock::new(|| {
    let areas = AreaList::from_csv(
        include_str!("../../../../schemas/codelists/ref_area.csv"),
        include_str!("../../../../schemas/codelists/ref_area_aliases.csv"),
    );
    let read = |file, text| CodeList::from_csv(file, text).unwrap();
    let natures = include_str!("../../../../schemas/codelists/obs_status.csv");
    let dimensions = DimensionLists {
        sex: read("sex.csv", include_str!("../../../../schemas/codelists/sex.csv")),
        age: read("age.csv", include_str!("../../../../schemas/codelists/age.csv")),
        location: read("location.csv", include_str!("../../../../schemas/codelists/location.csv")),
        natures: Natures::from_csv("obs_status.csv", natures).unwrap(),
    };
    CodeLists { areas: areas.unwrap(), dimensions }
});

/// An observation with its own texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) series: String,
    pub(crate) area: String,
    pub(crate) sex: String,
    pub(crate) age: String,
    pub(crate) location: String,
    pub(crate) dimensions: String,
    pub(crate) year: i32,
    pub(crate) period: String,
    pub(crate) value: Option<f64>,
    pub(crate) text: Option<String>,
    pub(crate) unit: String,
    pub(crate) status: ObsStatus,
    pub(crate) flag: Option<String>,
    pub(crate) footnote: Option<String>,
    pub(crate) at: i64,
}

/// Keeps what a decoder hands over.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) rows: Vec<Row>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) summary: PayloadSummary,
}

impl RowSink for Kept {
    fn accept(&mut self, o: &Observation<'_>) {
        self.rows.push(Row {
            series: o.series_code.to_owned(),
            area: o.ref_area.to_owned(),
            sex: o.sex.to_owned(),
            age: o.age.to_owned(),
            location: o.location.to_owned(),
            dimensions: o.dimensions.to_owned(),
            year: o.period.year(),
            period: o.period.to_string(),
            value: o.value,
            text: o.value_text.map(str::to_owned),
            unit: o.unit.to_owned(),
            status: o.obs_status,
            flag: o.source_flag.map(str::to_owned),
            footnote: o.footnote.map(str::to_owned),
            at: o.payload_row,
        });
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }
}

impl Kept {
    /// Parsed, accepted, quarantined, missing.
    pub(crate) fn counts(&self) -> [usize; 4] {
        let missing = self.rows.iter().filter(|row| row.value.is_none()).count();
        let parsed = usize::try_from(self.summary.parsed).unwrap();
        [parsed, self.rows.len(), self.rejected.len(), missing]
    }

    pub(crate) fn reasons(&self) -> BTreeMap<&'static str, usize> {
        let mut reasons = BTreeMap::new();
        for rejected in &self.rejected {
            *reasons.entry(rejected.reason.code()).or_default() += 1;
        }
        reasons
    }

    /// The one row with these parts.
    pub(crate) fn row(&self, series: &str, area: &str, year: i32) -> &Row {
        let mut found = self
            .rows
            .iter()
            .filter(|row| row.series == series && row.area == area && row.year == year);
        let row = found.next().unwrap_or_else(|| panic!("no {series} {area} {year}"));
        assert!(found.next().is_none(), "{series} {area} {year} twice");
        row
    }

    /// The only rejected record.
    pub(crate) fn only_rejected(&self) -> (Reason, &str) {
        assert_eq!(self.rejected.len(), 1, "{:?}", self.rejected);
        (self.rejected[0].reason, &self.rejected[0].detail)
    }
}

pub(crate) fn series(code: &str, unit: &str, range: Option<(f64, f64)>) -> Series {
    Series { code: code.to_owned(), unit: unit.to_owned(), range, ..Series::default() }
}

pub(crate) fn pipeline(source: &str, series: Vec<Series>) -> Pipeline {
    let (dataset, base_url) = match source {
        "worldbank" => ("WDI", "https://api.example.org/v2"),
        "undesa" => ("EGDI", "https://egov.example.org/Data-Center"),
        _ => ("SDG", "https://unstats.example.org/v1/sdg"),
    };
    Pipeline {
        id: format!("{source}-test"),
        title: String::new(),
        agency: source.to_owned(),
        source: source.to_owned(),
        dataset: dataset.to_owned(),
        base_url: base_url.to_owned(),
        folder: None,
        schedule: None,
        release: None,
        years: (1960, 2025),
        page_size: 1000,
        series,
        files: Vec::new(),
        mapping: None,
        database: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates { rows_min: 1, ..Gates::OPEN },
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 60,
        licence: String::new(),
        citation: String::new(),
        homepage: String::new(),
    }
}

/// The UN DESA pipeline with one file.
pub(crate) fn egdi(path: &str, edition: i32) -> Pipeline {
    let index = |code| series(code, "INDEX", Some((0.0, 1.0)));
    let mut series_list: Vec<Series> = ["EGDI", "OSI", "HCI", "TII", "EPI"].map(index).into();
    series_list.push(series("EGDI_RANK", "RANK", Some((1.0, 250.0))));
    let mut pipeline = pipeline("undesa", series_list);
    pipeline.files = vec![file(path, edition)];
    pipeline
}

/// A file of a pipeline.
pub(crate) fn file(path: &str, edition: i32) -> SourceFile {
    let format = if path.ends_with("xlsx") { Format::Xlsx } else { Format::Csv };
    SourceFile { path: path.to_owned(), format, edition: Some(edition), ..SourceFile::default() }
}

/// The rules on zeros of `pipelines/undesa-egdi.toml`.
pub(crate) fn with_zero_rules(mut pipeline: Pipeline) -> Pipeline {
    let beside = |is| ZeroWhen { beside: Some(("EGDI".to_owned(), is)), ..ZeroWhen::default() };
    let early = ZeroWhen { years: Some((2003, 2010)), ..beside(Sister::Positive) };
    for series in &mut pipeline.series {
        let when = match series.code.as_str() {
            "EGDI" | "HCI" => Vec::new(),
            "OSI" | "TII" => vec![beside(Sister::Zero), early.clone()],
            "EPI" => vec![beside(Sister::Zero)],
            _ => continue,
        };
        series.zeros = Some(ZeroRule { means: "not surveyed".to_owned(), when });
    }
    pipeline
}

pub(crate) fn request(id: &str, expect: ContentKind) -> RequestSpec {
    let url = Url::parse("https://example.org/data?per_page=1000&page=1").unwrap();
    RequestSpec::new(id, url, expect)
}

/// What `request` is in a pipeline: its first series, or its first file.
fn first_request(pipeline: &Pipeline, expect: ContentKind) -> RequestSpec {
    let file = pipeline.files.first().map(|file| file.path.as_str());
    let id = file.or_else(|| pipeline.series.first().map(|series| series.code.as_str()));
    request(id.unwrap_or_default(), expect)
}

/// Decodes a body and checks that nothing was lost.
pub(crate) fn try_decode(
    pipeline: &Pipeline,
    expect: ContentKind,
    body: &[u8],
) -> Result<Kept, DecodeError> {
    decode_under(&DecodeJob::new(pipeline, &LISTS), expect, body)
}

/// Decodes a body under limits, and checks that nothing was lost.
pub(crate) fn decode_under(
    job: &DecodeJob<'_>,
    expect: ContentKind,
    body: &[u8],
) -> Result<Kept, DecodeError> {
    let mut kept = Kept::default();
    let request = first_request(job.pipeline, expect);
    let mut reader = body;
    let source = source(&job.pipeline.source).unwrap();
    let summary = source.decode(job, &request, &mut reader, &mut kept)?;
    let handed = kept.rows.len() + kept.rejected.len();
    assert_eq!(summary.parsed, handed as u64, "parsed = accepted + quarantined");
    for rejected in &kept.rejected {
        assert!(rejected.record.chars().count() <= 500);
        assert!(rejected.payload_row >= 1);
    }
    kept.summary = summary;
    Ok(kept)
}

pub(crate) fn decode(pipeline: &Pipeline, expect: ContentKind, body: &[u8]) -> Kept {
    try_decode(pipeline, expect, body).unwrap()
}

pub(crate) fn page(
    pipeline: &Pipeline,
    expect: ContentKind,
    body: &[u8],
) -> Result<PageInfo, DecodeError> {
    let request = first_request(pipeline, expect);
    source(&pipeline.source).unwrap().page(&DecodeJob::new(pipeline, &LISTS), &request, body)
}

/// A file of the shared data; none when there is no such folder.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let file = wsis_reference::shared(&format!("data/{path}"))?;
    Some(std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

/// An unpacked file of the shared data.
pub(crate) fn shared_gz(path: &str) -> Option<Vec<u8>> {
    let packed = shared(path)?;
    let mut body = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(packed.as_slice());
    std::io::Read::read_to_end(&mut unpacked, &mut body).unwrap();
    Some(body)
}
