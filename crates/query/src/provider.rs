//! A table that is a fixed list of Parquet files under a declared schema.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

/// Reads exactly the files it was given. It never asks the store what else is there.
pub(crate) struct SnapshotTable {
    schema: SchemaRef,
    store: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
}

impl SnapshotTable {
    /// A table of files (path below the store's root, length), in the order given.
    pub(crate) fn new(
        schema: &Schema,
        store: ObjectStoreUrl,
        files: impl IntoIterator<Item = (String, u64)>,
    ) -> Self {
        let files = files.into_iter().map(|(path, bytes)| PartitionedFile::new(path, bytes));
        Self { schema: viewed(schema), store, files: files.collect() }
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

type Scan<'s> = Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 's>>;

impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    // Written out because the trait is declared with the async_trait macro.
    fn scan<'this, 'state, 'projection, 'filters, 'scan>(
        &'this self,
        state: &'state dyn Session,
        projection: Option<&'projection Vec<usize>>,
        _filters: &'filters [Expr],
        limit: Option<usize>,
    ) -> Scan<'scan>
    where
        'this: 'scan,
        'state: 'scan,
        'projection: 'scan,
        'filters: 'scan,
        Self: 'scan,
    {
        Box::pin(async move {
            if self.files.is_empty() {
                let schema = match projection {
                    Some(columns) => Arc::new(self.schema.project(columns)?),
                    None => Arc::clone(&self.schema),
                };
                return Ok(Arc::new(EmptyExec::new(schema)) as Arc<dyn ExecutionPlan>);
            }
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
            Ok(DataSourceExec::from_data_source(scan) as Arc<dyn ExecutionPlan>)
        })
    }

    // Inexact: the filter stays in the plan, and the optimiser also hands it to the reader for
    // pruning row groups and pages.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
