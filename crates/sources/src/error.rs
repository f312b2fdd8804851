//! Why a body could not be used.

/// A pipeline cannot be turned into requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// `base_url` and path do not make an address.
    #[error("pipeline {pipeline}: {url:?} is not an address: {why}")]
    Url {
        /// Pipeline id.
        pipeline: String,
        /// What was put together.
        url: String,
        /// What the URL parser says.
        why: String,
    },
    /// The pipeline declares nothing to ask for.
    #[error("pipeline {0}: it declares no {1}; there is nothing to ask for")]
    Nothing(String, &'static str),
}

/// A body is not what was asked for. `first` shows its first bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No byte at all.
    #[error("{request}: the body is empty")]
    Empty {
        /// Request id.
        request: String,
    },
    /// An HTML page, mostly of an outage or a portal, under status 200.
    #[error("{request}: not {expected}: an HTML page, starting {first:?}")]
    Html {
        /// Request id.
        request: String,
        /// What was expected.
        expected: &'static str,
        /// First bytes.
        first: String,
    },
    /// Not of the expected form.
    #[error("{request}: not {expected}: {why}; it starts {first:?}")]
    Malformed {
        /// Request id.
        request: String,
        /// What was expected.
        expected: &'static str,
        /// What the parser says.
        why: String,
        /// First bytes.
        first: String,
    },
    /// The service answers with an error message of its own.
    #[error("{request}: the service says {id}: {message}")]
    Message {
        /// Request id.
        request: String,
        /// Number or key of the message.
        id: String,
        /// Its text.
        message: String,
    },
    /// The series was withdrawn or archived by the service (World Bank message 175).
    #[error("{request}: withdrawn or archived by the service: {message}")]
    Withdrawn {
        /// Request id.
        request: String,
        /// The service's text.
        message: String,
    },
    /// The payload is of another edition than the one asked for.
    #[error("{request}: asked for edition {expected}, the table holds {found}")]
    WrongEdition {
        /// Request id.
        request: String,
        /// Edition asked for.
        expected: i32,
        /// What the table says.
        found: String,
    },
    /// The body could not be read.
    #[error("{request}: cannot read the body: {why}")]
    Read {
        /// Request id.
        request: String,
        /// What the reader says.
        why: String,
    },
}
