//! Whose turn it is when something cannot be answered.

use wsis_model::causes::chain;

/// Why there is no answer. The message is complete: it names what failed and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// Who asked can mend it: a name that there is not, a file of the deployment that is wrong, a
    /// lake that holds nothing.
    #[error("{0}")]
    Asked(String),
    /// The question was right, and answering it failed.
    #[error("{0}")]
    Failed(String),
}

impl AppError {
    /// An error of a part below, with its causes.
    pub fn of(error: &dyn std::error::Error) -> Self {
        Self::Failed(chain(error))
    }

    /// The same, for one that who asked can mend.
    pub fn asked(error: &dyn std::error::Error) -> Self {
        Self::Asked(chain(error))
    }
}
