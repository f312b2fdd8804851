//! What a pipeline says of its series that its source would pass over without a word, or that is no code.

use wsis_sources::{Mapped, SourceKind};

use super::check::Check;
use super::form::{RawPipeline, RawSeries};
use crate::document::Located;
use crate::error::ErrorKind;

impl Check<'_> {
    /// What a source would pass over without a word: its own formats say it.
    pub(super) fn unused(
        &mut self,
        series: &RawSeries,
        raw: &RawPipeline,
        source: Option<&SourceKind>,
    ) {
        if source.is_none_or(|source| source.mapped != Mapped::Never) {
            return;
        }
        let fields = [
            ("scale", series.scale.as_ref().filter(|it| ***it != 0).map(Located::span)),
            ("column", series.column.as_ref().map(Located::span)),
            ("named", series.named.as_ref().map(Located::span)),
        ];
        for (field, span) in fields {
            let Some(span) = span else { continue };
            let message = format!(
                "series `{}`: `{field}`, which source `{}` does not use",
                series.code.as_str(),
                raw.source.as_str()
            );
            let hint = "remove it: figures of this source are stored as it gives them; tables of \
                        another form are read with source = \"file\"";
            self.add(ErrorKind::InvalidValue, span, message, hint);
        }
    }

    /// A unit is a code, so that figures of two pipelines can be told to be in one unit.
    pub(super) fn unit(&mut self, series: &RawSeries) {
        let of_code = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if series.unit.trim().is_empty() || series.unit.chars().all(of_code) {
            return;
        }
        let (code, unit) = (series.code.as_str(), series.unit.as_str());
        let message = format!("series `{code}`: unit {unit:?} is no code");
        let hint = if unit.contains('%') {
            "write PERCENT; what the source writes may stand in `source_unit`"
        } else {
            "write a code of letters, digits and `_`, as the UN SDG data structure has them (PERCENT, \
             INDEX, PER_100_POP); what the source writes may stand in `source_unit`"
        };
        self.add(ErrorKind::InvalidValue, series.unit.span(), message, hint);
    }
}
