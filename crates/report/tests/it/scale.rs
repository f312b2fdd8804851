//! A framework on a scale of 1 (HDI, EGDI) is drawn and printed with its own decimals.

use wsis_report::input::ReportInput;
use wsis_report::render;

use crate::html::{all, element, read, text};
use crate::sample::sample;

/// The sample on a scale of 1 with three decimals.
fn small() -> ReportInput {
    let mut input = sample(30);
    (input.scale_max, input.decimals) = (1.0, 3);
    let shrink = |value: &mut Option<f64>| *value = value.map(|value| value / 100.0);
    for line in &mut input.lines {
        line.medians.iter_mut().for_each(|(_, median)| shrink(median));
        for region in &mut line.regions {
            shrink(&mut region.start);
            shrink(&mut region.end);
        }
        for row in &mut line.areas {
            for value in [&mut row.score, &mut row.start, &mut row.end, &mut row.change] {
                shrink(value);
            }
        }
    }
    input
}

#[test]
fn charts_on_a_scale_of_one_keep_their_decimals() {
    let input = small();
    let parts = read(&render(&input));
    let line = &input.lines[1];
    let last = line.medians.last().unwrap().1.unwrap();
    let shown = format!("{last:.3}");
    assert!(text(element(&parts, "C2-trend")).contains(&shown), "{shown}");
    assert!(text(element(&parts, "overview")).contains(&format!("2025: {shown}")));
    let africa = line.regions[0].start.unwrap();
    let regions = text(element(&parts, "C2-regions"));
    assert!(regions.contains(&format!("Africa {africa:.3}")), "{regions}");
    assert!(!regions.contains("axis from 0 to 10 points"), "{regions}");
    // The lines of the slope chart fill the drawing: they are not all squeezed to its foot.
    let figure = element(&parts, "C2-regions");
    let heights: Vec<i32> = all(figure, "circle").map(|(_, a)| a["cy"].parse().unwrap()).collect();
    let (top, foot) = (heights.iter().min().unwrap(), heights.iter().max().unwrap());
    assert!(foot - top > 60, "{heights:?}");
    let scored = line.areas.iter().find_map(|row| row.score).unwrap();
    assert!(text(element(&parts, "C2-map")).contains(&format!(": {scored:.3}")));
}

#[test]
fn ties_with_the_tenth_are_compared_as_ranks_are() {
    let mut input = sample(30);
    for (at, row) in input.lines[1].areas.iter_mut().enumerate() {
        row.per_year = Some(if at < 12 { 1.0 + at as f64 * 1e-13 } else { 0.5 });
        (row.change, row.span) = (row.per_year.map(|pace| pace * 4.0), Some(4.0));
    }
    let parts = read(&render(&input));
    let section = text(element(&parts, "C2"));
    let from = section.find("Fastest: points a year").unwrap();
    let to = section.find("Furthest behind").unwrap();
    assert_eq!(section[from..to].matches("+1.00").count(), 12, "{}", &section[from..to]);
}
