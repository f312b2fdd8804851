//! Requests that nobody sends by mistake.

use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Site;

impl Site {
    /// What is answered to bytes as they are.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // It may be hung up on before all is sent.
        let _ = socket.write_all(bytes.as_ref()).await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Numbers in an order that is the same each time (xorshift).
struct Order(u64);

impl Order {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

const PATHS: [&str; 22] = [
    "/",
    "/v1",
    "/v1/lines",
    "/v1/lines/C2",
    "/v1/indicators",
    "/v1/areas",
    "/v1/groups",
    "/v1/observations",
    "/v1/scores",
    "/v1/scores/groups",
    "/v1/scores/indicators",
    "/v1/scores/years",
    "/v1/gaps",
    "/v1/gaps/counts",
    "/v1/trajectories",
    "/v1/runs",
    "/v1/freshness",
    "/v1/promises",
    "/v1/snapshots",
    "/v1/explain/C2/NAM",
    "/public/v1/manifest.json",
    "/v1/openapi.json",
];

const NAMES: [&str; 18] = [
    "line",
    "area",
    "indicator",
    "group",
    "window",
    "year",
    "source",
    "dataset",
    "series",
    "pipeline",
    "framework",
    "as_of",
    "snapshot",
    "format",
    "limit",
    "cursor",
    "x",
    "",
];

const VALUES: [&str; 34] = [
    "C2",
    "c2,C3",
    "NAM",
    "Namibia",
    "NAM,ZAF",
    "Africa",
    "2015-2020",
    "2020",
    "2020-2015",
    "1",
    "2",
    "0",
    "-1",
    "99999999999999999999",
    "1e9",
    "csv",
    "parquet",
    "arrow",
    "json",
    "xml",
    "2026-07-01",
    "9999-12-31",
    "0001-01-01",
    "-262143-01-01T00:00:00Z",
    "worldbank",
    "WDI",
    "IT.NET.USER.ZS",
    "worldbank-wdi",
    ",",
    ",,,",
    "' OR '1'='1",
    "%00",
    "%f0%9f%92%a3%e2%80%ae",
    "%%%",
];

#[tokio::test(flavor = "multi_thread")]
async fn trial_p309_two_thousand_mutated_requests_are_each_answered_and_none_with_a_500() {
    // What is told of a slow machine is no fault of a request.
    let site = Site::with(|serve| serve.request_s = 300).await;
    site.json("/v1/lines").await;
    let mut order = Order(0x5eed_0309);
    let mut by_status = std::collections::BTreeMap::<String, u32>::new();
    for n in 0..2_000 {
        let mut text = PATHS[order.next(PATHS.len())].to_owned();
        for at in 0..order.next(4) {
            let (name, value) = (NAMES[order.next(NAMES.len())], VALUES[order.next(VALUES.len())]);
            text.push(if at == 0 { '?' } else { '&' });
            write!(text, "{name}={}", value.replace(' ', "+")).unwrap();
        }
        let mut request =
            format!("GET {text} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes();
        // One in two is damaged, by one byte or a few, behind the method.
        if n % 2 == 0 {
            for _ in 0..=order.next(3) {
                let at = 4 + order.next(text.len());
                request[at] = u8::try_from(order.next(256)).unwrap();
            }
        }
        let answer = site.raw(&request).await;
        let shown = String::from_utf8_lossy(&request).into_owned();
        let status = answer.get(9..12).unwrap_or_default().to_owned();
        // A blank or the end of a line in the middle is a request that is none: hung up on, or 400.
        assert!(!status.starts_with('5'), "{shown:?}: {answer}");
        *by_status.entry(status).or_default() += 1;
    }
    assert!(by_status.get("200").is_some_and(|it| *it > 50), "{by_status:?}");
    assert!(by_status.get("400").is_some_and(|it| *it > 50), "{by_status:?}");
    site.json("/v1/lines").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_p309_hostile_heads_are_answered_and_the_next_one_is_served() {
    let site = Site::start().await;
    let long = "a".repeat(64 * 1024);
    for (request, status) in [
        (format!("GET /v1/lines?line={long} HTTP/1.1\r\nhost: x\r\n\r\n"), ""),
        (format!("GET /v1/lines HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n"), ""),
        ("GET /v1/..%2f..%2fetc HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "404"),
        ("GET /v1/lines/%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "404"),
        ("GET /v1/lines/%ff%fe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "404"),
        ("GET http://elsewhere.example/v1/lines HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "200"),
        ("GET /v1/lines HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello".to_owned(), "413"),
        (
            "GET /v1/lines HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_owned(),
            "413",
        ),
        ("CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), "405"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
        ("\u{0}\u{1}\u{2}".repeat(100), ""),
    ] {
        let sent = async {
            let mut socket = TcpStream::connect(site.address).await.unwrap();
            let _ = socket.write_all(request.as_bytes()).await;
            let mut answer = vec![0; 12];
            let read = socket.read_exact(&mut answer).await.is_ok();
            if read { String::from_utf8_lossy(&answer).into_owned() } else { String::new() }
        };
        let head = sent.await;
        let found = head.get(9..).unwrap_or_default();
        assert!(found.starts_with(status), "{request:.60}: {head}");
        assert!(!found.starts_with('5'), "{request:.60}: {head}");
        site.json("/v1/lines").await;
    }
}
