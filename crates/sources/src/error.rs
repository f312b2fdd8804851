//! What can be wrong with a plan or a body.

use crate::ContentKind;

/// A pipeline that cannot be turned into requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// `base_url` and the path do not make an address.
    #[error(
        "pipeline {pipeline}: {url:?} is not an address ({why}); base_url should be like https://host/path"
    )]
    Address {
        /// Pipeline id.
        pipeline: String,
        /// The text.
        url: String,
        /// What the parser says.
        why: String,
    },
    /// Neither series nor files.
    #[error("pipeline {pipeline}: nothing to ask for; declare at least one {wanted}")]
    Nothing {
        /// Pipeline id.
        pipeline: String,
        /// `[[series]]` or `[[file]]`.
        wanted: &'static str,
    },
    /// A file of a format that the source's decoder does not read.
    #[error(
        "pipeline {pipeline}: file {path:?} is {format}, which source {source_id} does not read"
    )]
    Format {
        /// Pipeline id.
        pipeline: String,
        /// File path.
        path: String,
        /// Declared format.
        format: &'static str,
        /// The source.
        source_id: &'static str,
    },
}

/// A body that is not what was asked for. Says what was found and what would be right; the
/// caller adds the address.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No bytes, or only white space and padding.
    #[error("the body is empty; expected {expected}")]
    Empty {
        /// What should be there.
        expected: &'static str,
    },
    /// An HTML page (portal down, sign-in, redirect) in place of data.
    #[error("not {expected} but an HTML page, starting with {start:?}")]
    Html {
        /// What should be there.
        expected: &'static str,
        /// First characters.
        start: String,
    },
    /// Some other content: XML, an archive, binary data.
    #[error("not {expected} but {found}, starting with {start:?}")]
    Content {
        /// What should be there.
        expected: &'static str,
        /// What it looks like.
        found: &'static str,
        /// First characters.
        start: String,
    },
    /// The source says that a parameter is wrong (World Bank message 120).
    #[error(
        "the source refuses a parameter (message {id}, {key}): {text}; check the series code and the years"
    )]
    InvalidParameter {
        /// Message id.
        id: String,
        /// Message key.
        key: String,
        /// Message text.
        text: String,
    },
    /// The source says that the series was deleted or archived (World Bank message 175).
    #[error(
        "the source has withdrawn or archived the series (message {id}, {key}): {text}; ask its owner, or remove it from the pipeline"
    )]
    WithdrawnOrArchived {
        /// Message id.
        id: String,
        /// Message key.
        key: String,
        /// Message text.
        text: String,
    },
    /// Another message in place of data.
    #[error("the source answers with message {id} ({key}) in place of data: {text}")]
    Message {
        /// Message id.
        id: String,
        /// Message key.
        key: String,
        /// Message text.
        text: String,
    },
    /// JSON that breaks off.
    #[error(
        "truncated JSON: it ends at line {line}, column {column}, inside the document that starts with {start:?}"
    )]
    Truncated {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// First characters.
        start: String,
    },
    /// Text that is not JSON.
    #[error("not JSON at line {line}, column {column}: {why}; the document starts with {start:?}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        why: String,
        /// First characters.
        start: String,
    },
    /// Text that is not XML, or XML that breaks off.
    #[error("not XML at byte {at}: {why}; the document starts with {start:?}")]
    Xml {
        /// Byte, from 0.
        at: u64,
        /// What is wrong.
        why: String,
        /// First characters.
        start: String,
    },
    /// Elements within elements without end.
    #[error("an element lies {limit} deep in others at byte {at}; a message has at most 12")]
    Nested {
        /// Byte, from 0.
        at: u64,
        /// How deep is read.
        limit: usize,
    },
    /// JSON must be UTF-8.
    #[error("byte {at} is not UTF-8, which JSON has to be; the document starts with {start:?}")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        at: usize,
        /// First characters.
        start: String,
    },
    /// Text in another encoding than the pipeline declares.
    #[error("the text is not {declared}, as the mapping says; it starts with {start:?}")]
    Encoding {
        /// As declared.
        declared: &'static str,
        /// First characters.
        start: String,
    },
    /// JSON of another form.
    #[error("{found}; expected {expected}")]
    Shape {
        /// What was found.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Another page than the one asked for.
    #[error("page {got} came where page {asked} was asked for")]
    Page {
        /// Asked for.
        asked: u32,
        /// As the body says.
        got: u32,
    },
    /// Figures of another database than the one asked for: a code can have others in it.
    #[error("an answer of database {got} came where database {asked} was asked for")]
    Database {
        /// Asked for.
        asked: String,
        /// As the body says.
        got: String,
    },
    /// A table without columns that it needs.
    #[error("the table has no column for {missing}; its header is {found:?}")]
    Columns {
        /// What is missing, with the accepted headings.
        missing: String,
        /// The header as found.
        found: String,
    },
    /// No row is the header that the mapping names; which one is likeliest, and what is not in it.
    #[error(
        "no row holds every heading that the mapping names: {place} holds {found} of {named}, and \
         none is {missing}; it reads {reads:?}{hint}"
    )]
    Header {
        /// Where the likeliest row stands (`line 3`, `sheet "Data", row 2`).
        place: String,
        /// How many of the headings it holds.
        found: usize,
        /// How many are named.
        named: usize,
        /// Those that it does not hold.
        missing: String,
        /// Its text.
        reads: String,
        /// What may be meant.
        hint: String,
    },
    /// A table with one column twice.
    #[error("columns {first:?} and {second:?} both stand for {role}; expected one")]
    DoubleColumn {
        /// First heading.
        first: String,
        /// Second heading.
        second: String,
        /// What both stand for.
        role: String,
    },
    /// A table of another edition than the one asked for (W22).
    #[error(
        "{place} is of survey year {found}, but edition {asked} was asked for; nothing of this table was taken"
    )]
    Edition {
        /// Edition of the pipeline.
        asked: i32,
        /// Year in the table.
        found: i32,
        /// Where the row stands (`line 4`, `sheet "2022", row 4`).
        place: String,
    },
    /// A list that does not name the file.
    #[error(
        "none of the {addresses} addresses in it fits {pattern:?}, the `path` of the file{instance}"
    )]
    NotListed {
        /// The whole pattern.
        pattern: String,
        /// How many addresses stand in it.
        addresses: u64,
        /// One of them, in words; empty where there is none.
        instance: String,
    },
    /// The request is not one of the pipeline's files.
    #[error("{id:?} is not a file of pipeline {pipeline}")]
    UnknownFile {
        /// Request id.
        id: String,
        /// Pipeline id.
        pipeline: String,
    },
    /// A body kind that this source does not have.
    #[error(
        "source {source_id} does not read {} in this place; declare the file with a `format` that it reads",
        .kind.shown()
    )]
    UnknownKind {
        /// Source id.
        source_id: String,
        /// The kind.
        kind: ContentKind,
    },
    /// A table without a mapping.
    #[error("pipeline {pipeline} has no [mapping], which says what the columns of its tables are")]
    NoMapping {
        /// Pipeline id.
        pipeline: String,
    },
    /// A workbook that cannot be read.
    #[error("not a readable workbook (xlsx or ods): {why}")]
    Workbook {
        /// What is wrong.
        why: String,
    },
    /// A body that holds more than any real one does.
    #[error(
        "{what} is over the limit of {limit} ({name} under [{}] in workspace.toml)",
        section(name)
    )]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit.
        limit: u64,
        /// Its name.
        name: &'static str,
    },
    /// A table that ends inside a quotation mark: what stands behind that is in one cell.
    #[error(
        "the table ends inside a quotation mark that opens in line {line}: {lines} line ends behind \
         it are in one cell, and the rows there are lost; close it, or double it where it is text"
    )]
    OpenQuote {
        /// Line of the mark, from 1.
        line: u64,
        /// Line ends behind it.
        lines: u64,
    },
    /// A header with one heading several times.
    #[error("heading {heading:?} stands {times} times in the header; expected each once")]
    RepeatedHeading {
        /// The heading.
        heading: String,
        /// How often.
        times: usize,
    },
    /// Headings that hold a year in a form that is not known: their figures are not passed over.
    #[error(
        "columns {columns} hold a year in a form that is not known; expected headings such as \
         2019, 2019 [YR2019], YR2019 or X2019"
    )]
    YearHeadings {
        /// The headings.
        columns: String,
    },
    /// A series whose title has the declared words and other numbers (F07).
    #[error(
        "series {series} is titled {found:?} now, {declared:?} is declared: its base may have \
         changed; if that is right, write the new title into the pipeline and declare a break"
    )]
    Title {
        /// Series code.
        series: String,
        /// As delivered.
        found: String,
        /// As declared.
        declared: String,
    },
    /// A zip or gzip archive that cannot be read, or does not hold one table.
    #[error("not a usable archive: {why}")]
    Archive {
        /// What is wrong.
        why: String,
    },
    /// The work was to stop: its time was over, or the user stopped it.
    #[error("stopped while the body was read")]
    Stopped,
    /// A bug met on the way; the body is left alone.
    #[error(
        "the decoder failed on this body ({what}); this is a bug of wsis, please report it with the payload"
    )]
    Panicked {
        /// What it said.
        what: String,
    },
    /// Reading failed.
    #[error("cannot read the body")]
    Read(#[from] std::io::Error),
}

/// Where `workspace.toml` has a limit of reading.
fn section(limit: &str) -> &'static str {
    if limit == "expansion_ratio_max" { "fetch" } else { "decode" }
}

impl DecodeError {
    /// The error for what is beyond a limit.
    pub(crate) fn too_large(what: impl Into<String>, limit: u64, name: &'static str) -> Self {
        Self::TooLarge { what: what.into(), limit, name }
    }

    /// Whether the source says that it does not give what was asked for, so that asking again does not
    /// help. A service that failed, or that will have its answer ready later, does not say so.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::InvalidParameter { .. } | Self::WithdrawnOrArchived { .. } => true,
            Self::Message { id, .. } => !crate::format::message::passes(id),
            _ => false,
        }
    }

    /// Whether the work was told to stop, rather than the body being wrong.
    pub const fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped)
    }
}
