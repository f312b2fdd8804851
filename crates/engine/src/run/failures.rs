//! What is said of the requests of a run that failed.

use wsis_model::causes::chain;

use super::RequestError;
use crate::report::Cause;

/// Failed requests named in an error; the rest are counted.
const NAMED: usize = 5;

/// Of several causes the one that most needs somebody here: a source that is down heals by
/// itself, a lake does not.
pub(super) fn worst(failures: &[(String, RequestError)]) -> Cause {
    const FROM_WORST: [Cause; 6] = [
        Cause::Storage,
        Cause::Configuration,
        Cause::Content,
        Cause::Refused,
        Cause::SourceMoved,
        Cause::SourceDown,
    ];
    let is_there = |cause: &Cause| failures.iter().any(|(_, error)| error.cause() == *cause);
    FROM_WORST.into_iter().find(is_there).unwrap_or(Cause::Stopped)
}

/// What failed, one cause once, with the requests that it failed.
pub(super) fn listing(failures: &[(String, RequestError)], planned: usize) -> String {
    let mut text = format!("{} of {planned} requests failed: ", failures.len());
    // One cause once: of a service that is away every request says the same.
    let mut causes: Vec<(String, String, Vec<&str>)> = Vec::new();
    for (request, error) in failures {
        let told = chain(error);
        let cause = without_address(&told).to_owned();
        match causes.iter_mut().find(|(known, ..)| *known == cause) {
            Some((.., same)) => same.push(request),
            None => causes.push((cause, format!("{request}: {told}"), Vec::new())),
        }
    }
    let shown = causes.iter().take(NAMED).map(|(_, told, same)| match same.len() {
        0 => told.clone(),
        more if more <= NAMED => format!("{told}; the same for {}", same.join(", ")),
        more => {
            let first = same.get(..NAMED).unwrap_or_default().join(", ");
            format!("{told}; the same for {first} and {} more", more - NAMED)
        }
    });
    text.push_str(&shown.collect::<Vec<_>>().join("; "));
    let rest: usize = causes.iter().skip(NAMED).map(|(.., same)| same.len() + 1).sum();
    if rest > 0 {
        text.push_str("; and ");
        text.push_str(&rest.to_string());
        text.push_str(" more");
    }
    text
}

/// What an error says after the address that it begins with.
fn without_address(told: &str) -> &str {
    let begins = told.starts_with("http://") || told.starts_with("https://");
    told.split_once(": ").filter(|_| begins).map_or(told, |(_, rest)| rest)
}
