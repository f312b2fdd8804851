//! `wsis sql`.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::display::FormatOptions;
use arrow::util::pretty::{pretty_format_batches, pretty_format_batches_with_options};
use serde::Serialize;
use serde_json::Value;
use wsis_query::{Answer, QueryError, Session};

use crate::args::{Format, Global, Review};
use crate::commands::accounts;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;

#[derive(Serialize)]
struct Shown {
    snapshot: Option<u64>,
    truncated: bool,
    rows: Vec<Value>,
}

pub(crate) async fn run(global: &Global, query: &str, rows: Option<u64>) -> Result<(), Failure> {
    let mut deployment = context::deployment(global)?;
    if let Some(rows) = rows {
        deployment.workspace.query.result_rows_max = rows;
    }
    let limits = deployment.workspace.query.clone();
    let lake = context::existing_lake(global, &deployment)?;
    let review = Review { framework: None, window: None };
    let computed = context::compute_from(deployment, lake, &review).await?;
    let partitions = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let session = Session::open(&computed.lake, &computed.snapshot, &limits, partitions)
        .map_err(|error| Failure::ran(chain(&error)))?;
    let tables = computed.scorecard.to_batches().map_err(|error| Failure::ran(chain(&error)))?;
    for table in tables {
        session
            .register(table.name, vec![table.batch])
            .map_err(|error| Failure::ran(chain(&error)))?;
    }
    accounts::register(&session, &computed.deployment, &computed.lake)?;
    let answer = session.sql(query).await.map_err(|error| query_failure(&error))?;
    show(global.format, &answer)?;
    if answer.truncated && !global.quiet {
        output::note(&format!(
            "truncated to {} rows; raise it with --rows or narrow the query",
            limits.result_rows_max
        ));
    }
    Ok(())
}

/// A wrong query is the user's to mend (2); one that ran out of time or memory ran (1).
fn query_failure(error: &QueryError) -> Failure {
    match error {
        QueryError::Invalid { .. } | QueryError::ReadOnly { .. } => Failure::usage(chain(error)),
        _ => Failure::ran(chain(error)),
    }
}

fn show(format: Format, answer: &Answer) -> Result<(), Failure> {
    let told = |error: arrow::error::ArrowError| Failure::ran(format!("cannot print: {error}"));
    match format {
        Format::Table => {
            let table = if answer.rows() == 0 {
                let none = RecordBatch::new_empty(Arc::clone(&answer.schema));
                pretty_format_batches(&[none]).map_err(told)?.to_string()
            } else {
                let options = FormatOptions::new().with_null("NULL");
                let table = pretty_format_batches_with_options(&answer.batches, &options);
                table.map_err(told)?.to_string()
            };
            output::text(&table)
        }
        Format::Csv => {
            let mut bytes = Vec::new();
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut bytes);
            if answer.rows() == 0 {
                // The header tells what was asked, also where there is no row.
                let none = RecordBatch::new_empty(Arc::clone(&answer.schema));
                writer.write(&none).map_err(told)?;
            }
            for batch in &answer.batches {
                writer.write(batch).map_err(told)?;
            }
            drop(writer);
            output::text(String::from_utf8_lossy(&bytes).trim_end_matches('\n'))
        }
        Format::Json => {
            let mut bytes = Vec::new();
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::JsonArray>(&mut bytes);
            for batch in &answer.batches {
                writer.write(batch).map_err(told)?;
            }
            writer.finish().map_err(told)?;
            drop(writer);
            let rows = if bytes.is_empty() {
                Vec::new()
            } else {
                serde_json::from_slice(&bytes)
                    .map_err(|error| Failure::ran(format!("cannot print: {error}")))?
            };
            output::json(&Shown { snapshot: answer.snapshot, truncated: answer.truncated, rows })
        }
    }
}
