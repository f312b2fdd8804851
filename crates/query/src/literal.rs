//! Texts of others in a statement.

/// A text as a literal of SQL: what somebody sends is data, and no part of the statement.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
