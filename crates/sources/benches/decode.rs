//! Decoding in bytes per second: World Bank JSON and UNSD CSV, with the real code lists.
//!
//! The World Bank body is `worldbank/api-v2-json/wb_gdp_all.json` of the shared data where that
//! is present, else one of the same shape; the UNSD body has the shape of the API's CSV.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use url::Url;
use wsis_model::area::AreaList;
use wsis_model::codelist::{CodeList, CodeLists, DimensionLists, Natures};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::{Gates, KeyPlace, Pipeline, Series, Undeclared};
use wsis_model::quarantine::Rejected;
use wsis_sources::{ContentKind, DecodeJob, RequestSpec, source};

/// Takes rows and forgets them: the decoder alone is measured.
#[derive(Default)]
struct Count {
    rows: u64,
    sum: f64,
}

impl RowSink for Count {
    fn accept(&mut self, observation: &Observation<'_>) {
        self.rows += 1;
        self.sum += observation.value.unwrap_or_default();
    }

    fn reject(&mut self, _: Rejected) {
        self.rows += 1;
    }
}

fn lists() -> CodeLists {
    let areas = AreaList::from_csv(
        include_str!("../../../schemas/codelists/ref_area.csv"),
        include_str!("../../../schemas/codelists/ref_area_aliases.csv"),
    );
    let read = |file, text| CodeList::from_csv(file, text).unwrap_or_default();
    let natures = include_str!("../../../schemas/codelists/obs_status.csv");
    let dimensions = DimensionLists {
        sex: read("sex.csv", include_str!("../../../schemas/codelists/sex.csv")),
        age: read("age.csv", include_str!("../../../schemas/codelists/age.csv")),
        location: read("location.csv", include_str!("../../../schemas/codelists/location.csv")),
        natures: Natures::from_csv("obs_status.csv", natures).unwrap_or_default(),
    };
    CodeLists { areas: areas.unwrap_or_default(), dimensions }
}

fn pipeline(source: &str, series: &[(&str, &str)]) -> Pipeline {
    let series = series.iter().map(|(code, unit)| Series {
        code: (*code).to_owned(),
        title: String::new(),
        unit: (*unit).to_owned(),
        range: Some((-1e18, 1e18)),
        ..Series::default()
    });
    Pipeline {
        id: "bench".to_owned(),
        title: String::new(),
        agency: String::new(),
        source: source.to_owned(),
        dataset: String::new(),
        base_url: "https://localhost".to_owned(),
        schedule: None,
        release: None,
        years: (1960, 2025),
        page_size: 1000,
        series: series.collect(),
        files: Vec::new(),
        mapping: None,
        database: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates { rows_min: 1, ..Gates::OPEN },
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 60,
        licence: String::new(),
        citation: String::new(),
        homepage: String::new(),
    }
}

fn shared(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("WSIS_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    std::fs::read(root.join("data").join(path)).ok()
}

/// 266 areas, 65 years: the shape of the real answer.
fn generated_json() -> Vec<u8> {
    let mut text = String::from(
        r#"[{"page":1,"pages":1,"per_page":20000,"total":17290,"sourceid":"2","lastupdated":"2025-07-01"},["#,
    );
    let areas = ["KEN", "BRA", "NAM", "FRA", "IND", "WLD", "DEU"];
    for at in 0..266 {
        let area = areas[at % areas.len()];
        for year in (1960..2025).rev() {
            let comma = if at == 0 && year == 2024 { "" } else { "," };
            let value = 1.0e9 + f64::from(year) * 1_234_567.891;
            let _ = write!(
                text,
                r#"{comma}{{"indicator":{{"id":"NY.GDP.MKTP.CD","value":"GDP (current US$)"}},"country":{{"id":"{area}","value":"A country with a name"}},"countryiso3code":"{area}","date":"{year}","value":{value:.3},"unit":"","obs_status":"","decimal":0,"footnote":""}}"#
            );
        }
    }
    text.push_str("]]");
    text.into_bytes()
}

fn generated_csv(rows: usize) -> Vec<u8> {
    let mut text = String::from(
        "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,TimePeriod,\
         Value,Time_Detail,TimeCoverage,UpperBound,LowerBound,BasePeriod,Source,GeoInfoUrl,\
         FootNote,[Age],[Nature],[Reporting Type],[Sex],[Type of skill],[Units]\n",
    );
    let skills = ["ARSP", "CMFL", "COPA", "EMAIL", "EPRS", "INST", "PCPR", "SOFT", "TRAF"];
    let sexes = ["BOTHSEX", "FEMALE", "MALE"];
    for at in 0..rows {
        let (skill, sex) = (skills[at % 9], sexes[at / 9 % 3]);
        let (year, area) = (2005 + at / 27 % 20, [404, 4, 76, 516, 250][at / 540 % 5]);
        let _ = writeln!(
            text,
            "4,4.4,4.4.1,SE_ADT_ACTS,\"Proportion of youth and adults with information and \
             communications technology (ICT) skills, by sex and type of skill (%)\",{area},Name,\
             {year}.0,{}.{:05},,,,,,\"Eurostat, European Union survey on ICT usage\",,,15+,C,G,\
             {sex},{skill},PERCENT",
            at % 100,
            at * 7919 % 100_000
        );
    }
    text.into_bytes()
}

fn decode(criterion: &mut Criterion) {
    let lists = lists();
    let json = shared("worldbank/api-v2-json/wb_gdp_all.json").unwrap_or_else(generated_json);
    let cases = [
        ("worldbank_json", "worldbank", "NY.GDP.MKTP.CD", "CU_USD", ContentKind::Json, json),
        ("unsd_csv", "unsd", "SE_ADT_ACTS", "PERCENT", ContentKind::Csv, generated_csv(50_000)),
    ];
    for (name, id, series, unit, expect, body) in cases {
        let Some(source) = source(id) else { continue };
        let pipeline = pipeline(id, &[(series, unit)]);
        let Ok(url) = Url::parse("https://localhost/") else { continue };
        let job = DecodeJob::new(&pipeline, &lists);
        let request = RequestSpec::new(series, url, expect);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("decode", |bencher| {
            bencher.iter(|| {
                let mut count = Count::default();
                let mut bytes = body.as_slice();
                let summary = source.decode(&job, &request, &mut bytes, &mut count);
                assert!(summary.is_ok_and(|summary| summary.parsed == count.rows));
                black_box(count.sum)
            });
        });
        group.bench_function("page", |bencher| {
            bencher.iter(|| black_box(source.page(&job, &request, &body).is_ok()));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = decode
}
criterion_main!(benches);
