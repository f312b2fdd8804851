//! Messages read cell by cell. The values are those of `expected/*.txt` beside the samples of the
//! standard (written by the reader of another project), of the samples, and what `sdmx1` counts.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::SdmxJson;
use crate::DecodeError;
use crate::format::message::components::Kind;
use crate::format::message::dump::{Dump, shared};

const TEST_DATA: &str = "sdmx/sdmx-test-data";

/// Version 1.0 without an envelope, 2.0 of the test data and of the standard: series, flat and by
/// currency are the same four observations.
#[test]
fn sdmx_json_the_samples_of_the_standard_are_all_the_same() {
    let expected = [
        ["NZD", "2013-01-18", "1.5931", "A"],
        ["NZD", "2013-01-21", "1.5925", "A"],
        ["RUB", "2013-01-18", "40.3426", "A"],
        ["RUB", "2013-01-21", "40.3", "A"],
    ];
    let mut names: Vec<String> =
        ["flat", "ts", "xs"].map(|name| format!("{TEST_DATA}/ECB_EXR/{name}.json")).into();
    for name in ["exr-flat", "exr-time-series", "exr-cross-section"] {
        names.push(format!("{TEST_DATA}/v3/json/data/{name}.json"));
        names.push(format!("sdmx/sdmx-json-2.1-official/data-message/{name}.json"));
    }
    for name in names {
        let Some(dump) = Dump::shared(&SdmxJson, &name) else { return };
        let part = dump.only();
        let columns = ["CURRENCY", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"];
        let columns = columns.map(|id| part.column(id));
        // Numbers keep the digits that they are printed with (40.3000).
        let mut rows: Vec<[&str; 4]> = (0..part.rows.len())
            .map(|at| [columns[0][at], columns[1][at], columns[2][at], columns[3][at]])
            .map(|[a, b, value, c]| [a, b, value.trim_end_matches('0'), c])
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, expected, "{name}");
        assert_eq!(part.column("FREQ"), ["D"; 4], "{name}");
        // Those of version 2.1 merge.
        let action = if name.contains("2.1-official") { "M" } else { "I" };
        assert_eq!(part.column("ACTION"), [action; 4], "{name}");
        let titles = part.column("TITLE");
        assert!(titles.iter().zip(part.column("CURRENCY")).all(|(title, it)| title.contains(it)));
        let mut key = part.of(Kind::Dimension);
        key.sort_unstable();
        let all = ["CURRENCY", "CURRENCY_DENOM", "EXR_SUFFIX", "EXR_TYPE", "FREQ", "TIME_PERIOD"];
        assert_eq!(key, all, "{name}");
    }
}

/// Several data sets, of which the second deletes.
#[test]
fn sdmx_json_actions_of_data_sets() {
    let path = format!("{TEST_DATA}/ECB_EXR/action-delete.json");
    let Some(dump) = Dump::shared(&SdmxJson, &path) else { return };
    assert_eq!(dump.counts(), [2, 1]);
    assert_eq!(dump.parts[0].column("OBS_VALUE"), ["40.3426", "40.3000"]);
    assert_eq!(dump.parts[0].column("ACTION"), ["R", "R"]);
    assert_eq!(dump.parts[1].column("ACTION"), ["D"]);
    // In the sample of version 2.0 the two attributes of observations changed places, the figures
    // did not: OBS_STATUS is said to be the second of one value. It is refused, not guessed.
    for folder in ["sdmx/sdmx-test-data/v3/json/data", "sdmx/sdmx-json-2.1-official/data-message"] {
        let body = shared(&format!("{folder}/exr-action-delete.json")).unwrap();
        let error = Dump::of(&SdmxJson, &body).unwrap_err().to_string();
        assert!(error.contains("OBS_STATUS\" has 1 values"), "{folder}: {error}");
        // With the places put right it is read.
        let text = String::from_utf8(body).unwrap().replace(['\n', '\r', '\t', ' '], "");
        let mended = text.replace("0,1]", "1,0]");
        let dump = Dump::of(&SdmxJson, mended.trim_start_matches('\u{FEFF}').as_bytes()).unwrap();
        assert_eq!(dump.counts(), [2, 1], "{folder}");
        assert_eq!(dump.parts[1].column("ACTION"), ["D"], "{folder}");
    }
}

/// Attributes of groups, with values in the records, in several languages, and by default.
#[test]
fn sdmx_json_attributes_of_groups() {
    for path in [
        format!("{TEST_DATA}/v3/json/data/agri.json"),
        "sdmx/sdmx-json-2.1-official/data-message/agri.json".to_owned(),
    ] {
        let Some(dump) = Dump::shared(&SdmxJson, &path) else { return };
        let part = dump.only();
        assert_eq!(part.rows.len(), 12, "{path}");
        assert_eq!(part.column("OBS_VALUE")[..3], ["350.154", "389.385", "395.729"], "{path}");
        assert_eq!(part.column("OBS_STATUS"), ["A"; 12], "by default");
        let sources = part.column("SOURCE");
        assert_eq!(sources[0], "MAFF_Agricultural Statistics_2014", "{path}");
        assert_eq!(sources[1], "MAFF_Agricultural Statistics_2015;Other sources", "{path}");
        let comments = part.column("SERIES_COMMENT");
        assert_eq!(comments[0], "Comment for Annual data for Banteay Meanchey", "{path}");
        assert_eq!(comments[11], "Comment for Annual data for Cambodia", "{path}");
    }
}

/// Counted by other means: the entries of `observations` (Python), and what `sdmx1` reads.
#[test]
fn sdmx_json_counts_of_every_file() {
    for (path, count) in [
        ("oecd/sdmx-json-legacy/oecd1.json", 60),
        ("oecd/sdmx-json-legacy/land_use.json", 14_150),
        ("oecd/sdmx-json-legacy/tourism.json", 4_604),
        ("sdmx/sdmx-test-data/OECD/data-PART2-all-all.json", 7),
    ] {
        let Some(dump) = Dump::shared(&SdmxJson, path) else { return };
        assert_eq!(dump.counts(), [count], "{path} {:?}", dump.remarks);
    }
    // Samples whose keys are not those of their structure: the first shows all forms of a data set
    // under one structure of series, the second was drawn by chance. Both say so when refused.
    for folder in ["sdmx/sdmx-test-data/v3/json/data", "sdmx/sdmx-json-2.1-official/data-message"] {
        let of = |name: &str| {
            let body = shared(&format!("{folder}/{name}.json")).unwrap();
            Dump::of(&SdmxJson, &body).unwrap_err().to_string()
        };
        let error = of("constructed-sample-full");
        assert!(error.starts_with("key \"0:0\" has more places than 1"), "{error}");
        let error = of("generated-sample");
        assert!(error.starts_with("key \"80:\": dimension \"wp\" has 2 values"), "{error}");
    }
}

/// What the roles of an old answer say: unit and multiplier by other names.
#[test]
fn sdmx_json_roles_of_old_answers() {
    let Some(dump) = Dump::shared(&SdmxJson, "oecd/sdmx-json-legacy/oecd1.json") else { return };
    let part = dump.only();
    assert_eq!(part.rows[0][1..6], ["AUS", "B1_GE", "VOBARSA", "Q", "2009-Q1"]);
    assert_eq!(part.column("OBS_VALUE")[0], "1321158.283224");
    assert_eq!(part.column("POWERCODE"), ["6"; 60]);
    assert_eq!(part.column("UNIT")[12], "EUR");
}

fn refused(body: &str) -> String {
    Dump::of(&SdmxJson, body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn sdmx_json_what_is_no_message_is_refused() {
    let error = r#"{"errors":[{"code":100,"title":"No results found","titles":{"en":"No results found"}}]}"#;
    assert_eq!(
        refused(error),
        "the source answers with message 100 (no results found) in place of data: No results found"
    );
    let partial =
        r#"{"errors":[{"code":510,"title":"cut"}],"data":{"dataSets":[{}],"structures":[{}]}}"#;
    assert!(refused(partial).contains("message 510"), "{}", refused(partial));
    let query = r#"{"meta":{},"errors":[{"code":150,"detail":"no such flow"}],"data":null}"#;
    let found = Dump::of(&SdmxJson, query.as_bytes()).unwrap_err();
    assert!(matches!(found, DecodeError::InvalidParameter { .. }), "{found}");
    for body in
        ["[]", "7", "{}", r#"{"data":[]}"#, r#"{"data":{"dataSets":7}}"#, r#"{"dataSets":[7]}"#]
    {
        let text = refused(body);
        assert!(text.contains("expected") || text.contains("not JSON"), "{body}: {text}");
    }
    assert!(refused("<html></html>").contains("an HTML page"));
    // Of another structure than the one that it names.
    let set = |key: &str| {
        format!(
            r#"{{"data":{{"structures":[{{"dimensions":{{"observation":[{{"id":"REF_AREA","values":[{{"id":"KEN"}}]}},{{"id":"TIME_PERIOD","values":[{{"id":"2020"}}]}}]}}}}],"dataSets":[{{"structure":0,"observations":{{"{key}":[1]}}}}]}}}}"#
        )
    };
    let good = Dump::of(&SdmxJson, set("0:0").as_bytes()).unwrap();
    assert_eq!(good.only().rows, [["", "KEN", "2020", "1"]]);
    for key in ["0:1", "1:0", "0", "0:0:0", "0:-1", "0:99999999999999999999", ":", "a:b"] {
        let text = refused(&set(key));
        assert!(text.contains("key"), "{key}: {text}");
    }
    let other = set("0:0").replace(r#""structure":0"#, r#""structure":1"#);
    assert!(refused(&other).contains("is of structure \"1\", and there are 1"));
}
