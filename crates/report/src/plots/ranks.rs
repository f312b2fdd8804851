//! The ranks of a line, each with the ranks that draws of the choices behind it give.

use maud::html;

use wsis_model::rules::UncertaintyRule;
use wsis_scorecard::LineScore;
use wsis_scorecard::uncertainty::sentence;

use crate::charts::Axis;
use crate::number::pixel;
use crate::plots::Plot;

const ROW: i32 = 15;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 560.0;

/// Most characters of a name; longer ones are cut, and whole in the rows behind the chart.
const NAME_MAX: usize = 30;

/// The chart of the ranked ones among some scores of a line and window, best first; `None` where nobody is ranked.
pub fn plot(line: &str, scores: &[&LineScore], rule: &UncertaintyRule) -> Option<Plot> {
    let mut ranked: Vec<&LineScore> =
        scores.iter().copied().filter(|score| score.rank.is_some()).collect();
    ranked.sort_by_key(|score| (score.rank, score.area.clone()));
    let first = ranked.first()?;
    let (window, of) = ((first.window_start, first.window_end), first.ranked_of);
    let ends = |score: &LineScore| {
        let rank = score.rank.unwrap_or_default();
        score.rank_interval.map_or((rank, rank), |it| (it.low.min(rank), it.high.max(rank)))
    };
    let low = ranked.iter().map(|score| ends(score).0).min()?;
    let high = ranked.iter().map(|score| ends(score).1).max()?;
    let x = Axis::new(f64::from(low), f64::from(high.max(low + 1)), LEFT, RIGHT);
    let told = ranked.iter().any(|score| score.rank_interval.is_some());
    let beside = match (told, sentence(rule)) {
        (true, Some(sentence)) => format!("bars: {sentence}"),
        _ => first.rank_interval_reason.clone().map_or_else(
            || "without intervals".to_owned(),
            |why| format!("without intervals ({why})"),
        ),
    };
    let shown = match ranked.len() {
        1 => "the rank of 1 economy".to_owned(),
        many => format!("the ranks of {many} economies"),
    };
    let title = format!("{line}, {}-{}: {shown} among {of} ranked; {beside}", window.0, window.1);
    let height = ROW * i32::try_from(ranked.len()).unwrap_or(i32::MAX) + 24;
    let middle = |at: usize| ROW * i32::try_from(at).unwrap_or_default() + 10;
    let interval = |score: &LineScore| {
        score.rank_interval.map_or_else(String::new, |interval| format!(" {interval}"))
    };
    let drawing = html! {
        @for (at, score) in ranked.iter().enumerate() {
            @let (y, (low, high), rank) = (middle(at), ends(score), score.rank.unwrap_or_default());
            text x=(pixel(LEFT) - 10) y=(y + 4) text-anchor="end" { (cut(&score.area_name)) }
            path.ax d=(format!("M{} {y}H{}", pixel(LEFT), pixel(RIGHT))) {}
            @let (from, to) = (pixel(x.at(f64::from(low))), pixel(x.at(f64::from(high))));
            @if score.rank_interval.is_some() {
                rect.bd x=(from) y=(y - 4) width=((to - from).max(1)) height="8" {}
            }
            circle.pt cx=(pixel(x.at(f64::from(rank)))) cy=(y) r="3" {}
            text.t2 x=(pixel(RIGHT) + 10) y=(y + 4) { (rank) (interval(score)) }
        }
        @let foot = height - 6;
        text.t2 x=(pixel(LEFT)) y=(foot) text-anchor="middle" { (low) }
        text.t2 x=(pixel(RIGHT)) y=(foot) text-anchor="middle" { (high) }
    };
    let number = |value: Option<u32>| value.map_or_else(String::new, |value| value.to_string());
    let rows = ranked.iter().map(|score| {
        let interval = score.rank_interval;
        vec![
            score.area.clone(),
            score.area_name.clone(),
            number(score.rank),
            number(interval.map(|it| it.low)),
            number(interval.map(|it| it.high)),
            crate::plots::exact(interval.map(|it| it.median)),
            score.ranked_of.to_string(),
        ]
    });
    let words = |score: &&LineScore| {
        format!("{} {}{}", score.area_name, score.rank.unwrap_or_default(), interval(score))
    };
    Some(Plot {
        title,
        description: format!("{}.", ranked.iter().map(words).collect::<Vec<_>>().join("; ")),
        width: 640,
        height,
        drawing,
        columns: &["area", "area_name", "#rank", "#low", "#high", "#median", "#ranked_of"],
        rows: rows.collect(),
    })
}

/// A name that fits beside its row.
pub(crate) fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    let short: String = name.chars().take(NAME_MAX - 1).collect();
    format!("{}\u{2026}", short.trim_end())
}
