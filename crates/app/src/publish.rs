//! The tables of a scorecard, published as one set.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use wsis_config::Deployment;
use wsis_lake::{AboutSet, CsvRule, Lake, LakeError, MethodParts, Publication, PublishedSet};
use wsis_model::causes::chain;
use wsis_model::framework::Framework;
use wsis_model::rules::Method;
use wsis_scorecard::clamp::Crowded;
use wsis_scorecard::{Scorecard, fingerprint};

use crate::error::AppError;
use crate::scores::Scores;

/// Longest wait for somebody else who is publishing.
const WAIT: Duration = Duration::from_mins(2);

/// Between two looks at whether they are done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where a set is published, and what whoever published it is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The folder.
    pub folder: String,
    /// Warnings: of a method that changed under its version, of a set of later that stays.
    pub warnings: Vec<String>,
    /// Since when the set is there, where it was already and nothing was written.
    pub since: Option<DateTime<Utc>>,
}

/// Whether a set is written that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Only if what is published is another one.
    IfOther,
    /// In any case.
    Always,
}

/// What decides a set of tables besides the snapshot and the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Framework id.
    pub framework: String,
    /// Whether the set has the stable names.
    pub stable_names: bool,
    /// Hash of the method with its windows, of licences and citations, and of the form of the CSV.
    pub hash: String,
}

impl Basis {
    /// Of the framework of a deployment.
    pub fn of(deployment: &Deployment, framework: &Framework) -> Self {
        let Deployment { workspace, areas, .. } = deployment;
        let mut texts = vec![
            fingerprint::fingerprint(deployment.method(framework), areas),
            format!("windows {:?}", framework.windows),
            format!("csv {:?}", csv_rule(deployment)),
        ];
        texts.extend(deployment.pipelines.iter().map(|it| {
            format!("licence {} {} {} {}", it.source, it.dataset, it.licence, it.citation)
        }));
        Self {
            framework: framework.id.clone(),
            stable_names: framework.id == workspace.default_framework,
            hash: fingerprint::of_texts(&texts),
        }
    }

    /// The published set that is as one of a snapshot would be if it were made on a day; none where it has
    /// to be made.
    ///
    /// # Errors
    /// [`AppError::Failed`] when the lake cannot be read.
    pub fn published(
        &self,
        lake: &Lake,
        snapshot: u64,
        on: NaiveDate,
    ) -> Result<Option<PublishedSet>, AppError> {
        lake.published_same((&self.framework, self.stable_names), snapshot, &self.hash, on)
            .map_err(|error| AppError::of(&error))
    }
}

/// The last day on which figures are read as on this one: then the first of the corrections that hold expires
/// (docs/adr/0030). None where none of them holds.
pub fn holds_until(method: Method<'_>, on: NaiveDate) -> Option<NaiveDate> {
    method.corrections().map(|it| it.expires).filter(|last| on <= *last).min()
}

/// Publishes the tables of a scorecard as one set. The default framework owns the stable names;
/// the tables of another framework carry its id, so that dashboards never see one under the
/// other's name. What is published of a later snapshot stays.
///
/// # Errors
/// [`AppError::Failed`] when it cannot be written, or somebody else publishes for too long.
pub async fn publish(
    scores: &Scores,
    now: DateTime<Utc>,
    writing: Writing,
) -> Result<Published, AppError> {
    let lake = &scores.lake;
    let shown = lake.root().join("public/v1").display().to_string();
    let basis = Basis::of(&scores.deployment, &scores.declared_framework());
    if writing == Writing::IfOther
        && let Some(set) =
            basis.published(lake, scores.snapshot(), scores.instant().date_naive())?
    {
        let (since, warnings) = (Some(set.published_at), silent_changes(&set));
        return Ok(Published { folder: shown, warnings, since });
    }
    let scorecard = scores.published();
    let about = about(scores, &scorecard, basis, now);
    let facts = vec![
        ("wsis.framework".to_owned(), about.framework.clone()),
        ("wsis.method".to_owned(), scorecard.method_version.clone()),
        ("wsis.rules".to_owned(), scorecard.rules.clone()),
        ("wsis.fingerprint".to_owned(), scorecard.method_fingerprint.clone()),
        ("wsis.snapshot".to_owned(), scores.snapshot().to_string()),
        ("wsis.licence".to_owned(), licences(scores)?),
    ];
    let tables = scorecard.to_batches().map_err(|error| AppError::of(&error))?;
    let mut set = match begin(lake, &about).await? {
        Ok(set) => set,
        Err(newer) => {
            return Ok(Published { folder: shown, warnings: vec![newer], since: None });
        }
    };
    for table in tables {
        set.table(table.name, &[table.batch], table.sort, &facts)
            .map_err(|error| AppError::of(&error))?;
    }
    if about.stable_names {
        set.observations(scores.view.snapshot(), &facts).map_err(|error| AppError::of(&error))?;
    }
    let manifest = set.finish().map_err(|error| AppError::of(&error))?;
    let mine = manifest.sets.iter().filter(|set| set.framework == about.framework);
    let warnings = mine.flat_map(silent_changes).collect();
    Ok(Published { folder: shown, warnings, since: None })
}

/// What the manifest says of the set.
fn about(scores: &Scores, scorecard: &Scorecard, basis: Basis, now: DateTime<Utc>) -> AboutSet {
    let deployment = &scores.deployment;
    let crowded = scorecard.crowded(deployment.rules.warnings);
    AboutSet {
        framework: basis.framework,
        stable_names: basis.stable_names,
        snapshot: scores.snapshot(),
        at: now,
        method: scorecard.method_version.clone(),
        rules: Some(scorecard.rules.clone()),
        method_fingerprint: Some(scorecard.method_fingerprint.clone()),
        parts: Some(parts(scores.method())),
        basis: Some(basis.hash),
        holds_until: holds_until(scores.method(), scores.instant().date_naive()),
        warnings: crowded.iter().map(advice).collect(),
        csv: csv_rule(deployment),
    }
}

/// Which tables are CSV too.
fn csv_rule(deployment: &Deployment) -> CsvRule {
    let publish = &deployment.workspace.publish;
    CsvRule { tables: publish.csv.clone(), gzip_above_bytes: publish.csv_gzip_above_bytes }
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
pub fn same_version(
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
pub fn parts(method: Method<'_>) -> MethodParts {
    MethodParts {
        framework: fingerprint::of_framework(method.framework),
        rules: fingerprint::of_rules(method),
    }
}

/// Indicators of the chosen window most of whose values lie beyond a goalpost: of one line, or of
/// all. For people, as notes.
pub fn crowded(scores: &Scores, line: Option<&str>) -> Vec<String> {
    let window = (scores.window.start, scores.window.end);
    let is_of = |indicator: &str| {
        let mut facts = scores.scorecard.indicators.iter();
        line.is_none_or(|line| {
            facts.any(|it| it.indicator == indicator && it.lines.split(';').any(|it| it == line))
        })
    };
    let found = scores.scorecard.crowded(scores.deployment.rules.warnings);
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
async fn begin(lake: &Lake, about: &AboutSet) -> Result<Result<Publication, String>, AppError> {
    let mut waited = Duration::ZERO;
    loop {
        match lake.publication(about.clone()) {
            Ok(set) => return Ok(Ok(set)),
            Err(error @ LakeError::NewerPublished { .. }) => return Ok(Err(chain(&error))),
            Err(LakeError::Locked { .. }) if waited < WAIT => {
                tokio::time::sleep(LOOK_EVERY).await;
                waited += LOOK_EVERY;
            }
            Err(error) => return Err(AppError::of(&error)),
        }
    }
}

/// The licences of the data in the view, each with its citation.
fn licences(scores: &Scores) -> Result<String, AppError> {
    let held = scores.view.snapshot().datasets().map_err(|error| AppError::of(&error))?;
    let all: BTreeSet<String> = scores
        .deployment
        .pipelines
        .iter()
        .filter(|it| held.iter().any(|(source, set)| (source, set) == (&it.source, &it.dataset)))
        .map(|it| format!("{}: {}; {}", it.dataset, it.licence, it.citation))
        .collect();
    Ok(Vec::from_iter(all).join(" | "))
}
