//! The TOML form of what makes rows of records: where they stand in JSON, which dimension is which, and how
//! they are counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::pipeline::Format;

use super::check::Check;
use super::form::RawPipeline;
use super::mapping::{RawMapping, names_their_parts};
use crate::document::Located;
use crate::error::ErrorKind;
use crate::suggest;

/// Where the records of a JSON document stand, and where it names its next page. Each part is told by
/// the names that lead to it, joined with `/`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Document")]
pub(super) struct RawDocument {
    /// The list of records (`"value"`); without it the document is that list, or has only one.
    pub(super) rows: Option<String>,
    /// The address of the next page (`"@odata.nextLink"`): it is asked where it is one of the same host
    /// below `base_url`.
    pub(super) next: Option<String>,
    /// The number of records over all pages (`"@odata.count"`): another number of them is an error.
    pub(super) total: Option<String>,
}

/// A dimension that a record names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NamedDimension")]
pub(super) struct RawNamedDimension {
    /// Heading of its name.
    pub(super) name: String,
    /// Heading of its code.
    pub(super) code: String,
}

/// How records are counted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Count")]
pub(super) struct RawCount {
    /// Columns whose cells hold several, and what separates them: `{ "Action Lines" = ";" }`.
    pub(super) split: BTreeMap<String, String>,
    /// Texts that stand for others, in columns of series, areas and dimensions: `{ "E-health" = "C7-ehealth" }`.
    pub(super) same: BTreeMap<String, String>,
}

impl Check<'_> {
    /// Records that are counted have no other figures, and what is split is used.
    pub(super) fn counted(&mut self, mapping: &Located<RawMapping>, raw: &RawPipeline) {
        let Some(count) = &mapping.count else { return };
        let columns = &mapping.columns;
        let figures = raw.series.iter().find_map(|series| series.column.as_ref());
        if columns.value.is_some() || figures.is_some() {
            let message = "`count` beside a column of figures".to_owned();
            let hint =
                "the number of records is the figure: take `count` out, or the columns of figures";
            self.add(ErrorKind::InvalidValue, count.span(), message, hint);
        }
        if names_their_parts(raw) {
            let message = "`count` of documents that give figures".to_owned();
            let hint =
                "records of tables are counted: format = \"csv\", \"xlsx\", \"json\" and the like";
            self.add(ErrorKind::InvalidValue, count.span(), message, hint);
        }
        let used = [&columns.area, &columns.series, &columns.sex, &columns.age, &columns.location];
        let used: Vec<&str> = used
            .into_iter()
            .filter_map(|it| it.as_deref())
            .chain(mapping.dimensions.values().map(String::as_str))
            .collect();
        for (heading, by) in &count.split {
            if !used.contains(&heading.as_str()) {
                let message =
                    format!("`split` names {heading:?}, which is no series, area or dimension");
                let hint = suggest::hint(heading, used.iter().copied(), "these are");
                self.add(ErrorKind::InvalidValue, count.span(), message, hint);
            }
            if by.is_empty() {
                let message = format!("`split`: what separates the parts of {heading:?} is empty");
                let hint = "write the characters between them, such as \";\"";
                self.add(ErrorKind::InvalidValue, count.span(), message, hint);
            }
        }
    }

    /// Only JSON has parts that are told by names, and only they may lead to the next page.
    pub(super) fn of_json(&mut self, mapping: &Located<RawMapping>, raw: &RawPipeline) {
        let Some(document) = &mapping.document else { return };
        if !raw.file.iter().any(|file| file.format.meaning() == Format::Json) {
            let message = "`document` says where records stand in JSON, and no file is JSON";
            let hint = "write format = \"json\" in [[file]], or take [mapping.document] out";
            self.add(ErrorKind::InvalidValue, document.span(), message.to_owned(), hint);
        }
        let parts =
            [("rows", &document.rows), ("next", &document.next), ("total", &document.total)];
        for (part, _) in
            parts.into_iter().filter(|(_, it)| it.as_ref().is_some_and(|it| it.trim().is_empty()))
        {
            let message = format!("`{part}` of [mapping.document] is empty");
            let hint = "write the names that lead to it, such as \"value\" or \"result/records\"";
            self.add(ErrorKind::InvalidValue, document.span(), message, hint);
        }
    }
}
