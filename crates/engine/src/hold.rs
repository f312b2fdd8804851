//! Who runs a pipeline: a lock on a file shows it to the processes of this machine, a lease to the
//! other machines that share the ledger (ADR 20).

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use wsis_lake::PipelineLock;
use wsis_model::causes::chain;

use crate::error::EngineError;
use crate::ledger::{FileMark, LEASE, Lease, Ledger, LedgerError};

/// Between two renewals: three may fail before a lease runs out.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// Longest wait for a lease to be let go of when a command ends; it runs out by itself.
const RELEASED_WITHIN: Duration = Duration::from_secs(5);

/// A pipeline that is taken for a run: nobody else runs it as long as this lives.
#[derive(Debug)]
pub struct Hold {
    pipeline: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The ledger is of this machine: the lock on the file is enough.
    Here(#[expect(dead_code, reason = "held, never looked at")] PipelineLock),
    /// A thread renews the lease and has the lock, until the sender is gone.
    Leased(Leased),
}

#[derive(Debug)]
struct Leased {
    ledger: Arc<Ledger>,
    lease: Lease,
    /// Cancelled when another machine has taken the pipeline, or may have.
    lost: CancellationToken,
    /// Cancelled when lease and lock are let go of.
    released: CancellationToken,
    _until: mpsc::Sender<()>,
}

impl Hold {
    /// Takes the lease too where the ledger is shared; [`EngineError::Busy`] while another machine
    /// has it.
    pub(crate) fn over(
        lock: PipelineLock,
        ledger: &Arc<Ledger>,
        (root, holder): (&Path, &str),
    ) -> Result<Self, EngineError> {
        let pipeline = lock.pipeline().to_owned();
        if !ledger.is_shared() {
            return Ok(Self { pipeline, kind: Kind::Here(lock) });
        }
        let begun = Instant::now();
        let name = format!("pipeline {pipeline}");
        let place = place(root).unwrap_or_else(|| holder.to_owned());
        let Some(lease) = ledger.take_lease(&name, (holder, &place))? else {
            return Err(EngineError::Busy { id: pipeline });
        };
        tracing::debug!(pipeline, token = lease.token, "lease taken");
        let (until, end) = mpsc::channel();
        let (lost, released) = (CancellationToken::new(), CancellationToken::new());
        let keeper = Keeper {
            ledger: Arc::clone(ledger),
            lease: lease.clone(),
            lost: lost.clone(),
            released: released.clone(),
            _lock: lock,
        };
        std::thread::Builder::new()
            .name("wsis-lease".to_owned())
            .spawn(move || keeper.keep(&end, begun))
            .map_err(EngineError::Thread)?;
        let ledger = Arc::clone(ledger);
        let leased = Leased { ledger, lease, lost, released, _until: until };
        Ok(Self { pipeline, kind: Kind::Leased(leased) })
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// Shows that it is still held: asked right before a commit, which then has [`LEASE`] to end.
    /// One that takes longer, or whose process slept, is fenced by the number of its snapshot,
    /// which nobody can give twice.
    pub(crate) fn hold_on(&self) -> Result<(), LedgerError> {
        match &self.kind {
            Kind::Here(_) => Ok(()),
            Kind::Leased(leased) => leased.ledger.renew_lease(&leased.lease),
        }
    }

    /// A stop for the work done under it: that of whoever wants it done, or the loss of the hold.
    pub(crate) fn or_lost(&self, stop: &CancellationToken) -> CancellationToken {
        let Kind::Leased(leased) = &self.kind else { return stop.clone() };
        let either = stop.child_token();
        let (lost, told, ended) = (leased.lost.clone(), either.clone(), leased.released.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = lost.cancelled() => told.cancel(),
                () = told.cancelled() => {}
                // A run that ends well leaves nobody waiting.
                () = ended.cancelled() => {}
            }
        });
        either
    }

    /// Becomes true when lease and lock are let go of.
    pub(crate) fn released(&self) -> Option<CancellationToken> {
        match &self.kind {
            Kind::Here(_) => None,
            Kind::Leased(leased) => Some(leased.released.clone()),
        }
    }
}

/// Waits until leases are let go of, so that the next machine need not wait for them to run out.
pub(crate) async fn all_released(leases: Vec<CancellationToken>) {
    let all = async {
        for lease in leases {
            lease.cancelled().await;
        }
    };
    let _ = tokio::time::timeout(RELEASED_WITHIN, all).await;
}

struct Keeper {
    ledger: Arc<Ledger>,
    lease: Lease,
    lost: CancellationToken,
    released: CancellationToken,
    /// Let go of last: whoever gets it finds the lease free.
    _lock: PipelineLock,
}

impl Keeper {
    /// Renews the lease until nobody needs it. `known` is when it was surely held.
    fn keep(self, end: &mpsc::Receiver<()>, mut known: Instant) {
        let holds_for = LEASE.to_std().unwrap_or_default();
        while let Err(mpsc::RecvTimeoutError::Timeout) = end.recv_timeout(RENEW_EVERY) {
            let asked = Instant::now();
            match self.ledger.renew_lease(&self.lease) {
                Ok(()) => known = asked,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "a lease was not renewed");
                    let is_over = matches!(error, LedgerError::Fenced { .. });
                    if is_over || known.elapsed() >= holds_for {
                        self.lost.cancel();
                    }
                    if is_over {
                        // It never is its own again; the lock stays until the work has ended.
                        let _ended = end.recv();
                        break;
                    }
                }
            }
        }
        if let Err(error) = self.ledger.release_lease(&self.lease) {
            tracing::warn!(error = chain(&error), "a lease runs out by itself");
        }
        let Self { released, _lock: lock, .. } = self;
        drop(lock);
        released.cancel();
    }
}

/// A folder on a machine since it was started: who has its lock on a file knows that any other
/// process there that held it is dead. None where that cannot be told.
fn place(root: &Path) -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(format!("{} {}", boot.trim(), FileMark::of(root)?))
}
