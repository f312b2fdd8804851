//! What both kinds of table share: the shape of a scan, written out because the trait of tables is
//! declared with the `async_trait` macro.

use std::pin::Pin;
use std::sync::Arc;

use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;

/// A scan being planned.
pub(crate) type Scan<'s> =
    Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 's>>;

/// The method `scan` of a table, whose future is `$plan(&self, state, projection, filters, limit)`.
macro_rules! scanned_by {
    ($plan:ident) => {
        fn scan<'this, 'state, 'projection, 'filters, 'scan>(
            &'this self,
            state: &'state dyn datafusion::catalog::Session,
            projection: Option<&'projection Vec<usize>>,
            filters: &'filters [datafusion::logical_expr::Expr],
            limit: Option<usize>,
        ) -> crate::scan::Scan<'scan>
        where
            'this: 'scan,
            'state: 'scan,
            'projection: 'scan,
            'filters: 'scan,
            Self: 'scan,
        {
            Box::pin(self.$plan(state, projection, filters, limit))
        }
    };
}

pub(crate) use scanned_by;
