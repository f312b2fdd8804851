//! `wsis score`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{AboutSet, CsvRule, Lake, LakeError, MethodParts, Publication, PublishedSet};
use wsis_model::framework::{Framework, Window};
use wsis_model::rules::Method;
use wsis_scorecard::clamp::Crowded;
use wsis_scorecard::fingerprint;

use crate::args::{Format, Global, Review};
use crate::commands::lines::{LineRow, legend, line_rows, rows};
use crate::context::{self, Computed};
use crate::failure::{Failure, chain};
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
    /// Where the tables were published; none for a view of the past.
    public: Option<String>,
    lines: Vec<LineRow>,
}

pub(crate) async fn run(global: &Global, all: bool, review: &Review) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let computed = context::compute(global, deployment, review, None).await?;
    let published = if computed.view.is_present() { Some(publish(&computed).await?) } else { None };
    let summary = Summary {
        framework: computed.framework.clone(),
        method_version: computed.scorecard.method_version.clone(),
        rules: computed.scorecard.rules.clone(),
        method_fingerprint: computed.scorecard.method_fingerprint.clone(),
        window: shown(computed.window),
        window_note: computed.window_note().map(str::to_owned),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
        public: published.as_ref().map(|it| it.folder.clone()),
        lines: line_rows(&computed)?,
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
        if !computed.is_declared() {
            output::note(&format!(
                "window {} is none of framework {}: it is shown here and not published; add it to \
                 `windows` of the framework to publish it",
                summary.window, summary.framework
            ));
        }
        for text in crowded(&computed, None) {
            output::note(&text);
        }
        for warning in published.iter().flat_map(|it| &it.warnings) {
            output::note(&format!("warning: {warning}"));
        }
        output::note(&match &summary.public {
            Some(folder) => format!("published to {folder}"),
            None => "a view of the past is shown and not published: public/v1 holds what is known \
                     now"
            .to_owned(),
        });
    }
    Ok(())
}

/// Longest wait for somebody else who is publishing.
const WAIT: Duration = Duration::from_mins(2);

/// Between two looks at whether they are done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where a set was published, and what whoever published it is to know.
pub(crate) struct Published {
    /// The folder.
    pub(crate) folder: String,
    /// Warnings: of a method that changed under its version, of a set of later that stays.
    pub(crate) warnings: Vec<String>,
}

/// Publishes the tables of a scorecard as one set. The default framework owns the stable names;
/// the tables of another framework carry its id, so that dashboards never see one under the
/// other's name. What is published of a later snapshot stays.
pub(crate) async fn publish(computed: &Computed) -> Result<Published, Failure> {
    let ran = |error: &dyn std::error::Error| Failure::ran(chain(error));
    let lake = &computed.lake;
    let workspace = &computed.deployment.workspace;
    let stable_names = computed.framework == workspace.default_framework;
    let facts = vec![
        ("wsis.framework".to_owned(), computed.framework.clone()),
        ("wsis.method".to_owned(), computed.scorecard.method_version.clone()),
        ("wsis.rules".to_owned(), computed.scorecard.rules.clone()),
        ("wsis.fingerprint".to_owned(), computed.scorecard.method_fingerprint.clone()),
        ("wsis.snapshot".to_owned(), computed.snapshot().to_string()),
        ("wsis.licence".to_owned(), licences(computed)),
    ];
    let scorecard = computed.published()?;
    let tables = scorecard.to_batches().map_err(|error| ran(&error))?;
    let about = AboutSet {
        framework: computed.framework.clone(),
        stable_names,
        snapshot: computed.snapshot(),
        at: SystemClock.now(),
        method: computed.scorecard.method_version.clone(),
        rules: Some(computed.scorecard.rules.clone()),
        method_fingerprint: Some(scorecard.method_fingerprint.clone()),
        parts: Some(parts(computed.method()?)),
        warnings: scorecard
            .crowded(computed.deployment.rules.warnings)
            .iter()
            .map(advice)
            .collect(),
        csv: CsvRule {
            tables: workspace.publish.csv.clone(),
            gzip_above_bytes: workspace.publish.csv_gzip_above_bytes,
        },
    };
    let shown = lake.root().join("public/v1").display().to_string();
    let mut set = match begin(lake, &about).await? {
        Ok(set) => set,
        Err(newer) => return Ok(Published { folder: shown, warnings: vec![newer] }),
    };
    for table in tables {
        set.table(table.name, &[table.batch], table.sort, &facts).map_err(|error| ran(&error))?;
    }
    if stable_names {
        set.observations(computed.view.snapshot(), &facts).map_err(|error| ran(&error))?;
    }
    let manifest = set.finish().map_err(|error| ran(&error))?;
    let mine = manifest.sets.iter().filter(|set| set.framework == computed.framework);
    Ok(Published { folder: shown, warnings: mine.flat_map(silent_changes).collect() })
}

/// What is said of a method that changed under an unchanged version, if this set is of one.
fn silent_changes(set: &PublishedSet) -> Vec<String> {
    let parts = set.replaced.as_ref().zip(set.parts.as_ref());
    parts.map_or_else(Vec::new, |(before, now)| {
        let rules = set.rules.as_deref().unwrap_or_default();
        same_version((&set.framework, &set.method), rules, before, now)
    })
}

/// Parts of a method that are not what was published under the same versions, each in a sentence.
pub(crate) fn same_version(
    (framework, version): (&str, &str),
    rules: &str,
    before: &MethodParts,
    now: &MethodParts,
) -> Vec<String> {
    let mut told = Vec::new();
    if before.framework != now.framework {
        told.push(format!(
            "the method of framework {framework} changed and its version is still {version}: \
             fingerprint of the framework {} before, {} now; raise `version` in its file",
            before.framework, now.framework
        ));
    }
    if before.rules != now.rules {
        told.push(format!(
            "the rules of framework {framework} changed and their version is still that of {rules}: \
             fingerprint of the rule book {} before, {} now; raise `version` in its file",
            before.rules, now.rules
        ));
    }
    told
}

/// Fingerprints of the parts of a method that have a version.
pub(crate) fn parts(method: Method<'_>) -> MethodParts {
    MethodParts {
        framework: fingerprint::of_framework(method.framework),
        rules: fingerprint::of_rules(method),
    }
}

/// Indicators of the chosen window most of whose values lie beyond a goalpost: of one line, or of
/// all. For people, as notes.
pub(crate) fn crowded(computed: &Computed, line: Option<&str>) -> Vec<String> {
    let window = (computed.window.start, computed.window.end);
    let is_of = |indicator: &str| {
        let mut facts = computed.scorecard.indicators.iter();
        line.is_none_or(|line| {
            facts.any(|it| it.indicator == indicator && it.lines.split(';').any(|it| it == line))
        })
    };
    let found = computed.scorecard.crowded(computed.deployment.rules.warnings);
    found
        .iter()
        .filter(|it| (it.window_start, it.window_end) == window && is_of(&it.indicator))
        .map(|it| format!("warning: {}", advice(it)))
        .collect()
}

fn advice(found: &Crowded) -> String {
    format!("{found}; move the goalposts, or do not score the indicator")
}

/// Begins to publish, after those who are at it; what is said when theirs is newer.
async fn begin(lake: &Lake, about: &AboutSet) -> Result<Result<Publication, String>, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        match lake.publication(about.clone()) {
            Ok(set) => return Ok(Ok(set)),
            Err(error @ LakeError::NewerPublished { .. }) => return Ok(Err(chain(&error))),
            Err(LakeError::Locked { .. }) if waited < WAIT => {
                tokio::time::sleep(LOOK_EVERY).await;
                waited += LOOK_EVERY;
            }
            Err(error) => return Err(Failure::ran(chain(&error))),
        }
    }
}

/// The licences of the data in the lake, each with its citation.
fn licences(computed: &Computed) -> String {
    let all: Vec<String> = computed
        .deployment
        .pipelines
        .iter()
        .map(|pipeline| {
            format!("{}: {}; {}", pipeline.dataset, pipeline.licence, pipeline.citation)
        })
        .collect();
    all.join(" | ")
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
