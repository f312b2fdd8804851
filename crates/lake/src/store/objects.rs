//! Any store of objects: names are created by conditional puts, which such stores decide among
//! writers of many machines.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};
use tokio::runtime::Runtime;

use super::{Content, Head, Placed, Store, check_length, most};
use crate::durable::{Disk, below};
use crate::error::LakeError;

/// Longest wait for a store: of whatever is asked, a body of half a gigabyte takes longest, and
/// clients of stores give up and try again long before.
const WITHIN: Duration = Duration::from_mins(30);

/// A store of objects, and the local folder for drafts. What is opened is in memory whole: at most
/// `WHOLE_MAX`, in practice a data file of 128 MB for each of the threads that hash, or a body.
#[derive(Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    workshop: PathBuf,
    disk: Disk,
    tasks: Tasks,
}

/// A thread of its own for what waits for the network, so that callers may be in whatever
/// runtime, or in none.
#[derive(Debug)]
struct Tasks(Option<Runtime>);

impl Drop for Tasks {
    fn drop(&mut self) {
        // Dropping a runtime within another one would wait, which that one forbids.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Objects {
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        workshop: &Path,
        disk: &Disk,
    ) -> Result<Self, LakeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("wsis-objects")
            .enable_all()
            .build()
            .map_err(|e| LakeError::io("start a thread for", Path::new("the object store"), e))?;
        let tasks = Tasks(Some(runtime));
        Ok(Self { store, workshop: workshop.to_path_buf(), disk: disk.clone(), tasks })
    }

    /// Does one thing at the store and waits for it.
    fn ask<T, F>(
        &self,
        action: &'static str,
        name: &str,
        work: impl FnOnce(Arc<dyn ObjectStore>, Key) -> F,
    ) -> Result<T, LakeError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let shown = self.shown(name);
        self.disk.step(action, &shown)?;
        let key = Key::parse(name).map_err(|e| LakeError::io(action, &shown, io::Error::other(e)));
        let future = work(Arc::clone(&self.store), key?);
        let ended = || LakeError::io(action, &shown, io::Error::other("the store's thread ended"));
        let (tell, told) = mpsc::sync_channel(1);
        self.tasks.0.as_ref().ok_or_else(ended)?.spawn(async move {
            // Nobody waits only when the caller's thread is gone.
            drop(tell.send(future.await));
        });
        let done = told.recv_timeout(WITHIN).map_err(|error| match error {
            mpsc::RecvTimeoutError::Disconnected => ended(),
            mpsc::RecvTimeoutError::Timeout => {
                let why = format!("the store gave no answer within {} s", WITHIN.as_secs());
                LakeError::io(action, &shown, io::Error::new(io::ErrorKind::TimedOut, why))
            }
        })?;
        done.map_err(|e| LakeError::io(action, &shown, plain(e)))
    }

    fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<Placed, LakeError> {
        self.ask("put", name, |store, key| async move {
            match store.put_opts(&key, PutPayload::from_bytes(bytes), mode.into()).await {
                Ok(_) => Ok(Placed::Created),
                Err(Error::AlreadyExists { .. }) => Ok(Placed::Existed),
                Err(e) => Err(e),
            }
        })
    }
}

/// The error in the words of a file system, which the rest of the lake knows.
fn plain(error: Error) -> io::Error {
    let kind = match &error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            io::ErrorKind::PermissionDenied
        }
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// `None` for what is not there.
fn there<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

fn read_draft(draft: &Path) -> Result<Bytes, LakeError> {
    let bytes = std::fs::read(draft).map_err(|e| LakeError::io("read", draft, e))?;
    Ok(Bytes::from(bytes))
}

impl Store for Objects {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Placed, LakeError> {
        self.put(name, Bytes::copy_from_slice(bytes), PutMode::Create)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LakeError> {
        self.put(name, Bytes::copy_from_slice(bytes), PutMode::Overwrite).map(drop)
    }

    fn place(&self, draft: &Path, name: &str) -> Result<Placed, LakeError> {
        self.put(name, read_draft(draft)?, PutMode::Create)
    }

    fn place_over(&self, draft: &Path, name: &str) -> Result<(), LakeError> {
        self.put(name, read_draft(draft)?, PutMode::Overwrite).map(drop)
    }

    fn get(&self, name: &str) -> Result<Option<Bytes>, LakeError> {
        // The store says how long it is before a byte of it comes.
        let most = most(name);
        let found = self.ask("get", name, move |store, key| async move {
            match there(store.get(&key).await)? {
                Some(found) if found.meta.size <= most => {
                    found.bytes().await.map(|it| Some(Ok(it)))
                }
                Some(found) => Ok(Some(Err(found.meta.size))),
                None => Ok(None),
            }
        })?;
        match found {
            Some(Err(bytes)) => {
                check_length(name, &self.shown(name), bytes)?;
                Ok(None)
            }
            Some(Ok(bytes)) => Ok(Some(bytes)),
            None => Ok(None),
        }
    }

    fn open(&self, name: &str) -> Result<Option<Content>, LakeError> {
        Ok(self.get(name)?.map(|bytes| Content::Bytes(io::Cursor::new(bytes))))
    }

    fn head(&self, name: &str) -> Result<Option<Head>, LakeError> {
        self.ask("head", name, |store, key| async move {
            Ok(there(store.head(&key).await)?.map(|meta| Head {
                bytes: meta.size,
                is_settled: meta.e_tag.is_some(),
                modified: Some(meta.last_modified.into()),
                mark: format!(
                    "{} {} {} {}",
                    meta.size,
                    meta.last_modified.timestamp_micros(),
                    meta.e_tag.unwrap_or_default(),
                    meta.version.unwrap_or_default(),
                ),
            }))
        })
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, LakeError> {
        let mut found: Vec<String> = self.ask("list", folder, |store, key| async move {
            let all = store.list(Some(&key)).map_ok(|meta| meta.location.to_string());
            all.try_collect().await
        })?;
        found.sort_unstable();
        Ok(found)
    }

    fn top(&self) -> Result<Vec<String>, LakeError> {
        self.ask("list", "", |store, _| async move {
            let found = store.list_with_delimiter(None).await?;
            let objects = found.objects.into_iter().map(|meta| meta.location);
            Ok(found.common_prefixes.into_iter().chain(objects).map(|it| it.to_string()).collect())
        })
    }

    fn remove(&self, name: &str) -> Result<(), LakeError> {
        self.ask(
            "delete",
            name,
            |store, key| async move { there(store.delete(&key).await).map(drop) },
        )
    }

    fn workshop(&self, _folder: &str) -> PathBuf {
        self.workshop.clone()
    }

    fn shown(&self, name: &str) -> PathBuf {
        below(Path::new(&self.store.to_string()), name)
    }
}
