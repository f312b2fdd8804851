//! `[[alert]]` of `workspace.toml`: who is told when the state of a pipeline changes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::document::Located;
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::id::{ID_RULE, is_id};
use crate::suggest;

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertChannel {
    /// Id, for messages.
    pub id: String,
    /// Only changes to these states; none means all.
    pub states: Vec<String>,
    /// Only these pipelines; none means all.
    pub pipelines: Vec<String>,
    /// How they are told.
    pub how: Means,
}

/// How somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// A POST of JSON.
    Webhook {
        /// Address.
        url: Url,
        /// Environment variable with the key of the signature.
        secret_env: Option<String>,
    },
    /// A mail by SMTP.
    Mail {
        /// `smtps://host:465`, `smtp://host:587?tls=required`, `smtp://host:25`.
        server: String,
        /// Sender.
        from: String,
        /// Receivers.
        to: Vec<String>,
        /// Environment variable with `user:password`.
        secret_env: Option<String>,
    },
    /// A program that reads JSON.
    Command {
        /// Program and arguments.
        command: Vec<String>,
    },
}

/// Names of the states of a pipeline, as in `wsis schedule list`: those of
/// `engine::freshness::State`, which a test there compares.
pub const STATES: [&str; 8] =
    ["fresh", "due", "expected", "overdue", "delinquent", "failing", "source_down", "source_moved"];

/// Kind of an alert.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AlertKind")]
enum RawKind {
    /// A POST of JSON to `url`.
    Webhook,
    /// A mail over `server` to `to`.
    Mail,
    /// `command` with JSON on its standard input.
    Command,
}

/// Somebody who is told when the state of a pipeline changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alert")]
pub(crate) struct RawAlert {
    /// Id, for messages.
    id: Located<String>,
    /// `webhook`, `mail` or `command`.
    kind: RawKind,
    /// Only changes to these states (`overdue`, `failing`, …); without it all.
    #[serde(default)]
    states: Vec<Located<String>>,
    /// Only these pipelines; without it all.
    #[serde(default)]
    pipelines: Vec<String>,
    /// Address of a webhook, https unless `allow_http` names its host.
    url: Option<Located<String>>,
    /// Mail server: `smtps://host`, `smtp://host?tls=required`, or `smtp://host` in the clear.
    server: Option<Located<String>>,
    /// Sender of mails.
    from: Option<Located<String>>,
    /// Receivers of mails.
    #[serde(default)]
    to: Vec<Located<String>>,
    /// Name of the environment variable with the key of a webhook's signature, or with
    /// `user:password` of a mail server.
    secret_env: Option<Located<String>>,
    /// Program and arguments.
    #[serde(default)]
    command: Vec<String>,
}

/// Reads and checks all alerts.
pub(crate) fn channels(
    source: &Arc<SourceText>,
    raw: Vec<RawAlert>,
    allow_http: &[String],
    errors: &mut Vec<ConfigError>,
) -> Vec<AlertChannel> {
    let mut seen = BTreeSet::new();
    let mut channels = Vec::new();
    for alert in raw {
        let mut check = Check { source, id: alert.id.clone(), errors };
        let id = alert.id.as_str().to_owned();
        if !is_id(&id) {
            check.wrong(alert.id.span(), "is not an id".to_owned(), ID_RULE.to_owned());
        }
        if !seen.insert(id.clone()) {
            let hint = "give each alert its own id".to_owned();
            check.wrong(alert.id.span(), "is declared twice".to_owned(), hint);
        }
        check.states(&alert.states);
        let states = alert.states.iter().map(|state| state.as_str().to_owned()).collect();
        let pipelines = alert.pipelines.clone();
        if let Some(how) = check.means(alert, allow_http) {
            channels.push(AlertChannel { id, states, pipelines, how });
        }
    }
    channels
}

struct Check<'a> {
    source: &'a Arc<SourceText>,
    id: Located<String>,
    errors: &'a mut Vec<ConfigError>,
}

impl Check<'_> {
    fn wrong(&mut self, place: Range<usize>, what: String, hint: String) {
        let message = format!("alert `{}` {what}", self.id.as_str());
        self.errors.push(self.source.error(ErrorKind::InvalidValue, place, message, hint));
    }

    /// Of a field that may hold a key or a password: neither its text nor its line is shown.
    fn secret_is_wrong(&mut self, place: Range<usize>, what: &str, hint: String) {
        let message = format!("alert `{}` {what}", self.id.as_str());
        let error = self.source.error(ErrorKind::InvalidValue, place, message, hint);
        self.errors.push(error.without_excerpt());
    }

    fn states(&mut self, states: &[Located<String>]) {
        for state in states.iter().filter(|state| !STATES.contains(&state.as_str())) {
            let hint = suggest::hint(state, STATES, "states are");
            self.wrong(state.span(), format!("names state `{}`", state.as_str()), hint);
        }
    }

    /// The field that a kind needs.
    fn needed<T>(&mut self, field: &str, value: Option<T>, example: &str) -> Option<T> {
        if value.is_none() {
            let hint = format!("write {field} = {example}");
            self.wrong(self.id.span(), format!("has no `{field}`"), hint);
        }
        value
    }

    fn means(&mut self, alert: RawAlert, allow_http: &[String]) -> Option<Means> {
        let secret_env = alert.secret_env.map(Located::into_inner);
        match alert.kind {
            RawKind::Webhook => {
                let example = "\"https://hooks.example/wsis\"";
                let text = self.needed("url", alert.url, example)?;
                let url = Url::parse(&text).ok().filter(Url::has_host);
                let allowed = url.as_ref().is_some_and(|url| is_allowed(url, allow_http));
                if !allowed {
                    let hint = format!(
                        "write an https address such as {example}, or name its host in `allow_http`"
                    );
                    let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
                    let what = host.map_or_else(
                        || "has a `url` that is no address".to_owned(),
                        |host| format!("has a `url` that is not https, of host {host:?}"),
                    );
                    self.secret_is_wrong(text.span(), &what, hint);
                    return None;
                }
                Some(Means::Webhook { url: url?, secret_env })
            }
            RawKind::Mail => {
                let server = self.needed("server", alert.server, "\"smtps://mail.example\"");
                let from = self.needed("from", alert.from, "\"wsis@agency.example\"");
                let to = Some(alert.to).filter(|to| !to.is_empty());
                let to = self.needed("to", to, "[\"data@agency.example\"]");
                let (server, from, to) = (server?, from?, to?);
                let url = Url::parse(&server)
                    .ok()
                    .filter(|url| url.has_host() && ["smtp", "smtps"].contains(&url.scheme()));
                if url.is_none_or(|url| url.password().is_some()) {
                    let hint = "write \"smtps://mail.example\" or \"smtp://mail.example?tls=required\"; \
                                the password belongs into the environment (`secret_env`)";
                    let what = "has a `server` that is none, or that holds a password";
                    self.secret_is_wrong(server.span(), what, hint.to_owned());
                }
                for address in std::iter::once(&from).chain(&to) {
                    if !address.contains('@') || address.contains(['\r', '\n']) {
                        let hint = "write an address such as \"data@agency.example\"".to_owned();
                        self.wrong(
                            address.span(),
                            format!("has address {:?}", address.as_str()),
                            hint,
                        );
                    }
                }
                let to = to.into_iter().map(Located::into_inner).collect();
                let (server, from) = (server.into_inner(), from.into_inner());
                Some(Means::Mail { server, from, to, secret_env })
            }
            RawKind::Command => {
                let command = Some(alert.command).filter(|command| !command.is_empty());
                let command = self.needed("command", command, "[\"/usr/local/bin/tell\"]")?;
                Some(Means::Command { command })
            }
        }
    }
}

fn is_allowed(url: &Url, allow_http: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    url.scheme() == "https"
        || (url.scheme() == "http"
            && allow_http.iter().any(|it| it == host || Some(it) == with_port.as_ref()))
}
