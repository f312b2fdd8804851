//! What is wrong in a configuration, where, and what would be right.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

/// The text of one configuration file, so that an error can point into it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    name: String,
    text: String,
    /// Byte at which each line begins: a file of faults asks for a place a hundred thousand times.
    starts: Vec<usize>,
}

impl SourceText {
    /// Wraps a file's name, as shown to people, and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Arc::new(Self { name: name.into(), text, starts })
    }

    /// Name of the file, relative to the deployment's folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, both from 1, the column in characters. A position past the end gives the
    /// end.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= end);
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        let column = self.text.get(start..end).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// An error at a byte range of this file. `message` (what was found) and
    /// `hint` (what would be right) are lower case and carry no
    /// full stop: "unknown field `page`", "did you mean `page_size`?".
    pub fn error(
        self: &Arc<Self>,
        kind: ErrorKind,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> ConfigError {
        let (line, column) = self.position(span.start);
        ConfigError {
            severity: Severity::Error,
            kind,
            file: self.name.clone(),
            line,
            column,
            message: cut(message.into()),
            hint: cut(hint.into()),
            span,
            source_text: Some(Arc::clone(self)),
        }
    }

    /// Byte range of the first `"text"` in quotation marks, for facts whose own place was not
    /// kept; the start of the file if there is none.
    pub fn find_quoted(&self, text: &str) -> Range<usize> {
        let quoted = format!("\"{text}\"");
        self.text.find(&quoted).map_or(0..0, |at| at..at + quoted.len())
    }
}

/// Most characters of a message and of a hint: what was found may be three million.
const MESSAGE_MAX: usize = 2_000;

/// Most characters of a line of a file that are shown, from [`BEFORE_MAX`] before the place on.
const EXCERPT_MAX: usize = 240;
const BEFORE_MAX: usize = 80;

/// The first of a text that is too long to read.
fn cut(text: String) -> String {
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((at, _)) => format!("{} ...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Whether a finding stops the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but something will not work as it stands.
    Warning,
}

/// Kind of a finding; [`ErrorKind::code`] is stable, scripts may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// A file or folder could not be read.
    Unreadable,
    /// Not UTF-8, or not TOML, or not CSV.
    Syntax,
    /// A field that does not exist.
    UnknownField,
    /// A required field is absent.
    MissingField,
    /// A value of another type.
    WrongType,
    /// Something that a draft leaves to a person.
    Undecided,
    /// A value of the right type that cannot be meant.
    InvalidValue,
    /// Something is declared twice.
    Duplicate,
    /// A cron line that is not one, or that never fires.
    ImpossibleSchedule,
    /// A time zone that the IANA database does not know.
    UnknownTimezone,
    /// An agency that `workspace.toml` does not declare.
    UnknownAgency,
    /// A source for which there is no decoder.
    UnknownSource,
    /// A series or indicator that is not declared.
    UnknownIndicator,
    /// A framework that does not exist.
    UnknownFramework,
    /// A plain http address that was not allowed.
    InsecureAddress,
    /// An environment variable with a secret is not set.
    MissingSecret,
    /// A code list contradicts itself.
    CodeList,
    /// A framework's tree, weights or goalposts cannot be used.
    Framework,
}

impl ErrorKind {
    /// Stable lower-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Syntax => "syntax",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::Undecided => "undecided",
            Self::InvalidValue => "invalid_value",
            Self::Duplicate => "duplicate",
            Self::ImpossibleSchedule => "impossible_schedule",
            Self::UnknownTimezone => "unknown_timezone",
            Self::UnknownAgency => "unknown_agency",
            Self::UnknownSource => "unknown_source",
            Self::UnknownIndicator => "unknown_indicator",
            Self::UnknownFramework => "unknown_framework",
            Self::InsecureAddress => "insecure_address",
            Self::MissingSecret => "missing_secret",
            Self::CodeList => "code_list",
            Self::Framework => "framework",
        }
    }
}

/// One finding. Shown as `file:line:column: what was found; what would be right`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{file}:{line}:{column}: {message}; {hint}")]
pub struct ConfigError {
    /// Whether it stops the work.
    pub severity: Severity,
    /// What kind of finding it is.
    pub kind: ErrorKind,
    /// File, relative to the deployment's folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was found.
    pub message: String,
    /// What would be right.
    pub hint: String,
    /// Byte range in the file.
    #[serde(skip)]
    span: Range<usize>,
    /// The file's text, for excerpts.
    #[serde(skip)]
    source_text: Option<Arc<SourceText>>,
}

impl ConfigError {
    /// A finding about a file or folder as a whole, where there is no text to point into.
    pub fn whole_file(
        kind: ErrorKind,
        file: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            kind,
            file: file.into(),
            line: 1,
            column: 1,
            message: message.into(),
            hint: hint.into(),
            span: 0..0,
            source_text: None,
        }
    }

    /// The same finding as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same finding without the line of the file: the line may hold a secret.
    #[must_use]
    pub(crate) fn without_excerpt(mut self) -> Self {
        self.source_text = None;
        self
    }

    /// Whether the finding stops the work.
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }

    /// The line it points at, with the place underlined; empty when there is no text.
    fn excerpt(&self) -> String {
        let Some(line) =
            self.source_text.as_ref().and_then(|s| s.text.lines().nth(self.line.saturating_sub(1)))
        else {
            return String::new();
        };
        let from = if line.chars().count() > EXCERPT_MAX {
            (self.column - 1).saturating_sub(BEFORE_MAX)
        } else {
            0
        };
        let line: String = line.chars().skip(from).take(EXCERPT_MAX).collect();
        let column = self.column - from;
        let left = line.chars().count().saturating_sub(column - 1).max(1);
        let marked = self.source_text.as_ref().and_then(|s| s.text.get(self.span.clone()));
        let width =
            marked.map_or(1, |text| text.lines().next().unwrap_or_default().chars().count());
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(column - 1);
        let marks = "^".repeat(width.clamp(1, left));
        // A tab would move the marks: one blank for each keeps the columns aligned.
        let line = line.replace('\t', " ");
        format!("{gutter} |\n{number} | {line}\n{gutter} | {indent}{marks}\n")
    }
}

impl miette::Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.kind.code()))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.hint))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source_text.as_ref().map(|source| &source.text as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.source_text.as_ref()?;
        let label =
            miette::LabeledSpan::new_with_span(Some(self.message.clone()), self.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// All that is wrong in a deployment, in order of file and line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl miette::Diagnostic for ConfigErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|error| error as &dyn miette::Diagnostic)))
    }
}

/// The findings as text for a terminal without colour: one block each, the line it points at
/// underlined, and a closing count.
pub fn report(findings: &[ConfigError]) -> String {
    let mut out = blocks(findings);
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    let _ = writeln!(out, "{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    out
}

/// [`report`] without the count.
pub fn blocks(findings: &[ConfigError]) -> String {
    let mut out = String::new();
    for finding in findings {
        let label = if finding.is_error() { "error" } else { "warning" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{label}[{}]: {}:{}:{}: {}",
            finding.kind.code(),
            finding.file,
            finding.line,
            finding.column,
            finding.message
        );
        out.push_str(&finding.excerpt());
        let _ = writeln!(out, "  hint: {}\n", finding.hint);
    }
    out
}

/// `1 error`, `2 errors`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
