//! Small marks used all over: a class, an absence with its reason, "unverified", a coverage bar.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::{Fact, ReportInput};
use crate::words;

/// A class: shape by style sheet, word as text.
pub(crate) fn class(class: Progress) -> Markup {
    html! { span.{"k" (class.index())} { (class.word()) } }
}

/// What stands where a figure is absent: a hatched box and the reason in words (C13, C14).
pub(crate) fn absent(reason: &str) -> Markup {
    let words = if reason.is_empty() { "no reason was recorded" } else { reason };
    html! { span.na { (words) } }
}

/// Mark for what was not read in its source.
pub(crate) fn unverified(verified: bool) -> Markup {
    html! {
        @if !verified {
            " " span.un { "unverified" }
        }
    }
}

/// Mark beside a class that rests on the latest figures alone: with other figures there could have been
/// no worse one.
pub(crate) fn by_level(by_level: bool) -> Markup {
    html! { @if by_level { " " span.un { "by the level" } } }
}

/// Mark beside a class, or over a column of them, that rests on targets of our own.
pub(crate) fn proposed(words: Option<&str>) -> Markup {
    html! {
        @if let Some(words) = words {
            " " span.un { (words) }
        }
    }
}

/// Who set a target or goalposts, and whether that was read.
pub(crate) fn set_by(fact: &Fact) -> Markup {
    html! { (words::set_by(fact)) (unverified(fact.verified)) }
}

/// Where an indicator is published, and whether that was read.
pub(crate) fn chosen(fact: &Fact) -> Markup {
    html! { (words::chosen(fact)) (unverified(fact.verified)) }
}

/// Where a statement comes from, and whether that was read.
pub(crate) fn read_in(fact: &Fact) -> Markup {
    html! { (words::read_in(fact)) (unverified(fact.verified)) }
}

/// A thin bar with "31 of 54 economies" under it.
pub(crate) fn coverage(input: &ReportInput, some: u32) -> Markup {
    let all = input.economies_total;
    let share = if all == 0 { 0.0 } else { f64::from(some) / f64::from(all) };
    html! {
        span.bar aria-hidden="true" { i style=(format!("width:{:.0}%", share * 100.0)) {} }
        (words::of_all(input, some))
    }
}
