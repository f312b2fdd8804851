//! Two frameworks held against each other: what they state otherwise, and what that does to the scores,
//! ranks and classes of the figures in force. docs/adr/0037-what-a-diff-compares.md says why so.
//!
//! The effect is not worked out from the changes: each side is scored whole, by the code that scores and
//! publishes ([`App::scores_by`]), over one view of the lake.

mod effect;
mod facts;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::framework::{Framework, Window};
use wsis_model::rules::Method;
use wsis_scorecard::fingerprint::fingerprint;

pub use effect::{ClassMove, Counts, IndicatorEffect, LineEffect, Moved};
pub use facts::{Kind, status};

use crate::app::App;
use crate::error::AppError;
use crate::look::{Look, Review};
use crate::scores::Scores;
use facts::{Fact, Facts, Item};

/// A framework under a deployment: its rule book, code lists and corrections.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The deployment with the lake.
    pub app: &'a App,
    /// The framework; it need not be one of the deployment.
    pub framework: &'a Framework,
}

/// What is to be compared.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// First and last year of the window; none for the newest in which the first side has scores.
    pub window: Option<(i32, i32)>,
    /// Only this line.
    pub line: Option<String>,
    /// Which state of the lake.
    pub look: Look,
}

/// What a side is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Framework id.
    pub framework: String,
    /// Version of the framework.
    pub version: String,
    /// Id and version of the rule book.
    pub rules: String,
    /// Fingerprint of the method.
    pub fingerprint: String,
}

/// Something that is stated otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What kind of thing it is.
    pub kind: Kind,
    /// `framework`, `rules`, or the code of a node or indicator.
    pub of: String,
    /// The field; empty where all of it is there only before or after.
    pub field: String,
    /// As it was; none where it was not there.
    pub before: Option<String>,
    /// As it is; none where it is no more.
    pub after: Option<String>,
    /// Whether a score, rank or class may hang on it.
    pub decides: bool,
    /// Lines over it, on either side; of what is of a whole framework or rule book none.
    pub lines: Vec<String>,
}

/// Two frameworks, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The first.
    pub before: Named,
    /// The second.
    pub after: Named,
    /// Whether they are the same in every word and number.
    pub same: bool,
    /// Whether all that is another stands elsewhere than under the line that was asked for.
    pub elsewhere: bool,
    /// Whether something that scores hang on is another under the same id and version.
    pub version_kept: bool,
    /// What is stated otherwise.
    pub changes: Vec<Change>,
    /// The snapshot that was scored; none where nothing had to be.
    pub snapshot: Option<u64>,
    /// The window.
    pub window: Option<String>,
    /// Lines that only the first reports.
    pub lines_before_only: Vec<String>,
    /// Lines that only the second reports.
    pub lines_after_only: Vec<String>,
    /// What it does to the lines that both report.
    pub lines: Vec<LineEffect>,
    /// What it does to the indicators that both have under such a line.
    pub indicators: Vec<IndicatorEffect>,
}

/// Holds two frameworks against each other, over one state of the lake.
///
/// # Errors
/// As [`App::scores`], of either side.
pub async fn diff(
    before: Side<'_>,
    after: Side<'_>,
    asked: &Asked,
) -> Result<Difference, AppError> {
    let mut changes = changes(before, after);
    let is_any = !changes.is_empty();
    if let Some(line) = &asked.line {
        changes.retain(|it| it.lines.is_empty() || it.lines.contains(line));
    }
    let (old, new) = (named(before), named(after));
    let same = changes.is_empty() && old == new;
    let decides = changes.iter().any(|it| it.decides);
    let id = |of: &Named| (of.framework.clone(), of.version.clone(), of.rules.clone());
    let (only_before, only_after) = one_sided(before.framework, after.framework);
    let mut found = Difference {
        elsewhere: is_any && changes.is_empty(),
        version_kept: decides && id(&old) == id(&new),
        before: old,
        after: new,
        same,
        changes,
        snapshot: None,
        window: None,
        lines_before_only: only_before,
        lines_after_only: only_after,
        lines: Vec::new(),
        indicators: Vec::new(),
    };
    // What is the same in every number has the same scores.
    if same || !decides {
        return Ok(found);
    }
    let (old, new) = scored(before, after, asked).await?;
    found.snapshot = Some(old.snapshot());
    found.window = Some(format!("{}-{}", old.window.start, old.window.end));
    found.lines = effect::lines(&old, &new, asked.line.as_deref());
    let shown: BTreeSet<&str> = found.lines.iter().map(|it| it.line.as_str()).collect();
    let over = facts::lines_over(after.framework).into_iter();
    let below = over.filter(|(_, lines)| lines.iter().any(|line| shown.contains(line.as_str())));
    found.indicators = effect::indicators(&old, &new, &below.map(|(code, _)| code).collect());
    Ok(found)
}

/// Both sides over one view, in one window: the one that is asked for, else the newest with scores of
/// the first, else of the second.
async fn scored(
    before: Side<'_>,
    after: Side<'_>,
    asked: &Asked,
) -> Result<(Scores, Scores), AppError> {
    let view = before.app.view(asked.look)?;
    let review = |window| Review {
        window,
        line: asked.line.clone(),
        alone: true,
        look: asked.look,
        framework: None,
    };
    let score = async |side: Side<'_>, window: Option<(i32, i32)>| {
        side.app.scores_by(view.clone(), side.framework.clone(), &review(window)).await
    };
    let years = |window: Window| (window.start, window.end);
    let old = score(before, asked.window).await?;
    let has_scores = old.newest_with_scores(asked.line.as_deref()).is_some();
    let window = (asked.window.is_some() || has_scores).then(|| years(old.window));
    let new = score(after, window).await?;
    if old.window == new.window {
        return Ok((old, new));
    }
    Ok((score(before, Some(years(new.window))).await?, new))
}

fn method(side: Side<'_>) -> Method<'_> {
    side.app.deployment().method(side.framework)
}

fn named(side: Side<'_>) -> Named {
    let method = method(side);
    Named {
        framework: side.framework.id.clone(),
        version: side.framework.version.clone(),
        rules: method.rules.label(),
        fingerprint: fingerprint(method, &side.app.deployment().areas),
    }
}

/// Reported nodes that only one of two frameworks has.
fn one_sided(before: &Framework, after: &Framework) -> (Vec<String>, Vec<String>) {
    let only = |of: &Framework, other: &Framework| {
        of.reported.iter().filter(|it| !other.reported.contains(it)).cloned().collect()
    };
    (only(before, after), only(after, before))
}

fn changes(before: Side<'_>, after: Side<'_>) -> Vec<Change> {
    let (old, new) = (facts::of_framework(before.framework), facts::of_framework(after.framework));
    let mut over = facts::lines_over(before.framework);
    for (code, lines) in facts::lines_over(after.framework) {
        over.entry(code).or_default().extend(lines);
    }
    let items: BTreeSet<&Item> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for item in items {
        let (of, lines) = match item {
            Item::Framework => ("framework", Vec::new()),
            Item::Node(code) | Item::Indicator(code) => {
                (code.as_str(), over.get(code).into_iter().flatten().cloned().collect())
            }
        };
        match (old.get(item), new.get(item)) {
            (Some(old), Some(new)) => found.extend(of_facts(of, &lines, (old, new))),
            (old, new) => found.push(member(of, lines, (old, new))),
        }
    }
    let (rules_before, rules_after) =
        (rules::of_rules(method(before).rules), rules::of_rules(method(after).rules));
    found.extend(of_facts("rules", &[], (&rules_before, &rules_after)));
    found.extend(of_corrections(before, after));
    let (lists, others) = (&before.app.deployment().areas, &after.app.deployment().areas);
    if (lists.areas(), lists.memberships()) != (others.areas(), others.memberships()) {
        let count = |areas: usize, spells: usize| {
            Some(format!("{areas} areas, {spells} memberships of groups"))
        };
        found.push(Change {
            kind: Kind::CodeList,
            of: "code lists".to_owned(),
            field: "areas".to_owned(),
            before: count(lists.areas().len(), lists.memberships().len()),
            after: count(others.areas().len(), others.memberships().len()),
            decides: true,
            lines: Vec::new(),
        });
    }
    // What decides first; in it the order of above.
    found.sort_by_key(|it| !it.decides);
    found
}

/// An indicator or node that is there only on one side.
fn member(of: &str, lines: Vec<String>, (old, new): (Option<&Facts>, Option<&Facts>)) -> Change {
    let title = |facts: &Facts| facts.get("title").map_or(String::new(), |it| it.text.clone());
    // What stands under no line is in no score.
    let decides = !lines.is_empty();
    Change {
        kind: Kind::Member,
        of: of.to_owned(),
        field: String::new(),
        before: old.map(title),
        after: new.map(title),
        decides,
        lines,
    }
}

fn of_facts(of: &str, lines: &[String], (old, new): (&Facts, &Facts)) -> Vec<Change> {
    let is_framework = matches!(of, "framework" | "rules");
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for field in fields {
        let (before, after) = (old.get(field), new.get(field));
        let Some(fact) = after.or(before).filter(|_| before != after) else { continue };
        // The same share of another sum.
        let is_share = fact.kind == Kind::Weight
            && before.zip(after).is_some_and(|(before, after)| before.whole == after.whole);
        let text = |it: Option<&Fact>| it.map(|it| it.text.clone());
        let (mut before, after) = (text(before), text(after));
        if before == after {
            // The short form is the same; what stands behind it is not.
            before = before.map(|text| format!("{text} (in other words)"));
        }
        found.push(Change {
            kind: fact.kind,
            of: of.to_owned(),
            field: field.clone(),
            before,
            after,
            decides: fact.kind.decides() && !is_share && (is_framework || !lines.is_empty()),
            lines: lines.to_vec(),
        });
    }
    found
}

/// Figures that one side reads otherwise than the source gives them, and the other does not.
fn of_corrections(before: Side<'_>, after: Side<'_>) -> Vec<Change> {
    let all = |side: Side<'_>| -> BTreeMap<String, String> {
        let method = method(side);
        method.corrections().map(|it| (it.id.clone(), format!("{it:?}"))).collect()
    };
    let (old, new) = (all(before), all(after));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differ = ids.into_iter().filter(|id| old.get(*id) != new.get(*id));
    let there = |all: &BTreeMap<String, String>, id: &String| {
        all.contains_key(id).then(|| "applied where it holds".to_owned())
    };
    differ
        .map(|id| Change {
            kind: Kind::Correction,
            of: "corrections".to_owned(),
            field: id.clone(),
            before: there(&old, id),
            after: there(&new, id),
            decides: true,
            lines: Vec::new(),
        })
        .collect()
}
