//! What frameworks ask for, beside what pipelines deliver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wsis_model::framework::Framework;
use wsis_model::pipeline::{Pipeline, same_code};

use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::is_known_code;
use crate::framework::Said;
use crate::suggest;

/// The codes that frameworks ask for, by source and dataset, each with the indicators that do.
pub(crate) type Asked<'f> = BTreeMap<(&'f str, &'f str), BTreeMap<&'f str, BTreeSet<&'f str>>>;

/// What some frameworks ask for.
pub(crate) fn asked<'f>(frameworks: impl Iterator<Item = &'f Framework>) -> Asked<'f> {
    let mut asked = Asked::new();
    for indicator in frameworks.flat_map(|it| &it.indicators) {
        let Some(series) = &indicator.series else { continue };
        let of_dataset = asked.entry((&series.source, &series.dataset)).or_default();
        of_dataset.entry(&series.series_code).or_default().insert(&indicator.code);
    }
    asked
}

/// Series of a framework that no pipeline declares.
///
/// A framework may ask for more than a deployment delivers: its lines then say that the figures are
/// missing, and this is a warning. A code that is within two letters of a declared one, for which no
/// framework asks, is a slip, and an error. Names of what is missing come first, with the findings.
pub(crate) fn undeclared_series(
    framework: &Framework,
    source: &Arc<SourceText>,
    (pipelines, asked): (&[&Pipeline], &Asked<'_>),
) -> (BTreeSet<String>, Vec<ConfigError>) {
    let mut declared: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for pipeline in pipelines {
        declared
            .entry((&pipeline.source, &pipeline.dataset))
            .or_default()
            .extend(pipeline.series.iter().map(|series| series.code.as_str()));
    }
    let (mut lacking, mut errors) = (BTreeSet::new(), Vec::new());
    let datasets: Vec<String> = declared.keys().map(|(s, d)| format!("{s}/{d}")).collect();
    let handed_in = Said::of(source).handed_in;
    let mut unknown_datasets = BTreeSet::new();
    for indicator in &framework.indicators {
        let Some(series) = &indicator.series else { continue };
        let dataset = (series.source.as_str(), series.dataset.as_str());
        let Some(codes) = declared.get(&dataset) else {
            let is_handed_in = handed_in.contains(&format!("{}/{}", dataset.0, dataset.1));
            if !is_handed_in && unknown_datasets.insert(dataset) {
                lacking.insert(format!("{}/{}", dataset.0, dataset.1));
                let error = source.error(
                    ErrorKind::UnknownIndicator,
                    source.find_quoted(dataset.1),
                    format!("no pipeline delivers dataset {}/{}", dataset.0, dataset.1),
                    format!(
                        "its figures are shown as missing; declare a pipeline for it, or name one \
                         of: {}",
                        suggest::listed(datasets.iter().map(String::as_str))
                    ),
                );
                errors.push(error.warning());
            }
            continue;
        };
        if !codes.iter().any(|code| same_code(code, &series.series_code)) {
            // Who leaves one of two series out has not misspelt the other. The same indicator in another
            // framework asks for what this one means.
            let of_dataset = asked.get(&dataset);
            let is_asked = |code: &str| {
                let mut of_code = of_dataset.into_iter().flatten();
                of_code.any(|(asked, by)| {
                    same_code(asked, code) && by.iter().any(|other| *other != indicator.code)
                })
            };
            // Nor who declares one that nobody scores, where the program's own pipelines have both.
            let is_known = is_known_code(&series.series_code);
            let is_right = |code: &str| is_asked(code) || (is_known && is_known_code(code));
            let unasked = codes.iter().copied().filter(|code| !is_right(code));
            let slip = suggest::slip(&series.series_code, unasked);
            let error = source.error(
                ErrorKind::UnknownIndicator,
                source.find_quoted(&series.series_code),
                format!(
                    "indicator `{}` asks for series `{}`, which no pipeline of {}/{} declares",
                    indicator.code, series.series_code, dataset.0, dataset.1
                ),
                match slip {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "its figures are shown as missing; declare the series in that pipeline"
                        .to_owned(),
                },
            );
            if slip.is_none() {
                lacking.insert(format!("{}/{}/{}", dataset.0, dataset.1, series.series_code));
            }
            errors.push(if slip.is_some() { error } else { error.warning() });
        }
    }
    (lacking, errors)
}
