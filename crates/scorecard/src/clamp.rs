//! Indicators too many of whose current values lie beyond a goalpost: these economies all score the
//! same, and what changes beyond the goalpost is not seen.

use std::fmt;

use serde::Serialize;
use wsis_model::rules::WarningRule;

use crate::result::Scorecard;

/// An indicator and window in which many of the current values are held at a goalpost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crowded {
    /// Indicator code.
    pub indicator: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Economies whose current value lies beyond a goalpost.
    pub beyond: usize,
    /// Economies with a current score.
    pub of: usize,
    /// Value that scores 0.
    pub goalpost_lo: Option<f64>,
    /// Value that scores full marks.
    pub goalpost_hi: Option<f64>,
}

impl fmt::Display for Crowded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { indicator, window_start, window_end, beyond, of, .. } = self;
        let have = if *beyond == 1 { "has" } else { "have" };
        write!(
            f,
            "{indicator}, {window_start}-{window_end}: of {of} economies with a current value, \
             {beyond} {have} one beyond a goalpost"
        )?;
        if let (Some(lo), Some(hi)) = (self.goalpost_lo, self.goalpost_hi) {
            write!(f, " ({lo} to {hi})")?;
        }
        f.write_str(" and score as if it lay on it")
    }
}

impl Scorecard {
    /// Indicators under a line of which more current values lie beyond a goalpost than the rule
    /// allows, by indicator and window.
    pub fn crowded(&self, rule: WarningRule) -> Vec<Crowded> {
        let scored = self.indicators.iter().filter(|facts| !facts.lines.is_empty());
        let mut found = Vec::new();
        for facts in scored {
            let from = self.indicator_scores.partition_point(|row| row.indicator < facts.indicator);
            let rows = self.indicator_scores.iter().skip(from);
            let mut windows: Vec<Crowded> = Vec::new();
            for row in rows.take_while(|row| row.indicator == facts.indicator) {
                if row.end.as_ref().is_none_or(|end| end.score.is_none()) {
                    continue;
                }
                let window = (row.window_start, row.window_end);
                let at = windows.iter().position(|it| (it.window_start, it.window_end) == window);
                let at = at.unwrap_or_else(|| {
                    windows.push(Crowded {
                        indicator: facts.indicator.clone(),
                        window_start: window.0,
                        window_end: window.1,
                        beyond: 0,
                        of: 0,
                        goalpost_lo: facts.goalpost_lo,
                        goalpost_hi: facts.goalpost_hi,
                    });
                    windows.len() - 1
                });
                if let Some(count) = windows.get_mut(at) {
                    count.of += 1;
                    count.beyond += usize::from(row.clamped);
                }
            }
            windows.retain(|it| rule.clamped_above.is_exceeded(it.beyond, it.of));
            windows.sort_by_key(|it| (it.window_start, it.window_end));
            found.extend(windows);
        }
        found
    }
}
