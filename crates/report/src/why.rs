//! "Why is this cell empty": economies without a score, class or rank, by reason.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::{LineView, ReportInput};
use crate::number::counted;
use crate::words;

/// A reason that holds for fewer economies is listed with the others like it.
const SHOWN: usize = 4;

/// Reasons of a line with the economies they hold for.
pub(crate) fn block(input: &ReportInput, line: &LineView) -> Markup {
    let mut scores: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut ranks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    // Others than member States are shown, not counted: their reason is that, and stands beside them.
    let counted_ones = input.economies.iter().zip(&line.areas).filter(|(_, row)| !row.apart);
    for (economy, row) in counted_ones {
        let name = economy.name.as_str();
        if row.score.is_none() {
            scores.entry(row.score_reason.as_str()).or_default().push(name);
            continue;
        }
        if row.class == Progress::NotAssessable {
            classes.entry(row.class_reason.as_str()).or_default().push(name);
        }
        if row.rank.is_none() {
            ranks.entry(row.rank_reason.as_str()).or_default().push(name);
        }
    }
    html! {
        h3 { "Why is a cell empty?" }
        @if scores.is_empty() && classes.is_empty() && ranks.is_empty() {
            p { "No cell of this line is empty." }
        }
        (list(input, "No score", &scores))
        (list(input, "A score, but no class", &classes))
        (list(input, "A score, but no rank", &ranks))
        @if !input.silent.is_empty() {
            p.small.muted {
                (counted(input.silent.len() as u64, "further area of the code list has", "further areas of the code list have"))
                " no observation of any indicator"
                @if input.sample.is_some() { " in this sample" }
                "; "
                a href="#silent" { "they are named at the end" } "."
            }
        }
    }
}

fn list(input: &ReportInput, title: &str, reasons: &BTreeMap<&str, Vec<&str>>) -> Markup {
    let mut sorted: Vec<(&&str, &Vec<&str>)> = reasons.iter().collect();
    sorted.sort_by_key(|(reason, names)| (std::cmp::Reverse(names.len()), **reason));
    let kept = sorted.iter().take_while(|(_, names)| names.len() >= SHOWN).count().max(1);
    let (common, rare) = sorted.split_at(kept.min(sorted.len()));
    html! {
        @for (reason, names) in common {
            (group(input, &format!("{title}: {reason}"), names.len(), &names.join("; ")))
        }
        @match rare {
            [] => {}
            [(reason, names)] => {
                (group(input, &format!("{title}: {reason}"), names.len(), &names.join("; ")))
            }
            _ => {
                @let number = rare.iter().map(|(_, names)| names.len()).sum();
                @let each: Vec<String> = rare
                    .iter()
                    .map(|(reason, names)| format!("{reason}: {}", names.join(", ")))
                    .collect();
                (group(input, &format!("{title}: other reasons"), number, &each.join("; ")))
            }
        }
    }
}

fn group(input: &ReportInput, title: &str, number: usize, names: &str) -> Markup {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    html! {
        details.why.keep {
            summary { (title) " (" (words::of_all(input, number)) ")" }
            p.small { (names) }
        }
    }
}
