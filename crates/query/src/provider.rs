//! A table that is a fixed list of Parquet files under a declared schema.

use std::fmt;
use std::sync::Arc;

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
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use tokio::sync::OnceCell;
use wsis_lake::LakeError;

use crate::error::QueryError;
use crate::scan::scanned_by;

/// Whether the files of a table are what a snapshot says.
pub(crate) type Check = Arc<dyn Fn() -> std::result::Result<(), LakeError> + Send + Sync>;

/// Reads exactly the files it was given. It never asks the store what else is there.
pub(crate) struct SnapshotTable {
    schema: SchemaRef,
    store: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
    check: Option<Check>,
    checked: OnceCell<()>,
}

impl SnapshotTable {
    /// A table of files (path below the store's root, length), in the order given.
    pub(crate) fn new(
        schema: &Schema,
        store: ObjectStoreUrl,
        files: impl IntoIterator<Item = (String, u64)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| PartitionedFile::new(path, bytes));
        Self {
            schema: viewed(schema),
            store,
            files: files.collect(),
            check: None,
            checked: OnceCell::new(),
        }
    }

    /// The same table, whose files must be what a snapshot says before any of them is read.
    pub(crate) fn checked_by(mut self, check: Option<Check>) -> Self {
        self.check = check;
        self
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
        f.debug_struct("SnapshotTable").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl SnapshotTable {
    /// A figure of a damaged file is never an answer: what the files must be is looked at once, when
    /// a query first reads the table. It hashes whole files, so not on a thread of the runtime.
    async fn check(&self) -> Result<()> {
        let Some(check) = &self.check else { return Ok(()) };
        let told = |error: QueryError| DataFusionError::External(Box::new(error));
        let look = || async {
            let check = Arc::clone(check);
            tokio::task::spawn_blocking(move || check())
                .await
                .map_err(|error| DataFusionError::External(Box::new(error)))?
                .map_err(|error| told(error.into()))
        };
        self.checked.get_or_try_init(look).await.copied()
    }

    async fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        self.check().await?;
        let config = state.config_options();
        let options = TableParquetOptions {
            global: config.execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let source =
            ParquetSource::new(Arc::clone(&self.schema)).with_table_parquet_options(options);
        let groups = FileGroup::new(self.files.clone())
            .split_files(config.execution.target_partitions.max(1));
        let scan = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
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
