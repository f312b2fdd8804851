//! The next page of an answer, whose address stands in it.

use url::Url;
use wsis_model::pipeline::{KeyPlace, Pipeline};

use super::Raw;
use crate::{DecodeError, DecodeJob, RequestSpec};

/// Longest address that is followed, bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// What is expected of the address of a next page.
const EXPECTED: &str = "an address of the same host below `base_url` of the pipeline: no document \
                        chooses whom we ask";

/// The request for the next page; none where the answer names none.
///
/// # Errors
/// When what it names is no address below the root of the service.
pub(super) fn of(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    link: Raw<'_>,
) -> Result<Option<RequestSpec>, DecodeError> {
    let text = link.text();
    if text.is_empty() {
        return Ok(None);
    }
    let other = |what: &str| {
        let shown: String = text.chars().take(200).collect();
        Err(DecodeError::Shape { found: format!("{what} {shown:?}"), expected: EXPECTED })
    };
    if !link.json().starts_with('"') {
        return other("a next page that is no text but");
    }
    if text.len() > ADDRESS_BYTES_MAX {
        return other("a next page at an address longer than 2,048 bytes,");
    }
    if !matches!(request.url.scheme(), "http" | "https") {
        return Err(DecodeError::Shape {
            found: "one page of an answer that names a next one".to_owned(),
            expected: "a file with all records: what is handed in has no next page",
        });
    }
    let Ok(mut url) = request.url.join(&text) else {
        return other("a next page that is no address,");
    };
    // Services name themselves in plain http that have long moved.
    if url.scheme() == "http" && request.url.scheme() == "https" && url.port().is_none() {
        let _ = url.set_scheme("https");
    }
    url.set_fragment(None);
    if !is_below_root(job.pipeline, request, &url) {
        return other("a next page at");
    }
    if let KeyPlace::Query(name) = &job.pipeline.key_place {
        without(&mut url, name);
    }
    Ok(Some(request.following(url)))
}

/// Whether an address is of the host that was asked, and below the declared root.
fn is_below_root(pipeline: &Pipeline, request: &RequestSpec, url: &Url) -> bool {
    let root =
        Url::parse(&pipeline.base_url).map_or_else(|_| "/".to_owned(), |it| it.path().into());
    let root = root.trim_end_matches('/');
    let below =
        url.path().strip_prefix(root).is_some_and(|it| it.is_empty() || it.starts_with('/'));
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && below && url.origin() == request.url.origin()
}

/// Takes a parameter away: the key of a service that repeats it is kept nowhere.
fn without(url: &mut Url, name: &str) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(key, _)| key == name) {
        let kept = pairs.iter().filter(|(key, _)| key != name);
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
}
