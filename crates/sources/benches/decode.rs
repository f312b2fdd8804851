//! Decoding in bytes per second: World Bank JSON, UNSD CSV, tables and lists of records by a mapping (CSV,
//! JSON), and the messages of cubes (SDMX-CSV, SDMX-ML, SDMX-JSON, JSON-stat, Eurostat's tables), with the
//! real code lists.
//!
//! With `WSIS_BENCH_OUT` the messages are written into that folder, so that other programs can be
//! measured with them (`tests/interop/time_messages.py`).
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
use wsis_model::mapping::{Columns, Document, Mapping};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::{Format, Gates, KeyPlace, Pipeline, Series, SourceFile, Undeclared};
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
        folder: None,
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

/// Areas of the messages, and their years.
const AREAS: [&str; 10] = ["KEN", "BRA", "NAM", "FRA", "IND", "DEU", "UGA", "PER", "FJI", "JPN"];
const YEARS: std::ops::Range<i32> = 2000..2025;
/// Series of each area: 10 x 200 x 25 are 50,000 observations.
const SKILLS: usize = 200;

/// The figure of a series in a year.
fn figure(area: usize, skill: usize, year: i32) -> String {
    let seed = u32::try_from(year).unwrap_or_default() * 37;
    format!("{}.{:02}", (area * 7 + skill) % 100, seed % 100)
}

fn generated_xml(is_generic: bool) -> Vec<u8> {
    let (root, of) = if is_generic { ("GenericData", "g:") } else { ("StructureSpecificData", "") };
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><m:{root} xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic" xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common" xmlns:ss="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"><m:Header><m:ID>B</m:ID><m:Test>false</m:Test><m:Prepared>2025-01-01T00:00:00</m:Prepared><m:Sender id="A"/><m:Structure structureID="D" namespace="urn:D" dimensionAtObservation="TIME_PERIOD"><c:Structure><Ref agencyID="A" id="D" version="1.0"/></c:Structure></m:Structure></m:Header><m:DataSet {}structureRef="D">"#,
        if is_generic { "" } else { "ss:" }
    );
    for (at, area) in AREAS.iter().enumerate() {
        for skill in 0..SKILLS {
            let _ = if is_generic {
                write!(
                    text,
                    r#"<g:Series><g:SeriesKey><g:Value id="FREQ" value="A"/><g:Value id="REF_AREA" value="{area}"/><g:Value id="INDICATOR" value="S"/><g:Value id="SKILL" value="K{skill}"/></g:SeriesKey><g:Attributes><g:Value id="UNIT_MEASURE" value="PERCENT"/><g:Value id="UNIT_MULT" value="0"/></g:Attributes>"#
                )
            } else {
                write!(
                    text,
                    r#"<Series FREQ="A" REF_AREA="{area}" INDICATOR="S" SKILL="K{skill}" UNIT_MEASURE="PERCENT" UNIT_MULT="0">"#
                )
            };
            for year in YEARS {
                let value = figure(at, skill, year);
                let _ = if is_generic {
                    write!(
                        text,
                        r#"<g:Obs><g:ObsDimension value="{year}"/><g:ObsValue value="{value}"/><g:Attributes><g:Value id="OBS_STATUS" value="A"/></g:Attributes></g:Obs>"#
                    )
                } else {
                    write!(
                        text,
                        r#"<Obs TIME_PERIOD="{year}" OBS_VALUE="{value}" OBS_STATUS="A"/>"#
                    )
                };
            }
            let _ = write!(text, "</{of}Series>");
        }
    }
    let _ = write!(text, "</m:DataSet></m:{root}>");
    text.into_bytes()
}

fn listed<T: std::fmt::Display>(values: impl Iterator<Item = T>) -> String {
    let texts: Vec<String> = values.map(|value| value.to_string()).collect();
    texts.join(",")
}

fn generated_sdmx_json() -> Vec<u8> {
    let values = |ids: &mut dyn Iterator<Item = String>| {
        listed(ids.map(|id| format!(r#"{{"id":"{id}","name":"{id}"}}"#)))
    };
    let mut text = String::from(
        r#"{"header":{"id":"B","prepared":"2025-01-01T00:00:00Z","sender":{"id":"A"}},"dataSets":[{"action":"Information","series":{"#,
    );
    for at in 0..AREAS.len() {
        for skill in 0..SKILLS {
            let comma = if at + skill == 0 { "" } else { "," };
            let years = listed(
                YEARS
                    .enumerate()
                    .map(|(place, year)| format!(r#""{place}":[{},0]"#, figure(at, skill, year))),
            );
            let _ = write!(
                text,
                r#"{comma}"0:{at}:0:{skill}":{{"attributes":[0],"observations":{{{years}}}}}"#
            );
        }
    }
    let _ = write!(
        text,
        r#"}}}}],"structure":{{"dimensions":{{"dataSet":[],"series":[{{"id":"FREQ","name":"F","keyPosition":0,"values":[{}]}},{{"id":"REF_AREA","name":"R","keyPosition":1,"values":[{}]}},{{"id":"INDICATOR","name":"I","keyPosition":2,"values":[{}]}},{{"id":"SKILL","name":"K","keyPosition":3,"values":[{}]}}],"observation":[{{"id":"TIME_PERIOD","name":"T","role":"TIME_PERIOD","values":[{}]}}]}},"attributes":{{"dataSet":[],"series":[{{"id":"UNIT_MEASURE","name":"U","values":[{}]}}],"observation":[{{"id":"OBS_STATUS","name":"O","values":[{}]}}]}}}}}}"#,
        values(&mut std::iter::once("A".to_owned())),
        values(&mut AREAS.iter().map(|it| (*it).to_owned())),
        values(&mut std::iter::once("S".to_owned())),
        values(&mut (0..SKILLS).map(|skill| format!("K{skill}"))),
        values(&mut YEARS.map(|year| year.to_string())),
        values(&mut std::iter::once("PERCENT".to_owned())),
        values(&mut std::iter::once("A".to_owned())),
    );
    text.into_bytes()
}

fn generated_json_stat() -> Vec<u8> {
    let skills = listed((0..SKILLS).map(|skill| format!("\"K{skill}\"")));
    let cells = AREAS.iter().enumerate().flat_map(|(at, _)| {
        (0..SKILLS).flat_map(move |skill| YEARS.map(move |year| figure(at, skill, year)))
    });
    format!(
        r#"{{"version":"2.0","class":"dataset","id":["geo","skill","time"],"size":[{},{SKILLS},{}],"role":{{"time":["time"],"geo":["geo"]}},"dimension":{{"geo":{{"category":{{"index":[{}]}}}},"skill":{{"category":{{"index":[{skills}]}}}},"time":{{"category":{{"index":[{}]}}}}}},"value":[{}]}}"#,
        AREAS.len(),
        YEARS.len(),
        listed(AREAS.iter().map(|area| format!("\"{area}\""))),
        listed(YEARS.map(|year| format!("\"{year}\""))),
        listed(cells),
    )
    .into_bytes()
}

fn generated_tsv() -> Vec<u8> {
    let mut text = String::from("freq,skill,unit,geo\\TIME_PERIOD");
    for year in YEARS {
        let _ = write!(text, "\t{year} ");
    }
    for (at, area) in AREAS.iter().enumerate() {
        for skill in 0..SKILLS {
            let _ = write!(text, "\nA,K{skill},PERCENT,{area}");
            for year in YEARS {
                let _ = write!(text, "\t{} b", figure(at, skill, year));
            }
        }
    }
    text.into_bytes()
}

/// Every figure as one row: its area, series, year and value.
fn rows(mut row: impl FnMut(&str, usize, i32, &str)) {
    for (at, area) in AREAS.iter().enumerate() {
        for skill in 0..SKILLS {
            for year in YEARS {
                row(area, skill, year, &figure(at, skill, year));
            }
        }
    }
}

/// A table as portals give it, with columns that nobody asked for.
fn generated_table() -> Vec<u8> {
    let mut text = String::from("Area,Name,Skill,Year,Value,Unit,Source\n");
    rows(|area, skill, year, value| {
        let _ = writeln!(
            text,
            "{area},\"A name, of {area}\",K{skill},{year},{value},PERCENT,\"A survey, a year\""
        );
    });
    text.into_bytes()
}

fn generated_sdmx_csv() -> Vec<u8> {
    let mut text = String::from(
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,SKILL,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,OBS_STATUS\n",
    );
    rows(|area, skill, year, value| {
        let _ = writeln!(text, "dataflow,A:D(1.0),I,A,{area},S,K{skill},{year},{value},PERCENT,A");
    });
    text.into_bytes()
}

/// A list of records in the form of OData.
fn generated_records() -> Vec<u8> {
    let mut text = String::from(r#"{"@odata.context":"x","value":["#);
    let mut comma = "";
    rows(|area, skill, year, value| {
        let _ = write!(
            text,
            r#"{comma}{{"Id":1,"Area":"{area}","AreaType":"COUNTRY","Skill":"K{skill}","Year":{year},"Value":{value},"Low":null,"High":null,"Comments":null,"Date":"2020-12-04T16:59:43+01:00"}}"#
        );
        comma = ",";
    });
    text.push_str("]}");
    text.into_bytes()
}

/// What the columns of tables and records are.
fn mapped() -> Mapping {
    let of = |heading: &str| Some(heading.to_owned());
    Mapping {
        columns: Columns {
            area: of("Area"),
            year: of("Year"),
            value: of("Value"),
            ..Columns::default()
        },
        dimensions: vec![("SKILL".to_owned(), "Skill".to_owned())],
        document: Document { rows: of("value"), ..Document::default() },
        ..Mapping::default()
    }
}

/// Tables, and the messages of cubes: 50,000 observations each.
fn messages(criterion: &mut Criterion) {
    let lists = lists();
    let cases = [
        ("table", "csv", Format::Csv, ContentKind::Csv, generated_table()),
        ("records", "json", Format::Json, ContentKind::Json, generated_records()),
        ("sdmx_csv", "csv", Format::SdmxCsv, ContentKind::Csv, generated_sdmx_csv()),
        ("sdmx_ml_specific", "xml", Format::SdmxMl, ContentKind::Xml, generated_xml(false)),
        ("sdmx_ml_generic", "xml", Format::SdmxMl, ContentKind::Xml, generated_xml(true)),
        ("sdmx_json", "json", Format::SdmxJson, ContentKind::Json, generated_sdmx_json()),
        ("json_stat", "json", Format::JsonStat, ContentKind::Json, generated_json_stat()),
        ("eurostat_tsv", "tsv", Format::EurostatTsv, ContentKind::Csv, generated_tsv()),
    ];
    let Some(source) = source("file") else { return };
    for (name, ending, format, expect, body) in cases {
        if let Some(folder) = std::env::var_os("WSIS_BENCH_OUT") {
            let file = PathBuf::from(folder).join(format!("{name}.{ending}"));
            let _ = std::fs::write(file, &body);
        }
        let mut pipeline = pipeline("file", &[("S", "PERCENT")]);
        let path = "message".to_owned();
        let file = SourceFile { path, format, ..SourceFile::default() };
        pipeline.files.push(file);
        let is_mapped = matches!(format, Format::Csv | Format::Json);
        pipeline.mapping = Some(if is_mapped { mapped() } else { Mapping::default() });
        let Ok(url) = Url::parse("https://localhost/") else { continue };
        let job = DecodeJob::new(&pipeline, &lists);
        let request = RequestSpec::new("message", url, expect);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("decode", |bencher| {
            bencher.iter(|| {
                let mut count = Count::default();
                let mut bytes = body.as_slice();
                let summary = source.decode(&job, &request, &mut bytes, &mut count);
                assert!(summary.is_ok_and(|summary| summary.parsed == 50_000));
                assert!(count.sum > 0.0, "nothing was accepted");
                black_box(count.sum)
            });
        });
        group.finish();
    }
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
    targets = decode, messages
}
criterion_main!(benches);
