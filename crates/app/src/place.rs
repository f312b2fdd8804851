//! Where a deployment and its lake are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wsis_config::{Deployment, Origin, Workspace};
use wsis_engine::{Clock, EngineError, Ledger, history};
use wsis_lake::Lake;
use wsis_model::causes::chain;

use crate::app::App;
use crate::error::AppError;

/// A deployment by its place, with what is said instead of its `workspace.toml`.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// Where its files are.
    pub origin: Origin<'a>,
    /// Another lake.
    pub lake: Option<&'a Path>,
    /// Another ledger.
    pub ledger: Option<&'a str>,
}

impl Place<'_> {
    /// Everything that the deployment declares, checked.
    ///
    /// # Errors
    /// [`AppError::Asked`] with every finding in a file of the deployment.
    pub fn deployment(&self) -> Result<Deployment, AppError> {
        let loaded = match self.origin {
            Origin::Folder(root) => Deployment::load(root),
            Origin::Embedded => Deployment::embedded(),
        };
        let mut deployment =
            loaded.map_err(|errors| AppError::Asked(wsis_config::report(&errors.0)))?;
        if let Some(address) = self.ledger {
            deployment.workspace.ledger = Some(ledger_address(address)?);
        }
        Ok(deployment)
    }

    /// `workspace.toml` alone, for what needs nothing else: a broken pipeline keeps nobody from
    /// checking the lake or reading the ledger.
    ///
    /// # Errors
    /// [`AppError::Asked`] with every finding in the file.
    pub fn workspace(&self) -> Result<Workspace, AppError> {
        let mut workspace = Workspace::load(self.origin)
            .map_err(|errors| AppError::Asked(wsis_config::report(&errors.0)))?;
        if let Some(address) = self.ledger {
            workspace.ledger = Some(ledger_address(address)?);
        }
        Ok(workspace)
    }

    /// The folder of the lake.
    pub fn lake_folder(&self, at: &impl AsRef<Workspace>) -> PathBuf {
        self.lake.map_or_else(|| at.as_ref().lake.clone(), Path::to_path_buf)
    }

    /// The lake, which must be there.
    ///
    /// # Errors
    /// [`AppError::Asked`] for a folder without a lake, [`AppError::Failed`] for one that cannot be
    /// read.
    pub fn existing_lake(&self, at: &impl AsRef<Workspace>) -> Result<Arc<Lake>, AppError> {
        lake_to_read(&self.lake_folder(at))
    }

    /// The deployment with its lake, which must be there.
    ///
    /// # Errors
    /// As the methods above.
    pub fn open(&self, clock: Arc<dyn Clock>) -> Result<App, AppError> {
        let deployment = self.deployment()?;
        let lake = self.existing_lake(&deployment)?;
        App::new(Arc::new(deployment), lake, clock)
    }
}

/// An address that was named in place of that in workspace.toml; it may hold a password, so it is not
/// shown.
///
/// # Errors
/// [`AppError::Asked`] for another one than of PostgreSQL, or one that cannot be read.
pub fn ledger_address(address: &str) -> Result<String, AppError> {
    if wsis_config::is_ledger_address(address) {
        return match Ledger::check_address(address) {
            Ok(()) => Ok(address.to_owned()),
            Err(error) => Err(AppError::Asked(chain(&error))),
        };
    }
    Err(AppError::Asked(
        "--ledger, or WSIS_LEDGER, is no address of PostgreSQL; write one such as \
         \"postgres://wsis@db.example/wsis\", or leave it out for the file in the lake"
            .to_owned(),
    ))
}

/// Opens a lake that must be there: a reader never creates one.
///
/// # Errors
/// [`AppError::Asked`] for a folder without a lake, [`AppError::Failed`] for one that cannot be
/// read.
pub(crate) fn lake_to_read(folder: &Path) -> Result<Arc<Lake>, AppError> {
    must_be_a_lake(folder)?;
    let lake = Lake::open(folder).map_err(|error| AppError::of(&error))?;
    Ok(Arc::new(lake))
}

/// Refuses a folder without a lake.
///
/// # Errors
/// [`AppError::Asked`].
pub fn must_be_a_lake(folder: &Path) -> Result<(), AppError> {
    if folder.join("_format.json").is_file() {
        return Ok(());
    }
    Err(AppError::Asked(format!(
        "there is no lake in {}; run `wsis ingest` or `wsis demo` first, or name one with --lake",
        folder.display()
    )))
}

/// What a reader of the newest is to be told of a lake whose ledger knows of newer snapshots: `HEAD` may
/// be lost with them (P110), or an older copy was put back. None where the ledger is in a database, which
/// may be slow to answer or not there for readers, or cannot be read.
pub fn behind(at: &impl AsRef<Workspace>, lake: &Lake) -> Option<String> {
    if at.as_ref().ledger.as_deref().is_some_and(wsis_config::is_ledger_address) {
        return None;
    }
    match history::check_whole(&ledger(at, lake).ok()?, lake) {
        Err(error @ (EngineError::HistoryOlder { .. } | EngineError::HistoryLost { .. })) => {
            Some(format!("what follows is of the lake as it is: {}", chain(&error)))
        }
        _ => None,
    }
}

/// The ledger of a lake, to be read.
///
/// # Errors
/// [`AppError::Failed`] when it cannot be opened, or belongs to another lake.
pub fn ledger(at: &impl AsRef<Workspace>, lake: &Lake) -> Result<Ledger, AppError> {
    let ledger =
        Ledger::of_to_read(at.as_ref(), lake.root()).map_err(|error| AppError::of(&error))?;
    // Runs and states of another lake would be told as those of this one.
    if let Some(id) = lake.id().map_err(|error| AppError::of(&error))? {
        ledger.is_of(&id).map_err(|error| AppError::of(&error))?;
    }
    Ok(ledger)
}
