//! External sort: sorted runs in memory and on disk, merged on the fly.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::durable::Disk;
use crate::error::LakeError;
use crate::row::{Dict, Key, Order, ROW_BYTES, Ranks, Row};

/// Rows held in memory before a sorted run goes to disk: 144 MiB of rows.
pub(crate) const MEMORY_ROWS: usize = 3 << 20;

/// A growing set of rows that spills sorted runs beyond a limit.
pub(crate) struct RowHeap {
    rows: Vec<Row>,
    memory: Vec<Vec<Row>>,
    spilled: Vec<Spilled>,
    limit: usize,
    threads: usize,
    order: Order,
    folder: PathBuf,
    disk: Disk,
    len: u64,
    mark: Mark,
}

/// What there was when rows began to come that may be taken back.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// Rows in memory that are older.
    rows: usize,
    /// Runs on disk that are older.
    spilled: usize,
    len: u64,
}

impl RowHeap {
    /// `folder` takes the spilled runs; they have no name and vanish with the process.
    pub(crate) fn new(folder: &Path, disk: &Disk, order: Order, threads: usize) -> Self {
        Self {
            rows: Vec::new(),
            memory: Vec::new(),
            spilled: Vec::new(),
            limit: MEMORY_ROWS,
            threads: threads.max(1),
            order,
            folder: folder.to_path_buf(),
            disk: disk.clone(),
            len: 0,
            mark: Mark::default(),
        }
    }

    /// Rows that follow can be taken back, those before cannot.
    pub(crate) fn mark(&mut self) {
        self.mark = Mark { rows: self.rows.len(), spilled: self.spilled.len(), len: self.len };
    }

    /// Takes back every row since the mark, in memory or on disk.
    pub(crate) fn take_back(&mut self) {
        self.rows.truncate(self.mark.rows);
        self.spilled.truncate(self.mark.spilled);
        self.len = self.mark.len;
    }

    pub(crate) fn set_limit(&mut self, rows: usize) {
        self.limit = rows.max(1);
    }

    /// Rows pushed.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Row, dict: &Dict) -> Result<(), LakeError> {
        self.rows.push(row);
        self.len += 1;
        if self.rows.len() >= self.limit { self.spill(dict) } else { Ok(()) }
    }

    fn spill(&mut self, dict: &Dict) -> Result<(), LakeError> {
        let ranks = Ranks::of(dict, self.order);
        self.disk.create_folder(&self.folder)?;
        // What may be taken back goes into runs of its own.
        let mut rows = std::mem::take(&mut self.rows);
        let (before, since) = rows.split_at_mut(self.mark.rows);
        self.write(before, &ranks)?;
        if !before.is_empty() {
            self.mark = Mark { rows: 0, spilled: self.spilled.len(), ..self.mark };
        }
        self.write(since, &ranks)?;
        rows.clear();
        self.rows = rows;
        Ok(())
    }

    /// Writes rows to disk, sorted.
    fn write(&mut self, rows: &mut [Row], ranks: &Ranks) -> Result<(), LakeError> {
        if rows.is_empty() {
            return Ok(());
        }
        let folder = &self.folder;
        let runs = in_parallel(rows, self.threads, |part| {
            sort(part, ranks);
            write_run(part, folder)
        });
        for run in runs {
            self.spilled.push(run?);
        }
        Ok(())
    }

    /// Sorts what is still in memory. Afterwards [`RowHeap::sorted`] can be called any number of
    /// times.
    pub(crate) fn seal(&mut self, dict: &Dict) {
        let ranks = Ranks::of(dict, self.order);
        let mut rows = std::mem::take(&mut self.rows);
        in_parallel(&mut rows, self.threads, |part| sort(part, &ranks));
        let part = rows.len().div_ceil(self.threads).max(1);
        if rows.len() <= part {
            self.memory.push(rows);
        } else {
            // Splitting from the end moves the tails only.
            let mut runs = Vec::new();
            let mut cut = rows.len();
            while cut > part {
                let start = (cut - 1) / part * part;
                runs.push(rows.split_off(start));
                cut = start;
            }
            runs.push(rows);
            self.memory.extend(runs);
        }
    }

    /// All rows in key order; rows with one key in any order.
    pub(crate) fn sorted<'a>(&'a self, ranks: &'a Ranks) -> Result<Sorted<'a>, LakeError> {
        let mut sources: Vec<Run<'a>> =
            self.memory.iter().map(|rows| Run::Memory(rows.iter())).collect();
        for spilled in &self.spilled {
            let spilled = At { file: &spilled.file, at: 0, end: spilled.bytes };
            sources.push(Run::File(BufReader::with_capacity(256 * 1024, spilled)));
        }
        let mut heads = Vec::new();
        for mut run in sources {
            if let Some(row) = run.next(&self.folder)? {
                heads.push(Head { key: ranks.key(&row), row, run });
            }
        }
        let mut sorted = Sorted { heads, lowest: 0, bar: None, ranks, folder: &self.folder };
        sorted.look();
        Ok(sorted)
    }
}

/// Runs `work` on equal parts of `rows`, one thread each.
fn in_parallel<T: Send>(
    rows: &mut [Row],
    threads: usize,
    work: impl Fn(&mut [Row]) -> T + Sync,
) -> Vec<T> {
    let part = rows.len().div_ceil(threads).max(1);
    if threads == 1 || rows.len() <= part {
        return vec![work(rows)];
    }
    let work = &work;
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            rows.chunks_mut(part).map(|part| scope.spawn(move || work(part))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Sorts by key. Where key and position fit 64 bits (any real dataset) plain integers are
/// sorted, several times faster than comparing rows.
fn sort(rows: &mut [Row], ranks: &Ranks) {
    let Some(packing) = Packing::of(rows, ranks) else {
        rows.sort_unstable_by_key(|row| ranks.key(row));
        return;
    };
    let mut packed: Vec<u64> =
        (0_u64..).zip(rows.iter()).map(|(at, row)| packing.pack(ranks.key(row), at)).collect();
    if packed.is_sorted() {
        return;
    }
    packed.sort_unstable();
    let mask = (1_u64 << packing.index_bits) - 1;
    let sorted: Vec<Row> = packed
        .iter()
        .filter_map(|packed| rows.get(usize::try_from(packed & mask).ok()?).copied())
        .collect();
    rows.copy_from_slice(&sorted);
}

/// How a key and a position share 64 bits.
struct Packing {
    low: Key,
    bits: [u32; 5],
    index_bits: u32,
}

impl Packing {
    fn of(rows: &[Row], ranks: &Ranks) -> Option<Self> {
        let mut low = [u32::MAX; 5];
        let mut high = [0_u32; 5];
        for row in rows {
            for ((low, high), part) in low.iter_mut().zip(&mut high).zip(ranks.key(row)) {
                *low = (*low).min(part);
                *high = (*high).max(part);
            }
        }
        let mut bits = [0_u32; 5];
        for ((bits, low), high) in bits.iter_mut().zip(low).zip(high) {
            *bits = 32 - high.saturating_sub(low).leading_zeros();
        }
        let index_bits = 64 - (rows.len() as u64).leading_zeros();
        (bits.iter().sum::<u32>() + index_bits < 64).then_some(Self { low, bits, index_bits })
    }

    fn pack(&self, key: Key, at: u64) -> u64 {
        let parts = key.iter().zip(self.low).zip(self.bits);
        let key =
            parts.fold(0_u64, |packed, ((part, low), bits)| packed << bits | u64::from(part - low));
        key << self.index_bits | at
    }
}

fn write_run(rows: &[Row], folder: &Path) -> Result<Spilled, LakeError> {
    let failed = |e: io::Error| LakeError::io("spill rows into", folder, e);
    let file = tempfile::tempfile_in(folder).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    for row in rows {
        out.write_all(&row.to_bytes()).map_err(failed)?;
    }
    let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
    Ok(Spilled { file, bytes: (rows.len() * ROW_BYTES) as u64 })
}

/// A sorted run on disk, and how long it is.
struct Spilled {
    file: File,
    bytes: u64,
}

/// A place of its own in a spilled run: several may read one file side by side, and a file that
/// has become shorter is an error, not an end.
struct At<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let read = read_at(self.file, buffer, self.at)?;
        if read == 0 {
            let why = format!("it ends after {} of {} bytes", self.at, self.end);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

enum Run<'a> {
    Memory(std::slice::Iter<'a, Row>),
    File(BufReader<At<'a>>),
}

impl Run<'_> {
    fn next(&mut self, folder: &Path) -> Result<Option<Row>, LakeError> {
        match self {
            Self::Memory(rows) => Ok(rows.next().copied()),
            Self::File(file) => {
                let mut bytes = [0_u8; ROW_BYTES];
                match file.read_exact(&mut bytes) {
                    Ok(()) => Row::from_bytes(&bytes).map(Some).ok_or_else(|| {
                        let why = io::Error::new(io::ErrorKind::InvalidData, "no row is there");
                        LakeError::io("read back spilled rows in", folder, why)
                    }),
                    // The whole length was read, and it is a multiple of a row's.
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                    Err(e) => Err(LakeError::io("read back spilled rows in", folder, e)),
                }
            }
        }
    }
}

struct Head<'a> {
    key: Key,
    row: Row,
    run: Run<'a>,
}

/// The merge of all runs. They are few (one per 3 million rows and thread), so a linear look at their
/// heads is enough, and it is only taken where another run comes first.
pub(crate) struct Sorted<'a> {
    heads: Vec<Head<'a>>,
    /// Which of them comes first.
    lowest: usize,
    /// The lowest key of the others.
    bar: Option<Key>,
    ranks: &'a Ranks,
    folder: &'a Path,
}

impl Sorted<'_> {
    /// The next row and its key.
    pub(crate) fn next(&mut self) -> Result<Option<(Key, Row)>, LakeError> {
        let Some(head) = self.heads.get_mut(self.lowest) else { return Ok(None) };
        let found = (head.key, head.row);
        if let Some(row) = head.run.next(self.folder)? {
            head.key = self.ranks.key(&row);
            head.row = row;
            if self.bar.is_some_and(|bar| bar < head.key) {
                self.look();
            }
        } else {
            drop(self.heads.swap_remove(self.lowest));
            self.look();
        }
        Ok(Some(found))
    }

    /// Key of the row that [`Sorted::next`] would give.
    pub(crate) fn peek(&self) -> Option<Key> {
        self.heads.get(self.lowest).map(|head| head.key)
    }

    /// Whether that is the key.
    pub(crate) fn is_next(&self, key: &Key) -> bool {
        self.heads.get(self.lowest).is_some_and(|head| head.key == *key)
    }

    /// Finds the run that comes first.
    fn look(&mut self) {
        let keys = || self.heads.iter().map(|head| head.key).enumerate();
        self.lowest = keys().min_by_key(|(_, key)| *key).map_or(0, |(at, _)| at);
        self.bar = keys().filter(|(at, _)| *at != self.lowest).map(|(_, key)| key).min();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use wsis_model::period::Period;

    use super::RowHeap;
    use crate::durable::Disk;
    use crate::row::{Dict, Order, Ranks, Row};

    /// A store of spilled runs of ten rows each, and the folder that they lie in.
    fn spilled() -> (tempfile::TempDir, RowHeap, Dict) {
        let folder = tempfile::tempdir().unwrap();
        let mut dict = Dict::default();
        let set = dict.set("source", "dataset");
        let (series, area, cut) = (dict.series("S"), dict.area("KEN"), dict.cut(["", "", "", ""]));
        let mut store = RowHeap::new(folder.path(), &Disk::default(), Order::Lake, 1);
        store.set_limit(10);
        for year in (0..95).rev() {
            let (attr, text, payload, payload_row) = (0, 0, 0, 1);
            let value = f64::from(year);
            let period = Period::annual(year).unwrap();
            let row =
                Row { set, series, area, cut, period, attr, text, payload, value, payload_row };
            store.push(row, &dict).unwrap();
        }
        store.seal(&dict);
        (folder, store, dict)
    }

    #[test]
    fn trial_r25_two_readers_of_spilled_rows_do_not_disturb_each_other() {
        let (_folder, store, dict) = spilled();
        let ranks = Ranks::of(&dict, Order::Lake);
        let mut first = store.sorted(&ranks).unwrap();
        let mut second = store.sorted(&ranks).unwrap();
        for year in 0..95 {
            assert_eq!(first.next().unwrap().unwrap().1.period.year(), year);
            if year % 2 == 0 {
                assert_eq!(second.next().unwrap().unwrap().1.period.year(), year / 2);
            }
        }
        assert!(first.next().unwrap().is_none());
    }

    #[test]
    fn trial_r25_a_spilled_run_that_has_become_shorter_is_an_error_and_no_end() {
        let (_folder, store, dict) = spilled();
        let mut file = &store.spilled[3].file;
        file.flush().unwrap();
        file.set_len(5 * 48 + 7).unwrap();
        let ranks = Ranks::of(&dict, Order::Lake);
        let found = store.sorted(&ranks).and_then(|mut rows| {
            while rows.next()?.is_some() {}
            Ok(())
        });
        let error = found.unwrap_err().to_string();
        assert!(error.contains("it ends after 247 of 480 bytes"), "{error}");
    }
}
