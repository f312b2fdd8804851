//! Scores beside a published table: what an agency printed, and what this system computes from the
//! figures in the lake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use csv_core::ReadRecordResult;
use serde::Serialize;
use wsis_config::{listed, plain_file};
use wsis_model::area::{Area, AreaList, AreaMatch};
use wsis_model::limits::DecodeLimits;
use wsis_scorecard::LineScore;
use wsis_scorecard::plan::Plan;
use wsis_scorecard::rounding::{Rounding, half_a_unit};

use crate::error::AppError;
use crate::scores::Scores;

/// Most bytes of a table to compare with.
const TABLE_BYTES_MAX: u64 = 64 << 20;
/// Most rows of it.
const TABLE_ROWS_MAX: usize = 100_000;
/// Characters of a text of the table that a message shows; of more it says how many there are.
const SHOWN_CHARS: usize = 100;
/// Beside half a unit of the last printed digit: what binary fractions add.
const BINARY: f64 = 1e-9;

/// Headings under which tables give economies, best first.
const AREA: [&str; 10] = [
    "area",
    "ref_area",
    "iso3",
    "iso_code",
    "code",
    "country code",
    "economy",
    "country",
    "country name",
    "member state",
];
/// Headings under which tables give scores.
const VALUE: [&str; 5] =
    ["score", "value", "index", "e-government index", "human development index"];
/// Headings under which tables give ranks.
const RANK: [&str; 1] = ["rank"];

/// How a table is to be read. Columns that are not named are found by their usual headings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Heading of the economies, codes or names.
    pub area: Option<String>,
    /// Heading of the scores.
    pub value: Option<String>,
    /// Heading of the ranks.
    pub rank: Option<String>,
    /// Rows to compare: a heading and its text.
    pub keep: Vec<(String, String)>,
    /// Greatest difference that is none; half a unit of the last digit that both print if not
    /// given.
    pub tolerance: Option<f64>,
}

/// One economy in both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Area code.
    pub area: String,
    /// Area name.
    pub area_name: String,
    /// Score as published.
    pub published: f64,
    /// Score as computed, unrounded; none where there is none.
    pub computed: Option<f64>,
    /// Computed less published.
    pub difference: Option<f64>,
    /// What the rounding of the values that the score is made of may change; counted as no difference
    /// beside the tolerance, unless one was asked for.
    pub rounding: f64,
    /// Whether it is within the two.
    pub agrees: bool,
    /// Rank as published.
    pub published_rank: Option<u32>,
    /// Rank as computed.
    pub rank: Option<u32>,
    /// Whether the ranks are the same; none where one of them is missing.
    pub ranks_agree: Option<bool>,
    /// Why there is no score.
    pub reason: Option<String>,
}

/// A table and a scorecard, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// Line that was compared.
    pub line: String,
    /// Headings that were read: of economies, scores and ranks.
    pub columns: (String, String, Option<String>),
    /// Greatest difference that counts as none beside the rounding of what a score is made of.
    pub tolerance: f64,
    /// Economies of the table with a published score.
    pub published: usize,
    /// Of these, with a computed one.
    pub computed: usize,
    /// Of these, within the tolerance.
    pub agree: usize,
    /// Economies with both ranks.
    pub ranks: usize,
    /// Of these, the same.
    pub ranks_agree: usize,
    /// Greatest difference, without its sign.
    pub largest_difference: Option<f64>,
    /// Texts of the table that are no economy, or could be several.
    pub unknown: Vec<String>,
    /// Lines of the table with a score or a rank that cannot be read.
    pub unreadable: Vec<String>,
    /// Economies with a computed score that the table has not.
    pub not_published: Vec<String>,
    /// Every economy of the table, by code.
    pub rows: Vec<Compared>,
}

impl Validation {
    /// Whether everything that was published is computed, and the same.
    pub fn holds(&self) -> bool {
        self.published > 0
            && self.agree == self.published
            && self.ranks_agree == self.ranks
            && self.unknown.is_empty()
            && self.unreadable.is_empty()
    }
}

impl Scores {
    /// Compares the scores of a line at the end of the window with a table.
    ///
    /// # Errors
    /// [`AppError::Asked`] for a table that cannot be read as told.
    pub fn validate(
        &self,
        line: &str,
        table: &Path,
        reading: &Reading,
    ) -> Result<Validation, AppError> {
        let sources: BTreeSet<&str> = self
            .framework()
            .indicators
            .iter()
            .filter_map(|it| Some(it.series.as_ref()?.source.as_str()))
            .collect();
        let limits = self.deployment.workspace.decode;
        let rows = read(
            table,
            reading,
            (line, &Writers { areas: &self.deployment.areas, sources, limits }),
        )?;
        let (start, end) = (self.window.start, self.window.end);
        let of_line = self.scorecard.line_scores.iter().filter(|score| {
            score.line == line && (score.window_start, score.window_end) == (start, end)
        });
        let scores: BTreeMap<&str, &LineScore> =
            of_line.map(|score| (score.area.as_str(), score)).collect();
        let shown = i32::try_from(self.framework().scale.shown_decimals).unwrap_or(i32::MAX);
        let tolerance = reading.tolerance.unwrap_or(rows.half_a_unit.max(half_a_unit(shown)));
        let roundings = match reading.tolerance {
            Some(_) => BTreeMap::new(),
            None => self.roundings(line),
        };
        let compared: Vec<Compared> = rows
            .published
            .values()
            .map(|row| {
                let area = row.area.code.as_str();
                let rounding = roundings.get(area).copied().unwrap_or_default();
                compared(row, scores.get(area).copied(), (tolerance, rounding))
            })
            .collect();
        let missing = scores.values().filter(|score| {
            score.score.is_some() && !rows.published.contains_key(score.area.as_str())
        });
        let of = |test: fn(&Compared) -> bool| compared.iter().filter(|row| test(row)).count();
        let differences = compared.iter().filter_map(|row| Some(row.difference?.abs()));
        Ok(Validation {
            line: line.to_owned(),
            columns: rows.columns,
            tolerance,
            published: compared.len(),
            computed: of(|row| row.computed.is_some()),
            agree: of(|row| row.agrees),
            ranks: of(|row| row.ranks_agree.is_some()),
            ranks_agree: of(|row| row.ranks_agree == Some(true)),
            largest_difference: differences.max_by(f64::total_cmp),
            unknown: rows.unknown,
            unreadable: rows.unreadable,
            not_published: missing.map(|score| score.area.clone()).collect(),
            rows: compared,
        })
    }

    /// What the rounding of its values may change in the score of a line, by area.
    fn roundings(&self, line: &str) -> BTreeMap<&str, f64> {
        let plan = Plan::new(self.method());
        let Some(line) = plan.lines.iter().find(|it| it.node.code == line) else {
            return BTreeMap::new();
        };
        let rounding = Rounding::new(&plan, &self.panel);
        let (start, end) = (self.window.start, self.window.end);
        let mut values: BTreeMap<&str, Vec<Option<(i32, f64)>>> = BTreeMap::new();
        for row in &self.scorecard.indicator_scores {
            if (row.window_start, row.window_end) == (start, end)
                && let Some(at) = plan.leaf(&row.indicator)
            {
                let of_area =
                    values.entry(&row.area).or_insert_with(|| vec![None; plan.leaves.len()]);
                of_area[at] = row.end.as_ref().map(|end| (end.year, end.value));
            }
        }
        let of = |(area, values): (_, Vec<_>)| Some((area, rounding.of(line, &values)?));
        values.into_iter().filter_map(of).collect()
    }
}

fn compared(
    row: &Published<'_>,
    score: Option<&LineScore>,
    (tolerance, rounding): (f64, f64),
) -> Compared {
    let computed = score.and_then(|score| score.score);
    let difference = computed.map(|computed| computed - row.value);
    let rank = score.and_then(|score| score.rank);
    let reason = match score {
        Some(score) => score.score_reason.clone(),
        None => Some("no such economy in the scorecard".to_owned()),
    };
    Compared {
        area: row.area.code.clone(),
        area_name: row.area.name.clone(),
        published: row.value,
        computed,
        difference,
        rounding,
        agrees: difference.is_some_and(|it| it.abs() <= tolerance + rounding + BINARY),
        published_rank: row.rank,
        rank,
        ranks_agree: row.rank.zip(rank).map(|(published, rank)| published == rank),
        reason: reason.filter(|_| computed.is_none()),
    }
}

/// What a table says of one economy.
struct Published<'a> {
    area: &'a Area,
    value: f64,
    rank: Option<u32>,
    /// Line of the file.
    at: u64,
}

struct Table<'a> {
    columns: (String, String, Option<String>),
    published: BTreeMap<&'a str, Published<'a>>,
    unknown: Vec<String>,
    unreadable: Vec<String>,
    half_a_unit: f64,
}

fn read<'a>(
    path: &Path,
    reading: &Reading,
    (line, writers): (&str, &Writers<'a>),
) -> Result<Table<'a>, AppError> {
    let shown = path.display();
    let asked = |why: String| AppError::Asked(format!("{shown}: {why}"));
    let text = text_of(path, writers.limits).map_err(asked)?;
    let mut file =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headings = file.headers().map_err(|e| asked(e.to_string()))?.clone();
    let Columns { area, value, rank, keep } =
        Columns::of(&headings, reading, line).map_err(asked)?;
    let heading = |at: usize| shown_part(headings.get(at).unwrap_or_default());
    let columns = (heading(area), heading(value), rank.map(heading));
    let mut table = Table {
        columns,
        published: BTreeMap::new(),
        unknown: Vec::new(),
        unreadable: Vec::new(),
        half_a_unit: 0.0,
    };
    let mut decimals = 0;
    for (number, record) in file.records().enumerate() {
        if number >= TABLE_ROWS_MAX {
            return Err(asked(format!("more than {TABLE_ROWS_MAX} rows")));
        }
        let record = record.map_err(|e| asked(e.to_string()))?;
        let cell = |at: usize| record.get(at).unwrap_or_default();
        if !keep.iter().all(|(at, text)| cell(*at) == *text) || cell(value).is_empty() {
            continue;
        }
        let at = record.position().map_or(0, csv::Position::line);
        let mut wrong = |what: &str, text: &str, right: &str| {
            let text = shown_part(text);
            table.unreadable.push(format!("line {at}: {what} {text:?} is not {right}"));
        };
        let text = cell(value);
        let Some(figure) = text.parse::<f64>().ok().filter(|it| it.is_finite()) else {
            wrong("score", text, "a number with a decimal point");
            continue;
        };
        let told = rank.map(cell).filter(|text| !text.is_empty());
        let rank = told.and_then(|text| text.parse().ok());
        if let Some(text) = told.filter(|_| rank.is_none()) {
            wrong("rank", text, "a whole number");
        }
        decimals = decimals.max(decimals_of(text));
        let Some(economy) = writers.meant(cell(area)) else {
            table.unknown.push(shown_part(cell(area)));
            continue;
        };
        let row = Published { area: economy, value: figure, rank, at };
        if let Some(before) = table.published.insert(&economy.code, row) {
            return Err(asked(format!(
                "{} stands in lines {} and {at}; choose rows with --keep COLUMN=TEXT",
                economy.name, before.at
            )));
        }
    }
    table.half_a_unit = half_a_unit(decimals);
    Ok(table)
}

/// Places of what is read.
struct Columns<'r> {
    area: usize,
    value: usize,
    rank: Option<usize>,
    keep: Vec<(usize, &'r str)>,
}

impl<'r> Columns<'r> {
    fn of(headings: &csv::StringRecord, reading: &'r Reading, line: &str) -> Result<Self, String> {
        let there = || {
            let headings: Vec<String> = headings.iter().map(shown_part).collect();
            listed(headings.iter().map(String::as_str))
        };
        let by_name = |name: &String| {
            place(headings, name)
                .ok_or_else(|| format!("no column {name:?}; there are: {}", there()))
        };
        let usual = |names: &[&str]| names.iter().find_map(|name| place(headings, name));
        let needed = |name: &Option<String>, names: &[&str], what: &str| match name {
            Some(name) => by_name(name),
            None => usual(names).ok_or_else(|| {
                format!(
                    "no column of {what}s is known by its heading; name it with --{what}-column; \
                     there are: {}",
                    there()
                )
            }),
        };
        let own: Vec<&str> = std::iter::once(line).chain(VALUE).collect();
        let kept = reading.keep.iter();
        Ok(Self {
            area: needed(&reading.area, &AREA, "area")?,
            value: needed(&reading.value, &own, "value")?,
            rank: match &reading.rank {
                Some(name) => Some(by_name(name)?),
                None => usual(&RANK),
            },
            keep: kept
                .map(|(heading, text)| Ok((by_name(heading)?, text.as_str())))
                .collect::<Result<_, String>>()?,
        })
    }
}

/// A table whole: UTF-8, or else Windows-1252, as publishers' spreadsheets write it.
fn text_of(path: &Path, limits: DecodeLimits) -> Result<String, String> {
    let bytes = plain_file::read(path, TABLE_BYTES_MAX)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned());
    let text = text.trim_start_matches('\u{feff}').to_owned();
    bounded(text.as_bytes(), limits)?;
    Ok(text)
}

/// Refuses a table of which a record is larger than any may be, before it is read whole: sixty million
/// cells of one record take forty bytes each, and a quote that is not closed makes one record of all
/// that follows. Records are told apart as `csv` does it, which reads by the same parser.
fn bounded(text: &[u8], limits: DecodeLimits) -> Result<(), String> {
    let (most, longest) = (limits.columns_max, limits.record_max_bytes);
    let mut parser = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; 1 << 16], vec![0; 1 << 10]);
    let (mut bytes, mut columns, mut begins) = (0, 0, parser.line());
    // An end of a line behind the text ends its last record, unless a quote is open.
    for mut rest in [text, b"\n"] {
        loop {
            let (result, taken, written, ended) = parser.read_record(rest, &mut output, &mut ends);
            rest = rest.get(taken..).unwrap_or_default();
            bytes += written;
            columns += ended;
            let too_much = |what: String| {
                format!("the record that begins at line {begins} has more than {what}")
            };
            if bytes > longest {
                let limit = format!("{longest} bytes (record_max_bytes)");
                return Err(too_much(limit + "; is a quote not closed there?"));
            }
            if columns > most {
                return Err(too_much(format!("{most} columns (columns_max)")));
            }
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => break,
                ReadRecordResult::Record => {
                    // Of `\r\n` the parser has read the first.
                    let half = u64::from(rest.first() == Some(&b'\n'));
                    (bytes, columns, begins) = (0, 0, parser.line() + half);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            }
        }
    }
    if bytes + columns > 0 {
        return Err(format!("a quote in the record that begins at line {begins} is not closed"));
    }
    Ok(())
}

/// A text of the table as a message shows it.
fn shown_part(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => {
            let (start, all) = (text.get(..at).unwrap_or_default(), text.chars().count());
            format!("{start}… ({all} characters)")
        }
        None => text.to_owned(),
    }
}

/// Who may have written a text that means an economy.
struct Writers<'a> {
    areas: &'a AreaList,
    /// Sources of the framework's series.
    sources: BTreeSet<&'a str>,
    /// What a table may have.
    limits: DecodeLimits,
}

impl<'a> Writers<'a> {
    /// The economy that a text means: to a source of the framework, or to all that write it; none
    /// where it could be several.
    fn meant(&self, text: &str) -> Option<&'a Area> {
        if let Some(area) = self.areas.get(text) {
            return Some(area);
        }
        let of_source =
            self.sources.iter().find_map(|source| match self.areas.find(source, text) {
                AreaMatch::One(area) => Some(area),
                AreaMatch::Many(_) | AreaMatch::None => None,
            });
        of_source.or_else(|| match self.areas.meant_anywhere(text).as_slice() {
            [one] => Some(one),
            _ => None,
        })
    }
}

fn place(headings: &csv::StringRecord, name: &str) -> Option<usize> {
    headings
        .iter()
        .position(|heading| heading == name)
        .or_else(|| headings.iter().position(|heading| heading.eq_ignore_ascii_case(name)))
}

/// Digits behind the point.
fn decimals_of(text: &str) -> i32 {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    // In another form (1e-3) nothing tells how it was rounded.
    if plain { i32::try_from(digits).unwrap_or(i32::MAX).min(15) } else { 15 }
}
