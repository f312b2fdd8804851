//! What a source calls its series and their units comes out of every format that says it (F07).

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::ContentKind::{self, Csv, Json};
use wsis_sources::Part;

use crate::fixture::{decode, egdi, file, pipeline, series};

/// Title and unit as they were heard.
fn heard(pipeline: &Pipeline, kind: ContentKind, body: &str, code: &str) -> (String, String) {
    let said = decode(pipeline, kind, body.as_bytes()).summary.said;
    let of = |part| {
        let texts = said.get(&(code.to_owned(), part)).cloned().unwrap_or_default();
        texts.into_iter().collect::<Vec<_>>().join("|")
    };
    (of(Part::Title), of(Part::Unit))
}

fn is(found: (String, String), title: &str, unit: &str) {
    assert_eq!(found, (title.to_owned(), unit.to_owned()));
}

#[test]
fn trial_f07_every_format_with_a_title_or_unit_gives_them() {
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let record = |title: &str| {
        format!(
            r#"{{"indicator":{{"id":"S","value":"{title}"}},"country":{{"id":"KE","value":"Kenya"}},"countryiso3code":"KEN","date":"2020","value":1,"unit":"%"}}"#
        )
    };
    let body = format!("[{},{}]", record("Output  (2015 PPP $)"), record("Output (US$)"));
    is(heard(&wdi, Json, &body, "S"), "Output (2015 PPP $)|Output (US$)", "%");
    let body = "Country Name,Country Code,Indicator Name,Indicator Code,2020\n\
                Kenya,KEN,\"Output, total\",S,1\n";
    is(heard(&wdi, Csv, body, "S"), "Output, total", "");

    let sdg = pipeline("unsd", vec![series("S", "PERCENT", None)]);
    let body = r#"{"totalElements":1,"totalPages":1,"data":[{"series":"S","seriesDescription":"Users (2015 base)","geoAreaCode":"404","timePeriodStart":2017,"value":"1","attributes":{"Units":"PERCENT"}}]}"#;
    is(heard(&sdg, Json, body, "S"), "Users (2015 base)", "PERCENT");
    let body = "SeriesCode,SeriesDescription,GeoAreaCode,TimePeriod,Value,[Units]\n\
                S,Users,404,2017,1,PERCENT\n";
    is(heard(&sdg, Csv, body, "S"), "Users", "PERCENT");

    let mut survey = egdi("t.csv", 2022);
    survey.series.truncate(1);
    let body = "Survey Year,Country Name,E-Government  Index\n2022,Kenya,0.5\n";
    is(heard(&survey, Csv, body, "EGDI"), "E-Government Index", "");
}

#[test]
fn trial_f07_tables_of_a_mapping_and_sdmx_give_them_too() {
    let some = |text: &str| Some(text.to_owned());
    let mut table = pipeline("file", vec![series("S", "PERCENT", None)]);
    table.files = vec![file("table.csv", 2020)];
    let columns = Columns {
        area: some("area"),
        year: some("year"),
        value: some("users per 100"),
        ..Columns::default()
    };
    table.mapping = Some(Mapping { columns: columns.clone(), ..Mapping::default() });
    let body = "area,year,Users (per 100)\nKEN,2020,12.5\n";
    is(heard(&table, Csv, body, "S"), "Users (per 100)", "");
    let columns =
        Columns { value: some("value"), title: some("name"), unit: some("unit"), ..columns };
    table.mapping = Some(Mapping { columns, ..Mapping::default() });
    let body = "area,year,value,name,unit\nKEN,2020,12.5,Users,%\n";
    is(heard(&table, Csv, body, "S"), "Users", "%");

    table.mapping = None;
    table.files[0].format = Format::SdmxCsv;
    table.files[0].edition = None;
    for body in [
        "STRUCTURE,REF_AREA: Area,INDICATOR: Indicator,TIME_PERIOD: Year,OBS_VALUE: \
         Value,UNIT_MEASURE: Unit\nx,KEN: Kenya,S: Users of it: all,2020,5,PERCENT: Per cent\n",
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,REF_AREA,Area,INDICATOR,Indicator,TIME_PERIOD,Year,\
         OBS_VALUE,Value,UNIT_MEASURE,Unit\nx,y,z,KEN,Kenya,S,Users of it: all,2020,,5,,PERCENT,\
         Per cent\n",
        "STRUCTURE,REF_AREA,REF_AREA_LABEL,INDICATOR,INDICATOR_LABEL,TIME_PERIOD,OBS_VALUE,\
         UNIT_MEASURE\nx,KEN,Kenya,S,Users of it: all,2020,5,PERCENT\n",
    ] {
        is(heard(&table, Csv, body, "S"), "Users of it: all", "PERCENT");
    }
}

#[test]
fn trial_f07_a_flood_of_titles_is_bounded() {
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let mut body = "Country Name,Country Code,Indicator Name,Indicator Code,2020\n".to_owned();
    for (at, letter) in ('a'..='z').cycle().take(500).enumerate() {
        for part in ["Kenya,KEN,", &letter.to_string(), &"y".repeat(at), &"x".repeat(2_000)] {
            body.push_str(part);
        }
        body.push_str(",S,1\n");
    }
    let mut open = wdi;
    open.series[0].title = "another".to_owned();
    let said = decode(&open, Csv, body.as_bytes()).summary.said;
    let texts = &said[&("S".to_owned(), Part::Title)];
    assert_eq!(texts.len(), 20);
    assert!(texts.iter().all(|text| text.chars().count() == 1_000));
}

/// A heading with the year of an edition is the same heading in the next one.
#[test]
fn trial_p148_every_table_gives_its_columns_and_a_year_in_one_is_any_year() {
    let columns = |pipeline: &Pipeline, body: &str| {
        let said = decode(pipeline, Csv, body.as_bytes()).summary.said;
        let found = said.get(&(String::new(), Part::Column)).cloned().unwrap_or_default();
        found.into_iter().collect::<Vec<_>>().join("|")
    };
    let mut survey = egdi("t.csv", 2022);
    survey.series.truncate(1);
    let body = "Survey Year,Country Name,E-Government  Index,CODE\n2022,Kenya,0.5,KEN\n";
    assert_eq!(columns(&survey, body), "CODE|Country Name|E-Government Index|Survey Year");
    let sdg = pipeline("unsd", vec![series("S", "PERCENT", None)]);
    let body = "SeriesCode,SeriesDescription,GeoAreaCode,TimePeriod,Value,[Units]\n\
                S,Users,404,2017,1,PERCENT\n";
    let all = "GeoAreaCode|SeriesCode|SeriesDescription|TimePeriod|Value|[Units]";
    assert_eq!(columns(&sdg, body), all);
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let body = |year: i32| {
        format!(
            "Country Name,Country Code,Indicator Name,Indicator Code,2020,{year} [YR{year}]\n\
             Kenya,KEN,S,S,1,2\n"
        )
    };
    let all = "Country Code|Country Name|Indicator Code|Indicator Name|{year}|{year} [YR{year}]";
    assert_eq!(columns(&wdi, &body(2021)), all);
    assert_eq!(columns(&wdi, &body(2024)), all);
    let mut table = pipeline("file", vec![series("S", "PERCENT", None)]);
    table.files = vec![file("table.csv", 2020)];
    let some = |text: &str| Some(text.to_owned());
    let mapped = Columns { area: some("area"), value: some("v_{year}"), ..Columns::default() };
    table.mapping = Some(Mapping { columns: mapped, ..Mapping::default() });
    let body = "area,code 4711,v_2019,v_2020\nKEN,x,1,2\n";
    assert_eq!(columns(&table, body), "area|code 4711|v_{year}");
}
