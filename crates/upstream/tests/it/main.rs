//! The server as a client sees it, over real HTTP.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of a server of ours")]

mod data360;
mod originals;
mod tables;
mod undesa;
mod unsd;
mod who;
mod worldbank;

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use wsis_upstream::{Options, Server};

/// A server and a client of one test.
pub(crate) struct Upstream {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { server: Server::start(options).await.unwrap(), client }
    }

    pub(crate) async fn get(&self, source: &str, path: &str) -> Response {
        let url = format!("{}{path}", self.server.base_url(source));
        self.client.get(url).send().await.unwrap()
    }

    pub(crate) async fn text(&self, source: &str, path: &str) -> String {
        let response = self.get(source, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn json(&self, source: &str, path: &str) -> Value {
        serde_json::from_str(&self.text(source, path).await).unwrap()
    }
}

#[tokio::test]
async fn it_counts_requests_refuses_strange_ones_and_stops() {
    let up = Upstream::start().await;
    assert_eq!(up.server.requests(), 0);
    let base = up.server.base_url("worldbank");
    assert!(base.starts_with("http://127.0.0.1:") && base.ends_with("/v2"), "{base}");
    assert!(up.server.base_url("undesa").ends_with("/egovkb"));
    assert!(up.server.base_url("unsd").ends_with("/v1/sdg"));
    for (source, path) in [("worldbank", "/nothing"), ("undesa", "/"), ("another", "/x")] {
        let response = up.get(source, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{source}{path}");
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    }
    let put = up.client.put(&base).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(up.server.requests(), 4);
    let Upstream { server, client } = up;
    server.stop().await;
    assert!(client.get(base).send().await.is_err());
}

#[tokio::test]
async fn two_servers_give_the_same_bytes() {
    let (one, two) = (Upstream::start().await, Upstream::start().await);
    for (source, path) in [
        ("worldbank", "/country/all/indicator/IT.NET.USER.ZS?format=json&per_page=500&page=2"),
        ("undesa", "/EGOV_DATA_2022.csv"),
        ("undesa", "/EGOV_DATA_2018.xlsx"),
        ("data360", "/data/ITU_DH/ITU_DH_POP_COV_4G.csv"),
        ("file", "/wgidataset.xlsx"),
        ("unsd", "/Series/Data?seriesCode=SE_ADT_ACTS&pageSize=1000"),
        ("unsd", "/Series/DataCSV?seriesCode=IT_NET_BBNDN"),
    ] {
        let first = one.get(source, path).await.bytes().await.unwrap();
        assert!(first.len() > 1000, "{path}");
        assert_eq!(first, two.get(source, path).await.bytes().await.unwrap(), "{path}");
    }
}
