//! Encoding row groups on all cores; the bytes do not depend on how many there are, since row
//! groups are cut by row count and put into files in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use wsis_model::invariant::Breach;

use crate::pairs::Edges;

/// An encoded row group.
pub(crate) struct RowGroup {
    pub(crate) chunks: Vec<ArrowColumnChunk>,
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
}

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
        Self { jobs, done, ready: BTreeMap::new(), in_flight: 0, most: threads.max(1) + 1 }
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

fn stopped() -> ParquetError {
    ParquetError::General("an encoding thread stopped".to_owned())
}

fn work(queue: &Mutex<Receiver<(Slot, Work<'_>)>>, results: &Sender<Done>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((slot, job)) = job else {
            return;
        };
        if results.send((slot, job())).is_err() {
            return;
        }
    }
}

/// Encodes one batch as one row group.
pub(crate) fn encode(
    factory: &ArrowRowGroupWriterFactory,
    batch: &RecordBatch,
) -> Result<RowGroup, ParquetError> {
    // The index of a row group within its file only matters for encrypted files.
    let mut writers = factory.create_column_writers(0)?.into_iter();
    let mut chunks = Vec::with_capacity(batch.num_columns());
    let mut bytes = 0;
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        for leaf in compute_leaves(field, column)? {
            let mut writer = writers.next().ok_or_else(|| {
                ParquetError::General(format!("no column writer for {}", field.name()))
            })?;
            writer.write(&leaf)?;
            let chunk = writer.close()?;
            bytes += chunk.close().bytes_written;
            chunks.push(chunk);
        }
    }
    Ok(RowGroup { chunks, bytes, rows: batch.num_rows() as u64, edges: None })
}

/// A broken invariant inside encoding.
pub(crate) fn broken(breach: Breach) -> ParquetError {
    ParquetError::External(Box::new(breach))
}

/// Arrow errors inside encoding.
pub(crate) fn arrow(error: ArrowError) -> ParquetError {
    ParquetError::ArrowError(error.to_string())
}
