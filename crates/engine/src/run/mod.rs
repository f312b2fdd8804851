//! One run of one pipeline: plan, fetch, archive, decode, commit, record.

mod archive;
mod decode;
mod keys;
mod lake_thread;
mod land;
mod live;
mod pages;
mod stretches;
mod walk;

pub(crate) use archive::Archive;
pub(crate) use lake_thread::LakeThread;
pub(crate) use land::{Landing, land};
pub(crate) use live::{Live, Seen};
pub(crate) use stretches::Stretches;
pub(crate) use walk::{Delivery, Reader};

use crate::report::Cause;

use wsis_lake::LakeError;
use wsis_sources::DecodeError;

use crate::fetch::FetchError;
use crate::ledger::LedgerError;

/// Why one request of a run has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(
        "{url}: the content type is {found:?}, {expected} was expected; the body begins {first:?}"
    )]
    ContentType { url: String, found: String, expected: &'static str, first: String },
    #[error("{url}: {why}; the body begins {first:?}")]
    Shape { url: String, why: String, first: String },
    #[error(
        "{url}: the source changed from {first:?} to {then:?} while its pages were read, twice; run it again later"
    )]
    Vintage { url: String, first: String, then: String },
    #[error("{url}: {rows} rows over {pages} pages, the source says {total}; twice")]
    Rows { url: String, rows: u64, pages: usize, total: u64 },
    #[error("{url}: an empty page while {due} of {total} rows are still due; twice")]
    EmptyPage { url: String, due: u64, total: u64 },
    #[error(
        "{url}: {repeated} records stand on two pages, and {differ} of the records in one of two full readings are not in the other: the paging of the source is unstable; run it again later"
    )]
    UnstablePaging { url: String, repeated: usize, differ: usize },
    #[error("{url}: more than {max} pages; raise pages_max in workspace.toml if that is right")]
    TooManyPages { url: String, max: u32 },
    #[error(
        "{url}: the decoder found {parsed} records and handed over {handed}; this is a bug of wsis, please report it with the payload"
    )]
    Account { url: String, parsed: u64, handed: u64 },
    #[error("{request} page {page}: the archived run holds no good body for it")]
    NotArchived { request: String, page: u32 },
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{doing}: a worker ended unexpectedly")]
    Worker { doing: &'static str },
}

impl RequestError {
    /// Whether reading the whole request once more can help.
    const fn is_unstable(&self) -> bool {
        matches!(self, Self::Vintage { .. } | Self::Rows { .. })
    }

    /// What kind of thing went wrong.
    pub(crate) const fn cause(&self) -> Cause {
        match self {
            Self::Fetch(error) => error.cause(),
            Self::ContentType { .. }
            | Self::Shape { .. }
            | Self::Vintage { .. }
            | Self::Rows { .. }
            | Self::EmptyPage { .. }
            | Self::UnstablePaging { .. }
            | Self::Account { .. } => Cause::Content,
            Self::TooManyPages { .. } | Self::NotArchived { .. } => Cause::Configuration,
            Self::Lake(_) | Self::Ledger(_) | Self::Worker { .. } => Cause::Storage,
        }
    }

    /// Whether the user stopped the run.
    pub(crate) const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_cancelled())
    }

    fn shape(url: String, error: &DecodeError, body: &[u8]) -> Self {
        Self::Shape { url, why: crate::fetch::chain(error), first: crate::fetch::excerpt(body) }
    }
}

/// Why a run has no delivery at all.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    pub(crate) why: String,
}

impl Refusal {
    pub(crate) fn configuration(why: String) -> Self {
        Self { cause: Cause::Configuration, why }
    }

    pub(crate) fn storage(error: impl std::error::Error + 'static) -> Self {
        Self { cause: Cause::Storage, why: crate::fetch::chain(&error) }
    }

    pub(crate) fn bug(what: &str) -> Self {
        Self { cause: Cause::Storage, why: format!("{what}; this is a bug of wsis") }
    }
}
