//! Collects findings of one file, so that a user sees all of them at once.

use std::ops::Range;
use std::sync::Arc;

use crate::document::Located;
use crate::error::{ConfigError, ErrorKind, SourceText};

/// The findings of one file so far.
pub(super) struct Findings {
    source: Arc<SourceText>,
    found: Vec<ConfigError>,
}

impl Findings {
    pub(super) const fn new(source: Arc<SourceText>) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Adds a finding about the tree, the weights or the goalposts.
    pub(super) fn add(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add_kind(ErrorKind::Framework, span, message, hint);
    }

    /// Adds a finding of another kind.
    pub(super) fn add_kind(
        &mut self,
        kind: ErrorKind,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push(self.source.error(kind, span, message, hint));
    }

    /// Line of a place, to name it in a message about another one.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.source.position(span.start).0
    }

    /// A text that may not be empty.
    pub(super) fn filled(&mut self, of: &str, field: &str, value: &Located<String>) {
        if value.get_ref().trim().is_empty() {
            self.add(
                value.span(),
                format!("`{of}`: `{field}` is empty"),
                format!("write the {field} in words"),
            );
        }
    }

    /// A number that must be finite; TOML can write `nan` and `inf`.
    pub(super) fn finite(&mut self, of: &str, field: &str, value: &Located<f64>) -> bool {
        let finite = value.get_ref().is_finite();
        if !finite {
            self.add(
                value.span(),
                format!("`{of}`: `{field}` is {}", value.get_ref()),
                "write a finite number",
            );
        }
        finite
    }

    /// A share within [0, 1].
    pub(super) fn share(&mut self, of: &str, field: &str, value: &Located<f64>) {
        if self.finite(of, field, value) && !(0.0..=1.0).contains(value.get_ref()) {
            self.add(
                value.span(),
                format!("`{of}`: `{field}` is {}", value.get_ref()),
                "write a share from 0 to 1 (0.5 means half of the weight)",
            );
        }
    }

    /// True while nothing was found.
    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Number of findings so far.
    pub(super) const fn len(&self) -> usize {
        self.found.len()
    }

    /// All findings, by place.
    pub(super) fn into_sorted(mut self) -> Vec<ConfigError> {
        self.found
            .sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
        self.found
    }
}
