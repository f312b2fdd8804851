//! `pipelines/corrections/*.toml`: figures that are known to be wrong, and what is read in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::area::AreaList;
use wsis_model::correction::Correction;
use wsis_model::framework::SeriesRef;
use wsis_model::observation::TOTAL;
use wsis_model::period::YEAR_RANGE;
use wsis_model::pipeline::{Series, folded_code};

use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::{CORRECTIONS_FOLDER, Files};
use crate::id::{ID_RULE, is_id};
use crate::pipeline::Declared;
use crate::suggest;

/// Corrections of a deployment, at most: who needs more has another source.
const CORRECTIONS_MAX: usize = 10_000;

/// Figures of sources that are known to be wrong, `pipelines/corrections/<name>.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "corrections")]
pub(crate) struct RawCorrections {
    /// One for each figure.
    correction: Vec<RawCorrection>,
}

/// One figure. The lake keeps what the source said; scores, tables and the report read the other value, with
/// its reason beside it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Correction")]
struct RawCorrection {
    /// Id, unique in the deployment.
    id: Located<String>,
    /// Id of the pipeline that delivers the figure.
    pipeline: Located<String>,
    /// Code of the series, as the pipeline declares it.
    series: Located<String>,
    /// Area: its code in the code list (`KEN`).
    area: Located<String>,
    /// Calendar year.
    year: Located<i32>,
    /// Sex, a code of the code list; without it the total.
    sex: Option<String>,
    /// Age, likewise.
    age: Option<String>,
    /// Degree of urbanisation, likewise.
    location: Option<String>,
    /// Further dimensions, as the column `dimensions` of `observations` has them.
    dimensions: Option<String>,
    /// The value that the source gives, as `observations_latest` has it. Where it gives another one nothing
    /// is corrected, and that is told. What the source leaves out cannot be filled in.
    expects: Located<f64>,
    /// What is read in its place. Either this, or `missing`.
    value: Option<Located<f64>>,
    /// `true`: there is no figure that could be believed, so there is none.
    missing: Option<Located<bool>>,
    /// Why the source's value is wrong, and where the other one is from.
    reason: Located<String>,
    /// Who says so.
    by: Located<String>,
    /// Who was told of it, with `reported_on`.
    reported_to: Option<Located<String>>,
    /// When, `2026-11-27`.
    reported_on: Option<Located<String>>,
    /// The last day on which it holds, `2027-11-30`.
    expires: Located<String>,
}

/// Reads all corrections. What cannot be read or meant is among the findings.
pub(crate) fn read(
    files: &Files,
    (pipelines, all_read): (&[Declared], bool),
    areas: Option<&AreaList>,
    findings: &mut Vec<ConfigError>,
) -> Vec<Correction> {
    let mut all: Vec<Correction> = Vec::new();
    let mut known = Known::default();
    'files: for source in files.texts(CORRECTIONS_FOLDER) {
        let source = match source {
            Ok(source) => source,
            Err(error) => {
                findings.push(error);
                continue;
            }
        };
        let (raw, errors) = document::read::<RawCorrections>(&source);
        findings.extend(errors);
        let mut check = Check { source: &source, pipelines, all_read, areas, findings };
        for one in raw.into_iter().flat_map(|it| it.correction) {
            if all.len() >= CORRECTIONS_MAX {
                let message = format!("there are more than {CORRECTIONS_MAX} corrections");
                let hint = "leave such a series out, or take it from another source";
                check.add(ErrorKind::InvalidValue, one.id.span(), message, hint);
                break 'files;
            }
            check.against(&one, &known);
            if let Some(correction) = check.correction(&one) {
                known.figures.entry(figure(&one)).or_insert_with(|| correction.id.clone());
                known.ids.insert(correction.id.clone());
                all.push(correction);
            }
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// What a correction is of: pipeline, series, area, year, breakdown.
type Figure = (String, String, String, i32, [String; 4]);

/// The corrections read so far.
#[derive(Default)]
struct Known {
    ids: BTreeSet<String>,
    /// Ids by figure.
    figures: BTreeMap<Figure, String>,
}

fn figure(raw: &RawCorrection) -> Figure {
    let cut = |code: &Option<String>| code.as_deref().unwrap_or(TOTAL).to_owned();
    let dimensions = raw.dimensions.clone().unwrap_or_default();
    let cuts = [cut(&raw.sex), cut(&raw.age), cut(&raw.location), dimensions];
    let (pipeline, area) = (raw.pipeline.as_str().to_owned(), raw.area.as_str().to_owned());
    (pipeline, folded_code(&raw.series), area, *raw.year, cuts)
}

struct Check<'a> {
    source: &'a Arc<SourceText>,
    pipelines: &'a [Declared],
    all_read: bool,
    areas: Option<&'a AreaList>,
    findings: &'a mut Vec<ConfigError>,
}

impl Check<'_> {
    fn add(
        &mut self,
        kind: ErrorKind,
        place: std::ops::Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(self.source.error(kind, place, message, hint));
    }

    /// Two of one id, or of one figure.
    fn against(&mut self, raw: &RawCorrection, known: &Known) {
        if known.ids.contains(raw.id.as_str()) {
            let message = format!("correction `{}` is there already", *raw.id);
            self.add(ErrorKind::Duplicate, raw.id.span(), message, "give each its own id");
        }
        if let Some(other) = known.figures.get(&figure(raw)) {
            let message = format!("correction `{}` is of the figure of `{other}`", *raw.id);
            let hint = "a figure is corrected once: keep one of them";
            self.add(ErrorKind::Duplicate, raw.id.span(), message, hint);
        }
    }

    fn correction(&mut self, raw: &RawCorrection) -> Option<Correction> {
        let before = self.findings.len();
        if !is_id(&raw.id) {
            let message = format!("`id` is `{}`", *raw.id);
            self.add(ErrorKind::InvalidValue, raw.id.span(), message, ID_RULE);
        }
        for (field, text) in [("reason", &raw.reason), ("by", &raw.by)] {
            if text.trim().is_empty() {
                let hint = "say it in words: it stands beside the figure wherever that is shown";
                self.add(ErrorKind::InvalidValue, text.span(), format!("`{field}` is empty"), hint);
            }
        }
        let named = self.series(raw);
        if let Some(areas) = self.areas
            && areas.get(&raw.area).is_none()
        {
            let codes = || areas.areas().iter().map(|area| area.code.as_str());
            let hint = suggest::hint(&raw.area, codes(), "codes are");
            let message = format!("area `{}` is not in the code list", *raw.area);
            self.add(ErrorKind::InvalidValue, raw.area.span(), message, hint);
        }
        if !YEAR_RANGE.contains(&*raw.year) {
            let message = format!("`year` is {}", *raw.year);
            self.add(ErrorKind::InvalidValue, raw.year.span(), message, "write a calendar year");
        }
        let value = self.value(raw, named.as_ref().map(|(.., series)| series));
        let reported = self.reported(raw);
        let expires = self.date("expires", &raw.expires);
        if self.findings.get(before..).is_some_and(|new| new.iter().any(ConfigError::is_error)) {
            return None;
        }
        let cut = |code: &Option<String>| code.as_deref().unwrap_or(TOTAL).to_owned();
        let (source, dataset, series) = named?;
        Some(Correction {
            id: raw.id.as_str().to_owned(),
            pipeline: raw.pipeline.as_str().to_owned(),
            series: SeriesRef {
                source,
                dataset,
                series_code: series.code,
                sex: cut(&raw.sex),
                age: cut(&raw.age),
                location: cut(&raw.location),
                dimensions: raw.dimensions.clone().unwrap_or_default(),
            },
            area: raw.area.as_str().to_owned(),
            year: *raw.year,
            expects: *raw.expects,
            value,
            reason: raw.reason.trim().to_owned(),
            by: raw.by.trim().to_owned(),
            reported,
            expires: expires?,
        })
    }

    /// Source, dataset and declaration of the series.
    fn series(&mut self, raw: &RawCorrection) -> Option<(String, String, Series)> {
        let ids = || self.pipelines.iter().map(|one| one.pipeline.id.as_str());
        let found = self.pipelines.iter().find(|one| one.pipeline.id == **raw.pipeline);
        let Some(Declared { pipeline, .. }) = found else {
            // A pipeline that could not be read is told already.
            if self.all_read {
                let hint = suggest::hint(&raw.pipeline, ids(), "pipelines are");
                let message = format!("there is no pipeline `{}`", *raw.pipeline);
                self.add(ErrorKind::InvalidValue, raw.pipeline.span(), message, hint);
            }
            return None;
        };
        if let Some(series) = pipeline.series(&raw.series) {
            return Some((pipeline.source.clone(), pipeline.dataset.clone(), series.clone()));
        }
        let codes = pipeline.series.iter().map(|series| series.code.as_str());
        let hint = suggest::hint(&raw.series, codes, "series are");
        let message = format!("pipeline `{}` declares no series `{}`", *raw.pipeline, *raw.series);
        self.add(ErrorKind::InvalidValue, raw.series.span(), message, hint);
        None
    }

    /// What is read: a number that can be true, or that there is none. Where neither is said, that is told.
    fn value(&mut self, raw: &RawCorrection, series: Option<&Series>) -> Option<f64> {
        if !raw.expects.is_finite() {
            let message = format!("`expects` is {}", *raw.expects);
            let hint =
                "write the value that the source gives; what it leaves out cannot be filled in";
            self.add(ErrorKind::InvalidValue, raw.expects.span(), message, hint);
        }
        match (&raw.value, raw.missing.as_ref().map(|it| **it)) {
            (None, Some(true)) => None,
            (Some(value), None) => {
                let range = series.and_then(|series| series.range);
                let wrong = if !value.is_finite() {
                    Some("write a number, or `missing = true`".to_owned())
                } else if let Some((least, most)) =
                    range.filter(|(least, most)| !(*least..=*most).contains(&**value))
                {
                    Some(format!("the series declares that only {least} to {most} can be true"))
                } else if value.total_cmp(&raw.expects).is_eq() {
                    Some("that is what the source gives: there is nothing to correct".to_owned())
                } else {
                    None
                };
                if let Some(hint) = wrong {
                    let message = format!("`value` is {}", **value);
                    self.add(ErrorKind::InvalidValue, value.span(), message, hint);
                }
                Some(**value)
            }
            _ => {
                let message = format!("correction `{}` does not say what is read", *raw.id);
                let hint = "write either `value`, or `missing = true`";
                self.add(ErrorKind::MissingField, raw.id.span(), message, hint);
                None
            }
        }
    }

    fn reported(&mut self, raw: &RawCorrection) -> Option<(String, NaiveDate)> {
        match (&raw.reported_to, &raw.reported_on) {
            (Some(to), Some(on)) => {
                if to.trim().is_empty() {
                    let hint = "say who was told, or leave both out";
                    self.add(ErrorKind::InvalidValue, to.span(), "`reported_to` is empty", hint);
                }
                Some((to.trim().to_owned(), self.date("reported_on", on)?))
            }
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => {
                let hint = "write both, or neither where nobody was told yet";
                let message = "`reported_to` and `reported_on` belong together";
                self.add(ErrorKind::MissingField, one.span(), message, hint);
                None
            }
        }
    }

    fn date(&mut self, field: &str, text: &Located<String>) -> Option<NaiveDate> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        if date.is_none() {
            let message = format!("`{field}` is `{}`", **text);
            self.add(
                ErrorKind::InvalidValue,
                text.span(),
                message,
                "write a day, such as 2027-11-30",
            );
        }
        date
    }
}
