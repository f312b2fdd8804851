//! Scoring frameworks as TOML (`schemas/framework/*.toml`): form, loader and checks at load.
//!
//! Invariant: a [`Framework`] that leaves this module can be scored without further checks.
//! Goalposts differ and are finite, weights are finite, not negative and not all 0, every child
//! exists and has a series and goalposts, children come before their parents, and nothing is
//! listed that is never shown. `docs/METHOD.md` describes the form in words.

mod bounds;
mod composite;
mod dated;
mod draws;
mod findings;
mod form;
mod indicator;
mod leaf;
mod node;
mod posts;
mod tree;

use std::ops::Range;
use std::sync::Arc;

use wsis_model::framework::{Ages, Framework, Node, OwnAges, Scale, Window};

use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::suggest;
pub use bounds::LEVELS_MAX;
use findings::Findings;
use form::{RawAges, RawFramework, RawIndicator, RawScale, provenance};
use node::Crosswalks;
use tree::Tree;

pub(crate) use composite::shared_surveys;

/// Ranks are rounded to at most this many decimals; a double has no more to give.
const DECIMALS_MAX: u32 = 12;

/// Largest age in years that a rule can sensibly name.
const AGE_MAX: i32 = 50;

/// Reads one framework file.
///
/// `file` is only used in messages. Every finding names the code, the line and what would be
/// right; all findings of the file are returned, not only the first. A file that is not TOML, or
/// has an unknown, missing or wrongly typed field, gives that one finding. Its ages are checked
/// together with those of the built-in rule book.
pub fn parse(file: &str, text: &str) -> Result<Framework, Vec<ConfigError>> {
    parse_under(file, text, crate::rules::house().ages)
}

/// [`parse`] in a deployment whose rule book has these ages.
pub(crate) fn parse_under(
    file: &str,
    text: &str,
    house: Ages,
) -> Result<Framework, Vec<ConfigError>> {
    let source = SourceText::new(file, text);
    let raw: RawFramework =
        toml::from_str(text).map_err(|error| vec![form_error(&source, &error)])?;
    // Also of the files of a deployment, whose form is not held against the schema.
    let hidden = document::hidden_texts(&source);
    if !hidden.is_empty() {
        return Err(hidden);
    }
    let mut findings = Findings::new(source);
    if !bounds::of_parts(&raw, &mut findings) {
        return Err(findings.into_sorted());
    }
    let tree = Tree::of(&raw);
    tree.check(&mut findings);
    if findings.is_empty() {
        bounds::of_levels(&raw, &mut findings);
    }
    composite::check(&raw, &mut findings);
    draws::check(&raw, &mut findings);
    let framework = build(raw, &tree, house, &mut findings);
    if findings.is_empty() { Ok(framework) } else { Err(findings.into_sorted()) }
}

fn build(raw: RawFramework, tree: &Tree, house: Ages, findings: &mut Findings) -> Framework {
    let id = raw.id.get_ref().clone();
    if !indicator::is_code(&id, false) {
        findings.add(
            raw.id.span(),
            format!("framework id `{id}`"),
            "use small letters a-z, digits, `_`, `.` and `-` only, no space",
        );
    }
    for (field, value) in
        [("version", &raw.version), ("title", &raw.title), ("source", &raw.source)]
    {
        findings.filled(&id, field, value);
    }
    for dataset in &raw.handed_in {
        let is_asked = raw.indicators.iter().filter_map(|it| it.series.as_ref()).any(|series| {
            let (source, name) = (series.source.get_ref(), series.dataset.get_ref());
            *dataset.get_ref() == format!("{source}/{name}")
        });
        if !is_asked {
            findings.add(
                dataset.span(),
                format!("handed_in: no indicator is of dataset {}", dataset.get_ref()),
                "write source/dataset of a series of this framework, or remove it",
            );
        }
    }
    for survey in &raw.shared_surveys {
        let of_it = |it: &&RawIndicator| {
            it.survey.as_ref().is_some_and(|of| of.get_ref() == survey.get_ref())
        };
        if raw.indicators.iter().filter(of_it).count() == 0 {
            findings.add(
                survey.span(),
                format!("shared_surveys: no indicator is of {:?}", survey.get_ref()),
                "write it as the `survey` of the indicators, or remove it",
            );
        }
    }
    let scale = scale(&raw.scale, findings);
    let ages = ages(raw.ages.as_ref(), house, findings);
    let windows = windows(&raw.windows, findings);
    let links = Crosswalks::of(raw.links);
    let mut nodes: Vec<Option<Node>> =
        raw.nodes.into_iter().map(|raw| Some(node::node(raw, &links, findings))).collect();
    let mut indicators: Vec<_> =
        raw.indicators.into_iter().filter_map(|raw| indicator::indicator(raw, findings)).collect();
    indicators.sort_by(|a, b| a.code.cmp(&b.code));
    Framework {
        id,
        version: raw.version.into_inner(),
        title: raw.title.into_inner(),
        scale,
        ranking: raw.ranking.into(),
        ages,
        windows,
        reported: raw.reported.into_inner().into_iter().map(Located::into_inner).collect(),
        nodes: tree
            .children_first()
            .into_iter()
            .filter_map(|at| nodes.get_mut(at).and_then(Option::take))
            .collect(),
        indicators,
        provenance: provenance(raw.status, raw.source, raw.verified),
    }
}

/// The JSON Schema of frameworks.
pub(crate) fn schema() -> serde_json::Value {
    document::schema_of::<RawFramework>()
}

/// What is wrong with the form of a file, all of it: what is unknown, missing or of another type.
pub(crate) fn faults_of_form(source: &Arc<SourceText>) -> Vec<ConfigError> {
    document::read::<RawFramework>(source).1
}

/// What a framework says of itself to those who check it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    /// Datasets that are handed in by whoever wants the framework.
    pub(crate) handed_in: Vec<String>,
    /// Surveys that several lines rest on, as its users are told.
    pub(crate) shared_surveys: Vec<String>,
}

impl Said {
    /// Of a framework that was read already.
    pub(crate) fn of(source: &SourceText) -> Self {
        toml::from_str(source.text()).unwrap_or_default()
    }
}

fn scale(raw: &RawScale, findings: &mut Findings) -> Scale {
    if findings.finite("scale", "max", &raw.max) && *raw.max.get_ref() <= 0.0 {
        findings.add(
            raw.max.span(),
            format!("scale: max is {}", raw.max.get_ref()),
            "full marks are above 0: 100 for the lines, 1 for an index from 0 to 1",
        );
    }
    for (field, value) in
        [("rank_decimals", &raw.rank_decimals), ("shown_decimals", &raw.shown_decimals)]
    {
        if *value.get_ref() > DECIMALS_MAX {
            findings.add(
                value.span(),
                format!("scale: {field} is {}", value.get_ref()),
                format!("write 0 to {DECIMALS_MAX}"),
            );
        }
    }
    Scale {
        max: *raw.max.get_ref(),
        rank_decimals: *raw.rank_decimals.get_ref(),
        shown_decimals: *raw.shown_decimals.get_ref(),
    }
}

/// The ages that the file states, checked together with those of the rule book.
fn ages(raw: Option<&Located<RawAges>>, house: Ages, findings: &mut Findings) -> OwnAges {
    let Some(raw) = raw else { return OwnAges::default() };
    let RawAges { max, max_progress, baseline_within, min_span, max_lag } = *raw.get_ref();
    let own = OwnAges { max, max_progress, baseline_within, min_span, max_lag };
    let ages = own.under(house);
    for (field, years, least) in [
        ("max", ages.max, 0),
        ("max_progress", ages.max_progress, 0),
        ("baseline_within", ages.baseline_within, 0),
        ("min_span", ages.min_span, 1),
        ("max_lag", ages.max_lag, 0),
    ] {
        if !(least..=AGE_MAX).contains(&years) {
            findings.add(
                raw.span(),
                format!("ages: {field} is {years}"),
                format!("write {least} to {AGE_MAX} years"),
            );
        }
    }
    if ages.max_progress > ages.max {
        findings.add(
            raw.span(),
            format!("ages: max_progress {} is more than max {}", ages.max_progress, ages.max),
            "a value that is too old for a level cannot show progress",
        );
    }
    own
}

fn windows(raw: &Located<Vec<Located<String>>>, findings: &mut Findings) -> Vec<Window> {
    if raw.get_ref().is_empty() {
        findings.add(raw.span(), "windows is empty", "list at least one window, `\"2020-2025\"`");
    }
    let mut windows: Vec<Window> = Vec::new();
    for item in raw.get_ref() {
        match window(item.get_ref()) {
            Some(window) if windows.contains(&window) => findings.add(
                item.span(),
                format!("window {} is listed twice", item.get_ref()),
                "list it once",
            ),
            Some(window) => windows.push(window),
            None => findings.add(
                item.span(),
                format!("window `{}`", item.get_ref()),
                "write first and last year, the first one smaller: `\"2020-2025\"`",
            ),
        }
    }
    windows.sort_unstable();
    windows
}

fn window(text: &str) -> Option<Window> {
    let (start, end) = text.split_once('-')?;
    let year = |text: &str| -> Option<i32> {
        (text.len() == 4).then(|| text.parse().ok()).flatten().filter(|year| *year >= 1000)
    };
    let (start, end) = (year(start)?, year(end)?);
    (start < end).then_some(Window { start, end })
}

/// Turns an error of the TOML reader into a finding that also names the item it stands in.
fn form_error(source: &Arc<SourceText>, error: &toml::de::Error) -> ConfigError {
    let (found, right) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
    let kind = match found {
        text if text.starts_with("unknown field") => ErrorKind::UnknownField,
        text if text.starts_with("missing field") => ErrorKind::MissingField,
        text if text.starts_with("invalid type") => ErrorKind::WrongType,
        text if text.starts_with("unknown variant") => ErrorKind::InvalidValue,
        _ => ErrorKind::Syntax,
    };
    let hint = match (kind, right) {
        (ErrorKind::MissingField, _) => "add it; docs/METHOD.md describes the form".to_owned(),
        (_, "f64") => "write a number".to_owned(),
        (_, "u32" | "i32" | "u8" | "usize") => "write a whole number".to_owned(),
        (_, "") => "docs/METHOD.md describes the form".to_owned(),
        (_, right) => slip(found, right).unwrap_or_else(|| format!("expected {right}")),
    };
    let span = error.span().unwrap_or(0..0);
    let found = match item_at(source.text(), &span) {
        Some(item) => format!("{item}: {found}"),
        None => found.to_owned(),
    };
    source.error(kind, span, found, hint)
}

/// "did you mean", from a message whose names stand in back quotes.
fn slip(found: &str, right: &str) -> Option<String> {
    let name = found.split('`').nth(1)?;
    let known = right.split('`').skip(1).step_by(2);
    suggest::nearest(name, known).map(|other| format!("did you mean `{other}`?"))
}

/// The `[[node]]` or `[[indicator]]` block around a place, with its code.
fn item_at(text: &str, span: &Range<usize>) -> Option<String> {
    let after = text.get(span.start..)?;
    let own = ["[[node]]", "[[indicator]]"].iter().any(|head| after.starts_with(head));
    let start = if own {
        span.start
    } else {
        let before = text.get(..span.start)?;
        before.rfind("[[node]]").max(before.rfind("[[indicator]]"))?
    };
    let block = text.get(start..)?;
    let kind = if block.starts_with("[[node]]") { "node" } else { "indicator" };
    let body = block.get(kind.len() + 4..)?;
    let end = body.find("\n[[").unwrap_or(body.len());
    let line = body.get(..end)?.lines().find(|line| line.trim_start().starts_with("code"))?;
    let code = line.split('"').nth(1)?;
    Some(format!("{kind} `{code}`"))
}
