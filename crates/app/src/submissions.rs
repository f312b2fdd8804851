//! What was handed in to registers and consultations, counted by the line that it names: of pipelines that
//! count records (docs/adr/0031). Beside the scores, never in them (docs/adr/0040).

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;
use serde::Serialize;
use wsis_lake::View;
use wsis_model::pipeline::{Pipeline, folded_code};
use wsis_query::{Session, literal};

use crate::app::App;
use crate::error::AppError;

/// The dimension that says who submitted, in `[mapping.dimensions]` of a pipeline.
const STAKEHOLDER: &str = "stakeholder";

/// What stands for entries of no economy (`International`), and of groups of them.
pub const NO_REGION: &str = "no region: the world, or a group of economies";

/// What stands for entries that do not say who submitted.
pub const NOT_SAID: &str = "not said";

/// What no count of submissions says.
pub const CAVEAT: &str = "A count of submissions tells who reported and what they named. It is no measure of \
                          progress, and is in no score.";

/// A register or consultation, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The pipeline.
    pub pipeline: String,
    /// What is counted, as its pipeline says.
    pub kind: String,
    /// Who keeps it: name of the agency.
    pub agency: String,
    /// How it wants to be cited.
    pub citation: String,
    /// When what is counted was received last, UTC.
    pub counted_on: NaiveDate,
    /// By line, in the order of the framework; then what names another thing.
    pub lines: Vec<LineCount>,
    /// Lines that could be named, and are by no entry.
    pub not_named: Vec<String>,
}

/// What names one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineCount {
    /// Code of the line; none for all entries, whatever they name.
    pub line: Option<String>,
    /// Entries, once for each economy and year that they name.
    pub entries: u64,
    /// First and last year that has any.
    pub first_year: i64,
    /// See `first_year`.
    pub last_year: i64,
    /// How many economies they name.
    pub economies: u64,
    /// By kind of stakeholder; an entry of several kinds counts in each. [`NOT_SAID`] are the entries beyond those
    /// that name a kind, by economy and year.
    pub stakeholders: BTreeMap<String, u64>,
    /// By region of the United Nations (M49).
    pub regions: BTreeMap<String, u64>,
}

impl LineCount {
    /// What is counted, in a sentence.
    pub fn told(&self, of: &Counts) -> String {
        let Self { entries, first_year, last_year, economies, .. } = self;
        let names =
            self.line.as_ref().map_or("are there".to_owned(), |line| format!("name {line}"));
        let years = if first_year == last_year {
            format!("of {first_year}")
        } else {
            format!("of {first_year} to {last_year}")
        };
        let economies =
            if *economies == 1 { "1 economy".to_owned() } else { format!("{economies} economies") };
        format!(
            "{}: {entries} {years} {names}, from {economies}, counted on {} from {} (an entry counts once for each \
             economy and year that it names).",
            of.kind, of.counted_on, of.agency
        )
    }
}

/// The counts of a view, by pipeline.
///
/// # Errors
/// [`AppError::Failed`] when the lake cannot be read, or the limits of `[query]` do not allow it.
pub async fn of_view(app: &App, view: &View, line: Option<&str>) -> Result<Vec<Counts>, AppError> {
    let deployment = app.deployment();
    let counted = deployment
        .pipelines
        .iter()
        .filter(|it| it.mapping.as_ref().is_some_and(|mapping| mapping.count.is_some()));
    let session =
        Session::open(view, &deployment.workspace.query).map_err(|error| AppError::of(&error))?;
    let mut found = Vec::new();
    for pipeline in counted {
        let answer =
            session.collect(&query(pipeline)).await.map_err(|error| AppError::of(&error))?;
        let mut tally = Tally::default();
        for batch in &answer.batches {
            tally.add(batch, pipeline)?;
        }
        found.extend(tally.counts(app, pipeline, line));
    }
    Ok(found)
}

/// Sums by series, economy, dimensions and year: what a line, a region and a kind of stakeholder are added up from.
fn query(pipeline: &Pipeline) -> String {
    format!(
        "SELECT CAST(series_code AS VARCHAR) AS series, CAST(ref_area AS VARCHAR) AS area, \
         CAST(dimensions AS VARCHAR) AS dimensions, CAST(year AS BIGINT) AS year, SUM(value) AS entries, \
         CAST(CAST(MAX(recorded_at) AS DATE) AS VARCHAR) AS day \
         FROM observations_latest WHERE source = {} AND dataset = {} AND value IS NOT NULL \
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        literal(&pipeline.source),
        literal(&pipeline.dataset)
    )
}

/// Cells of a pipeline: by what is named, economy and year, all entries and those by stakeholder.
#[derive(Default)]
struct Tally {
    cells: BTreeMap<(String, String, i64), Cell>,
    day: Option<NaiveDate>,
}

#[derive(Default)]
struct Cell {
    all: u64,
    by: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, batch: &RecordBatch, pipeline: &Pipeline) -> Result<(), AppError> {
        let wrong =
            || AppError::Failed("the counts have another form than was asked for".to_owned());
        let text =
            |at: usize| batch.column(at).as_any().downcast_ref::<StringArray>().ok_or_else(wrong);
        let (series, areas, dimensions, days) = (text(0)?, text(1)?, text(2)?, text(5)?);
        let years = batch.column(3).as_any().downcast_ref::<Int64Array>().ok_or_else(wrong)?;
        let entries = batch.column(4).as_any().downcast_ref::<Float64Array>().ok_or_else(wrong)?;
        let named: BTreeMap<String, &str> = pipeline
            .series
            .iter()
            .filter_map(|it| Some((folded_code(&it.code), it.named.as_deref()?)))
            .collect();
        for row in 0..batch.num_rows() {
            let Some(named) = named.get(&folded_code(series.value(row))) else { continue };
            self.day = self.day.max(days.value(row).parse().ok());
            let key = ((*named).to_owned(), areas.value(row).to_owned(), years.value(row));
            let cell = self.cells.entry(key).or_default();
            // Counts are whole, and far below what a float has exactly.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let entries = entries.value(row).max(0.0).round() as u64;
            match stakeholder(dimensions.value(row)) {
                Some(who) => *cell.by.entry(who.to_owned()).or_default() += entries,
                None if dimensions.value(row).is_empty() => cell.all += entries,
                // Of another dimension: the same entries once more.
                None => {}
            }
        }
        Ok(())
    }

    /// By line; none where there is no entry.
    fn counts(self, app: &App, pipeline: &Pipeline, line: Option<&str>) -> Option<Counts> {
        let (deployment, areas) = (app.deployment(), &app.deployment().areas);
        let mut lines: BTreeMap<String, (LineCount, BTreeSet<String>)> = BTreeMap::new();
        for ((named, area, year), cell) in self.cells {
            if line.is_some_and(|line| !named.eq_ignore_ascii_case(line)) {
                continue;
            }
            let (count, economies) = lines.entry(named.clone()).or_insert_with(|| {
                let line = (named != "*").then_some(named);
                (LineCount::empty(line, year), BTreeSet::new())
            });
            count.entries += cell.all;
            count.first_year = count.first_year.min(year);
            count.last_year = count.last_year.max(year);
            let region = areas.get(&area).map(|it| it.region.as_str()).filter(|it| !it.is_empty());
            if region.is_some() {
                economies.insert(area);
            }
            let region = region.unwrap_or(NO_REGION).to_owned();
            *count.regions.entry(region).or_default() += cell.all;
            let said = cell.by.values().sum::<u64>();
            let silent = cell.all.saturating_sub(said);
            if silent > 0 {
                *count.stakeholders.entry(NOT_SAID.to_owned()).or_default() += silent;
            }
            for (who, entries) in cell.by {
                *count.stakeholders.entry(who).or_default() += entries;
            }
        }
        let counted_on = self.day?;
        let framework = deployment.framework(&deployment.workspace.default_framework);
        let order: Vec<&str> =
            framework.into_iter().flat_map(|it| &it.reported).map(String::as_str).collect();
        let place = |line: &Option<String>| {
            let line = line.as_deref();
            let at =
                line.and_then(|line| order.iter().position(|it| it.eq_ignore_ascii_case(line)));
            (line.is_none(), at.unwrap_or(order.len()))
        };
        let mut lines: Vec<LineCount> = lines
            .into_values()
            .map(|(count, economies)| LineCount { economies: economies.len() as u64, ..count })
            .collect();
        lines.sort_by(|a, b| (place(&a.line), &a.line).cmp(&(place(&b.line), &b.line)));
        let can_be = pipeline.series.iter().filter_map(|it| it.named.clone());
        let asked =
            can_be.filter(|it| it != "*" && line.is_none_or(|line| it.eq_ignore_ascii_case(line)));
        let is_named = |it: &String| lines.iter().any(|line| line.line.as_ref() == Some(it));
        let not_named = asked.filter(|it| !is_named(it)).collect();
        let agency = deployment.workspace.agency(&pipeline.agency);
        Some(Counts {
            pipeline: pipeline.id.clone(),
            kind: pipeline.title.clone(),
            agency: agency.map_or_else(|| pipeline.agency.clone(), |it| it.name.clone()),
            citation: pipeline.citation.clone(),
            counted_on,
            not_named,
            lines,
        })
    }
}

impl LineCount {
    const fn empty(line: Option<String>, year: i64) -> Self {
        Self {
            line,
            entries: 0,
            first_year: year,
            last_year: year,
            economies: 0,
            stakeholders: BTreeMap::new(),
            regions: BTreeMap::new(),
        }
    }
}

/// The kind of stakeholder that dimensions name, where they name that alone.
fn stakeholder(dimensions: &str) -> Option<&str> {
    let (name, code) = dimensions.split_once('=')?;
    (name == STAKEHOLDER && !code.contains(';')).then_some(code)
}
