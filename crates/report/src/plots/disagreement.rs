//! Rule books against the house: how many classes are other ones.

use maud::html;

use wsis_scorecard::books::Comparison;

use crate::number::pixel;
use crate::plots::Plot;

const ROW: i32 = 24;
const LEFT: i32 = 120;
const WIDTH: i32 = 300;

/// The chart; `of`: of what, "C2" or "all lines". `None` where no book has a class to compare.
pub fn plot(found: &Comparison, of: &str) -> Option<Plot> {
    let most = found.against.iter().map(|it| it.both + it.none).max().filter(|most| *most > 0)?;
    let width = |number: u32| pixel(f64::from(number) / f64::from(most) * f64::from(WIDTH));
    let of_row = |at: usize| ROW * i32::try_from(at).unwrap_or_default();
    let drawing = html! {
        @for (at, it) in found.against.iter().enumerate() {
            @let (y, same) = (of_row(at), width(it.both - it.differ));
            @let (differ, none) = (width(it.differ), width(it.none));
            text x=(LEFT - 10) y=(y + 14) text-anchor="end" { (it.book) }
            @if same > 0 {
                rect.bd x=(LEFT) y=(y + 3) width=(same) height="14" {}
            }
            @if differ > 0 {
                rect.f3 x=(LEFT + same) y=(y + 3) width=(differ) height="14" {}
            }
            @if none > 0 {
                rect.hb x=(LEFT + same + differ) y=(y + 3) width=(none) height="14" {}
            }
            text.t2 x=(LEFT + same + differ + none + 8) y=(y + 14) {
                (it.differ) " of " (it.both) " differ"
            }
        }
        @let foot = of_row(found.against.len()) + 14;
        rect.bd x=(LEFT) y=(foot - 9) width="12" height="10" {}
        text.t2 x=(LEFT + 16) y=(foot) { "like the house's" }
        rect.f3 x=(LEFT + 120) y=(foot - 9) width="12" height="10" {}
        text.t2 x=(LEFT + 136) y=(foot) { "another class" }
        rect.hb x=(LEFT + 230) y=(foot - 9) width="12" height="10" {}
        text.t2 x=(LEFT + 246) y=(foot) { "the book has none" }
    };
    let words = found.against.iter().map(|it| {
        format!(
            "{}: {} of {} differ from the house, {} without a class",
            it.book, it.differ, it.both, it.none
        )
    });
    let rows = found.against.iter().map(|it| {
        vec![it.book.clone(), it.both.to_string(), it.differ.to_string(), it.none.to_string()]
    });
    Some(Plot {
        title: format!(
            "{of}, {}-{}: {} of {} classes of progress that can be compared hang on the rule book",
            found.window_start, found.window_end, found.hang, found.compared
        ),
        description: format!("{}.", words.collect::<Vec<_>>().join("; ")),
        width: LEFT + WIDTH + 120,
        height: of_row(found.against.len()) + 24,
        drawing,
        columns: &["book", "#both", "#differ", "#none"],
        rows: rows.collect(),
    })
}
