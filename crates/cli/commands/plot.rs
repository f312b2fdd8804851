//! `wsis plot`: a chart of the report as a file of its own, or the rows behind it.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;

use serde::Serialize;
use wsis_app::{Scores, evidence, names};
use wsis_config::Deployment;
use wsis_model::framework::{Framework, Indicator};
use wsis_report::charts::trajectory::Way;
use wsis_report::number::Scale;
use wsis_report::plots::{self, Plot, ROWS_MAX};
use wsis_scorecard::normalise::oriented;
use wsis_scorecard::paths::{ECONOMY, INDICATOR, LINE};
use wsis_scorecard::result::TrajectoryRow;
use wsis_scorecard::{LineScore, books};

use crate::args::{Chart, Form, Format, Global, Plot as Asked};
use crate::commands::score::{decimals, shown};
use crate::commands::{html_file, picture};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Out, Rows};

/// Whom and what a chart is of.
struct Subject {
    /// Line code.
    line: Option<String>,
    /// Indicator code, of a trajectory.
    indicator: Option<String>,
    /// Area code and name.
    area: Option<(String, String)>,
    /// Group.
    group: Option<String>,
}

/// The chart for machines.
#[derive(Serialize)]
struct Written<'a> {
    title: &'a str,
    description: &'a str,
    source: &'a str,
    window: String,
    snapshot: u64,
    columns: Vec<&'static str>,
    rows: &'a [Vec<String>],
}

pub(crate) async fn run(global: &Global, asked: &Asked) -> Result<(), Failure> {
    let form = form(global, asked.out.as_deref())?;
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, asked.review.framework.as_deref())?;
    let subject = subject(&deployment, framework, asked)?;
    let line = subject.line.clone();
    let computed = context::compute(global, deployment, &asked.review, line.as_deref()).await?;
    let plot = match asked.chart {
        Chart::Trajectory => trajectory(&computed, &subject)?,
        Chart::Ranks => ranks(&computed, &subject)?,
        Chart::Coverage => coverage(&computed, &subject)?,
        Chart::Rules => rules(&computed, &subject)?,
        Chart::Profile => profile(&computed, &subject)?,
    };
    if plot.rows.len() > ROWS_MAX {
        return Err(Failure::usage(format!(
            "{} rows, and a chart has {ROWS_MAX} at most; name a group or an area",
            plot.rows.len()
        )));
    }
    let source = source(&computed, &subject)?;
    write(asked.out.as_deref(), form, &plot, &source, &computed)
}

/// What is asked for by `--format`, or by the name of the file.
fn form(global: &Global, out: Option<&Path>) -> Result<Form, Failure> {
    out.map_or(Ok(()), html_file::check_picture)?;
    let ending = out.and_then(Path::extension).map(|it| it.to_string_lossy().to_ascii_lowercase());
    let named = match ending.as_deref() {
        Some("svg") => Some(Form::Svg),
        Some("png") => Some(Form::Png),
        Some("csv") => Some(Form::Csv),
        Some("json") => Some(Form::Json),
        _ => None,
    };
    let form = match (global.form, named) {
        // What nobody asked for is a drawing.
        (Form::Table, named) => named.unwrap_or(Form::Svg),
        (form, Some(named)) if form != named => {
            let name = out.map(|out| out.display().to_string()).unwrap_or_default();
            return Err(Failure::usage(format!(
                "--format and the name of the file are of two formats; leave --format out, or write {name} with \
                 another ending"
            )));
        }
        (form, _) => form,
    };
    if form == Form::Png && out.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "a PNG is no text for a terminal; write it with --out FILE.png, or into a pipe",
        ));
    }
    Ok(form)
}

/// The names of the command line, as the framework has them; what a chart does not ask for is refused.
fn subject(
    deployment: &Deployment,
    framework: &Framework,
    asked: &Asked,
) -> Result<Subject, Failure> {
    let area = match &asked.area {
        Some(area) => {
            let found = names::area(deployment, area)?;
            Some((found.code.clone(), found.name.clone()))
        }
        None => None,
    };
    if let Some(group) = asked.group.as_ref().filter(|it| !it.eq_ignore_ascii_case(WORLD)) {
        names::check_group(deployment, group)?;
    }
    let refused = |what: &str, how: &str| Failure::usage(format!("{what}; {how}"));
    let needs = match asked.chart {
        Chart::Trajectory | Chart::Ranks if asked.of.is_none() => {
            Some(("the chart is of one line", "name it: wsis list lines"))
        }
        Chart::Profile if area.is_none() => {
            Some(("the chart is of one economy", "name it: --area NAM"))
        }
        Chart::Profile if asked.of.is_some() => {
            Some(("the chart is of all lines", "leave the line out"))
        }
        Chart::Profile | Chart::Coverage | Chart::Rules if asked.group.is_some() => {
            Some(("the chart is of no group", "leave --group out"))
        }
        Chart::Coverage | Chart::Rules | Chart::Ranks if area.is_some() => {
            Some(("the chart is of no single economy", "leave --area out"))
        }
        _ => None,
    };
    if let Some((what, how)) = needs {
        return Err(refused(what, how));
    }
    let indicator = asked
        .of
        .as_ref()
        .filter(|_| asked.chart == Chart::Trajectory)
        .and_then(|of| framework.indicators.iter().find(|it| it.code.eq_ignore_ascii_case(of)));
    let line = match (&asked.of, indicator) {
        (Some(of), None) if asked.chart == Chart::Trajectory => {
            Some(names::line_or_indicator(framework, of)?.code.clone())
        }
        (Some(of), None) => Some(names::line(framework, of)?.code.clone()),
        _ => None,
    };
    let indicator = indicator.map(|it| it.code.clone());
    Ok(Subject { line, indicator, area, group: asked.group.clone() })
}

fn window(computed: &Scores) -> (i32, i32) {
    (computed.window.start, computed.window.end)
}

fn trajectory(computed: &Scores, subject: &Subject) -> Result<Plot, Failure> {
    let (kind, item) = match (&subject.indicator, &subject.line) {
        (Some(code), _) => (INDICATOR, code.as_str()),
        (None, Some(code)) => (LINE, code.as_str()),
        (None, None) => return Err(Failure::usage("the chart is of one line or indicator")),
    };
    let group = subject.group.as_deref().unwrap_or(WORLD);
    let is_whose = |row: &TrajectoryRow| match &subject.area {
        Some((code, _)) => row.area_kind == ECONOMY && row.area == *code,
        None => row.is_group() && row.area.eq_ignore_ascii_case(group),
    };
    let rows = computed.scorecard.trajectories.iter();
    let row = rows
        .filter(|row| (row.window_start, row.window_end) == window(computed))
        .find(|row| (row.item_kind, row.item.as_str()) == (kind, item) && is_whose(row))
        .ok_or_else(|| no_path(computed, (kind, item), group))?;
    let whose = match &subject.area {
        Some((_, name)) => name.clone(),
        None => format!(
            "{}, mean of {} of {} members",
            row.area,
            row.members_matched.unwrap_or_default(),
            row.members.unwrap_or_default()
        ),
    };
    let leaf = subject.indicator.as_ref().and_then(|code| computed.framework().indicator(code));
    let name = match leaf {
        Some(leaf) => format!("{} ({}), {whose}", leaf.title, row.unit),
        None => format!("{item}, mean score of the indicators with a target, {whose}"),
    };
    let scores = decimals(computed.framework());
    let way = Way {
        row,
        observed: observed(computed, leaf, subject),
        breaks: leaf.map_or_else(Vec::new, |leaf| leaf.breaks.iter().map(|it| it.year).collect()),
        decimals: row.decimals(scores),
        is_proposed: row.target_status == Some("proposed"),
    };
    plots::trajectory::plot(&way, &name, scores).ok_or_else(|| {
        let why = row.path_reason.as_deref().unwrap_or("no reason was recorded");
        Failure::ran(format!("{name}, {}: no path to draw: {why}", shown(computed.window)))
    })
}

/// What a trajectory is of where no group is named.
const WORLD: &str = "World";

/// Why there is no row: no target, or paths of other groups.
fn no_path(computed: &Scores, item: (&str, &str), group: &str) -> Failure {
    let rows = computed.scorecard.trajectories.iter();
    let own = rows.filter(|row| (row.item_kind, row.item.as_str()) == item && row.is_group());
    let groups: BTreeSet<&str> = own.map(|row| row.area.as_str()).collect();
    if groups.is_empty() {
        return Failure::usage(format!("{} has no target in this framework", item.1));
    }
    Failure::usage(format!(
        "no path of {group} is computed; those of groups are of: {}",
        groups.into_iter().collect::<Vec<_>>().join(", ")
    ))
}

/// All observations of an indicator in an economy, as its path has them; of a line or a group there are the two
/// ends of the path alone.
fn observed(computed: &Scores, leaf: Option<&Indicator>, subject: &Subject) -> Vec<(i32, f64)> {
    match (leaf, &subject.area) {
        (Some(leaf), Some((area, _))) => {
            let series = computed.panel.series(&leaf.code, area).iter();
            series
                .filter_map(|(year, cell)| Some((*year, oriented(cell.value?, leaf.direction))))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn ranks(computed: &Scores, subject: &Subject) -> Result<Plot, Failure> {
    let line = subject.line.as_deref().unwrap_or_default();
    let mut scores: Vec<&LineScore> = computed.scorecard.in_order(line, window(computed));
    if let Some(group) = &subject.group {
        let members = names::group(&computed.deployment, group, computed.window.end);
        scores.retain(|score| members.contains(&score.area));
    }
    let rule = &computed.method().rules.uncertainty;
    plots::ranks::plot(line, &scores, rule).ok_or_else(|| {
        let why = scores.iter().find_map(|score| score.rank_reason.as_deref());
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        Failure::ran(format!("{line}, {}: nobody is ranked{why}", shown(computed.window)))
    })
}

fn coverage(computed: &Scores, subject: &Subject) -> Result<Plot, Failure> {
    let line = subject.line.as_deref();
    plots::coverage::plot(&computed.scorecard, line, window(computed)).ok_or_else(|| {
        let why = match line {
            _ if computed.scorecard.gaps.areas.is_empty() => {
                "no figure of this framework is loaded"
            }
            Some(_) => "no indicator with a weight",
            None => "no line with an indicator",
        };
        let line = line.unwrap_or("All lines");
        Failure::ran(format!("{line}, {}: {why}", shown(computed.window)))
    })
}

fn rules(computed: &Scores, subject: &Subject) -> Result<Plot, Failure> {
    let line = subject.line.as_deref();
    let (card, schemes) = (&computed.scorecard, &computed.deployment.schemes);
    let found = books::compare(computed.method(), card, schemes, line, window(computed));
    plots::disagreement::plot(&found, line.unwrap_or("All lines")).ok_or_else(|| {
        Failure::ran(format!("{}: no class that could be compared", shown(computed.window)))
    })
}

fn profile(computed: &Scores, subject: &Subject) -> Result<Plot, Failure> {
    let (code, name) = subject.area.clone().unwrap_or_default();
    let framework = computed.framework();
    let scale = Scale { max: framework.scale.max, decimals: decimals(framework) };
    plots::profile::plot(&computed.scorecard, &code, window(computed), scale).ok_or_else(|| {
        Failure::ran(format!("{name}, {}: no score on any line", shown(computed.window)))
    })
}

/// Whose figures these are, from when, by which method.
fn source(computed: &Scores, subject: &Subject) -> Result<String, Failure> {
    let card = &computed.scorecard;
    let is_under = |lines: &str, line: &str| lines.split(';').any(|of| of == line);
    let is_drawn = |code: &str, lines: &str| match (&subject.indicator, &subject.line) {
        (Some(own), _) => own == code,
        (None, Some(line)) => is_under(lines, line),
        (None, None) => !lines.is_empty(),
    };
    let drawn = card.indicators.iter().filter(|it| it.observations > 0);
    let mut agencies: Vec<&str> = drawn
        .filter(|it| is_drawn(&it.indicator, &it.lines))
        .map(|it| it.agency.as_str())
        .collect();
    agencies.sort_unstable();
    agencies.dedup();
    let retrieved = evidence::retrieved(computed)?
        .map_or_else(String::new, |days| format!(", figures retrieved {days}"));
    let known = computed.view.said().map_or_else(String::new, |said| format!(", {said}"));
    let sample = computed.sample.as_ref().map_or_else(String::new, |said| format!(" {said}"));
    Ok(format!(
        "Source: {}; snapshot {}{retrieved}{known}; {} {}, rules {} ({}).{sample}",
        if agencies.is_empty() { "no figures".to_owned() } else { agencies.join(", ") },
        computed.snapshot(),
        card.framework,
        card.method_version,
        card.rules,
        card.method_fingerprint
    ))
}

fn write(
    out: Option<&Path>,
    form: Form,
    plot: &Plot,
    source: &str,
    computed: &Scores,
) -> Result<(), Failure> {
    let written = Written {
        title: &plot.title,
        description: &plot.description,
        source,
        window: shown(computed.window),
        snapshot: computed.snapshot(),
        columns: plot.columns.iter().map(|it| it.trim_start_matches('#')).collect(),
        rows: &plot.rows,
    };
    let Some(out) = out else {
        return match form {
            Form::Svg | Form::Table => output::text(plot.svg(source).trim_end()),
            Form::Csv => output::print(Format::Csv, &written, |_| rows(plot)),
            Form::Json => output::json(&written),
            Form::Png => {
                let mut to = Out::new();
                to.raw(&picture::png(&plot.svg(source))?)?;
                to.end()
            }
        };
    };
    let bytes = match form {
        Form::Svg | Form::Table => plot.svg(source).into_bytes(),
        Form::Png => picture::png(&plot.svg(source))?,
        Form::Csv => output::csv_document(&rows(plot)).into_bytes(),
        Form::Json => output::json_document(&written)?.into_bytes(),
    };
    let told = |error: std::io::Error| Failure::ran(format!("{}: {error}", out.display()));
    html_file::write(out, bytes).map_err(told)
}

fn rows(plot: &Plot) -> Rows {
    let mut rows = Rows::new(plot.columns);
    plot.rows.iter().for_each(|row| rows.push(row.clone()));
    rows
}
