//! One run of one pipeline: plan, fetch, archive, decode, commit, record.

mod archive;
mod by_hand;
mod codes;
mod contract;
mod decode;
mod decoders;
mod failures;
mod keys;
mod lake_thread;
mod land;
mod live;
mod pages;
mod recorded;
mod reread;
mod said;
mod stage;
mod stretches;
mod walk;
mod witness;

pub(crate) use archive::Archive;
pub(crate) use by_hand::{ByHand, Content, Handed};
pub(crate) use decode::decode;
pub(crate) use decoders::{Bound, Decoders};
pub(crate) use lake_thread::LakeThread;
pub(crate) use land::{Foreseen, Held, Landing, land};
pub(crate) use live::{Live, Seen};
pub(crate) use pages::{Body, check_content};
pub(crate) use stretches::Stretches;
pub(crate) use walk::{Delivery, Reader, Walk, received_through};
pub(crate) use witness::{Landed, State};

use chrono::{DateTime, Utc};

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
    #[error("{url}: {why}{}", beginning(why, first))]
    Shape { url: String, why: String, first: String, refused: bool },
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
    #[error("{file}: {why}")]
    HandIn { file: String, why: String },
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(
        "the clock of this machine was set forward by {days} days during the run, to {}; nothing is dated so, check the clock",
        .now.format("%Y-%m-%d %H:%M UTC")
    )]
    ClockSet { days: i64, now: DateTime<Utc> },
    #[error("{url}: {why}")]
    GivenUp { url: String, why: decoders::GivenUp },
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
            | Self::HandIn { .. }
            | Self::Account { .. } => Cause::Content,
            Self::TooManyPages { .. } | Self::NotArchived { .. } => Cause::Configuration,
            Self::GivenUp { why, .. } => why.cause(),
            Self::Lake(_) | Self::Ledger(_) | Self::Worker { .. } | Self::ClockSet { .. } => {
                Cause::Storage
            }
        }
    }

    /// Whether the source says that it does not give what was asked for: asking again does not help.
    pub(crate) const fn is_refusal(&self) -> bool {
        match self {
            Self::Shape { refused, .. } => *refused,
            Self::Fetch(FetchError::Status { status, .. }) => {
                matches!(*status, 400 | 404 | 406 | 410 | 413 | 414 | 422)
            }
            _ => false,
        }
    }

    /// Whether there is nothing at an address, for the time being or for ever.
    const fn is_not_there(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Status { status: 404, .. }))
    }

    /// Whether the user stopped the run.
    pub(crate) const fn is_cancelled(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_cancelled(),
            Self::GivenUp { why, .. } => matches!(why, decoders::GivenUp::Stopped),
            _ => false,
        }
    }

    fn shape(url: String, error: &DecodeError, first: String) -> Self {
        let refused = error.is_refusal();
        let why = wsis_model::causes::chain(error);
        Self::Shape { url, why, first, refused }
    }
}

/// How a body begins, where what is wrong with it does not say so already.
fn beginning(why: &str, first: &str) -> String {
    let first = format!("{first:?}");
    if first == "\"\"" || why.contains(&first) {
        return String::new();
    }
    format!("; the body begins {first}")
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

    /// Nothing is where it should be, for the time being.
    pub(crate) fn not_there(why: String) -> Self {
        Self { cause: Cause::SourceDown, why }
    }

    pub(crate) fn storage(error: impl std::error::Error + 'static) -> Self {
        Self { cause: Cause::Storage, why: wsis_model::causes::chain(&error) }
    }

    pub(crate) fn bug(what: &str) -> Self {
        Self { cause: Cause::Storage, why: format!("{what}; this is a bug of wsis") }
    }
}

#[cfg(test)]
mod tests {
    use super::beginning;

    /// "the file starts with X; the body begins X".
    #[test]
    fn trial_p135_how_a_body_begins_is_told_once() {
        let first = "[604 bytes that begin as a zip archive or workbook does]";
        assert_eq!(
            beginning(&format!("not a usable archive: it starts with {first:?}"), first),
            ""
        );
        assert_eq!(beginning("not JSON", "<html>"), "; the body begins \"<html>\"");
        assert_eq!(beginning("not JSON", ""), "");
    }
}
