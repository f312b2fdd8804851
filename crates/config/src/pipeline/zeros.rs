//! Zeros that mean that there is no value, as a pipeline declares them.

use wsis_model::pipeline::same_code;
use wsis_sources::{Mapped, SourceKind};

use super::check::Check;
use super::form::{RawPipeline, RawSeries};
use crate::error::ErrorKind;

impl Check<'_> {
    /// A rule on zeros says what it needs, and of what.
    pub(super) fn zeros(&mut self, series: &RawSeries, raw: &RawPipeline) {
        let code = series.code.as_str();
        match &series.zero_means {
            Some(means) if means.trim().is_empty() => {
                let message = format!("series `{code}`: `zero_means` is empty");
                let hint = "say why there is no value, such as \"not surveyed\"";
                self.add(ErrorKind::InvalidValue, means.span(), message, hint);
            }
            None if !series.zero_when.is_empty() => {
                let message = format!("series `{code}`: `zero_when` without `zero_means`");
                let hint = "say what such a 0 means, such as zero_means = \"not surveyed\"";
                self.add(ErrorKind::MissingField, series.code.span(), message, hint);
            }
            _ => {}
        }
        for when in &series.zero_when {
            let mut wrong = |message: String, hint: &str| {
                self.add(ErrorKind::InvalidValue, when.span(), message, hint.to_owned());
            };
            if when.years.is_none() && when.footnote.is_none() && when.beside.is_none() {
                wrong(
                    format!("series `{code}`: a condition of `zero_when` names nothing"),
                    "write `years`, `footnote` or `beside` with `is`",
                );
            }
            if when.years.is_some_and(|[first, last]| first > last) {
                wrong(
                    format!("series `{code}`: the years of `zero_when` run backwards"),
                    "write the first year first",
                );
            }
            if when.footnote.as_ref().is_some_and(|text| text.trim().is_empty()) {
                wrong(
                    format!("series `{code}`: the `footnote` of `zero_when` is empty"),
                    "write a part of the footnote's text",
                );
            }
            match (&when.beside, when.is) {
                (Some(other), Some(_)) => {
                    // Only tables in which columns are series have several series in one record.
                    let several = SourceKind::of(&raw.source).is_none_or(|source| {
                        source.series.is_some() || source.mapped == Mapped::Always
                    });
                    let known = raw.series.iter().any(|series| same_code(&series.code, other));
                    if !several {
                        wrong(
                            format!("series `{code}`: `beside` names `{other}`"),
                            "a record of this source has one series only; use `years` or `footnote`",
                        );
                    } else if !known || same_code(other, code) {
                        wrong(
                            format!("series `{code}`: `beside` names `{other}`"),
                            "name another series that this pipeline declares",
                        );
                    }
                }
                (None, None) => {}
                _ => wrong(
                    format!("series `{code}`: `beside` and `is` belong together"),
                    "write both, such as { beside = \"EGDI\", is = \"zero\" }",
                ),
            }
        }
    }
}
