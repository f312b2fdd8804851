//! Lists of rows: what is asked is checked, found in a view, cut into a part, and written in a form.

use std::sync::Arc;

use arrow::array::{Array, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::SchemaRef;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use wsis_app::figures::{self, Figures};
use wsis_app::{accounts, names, snapshots};
use wsis_config::QueryLimits;
use wsis_lake::View;
use wsis_model::framework::Framework;

use crate::about::About;
use crate::answer::{self, Budget};
use crate::asked::{Asked, Test};
use crate::cursor::{self, Cursor};
use crate::form::{self, Form};
use crate::held::Held;
use crate::problem::Problem;
use crate::resources::{Kind, ONE_LINE, Param, Resource};

/// What answers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) held: Arc<Held>,
    pub(crate) budget: Budget,
}

/// A part of the rows of a question.
struct Part {
    schema: SchemaRef,
    rows: Vec<RecordBatch>,
    /// Whether there are more.
    is_more: bool,
}

/// Answers a list.
pub(crate) async fn list(
    State(shared): State<Shared>,
    resource: Resource,
    request: Request,
) -> Response {
    let answered = Box::pin(answer(&shared, resource, None, request)).await;
    answered.unwrap_or_else(IntoResponse::into_response)
}

/// Answers the rows of one line.
pub(crate) async fn line(
    State(shared): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let answered = async {
        let Path(line) = path.map_err(|_| Problem::not_found("the path is not UTF-8"))?;
        let query = request.uri().query();
        let settings = &shared.held.app.deployment().workspace.serve;
        let asked = Asked::read(query, None, ONE_LINE.takes(), settings)?;
        let framework = asked.framework(&shared.held.app)?;
        let found = names::line(framework, &line);
        let code = found.map_err(|error| Problem::from(error).in_path())?.code.clone();
        Box::pin(answer(&shared, ONE_LINE, Some((Param::Line, code)), request)).await
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    shared: &Shared,
    resource: Resource,
    named: Option<(Param, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let (path, headers, query) = (parts.uri.path(), &parts.headers, parts.uri.query());
    let held = &shared.held;
    let settings = &held.app.deployment().workspace.serve;
    let asked = Asked::read(query, named, resource.takes(), settings)?;
    let form = asked.form(headers, &Form::ALL)?;
    let framework = asked.framework(&held.app)?;
    let found = Question { shared, resource, asked: &asked, framework };
    let view = held.view(asked.look).await?;
    let key = held.key(&view, &framework.id);
    let fingerprint = held.fingerprint(&framework.id).to_owned();
    let mut about = About {
        snapshot: view.snapshot().id,
        as_of: view.instant(),
        framework: framework.id.clone(),
        method_fingerprint: fingerprint.clone(),
        sample: held.app.sample().map(str::to_owned),
        count: 0,
        next: None,
    };
    let of = cursor::of(&[path, &fingerprint, &asked.question()]);
    // The ledger goes on without a commit.
    let is_live = matches!(resource.kind, Kind::Ledger(_));
    let exact = [path, query.unwrap_or_default(), form.word(), &format!("{key:?}")];
    let tag = answer::tag(about.snapshot, &fingerprint, &cursor::of(&exact));
    if !is_live && answer::is_known(headers, &tag) {
        return Ok(answer::not_modified(&tag));
    }
    if asked.cursor.is_some_and(|cursor| cursor.of != of && !is_live) {
        return Err(Problem::cursor(
            "the cursor is of another question, or of another method; begin again without it",
        ));
    }
    let offset = asked.cursor.map_or(0, |it| usize::try_from(it.offset).unwrap_or(usize::MAX));
    let (part, of) = found.part(view, offset, of).await?;
    about.count = part.rows.iter().map(RecordBatch::num_rows).sum();
    if part.is_more {
        let offset = u64::try_from(offset.saturating_add(about.count)).unwrap_or(u64::MAX);
        let cursor = Cursor { snapshot: about.snapshot, offset, of };
        about.next = Some(asked.next(path, &cursor));
    }
    let taken = shared.budget.take().await?;
    let most = shared.budget.largest();
    let wrote = about.clone();
    let bytes =
        held.waiting(move |_| form::written(form, &part.schema, &part.rows, &wrote, most)).await?;
    let mut response = answer::of(answer::body(bytes, taken), form.content_type(), &about);
    if is_live {
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    } else {
        answer::tagged(&mut response, &tag);
    }
    Ok(response)
}

/// A question that is understood.
struct Question<'a> {
    shared: &'a Shared,
    resource: Resource,
    asked: &'a Asked,
    framework: &'a Framework,
}

type Hash = [u8; 16];

impl Question<'_> {
    /// A part of its rows, and the hash that its cursor has.
    async fn part(&self, view: View, offset: usize, of: Hash) -> Result<(Part, Hash), Problem> {
        let (held, rows) = (&self.shared.held, self.asked.rows);
        match self.resource.kind {
            Kind::Scored(table) => {
                let tests = self.asked.tests(&held.app, self.framework, table)?;
                let computed = held.computed(view, &self.framework.id).await?;
                let part = held.waiting(move |_| cut(computed.table(table)?, &tests, offset, rows));
                Ok((part.await?, of))
            }
            Kind::Observations => Ok((self.observations(&view, offset).await?, of)),
            Kind::Snapshots => {
                let newest = view.snapshot().id;
                let read = held.waiting(move |held| {
                    Ok(snapshots::up_to(held.app.lake(), newest, offset, rows)?)
                });
                let batch = read.await?;
                let told = u64::try_from(offset.saturating_add(rows)).unwrap_or(u64::MAX);
                let part =
                    Part { schema: batch.schema(), rows: vec![batch], is_more: told < newest };
                Ok((part, of))
            }
            Kind::Ledger(table) => self.ledger(table, offset, of).await,
        }
    }

    async fn observations(&self, view: &View, offset: usize) -> Result<Part, Problem> {
        let (asked, app) = (self.asked, &self.shared.held.app);
        let indicators = asked.indicators(self.framework)?;
        let is_meant = |code: &str| indicators.iter().any(|it| it == code);
        let named = self.framework.indicators.iter().filter(|it| is_meant(&it.code));
        let series: Vec<_> = named.filter_map(|it| it.series.clone()).collect();
        if series.is_empty() && !indicators.is_empty() {
            return Err(Problem::parameter(format!(
                "{} has no series, so no observation is its",
                indicators.join(", ")
            )));
        }
        let figures = Figures {
            areas: asked.areas(app)?,
            series,
            sources: asked.texts(Param::Source)?,
            datasets: asked.texts(Param::Dataset)?,
            codes: asked.texts(Param::Series)?,
            years: asked.years()?,
            offset,
            // One more tells whether there are more.
            rows: asked.rows.saturating_add(1),
        };
        let workspace = &app.deployment().workspace;
        let limits =
            QueryLimits { timeout_s: workspace.serve.request_s, ..workspace.query.clone() };
        // Each query has memory of its own: who comes while all are under way waits, within its own time. The
        // semaphore is never closed.
        let _turn = self.shared.held.queries.acquire().await;
        // A session asks the disk for its files: not on a thread that moves network data (I15).
        let (view, here) = (view.clone(), tokio::runtime::Handle::current());
        let found = self
            .shared
            .held
            .waiting(move |_| Ok(here.block_on(figures::observations(&view, &limits, &figures))?));
        let found = found.await?;
        Ok(first(found.schema, found.batches, asked.rows))
    }

    /// Rows of the ledger. Of another state of it another cursor: with a run more, each row has another place.
    async fn ledger(
        &self,
        table: &'static str,
        offset: usize,
        of: Hash,
    ) -> Result<(Part, Hash), Problem> {
        let (held, rows) = (&self.shared.held, self.asked.rows);
        let pipelines = self.asked.pipelines(&held.app)?;
        // A cursor names a snapshot; the newest need not be meant by it.
        let look = self.asked.cursor.map_or(self.asked.look, |_| {
            let named = self.asked.value(Param::Snapshot).and_then(|it| it.parse().ok());
            wsis_app::Look { snapshot: named, ..self.asked.look }
        });
        let read = held.waiting(move |held| {
            let app = &held.app;
            let known = app.known(look)?;
            let at = wsis_app::judged_at(known, app.now());
            let all = accounts::all(app.deployment(), app.lake(), at, known)?;
            let found = all.into_iter().find(|(name, _)| *name == table);
            let (_, batch) = found.ok_or_else(|| Problem::failed(&format!("no table {table}")))?;
            let mut tests = vec![Test::In("pipeline", pipelines)];
            tests.retain(|test| !matches!(test, Test::In(_, values) if values.is_empty()));
            let total = batch.num_rows();
            Ok((cut(&batch, &tests, offset, rows)?, total, first_text(&batch)))
        });
        let (part, total, newest) = read.await?;
        let of = cursor::of(&[&cursor::hex(&of), &total.to_string(), &newest]);
        if self.asked.cursor.is_some_and(|cursor| cursor.of != of) {
            return Err(Problem::cursor(
                "the cursor is of another question, or the ledger has gone on since; begin again without it",
            ));
        }
        Ok((part, of))
    }
}

/// The first text of a table.
fn first_text(batch: &RecordBatch) -> String {
    let texts = batch.columns().first().and_then(|it| it.as_any().downcast_ref::<StringArray>());
    texts.filter(|it| !it.is_empty()).map(|it| it.value(0).to_owned()).unwrap_or_default()
}

/// The first rows of some, of which there is one more where there are more.
fn first(schema: SchemaRef, batches: Vec<RecordBatch>, rows: usize) -> Part {
    let (mut left, mut taken, mut is_more) = (rows, Vec::new(), false);
    for batch in batches {
        let some = batch.num_rows().min(left);
        is_more |= some < batch.num_rows();
        left -= some;
        if some > 0 {
            taken.push(batch.slice(0, some));
        }
    }
    Part { schema, rows: taken, is_more }
}

/// The rows of a table that pass all tests, a part of them, in the order of the table.
fn cut(table: &RecordBatch, tests: &[Test], offset: usize, rows: usize) -> Result<Part, Problem> {
    let passes = tests.iter().map(|test| column(table, test)).collect::<Result<Vec<_>, _>>()?;
    let all = 0..table.num_rows();
    let mut found = all.filter(|row| passes.iter().all(|pass| pass(*row))).skip(offset);
    // No more is copied than is told.
    let taken: Vec<u64> =
        found.by_ref().take(rows).filter_map(|it| u64::try_from(it).ok()).collect();
    let is_more = found.next().is_some();
    let taken = take_record_batch(table, &UInt64Array::from(taken))
        .map_err(|error| Problem::failed(&error))?;
    Ok(Part { schema: table.schema(), rows: vec![taken], is_more })
}

type Passes<'a> = Box<dyn Fn(usize) -> bool + 'a>;

/// The test of a column.
fn column<'a>(table: &'a RecordBatch, test: &'a Test) -> Result<Passes<'a>, Problem> {
    let name = match test {
        Test::In(name, _) | Test::Holds(name, _) | Test::Between(name, ..) => *name,
    };
    let wrong = || Problem::failed(&format!("column {name} is not what it is asked for"));
    let found = table.column_by_name(name).ok_or_else(wrong)?.as_any();
    let texts = || found.downcast_ref::<StringArray>().ok_or_else(wrong);
    Ok(match test {
        Test::In(_, values) => {
            let texts = texts()?;
            let is_one = |text: &str| values.iter().any(|it| it.eq_ignore_ascii_case(text));
            Box::new(move |row| texts.is_valid(row) && is_one(texts.value(row)))
        }
        Test::Holds(_, values) => {
            let texts = texts()?;
            let is_one = |text: &str| values.iter().any(|it| it.eq_ignore_ascii_case(text));
            Box::new(move |row| texts.is_valid(row) && texts.value(row).split(';').any(is_one))
        }
        Test::Between(_, first, last) => {
            let numbers = found.downcast_ref::<Int32Array>().ok_or_else(wrong)?;
            Box::new(move |row| {
                numbers.is_valid(row) && (*first..=*last).contains(&numbers.value(row))
            })
        }
    })
}
