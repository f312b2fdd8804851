//! What is said beside ranks about their intervals: what one holds, or why there is none.

use wsis_model::rules::UncertaintyRule;
use wsis_scorecard::LineScore;
use wsis_scorecard::uncertainty::sentence;

/// One sentence for all the ranks that are shown; nothing where nobody is ranked.
pub(crate) fn told(scores: &[&LineScore], rule: &UncertaintyRule) -> Option<String> {
    let intervals = || scores.iter().filter_map(|score| score.rank_interval);
    if let Some(error) = intervals().map(|interval| interval.error).max() {
        let ends = match error {
            0 => "no end of one".to_owned(),
            1 => "an end of one by 1 place at most".to_owned(),
            many => format!("an end of one by {many} places at most"),
        };
        return Some(format!(
            "[low-high]: {}. The two halves of the draws differ in {ends}",
            sentence(rule)?
        ));
    }
    let why = scores.iter().find_map(|score| score.rank_interval_reason.as_ref())?;
    Some(format!("ranks stand without an interval: {why}"))
}
