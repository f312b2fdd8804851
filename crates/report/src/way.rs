//! The world on its way to the targets of a line: the mean of the economies with both ends.

use maud::{Markup, html};

use wsis_scorecard::result::TrajectoryRow;

use crate::charts::trajectory::{SIZE, Way};
use crate::charts::{Frame, figure};
use crate::input::{LineView, ReportInput};
use crate::marks;
use crate::number::fixed;

/// The chart; the reason in words where there is no path; nothing of a line without a target.
pub(crate) fn block(input: &ReportInput, line: &LineView, source: &str) -> Markup {
    let Some(row) = &line.world else { return html! {} };
    html! {
        h3 { "On the way to the targets" }
        @match row.told(input.scale().decimals) {
            Some(told) => { (chart(input, line, row, &told, source)) }
            None => {
                p {
                    "No path of the world to the targets. "
                    (marks::absent(row.path_reason.as_deref().unwrap_or_default()))
                }
            }
        }
    }
}

fn chart(
    input: &ReportInput,
    line: &LineView,
    row: &TrajectoryRow,
    told: &str,
    source: &str,
) -> Markup {
    let decimals = input.scale().decimals;
    let way = Way {
        row,
        observed: Vec::new(),
        breaks: Vec::new(),
        decimals,
        is_proposed: row.target_status == Some("proposed"),
    };
    let mark = if row.status == Some("indicative") { ", indicative" } else { "" };
    let title = format!(
        "{}, mean of the {} of {} with scores at both ends over indicators with a target{mark}: {told}",
        line.code,
        row.members_matched.unwrap_or_default(),
        row.members.unwrap_or_default()
    );
    let years = way.years();
    let number =
        |value: Option<f64>| value.map_or_else(String::new, |value| fixed(value, decimals));
    let description = years
        .iter()
        .map(|it| format!("{}: path {}, trend {}", it.year, number(it.needed), number(it.trend)))
        .collect::<Vec<_>>()
        .join("; ");
    let id = format!("{}-way", line.code);
    let frame = Frame {
        id: &id,
        title: &title,
        description: &description,
        source,
        width: SIZE.0,
        height: SIZE.1,
        class: "way",
    };
    let table = html! {
        div.wide tabindex="0" { table {
            caption { "Path needed and trend (points); a trend is a straight line through two means, and no forecast" }
            thead { tr { th scope="col" { "Year" } th.n scope="col" { "Path needed" } th.n scope="col" { "Trend" } } }
            tbody {
                @for it in &years {
                    tr { th scope="row" { (it.year) } td.n { (number(it.needed)) } td.n { (number(it.trend)) } }
                }
            }
        } }
    };
    figure(&frame, &way.drawing(), &table)
}
