//! The XML of a part, event by event.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::unreadable;
use crate::job::Budget;
use crate::{DecodeError, DecodeJob};

/// A part as text: UTF-8, or UTF-16 with its mark, which is all that the format allows.
pub(super) fn text(name: &str, bytes: Vec<u8>) -> Result<String, DecodeError> {
    let marked = encoding_rs::Encoding::for_bom(&bytes).filter(|(it, _)| *it != encoding_rs::UTF_8);
    if let Some((encoding, length)) = marked {
        let rest = bytes.get(length..).unwrap_or_default();
        return Ok(encoding.decode_without_bom_handling(rest).0.into_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(format!("byte {at} of {name:?} is not UTF-8"))
    })
}

/// The events of a part. It is asked on the way whether to stop.
pub(super) struct Events<'t> {
    reader: Reader<&'t [u8]>,
    budget: Budget<'t>,
    name: &'t str,
}

impl<'t> Events<'t> {
    pub(super) fn new(job: &'t DecodeJob<'t>, name: &'t str, text: &'t str) -> Self {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Self { reader: Reader::from_str(text), budget: Budget::new(job), name }
    }

    pub(super) fn next(&mut self) -> Result<Event<'t>, DecodeError> {
        self.budget.step()?;
        let event = self.reader.read_event();
        event.map_err(|error| {
            let at = self.reader.error_position();
            unreadable(format!("{:?} is no XML at byte {at}: {error}", self.name))
        })
    }

    /// The text up to the end of the element whose start was read, and what stands in it but is
    /// no text is passed over, `but` with all that is in it.
    pub(super) fn content(&mut self, but: &str, max: usize) -> Result<String, DecodeError> {
        let mut out = String::new();
        let (mut depth, mut without) = (0_usize, None);
        loop {
            match self.next()? {
                Event::Start(element) => {
                    depth += 1;
                    if without.is_none() && is(&element, but) {
                        without = Some(depth);
                    }
                }
                Event::End(_) if depth == 0 => return Ok(out),
                Event::End(_) => {
                    if without == Some(depth) {
                        without = None;
                    }
                    depth -= 1;
                }
                Event::Text(text) if without.is_none() => out.push_str(&text.xml10_content()),
                Event::CData(text) if without.is_none() => out.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) if without.is_none() => {
                    out.push_str(&self.entity(&entity)?);
                }
                Event::Eof => return Err(unreadable(format!("{:?} breaks off", self.name))),
                _ => {}
            }
            if out.len() > max {
                let what = format!("the length of a text in {:?}", self.name);
                let limit = u64::try_from(max).unwrap_or(u64::MAX);
                return Err(DecodeError::too_large(what, limit, "record_max_bytes"));
            }
        }
    }

    fn entity(&self, entity: &BytesRef<'_>) -> Result<String, DecodeError> {
        if let Some(known) = resolve_xml_entity(entity) {
            return Ok(known.to_owned());
        }
        let character = entity.resolve_char_ref().ok().flatten();
        character.map(String::from).ok_or_else(|| {
            unreadable(format!("{:?} holds &{};, which XML does not know", self.name, &**entity))
        })
    }
}

/// Whether an element has a name, whatever its prefix.
pub(super) fn is(element: &BytesStart<'_>, name: &str) -> bool {
    element.local_name().as_ref() == name
}

/// An attribute by its name without prefix.
pub(super) fn attribute(
    element: &BytesStart<'_>,
    name: &str,
) -> Result<Option<String>, DecodeError> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| unreadable(format!("no XML: {error}")))?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                .map_err(|error| unreadable(format!("no XML: {error}")))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Whether an attribute of that name has a value, under any prefix: programs repeat an attribute under
/// one of their own where they say more than the standard does.
pub(super) fn has(element: &BytesStart<'_>, name: &str, value: &str) -> Result<bool, DecodeError> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| unreadable(format!("no XML: {error}")))?;
        if attribute.key.local_name().as_ref() == name && &*attribute.value == value {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A truth value by its name without prefix; none where it is not given, or is no truth value.
pub(super) fn truth(element: &BytesStart<'_>, name: &str) -> Result<Option<bool>, DecodeError> {
    let text = attribute(element, name)?.unwrap_or_default();
    Ok(match text.trim() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    })
}
