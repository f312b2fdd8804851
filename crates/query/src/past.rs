//! The table function `observations_as_of('2026-07-01')`: what was in force at an instant.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use wsis_lake::{OBSERVATIONS_LATEST, View, parse_as_of, said, settled};
use wsis_model::observation::observation_schema;

use crate::provider::SnapshotTable;
use crate::session::{of_view, order_of_observations};

/// Instants of one query, so that each is worked out once.
type Made = Mutex<BTreeMap<DateTime<Utc>, Arc<dyn TableProvider>>>;

/// The function.
pub(crate) struct AsOf {
    view: View,
    latest: DateTime<Utc>,
    store: ObjectStoreUrl,
    made: Made,
}

impl fmt::Debug for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsOf").field("view", &self.view).finish_non_exhaustive()
    }
}

impl AsOf {
    pub(crate) fn new(view: &View, latest: DateTime<Utc>, store: ObjectStoreUrl) -> Self {
        Self { view: view.clone(), latest, store, made: Made::default() }
    }

    fn table(&self, asked: DateTime<Utc>) -> Result<Arc<dyn TableProvider>> {
        let Some(at) = settled(asked, self.latest) else {
            return plan_err!(
                "observations_as_of: what will be known {} is not known {}, which this query speaks \
                 of",
                said(asked),
                said(self.latest)
            );
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = made.get(&at) {
            return Ok(Arc::clone(table));
        }
        let view = self.view.as_of(at).map_err(|error| DataFusionError::Plan(error.to_string()))?;
        let find = of_view(&view, OBSERVATIONS_LATEST);
        let table = SnapshotTable::new(&observation_schema(), self.store.clone(), find)
            .sorted_by(order_of_observations());
        let table: Arc<dyn TableProvider> = Arc::new(table);
        made.insert(at, Arc::clone(&table));
        Ok(table)
    }
}

impl TableFunctionImpl for AsOf {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let text = match args.exprs() {
            [
                Expr::Literal(
                    ScalarValue::Utf8(text)
                    | ScalarValue::Utf8View(text)
                    | ScalarValue::LargeUtf8(text),
                    _,
                ),
            ] => text.as_deref(),
            _ => None,
        };
        let Some(at) = text.and_then(parse_as_of) else {
            return plan_err!(
                "observations_as_of takes one text, a day (to its end in UTC) or an instant: \
                 observations_as_of('2026-07-01') or observations_as_of('2026-07-01T12:00:00Z')"
            );
        };
        self.table(at)
    }
}
