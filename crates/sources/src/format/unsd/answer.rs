//! The envelope of an API answer: `{size, totalElements, totalPages, pageNumber, …, data: […]}`,
//! in any order.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::DecodeError;
use crate::raw::{Each, Raw, Rows};
use crate::text::{json_error, start};

const EXPECTED: &str = "an object with totalElements, totalPages and data, as the UNSD SDG API \
                        gives it";

/// What stands around the records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// Page, from 1, where it is stated.
    pub(super) page: Option<u32>,
    /// Number of pages; 0 when there is nothing.
    pub(super) pages: u32,
    /// Records over all pages.
    pub(super) total: u64,
}

#[derive(Default)]
struct Fields<'a> {
    page: Raw<'a>,
    pages: Raw<'a>,
    total: Raw<'a>,
    has_data: bool,
}

/// Reads an answer, handing its records to `each`.
pub(super) fn read<'a, E: Deserialize<'a>>(
    text: &'a str,
    each: Each<'_, E>,
) -> Result<Envelope, DecodeError> {
    let shape = || DecodeError::Shape {
        found: format!("JSON that starts with {:?}", start(text.as_bytes())),
        expected: EXPECTED,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut stopped = None;
    let read = deserializer
        .deserialize_map(EnvelopeVisitor { each, stopped: &mut stopped })
        .and_then(|fields| deserializer.end().map(|()| fields));
    if let Some(error) = stopped {
        return Err(error);
    }
    let fields = match read {
        Ok(fields) => fields,
        // Right JSON of another form is told apart from text that is no JSON.
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => return Err(shape()),
        Err(error) => return Err(json_error(&error, text)),
    };
    let whole = |raw: Raw<'_>| crate::text::whole_number(&raw.text()).parse::<u32>().ok();
    match (whole(fields.total), whole(fields.pages)) {
        (Some(total), Some(pages)) if fields.has_data => {
            Ok(Envelope { page: whole(fields.page), pages, total: u64::from(total) })
        }
        _ => Err(shape()),
    }
}

struct EnvelopeVisitor<'f, E> {
    each: Each<'f, E>,
    /// What ended the reading before its end, which serde's own error type cannot carry.
    stopped: &'f mut Option<DecodeError>,
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for EnvelopeVisitor<'_, E> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            // Of two lists, or two numbers of pages, nobody can say which is meant.
            let is_repeated = match &*key {
                "pageNumber" => fields.page.is_present(),
                "totalPages" => fields.pages.is_present(),
                "totalElements" => fields.total.is_present(),
                "data" => fields.has_data,
                _ => false,
            };
            if is_repeated {
                let found = format!("an answer in which {key:?} stands twice");
                *self.stopped = Some(DecodeError::Shape { found, expected: EXPECTED });
                return Err(A::Error::custom("a key twice"));
            }
            match &*key {
                "pageNumber" => fields.page = map.next_value()?,
                "totalPages" => fields.pages = map.next_value()?,
                "totalElements" => fields.total = map.next_value()?,
                "data" => {
                    map.next_value_seed(Rows(&mut *self.each, &mut *self.stopped))?;
                    fields.has_data = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}
