//! SDMX-CSV 1.0 and 2.0 (field guides of the SDMX technical working group), with codes, with codes
//! and labels in one cell (`A: Annual`), or with labels in columns of their own; and the files of
//! World Bank Data360, whose labels stand in `<ID>_LABEL` columns.
//!
//! Without its structure a message does not say which columns are dimensions. What is not known as
//! an attribute, and not left out by the mapping, is taken for one: a key that is too long loses
//! nothing.

use std::sync::LazyLock;

use wsis_model::mapping::Mapping;
use wsis_model::observation::RowSink;

use super::Decoder;
use super::declared::{Headings, Reading, decode, inspect};
use super::lines::Line;
use super::message::components::{
    Component, Components, Kind, Labels, is_capital, is_identifier, is_usual,
};
use crate::mapping::layout::{Layout, Place};
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, table};

/// Messages.
pub(crate) struct SdmxCsv {
    /// Whose spellings of areas they use, where their mapping does not say.
    pub(crate) areas_of: Option<&'static str>,
}

/// What stands before the components in version 2, and in version 1.
const ENVELOPE: &[&str] =
    &["STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY", "OBS_KEY", "DATAFLOW"];

/// The mapping of pipelines that declare none.
static STANDARD: LazyLock<Mapping> = LazyLock::new(Mapping::default);

impl Decoder for SdmxCsv {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let mapping = job.pipeline.mapping.as_ref().unwrap_or(&STANDARD);
        inspect(&Reading::by(job, request, &Columns, mapping), body)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        // Of a measure that is not observed the standard writes NaN.
        let mut mapping = job.pipeline.mapping.clone().unwrap_or_default();
        mapping.numbers.missing.push("NaN".to_owned());
        let reading = Reading::by(job, request, &Columns, &mapping);
        let is_file = request.file(job.pipeline).is_some();
        let label = mapping.areas_of.as_deref().or(self.areas_of);
        decode(&reading, label.unwrap_or(&job.pipeline.source), (body, is_file), out)
    }
}

/// The components of a message as columns.
struct Columns;

impl Headings for Columns {
    fn layout<'p>(
        &self,
        reading: &Reading<'p>,
        header: Line<'_>,
    ) -> Result<Layout<'p>, DecodeError> {
        let found = components(header)?;
        let mut layout = found.layout(reading.job, reading.mapping)?;
        let pipeline = reading.job.pipeline;
        if pipeline.source == "data360" {
            let at = found.list.iter().position(|it| it.id == "DATABASE_ID");
            layout.database = at.map(|at| (Place::Column(at), pipeline.dataset.as_str()));
        }
        Ok(layout)
    }
}

/// Reads the header.
fn components(header: Line<'_>) -> Result<Components, DecodeError> {
    let headings: Vec<&str> = header.shown().map(str::trim).collect();
    of_headings(&headings).ok_or_else(|| DecodeError::Columns {
        missing: "DATAFLOW or STRUCTURE, with which SDMX-CSV begins".to_owned(),
        found: table::shown(header.shown()),
    })
}

/// Whether headings are those of components, each followed by its name, where nothing says so. What is taken
/// for a name is no part of the key, and a dimension that is not would be lost: one heading that does not
/// fit is enough for no.
fn are_pairs(headings: &[String]) -> bool {
    let ids = || headings.iter().step_by(2);
    // `SEX` in a place of names is none, in whatever letters, unless it is beside a component `SEX`.
    let is_another = |name: &str| is_usual(name) && !ids().any(|id| id.eq_ignore_ascii_case(name));
    let mut names = headings.iter().skip(1).step_by(2);
    let fits = |name: &String| !is_capital(name) && !is_another(name);
    headings.len().is_multiple_of(2)
        && ids().all(|id| is_capital(id))
        && names.clone().all(fits)
        && names.any(|name| !is_identifier(name))
}

/// The components of headings; none where they are not those of SDMX-CSV.
pub(crate) fn of_headings(headings: &[&str]) -> Option<Components> {
    let first = headings.first().copied().unwrap_or_default();
    if !matches!(first.split('[').next(), Some("DATAFLOW" | "STRUCTURE")) {
        return None;
    }
    let in_cells = headings.iter().any(|heading| heading.contains(": "));
    let ids: Vec<String> = headings
        .iter()
        .map(|heading| {
            // `STRUCTURE[;]` names the separator of lists, `ATTR[]` is a list, `ATTR[en;fr]` a text.
            let id = heading.split(": ").next().unwrap_or_default();
            id.split('[').next().unwrap_or_default().trim().to_owned()
        })
        .collect();
    let action = ids.iter().position(|id| id == "ACTION");
    let in_envelope = |id: &str| ENVELOPE.contains(&id);
    // With labels in columns of their own, a component and its label follow each other.
    let start = ids.iter().position(|id| !in_envelope(id)).unwrap_or(ids.len());
    let said = ids.iter().any(|id| id == "STRUCTURE_NAME");
    let in_pairs = said || (!in_cells && are_pairs(ids.get(start..).unwrap_or_default()));
    let kind = |(at, id): (usize, &String)| {
        let before = at.checked_sub(1).and_then(|before| ids.get(before));
        let is_label = before.is_some_and(|before| *id == format!("{before}_LABEL"));
        if at < start || is_label || (in_pairs && (at - start) % 2 == 1) {
            Kind::Apart
        } else {
            Kind::Unknown
        }
    };
    let list = ids.iter().enumerate().map(|it| Component::new(it.1.as_str(), kind(it))).collect();
    let labels = match (in_cells, in_pairs) {
        (true, _) => Labels::InCells,
        (false, true) => Labels::Beside,
        (false, false) if ids.iter().all(|id| is_capital(id)) => Labels::Elsewhere,
        (false, false) => Labels::BesideSome,
    };
    Some(Components { list, labels, action, ..Components::default() })
}
