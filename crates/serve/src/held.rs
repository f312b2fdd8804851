//! Views of the lake with their scores, computed once and held for whoever asks next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::{OnceCell, Semaphore};
use wsis_app::{App, AppError, Look, Review, Scores, evidence};
use wsis_lake::{At, View};
use wsis_scorecard::fingerprint;

use crate::problem::Problem;

/// Views of the past that are held. That of now has a place of its own.
const PAST_MAX: usize = 3;

/// Queries for observations at one time: each has memory of its own.
const QUERIES_MAX: usize = 4;

/// A lake with what was computed of it.
pub(crate) struct Held {
    pub(crate) app: Arc<App>,
    /// By framework: hash of all that its method consists of.
    fingerprints: BTreeMap<String, String>,
    kept: Mutex<Kept>,
    /// Queries for observations at one time.
    pub(crate) queries: Semaphore,
    /// One computes at a time: whoever asks for the same waits and finds it.
    computing: Arc<Semaphore>,
}

#[derive(Default)]
struct Kept {
    /// By framework, of what is known now.
    present: BTreeMap<String, Arc<Computed>>,
    /// The last asked for at the end.
    past: VecDeque<Arc<Computed>>,
}

/// What one view is by one framework, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) snapshot: u64,
    pub(crate) instant: Option<DateTime<Utc>>,
    pub(crate) framework: String,
    /// Whether it is what is known now.
    pub(crate) is_present: bool,
    /// On which day corrections hold is asked of the day.
    pub(crate) on: NaiveDate,
}

/// A scorecard with its tables.
pub(crate) struct Computed {
    key: Key,
    pub(crate) scores: Scores,
    tables: BTreeMap<&'static str, RecordBatch>,
    report: OnceCell<Bytes>,
}

impl Computed {
    /// A table by name.
    pub(crate) fn table(&self, name: &str) -> Result<&RecordBatch, Problem> {
        self.tables.get(name).ok_or_else(|| Problem::failed(&format!("no table {name}")))
    }
}

impl Held {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let deployment = app.deployment();
        let fingerprints = deployment.frameworks.iter().map(|framework| {
            let method = deployment.method(framework);
            (framework.id.clone(), fingerprint::fingerprint(method, &deployment.areas))
        });
        Self {
            fingerprints: fingerprints.collect(),
            kept: Mutex::default(),
            queries: Semaphore::new(QUERIES_MAX),
            computing: Arc::new(Semaphore::new(1)),
            app,
        }
    }

    /// The state of the lake that is meant.
    pub(crate) async fn view(self: &Arc<Self>, look: Look) -> Result<View, Problem> {
        self.waiting(move |held| {
            let lake = held.app.lake();
            let head = lake.snapshot(At::Head).map_err(|error| Problem::failed(&error))?;
            let newest = head.ok_or_else(Problem::empty)?.id;
            if let Some(asked) = look.snapshot.filter(|id| *id > newest) {
                let told = format!("there is no snapshot {asked}; the newest is {newest}");
                return Err(Problem::parameter(told).seen_at("/v1/snapshots"));
            }
            // Where the lake lies is nobody's business who asks from outside.
            let root = lake.root().display().to_string();
            held.app.view(look).map_err(|error| match error {
                AppError::Asked(why) => AppError::Asked(why.replace(&root, "the lake")).into(),
                error @ AppError::Failed(_) => Problem::from(error),
            })
        })
        .await
    }

    /// Does what may wait for a disk or takes long, where that harms nobody (I15).
    pub(crate) async fn waiting<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let held = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&held)).await;
        done.unwrap_or_else(|error| Err(Problem::failed(&error)))
    }

    /// What a view is by a framework.
    pub(crate) fn key(&self, view: &View, framework: &str) -> Key {
        let scored_on = wsis_app::judged_at(wsis_app::known_of(view), self.app.now());
        Key {
            snapshot: view.snapshot().id,
            instant: view.instant(),
            framework: framework.to_owned(),
            is_present: view.is_present(),
            on: scored_on.date_naive(),
        }
    }

    /// The hash of all that a framework's method consists of.
    pub(crate) fn fingerprint(&self, framework: &str) -> &str {
        self.fingerprints.get(framework).map_or("", String::as_str)
    }

    /// The scorecard of a view. Once begun it is computed to its end, and held for the next, also where
    /// whoever asked has gone.
    pub(crate) async fn computed(
        self: &Arc<Self>,
        view: View,
        framework: &str,
    ) -> Result<Arc<Computed>, Problem> {
        let key = self.key(&view, framework);
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let turn = Arc::clone(&self.computing).acquire_owned().await;
        let turn = turn.map_err(|error| Problem::failed(&error))?;
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let here = tokio::runtime::Handle::current();
        self.waiting(move |held| {
            let _turn = turn;
            let review = Review { framework: Some(key.framework.clone()), ..Review::default() };
            let scores = here.block_on(held.app.scores_of(view, &review)).map_err(Problem::from)?;
            let tables = scores.scorecard.to_batches().map_err(|error| Problem::failed(&error))?;
            let tables = tables.into_iter().map(|table| (table.name, table.batch)).collect();
            let computed = Computed { key, scores, tables, report: OnceCell::new() };
            Ok(held.keep(Arc::new(computed)))
        })
        .await
    }

    /// The report of a scorecard, rendered once.
    pub(crate) async fn report(self: &Arc<Self>, of: &Arc<Computed>) -> Result<Bytes, Problem> {
        let render = || {
            let of = Arc::clone(of);
            self.waiting(move |_| Ok(Bytes::from(evidence::report(&of.scores)?)))
        };
        of.report.get_or_try_init(render).await.cloned()
    }

    fn find(&self, key: &Key) -> Option<Arc<Computed>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = kept.present.get(&key.framework).filter(|it| it.key == *key);
        if let Some(found) = now {
            return Some(Arc::clone(found));
        }
        let at = kept.past.iter().position(|it| it.key == *key)?;
        let found = kept.past.remove(at)?;
        kept.past.push_back(Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, computed: Arc<Computed>) -> Arc<Computed> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if computed.key.is_present {
            kept.present.insert(computed.key.framework.clone(), Arc::clone(&computed));
        } else {
            if kept.past.len() >= PAST_MAX {
                kept.past.pop_front();
            }
            kept.past.push_back(Arc::clone(&computed));
        }
        computed
    }
}
