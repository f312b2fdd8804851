//! What a pipeline says and its source would pass over without a word.

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
}
