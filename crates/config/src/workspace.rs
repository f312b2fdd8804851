//! `workspace.toml`: the lake, the agencies and the limits of a deployment.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::address::is_local_host;
use wsis_model::limits::DecodeLimits;

use crate::alert::{self, AlertChannel, Means, RawAlert};
use crate::decode::RawDecodeLimits;
use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::id::{ID_RULE, is_id};
use crate::limits::{FetchLimits, HostRules, QueryLimits, RawScheduleLimits, ScheduleLimits};
use crate::publish::PublishSettings;
use crate::schedule;
use crate::serve::{RawServe, ServeSettings};

/// Version of the form of `workspace.toml` that this program reads.
const VERSION: u32 = 1;

/// The rule book that counts where no other is named.
pub(crate) const HOUSE_RULES: &str = "house";

/// A deployment's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Folder of the lake; a relative one is below the deployment's folder.
    pub lake: PathBuf,
    /// Id of the framework used when none is named.
    pub default_framework: String,
    /// Id of the rule book that scores are made by.
    pub rules: String,
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
    /// Limits of `wsis serve`.
    pub serve: ServeSettings,
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

/// Whether a list names a host, with or without its port. An address of IPv6 stands there with or without its
/// brackets; with a port it needs them. Who checks and who asks have this one rule.
pub fn names(list: &[String], host: &str, port: Option<u16>) -> bool {
    let with_port = port.map(|port| format!("{host}:{port}"));
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    list.iter().any(|allowed| {
        allowed.eq_ignore_ascii_case(host)
            || allowed.eq_ignore_ascii_case(bare)
            || with_port.as_ref().is_some_and(|it| allowed.eq_ignore_ascii_case(it))
            || same_address(allowed, bare)
    })
}

/// Whether two texts are one address of IPv6, however its zeros are written: an address of the web has the
/// shortest form.
fn same_address(allowed: &str, bare: &str) -> bool {
    let of = |text: &str| {
        let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
        bare.parse::<std::net::Ipv6Addr>().ok()
    };
    of(allowed).is_some_and(|address| of(bare) == Some(address))
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
    /// Id of the rule book of `schemas/rules` that scores are made by; without it `house`.
    rules: Option<Located<String>>,
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
    /// Limits of `wsis serve`.
    #[serde(default)]
    serve: RawServe,
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

/// Places of what can only be checked when the frameworks and the rule books are known.
pub(crate) struct Places {
    pub(crate) framework: Range<usize>,
    pub(crate) rules: Range<usize>,
}

/// Reads and checks `workspace.toml`.
pub(crate) fn parse(source: &Arc<SourceText>) -> Result<(Workspace, Places), Vec<ConfigError>> {
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
    // Without a name the fault is of the whole file.
    let places = Places {
        framework: raw.default_framework.span(),
        rules: raw.rules.as_ref().map_or(0..0, Located::span),
    };
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
    errors.extend(raw.host.iter().filter_map(|rules| no_host(source, &rules.host)));
    errors.extend(host_twice(source, &raw.host));
    let allow_http = hosts(source, raw.allow_http, "allow_http", &mut errors);
    let workspace = Workspace {
        lake: PathBuf::from(raw.lake.into_inner()),
        default_framework: raw.default_framework.into_inner(),
        rules: raw.rules.map_or_else(|| HOUSE_RULES.to_owned(), Located::into_inner),
        agencies,
        decode: raw.decode.limits(raw.fetch.expansion_ratio_max),
        fetch: raw.fetch,
        hosts: raw.host,
        query: raw.query,
        schedule: raw.schedule.limits(),
        publish: raw.publish,
        serve: raw.serve.checked(source, &mut errors),
        ledger: ledger(source, raw.ledger, &mut errors),
        alerts: alert::channels(source, raw.alert, &allow_http, &mut errors),
        allow_http,
        allow_private: hosts(source, raw.allow_private, "allow_private", &mut errors),
    };
    errors.extend(
        workspace.alerts.iter().filter_map(|alert| told_at_home(source, &workspace, alert)),
    );
    if errors.is_empty() { Ok((workspace, places)) } else { Err(errors) }
}

/// Alerts that would go to an address of this network: they are under the same guard as sources, and would be
/// refused one by one.
fn told_at_home(
    source: &Arc<SourceText>,
    workspace: &Workspace,
    alert: &AlertChannel,
) -> Option<ConfigError> {
    let url = match &alert.how {
        Means::Webhook { url, .. } => url.clone(),
        Means::Mail { server, .. } => url::Url::parse(server).ok()?,
        Means::Command { .. } => return None,
    };
    let host = url.host_str()?;
    if !is_local_host(&web_host(&url)?)
        || workspace.allows_private(host, url.port_or_known_default())
    {
        return None;
    }
    let message =
        format!("alert `{}` goes to {host}, which is no address of the public internet", alert.id);
    let hint = "write a public host, or name it in `allow_private`";
    let place = source.find_quoted(&alert.id);
    Some(source.error(ErrorKind::InvalidValue, place, message, hint))
}

/// The host of an address as it is written in one of the web. Of others (a mail server) the parser leaves
/// it as it stands: `%6cocalhost` and `127.1`, which a resolver takes.
pub fn web_host(url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    let of_web = url::Url::parse(&format!("https://{host}"));
    Some(of_web.ok().as_ref().and_then(url::Url::host_str).unwrap_or(host).to_owned())
}

/// Whether a text is an address of PostgreSQL: with a host, or with the folder of a socket as a parameter.
/// The scheme is as who opens it reads it, in small letters and with nothing before it.
pub fn is_ledger_address(text: &str) -> bool {
    let is_of_it = ["postgres://", "postgresql://"].iter().any(|start| text.starts_with(start));
    is_of_it
        && url::Url::parse(text).is_ok_and(|url| {
            let has_host = url.host_str().is_some_and(|host| !host.is_empty());
            has_host || url.query_pairs().any(|(name, _)| name == "host")
        })
}

/// The address of a shared ledger. It stands in a file that many read, so without a password.
fn ledger(
    source: &Arc<SourceText>,
    raw: Option<Located<String>>,
    errors: &mut Vec<ConfigError>,
) -> Option<String> {
    let raw = raw?;
    let url = url::Url::parse(&raw).ok();
    if !is_ledger_address(&raw) || url.is_some_and(|url| url.password().is_some()) {
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

/// Rules of one host in two places: only one of them would hold anybody back.
fn host_twice(source: &Arc<SourceText>, rules: &[HostRules]) -> Option<ConfigError> {
    let mut seen = BTreeSet::new();
    let twice = rules.iter().find(|it| !seen.insert(it.host.to_ascii_lowercase()))?;
    let written = format!("host = \"{}\"", twice.host);
    let place = source.text().rfind(&written).map(|at| at..at + written.len());
    Some(source.error(
        ErrorKind::Duplicate,
        place.unwrap_or_else(|| source.find_quoted(&twice.host)),
        format!("two [[host]] are of {:?}", twice.host),
        "write all rules of a host under one [[host]]",
    ))
}

/// Rules that stand for no host at all: they would hold nobody back, without a word.
fn no_host(source: &Arc<SourceText>, name: &str) -> Option<ConfigError> {
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    let is_name =
        !name.is_empty() && !name.contains(['/', ':', ' ', '*', '@', '[']) && !name.ends_with('.');
    let written = format!("host = \"{name}\"");
    let place = source.text().find(&written).map(|at| at..at + written.len());
    (!is_address && !is_name).then(|| {
        source.error(
            ErrorKind::InvalidValue,
            place.unwrap_or_else(|| source.find_quoted(name)),
            format!("`host` of a [[host]] is {name:?}"),
            "write it without scheme, port and path, such as \"api.worldbank.org\": the rules are those of \
             all its ports",
        )
    })
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
