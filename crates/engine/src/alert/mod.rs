//! Telling people that the state of a pipeline changed: by webhook, mail or a program. A channel
//! that fails never keeps another from being used, and is tried again (see `ledger::outbox`).

mod command;
mod mail;
mod webhook;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_config::{AlertChannel, Means};

use crate::clock::Clock;
use crate::engine::SecretLookup;
use crate::fetch::guard::Guard;
use crate::freshness::{State, Turn};
use crate::trust::Trust;

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Version of this form: 1.
    pub version: u32,
    /// Pipeline id.
    pub pipeline: String,
    /// Its title.
    pub title: String,
    /// The agency that answers for the data.
    pub agency: Contact,
    /// State before; none at first sight.
    pub from: Option<String>,
    /// State now.
    pub to: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whose turn it is.
    pub turn: Turn,
    /// For a state that is about a release: `announced` where the agency has announced its date,
    /// `assumed` where it is only expected here.
    pub basis: Option<String>,
    /// Why, in a sentence.
    pub reason: String,
    /// The run that it is about.
    pub run: Option<String>,
}

/// Who answers for data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Mail address or page.
    pub contact: String,
}

/// What became of an alert on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The channel.
    pub channel: String,
    /// Whether it went out, or why not.
    pub result: Result<(), String>,
}

/// The channels of a deployment.
pub struct Alerts {
    channels: Vec<AlertChannel>,
    clock: Arc<dyn Clock>,
    secrets: SecretLookup,
    trust: Trust,
    guard: Guard,
}

/// Why an alert was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// The channel did not take it; it may later.
    Now(String),
    /// Nobody can tell it.
    Never(String),
}

impl Alerts {
    /// Channels, a clock for the waits between attempts, and where their secrets are.
    pub fn new(channels: Vec<AlertChannel>, clock: Arc<dyn Clock>, secrets: SecretLookup) -> Self {
        crate::fetch::install_crypto();
        Self { channels, clock, secrets, trust: Trust::default(), guard: Guard::default() }
    }

    /// Believes servers with certificates of these authorities too.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// Declares which addresses may be asked: those of webhooks and mail servers are under the same
    /// guard as those of sources.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// For each channel that wants to know: its id, and what it is told, in JSON.
    pub(crate) fn addressed(&self, alert: &Alert) -> Vec<(String, String)> {
        let text = String::from_utf8(json(alert)).unwrap_or_default();
        let channels = self.channels.iter().filter(|channel| wants(channel, alert));
        channels.map(|channel| (channel.id.clone(), text.clone())).collect()
    }

    /// Tells it on one channel.
    pub(crate) async fn send_on(&self, id: &str, alert: &Alert) -> Result<(), Undelivered> {
        let Some(channel) = self.channels.iter().find(|channel| channel.id == id) else {
            return Err(Undelivered::Never("the channel is no longer declared".to_owned()));
        };
        let pipeline = &alert.pipeline;
        match self.send_by(&channel.how, alert).await {
            Ok(()) => {
                tracing::info!(channel = id, pipeline, "told");
                Ok(())
            }
            Err(why) => {
                tracing::error!(channel = id, pipeline, why, "not told; it is tried again");
                Err(Undelivered::Now(why))
            }
        }
    }

    /// Tells everybody who wants to know, one after the other, once.
    pub async fn send(&self, alert: &Alert) -> Vec<Sent> {
        let mut deliveries = Vec::new();
        for channel in self.channels.iter().filter(|channel| wants(channel, alert)) {
            let result = self.send_by(&channel.how, alert).await;
            deliveries.push(Sent { channel: channel.id.clone(), result });
        }
        deliveries
    }

    async fn send_by(&self, means: &Means, alert: &Alert) -> Result<(), String> {
        match means {
            Means::Webhook { url, secret_env } => {
                let key = self.secret(secret_env.as_deref())?;
                let ways =
                    webhook::Ways { clock: &*self.clock, trust: &self.trust, guard: &self.guard };
                webhook::post(url, key.as_deref(), alert, &ways).await
            }
            Means::Mail { server, from, to, secret_env } => {
                let login = self.secret(secret_env.as_deref())?;
                let server =
                    mail::Server { address: server, trust: &self.trust, guard: &self.guard };
                mail::send(&server, login.as_deref(), (from, to), alert).await
            }
            Means::Command { command } => command::run(command, alert).await,
        }
    }

    fn secret(&self, name: Option<&str>) -> Result<Option<String>, String> {
        let Some(name) = name else { return Ok(None) };
        let value = (self.secrets)(name).filter(|value| !value.is_empty());
        value.map(Some).ok_or_else(|| {
            format!(
                "environment variable {name} is not set, or it or the file of {name}_FILE is empty"
            )
        })
    }
}

/// Whether a channel asks for this change. What becomes well again, in whichever way, is told to
/// all who were told that it was not.
fn wants(channel: &AlertChannel, alert: &Alert) -> bool {
    let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
    let states = &channel.states;
    let is_over = is_well(&alert.to) && alert.from.as_ref().is_some_and(|it| states.contains(it));
    named(&channel.pipelines, &alert.pipeline) && (named(states, &alert.to) || is_over)
}

fn is_well(code: &str) -> bool {
    State::ALL.iter().any(|state| state.code() == code && state.is_well())
}

/// One line that says it all.
fn headline(alert: &Alert) -> String {
    let what = match alert.to.as_str() {
        "fresh" => "fresh again".to_owned(),
        "due" => "well again, and due".to_owned(),
        "expected" => "expected by us, not there".to_owned(),
        to => to.replace('_', " "),
    };
    let since = alert.since.format("%Y-%m-%d");
    format!("{}: {what} since {since} ({})", alert.pipeline, alert.agency.name)
}

/// All that somebody needs to know at 23:00.
fn text(alert: &Alert) -> String {
    let turn = match alert.turn {
        Turn::Nobody => "nobody's; this is for information".to_owned(),
        Turn::Agency => format!("{} ({})", alert.agency.name, alert.agency.contact),
        Turn::Deployment => "yours: those who run this deployment".to_owned(),
    };
    let before = alert.from.as_deref().unwrap_or("not known").replace('_', " ");
    let look = match &alert.run {
        Some(run) => format!("wsis runs {run}"),
        None => "wsis schedule list".to_owned(),
    };
    format!(
        "{}\n\nWhat       {} ({})\nState      {}, before: {before}\nSince      {}\nWhy        {}\n\
         Whose turn {turn}\nTo look    {look}\n",
        headline(alert),
        alert.title,
        alert.pipeline,
        alert.to.replace('_', " "),
        alert.since.format("%Y-%m-%d %H:%M UTC"),
        alert.reason,
    )
}

fn json(alert: &Alert) -> Vec<u8> {
    serde_json::to_vec(alert).unwrap_or_default()
}
