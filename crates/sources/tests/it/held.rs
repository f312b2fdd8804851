//! What a message makes a reader hold: counted for the whole message as it comes, and refused with the
//! name of the setting that was reached.

use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::Columns;
use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::ContentKind::{Json, Xml};
use wsis_sources::{ContentKind, DecodeError, DecodeJob};

use crate::cubes::{eurostat, json_stat, sdmx_json};
use crate::fixture::{LISTS, decode_under, series};
use crate::sdmx_ml::{message, specific};

fn one(format: Format) -> Pipeline {
    message(format, Columns::default(), vec![series("S", "NUMBER", None)], &[])
}

/// The name and the value of the limit that a body is over.
fn over(
    pipeline: &Pipeline,
    limits: DecodeLimits,
    (kind, body): (ContentKind, &str),
) -> (&'static str, u64) {
    let job = DecodeJob { limits, ..DecodeJob::new(pipeline, &LISTS) };
    match decode_under(&job, kind, body.as_bytes()) {
        Err(DecodeError::TooLarge { name, limit, .. }) => (name, limit),
        other => panic!("{:?}", other.map(|kept| kept.counts())),
    }
}

fn few(cells_max: usize) -> DecodeLimits {
    DecodeLimits { cells_max, ..DecodeLimits::default() }
}

/// Each list was within its bound, and all of them together were without one.
#[test]
fn trial_p93_codes_are_counted_for_the_whole_message() {
    let pipeline = one(Format::SdmxJson);
    let values = vec!["1"; 50].join(",");
    let list: Vec<String> =
        (0..50).map(|at| format!(r#"{{"id":"D{at}","values":[{values}]}}"#)).collect();
    let list = format!(r#""dataSet":[{}]"#, list.join(","));
    let body = sdmx_json().replacen(r#""dataSet":[]"#, &list, 1);
    assert_eq!(over(&pipeline, few(1_000), (Json, &body)), ("cells_max", 1_000));

    // A size of 0 makes a product of 0 of any sizes.
    let codes: Vec<String> = (0..600).map(|at| format!("\"c{at}\"")).collect();
    let codes = codes.join(",");
    let body = format!(
        r#"{{"class":"dataset","id":["a","geo","time"],"size":[600,600,0],"dimension":{{
        "a":{{"category":{{"index":[{codes}]}}}},"geo":{{"category":{{"index":[{codes}]}}}},
        "time":{{"category":{{"index":[]}}}}}},"value":[]}}"#
    );
    let cube = eurostat(Format::JsonStat);
    assert_eq!(over(&cube, few(1_000), (Json, &body)), ("cells_max", 1_000));

    // Groups that say nothing are some bytes each, too.
    let pipeline = one(Format::SdmxMl);
    let body = specific("", &"<Group/>".repeat(2_000));
    assert_eq!(over(&pipeline, few(1_000), (Xml, &body)), ("cells_max", 1_000));
}

/// More places than cells can only be doubles: that is said before all of them are held.
#[test]
fn trial_p93_places_are_no_more_than_cells() {
    let cube = eurostat(Format::JsonStat);
    let body =
        json_stat().replace("\"value\":{", &format!("\"value\":{{{}", "\"7\":1,".repeat(20)));
    let job = DecodeJob::new(&cube, &LISTS);
    let error = decode_under(&job, Json, body.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("values: more of them than 12 cells"), "{error}");
}

/// 1,024 and 1,000,000 stood in the code, and were called by the names of settings that said otherwise.
#[test]
fn trial_p93_an_error_names_the_setting_that_was_reached() {
    let many = DecodeLimits { columns_max: 2_000, ..DecodeLimits::default() };
    let pipeline = one(Format::SdmxJson);
    let wide = |count: usize| {
        let list: Vec<String> =
            (0..count).map(|at| format!(r#"{{"id":"A{at}","values":[]}}"#)).collect();
        sdmx_json().replace(
            r#"{"id":"COMMENT_OBS","values":[]}"#,
            &format!(r#"{{"id":"COMMENT_OBS","values":[]}},{}"#, list.join(",")),
        )
    };
    // What the setting allows is read.
    let job = DecodeJob { limits: many, ..DecodeJob::new(&pipeline, &LISTS) };
    assert_eq!(decode_under(&job, Json, wide(1_100).as_bytes()).unwrap().counts(), [6, 4, 2, 1]);
    assert_eq!(over(&pipeline, many, (Json, &wide(2_100))), ("columns_max", 2_000));
    let sets = DecodeLimits { parts_max: 1, ..DecodeLimits::default() };
    assert_eq!(over(&pipeline, sets, (Json, &sdmx_json())), ("parts_max", 1));
}

/// Data sets over a limit were left out without a word.
#[test]
fn trial_p98_data_sets_over_a_limit_are_not_dropped() {
    let cube = eurostat(Format::JsonStat);
    let body = format!(r#"{{"one":{0},"two":{0},"three":{0}}}"#, json_stat());
    let two = DecodeLimits { parts_max: 2, ..DecodeLimits::default() };
    assert_eq!(over(&cube, two, (Json, &body)), ("parts_max", 2));
    let three = DecodeLimits { parts_max: 3, ..DecodeLimits::default() };
    let job = DecodeJob { limits: three, ..DecodeJob::new(&cube, &LISTS) };
    assert_eq!(decode_under(&job, Json, body.as_bytes()).unwrap().counts()[0], 18);
}

/// What stands beside data was not told, and "not all" was not heard.
#[test]
fn trial_p98_what_a_service_says_beside_its_data_is_told() {
    let cube = eurostat(Format::JsonStat);
    let job = DecodeJob::new(&cube, &LISTS);
    let with = |said: &str| json_stat().replacen('{', &format!("{{\"warning\":{said},"), 1);
    for (said, told) in [
        (r#"{"status":"404","label":"old codes"}"#, "(404, a message): old codes"),
        (r#"["old codes"]"#, "(, a message): old codes"),
        ("\"old codes\"", "(, a message): old codes"),
    ] {
        let kept = decode_under(&job, Json, with(said).as_bytes()).unwrap();
        assert_eq!(kept.counts(), [6, 4, 2, 1]);
        let findings = &kept.summary.findings;
        assert!(findings.keys().any(|it| it.ends_with(told)), "{findings:?}");
    }
    let part = with(r#"[{"status":413,"label":"cut"}]"#);
    let error = decode_under(&job, Json, part.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("message 413 (the answer would be too large)"), "{error}");

    // Of SDMX-JSON the 21st may be the one that says so.
    let pipeline = one(Format::SdmxJson);
    let job = DecodeJob::new(&pipeline, &LISTS);
    let errors = |last: &str| {
        let notes = r#"{"code":1,"title":"a note"},"#.repeat(24);
        sdmx_json().replacen('{', &format!("{{\"errors\":[{notes}{last}],"), 1)
    };
    let body = errors(r#"{"code":1,"title":"a note"}"#);
    let kept = decode_under(&job, Json, body.as_bytes()).unwrap();
    let findings = &kept.summary.findings;
    assert_eq!(findings["the service says beside its data (1, a message): a note"], 20);
    assert_eq!(findings["the service says 5 things more beside its data"], 1);
    let body = errors(r#"{"code":510,"title":"cut"}"#);
    let error = decode_under(&job, Json, body.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("message 510"), "{error}");
}

/// The first of several values was taken for all records.
#[test]
fn trial_p98_a_dimension_of_a_data_set_has_one_value() {
    let pipeline = one(Format::SdmxJson);
    let job = DecodeJob::new(&pipeline, &LISTS);
    let with = |values: &str| {
        let dimension = format!(r#""dataSet":[{{"id":"FREQ","values":[{values}]}}],"series""#);
        sdmx_json().replace(r#""dataSet":[],"series""#, &dimension)
    };
    let body =
        with(r#"{"id":"A"}"#).replace("{\":0::\":[\"by group\"]}", "{\"::0::\":[\"by group\"]}");
    assert_eq!(decode_under(&job, Json, body.as_bytes()).unwrap().counts(), [6, 4, 2, 1]);
    let body = with(r#"{"id":"A"},{"id":"Q"}"#);
    let error = decode_under(&job, Json, body.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("dimension \"FREQ\" of the data set has 2 values"), "{error}");
}

/// A backfill left out for a day what a service that had failed, or would be ready later, did not give.
#[test]
fn trial_p98_a_service_that_failed_does_not_refuse() {
    let cube = eurostat(Format::JsonStat);
    let job = DecodeJob::new(&cube, &LISTS);
    for (code, refuses) in [
        ("500", false),
        ("503", false),
        ("413", false),
        ("100", true),
        ("404", true),
        ("130", true),
    ] {
        let body = format!(r#"{{"error":[{{"status":{code},"label":"x"}}]}}"#);
        let error = decode_under(&job, Json, body.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Message { .. }), "{error}");
        assert_eq!(error.is_refusal(), refuses, "{code}");
    }
}
