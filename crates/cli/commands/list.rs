//! `wsis list`: the names that other commands take.

use std::collections::BTreeSet;

use chrono::Datelike;
use serde::Serialize;
use wsis_app::names;
use wsis_config::Deployment;
use wsis_engine::{Clock, SystemClock};
use wsis_model::area::AreaKind;
use wsis_model::framework::Node;

use crate::args::{Global, Listed, Review};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Line<'a> {
    line: &'a str,
    title: &'a str,
    indicators: usize,
    /// Why there is none, for a line without.
    no_indicator: Option<&'a str>,
}

#[derive(Serialize)]
struct Indicator<'a> {
    indicator: &'a str,
    title: &'a str,
    unit: &'a str,
    source: Option<&'a str>,
    dataset: Option<&'a str>,
    series: Option<&'a str>,
}

#[derive(Serialize)]
struct Group {
    group: String,
    kind: &'static str,
    economies: usize,
}

#[derive(Serialize)]
struct Window {
    window: String,
    start: i32,
    end: i32,
}

#[derive(Serialize)]
struct Framework<'a> {
    framework: &'a str,
    title: &'a str,
    lines: usize,
    default: bool,
}

#[derive(Serialize)]
struct Area<'a> {
    area: &'a str,
    name: &'a str,
    iso2: &'a str,
    m49: &'a str,
    region: &'a str,
    /// World Bank income group of today.
    income: &'a str,
}

pub(crate) fn run(global: &Global, what: Listed, review: &Review) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    match what {
        Listed::Lines => lines(global, &deployment, review),
        Listed::Indicators => indicators(global, &deployment, review),
        Listed::Groups => groups(global, &deployment),
        Listed::Windows => windows(global, &deployment, review),
        Listed::Frameworks => frameworks(global, &deployment),
        Listed::Areas => areas(global, &deployment),
    }
}

fn lines(global: &Global, deployment: &Deployment, review: &Review) -> Result<(), Failure> {
    let framework = names::framework(deployment, review.framework.as_deref())?;
    let nodes = framework.reported.iter().filter_map(|code| framework.node(code));
    let lines: Vec<Line<'_>> = nodes
        .map(|node| Line {
            line: &node.code,
            title: &node.title,
            indicators: leaves(framework, node).len(),
            no_indicator: node.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()),
        })
        .collect();
    output::print(global.format, &lines, |_| {
        let mut rows = Rows::new(&["line", "title", "#indicators"]);
        for it in &lines {
            rows.push(vec![it.line.to_owned(), it.title.to_owned(), it.indicators.to_string()]);
        }
        rows
    })
}

/// Codes of the indicators under a node, each once.
fn leaves<'a>(
    framework: &'a wsis_model::framework::Framework,
    node: &'a Node,
) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for child in &node.children {
        match framework.node(&child.code) {
            Some(below) => found.extend(leaves(framework, below)),
            None => {
                found.insert(child.code.as_str());
            }
        }
    }
    found
}

fn indicators(global: &Global, deployment: &Deployment, review: &Review) -> Result<(), Failure> {
    let framework = names::framework(deployment, review.framework.as_deref())?;
    let indicators: Vec<Indicator<'_>> = framework
        .indicators
        .iter()
        .map(|it| Indicator {
            indicator: &it.code,
            title: &it.title,
            unit: &it.unit,
            source: it.series.as_ref().map(|series| series.source.as_str()),
            dataset: it.series.as_ref().map(|series| series.dataset.as_str()),
            series: it.series.as_ref().map(|series| series.series_code.as_str()),
        })
        .collect();
    output::print(global.format, &indicators, |_| {
        let columns = ["indicator", "title", "~unit", "~source", "~dataset", "series"];
        let mut rows = Rows::new(&columns);
        for it in &indicators {
            let of = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let (indicator, title, unit) = (it.indicator, it.title, it.unit);
            let mut row: Vec<String> = [indicator, title, unit].map(str::to_owned).to_vec();
            row.extend([it.source, it.dataset, it.series].map(of));
            rows.push(row);
        }
        rows
    })
}

fn groups(global: &Global, deployment: &Deployment) -> Result<(), Failure> {
    let groups: Vec<Group> = names::groups(deployment, SystemClock.now().year())
        .into_iter()
        .map(|it| Group { group: it.name, kind: it.kind, economies: it.members.len() })
        .collect();
    output::print(global.format, &groups, |_| {
        let mut rows = Rows::new(&["group", "kind", "#economies"]);
        for it in &groups {
            rows.push(vec![it.group.clone(), it.kind.to_owned(), it.economies.to_string()]);
        }
        rows
    })
}

fn windows(global: &Global, deployment: &Deployment, review: &Review) -> Result<(), Failure> {
    let framework = names::framework(deployment, review.framework.as_deref())?;
    let windows: Vec<Window> = framework
        .windows
        .iter()
        .map(|it| Window {
            window: format!("{}-{}", it.start, it.end),
            start: it.start,
            end: it.end,
        })
        .collect();
    output::print(global.format, &windows, |_| {
        let mut rows = Rows::new(&["window", "~#start", "~#end"]);
        for it in &windows {
            rows.push(vec![it.window.clone(), it.start.to_string(), it.end.to_string()]);
        }
        rows
    })
}

fn frameworks(global: &Global, deployment: &Deployment) -> Result<(), Failure> {
    let frameworks: Vec<Framework<'_>> = deployment
        .frameworks
        .iter()
        .map(|it| Framework {
            framework: &it.id,
            title: &it.title,
            lines: it.reported.len(),
            default: it.id == deployment.workspace.default_framework,
        })
        .collect();
    output::print(global.format, &frameworks, |_| {
        let mut rows = Rows::new(&["framework", "title", "#lines", "default"]);
        for it in &frameworks {
            let default = if it.default { "yes" } else { "no" };
            let (id, title) = (it.framework.to_owned(), it.title.to_owned());
            rows.push(vec![id, title, it.lines.to_string(), default.to_owned()]);
        }
        rows
    })
}

fn areas(global: &Global, deployment: &Deployment) -> Result<(), Failure> {
    let year = SystemClock.now().year();
    let areas: Vec<Area<'_>> = deployment
        .areas
        .areas()
        .iter()
        .filter(|area| area.kind == AreaKind::Economy)
        .map(|it| Area {
            area: &it.code,
            name: &it.name,
            iso2: &it.iso2,
            m49: &it.m49,
            region: &it.region,
            income: deployment.areas.income(it, year).unwrap_or_default(),
        })
        .collect();
    output::print(global.format, &areas, |_| {
        let mut rows = Rows::new(&["area", "name", "~iso2", "~m49", "region", "~income"]);
        for it in &areas {
            let cells = [it.area, it.name, it.iso2, it.m49, it.region, it.income];
            rows.push(cells.map(str::to_owned).to_vec());
        }
        rows
    })
}
