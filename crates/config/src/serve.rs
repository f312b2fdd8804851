//! `[serve]` of `workspace.toml`: how much of the machine whoever asks over HTTP gets at most.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Located;
use crate::error::{ConfigError, ErrorKind, SourceText};

/// Limits of `wsis serve`. Every one is above 0, but for the rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Connections at one time; of more the oldest gives way.
    pub connections: usize,
    /// Within so many seconds the head of a request must be there.
    pub header_s: u64,
    /// Longest head of a request, bytes.
    pub header_bytes_max: usize,
    /// Within so many seconds a request is answered.
    pub request_s: u64,
    /// After so many seconds a connection is over, whoever reads slowly.
    pub connection_s: u64,
    /// Most rows of one answer; the rest follows by its cursor.
    pub rows_max: usize,
    /// Largest answer, bytes.
    pub response_bytes_max: usize,
    /// Memory of all answers under way, bytes.
    pub memory_bytes: usize,
    /// How long answers under way may take to come to an end, seconds.
    pub stop_within_s: u64,
    /// Requests of one client in a second, over time; 0: no limit.
    pub rate_per_s: u32,
    /// Requests of one client at once.
    pub rate_burst: u32,
    /// Origins whose pages may read answers.
    pub origins: Vec<String>,
}

impl Default for ServeSettings {
    fn default() -> Self {
        RawServe::default().settings()
    }
}

/// Limits of `wsis serve`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Serve")]
pub(crate) struct RawServe {
    /// Connections at one time; of more the oldest gives way, first of those that have not asked yet.
    #[schemars(range(min = 1, max = 65_536))]
    connections: usize,
    /// Within so many seconds the head of a request must be there.
    #[schemars(range(min = 1, max = 600))]
    header_s: u64,
    /// Longest head of a request, bytes.
    #[schemars(range(min = 8_192, max = 1_048_576))]
    header_bytes_max: usize,
    /// Within so many seconds a request is answered.
    #[schemars(range(min = 1, max = 3_600))]
    request_s: u64,
    /// After so many seconds a connection is over, whoever reads slowly.
    #[schemars(range(min = 1, max = 86_400))]
    connection_s: u64,
    /// Most rows of one answer; the rest follows by its cursor.
    #[schemars(range(min = 1, max = 1_000_000))]
    rows_max: usize,
    /// Largest answer, bytes.
    #[schemars(range(min = 65_536, max = 1_073_741_824))]
    response_bytes_max: usize,
    /// Memory of all answers under way, bytes; at least one largest answer.
    #[schemars(range(min = 65_536, max = 1_099_511_627_776_u64))]
    memory_bytes: usize,
    /// How long answers under way may take to come to an end when the server is stopped, seconds.
    #[schemars(range(min = 1, max = 3_600))]
    stop_within_s: u64,
    /// Requests of one client (an IPv4 address, 64 bits of an IPv6 one) in a second, over time; 0: no limit.
    rate_per_s: u32,
    /// Requests of one client at once.
    #[schemars(range(min = 1))]
    rate_burst: u32,
    /// Origins (`https://dashboards.example`) whose pages may read answers; `*` for all. Empty: none.
    origins: Vec<Located<String>>,
}

impl Default for RawServe {
    fn default() -> Self {
        Self {
            connections: 256,
            header_s: 10,
            header_bytes_max: 16 * 1024,
            request_s: 30,
            connection_s: 300,
            rows_max: 10_000,
            response_bytes_max: 16 * 1024 * 1024,
            memory_bytes: 256 * 1024 * 1024,
            stop_within_s: 10,
            rate_per_s: 50,
            rate_burst: 200,
            origins: Vec::new(),
        }
    }
}

impl RawServe {
    /// The settings, with what is wrong with them.
    pub(crate) fn checked(
        self,
        source: &Arc<SourceText>,
        errors: &mut Vec<ConfigError>,
    ) -> ServeSettings {
        for origin in self.origins.iter().filter(|it| !is_origin(it)) {
            errors.push(source.error(
                ErrorKind::InvalidValue,
                origin.span(),
                format!("`origins` holds {:?}", origin.as_str()),
                "write scheme, host and port as a browser does, such as \"https://dashboards.example\", or \
                 \"*\" for all",
            ));
        }
        if self.memory_bytes < self.response_bytes_max {
            let written = "memory_bytes";
            let serve = source.text().find("[serve]").unwrap_or_default();
            let rest = source.text().get(serve..).unwrap_or_default();
            let at = rest
                .find(written)
                .map_or(serve..serve, |at| serve + at..serve + at + written.len());
            errors.push(source.error(
                ErrorKind::InvalidValue,
                at,
                format!(
                    "[serve]: `memory_bytes` is {}, less than `response_bytes_max`, {}",
                    self.memory_bytes, self.response_bytes_max
                ),
                "raise the first or lower the second: one largest answer must fit",
            ));
        }
        self.settings()
    }

    fn settings(self) -> ServeSettings {
        ServeSettings {
            connections: self.connections,
            header_s: self.header_s,
            header_bytes_max: self.header_bytes_max,
            request_s: self.request_s,
            connection_s: self.connection_s,
            rows_max: self.rows_max,
            response_bytes_max: self.response_bytes_max,
            memory_bytes: self.memory_bytes,
            stop_within_s: self.stop_within_s,
            rate_per_s: self.rate_per_s,
            rate_burst: self.rate_burst,
            origins: self.origins.into_iter().map(Located::into_inner).collect(),
        }
    }
}

/// Whether a text is an origin as browsers send it, or stands for all.
fn is_origin(text: &str) -> bool {
    let of_web = |url: &url::Url| matches!(url.scheme(), "http" | "https");
    text == "*"
        || url::Url::parse(text)
            .is_ok_and(|url| of_web(&url) && url.origin().ascii_serialization() == text)
}
