//! How the records of a table become observations, as data: declared by a pipeline, so that a
//! source of a known format needs no program.

use crate::period::Freq;

/// Stands in a heading for any year.
pub const YEAR: &str = "{year}";
/// Stands in a heading for the edition of the file.
pub const EDITION: &str = "{edition}";
/// In place of a heading: the name of the sheet.
pub const SHEET: &str = "{sheet}";

/// How the records of a table become observations. Columns are named by their headings, as they
/// stand in the table, never by their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// What the columns are.
    pub columns: Columns,
    /// Further dimensions, by name, and the heading of each.
    pub dimensions: Vec<(String, String)>,
    /// Dimensions of which a record says itself which they are.
    pub named_dimensions: Vec<NamedDimension>,
    /// What names of dimensions in the records stand for, by their text (`AGEGROUP` for `age`).
    pub dimension_names: Vec<(String, String)>,
    /// Codes of dimensions, of whichever, that say that nothing is broken down (`SEX_BTSX`).
    pub totals: Vec<String>,
    /// Dimensions that are the same for all records, by name: `sex`, `age`, `location`, or another.
    pub constants: Vec<(String, String)>,
    /// Columns that are known and not used: they are not told of.
    pub ignore: Vec<String>,
    /// Columns in which an empty cell stands for the one above (merged cells).
    pub fill_down: Vec<String>,
    /// Rows of the header, whose texts are joined (`2022 Female`); 0 is 1.
    pub header_rows: usize,
    /// Which records are read: all of these hold.
    pub keep: Vec<Keep>,
    /// How numbers are written.
    pub numbers: Numbers,
    /// Flags, by their text, that say that a value is an estimate.
    pub estimated: Vec<String>,
    /// Frequencies of the periods that are read; empty for years alone.
    pub frequencies: Vec<Freq>,
    /// The source whose spellings of areas are used besides those of all (`unsd` for M49 numbers);
    /// none for those of the pipeline's source.
    pub areas_of: Option<String>,
    /// What separates the fields of a text; none finds out.
    pub delimiter: Option<u8>,
    /// Encoding of a text without a byte order mark; none for UTF-8, or Windows-1252 where it is
    /// none.
    pub encoding: Option<Encoding>,
    /// Where the records of a JSON document stand, and where their next page is named.
    pub document: Document,
    /// How records are counted, where the number of records is the figure.
    pub count: Option<Count>,
}

/// The figure is the number of records: of entries in a register, of answers to a consultation. A record
/// counts once in the figure of each series, area and year that it names, of all and of each dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Count {
    /// Columns whose cells hold several, and what separates them.
    pub split: Vec<(String, String)>,
    /// Texts that stand for others (names of lines, of countries), by the text as it stands.
    pub same: Vec<(String, String)>,
}

/// A dimension of which each record says itself which one it is, in two columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedDimension {
    /// Heading of its name.
    pub name: String,
    /// Heading of its code.
    pub code: String,
}

/// Parts of a JSON document that hold records, each by the names that lead to it, joined with `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The list of records; none for the document itself, or the only list that it has.
    pub rows: Option<String>,
    /// The address of the next page, where the service gives pages.
    pub next: Option<String>,
    /// The number of records over all pages, where the service states it.
    pub total: Option<String>,
}

/// Headings of the columns with a meaning of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// Code or name of the area.
    pub area: Option<String>,
    /// A further code or name, which has to agree.
    pub area_name: Option<String>,
    /// Year; none where the headings say it, or the file's edition does.
    pub year: Option<String>,
    /// Series, by its code or what [`crate::pipeline::Series::named`] says; none where columns are
    /// series.
    pub series: Option<String>,
    /// Title of the series.
    pub title: Option<String>,
    /// Value; none where each series has a column of its own. `{year}` stands for one column for
    /// each year.
    pub value: Option<String>,
    /// Sex.
    pub sex: Option<String>,
    /// Age.
    pub age: Option<String>,
    /// Degree of urbanisation.
    pub location: Option<String>,
    /// Unit of measure, which has to be that of the series.
    pub unit: Option<String>,
    /// Power of ten that the value is given in.
    pub unit_mult: Option<String>,
    /// SDMX observation status.
    pub status: Option<String>,
    /// The source's own flag, kept verbatim.
    pub flag: Option<String>,
    /// Footnote, kept verbatim.
    pub footnote: Option<String>,
}

impl Columns {
    /// Every heading, with the name of its part.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all: [(&'static str, &Option<String>); 14] = [
            ("area", &self.area),
            ("area_name", &self.area_name),
            ("year", &self.year),
            ("series", &self.series),
            ("title", &self.title),
            ("value", &self.value),
            ("sex", &self.sex),
            ("age", &self.age),
            ("location", &self.location),
            ("unit", &self.unit),
            ("unit_mult", &self.unit_mult),
            ("status", &self.status),
            ("flag", &self.flag),
            ("footnote", &self.footnote),
        ];
        all.into_iter().filter_map(|(part, heading)| Some((part, heading.as_deref()?)))
    }
}

/// A condition on a column that a record must meet to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keep {
    /// Heading.
    pub column: String,
    /// The cell is one of these; empty allows all.
    pub is: Vec<String>,
    /// The cell is none of these.
    pub not: Vec<String>,
}

impl Keep {
    /// Whether a cell meets it.
    pub fn allows(&self, cell: &str) -> bool {
        let is_in = |list: &[String]| list.iter().any(|it| it == cell);
        (self.is.is_empty() || is_in(&self.is)) && !is_in(&self.not)
    }
}

/// How a table writes numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// What stands before the decimals.
    pub decimal: char,
    /// What stands between groups of three digits, where something does.
    pub thousands: Option<char>,
    /// Whether a sign of per cent may follow; it changes nothing.
    pub percent: bool,
    /// Marks that may follow or precede a number, longest first; kept as the flag.
    pub marks: Vec<String>,
    /// What says that there is no value, besides an empty cell.
    pub missing: Vec<String>,
    /// Words that stand for numbers (`Yes` for 1), each with its number.
    pub words: Vec<(String, String)>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            decimal: '.',
            thousands: None,
            percent: false,
            marks: Vec::new(),
            missing: Vec::new(),
            words: Vec::new(),
        }
    }
}

/// Encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-8, and nothing else.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Windows-1252, a superset of Latin-1.
    Windows1252,
}

impl Encoding {
    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}
