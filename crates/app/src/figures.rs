//! Observations in force, for whoever asks for some of them: in the order of their key, a part at a time.

use std::fmt::Write as _;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use wsis_config::QueryLimits;
use wsis_lake::View;
use wsis_model::framework::SeriesRef;
use wsis_model::observation::{KEY, column};
use wsis_query::{Session, literal};

use crate::error::AppError;

/// Which of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Of these areas; none named: of all.
    pub areas: Vec<String>,
    /// Of these series, with their dimensions; none named: of all.
    pub series: Vec<SeriesRef>,
    /// Of these sources.
    pub sources: Vec<String>,
    /// Of these datasets.
    pub datasets: Vec<String>,
    /// Of these codes of series, whatever their dimensions.
    pub codes: Vec<String>,
    /// Of these years, the first and the last.
    pub years: Option<(i32, i32)>,
    /// So many are passed over.
    pub offset: usize,
    /// Most rows.
    pub rows: usize,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// The observations of a view that are asked for, sorted by their key.
///
/// # Errors
/// [`AppError::Failed`] when the lake cannot be read within the limits.
pub async fn observations(
    view: &View,
    limits: &QueryLimits,
    asked: &Figures,
) -> Result<Found, AppError> {
    let failed = |error: wsis_query::QueryError| AppError::of(&error);
    let session = Session::open(view, limits).map_err(failed)?;
    let answer = session.collect(&statement(asked)).await.map_err(failed)?;
    Ok(Found { schema: answer.schema, batches: answer.batches })
}

/// The statement. Every text in it is a literal.
fn statement(asked: &Figures) -> String {
    let mut conditions = Vec::new();
    for (name, values) in [
        (column::REF_AREA, &asked.areas),
        (column::SOURCE, &asked.sources),
        (column::DATASET, &asked.datasets),
        (column::SERIES_CODE, &asked.codes),
    ] {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|it| literal(it)).collect();
            conditions.push(format!("{name} IN ({})", values.join(", ")));
        }
    }
    if !asked.series.is_empty() {
        let each: Vec<String> = asked.series.iter().map(of_series).collect();
        conditions.push(format!("({})", each.join(" OR ")));
    }
    if let Some((first, last)) = asked.years {
        conditions.push(format!("{} BETWEEN {first} AND {last}", column::YEAR));
    }
    let mut statement = "SELECT * FROM observations_latest".to_owned();
    if !conditions.is_empty() {
        // Writing into a text never fails.
        let _ = write!(statement, " WHERE {}", conditions.join(" AND "));
    }
    let _ = write!(
        statement,
        " ORDER BY {} LIMIT {} OFFSET {}",
        KEY.join(", "),
        asked.rows,
        asked.offset
    );
    statement
}

fn of_series(series: &SeriesRef) -> String {
    // A code is compared without regard to case, as the method does.
    let code = format!("lower({})", column::SERIES_CODE);
    let folded = series.series_code.to_lowercase();
    let parts = [
        (column::SOURCE, &series.source),
        (column::DATASET, &series.dataset),
        (code.as_str(), &folded),
        (column::SEX, &series.sex),
        (column::AGE, &series.age),
        (column::LOCATION, &series.location),
        (column::DIMENSIONS, &series.dimensions),
    ];
    let each = parts.map(|(name, value)| format!("{name} = {}", literal(value)));
    format!("({})", each.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_p304_what_somebody_sends_is_a_text_of_the_statement_and_no_part_of_it() {
        let asked = Figures {
            codes: vec!["x' OR '1'='1".to_owned()],
            years: Some((2015, 2020)),
            rows: 3,
            ..Figures::default()
        };
        let statement = statement(&asked);
        assert!(
            statement
                .contains("series_code IN ('x'' OR ''1''=''1') AND year BETWEEN 2015 AND 2020"),
            "{statement}"
        );
        assert!(statement.ends_with("LIMIT 3 OFFSET 0"), "{statement}");
    }
}
