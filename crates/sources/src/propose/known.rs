//! Files that a source of its own knows: its formats say themselves what a record means.

use std::collections::BTreeMap;

use serde_json::Value;
use wsis_model::pipeline::Format;

use super::column::{begins_in, year};
use super::grid::Grid;
use super::recognise::Found;
use super::{Guess, Look, Proposal, SeriesProposal, roles, series};
use crate::format::undesa;

/// Series that are listed; the rest is counted.
const SERIES_MAX: usize = 400;

/// The proposal for a file that a source knows.
pub(super) fn known(look: &Look<'_>, found: &Found) -> Option<Proposal> {
    match found.json_of {
        Some(source) => of_json(found, source),
        None => of_table(look, found),
    }
}

fn of_table(look: &Look<'_>, found: &Found) -> Option<Proposal> {
    let grid = &found.grid;
    if grid.components.is_some() {
        return data360(found);
    }
    let area = grid.headed(&["countrycode"]);
    let code = grid.headed(&["indicatorcode", "seriescode"]);
    let years: Vec<i32> = grid.headings.iter().filter_map(|it| year(it.get(..4)?)).collect();
    let is_text = matches!(found.format.value, Format::Csv | Format::Tsv);
    if area.is_some() && years.len() > 1 && is_text && found.format.value == Format::Csv {
        let code = code?;
        let title = grid.headed(&["indicatorname", "seriesname"]);
        let why = "Country Code, Indicator Code and columns of years: the bulk download of the World Bank";
        let mut proposal = of(found, ("worldbank", why), listed(grid, code, title));
        proposal.years = Some((*years.iter().min()?, *years.iter().max()?));
        proposal.decide.push(
            "of which database is it? The dataset is named after it: WDI, WGI, EdStats".to_owned(),
        );
        return Some(proposal);
    }
    let (of_series, geo) = (grid.headed(&["seriescode"]), grid.headed(&["geoareacode"]));
    if let (Some(code), Some(_), Some(period)) = (of_series, geo, grid.headed(&["timeperiod"]))
        && is_text
        && grid.headed(&["goal", "target", "indicator"]).is_some()
    {
        let title = grid.headed(&["seriesdescription"]);
        let why = "SeriesCode, GeoAreaCode and TimePeriod: a download of the UN SDG database";
        let mut proposal = of(found, ("unsd", why), listed(grid, code, title));
        proposal.dataset = Some(Guess::new("SDG".to_owned(), "the database has one dataset"));
        proposal.years = bounds(grid.column(period).filter_map(begins_in));
        return Some(proposal);
    }
    if is_text && undesa::is_header(grid.headings.iter().map(String::as_str)) {
        return Some(survey(look, found));
    }
    None
}

/// A table of the UN E-Government Survey.
fn survey(look: &Look<'_>, found: &Found) -> Proposal {
    let why = "the headings of the E-Government Survey: country, index and its parts";
    let of_year = found.grid.headed(&["surveyyear", "year"]);
    let mut years = of_year.into_iter().flat_map(|at| found.grid.column(at).filter_map(year));
    let edition = years.next().map(|year| Guess::new(year, "its column of years"));
    let in_name = || look.name.split(|c: char| !c.is_ascii_digit()).find_map(year);
    let edition =
        edition.or_else(|| Some(Guess::new(in_name()?, "the year in the name of the file")));
    let titles = [
        ("EGDI", "E-Government Development Index", "INDEX"),
        ("OSI", "Online Service Index", "INDEX"),
        ("HCI", "Human Capital Index", "INDEX"),
        ("TII", "Telecommunication Infrastructure Index", "INDEX"),
        ("EPI", "E-Participation Index", "INDEX"),
        ("EGDI_RANK", "E-Government Development Index, rank", "RANK"),
    ];
    let series = titles.into_iter().map(|(code, title, unit)| SeriesProposal {
        unit: Some(Guess::new(unit.to_owned(), "as the survey publishes it")),
        ..plain(code, title, 0)
    });
    let mut proposal = of(found, ("undesa", why), series.collect());
    proposal.dataset = Some(Guess::new("EGDI".to_owned(), "the survey has one dataset"));
    proposal.years = edition.as_ref().map(|it| (it.value, it.value));
    if edition.is_none() {
        proposal
            .decide
            .push("of which survey is it? Write its year as `edition` of the [[file]]".to_owned());
    }
    proposal.edition = edition;
    proposal
}

/// A file of World Bank Data360.
fn data360(found: &Found) -> Option<Proposal> {
    let grid = &found.grid;
    let database = grid.headings.iter().position(|it| it == "DATABASE_ID")?;
    let code = grid.headings.iter().position(|it| it == "INDICATOR")?;
    let dataset = grid.column(database).find(|it| !it.is_empty())?.to_owned();
    let title = grid.headings.iter().position(|it| it == "INDICATOR_LABEL");
    let unit = grid.headings.iter().position(|it| it == "UNIT_MEASURE");
    let why = "SDMX-CSV with DATABASE_ID and INDICATOR: a file of World Bank Data360";
    let mut proposal = of(found, ("data360", why), listed(grid, code, title));
    for series in &mut proposal.series {
        let rows = grid.rows.iter().filter(|row| row.get(code) == Some(&series.code));
        let of_rows = rows.filter_map(|row| row.get(unit?)).find(|it| !it.is_empty());
        series.source_unit = of_rows.cloned();
        series.unit = of_rows.and_then(|it| series::unit(it)).or(series.unit.take());
    }
    proposal.asks_for_series = true;
    proposal.dataset = Some(Guess::new(dataset, "DATABASE_ID"));
    let time = grid.headings.iter().position(|it| it == "TIME_PERIOD");
    proposal.years = bounds(time.into_iter().flat_map(|at| grid.column(at).filter_map(begins_in)));
    Some(proposal)
}

fn of_json(found: &Found, source: &'static str) -> Option<Proposal> {
    let document: Value = serde_json::from_str(&found.json).ok()?;
    let mut series: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut years = Vec::new();
    let records = match &document {
        Value::Array(parts) if parts.iter().any(Value::is_array) => {
            parts.iter().find(|it| it.is_array())?
        }
        Value::Object(all) => all.get("data").or_else(|| all.get("value"))?,
        other => other,
    };
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    for record in records.as_array()? {
        let indicator = record.get("indicator");
        let (code, title) = if source == "worldbank" {
            (
                text(indicator.and_then(|it| it.get("id"))),
                text(indicator.and_then(|it| it.get("value"))),
            )
        } else {
            (text(record.get("series")), text(record.get("seriesDescription")))
        };
        if code.is_empty() {
            continue;
        }
        series.entry(code).or_insert((title, 0)).1 += 1;
        let time = text(record.get("date").or_else(|| record.get("timePeriodStart")));
        years.extend(begins_in(&time));
    }
    let series = series.into_iter().map(|(code, (title, count))| plain(&code, &title, count));
    let mut proposal = of(found, (source, &found.format.because), series.collect());
    proposal.asks_for_series = true;
    proposal.years = bounds(years.into_iter());
    proposal.seen.clear();
    if source == "unsd" {
        proposal.dataset = Some(Guess::new("SDG".to_owned(), "the database has one dataset"));
    } else {
        let of_meta = document.get(0).and_then(|meta| meta.get("sourceid"));
        if text(of_meta) == "2" {
            proposal.dataset = Some(Guess::new("WDI".to_owned(), "sourceid 2"));
        } else {
            let why = "of which database is it? The dataset is named after it, and `database` is its number";
            proposal.decide.push(why.to_owned());
        }
    }
    Some(proposal)
}

fn bounds(years: impl Iterator<Item = i32>) -> Option<(i32, i32)> {
    years.fold(None, |found, year| match found {
        None => Some((year, year)),
        Some((first, last)) => Some((first.min(year), last.max(year))),
    })
}

/// The series of a column, with their titles.
fn listed(grid: &Grid, code: usize, title: Option<usize>) -> Vec<SeriesProposal> {
    let mut found: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for row in &grid.rows {
        let Some(code) = row.get(code).filter(|it| !it.is_empty()) else { continue };
        let title = title.and_then(|at| row.get(at)).map_or("", String::as_str);
        found.entry(code).or_insert((title, 0)).1 += 1;
    }
    found.into_iter().map(|(code, (title, count))| plain(code, title, count)).collect()
}

fn plain(code: &str, title: &str, figures: usize) -> SeriesProposal {
    let title = if title.is_empty() { code } else { title };
    SeriesProposal {
        code: code.to_owned(),
        title: title.chars().take(200).collect(),
        unit: series::unit(title),
        column: None,
        named: None,
        source_unit: None,
        figures,
        bounds: None,
    }
}

fn of(
    found: &Found,
    (source, because): (&'static str, &str),
    mut series: Vec<SeriesProposal>,
) -> Proposal {
    let left_out = series.len().saturating_sub(SERIES_MAX);
    series.truncate(SERIES_MAX);
    let member = found.grid.member.clone();
    Proposal {
        source: Guess::new(source, because),
        format: found.format.clone(),
        dataset: None,
        member: member.map(|it| Guess::new(it, "the largest table of the archive")),
        sheet: None,
        edition: None,
        asks_for_series: false,
        years: None,
        mapping: None,
        series,
        series_left_out: left_out,
        seen: roles::seen(&found.grid),
        decide: Vec::new(),
    }
}
