//! `workspace.toml`: the lake, the agencies and the limits of a deployment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsis_model::limits::DecodeLimits;
use wsis_model::pipeline::Misfire;

use crate::alert::{self, AlertChannel, RawAlert};
use crate::decode::RawDecodeLimits;
use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::pipeline::RawMisfire;
use crate::publish::PublishSettings;
use crate::schedule;

/// Version of the form of `workspace.toml` that this program reads.
const VERSION: u32 = 1;

/// A deployment's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Folder of the lake; a relative one is below the deployment's folder.
    pub lake: PathBuf,
    /// Id of the framework used when none is named.
    pub default_framework: String,
    /// Agencies that answer for data, sorted by id.
    pub agencies: Vec<Agency>,
    /// Limits of fetching.
    pub fetch: FetchLimits,
    /// Limits of reading one payload.
    pub decode: DecodeLimits,
    /// Rules of single hosts.
    pub hosts: Vec<HostRules>,
    /// Limits of one query.
    pub query: QueryLimits,
    /// What the daemon does, and what holds for every schedule that does not say otherwise.
    pub schedule: ScheduleLimits,
    /// How tables are published.
    pub publish: PublishSettings,
    /// Address of a ledger in PostgreSQL; none for the file in the lake.
    pub ledger: Option<String>,
    /// Who is told when the state of a pipeline changes.
    pub alerts: Vec<AlertChannel>,
    /// Hosts, as `host` or `host:port`, that may be asked over plain http.
    pub allow_http: Vec<String>,
    /// Hosts that may resolve to a private or loopback address.
    pub allow_private: Vec<String>,
}

impl Workspace {
    /// The agency with an id.
    pub fn agency(&self, id: &str) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.id == id)
    }

    /// Whether a host and port may be asked over plain http.
    pub fn allows_http(&self, host: &str, port: Option<u16>) -> bool {
        names(&self.allow_http, host, port)
    }

    /// Whether a host may resolve to a private or loopback address.
    pub fn allows_private(&self, host: &str, port: Option<u16>) -> bool {
        names(&self.allow_private, host, port)
    }
}

/// Whether a list names a host, with or without its port.
fn names(list: &[String], host: &str, port: Option<u16>) -> bool {
    let with_port = port.map(|port| format!("{host}:{port}"));
    list.iter().any(|allowed| {
        allowed.eq_ignore_ascii_case(host)
            || with_port.as_ref().is_some_and(|it| allowed.eq_ignore_ascii_case(it))
    })
}

impl AsRef<Self> for Workspace {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// An agency that answers for data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Id, used by pipelines.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Mail address or page of those who answer.
    pub contact: String,
    /// IANA time zone of its office; schedules without their own zone use it.
    pub timezone: String,
}

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
    /// Largest ratio of decompressed to received bytes.
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
    /// alerts and the database of the ledger. Relative to `workspace.toml`.
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
    /// Memory of one query, bytes. On Linux the process that answers `wsis sql` cannot get more.
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

/// What the daemon does, and what holds for every schedule that does not say otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ScheduleLimits")]
struct RawScheduleLimits {
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
    fn limits(self) -> ScheduleLimits {
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

/// Settings of a deployment, `workspace.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "workspace.toml")]
pub(crate) struct RawWorkspace {
    /// Version of the form of this file: 1.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// Folder of the lake, relative to this file.
    lake: Located<String>,
    /// Id of the framework used when none is named.
    pub(crate) default_framework: Located<String>,
    /// Agencies that answer for data.
    #[serde(default)]
    agency: Vec<RawAgency>,
    /// Limits of fetching.
    #[serde(default)]
    fetch: FetchLimits,
    /// Limits of reading one payload.
    #[serde(default)]
    decode: RawDecodeLimits,
    /// Rules of single hosts.
    #[serde(default)]
    host: Vec<HostRules>,
    /// Limits of one query.
    #[serde(default)]
    query: QueryLimits,
    /// What the daemon does, and what holds for every schedule that does not say otherwise.
    #[serde(default)]
    schedule: RawScheduleLimits,
    /// How tables are published.
    #[serde(default)]
    publish: PublishSettings,
    /// Address of a ledger in PostgreSQL (`postgres://wsis@db.example/wsis`), for several machines
    /// that share one; without it a file in the lake. A password belongs into the environment
    /// (`WSIS_LEDGER`).
    ledger: Option<Located<String>>,
    /// Who is told when the state of a pipeline changes.
    #[serde(default)]
    alert: Vec<RawAlert>,
    /// Hosts, as `host` or `host:port`, that may be asked over plain http.
    #[serde(default)]
    allow_http: Vec<Located<String>>,
    /// Hosts that may resolve to a private or loopback address.
    #[serde(default)]
    allow_private: Vec<Located<String>>,
}

/// An agency that answers for data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Agency")]
struct RawAgency {
    /// Id, used by pipelines: small letters, digits and `-`.
    id: Located<String>,
    /// Name for people.
    name: Located<String>,
    /// Mail address or page of those who answer.
    contact: Located<String>,
    /// IANA time zone of its office; schedules without their own zone use it.
    timezone: Located<String>,
}

/// Reads and checks `workspace.toml`. The place of `default_framework` is kept, since it can only
/// be checked when the frameworks are known.
pub(crate) fn parse(
    source: &Arc<SourceText>,
) -> Result<(Workspace, std::ops::Range<usize>), Vec<ConfigError>> {
    let (raw, mut errors) = document::read::<RawWorkspace>(source);
    let Some(raw) = raw else { return Err(errors) };
    debug_assert!(raw.version == VERSION || !errors.is_empty(), "held by the schema's range");
    if raw.lake.trim().is_empty() {
        errors.push(source.error(
            ErrorKind::InvalidValue,
            raw.lake.span(),
            "`lake` is empty",
            "write a folder such as \"lake\"",
        ));
    }
    let agencies = agencies(source, raw.agency, &mut errors);
    let framework_place = raw.default_framework.span();
    if let Some(proxy) = &raw.fetch.proxy
        && !url::Url::parse(proxy).is_ok_and(|url| url.has_host())
    {
        errors.push(source.error(
            ErrorKind::InvalidValue,
            source.find_quoted(proxy),
            format!("`proxy` is {proxy:?}"),
            "write an address such as \"http://proxy.example:3128\"",
        ));
    }
    let allow_http = hosts(source, raw.allow_http, "allow_http", &mut errors);
    let workspace = Workspace {
        lake: PathBuf::from(raw.lake.into_inner()),
        default_framework: raw.default_framework.into_inner(),
        agencies,
        fetch: raw.fetch,
        decode: raw.decode.limits(),
        hosts: raw.host,
        query: raw.query,
        schedule: raw.schedule.limits(),
        publish: raw.publish,
        ledger: ledger(source, raw.ledger, &mut errors),
        alerts: alert::channels(source, raw.alert, &allow_http, &mut errors),
        allow_http,
        allow_private: hosts(source, raw.allow_private, "allow_private", &mut errors),
    };
    if errors.is_empty() { Ok((workspace, framework_place)) } else { Err(errors) }
}

/// The address of a shared ledger. It stands in a file that many read, so without a password.
fn ledger(
    source: &Arc<SourceText>,
    raw: Option<Located<String>>,
    errors: &mut Vec<ConfigError>,
) -> Option<String> {
    let raw = raw?;
    let url = url::Url::parse(&raw).ok();
    let known = url.as_ref().is_some_and(|url| ["postgres", "postgresql"].contains(&url.scheme()));
    if !known || url.is_some_and(|url| url.password().is_some()) {
        let error = source.error(
            ErrorKind::InvalidValue,
            raw.span(),
            "`ledger` is not an address of PostgreSQL without a password",
            "write one such as \"postgres://wsis@db.example/wsis\"; with a password, put the whole \
             address into the environment variable WSIS_LEDGER instead",
        );
        errors.push(error.without_excerpt());
    }
    Some(raw.into_inner())
}

fn agencies(
    source: &Arc<SourceText>,
    raw: Vec<RawAgency>,
    errors: &mut Vec<ConfigError>,
) -> Vec<Agency> {
    let mut seen = BTreeSet::new();
    let mut agencies = Vec::new();
    for agency in raw {
        if !is_id(&agency.id) {
            errors.push(source.error(
                ErrorKind::InvalidValue,
                agency.id.span(),
                format!("agency id {:?}", agency.id.as_str()),
                ID_RULE,
            ));
        }
        if !seen.insert(agency.id.as_str().to_owned()) {
            errors.push(source.error(
                ErrorKind::Duplicate,
                agency.id.span(),
                format!("agency `{}` is declared twice", agency.id.as_str()),
                "keep one of the two",
            ));
        }
        for (field, text) in [("name", &agency.name), ("contact", &agency.contact)] {
            if text.trim().is_empty() {
                errors.push(source.error(
                    ErrorKind::InvalidValue,
                    text.span(),
                    format!("agency `{}`: `{field}` is empty", agency.id.as_str()),
                    "write who answers for the data, and where to reach them",
                ));
            }
        }
        if let Err(schedule::ScheduleError::Timezone { zone, expected }) =
            schedule::zone(&agency.timezone)
        {
            errors.push(source.error(
                ErrorKind::UnknownTimezone,
                agency.timezone.span(),
                format!("unknown time zone `{zone}`"),
                expected,
            ));
        }
        agencies.push(Agency {
            id: agency.id.into_inner(),
            name: agency.name.into_inner(),
            contact: agency.contact.into_inner(),
            timezone: agency.timezone.into_inner(),
        });
    }
    agencies.sort_by(|a, b| a.id.cmp(&b.id));
    agencies
}

fn hosts(
    source: &Arc<SourceText>,
    raw: Vec<Located<String>>,
    field: &str,
    errors: &mut Vec<ConfigError>,
) -> Vec<String> {
    for host in &raw {
        let wrong = host.trim().is_empty() || host.contains(['/', ' ', '*', '@']);
        if wrong {
            errors.push(source.error(
                ErrorKind::InvalidValue,
                host.span(),
                format!("`{field}` holds {:?}", host.as_str()),
                "write a host or host:port without scheme or path, such as \"127.0.0.1:8080\"",
            ));
        }
    }
    raw.into_iter().map(Located::into_inner).collect()
}

/// What an id looks like.
pub(crate) const ID_RULE: &str =
    "use small letters a-z, digits and `-`, starting with a letter, at most 64";

/// Whether a text can be an id of an agency or a pipeline: it becomes part of file names.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
