//! The TOML form of a mapping: what the columns of a table are, by their headings.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::mapping::{
    Columns, Count, Document, Encoding, Keep, Mapping, NamedDimension, Numbers, SHEET, YEAR,
};
use wsis_model::period::Freq;
use wsis_sources::{Mapped, SourceKind};

use super::check::Check;
use super::form::{RawFile, RawPipeline};
use super::records::{RawCount, RawDocument, RawNamedDimension};
use crate::document::Located;
use crate::error::ErrorKind;
use crate::suggest;

/// What the columns of a table are, by their headings as they stand in the table. The header is the
/// first row that holds every heading that is named here.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Mapping")]
pub(super) struct RawMapping {
    /// Headings of the columns with a meaning of their own. `"{sheet}"` in place of a heading is the
    /// name of the sheet; `{edition}` within one is the edition of the file.
    pub(super) columns: RawColumns,
    /// Further dimensions: `NAME = "Heading"`.
    pub(super) dimensions: BTreeMap<String, String>,
    /// Dimensions of which each record says itself which they are: `{ name = "Dim1Type", code = "Dim1" }`,
    /// the headings of the name and of the code.
    named_dimensions: Vec<RawNamedDimension>,
    /// What names of such dimensions stand for: `AGEGROUP = "age"`.
    dimension_names: BTreeMap<String, String>,
    /// Codes of dimensions that say that nothing is broken down (`"SEX_BTSX"`, `"TOTAL"`).
    totals: Vec<String>,
    /// Dimensions that are the same for all records: `sex`, `age`, `location`, or another by name.
    constants: BTreeMap<String, String>,
    /// Headings of columns that are known and not used: the run does not tell of them.
    ignore: Vec<String>,
    /// Headings of columns in which an empty cell stands for the one above (merged cells).
    fill_down: Vec<String>,
    /// Rows of the header, 1 to 5; without it one. Of several the headings are joined from above: `2022`
    /// over `Female` is `2022 Female`. An empty cell of an upper row is the one to its left (merged
    /// cells).
    header_rows: Option<Located<u32>>,
    /// Which rows are read: all of these must hold; the others are left out, and counted.
    keep: Vec<RawKeep>,
    /// What says that there is no value, besides an empty cell (`"NA"`, `".."`).
    missing: Vec<String>,
    /// Words that stand for numbers: `{ Yes = 1, No = 0 }`.
    words: BTreeMap<String, f64>,
    /// What stands before the decimals: a point, unless this is `","`.
    decimal: Option<Located<String>>,
    /// What stands between groups of three digits (`","`, `"."`, `" "`, `"'"`).
    thousands: Option<Located<String>>,
    /// Whether a sign of per cent may follow a number; it changes nothing.
    percent: bool,
    /// Marks of footnotes beside a number (`"*"`, `"e"`); kept as the flag.
    marks: Vec<String>,
    /// Texts of the `flag` column that say that a value is an estimate.
    estimated: Vec<String>,
    /// Frequencies of the periods that are read (`A` years, `S` half-years, `Q` quarters, `M` months,
    /// `W` weeks, `D` days); without it years alone. Records of others are set aside.
    frequencies: Vec<RawFrequency>,
    /// The source whose spellings of areas are used (`"unsd"`: M49 numbers) besides those of all.
    areas_of: Option<Located<String>>,
    /// What separates the fields of a text, one character; without it found out.
    delimiter: Option<Located<String>>,
    /// Encoding of a text without a byte order mark; without it UTF-8, or Windows-1252 where the
    /// text is none.
    encoding: Option<RawEncoding>,
    /// Where the records of a JSON document stand.
    pub(super) document: Option<Located<RawDocument>>,
    /// The figure is the number of records (entries of a register, answers to a consultation): a record
    /// counts once for each series, area and year that it names, and for each code of each dimension.
    pub(super) count: Option<Located<RawCount>>,
}

/// Headings of the columns with a meaning of their own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Columns")]
pub(super) struct RawColumns {
    /// Code or name of the area.
    pub(super) area: Option<String>,
    /// A further code or name of the area, which has to agree.
    area_name: Option<String>,
    /// Year; without it the headings say it (`{year}`), or the edition of the file does.
    year: Option<String>,
    /// Series, by its code or by what its `named` says; without it columns are series.
    pub(super) series: Option<String>,
    /// Title of the series, compared with the declared one.
    title: Option<String>,
    /// Value; without it each series has a `column`. `{year}` stands for one column for each year.
    pub(super) value: Option<String>,
    /// Sex, by the code list.
    pub(super) sex: Option<String>,
    /// Age, by the code list, or as it says itself (`15-24`, `15+`).
    pub(super) age: Option<String>,
    /// Degree of urbanisation, by the code list.
    pub(super) location: Option<String>,
    /// Unit of measure, which has to be that of the series.
    unit: Option<String>,
    /// Power of ten that the value is given in.
    unit_mult: Option<String>,
    /// SDMX observation status.
    status: Option<String>,
    /// The source's own flag, kept as it is.
    flag: Option<String>,
    /// Footnote, kept as it is.
    footnote: Option<String>,
}

/// A condition on a column.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Keep")]
struct RawKeep {
    /// Heading.
    column: String,
    /// The cell is one of these.
    #[serde(default)]
    is: Vec<String>,
    /// The cell is none of these.
    #[serde(default)]
    not: Vec<String>,
}

/// Frequency of periods, by its code in SDMX.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "Frequency")]
enum RawFrequency {
    A,
    S,
    Q,
    M,
    W,
    D,
}

impl RawFrequency {
    const fn meaning(self) -> Freq {
        match self {
            Self::A => Freq::Annual,
            Self::S => Freq::HalfYearly,
            Self::Q => Freq::Quarterly,
            Self::M => Freq::Monthly,
            Self::W => Freq::Weekly,
            Self::D => Freq::Daily,
        }
    }
}

/// Encoding of a text.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(rename = "Encoding")]
enum RawEncoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl RawMapping {
    /// Its meaning; marks are tried from the longest.
    pub(super) fn meaning(self) -> Mapping {
        let first = |text: &Located<String>| text.chars().next();
        let mut marks = self.marks;
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
        let numbers = Numbers {
            decimal: self.decimal.as_ref().and_then(first).unwrap_or('.'),
            thousands: self.thousands.as_ref().and_then(first),
            percent: self.percent,
            marks,
            missing: self.missing,
            words: self.words.into_iter().map(|(word, it)| (word, it.to_string())).collect(),
        };
        let of_names = self.named_dimensions.into_iter();
        let document = self.document.map(Located::into_inner).unwrap_or_default();
        let keep = self.keep.into_iter();
        let keep = keep.map(|it| Keep { column: it.column, is: it.is, not: it.not }).collect();
        let delimiter = self.delimiter.and_then(|it| it.bytes().next());
        let encoding = self.encoding.map(|encoding| match encoding {
            RawEncoding::Utf8 => Encoding::Utf8,
            RawEncoding::Utf16Le => Encoding::Utf16Le,
            RawEncoding::Utf16Be => Encoding::Utf16Be,
            RawEncoding::Windows1252 => Encoding::Windows1252,
        });
        Mapping {
            columns: self.columns.meaning(),
            dimensions: self.dimensions.into_iter().collect(),
            named_dimensions: of_names
                .map(|it| NamedDimension { name: it.name, code: it.code })
                .collect(),
            dimension_names: self.dimension_names.into_iter().collect(),
            totals: self.totals,
            constants: self.constants.into_iter().collect(),
            ignore: self.ignore,
            fill_down: self.fill_down,
            header_rows: self.header_rows.map_or(1, |rows| usize::try_from(*rows).unwrap_or(1)),
            keep,
            numbers,
            estimated: self.estimated,
            frequencies: self.frequencies.into_iter().map(RawFrequency::meaning).collect(),
            areas_of: self.areas_of.map(Located::into_inner),
            delimiter,
            encoding,
            document: Document { rows: document.rows, next: document.next, total: document.total },
            count: self.count.map(Located::into_inner).map(|count| Count {
                split: count.split.into_iter().collect(),
                same: count.same.into_iter().collect(),
            }),
        }
    }
}

impl RawColumns {
    fn meaning(self) -> Columns {
        Columns {
            area: self.area,
            area_name: self.area_name,
            year: self.year,
            series: self.series,
            title: self.title,
            value: self.value,
            sex: self.sex,
            age: self.age,
            location: self.location,
            unit: self.unit,
            unit_mult: self.unit_mult,
            status: self.status,
            flag: self.flag,
            footnote: self.footnote,
        }
    }
}

/// Whether all documents of a pipeline say themselves what their parts are.
pub(super) fn names_their_parts(raw: &RawPipeline) -> bool {
    let names_its_parts = |file: &RawFile| file.format.meaning().names_its_parts();
    !raw.file.is_empty() && raw.file.iter().all(names_its_parts)
}

impl Check<'_> {
    /// A mapping is there where it has to be, and says what its tables need.
    pub(super) fn mapping(&mut self, raw: &RawPipeline) {
        let source = SourceKind::of(&raw.source);
        let mapped = source.map_or(Mapped::Perhaps, |source| source.mapped);
        let Some(mapping) = &raw.mapping else {
            if mapped == Mapped::Always && names_their_parts(raw) {
                self.one_of_all(raw);
            } else if mapped == Mapped::Always {
                let message = format!("source `{}` needs a `[mapping]`", raw.source.as_str());
                let hint = "say which heading is what, such as columns = { area = \"ISO3\", \
                            year = \"Year\" }, and a `column` for each series";
                self.add(ErrorKind::MissingField, raw.source.span(), message, hint);
            }
            return;
        };
        if mapped == Mapped::Never {
            let message = format!("source `{}` has no `[mapping]`", raw.source.as_str());
            let hint = "remove it: its formats say what the columns are; tables of another form \
                        are read with source = \"file\"";
            self.add(ErrorKind::InvalidValue, mapping.span(), message, hint);
            return;
        }
        self.signs(mapping);
        self.of_json(mapping, raw);
        self.counted(mapping, raw);
        if mapped == Mapped::Always {
            self.needed(mapping, raw);
        }
    }

    /// Documents that say themselves what their parts are need no mapping: but which series a record is
    /// of they say in a column that has to be named.
    fn one_of_all(&mut self, raw: &RawPipeline) {
        let Some(second) = raw.series.get(1) else { return };
        let message =
            format!("{} series, and nothing says which record is of which", raw.series.len());
        let hint = "write [mapping] with columns = { series = \"INDICATOR\" }, or whatever the \
                    documents call it";
        self.add(ErrorKind::MissingField, second.code.span(), message, hint);
    }

    /// Signs are single characters, and no two of them are the same.
    fn signs(&mut self, mapping: &Located<RawMapping>) {
        let signs = [
            ("decimal", &mapping.decimal, ".,"),
            ("thousands", &mapping.thousands, ",.' \u{A0}\u{202F}\u{2019}_"),
            ("delimiter", &mapping.delimiter, ",;\t|:^~"),
        ];
        for (field, text, allowed) in signs {
            let Some(text) = text else { continue };
            let mut chars = text.chars();
            let one = chars.next().filter(|_| chars.next().is_none());
            if !one.is_some_and(|one| allowed.contains(one)) {
                let message = format!("`{field}` is {:?}", text.as_str());
                let hint = format!("write one of the characters {allowed:?}");
                self.add(ErrorKind::InvalidValue, text.span(), message, hint);
            }
        }
        let decimal = mapping.decimal.as_ref().map_or(".", |it| it.as_str());
        if let Some(thousands) = mapping.thousands.as_ref().filter(|it| it.as_str() == decimal) {
            let message = format!("`thousands` is {decimal:?}, which stands before decimals");
            self.add(ErrorKind::InvalidValue, thousands.span(), message, "write another one");
        }
        self.marks(mapping);
        if let Some(rows) = mapping.header_rows.as_ref().filter(|it| !(1..=5).contains(&***it)) {
            let message = format!("`header_rows` is {}", **rows);
            self.add(ErrorKind::InvalidValue, rows.span(), message, "write 1 to 5");
        }
        if let Some(areas_of) = &mapping.areas_of
            && SourceKind::of(areas_of).is_none()
        {
            let ids = wsis_sources::REGISTRY.iter().map(|source| source.id);
            let message = format!("`areas_of` is `{}`", areas_of.as_str());
            let hint = suggest::hint(areas_of, ids, "sources are");
            self.add(ErrorKind::UnknownSource, areas_of.span(), message, hint);
        }
    }

    /// Marks are taken off a number from both ends: what could be a part of it would be eaten.
    fn marks(&mut self, mapping: &Located<RawMapping>) {
        let thousands = mapping.thousands.as_ref().map_or("", |it| it.as_str());
        let of_number =
            |it: char| it.is_numeric() || "+-\u{2212}.,%".contains(it) || thousands.contains(it);
        let eats = |mark: &&String| {
            let mark = mark.trim();
            mark.is_empty() || mark.starts_with(of_number) || mark.ends_with(of_number)
        };
        if let Some(mark) = mapping.marks.iter().find(eats) {
            let message = format!("mark {mark:?} could be a part of a number");
            let hint = "a mark neither begins nor ends with a digit, a sign, a point, a comma or \
                        what stands between thousands: write \"(1)\", not \"1\"";
            self.add(ErrorKind::InvalidValue, mapping.span(), message, hint);
        }
    }

    /// Which area, which year, which value: each is said somewhere, if not by the documents.
    fn needed_columns(&mut self, mapping: &Located<RawMapping>, raw: &RawPipeline) {
        if names_their_parts(raw) {
            return;
        }
        let columns = &mapping.columns;
        let mut missing = |message: String, hint: &str| {
            self.add(ErrorKind::MissingField, mapping.span(), message, hint.to_owned());
        };
        if columns.area.is_none() {
            missing(
                "the mapping names no column of areas".to_owned(),
                "write columns.area = the heading of their codes or names",
            );
        }
        let without: Vec<&str> = raw
            .series
            .iter()
            .filter(|_| mapping.count.is_none())
            .filter(|series| series.column.is_none() && columns.value.is_none())
            .map(|series| series.code.as_str())
            .collect();
        if let Some(code) = without.first() {
            missing(
                format!("series `{code}`: the mapping names no column of its figures"),
                "write columns.value for all series, or `column` in the series",
            );
        }
        let headings = raw.series.iter().filter_map(|series| {
            series.column.as_ref().map(|it| it.as_str()).or(columns.value.as_deref())
        });
        let headings: Vec<&str> = headings.collect();
        let of_headings = mapping.count.is_none() && headings.iter().all(|it| it.contains(YEAR));
        let says_year = columns.year.is_some() || of_headings;
        let of_file = raw.file.iter().all(|file| file.edition.is_some());
        if !says_year && !of_file {
            missing(
                "nothing says of which year the figures are".to_owned(),
                "write columns.year, a heading with {year}, or `edition` in each file",
            );
        }
    }

    /// Which series is which; and all that is needed of columns.
    fn needed(&mut self, mapping: &Located<RawMapping>, raw: &RawPipeline) {
        self.needed_columns(mapping, raw);
        let columns = &mapping.columns;
        let mut missing = |message: String, hint: &str| {
            self.add(ErrorKind::MissingField, mapping.span(), message, hint.to_owned());
        };
        let distinct: BTreeSet<(&str, &str)> = raw
            .series
            .iter()
            .map(|series| {
                let named = series.named.as_ref().unwrap_or(&series.code).as_str();
                let column = series.column.as_ref().map_or("", |it| it.as_str());
                (if columns.series.is_some() { named } else { "" }, column)
            })
            .collect();
        if distinct.len() < raw.series.len() {
            missing(
                "two series are read from the same cells".to_owned(),
                "name the column of series in columns.series, or give each series a `column`",
            );
        }
        let unknown = |heading: &str| heading.contains('{') && heading != SHEET;
        for heading in columns_with_braces(columns).filter(|heading| unknown(heading)) {
            let rest = heading.replace(YEAR, "").replace(wsis_model::mapping::EDITION, "");
            if rest.contains('{') {
                missing(
                    format!("heading {heading:?} holds braces"),
                    "{year}, {edition} and {sheet} are known",
                );
            }
        }
    }
}

fn columns_with_braces(columns: &RawColumns) -> impl Iterator<Item = &str> {
    [&columns.area, &columns.year, &columns.series, &columns.value]
        .into_iter()
        .filter_map(|heading| heading.as_deref())
}
