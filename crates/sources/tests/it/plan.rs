//! What is asked for.

use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::{ContentKind, DecodeError, DecodeJob, PlanError, REGISTRY, source};

use crate::fixture::{LISTS, egdi, file, pipeline, request, series};

#[test]
fn every_id_has_a_source() {
    for id in REGISTRY.iter().map(|kind| kind.id) {
        assert_eq!(source(id).unwrap().id(), id);
        assert!(source(id).unwrap().decoder_version() >= 1);
    }
    assert!(source("itu").is_none());
}

#[test]
fn w6_w14_worldbank_asks_one_database_by_short_addresses() {
    let mut pipeline = pipeline(
        "worldbank",
        vec![series("IT.NET.USER.ZS", "PERCENT", None), series("SP.POP.TOTL", "NUMBER", None)],
    );
    pipeline.years = (2000, 2025);
    let plan = source("worldbank").unwrap().plan(&pipeline).unwrap();
    assert_eq!(plan.len(), 2);
    assert_eq!(plan[0].id, "IT.NET.USER.ZS");
    assert_eq!((plan[0].page, plan[0].expect), (1, ContentKind::Json));
    assert_eq!(
        plan[0].url.as_str(),
        "https://api.example.org/v2/country/all/indicator/IT.NET.USER.ZS?format=json\
         &date=2000%3A2025&per_page=1000&page=1&source=2&footnote=y"
    );
    pipeline.database = Some(28);
    let findex = source("worldbank").unwrap().plan(&pipeline).unwrap();
    assert!(findex[0].url.as_str().ends_with("&source=28&footnote=y"), "{}", findex[0].url);
    // W14: the address stays far below the length at which the service fails.
    assert!(plan.iter().all(|request| request.url.as_str().len() < 1_400));
}

#[test]
fn unsd_asks_for_every_series() {
    let mut pipeline = pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)]);
    pipeline.years = (2000, 2025);
    pipeline.base_url.push('/');
    let plan = source("unsd").unwrap().plan(&pipeline).unwrap();
    assert_eq!(
        plan[0].url.as_str(),
        "https://unstats.example.org/v1/sdg/Series/Data?seriesCode=IT_USE_ii99\
         &timePeriodStart=2000&timePeriodEnd=2025&page=1&pageSize=1000"
    );
}

#[test]
fn undesa_asks_for_every_file() {
    let mut pipeline = egdi("EGOV_DATA_2018.csv", 2018);
    pipeline.files.push(file("EGOV_DATA_2018.xlsx", 2018));
    let plan = source("undesa").unwrap().plan(&pipeline).unwrap();
    let kinds: Vec<_> = plan.iter().map(|request| (request.id.as_str(), request.expect)).collect();
    let csv = ("EGOV_DATA_2018.csv", ContentKind::Csv);
    assert_eq!(kinds, [csv, ("EGOV_DATA_2018.xlsx", ContentKind::Xlsx)]);
    assert_eq!(plan[0].url.as_str(), "https://egov.example.org/Data-Center/EGOV_DATA_2018.csv");
}

#[test]
fn sdmx_csv_is_asked_for_by_its_media_type() {
    let mut pipeline = pipeline("file", vec![series("S", "NUMBER", None)]);
    pipeline.files = vec![file("data/A,B,1.0/all", 2020), file("t.csv", 2020)];
    pipeline.files[0].format = Format::SdmxCsv;
    let plan = source("file").unwrap().plan(&pipeline).unwrap();
    let accept = plan[0].accept.unwrap_or_default();
    assert!(accept.starts_with("application/vnd.sdmx.data+csv;version=2.0.0,"), "{accept}");
    assert_eq!((plan[1].accept, plan[0].kind), (None, wsis_sources::RequestKind::Data));
}

#[test]
fn an_address_has_the_parameters_of_its_file_and_the_years_that_are_asked_for() {
    let mut pipeline = pipeline("file", vec![series("S", "NUMBER", None)]);
    let mut flow = file("rest/data/ILO,DF_X,1.0/.A", 2020);
    let pairs = [("startPeriod", "{first_year}"), ("endPeriod", "{last_year}-12"), ("q", "a & b")];
    flow.query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    pipeline.files = vec![flow];
    let ask = |years| {
        let asked = Pipeline { years, ..pipeline.clone() };
        source("file").unwrap().plan(&asked).unwrap().remove(0)
    };
    let (now, before) = (ask((2005, 2025)), ask((1990, 2004)));
    let path = "/rest/data/ILO,DF_X,1.0/.A?endPeriod=2025-12&q=a+%26+b&startPeriod=2005";
    assert!(now.url.as_str().ends_with(path), "{}", now.url);
    assert!(before.url.as_str().ends_with("&startPeriod=1990"), "{}", before.url);
    // One name whatever years are asked for, and its file is found by it.
    assert_eq!(now.id, before.id);
    assert_eq!(now.id, pipeline.files[0].request());
}

#[test]
fn a_plan_of_nothing_is_an_error() {
    for id in REGISTRY.iter().map(|kind| kind.id) {
        let error = source(id).unwrap().plan(&pipeline(id, Vec::new())).unwrap_err();
        assert!(matches!(error, PlanError::Nothing { .. }), "{error}");
    }
    let mut wrong = pipeline("unsd", vec![series("X", "Y", None)]);
    "nowhere".clone_into(&mut wrong.base_url);
    let error = source("unsd").unwrap().plan(&wrong).unwrap_err();
    assert!(error.to_string().contains("base_url should be like"), "{error}");
    let mut wrong = egdi("table.json", 2018);
    wrong.files[0].format = Format::Json;
    let error = source("undesa").unwrap().plan(&wrong).unwrap_err();
    assert!(error.to_string().contains("json, which source undesa does not read"), "{error}");
}

/// What `check` knows of the sources is what their decoders do.
#[test]
fn trial_f10_the_formats_that_check_passes_are_those_that_decoders_read() {
    let ids: Vec<&str> = REGISTRY.iter().map(|kind| kind.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for kind in &REGISTRY {
        for format in [Format::Csv, Format::Xlsx, Format::Json] {
            let mut pipeline = pipeline(kind.id, vec![series("EGDI", "INDEX", None)]);
            let expect = ContentKind::of(format);
            pipeline.files = vec![file("t", 2018)];
            pipeline.files[0].format = format;
            let known = kind.reads(format);
            let source = source(kind.id).unwrap();
            assert_eq!(source.plan(&pipeline).is_ok(), known, "{} {format:?}", kind.id);
            let job = DecodeJob::new(&pipeline, &LISTS);
            let error = source.page(&job, &request("t", expect), b"x").unwrap_err();
            let unknown = matches!(error, DecodeError::UnknownKind { .. });
            assert_eq!(unknown, !known, "{} {format:?}: {error}", kind.id);
        }
    }
}
