//! A scorecard over a sample: what the sample leaves out is not said of the source.

use crate::result::{Missing, Scorecard};

impl Scorecard {
    /// Gives `reason` wherever a figure is absent because no observation of the indicator came at
    /// all, and the same "for this area" where others have one. Of a sample that says nothing about
    /// what the source holds.
    pub fn of_a_sample(&mut self, reason: &str) {
        for row in &mut self.indicator_scores {
            let told = match row.missing {
                Some(Missing::NothingDelivered) => reason.to_owned(),
                Some(Missing::AreaNotCovered) => format!("{reason} for this area"),
                _ => continue,
            };
            // A class that lacks the figure gives the same reason.
            if let (Some(old), Some(why)) = (&row.missing_reason, &mut row.class_reason) {
                *why = why.replace(old.as_str(), &told);
            }
            row.missing_reason = Some(told);
        }
        for row in &mut self.line_scores {
            row.grade_of_a_sample(reason);
        }
        self.say_why_unscored();
    }
}
