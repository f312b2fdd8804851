//! An economy against its region, line by line.

use maud::{Markup, html};

use wsis_scorecard::{LineScore, Scorecard};

use crate::charts::Axis;
use crate::charts::peers::{Quartiles, quartiles};
use crate::number::{Scale, pixel};
use crate::plots::{Plot, exact};

const ROW: i32 = 22;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 400.0;

/// A line, its score of the economy, the others' quartiles and how many they are of.
type Row<'c> = (&'c str, &'c LineScore, Option<Quartiles>, usize);

/// The chart of an area in a window; `None` where it is no economy of the scorecard or has no score on any line.
pub fn plot(card: &Scorecard, area: &str, window: (i32, i32), scale: Scale) -> Option<Plot> {
    let facts = card.areas.iter().find(|it| it.area == area)?;
    let region = facts.region.clone().unwrap_or_default();
    let is_peer = |code: &str| {
        let own = card.areas.iter().find(|it| it.area == code);
        own.is_some_and(|it| it.region.as_deref() == Some(region.as_str()))
    };
    let of = |row: &&LineScore| (row.window_start, row.window_end) == window;
    let rows: Vec<Row<'_>> = card
        .lines
        .iter()
        .filter_map(|line| {
            let own = card.line_score(&line.line, area, window)?;
            let peers: Vec<f64> = card
                .line_scores
                .iter()
                .filter(|row| row.line == line.line && row.counts && row.area != area)
                .filter(of)
                .filter(|row| is_peer(&row.area))
                .filter_map(|row| row.score)
                .collect();
            Some((line.line.as_str(), own, quartiles(&peers), peers.len()))
        })
        .collect();
    let scored = || rows.iter().filter_map(|(_, own, band, _)| Some((own.score?, (*band)?)));
    if rows.iter().all(|(_, own, ..)| own.score.is_none()) {
        return None;
    }
    let above =
        scored().filter(|(own, band)| scale.rounded(*own) > scale.rounded(band.median)).count();
    let height = ROW * i32::try_from(rows.len()).unwrap_or_default() + 20;
    let drawing = drawing(&rows, scale, height);
    let words = rows.iter().map(|(line, own, band, peers)| {
        let own = own.score.map_or_else(|| "no score".to_owned(), |score| scale.text(score));
        let median = band.map_or_else(String::new, |it| {
            format!(", median of {peers} others {}", scale.text(it.median))
        });
        format!("{line}: {own}{median}")
    });
    // Peers are those that count; who does not is no other member.
    let counts = card.line_scores.iter().filter(of).any(|row| row.area == area && row.counts);
    let whom = if counts { "the other members" } else { "the members" };
    Some(Plot {
        title: format!(
            "{}, {}-{}: above the median of {whom} in {region} on {above} of the {} lines on which \
             both have a score (dot: the economy; bar: the middle half of the others)",
            facts.area_name,
            window.0,
            window.1,
            scored().count()
        ),
        description: format!("{}.", words.collect::<Vec<_>>().join("; ")),
        width: 470,
        height,
        drawing,
        columns: &[
            "line",
            "#score",
            "#peers_q1",
            "#peers_median",
            "#peers_q3",
            "#peers",
            "score_reason",
        ],
        rows: rows.iter().map(cells).collect(),
    })
}

fn drawing(rows: &[Row<'_>], scale: Scale, height: i32) -> Markup {
    let x = Axis::new(0.0, scale.max, LEFT, RIGHT);
    let of_row = |at: usize| ROW * i32::try_from(at).unwrap_or_default() + 11;
    html! {
        @for (at, (line, own, band, _)) in rows.iter().enumerate() {
            @let y = of_row(at);
            text x=(pixel(LEFT) - 10) y=(y + 4) text-anchor="end" { (line) }
            path.ax d=(format!("M{} {y}H{}", pixel(LEFT), pixel(RIGHT))) {}
            @if let Some(band) = band {
                @let (from, to) = (pixel(x.at(band.q1)), pixel(x.at(band.q3)));
                rect.bd x=(from) y=(y - 5) width=((to - from).max(1)) height="10" {}
                path.g d=(format!("M{} {}V{}", pixel(x.at(band.median)), y - 6, y + 6)) {}
            }
            @match own.score {
                Some(score) => {
                    circle.pt cx=(pixel(x.at(score))) cy=(y) r="4" {}
                    text.st x=(pixel(RIGHT) + 10) y=(y + 4) { (scale.text(score)) }
                }
                None => { text.t2 x=(pixel(RIGHT) + 10) y=(y + 4) { "no score" } }
            }
        }
        text.t2 x=(pixel(LEFT)) y=(height - 4) text-anchor="middle" { "0" }
        text.t2 x=(pixel(RIGHT)) y=(height - 4) text-anchor="middle" { (scale.text(scale.max)) }
    }
}

fn cells((line, own, band, peers): &Row<'_>) -> Vec<String> {
    vec![
        (*line).to_owned(),
        exact(own.score),
        exact(band.map(|it| it.q1)),
        exact(band.map(|it| it.median)),
        exact(band.map(|it| it.q3)),
        peers.to_string(),
        own.score_reason.clone().unwrap_or_default(),
    ]
}
