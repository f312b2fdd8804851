//! What the ledger needs of a database: statements with numbered places, and rows of integers
//! and texts. Every statement is written once, in the SQL that SQLite and PostgreSQL share.

use std::error::Error;

/// A fault of a database, as it says it.
pub(super) type DatabaseError = Box<dyn Error + Send + Sync>;

/// A value of a statement or of a row. Instants are texts that sort as instants do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SqlValue {
    Null,
    Int(i64),
    Text(String),
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for SqlValue {
    /// The databases' integers are signed; counts never come near the difference.
    fn from(count: u64) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<u32> for SqlValue {
    fn from(count: u32) -> Self {
        Self::Int(i64::from(count))
    }
}

impl<T: Into<Self>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, read from its first column on.
#[derive(Debug)]
pub(super) struct SqlRow(std::vec::IntoIter<SqlValue>);

impl SqlRow {
    pub(super) fn new(values: Vec<SqlValue>) -> Self {
        Self(values.into_iter())
    }

    /// The next column as a text; empty for what is not one.
    pub(super) fn text(&mut self) -> String {
        self.maybe_text().unwrap_or_default()
    }

    /// The next column as a text that may be missing.
    pub(super) fn maybe_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(SqlValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The next column as a count.
    pub(super) fn count(&mut self) -> u64 {
        self.maybe_count().unwrap_or(0)
    }

    /// The next column as a count that may be missing.
    pub(super) fn maybe_count(&mut self) -> Option<u64> {
        match self.0.next() {
            Some(SqlValue::Int(count)) => u64::try_from(count).ok(),
            _ => None,
        }
    }
}

/// A statement with places `$1`, `$2`, … and what stands in them.
pub(super) type Statement = (&'static str, Vec<SqlValue>);

/// A database. A statement may be sent twice when a connection breaks, so each is written such
/// that twice is as good as once.
pub(super) trait Database: Send + Sync + std::fmt::Debug {
    /// Runs statements in one transaction: all or none. Returns the rows each one changed.
    fn execute(&self, statements: Vec<Statement>) -> Result<Vec<u64>, DatabaseError>;

    /// Rows of a question.
    fn query(&self, statement: Statement) -> Result<Vec<SqlRow>, DatabaseError>;

    /// What is shown of it in messages: a path, or an address without its password.
    fn name(&self) -> &str;

    /// A question for the instant that its clock shows, as a text that sorts as instants do.
    fn now_sql(&self) -> &'static str;

    /// Whether several machines may write to it.
    fn is_shared(&self) -> bool;
}
