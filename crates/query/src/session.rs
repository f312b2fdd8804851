//! A read-only session over one view of a lake.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::common::config::ConfigNonZeroUsize;
use datafusion::datasource::MemTable;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{GreedyMemoryPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionStateBuilder, SessionStateDefaults};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectNamePart, visit_relations_mut};
use futures::StreamExt;
use object_store::local::LocalFileSystem;
use wsis_config::QueryLimits;
use wsis_lake::{OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, Snapshot, View};
use wsis_model::observation::{KEY, column, observation_schema};
use wsis_model::quarantine::quarantine_schema;

use crate::answer::{Answer, Room, check_nesting};
use crate::error::QueryError;
use crate::functions;
use crate::lazy::{Computed, LazyTable};
use crate::ordered::{Ordered, PARTITIONS};
use crate::parts;
use crate::past::AsOf;
use crate::plain::{plain_batch, plain_schema};
use crate::provider::{Find, SnapshotTable};
use crate::revisions::Revised;
use crate::shape;
use crate::spill::{self, InLake};
use crate::yielding::Yielding;

/// Address of the lake's folder inside a session; not a place anyone else can name.
const STORE: &str = "lake://snapshot";

/// Table of what became of statements.
const REVISIONS: &str = "revisions";

/// Table function of what was in force at an instant.
const AS_OF: &str = "observations_as_of";

/// A table of a session: its name, its declared schema and its files.
#[derive(Debug, Clone)]
pub struct TableFiles {
    /// Name, lower snake_case.
    pub name: String,
    /// Declared schema. A nullable column that a file lacks reads as null.
    pub schema: SchemaRef,
    /// Path below the root with `/`, and length in bytes, of every file.
    pub files: Vec<(String, u64)>,
}

/// A session: one view, for its whole life. A commit is seen by the next session.
pub struct Session {
    context: SessionContext,
    /// The lake's folder, as this session names it.
    url: ObjectStoreUrl,
    limits: QueryLimits,
    snapshot: Option<u64>,
    /// Whether the engine's functions have been made.
    functions: OnceLock<()>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("snapshot", &self.snapshot)
            .field("functions", &self.functions.get().is_some())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session over the tables `observations`, `observations_latest`, `quarantine` and
    /// `revisions` of a view.
    ///
    /// The files of a table are compared with what the snapshot says of them (size, SHA-256) when a
    /// query first reads that table; a damaged one ends the query before any figure of it is told.
    /// Which of their rows belong to the view is worked out then, too.
    ///
    /// # Errors
    /// The lake's folder is not there, or a table cannot be registered.
    pub fn open(view: &View, limits: &QueryLimits) -> Result<Self, QueryError> {
        let mut session = Self::empty(view.lake().root(), limits)?;
        for (name, schema) in [
            (OBSERVATIONS, observation_schema()),
            (OBSERVATIONS_LATEST, observation_schema()),
            (QUARANTINE, quarantine_schema()),
        ] {
            let schema = columns_of(view.snapshot(), schema);
            let table = SnapshotTable::new(&schema, session.url.clone(), of_view(view, name));
            // Files of format 1 are sorted by columns that they do not have.
            let table = match name {
                QUARANTINE => table,
                _ if view.snapshot().format == 1 => table,
                _ => table.sorted_by(order_of_observations()),
            };
            session.put(name, Arc::new(table))?;
        }
        session.put(REVISIONS, Revised::table(view)?)?;
        session.snapshot = Some(view.snapshot().id);
        Ok(session)
    }

    /// Adds the table function `observations_as_of('2026-07-01')`: what was in force at an instant,
    /// as the view knows it. None is later than `latest`.
    pub fn answer_as_of(&self, view: &View, latest: DateTime<Utc>) {
        let function = AsOf::new(view, latest, self.url.clone());
        self.context.register_udtf(AS_OF, Arc::new(function));
    }

    /// Opens a session over explicit files below a folder.
    ///
    /// # Errors
    /// The folder is not there, or a table cannot be registered.
    pub fn over(
        root: &Path,
        tables: &[TableFiles],
        limits: &QueryLimits,
    ) -> Result<Self, QueryError> {
        let session = Self::empty(root, limits)?;
        for table in tables {
            let files = table.files.clone();
            let file = |(path, bytes): &(String, u64)| PartitionedFile::new(path.clone(), *bytes);
            let find: Find = Arc::new(move |_: &Schema| Ok(files.iter().map(file).collect()));
            let provider = SnapshotTable::new(&table.schema, session.url.clone(), find);
            session.put(&table.name, Arc::new(provider))?;
        }
        Ok(session)
    }

    /// A session without tables.
    fn empty(root: &Path, limits: &QueryLimits) -> Result<Self, QueryError> {
        let shown = || root.display().to_string();
        let store = LocalFileSystem::new_with_prefix(root)
            .map_err(|source| QueryError::Lake { path: shown(), source })?;
        let runtime = runtime(root, limits)?;
        let url = ObjectStoreUrl::parse(STORE).map_err(|e| QueryError::Failed(Box::new(e)))?;
        runtime.register_object_store(url.as_ref(), Arc::new(store));
        let mut config =
            SessionConfig::new().with_information_schema(true).with_target_partitions(PARTITIONS);
        config.options_mut().sql_parser.recursion_limit = recursion(limits)?;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_expr_planners(SessionStateDefaults::default_expr_planners())
            .with_physical_optimizer_rule(Arc::new(Ordered))
            .with_physical_optimizer_rule(Arc::new(Yielding))
            .build();
        Ok(Self {
            context: SessionContext::new_with_state(state),
            url,
            limits: limits.clone(),
            snapshot: None,
            functions: OnceLock::new(),
        })
    }

    /// Adds a table held in memory (scores, code lists). Names of tables that are there already
    /// are refused, so that a computed table cannot stand in for an observed one.
    ///
    /// # Errors
    /// No batch, batches of different schemas, or a name that is taken.
    pub fn register(&self, name: &str, batches: Vec<RecordBatch>) -> Result<(), QueryError> {
        let wrong = |detail: String| QueryError::Register { name: name.to_owned(), detail };
        let first = batches.first().ok_or_else(|| wrong("no batch, so no schema".to_owned()))?;
        let schema = first.schema();
        let table =
            MemTable::try_new(schema, vec![batches]).map_err(|error| wrong(error.to_string()))?;
        self.put(name, Arc::new(table))
    }

    /// Adds a table whose rows are computed when a query reads it.
    ///
    /// # Errors
    /// A name that is taken.
    pub fn register_lazily(
        &self,
        name: &str,
        schema: SchemaRef,
        computed: Arc<dyn Computed>,
    ) -> Result<(), QueryError> {
        self.put(name, Arc::new(LazyTable { name: name.to_owned(), schema, computed }))
    }

    fn put(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<(), QueryError> {
        let wrong = |detail: String| QueryError::Register { name: name.to_owned(), detail };
        if self.tables().iter().any(|known| known == name) {
            return Err(wrong("there is a table of that name".to_owned()));
        }
        self.context.register_table(name, table).map_err(|error| wrong(error.to_string()))?;
        Ok(())
    }

    /// Names of the tables, sorted.
    pub fn tables(&self) -> Vec<String> {
        let schema = self.context.catalog("datafusion").and_then(|c| c.schema("public"));
        let mut names = schema.map_or_else(Vec::new, |schema| schema.table_names());
        names.sort();
        names
    }

    /// Answers a query, cut after `query.result_rows_max` rows and `query.result_bytes_max` bytes.
    ///
    /// # Errors
    /// The query is not understood, would change something, is too large, takes too long or too
    /// much memory.
    pub async fn sql(&self, query: &str) -> Result<Answer, QueryError> {
        shape::check(query, &self.limits)?;
        self.within_time(self.run(query, Room::of(&self.limits))).await
    }

    /// Answers a query in full; the limits of memory and time hold. For the program's own
    /// queries, whose answers must never be cut.
    ///
    /// # Errors
    /// As [`Session::sql`].
    pub async fn collect(&self, query: &str) -> Result<Answer, QueryError> {
        self.within_time(self.run(query, Room::endless())).await
    }

    async fn within_time(
        &self,
        answer: impl Future<Output = Result<Answer, QueryError>>,
    ) -> Result<Answer, QueryError> {
        let seconds = self.limits.timeout_s;
        // Dropping the stream cancels the work behind it.
        tokio::time::timeout(Duration::from_secs(seconds), answer)
            .await
            .unwrap_or(Err(QueryError::Timeout { seconds }))
    }

    async fn run(&self, query: &str, mut room: Room) -> Result<Answer, QueryError> {
        let failed = |error| QueryError::from_run(error, &self.limits);
        let plan = self.plan(query).await?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(failed)?;
        let schema = plain_schema(frame.schema().as_arrow());
        check_nesting(&schema)?;
        let mut stream = frame.execute_stream().await.map_err(failed)?;
        let (mut batches, mut cut) = (Vec::new(), None);
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(failed)?;
            if batch.num_rows() == 0 {
                continue;
            }
            let plain = plain_batch(&batch, &schema).map_err(|e| failed(e.into()))?;
            let (taken, cut_by) = room.take(&plain, batches.is_empty())?;
            if taken.num_rows() > 0 {
                batches.push(taken);
            }
            if cut_by.is_some() {
                cut = cut_by;
                break;
            }
        }
        Ok(Answer { schema, batches, snapshot: self.snapshot, cut })
    }

    /// Plans a query and refuses whatever would change something.
    async fn plan(&self, query: &str) -> Result<LogicalPlan, QueryError> {
        if self.functions.get().is_none() && functions::calls_none(query) {
            // One that fails is planned again: the engine tells of a wrong name by those that it knows.
            if let Ok(plan) = self.planned(query).await {
                return Ok(plan);
            }
        }
        self.make_functions()?;
        self.planned(query).await
    }

    fn make_functions(&self) -> Result<(), QueryError> {
        if self.functions.get().is_none() {
            let made = functions::make(&mut self.context.state_ref().write());
            made.map_err(|error| QueryError::Failed(Box::new(error)))?;
        }
        self.functions.get_or_init(|| ());
        Ok(())
    }

    async fn planned(&self, query: &str) -> Result<LogicalPlan, QueryError> {
        let state = self.context.state();
        let dialect = state.config_options().sql_parser.dialect;
        let statement = state.sql_to_statement(query, &dialect);
        let mut statement = statement.map_err(|error| self.not_understood(&error))?;
        folded(&mut statement);
        let plan = state.statement_to_plan(statement).await;
        let plan = plan.map_err(|error| self.not_understood(&error))?;
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        read_only.verify_plan(&plan).map_err(|error| {
            let text = error.strip_backtrace();
            let found = text.rsplit(": ").next().unwrap_or_default();
            QueryError::ReadOnly { found: found.to_owned() }
        })?;
        Ok(plan)
    }

    fn not_understood(&self, error: &DataFusionError) -> QueryError {
        if let Some(detail) = QueryError::no_column(error) {
            return QueryError::Invalid { detail };
        }
        // The engine prints the error of its parser as a program writes it (`ParserError("…")`).
        let mut detail = match error.find_root() {
            DataFusionError::SQL(parser, _) => {
                let told = parser.to_string();
                told.strip_prefix("sql parser error: ").unwrap_or(&told).to_owned()
            }
            _ => error.strip_backtrace(),
        };
        // Of the parser, which counts in its own way.
        if detail.contains("RecursionLimitExceeded") || detail.contains("recursion limit") {
            let limit = self.limits.depth_max;
            return QueryError::TooLarge {
                what: "levels deep, or more",
                found: limit.saturating_add(1),
                limit,
                name: "depth_max",
            };
        }
        if detail.contains("table 'datafusion.") {
            detail.push_str("; tables are ");
            detail.push_str(&self.tables().join(", "));
        }
        QueryError::Invalid { detail }
    }
}

/// Names of tables and of functions that give tables in small letters, as SQL reads them without
/// quotation marks: the engine does so for tables alone.
fn folded(statement: &mut Statement) {
    match statement {
        Statement::Statement(statement) => {
            let _done: ControlFlow<()> = visit_relations_mut(statement.as_mut(), |name| {
                for part in &mut name.0 {
                    if let ObjectNamePart::Identifier(ident) = part
                        && ident.quote_style.is_none()
                    {
                        ident.value.make_ascii_lowercase();
                    }
                }
                ControlFlow::Continue(())
            });
        }
        Statement::Explain(explain) => folded(&mut explain.statement),
        _ => {}
    }
}

/// The files of a table of a view.
pub(crate) fn of_view(view: &View, table: &'static str) -> Find {
    let view = view.clone();
    Arc::new(move |schema: &Schema| {
        let parts = view.parts(table)?;
        Ok(parts.iter().map(|part| parts::file(part, schema)).collect())
    })
}

/// The order of rows in files of observations.
pub(crate) fn order_of_observations() -> Vec<&'static str> {
    KEY.into_iter().chain([column::RECORDED_AT]).collect()
}

/// How deep the parser goes: a level of the query takes it two or three steps.
fn recursion(limits: &QueryLimits) -> Result<ConfigNonZeroUsize, QueryError> {
    let steps = usize::try_from(limits.depth_max.saturating_mul(3)).unwrap_or(usize::MAX);
    ConfigNonZeroUsize::try_new(steps.max(1)).map_err(|error| QueryError::Failed(Box::new(error)))
}

/// The columns of a snapshot's table. What its files lack, because they are of a format of before,
/// reads as null.
fn columns_of(snapshot: &Snapshot, schema: SchemaRef) -> SchemaRef {
    if snapshot.format != 1 {
        return schema;
    }
    let added = [column::FREQ, column::TIME_PERIOD, column::PERIOD_START];
    let with_null = |field: &FieldRef| {
        let is_nullable = field.is_nullable() || added.contains(&field.name().as_str());
        field.as_ref().clone().with_nullable(is_nullable)
    };
    Arc::new(Schema::new(schema.fields().iter().map(with_null).collect::<Vec<_>>()))
}

fn runtime(root: &Path, limits: &QueryLimits) -> Result<Arc<RuntimeEnv>, QueryError> {
    // Half: what operators ask the pool for is less than what they take.
    let bytes = usize::try_from(limits.memory_bytes / 2).unwrap_or(usize::MAX);
    // Greedy: a fair pool divides by the number of consumers and starves all of them.
    let pool = TrackConsumersPool::new(
        GreedyMemoryPool::new(bytes),
        std::num::NonZeroUsize::MIN.saturating_add(2),
    );
    let folder = spill::folder(root, std::process::id());
    let files = Arc::new(InLake::new(folder, limits.spill_bytes_max));
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_temp_file_factory(files))
        .build_arc()
        .map_err(|error| QueryError::Failed(Box::new(error)))
}
