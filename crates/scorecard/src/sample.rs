//! A scorecard over a sample: what the sample leaves out is not said of the source.

use std::collections::BTreeSet;

use crate::aggregate::Lack;
use crate::indicator::{NOT_IN_LAKE, NOT_OF_AREA};
use crate::paths::{ECONOMY, INDICATOR};
use crate::result::{IndicatorRow, Missing, Scorecard, TrajectoryRow};

/// What is said of an area without an observation in a series that was read whole.
pub const NONE_AT_SOURCE: &str = "the source gives none for this area";

/// How a reason begins that names a figure which is not there.
const NO_DATA: &str = "no data: ";

impl Scorecard {
    /// Gives `reason` wherever a figure is absent because no observation of the indicator came at
    /// all, and the same "for this area" where others have one. Of a sample that says nothing about
    /// what the source holds; but of a dataset that the sample has whole (`is_whole`, by source and
    /// dataset) it does.
    pub fn of_a_sample(&mut self, reason: &str, is_whole: impl Fn(&str, &str) -> bool) {
        let whole = |row: &IndicatorRow| {
            let series = row.source.as_deref().zip(row.dataset.as_deref());
            series.is_some_and(|(source, dataset)| is_whole(source, dataset))
        };
        let asked = |row: &&IndicatorRow| row.source.is_some() || row.observations > 0;
        let (known, cut): (Vec<&IndicatorRow>, Vec<&IndicatorRow>) =
            self.indicators.iter().filter(asked).partition(|row| whole(row));
        let known: BTreeSet<&str> = known.iter().map(|row| row.indicator.as_str()).collect();
        // One series that the sample has not, or not whole, and nothing is said of the line's sources.
        let cut: BTreeSet<&str> = cut.iter().flat_map(|row| row.lines.split(';')).collect();
        let of_area = format!("{reason} for this area");
        for row in &mut self.indicator_scores {
            let told = match row.missing {
                Some(Missing::NothingDelivered) => reason,
                Some(Missing::AreaNotCovered) if known.contains(row.indicator.as_str()) => {
                    NONE_AT_SOURCE
                }
                Some(Missing::AreaNotCovered) => &of_area,
                _ => continue,
            };
            // A class that lacks the figure gives the same reason.
            if let (Some(old), Some(why)) = (&row.missing_reason, &mut row.class_reason) {
                *why = why.replace(old.as_str(), told);
            }
            row.missing_reason = Some(told.to_owned());
        }
        for row in &mut self.line_scores {
            let is_cut = cut.contains(row.line.as_str());
            row.grade_of_a_sample(reason, if is_cut { &of_area } else { NONE_AT_SOURCE });
            // A reason that all its indicators shared before need not be shared any more.
            let shared = row.score_reason.as_deref();
            if shared.is_some_and(|why| [NOT_IN_LAKE, NOT_OF_AREA].contains(&why)) {
                row.score_reason = Some(Lack::NoData.to_string());
            }
        }
        self.gaps.of_a_sample(&is_whole);
        self.paths_of_a_sample();
        self.say_why_unscored();
    }

    /// A path that lacks a figure gives the reason of its class, as it is told of a sample.
    fn paths_of_a_sample(&mut self) {
        let mut rows = std::mem::take(&mut self.trajectories);
        let lack = |row: &&mut TrajectoryRow| {
            let is_own = (row.item_kind, row.area_kind) == (INDICATOR, ECONOMY);
            is_own && row.path_reason.as_deref().is_some_and(|why| why.starts_with(NO_DATA))
        };
        for row in rows.iter_mut().filter(lack) {
            let window = (row.window_start, row.window_end);
            let score = self.indicator_score(&row.item, &row.area, window);
            let reason = score.and_then(|score| score.class_reason.as_ref());
            if let Some(reason) = reason.filter(|reason| reason.starts_with(NO_DATA)) {
                row.path_reason = Some(reason.clone());
            }
        }
        self.trajectories = rows;
    }
}
