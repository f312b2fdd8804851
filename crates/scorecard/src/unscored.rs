//! Why there is no score: of an economy, where all indicators of its line lack a figure for one and
//! the same reason; and of a line that nobody who counts has a score of.

use std::collections::BTreeMap;

use crate::group::count;

use crate::result::{Class, IndicatorScore, LineScore, Missing, Scorecard, Usual};

/// The most frequent of some reasons, and how often it stands; of equally frequent ones the first in
/// the order of letters.
pub fn most_frequent<'a>(all: impl Iterator<Item = &'a str>) -> Option<(&'a str, u32)> {
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for reason in all.filter(|reason| !reason.is_empty()) {
        *reasons.entry(reason).or_default() += 1;
    }
    reasons.into_iter().max_by_key(|(reason, times)| (*times, std::cmp::Reverse(*reason)))
}

/// The usual reason of some who lack a thing.
fn usual<'a>(reasons: impl Iterator<Item = Option<&'a str>>) -> Option<Usual> {
    let all: Vec<Option<&str>> = reasons.collect();
    let (reason, economies) = most_frequent(all.iter().copied().flatten())?;
    Some(Usual { reason: reason.to_owned(), economies, of: count(all.len()) })
}

impl Scorecard {
    /// Fills in the reasons. A reason that all indicators share says more than that none is there.
    pub(crate) fn say_why_unscored(&mut self) {
        let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in &self.indicators {
            for line in row.lines.split(';').filter(|line| !line.is_empty()) {
                lines.entry(line).or_default().push(&row.indicator);
            }
        }
        let missing = |row: &LineScore| -> Option<String> {
            let window = (row.window_start, row.window_end);
            let mut shared: Option<&str> = None;
            for code in lines.get(row.line.as_str())? {
                let reason =
                    self.indicator_score(code, &row.area, window)?.missing_reason.as_deref()?;
                if shared.is_some_and(|other| other != reason) {
                    return None;
                }
                shared = Some(reason);
            }
            shared.map(str::to_owned)
        };
        let unscored = self.line_scores.iter().enumerate().filter(|(_, row)| row.score.is_none());
        let told: Vec<(usize, String)> =
            unscored.filter_map(|(at, row)| Some((at, missing(row)?))).collect();
        for (at, reason) in told {
            if let Some(row) = self.line_scores.get_mut(at) {
                row.score_reason = Some(reason);
            }
        }
        self.say_what_is_usual();
    }

    /// The usual reasons of each line and window, of those who count.
    fn say_what_is_usual(&mut self) {
        let rows = &self.line_scores;
        for line in &mut self.lines {
            for window in &mut line.windows {
                let key = (window.window_start, window.window_end);
                let from = rows.partition_point(|row| row.line < line.line);
                let of_line = rows.iter().skip(from).take_while(|row| row.line == line.line);
                let counted: Vec<&LineScore> = of_line
                    .filter(|row| row.counts && (row.window_start, row.window_end) == key)
                    .collect();
                let all = || counted.iter().copied();
                let scored = || all().filter(|row| row.score.is_some());
                let why_none = usual(all().map(|row| row.score_reason.as_deref()));
                window.no_score = why_none.filter(|_| window.economies_scored == 0);
                let unclassed = scored().filter(|row| row.class == Class::NotAssessable);
                window.no_class = usual(unclassed.map(|row| row.class_reason.as_deref()));
                let why_unranked = usual(scored().map(|row| row.rank_reason.as_deref()));
                window.no_rank = why_unranked.filter(|_| window.economies_ranked == 0);
            }
        }
    }

    /// Why an indicator has no figure of any economy; `None` where it has one.
    pub fn why_undelivered(&self, indicator: &str) -> Option<&str> {
        let from = self.indicator_scores.partition_point(|row| row.indicator.as_str() < indicator);
        let first: &IndicatorScore = self.indicator_scores.get(from)?;
        let none = matches!(first.missing, Some(Missing::NoSeries | Missing::NothingDelivered));
        first.missing_reason.as_deref().filter(|_| none && first.indicator == indicator)
    }
}
