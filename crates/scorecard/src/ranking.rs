//! Who is ranked on a line in a window, who has a range in place of a rank, and why.

use std::collections::BTreeSet;

use wsis_model::area::Area;
use wsis_model::framework::{Ages, Requires, Scale, Window};

use crate::aggregate::SLACK;
use crate::core_set::{Core, Footing};
use crate::evaluated::{no_indicator, short};
use crate::group::count;
use crate::plan::{Line, Plan};
use crate::rank::Ladder;
use crate::reading::{View, years};
use crate::result::LineScore;
use crate::universe::Economies;

/// What must be said of a window as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    window: Window,
    /// Last year with a figure of any indicator, over all economies.
    last: Option<i32>,
    ages: Ages,
}

impl Outlook {
    /// A window beside the last year with a figure.
    pub fn new(window: Window, last: Option<i32>, ages: Ages) -> Self {
        Self { window, last, ages }
    }

    /// Whether the window ends so far after the last figures that nobody can be ranked.
    pub fn is_future(&self) -> bool {
        self.last.is_some_and(|last| self.window.end - last > self.ages.max_lag)
    }

    /// Why nobody is ranked, if the window lies in the future.
    fn future(&self) -> Option<String> {
        let last = self.last.filter(|_| self.is_future())?;
        Some(format!("the window ends in {}, the latest figures are of {last}", self.window.end))
    }

    /// What a reader has to know of the window.
    pub fn note(&self) -> Option<String> {
        let last = self.last.filter(|last| *last < self.window.end);
        let end = last.map(|last| {
            let ranked = if self.is_future() { "; nobody is ranked" } else { "" };
            format!(
                "the window ends in {}, the latest figures are of {last}{ranked}",
                self.window.end
            )
        });
        let span = self.window.end - self.window.start;
        let needed = self.ages.min_span;
        let short = (span < needed).then(|| {
            format!("the window spans {}, a change needs {needed}: levels only", years(span))
        });
        match (end, short) {
            (Some(end), Some(short)) => Some(format!("{end}; {short}")),
            (end, short) => end.or(short),
        }
    }
}

/// The ranking of one line in one window.
pub struct Ranking<'r, 'f> {
    /// The framework's tree.
    pub plan: &'r Plan<'f>,
    /// The line.
    pub line: &'r Line<'f>,
    /// Its core in the window.
    pub core: Core,
    /// What a rank asks for.
    pub requires: Requires,
    /// The window.
    pub outlook: Outlook,
    /// Who counts at its end.
    pub members: &'r BTreeSet<&'r str>,
    /// The economies.
    pub economies: &'r Economies<'r>,
}

impl Ranking<'_, '_> {
    /// Ranks rows, each with its area and its views: rank, range of ranks and bounds, or reason.
    pub fn apply(&self, scale: Scale, rows: &mut [LineScore], areas: &[(&Area, &[View<'_>])]) {
        let review = self.outlook.window.end;
        let footings: Vec<Footing> = areas
            .iter()
            .map(|(_, views)| self.core.footing(self.plan, self.line, views, review))
            .collect();
        for ((row, (area, views)), footing) in rows.iter_mut().zip(areas).zip(&footings) {
            row.rank_reason = self.no_rank(row, area, views, footing);
            row.core_total = count(self.core.leaves.len());
            row.core_used = count(footing.present);
            row.core_score = footing.score;
            row.score_low = footing.bounds.map(|(low, _)| low);
            row.score_high = footing.bounds.map(|(_, high)| high);
        }
        let compared = |row: &LineScore| match self.requires {
            Requires::Core => row.core_score,
            Requires::Score => row.score,
        };
        let ranked = rows.iter().filter(|row| row.rank_reason.is_none()).filter_map(compared);
        let ladder = Ladder::new(ranked, scale.rank_decimals);
        // A place beside nobody would be none.
        let may_range = self.requires == Requires::Core
            && !ladder.is_empty()
            && self.core.is_broad(self.line)
            && !self.outlook.is_future();
        for row in rows {
            row.ranked_of = count(ladder.len());
            if row.rank_reason.is_none() {
                row.rank = compared(row).map(|score| ladder.place(score));
            } else if may_range && self.members.contains(row.area.as_str()) {
                row.rank_low = row.score_high.map(|score| ladder.place(score));
                row.rank_high = row.score_low.map(|score| ladder.place(score));
            }
        }
    }

    /// Why a row gets no rank, or `None` if it is ranked; the first test that fails.
    fn no_rank(
        &self,
        row: &LineScore,
        area: &Area,
        views: &[View<'_>],
        footing: &Footing,
    ) -> Option<String> {
        if self.line.shares.is_empty() {
            return Some(no_indicator(self.line).to_owned());
        }
        if !self.members.contains(area.code.as_str()) {
            return Some(self.economies.outside(area, self.outlook.window.end));
        }
        self.outlook.future().or_else(|| match self.requires {
            Requires::Core => self.by_core(views, footing),
            Requires::Score => self.by_score(row),
        })
    }

    fn by_core(&self, views: &[View<'_>], footing: &Footing) -> Option<String> {
        let total = self.core.leaves.len();
        if total == 0 {
            let (n, who) = (self.members.len(), self.economies.name());
            let share = self.plan.rules.rank.core_share;
            return Some(format!(
                "no indicator of the line has figures of at least {share} of the {n} {who}"
            ));
        }
        if !self.core.is_broad(self.line) {
            return Some(format!(
                "the core holds {:.0} % of the weight, {:.0} % needed",
                (self.core.share * 100.0 + SLACK).floor(),
                (self.line.min_weight_rank * 100.0 - SLACK).ceil()
            ));
        }
        if footing.present < total {
            let lacks = |leaf: &&usize| views.get(**leaf).is_none_or(|view| view.level().is_none());
            let missing: Vec<&str> = self
                .core
                .leaves
                .iter()
                .filter(lacks)
                .filter_map(|leaf| self.plan.leaves.get(*leaf))
                .map(|leaf| leaf.code.as_str())
                .collect();
            return Some(format!(
                "{} of {total} core indicators; no {}",
                footing.present,
                named(&missing)
            ));
        }
        if footing.stale {
            let fresh = footing.freshness.map_or_else(|| "none".to_owned(), short);
            let least = self.plan.rules.rank.min_freshness;
            return Some(format!("the figures are too old (freshness {fresh}, {least} needed)"));
        }
        footing.score.is_none().then(|| "no score over the core".to_owned())
    }

    fn by_score(&self, row: &LineScore) -> Option<String> {
        let coverage = row.coverage.unwrap_or_default();
        if coverage + SLACK < self.line.min_weight_rank {
            return Some(format!(
                "indicators with {} of {} weight ({} of {} indicators)",
                short(coverage * self.line.weight),
                short(self.line.weight),
                row.indicators_used,
                row.indicators_total
            ));
        }
        row.score_reason.as_ref().map(|reason| format!("no score ({reason})"))
    }
}

/// The first codes by name, the rest by number.
fn named(codes: &[&str]) -> String {
    const SHOWN: usize = 5;
    match codes.len().checked_sub(SHOWN) {
        None | Some(0) => codes.join(", "),
        Some(more) => {
            let shown: Vec<&str> = codes.iter().take(SHOWN).copied().collect();
            format!("{} and {more} more", shown.join(", "))
        }
    }
}
