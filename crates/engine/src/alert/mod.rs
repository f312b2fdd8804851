//! Telling people that the state of a pipeline changed: once per change, by webhook, mail or a
//! program. A channel that fails never keeps another from being used.

mod command;
mod mail;
mod webhook;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_config::{AlertChannel, Means};

use crate::clock::Clock;
use crate::engine::SecretLookup;
use crate::freshness::Turn;
use crate::trust::Trust;

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Why, in a sentence.
    pub reason: String,
    /// The run that it is about.
    pub run: Option<String>,
}

/// Who answers for data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
pub struct Delivery {
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
}

impl Alerts {
    /// Channels, a clock for the waits between attempts, and where their secrets are.
    pub fn new(channels: Vec<AlertChannel>, clock: Arc<dyn Clock>, secrets: SecretLookup) -> Self {
        crate::fetch::install_crypto();
        Self { channels, clock, secrets, trust: Trust::default() }
    }

    /// Believes servers with certificates of these authorities too.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// Tells everybody who wants to know, one after the other.
    pub async fn send(&self, alert: &Alert) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for channel in self.channels.iter().filter(|channel| wants(channel, alert)) {
            let result = self.send_by(&channel.how, alert).await;
            match &result {
                Ok(()) => tracing::info!(channel = channel.id, pipeline = alert.pipeline, "told"),
                Err(why) => {
                    tracing::error!(
                        channel = channel.id,
                        pipeline = alert.pipeline,
                        why,
                        "not told"
                    );
                }
            }
            deliveries.push(Delivery { channel: channel.id.clone(), result });
        }
        deliveries
    }

    async fn send_by(&self, means: &Means, alert: &Alert) -> Result<(), String> {
        match means {
            Means::Webhook { url, secret_env } => {
                let key = self.secret(secret_env.as_deref())?;
                webhook::post(url, key.as_deref(), alert, (&*self.clock, &self.trust)).await
            }
            Means::Mail { server, from, to, secret_env } => {
                let login = self.secret(secret_env.as_deref())?;
                mail::send((server, &self.trust), login.as_deref(), (from, to), alert).await
            }
            Means::Command { command } => command::run(command, alert).await,
        }
    }

    fn secret(&self, name: Option<&str>) -> Result<Option<String>, String> {
        let Some(name) = name else { return Ok(None) };
        let value = (self.secrets)(name).filter(|value| !value.is_empty());
        value.map(Some).ok_or_else(|| format!("environment variable {name} is not set"))
    }
}

/// Whether a channel asks for this change. What becomes well again is told to all who were told
/// that it was not.
fn wants(channel: &AlertChannel, alert: &Alert) -> bool {
    let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
    let states = &channel.states;
    let is_asked = named(states, &alert.to)
        || alert.from.as_ref().is_some_and(|from| states.contains(from) && alert.to == "fresh");
    named(&channel.pipelines, &alert.pipeline) && is_asked
}

/// One line that says it all.
fn headline(alert: &Alert) -> String {
    let what =
        if alert.to == "fresh" { "fresh again".to_owned() } else { alert.to.replace('_', " ") };
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
