//! Tables whose columns are known and whose rows are computed when a query reads them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::{MemTable, TableType};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::QueryError;
use crate::scan::scanned_by;

/// The rows of a table that is computed, or why there are none.
pub type Rows<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<RecordBatch, String>> + Send + 'a>>;

/// Computes the rows of a table. It is asked once for each time that a query reads the table, so
/// what is dear keeps its result.
pub trait Computed: Send + Sync {
    /// All rows, under the schema that was registered.
    fn rows(&self) -> Rows<'_>;
}

/// A table that is computed.
pub(crate) struct LazyTable {
    /// Name, for messages.
    pub(crate) name: String,
    /// Declared schema.
    pub(crate) schema: SchemaRef,
    /// Where the rows come from.
    pub(crate) computed: Arc<dyn Computed>,
}

impl fmt::Debug for LazyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyTable").field("name", &self.name).finish_non_exhaustive()
    }
}

impl LazyTable {
    async fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.computed.rows().await.map_err(|detail| {
            let error = QueryError::Compute { name: self.name.clone(), detail };
            DataFusionError::External(Box::new(error))
        })?;
        let table = MemTable::try_new(Arc::clone(&self.schema), vec![vec![rows]])?;
        table.scan(state, projection, filters, limit).await
    }
}

impl TableProvider for LazyTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    scanned_by!(plan);
}
