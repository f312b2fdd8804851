//! The node scores that the lines of one area and window share, and what is said where there are none.

use wsis_model::framework::Window;

use crate::aggregate::Lack;
use crate::grade::{Evidence, Timeliness, timeliness};
use crate::levels::Levels;
use crate::plan::{Line, Plan};
use crate::reading::{Aim, View};
use crate::sum::sum;

/// What stands where a line without any indicator would have a score.
pub const NO_INDICATOR: &str = "no indicator chosen by this project";

/// The node scores that the lines of one area and window share: each evaluated once for all.
pub struct Evaluated<'v, 'p> {
    views: &'v [View<'p>],
    /// The window.
    pub window: Window,
    /// Over everything present.
    pub(crate) level: Levels,
    /// Over the indicators usable at both ends.
    pub(crate) matched: (Levels, Levels),
    /// Over those of them that have a target: start, and what it leads to.
    pub(crate) aimed: (Levels, Aimed),
    /// Over the indicators with a current value and a target.
    pub(crate) current: Aimed,
}

/// Scores at the end of the indicators with a target, and of their targets.
pub(crate) struct Aimed {
    pub(crate) end: Levels,
    pub(crate) target: Levels,
    pub(crate) met: Levels,
}

impl<'v, 'p> Evaluated<'v, 'p> {
    /// Evaluates the tree over the views of one area and window (as long as [`Plan::leaves`]).
    pub fn new(plan: &Plan<'_>, views: &'v [View<'p>], window: Window) -> Self {
        let over = |f: &dyn Fn(&View<'_>) -> Option<f64>| {
            plan.evaluate(&views.iter().map(f).collect::<Vec<_>>())
        };
        let aimed = |end: &dyn Fn(&View<'_>) -> Option<f64>| {
            let both = |view: &View<'_>| end(view).zip(view.target);
            Aimed {
                end: over(&|view| both(view).map(|(end, _)| end)),
                target: over(&|view| both(view).map(|(_, Aim { target, .. })| target)),
                met: over(&|view| both(view).map(|(_, Aim { met, .. })| met)),
            }
        };
        Self {
            views,
            window,
            level: over(&|view| view.level()),
            matched: (
                over(&|view| view.matched().map(|ends| ends.start)),
                over(&|view| view.matched().map(|ends| ends.end)),
            ),
            aimed: (
                over(&|view| view.matched().filter(|_| view.target.is_some()).map(|e| e.start)),
                aimed(&|view| view.matched().map(|ends| ends.end)),
            ),
            // A relative index has no target, and so no place here.
            current: aimed(&|view| view.level()),
        }
    }

    /// The views of a line's indicators, with their share of its weight and their place in
    /// [`Plan::leaves`].
    pub(crate) fn views<'l>(
        &'l self,
        line: &'l Line<'_>,
    ) -> impl Iterator<Item = (usize, f64, &'l View<'p>)> {
        let shares = line.shares.iter();
        shares.filter_map(|&(leaf, share)| Some((leaf, share, self.views.get(leaf)?)))
    }

    pub(crate) fn under<'l>(
        &'l self,
        line: &'l Line<'_>,
    ) -> impl Iterator<Item = (f64, &'l View<'p>)> {
        self.views(line).map(|(_, share, view)| (share, view))
    }

    pub(crate) fn timeliness(&self, plan: &Plan<'_>, line: &Line<'_>) -> Timeliness {
        let evidence: Vec<Evidence> = self
            .under(line)
            .map(|(weight, view)| {
                let end = view.end.filter(|end| end.norm.is_ok());
                Evidence {
                    weight,
                    age: end.map(|end| self.window.end - end.year),
                    baseline: view.start.is_some_and(|start| start.norm.is_ok()),
                    estimate: end.is_some_and(|end| end.is_estimate()),
                }
            })
            .collect();
        timeliness(&evidence, plan.rules)
    }

    /// Weighted mean of a year over some indicators of a line.
    pub(crate) fn mean_year(
        &self,
        line: &Line<'_>,
        year: impl Fn(&View<'p>) -> Option<i32>,
    ) -> Option<f64> {
        let years: Vec<(f64, i32)> =
            self.under(line).filter_map(|(share, view)| Some((share, year(view)?))).collect();
        let weight = sum(years.iter().map(|(share, _)| *share));
        // Distances from the first year keep the sum exact for equal years.
        let first = years.first()?.1;
        let off = sum(years.iter().map(|(share, year)| share * f64::from(year - first)));
        (weight > 0.0).then(|| f64::from(first) + off / weight)
    }

    /// Level of a line.
    ///
    /// # Errors
    /// Why it has none.
    pub(crate) fn level(&self, line: &Line<'_>) -> Result<f64, Lack> {
        self.level.line(line)
    }

    /// What is said of the line, which has no score.
    pub(crate) fn lack(&self, line: &Line<'_>, lack: &Lack) -> String {
        lack_text(line, lack, self.count(line, |view| view.end.is_some()) > 0)
    }

    pub(crate) fn count(&self, line: &Line<'_>, which: impl Fn(&View<'p>) -> bool) -> u32 {
        let found = self.under(line).filter(|(_, view)| which(view)).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    }
}

/// What is said of a line that has no score. Where an indicator has a value, a part between it and the
/// line has none.
pub(crate) fn lack_text(line: &Line<'_>, lack: &Lack, has_value: bool) -> String {
    match lack {
        Lack::NoChildren => no_indicator(line).to_owned(),
        Lack::NoData if has_value => "none of its parts has a score".to_owned(),
        other => other.to_string(),
    }
}

/// The words that stand instead of a score on a line without an indicator.
pub fn no_indicator<'l>(line: &'l Line<'_>) -> &'l str {
    line.node.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()).unwrap_or(NO_INDICATOR)
}

/// Names in one list. Where one of them has a comma, a colon or a semicolon in it, all stand in quotation
/// marks: else nobody could tell where a name ends.
pub fn names(titles: &[&str]) -> String {
    if titles.iter().any(|title| title.contains([',', ':', ';'])) {
        let quoted: Vec<String> = titles.iter().map(|title| format!("“{title}”")).collect();
        quoted.join(", ")
    } else {
        titles.join(", ")
    }
}

/// At most two decimals, without trailing zeros.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
