//! JSON-stat 2.0 (a data set, or a collection with data sets in it) and 1.x (a data set, or a bundle of
//! several by name). Its cubes are lists of values in the order of their dimensions, or objects of those
//! that are there.
//!
//! Eurostat's answers are among them: with its flags, `:` for no value, and errors of its own.

mod cube;
#[cfg(test)]
mod tests;

use wsis_model::pipeline::Format;

use self::cube::Cube;
use super::message::held::over;
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

    fn format(&self) -> Format {
        Format::JsonStat
    }

    fn missing(&self) -> &'static [&'static str] {
        &["NaN", ":"]
    }

    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let text = text::json(body.bytes)?;
        let raw: Raw<'_> =
            serde_json::from_str(text).map_err(|error| text::json_error(&error, text))?;
        let mut found = Vec::new();
        document(raw, json::parts(body.job), &mut found, take)?;
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
    /// Data sets of a bundle, by name, and whether there are more than may be.
    others: Vec<Raw<'a>>,
    has_more: bool,
}

fn parts(raw: Raw<'_>, most: json::Most) -> Result<Parts<'_>, DecodeError> {
    let mut found = Parts::default();
    json::entries(EXPECTED, raw, &mut |key, value| {
        match key {
            "class" => found.class = value,
            "value" => found.value = value,
            "dimension" => found.dimension = value,
            "link" => found.link = value,
            "error" | "warning" => found.refusal = value,
            _ if !value.json().starts_with('{') => {}
            _ if found.others.len() < most.0 => found.others.push(value),
            _ => found.has_more = true,
        }
        Ok(())
    })?;
    Ok(found)
}

/// Finds the data sets of a document.
fn document<'a>(
    raw: Raw<'a>,
    most: json::Most,
    found: &mut Vec<Raw<'a>>,
    take: &mut dyn Take,
) -> Result<(), DecodeError> {
    let document = parts(raw, most)?;
    let too_many = || over("the number of data sets of a document".to_owned(), most);
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
                json::each("the items of a collection", items, &mut |item| {
                    if !is_set(&parts(item, most)?) {
                        named_only += 1;
                    } else if found.len() < most.0 {
                        found.push(item);
                    } else {
                        return Err(too_many());
                    }
                    Ok(())
                })
            })?;
            beside(document.refusal, take)?;
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
            beside(document.refusal, take)
        }
        _ if document.refusal.is_present() => {
            let (code, said) = refusal(document.refusal)?;
            Err(in_place(code, &said))
        }
        _ if document.has_more => Err(too_many()),
        _ => {
            for set in document.others {
                if is_set(&parts(set, most)?) {
                    found.push(set);
                }
            }
            if found.is_empty() { other("no data set") } else { Ok(()) }
        }
    }
}

/// What Eurostat says in place of data: `{"error": [{"status": 404, "label": …}]}`; its word that the
/// answer will lie at another address (413) is a `warning`. The first of several.
fn refusal(raw: Raw<'_>) -> Result<(String, String), DecodeError> {
    let mut first = None;
    if raw.json().starts_with('[') {
        json::each("a list of errors", raw, &mut |error| {
            first.get_or_insert(error);
            Ok(())
        })?;
    } else {
        first = Some(raw);
    }
    let first = first.unwrap_or_default();
    let (mut code, mut said) = (String::new(), String::new());
    if !first.json().starts_with('{') {
        // A text alone.
        return Ok((code, first.text().chars().take(300).collect()));
    }
    json::entries("an error", first, &mut |key, value| {
        match key {
            "status" => code = value.text().chars().take(40).collect(),
            "label" | "message" => said = value.text().chars().take(300).collect(),
            _ => {}
        }
        Ok(())
    })?;
    Ok((code, said))
}

/// The error of what stands in place of data. Its numbers are those of HTTP, not of SDMX.
fn in_place(code: String, said: &str) -> DecodeError {
    match code.as_str() {
        "400" => {
            let (key, text) = ("a wrong query".to_owned(), said.to_owned());
            DecodeError::InvalidParameter { id: code, key, text }
        }
        _ => message::said(&code, said),
    }
}

/// What stands beside data: told, or an error where it says that the data are not all.
fn beside(raw: Raw<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
    if raw.is_null() {
        return Ok(());
    }
    let (code, said) = refusal(raw)?;
    if message::is_partial(&code) {
        return Err(message::said(&code, &said));
    }
    let meaning = message::meaning(&code);
    take.remark(format!("the service says beside its data ({code}, {meaning}): {said}"));
    Ok(())
}
