//! SDMX-JSON: messages of data of versions 1.0 and 2.0 (series and flat, several data sets), and the
//! answers of before that have no envelope. The structure says which component is a dimension and
//! lists its values; keys such as `0:1:0` are places in these lists.
//!
//! A place that is in no list makes the message another one than its structure says: it is refused.

mod data;
mod structure;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use wsis_model::pipeline::Format;

use self::data::Reading;
use self::structure::Structure;
use super::message::held::Held;
use super::message::{self, Body, Message, Take, json};
use super::raw::Raw;
use crate::{DecodeError, text};

/// What is expected, in errors.
const EXPECTED: &str = "an SDMX-JSON message of data: an object with dataSets and structure";

/// Of what a service says beside its data so much is told one by one.
const TOLD: u64 = 20;

/// Messages in JSON.
pub(crate) struct SdmxJson;

/// A message, and what may lie in its `data`.
#[derive(Deserialize, Default)]
struct Outer<'a> {
    #[serde(borrow, default)]
    data: Raw<'a>,
    #[serde(borrow, default)]
    errors: Raw<'a>,
    #[serde(borrow, default)]
    structure: Raw<'a>,
    #[serde(borrow, default)]
    structures: Raw<'a>,
    #[serde(borrow, default, rename = "dataSets")]
    data_sets: Raw<'a>,
}

impl Message for SdmxJson {
    fn expected(&self) -> &'static str {
        EXPECTED
    }

    fn format(&self) -> Format {
        Format::SdmxJson
    }

    fn missing(&self) -> &'static [&'static str] {
        &["NaN"]
    }

    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let text = text::json(body.bytes)?;
        let outer: Outer<'_> =
            serde_json::from_str(text).map_err(|error| text::json_error(&error, text))?;
        let inner: Outer<'_> = match outer.data.json() {
            "" | "null" => Outer::default(),
            data if data.starts_with('{') => {
                serde_json::from_str(data).map_err(|error| text::json_error(&error, data))?
            }
            _ => {
                return Err(DecodeError::Shape {
                    found: "data that is no object".to_owned(),
                    expected: EXPECTED,
                });
            }
        };
        let (sets, structure, structures) = (
            part(inner.data_sets, outer.data_sets),
            part(inner.structure, outer.structure),
            part(inner.structures, outer.structures),
        );
        let mut data_sets = Vec::new();
        json::elements("a list of data sets", sets, json::parts(body.job), &mut data_sets)?;
        errors(outer.errors, data_sets.is_empty(), take)?;
        if !sets.is_present() {
            let found = text::start(text.as_bytes());
            return Err(DecodeError::Shape { found: format!("{found:?}"), expected: EXPECTED });
        }
        let mut listed = Vec::new();
        json::elements("a list of structures", structures, json::parts(body.job), &mut listed)?;
        if structure.is_present() {
            listed.push(structure);
        }
        let mut held = Held::new(body.job);
        let structures: Vec<Structure<'_>> = listed
            .into_iter()
            .map(|raw| Structure::read(body.job, raw, &mut held))
            .collect::<Result<_, _>>()?;
        if data_sets.is_empty() {
            take.remark("the message has no data set".to_owned());
        }
        for (at, set) in data_sets.into_iter().enumerate() {
            Reading::data_set(body.job, (&structures, held), (at, set), take)?;
        }
        Ok(())
    }
}

/// A part of the envelope, or of what lies in it.
fn part<'a>(inner: Raw<'a>, outer: Raw<'a>) -> Raw<'a> {
    if inner.is_present() { inner } else { outer }
}

/// What the service says beside its data, or in place of them. Any of it may say that the data are not
/// all; the first are told.
fn errors(raw: Raw<'_>, is_alone: bool, take: &mut dyn Take) -> Result<(), DecodeError> {
    let mut count: u64 = 0;
    json::each("a list of errors", raw, &mut |error| {
        let (mut code, mut said) = (String::new(), Vec::new());
        json::entries("an error", error, &mut |key, value| {
            match key {
                "code" => code = value.text().chars().take(40).collect(),
                "title" | "detail" | "message" => said.push(json::said(value)?.into_owned()),
                _ => {}
            }
            Ok(())
        })?;
        let said = text::joined(said.iter().map(String::as_str), " ");
        if is_alone || message::is_partial(&code) {
            return Err(message::said(&code, &said));
        }
        count += 1;
        if count <= TOLD {
            let meaning = message::meaning(&code);
            take.remark(format!("the service says beside its data ({code}, {meaning}): {said}"));
        }
        Ok(())
    })?;
    if count > TOLD {
        take.remark(format!("the service says {} things more beside its data", count - TOLD));
    }
    Ok(())
}
