//! A trajectory in words, with numbers that a reader can subtract.

use crate::paths::{LINE, TrajectoryRow};
use crate::progress::Point;

/// Slack of a year with its fraction: 2030 and a last bit is 2030.
const SLACK: f64 = 1e-6;

/// Decimals of an indicator's values, and most of them where values would look equal.
const VALUES: (usize, usize) = (1, 4);

/// Decimals of years.
const YEARS: usize = 1;

/// The first whole year in which something is there that is there at `year`.
pub fn whole_year(year: f64) -> String {
    format!("{:.0}", (year - SLACK).ceil())
}

/// A year as it is printed: whole where it is, else with one decimal.
fn year(at: f64) -> String {
    if (at - at.round()).abs() < SLACK { format!("{at:.0}") } else { format!("{at:.YEARS$}") }
}

fn parsed(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

fn text(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    // A zero has no sign.
    if parsed(&text) == 0.0 { text.trim_start_matches('-').to_owned() } else { text }
}

impl TrajectoryRow {
    /// Decimals of its values where scores have `scores`: as many as it takes to tell current value and path
    /// apart.
    pub fn decimals(&self, scores: usize) -> usize {
        if self.item_kind == LINE {
            return scores;
        }
        let Some((end, needed)) = self.end.zip(self.needed) else { return VALUES.0 };
        let differ = |decimals: &usize| text(end.value, *decimals) != text(needed, *decimals);
        (VALUES.0..=VALUES.1).find(differ).unwrap_or(VALUES.0)
    }

    /// "5.0 points behind the path needed (1.2 years): 45.0 in 2020, 50.0 needed, met from 90.0 by 2030; on the trend
    /// 75.0 in 2030, there in 2035". Who is further off than the baseline was is no years behind, but said to
    /// be so. `None` where there is no path.
    pub fn told(&self, scores: usize) -> Option<String> {
        let decimals = self.decimals(scores);
        let (end, needed, target) = (self.end?, self.needed?, self.target?);
        let (now, due) = (text(end.value, decimals), text(needed, decimals));
        let gap = text((parsed(&now) - parsed(&due)).abs(), decimals);
        let years = self.gap_years.map(|years| text(years.abs(), YEARS));
        let side = if self.gap? > 0.0 { "ahead of" } else { "behind" };
        let span = match (years, self.start) {
            (Some(years), _) if years == "1.0" => format!("{years} year"),
            (Some(years), _) => format!("{years} years"),
            (None, Some(start)) => format!("further from the target than in {}", year(start.year)),
            (None, None) => return None,
        };
        let place = if parsed(&gap) == 0.0 {
            "on the path needed".to_owned()
        } else {
            format!("{gap} {side} the path needed ({span})")
        };
        // Nobody is behind a path that only this project drew without being told so.
        let whose = match self.target_status {
            Some("proposed") => " (proposed by this project, not agreed)",
            _ => "",
        };
        Some(format!(
            "{place}: {now} in {}, {due} needed, {} by {}{whose}; {}",
            year(end.year),
            self.met_told(target, decimals),
            year(target.year),
            self.trend_told(decimals, target)
        ))
    }

    /// From where the target counts as met, which need not be the target itself.
    fn met_told(&self, target: Point, decimals: usize) -> String {
        let value = text(target.value, decimals);
        let is_down = self.start.is_some_and(|start| start.value > target.value);
        if is_down { format!("met at {value} or below") } else { format!("met from {value}") }
    }

    fn trend_told(&self, decimals: usize, target: Point) -> String {
        if let Some(why) = &self.trend_reason {
            return format!("no trend: {why}");
        }
        let projected = self.projected.map_or_else(String::new, |value| text(value, decimals));
        let at = year(target.year);
        match (self.arrival, &self.arrival_reason) {
            (Some(arrival), _) => {
                format!("on the trend {projected} in {at}, there in {}", whole_year(arrival))
            }
            (None, Some(why)) => format!("on the trend {projected} in {at} ({why})"),
            (None, None) => format!("on the trend {projected} in {at}"),
        }
    }
}
