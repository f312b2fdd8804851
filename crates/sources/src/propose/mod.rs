//! Looks at a file that nobody has described yet, and proposes what a pipeline would say of it:
//! the source that knows it, or a mapping of its columns. Every guess says on what it rests, and what
//! cannot be seen in a file is left to a person.
//!
//! Pure, as all of this crate: bytes and a name go in, a [`Proposal`] comes out. Nothing here decides
//! what a record means: that is tried out with the decoders themselves by who writes the pipeline.

mod column;
mod doubts;
pub(crate) mod figures;
mod grid;
mod headings;
mod keys;
mod known;
mod messages;
mod places;
mod recognise;
mod roles;
mod series;

use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::{Encoding, Keep};
use wsis_model::pipeline::{Format, Gates, KeyPlace, Pipeline, Undeclared};

use crate::{DecodeError, DecodeJob};

/// A guess, and on what it rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess<T> {
    /// What is proposed.
    pub value: T,
    /// On what it rests, in words.
    pub because: String,
}

impl<T> Guess<T> {
    fn new(value: T, because: impl Into<String>) -> Self {
        Self { value, because: because.into() }
    }
}

impl Guess<String> {
    fn text(value: &str, because: impl Into<String>) -> Self {
        Self::new(value.to_owned(), because)
    }
}

/// What a pipeline would say of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The source that reads it.
    pub source: Guess<&'static str>,
    /// Its format.
    pub format: Guess<Format>,
    /// The dataset, where the file says one.
    pub dataset: Option<Guess<String>>,
    /// File of a zip archive.
    pub member: Option<Guess<String>>,
    /// Sheet of a workbook.
    pub sheet: Option<Guess<String>>,
    /// Year of the edition, where the rows do not say theirs.
    pub edition: Option<Guess<i32>>,
    /// Whether the source asks its service for series, so that no file is declared.
    pub asks_for_series: bool,
    /// First and last year that the file speaks of.
    pub years: Option<(i32, i32)>,
    /// What its columns are; none where the source knows.
    pub mapping: Option<MappingProposal>,
    /// The series in it.
    pub series: Vec<SeriesProposal>,
    /// Series beyond those that are listed.
    pub series_left_out: usize,
    /// What was seen of the file besides.
    pub seen: Vec<String>,
    /// What only a person can say, besides what a pipeline says of its provider.
    pub decide: Vec<String>,
}

/// What a `[mapping]` would say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MappingProposal {
    /// Columns by the names of their parts (`area`, `year`).
    pub columns: Vec<(&'static str, Guess<String>)>,
    /// Further dimensions by name.
    pub dimensions: Vec<(String, Guess<String>)>,
    /// Rows that are read.
    pub keep: Vec<Guess<Keep>>,
    /// Columns that are not used, each with why.
    pub ignore: Vec<Guess<String>>,
    /// Columns of merged cells.
    pub fill_down: Vec<Guess<String>>,
    /// Rows of the header, where they are several.
    pub header_rows: Option<Guess<usize>>,
    /// What separates fields.
    pub delimiter: Option<Guess<char>>,
    /// Encoding, where it is none that is found out without.
    pub encoding: Option<Guess<Encoding>>,
    /// What stands before decimals, where that is no point.
    pub decimal: Option<Guess<char>>,
    /// What stands between groups of thousands.
    pub thousands: Option<Guess<char>>,
    /// Whether a sign of per cent follows.
    pub percent: Option<Guess<bool>>,
    /// What says that there is no value.
    pub missing: Vec<Guess<String>>,
    /// Marks beside numbers.
    pub marks: Vec<Guess<String>>,
    /// Whose spellings of areas are used.
    pub areas_of: Option<Guess<String>>,
    /// Frequencies of the periods, where they are not years.
    pub frequencies: Option<Guess<Vec<&'static str>>>,
    /// Parts of a JSON document that hold records (`rows`, `next`, `total`), each by the names that lead
    /// to it.
    pub document: Vec<(&'static str, Guess<String>)>,
}

/// One series of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesProposal {
    /// Code, in characters that a code may have.
    pub code: String,
    /// Title.
    pub title: String,
    /// Unit of measure; none where nothing in the file says it.
    pub unit: Option<Guess<String>>,
    /// Heading of its own column.
    pub column: Option<String>,
    /// What the column of series holds for it, where that is not the code.
    pub named: Option<String>,
    /// Its unit as the file writes it.
    pub source_unit: Option<String>,
    /// Figures in the file.
    pub figures: usize,
    /// Smallest and largest of them, as far as they are numbers.
    pub bounds: Option<(f64, f64)>,
}

/// A file to be looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Its name, which may say an edition.
    pub name: &'a str,
    /// Its bytes.
    pub body: &'a [u8],
    /// The code lists of the deployment.
    pub lists: &'a CodeLists,
    /// How much of it is read at most.
    pub limits: DecodeLimits,
}

/// Proposes what a pipeline would say of a file.
///
/// # Errors
/// When it is nothing that any source reads, with what it is; over a limit.
pub fn propose(look: &Look<'_>) -> Result<Proposal, DecodeError> {
    crate::job::guarded(|| {
        let pipeline = stub();
        let job = DecodeJob { limits: look.limits, ..DecodeJob::new(&pipeline, look.lists) };
        let found = recognise::recognise(&job, look)?;
        match known::known(look, &found) {
            Some(proposal) => Ok(proposal),
            None => Ok(roles::proposal(look, found)),
        }
    })
}

/// `"a"`, `"b"` and 3 more.
fn listed<'t>(texts: impl ExactSizeIterator<Item = &'t str>, most: usize) -> String {
    let count = texts.len();
    let shown: Vec<String> = texts
        .take(most)
        .map(|text| format!("{:?}", text.chars().take(60).collect::<String>()))
        .collect();
    match count.checked_sub(shown.len()) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// A pipeline of which nothing is known: decoders want one.
pub(crate) fn stub() -> Pipeline {
    Pipeline {
        id: "draft".to_owned(),
        title: String::new(),
        agency: String::new(),
        source: "file".to_owned(),
        dataset: String::new(),
        base_url: String::new(),
        folder: None,
        schedule: None,
        release: None,
        database: None,
        years: (1900, 2100),
        page_size: 1,
        series: Vec::new(),
        files: Vec::new(),
        mapping: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates::OPEN,
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 60,
        licence: String::new(),
        citation: String::new(),
        homepage: String::new(),
    }
}
