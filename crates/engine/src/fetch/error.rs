//! Why a page could not be had.

use chrono::{DateTime, Utc};

use super::guard::Refusal;
use crate::report::Cause;

/// Why a page could not be had. Every message names the URL.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL, or one it leads to, may not be asked.
    #[error("{url}: {refusal}")]
    Refused {
        /// The URL.
        url: String,
        /// Why.
        refusal: Refusal,
    },
    /// The source answered with an error.
    #[error("{url}: status {status} after {}; the body begins {first:?}", attempts_told(*.attempts))]
    Status {
        /// The URL.
        url: String,
        /// HTTP status.
        status: u16,
        /// Attempts made.
        attempts: u32,
        /// First bytes of the body.
        first: String,
    },
    /// The source asks to come back later than this run can wait.
    #[error(
        "{url}: status {status}, the source asks to come back in {seconds} s, longer than a run waits ({max} s); run it again then"
    )]
    Reschedule {
        /// The URL.
        url: String,
        /// HTTP status.
        status: u16,
        /// What `Retry-After` says.
        seconds: u64,
        /// Longest wait.
        max: u64,
    },
    /// Connection, TLS, time-out, reset, or a body cut short.
    #[error("{url}: {why} (after {})", attempts_told(*.attempts))]
    Transport {
        /// The URL.
        url: String,
        /// The chain of causes.
        why: String,
        /// Attempts made.
        attempts: u32,
    },
    /// The name of the host is not found.
    #[error("{url}: {why} (after {})", attempts_told(*.attempts))]
    Unresolved {
        /// The URL.
        url: String,
        /// The chain of causes.
        why: String,
        /// Attempts made.
        attempts: u32,
    },
    /// No name of any host is found from here.
    #[error(
        "{url}: this machine finds no name of any host ({why}); its network or its name server is down, not the source"
    )]
    NoNames {
        /// The URL.
        url: String,
        /// Why not that of this host.
        why: String,
    },
    /// The name of the only host that is asked is not found.
    #[error(
        "{url}: its name is not found, and whose fault it is cannot be told: there is no other host to compare with \
         ({why}); look at the address, and whether this machine reaches any host"
    )]
    OnlyName {
        /// The URL.
        url: String,
        /// What the resolver says.
        why: String,
    },
    /// The certificate of the server is none that is believed here.
    #[error(
        "{url}: the server's certificate is not accepted: {why}{}", trust_told(*trust_helps)
    )]
    Certificate {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: String,
        /// Whether it is the server's own fault, and not a question of whom we trust.
        of_the_server: bool,
        /// Whether to trust another authority would help.
        trust_helps: bool,
    },
    /// The host failed again and again, and is left alone for a while.
    #[error(
        "{url}: not asked; the host failed again and again up to {} ({why}) and is asked again at {}",
        .since.format("%H:%M:%S"),
        .until.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    Resting {
        /// The URL.
        url: String,
        /// Its last failure.
        why: String,
        /// Since when it is left alone.
        since: DateTime<Utc>,
        /// When it is asked again.
        until: DateTime<Utc>,
    },
    /// The host asked to be left alone.
    #[error(
        "{url}: not asked; the source asked ({why}) to be left alone until {}",
        .until.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    Cooling {
        /// The URL.
        url: String,
        /// With what it asked.
        why: String,
        /// When it is asked again.
        until: DateTime<Utc>,
    },
    /// The budget of the host is used up.
    #[error(
        "{url}: not asked, since the budget of the host is used up ({budget}); run it again at {}",
        .until.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    Budget {
        /// The URL.
        url: String,
        /// The budget.
        budget: String,
        /// When there is some again.
        until: DateTime<Utc>,
    },
    /// The body has no bytes.
    #[error("{url}: the body is empty (0 bytes) after {}", attempts_told(*.attempts))]
    Empty {
        /// The URL.
        url: String,
        /// Attempts made.
        attempts: u32,
    },
    /// The body is larger than the deployment takes.
    #[error(
        "{url}: the body is larger than {max} bytes; raise payload_max_bytes in workspace.toml if it is meant"
    )]
    TooLarge {
        /// The URL.
        url: String,
        /// Limit, bytes.
        max: u64,
    },
    /// The body grows too much when it is unpacked.
    #[error(
        "{url}: {received} bytes unpack to more than {ratio} times as much; this looks like a decompression bomb"
    )]
    Bomb {
        /// The URL.
        url: String,
        /// Bytes received by then.
        received: u64,
        /// Largest ratio.
        ratio: u64,
    },
    /// A content encoding that was not asked for.
    #[error("{url}: content encoding {found:?} was not asked for; gzip or none would be right")]
    Encoding {
        /// The URL.
        url: String,
        /// What was found.
        found: String,
    },
    /// Redirects that lead nowhere.
    #[error("{url}: {why}")]
    Redirect {
        /// The URL first asked.
        url: String,
        /// What is wrong with them, with the places they lead to.
        why: String,
    },
    /// The run was cancelled.
    #[error("{url}: cancelled")]
    Cancelled {
        /// The URL.
        url: String,
    },
    /// The run's time is over.
    #[error("{url}: the time of the run is over (timeout_s of the pipeline) {waiting}")]
    RunTimeout {
        /// The URL.
        url: String,
        /// What was waited for by then, which tells whose fault it is.
        waiting: Waiting,
    },
}

/// `1 attempt`, `2 attempts`.
fn attempts_told(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

/// What a question waits for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// Others of ours ask the host.
    #[error("before there was a place among our requests to the host")]
    Place,
    /// Our budget for the host.
    #[error("before the budget of the host left room ({0})")]
    Budget(String),
    /// The host, for less time than it is always given.
    #[error("before the host had the time to answer")]
    Answer,
    /// The host, for longer than it is given for a word.
    #[error("while the host was still answering, after {0} s")]
    Host(u64),
}

impl FetchError {
    /// Whether another attempt can help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transport { .. } | Self::Unresolved { .. } | Self::Empty { .. })
    }

    /// What it says besides the address.
    pub fn without_address(&self) -> String {
        match self {
            Self::Status { status, .. } => format!("status {status}"),
            Self::Transport { why, .. } | Self::Unresolved { why, .. } => why.clone(),
            Self::Empty { .. } => "empty bodies".to_owned(),
            Self::RunTimeout { waiting: Waiting::Host(_), .. } => {
                "no whole answer in the time of a run".to_owned()
            }
            other => other.to_string(),
        }
    }

    /// Whether it says that the host is not there, or out of order. Time that we spent on waiting
    /// for ourselves does not.
    pub const fn speaks_of_the_host(&self) -> bool {
        matches!(
            self,
            Self::Transport { .. }
                | Self::Unresolved { .. }
                | Self::Empty { .. }
                | Self::RunTimeout { waiting: Waiting::Host(_), .. }
                | Self::Status { status: 408 | 500.., .. }
        )
    }

    /// What kind of thing went wrong.
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Transport { .. }
            | Self::Unresolved { .. }
            | Self::Empty { .. }
            | Self::Reschedule { .. }
            | Self::Resting { .. }
            | Self::Cooling { .. }
            | Self::RunTimeout { waiting: Waiting::Host(_), .. }
            | Self::Status { status: 408 | 425 | 429 | 500.., .. } => Cause::SourceDown,
            Self::NoNames { .. } | Self::OnlyName { .. } => Cause::Storage,
            // Whoever has another name on its certificate, or an old one, is not who was asked for.
            Self::Certificate { of_the_server: true, .. }
            | Self::Redirect { .. }
            | Self::Status { status: 300..=399 | 404 | 410, .. } => Cause::SourceMoved,
            Self::Status { .. } | Self::Refused { .. } => Cause::Refused,
            Self::Budget { .. } | Self::RunTimeout { .. } | Self::Certificate { .. } => {
                Cause::Configuration
            }
            Self::TooLarge { .. } | Self::Bomb { .. } | Self::Encoding { .. } => Cause::Content,
            Self::Cancelled { .. } => Cause::Stopped,
        }
    }

    /// Whether the user stopped it.
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

/// What would help against a certificate that is not believed.
fn trust_told(helps: bool) -> &'static str {
    if helps {
        "; if it is right, `ca_file` under `[fetch]` of workspace.toml trusts the authority that issued it"
    } else {
        ""
    }
}

/// The first characters of a body, for messages: 120 of a text, and what it is of what is none.
pub fn excerpt(body: &[u8]) -> String {
    wsis_sources::excerpt(body, 120)
}
