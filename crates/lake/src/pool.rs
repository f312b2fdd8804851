//! Encoding row groups on all cores; the bytes do not depend on how many there are, since row
//! groups are cut by row count and put into files in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use wsis_model::invariant::Breach;

use crate::chunk::Chunk;
use crate::pairs::Edges;

/// An encoded row group.
pub(crate) struct RowGroup {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// Of a row group whose rows must rise.
    pub(crate) edges: Option<Edges>,
}

type Work<'s> = Box<dyn FnOnce() -> Result<RowGroup, ParquetError> + Send + 's>;
/// Which writer, and the how-manyeth row group of it.
type Slot = (usize, u64);
type Done = (Slot, Result<RowGroup, ParquetError>);

/// Worker threads within a scope. The scope waits for them; they end when the pool is dropped.
pub(crate) struct Pool<'s> {
    jobs: Sender<(Slot, Work<'s>)>,
    done: Receiver<Done>,
    ready: BTreeMap<Slot, Result<RowGroup, ParquetError>>,
    in_flight: usize,
    most: usize,
    closing: Sender<Closing>,
}

/// Whoever syncs a file waits for the disk and needs no core: some wait at once, beside the encoding.
const CLOSERS: usize = 4;

type Closing = Box<dyn FnOnce() + Send>;

impl<'s> Pool<'s> {
    pub(crate) fn start<'scope>(scope: &'scope Scope<'scope, '_>, threads: usize) -> Self
    where
        's: 'scope,
    {
        let (jobs, queue) = channel::<(Slot, Work<'s>)>();
        let (results, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            let results = results.clone();
            scope.spawn(move || work(&queue, &results));
        }
        let (closing, files) = channel::<Closing>();
        let files = Arc::new(Mutex::new(files));
        for _ in 0..CLOSERS {
            let files = Arc::clone(&files);
            scope.spawn(move || while next(&files).map(|close| close()).is_some() {});
        }
        let (ready, most) = (BTreeMap::new(), threads.max(1) + 1);
        Self { jobs, done, ready, in_flight: 0, most, closing }
    }

    /// Has a written file closed beside the encoding; what comes of it is received when it is done.
    pub(crate) fn close<T: Send + 'static>(
        &self,
        close: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Receiver<T>, ParquetError> {
        let (to, closed) = channel();
        // Who waits no longer has given up, and the file with it.
        let close = move || to.send(close()).unwrap_or_default();
        self.closing.send(Box::new(close)).map_err(|_| stopped())?;
        Ok(closed)
    }

    /// Hands out a row group; waits while too many are under way, so that memory stays bounded.
    pub(crate) fn submit(
        &mut self,
        slot: Slot,
        work: impl FnOnce() -> Result<RowGroup, ParquetError> + Send + 's,
    ) -> Result<(), ParquetError> {
        while self.in_flight >= self.most {
            self.receive()?;
        }
        self.jobs.send((slot, Box::new(work))).map_err(|_| stopped())?;
        self.in_flight += 1;
        Ok(())
    }

    fn receive(&mut self) -> Result<(), ParquetError> {
        let (slot, result) = self.done.recv().map_err(|_| stopped())?;
        self.in_flight -= 1;
        self.ready.insert(slot, result);
        Ok(())
    }

    /// The row group of a slot if it is encoded.
    pub(crate) fn ready(&mut self, slot: Slot) -> Option<Result<RowGroup, ParquetError>> {
        while let Ok((slot, result)) = self.done.try_recv() {
            self.in_flight -= 1;
            self.ready.insert(slot, result);
        }
        self.ready.remove(&slot)
    }

    /// Waits for the row group of a slot.
    pub(crate) fn wait(&mut self, slot: Slot) -> Result<RowGroup, ParquetError> {
        loop {
            if let Some(result) = self.ready.remove(&slot) {
                return result;
            }
            self.receive()?;
        }
    }
}

/// A thread that others wait for has ended.
pub(crate) fn stopped() -> ParquetError {
    ParquetError::General("a thread that writes files stopped".to_owned())
}

fn next<T>(queue: &Mutex<Receiver<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn work(queue: &Mutex<Receiver<(Slot, Work<'_>)>>, results: &Sender<Done>) {
    while let Some((slot, job)) = next(queue) {
        if results.send((slot, job())).is_err() {
            return;
        }
    }
}

/// A broken invariant inside encoding.
pub(crate) fn broken(breach: Breach) -> ParquetError {
    ParquetError::External(Box::new(breach))
}

/// Arrow errors inside encoding.
pub(crate) fn arrow(error: ArrowError) -> ParquetError {
    ParquetError::ArrowError(error.to_string())
}
