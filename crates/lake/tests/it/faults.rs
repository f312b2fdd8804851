//! Faults on order: a disk that is full from some step on, and copies of a lake to try them on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wsis_lake::FaultHook;

/// A disk that is full from that step on, counted from 0.
pub(crate) fn full_from(step: u64) -> FaultHook {
    fails_from(step, io::ErrorKind::StorageFull)
}

/// Whatever is asked for fails in that way from that step on, counted from 0.
pub(crate) fn fails_from(step: u64, kind: io::ErrorKind) -> FaultHook {
    let steps = AtomicU64::new(0);
    Arc::new(move |_: &str, _: &Path| {
        let fails = steps.fetch_add(1, Ordering::SeqCst) >= step;
        if fails { Err(io::Error::from(kind)) } else { Ok(()) }
    })
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
