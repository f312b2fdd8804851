//! `wsis audit LINE`: whether the indicators of a line measure one thing.

use serde::Serialize;
use wsis_app::names;
use wsis_scorecard::audit::line::{LineAudit, audit};

use super::lines;
use crate::args::{Format, Global, Review};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

#[derive(Serialize)]
struct Audited<'a> {
    framework: &'a str,
    snapshot: u64,
    #[serde(flatten)]
    audit: &'a LineAudit,
}

pub(crate) async fn run(global: &Global, line: &str, review: &Review) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, review.framework.as_deref())?;
    let line = names::line(framework, line)?.code.clone();
    let computed = context::compute(global, deployment, review, Some(&line)).await?;
    let window = (computed.window.start, computed.window.end);
    let Some(found) = audit(computed.method(), &computed.scorecard, &line, window) else {
        return Err(Failure::usage(format!("{line} has no indicator with a weight")));
    };
    let framework = computed.framework().id.as_str();
    let audited = Audited { framework, snapshot: computed.snapshot(), audit: &found };
    output::print(global.format, &audited, |form| match form {
        Format::Csv => pairs(&found),
        Format::Table | Format::Json => indicators(&found),
    })?;
    if global.format == Format::Table {
        output::text(&told(&found))?;
        if let Some(why) = lines::why_unscored(&computed, &line) {
            output::text(&why)?;
        }
    }
    Ok(())
}

/// A figure of an audit: two decimals are all that such a thing says.
fn short(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}"))
}

fn indicators(found: &LineAudit) -> Rows {
    let mut rows = Rows::new(&[
        "indicator",
        "#weight",
        "#economies",
        "#median",
        "#skewness",
        "#kurtosis",
        "#with_line",
        "#loading",
    ]);
    for it in &found.indicators {
        rows.push(vec![
            it.indicator.clone(),
            short(Some(it.weight)),
            it.there.to_string(),
            short(it.median),
            short(it.skewness),
            short(it.kurtosis),
            short(it.with_line),
            short(it.loading),
        ]);
    }
    rows
}

fn told(found: &LineAudit) -> String {
    let LineAudit { window_start, window_end, economies, complete, .. } = found;
    let mut lines = vec![
        String::new(),
        format!(
            "{}, {window_start} to {window_end}: {economies} economies count, {complete} of them have a score in \
             every indicator.",
            found.line
        ),
        format!("Cronbach's alpha {}, pair by pair over those that have both.", short(found.alpha)),
    ];
    match found.first_component.zip(found.components_above_1) {
        Some((share, above_1)) => lines.push(format!(
            "First component {:.0} % of the variance over the {complete}; {above_1} with an eigenvalue above 1.",
            100.0 * share
        )),
        None if found.indicators.len() < 2 => {
            lines.push("Fewer than two indicators: there is nothing to hold against each other.".to_owned());
        }
        None => lines.push(
            "No components: too few economies have every indicator, or one is the same everywhere.".to_owned(),
        ),
    }
    for pair in &found.pairs {
        lines.push(format!(
            "{} and {}: correlation {} (of ranks {}), {} economies",
            pair.first,
            pair.second,
            short(pair.pearson),
            short(pair.spearman),
            pair.both
        ));
    }
    lines.join("\n")
}

fn pairs(found: &LineAudit) -> Rows {
    let mut rows = Rows::new(&["first", "second", "#both", "#pearson", "#spearman", "#kendall"]);
    for pair in &found.pairs {
        rows.push(vec![
            pair.first.clone(),
            pair.second.clone(),
            pair.both.to_string(),
            exact(pair.pearson),
            exact(pair.spearman),
            exact(pair.kendall),
        ]);
    }
    rows
}
