//! Tables that are computed when a query asks for them: scores, and accounts of the ledger.

use std::sync::Arc;

use arrow::array::RecordBatch;
use tokio::sync::OnceCell;
use wsis_engine::Clock;
use wsis_engine::watch::Known;
use wsis_lake::At;
use wsis_query::worker::Request;
use wsis_query::{Computed, QueryError, Rows, Session};
use wsis_scorecard::Scorecard;

use crate::accounts;
use crate::app::App;
use crate::error::AppError;
use crate::look::Review;
use crate::place;

/// A table by name, with all its rows.
type Named = (&'static str, RecordBatch);

/// How the deployment is found when one of the tables is asked for, and not before: a query that
/// asks for none pays for none, and a broken pipeline keeps nobody from asking the lake.
pub type Opened = Box<dyn Fn() -> Result<wsis_config::Deployment, AppError> + Send + Sync>;

/// Where the tables come from. Each kind is computed at most once.
struct Source {
    deployment: Opened,
    clock: Arc<dyn Clock>,
    request: Request,
    scores: OnceCell<Vec<Named>>,
    accounts: OnceCell<Vec<Named>>,
}

/// One of the tables.
struct Table {
    source: Arc<Source>,
    name: &'static str,
    is_score: bool,
}

/// Registers every computed table under its columns; no row is computed yet.
///
/// # Errors
/// [`QueryError`] when the session refuses a table.
pub fn register(
    session: &Session,
    deployment: Opened,
    clock: Arc<dyn Clock>,
    request: &Request,
) -> Result<(), QueryError> {
    let wrong = |detail: String| QueryError::Compute { name: "scores".to_owned(), detail };
    let source = Arc::new(Source {
        deployment,
        clock,
        request: request.clone(),
        scores: OnceCell::new(),
        accounts: OnceCell::new(),
    });
    let scores = Scorecard::default().to_batches().map_err(|error| wrong(error.to_string()))?;
    let scores = scores.into_iter().map(|table| (table.name, table.batch, true));
    let accounts = accounts::none().map_err(|error| wrong(error.to_string()))?;
    let accounts = accounts.into_iter().map(|(name, batch)| (name, batch, false));
    for (name, none, is_score) in scores.chain(accounts) {
        let table = Table { source: Arc::clone(&source), name, is_score };
        session.register_lazily(name, none.schema(), Arc::new(table))?;
    }
    Ok(())
}

impl Computed for Table {
    fn rows(&self) -> Rows<'_> {
        Box::pin(async move {
            let tables = if self.is_score {
                self.source.scores.get_or_try_init(|| self.source.score()).await?
            } else {
                self.source.accounts.get_or_try_init(|| self.source.account()).await?
            };
            let found = tables.iter().find(|(name, _)| *name == self.name);
            found.map(|(_, batch)| batch.clone()).ok_or_else(|| "it is not computed".to_owned())
        })
    }
}

impl Source {
    fn app(&self) -> Result<App, AppError> {
        let lake = place::lake_to_read(&self.request.lake)?;
        App::new(Arc::new((self.deployment)()?), lake, Arc::clone(&self.clock))
    }

    async fn score(&self) -> Result<Vec<Named>, String> {
        let app = self.app().map_err(|e| e.to_string())?;
        let Request { snapshot, as_of, .. } = self.request;
        let view = app.lake().view(At::Id(snapshot), as_of).map_err(|e| e.to_string())?;
        let view = view.ok_or_else(|| format!("there is no snapshot {snapshot}"))?;
        let scores = app.scores_of(view, &Review::default()).await.map_err(|e| e.to_string())?;
        let tables = scores.scorecard.to_batches().map_err(|e| e.to_string())?;
        Ok(tables.into_iter().map(|table| (table.name, table.batch)).collect())
    }

    async fn account(&self) -> Result<Vec<Named>, String> {
        let app = self.app().map_err(|e| e.to_string())?;
        // The ledger waits for its database.
        let Request { at, is_now, as_of, snapshot, .. } = self.request;
        let snapshot = as_of.is_none().then_some(snapshot);
        let known = if is_now { Known::All } else { Known::Until(at, snapshot) };
        let account = move || {
            accounts::all(app.deployment(), app.lake(), at, known).map_err(|e| e.to_string())
        };
        tokio::task::spawn_blocking(account).await.map_err(|e| e.to_string())?
    }
}
