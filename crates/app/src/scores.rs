//! The scorecard of one view of a lake.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use wsis_config::Deployment;
use wsis_lake::{Lake, View};
use wsis_model::framework::{Framework, Window};
use wsis_model::rules::Method;
use wsis_query::Session;
use wsis_scorecard::result::WindowSummary;
use wsis_scorecard::{Panel, Scorecard, fingerprint};

use crate::app::App;
use crate::error::AppError;
use crate::look::{Review, judged_at, known_of};
use crate::names;

/// Why a figure is not there that a sample leaves out: what the source has is not known from it.
pub const NOT_IN_SAMPLE: &str = "not in the demo's sample";

/// The datasets (source, dataset) of which the sample is all that the source has; as
/// crates/upstream/data/README.md says. Of these an area without a figure has none at the source.
const WHOLE: [(&str, &str); 2] = [("data360", "ITU_DH"), ("undesa", "EGDI")];

/// What a scorecard rests on: with one deployment, two of one basis are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Basis {
    snapshot: u64,
    instant: Option<DateTime<Utc>>,
    framework: String,
    /// Of the framework: a draft may have the id of another.
    fingerprint: String,
    windows: Vec<Window>,
    /// The day on which corrections are asked whether they still hold; none where there is none.
    corrected_on: Option<NaiveDate>,
}

/// What is kept of it.
pub(crate) type Kept = (Arc<Panel>, Arc<Scorecard>);

/// A scorecard with all that it was computed from.
pub struct Scores {
    /// What is declared.
    pub deployment: Arc<Deployment>,
    /// The lake.
    pub lake: Arc<Lake>,
    /// What the lake says of itself if it holds a sample.
    pub sample: Option<String>,
    /// When they were asked for.
    now: DateTime<Utc>,
    /// The framework, with the window that was asked for.
    framework: Framework,
    /// The windows that the framework declares: those are published.
    declared: Vec<Window>,
    /// The window that is meant.
    pub window: Window,
    /// The state of the lake that was read.
    pub view: View,
    /// Observations by indicator, area and year.
    pub panel: Arc<Panel>,
    /// Scores of every window of the framework and of the chosen one.
    pub scorecard: Arc<Scorecard>,
}

impl App {
    /// Scores the state of the lake that a review means, in the window that it names or in the
    /// newest with scores.
    ///
    /// # Errors
    /// [`AppError::Asked`] for names and states that there are not, [`AppError::Failed`] when the
    /// lake cannot be read.
    pub async fn scores(&self, review: &Review) -> Result<Scores, AppError> {
        names::framework(self.deployment(), review.framework.as_deref())?;
        let view = self.view(review.look)?;
        self.scores_of(view, review).await
    }

    /// The same of a view at hand.
    ///
    /// # Errors
    /// As [`App::scores`].
    pub async fn scores_of(&self, view: View, review: &Review) -> Result<Scores, AppError> {
        let framework = names::framework(self.deployment(), review.framework.as_deref())?.clone();
        Box::pin(self.scores_by(view, framework, review)).await
    }

    /// The same by a framework that need not be one of the deployment: a draft of one.
    ///
    /// # Errors
    /// As [`App::scores`].
    pub async fn scores_by(
        &self,
        view: View,
        mut framework: Framework,
        review: &Review,
    ) -> Result<Scores, AppError> {
        let deployment = self.deployment();
        let declared = framework.windows.clone();
        // Any window may be asked for; those of the framework are published.
        let named = review.window.map(|(start, end)| Window { start, end });
        if let Some(window) = named.filter(|window| !declared.contains(window)) {
            framework.windows.push(window);
            framework.windows.sort_unstable();
        }
        let line = review.line.as_deref();
        let (panel, scorecard) = if review.alone {
            self.alone(&view, &mut framework, named, line).await?
        } else {
            self.computed(&view, &framework).await?
        };
        let window = named
            .or_else(|| newest_with_scores(&framework, &scorecard, line))
            .or_else(|| newest_with_scores(&framework, &scorecard, None))
            .or_else(|| framework.windows.last().copied())
            .ok_or_else(|| {
                AppError::Asked(format!("framework {} has no review window", framework.id))
            })?;
        Ok(Scores {
            deployment: Arc::clone(deployment),
            lake: Arc::clone(self.lake()),
            sample: self.sample().map(str::to_owned),
            now: self.now(),
            framework,
            declared,
            window,
            view,
            panel,
            scorecard,
        })
    }

    /// The scorecard of one window, which becomes the only one of the framework: the one that is named,
    /// else the newest in which a line has scores, else the newest.
    async fn alone(
        &self,
        view: &View,
        framework: &mut Framework,
        named: Option<Window>,
        line: Option<&str>,
    ) -> Result<Kept, AppError> {
        let declared = framework.windows.clone();
        let newest = declared.last().copied();
        let tried: Vec<Window> = match named {
            Some(window) => vec![window],
            None => declared.into_iter().rev().collect(),
        };
        for window in tried {
            framework.windows = vec![window];
            let kept = self.computed(view, framework).await?;
            let is_found = newest_with_scores(framework, &kept.1, line).is_some();
            if is_found || named.is_some() {
                return Ok(kept);
            }
        }
        framework.windows = newest.into_iter().collect();
        self.computed(view, framework).await
    }

    /// The scorecard of a view, computed once.
    async fn computed(&self, view: &View, framework: &Framework) -> Result<Kept, AppError> {
        let method = self.deployment().method(framework);
        let on = judged_at(known_of(view), self.now()).date_naive();
        let basis = Basis {
            corrected_on: method.corrections().next().map(|_| on),
            snapshot: view.snapshot().id,
            instant: view.instant(),
            framework: framework.id.clone(),
            fingerprint: fingerprint::of_framework(framework),
            windows: framework.windows.clone(),
        };
        if let Some(kept) = self.kept(&basis) {
            return Ok(kept);
        }
        let deployment = self.deployment();
        let session = Session::open(view, &deployment.workspace.query)
            .map_err(|error| AppError::of(&error))?;
        let panel = wsis_scorecard::read_corrected(&session, method, &deployment.areas, on)
            .await
            .map_err(|error| AppError::of(&error))?;
        let mut scorecard = wsis_scorecard::score(method, &panel, &deployment.areas);
        wsis_scorecard::uncertainty::fill(method, &panel, &mut scorecard);
        if self.sample().is_some() {
            scorecard
                .of_a_sample(NOT_IN_SAMPLE, |source, dataset| WHOLE.contains(&(source, dataset)));
        }
        let computed = (Arc::new(panel), Arc::new(scorecard));
        self.keep(basis, computed.clone());
        Ok(computed)
    }
}

/// The newest window in which an economy has a score, of one line or of any.
fn newest_with_scores(
    framework: &Framework,
    scorecard: &Scorecard,
    line: Option<&str>,
) -> Option<Window> {
    let lines = scorecard.lines.iter().filter(|it| line.is_none_or(|line| it.line == line));
    let scored: Vec<Window> = lines
        .flat_map(|it| &it.windows)
        .filter(|window| window.economies_scored > 0)
        .map(|window| Window { start: window.window_start, end: window.window_end })
        .collect();
    framework.windows.iter().rev().find(|window| scored.contains(window)).copied()
}

impl Scores {
    /// Number of the snapshot that was read.
    pub const fn snapshot(&self) -> u64 {
        self.view.snapshot().id
    }

    /// The instant that the scores speak of: that of a view of the past, else when they were asked
    /// for.
    pub fn instant(&self) -> DateTime<Utc> {
        judged_at(known_of(&self.view), self.now)
    }

    /// The framework that was scored, with the window that was asked for.
    pub const fn framework(&self) -> &Framework {
        &self.framework
    }

    /// The framework that was scored, under the rule book of the deployment.
    pub fn method(&self) -> Method<'_> {
        self.deployment.method(&self.framework)
    }

    /// Whether the chosen window is one of the framework's.
    pub fn is_declared(&self) -> bool {
        self.declared.contains(&self.window)
    }

    /// The windows that the framework declares.
    pub fn declared(&self) -> &[Window] {
        &self.declared
    }

    /// How many lines have scores in a window.
    pub fn lines_scored(&self, window: Window) -> usize {
        let is_scored = |row: &WindowSummary| {
            (row.window_start, row.window_end) == (window.start, window.end)
                && row.economies_scored > 0
        };
        self.scorecard.lines.iter().filter(|line| line.windows.iter().any(is_scored)).count()
    }

    /// The newest window in which as many lines have scores as in any.
    pub fn fullest(&self) -> Window {
        let windows = self.framework.windows.iter().copied();
        windows.max_by_key(|window| (self.lines_scored(*window), window.end)).unwrap_or(self.window)
    }

    /// The newest window in which an economy has a score, of one line or of any.
    pub fn newest_with_scores(&self, line: Option<&str>) -> Option<Window> {
        newest_with_scores(&self.framework, &self.scorecard, line)
    }

    /// The framework as it is declared, without a window that was asked for besides.
    pub(crate) fn declared_framework(&self) -> Framework {
        Framework { windows: self.declared.clone(), ..self.framework.clone() }
    }

    /// The scorecard of the windows that the framework declares. Another one that somebody asks
    /// for is answered, and leaves no trace in what is published.
    pub fn published(&self) -> Arc<Scorecard> {
        if self.is_declared() {
            return Arc::clone(&self.scorecard);
        }
        let framework = self.declared_framework();
        let (method, areas) = (self.deployment.method(&framework), &self.deployment.areas);
        let mut scorecard = wsis_scorecard::score(method, &self.panel, areas);
        wsis_scorecard::uncertainty::fill(method, &self.panel, &mut scorecard);
        if self.sample.is_some() {
            scorecard
                .of_a_sample(NOT_IN_SAMPLE, |source, dataset| WHOLE.contains(&(source, dataset)));
        }
        Arc::new(scorecard)
    }

    /// What a reader has to know of the chosen window.
    pub fn window_note(&self) -> Option<&str> {
        let window = self.window;
        let summaries = self.scorecard.lines.iter().flat_map(|line| &line.windows);
        summaries
            .filter(|it| (it.window_start, it.window_end) == (window.start, window.end))
            .find_map(|it| it.note.as_deref())
    }
}
