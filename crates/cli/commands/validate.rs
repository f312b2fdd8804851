//! `wsis validate FRAMEWORK --against FILE`.

use serde::Serialize;
use wsis_app::names;
use wsis_app::validate::{Compared, Reading, Validation};

use crate::args::{Format, Global, Review, Validate};
use crate::commands::score::{decimals, shown};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Differences that a table on a terminal shows.
const SHOWN_MAX: usize = 40;

#[derive(Serialize)]
struct Said<'a> {
    framework: &'a str,
    method_version: &'a str,
    method_fingerprint: &'a str,
    window: String,
    snapshot: u64,
    against: String,
    #[serde(flatten)]
    validation: &'a Validation,
}

pub(crate) async fn run(global: &Global, asked: Validate) -> Result<(), Failure> {
    let review =
        Review { framework: Some(asked.validated), window: asked.window, look: asked.look };
    let reading = Reading {
        area: asked.area_column,
        value: asked.value_column,
        rank: asked.rank_column,
        keep: asked.keep,
        tolerance: asked.tolerance,
    };
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, review.framework.as_deref())?;
    let first = framework.reported.first().map_or("", String::as_str);
    let line = names::line(framework, asked.line.as_deref().unwrap_or(first))?.code.clone();
    let computed = context::compute(global, deployment, &review, Some(&line)).await?;
    let validation = computed.validate(&line, &asked.against, &reading)?;
    let said = Said {
        framework: &computed.framework().id,
        method_version: &computed.scorecard.method_version,
        method_fingerprint: &computed.scorecard.method_fingerprint,
        window: shown(computed.window),
        snapshot: computed.snapshot(),
        against: asked.against.display().to_string(),
        validation: &validation,
    };
    let everything = asked.all || global.format != Format::Table;
    let wanted = |row: &&Compared| everything || !row.agrees || row.ranks_agree == Some(false);
    let listed: Vec<&Compared> = validation.rows.iter().filter(wanted).collect();
    let most = if everything { listed.len() } else { SHOWN_MAX };
    if !listed.is_empty() || global.format != Format::Table {
        let places = decimals(computed.framework()) + 2;
        output::print(global.format, &said, |form| {
            let kept = listed.iter().take(most);
            rows(kept.copied(), if form == Format::Table { Some(places) } else { None })
        })?;
    }
    if global.format == Format::Table {
        for words in summary(&said, listed.len().saturating_sub(most)) {
            output::text(&output::wrapped(&words))?;
        }
    }
    if validation.holds() {
        return Ok(());
    }
    Err(Failure::ran(format!("{} is not what was published", said.framework)))
}

fn rows<'a>(compared: impl Iterator<Item = &'a Compared>, places: Option<usize>) -> Rows {
    let mut rows = Rows::new(&[
        "area",
        "area_name",
        "#published",
        "#computed",
        "#difference",
        "#published_rank",
        "#rank",
        "reason",
    ]);
    for row in compared {
        let number = |value: Option<f64>| match (value, places) {
            (Some(value), Some(places)) => format!("{value:.places$}"),
            (value, _) => output::exact(value),
        };
        rows.push(vec![
            row.area.clone(),
            row.area_name.clone(),
            output::exact(Some(row.published)),
            number(row.computed),
            number(row.difference),
            output::exact(row.published_rank),
            output::exact(row.rank),
            row.reason.clone().unwrap_or_default(),
        ]);
    }
    rows
}

fn summary(said: &Said<'_>, more: usize) -> Vec<String> {
    let it = said.validation;
    let mut lines = Vec::new();
    if more > 0 {
        lines.push(format!("and {more} more; --all lists everything"));
    }
    let rounding = it.rows.iter().map(|row| row.rounding).fold(0.0, f64::max);
    let parts = match rounding {
        0.0 => String::new(),
        most => format!(", and what the rounding of its parts may change (at most {most:.2e})"),
    };
    let largest = it.largest_difference.map_or(String::new(), |most| {
        format!(
            "; the largest difference is {most:.2e}, {:.2e} counts as none{parts}",
            it.tolerance
        )
    });
    lines.push(format!(
        "{} of {} published scores of {} are computed in {} ({}), {} agree{largest}",
        it.computed, it.published, it.line, said.framework, said.window, it.agree
    ));
    if it.ranks > 0 {
        lines.push(format!("{} of {} ranks are the same", it.ranks_agree, it.ranks));
    }
    if !it.unknown.is_empty() {
        lines.push(format!("no economy, or several: {}", first_of(&it.unknown, ", ")));
    }
    if !it.unreadable.is_empty() {
        let first = first_of(&it.unreadable, "; ");
        lines.push(format!("{} cannot be read: {first}", it.unreadable.len()));
    }
    if !it.not_published.is_empty() {
        let (count, codes) = (it.not_published.len(), it.not_published.join(", "));
        lines.push(format!("computed and not in the table: {count} ({codes})"));
    }
    lines
}

/// The first of what a table has too much of, and how many there are besides.
fn first_of(texts: &[String], between: &str) -> String {
    let first = texts.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(between);
    match texts.len().saturating_sub(SHOWN_MAX) {
        0 => first,
        more => format!("{first}{between}and {more} more; --format json lists them"),
    }
}
