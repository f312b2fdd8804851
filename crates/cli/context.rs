//! What commands share: the deployment, the lake, the chosen framework and window.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_config::{Deployment, Origin, Workspace};
use wsis_engine::watch::Known;
use wsis_engine::{Clock as _, Ledger, SystemClock};
use wsis_lake::{At, Lake, LakeError, View};
use wsis_model::framework::{Framework, Window};
use wsis_model::rules::Method;
use wsis_query::Session;
use wsis_scorecard::{Panel, Scorecard};

use crate::args::{Global, Look, Review};
use crate::choice;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output;

/// The deployment of `--root`, of this folder where it has a `workspace.toml`, or the embedded one.
pub(crate) fn deployment(global: &Global) -> Result<Deployment, Failure> {
    let loaded = match origin(global) {
        Origin::Folder(root) => Deployment::load(root),
        Origin::Embedded => Deployment::embedded(),
    };
    let mut deployment = loaded.map_err(|errors| Failure::usage(wsis_config::report(&errors.0)))?;
    if let Some(address) = &global.ledger {
        deployment.workspace.ledger = Some(address.clone());
    }
    Ok(deployment)
}

/// `workspace.toml` alone, for what needs nothing else: a broken pipeline keeps nobody from checking
/// the lake or reading the ledger.
pub(crate) fn workspace(global: &Global) -> Result<Workspace, Failure> {
    let mut workspace = Workspace::load(origin(global))
        .map_err(|errors| Failure::usage(wsis_config::report(&errors.0)))?;
    if let Some(address) = &global.ledger {
        workspace.ledger = Some(address.clone());
    }
    Ok(workspace)
}

/// Refuses ids of pipelines that are not declared.
pub(crate) fn check_pipelines<S: AsRef<str>>(
    deployment: &Deployment,
    ids: &[S],
) -> Result<(), Failure> {
    match ids.iter().map(AsRef::as_ref).find(|id| deployment.pipeline(id).is_none()) {
        None => Ok(()),
        Some(id) => {
            let hint = deployment.pipeline_hint(id);
            Err(Failure::usage(format!("no pipeline {id:?}; {hint}")))
        }
    }
}

/// The ledger, to be read.
pub(crate) fn ledger(at: &impl AsRef<Workspace>, lake: &Lake) -> Result<Ledger, Failure> {
    Ledger::of_to_read(at.as_ref(), lake.root()).map_err(|error| Failure::ran(chain(&error)))
}

/// Where the deployment comes from.
pub(crate) fn origin(global: &Global) -> Origin<'_> {
    let here = Path::new(".");
    match &global.root {
        Some(root) => Origin::Folder(root),
        // Also a link to nothing: that is a mistake to be told, not a folder without one.
        None if here.join("workspace.toml").symlink_metadata().is_ok() => Origin::Folder(here),
        None => Origin::Embedded,
    }
}

/// The folder of the lake: `--lake`, else the one of workspace.toml.
pub(crate) fn lake_folder(global: &Global, at: &impl AsRef<Workspace>) -> PathBuf {
    global.lake.clone().unwrap_or_else(|| at.as_ref().lake.clone())
}

/// Opens the lake, which must be there, and says if it holds a sample.
pub(crate) fn existing_lake(
    global: &Global,
    at: &impl AsRef<Workspace>,
) -> Result<Arc<Lake>, Failure> {
    let lake = lake_to_read(&lake_folder(global, at))?;
    if let Some(statement) = sample(&lake)?.filter(|_| !global.quiet) {
        output::note(&statement);
    }
    Ok(lake)
}

/// Refuses a folder without a lake.
pub(crate) fn must_be_a_lake(folder: &Path) -> Result<(), Failure> {
    if folder.join("_format.json").is_file() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "there is no lake in {}; run `wsis ingest` or `wsis demo` first, or name one with --lake",
        folder.display()
    )))
}

/// Opens a lake that must be there: a reader never creates one.
pub(crate) fn lake_to_read(folder: &Path) -> Result<Arc<Lake>, Failure> {
    must_be_a_lake(folder)?;
    let lake = Lake::open(folder).map_err(|error| Failure::ran(chain(&error)))?;
    Ok(Arc::new(lake))
}

/// What a lake says of itself if it holds a sample.
pub(crate) fn sample(lake: &Lake) -> Result<Option<String>, Failure> {
    lake.sample().map_err(|error| Failure::ran(chain(&error)))
}

/// The state of a lake that is meant. What is not known yet is refused: it would be answered
/// otherwise tomorrow.
pub(crate) fn view(lake: &Lake, look: Look) -> Result<View, Failure> {
    let now = SystemClock.now();
    let settle = |asked| {
        wsis_lake::settled(asked, now).ok_or_else(|| {
            Failure::usage(format!(
                "--as-of: what will be known {} is not known yet; it is {} now",
                wsis_lake::said(asked),
                instant::told(now)
            ))
        })
    };
    let as_of = look.as_of.map(settle).transpose()?;
    let view = lake.view(look.snapshot.map_or(At::Head, At::Id), as_of);
    let view = view.map_err(|error| match error {
        LakeError::NoSnapshot { .. } | LakeError::NothingKnown { .. } => {
            Failure::usage(chain(&error))
        }
        error => Failure::ran(chain(&error)),
    })?;
    view.ok_or_else(|| {
        Failure::usage(format!(
            "the lake in {} is empty; run `wsis ingest` first",
            lake.root().display()
        ))
    })
}

/// What `--as-of` or `--snapshot` means for what is kept beside the lake: runs, states, release
/// dates.
pub(crate) fn known(lake: &Lake, look: Look) -> Result<Known, Failure> {
    // Without either a lake need hold nothing yet.
    if look.is_present() { Ok(Known::All) } else { Ok(known_of(&view(lake, look)?)) }
}

/// The same for a view at hand.
pub(crate) fn known_of(view: &View) -> Known {
    let snapshot = view.instant().is_none().then_some(view.snapshot().id);
    view.speaks_of().map_or(Known::All, |at| Known::Until(at, snapshot))
}

/// The instant at which that is judged.
pub(crate) fn judged_at(known: Known) -> DateTime<Utc> {
    match known {
        Known::All => SystemClock.now(),
        Known::Until(at, _) => at,
    }
}

/// What dashboards read, and how far it is behind the lake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct PublishedState {
    /// Newest snapshot of the lake; none in an empty one.
    pub(crate) snapshot: Option<u64>,
    /// Snapshot that the published tables were computed from; none before any were.
    pub(crate) published_snapshot: Option<u64>,
    /// When they were published, UTC.
    pub(crate) published_at: Option<DateTime<Utc>>,
}

impl PublishedState {
    /// In words, at an instant.
    pub(crate) fn text(&self, now: DateTime<Utc>) -> String {
        let (Some(published), Some(at)) = (self.published_snapshot, self.published_at) else {
            return "published: nothing yet; `wsis score` publishes".to_owned();
        };
        let age = (now - at).num_minutes().max(0);
        let age = match (age / 1_440, age / 60 % 24, age % 60) {
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        let head = self.snapshot.unwrap_or_default();
        let behind = if published < head {
            format!(", behind the lake, which is at {head}; `wsis score` publishes")
        } else {
            String::new()
        };
        format!("published: snapshot {published}, {age} ago{behind}")
    }
}

/// What is published of a lake.
pub(crate) fn published(lake: &Lake) -> Result<PublishedState, Failure> {
    let ran = |error| Failure::ran(chain(&error));
    let manifest = lake.published().map_err(ran)?;
    let head = lake.snapshot(At::Head).map_err(ran)?;
    Ok(PublishedState {
        snapshot: head.map(|head| head.id),
        published_snapshot: manifest.as_ref().and_then(|it| it.snapshot),
        published_at: manifest.and_then(|it| it.published_at),
    })
}

/// The newest window in which an economy has a score, of one line or of any.
fn newest_with_scores(
    framework: &Framework,
    scorecard: &Scorecard,
    line: Option<&str>,
) -> Option<Window> {
    let lines = scorecard.lines.iter().filter(|it| line.is_none_or(|line| it.line == line));
    let scored: Vec<Window> = lines
        .flat_map(|it| &it.windows)
        .filter(|window| window.economies_scored > 0)
        .map(|window| Window { start: window.window_start, end: window.window_end })
        .collect();
    framework.windows.iter().rev().find(|window| scored.contains(window)).copied()
}

/// Why a figure is not there that a sample leaves out: what the source has is not known from it.
pub(crate) const NOT_IN_SAMPLE: &str = "not in the demo's sample";

/// A scorecard with all that it was computed from.
pub(crate) struct Computed {
    /// The deployment.
    pub(crate) deployment: Deployment,
    /// Id of the framework.
    pub(crate) framework: String,
    /// Chosen window.
    pub(crate) window: Window,
    /// The lake.
    pub(crate) lake: Arc<Lake>,
    /// What the lake says of itself if it holds a sample.
    pub(crate) sample: Option<String>,
    /// The state of the lake that was read.
    pub(crate) view: View,
    /// Observations by indicator, area and year.
    pub(crate) panel: Panel,
    /// Scores of every window of the framework and of the chosen one.
    pub(crate) scorecard: Scorecard,
    /// The windows that the framework declares: those are published.
    pub(crate) declared: Vec<Window>,
}

impl Computed {
    /// Number of the snapshot that was read.
    pub(crate) const fn snapshot(&self) -> u64 {
        self.view.snapshot().id
    }

    /// The instant that the scores speak of: that of a view of the past, else now.
    pub(crate) fn instant(&self) -> DateTime<Utc> {
        judged_at(known_of(&self.view))
    }

    /// Whether the chosen window is one of the framework's.
    pub(crate) fn is_declared(&self) -> bool {
        self.declared.contains(&self.window)
    }

    /// The scorecard of the windows that the framework declares. Another one that somebody asks
    /// for is answered, and leaves no trace in what is published.
    pub(crate) fn published(&self) -> Result<Cow<'_, Scorecard>, Failure> {
        if self.is_declared() {
            return Ok(Cow::Borrowed(&self.scorecard));
        }
        let mut framework = self.framework()?.clone();
        framework.windows.clone_from(&self.declared);
        let areas = &self.deployment.areas;
        let mut scorecard =
            wsis_scorecard::score(self.deployment.method(&framework), &self.panel, areas);
        if self.sample.is_some() {
            scorecard.of_a_sample(NOT_IN_SAMPLE);
        }
        Ok(Cow::Owned(scorecard))
    }

    /// What a reader has to know of the chosen window.
    pub(crate) fn window_note(&self) -> Option<&str> {
        let window = self.window;
        let summaries = self.scorecard.lines.iter().flat_map(|line| &line.windows);
        summaries
            .filter(|it| (it.window_start, it.window_end) == (window.start, window.end))
            .find_map(|it| it.note.as_deref())
    }

    /// The framework that was scored, under the rule book of the deployment.
    pub(crate) fn method(&self) -> Result<Method<'_>, Failure> {
        Ok(self.deployment.method(self.framework()?))
    }

    /// The framework that was scored.
    pub(crate) fn framework(&self) -> Result<&Framework, Failure> {
        self.deployment
            .framework(&self.framework)
            .ok_or_else(|| Failure::ran(format!("framework {} is gone", self.framework)))
    }
}

/// Where a reader is told that the lake holds a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// On standard error.
    Note,
    /// By the output itself.
    InIt,
}

/// Scores the newest snapshot of the lake, in the window that the review names or in the newest
/// with scores (of `line`, where one is meant), and says which that is.
pub(crate) async fn compute(
    global: &Global,
    deployment: Deployment,
    review: &Review,
    line: Option<&str>,
) -> Result<Computed, Failure> {
    compute_telling(global, deployment, review, line, Told::Note).await
}

/// As [`compute`], for who says itself that the lake holds a sample.
pub(crate) async fn compute_telling(
    global: &Global,
    deployment: Deployment,
    review: &Review,
    line: Option<&str>,
    told: Told,
) -> Result<Computed, Failure> {
    choice::framework(&deployment, review)?;
    let lake = match told {
        Told::Note => existing_lake(global, &deployment)?,
        Told::InIt => lake_to_read(&lake_folder(global, &deployment))?,
    };
    let mut computed = compute_from(deployment, lake, review).await?;
    if review.window.is_none() {
        let found = newest_with_scores(computed.framework()?, &computed.scorecard, line);
        computed.window = found.unwrap_or(computed.window);
        if !global.quiet {
            let Window { start, end, .. } = computed.window;
            output::note(&match (found, line) {
                (Some(_), _) => {
                    format!("window {start}-{end}, the newest with scores; --window names another")
                }
                (None, Some(line)) => {
                    format!("window {start}-{end}; {line} has scores in no window of the review")
                }
                (None, None) => format!("window {start}-{end}; no window has scores"),
            });
        }
    }
    Ok(computed)
}

/// Scores the state of this lake that the review means.
pub(crate) async fn compute_from(
    deployment: Deployment,
    lake: Arc<Lake>,
    review: &Review,
) -> Result<Computed, Failure> {
    let view = view(&lake, review.look)?;
    compute_at(deployment, lake, view, review).await
}

/// Scores that state of this lake. One partition: sums are then made in one order.
pub(crate) async fn compute_at(
    mut deployment: Deployment,
    lake: Arc<Lake>,
    view: View,
    review: &Review,
) -> Result<Computed, Failure> {
    let framework = choice::framework(&deployment, review)?;
    let (id, declared) = (framework.id.clone(), framework.windows.clone());
    // Any window may be asked for; those of the framework are published.
    let named = review.window.map(|(start, end)| Window { start, end });
    if let Some(window) = named.filter(|window| !declared.contains(window))
        && let Some(framework) = deployment.frameworks.iter_mut().find(|it| it.id == id)
    {
        framework.windows.push(window);
        framework.windows.sort_unstable();
    }
    let framework =
        deployment.framework(&id).ok_or_else(|| Failure::ran(format!("framework {id} is gone")))?;
    let session = Session::open(&view, &deployment.workspace.query)
        .map_err(|error| Failure::ran(chain(&error)))?;
    let panel = wsis_scorecard::read_panel(&session, framework, &deployment.areas)
        .await
        .map_err(|error| Failure::ran(chain(&error)))?;
    let mut scorecard =
        wsis_scorecard::score(deployment.method(framework), &panel, &deployment.areas);
    let sample = sample(&lake)?;
    if sample.is_some() {
        scorecard.of_a_sample(NOT_IN_SAMPLE);
    }
    let window = named
        .or_else(|| newest_with_scores(framework, &scorecard, None))
        .or_else(|| framework.windows.last().copied())
        .ok_or_else(|| Failure::usage(format!("framework {id} has no review window")))?;
    let framework = id;
    Ok(Computed { deployment, framework, window, lake, sample, view, panel, scorecard, declared })
}
