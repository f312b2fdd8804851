//! JSON by its parts: entries of an object and elements of a list, each with the text that it has.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::held::over;
use crate::format::raw::Raw;
use crate::{DecodeError, DecodeJob, text};

/// Takes an entry: its key and its value.
type Entry<'f, 'a> = &'f mut dyn FnMut(&str, Raw<'a>) -> Result<(), DecodeError>;

/// Hands over the entries of an object one by one; of nothing and of `null` there are none.
///
/// # Errors
/// When it is no object; what the taker says.
pub(crate) fn entries<'a>(
    what: &'static str,
    raw: Raw<'a>,
    take: Entry<'_, 'a>,
) -> Result<(), DecodeError> {
    if raw.is_null() {
        return Ok(());
    }
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_str(raw.json());
    match Entries(take, &mut failed).deserialize(&mut reader) {
        Ok(()) => Ok(()),
        Err(error) => Err(failed.unwrap_or_else(|| wrong(what, raw, &error))),
    }
}

/// How many elements a list may have, and the name of that limit.
pub(crate) type Most = (usize, &'static str);

/// Most elements of the lists within a record, and of lists of components.
pub(crate) const fn columns(job: &DecodeJob<'_>) -> Most {
    (job.limits.columns_max, "columns_max")
}

/// Most data sets and structures.
pub(crate) const fn parts(job: &DecodeJob<'_>) -> Most {
    (job.limits.parts_max, "parts_max")
}

/// The elements of a list, put into `out`; of nothing and of `null` there are none.
///
/// # Errors
/// When it is no list, or longer than it may be.
pub(crate) fn elements<'a>(
    what: &'static str,
    raw: Raw<'a>,
    most: Most,
    out: &mut Vec<Raw<'a>>,
) -> Result<(), DecodeError> {
    out.clear();
    each(what, raw, &mut |element| {
        if out.len() >= most.0 {
            return Err(over(format!("the length of {what}"), most));
        }
        out.push(element);
        Ok(())
    })
}

/// Hands over the elements of a list one by one; of nothing and of `null` there are none.
///
/// # Errors
/// When it is no list; what the taker says.
pub(crate) fn each<'a>(
    what: &'static str,
    raw: Raw<'a>,
    take: &mut dyn FnMut(Raw<'a>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    if raw.is_null() {
        return Ok(());
    }
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_str(raw.json());
    match Elements(take, &mut failed).deserialize(&mut reader) {
        Ok(()) => Ok(()),
        Err(error) => Err(failed.unwrap_or_else(|| wrong(what, raw, &error))),
    }
}

/// The error of a part that is not what it should be.
fn wrong(what: &'static str, raw: Raw<'_>, error: &serde_json::Error) -> DecodeError {
    let shown = text::start(raw.json().as_bytes());
    let why = crate::format::raw::reason(error);
    DecodeError::Shape { found: format!("{shown} ({why})"), expected: what }
}

struct Entries<'f, 'a>(Entry<'f, 'a>, &'f mut Option<DecodeError>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Entries<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Entries<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let value: Raw<'a> = map.next_value()?;
            if let Err(error) = (self.0)(&key.0, value) {
                *self.1 = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it can be.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Elements<'f, 'a>(
    &'f mut dyn FnMut(Raw<'a>) -> Result<(), DecodeError>,
    &'f mut Option<DecodeError>,
);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Elements<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Elements<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element()? {
            if let Err(error) = (self.0)(element) {
                *self.1 = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// A text that may be written in several languages or several times: of languages the English one,
/// else the first; several are joined with `;`.
///
/// # Errors
/// When a part of it cannot be read.
pub(crate) fn said(raw: Raw<'_>) -> Result<Cow<'_, str>, DecodeError> {
    match raw.json().as_bytes().first() {
        Some(b'[') => {
            let mut out = String::new();
            let mut is_first = true;
            each("a list of texts", raw, &mut |part| {
                if !std::mem::take(&mut is_first) {
                    out.push(';');
                }
                // Lists in lists mean nothing: they stay as they stand.
                let inner = if part.json().starts_with('[') { part.text() } else { said(part)? };
                out.push_str(&inner);
                Ok(())
            })?;
            Ok(Cow::Owned(out))
        }
        Some(b'{') => {
            let (mut first, mut english) = (None, None);
            entries("a text by language", raw, &mut |language, text| {
                if language == "en" {
                    english = Some(text.text().into_owned());
                }
                first.get_or_insert_with(|| text.text().into_owned());
                Ok(())
            })?;
            Ok(Cow::Owned(english.or(first).unwrap_or_default()))
        }
        _ => Ok(raw.text()),
    }
}
