//! The outer form of an answer: `[header, rows]`, `[header]`, `[header, null]`, a message, or
//! the rows alone.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::DecodeError;
use crate::raw::{Each, Raw, Rows};
use crate::text::{json_error, message_error, start};

const EXPECTED: &str = "the World Bank's [header, rows]";

/// The first element of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Page, from 1.
    pub(super) page: u32,
    /// Number of pages; 0 when there is nothing.
    pub(super) pages: u32,
    /// Records on a page, as the server really gives them.
    pub(super) per_page: u32,
    /// Records over all pages.
    pub(super) total: u64,
    /// Date of last update.
    pub(super) lastupdated: Option<String>,
    /// The database that the figures are of, where the answer says so.
    pub(super) database: Option<String>,
}

#[derive(Deserialize)]
struct RawHeader<'a> {
    #[serde(borrow, default)]
    page: Raw<'a>,
    #[serde(borrow, default)]
    pages: Raw<'a>,
    #[serde(borrow, default)]
    per_page: Raw<'a>,
    #[serde(borrow, default)]
    total: Raw<'a>,
    #[serde(borrow, default)]
    lastupdated: Raw<'a>,
    #[serde(borrow, default)]
    sourceid: Raw<'a>,
    #[serde(borrow, default)]
    message: Raw<'a>,
    #[serde(borrow, default)]
    indicator: Raw<'a>,
    #[serde(borrow, default)]
    country: Raw<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    key: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
}

/// Reads an answer, handing its rows to `each`. No header when the body is the rows alone.
pub(super) fn read<'a, E: Deserialize<'a>>(
    text: &'a str,
    each: Each<'_, E>,
) -> Result<Option<Header>, DecodeError> {
    if !text.trim_ascii_start().starts_with('[') {
        // Let serde say where it is no JSON at all, and us that it is other JSON.
        let whole: Result<IgnoredAny, _> = serde_json::from_str(text);
        return Err(match whole {
            Err(error) => json_error(&error, text),
            Ok(_) => shape(format!("JSON that starts with {:?}", start(text.as_bytes()))),
        });
    }
    let mut outcome = Ok(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer
        .deserialize_seq(AnswerVisitor { each, outcome: &mut outcome })
        .and_then(|()| deserializer.end());
    match (outcome, read) {
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(json_error(&error, text)),
        (Ok(header), Ok(())) => Ok(header),
    }
}

fn shape(found: String) -> DecodeError {
    DecodeError::Shape { found, expected: EXPECTED }
}

struct AnswerVisitor<'f, E> {
    each: Each<'f, E>,
    /// What serde's own error type cannot carry.
    outcome: &'f mut Result<Option<Header>, DecodeError>,
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for AnswerVisitor<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(first) = seq.next_element::<&'de RawValue>()? else {
            *self.outcome = Err(shape("an empty list".to_owned()));
            return Err(A::Error::custom("empty"));
        };
        match classify(first) {
            Ok(First::Header(header)) => {
                *self.outcome = Ok(Some(header));
                let mut stopped = None;
                let read = seq.next_element_seed(Rows(self.each, &mut stopped));
                if let Some(error) = stopped {
                    *self.outcome = Err(error);
                }
                read?;
                // Elements after the rows would be another protocol.
                if seq.next_element::<IgnoredAny>()?.is_some() {
                    *self.outcome = Err(shape("a list of three or more elements".to_owned()));
                    return Err(A::Error::custom("three elements"));
                }
            }
            Ok(First::Record) => {
                let first = serde_json::from_str(first.get()).map_err(A::Error::custom)?;
                let mut next = Some(first);
                while let Some(element) = next {
                    if let Err(error) = (self.each)(element) {
                        *self.outcome = Err(error);
                        return Err(A::Error::custom("stopped"));
                    }
                    next = seq.next_element()?;
                }
            }
            Err(error) => {
                *self.outcome = Err(error);
                return Err(A::Error::custom("not an answer"));
            }
        }
        Ok(())
    }
}

enum First {
    Header(Header),
    Record,
}

fn classify(first: &RawValue) -> Result<First, DecodeError> {
    let text = first.get();
    let unknown = || shape(format!("a list that starts with {:?}", start(text.as_bytes())));
    let raw: RawHeader<'_> = serde_json::from_str(text).map_err(|_| unknown())?;
    if raw.message.is_present() {
        return Err(message(raw.message));
    }
    if raw.indicator.is_present() && raw.country.is_present() {
        return Ok(First::Record);
    }
    let number = |raw: Raw<'_>| raw.text().parse::<u32>().ok();
    // Nothing found may come without page and size.
    let pages = number(raw.pages).ok_or_else(unknown)?;
    Ok(First::Header(Header {
        page: number(raw.page).unwrap_or(u32::from(pages == 0)),
        pages,
        per_page: number(raw.per_page).filter(|&size| size > 0).unwrap_or(50),
        total: raw.total.text().parse().map_err(|_| unknown())?,
        lastupdated: Some(raw.lastupdated.text().into_owned()).filter(|date| !date.is_empty()),
        database: Some(raw.sourceid.text().into_owned()).filter(|id| !id.is_empty()),
    }))
}

fn message(raw: Raw<'_>) -> DecodeError {
    let first = serde_json::from_str::<Vec<Message<'_>>>(raw.json())
        .ok()
        .and_then(|messages| messages.into_iter().next());
    match first {
        Some(message) => {
            message_error(&message.id.text(), &message.key.text(), &message.value.text())
        }
        None => message_error("none", "", &raw.text()),
    }
}
