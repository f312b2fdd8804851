//! Entity tags of whole bodies.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// When the tables were last changed, as far as a client can see.
const LAST_MODIFIED: &str = "Tue, 17 Sep 2024 08:00:00 GMT";

/// Answers with a body and its validators, or 304 when `If-None-Match` names the body.
pub(crate) fn conditional(headers: &HeaderMap, content_type: &str, body: Vec<u8>) -> Response {
    let tag = tag_of(&body);
    let fields = [
        (header::ETAG, tag.clone()),
        (header::LAST_MODIFIED, LAST_MODIFIED.to_owned()),
        (header::CONTENT_TYPE, content_type.to_owned()),
    ];
    let asked = headers.get_all(header::IF_NONE_MATCH);
    let known = asked.iter().filter_map(|v| v.to_str().ok()).any(|value| names(value, &tag));
    if known {
        (StatusCode::NOT_MODIFIED, fields).into_response()
    } else {
        (fields, body).into_response()
    }
}

/// FNV-1a over the body: enough to tell the few committed bodies apart, and stable.
fn tag_of(body: &[u8]) -> String {
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}

/// Whether an `If-None-Match` value names a tag: weak comparison of whole tags (RFC 9110
/// 13.1.2). A comma inside the quotes of another tag does not split it.
fn names(value: &str, tag: &str) -> bool {
    if value.trim() == "*" {
        return true;
    }
    let mut rest = value;
    while let Some(open) = rest.find('"') {
        let Some(len) = rest[open + 1..].find('"') else { return false };
        let end = open + 1 + len + 1;
        if &rest[open..end] == tag {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h16_whole_tags_are_compared() {
        assert!(names("\"a\"", "\"a\""));
        assert!(names("W/\"a\", \"b\"", "\"b\""));
        assert!(names("*", "\"a\""));
        assert!(!names("\"client,*,tag\"", "\"a\""));
        assert!(!names("\"x,\"a", "\"a\""));
        assert!(!names("", "\"a\""));
    }
}
