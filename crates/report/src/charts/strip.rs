//! Class counts as a stacked strip, with the numbers in words and shapes beneath it.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::class::{ClassCounts, Progress};

const WIDTH: u32 = 200;

/// A strip and its numbers. The strip alone is hidden from assistive technology: the list below
/// it says the same.
pub fn strip(counts: &ClassCounts) -> Markup {
    if counts.total() == 0 {
        return html! { span.na { "no economy to count" } };
    }
    html! {
        svg aria-hidden="true" width=(WIDTH) height="12" viewBox=(format!("0 0 {WIDTH} 12")) {
            @for (class, from, to) in parts(counts) {
                @if class == Progress::NotAssessable {
                    rect.hb x=(from) y="0.5" width=(to - from) height="11" {}
                    path.hl d=(hatching(from, to)) {}
                } @else {
                    rect.{"f" (class.index())} x=(from) y="0" width=(to - from) height="12" {}
                    @if to - from >= 14 {
                        text.wh x=(from.midpoint(to)) y="10" text-anchor="middle" { (class.shape()) }
                    }
                }
            }
        }
        ul.counts {
            @for (class, number) in counts.present() {
                li { span.{"k" (class.index())} { (number) " " span.vh { (class.word()) } } }
            }
        }
    }
}

/// Class counts with shape, number and word.
pub fn worded(counts: &ClassCounts) -> Markup {
    html! {
        ul.counts {
            @for (class, number) in counts.present() {
                li { span.{"k" (class.index())} { (number) " " (class.word()) } }
            }
        }
    }
}

/// Diagonal strokes inside a part of the strip.
fn hatching(from: u32, to: u32) -> String {
    let mut d = String::new();
    let start = from.saturating_sub(8);
    for x in (start..to).step_by(4) {
        let (left, right) = (x.max(from), (x + 12).min(to));
        if left < right {
            // Writing to a String cannot fail.
            let _ = write!(d, "M{left} {}L{right} {}", 12 - (left - x), 12 - (right - x));
        }
    }
    d
}

/// From and to, in pixels with a gap between neighbours; every class present keeps 3 pixels.
fn parts(counts: &ClassCounts) -> Vec<(Progress, u32, u32)> {
    const LEAST: u32 = 3;
    let present: Vec<(Progress, u64)> =
        counts.present().map(|(class, number)| (class, u64::from(number))).collect();
    let gaps = u32::try_from(present.len()).unwrap_or(7).saturating_sub(1);
    let total: u64 = present.iter().map(|(_, number)| *number).sum();
    let room = WIDTH - gaps - LEAST * (gaps + 1);
    let mut out = Vec::new();
    let (mut from, mut sum, mut used) = (0, 0, 0);
    for (class, number) in present {
        sum += number;
        let end = u32::try_from(u64::from(room) * sum / total.max(1)).unwrap_or(room);
        let width = LEAST + end - used;
        used = end;
        out.push((class, from, from + width));
        from += width + 1;
    }
    out
}
