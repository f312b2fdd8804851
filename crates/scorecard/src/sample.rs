//! A scorecard over a sample: what the sample leaves out is not said of the source.

use crate::result::{Missing, Scorecard};

impl Scorecard {
    /// Gives `reason` wherever a figure is absent because no observation of the indicator came at
    /// all, and the same "for this area" where others have one. Of a sample that says nothing about
    /// what the source holds.
    pub fn of_a_sample(&mut self, reason: &str) {
        for row in &mut self.indicator_scores {
            match row.missing {
                Some(Missing::NothingDelivered) => row.missing_reason = Some(reason.to_owned()),
                Some(Missing::AreaNotCovered) => {
                    row.missing_reason = Some(format!("{reason} for this area"));
                }
                _ => {}
            }
        }
        for row in &mut self.line_scores {
            row.grade_of_a_sample(reason);
        }
        self.say_why_unscored();
    }
}
