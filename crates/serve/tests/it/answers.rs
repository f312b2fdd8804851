//! What is answered, in every form.

use std::collections::BTreeSet;

use arrow::array::{Array as _, Float64Array, RecordBatch, StringArray};
use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::StatusCode;
use serde_json::Value;
use wsis_lake::At;

use crate::{Release, SAMPLE, Site, ingest, problem};

/// Individuals using the Internet in Namibia in 2020, per cent, as the World Bank's service gave it:
/// crates/upstream/data/worldbank.csv, row IT.NET.USER.ZS, NAM.
const NAMIBIA_2020: f64 = 57.860_801_7;

const ASKED: &str = "/v1/observations?area=Namibia&series=IT.NET.USER.ZS&year=2020";

fn values(batches: &[RecordBatch]) -> Vec<f64> {
    let column = |it: &RecordBatch| it.column_by_name("value").unwrap().clone();
    let all = batches.iter().map(column);
    all.flat_map(|it| it.as_any().downcast_ref::<Float64Array>().unwrap().values().to_vec())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p302_one_figure_is_the_same_in_every_form_and_each_says_what_it_is_of() {
    let site = Site::start().await;
    let json = site.json(ASKED).await;
    assert_eq!(json["rows"].as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json["rows"][0]["value"], NAMIBIA_2020);
    assert_eq!(json["rows"][0]["ref_area"], "NAM");
    let newest = site.lake.snapshot(At::Head).unwrap().unwrap().id;
    assert_eq!(json["snapshot"], newest);
    assert_eq!(json["sample"], SAMPLE);
    assert_eq!(json["count"], 1);
    let method = json["method_fingerprint"].as_str().unwrap().to_owned();
    assert!(method.len() >= 16, "{method}");

    let csv = site.with_header(ASKED, "accept", "text/csv").await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.headers()["wsis-snapshot"], newest.to_string().as_str());
    assert_eq!(csv.headers()["wsis-method"], method.as_str());
    assert_eq!(csv.headers()["wsis-sample"], "yes");
    let csv = csv.text().await.unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].ends_with(",sample") && lines[1].ends_with(",SAMPLE"), "{csv}");
    assert!(lines[1].contains(",57.8608017,"), "{csv}");
    assert_eq!(lines.len(), 3, "{csv}");

    let media = "application/vnd.apache.parquet";
    let parquet = site.with_header(ASKED, "accept", media).await.bytes().await.unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap();
    let facts = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let fact = |name: &str| facts.iter().find(|it| it.key == name).unwrap().value.clone().unwrap();
    assert_eq!(fact("wsis.fingerprint"), method);
    assert_eq!(fact("wsis.snapshot"), newest.to_string());
    assert_eq!(fact("wsis.sample"), SAMPLE);
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(values(&batches), [NAMIBIA_2020]);

    let arrow = site.get(&format!("{ASKED}&format=arrow")).await.bytes().await.unwrap();
    let stream = StreamReader::try_new(&arrow[..], None).unwrap();
    assert_eq!(stream.schema().metadata()["wsis.snapshot"], newest.to_string());
    let batches: Vec<_> = stream.map(Result::unwrap).collect();
    assert_eq!(values(&batches), [NAMIBIA_2020]);
    let texts = batches[0].column_by_name("ref_area").unwrap();
    assert_eq!(texts.as_any().downcast_ref::<StringArray>().unwrap().value(0), "NAM");
}

/// Every list has rows, says what it is of, and gives the same bytes again.
#[tokio::test(flavor = "multi_thread")]
async fn trial_p308_every_path_of_the_description_answers_and_parameters_are_those_it_names() {
    let site = Site::start().await;
    let described = site.json("/v1/openapi.json").await;
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"), "{}", described["openapi"]);
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 19);
    for (path, item) in paths {
        let filled = path.replace("{line}", "C2").replace("{area}", "NAM");
        let first = site.get(&filled).await.bytes().await.unwrap();
        let json: Value = serde_json::from_slice(&first).unwrap();
        assert!(json["snapshot"].is_u64(), "{path}: {json}");
        assert_eq!(json["sample"], SAMPLE, "{path}");
        // The ledger is judged at the instant at which it is asked.
        if !["/v1/runs", "/v1/freshness", "/v1/promises"].contains(&path.as_str()) {
            assert_eq!(site.get(&filled).await.bytes().await.unwrap(), first, "{path}");
        }
        if path.contains("explain") {
            continue;
        }
        let columns = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
            ["rows"]["items"]["properties"];
        // Nobody has waited for a date here.
        assert!(path == "/v1/promises" || json["count"] != 0, "{path}: {json}");
        if let (Some(columns), Some(row)) = (columns.as_object(), json["rows"][0].as_object()) {
            let (told, there): (BTreeSet<_>, BTreeSet<_>) =
                (columns.keys().collect(), row.keys().collect());
            assert!(there.is_subset(&told), "{path}: {told:?} {there:?}");
        }
        let named = item["get"]["parameters"].as_array().unwrap().iter();
        for name in named.filter(|it| it["in"] == "query").map(|it| it["name"].as_str().unwrap()) {
            let empty = site.get(&format!("{filled}?{name}=%00")).await;
            assert_eq!(empty.status(), StatusCode::BAD_REQUEST, "{path} {name}");
        }
    }
    let page = site.get("/v1").await.text().await.unwrap();
    for path in paths.keys() {
        assert!(page.contains(path.as_str()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p310_scores_are_those_of_the_scorecard_and_lead_down_to_the_body() {
    let site = Site::start().await;
    let scores = site.json("/v1/scores?line=c7-esci&area=EST").await;
    let rows = scores["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["line"] == "C7-esci" && row["area"] == "EST"), "{scores}");
    let scored = rows.iter().rev().find(|row| row["score"].is_f64()).unwrap();
    let (start, end) = (&scored["window_start"], &scored["window_end"]);
    let one = site.json(&format!("/v1/scores?line=C7-esci&area=EST&window={start}-{end}")).await;
    assert_eq!(one["rows"], Value::from(vec![scored.clone()]));
    let told = site.json(&format!("/v1/explain/C7-esci/estonia?window={start}-{end}")).await;
    assert_eq!(told["explanation"]["score"]["score"], scored["score"]);
    let payloads = told["payloads"].as_object().unwrap();
    assert!(payloads.values().all(|it| it["pipeline"] == "worldbank-wdi"), "{told}");
    assert!(!payloads.is_empty());
    // A line with its windows, and the indicators that serve it.
    let line = site.json("/v1/lines/c2").await;
    assert!(line["rows"].as_array().unwrap().iter().all(|row| row["line"] == "C2"), "{line}");
    let serving = site.json("/v1/indicators?line=C2").await;
    let all = serving["rows"].as_array().unwrap();
    let serves = |row: &Value| row["lines"].as_str().unwrap().split(';').any(|it| it == "C2");
    assert!(!all.is_empty() && all.iter().all(serves), "{serving}");
    // Figures by indicator are those of its series.
    let named = site.json("/v1/indicators").await;
    let internet = named["rows"].as_array().unwrap().iter();
    let mut internet = internet.filter(|row| row["series_code"] == "IT.NET.USER.ZS");
    let code = internet.next().unwrap()["indicator"].as_str().unwrap().to_owned();
    let path = format!("/v1/observations?indicator={code}&area=NAM,ZAF&year=2020");
    let figures = site.json(&path).await;
    let areas = figures["rows"].as_array().unwrap().iter().map(|row| row["ref_area"].clone());
    assert_eq!(areas.collect::<Vec<_>>(), ["NAM", "ZAF"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p305_a_long_answer_goes_on_by_its_cursor_whatever_is_committed_meanwhile() {
    let site = Site::start().await;
    let all = site.json("/v1/observations?area=NAM&limit=10000").await;
    assert!(all["next"].is_null(), "{}", all["next"]);
    let whole = all["rows"].as_array().unwrap().clone();
    let (mut told, mut next) = (Vec::new(), "/v1/observations?area=NAM&limit=7".to_owned());
    let mut parts = 0;
    loop {
        let part = site.json(&next).await;
        told.extend(part["rows"].as_array().unwrap().clone());
        assert_eq!(part["snapshot"], all["snapshot"]);
        parts += 1;
        match part["next"].as_str() {
            Some(address) => next = address.to_owned(),
            None => break,
        }
        if parts == 1 {
            // Somebody brings figures while it is read; the rest is of the state that it began with.
            ingest(&site.lake, Release::First, 0).await;
        }
    }
    assert!(parts > 2);
    assert_eq!(told, whole);
    // The link says the same as the body.
    let part = site.get("/v1/lines?limit=1").await;
    let link = part.headers()["link"].to_str().unwrap().to_owned();
    let body: Value = part.json().await.unwrap();
    let next = body["next"].as_str().unwrap();
    assert_eq!(link, format!("<{next}>; rel=\"next\""));
    // A cursor of another question, of another snapshot, or of nothing.
    let cursor = next.split("cursor=").nth(1).unwrap();
    for (path, status) in [
        (format!("/v1/areas?cursor={cursor}"), 409),
        (format!("/v1/lines?line=C2&cursor={cursor}"), 409),
        (format!("/v1/lines?snapshot=1&cursor={cursor}"), 409),
        (format!("/v1/lines?cursor={}", &cursor[2..]), 400),
        ("/v1/lines?cursor=".to_owned(), 400),
    ] {
        assert_eq!(site.problem(&path).await["status"], status, "{path}");
    }
    // The runs, newest first; the ledger has gone on once another run stands in it.
    let runs = site.json("/v1/runs?limit=1").await;
    let next = runs["next"].as_str().unwrap().to_owned();
    let rest = site.json(&next).await;
    assert_ne!(runs["rows"], rest["rows"]);
    ingest(&site.lake, Release::Second, 0).await;
    assert_eq!(site.problem(&next).await["status"], 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p306_the_past_is_answered_as_it_was_known_and_no_other_state() {
    let site = Site::start().await;
    let now = site.json("/v1/snapshots").await;
    let snapshots = now["rows"].as_array().unwrap();
    assert_eq!(snapshots.len(), 2);
    assert_eq!(snapshots[0]["snapshot"], 2);
    let count = |json: &Value| json["rows"].as_array().unwrap().len();
    let runs = (site.json("/v1/runs").await, site.json("/v1/runs?snapshot=1").await);
    assert_eq!((count(&runs.0), count(&runs.1)), (2, 1));
    // The revision that the second release brought.
    let path = "/v1/observations?series=IT.CEL.SETS.P2&limit=10000";
    let present = site.json(path).await;
    let past = site.json(&format!("{path}&snapshot=1")).await;
    assert_eq!((&present["snapshot"], &past["snapshot"]), (&Value::from(2), &Value::from(1)));
    assert_ne!(present["rows"], past["rows"]);
    let day = (site.now() - chrono::TimeDelta::days(15)).format("%Y-%m-%d").to_string();
    let then = site.json(&format!("{path}&as_of={day}")).await;
    assert_eq!(then["rows"], past["rows"]);
    assert!(then["as_of"].as_str().unwrap().starts_with(&day), "{}", then["as_of"]);
    // A method is asked of the past, too.
    let scores = site.json("/v1/scores?line=C2&area=NAM&snapshot=1").await;
    assert_eq!(scores["snapshot"], 1);
    for (path, part) in [
        ("/v1/lines?snapshot=99", "99"),
        ("/v1/lines?snapshot=0", "number"),
        ("/v1/lines?as_of=2999-01-01", "not known yet"),
        ("/v1/lines?as_of=1990-01-01", ""),
        ("/v1/lines?as_of=yesterday", "RFC 3339"),
    ] {
        let problem = site.problem(path).await;
        assert_eq!(problem["status"], 400, "{path}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{path}: {problem}");
        assert!(!detail.contains("/tmp"), "{path}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p311_who_has_an_answer_is_told_so_until_something_is_another_one() {
    let site = Site::start().await;
    let path = "/v1/scores?line=C2&area=NAM";
    let first = site.get(path).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\"2-"), "{tag}");
    let again = site.with_header(path, "if-none-match", &tag).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], tag.as_str());
    assert!(again.bytes().await.unwrap().is_empty());
    // Another question, another form, another state.
    for other in [format!("{path}&window=2015-2020"), format!("{path}&format=csv"), "/".to_owned()]
    {
        let told = site.with_header(&other, "if-none-match", &tag).await;
        assert_eq!(told.status(), StatusCode::OK, "{other}");
    }
    ingest(&site.lake, Release::First, 0).await;
    let told = site.with_header(path, "if-none-match", &tag).await;
    assert_eq!(told.status(), StatusCode::OK);
    assert!(told.headers()["etag"].to_str().unwrap().starts_with("W/\"3-"));
    // What goes on without a commit is never held.
    let runs = site.get("/v1/runs").await;
    assert!(runs.headers().get("etag").is_none());
    assert_eq!(runs.headers()["cache-control"], "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p312_a_slip_is_told_with_what_was_meant_and_names_no_path_of_the_machine() {
    let site = Site::start().await;
    for (path, status, parts) in [
        ("/v1/lines/C99", 404, &["C99", "C11", "/v1/lines"][..]),
        ("/v1/scores?line=C99", 400, &["C99", "/v1/lines"]),
        ("/v1/scores?area=Namibai", 400, &["did you mean `Namibia`?", "/v1/areas"]),
        ("/v1/scores?aera=NAM", 400, &["did you mean `area`?"]),
        ("/v1/scores?window=2015-2021", 400, &["2015-2020"]),
        ("/v1/scores?limit=0", 400, &["serve.rows_max"]),
        ("/v1/scores?limit=1&limit=2", 400, &["twice"]),
        ("/v1/scores?format=xml", 400, &["xml", "json"]),
        ("/v1/scores/groups?group=Afrika", 400, &["did you mean `Africa`?"]),
        ("/v1/observations?year=20x", 400, &["1900"]),
        ("/v1/explain/C2/Narnia", 404, &["Narnia", "/v1/areas"]),
        ("/v1/explain/C2/NAM?format=csv", 406, &["csv"]),
        ("/v1/lines?framework=wsis", 400, &["wsis-action-lines"]),
        ("/v1/runs?pipeline=worldbank", 400, &["worldbank"]),
        ("/v2", 404, &["/v1"]),
    ] {
        let problem = site.problem(path).await;
        let text = problem.to_string();
        assert_eq!(problem["status"], status, "{text}");
        for part in parts {
            assert!(text.contains(part), "{path}: {part}: {text}");
        }
        assert!(!text.contains("wsis list") && !text.contains("/tmp"), "{text}");
    }
    let wrong = site.with_header("/v1/lines", "accept", "image/png").await;
    assert_eq!(problem(wrong).await["status"], 406);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_a_page_that_needs_nothing_from_anywhere() {
    let site = Site::start().await;
    let page = site.get("/").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    let text = page.text().await.unwrap();
    assert!(text.contains("<html") && text.contains("SAMPLE") && text.contains("C11"));
    // Packed for whoever takes it.
    let asked = "GET / HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    let packed = site.raw(asked).await;
    assert!(packed.to_ascii_lowercase().contains("content-encoding: gzip"));
    assert!(!packed.contains("<html"));
}
