//! The intervals of a whole scorecard: of each line and window those who are ranked.

use wsis_model::framework::{Requires, Window};
use wsis_model::rules::{Method, UncertaintyRule};

use crate::core_set::Core;
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::reading::{Scored, current};
use crate::result::{LineScore, RankInterval, Scorecard};
use crate::sum::sum;

use super::field::Field;

/// Why ranks by a publisher's rule have no interval.
const PUBLISHED: &str =
    "the publisher's method is taken as it is, and none of its choices is varied";

/// Why ranks have none where the rule book lets nothing be varied.
const NOT_VARIED: &str = "the rule book varies nothing";

/// Why ranks by one indicator have none.
const ONE: &str =
    "ranked by one indicator without a declared sampling error: no choice that is varied moves it";

/// Gives each rank of a scorecard its interval, or the reason why it has none. The scorecard is one of
/// the same method and panel.
pub fn fill(method: Method<'_>, panel: &Panel, scorecard: &mut Scorecard) {
    let plan = Plan::new(method);
    for summary in &scorecard.lines {
        let Some(line) = plan.lines.iter().find(|line| line.node.code == summary.line) else {
            continue;
        };
        for window in &summary.windows {
            let (start, end) = (window.window_start, window.window_end);
            let core = core(&plan, line, &window.core);
            let found = Rows::of(&mut scorecard.line_scores, line, Window { start, end });
            found.fill(&plan, line, &core, panel);
        }
    }
}

/// The core of a window, by its codes.
fn core(plan: &Plan<'_>, line: &Line<'_>, codes: &[String]) -> Core {
    let leaves: Vec<usize> = codes.iter().filter_map(|code| plan.leaf(code)).collect();
    let of_core = line.shares.iter().filter(|(leaf, _)| leaves.contains(leaf));
    let share = sum(of_core.map(|(_, share)| *share));
    Core { leaves, share }
}

/// Those who are ranked on a line in a window.
struct Rows<'r> {
    rows: Vec<&'r mut LineScore>,
    window: Window,
}

impl<'r> Rows<'r> {
    fn of(all: &'r mut [LineScore], line: &Line<'_>, window: Window) -> Self {
        let code = line.node.code.as_str();
        let from = all.partition_point(|row| row.line.as_str() < code);
        let of_line = all.iter_mut().skip(from).take_while(|row| row.line == code);
        let rows = of_line.filter(|row| {
            (row.window_start, row.window_end) == (window.start, window.end) && row.rank.is_some()
        });
        Self { rows: rows.collect(), window }
    }

    fn fill(self, plan: &Plan<'_>, line: &Line<'_>, core: &Core, panel: &Panel) {
        match self.intervals(plan, line, core, panel) {
            Ok(intervals) => {
                for (row, interval) in self.rows.into_iter().zip(intervals) {
                    row.rank_interval = Some(interval);
                }
            }
            Err(why) => {
                for row in self.rows {
                    row.rank_interval_reason = Some(why.to_owned());
                }
            }
        }
    }

    /// One interval for each row, or why none has one.
    fn intervals(
        &self,
        plan: &Plan<'_>,
        line: &Line<'_>,
        core: &Core,
        panel: &Panel,
    ) -> Result<Vec<RankInterval>, &'static str> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        if plan.requires() == Requires::Score {
            return Err(PUBLISHED);
        }
        let values = |area: &str| -> Vec<Option<Scored<'_>>> {
            let leaves = core.leaves.iter().filter_map(|at| plan.leaves.get(*at));
            let value = |leaf: &&wsis_model::framework::Indicator| {
                current(leaf, panel.series(&leaf.code, area), self.window.end, plan.measure())
            };
            leaves.map(value).collect()
        };
        let economies: Vec<_> =
            self.rows.iter().map(|row| (row.area.as_str(), values(&row.area))).collect();
        let field = Field::new(plan, line, core, &economies);
        let rule = plan.rules.uncertainty;
        if field.varied.is_nothing() {
            return Err(if is_allowed(&rule) { ONE } else { NOT_VARIED });
        }
        let tally = field.draw_all();
        Ok((0..field.len()).map(|at| tally.interval(at, rule.interval)).collect())
    }
}

/// Whether the rule book lets anything be varied.
fn is_allowed(rule: &UncertaintyRule) -> bool {
    let choices = rule.normalisation || rule.aggregation || rule.leave_out;
    choices || rule.sampling || rule.weights.value() > 0.0
}

/// What an interval holds and what it does not, in words; `None` where nothing is varied.
pub fn sentence(rule: &UncertaintyRule) -> Option<String> {
    let weights = format!("weights (by up to {} of themselves)", rule.weights);
    let varied = [
        (rule.weights.value() > 0.0, weights.as_str()),
        (rule.normalisation, "goalposts or the range of those ranked"),
        (rule.aggregation, "arithmetic or geometric mean"),
        (rule.leave_out, "one indicator left out"),
        (rule.sampling, "declared sampling errors of surveys"),
    ];
    let varied: Vec<&str> =
        varied.into_iter().filter(|(is_on, _)| *is_on).map(|(_, words)| words).collect();
    if varied.is_empty() {
        return None;
    }
    Some(format!(
        "ranks that {} of {} draws lie between, in which were varied, where a line has them: {}. It tells how \
         far the rank hangs on these, and is no confidence interval: other errors of the figures, and what \
         they do not measure, are not in it",
        rule.interval,
        rule.replicates,
        varied.join("; ")
    ))
}
