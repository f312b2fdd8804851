//! The contracts of tables, `schemas/tables/*.toml`: what each column holds. Most are published;
//! some are there in `wsis sql` only.
//!
//! Within `v1` a contract changes by addition only. Tests of the crates that write the tables
//! compare the Arrow schemas they write with these contracts, by [`Table::differences`].

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{self, Located};
use crate::error::{ConfigError, ConfigErrors, ErrorKind, SourceText};
use crate::files::Files;
use crate::suggest;

/// Type of a column, in the few types that every reader of Parquet opens alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// UTF-8 text; Arrow `Utf8`.
    Text,
    /// 32-bit whole number; Arrow `Int32`.
    Int32,
    /// 64-bit whole number; Arrow `Int64`.
    Int64,
    /// 64-bit floating point number, finite; Arrow `Float64`.
    Float64,
    /// True or false; Arrow `Boolean`.
    Boolean,
    /// Calendar date; Arrow `Date32`.
    Date,
    /// Instant with microseconds, UTC; Arrow `Timestamp(µs, "UTC")`.
    Instant,
}

impl ColumnType {
    /// The type of an Arrow type, given as Arrow prints it; `None` for one that no public table
    /// may hold (views, dictionaries, nanoseconds).
    pub fn of_arrow(printed: &str) -> Option<Self> {
        match printed {
            "Utf8" => Some(Self::Text),
            "Int32" => Some(Self::Int32),
            "Int64" => Some(Self::Int64),
            "Float64" => Some(Self::Float64),
            "Boolean" => Some(Self::Boolean),
            "Date32" => Some(Self::Date),
            other => {
                let micros = other.contains("µs") || other.contains("Microsecond");
                let instant = other.starts_with("Timestamp(") && micros && other.contains("UTC");
                instant.then_some(Self::Instant)
            }
        }
    }

    /// The word used in the contracts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Instant => "instant",
        }
    }
}

/// A column of a public table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name, small letters and `_`.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether it may be null; the meaning then says what null stands for.
    pub nullable: bool,
    /// What it holds, with unit and range.
    pub meaning: String,
    /// Version of the program that first wrote it.
    pub since: String,
}

/// The contract of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Name: `public/v1/<name>.parquet`, where it is published.
    pub name: String,
    /// Whether it is published; else `wsis sql` has it.
    pub published: bool,
    /// What a row is.
    pub meaning: String,
    /// Columns that together tell rows apart; rows are sorted by them.
    pub key: Vec<String>,
    /// Columns in the order of the file.
    pub columns: Vec<Column>,
}

impl Table {
    /// How a written schema differs from the contract, one sentence for each difference; empty if
    /// it does not. A column of `actual` is its name, its Arrow type as printed, and whether it may
    /// be null.
    pub fn differences<'a>(
        &self,
        actual: impl IntoIterator<Item = (&'a str, String, bool)>,
    ) -> Vec<String> {
        let actual: Vec<(&str, String, bool)> = actual.into_iter().collect();
        let mut found = Vec::new();
        for column in &self.columns {
            let Some((_, printed, nullable)) =
                actual.iter().find(|(name, ..)| *name == column.name)
            else {
                found.push(format!("{}.{} is not written", self.name, column.name));
                continue;
            };
            if ColumnType::of_arrow(printed) != Some(column.column_type) {
                let word = column.column_type.word();
                found.push(format!("{}.{} is {printed}, not {word}", self.name, column.name));
            }
            if *nullable != column.nullable {
                found.push(format!("{}.{}: nullable is {nullable}", self.name, column.name));
            }
        }
        for (name, ..) in &actual {
            if !self.columns.iter().any(|column| column.name == *name) {
                found.push(format!("{}.{name} has no contract", self.name));
            }
        }
        let order = actual.iter().map(|(name, ..)| *name);
        if found.is_empty() && !order.eq(self.columns.iter().map(|column| column.name.as_str())) {
            found.push(format!("{}: the columns come in another order", self.name));
        }
        found
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "table")]
struct RawTable {
    /// Name of the table, also of its file.
    name: Located<String>,
    /// What a row is.
    meaning: String,
    /// Whether it is published; `false` for one that `wsis sql` alone has.
    #[serde(default = "yes")]
    published: bool,
    /// Columns that together tell rows apart.
    key: Vec<Located<String>>,
    /// Columns in the order of the file.
    column: Vec<Located<Column>>,
}

const fn yes() -> bool {
    true
}

/// The contracts built into the program, sorted by name.
///
/// # Errors
/// Only if the program was built with wrong files, which its tests exclude.
pub fn embedded() -> Result<Vec<Table>, ConfigErrors> {
    let (tables, errors) = read_all(&Files::embedded());
    if errors.is_empty() { Ok(tables) } else { Err(ConfigErrors(errors)) }
}

/// Everything that is wrong in the contracts of a deployment.
pub(crate) fn faults(files: &Files) -> Vec<ConfigError> {
    read_all(files).1
}

/// Names in `publish.csv` of tables that nobody publishes: their CSV would be missing without a word.
pub(crate) fn unpublished(
    csv: &[String],
    workspace: &Arc<SourceText>,
    files: &Files,
) -> Vec<ConfigError> {
    let (tables, _) = read_all(files);
    let names = || tables.iter().filter(|table| table.published).map(|table| table.name.as_str());
    csv.iter()
        .filter(|asked| asked.as_str() != "*" && !names().any(|name| name == asked.as_str()))
        .map(|asked| {
            workspace.error(
                ErrorKind::InvalidValue,
                workspace.find_quoted(asked),
                format!("`csv` names {asked:?}, and no such table is published"),
                suggest::hint(asked, names().collect::<Vec<_>>(), "\"*\" is all; tables are"),
            )
        })
        .collect()
}

fn read_all(files: &Files) -> (Vec<Table>, Vec<ConfigError>) {
    let mut tables = Vec::new();
    let mut errors = Vec::new();
    for source in files.texts("schemas/tables") {
        match source.map_err(|error| vec![error]).and_then(|source| read(&source)) {
            Ok(table) => tables.push(table),
            Err(found) => errors.extend(found),
        }
    }
    (tables, errors)
}

/// Reads one contract; `file` is only used in messages.
///
/// # Errors
/// Everything that is wrong in it.
pub fn parse(file: &str, text: &str) -> Result<Table, Vec<ConfigError>> {
    read(&SourceText::new(file, text))
}

fn read(source: &Arc<SourceText>) -> Result<Table, Vec<ConfigError>> {
    let (raw, mut errors) = document::read::<RawTable>(source);
    let Some(raw) = raw else { return Err(errors) };
    let stem = source.name().rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
    if stem.is_some_and(|stem| stem != raw.name.as_str()) {
        errors.push(source.error(
            ErrorKind::InvalidValue,
            raw.name.span(),
            format!("table `{}` stands in a file of another name", raw.name.as_str()),
            format!("rename the file to {}.toml", raw.name.as_str()),
        ));
    }
    let mut names = BTreeSet::new();
    for column in &raw.column {
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if column.name.is_empty() || !column.name.bytes().all(snake) {
            errors.push(source.error(
                ErrorKind::InvalidValue,
                column.span(),
                format!("column name {:?}", column.name),
                "use small letters, digits and `_`: SQL folds other names",
            ));
        }
        if !names.insert(column.name.as_str()) {
            errors.push(source.error(
                ErrorKind::Duplicate,
                column.span(),
                format!("column `{}` is declared twice", column.name),
                "keep one of the two",
            ));
        }
    }
    for key in raw.key.iter().filter(|key| !names.contains(key.as_str())) {
        errors.push(source.error(
            ErrorKind::InvalidValue,
            key.span(),
            format!("key column `{}` is not declared", key.as_str()),
            "declare it as a `[[column]]`",
        ));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Table {
        name: raw.name.into_inner(),
        published: raw.published,
        meaning: raw.meaning,
        key: raw.key.into_iter().map(Located::into_inner).collect(),
        columns: raw.column.into_iter().map(Located::into_inner).collect(),
    })
}
