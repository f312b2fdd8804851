//! `wsis score`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::Scores;
use wsis_app::publish::{Writing, crowded, publish};
use wsis_engine::{Clock as _, SystemClock};
use wsis_model::framework::{Framework, Window};

use crate::args::{Format, Global, Review};
use crate::commands::lines::{LineRow, legend, line_rows, rows};
use crate::context;
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct Summary {
    framework: String,
    method_version: String,
    rules: String,
    method_fingerprint: String,
    window: String,
    window_note: Option<String>,
    snapshot: u64,
    /// The instant of which the scores speak; none for what is known now.
    as_of: Option<DateTime<Utc>>,
    /// Where the tables are published; none for a view of the past.
    public: Option<String>,
    /// Since when, where these were there already and nothing was written.
    published_since: Option<DateTime<Utc>>,
    lines: Vec<LineRow>,
}

impl Summary {
    /// What became of the published tables, in words.
    fn published(&self) -> String {
        match (&self.public, self.published_since) {
            (Some(folder), None) => format!("published to {folder}"),
            (Some(folder), Some(since)) => format!(
                "published already, {}: {folder} holds snapshot {} by this method; --force writes it \
                 again",
                wsis_app::told(since),
                self.snapshot
            ),
            (None, _) => {
                "a view of the past is shown and not published: public/v1 holds what is known \
                          now"
                .to_owned()
            }
        }
    }
}

pub(crate) async fn run(
    global: &Global,
    all: bool,
    writing: Writing,
    review: &Review,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let computed = context::compute(global, deployment, review, None).await?;
    let published = if computed.view.is_present() {
        Some(publish(&computed, SystemClock.now(), writing).await?)
    } else {
        None
    };
    let summary = Summary {
        framework: computed.framework().id.clone(),
        method_version: computed.scorecard.method_version.clone(),
        rules: computed.scorecard.rules.clone(),
        method_fingerprint: computed.scorecard.method_fingerprint.clone(),
        window: shown(computed.window),
        window_note: computed.window_note().map(str::to_owned),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
        public: published.as_ref().map(|it| it.folder.clone()),
        published_since: published.as_ref().and_then(|it| it.since),
        lines: line_rows(&computed),
    };
    if let Some(said) = computed.view.said().filter(|_| global.format == Format::Table) {
        output::text(&format!("{}, {}: {said}", summary.framework, summary.window))?;
    }
    let is_empty = summary.lines.iter().all(|line| line.economies_scored == 0);
    if is_empty && !all && global.format == Format::Table {
        output::text(&format!(
            "no line of {} has a score in {}; --all lists why",
            summary.framework, summary.window
        ))?;
    } else {
        output::print(global.format, &summary, |form| rows(&summary.lines, form))?;
    }
    if global.format == Format::Table {
        for words in legend(&summary.lines, &computed.deployment.rules) {
            output::text(&output::wrapped(&words))?;
        }
    }
    if let Some(note) = summary.window_note.as_ref().filter(|_| global.format == Format::Table) {
        output::text(note)?;
    }
    if !global.quiet {
        notes(&computed, &summary, published.iter().flat_map(|it| &it.warnings));
    }
    Ok(())
}

/// What is to be known besides the table.
fn notes<'w>(computed: &Scores, summary: &Summary, warnings: impl Iterator<Item = &'w String>) {
    if !computed.is_declared() {
        output::note(&format!(
            "window {} is none of framework {}: it is shown here and not published; add it to \
             `windows` of the framework to publish it",
            summary.window, summary.framework
        ));
    }
    for text in crowded(computed, None) {
        output::note(&text);
    }
    for warning in warnings {
        output::note(&format!("warning: {warning}"));
    }
    output::note(&summary.published());
}

/// A score with the framework's decimals, or the word: a missing number is never a zero or a dash.
/// That there is no score does not say that there are no data.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("none".to_owned(), |value| format!("{value:.decimals$}"))
}

/// A change with its sign; one that rounds to zero has none.
pub(crate) fn signed(value: Option<f64>, decimals: usize) -> String {
    let Some(value) = value else { return "none".to_owned() };
    let text = format!("{value:+.decimals$}");
    let is_zero = text.chars().all(|c| !matches!(c, '1'..='9'));
    if is_zero { text.trim_start_matches(['+', '-']).to_owned() } else { text }
}

/// A share in per cent, or what stands where there is none.
pub(crate) fn percent(share: Option<f64>, none: &str) -> String {
    share.map_or(none.to_owned(), |share| format!("{:.0} %", share * 100.0))
}

/// Decimals that a framework's scores are shown with.
pub(crate) fn decimals(framework: &Framework) -> usize {
    usize::try_from(framework.scale.shown_decimals).unwrap_or(1)
}

/// A window as people write it.
pub(crate) fn shown(window: Window) -> String {
    format!("{}-{}", window.start, window.end)
}
