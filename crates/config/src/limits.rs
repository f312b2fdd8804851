//! The limits that `workspace.toml` names: of fetching, of single hosts, of queries, of the daemon.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsis_model::pipeline::Misfire;

/// Limits of fetching. Every one is above 0.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FetchLimits {
    /// Time to connect, seconds.
    #[schemars(range(min = 1))]
    pub connect_timeout_s: u64,
    /// Longest silence within a body, seconds.
    #[schemars(range(min = 1))]
    pub read_timeout_s: u64,
    /// Attempts after the first one; 0 means none.
    pub retries: u32,
    /// First back-off, milliseconds; it doubles with each attempt.
    #[schemars(range(min = 1))]
    pub backoff_ms: u64,
    /// Longest wait before an attempt, seconds, also for `Retry-After`.
    #[schemars(range(min = 1))]
    pub backoff_max_s: u64,
    /// Requests at one time to one host.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency_per_host: usize,
    /// Largest body, bytes, after decompression.
    #[schemars(range(min = 1))]
    pub payload_max_bytes: u64,
    /// Largest ratio of decompressed to received bytes, beyond 1 MiB; of zip and gzip files and
    /// workbooks too.
    #[schemars(range(min = 1))]
    pub expansion_ratio_max: u64,
    /// Most pages of one request.
    #[schemars(range(min = 1))]
    pub pages_max: u32,
    /// Questions in a row that fail, each after its retries, until a host is left alone.
    #[schemars(range(min = 1))]
    pub breaker_failures: u32,
    /// For how long, seconds; it doubles while the host stays away, up to 15 minutes.
    #[schemars(range(min = 1, max = 900))]
    pub breaker_pause_s: u64,
    /// Proxy for public hosts (`http://proxy.example:3128`); without it what the environment says
    /// (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxy: Option<String>,
    /// File with certificates in PEM that are trusted besides those of the machine: by sources,
    /// alerts and the database of the ledger. Relative to `workspace.toml`. At most 1 MiB, which no
    /// setting raises: those of all public authorities together take a quarter of it.
    pub ca_file: Option<PathBuf>,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect_timeout_s: 10,
            read_timeout_s: 30,
            retries: 5,
            backoff_ms: 500,
            backoff_max_s: 60,
            concurrency_per_host: 2,
            payload_max_bytes: 512 * 1024 * 1024,
            expansion_ratio_max: 200,
            pages_max: 2_000,
            breaker_failures: 3,
            breaker_pause_s: 60,
            proxy: None,
            ca_file: None,
        }
    }
}

/// Rules of one host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Host")]
pub struct HostRules {
    /// Host, without scheme and port.
    pub host: String,
    /// Requests at one time; without it `concurrency_per_host`.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: Option<usize>,
    /// Requests for figures in any minute.
    #[schemars(range(min = 1))]
    pub data_per_minute: Option<u32>,
    /// Requests for figures in any hour; kept over a restart.
    #[schemars(range(min = 1))]
    pub data_per_hour: Option<u32>,
    /// Requests for code lists and structures in any hour; kept over a restart.
    #[schemars(range(min = 1))]
    pub structure_per_hour: Option<u32>,
}

/// Limits of one query. Every one is above 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QueryLimits {
    /// Memory of one query, bytes. On Linux the process that answers `wsis sql` cannot get more beside
    /// the pages of the program itself and its stacks.
    #[schemars(range(min = 67_108_864))]
    pub memory_bytes: u64,
    /// Longest run, seconds.
    #[schemars(range(min = 1))]
    pub timeout_s: u64,
    /// Most rows of an answer; more are cut and the answer says so.
    #[schemars(range(min = 1))]
    pub result_rows_max: u64,
    /// Most bytes of an answer; more are cut and the answer says so.
    #[schemars(range(min = 65_536))]
    pub result_bytes_max: u64,
    /// Most bytes of a sort, join or group that does not fit into memory and waits in the lake's
    /// `tmp` folder.
    #[schemars(range(min = 1_048_576))]
    pub spill_bytes_max: u64,
    /// Longest text of a query, bytes.
    #[schemars(range(min = 1_024, max = 16_777_216))]
    pub text_bytes_max: u64,
    /// Most words, numbers and signs of a query.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub terms_max: u64,
    /// Deepest nesting of a query: brackets within brackets, and operators in one chain
    /// (`a OR b OR c` is three deep).
    #[schemars(range(min = 10, max = 10_000))]
    pub depth_max: u64,
}

impl QueryLimits {
    /// What holds where `[query]` says nothing.
    pub const DEFAULT: Self = Self {
        memory_bytes: 1024 * 1024 * 1024,
        timeout_s: 60,
        result_rows_max: 1_000_000,
        result_bytes_max: 256 * 1024 * 1024,
        spill_bytes_max: 4 * 1024 * 1024 * 1024,
        text_bytes_max: 1024 * 1024,
        terms_max: 50_000,
        depth_max: 1_000,
    };
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the daemon does, and what holds for every schedule that does not say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleLimits {
    /// Pipelines that run at one time.
    pub pipelines_at_once: usize,
    /// Pipelines that ask one host at one time.
    pub pipelines_per_host: usize,
    /// What becomes of missed ticks.
    pub misfire: Misfire,
    /// A tick later than this (and the jitter) is a misfire, seconds.
    pub grace_s: u64,
    /// Longest wait between a tick and its run, seconds.
    pub jitter_s: u64,
    /// How long runs may take to come to an end when the daemon is stopped, seconds.
    pub stop_within_s: u64,
    /// Folder of time zones that is used whatever the machine has, as written.
    pub zoneinfo: Option<PathBuf>,
}

impl Default for ScheduleLimits {
    fn default() -> Self {
        RawScheduleLimits::default().limits()
    }
}

/// What becomes of ticks that nobody was there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Misfire")]
pub(crate) enum RawMisfire {
    /// The latest one runs, however late.
    #[default]
    RunOnce,
    /// A late one does not run.
    Skip,
    /// Each one runs, one after the other.
    All,
}

impl RawMisfire {
    /// Its meaning.
    pub(crate) const fn meaning(self) -> Misfire {
        match self {
            Self::RunOnce => Misfire::RunOnce,
            Self::Skip => Misfire::Skip,
            Self::All => Misfire::All,
        }
    }
}

/// What the daemon does, and what holds for every schedule that does not say otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ScheduleLimits")]
pub(crate) struct RawScheduleLimits {
    /// Pipelines that run at one time.
    #[schemars(range(min = 1, max = 64))]
    pipelines_at_once: usize,
    /// Pipelines that ask one host at one time.
    #[schemars(range(min = 1, max = 64))]
    pipelines_per_host: usize,
    /// What becomes of missed ticks: `run-once`, `skip` or `all`.
    misfire: RawMisfire,
    /// A tick later than this (and the jitter) is a misfire, seconds.
    #[schemars(range(min = 1))]
    grace_s: u64,
    /// Longest wait between a tick and its run, seconds.
    #[schemars(range(max = 86_400))]
    jitter_s: u64,
    /// How long runs may take to come to an end when the daemon is stopped, seconds.
    #[schemars(range(min = 1, max = 3_600))]
    stop_within_s: u64,
    /// Folder of compiled time zones (`/usr/share/zoneinfo`), relative to this file. Without it the
    /// newer one of the machine's and the copy that the program carries.
    zoneinfo: Option<PathBuf>,
}

impl Default for RawScheduleLimits {
    fn default() -> Self {
        Self {
            pipelines_at_once: 4,
            pipelines_per_host: 2,
            misfire: RawMisfire::RunOnce,
            grace_s: 300,
            jitter_s: 600,
            stop_within_s: 30,
            zoneinfo: None,
        }
    }
}

impl RawScheduleLimits {
    /// The limits that are meant.
    pub(crate) fn limits(self) -> ScheduleLimits {
        ScheduleLimits {
            pipelines_at_once: self.pipelines_at_once,
            pipelines_per_host: self.pipelines_per_host,
            misfire: self.misfire.meaning(),
            grace_s: self.grace_s,
            jitter_s: self.jitter_s,
            stop_within_s: self.stop_within_s,
            zoneinfo: self.zoneinfo,
        }
    }
}
