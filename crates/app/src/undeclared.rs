//! What is in force and asked for by nobody: figures of datasets and series that no pipeline declares.

use std::collections::BTreeMap;

use arrow::array::StringArray;
use serde::Serialize;
use wsis_lake::{At, Lake};
use wsis_model::observation::column;
use wsis_model::pipeline::Pipeline;

use crate::error::AppError;

/// Figures that nobody asks for any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undeclared {
    /// Source id.
    pub source: String,
    /// Dataset.
    pub dataset: String,
    /// The series; none where no pipeline has the dataset.
    pub series: Option<String>,
    /// Figures in force.
    pub figures: u64,
}

impl std::fmt::Display for Undeclared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, dataset, series, figures } = self;
        let what = series.as_ref().map(|series| format!("/{series}")).unwrap_or_default();
        let (stay, them) =
            if *figures == 1 { ("figure stays", "it") } else { ("figures stay", "them") };
        write!(
            f,
            "{source}/{dataset}{what}: no pipeline declares it, and its {figures} {stay} in force; \
             `wsis lake retire {source}/{dataset}{what} --because TEXT` ends {them}"
        )
    }
}

/// Datasets of the newest snapshot that no pipeline has, and series of others that none declares.
///
/// # Errors
/// [`AppError::Failed`] for a file that is damaged or cannot be read.
pub fn undeclared(lake: &Lake, pipelines: &[Pipeline]) -> Result<Vec<Undeclared>, AppError> {
    let failed = |error: wsis_lake::LakeError| AppError::of(&error);
    let Some(head) = lake.snapshot(At::Head).map_err(failed)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (source, dataset) in head.datasets().map_err(failed)? {
        let mut series: BTreeMap<String, u64> = BTreeMap::new();
        for batch in lake.read_latest(&head, &source, &dataset).map_err(failed)? {
            let batch = batch.map_err(failed)?;
            let codes = batch.column_by_name(column::SERIES_CODE);
            let Some(codes) = codes.and_then(|it| it.as_any().downcast_ref::<StringArray>()) else {
                return Err(AppError::Failed(format!("{source}/{dataset}: no column of series")));
            };
            for code in codes.iter().flatten() {
                match series.get_mut(code) {
                    Some(count) => *count += 1,
                    None => drop(series.insert(code.to_owned(), 1)),
                }
            }
        }
        let of_it: Vec<&Pipeline> =
            pipelines.iter().filter(|it| it.source == source && it.dataset == dataset).collect();
        if of_it.is_empty() && !series.is_empty() {
            let figures = series.values().sum();
            found.push(Undeclared { source, dataset, series: None, figures });
            continue;
        }
        for (code, figures) in series {
            if !of_it.iter().any(|it| it.series(&code).is_some()) {
                let (source, dataset) = (source.clone(), dataset.clone());
                found.push(Undeclared { source, dataset, series: Some(code), figures });
            }
        }
    }
    Ok(found)
}
