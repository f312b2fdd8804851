//! The world map: scores in five bands of lightness, hatching where there is none.

use std::fmt::Write as _;
use std::sync::LazyLock;

use maud::{Markup, html};

use super::{Frame, figure};
use crate::input::{AreaRow, Economy, ReportInput};
use crate::number::{Scale, counted, plain};
use crate::words;

/// Natural Earth in Equal Earth projection; `schemas/geo/README.md` names origin and changes.
const WORLD: &str = include_str!("../../../../schemas/geo/world.tsv");

/// Width and height of the drawing.
const SIZE: (i32, i32) = (1000, 471);

/// What every map of the United Nations says.
pub const DISCLAIMER: &str = "The boundaries and names shown and the designations used on this \
    map do not imply official endorsement or acceptance by the United Nations. Small economies \
    are drawn as dots.";

/// One area of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Area code.
    pub code: &'static str,
    /// UN M49 number.
    pub m49: &'static str,
    /// SVG path; empty for a dot.
    pub path: &'static str,
    /// Centre of a dot.
    pub point: Option<(&'static str, &'static str)>,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    WORLD
        .lines()
        .skip(1)
        .filter_map(|row| {
            let mut cells = row.split('\t');
            let (code, m49) = (cells.next()?, cells.next()?);
            let (path, point) = (cells.next()?, cells.next()?.split_once(' '));
            Some(Shape { code, m49, path, point })
        })
        .collect()
});

/// Every area that can be drawn, sorted by code.
pub fn shapes() -> &'static [Shape] {
    &SHAPES
}

/// Whether an area can be drawn.
pub fn drawable(code: &str) -> bool {
    SHAPES.binary_search_by(|shape| shape.code.cmp(code)).is_ok()
}

/// Shapes and hatching, once for the page; maps refer to them.
///
/// The hatching is one path of strokes, cut to the land, not a pattern: patterns made printing
/// slow and the printed file large.
pub fn definitions() -> Markup {
    let land: String = shapes().iter().map(|shape| shape.path).collect();
    html! {
        svg.def aria-hidden="true" {
            defs {
                clipPath #coast { path #land d=(land) {} }
                path #strokes d=(strokes()) {}
                g #dots {
                    @for shape in shapes() {
                        @if let Some((x, y)) = shape.point { circle cx=(x) cy=(y) r="4" {} }
                    }
                }
                @for shape in shapes() {
                    @match shape.point {
                        None => { path id=(format!("m-{}", shape.code)) d=(shape.path) {} }
                        Some((x, y)) => {
                            circle id=(format!("m-{}", shape.code)) cx=(x) cy=(y) r="4" {}
                        }
                    }
                }
            }
        }
    }
}

/// Diagonal strokes over the whole drawing.
fn strokes() -> String {
    let (width, height) = SIZE;
    let mut d = String::new();
    for x in (-height..width).step_by(7) {
        // Writing to a String cannot fail.
        let _ = write!(d, "M{x} {height}l{height}-{height}");
    }
    d
}

/// Band 0 to 4 of a score as it is printed: one of "20.0" is not below 20.
fn band(score: f64, scale: Scale) -> usize {
    let fifths = (scale.rounded(score) / scale.max * 5.0).floor().clamp(0.0, 4.0);
    [1.0, 2.0, 3.0, 4.0].iter().filter(|edge| fifths >= **edge).count()
}

/// The map of a line.
pub fn map(
    id: &str,
    line: &str,
    input: &ReportInput,
    rows: &[(&Economy, &AreaRow)],
    source: &str,
) -> Markup {
    let (year, scale) = (input.window.1, input.scale());
    let max = scale.max;
    let scored: Vec<(&Economy, f64)> =
        rows.iter().filter_map(|(economy, row)| Some((*economy, row.score?))).collect();
    // Who counts, among them all; others are drawn and named without being counted.
    let counts: Vec<&(&Economy, f64)> = scored.iter().filter(|(it, _)| !it.apart).collect();
    let high = counts.iter().filter(|(_, score)| band(*score, scale) == 4).count();
    let low = counts.iter().filter(|(_, score)| band(*score, scale) == 0).count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let title = format!(
        "{line}, latest values up to {year}: {} {} a score{}; by the scores as printed {high} of them at {} or more, {low} \
         below {}",
        words::of_all(input, number(counts.len())),
        if counts.len() == 1 { "has" } else { "have" },
        match scored.len() - counts.len() {
            0 => String::new(),
            others => format!(
                " ({} drawn besides)",
                counted(others as u64, "other economy is", "other economies are")
            ),
        },
        plain(max * 0.8),
        plain(max * 0.2)
    );
    let frame = Frame {
        id,
        title: &title,
        description: &description(&scored, scale),
        source,
        width: SIZE.0,
        height: SIZE.1,
        class: "map",
    };
    html! {
        (figure(&frame, &drawing(rows, scale), &table(&scored, scale, year)))
        (legend(max))
        p.src { (DISCLAIMER) }
    }
}

fn drawing(rows: &[(&Economy, &AreaRow)], scale: Scale) -> Markup {
    html! {
        use.land href="#land" {}
        g clip-path="url(#coast)" { use.hl href="#strokes" {} }
        use.wh href="#dots" {}
        @for (economy, row) in rows {
            @if let Some(score) = row.score.filter(|_| drawable(&economy.code)) {
                use.{"b" (band(score, scale))} href=(format!("#m-{}", economy.code)) {
                    title { (economy.name) ": " (scale.text(score)) }
                }
            }
        }
    }
}

fn bounds(band: usize, max: f64) -> (String, String) {
    let edge = |fifth: usize| {
        let fifth = u32::try_from(fifth).unwrap_or_default();
        plain(max * f64::from(fifth) / 5.0)
    };
    (edge(band), edge(band + 1))
}

fn members<'a>(scored: &[(&'a Economy, f64)], wanted: usize, scale: Scale) -> Vec<&'a str> {
    scored
        .iter()
        .filter(|(_, score)| band(*score, scale) == wanted)
        .map(|(economy, _)| economy.name.as_str())
        .collect()
}

fn description(scored: &[(&Economy, f64)], scale: Scale) -> String {
    (0..5)
        .rev()
        .map(|at| {
            let (lo, hi) = bounds(at, scale.max);
            format!(
                "{lo} to {hi}: {}",
                counted(members(scored, at, scale).len() as u64, "economy", "economies")
            )
        })
        .collect::<Vec<_>>()
        .join("; ")
}

fn legend(max: f64) -> Markup {
    html! {
        ul.key {
            @for at in 0..5 {
                @let (lo, hi) = bounds(at, max);
                li { span.sw.{"b" (at)} {} (lo) " to " (hi) }
            }
            li { span.hx {} "no score" }
        }
    }
}

fn table(scored: &[(&Economy, f64)], scale: Scale, year: i32) -> Markup {
    html! {
        div.wide tabindex="0" { table {
            caption { "Economies by band of score, latest values up to " (year) " (points)" }
            thead { tr {
                th scope="col" { "Score" }
                th.n scope="col" { "Economies" }
                th scope="col" { "Which" }
            } }
            tbody {
                @for at in (0..5).rev() {
                    @let (lo, hi) = bounds(at, scale.max);
                    @let names = members(scored, at, scale);
                    tr {
                        th scope="row" { (lo) " to " (hi) }
                        td.n { (names.len()) }
                        td { @if names.is_empty() { "none" } @else { (names.join(", ")) } }
                    }
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::band;
    use crate::number::Scale;

    /// "23 below 20" where one of them is printed 20.0.
    #[test]
    fn trial_p138_a_band_is_that_of_the_printed_score() {
        let points = Scale { max: 100.0, decimals: 1 };
        let bands = [19.94, 19.96, 20.0, 79.949, 79.95, 100.0].map(|score| band(score, points));
        assert_eq!(bands, [0, 1, 1, 3, 4, 4]);
        let index = Scale { max: 1.0, decimals: 3 };
        assert_eq!([0.1994, 0.1996, 0.6, 0.7996].map(|it| band(it, index)), [0, 1, 3, 4]);
    }
}
