//! Where a sort, join or group waits that does not fit into memory: in the lake's `tmp`, up to a
//! limit, and not before it is needed, so that a lake that may only be read can be queried.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::{SpillFile, TempFileFactory};

/// Folder of the spilled rows of a process.
pub(crate) fn folder(root: &Path, process: u32) -> PathBuf {
    root.join("tmp").join(format!("query-{process}"))
}

/// Makes files of spilled rows in a folder of their own.
pub(crate) struct InLake {
    folder: PathBuf,
    bytes_max: u64,
    files: Mutex<Option<Arc<DiskManager>>>,
}

impl InLake {
    /// Nothing is made yet.
    pub(crate) const fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, files: Mutex::new(None) }
    }

    fn manager(&self) -> Result<Arc<DiskManager>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manager) = &*files {
            return Ok(Arc::clone(manager));
        }
        std::fs::create_dir_all(&self.folder)?;
        let manager = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![self.folder.clone()]))
            .with_max_temp_directory_size(self.bytes_max)
            .build()?;
        Ok(Arc::clone(files.insert(Arc::new(manager))))
    }
}

impl TempFileFactory for InLake {
    fn create_temp_file(&self, description: &str) -> Result<Arc<dyn SpillFile>> {
        self.manager()?.create_tmp_file(description)
    }
}

impl Drop for InLake {
    fn drop(&mut self) {
        let files = self.files.get_mut().unwrap_or_else(PoisonError::into_inner);
        if files.take().is_some() {
            // Another session of this process may still have rows there.
            let _in_use = std::fs::remove_dir(&self.folder);
        }
    }
}
