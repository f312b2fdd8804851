//! The word SAMPLE in what is saved: a CSV or JSON file that was made from a sample is opened by
//! people who never saw standard error.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The last column of every CSV of a sample, as in the published tables.
pub(crate) const COLUMN: &str = "sample";

/// What stands in that column.
const WORD: &str = "SAMPLE";

/// What the lake of this process says of itself. A process reads one lake.
static STATEMENT: OnceLock<String> = OnceLock::new();

/// From now on what is printed as CSV or JSON is of a sample.
pub(crate) fn declare(statement: String) {
    STATEMENT.get_or_init(|| statement);
}

/// What the lake says of itself if it holds a sample.
pub(crate) fn statement() -> Option<&'static str> {
    STATEMENT.get().map(String::as_str)
}

/// The cell of a row of a sample.
pub(crate) fn mark() -> Option<&'static str> {
    statement().map(|_| WORD)
}

/// A pretty-printed document, with what the sample says of itself.
pub(crate) fn marked(document: &str) -> Cow<'_, str> {
    statement().map_or(Cow::Borrowed(document), |said| with(document, said).into())
}

/// The document with a field `sample` that comes first in the object, or in each object of the
/// list, that it is. Line by line: a text of JSON holds no line break, so a line of an indentation
/// and a brace begins an object and is nothing else.
fn with(document: &str, said: &str) -> String {
    let (opens, indent) = if document.starts_with('[') { ("  {", "    ") } else { ("{", "  ") };
    let field = format!("{indent}\"{COLUMN}\": {},\n", serde_json::Value::from(said));
    let has_one = document.contains(&format!("\n{indent}\"{COLUMN}\":"));
    if has_one {
        return document.to_owned();
    }
    let mut out = String::with_capacity(document.len() + field.len());
    for line in document.split_inclusive('\n') {
        out.push_str(line);
        if line.strip_suffix('\n') == Some(opens) {
            out.push_str(&field);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pretty(value: &Value) -> String {
        with(&serde_json::to_string_pretty(value).unwrap(), "SAMPLE: \"a part\"")
    }

    #[test]
    fn trial_a11_a_saved_document_says_that_it_is_of_a_sample() {
        let said = json!("SAMPLE: \"a part\"");
        let one: Value = serde_json::from_str(&pretty(&json!({"a": {"b": 1}, "c": [{}]}))).unwrap();
        assert_eq!(one, json!({"sample": said, "a": {"b": 1}, "c": [{}]}));
        let rows = json!([{"a": [{"b": "{"}]}, {"a": "\n  {"}]);
        let rows: Value = serde_json::from_str(&pretty(&rows)).unwrap();
        assert_eq!(
            rows,
            json!([{"sample": said, "a": [{"b": "{"}]}, {"sample": said, "a": "\n  {"}])
        );
        // Nothing to say it of, and what says it already.
        for kept in [json!([]), json!({}), json!({"sample": "SAMPLE", "a": 1}), json!([1, 2])] {
            assert_eq!(serde_json::from_str::<Value>(&pretty(&kept)).unwrap(), kept);
        }
    }
}
