//! One order of rows for one query. A sum of floats depends on the order in which they are added, so
//! what meets in the order in which threads are done has other last digits each time (ADR 0018).
//!
//! A table is read as one partition, its files one after the other. What is left are the parts of a
//! `UNION ALL`, which are partitions of their own: they are read in the order of the query.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties,
    Partitioning, PlanProperties, ReplaceChildrenOptions,
};
use futures::{StreamExt, TryStreamExt};

/// Partitions that a table is read in: with more, the rows of all would meet as they come.
pub(crate) const PARTITIONS: usize = 1;

/// The partitions of what stands below, one after the other.
#[derive(Debug, Clone)]
struct InOrder {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl InOrder {
    fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        // No order holds across the partitions.
        let order = EquivalenceProperties::new(input.schema());
        let one = Partitioning::UnknownPartitioning(1);
        let properties =
            PlanProperties::new(order, one, input.pipeline_behavior(), input.boundedness());
        Self { input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for InOrder {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InOrder")
    }
}

impl ExecutionPlan for InOrder {
    fn name(&self) -> &'static str {
        "InOrder"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _apply: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match children.into_iter().next() {
            Some(input) => Ok(Arc::new(Self::new(input))),
            None => Ok(self),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let how = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, how)
    }

    fn execute(
        &self,
        _partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = Arc::clone(&self.input);
        let count = input.output_partitioning().partition_count();
        let streams = futures::stream::iter(0..count)
            .map(move |at| input.execute(at, Arc::clone(&context)))
            .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), streams)))
    }
}

/// Physical rule that puts partitions in order where they meet as they come.
#[derive(Debug)]
pub(crate) struct Ordered;

impl PhysicalOptimizerRule for Ordered {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let is_meeting = match node.name() {
                "CoalescePartitionsExec" => true,
                "RepartitionExec" => node.output_partitioning().partition_count() == 1,
                _ => false,
            };
            let below = node.children().first().map(|input| Arc::clone(input));
            let Some(below) = below.filter(|_| is_meeting) else {
                return Ok(Transformed::no(node));
            };
            let all: Arc<dyn ExecutionPlan> = Arc::new(InOrder::new(below));
            Ok(Transformed::yes(match node.fetch() {
                Some(most) => Arc::new(GlobalLimitExec::new(all, 0, Some(most))),
                None => all,
            }))
        });
        let plan = plan.data()?;
        // Rows of an answer without ORDER BY come in one order as well.
        let has_several = plan.output_partitioning().partition_count() > 1;
        Ok(if has_several { Arc::new(InOrder::new(plan)) } else { plan })
    }

    fn name(&self) -> &'static str {
        "ordered"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
