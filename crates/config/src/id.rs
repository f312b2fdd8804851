//! What an agency, a pipeline or an alert may be called.

/// What an id looks like.
pub(crate) const ID_RULE: &str =
    "use small letters a-z, digits and `-`, starting with a letter, at most 64";

/// Whether a text can be an id of an agency or a pipeline: it becomes part of file names.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
