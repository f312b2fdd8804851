//! JSON-stat 2.0 (a data set, or a collection with data sets in it) and 1.x (a data set, or a bundle of
//! several by name). Its cubes are lists of values in the order of their dimensions, or objects of those
//! that are there.
//!
//! Eurostat's answers are among them: with its flags, `:` for no value, and errors of its own.

mod cube;
#[cfg(test)]
mod tests;

use self::cube::Cube;
use super::message::{self, Body, Message, Take, json};
use super::raw::Raw;
use crate::{DecodeError, text};

/// What is expected, in errors.
const EXPECTED: &str = "a data set of JSON-stat, with dimension and value";

/// Cubes in JSON.
pub(crate) struct JsonStat;

impl Message for JsonStat {
    fn expected(&self) -> &'static str {
        EXPECTED
    }

    fn ending(&self) -> &'static str {
        ".json"
    }

    fn missing(&self) -> &'static [&'static str] {
        &["NaN", ":"]
    }

    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let text = text::json(body.bytes)?;
        let raw: Raw<'_> =
            serde_json::from_str(text).map_err(|error| text::json_error(&error, text))?;
        let mut found = Vec::new();
        document(raw, &mut found, take)?;
        let limit = body.job.limits.parts_max;
        if found.len() > limit {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let what = "the number of data sets of a document";
            return Err(DecodeError::too_large(what, limit, "parts_max"));
        }
        for cube in found {
            Cube::read(body.job, cube)?.hand_over(body.job, take)?;
        }
        Ok(())
    }
}

/// The parts of a document that say what it is.
#[derive(Default)]
struct Parts<'a> {
    class: Raw<'a>,
    value: Raw<'a>,
    dimension: Raw<'a>,
    link: Raw<'a>,
    refusal: Raw<'a>,
    /// Data sets of a bundle, by name.
    others: Vec<Raw<'a>>,
}

fn parts(raw: Raw<'_>) -> Result<Parts<'_>, DecodeError> {
    let mut found = Parts::default();
    json::entries(EXPECTED, raw, &mut |key, value| {
        match key {
            "class" => found.class = value,
            "value" => found.value = value,
            "dimension" => found.dimension = value,
            "link" => found.link = value,
            "error" | "warning" => found.refusal = value,
            _ if value.json().starts_with('{') && found.others.len() < json::PARTS.0 => {
                found.others.push(value);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

/// Finds the data sets of a document.
fn document<'a>(
    raw: Raw<'a>,
    found: &mut Vec<Raw<'a>>,
    take: &mut dyn Take,
) -> Result<(), DecodeError> {
    let document = parts(raw)?;
    let other = |what: &str| {
        let found = format!("{what} ({})", text::start(raw.json().as_bytes()));
        Err(DecodeError::Shape { found, expected: EXPECTED })
    };
    let is_set = |parts: &Parts<'_>| parts.value.is_present() && parts.dimension.is_present();
    match &*document.class.text() {
        "collection" => {
            let mut named_only = 0;
            json::entries("the links of a collection", document.link, &mut |relation, items| {
                if relation != "item" {
                    return Ok(());
                }
                let mut listed = Vec::new();
                json::elements("the items of a collection", items, json::PARTS, &mut listed)?;
                for item in listed {
                    if is_set(&parts(item)?) { found.push(item) } else { named_only += 1 }
                }
                Ok(())
            })?;
            if found.is_empty() {
                return other("a collection that holds no data set, only addresses of some");
            }
            for _ in 0..named_only {
                take.remark("a data set of the collection is only named, and was not read".into());
            }
            Ok(())
        }
        "dimension" => other("a dimension, without figures"),
        _ if is_set(&document) => {
            found.push(raw);
            Ok(())
        }
        _ if document.refusal.is_present() => Err(refusal(document.refusal)?),
        _ => {
            for set in document.others {
                if is_set(&parts(set)?) {
                    found.push(set);
                }
            }
            if found.is_empty() { other("no data set") } else { Ok(()) }
        }
    }
}

/// What Eurostat says in place of data: `{"error": [{"status": 404, "label": …}]}`; its word that the
/// answer will lie at another address (413) is a `warning`.
fn refusal(raw: Raw<'_>) -> Result<DecodeError, DecodeError> {
    let mut listed = Vec::new();
    if raw.json().starts_with('[') {
        json::elements("a list of errors", raw, json::PARTS, &mut listed)?;
    } else {
        listed.push(raw);
    }
    let first = listed.first().copied().unwrap_or_default();
    let (mut code, mut said) = (String::new(), String::new());
    json::entries("an error", first, &mut |key, value| {
        match key {
            "status" => code = value.text().into_owned(),
            "label" | "message" => said = value.text().into_owned(),
            _ => {}
        }
        Ok(())
    })?;
    // Those of HTTP, not of SDMX.
    Ok(match code.as_str() {
        "400" => DecodeError::InvalidParameter {
            id: code,
            key: "a wrong query".to_owned(),
            text: said.chars().take(300).collect(),
        },
        _ => message::said(&code, &said),
    })
}
