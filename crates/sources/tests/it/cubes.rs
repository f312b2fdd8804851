//! SDMX-JSON, JSON-stat and Eurostat's tables to observations: what the mapping makes of them.

use wsis_model::mapping::{Columns, Keep};
use wsis_model::period::Freq;
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_sources::ContentKind::{Csv, Json};

use crate::fixture::{decode, page, series, shared};
use crate::sdmx_ml::message;

/// A message with a data set of series, attributes on every level, and one that deletes.
pub(crate) fn sdmx_json() -> String {
    let value = |id: &str| format!(r#"{{"id":"{id}","name":"n"}}"#);
    let component = |id: &str, values: &[&str], more: &str| {
        let values: Vec<String> = values.iter().map(|it| value(it)).collect();
        format!(r#"{{"id":"{id}","values":[{}]{more}}}"#, values.join(","))
    };
    format!(
        r#"{{"meta":{{"schema":"s"}},"data":{{"dataSets":[
{{"structure":0,"action":"Information","attributes":[0],"dimensionGroupAttributes":{{":0::":["by group"]}},
"series":{{"0:0:0":{{"attributes":[0],"observations":{{"0":[1.5,1],"1":[2,null],"2":["NaN",2],"3":[4,0]}}}},"0:1:0":{{"attributes":[null],"observations":{{"0":[7]}}}}}}}},
{{"structure":0,"action":"Delete","series":{{"0:1:0":{{"observations":{{"1":[]}}}}}}}}],
"structures":[{{"dimensions":{{"dataSet":[],"series":[{},{},{}],"observation":[{}]}},
"attributes":{{"dataSet":[{}],"dimensionGroup":[{{"id":"COMMENT_OBS","values":[]}}],"series":[{}],"observation":[{}]}}}}]}}}}"#,
        component("REF_AREA", &["KEN"], ""),
        component("SEX", &["F", "M"], ""),
        component("INDICATOR", &["S"], ""),
        component("TIME_PERIOD", &["2020", "2021", "2022", "2023-Q1"], r#","role":"TIME_PERIOD""#),
        component("UNIT_MEASURE", &["NUMBER"], ""),
        component("POWER", &["3"], r#","role":"UNIT_MULT","default":"0""#),
        component("OBS_STATUS", &["A", "E", "L"], r#","default":"A""#),
    )
}

fn one(format: Format) -> Pipeline {
    message(format, Columns::default(), vec![series("S", "NUMBER", None)], &[])
}

#[test]
fn sdmx_json_becomes_observations() {
    let pipeline = one(Format::SdmxJson);
    let body = sdmx_json();
    let kept = decode(&pipeline, Json, body.as_bytes());
    assert_eq!(page(&pipeline, Json, body.as_bytes()).unwrap().rows, 6);
    assert_eq!(kept.counts(), [6, 4, 2, 1]);
    let of = |sex: &str, year: i32| {
        let found = kept.rows.iter().find(|row| row.sex == sex && row.year == year);
        let row = found.unwrap_or_else(|| panic!("{sex} {year}"));
        (row.value, row.status.code(), row.footnote.as_deref())
    };
    assert_eq!(of("F", 2020), (Some(1_500.0), "E", Some("by group")));
    assert_eq!(of("F", 2021), (Some(2_000.0), "A", Some("by group")));
    assert_eq!(of("F", 2022), (None, "L", Some("by group")));
    assert_eq!(of("M", 2020), (Some(7.0), "A", None));
    assert_eq!(kept.reasons()["other_frequency"], 1);
    assert!(kept.rejected.iter().any(|it| it.detail.starts_with("ACTION is D")));
}

/// A real answer of before version 1.0: units and powers by roles, quarters.
#[test]
fn sdmx_json_a_real_answer_becomes_observations() {
    let Some(body) = shared("oecd/sdmx-json-legacy/land_use.json") else { return };
    let columns = Columns {
        area: Some("COU".to_owned()),
        series: Some("VAR".to_owned()),
        ..Columns::default()
    };
    let pipeline = message(Format::SdmxJson, columns, vec![series("LAND", "KM2", None)], &[]);
    let kept = decode(&pipeline, Json, &body);
    // 1,575 of LAND (counted with Python), 78 of them of areas that are in no list.
    assert_eq!(kept.counts(), [14_150, 1_497, 12_653, 0]);
    assert_eq!(kept.reasons()["unknown_area"], 78);
    assert_eq!(kept.row("LAND", "IND", 1980).value, Some(2_973_190.0));
    assert_eq!(kept.row("LAND", "IND", 1980).text.as_deref(), Some("2973190.0"));
}

/// Eurostat's form: roles, sparse values, flags, `:`.
pub(crate) fn json_stat() -> String {
    r#"{"version":"2.0","class":"dataset","label":"L","source":"ESTAT","updated":"2025-03-01T11:00:00+0100",
"id":["freq","indic_is","unit","geo","time"],"size":[1,2,"1",2,3],"role":{"time":["time"],"geo":["geo"]},
"dimension":{"freq":{"category":{"label":{"A":"Annual"}}},"indic_is":{"category":{"index":["I_IU3","OTHER"]}},
"unit":{"category":{"index":{"PC_IND":0}}},"geo":{"category":{"index":{"EL":1,"KE":0}}},
"time":{"category":{"index":{"2022":0,"2023":1,"2023-Q1":2}}}},
"value":{"0":12.30,"3":45,"4":7e1,"6":1,"5":9},"status":{"1":":","3":"be","4":"p"}}"#
        .to_owned()
}

pub(crate) fn eurostat(format: Format) -> Pipeline {
    let columns = Columns { series: Some("indic_is".to_owned()), ..Columns::default() };
    let one = Series {
        source_unit: Some("PC_IND".to_owned()),
        named: Some("I_IU3".to_owned()),
        ..series("USERS", "PERCENT", Some((0.0, 100.0)))
    };
    message(format, columns, vec![one], &[])
}

#[test]
fn json_stat_becomes_observations() {
    let pipeline = eurostat(Format::JsonStat);
    let body = json_stat();
    let kept = decode(&pipeline, Json, body.as_bytes());
    assert_eq!(page(&pipeline, Json, body.as_bytes()).unwrap().rows, 6);
    assert_eq!(kept.counts(), [6, 4, 2, 1]);
    let row = kept.row("USERS", "KEN", 2022);
    assert_eq!(
        (row.value, row.text.as_deref(), row.dimensions.as_str()),
        (Some(12.3), Some("12.30"), "")
    );
    let row = kept.row("USERS", "KEN", 2023);
    assert_eq!((row.value, row.flag.as_deref()), (None, Some(":")));
    let row = kept.row("USERS", "GRC", 2022);
    assert_eq!((row.status.code(), row.flag.as_deref()), ("B", Some("be")));
    let row = kept.row("USERS", "GRC", 2023);
    assert_eq!((row.status.code(), row.value), ("P", Some(70.0)));
    assert_eq!(kept.summary.source_updated.unwrap().to_string(), "2025-03-01");
    assert_eq!(kept.reasons()["other_frequency"], 1);
    assert_eq!(kept.reasons()["unexpected_series"], 1);
}

/// The samples of the standard, with roles by name: unemployment in 36 areas and twelve years.
#[test]
fn json_stat_a_sample_becomes_observations() {
    let Some(body) = shared("json-stat/json-stat.org/oecd.json") else { return };
    let pipeline = message(
        Format::JsonStat,
        Columns::default(),
        vec![series("UNR", "PERCENT", Some((0.0, 100.0)))],
        &["concept"],
    );
    let kept = decode(&pipeline, Json, &body);
    // EU15 and OECD are in no list of areas.
    assert_eq!(kept.counts(), [432, 408, 24, 0]);
    let row = kept.row("UNR", "AUS", 2003);
    assert_eq!((row.value, row.dimensions.as_str()), (Some(5.943_826_289), ""));
    let estimated = kept.row("UNR", "AUS", 2013);
    assert_eq!(estimated.flag.as_deref(), Some("e"));
}

pub(crate) fn eurostat_tsv() -> String {
    "freq,indic_is,unit,geo\\TIME_PERIOD\t2022 \t2023 \t2023-Q1 \n\
     A,I_IU3,PC_IND,EL\t83.20 \t85.1 b\t1 \n\
     A,I_IU3,PC_IND,KE\t: \t: z\t: \n\
     A,I_IU3,KE\t1 \t2 \t3 \n\
     A,OTHER,PC_IND,KE\t1 \t2 \t3 \n"
        .to_owned()
}

#[test]
fn eurostat_tsv_becomes_observations() {
    let mut pipeline = eurostat(Format::EurostatTsv);
    let body = eurostat_tsv();
    let kept = decode(&pipeline, Csv, body.as_bytes());
    assert_eq!(page(&pipeline, Csv, body.as_bytes()).unwrap().rows, 12);
    assert_eq!(kept.counts(), [12, 4, 8, 2]);
    let row = kept.row("USERS", "GRC", 2023);
    assert_eq!((row.value, row.status.code(), row.flag.as_deref()), (Some(85.1), "B", Some("b")));
    assert_eq!(kept.row("USERS", "KEN", 2022).status.code(), "O");
    let row = kept.row("USERS", "KEN", 2023);
    assert_eq!((row.status.code(), row.flag.as_deref()), ("M", Some("z")));
    assert_eq!(kept.reasons()["malformed_record"], 3);
    assert_eq!(kept.reasons()["other_frequency"], 2);
    assert_eq!(kept.reasons()["unexpected_series"], 3);
    // Only some rows are wanted.
    let keep = Keep { column: "geo".to_owned(), is: vec!["EL".to_owned()], not: Vec::new() };
    pipeline.mapping.as_mut().unwrap().keep = vec![keep];
    assert_eq!(decode(&pipeline, Csv, body.as_bytes()).counts(), [6, 2, 4, 0]);
    // As it is published: packed.
    let packed = crate::limits::gzip(body.as_bytes());
    assert_eq!(decode(&pipeline, Csv, &packed).counts(), [6, 2, 4, 0]);
}

/// Quarters where quarters are asked for: years are set aside then.
#[test]
fn periods_of_the_frequencies_that_are_asked_for() {
    let body = eurostat_tsv();
    let mut pipeline = eurostat(Format::EurostatTsv);
    pipeline.mapping.as_mut().unwrap().frequencies = vec![Freq::Quarterly];
    let kept = decode(&pipeline, Csv, body.as_bytes());
    assert_eq!(kept.counts(), [12, 2, 10, 1]);
    let quarter = kept.rows.iter().find(|row| row.area == "GRC").unwrap();
    assert_eq!((quarter.period.as_str(), quarter.value), ("2023-Q1", Some(1.0)));
    assert_eq!(kept.reasons()["other_frequency"], 4);
    let of = kept.rejected.iter().find(|it| it.detail.contains("2022")).unwrap();
    assert!(
        of.detail.ends_with("period \"2022\" is of none of the frequencies Q"),
        "{}",
        of.detail
    );
    pipeline.mapping.as_mut().unwrap().frequencies = vec![Freq::Annual, Freq::Quarterly];
    assert_eq!(decode(&pipeline, Csv, body.as_bytes()).counts(), [12, 6, 6, 3]);
    // In no calendar.
    let wrong = body.replace("2023-Q1", "2023-Q5");
    let kept = decode(&pipeline, Csv, wrong.as_bytes());
    assert_eq!(kept.reasons()["invalid_period"], 2);
}
