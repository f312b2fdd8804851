//! Why a command ended badly, and with which exit code.

use std::process::ExitCode;

pub(crate) use wsis_model::causes::chain;

/// An error with its exit code. The message is complete: it names what failed and what would be
/// right.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    code: u8,
    /// Whether the message was printed already (findings of `check`, reports of `ingest`).
    pub(crate) told: bool,
}

impl Failure {
    /// The command ran, but something failed or was rejected: exit code 1.
    pub(crate) fn ran(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1, told: false }
    }

    /// Wrong usage or configuration: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2, told: false }
    }

    /// The same failure, its message already shown.
    pub(crate) fn told(mut self) -> Self {
        self.told = true;
        self
    }

    /// The exit code: 0 done, 1 ran but something failed or was held, 2 wrong usage.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<wsis_app::AppError> for Failure {
    fn from(error: wsis_app::AppError) -> Self {
        match error {
            wsis_app::AppError::Asked(why) => Self::usage(why),
            wsis_app::AppError::Failed(why) => Self::ran(why),
        }
    }
}

impl From<wsis_engine::EngineError> for Failure {
    fn from(error: wsis_engine::EngineError) -> Self {
        let told = chain(&error);
        match error.kind() {
            wsis_engine::EngineErrorKind::Usage => Self::usage(told),
            wsis_engine::EngineErrorKind::Conflict | wsis_engine::EngineErrorKind::Storage => {
                Self::ran(told)
            }
        }
    }
}
