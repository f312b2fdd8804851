//! What a file that is handed in would change: in figures, and in what is made of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Engine, HandIn, Rehearsal};
use wsis_lake::{At, Lake};
use wsis_scorecard::{LineScore, Scorecard};

use crate::app::App;
use crate::error::AppError;
use crate::look::Review;

/// Economies that are listed of a line.
const LISTED: usize = 20;
/// Largest changes of a score that are shown of a line.
const LARGEST: usize = 5;

/// What a file would change.
#[derive(Debug, Serialize)]
pub struct Foreseen {
    /// In figures.
    #[serde(flatten)]
    pub rehearsal: Rehearsal,
    /// Framework whose scores are compared.
    pub framework: Option<String>,
    /// First and last year of the window that is compared.
    pub window: Option<(i32, i32)>,
    /// Lines that would change; the others stay as they are.
    pub lines: Vec<LineChange>,
    /// Why no scores are compared.
    pub not_scored: Option<String>,
}

/// What would change under one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineChange {
    /// Code.
    pub line: String,
    /// Title.
    pub title: String,
    /// Member States with a score, before and after.
    pub scored: (u32, u32),
    /// Median of their scores, before and after.
    pub median: (Option<f64>, Option<f64>),
    /// Economies whose score would be another, or there for the first time, or gone.
    pub scores: u32,
    /// Economies whose rank would be another.
    pub ranks: u32,
    /// Economies whose class would be another.
    pub classes: u32,
    /// The first of these, by code: what the class is and would be.
    pub classes_listed: Vec<(String, &'static str, &'static str)>,
    /// The largest changes of a score.
    pub largest: Vec<(String, f64, f64)>,
}

/// Reads a file as a run would, and compares what would be with what is.
///
/// # Errors
/// [`AppError::Asked`] for a pipeline, a request or a framework that there is not,
/// [`AppError::Failed`] when the lake cannot be read.
pub async fn foresee(
    app: &App,
    engine: &Engine,
    hand_in: HandIn,
    framework: Option<&str>,
    cancel: CancellationToken,
) -> Result<Foreseen, AppError> {
    crate::names::framework(app.deployment(), framework)?;
    let rehearsal = engine.rehearse(hand_in, cancel).await.map_err(told)?;
    let mut foreseen =
        Foreseen { rehearsal, framework: None, window: None, lines: Vec::new(), not_scored: None };
    let Some(fork) = &foreseen.rehearsal.after else {
        foreseen.not_scored = Some("no figure would change".to_owned());
        return Ok(foreseen);
    };
    let after = of(app, Arc::new(fork.lake().clone()))?;
    let review = Review { framework: framework.map(str::to_owned), ..Review::default() };
    let then = after.scores(&review).await?;
    let window = then.window;
    let is_empty = app.lake().snapshot(At::Head).map_err(|error| AppError::of(&error))?.is_none();
    let before = if is_empty {
        None
    } else {
        let review = Review { window: Some((window.start, window.end)), ..review };
        Some(app.scores(&review).await?)
    };
    foreseen.framework = Some(then.framework().id.clone());
    foreseen.window = Some((window.start, window.end));
    let before = before.as_ref().map(|it| &*it.scorecard);
    foreseen.lines = lines(before, &then.scorecard, (window.start, window.end));
    Ok(foreseen)
}

fn told(error: wsis_engine::EngineError) -> AppError {
    match error.kind() {
        wsis_engine::EngineErrorKind::Usage => AppError::asked(&error),
        _ => AppError::of(&error),
    }
}

/// The same deployment over another lake.
fn of(app: &App, lake: Arc<Lake>) -> Result<App, AppError> {
    App::new(Arc::clone(app.deployment()), lake, app.clock())
}

/// The lines that differ.
fn lines(before: Option<&Scorecard>, after: &Scorecard, window: (i32, i32)) -> Vec<LineChange> {
    let scores = |card: Option<&'_ Scorecard>, line: &str| -> BTreeMap<String, LineScore> {
        let all = card.into_iter().flat_map(|it| &it.line_scores);
        let of_line =
            all.filter(|it| it.line == line && (it.window_start, it.window_end) == window);
        of_line.map(|it| (it.area.clone(), it.clone())).collect()
    };
    let mut found = Vec::new();
    for summary in &after.lines {
        let of_window = |card: Option<&Scorecard>| {
            let line = card?.lines.iter().find(|it| it.line == summary.line)?;
            let mut windows = line.windows.iter();
            let found = windows.find(|it| (it.window_start, it.window_end) == window);
            found.map(|it| (it.economies_scored, it.median_score))
        };
        let (was, is) = (of_window(before), of_window(Some(after)));
        let (old, new) = (scores(before, &summary.line), scores(Some(after), &summary.line));
        let change = LineChange {
            line: summary.line.clone(),
            title: summary.title.clone(),
            scored: (was.map_or(0, |it| it.0), is.map_or(0, |it| it.0)),
            median: (was.and_then(|it| it.1), is.and_then(|it| it.1)),
            scores: 0,
            ranks: 0,
            classes: 0,
            classes_listed: Vec::new(),
            largest: Vec::new(),
        };
        let change = compared(change, &old, &new);
        if change.scores + change.ranks + change.classes > 0 || change.scored.0 != change.scored.1 {
            found.push(change);
        }
    }
    found
}

fn compared(
    mut change: LineChange,
    old: &BTreeMap<String, LineScore>,
    new: &BTreeMap<String, LineScore>,
) -> LineChange {
    let mut moved: Vec<(String, f64, f64)> = Vec::new();
    for (area, now) in new {
        let was = old.get(area);
        let score = was.and_then(|it| it.score);
        change.scores += u32::from(score != now.score);
        change.ranks += u32::from(was.and_then(|it| it.rank) != now.rank);
        if let (Some(score), Some(then)) = (score, now.score)
            && score != then
        {
            moved.push((area.clone(), score, then));
        }
        let class = was.map_or("not_assessed", |it| it.class.code());
        if class != now.class.code() && (was.is_some() || now.score.is_some()) {
            change.classes += 1;
            if change.classes_listed.len() < LISTED {
                change.classes_listed.push((area.clone(), class, now.class.code()));
            }
        }
    }
    moved.sort_by(|a, b| {
        (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()).then_with(|| a.0.cmp(&b.0))
    });
    moved.truncate(LARGEST);
    change.largest = moved;
    change
}
