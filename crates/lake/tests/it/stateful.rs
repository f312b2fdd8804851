//! Whole lives of a lake against a reference model: commits in any order of time, stores that fail
//! at any request, copies that are restored, compactions, collections of garbage and readers that
//! hold on to a snapshot.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use object_store::memory::InMemory;
use proptest::prelude::*;
use wsis_lake::{
    At, Collection, Compaction, FaultHook, Lake, LakeError, OBSERVATIONS, OBSERVATIONS_LATEST,
};

use crate::history::{Answer, Key, Model, Said, as_of, in_force, one_answer, try_deliver};
use crate::support::{day, outside_the_archive};

/// How many lives are lived: 10,000 for the figure that is promised, few where nothing is said.
const CASES: &str = "WSIS_LAKE_CASES";

/// Something that happens to a lake.
#[derive(Debug, Clone)]
enum Deed {
    /// A delivery.
    Commit(Answer),
    /// One whose store fails from that request on.
    Crash(Answer, u64),
    /// A copy is made.
    Copy,
    /// The last copy is put in place of the lake.
    Restore,
    Compact,
    /// A compaction whose store fails from that request on.
    CompactCrash(u64),
    /// Everything that no snapshot names is removed.
    Collect,
    /// Somebody opens a snapshot, and keeps it.
    Open,
    /// The lake is looked at.
    Look,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => one_answer().prop_map(Deed::Commit),
        4 => (one_answer(), 0..60_u64).prop_map(|(answer, step)| Deed::Crash(answer, step)),
        2 => Just(Deed::Copy),
        1 => Just(Deed::Restore),
        2 => Just(Deed::Compact),
        1 => (0..60_u64).prop_map(Deed::CompactCrash),
        2 => Just(Deed::Collect),
        2 => Just(Deed::Open),
        1 => Just(Deed::Look),
    ]
}

/// A lake, what it should say, and who reads it.
struct Life {
    folder: tempfile::TempDir,
    store: Arc<InMemory>,
    model: Model,
    copy: Option<(Arc<InMemory>, Model, u64)>,
    /// Snapshots that somebody holds, with what was in force.
    readers: BTreeMap<u64, BTreeMap<Key, Said>>,
}

impl Life {
    fn lake(&self) -> Lake {
        Lake::open_objects(self.folder.path(), Arc::clone(&self.store) as _)
            .unwrap()
            .with_threads(1)
    }

    /// The same lake, whose store fails from some request on.
    fn failing(&self, from: u64) -> Result<Lake, LakeError> {
        let steps = AtomicU64::new(0);
        let hook: FaultHook = Arc::new(move |_: &str, _: &Path| {
            let is_broken = steps.fetch_add(1, Ordering::SeqCst) >= from;
            if is_broken { Err(io::Error::from(io::ErrorKind::ConnectionReset)) } else { Ok(()) }
        });
        let store = Arc::clone(&self.store) as _;
        Lake::open_objects_with_faults(self.folder.path(), store, hook)
    }

    fn head(&self) -> u64 {
        self.lake().snapshot(At::Head).unwrap().map_or(0, |head| head.id)
    }

    fn live(&mut self, deed: &Deed) {
        match deed {
            Deed::Commit(answer) => {
                try_deliver(&self.lake(), answer).unwrap();
                self.model.take(answer);
            }
            Deed::Crash(answer, step) => {
                let before = self.head();
                let done = self.failing(*step).and_then(|lake| try_deliver(&lake, answer));
                // A put may be made and its answer be lost: the lake itself tells.
                if done.is_ok() || self.head() > before {
                    self.model.take(answer);
                }
            }
            Deed::Copy => {
                self.copy = Some((Arc::new(self.store.fork()), self.model.clone(), self.head()));
            }
            Deed::Restore => {
                if let Some((store, model, head)) = &self.copy {
                    self.store = Arc::new(store.fork());
                    self.model = model.clone();
                    // Numbers after it are given anew.
                    self.readers.retain(|id, _| id <= head);
                }
            }
            Deed::Compact => drop(self.lake().compact(&compaction()).unwrap()),
            Deed::CompactCrash(step) => {
                drop(self.failing(*step).and_then(|lake| lake.compact(&compaction())));
            }
            Deed::Collect => {
                let at = day(1) + TimeDelta::days(36_500);
                let how = Collection {
                    grace: Duration::ZERO,
                    dry_run: false,
                    at,
                    lock_within: Duration::ZERO,
                };
                self.lake().collect_garbage(&how).unwrap();
            }
            Deed::Open => {
                let lake = self.lake();
                if let Some(head) = lake.snapshot(At::Head).unwrap() {
                    self.readers.insert(head.id, in_force(&lake, &head));
                }
            }
            Deed::Look => self.look(),
        }
    }

    /// The lake says what the model says, of today and of every day, and is intact.
    fn look(&self) {
        let lake = self.lake();
        let Some(head) = lake.snapshot(At::Head).unwrap() else {
            assert_eq!(self.model.as_of(u32::MAX), BTreeMap::new());
            return;
        };
        assert_eq!(in_force(&lake, &head), self.model.as_of(u32::MAX));
        for until in 1..12 {
            assert_eq!(as_of(&lake, until), self.model.as_of(until), "day {until}");
        }
        assert_eq!(outside_the_archive(&lake), vec![]);
        for (id, said) in &self.readers {
            let held = lake.snapshot(At::Id(*id)).unwrap().unwrap();
            assert_eq!(in_force(&lake, &held), *said, "snapshot {id}");
        }
        let rows = [OBSERVATIONS, OBSERVATIONS_LATEST].map(|table| head.rows(table));
        assert!(rows[1] <= rows[0], "{rows:?}");
    }
}

fn compaction() -> Compaction {
    Compaction { spared_min: 1, at: day(30), lock_within: Duration::ZERO }
}

fn cases() -> u32 {
    std::env::var(CASES).ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn whatever_happens_to_a_lake_it_says_what_was_committed(
        deeds in prop::collection::vec(deed(), 1..14)
    ) {
        let mut life = Life {
            folder: tempfile::tempdir().unwrap(),
            store: Arc::default(),
            model: Model::default(),
            copy: None,
            readers: BTreeMap::new(),
        };
        for deed in &deeds {
            life.live(deed);
        }
        life.look();
    }
}
