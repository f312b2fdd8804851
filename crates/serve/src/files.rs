//! The published files, whole or by ranges, so that a browser or an engine reads of a Parquet file what it needs.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::Path as FilePath;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use crate::answer;
use crate::api::Shared;
use crate::problem::Problem;

/// Where they lie in a lake.
const FOLDER: &str = "public/v1";

/// Longest name of a file, bytes.
const NAME_MAX: usize = 200;

/// In so large parts a file is read.
const PART: usize = 64 * 1024;

/// A file that is open, as it is: what is published in its place later is another one.
struct Open {
    file: File,
    bytes: u64,
    tag: String,
}

/// `GET /public/v1/{name}`.
pub(crate) async fn published(
    State(shared): State<Shared>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let answered = async {
        let Path(name) = path.map_err(|_| Problem::not_found("the path is not UTF-8"))?;
        let kind = kind(&name);
        let open =
            shared.held.waiting(move |held| open(&held.app.lake().root().join(FOLDER), &name));
        let is_sample = shared.held.app.sample().is_some();
        let mut response = respond(open.await?, &parts.headers)?;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let sample = HeaderValue::from_static(if is_sample { "yes" } else { "no" });
        headers.insert("wsis-sample", sample);
        Ok(response)
    };
    answered.await.unwrap_or_else(|problem: Problem| problem.into_response())
}

/// The media type of a file by its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "parquet" => "application/vnd.apache.parquet",
        "json" => "application/json",
        "csv" => "text/csv; charset=utf-8; header=present",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// Opens a file of a folder. A name is one of letters, digits, `.`, `_` and `-`; a link is none of the files that
/// were published here, wherever it leads.
fn open(folder: &FilePath, name: &str) -> Result<Open, Problem> {
    let none =
        || Problem::not_found("no such file is published").seen_at("/public/v1/manifest.json");
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-');
    if name.len() > NAME_MAX || name.starts_with('.') || !name.bytes().all(is_plain) {
        return Err(none());
    }
    let path = folder.join(name);
    let is_file = path.symlink_metadata().is_ok_and(|it| it.is_file());
    let file = if is_file { File::open(&path).ok() } else { None }.ok_or_else(none)?;
    let about = file.metadata().map_err(|error| Problem::failed(&error))?;
    let changed = about.modified().map_err(|error| Problem::failed(&error))?;
    let changed = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let bytes = about.len();
    Ok(Open { file, bytes, tag: format!("\"{changed:x}-{bytes:x}\"") })
}

fn respond(mut open: Open, headers: &HeaderMap) -> Result<Response, Problem> {
    let said = |name: header::HeaderName| headers.get(name).and_then(|it| it.to_str().ok());
    if answer::is_known(headers, &open.tag) {
        return Ok(answer::not_modified(&open.tag));
    }
    // A range of another file than the one that is meant is none (RFC 9110 13.1.5).
    let is_meant = said(header::IF_RANGE).is_none_or(|it| it.trim() == open.tag);
    let asked = said(header::RANGE).filter(|_| is_meant).and_then(|it| range(it, open.bytes));
    let (status, first, length) = match asked {
        None => (StatusCode::OK, 0, open.bytes),
        Some(Ok((first, last))) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Some(Err(Outside)) => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    open.file.seek(SeekFrom::Start(first)).map_err(|error| Problem::failed(&error))?;
    let body = if length == 0 {
        Body::empty()
    } else {
        let file = tokio::fs::File::from_std(open.file);
        let part = tokio::io::AsyncReadExt::take(file, length);
        Body::from_stream(ReaderStream::with_capacity(part, PART))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    answer::tagged(&mut response, &open.tag);
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let part = match status {
        StatusCode::PARTIAL_CONTENT => {
            Some(format!("bytes {first}-{}/{}", first + length - 1, open.bytes))
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{}", open.bytes)),
        _ => None,
    };
    if let Some(value) = part.and_then(|it| HeaderValue::from_str(&it).ok()) {
        headers.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// A range that lies outside the file.
#[derive(Debug, PartialEq, Eq)]
struct Outside;

/// First and last byte of one range; none for what is no single range of bytes, which is answered as if it had not
/// been sent (RFC 9110 14.2).
fn range(text: &str, bytes: u64) -> Option<Result<(u64, u64), Outside>> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        // One with more digits than a number has lies beyond every file.
        is_plain.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let count = number(last)?.min(bytes);
        return Some(if count > 0 { Ok((bytes - count, bytes - 1)) } else { Err(Outside) });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(if first < bytes { Ok((first, last.min(bytes - 1))) } else { Err(Outside) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_p307_ranges_are_those_of_rfc_9110() {
        assert_eq!(range("bytes=0-499", 10_000), Some(Ok((0, 499))));
        assert_eq!(range("bytes=-500", 10_000), Some(Ok((9_500, 9_999))));
        assert_eq!(range("bytes=9500-", 10_000), Some(Ok((9_500, 9_999))));
        assert_eq!(range("bytes=9000-99999999999999999999", 10_000), Some(Ok((9_000, 9_999))));
        assert_eq!(range("bytes=10000-", 10_000), Some(Err(Outside)));
        assert_eq!(range("bytes=-0", 10_000), Some(Err(Outside)));
        assert_eq!(range("bytes=-5", 0), Some(Err(Outside)));
        for none in ["bytes=5-4", "bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=+1-2"] {
            assert_eq!(range(none, 10_000), None, "{none}");
        }
    }
}
