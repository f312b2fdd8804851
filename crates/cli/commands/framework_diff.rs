//! `wsis framework diff`: what a change of a framework does before it is published.

use std::path::Path;
use std::sync::Arc;

use wsis_app::diff::{Asked, Change, Counts, Difference, LineEffect, Moved, Side, diff};
use wsis_app::names;
use wsis_config::Deployment;
use wsis_model::framework::Framework;

use crate::args::{Diff, Format, Global};
use crate::commands::framework::find;
use crate::commands::score::decimals;
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

/// Changes that a table on a terminal shows.
const CHANGES_MAX: usize = 60;

/// Letters of a text that such a table shows.
const TEXT_MAX: usize = 60;

pub(crate) async fn run(global: &Global, asked: &Diff) -> Result<(), Failure> {
    let here = Arc::new(context::deployment(global)?);
    let before = find(&here, &asked.before)?;
    let there = match &asked.other_root {
        Some(root) => Arc::new(other(root)?),
        None => Arc::clone(&here),
    };
    let after = find(&there, asked.after.as_deref().unwrap_or(&before.id))?;
    let line = asked.line.as_deref().map(|line| line_of(line, &before, &after)).transpose()?;
    let lake = context::existing_lake(global, &*here)?;
    let (of_here, of_there) = (context::app(here, Arc::clone(&lake))?, context::app(there, lake)?);
    let wanted = Asked { window: asked.window, line, look: asked.look.into() };
    let sides =
        (Side { app: &of_here, framework: &before }, Side { app: &of_there, framework: &after });
    let found = diff(sides.0, sides.1, &wanted).await?;
    if global.format == Format::Table {
        as_table(global, &found, decimals(&after), asked.top)?;
    } else {
        output::print(global.format, &found, |_| economies(&found))?;
    }
    if asked.exit_code && !found.same {
        return Err(Failure::ran("they differ (--exit-code)"));
    }
    Ok(())
}

fn other(root: &Path) -> Result<Deployment, Failure> {
    Deployment::load(root).map_err(|errors| Failure::usage(errors.to_string()))
}

/// The line of either framework; one that only one of them reports has no effect to show.
fn line_of(text: &str, before: &Framework, after: &Framework) -> Result<String, Failure> {
    let code = names::line(after, text).or_else(|_| names::line(before, text))?.code.clone();
    let both = [before, after].iter().all(|it| it.reported.contains(&code));
    if both {
        return Ok(code);
    }
    Err(Failure::usage(format!(
        "line {code} is reported by one of the two only; without --line that is told, with what else differs"
    )))
}

fn as_table(global: &Global, found: &Difference, places: usize, top: usize) -> Result<(), Failure> {
    if found.same {
        return output::text(&format!("no difference: {}", name(found, false)));
    }
    if !found.changes.is_empty() {
        output::print(global.format, found, |_| changes(&found.changes))?;
    }
    let more = found.changes.len().saturating_sub(CHANGES_MAX);
    if more > 0 {
        output::text(&format!("and {more} more changes; --format json lists them"))?;
    }
    output::text("")?;
    for words in head(found) {
        output::text(&output::wrapped(&words))?;
    }
    if found.snapshot.is_none() {
        return Ok(());
    }
    output::text("")?;
    output::print(global.format, found, |_| lines(found, places))?;
    output::text("")?;
    for effect in found.lines.iter().filter(|it| !it.moved.is_empty()) {
        for words in told(effect, places, top) {
            output::text(&output::wrapped(&words))?;
        }
    }
    for it in found.indicators.iter().filter(|it| it.counts.classes_changed > 0) {
        let words = format!("indicator {}: {}", it.indicator, class_moves(&it.counts));
        output::text(&output::wrapped(&words))?;
    }
    Ok(())
}

fn name(found: &Difference, after: bool) -> String {
    let it = if after { &found.after } else { &found.before };
    format!("{} {} under {} ({})", it.framework, it.version, it.rules, it.fingerprint)
}

fn head(found: &Difference) -> Vec<String> {
    let mut told = vec![format!("{} -> {}", name(found, false), name(found, true))];
    if found.version_kept {
        told.push(
            "What scores hang on is another under the same version: raise it before this is published."
                .to_owned(),
        );
    }
    match (found.snapshot, &found.window) {
        (Some(snapshot), Some(window)) => told.push(format!(
            "Both scored over snapshot {snapshot}, window {window}; scores that round to the same decimals as \
             ranks do count as the same."
        )),
        _ if found.elsewhere => told.push(
            "Nothing is another under the line that was asked for, though something elsewhere is; nothing was \
             scored."
                .to_owned(),
        ),
        _ => told.push("No score, rank or class hangs on what is another; nothing was scored.".to_owned()),
    }
    for (lines, which) in [(&found.lines_before_only, "first"), (&found.lines_after_only, "second")]
    {
        if !lines.is_empty() {
            told.push(format!("Reported by the {which} only: {}", lines.join(", ")));
        }
    }
    told
}

fn changes(all: &[Change]) -> Rows {
    let mut rows = Rows::new(&["kind", "of", "field", "before", "after", "~lines"]);
    let short = |text: Option<&String>| match text {
        None => "(not there)".to_owned(),
        Some(text) if text.chars().count() > TEXT_MAX => {
            let kept: String = text.chars().take(TEXT_MAX).collect();
            format!("{kept}...")
        }
        Some(text) => text.clone(),
    };
    for it in all.iter().take(CHANGES_MAX) {
        rows.push(vec![
            it.kind.label().to_owned(),
            it.of.clone(),
            it.field.clone(),
            short(it.before.as_ref()),
            short(it.after.as_ref()),
            it.lines.join(", "),
        ]);
    }
    rows
}

fn lines(found: &Difference, places: usize) -> Rows {
    let mut rows = Rows::new(&[
        "line",
        "#scored_before",
        "#scored_after",
        "#scores_changed",
        "#largest",
        "#median",
        "#ranks_changed",
        "#places_most",
        "#classes_changed",
    ]);
    let is_scored = |it: &&LineEffect| it.counts.scored_before + it.counts.scored_after > 0;
    for LineEffect { line, counts, .. } in found.lines.iter().filter(is_scored) {
        rows.push(vec![
            line.clone(),
            counts.scored_before.to_string(),
            counts.scored_after.to_string(),
            counts.scores_changed.to_string(),
            counts.largest.map_or(String::new(), |it| signed(it, places)),
            counts.median.map_or(String::new(), |it| format!("{it:.*}", places + 1)),
            counts.ranks_changed.to_string(),
            exact(counts.places_most),
            counts.classes_changed.to_string(),
        ]);
    }
    rows
}

fn signed(value: f64, places: usize) -> String {
    format!("{value:+.*}", places + 1)
}

/// "moderate to limited 4, limited to regressing 1"
fn class_moves(counts: &Counts) -> String {
    let moves = counts.classes.iter();
    let told: Vec<String> = moves
        .map(|it| format!("{} to {} {}", it.from.label(), it.to.label(), it.economies))
        .collect();
    told.join(", ")
}

fn told(effect: &LineEffect, places: usize, top: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let LineEffect { line, counts, moved, .. } = effect;
    if counts.classes_changed > 0 {
        lines.push(format!("{line}, classes: {}", class_moves(counts)));
    }
    let named: Vec<String> = moved.iter().take(top).map(|it| of_moved(it, places)).collect();
    if !named.is_empty() {
        let more = moved.len().saturating_sub(named.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        lines.push(format!("{line}, the farthest: {}{more}", named.join("; ")));
    }
    lines
}

/// "Namibia 61.2 to 55.0, rank 40 to 52, moderate to limited"
fn of_moved(it: &Moved, places: usize) -> String {
    let score = |score: Option<f64>| score.map_or("none".to_owned(), |it| format!("{it:.places$}"));
    let rank = |rank: Option<u32>| rank.map_or("none".to_owned(), |it| it.to_string());
    let mut told = vec![format!("{} ({}) {}", it.area_name, it.area, score(it.score_before))];
    if it.change != Some(0.0) {
        told.push(format!(" to {}", score(it.score_after)));
    }
    if it.rank_before != it.rank_after {
        told.push(format!(", rank {} to {}", rank(it.rank_before), rank(it.rank_after)));
    }
    if it.class_before != it.class_after {
        told.push(format!(", {} to {}", it.class_before.label(), it.class_after.label()));
    }
    told.concat()
}

/// Each economy and line of which something is another.
fn economies(found: &Difference) -> Rows {
    let mut rows = Rows::new(&[
        "line",
        "area",
        "area_name",
        "#score_before",
        "#score_after",
        "#change",
        "#rank_before",
        "#rank_after",
        "class_before",
        "class_after",
        "reason",
    ]);
    for effect in &found.lines {
        for it in &effect.moved {
            rows.push(vec![
                effect.line.clone(),
                it.area.clone(),
                it.area_name.clone(),
                exact(it.score_before),
                exact(it.score_after),
                exact(it.change),
                exact(it.rank_before),
                exact(it.rank_after),
                it.class_before.code().to_owned(),
                it.class_after.code().to_owned(),
                it.reason.clone().unwrap_or_default(),
            ]);
        }
    }
    rows
}
