//! A deployment with its lake.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_config::Deployment;
use wsis_engine::watch::{self, Account, Known};
use wsis_engine::{Clock, Ledger};
use wsis_lake::{At, Lake, LakeError, View};

use crate::error::AppError;
use crate::look::{Look, judged_at, known_of, told};
use crate::place;
use crate::scores::{Basis, Kept};

/// Computed scorecards that are kept: those of now and a few of the past, of one or two
/// frameworks. Each takes some tens of megabytes.
const KEPT_MAX: usize = 4;

/// A deployment with its lake. What it computes of a view is kept for the next who asks.
pub struct App {
    deployment: Arc<Deployment>,
    lake: Arc<Lake>,
    clock: Arc<dyn Clock>,
    /// What the lake says of itself if it holds a sample.
    sample: Option<String>,
    /// The last asked for at the end.
    kept: Mutex<VecDeque<(Basis, Kept)>>,
}

impl App {
    /// Of a lake that is open.
    ///
    /// # Errors
    /// [`AppError::Failed`] when the lake cannot be read.
    pub fn new(
        deployment: Arc<Deployment>,
        lake: Arc<Lake>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AppError> {
        let sample = lake.sample().map_err(|error| AppError::of(&error))?;
        Ok(Self { deployment, lake, clock, sample, kept: Mutex::default() })
    }

    /// What is declared.
    pub const fn deployment(&self) -> &Arc<Deployment> {
        &self.deployment
    }

    /// The lake.
    pub const fn lake(&self) -> &Arc<Lake> {
        &self.lake
    }

    /// What the lake says of itself if it holds a sample.
    pub fn sample(&self) -> Option<&str> {
        self.sample.as_deref()
    }

    /// The clock.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The ledger, to be read.
    ///
    /// # Errors
    /// [`AppError::Failed`] when it cannot be opened.
    pub fn ledger(&self) -> Result<Ledger, AppError> {
        place::ledger(&*self.deployment, &self.lake)
    }

    /// The state of the lake that is meant. What is not known yet is refused: it would be answered
    /// otherwise tomorrow.
    ///
    /// # Errors
    /// [`AppError::Asked`] for a state that there is not, [`AppError::Failed`] for one that cannot
    /// be read.
    pub fn view(&self, look: Look) -> Result<View, AppError> {
        view(&self.lake, look, self.now())
    }

    /// What a look means for what is kept beside the lake: runs, states, release dates.
    ///
    /// # Errors
    /// As [`App::view`].
    pub fn known(&self, look: Look) -> Result<Known, AppError> {
        known(&self.lake, look, self.now())
    }

    /// The states of the pipelines and what became of release dates, at an instant (none: the one
    /// that `known` speaks of).
    ///
    /// # Errors
    /// [`AppError::Failed`] when the ledger cannot be read.
    pub fn account(&self, known: Known, at: Option<DateTime<Utc>>) -> Result<Account, AppError> {
        let at = at.unwrap_or_else(|| judged_at(known, self.now()));
        watch::account(&self.deployment.pipelines, &self.ledger()?, at, known)
            .map_err(|error| AppError::of(&error))
    }

    /// What dashboards read, and how far it is behind the lake.
    ///
    /// # Errors
    /// [`AppError::Failed`] when it cannot be read.
    pub fn published(&self) -> Result<PublishedState, AppError> {
        PublishedState::of(&self.lake)
    }

    /// What was computed of a basis before.
    pub(crate) fn kept(&self, basis: &Basis) -> Option<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(of, _)| of == basis)?;
        let found = kept.remove(at)?;
        let answer = found.1.clone();
        kept.push_back(found);
        Some(answer)
    }

    /// Keeps what was computed, in place of what nobody has asked for longest.
    pub(crate) fn keep(&self, basis: Basis, computed: Kept) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != basis);
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((basis, computed));
    }
}

/// The state of a lake that is meant, of which nothing is asked but that lake.
///
/// # Errors
/// As [`App::view`].
pub fn view(lake: &Lake, look: Look, now: DateTime<Utc>) -> Result<View, AppError> {
    let settle = |asked| {
        wsis_lake::settled(asked, now).ok_or_else(|| {
            AppError::Asked(format!(
                "--as-of: what will be known {} is not known yet; it is {} now",
                wsis_lake::said(asked),
                told(now)
            ))
        })
    };
    let as_of = look.as_of.map(settle).transpose()?;
    let view = lake.view(look.snapshot.map_or(At::Head, At::Id), as_of);
    let view = view.map_err(|error| match error {
        LakeError::NoSnapshot { .. } | LakeError::NothingKnown { .. } => AppError::asked(&error),
        error => AppError::of(&error),
    })?;
    view.ok_or_else(|| {
        AppError::Asked(format!(
            "the lake in {} is empty; run `wsis ingest` first",
            lake.root().display()
        ))
    })
}

/// What a look means for what is kept beside a lake.
///
/// # Errors
/// As [`App::view`].
pub fn known(lake: &Lake, look: Look, now: DateTime<Utc>) -> Result<Known, AppError> {
    // Without either a lake need hold nothing yet.
    if look.is_present() { Ok(Known::All) } else { Ok(known_of(&view(lake, look, now)?)) }
}

/// What dashboards read, and how far it is behind the lake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PublishedState {
    /// Newest snapshot of the lake; none in an empty one.
    pub snapshot: Option<u64>,
    /// Snapshot that the published tables were computed from; none before any were.
    pub published_snapshot: Option<u64>,
    /// When they were published, UTC.
    pub published_at: Option<DateTime<Utc>>,
}

impl PublishedState {
    /// What is published of a lake.
    ///
    /// # Errors
    /// [`AppError::Failed`] when it cannot be read.
    pub fn of(lake: &Lake) -> Result<Self, AppError> {
        let manifest = lake.published().map_err(|error| AppError::of(&error))?;
        let head = lake.snapshot(At::Head).map_err(|error| AppError::of(&error))?;
        Ok(Self {
            snapshot: head.map(|head| head.id),
            published_snapshot: manifest.as_ref().and_then(|it| it.snapshot),
            published_at: manifest.and_then(|it| it.published_at),
        })
    }

    /// In words, at an instant.
    pub fn text(&self, now: DateTime<Utc>) -> String {
        let (Some(published), Some(at)) = (self.published_snapshot, self.published_at) else {
            return "published: nothing yet; `wsis score` publishes".to_owned();
        };
        let age = (now - at).num_minutes().max(0);
        let age = match (age / 1_440, age / 60 % 24, age % 60) {
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        let head = self.snapshot.unwrap_or_default();
        let behind = if published < head {
            format!(", behind the lake, which is at {head}; `wsis score` publishes")
        } else {
            String::new()
        };
        format!("published: snapshot {published}, {age} ago{behind}")
    }
}
