//! What commands share: where everything is by their options, and what they say of it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use chrono::{DateTime, Utc};
use wsis_app::{App, Place, Scores};
use wsis_config::{Deployment, Origin, Workspace};
use wsis_engine::watch::Known;
use wsis_engine::{Clock as _, Ledger, SystemClock};
use wsis_lake::{Lake, View};
use wsis_model::framework::Window;

use crate::args::{Global, Look, Review};
use crate::commands::worker;
use crate::failure::Failure;
use crate::output;
use crate::sample;

/// Where everything is.
pub(crate) fn place(global: &Global) -> Place<'_> {
    Place { origin: origin(global), lake: global.lake.as_deref(), ledger: global.ledger.as_deref() }
}

/// The deployment of `--root`, of this folder where it has a `workspace.toml`, or the embedded one.
pub(crate) fn deployment(global: &Global) -> Result<Deployment, Failure> {
    Ok(place(global).deployment()?)
}

/// `workspace.toml` alone, for what needs nothing else.
pub(crate) fn workspace(global: &Global) -> Result<Workspace, Failure> {
    Ok(place(global).workspace()?)
}

/// The ledger, to be read.
pub(crate) fn ledger(at: &impl AsRef<Workspace>, lake: &Lake) -> Result<Ledger, Failure> {
    Ok(wsis_app::ledger(at, lake)?)
}

/// Where the deployment comes from.
pub(crate) fn origin(global: &Global) -> Origin<'_> {
    let here = Path::new(".");
    match &global.root {
        Some(root) => Origin::Folder(root),
        // Also a link to nothing: that is a mistake to be told, not a folder without one.
        None if here.join("workspace.toml").symlink_metadata().is_ok() => Origin::Folder(here),
        None => {
            note_not_read(here);
            Origin::Embedded
        }
    }
}

/// Says once that what stands here like the parts of a deployment is not read: somebody who wrote a
/// pipeline would look at the built-in ones, and see none of it.
fn note_not_read(here: &Path) {
    static TOLD: Once = Once::new();
    let has_toml = |folder: &&str| {
        let entries = std::fs::read_dir(here.join(folder)).into_iter().flatten();
        let mut names = entries.flatten().map(|entry| entry.file_name());
        names.any(|name| name.to_string_lossy().ends_with(".toml"))
    };
    let found: Vec<&str> =
        ["pipelines", "schemas/framework"].into_iter().filter(has_toml).collect();
    // A process that works for another one is not the one that people started.
    if found.is_empty() || worker::asked().is_some() {
        return;
    }
    TOLD.call_once(|| {
        output::note(&format!(
            "note: {} here is not read, for there is no workspace.toml beside it; the pipelines built \
             into the program are used. Three lines make one: version = 1, lake = \"lake\", \
             default_framework = \"wsis-action-lines\" (and [[agency]] for agencies of yours)",
            found.join(" and ")
        ));
    });
}

/// The folder of the lake: `--lake`, else the one of workspace.toml.
pub(crate) fn lake_folder(global: &Global, at: &impl AsRef<Workspace>) -> PathBuf {
    place(global).lake_folder(at)
}

/// Opens the lake, which must be there, and says if it holds a sample.
pub(crate) fn existing_lake(
    global: &Global,
    at: &impl AsRef<Workspace>,
) -> Result<Arc<Lake>, Failure> {
    lake_telling(global, at, Told::Note)
}

/// As [`existing_lake`], for who may say the former himself.
fn lake_telling(
    global: &Global,
    at: &impl AsRef<Workspace>,
    told: Told,
) -> Result<Arc<Lake>, Failure> {
    let lake = place(global).existing_lake(at)?;
    if told == Told::Note {
        note_sample(&lake)?;
    }
    if let Some(behind) = wsis_app::behind(at, &lake) {
        output::note(&behind);
    }
    Ok(lake)
}

/// Says if a lake holds a sample, also where somebody wants no hints, and has what is printed as CSV
/// or JSON say so too: a saved answer is taken for real by the next who opens it.
pub(crate) fn note_sample(lake: &Lake) -> Result<(), Failure> {
    let sample = lake.sample().map_err(|error| wsis_app::AppError::of(&error))?;
    if let Some(statement) = sample {
        output::note(&statement);
        sample::declare(statement);
    }
    Ok(())
}

/// The state of a lake that is meant.
pub(crate) fn view(lake: &Lake, at: &impl AsRef<Workspace>, look: Look) -> Result<View, Failure> {
    Ok(wsis_app::view(lake, at, look.into(), SystemClock.now())?)
}

/// What `--as-of` or `--snapshot` means for what is kept beside the lake.
pub(crate) fn known(lake: &Lake, at: &impl AsRef<Workspace>, look: Look) -> Result<Known, Failure> {
    Ok(wsis_app::known(lake, at, look.into(), SystemClock.now())?)
}

/// The instant at which that is judged.
pub(crate) fn judged_at(known: Known) -> DateTime<Utc> {
    wsis_app::judged_at(known, SystemClock.now())
}

/// A deployment with a lake that is open.
pub(crate) fn app(deployment: Arc<Deployment>, lake: Arc<Lake>) -> Result<App, Failure> {
    Ok(App::new(deployment, lake, Arc::new(SystemClock))?)
}

/// What a command that scores needs besides the review.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// Where a reader is told that the lake holds a sample.
    pub(crate) sample: Told,
    /// Whether the window alone is enough: see [`wsis_app::Review`].
    pub(crate) alone: bool,
}

impl Default for Need {
    fn default() -> Self {
        Self { sample: Told::Note, alone: false }
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

/// Scores the state of the lake that a review means, in the window that it names or in the newest
/// with scores (of `line`, where one is meant), and says which that is.
pub(crate) async fn compute(
    global: &Global,
    deployment: Deployment,
    review: &Review,
    line: Option<&str>,
) -> Result<Scores, Failure> {
    compute_for(global, deployment, review, line, Need::default()).await
}

/// As [`compute`], for who needs less, or says the same in another place.
pub(crate) async fn compute_for(
    global: &Global,
    deployment: Deployment,
    review: &Review,
    line: Option<&str>,
    Need { sample, alone }: Need,
) -> Result<Scores, Failure> {
    wsis_app::names::framework(&deployment, review.framework.as_deref())?;
    let lake = lake_telling(global, &deployment, sample)?;
    let asked = wsis_app::Review { line: line.map(str::to_owned), alone, ..review.into() };
    let computed = app(Arc::new(deployment), lake)?.scores(&asked).await?;
    if review.window.is_none() && !global.quiet {
        let Window { start, end, .. } = computed.window;
        output::note(&match (computed.newest_with_scores(line), line) {
            (Some(_), _) => {
                format!("window {start}-{end}, the newest with scores; --window names another")
            }
            (None, Some(line)) => {
                format!("window {start}-{end}; {line} has scores in no window of the review")
            }
            (None, None) => format!("window {start}-{end}; no window has scores"),
        });
    }
    Ok(computed)
}

impl Look {
    /// Whether it is what is known now.
    pub(crate) fn is_present(self) -> bool {
        wsis_app::Look::from(self).is_present()
    }
}

impl From<Look> for wsis_app::Look {
    fn from(look: Look) -> Self {
        Self { as_of: look.as_of, snapshot: look.snapshot }
    }
}

impl From<&Review> for wsis_app::Review {
    fn from(review: &Review) -> Self {
        Self {
            framework: review.framework.clone(),
            window: review.window,
            look: review.look.into(),
            ..Self::default()
        }
    }
}
