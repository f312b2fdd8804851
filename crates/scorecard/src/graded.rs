//! Of whom there is a grade: where a series of the line is loaded. Who was not asked is not graded
//! for the silence; docs/METHOD.md section 6.

use wsis_model::rules::GradeRule;

use crate::aggregate::SLACK;
use crate::evaluated::no_indicator;
use crate::plan::Line;
use crate::reading::View;
use crate::result::{Grade, LineScore};
use crate::sum::sum;

/// What is loaded of the series of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// The line has no indicator whose series could be.
    NoSeries,
    /// No figure of any of its series, of any economy.
    Nothing,
    /// Figures of others, and no observation of this economy in any of its series.
    Elsewhere,
    /// An observation of this economy, if only that there is no value.
    Here,
}

/// Takes the grade from a row where there was nothing to grade. `counts`: whether the economy is one
/// of those who count, whose silence on a line with figures is E, no data.
pub(crate) fn grade_what_is_loaded(
    row: &mut LineScore,
    line: &Line<'_>,
    loaded: Loaded,
    counts: bool,
) {
    row.loaded = loaded;
    let reason = match loaded {
        Loaded::NoSeries => no_indicator(line),
        Loaded::Nothing => "no figure of any of its series is in the lake",
        Loaded::Elsewhere if !counts => "none of its series has an observation of this area",
        Loaded::Elsewhere | Loaded::Here => return,
    };
    row.grade = None;
    row.grade_reason = Some(reason.to_owned());
}

impl LineScore {
    /// Says which share of the observed weight is disputed (`disputed`: of each leaf of the plan), and takes
    /// a letter from the grades where that is as much as the rule book allows.
    pub(crate) fn grade_what_is_disputed(
        &mut self,
        line: &Line<'_>,
        views: &[View<'_>],
        disputed: &[bool],
        rules: &GradeRule,
    ) {
        let observed = |leaf: usize| views.get(leaf).is_some_and(|view| view.level().is_some());
        let is_disputed = |leaf: usize| disputed.get(leaf).copied().unwrap_or(false);
        let weight = |which: &dyn Fn(usize) -> bool| {
            sum(line.shares.iter().filter(|(leaf, _)| which(*leaf)).map(|(_, share)| *share))
        };
        let whole = weight(&observed);
        if whole <= 0.0 {
            return;
        }
        let part = weight(&|leaf| observed(leaf) && is_disputed(leaf)) / whole;
        self.disputed = Some(part);
        if part > 0.0 && part + SLACK >= rules.disputed_share.value() {
            self.grade = self.grade.map(Grade::lowered);
            self.grade_change = self.grade_change.map(Grade::lowered);
        }
    }

    /// As the row of a sample, which says nothing of what the source holds: what the sample leaves out
    /// is not graded.
    pub(crate) fn grade_of_a_sample(&mut self, of_all: &str, of_area: &str) {
        let reason = match self.loaded {
            Loaded::Nothing => of_all,
            Loaded::Elsewhere => of_area,
            Loaded::NoSeries | Loaded::Here => return,
        };
        self.grade = None;
        self.grade_reason = Some(reason.to_owned());
    }
}
