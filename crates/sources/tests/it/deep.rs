//! Bodies whose parts lie within each other without an end: they are refused, or what they spoil is
//! set aside. A reader that went down with them would end the process (P90).

use serde_json::Value;
use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::ContentKind::Json;

use crate::cubes::{eurostat, json_stat, sdmx_json};
use crate::fixture::{file, page, pipeline, series, try_decode};
use crate::sdmx_ml::message;

/// Levels: a kilobyte of stack for each is more than a thread has.
const DEEP: usize = 4_000;

/// Every place of a document, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                places(inner, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(elements) => {
            for (key, inner) in elements.iter().enumerate().take(2) {
                places(inner, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

fn nested(open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// The document with something deep in each of its places: lists, objects under the name that they
/// have there, and objects named `value`.
fn deepened(document: &str) -> impl Iterator<Item = (String, String)> {
    const MARK: &str = "the deep part";
    let document: Value = serde_json::from_str(document).unwrap();
    let mut all = Vec::new();
    places(&document, "", &mut all);
    all.into_iter().flat_map(move |at| {
        let key = at.rsplit('/').next().unwrap_or_default();
        let objects = [key, "value"].map(|key| format!(r#"{{"{key}":"#));
        let deep = [nested("[", "]"), nested(&objects[0], "}"), nested(&objects[1], "}")];
        let mut marked = document.clone();
        if let Some(place) = marked.pointer_mut(&at) {
            *place = Value::from(MARK);
        }
        let marked = marked.to_string();
        deep.map(|deep| (at.clone(), marked.replace(&format!("\"{MARK}\""), &deep)))
    })
}

fn survives(pipeline: &Pipeline, document: &str) {
    for (_, body) in deepened(document) {
        // Whether it is refused or a record set aside: it comes back, from both readings.
        let _ = page(pipeline, Json, body.as_bytes());
        let _ = try_decode(pipeline, Json, body.as_bytes());
    }
}

/// A status within a status within a status ... ended the process.
#[test]
fn trial_p90_a_cube_as_deep_as_its_body_is_long_is_refused() {
    let pipeline = eurostat(Format::JsonStat);
    let deep = nested(r#"{"value":"#, "}");
    let before = json_stat();
    let from = before.find(r#""status""#).unwrap();
    let body = format!("{}\"status\":{deep}}}", before.get(..from).unwrap());
    let error = try_decode(&pipeline, Json, body.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("what is said of cells"), "{error}");
    assert!(page(&pipeline, Json, body.as_bytes()).is_err());
    // One level is what Eurostat wrote in 1.x.
    let body = before.replace(r#""status":{"1""#, r#""status":{"value":{"1""#);
    let body = body.replace(r#""4":"p"}}"#, r#""4":"p"}}}"#);
    assert_eq!(try_decode(&pipeline, Json, body.as_bytes()).unwrap().counts(), [6, 4, 2, 1]);
}

#[test]
fn trial_p90_no_format_goes_as_deep_as_its_body() {
    survives(&eurostat(Format::JsonStat), &json_stat());
    let one = vec![series("S", "NUMBER", None)];
    survives(&message(Format::SdmxJson, Columns::default(), one, &[]), &sdmx_json());
    let wdi = pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)]);
    survives(
        &wdi,
        r#"[{"page":1,"pages":1,"per_page":50,"total":1,"sourceid":"2","lastupdated":"2026-07-01"},
        [{"indicator":{"id":"IT.NET.USER.ZS","value":"x"},"country":{"id":"KE","value":"Kenya"},
        "countryiso3code":"KEN","date":"2020","value":24.7,"unit":"","obs_status":"","decimal":0}]]"#,
    );
    let sdg = pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)]);
    survives(
        &sdg,
        r#"{"size":1,"totalElements":1,"totalPages":1,"pageNumber":1,
        "attributes":[{"id":"Nature","codes":[{"code":"E","description":"e","sdmx":"E"}]}],
        "dimensions":[{"id":"Sex","codes":[{"code":"F","description":"f","sdmx":"F"}]}],
        "data":[{"goal":["17"],"target":["17.8"],"indicator":["17.8.1"],"series":"IT_USE_ii99",
        "seriesDescription":"d","seriesCount":"1","geoAreaCode":"404","geoAreaName":"Kenya",
        "timePeriodStart":2017.0,"value":"17.8","valueType":"Float","basePeriod":null,
        "footnotes":["a"],"attributes":{"Nature":"E","Units":"PER_100_POP"},"dimensions":{"Sex":"F"}}]}"#,
    );
}

/// The answer of a data set that stands in a pipeline of another kind is read by the same reader.
#[test]
fn trial_p90_a_bulk_file_of_json_is_as_flat() {
    let mut pipeline = pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)]);
    pipeline.files = vec![file("answer", 2020)];
    pipeline.files[0].format = Format::Json;
    pipeline.mapping = Some(Mapping::default());
    let deep = nested("[", "]");
    assert!(try_decode(&pipeline, Json, deep.as_bytes()).is_err());
}
