//! A store of objects that does what it is asked and loses its answer: the put is tried again, or
//! not, and the lake is whole in any case.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use wsis_lake::{Lake, LakeErrorKind, OBSERVATIONS_LATEST};

use crate::support::{assert_intact, collect, day, deliver, head, obs, open_gates, short};

/// What stands in the place of a lost answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// The connection broke.
    Broken,
    /// The client tried again by itself, and was told that the name is taken.
    Taken,
}

#[derive(Debug)]
struct Lossy {
    inner: Arc<InMemory>,
    /// Puts until the one whose answer is lost.
    left: AtomicI64,
    lost: Lost,
}

impl fmt::Display for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lossy")
    }
}

impl ObjectStore for Lossy {
    fn put_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> BoxFuture<'t, Result<PutResult>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        Box::pin(async move {
            let done = self.inner.put_opts(location, payload, opts).await?;
            if self.left.fetch_sub(1, Ordering::SeqCst) != 0 {
                return Ok(done);
            }
            Err(match self.lost {
                Lost::Broken => Error::Generic { store: "lossy", source: "reset".into() },
                Lost::Taken => {
                    Error::AlreadyExists { path: location.to_string(), source: "taken".into() }
                }
            })
        })
    }

    fn put_multipart_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        opts: PutMultipartOptions,
    ) -> BoxFuture<'t, Result<Box<dyn MultipartUpload>>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.put_multipart_opts(location, opts)
    }

    fn get_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> BoxFuture<'t, Result<GetResult>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.get_opts(location, options)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'a, 'b, 't>(
        &'a self,
        prefix: Option<&'b Path>,
    ) -> BoxFuture<'t, Result<ListResult>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'c, 't>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> BoxFuture<'t, Result<()>>
    where
        'a: 't,
        'b: 't,
        'c: 't,
        Self: 't,
    {
        self.inner.copy_opts(from, to, options)
    }
}

#[test]
fn a_put_whose_answer_was_lost_is_settled_by_reading_back() {
    for lost in [Lost::Broken, Lost::Taken] {
        let (mut landed, mut again) = (0, 0);
        for put in 0..100 {
            let folder = tempfile::tempdir().unwrap();
            let inner = Arc::new(InMemory::new());
            let lake = Lake::open_objects(folder.path(), inner.clone()).unwrap();
            deliver(&lake, "a", day(1), &[obs("S", "KEN", 2020, 29.0)]);
            let left = AtomicI64::new(put);
            let lossy = Arc::new(Lossy { inner: inner.clone(), left, lost });
            let failing = Lake::open_objects(folder.path(), lossy.clone()).unwrap();
            let deliver = |lake: &Lake| {
                let rows = [obs("S", "UGA", 2020, 6.1)];
                lake.commit(collect(lake, "second body", day(2), &rows), &open_gates())
            };
            let outcome = deliver(&failing);
            let lake = Lake::open_objects(folder.path(), inner).unwrap();
            assert_intact(&lake);
            match outcome {
                Ok(done) => {
                    assert_eq!((done.snapshot, head(&lake).id), (Some(2), 2), "put {put}");
                    landed += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), LakeErrorKind::Io, "put {put}: {error}");
                    assert_eq!(head(&lake).id, 1, "a commit that is told to have failed has not");
                    assert_eq!(deliver(&lake).unwrap().snapshot, Some(2), "put {put}");
                    again += 1;
                }
            }
            assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29", "UGA 2020 6.1"]);
            assert_intact(&lake);
            // That put was not reached: all of them were tried.
            if lossy.left.load(Ordering::SeqCst) >= 0 {
                assert!(put > 3, "{put} puts");
                let expected = if lost == Lost::Broken { 1 } else { put };
                assert!(landed > expected, "{lost:?}: {landed} landed, {again} again");
                break;
            }
        }
    }
}
