//! The lake's folder: opening it, its name rules, reading its tables.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::Length;
use wsis_model::dataset;

use crate::checked::Memory;
use crate::collector::Collector;
use crate::documents::Documents;
use crate::durable::{Disk, FaultHook, hash_of, hex};
use crate::error::LakeError;
use crate::identity::FORMAT;
use crate::root::Snapshots;
use crate::snapshot::{At, FileEntry, OBSERVATIONS_LATEST, Snapshot};
use crate::store::{Content, Local, Objects, Store};

/// Longest wait for the writer's lock of what is done by hand to the lake itself.
pub const UPKEEP_LOCK_WITHIN: Duration = Duration::from_secs(30);

/// Between two looks at whether the writer's lock is free.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A lake in a folder. Cheap to clone; all methods may be called from several threads.
#[derive(Clone)]
pub struct Lake {
    root: PathBuf,
    disk: Disk,
    /// Where documents, bodies and data files lie; drafts, locks and `public/` are in `root`.
    store: Arc<dyn Store>,
    documents: Documents,
    threads: usize,
    /// Data files found good by this process or an earlier one.
    memory: Arc<Mutex<Memory>>,
    /// Whether drafts of crashed processes were looked for.
    swept: Arc<AtomicBool>,
}

/// Held while a process writes to a lake, so that a second one can say why it waits. The commit
/// protocol is safe without it.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

/// Held while a pipeline is run, so that no two runs of it overlap, in whatever processes.
#[derive(Debug)]
pub struct PipelineLock {
    pipeline: String,
    _file: File,
}

impl PipelineLock {
    /// The pipeline's id.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }
}

impl Lake {
    /// Opens a lake; an empty or new folder becomes one.
    ///
    /// # Errors
    /// A folder with other things in it, an older or a newer format, or a refusal of the file
    /// system.
    pub fn open(root: &Path) -> Result<Self, LakeError> {
        Self::open_with(Self::local(root, Disk::default()))
    }

    /// [`Lake::open`] with a hook before every step of every write, for tests of crashes and full
    /// disks.
    #[doc(hidden)]
    pub fn open_with_faults(root: &Path, hook: FaultHook) -> Result<Self, LakeError> {
        Self::open_with(Self::local(root, Disk::with_hook(hook)))
    }

    /// Opens a lake whose documents, bodies and data files lie in a store of objects; `root` is
    /// the local folder for drafts, locks and published files of this machine.
    ///
    /// # Errors
    /// As for [`Lake::open`].
    pub fn open_objects(root: &Path, store: Arc<dyn ObjectStore>) -> Result<Self, LakeError> {
        Self::open_with(Self::objects(root, store, Disk::default())?)
    }

    /// [`Lake::open_objects`] with a hook before everything that is asked of the store.
    #[doc(hidden)]
    pub fn open_objects_with_faults(
        root: &Path,
        store: Arc<dyn ObjectStore>,
        hook: FaultHook,
    ) -> Result<Self, LakeError> {
        Self::open_with(Self::objects(root, store, Disk::with_hook(hook))?)
    }

    /// A lake in a folder, whatever its format.
    pub(crate) fn local(root: &Path, disk: Disk) -> Self {
        let store = Arc::new(Local::new(root, &disk));
        Self::over(root, disk, store)
    }

    fn objects(root: &Path, store: Arc<dyn ObjectStore>, disk: Disk) -> Result<Self, LakeError> {
        let store = Arc::new(Objects::new(store, &root.join("tmp"), &disk)?);
        Ok(Self::over(root, disk, store))
    }

    fn over(root: &Path, disk: Disk, store: Arc<dyn Store>) -> Self {
        Self {
            root: root.to_path_buf(),
            disk,
            documents: Documents::new(&store),
            store,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory: Arc::default(),
            swept: Arc::default(),
        }
    }

    fn open_with(lake: Self) -> Result<Self, LakeError> {
        match lake.format()? {
            None => {
                lake.initialise()?;
                // Only at the birth of a lake: whoever only reads one makes nothing in it, and who
                // publishes makes it anew.
                lake.disk.create_folder(&crate::durable::below(&lake.root, "public/v1"))?;
            }
            Some(found) if found < u64::from(FORMAT) => {
                let path = lake.store.shown("");
                return Err(LakeError::Older { path, found, supported: u64::from(FORMAT) });
            }
            Some(_) => {}
        }
        lake.create_folders()?;
        Ok(lake)
    }

    pub(crate) fn create_folders(&self) -> Result<(), LakeError> {
        for folder in ["raw/sha256", "raw/meta", "data", "snapshots", "manifests"] {
            // Nothing is drafted there before: a store of objects has no folders.
            self.disk.create_folder(&self.store.workshop(folder))?;
        }
        Ok(())
    }

    fn initialise(&self) -> Result<(), LakeError> {
        // The ledger may have been opened in the folder first; what a first opening made that was
        // cut short, or that goes on beside this one, is ours too.
        const OURS: [&str; 10] = [
            "_format.json",
            crate::sample::FILE,
            "state",
            "raw",
            "data",
            "manifests",
            "snapshots",
            "public",
            "tmp",
            "lock",
        ];
        if let Some(found) = self.store.top()?.into_iter().find(|it| !OURS.contains(&it.as_str())) {
            return Err(LakeError::NotALake { path: self.store.shown(""), found });
        }
        self.write_format()
    }

    /// Uses that many threads for sorting and encoding; the bytes written do not depend on it.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// The lake's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(crate) fn memory(&self) -> &Mutex<Memory> {
        &self.memory
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Where documents, bodies and data files lie.
    #[doc(hidden)]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(crate) fn documents(&self) -> &Documents {
        &self.documents
    }

    pub(crate) fn snapshots(&self) -> Snapshots {
        Snapshots::new(&self.store, &self.documents)
    }

    /// Folder of drafts and spilled rows; whatever is in it after a crash is rubbish.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Starts collecting the rows of a delivery of a dataset.
    pub fn collector(&self, source: &str, dataset: &str) -> Collector {
        Collector::new(source, dataset, &self.tmp(), &self.disk, self.threads)
    }

    /// Takes the advisory writer lock. The first one of a process also removes what crashed ones
    /// left behind.
    ///
    /// # Errors
    /// [`LakeError::Locked`] if another process has it.
    pub fn lock_writer(&self) -> Result<WriterLock, LakeError> {
        let file = lock(self.root.join("lock"))?;
        if !self.swept.swap(true, Ordering::Relaxed) {
            self.sweep();
        }
        Ok(WriterLock { _file: file })
    }

    /// Takes the advisory writer lock as soon as it is free: others hold it for the time of a commit,
    /// or of upkeep.
    ///
    /// # Errors
    /// [`LakeError::Locked`] if another process has it for all that time, with how long that was.
    pub fn lock_writer_within(&self, wait: Duration) -> Result<WriterLock, LakeError> {
        let start = Instant::now();
        loop {
            match self.lock_writer() {
                Err(LakeError::Locked { path, .. }) if start.elapsed() >= wait => {
                    return Err(LakeError::Locked { path, waited: wait });
                }
                Err(LakeError::Locked { .. }) => std::thread::sleep(LOOK_EVERY),
                other => return other,
            }
        }
    }

    /// Takes a pipeline: the lock ends with the value, or with its process.
    ///
    /// # Errors
    /// [`LakeError::Locked`] if it is taken.
    pub fn lock_pipeline(&self, pipeline: &str) -> Result<PipelineLock, LakeError> {
        let folder = self.root.join("state").join("locks");
        fs::create_dir_all(&folder).map_err(|e| LakeError::io("create", &folder, e))?;
        let file = lock(folder.join(pipeline))?;
        Ok(PipelineLock { pipeline: pipeline.to_owned(), _file: file })
    }

    /// A snapshot; `None` for the head of a lake without commits.
    pub fn snapshot(&self, at: At) -> Result<Option<Snapshot>, LakeError> {
        self.snapshots().at(at)
    }

    /// Where a file of a snapshot lies.
    pub fn path(&self, entry: &FileEntry) -> PathBuf {
        self.store.shown(&entry.path)
    }

    /// The observations in force of one dataset, in key order, batch by batch.
    pub fn read_latest(
        &self,
        snapshot: &Snapshot,
        source: &str,
        dataset: &str,
    ) -> Result<Batches, LakeError> {
        self.read(snapshot, OBSERVATIONS_LATEST, Some((source, dataset)))
    }

    /// A table of a snapshot, of one dataset or of all, batch by batch, file by file. Each file's
    /// length and hash are checked before its first row is given.
    pub fn read(
        &self,
        snapshot: &Snapshot,
        table: &str,
        dataset: Option<(&str, &str)>,
    ) -> Result<Batches, LakeError> {
        let files = match dataset {
            Some((source, dataset)) => snapshot.files_of(table, source, dataset)?,
            None => snapshot.files(table)?,
        };
        Ok(self.read_files(files))
    }

    /// The rows of some files, file by file.
    pub(crate) fn read_files(&self, mut files: Vec<FileEntry>) -> Batches {
        files.reverse();
        Batches { store: Arc::clone(&self.store), files, open: None }
    }
}

/// Names that become folders must not leave the lake or clash with its own files: the rule that
/// holds for ids of datasets.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), LakeError> {
    if dataset::is_id(name) {
        return Ok(());
    }
    Err(LakeError::Name { what, name: name.to_owned() })
}

/// Batches of the files of a table.
pub struct Batches {
    store: Arc<dyn Store>,
    /// Still to open, last first.
    files: Vec<FileEntry>,
    open: Option<(PathBuf, ParquetRecordBatchReader)>,
}

impl Batches {
    fn open_next(&mut self) -> Result<bool, LakeError> {
        let Some(entry) = self.files.pop() else {
            return Ok(false);
        };
        let path = self.store.shown(&entry.path);
        let file = open_checked(&*self.store, &entry)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(16_384).build())
            .map_err(|e| LakeError::parquet(&path, e))?;
        self.open = Some((path, reader));
        Ok(true)
    }

    /// Path of the file that the last batch came from.
    pub(crate) fn current_path(&self) -> PathBuf {
        self.open.as_ref().map_or_else(PathBuf::new, |(path, _)| path.clone())
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                if let Some(batch) = reader.next() {
                    return Some(batch.map_err(|e| LakeError::encoding(path, &e)));
                }
                self.open = None;
            }
            match self.open_next() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.files.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Opens a file of a snapshot after comparing length and hash with the snapshot's.
pub(crate) fn open_checked(store: &dyn Store, entry: &FileEntry) -> Result<Content, LakeError> {
    let path = store.shown(&entry.path);
    let failed = |e| LakeError::io("read", &path, e);
    let no_file = || failed(std::io::ErrorKind::NotFound.into());
    let mut file = store.open(&entry.path)?.ok_or_else(no_file)?;
    // First what costs nothing: a file that grew is not read through.
    let length = Length::len(&file);
    if length != entry.bytes {
        let (found, expected) = (format!("{length} bytes"), format!("{} bytes", entry.bytes));
        return Err(LakeError::Corrupt { path, found, expected });
    }
    let (bytes, digest) = hash_of(&mut file).map_err(failed)?;
    if bytes != entry.bytes || hex(&digest) != entry.sha256 {
        return Err(LakeError::Corrupt {
            path,
            found: format!("{bytes} bytes, SHA-256 {}", hex(&digest)),
            expected: format!("{} bytes, SHA-256 {}", entry.bytes, entry.sha256),
        });
    }
    std::io::Seek::rewind(&mut file).map_err(failed)?;
    Ok(file)
}

pub(crate) fn lock(path: PathBuf) -> Result<File, LakeError> {
    let file = fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| LakeError::io("open", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            Err(LakeError::Locked { path, waited: Duration::ZERO })
        }
        Err(fs::TryLockError::Error(e)) => Err(LakeError::io("lock", &path, e)),
    }
}
