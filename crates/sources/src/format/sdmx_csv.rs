//! SDMX-CSV 1.0 and 2.0 (field guides of the SDMX technical working group), with codes, with codes
//! and labels in one cell (`A: Annual`), or with labels in columns of their own; and the files of
//! World Bank Data360, whose labels stand in `<ID>_LABEL` columns.
//!
//! Without its structure a message does not say which columns are dimensions. What is not known as
//! an attribute, and not left out by the mapping, is taken for one: a key that is too long loses
//! nothing.

use std::sync::LazyLock;

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::observation::RowSink;

use super::Decoder;
use super::declared::{Headings, Reading, decode, inspect};
use super::lines::Line;
use crate::mapping::layout::{Dimension, Header, Layout, Place};
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, table};

/// Messages.
pub(crate) struct SdmxCsv {
    /// Whose spellings of areas they use, where their mapping does not say.
    pub(crate) areas_of: Option<&'static str>,
}

/// Concepts that are no dimensions: attributes of the cross-domain concepts, and those of Data360.
const ATTRIBUTES: &[&str] = &[
    "AGG_METHOD",
    "COLLECTION",
    "COMMENT_OBS",
    "COMMENT_TS",
    "COMPILATION",
    "COMPILING_ORG",
    "CONF_STATUS",
    "DATABASE_ID",
    "DATA_COMP",
    "DATA_SOURCE",
    "DECIMALS",
    "EMBARGO_TIME",
    "FREQ",
    "FREQUENCY",
    "LATEST_DATA",
    "OBS_COMMENT",
    "OBS_CONF",
    "OBS_PRE_BREAK",
    "OBS_QUAL",
    "PRE_BREAK_VALUE",
    "SOURCE_AGENCY",
    "TIME_FORMAT",
    "TITLE",
    "TITLE_COMPL",
    "UNIT_TYPE",
];

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
        inspect(&Reading::by(job, request, &Components, mapping), body)
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
        let reading = Reading::by(job, request, &Components, &mapping);
        let is_file = request.file(job.pipeline).is_some();
        let label = mapping.areas_of.as_deref().or(self.areas_of);
        decode(&reading, label.unwrap_or(&job.pipeline.source), (body, is_file), out)
    }
}

/// The components of a message as columns.
struct Components;

/// What the header says of the columns.
struct Message {
    /// Identifiers of components; empty for labels and the envelope.
    ids: Vec<String>,
    passed_over: Vec<bool>,
    labelled: bool,
    /// Whether every component is followed by its name, in a column of its own.
    in_pairs: bool,
    action: Option<usize>,
}

impl Headings for Components {
    fn layout<'p>(
        &self,
        reading: &Reading<'p>,
        header: Line<'_>,
    ) -> Result<Layout<'p>, DecodeError> {
        let found = components(header)?;
        let has = |id: &str| found.ids.iter().any(|known| known == id);
        let own = &reading.mapping.columns;
        let or = |declared: &Option<String>, usual: &[&str]| {
            let usual = usual.iter().find(|id| has(id)).map(|id| (*id).to_owned());
            declared.clone().or(usual)
        };
        let columns = Columns {
            area: or(&own.area, &["REF_AREA", "GEO", "GEO_PICT", "LOCATION", "COUNTRY"]),
            area_name: own.area_name.clone(),
            year: or(&own.year, &["TIME_PERIOD"]),
            series: or(&own.series, &["INDICATOR", "SERIES"]),
            title: own.title.clone(),
            value: or(&own.value, &["OBS_VALUE"]),
            sex: or(&own.sex, &["SEX"]),
            age: or(&own.age, &["AGE"]),
            location: or(&own.location, &["URBANISATION"]),
            unit: or(&own.unit, &["UNIT_MEASURE"]),
            unit_mult: or(&own.unit_mult, &["UNIT_MULT"]),
            status: or(&own.status, &["OBS_STATUS"]),
            flag: own.flag.clone(),
            footnote: or(&own.footnote, &["COMMENT_OBS", "OBS_COMMENT"]),
        };
        for (part, heading) in [("area", &columns.area), ("period", &columns.year)] {
            if heading.is_none() {
                return Err(DecodeError::Columns {
                    missing: format!("the {part}; name it in the mapping"),
                    found: table::shown(header.shown()),
                });
            }
        }
        let mapping = Mapping { columns, dimensions: Vec::new(), ..reading.mapping.clone() };
        let header = Header {
            pipeline: reading.job.pipeline,
            mapping: &mapping,
            edition: None,
            headings: found.ids.clone(),
            passed_over: found.passed_over.clone(),
        };
        let mut layout = header.layout(reading.job)?;
        place_others(&found, &mapping, reading.mapping, &mut layout);
        let of_series = mapping.columns.series.as_deref().map(|id| format!("{id}_LABEL"));
        let title = found.ids.iter().position(|id| of_series.as_ref() == Some(id));
        // In pairs the column after the series has its name.
        let of_pair = mapping.columns.series.as_ref().filter(|_| found.in_pairs);
        let of_pair = of_pair.and_then(|id| found.ids.iter().position(|known| known == id));
        let title = title.or(of_pair.map(|at| at + 1).filter(|at| *at < found.ids.len()));
        layout.title = layout.title.or(title.map(Place::Column));
        layout.action = found.action.map(Place::Column);
        layout.labelled = found.labelled;
        layout.remarks.clear();
        Ok(layout)
    }
}

/// Adds every column that is neither used nor an attribute as a dimension. Names that the pipeline
/// gives to dimensions are used in place of the identifiers.
fn place_others(found: &Message, used: &Mapping, own: &Mapping, layout: &mut Layout<'_>) {
    let parts: Vec<&str> = used.columns.named().map(|(_, heading)| heading).collect();
    for (at, (id, over)) in found.ids.iter().zip(&found.passed_over).enumerate() {
        let is = |list: &[&str]| list.contains(&id.as_str());
        let is_ignored = own.ignore.iter().any(|it| it == id);
        if *over || id.is_empty() || is(&parts) || is(ATTRIBUTES) || is_ignored {
            continue;
        }
        let named = own.dimensions.iter().find(|(_, heading)| heading == id);
        let name = match named {
            Some((name, _)) => name.clone(),
            // A price base is part of what was measured, so of the key (V9).
            None if id == "BASE_PER" => "BasePeriod".to_owned(),
            None => id.clone(),
        };
        layout.dimensions.push((name, Dimension::At(Place::Column(at))));
    }
}

/// Reads the header.
fn components(header: Line<'_>) -> Result<Message, DecodeError> {
    let headings: Vec<&str> = header.shown().map(str::trim).collect();
    let first = headings.first().copied().unwrap_or_default();
    if !matches!(first.split('[').next(), Some("DATAFLOW" | "STRUCTURE")) {
        return Err(DecodeError::Columns {
            missing: "DATAFLOW or STRUCTURE, with which SDMX-CSV begins".to_owned(),
            found: table::shown(header.shown()),
        });
    }
    let labelled = headings.iter().any(|heading| heading.contains(": "));
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
    let in_pairs = ids.iter().any(|id| id == "STRUCTURE_NAME");
    let start = ids.iter().position(|id| !in_envelope(id)).unwrap_or(ids.len());
    let passed_over: Vec<bool> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| {
            let before = at.checked_sub(1).and_then(|before| ids.get(before));
            let is_label = before.is_some_and(|before| *id == format!("{before}_LABEL"));
            at < start || is_label || (in_pairs && (at - start) % 2 == 1)
        })
        .collect();
    Ok(Message { ids, passed_over, labelled, in_pairs, action })
}
