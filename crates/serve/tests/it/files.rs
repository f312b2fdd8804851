//! Published files.

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::StatusCode;
use serde_json::Value;
use wsis_app::publish::{Writing, publish};

use crate::{Site, problem};

const FILE: &str = "/public/v1/line_scores.parquet";

#[tokio::test(flavor = "multi_thread")]
async fn trial_p307_a_published_file_is_read_whole_by_ranges_and_never_half_of_two() {
    let site = Site::start().await;
    let whole = site.get(FILE).await;
    assert_eq!(whole.headers()["content-type"], "application/vnd.apache.parquet");
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with('"'), "a strong one, or no range could be joined: {tag}");
    let whole = whole.bytes().await.unwrap();
    let manifest: Value = site.get("/public/v1/manifest.json").await.json().await.unwrap();
    let files = manifest["sets"][0]["files"].as_array().unwrap();
    let mut told = files.iter().filter(|it| it["name"] == "line_scores.parquet");
    assert_eq!(told.next().unwrap()["bytes"], whole.len());
    // As a browser reads Parquet: the footer first.
    let end = site.with_header(FILE, "range", "bytes=-8").await;
    assert_eq!(end.status(), StatusCode::PARTIAL_CONTENT);
    let range = end.headers()["content-range"].to_str().unwrap().to_owned();
    assert_eq!(range, format!("bytes {}-{}/{}", whole.len() - 8, whole.len() - 1, whole.len()));
    let end = end.bytes().await.unwrap();
    assert_eq!(&end[4..], b"PAR1");
    let start = site.with_header(FILE, "range", "bytes=0-99").await.bytes().await.unwrap();
    assert_eq!(start, whole[..100]);
    let beyond = site.with_header(FILE, "range", &format!("bytes={}-", whole.len())).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", whole.len()).as_str());
    let known = site.with_header(FILE, "if-none-match", &tag).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let rows = ParquetRecordBatchReaderBuilder::try_new(whole.clone()).unwrap();
    assert!(rows.metadata().file_metadata().num_rows() > 0);
    let head = site.client.head(format!("http://{}{FILE}", site.address)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    // Published anew: a range of the file of before is answered with the whole of the new one.
    let scores = site.app.scores(&wsis_app::Review::default()).await.unwrap();
    publish(&scores, site.now(), Writing::Always).await.unwrap();
    let asked = site.client.get(format!("http://{}{FILE}", site.address));
    let asked = asked.header("range", "bytes=0-99").header("if-range", &tag);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_ne!(answer.headers()["etag"], tag.as_str());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn trial_p313_no_name_leads_out_of_the_published_folder() {
    let site = Site::start().await;
    let folder = site.lake.root().join("public/v1");
    std::fs::write(site.lake.root().join("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink(site.lake.root().join("secret.txt"), folder.join("link.json"))
        .unwrap();
    std::os::unix::fs::symlink(site.lake.root(), folder.join("up")).unwrap();
    std::fs::write(folder.join(".hidden"), "secret").unwrap();
    for path in [
        "/public/v1/link.json",
        "/public/v1/up",
        "/public/v1/up/secret.txt",
        "/public/v1/..%2f..%2fsecret.txt",
        "/public/v1/..%2F..%2F_format.json",
        "/public/v1/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/public/v1/..%5c..%5csecret.txt",
        "/public/v1/%252e%252e%252fsecret.txt",
        "/public/v1/line_scores.parquet%00",
        "/public/v1/line_scores.parquet/",
        "/public/v1/.hidden",
        "/public/v1/",
        "/public/v1/.",
        "/public/v1/%ff",
        "/public/v1/none.parquet",
    ] {
        let answer =
            site.raw(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.contains("secret\r") && !answer.ends_with("secret"), "{path}");
    }
    let plain = site.get("/public/v1/../../secret.txt").await;
    assert_eq!(problem(plain).await["status"], 404);
}
