//! Who has figures: lines, or the indicators of a line, by region.

use std::collections::{BTreeMap, BTreeSet};

use maud::html;

use wsis_scorecard::Scorecard;

use crate::number::percent;
use crate::plots::{Plot, ranks};

const ROW: i32 = 22;
const LEFT: i32 = 190;
const CELL: i32 = 78;
const HEAD: i32 = 22;

/// Scores, or current values, of some members of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cell {
    there: u32,
    members: u32,
}

impl Cell {
    fn share(self) -> Option<f64> {
        (self.members > 0).then(|| f64::from(self.there) / f64::from(self.members))
    }
}

/// Cells by row and region; rows with their names in the order in which they are drawn.
struct Grid {
    rows: Vec<(String, String)>,
    cells: BTreeMap<(String, String), Cell>,
}

/// The heat map of a window: all lines, or the indicators with a weight in one.
pub fn plot(card: &Scorecard, line: Option<&str>, window: (i32, i32)) -> Option<Plot> {
    let grid = match line {
        None => lines(card, window),
        Some(line) => indicators(card, line, window),
    };
    let regions: BTreeSet<&String> = grid.cells.keys().map(|(_, region)| region).collect();
    let regions: Vec<&String> = regions.into_iter().collect();
    if grid.rows.is_empty() || regions.is_empty() {
        return None;
    }
    let cell = |code: &str, region: &str| {
        grid.cells.get(&(code.to_owned(), region.to_owned())).copied().unwrap_or_default()
    };
    let of = |at: usize| i32::try_from(at).unwrap_or_default();
    let columns = of(regions.len());
    let all = || {
        let rows = grid.rows.iter();
        rows.flat_map(|row| regions.iter().map(move |region| (row, *region, cell(&row.0, region))))
    };
    let drawing = html! {
        @for (at, region) in regions.iter().enumerate() {
            text.t2 x=(LEFT + CELL * of(at) + CELL / 2) y=(HEAD - 8) text-anchor="middle" { (region) }
        }
        @for (at, (code, name)) in grid.rows.iter().enumerate() {
            @let y = HEAD + ROW * of(at);
            text x=(LEFT - 10) y=(y + 15) text-anchor="end" { (ranks::cut(name)) }
            @for (at, region) in regions.iter().enumerate() {
                @let (x, it) = (LEFT + CELL * of(at), cell(code, region));
                @match it.share() {
                    Some(share) if it.there > 0 => {
                        @let band = band(share);
                        rect.{"b" (band)} x=(x) y=(y) width=(CELL - 2) height=(ROW - 2) {}
                        text.wh[band >= 3] x=(x + CELL / 2) y=(y + 15) text-anchor="middle" {
                            (it.there) " of " (it.members)
                        }
                    }
                    _ => {
                        rect.hb x=(x) y=(y) width=(CELL - 3) height=(ROW - 3) {}
                        path.hl d=(strokes(x, y)) {}
                        rect.page x=(x + 14) y=(y + 3) width=(CELL - 30) height=(ROW - 9) {}
                        text.t2 x=(x + CELL / 2) y=(y + 15) text-anchor="middle" {
                            "0 of " (it.members)
                        }
                    }
                }
            }
        }
    };
    let what = if line.is_some() { "a current value" } else { "a score" };
    let title = title(line, what, window, all().map(|(_, _, cell)| cell));
    let words = all()
        .map(|(row, region, it)| format!("{}, {region}: {} of {}", row.1, it.there, it.members));
    let rows = all().map(|(row, region, it)| {
        vec![
            row.0.clone(),
            region.clone(),
            it.there.to_string(),
            it.members.to_string(),
            crate::plots::exact(it.share()),
        ]
    });
    Some(Plot {
        title,
        description: format!("{}.", words.collect::<Vec<_>>().join("; ")),
        width: LEFT + CELL * columns,
        height: HEAD + ROW * of(grid.rows.len()),
        columns: &["item", "region", "#there", "#members", "#share"],
        rows: rows.collect(),
        drawing,
    })
}

/// The share of all cells' members, and in how many cells nobody has it.
fn title(
    line: Option<&str>,
    what: &str,
    window: (i32, i32),
    cells: impl Iterator<Item = Cell>,
) -> String {
    let (mut there, mut members, mut none, mut number) = (0, 0, 0, 0);
    for cell in cells {
        there += cell.there;
        members += cell.members;
        none += u32::from(cell.there == 0);
        number += 1;
    }
    let share = f64::from(there) / f64::from(members.max(1));
    let (whose, each) = match line {
        Some(line) => (format!("{line}, "), "indicator"),
        None => (String::new(), "line"),
    };
    format!(
        "{whose}{}-{}: {} of the possible pairs of member and {each} have {what}; in {none} of {number} cells \
         nobody has",
        window.0,
        window.1,
        percent(share)
    )
}

/// Band 0 to 4 of a share: lightness alone orders them, and the numbers stand in the cells.
fn band(share: f64) -> usize {
    [0.2, 0.4, 0.6, 0.8].iter().filter(|edge| share >= **edge).count()
}

fn strokes(x: i32, y: i32) -> String {
    let (width, height) = (CELL - 3, ROW - 3);
    let lines = (0..width - height).step_by(6);
    let lines: Vec<String> =
        lines.map(|at| format!("M{} {}l{height}-{height}", x + at, y + height)).collect();
    lines.concat()
}

fn lines(card: &Scorecard, window: (i32, i32)) -> Grid {
    let rows = card.lines.iter().map(|line| (line.line.clone(), line.line.clone()));
    let mut cells = BTreeMap::new();
    for row in &card.group_scores {
        if row.group_kind == "region" && (row.window_start, row.window_end) == window {
            let cell = Cell { there: row.members_scored, members: row.members };
            cells.insert((row.line.clone(), row.group.clone()), cell);
        }
    }
    cells.retain(|_, cell| cell.members > 0);
    Grid { rows: rows.collect(), cells }
}

fn indicators(card: &Scorecard, line: &str, window: (i32, i32)) -> Grid {
    let is_under = |lines: &str| lines.split(';').any(|of| of == line);
    let rows: Vec<(String, String)> = card
        .indicators
        .iter()
        .filter(|it| is_under(&it.lines))
        .map(|it| (it.indicator.clone(), it.title.clone()))
        .collect();
    let counts: BTreeSet<&str> = card
        .line_scores
        .iter()
        .filter(|row| row.line == line && row.counts)
        .filter(|row| (row.window_start, row.window_end) == window)
        .map(|row| row.area.as_str())
        .collect();
    let region: BTreeMap<&str, &str> = card
        .areas
        .iter()
        .filter(|area| counts.contains(area.area.as_str()))
        .filter_map(|area| Some((area.area.as_str(), area.region.as_deref()?)))
        .collect();
    let mut cells: BTreeMap<(String, String), Cell> = BTreeMap::new();
    for (code, _) in &rows {
        for (area, region) in &region {
            let cell = cells.entry((code.clone(), (*region).to_owned())).or_default();
            let score = card.indicator_score(code, area, window);
            cell.members += 1;
            cell.there += u32::from(score.is_some_and(|score| score.end.is_some()));
        }
    }
    Grid { rows, cells }
}
