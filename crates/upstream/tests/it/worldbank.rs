//! The World Bank protocol as the loopback server speaks it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wsis_upstream::{Options, Release};

use crate::Upstream;

const STARRED: [&str; 16] = [
    "IT.NET.USER.ZS",
    "IT.NET.BBND.P2",
    "IT.CEL.SETS.P2",
    "IT.NET.SECR.P6",
    "IT.MLT.MAIN.P2",
    "EG.ELC.ACCS.ZS",
    "SE.XPD.TOTL.GD.ZS",
    "SE.SEC.ENRR",
    "SE.TER.ENRR",
    "SE.ADT.LITR.ZS",
    "GB.XPD.RSDV.GD.ZS",
    "SP.POP.SCIE.RD.P6",
    "IP.JRN.ARTC.SC",
    "SP.REG.BRTH.ZS",
    "SP.POP.TOTL",
    "NY.GDP.PCAP.CD",
];

fn path(code: &str, rest: &str) -> String {
    format!("/country/all/indicator/{code}?format=json&source=2{rest}")
}

fn rows(body: &Value) -> &Vec<Value> {
    body[1].as_array().unwrap()
}

#[tokio::test]
async fn pages_add_up_to_the_total_and_hold_each_key_once() {
    let up = Upstream::start().await;
    let mut keys = BTreeSet::new();
    let first = up.json("worldbank", &path("IT.NET.BBND.P2", "&per_page=1000&page=1")).await;
    let pages = first[0]["pages"].as_u64().unwrap();
    let total = first[0]["total"].as_u64().unwrap();
    assert_eq!(total, 235 * 21); // 217 economies and 18 aggregates, 2005 to 2025
    assert_eq!(pages, 5);
    let mut count = 0;
    for page in 1..=pages {
        let rest = format!("&per_page=1000&page={page}");
        let body = up.json("worldbank", &path("IT.NET.BBND.P2", &rest)).await;
        assert_eq!(
            body[0],
            json!({"page": page, "pages": 5, "per_page": 1000, "total": total,
                   "sourceid": "2", "lastupdated": "2026-07-01"})
        );
        for row in rows(&body) {
            count += 1;
            keys.insert((row["country"]["id"].to_string(), row["date"].to_string()));
        }
    }
    assert_eq!((count, keys.len() as u64), (total, total));
    let beyond = up.json("worldbank", &path("IT.NET.BBND.P2", "&per_page=1000&page=6")).await;
    assert!(rows(&beyond).is_empty());
}

#[tokio::test]
async fn a_row_has_the_fields_of_the_service_in_its_order() {
    let up = Upstream::start().await;
    let rest = "&per_page=20000&date=2010:2024&footnote=y";
    let text = up.text("worldbank", &path("IT.NET.BBND.P2", rest)).await;
    // Record of the real answer of 2026-05-06, with the footnote field that footnote=y adds.
    let real = r#"{"indicator":{"id":"IT.NET.BBND.P2","value":"Fixed broadband subscriptions (per 100 people)"},"country":{"id":"AE","value":"United Arab Emirates"},"countryiso3code":"ARE","date":"2024","value":40.840113505519,"unit":"","obs_status":"","decimal":2,"footnote":""}"#;
    assert!(text.contains(real));
    let plain = up.text("worldbank", &path("IT.NET.BBND.P2", "&per_page=5")).await;
    assert!(!plain.contains("footnote"));
}

#[tokio::test]
async fn aggregates_come_mixed_in_and_income_groups_have_no_code() {
    let up = Upstream::start().await;
    let body = up.json("worldbank", &path("SP.POP.TOTL", "&per_page=20000&date=2020")).await;
    let without: BTreeSet<&str> = rows(&body)
        .iter()
        .filter(|row| row["countryiso3code"] == "")
        .map(|row| row["country"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(without, BTreeSet::from(["XD", "XM", "XN", "XT", "XY"]));
    let name_of = |id: &str| {
        let row = rows(&body).iter().find(|row| row["country"]["id"] == id).unwrap();
        (row["countryiso3code"].as_str().unwrap(), row["country"]["value"].as_str().unwrap())
    };
    assert_eq!(name_of("1W"), ("WLD", "World"));
    assert_eq!(name_of("NA"), ("NAM", "Namibia"));
    assert_eq!(name_of("XK"), ("XKX", "Kosovo"));
    assert_eq!(name_of("PS"), ("PSE", "West Bank and Gaza"));
    assert_eq!(name_of("JG"), ("CHI", "Channel Islands"));
}

#[tokio::test]
async fn every_declared_series_has_figures_with_gaps() {
    let up = Upstream::start().await;
    for code in STARRED {
        let body = up.json("worldbank", &path(code, "&per_page=32000")).await;
        let values = rows(&body).iter().filter(|row| row["value"].is_number()).count();
        assert!(values > 500, "{code}: {values} values");
        assert!(rows(&body).iter().all(|row| row["value"].is_number() || row["value"].is_null()));
        assert!(values < rows(&body).len(), "{code} has no gap");
    }
}

#[tokio::test]
async fn w1_known_but_empty_has_no_pages_and_null_rows() {
    let up = Upstream::start().await;
    let body = up.json("worldbank", &path("FX.OWN.TOTL.ZS", "&per_page=1000&page=1")).await;
    assert_eq!(
        (&body[0]["page"], &body[0]["pages"], &body[0]["total"]),
        (&json!(1), &json!(0), &json!(0))
    );
    assert_eq!(body[1], Value::Null);
}

#[tokio::test]
async fn unknown_indicator_or_date_is_a_message_with_status_200() {
    let up = Upstream::start().await;
    let message = r#"[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]"#;
    assert_eq!(up.text("worldbank", &path("NO.SUCH.CODE", "")).await, message);
    assert_eq!(up.text("worldbank", &path("SP.POP.TOTL", "&date=soon")).await, message);
    let xml = up.text("worldbank", "/country/all/indicator/SP.POP.TOTL").await;
    assert!(xml.starts_with("<?xml"), "{xml}");
}

#[tokio::test]
async fn the_bad_row_is_there_unless_left_out() {
    let code = path("IT.NET.USER.ZS", "&per_page=32000");
    let bad = |body: &Value| rows(body).iter().filter(|row| row["date"] == "20205").count();
    let up = Upstream::start().await;
    assert_eq!(bad(&up.json("worldbank", &code).await), 1);
    let clean = Upstream::with(Options { bad_rows: false, ..Options::default() }).await;
    assert_eq!(bad(&clean.json("worldbank", &code).await), 0);
}

#[tokio::test]
async fn the_first_release_has_the_earlier_vintage_of_one_indicator() {
    let first = Upstream::with(Options { release: Release::First, ..Options::default() }).await;
    let second = Upstream::start().await;
    let code = "/country/KEN/indicator/IT.CEL.SETS.P2?format=json&date=2021:2022";
    let (old, new) = (first.json("worldbank", code).await, second.json("worldbank", code).await);
    assert_eq!(
        (&old[0]["lastupdated"], &new[0]["lastupdated"]),
        (&json!("2023-03-01"), &json!("2026-07-01"))
    );
    // Kenya 2022 and 2021, as in the bulk file of 2023-03 and the table of 2026-07.
    let values =
        |body: &Value| rows(body).iter().map(|row| row["value"].as_f64()).collect::<Vec<_>>();
    assert_eq!(values(&old), [None, Some(122.790_238_8)]);
    assert_eq!(values(&new), [Some(121.168_999_135_357), Some(122.297_519_656_734)]);
    let other = path("SP.POP.TOTL", "&per_page=32000");
    let (old, new) =
        (first.json("worldbank", &other).await, second.json("worldbank", &other).await);
    assert_eq!(old[1], new[1]);
    // Of the others no earlier release is known: theirs is that of the table they come from.
    assert_eq!((&old[0]["lastupdated"], &old[0]), (&json!("2026-07-01"), &new[0]));
}
