//! `wsis gaps`: what the method asks for and does not find, counted.

use serde::Serialize;
use wsis_app::{Scores, names};
use wsis_scorecard::Scorecard;
use wsis_scorecard::gaps::{Found, Gap, Gaps, Item, LiesIn, Measurability, Selection, Tally};

use crate::args::{Format, GapsAsked, GapsBy, Global};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

/// A count with what it is of.
#[derive(Serialize)]
struct Counted<'a> {
    name: &'a str,
    /// Title of an indicator, name of an economy.
    title: Option<&'a str>,
    /// Line and agency of an indicator.
    line: Option<&'a str>,
    agency: Option<&'a str>,
    #[serde(flatten)]
    tally: Tally,
}

/// One gap.
#[derive(Serialize)]
struct Shown<'a> {
    line: &'a str,
    indicator: &'a str,
    title: &'a str,
    agency: &'a str,
    area: &'a str,
    in_score: bool,
    gap: &'static str,
    /// The same for people.
    what: &'static str,
    lies_in: &'static str,
    last_year: Option<i32>,
    since: Option<i32>,
    /// Why, or where the figure is to be looked for.
    reason: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    framework: &'a str,
    snapshot: u64,
    window: String,
    line: Option<&'a str>,
    area: Option<&'a str>,
    agencies_asked: Option<&'a [&'a str]>,
    /// Who counts.
    members: u32,
    total: &'a Tally,
    lines: Vec<Counted<'a>>,
    agencies: Vec<Counted<'a>>,
    indicators: Vec<Counted<'a>>,
    economies: Vec<Counted<'a>>,
    /// Each gap; of one economy only.
    gaps: Option<Vec<Shown<'a>>>,
    measurability: Vec<&'a Measurability>,
}

pub(crate) async fn run(global: &Global, asked: &GapsAsked) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, asked.review.framework.as_deref())?;
    let named = (asked.line.as_deref(), asked.area.as_deref());
    let (line, area) = names::line_and_area(&deployment, framework, named)?;
    let agencies =
        asked.agency.as_deref().map(|name| names::agencies(framework, name)).transpose()?;
    let computed = context::compute(global, deployment, &asked.review, line.as_deref()).await?;
    let gaps = &computed.scorecard.gaps;
    let window = gaps.window((computed.window.start, computed.window.end));
    let window = window.ok_or_else(|| Failure::usage("no such window".to_owned()))?;
    let agencies: Option<Vec<&str>> =
        agencies.as_ref().map(|names| names.iter().map(String::as_str).collect());
    let of = Selection {
        line: line.as_deref(),
        agencies: agencies.as_deref(),
        area: area.as_deref().and_then(|code| gaps.area(code)),
    };
    let look = Looked { card: &computed.scorecard, gaps, window, of };
    let by = asked.by.unwrap_or(match (&line, &area, &agencies) {
        (_, Some(_), _) => GapsBy::Gap,
        (None, None, None) => GapsBy::Line,
        _ => GapsBy::Indicator,
    });
    let total = gaps.total(window, of);
    output::print(global.format, &look.answer(&computed, &total), |form| look.rows(by, form))?;
    if global.format == Format::Table {
        for sentence in look.told(&total) {
            output::text(&output::wrapped(&sentence))?;
        }
    }
    Ok(())
}

/// What is asked of the gaps.
#[derive(Clone, Copy)]
struct Looked<'a> {
    card: &'a Scorecard,
    gaps: &'a Gaps,
    window: usize,
    of: Selection<'a>,
}

impl<'a> Looked<'a> {
    fn answer(self, computed: &'a Scores, total: &'a Tally) -> Answer<'a> {
        let area = self.of.area.and_then(|at| self.gaps.areas.get(at));
        Answer {
            framework: &computed.framework().id,
            snapshot: computed.snapshot(),
            window: super::score::shown(computed.window),
            line: self.of.line,
            area: area.map(|(code, _)| code.as_str()),
            agencies_asked: self.of.agencies,
            members: self.gaps.members(self.window),
            total,
            lines: self.counted(GapsBy::Line),
            agencies: self.counted(GapsBy::Agency),
            indicators: self.counted(GapsBy::Indicator),
            economies: self.counted(GapsBy::Economy),
            gaps: area.map(|_| self.each()),
            measurability: self.measurability().collect(),
        }
    }

    /// What can be measured of the lines that are asked for.
    fn measurability(self) -> impl Iterator<Item = &'a Measurability> {
        let window = self.gaps.windows.get(self.window).copied();
        self.gaps.measurability.iter().filter(move |it| {
            Some((it.window_start, it.window_end)) == window
                && self.of.line.is_none_or(|line| it.line == line)
        })
    }

    fn counted(self, by: GapsBy) -> Vec<Counted<'a>> {
        let plain = |(name, tally)| Counted { name, title: None, line: None, agency: None, tally };
        match by {
            GapsBy::Line => {
                self.gaps.by_line(self.window, self.of).into_iter().map(plain).collect()
            }
            GapsBy::Agency => {
                self.gaps.by_agency(self.window, self.of).into_iter().map(plain).collect()
            }
            GapsBy::Indicator | GapsBy::Gap => {
                let all = self.gaps.by_item(self.window, self.of).into_iter();
                let named = all.filter_map(|(at, tally)| Some((self.gaps.items.get(at)?, tally)));
                let named = named.map(|(item, tally)| Counted {
                    name: &item.indicator,
                    title: Some(&item.title),
                    line: Some(&item.line),
                    agency: Some(&item.agency),
                    tally,
                });
                named.collect()
            }
            GapsBy::Economy => {
                let all = self.gaps.by_economy(self.window, self.of).into_iter();
                let named = all.filter_map(|(at, tally)| Some((self.gaps.areas.get(at)?, tally)));
                let named = named.map(|((code, name), tally)| Counted {
                    title: Some(name),
                    ..plain((code.as_str(), tally))
                });
                named.collect()
            }
        }
    }

    /// Each gap of the economies that are asked for: of one all, of many those that differ between them.
    fn each(self) -> Vec<Shown<'a>> {
        let areas = match self.of.area {
            Some(area) => area..area + 1,
            None => 0..self.gaps.areas.len(),
        };
        let mut all = Vec::new();
        for at in self.gaps.selected(self.of) {
            let Some(item) = self.gaps.items.get(at) else { continue };
            for area in areas.clone() {
                let is_asked = self.of.area.is_some() || self.gaps.counts(area, self.window);
                let found = self.gaps.found(at, area, self.window).filter(|_| is_asked);
                let shown = found.and_then(|found| self.shown(item, area, found));
                all.extend(shown);
            }
        }
        all
    }

    fn shown(self, item: &'a Item, area: usize, found: &Found) -> Option<Shown<'a>> {
        let (gap, lies) = found.gap?;
        if gap.is_of_all() && self.of.area.is_none() {
            return None;
        }
        let (code, _) = self.gaps.areas.get(area)?;
        Some(Shown {
            line: &item.line,
            indicator: &item.indicator,
            title: &item.title,
            agency: &item.agency,
            area: code,
            in_score: item.share.is_some(),
            gap: gap.code(),
            what: gap.label(),
            lies_in: lies.code(),
            last_year: found.last_year,
            since: self.gaps.since(found),
            reason: self.reason(item, code, found, gap),
        })
    }

    fn reason(self, item: &Item, area: &str, found: &Found, gap: Gap) -> String {
        if let Some(other) = self.gaps.other(found) {
            return format!("{other} has it");
        }
        if item.series.is_none() {
            return format!("to be looked for: {}", item.cited);
        }
        let window = self.gaps.windows.get(self.window).copied().unwrap_or_default();
        let row = self.card.indicator_score(&item.indicator, area, window);
        let told = row.and_then(|row| row.missing_reason.clone());
        told.unwrap_or_else(|| gap.label().to_owned())
    }

    fn rows(self, by: GapsBy, form: Format) -> Rows {
        if by == GapsBy::Gap {
            return gap_rows(&self.each(), form);
        }
        let name = match by {
            GapsBy::Line => "line",
            GapsBy::Agency => "agency",
            GapsBy::Indicator | GapsBy::Gap => "indicator",
            GapsBy::Economy => "area",
        };
        let mut columns = vec![name];
        match by {
            GapsBy::Indicator => columns.extend(["line", "agency"]),
            GapsBy::Economy => columns.push("area_name"),
            _ => {}
        }
        columns.extend(["#asked", "#current", "#change", "#gaps"]);
        columns.extend([
            "#in_deployment",
            "#in_sample",
            "#in_series",
            "#in_coverage",
            "#in_nature",
            "#median_age",
        ]);
        let mut rows = Rows::new(&columns);
        for it in self.counted(by) {
            let mut cells = vec![it.name.to_owned()];
            match by {
                GapsBy::Indicator => {
                    cells.extend([it.line, it.agency].into_iter().flatten().map(str::to_owned));
                }
                GapsBy::Economy => cells.extend(it.title.map(str::to_owned)),
                _ => {}
            }
            let Tally { asked, current, change, gaps, .. } = it.tally;
            cells.extend([asked, current, change, gaps].map(|number| number.to_string()));
            cells.extend(LiesIn::ALL.map(|lies| it.tally.lying_in(lies).to_string()));
            cells.push(exact(it.tally.median_age));
            rows.push(cells);
        }
        rows
    }

    /// What the counts are of, in words.
    fn told(self, total: &Tally) -> Vec<String> {
        let (from, to) = self.gaps.windows.get(self.window).copied().unwrap_or_default();
        let members = self.gaps.members(self.window);
        let whom = match self.of.area.and_then(|at| Some((at, self.gaps.areas.get(at)?))) {
            Some((at, (_, name))) if !self.gaps.counts(at, self.window) => {
                format!("of {name}, which does not count in {from} to {to}")
            }
            Some((_, (_, name))) => format!("of {name}"),
            None => format!("of {members} that count"),
        };
        let Tally { asked, current, change, gaps, aged, .. } = total;
        let mut told = vec![
            String::new(),
            format!(
                "{from} to {to}: {asked} figures asked for, {whom}; {current} with a current value, {change} with a \
                 change; {gaps} with a gap (a current value that is an estimate is one)."
            ),
        ];
        if *asked == 0 {
            told.push(match members {
                0 => "Nobody counts: no figure of an indicator of this framework is loaded."
                    .to_owned(),
                _ => "No indicator is declared where it was asked.".to_owned(),
            });
        }
        if let Some(age) = total.median_age {
            told.push(format!(
                "median_age: years from the last value to {to}, of the {aged} gaps that have one; here {age}."
            ));
        }
        let there = LiesIn::ALL.into_iter().filter(|lies| total.lying_in(*lies) > 0);
        told.extend(
            there.map(|lies| {
                format!("{}: {} ({})", lies.code(), lies.words(), total.lying_in(lies))
            }),
        );
        if self.of.line.is_some() {
            told.extend(self.measurability().map(|it| format!("{}: {}", it.line, it.statement)));
        }
        told
    }
}

fn gap_rows(all: &[Shown<'_>], form: Format) -> Rows {
    let in_full = form != Format::Table;
    let mut rows = if in_full {
        Rows::new(&[
            "line",
            "indicator",
            "area",
            "agency",
            "in_score",
            "gap",
            "lies_in",
            "#last_year",
            "#since",
            "reason",
        ])
    } else {
        Rows::new(&[
            "line",
            "indicator",
            "area",
            "~agency",
            "what",
            "#last_year",
            "#since",
            "~lies_in",
            "~reason",
        ])
    };
    for it in all {
        let mut cells = vec![
            it.line.to_owned(),
            it.indicator.to_owned(),
            it.area.to_owned(),
            it.agency.to_owned(),
        ];
        if in_full {
            cells.extend([it.in_score.to_string(), it.gap.to_owned(), it.lies_in.to_owned()]);
            cells.extend([exact(it.last_year), exact(it.since), it.reason.clone()]);
        } else {
            cells.extend([it.what.to_owned(), exact(it.last_year), exact(it.since)]);
            cells.extend([it.lies_in.to_owned(), it.reason.clone()]);
        }
        rows.push(cells);
    }
    rows
}
