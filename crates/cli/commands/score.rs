//! `wsis score`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{AboutSet, CsvRule, Lake, LakeError, Publication, PublishedSet};
use wsis_model::framework::{Framework, Window};
use wsis_scorecard::clamp::Crowded;
use wsis_scorecard::{Class, LineSummary};

use crate::args::{Format, Global, Review};
use crate::context::{self, Computed};
use crate::failure::{Failure, chain};
use crate::output::{self, Rows, exact};

/// One Action Line in one window, as `demo` and `score` print it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LineRow {
    line: String,
    title: String,
    indicators: u32,
    indicators_delivered: u32,
    /// Who counts: the member States at the end of the window.
    economies: u32,
    economies_scored: u32,
    economies_ranked: u32,
    /// Those with a score at both ends, of whom the change is the median.
    economies_matched: u32,
    median_score: Option<f64>,
    status: &'static str,
    status_reason: Option<String>,
    median_change: Option<f64>,
    change_status: &'static str,
    change_reason: Option<String>,
    coverage: Option<f64>,
    classes: BTreeMap<Class, u32>,
    /// Least agreed status of the targets that the classes of the window rest on; none without.
    target_status: Option<&'static str>,
    /// Why there is no score, for a line without one.
    note: Option<String>,
    /// Decimals that scores are shown with.
    #[serde(skip)]
    decimals: usize,
}

impl LineRow {
    /// Whether its classes rest on a target that nobody has agreed to.
    fn is_proposal(&self) -> bool {
        let scored = self.classes.keys().any(|class| *class != Class::NotAssessable);
        self.note.is_none() && scored && self.target_status == Some("proposed")
    }
}

/// What the marks in the table of lines mean; none without a mark.
pub(crate) fn legend(lines: &[LineRow]) -> Option<&'static str> {
    lines
        .iter()
        .any(LineRow::is_proposal)
        .then_some("* a target behind these classes is proposed by this project and not agreed")
}

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
    let public = if computed.view.is_present() { Some(publish(&computed).await?) } else { None };
    let summary = Summary {
        framework: computed.framework.clone(),
        method_version: computed.scorecard.method_version.clone(),
        rules: computed.scorecard.rules.clone(),
        method_fingerprint: computed.scorecard.method_fingerprint.clone(),
        window: shown(computed.window),
        window_note: computed.window_note().map(str::to_owned),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
        public,
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
    if let Some(legend) = legend(&summary.lines).filter(|_| global.format == Format::Table) {
        output::text(legend)?;
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

/// Publishes the tables of a scorecard as one set. The default framework owns the stable names;
/// the tables of another framework carry its id, so that dashboards never see one under the
/// other's name. What is published of a later snapshot stays.
pub(crate) async fn publish(computed: &Computed) -> Result<String, Failure> {
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
    let Some(mut set) = begin(lake, &about).await? else { return Ok(shown) };
    for table in tables {
        set.table(table.name, &[table.batch], table.sort, &facts).map_err(|error| ran(&error))?;
    }
    if stable_names {
        set.observations(computed.view.snapshot(), &facts).map_err(|error| ran(&error))?;
    }
    let manifest = set.finish().map_err(|error| ran(&error))?;
    if let Some(change) =
        manifest.sets.iter().find_map(|set| silent_change(set, &computed.framework))
    {
        output::note(&change);
    }
    Ok(shown)
}

/// What is said of a method that changed under an unchanged version, if this set is of one.
fn silent_change(set: &PublishedSet, framework: &str) -> Option<String> {
    let before = set.replaced_fingerprint.as_ref().filter(|_| set.framework == framework)?;
    let now = set.method_fingerprint.as_ref()?;
    Some(format!("warning: {}", same_version(framework, &set.method, before, now)))
}

/// Two methods under one version.
pub(crate) fn same_version(framework: &str, version: &str, before: &str, now: &str) -> String {
    format!(
        "the method of framework {framework} changed and its version is still {version}: \
         fingerprint {before} before, {now} now (framework, rules, code lists or program); raise \
         `version` in its file"
    )
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

/// Begins to publish, after those who are at it; none when what they publish is newer.
async fn begin(lake: &Lake, about: &AboutSet) -> Result<Option<Publication>, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        match lake.publication(about.clone()) {
            Ok(set) => return Ok(Some(set)),
            Err(error @ LakeError::NewerPublished { .. }) => {
                output::note(&chain(&error));
                return Ok(None);
            }
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

/// The lines of a scorecard in its window, in the framework's order.
pub(crate) fn line_rows(computed: &Computed) -> Result<Vec<LineRow>, Failure> {
    let decimals = decimals(computed.framework()?);
    let lines = computed.scorecard.lines.iter();
    let nothing =
        if computed.sample.is_some() { context::NOT_IN_SAMPLE } else { "no observation delivered" };
    Ok(lines.map(|line| line_row(line, computed.window, decimals, nothing)).collect())
}

/// `nothing` is said of a line of whose indicators nothing was delivered.
fn line_row(line: &LineSummary, window: Window, decimals: usize, nothing: &str) -> LineRow {
    let summary = line
        .windows
        .iter()
        .find(|summary| (summary.window_start, summary.window_end) == (window.start, window.end));
    let note = line
        .no_indicator
        .clone()
        .or_else(|| (line.indicators_delivered == 0).then(|| nothing.to_owned()));
    LineRow {
        line: line.line.clone(),
        title: line.title.clone(),
        indicators: line.indicators,
        indicators_delivered: line.indicators_delivered,
        economies: summary.map_or(0, |s| s.members),
        economies_scored: summary.map_or(0, |s| s.economies_scored),
        economies_ranked: summary.map_or(0, |s| s.economies_ranked),
        economies_matched: summary.map_or(0, |s| s.economies_matched),
        median_score: summary.and_then(|s| s.median_score),
        status: summary.map_or("withheld", |s| s.status),
        status_reason: summary.and_then(|s| s.status_reason.clone()),
        median_change: summary.and_then(|s| s.median_change),
        change_status: summary.map_or("withheld", |s| s.change_status),
        change_reason: summary.and_then(|s| s.change_reason.clone()),
        coverage: summary.and_then(|s| s.coverage),
        classes: summary.map(|s| s.classes.clone()).unwrap_or_default(),
        target_status: summary.and_then(|s| s.target_status),
        note,
        decimals,
    }
}

/// The lines for people, or exact for CSV.
pub(crate) fn rows(lines: &[LineRow], format: Format) -> Rows {
    if format == Format::Csv { records(lines) } else { table(lines) }
}

/// The lines as a table for people.
fn table(lines: &[LineRow]) -> Rows {
    let mut rows = Rows::new(&[
        "line",
        "title",
        "#median",
        "#change",
        "#scored",
        "~#at both ends",
        "~#ranked",
        "~#coverage",
        "classes or why not",
    ]);
    for line in lines {
        let classes: Vec<String> =
            line.classes.iter().map(|(class, n)| format!("{n} {}", class.label())).collect();
        rows.push(vec![
            line.line.clone(),
            line.title.clone(),
            shared(line.median_score, line.economies_scored, |it| number(it, line.decimals)),
            shared(line.median_change, line.economies_matched, |it| signed(it, line.decimals)),
            format!("{} of {}", line.economies_scored, line.economies),
            line.economies_matched.to_string(),
            line.economies_ranked.to_string(),
            percent(line.coverage, "no data"),
            line.note.clone().unwrap_or_else(|| {
                format!("{}{}", classes.join(", "), if line.is_proposal() { " *" } else { "" })
            }),
        ]);
    }
    rows
}

/// The lines as records: one column for each class, numbers exact.
fn records(lines: &[LineRow]) -> Rows {
    let mut columns = vec![
        "line",
        "title",
        "indicators",
        "indicators_delivered",
        "economies_scored",
        "economies_ranked",
        "median_score",
        "median_change",
        "coverage",
    ];
    columns.extend(Class::ALL.iter().map(|class| class.code()));
    columns.extend(["target_status", "note", "economies", "economies_matched", "status"]);
    columns.extend(["status_reason", "change_status", "change_reason"]);
    let mut rows = Rows::new(&columns);
    for line in lines {
        let mut row = vec![
            line.line.clone(),
            line.title.clone(),
            line.indicators.to_string(),
            line.indicators_delivered.to_string(),
            line.economies_scored.to_string(),
            line.economies_ranked.to_string(),
            exact(line.median_score),
            exact(line.median_change),
            exact(line.coverage),
        ];
        row.extend(
            Class::ALL
                .iter()
                .map(|class| line.classes.get(class).copied().unwrap_or_default().to_string()),
        );
        row.push(line.target_status.unwrap_or_default().to_owned());
        row.push(line.note.clone().unwrap_or_default());
        row.extend([line.economies.to_string(), line.economies_matched.to_string()]);
        row.extend([line.status.to_owned(), line.status_reason.clone().unwrap_or_default()]);
        row.push(line.change_status.to_owned());
        row.push(line.change_reason.clone().unwrap_or_default());
        rows.push(row);
    }
    rows
}

/// A median, or "withheld" where too few economies have what it is of.
fn shared(value: Option<f64>, economies: u32, print: impl Fn(Option<f64>) -> String) -> String {
    if value.is_none() && economies > 0 { "withheld".to_owned() } else { print(value) }
}

/// A score with the framework's decimals, or the words: a missing number is never a zero or a
/// dash.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("no data".to_owned(), |value| format!("{value:.decimals$}"))
}

/// A change with its sign; one that rounds to zero has none.
pub(crate) fn signed(value: Option<f64>, decimals: usize) -> String {
    let Some(value) = value else { return "no data".to_owned() };
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
