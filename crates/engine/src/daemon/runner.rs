//! Who runs a pipeline: the engine, or a stand-in of a simulation.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Occasion};
use crate::error::EngineError;
use crate::hold::Hold;
use crate::report::RunReport;

/// Runs pipelines for a daemon.
pub trait Runner: Clone + Send + Sync + 'static {
    /// Shows that nobody else runs the pipeline.
    type Lock: Send + Sync + 'static;

    /// Takes a pipeline; `None` while someone else runs it.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn lock(&self, pipeline: &str) -> Result<Option<Self::Lock>, EngineError>;

    /// Whether what runs write to is still what it was at the start.
    ///
    /// # Errors
    /// What has gone away.
    fn check(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Runs it once. Work that goes on when nobody waits for the run any more shares its lock.
    ///
    /// # Errors
    /// When the run cannot be recorded.
    fn run(
        &self,
        lock: &Arc<Self::Lock>,
        pipeline: &str,
        occasion: Occasion,
        cancel: CancellationToken,
    ) -> impl Future<Output = Result<RunReport, EngineError>> + Send;
}

impl Runner for Engine {
    type Lock = Hold;

    fn lock(&self, pipeline: &str) -> Result<Option<Hold>, EngineError> {
        match Self::lock(self, pipeline) {
            Ok(lock) => Ok(Some(lock)),
            Err(EngineError::Busy { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn check(&self) -> Result<(), EngineError> {
        self.still_there()
    }

    async fn run(
        &self,
        lock: &Arc<Hold>,
        _pipeline: &str,
        occasion: Occasion,
        cancel: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        // Nobody draws bars for a daemon; the ledger and the log tell.
        let (events, _) = mpsc::unbounded_channel();
        self.run_one(lock, occasion, events, cancel).await
    }
}
