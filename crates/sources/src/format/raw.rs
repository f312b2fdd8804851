//! JSON values by their text: nothing is built that the rows do not need, numbers keep their
//! digits, and a field of another type than expected spoils its record, not the document.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::DecodeError;
use crate::checks::malformed;
use crate::normalise::Fault;

/// A field of a record: its JSON text, or absent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raw<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'a RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

impl<'a> Raw<'a> {
    /// The JSON text; empty when the field is absent.
    pub(crate) fn json(self) -> &'a str {
        self.0.map_or("", RawValue::get)
    }

    /// Whether the field stands in the record, be it as `null`.
    pub(crate) const fn is_present(self) -> bool {
        self.0.is_some()
    }

    /// Whether the field is absent or `null`.
    pub(crate) fn is_null(self) -> bool {
        matches!(self.json(), "" | "null")
    }

    /// Whether the field is a list or an object.
    pub(crate) fn is_nested(self) -> bool {
        self.json().starts_with(['[', '{'])
    }

    /// The content: of a string its characters, of a number or truth value its text, of `null`
    /// and of an absent field nothing. Surrounding white space is removed.
    pub(crate) fn text(self) -> Cow<'a, str> {
        let json = self.json();
        let Some(inside) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Cow::Borrowed(if json == "null" { "" } else { json });
        };
        if !inside.contains('\\') {
            return Cow::Borrowed(inside.trim());
        }
        match serde_json::from_str::<String>(json) {
            Ok(text) => Cow::Owned(text.trim().to_owned()),
            // Half a surrogate pair: shown as written.
            Err(_) => Cow::Borrowed(inside.trim()),
        }
    }
}

/// An element of a list of records.
#[derive(Debug)]
pub(crate) enum Element<'a, T> {
    /// An object: a record, with whatever fields it has.
    Record(T),
    /// Anything else, and an object that cannot be read (a field twice, half a surrogate pair in
    /// a name): what it is, and its text.
    Other(String, &'a str),
}

impl<'de: 'a, 'a, T: Deserialize<'a>> Deserialize<'de> for Element<'a, T> {
    /// The element is cut out first, so that a record that cannot be read leaves the rest alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&'a RawValue>::deserialize(deserializer)?.get();
        let what = match json.as_bytes().first() {
            Some(b'{') => match serde_json::from_str(json) {
                Ok(record) => return Ok(Self::Record(record)),
                Err(error) => format!("an object that cannot be read ({})", reason(&error)),
            },
            Some(b'[') => "a list".to_owned(),
            Some(b'"') => "a text".to_owned(),
            Some(b't' | b'f') => "a truth value".to_owned(),
            Some(b'n') => "null".to_owned(),
            _ => "a number".to_owned(),
        };
        Ok(Self::Other(what, json))
    }
}

/// What serde says, without its place: that is counted from the start of the record.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Takes records one by one. An error ends the reading; what it was is the taker's to tell.
pub(crate) type Each<'f, E> = &'f mut dyn FnMut(E) -> Result<(), DecodeError>;

/// A list of records that are handed on one by one; `null` is an empty list (H4). What ends it
/// before its end is put into the second field.
pub(crate) struct Rows<'f, E>(pub(crate) Each<'f, E>, pub(crate) &'f mut Option<DecodeError>);

impl<'de, E: Deserialize<'de>> DeserializeSeed<'de> for Rows<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for Rows<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records or null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(element) = seq.next_element()? {
            if let Err(error) = (self.0)(element) {
                *self.1 = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_unit<E2>(self) -> Result<(), E2> {
        Ok(())
    }
}

/// The record as text for the quarantine: the named fields as they stand.
pub(crate) fn record(fields: &[(&str, Raw<'_>)]) -> String {
    let present = fields.iter().filter(|(_, raw)| raw.is_present());
    let mut first = true;
    let parts = present.flat_map(|(name, raw)| {
        let mark = if std::mem::take(&mut first) { "{\"" } else { ",\"" };
        [mark, *name, "\":", raw.json()]
    });
    crate::text::joined(parts.chain(["}"]), "")
}

/// The fields of an object as pairs of texts, in the order of the document; empty for anything
/// else.
///
/// # Errors
/// When a key stands twice, in whatever spelling: nobody can say which is meant.
pub(crate) fn pairs(raw: Raw<'_>) -> Result<Vec<(String, String)>, Fault> {
    let pairs = serde_json::from_str::<Pairs>(raw.json()).map(|pairs| pairs.0).unwrap_or_default();
    let mut names = BTreeSet::new();
    for (name, _) in &pairs {
        let heading = crate::text::heading(name);
        if !names.insert(if heading.is_empty() { name.clone() } else { heading }) {
            let name: String = name.chars().take(100).collect();
            return Err(malformed(&format!("key {name:?} stands twice in one object")));
        }
    }
    Ok(pairs)
}

struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor).map(Self)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value: Raw<'de> = map.next_value()?;
            pairs.push((name, value.text().into_owned()));
        }
        Ok(pairs)
    }
}
