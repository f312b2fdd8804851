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
use super::message::components::{Component, Components, Kind, Labels};
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
    // Without `STRUCTURE_NAME` that is told by headings that can be no identifiers: words with spaces.
    let is_id = |id: &String| id.chars().all(|c| c.is_alphanumeric() || "_@$-".contains(c));
    let pairs = || ids.get(start..).unwrap_or_default().chunks(2);
    let is_paired = pairs().all(|pair| pair.first().is_none_or(is_id))
        && pairs().any(|pair| pair.get(1).is_some_and(|label| !is_id(label)));
    let in_pairs = ids.iter().any(|id| id == "STRUCTURE_NAME") || (!in_cells && is_paired);
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
        (false, false) => Labels::Elsewhere,
    };
    Some(Components { list, labels, action, ..Components::default() })
}
