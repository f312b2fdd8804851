//! Small marks used all over: a class, an absence with its reason, "unverified", a coverage bar.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::Fact;
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
            " " span.un title="from memory; still to be read in its source" { "unverified" }
        }
    }
}

/// Mark beside a class, or over a column of them, that rests on targets of our own.
pub(crate) fn proposed(words: Option<&str>) -> Markup {
    html! {
        @if let Some(words) = words {
            " " span.un title="proposed by this project, not agreed by anyone" { (words) }
        }
    }
}

/// A fact with its status, source and verification.
pub(crate) fn fact(fact: &Fact) -> Markup {
    let status = words::status(fact);
    let source = fact.source.strip_prefix("Proposed by this project").unwrap_or(&fact.source);
    let source = source.trim_start_matches([':', ',', ' ']);
    html! {
        (status) @if !source.is_empty() { ": " (source) }
        (unverified(fact.verified))
    }
}

/// A thin bar with "31 of 54 economies" under it.
pub(crate) fn coverage(some: u32, all: u32) -> Markup {
    let share = if all == 0 { 0.0 } else { f64::from(some) / f64::from(all) };
    html! {
        span.bar aria-hidden="true" { i style=(format!("width:{:.0}%", share * 100.0)) {} }
        (words::of_economies(some, all))
    }
}
