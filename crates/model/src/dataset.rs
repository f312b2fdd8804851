//! What a dataset may be called: one rule for those who declare it and those who store it.

/// What an id of a dataset looks like, in words.
pub const ID_RULE: &str =
    "use letters, digits, `_`, `-`, `.` and `@`, not starting with `.`, at most 100";

/// Longest id, in bytes: it names a folder.
pub const ID_MAX: usize = 100;

/// Whether a text can be the id of a dataset (an SDMX dataflow such as `WDI`, `DF@1.0`): it
/// becomes part of paths.
///
/// ```
/// use wsis_model::dataset::is_id;
/// assert!(is_id("WDI") && is_id("DSD_ICT_HH@DF_ICT_HH") && is_id("DF@1.0"));
/// assert!(!is_id("") && !is_id(".hidden") && !is_id("a/b") && !is_id(&"x".repeat(101)));
/// ```
pub fn is_id(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte);
    !text.is_empty() && !text.starts_with('.') && text.len() <= ID_MAX && text.bytes().all(safe)
}
