//! Scorecards as Arrow tables: declared schemas, sorted by key, no NaN, nulls only where a
//! column says so.

mod disparities;
mod gaps;
mod outcomes;
mod trajectories;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use crate::result::{
    AreaRow, Class, ClassBasis, Grade, GroupScore, IndicatorRow, IndicatorScore, LineScore,
    LineSummary, MemberRow, Position, RankInterval, Reading, Scorecard, WindowSummary,
};

/// A table ready to publish.
#[derive(Debug, Clone)]
pub struct Table {
    /// Stable name (`line_scores`).
    pub name: &'static str,
    /// Columns that the rows are sorted by.
    pub sort: &'static [&'static str],
    /// All rows.
    pub batch: RecordBatch,
}

/// A table could not be built.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: {source}")]
pub struct TableError {
    table: &'static str,
    source: ArrowError,
}

/// Columns under construction. A number that is not finite becomes null: Arrow and its readers
/// order NaN each in its own way.
struct Columns<'r, R> {
    rows: &'r [R],
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl<'r, R> Columns<'r, R> {
    fn new(rows: &'r [R]) -> Self {
        Self { rows, fields: Vec::new(), arrays: Vec::new() }
    }

    fn push(&mut self, name: &str, kind: DataType, nullable: bool, array: ArrayRef) {
        self.fields.push(Field::new(name, kind, nullable));
        self.arrays.push(array);
    }

    fn text(&mut self, name: &str, f: impl Fn(&'r R) -> &'r str) -> &mut Self {
        let array = StringArray::from_iter_values(self.rows.iter().map(f));
        self.push(name, DataType::Utf8, false, Arc::new(array));
        self
    }

    fn maybe_text(&mut self, name: &str, f: impl Fn(&'r R) -> Option<&'r str>) -> &mut Self {
        let array: StringArray = self.rows.iter().map(f).collect();
        self.push(name, DataType::Utf8, true, Arc::new(array));
        self
    }

    fn number(&mut self, name: &str, f: impl Fn(&'r R) -> Option<f64>) -> &mut Self {
        let array: Float64Array =
            self.rows.iter().map(|row| f(row).filter(|x| x.is_finite())).collect();
        self.push(name, DataType::Float64, true, Arc::new(array));
        self
    }

    fn int(&mut self, name: &str, f: impl Fn(&'r R) -> i32) -> &mut Self {
        let array = Int32Array::from_iter_values(self.rows.iter().map(f));
        self.push(name, DataType::Int32, false, Arc::new(array));
        self
    }

    fn count(&mut self, name: &str, f: impl Fn(&'r R) -> u32) -> &mut Self {
        self.int(name, |row| i32::try_from(f(row)).unwrap_or(i32::MAX))
    }

    fn maybe_int(&mut self, name: &str, f: impl Fn(&'r R) -> Option<i32>) -> &mut Self {
        let array: Int32Array = self.rows.iter().map(f).collect();
        self.push(name, DataType::Int32, true, Arc::new(array));
        self
    }

    fn maybe_long(&mut self, name: &str, f: impl Fn(&'r R) -> Option<i64>) -> &mut Self {
        let array: Int64Array = self.rows.iter().map(f).collect();
        self.push(name, DataType::Int64, true, Arc::new(array));
        self
    }

    fn flag(&mut self, name: &str, f: impl Fn(&'r R) -> bool) -> &mut Self {
        let array: BooleanArray = self.rows.iter().map(|row| Some(f(row))).collect();
        self.push(name, DataType::Boolean, false, Arc::new(array));
        self
    }

    fn maybe_flag(&mut self, name: &str, f: impl Fn(&'r R) -> Option<bool>) -> &mut Self {
        let array: BooleanArray = self.rows.iter().map(f).collect();
        self.push(name, DataType::Boolean, true, Arc::new(array));
        self
    }

    fn position(&mut self, f: impl Fn(&'r R) -> Option<Position>) -> &mut Self {
        let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        self.maybe_int("position_year_start", |row| f(row).map(|p| p.year_start))
            .maybe_int("position_year_end", |row| f(row).map(|p| p.year_end))
            .maybe_int("position_start", |row| f(row).map(|p| int(p.rank_start)))
            .maybe_int("position_end", |row| f(row).map(|p| int(p.rank_end)))
            .maybe_int("position_of", |row| f(row).map(|p| int(p.of)))
            .number("share_below_start", |row| f(row).map(|p| p.share_below_start))
            .number("share_below_end", |row| f(row).map(|p| p.share_below_end))
    }

    fn interval(&mut self, f: impl Fn(&'r R) -> Option<RankInterval>) -> &mut Self {
        let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        self.maybe_int("rank_interval_low", |row| f(row).map(|it| int(it.low)))
            .maybe_int("rank_interval_high", |row| f(row).map(|it| int(it.high)))
            .number("rank_median", |row| f(row).map(|it| it.median))
            .maybe_int("rank_interval_error", |row| f(row).map(|it| int(it.error)))
            .number("core_interval_low", |row| f(row).and_then(|it| it.score_low))
            .number("core_interval_high", |row| f(row).and_then(|it| it.score_high))
    }

    fn classes(&mut self, f: impl Fn(&'r R) -> &'r BTreeMap<Class, u32>) -> &mut Self {
        for class in Class::ALL {
            let name = format!("n_{}", class.code());
            self.count(&name, |row| f(row).get(&class).copied().unwrap_or(0));
        }
        self
    }

    fn finish(
        &mut self,
        name: &'static str,
        sort: &'static [&'static str],
    ) -> Result<Table, TableError> {
        let schema = Arc::new(Schema::new(std::mem::take(&mut self.fields)));
        let batch = RecordBatch::try_new(schema, std::mem::take(&mut self.arrays))
            .map_err(|source| TableError { table: name, source })?;
        Ok(Table { name, sort, batch })
    }
}

fn line_scores(rows: &[LineScore]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("line", |r| &r.line)
        .text("area", |r| &r.area)
        .text("area_name", |r| &r.area_name)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .number("score", |r| r.score)
        .maybe_text("score_reason", |r| r.score_reason.as_deref())
        .number("score_start", |r| r.score_start)
        .number("score_end", |r| r.score_end)
        .number("change", |r| r.change)
        .number("points_per_year", |r| r.points_per_year)
        .text("class", |r| r.class.code())
        .maybe_text("class_reason", |r| r.class_reason.as_deref())
        .number("target_score", |r| r.target_score)
        .maybe_int("target_year", |r| r.target_year)
        .maybe_text("target_status", |r| r.target_status)
        .maybe_flag("target_verified", |r| r.target_verified)
        .number("ratio", |r| r.ratio)
        .number("required_per_year", |r| r.required_per_year)
        .number("coverage", |r| r.coverage)
        .number("freshness", |r| r.freshness)
        .number("baseline", |r| r.baseline)
        .number("origin", |r| r.origin)
        .maybe_text("grade", |r| r.grade.map(Grade::code))
        .maybe_int("rank", |r| r.rank.and_then(|rank| i32::try_from(rank).ok()))
        .count("ranked_of", |r| r.ranked_of)
        .maybe_text("rank_reason", |r| r.rank_reason.as_deref())
        .count("indicators_used", |r| r.indicators_used)
        .count("indicators_total", |r| r.indicators_total)
        .count("matched", |r| r.matched)
        .count("targets_used", |r| r.targets_used)
        .text("standing", |r| r.standing)
        .number("core_score", |r| r.core_score)
        .count("core_used", |r| r.core_used)
        .count("core_total", |r| r.core_total)
        .number("score_low", |r| r.score_low)
        .number("score_high", |r| r.score_high)
        .maybe_int("rank_low", |r| r.rank_low.and_then(|rank| i32::try_from(rank).ok()))
        .maybe_int("rank_high", |r| r.rank_high.and_then(|rank| i32::try_from(rank).ok()))
        .maybe_int("start_year_first", |r| r.years.map(|y| y.start_first))
        .maybe_int("start_year_last", |r| r.years.map(|y| y.start_last))
        .maybe_int("end_year_first", |r| r.years.map(|y| y.end_first))
        .maybe_int("end_year_last", |r| r.years.map(|y| y.end_last))
        .number("span_years", |r| r.years.map(|y| y.span))
        .flag("depends_on_baseline", |r| r.depends_on_baseline)
        .number("met_score", |r| r.met_score)
        .maybe_text("grade_change", |r| r.grade_change.map(Grade::code))
        .count("clamped", |r| r.clamped)
        .position(|r| r.position)
        .maybe_text("change_reason", |r| r.change_reason.as_deref())
        .maybe_text("grade_reason", |r| r.grade_reason.as_deref())
        .maybe_text("class_basis", |r| r.class_basis.map(ClassBasis::code))
        .flag("counts", |r| r.counts)
        .interval(|r| r.rank_interval)
        .maybe_text("rank_interval_reason", |r| r.rank_interval_reason.as_deref())
        .number("disputed", |r| r.disputed)
        .finish("line_scores", &["line", "area", "window_start", "window_end"])
}

type End = fn(&IndicatorScore) -> Option<&Reading>;

fn readings(columns: &mut Columns<'_, IndicatorScore>, end: End, suffix: &str) {
    let name = |stem: &str| format!("{stem}_{suffix}");
    columns
        .maybe_int(&name("year"), |r| end(r).map(|e| e.year))
        .number(&name("value"), |r| end(r).map(|e| e.value))
        .maybe_text(&name("value_text"), |r| end(r).and_then(|e| e.value_text.as_deref()))
        .maybe_text(&name("obs_status"), |r| end(r).map(|e| e.obs_status))
        .maybe_text(&name("source_flag"), |r| end(r).and_then(|e| e.source_flag.as_deref()))
        .maybe_text(&name("footnote"), |r| end(r).and_then(|e| e.footnote.as_deref()))
        .number(&name("score"), |r| end(r).and_then(|e| e.score))
        .number(&name("score_unclamped"), |r| end(r).and_then(|e| e.unclamped))
        .maybe_text(&name("payload"), |r| end(r).and_then(|e| e.payload.as_deref()))
        .maybe_long(&name("payload_row"), |r| end(r).and_then(|e| e.payload_row));
}

fn indicator_scores(rows: &[IndicatorScore]) -> Result<Table, TableError> {
    let mut columns = Columns::new(rows);
    columns
        .text("indicator", |r| &r.indicator)
        .text("area", |r| &r.area)
        .text("area_name", |r| &r.area_name)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .text("unit", |r| &r.unit);
    readings(&mut columns, |r| r.start.as_ref(), "start");
    readings(&mut columns, |r| r.end.as_ref(), "end");
    columns
        .flag("shifted", |r| r.shifted)
        .flag("stale", |r| r.stale)
        .flag("clamped", |r| r.clamped)
        .number("change", |r| r.change)
        .number("per_year", |r| r.per_year)
        .number("required_per_year", |r| r.required_per_year)
        .number("target", |r| r.target)
        .maybe_int("target_year", |r| r.target_year)
        .maybe_text("target_status", |r| r.target_status)
        .maybe_flag("target_verified", |r| r.target_verified)
        .number("ratio", |r| r.ratio)
        .text("class", |r| r.class.code())
        .maybe_text("class_reason", |r| r.class_reason.as_deref())
        .maybe_text("missing", |r| r.missing.map(crate::result::Missing::code))
        .maybe_text("missing_reason", |r| r.missing_reason.as_deref())
        .number("met_from", |r| r.met_from)
        .maybe_int("span_years", |r| r.span_years)
        .flag("depends_on_baseline", |r| r.depends_on_baseline)
        .position(|r| r.position)
        .maybe_text("class_basis", |r| r.class_basis.map(ClassBasis::code))
        .maybe_text("disputed_by", |r| r.dispute.as_ref().map(|it| it.indicator.as_str()))
        .number("disputed_value", |r| r.dispute.as_ref().map(|it| it.value))
        .maybe_text("correction_start", |r| r.start.as_ref()?.correction.as_deref())
        .maybe_text("correction_end", |r| r.end.as_ref()?.correction.as_deref())
        .finish("indicator_scores", &["indicator", "area", "window_start", "window_end"])
}

fn group_scores(rows: &[GroupScore]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("group_kind", |r| &r.group_kind)
        .text("group", |r| &r.group)
        .text("line", |r| &r.line)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .text("method", |r| r.method)
        .number("score", |r| r.score)
        .number("score_start", |r| r.score_start)
        .number("score_end", |r| r.score_end)
        .number("change", |r| r.change)
        .maybe_text("change_reason", |r| r.change_reason.as_deref())
        .text("status", |r| r.status)
        .maybe_text("status_reason", |r| r.status_reason.as_deref())
        .count("members", |r| r.members)
        .count("members_listed", |r| r.members_listed)
        .count("members_scored", |r| r.members_scored)
        .count("members_matched", |r| r.members_matched)
        .classes(|r| &r.classes)
        .number("span_years", |r| r.span_years)
        .number("points_per_year", |r| r.points_per_year)
        .number("score_chained", |r| r.score_chained)
        .maybe_int("chained_from", |r| r.chained_from)
        .text("membership", |r| r.membership)
        .finish("group_scores", &["group_kind", "group", "line", "window_start", "window_end"])
}

fn lines(summaries: &[LineSummary]) -> Result<Table, TableError> {
    let mut rows: Vec<(&LineSummary, &WindowSummary, String)> = summaries
        .iter()
        .flat_map(|line| line.windows.iter().map(move |window| (line, window)))
        .map(|(line, window)| (line, window, window.core.join(";")))
        .collect();
    rows.sort_by_key(|(line, window, _)| {
        (line.line.clone(), window.window_start, window.window_end)
    });
    Columns::new(&rows)
        .text("line", |(l, ..)| &l.line)
        .int("window_start", |(_, w, _)| w.window_start)
        .int("window_end", |(_, w, _)| w.window_end)
        .count("position", |(l, ..)| l.position)
        .text("title", |(l, ..)| &l.title)
        .count("indicators", |(l, ..)| l.indicators)
        .count("indicators_delivered", |(l, ..)| l.indicators_delivered)
        .count("targets", |(l, ..)| l.targets)
        .maybe_text("target_status", |(l, ..)| l.target_status)
        .maybe_flag("target_verified", |(l, ..)| l.target_verified)
        .maybe_text("no_indicator", |(l, ..)| l.no_indicator.as_deref())
        .count("economies", |(_, w, _)| w.members)
        .count("economies_scored", |(_, w, _)| w.economies_scored)
        .count("economies_ranked", |(_, w, _)| w.economies_ranked)
        .number("median_score", |(_, w, _)| w.median_score)
        .number("median_change", |(_, w, _)| w.median_change)
        .number("coverage", |(_, w, _)| w.coverage)
        .classes(|(_, w, _)| &w.classes)
        .count("economies_matched", |(_, w, _)| w.economies_matched)
        .count("others_scored", |(_, w, _)| w.others_scored)
        .text("status", |(_, w, _)| w.status)
        .maybe_text("status_reason", |(_, w, _)| w.status_reason.as_deref())
        .text("change_status", |(_, w, _)| w.change_status)
        .maybe_text("change_reason", |(_, w, _)| w.change_reason.as_deref())
        .text("core", |(_, _, core)| core)
        .maybe_text("window_note", |(_, w, _)| w.note.as_deref())
        .number("span_years", |(_, w, _)| w.span_years)
        .number("points_per_year", |(_, w, _)| w.points_per_year)
        .number("median_chained", |(_, w, _)| w.median_chained)
        .maybe_int("chained_from", |(_, w, _)| w.chained_from)
        .maybe_text("class_target_status", |(_, w, _)| w.target_status)
        .count("n_level_only", |(_, w, _)| w.level_only)
        .finish("lines", &["line", "window_start", "window_end"])
}

fn line_years(summaries: &[LineSummary]) -> Result<Table, TableError> {
    let mut rows: Vec<(&str, &crate::result::YearMedian)> = summaries
        .iter()
        .flat_map(|line| line.yearly.iter().map(move |year| (line.line.as_str(), year)))
        .collect();
    rows.sort_by_key(|(line, year)| (*line, year.year));
    Columns::new(&rows)
        .text("line", |(line, _)| line)
        .int("year", |(_, y)| y.year)
        .number("median_score", |(_, y)| y.own)
        .count("economies_scored", |(_, y)| y.economies)
        .count("economies_observed", |(_, y)| y.observed)
        .count("economies", |(_, y)| y.members)
        .count("economies_matched", |(_, y)| y.matched)
        .flag("linked", |(_, y)| y.linked)
        .text("status", |(_, y)| y.status)
        .maybe_text("status_reason", |(_, y)| y.reason.as_deref())
        .number("median_chained", |(_, y)| y.median)
        .number("weight_observed", |(_, y)| y.weight_observed)
        .count("economies_rose", |(_, y)| y.rose)
        .count("economies_fell", |(_, y)| y.fell)
        .finish("line_years", &["line", "year"])
}

fn indicators(rows: &[IndicatorRow]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("indicator", |r| &r.indicator)
        .text("title", |r| &r.title)
        .text("definition", |r| &r.definition)
        .text("unit", |r| &r.unit)
        .text("theme", |r| &r.theme)
        .text("agency", |r| &r.agency)
        .text("lines", |r| &r.lines)
        .text("weights", |r| &r.weights)
        .maybe_text("source", |r| r.source.as_deref())
        .maybe_text("dataset", |r| r.dataset.as_deref())
        .maybe_text("series_code", |r| r.series_code.as_deref())
        .maybe_text("sex", |r| r.sex.as_deref())
        .maybe_text("age", |r| r.age.as_deref())
        .maybe_text("location", |r| r.location.as_deref())
        .maybe_text("dimensions", |r| r.dimensions.as_deref())
        .text("direction", |r| r.direction)
        .number("goalpost_lo", |r| r.goalpost_lo)
        .number("goalpost_hi", |r| r.goalpost_hi)
        .maybe_text("transform", |r| r.transform)
        .maybe_text("goalpost_status", |r| r.goalpost_status)
        .maybe_text("goalpost_source", |r| r.goalpost_source.as_deref())
        .maybe_flag("goalpost_verified", |r| r.goalpost_verified)
        .number("target", |r| r.target)
        .maybe_int("target_year", |r| r.target_year)
        .maybe_text("target_source", |r| r.target_source.as_deref())
        .maybe_text("target_status", |r| r.target_status)
        .maybe_flag("target_verified", |r| r.target_verified)
        .text("evidence", |r| &r.evidence)
        .text("status", |r| r.status)
        .flag("verified", |r| r.verified)
        .text("licence", |r| &r.licence)
        .text("note", |r| &r.note)
        .count("observations", |r| r.observations)
        .count("economies", |r| r.economies)
        .maybe_int("first_year", |r| r.first_year)
        .maybe_int("last_year", |r| r.last_year)
        .number("met_from", |r| r.met_from)
        .maybe_text("met_from_source", |r| r.met_from_source.as_deref())
        .flag("relative", |r| r.relative)
        .text("breaks", |r| &r.breaks)
        .text("contains", |r| &r.contains)
        .maybe_text("survey", |r| r.survey.as_deref())
        .finish("indicators", &["indicator"])
}

fn areas(rows: &[AreaRow]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("area", |r| &r.area)
        .maybe_text("m49", |r| r.m49.as_deref())
        .maybe_text("iso2", |r| r.iso2.as_deref())
        .text("area_name", |r| &r.area_name)
        .text("kind", |r| r.kind)
        .maybe_text("region", |r| r.region.as_deref())
        .maybe_text("subregion", |r| r.subregion.as_deref())
        .maybe_text("income", |r| r.income.as_deref())
        .flag("ldc", |r| r.ldc)
        .flag("lldc", |r| r.lldc)
        .flag("sids", |r| r.sids)
        .count("observations", |r| r.observations)
        .maybe_text("note", |r| r.note.as_deref())
        .text("standing", |r| r.standing)
        .maybe_int("member_since", |r| r.member_since)
        .maybe_int("valid_from", |r| r.valid_from)
        .maybe_int("valid_to", |r| r.valid_to)
        .finish("areas", &["area"])
}

fn group_members(rows: &[MemberRow]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("group_kind", |r| r.group_kind)
        .text("group", |r| &r.group)
        .text("area", |r| &r.area)
        .maybe_int("valid_from", |r| r.valid_from)
        .maybe_int("valid_to", |r| r.valid_to)
        .finish("group_members", &["group_kind", "group", "area", "valid_from"])
}

impl Scorecard {
    /// All published tables of a scorecard: `areas`, `disparities`, `gap_counts`, `gaps`, `group_members`, `group_scores`,
    /// `indicator_scores`, `indicators`, `line_scores`, `line_years`, `lines`, `measurability`, `target_outcomes`,
    /// `trajectories`.
    ///
    /// # Errors
    /// A required column without a value, which would be a fault of this crate.
    pub fn to_batches(&self) -> Result<Vec<Table>, TableError> {
        Ok(vec![
            areas(&self.areas)?,
            disparities::disparities(&self.disparities)?,
            gaps::gap_counts(&self.gaps)?,
            gaps::gaps(&self.gaps)?,
            group_members(&self.group_members)?,
            group_scores(&self.group_scores)?,
            indicator_scores(&self.indicator_scores)?,
            indicators(&self.indicators)?,
            line_scores(&self.line_scores)?,
            line_years(&self.lines)?,
            lines(&self.lines)?,
            gaps::measurability(&self.gaps.measurability)?,
            outcomes::target_outcomes(&self.outcomes)?,
            trajectories::trajectories(&self.trajectories)?,
        ])
    }
}
