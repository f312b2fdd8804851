//! Cubes read cell by cell, beside the tables that the reference toolkit makes of the same files.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::JsonStat;
use crate::format::message::dump::{Dump, Part, shared};

/// A table of the toolkit: rows of texts, the last of which is the value.
fn table(path: &str) -> Option<Vec<Vec<String>>> {
    let mut text = shared(path)?;
    if path.ends_with("gz") {
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(text.as_slice()), &mut out)
            .unwrap();
        text = out;
    }
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    Some(reader.records().map(|it| row(it.unwrap())).collect())
}

fn values(part: &Part) -> Vec<f64> {
    let number = |text: &str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
    part.column("OBS_VALUE").into_iter().map(number).collect()
}

/// Cell by cell in the order of the toolkit: all cells, those without a value too.
#[test]
fn json_stat_every_cell_is_that_of_the_toolkit() {
    for (path, at, expected) in [
        (
            "eurostat/json-stat-1/eurostat-name_gpd_c-geo_IT.json",
            0,
            "eurostat-name_gpd_c-geo_IT-to_table.csv",
        ),
        ("json-stat/json-stat.org/oecd-canada.json", 0, "oecd-canada-to_table.csv"),
        ("json-stat/ssb.no/29843.json", 0, "29843-to_table.csv.gz"),
    ] {
        let Some(dump) = Dump::shared(&JsonStat, path) else { return };
        let rows = table(&format!("json-stat/expected/{expected}")).unwrap();
        let part = &dump.parts[at];
        assert_eq!(part.rows.len(), rows.len(), "{path}");
        let theirs = rows.iter().map(|row| row.last().unwrap().parse().unwrap_or(f64::NAN));
        for (at, (ours, theirs)) in values(part).into_iter().zip(theirs).enumerate() {
            assert!(ours == theirs || (ours.is_nan() && theirs.is_nan()), "{path} {at}: {ours}");
        }
        // Labels there are codes here: each stands for one of the other, and for no other.
        for column in 0..rows[0].len() - 1 {
            let mut pairs: Vec<(&str, &str)> = part
                .rows
                .iter()
                .zip(&rows)
                .map(|(ours, theirs)| (ours[column].as_str(), theirs[column].as_str()))
                .collect();
            pairs.sort_unstable();
            pairs.dedup();
            assert!(pairs.windows(2).all(|two| two[0].0 != two[1].0), "{path} {pairs:?}");
        }
    }
}

/// Counted with Python: the lists of values.
#[test]
fn json_stat_counts_of_every_file() {
    for (path, counts) in [
        ("json-stat/cso.ie/cso_ie-CIA01.json", vec![8_325]),
        ("json-stat/cso.ie/cso_ie-NQQ25.json", vec![1_216]),
        ("json-stat/json-stat.org/canada.json", vec![120]),
        ("json-stat/json-stat.org/galicia.json", vec![3_960]),
        ("json-stat/json-stat.org/hierarchy.json", vec![1]),
        ("json-stat/json-stat.org/oecd-canada-col.json", vec![432, 120]),
        ("json-stat/json-stat.org/oecd-canada.json", vec![432, 120]),
        ("json-stat/json-stat.org/oecd.json", vec![432]),
        ("json-stat/json-stat.org/order.json", vec![24]),
        ("json-stat/json-stat.org/us-gsp.json", vec![204]),
        ("json-stat/json-stat.org/us-labor.json", vec![12_880]),
        ("json-stat/json-stat.org/us-unr.json", vec![3_220]),
        ("json-stat/ssb.no/29843.json", vec![37_440]),
        ("json-stat/unit/dataset_unemployment_v1.json", vec![12]),
        ("json-stat/unit/three_dim_size_as_string_v1.json", vec![24]),
        ("json-stat/unit/three_dim_size_as_string_v2.json", vec![24]),
        ("json-stat/unit/three_dim_v1.json", vec![24]),
        ("eurostat/json-stat-1/eurostat-name_gpd_c-geo_IT.json", vec![69]),
        ("eurostat/json-stat-1/eurostat-name_gpd_c-geo_IT_FR.json", vec![138]),
        ("eurostat/json-stat-1/eurostat-name_gpd_c.json", vec![3_036]),
    ] {
        let Some(dump) = Dump::shared(&JsonStat, path) else { return };
        assert_eq!(dump.counts(), counts, "{path} {:?}", dump.remarks);
    }
    let body = shared("json-stat/json-stat.org/collection.json").unwrap();
    let error = Dump::of(&JsonStat, &body).unwrap_err().to_string();
    assert!(error.starts_with("a collection that holds no data set, only addresses"), "{error}");
}

/// The order of values, by the sample of it: what does not change, first.
#[test]
fn json_stat_order_of_values() {
    let Some(dump) = Dump::shared(&JsonStat, "json-stat/json-stat.org/order.json") else { return };
    for (at, row) in dump.only().rows.iter().enumerate() {
        // The sample has a slip at one place: A1B1C4 where A2B1C4 is.
        let value = if at == 11 { "A2B1C4" } else { row[3].as_str() };
        assert_eq!(format!("A{}B{}C{}", row[0], row[1], row[2]), value);
    }
}

#[test]
fn json_stat_status_in_every_form() {
    let Some(dump) = Dump::shared(&JsonStat, "json-stat/json-stat.org/oecd.json") else { return };
    let part = dump.only();
    assert_eq!(part.column("status").iter().filter(|it| **it == "e").count(), 72);
    assert_eq!(part.rows[10][4], "e");
    // One for all.
    let dump = Dump::shared(&JsonStat, "json-stat/json-stat.org/canada.json").unwrap();
    assert_eq!(dump.only().column("status"), ["a"; 120]);
    assert_eq!(dump.updated.unwrap().to_string(), "2012-09-27");
    let dump =
        Dump::shared(&JsonStat, "eurostat/json-stat-1/eurostat-name_gpd_c-geo_IT.json").unwrap();
    let part = dump.only();
    assert_eq!(part.column("status")[0], ":");
}

fn cube(size: &str, value: &str, more: &str) -> String {
    format!(
        r#"{{"version":"2.0","class":"dataset","id":["geo","time"],"size":{size},"role":{{"time":["time"],"geo":["geo"]}},
"dimension":{{"geo":{{"category":{{"index":{{"KE":1,"UG":0}}}}}},"time":{{"category":{{"index":["2019","2020"]}}}}}},"value":{value}{more}}}"#
    )
}

#[test]
fn json_stat_sparse_values_and_what_is_said_of_none() {
    let body =
        cube("[2,\"2\"]", r#"{"3":4.50,"0":1}"#, r#","status":{"1":":","3":"b"},"source":"ESTAT""#);
    let dump = Dump::of(&JsonStat, body.as_bytes()).unwrap();
    assert_eq!(
        dump.only().rows,
        [["UG", "2019", "1", ""], ["UG", "2020", "", ":"], ["KE", "2020", "4.50", "b"]]
    );
    let body = cube("[2,2]", "[1,null,\"NaN\",4]", "");
    let dump = Dump::of(&JsonStat, body.as_bytes()).unwrap();
    assert_eq!(dump.only().column("OBS_VALUE"), ["1", "", "NaN", "4"]);
}

#[test]
fn json_stat_what_is_no_cube_is_refused() {
    let refused = |body: &str| Dump::of(&JsonStat, body.as_bytes()).unwrap_err().to_string();
    // A thousand million cells in a few bytes.
    let bomb = cube("[1000000,1000]", r#"{"0":1}"#, "");
    assert!(
        refused(&bomb)
            .contains("(the product of all sizes) is over the limit of 20000000 (records_max")
    );
    let bomb = cube("[18446744073709551615,18446744073709551615]", "{}", "");
    assert!(refused(&bomb).contains("records_max"));
    for (size, value, why) in [
        ("[2,2]", "[1,2,3]", "3 values of 4 cells"),
        ("[2,2]", "[1,2,3,4,5]", "more values than 4 cells"),
        ("[2,2]", r#"{"4":1}"#, "place \"4\" of 4 cells"),
        ("[2,2]", r#"{"-1":1}"#, "place \"-1\" of 4 cells"),
        ("[2,2]", r#"{"1":1,"01":2}"#, "place 1 stands twice"),
        ("[2,3]", "[1,2,3,4,5,6]", "is of size 3, and 2 categories"),
        ("[2]", "[1,2]", "2 dimensions and 1 sizes"),
        ("[2,-2]", "[1,2]", "has no size"),
    ] {
        let text = refused(&cube(size, value, ""));
        assert!(text.contains(why), "{text}");
    }
    let same = cube("[2,2]", "[1,2,3,4]", "").replace("\"UG\":0", "\"UG\":1");
    assert!(refused(&same).contains("is of size 2, and 2 categories have places in it"));
    for body in ["[]", "7", "{}", r#"{"a":{"b":1}}"#, r#"{"class":"dimension"}"#] {
        assert!(refused(body).contains("expected"), "{body}: {}", refused(body));
    }
    let error = r#"{"error":[{"status":404,"id":100,"label":"ERR_NOT_FOUND_1: not found"}]}"#;
    assert_eq!(
        refused(error),
        "the source answers with message 404 (a message) in place of data: ERR_NOT_FOUND_1: not found"
    );
    let later =
        r#"{"warning":[{"status":413,"label":"Your request will be treated asynchronously."}]}"#;
    assert!(refused(later).contains("413 (the answer would be too large)"));
}
