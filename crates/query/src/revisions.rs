//! The table `revisions`: what became of statements, worked out batch by batch while it is read.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use wsis_lake::View;
use wsis_model::revision::revision_schema;

use crate::error::QueryError;

/// Batches that wait for their reader.
const WAITING: usize = 2;

/// The revisions of a view.
pub(crate) struct Revised {
    view: View,
    schema: SchemaRef,
}

impl fmt::Debug for Revised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revised").field("view", &self.view).finish_non_exhaustive()
    }
}

impl Revised {
    /// The table.
    pub(crate) fn table(view: &View) -> Result<Arc<dyn TableProvider>, QueryError> {
        let schema = revision_schema();
        let part = Self { view: view.clone(), schema: Arc::clone(&schema) };
        let table = StreamingTable::try_new(schema, vec![Arc::new(part)])
            .map_err(|error| QueryError::Failed(Box::new(error)))?;
        Ok(Arc::new(table))
    }
}

impl PartitionStream for Revised {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), WAITING);
        let (view, batches) = (self.view.clone(), stream.tx());
        let told = |error: wsis_lake::LakeError| {
            DataFusionError::External(Box::new(QueryError::from(error)))
        };
        stream.spawn_blocking(move || {
            for batch in view.revisions().map_err(told)? {
                // Nobody reads on.
                if batches.blocking_send(batch.map_err(told)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        stream.build()
    }
}
