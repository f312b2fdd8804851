//! A table that is a fixed list of Parquet files under a declared schema.

use std::fmt;
use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use tokio::sync::OnceCell;
use wsis_lake::LakeError;

use crate::error::QueryError;
use crate::parts::{in_order, matching, total};
use crate::scan::scanned_by;

/// Finds the files of a table under its schema: those that are what a snapshot says, with the rows
/// that belong to the table. It is asked once, when a query first reads the table.
pub(crate) type Find =
    Arc<dyn Fn(&Schema) -> std::result::Result<Vec<PartitionedFile>, LakeError> + Send + Sync>;

/// Reads exactly the files it was given. It never asks the store what else is there.
pub(crate) struct SnapshotTable {
    schema: SchemaRef,
    store: ObjectStoreUrl,
    find: Find,
    found: OnceCell<Vec<PartitionedFile>>,
    /// Columns by which the rows of each file rise; none where nothing is said of it.
    sorted_by: Vec<&'static str>,
}

impl SnapshotTable {
    /// A table of the files that will be found.
    pub(crate) fn new(schema: &Schema, store: ObjectStoreUrl, find: Find) -> Self {
        let (found, sorted_by) = (OnceCell::new(), Vec::new());
        Self { schema: viewed(schema), store, find, found, sorted_by }
    }

    /// The same, of files whose rows rise by these columns, as a commit made sure of: a query that
    /// asks for that order of one file, or of files that follow one another, sorts nothing.
    pub(crate) fn sorted_by(self, columns: Vec<&'static str>) -> Self {
        Self { sorted_by: columns, ..self }
    }
}

/// Text as views: faster inside the engine, and cast back at the edge of the session.
fn viewed(schema: &Schema) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Utf8 => Field::new(field.name(), DataType::Utf8View, field.is_nullable()),
            _ => field.as_ref().clone(),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

impl fmt::Debug for SnapshotTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.found.get().map(Vec::len);
        f.debug_struct("SnapshotTable").field("files", &files).finish_non_exhaustive()
    }
}

impl SnapshotTable {
    /// A figure of a damaged file is never an answer: what the files must be is looked at once, when
    /// a query first reads the table. It may hash whole files, so not on a thread of the runtime.
    async fn files(&self) -> Result<&Vec<PartitionedFile>> {
        let told = |error: QueryError| DataFusionError::External(Box::new(error));
        let look = || async {
            let (find, schema) = (Arc::clone(&self.find), Arc::clone(&self.schema));
            tokio::task::spawn_blocking(move || find(&schema))
                .await
                .map_err(|error| DataFusionError::External(Box::new(error)))?
                .map_err(|error| told(error.into()))
        };
        self.found.get_or_try_init(look).await
    }

    /// The order of the rows of each file. Whether it is that of all files is judged by the engine,
    /// from the bounds of their columns.
    fn order(&self) -> Result<Option<LexOrdering>> {
        let column = |name: &&'static str| {
            let column = Arc::new(Column::new_with_schema(name, &self.schema)?);
            // As Parquet and the lake sort: smallest first. No column of a key is ever null.
            Ok(PhysicalSortExpr::new(column, SortOptions::new(false, false)))
        };
        let columns = self.sorted_by.iter().map(column).collect::<Result<Vec<_>>>()?;
        Ok(LexOrdering::new(columns))
    }

    async fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut files = matching(state, self.files().await?, &self.schema, filters)?;
        let order = self.order()?;
        if order.is_some() {
            in_order(&mut files, &self.schema, &self.sorted_by);
        }
        if files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let config = state.config_options();
        let options = TableParquetOptions {
            global: config.execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let source =
            ParquetSource::new(Arc::clone(&self.schema)).with_table_parquet_options(options);
        let total = total(&files, &self.schema);
        // In one group: rows of several would meet as they come.
        let groups = vec![FileGroup::new(files)];
        let scan = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(total)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_output_ordering(order.into_iter().collect())
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    scanned_by!(plan);

    // Inexact: the filter stays in the plan, and the optimiser also hands it to the reader for
    // pruning row groups and pages.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
