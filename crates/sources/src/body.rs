//! Looking at a body before decoding it: empty, HTML, byte order mark, encoding.

use std::borrow::Cow;
use std::io::BufRead;

use crate::{DecodeError, RequestSpec};

/// The first characters of a body, for error messages.
pub(crate) fn first(body: &[u8]) -> String {
    let cut = body.get(..80).unwrap_or(body);
    String::from_utf8_lossy(cut).into_owned()
}

/// The body without a UTF-8 byte order mark.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Refuses an empty body and an HTML page by name.
pub(crate) fn refuse_foreign(
    request: &RequestSpec,
    body: &[u8],
    expected: &'static str,
) -> Result<(), DecodeError> {
    let start = without_bom(body).trim_ascii_start();
    if start.is_empty() {
        return Err(DecodeError::Empty { request: request.id.clone() });
    }
    let head = String::from_utf8_lossy(start.get(..256).unwrap_or(start)).to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<html") {
        return Err(DecodeError::Html { request: request.id.clone(), expected, first: first(body) });
    }
    Ok(())
}

/// The error for a body of another form than expected.
pub(crate) fn malformed(
    request: &RequestSpec,
    expected: &'static str,
    why: impl ToString,
    body: &[u8],
) -> DecodeError {
    DecodeError::Malformed {
        request: request.id.clone(),
        expected,
        why: why.to_string(),
        first: first(body),
    }
}

/// Reads a whole body; pages and tables are capped by the fetch limits.
pub(crate) fn read_all(
    request: &RequestSpec,
    body: &mut dyn BufRead,
) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)
        .map_err(|error| DecodeError::Read { request: request.id.clone(), why: error.to_string() })?;
    Ok(bytes)
}

/// Text of a table file: UTF-8 with or without mark, else Windows-1252 (which covers Latin-1).
/// The second part names the encoding when it was not UTF-8.
pub(crate) fn text(body: &[u8]) -> (Cow<'_, str>, Option<&'static str>) {
    let body = without_bom(body);
    match std::str::from_utf8(body) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => (encoding_rs::WINDOWS_1252.decode(body).0, Some("windows-1252")),
    }
}
