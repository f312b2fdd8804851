//! What is asked for and what of it is there, in the window of the report.

use wsis_model::framework::{LineFacts, Window};
use wsis_scorecard::Scorecard;
use wsis_scorecard::gaps::{Gaps, Item, LiesIn, Selection, Tally};
use wsis_scorecard::plan::Plan;

use super::{count, fact};
use crate::input::{CommitmentView, KnownView, KnownViews, LineView};

/// Everything, counted by line and by agency; nothing in a window that was not scored.
pub(super) fn views(scorecard: &Scorecard, window: Window) -> KnownViews {
    let gaps = &scorecard.gaps;
    let Some(window) = gaps.window((window.start, window.end)) else {
        return KnownViews::default();
    };
    let all = Selection::default();
    let by_line = gaps.by_line(window, all).into_iter().map(|(line, tally)| {
        let of = Selection { line: Some(line), ..all };
        let title = scorecard.lines.iter().find(|it| it.line == line);
        let mut view = view(gaps, line, of, &tally);
        view.title = title.map(|it| it.title.clone()).unwrap_or_default();
        view.without = without(gaps.by_agency(window, of));
        view
    });
    let by_agency = gaps.by_agency(window, all).into_iter().map(|(agency, tally)| {
        let one = [agency];
        let of = Selection { agencies: Some(&one), ..all };
        let mut view = view(gaps, agency, of, &tally);
        view.without = without(gaps.by_line(window, of));
        view
    });
    KnownViews {
        lines: by_line.collect(),
        agencies: by_agency.collect(),
        total: view(gaps, "", all, &gaps.total(window, all)),
    }
}

fn view(gaps: &Gaps, name: &str, of: Selection<'_>, tally: &Tally) -> KnownView {
    KnownView {
        name: name.to_owned(),
        title: String::new(),
        indicators: count(gaps.selected(of).count()),
        asked: tally.asked,
        current: tally.current,
        change: tally.change,
        lies_in: LiesIn::ALL.map(|lies| tally.lying_in(lies)),
        median_age: tally.median_age,
        without: Vec::new(),
    }
}

/// Names with the number of their figures that have no current value, most first.
fn without(named: Vec<(&str, Tally)>) -> Vec<(String, u32)> {
    let lacking = named.into_iter().map(|(name, it)| (name.to_owned(), it.asked - it.current));
    let mut all: Vec<(String, u32)> = lacking.filter(|(_, number)| *number > 0).collect();
    all.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    all
}

/// Puts in what can be measured of a line, and what was promised under it.
pub(super) fn measured(
    view: &mut LineView,
    plan: &Plan<'_>,
    facts: &LineFacts,
    scorecard: &Scorecard,
    window: Window,
) {
    let gaps = &scorecard.gaps;
    let found = gaps.measurability.iter().find(|it| {
        it.line == view.code && (it.window_start, it.window_end) == (window.start, window.end)
    });
    if let Some(found) = found {
        view.measurability.clone_from(&found.statement);
        view.evidence = found.evidence.clone().unwrap_or_default();
    }
    let title = |code: &String| {
        let item: Option<&Item> = gaps.items.iter().find(|item| item.indicator == *code);
        let leaf = plan.leaves.iter().find(|leaf| leaf.code == *code);
        let found = item.map(|item| item.title.clone()).or(leaf.map(|leaf| leaf.title.clone()));
        found.unwrap_or_else(|| code.clone())
    };
    let promised = facts.commitments.iter().map(|it| CommitmentView {
        text: it.text.clone(),
        by: it.by,
        related: it.related.iter().map(title).collect(),
        note: it.note.clone(),
        verified: it.verified,
    });
    view.commitments = promised.collect();
    let past = scorecard.outcomes.iter().filter(|row| row.line == view.code && row.is_whole());
    view.past_targets = past.filter(|row| row.by <= window.end).cloned().collect();
    view.commitments_fact = facts.commitments_source.as_ref().map(fact);
}
