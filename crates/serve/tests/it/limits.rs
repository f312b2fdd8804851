//! What bounds connections, requests and answers.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Site, problem};

#[tokio::test(flavor = "multi_thread")]
async fn trial_p300_four_hundred_slow_clients_and_half_requests_keep_nobody_from_an_answer() {
    let site = Site::with(|serve| {
        (serve.connections, serve.header_s) = (100, 2);
    })
    .await;
    site.json("/v1/lines").await;
    let mut slow = Vec::new();
    for n in 0..400 {
        let mut socket = TcpStream::connect(site.address).await.unwrap();
        // A half head; a whole request whose answer is never read; nothing at all.
        let text: &[u8] = match n % 3 {
            0 => b"GET /v1/lines HTTP/1.1\r\nhost: x\r\nx-",
            1 => b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
            _ => b"",
        };
        socket.write_all(text).await.unwrap();
        slow.push(socket);
    }
    for _ in 0..20 {
        let began = Instant::now();
        let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/v1/scores?line=C2&area=NAM", site.address);
        let answer = fresh.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    // Whoever sends a head a byte at a time is hung up on, however steadily they go on.
    let mut dripping = TcpStream::connect(site.address).await.unwrap();
    let began = Instant::now();
    let drip = async {
        for byte in b"GET /v1/lines HTTP/1.1\r\nx: ".iter().chain(std::iter::repeat(&b'a')) {
            if dripping.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), drip).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p301_a_stop_lets_answers_come_to_an_end_and_takes_nobody_new() {
    let site = Site::with(|serve| serve.stop_within_s = 3).await;
    site.json("/v1/lines").await;
    // One that reads nothing yet, one that only waits for its next question.
    let mut reading = TcpStream::connect(site.address).await.unwrap();
    reading.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    reading.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let began = Instant::now();
    site.stop.cancel();
    let mut rest = Vec::new();
    reading.read_to_end(&mut rest).await.unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(
        rest.trim_end().ends_with("</html>") || rest.trim_end().ends_with('0'),
        "the whole of it"
    );
    tokio::time::timeout(Duration::from_secs(6), site.serving).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(TcpStream::connect(site.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p303_a_client_over_its_rate_is_told_when_to_come_again() {
    let site = Site::with(|serve| (serve.rate_per_s, serve.rate_burst) = (1, 3)).await;
    let mut refused = None;
    for _ in 0..5 {
        let answer = site.get("/healthz").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    assert!(problem(refused).await["detail"].as_str().unwrap().contains("serve.rate_per_s"));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p314_what_would_change_something_or_is_too_large_is_refused() {
    let site = Site::with(|serve| {
        serve.response_bytes_max = 65_536;
        serve.memory_bytes = 131_072;
        serve.rows_max = 5_000;
    })
    .await;
    let url = format!("http://{}/v1/lines", site.address);
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = site.client.request(method, &url).body("x").send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "GET, HEAD, OPTIONS");
        assert_eq!(problem(answer).await["status"], 405);
    }
    let body = site.client.get(&url).body("question").send().await.unwrap();
    assert_eq!(problem(body).await["status"], 413);
    let long = site.get(&format!("/v1/lines?line={}", "a".repeat(9_000))).await;
    assert_eq!(problem(long).await["status"], 414);
    let many = site.problem("/v1/observations?limit=5000").await;
    assert_eq!(many["status"], 400);
    assert!(many["detail"].as_str().unwrap().contains("serve.response_bytes_max"), "{many}");
    // The memory of each was given back.
    for _ in 0..10 {
        site.json("/v1/observations?limit=10").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p315_only_pages_of_declared_origins_may_read_answers() {
    let site =
        Site::with(|serve| serve.origins = vec!["https://dashboards.example".to_owned()]).await;
    let told = site.with_header("/v1/lines", "origin", "https://dashboards.example").await;
    assert_eq!(told.headers()["access-control-allow-origin"], "https://dashboards.example");
    assert!(
        told.headers()["access-control-expose-headers"].to_str().unwrap().contains("wsis-sample")
    );
    let other = site.with_header("/v1/lines", "origin", "https://elsewhere.example").await;
    assert!(other.headers().get("access-control-allow-origin").is_none());
    let quiet = Site::start().await;
    let none = quiet.with_header("/v1/lines", "origin", "https://dashboards.example").await;
    assert!(none.headers().get("access-control-allow-origin").is_none());
}
