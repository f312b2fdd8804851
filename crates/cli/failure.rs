//! Why a command ended badly, and with which exit code.

use std::process::ExitCode;

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

    /// The exit code of product.md.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

/// An error with every error below it, as one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        below = error.source();
    }
    text
}
