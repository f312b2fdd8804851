//! `wsis framework`: what frameworks there are, what one states, whether a draft of one is right.

use std::path::Path;

use serde::Serialize;
use wsis_app::diff::status;
use wsis_app::names;
use wsis_config::framework::LEVELS_MAX;
use wsis_config::{ConfigError, Deployment, blocks, counted, report};
use wsis_model::framework::{
    Aggregation, Direction, Framework, Indicator, Node, Transform, Universe,
};

use crate::args::{Format, FrameworkCommand, Global};
use crate::commands::framework_diff;
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

/// What stands before the id of a framework that is built into the program.
const BUILT_IN: &str = "built-in:";

pub(crate) async fn run(global: &Global, what: &FrameworkCommand) -> Result<(), Failure> {
    match what {
        FrameworkCommand::List => list(global, &context::deployment(global)?),
        FrameworkCommand::Show { framework } => {
            let deployment = context::deployment(global)?;
            show(global, &find(&deployment, framework)?)
        }
        FrameworkCommand::Check { file, strict } => check(global, file, *strict),
        FrameworkCommand::Diff(asked) => framework_diff::run(global, asked).await,
    }
}

/// The framework that a text means: a file, one that is built in, or one of the deployment.
pub(crate) fn find(deployment: &Deployment, text: &str) -> Result<Framework, Failure> {
    if let Some(id) = text.strip_prefix(BUILT_IN) {
        let built_in = Deployment::embedded().map_err(|error| Failure::ran(error.to_string()))?;
        return Ok(names::framework(&built_in, Some(id))?.clone());
    }
    let path = Path::new(text);
    let is_file = path.extension().is_some_and(|it| it == "toml") || text.contains(['/', '\\']);
    if !is_file {
        return Ok(names::framework(deployment, Some(text))?.clone());
    }
    let read = deployment.framework_file(path);
    read.framework.ok_or_else(|| Failure::usage(report(&read.findings).trim_end().to_owned()))
}

#[derive(Serialize)]
struct Listed<'a> {
    framework: &'a str,
    version: &'a str,
    title: &'a str,
    lines: usize,
    nodes: usize,
    indicators: usize,
    with_series: usize,
    status: &'static str,
    verified: bool,
    default: bool,
    source: &'a str,
}

fn listed<'a>(it: &'a Framework, default: &str) -> Listed<'a> {
    Listed {
        framework: &it.id,
        version: &it.version,
        title: &it.title,
        lines: it.reported.len(),
        nodes: it.nodes.len(),
        indicators: it.indicators.len(),
        with_series: it.indicators.iter().filter(|it| it.series.is_some()).count(),
        status: status(it.provenance.status),
        verified: it.provenance.verified,
        default: it.id == default,
        source: &it.provenance.source,
    }
}

fn list(global: &Global, deployment: &Deployment) -> Result<(), Failure> {
    let default = deployment.workspace.default_framework.as_str();
    let of = |it| listed(it, default);
    let listed: Vec<Listed<'_>> = deployment.frameworks.iter().map(of).collect();
    output::print(global.format, &listed, |_| {
        let mut rows = Rows::new(&[
            "framework",
            "version",
            "title",
            "#lines",
            "#nodes",
            "#indicators",
            "~#with_series",
            "status",
            "verified",
            "default",
            "~source",
        ]);
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        for it in &listed {
            rows.push(vec![
                it.framework.to_owned(),
                it.version.to_owned(),
                it.title.to_owned(),
                it.lines.to_string(),
                it.nodes.to_string(),
                it.indicators.to_string(),
                it.with_series.to_string(),
                it.status.to_owned(),
                yes(it.verified),
                yes(it.default),
                it.source.to_owned(),
            ]);
        }
        rows
    })
}

/// A node or indicator where it stands in the tree.
#[derive(Serialize)]
struct Branch<'a> {
    level: usize,
    /// Node above; none of what is reported.
    parent: Option<&'a str>,
    code: &'a str,
    /// `node` or `indicator`.
    kind: &'static str,
    title: &'a str,
    /// Part of the node above, 0 to 1.
    share: Option<f64>,
    /// The mean of a node, the direction of an indicator.
    how: String,
    unit: Option<&'a str>,
    lo: Option<f64>,
    hi: Option<f64>,
    transform: Option<&'static str>,
    goalposts_verified: Option<bool>,
    target: Option<f64>,
    met_from: Option<f64>,
    target_year: Option<i32>,
    target_verified: Option<bool>,
    /// `source/dataset series`.
    series: Option<String>,
    verified: Option<bool>,
}

#[derive(Serialize)]
struct Shown<'a> {
    framework: &'a str,
    version: &'a str,
    title: &'a str,
    status: &'static str,
    source: &'a str,
    verified: bool,
    windows: Vec<String>,
    scale_max: f64,
    universe: &'static str,
    reported: &'a [String],
    tree: Vec<Branch<'a>>,
}

fn show(global: &Global, framework: &Framework) -> Result<(), Failure> {
    let universe = match framework.ranking.universe {
        Universe::Members => "member States",
        Universe::Economies => "economies with a figure",
    };
    let shown = Shown {
        framework: &framework.id,
        version: &framework.version,
        title: &framework.title,
        status: status(framework.provenance.status),
        source: &framework.provenance.source,
        verified: framework.provenance.verified,
        windows: framework.windows.iter().map(|it| format!("{}-{}", it.start, it.end)).collect(),
        scale_max: framework.scale.max,
        universe,
        reported: &framework.reported,
        tree: tree(framework),
    };
    output::print(global.format, &shown, |form| branches(&shown.tree, form))?;
    if !global.quiet && global.format == Format::Table {
        let mark = |is: bool| if is { "" } else { " (not read there: from memory or second hand)" };
        output::note(&format!(
            "{} {}: {}, {}; scores from 0 to {}, ranks of {}; windows {}",
            shown.framework,
            shown.version,
            shown.title,
            shown.status,
            shown.scale_max,
            shown.universe,
            shown.windows.join(", ")
        ));
        output::note(&format!("source: {}{}", shown.source, mark(shown.verified)));
        let unread = |it: &&Branch<'_>| {
            [it.verified, it.goalposts_verified, it.target_verified].contains(&Some(false))
        };
        let unread = shown.tree.iter().filter(unread).count();
        if unread > 0 {
            output::note(&format!(
                "{unread} of these have goalposts, a target or a definition that was not read in its source \
                 (marked with ?)"
            ));
        }
    }
    Ok(())
}

fn tree(framework: &Framework) -> Vec<Branch<'_>> {
    let mut found = Vec::new();
    for code in &framework.reported {
        below(framework, (None, code), (0, None), &mut found);
    }
    found
}

fn below<'a>(
    framework: &'a Framework,
    (parent, code): (Option<&'a str>, &'a str),
    (level, share): (usize, Option<f64>),
    found: &mut Vec<Branch<'a>>,
) {
    if let Some(node) = framework.node(code).filter(|_| level < LEVELS_MAX) {
        found.push(of_node(node, parent, (level, share)));
        let sum: f64 = node.children.iter().map(|child| child.weight).sum();
        for child in &node.children {
            let share = Some(child.weight / sum);
            below(framework, (Some(code), &child.code), (level + 1, share), found);
        }
    } else if let Some(indicator) = framework.indicator(code) {
        found.push(of_indicator(indicator, parent, (level, share)));
    }
}

fn of_node<'a>(
    node: &'a Node,
    parent: Option<&'a str>,
    (level, share): (usize, Option<f64>),
) -> Branch<'a> {
    Branch {
        level,
        parent,
        code: &node.code,
        kind: "node",
        title: &node.title,
        share,
        how: match node.aggregation {
            Aggregation::Arithmetic => "arithmetic mean".to_owned(),
            Aggregation::Geometric { floor } => format!("geometric mean, floor {floor}"),
            Aggregation::Harmonic { floor } => format!("harmonic mean, floor {floor}"),
        },
        unit: None,
        lo: None,
        hi: None,
        transform: None,
        goalposts_verified: None,
        target: None,
        met_from: None,
        target_year: None,
        target_verified: None,
        series: None,
        verified: None,
    }
}

fn of_indicator<'a>(
    it: &'a Indicator,
    parent: Option<&'a str>,
    (level, share): (usize, Option<f64>),
) -> Branch<'a> {
    let posts = it.goalposts.as_ref();
    let target = it.target.as_ref();
    Branch {
        level,
        parent,
        code: &it.code,
        kind: "indicator",
        title: &it.title,
        share,
        how: match it.direction {
            Direction::Up => "up".to_owned(),
            Direction::Down => "down".to_owned(),
            Direction::Goldilocks(best) => format!("best at {best}"),
        },
        unit: Some(&it.unit),
        lo: posts.map(|posts| posts.lo),
        hi: posts.map(|posts| posts.hi),
        transform: posts.map(|posts| match posts.transform {
            Transform::Identity => "identity",
            Transform::Ln => "ln",
            Transform::Ln1p => "ln1p",
        }),
        goalposts_verified: posts.map(|posts| posts.provenance.verified),
        target: target.map(|target| target.value),
        met_from: target.and_then(|target| target.met_from.as_ref()).map(|met| met.value),
        target_year: target.map(|target| target.year),
        target_verified: target.map(|target| target.provenance.verified),
        series: it.series.as_ref().map(|it| format!("{}/{} {}", it.source, it.dataset, it.label())),
        verified: Some(it.provenance.verified),
    }
}

fn branches(tree: &[Branch<'_>], form: Format) -> Rows {
    if form == Format::Csv {
        return flat(tree);
    }
    let mut rows = Rows::new(&[
        "code",
        "title",
        "#share",
        "how",
        "#lo",
        "#hi",
        "#target",
        "#met_from",
        "#year",
        "~series",
    ]);
    let marked = |value: Option<f64>, verified: Option<bool>| {
        let mark = if verified == Some(false) { " ?" } else { "" };
        value.map_or(String::new(), |value| format!("{value}{mark}"))
    };
    for it in tree {
        let how = match it.transform {
            Some(transform) if transform != "identity" => format!("{}, {transform}", it.how),
            _ => it.how.clone(),
        };
        let unread = if it.verified == Some(false) { " ?" } else { "" };
        rows.push(vec![
            format!("{}{}", ". ".repeat(it.level), it.code),
            format!("{}{unread}", it.title),
            it.share.map_or(String::new(), |share| format!("{share:.3}")),
            how,
            marked(it.lo, it.goalposts_verified),
            marked(it.hi, it.goalposts_verified),
            marked(it.target, it.target_verified),
            marked(it.met_from, it.target_verified),
            exact(it.target_year),
            it.series.clone().unwrap_or_default(),
        ]);
    }
    rows
}

fn flat(tree: &[Branch<'_>]) -> Rows {
    let mut rows = Rows::new(&[
        "level",
        "parent",
        "code",
        "kind",
        "title",
        "share",
        "how",
        "unit",
        "lo",
        "hi",
        "transform",
        "goalposts_verified",
        "target",
        "met_from",
        "target_year",
        "target_verified",
        "series",
        "verified",
    ]);
    for it in tree {
        rows.push(vec![
            it.level.to_string(),
            exact(it.parent),
            it.code.to_owned(),
            it.kind.to_owned(),
            it.title.to_owned(),
            exact(it.share),
            it.how.clone(),
            exact(it.unit),
            exact(it.lo),
            exact(it.hi),
            exact(it.transform),
            exact(it.goalposts_verified),
            exact(it.target),
            exact(it.met_from),
            exact(it.target_year),
            exact(it.target_verified),
            it.series.clone().unwrap_or_default(),
            exact(it.verified),
        ]);
    }
    rows
}

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    file: String,
    framework: Option<&'a str>,
    version: Option<&'a str>,
    nodes: Option<usize>,
    indicators: Option<usize>,
    findings: &'a [ConfigError],
}

/// Exit code 2 on an error; with `strict`, 1 on a warning.
fn check(global: &Global, file: &Path, strict: bool) -> Result<(), Failure> {
    // The draft may be what is wrong with the deployment: then the program's own pipelines must do.
    let deployment = context::deployment(global).or_else(|_| {
        output::note("note: the deployment has errors (`wsis check`); the pipelines built into the program are used");
        Deployment::embedded().map_err(|error| Failure::ran(error.to_string()))
    })?;
    let read = deployment.framework_file(file);
    let framework = read.framework.as_ref();
    let told = Checked {
        ok: framework.is_some(),
        file: file.display().to_string(),
        framework: framework.map(|it| it.id.as_str()),
        version: framework.map(|it| it.version.as_str()),
        nodes: framework.map(|it| it.nodes.len()),
        indicators: framework.map(|it| it.indicators.len()),
        findings: &read.findings,
    };
    let errors = read.findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = read.findings.len() - errors;
    match (global.format, framework) {
        (Format::Table, Some(it)) => {
            let found = blocks(&read.findings);
            if !found.is_empty() {
                output::text(found.trim_end())?;
            }
            let warned = match warnings {
                0 => "no error".to_owned(),
                some => format!("no error, {}", counted(some, "warning")),
            };
            output::text(&format!(
                "checked: {} {}, {} with {}; {warned}",
                it.id,
                it.version,
                counted(it.nodes.len(), "node"),
                counted(it.indicators.len(), "indicator")
            ))?;
            if let Some(same) = deployment.framework(&it.id) {
                output::text(&format!(
                    "framework {} {} of the deployment has the same id: `wsis framework diff {} {}` shows what \
                     is another",
                    same.id,
                    same.version,
                    same.id,
                    file.display()
                ))?;
            }
        }
        (Format::Table, None) => output::text(report(&read.findings).trim_end())?,
        (form, _) => output::print(form, &told, |_| findings(&read.findings))?,
    }
    if errors > 0 {
        return Err(Failure::usage(counted(errors, "error")).told());
    }
    if strict && warnings > 0 {
        return Err(Failure::ran(format!("{} (--strict)", counted(warnings, "warning"))).told());
    }
    Ok(())
}

fn findings(found: &[ConfigError]) -> Rows {
    let mut rows = Rows::new(&["file", "line", "column", "severity", "kind", "message", "hint"]);
    for it in found {
        rows.push(vec![
            it.file.clone(),
            it.line.to_string(),
            it.column.to_string(),
            if it.is_error() { "error" } else { "warning" }.to_owned(),
            it.kind.code().to_owned(),
            it.message.clone(),
            it.hint.clone(),
        ]);
    }
    rows
}
