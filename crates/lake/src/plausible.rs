//! Whether the figures of a delivery can be true beside those before them, counted as the merge goes over
//! them in key order. What is asked, and what becomes of it, is `model::plausible`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wsis_model::period::Period;
use wsis_model::plausible::{Action, Plausibility, Test, Tests};

use crate::edition::{Editions, Reference};
use crate::merge::Fate;
use crate::preview::breakdown;
use crate::row::{Dict, Row};
use crate::sums::Sums;

/// Earlier figures that a figure is compared with, at most: the last ones.
const EARLIER_MAX: usize = 40;

/// Figures or editions named in a message; the rest are counted.
const NAMED: usize = 5;

/// Figures of a delivery that are set aside one by one, at most; with more of them the run is held, for
/// somebody has to look.
const REFUSED_MAX: usize = 100_000;

/// Series, area, cut, period.
pub(crate) type Figure = (u32, u32, u32, Period);

/// One period of a line of figures: a series in an area, of one breakdown and frequency.
struct Point {
    period: Period,
    /// What is in force.
    before: Option<f64>,
    /// What will be.
    after: Option<f64>,
    /// Whether the delivery says something new of it.
    is_news: bool,
}

/// All that is asked of the series of a delivery, while its figures pass.
#[derive(Default)]
pub(crate) struct Plausible {
    rules: Arc<Plausibility>,
    /// The line under way.
    at: Option<(u32, u32, u32)>,
    line: Vec<Point>,
    /// Editions of the series under way.
    editions: Editions,
    sums: Sums,
    verdict: Verdict,
    jumps: Jumps,
}

/// Figures of the series under way that jump.
#[derive(Default)]
struct Jumps {
    count: u64,
    /// The farthest, farthest first.
    farthest: Vec<(f64, Leap)>,
}

/// A figure that jumps.
#[derive(Clone, Copy)]
struct Leap {
    area: u32,
    cut: u32,
    period: Period,
    value: f64,
    before: (Period, f64),
}

/// What a delivery is found to be.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What is to be said, in words.
    pub(crate) told: Vec<String>,
    /// What holds the run.
    pub(crate) held: Vec<String>,
    /// What goes to quarantine.
    pub(crate) refused: Refused,
    /// Series of which the pages overlap, so that nothing of them is known to be gone.
    pub(crate) overlapped: BTreeSet<u32>,
    /// Whether that was too much.
    is_full: bool,
}

/// Figures that are not believed, each with what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    figures: BTreeMap<Figure, String>,
    /// All that is new of a series in a period.
    editions: BTreeMap<(u32, Period), String>,
}

impl Refused {
    pub(crate) fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.editions.is_empty()
    }

    /// What is wrong with a figure, if it is not believed.
    pub(crate) fn of(&self, row: &Row) -> Option<&str> {
        let edition = self.editions.get(&(row.series, row.period));
        let figure = || self.figures.get(&(row.series, row.area, row.cut, row.period));
        edition.or_else(figure).map(String::as_str)
    }
}

impl Verdict {
    /// Takes what was found of a series by a test, in words.
    pub(crate) fn say(&mut self, (test, action): (Test, Action), found: &str) {
        let (test, table) = (test.code(), if test == Test::Total { "`[[total]]`" } else { "" });
        let place = if table.is_empty() {
            format!("`{test}` under `[plausibility]`")
        } else {
            table.to_owned()
        };
        let text = format!("{found} ({place} of the pipeline");
        match action {
            Action::Off => {}
            Action::Warn => self.told.push(format!("{text}: told, not held)")),
            Action::Quarantine => self.told.push(format!("{text}: in quarantine)")),
            Action::Hold => self.held.push(format!("{text})")),
        }
    }

    /// Sets a figure aside.
    pub(crate) fn refuse(&mut self, figure: Figure, detail: String) {
        let figures = &mut self.refused.figures;
        if figures.len() < REFUSED_MAX {
            figures.entry(figure).or_insert(detail);
        } else if !figures.contains_key(&figure) && !std::mem::replace(&mut self.is_full, true) {
            self.held.push(format!(
                "more than {REFUSED_MAX} figures would go to quarantine by `[plausibility]` or `[[total]]` of \
                 the pipeline: look at the delivery, or at what is asked of it"
            ));
        }
    }

    /// Sets aside all that is new of a series in a period.
    pub(crate) fn refuse_edition(&mut self, edition: (u32, Period), detail: String) {
        self.refused.editions.entry(edition).or_insert(detail);
    }
}

impl Plausible {
    pub(crate) fn by(rules: &Arc<Plausibility>, dict: &Dict) -> Self {
        let sums = Sums::of(&rules.totals, dict);
        Self { rules: Arc::clone(rules), sums, ..Self::default() }
    }

    /// Takes what becomes of one key.
    pub(crate) fn count(&mut self, dict: &Dict, fate: &Fate<'_>) {
        if self.rules.is_open() {
            return;
        }
        let figure = |row: &Row| (!row.is_missing()).then_some(row.value);
        let (row, before, after) = match fate {
            Fate::New(row) => (row, None, figure(row)),
            Fate::Changed { before, after } => (after, figure(before), figure(after)),
            Fate::Unchanged(row) | Fate::Kept(row) | Fate::Unread(row, _) => {
                (row, figure(row), figure(row))
            }
            _ => return,
        };
        let is_news = after.is_some() && before != after;
        self.sums.count(row, after, is_news);
        let line = (row.series, row.area, row.cut);
        let is_next = |point: &Point| point.period.freq() != row.period.freq();
        if self.at != Some(line) || self.line.last().is_some_and(is_next) {
            self.end_line(dict);
            if self.at.is_some_and(|(series, ..)| series != row.series) {
                self.end_series(dict);
            }
            self.at = Some(line);
        }
        self.line.push(Point { period: row.period, before, after, is_news });
    }

    /// What was found.
    pub(crate) fn end(&mut self, dict: &Dict) -> Verdict {
        self.end_line(dict);
        self.end_series(dict);
        std::mem::take(&mut self.sums).end(dict, &mut self.verdict);
        let mut verdict = std::mem::take(&mut self.verdict);
        verdict.told.sort();
        verdict.held.sort();
        verdict
    }

    /// Closes the line under way: each of its new figures has its place among those before it.
    fn end_line(&mut self, dict: &Dict) {
        let line = std::mem::take(&mut self.line);
        let Some((series, area, cut)) = self.at else { return };
        let rules = Arc::clone(&self.rules);
        let Some(tests) = rules.of(dict.series.get(series)) else { return };
        let mut earlier: Vec<f64> = Vec::new();
        let mut last: Option<(Period, f64)> = None;
        for point in &line {
            let Some(value) = point.after else { continue };
            let reference = Reference { area, last, replaced: point.before };
            self.editions.add(tests, point.period, (value, point.is_news), reference);
            if let Some(before) = last.filter(|_| point.is_news && tests.jump.action != Action::Off)
            {
                let from = earlier.len().saturating_sub(EARLIER_MAX);
                let far = tests.jump.measured(earlier.get(from..).unwrap_or(&[]), value);
                if let Some(far) = far.filter(|far| *far > tests.jump.deviations) {
                    let leap = Leap { area, cut, period: point.period, value, before };
                    self.jumps.add(far, leap);
                    if tests.jump.action == Action::Quarantine {
                        let detail = format!(
                            "{value} is {far:.0} deviations from what the area had before ({} in {}); \
                             at most {} are believed (`jump` under `[plausibility]` of the pipeline)",
                            before.1, before.0, tests.jump.deviations
                        );
                        self.verdict.refuse((series, area, cut, point.period), detail);
                    }
                }
            }
            earlier.push(value);
            last = Some((point.period, value));
        }
    }

    /// Closes the series under way.
    fn end_series(&mut self, dict: &Dict) {
        let Some((series, ..)) = self.at.take() else { return };
        let (editions, jumps) =
            (std::mem::take(&mut self.editions), std::mem::take(&mut self.jumps));
        let rules = Arc::clone(&self.rules);
        let code = dict.series.get(series);
        let Some(tests) = rules.of(code) else { return };
        if jumps.count > 0 {
            let found = format!("series {code}: {}", jumps.text(dict, tests));
            self.verdict.say((Test::Jump, tests.jump.action), &found);
        }
        for (test, action, found) in editions.found(dict, tests) {
            let named: Vec<&str> =
                found.iter().take(NAMED).map(|(_, text)| text.as_str()).collect();
            let more = more(found.len() as u64, "edition");
            let text = format!("series {code}: {}{more}", named.join("; "));
            self.verdict.say((test, action), &text);
            if action == Action::Quarantine {
                for (period, text) in &found {
                    let detail = format!("{text} (`{}` under `[plausibility]`)", test.code());
                    self.verdict.refuse_edition((series, *period), detail);
                }
            }
        }
    }
}

impl Jumps {
    fn add(&mut self, far: f64, leap: Leap) {
        self.count += 1;
        let at = self.farthest.partition_point(|(other, _)| *other >= far);
        if at < NAMED {
            self.farthest.insert(at, (far, leap));
            self.farthest.truncate(NAMED);
        }
    }

    fn text(&self, dict: &Dict, tests: &Tests) -> String {
        let one = |(far, leap): &(f64, Leap)| {
            let Leap { area, cut, period, value, before: (was, from) } = leap;
            let area = named(dict, *area, *cut);
            format!("{area} {period} {value} after {from} in {was}, {far:.0} deviations")
        };
        let named: Vec<String> = self.farthest.iter().map(one).collect();
        let figures = if self.count == 1 { "figure jumps" } else { "figures jump" };
        format!(
            "{} {figures}, by more than {} median absolute deviations of what the area had before: \
             {}{}",
            self.count,
            tests.jump.deviations,
            named.join("; "),
            more(self.count, "figure")
        )
    }
}

/// An area, with the breakdown of its figure where that is not the total.
pub(crate) fn named(dict: &Dict, area: u32, cut: u32) -> String {
    let (area, cut) = (dict.areas.get(area), breakdown(dict, cut));
    if cut.is_empty() { area.to_owned() } else { format!("{area} {cut}") }
}

/// How many are not named.
pub(crate) fn more(count: u64, what: &str) -> String {
    match count.saturating_sub(NAMED as u64) {
        0 => String::new(),
        1 => format!("; and 1 more {what}"),
        more => format!("; and {more} more {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Period, REFUSED_MAX, Verdict};

    /// A series of millions that jumps would be held in memory figure by figure, each with its words.
    #[test]
    fn trial_p182_figures_that_are_set_aside_one_by_one_are_bounded() {
        let mut verdict = Verdict::default();
        let period = Period::annual(2020).unwrap();
        let figure = |at: usize| (0, u32::try_from(at).unwrap(), 0, period);
        (0..REFUSED_MAX).for_each(|at| verdict.refuse(figure(at), String::new()));
        verdict.refuse(figure(7), String::new());
        assert!(verdict.held.is_empty(), "one that is there is no further one");
        (0..3).for_each(|more| verdict.refuse(figure(REFUSED_MAX + more), String::new()));
        assert_eq!(verdict.held.len(), 1, "said once");
        assert!(verdict.held[0].starts_with("more than 100000 figures"), "{:?}", verdict.held);
    }
}
