//! The XML of a message, element by element. No document type is read, so that there are no
//! entities but those of XML itself; elements lie within each other as deep as [`DEPTH_MAX`] at most.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::job::Budget;
use crate::{DecodeError, DecodeJob, text};

/// How deep elements may lie within each other. A message has twelve at most.
pub(super) const DEPTH_MAX: usize = 64;

/// The elements of a message.
pub(super) struct Elements<'t> {
    reader: Reader<&'t [u8]>,
    budget: Budget<'t>,
    text: &'t str,
    depth: usize,
    /// Longest text, and most attributes of one element.
    max: usize,
    attributes_max: usize,
}

/// An element whose start was read.
pub(super) struct Element<'t> {
    start: BytesStart<'t>,
    /// Whether it has nothing in it, and no end of its own.
    is_empty: bool,
}

impl Element<'_> {
    /// Its name without prefix.
    pub(super) fn name(&self) -> &str {
        let name = self.start.name().into_inner();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// The name in an error: short.
    pub(super) fn shown(&self) -> String {
        self.name().chars().take(60).collect()
    }
}

impl<'t> Elements<'t> {
    pub(super) fn new(job: &'t DecodeJob<'t>, text: &'t str) -> Self {
        Self {
            reader: Reader::from_str(text),
            budget: Budget::new(job),
            text,
            depth: 0,
            max: job.limits.record_max_bytes,
            attributes_max: job.limits.columns_max,
        }
    }

    /// The error of a text that is not XML here.
    pub(super) fn broken(&self, why: impl Into<String>) -> DecodeError {
        let start = text::start(self.text.as_bytes());
        DecodeError::Xml { at: self.reader.buffer_position(), why: why.into(), start }
    }

    /// The error of a text that is longer than a record may be.
    fn too_long(&self, what: &str) -> DecodeError {
        let limit = u64::try_from(self.max).unwrap_or(u64::MAX);
        DecodeError::too_large(format!("the length of {what}"), limit, "record_max_bytes")
    }

    fn next(&mut self) -> Result<Event<'t>, DecodeError> {
        self.budget.step()?;
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(self.broken(error.to_string())),
        };
        match &event {
            Event::DocType(_) => {
                Err(self.broken("it declares a document type, of which none is read"))
            }
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    let at = self.reader.buffer_position();
                    return Err(DecodeError::Nested { at, limit: DEPTH_MAX });
                }
                Ok(event)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(event)
            }
            Event::Eof if self.depth > 0 => Err(self.broken("it breaks off")),
            _ => Ok(event),
        }
    }

    /// The next element within the one whose start was read last; none at its end.
    pub(super) fn child(&mut self) -> Result<Option<Element<'t>>, DecodeError> {
        loop {
            match self.next()? {
                Event::Start(start) => return Ok(Some(Element { start, is_empty: false })),
                Event::Empty(start) => return Ok(Some(Element { start, is_empty: true })),
                Event::End(_) | Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// The next element within one; none where that is empty.
    pub(super) fn child_of(
        &mut self,
        parent: &Element<'_>,
    ) -> Result<Option<Element<'t>>, DecodeError> {
        if parent.is_empty { Ok(None) } else { self.child() }
    }

    /// Passes over all that is in an element.
    pub(super) fn skip(&mut self, element: &Element<'_>) -> Result<(), DecodeError> {
        if element.is_empty {
            return Ok(());
        }
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// The text in an element, with that of the elements in it.
    pub(super) fn text(&mut self, element: &Element<'_>) -> Result<String, DecodeError> {
        let mut out = String::new();
        if element.is_empty {
            return Ok(out);
        }
        let outside = self.depth - 1;
        while self.depth > outside {
            match self.next()? {
                Event::Text(text) => out.push_str(&text.xml10_content()),
                Event::CData(text) => out.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => out.push_str(&self.entity(&entity)?),
                _ => {}
            }
            self.check_length(out.len())?;
        }
        Ok(out.trim().to_owned())
    }

    /// The text of an element; where it has elements (one for each language), that of the first.
    pub(super) fn first_text(&mut self, element: &Element<'_>) -> Result<String, DecodeError> {
        let (mut out, mut found) = (String::new(), None);
        if element.is_empty {
            return Ok(out);
        }
        let outside = self.depth - 1;
        while self.depth > outside {
            match self.next()? {
                Event::Start(start) => {
                    let text = self.text(&Element { start, is_empty: false })?;
                    found.get_or_insert(text);
                }
                Event::Text(text) => out.push_str(&text.xml10_content()),
                Event::CData(text) => out.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => out.push_str(&self.entity(&entity)?),
                _ => {}
            }
            self.check_length(out.len())?;
        }
        Ok(found.unwrap_or_else(|| out.trim().to_owned()))
    }

    /// That a text is not too long.
    pub(super) fn check_length(&self, length: usize) -> Result<(), DecodeError> {
        if length > self.max { Err(self.too_long("a text")) } else { Ok(()) }
    }

    fn entity(&self, entity: &BytesRef<'_>) -> Result<String, DecodeError> {
        if let Some(known) = resolve_xml_entity(entity) {
            return Ok(known.to_owned());
        }
        let character = entity.resolve_char_ref().ok().flatten();
        character.map(String::from).ok_or_else(|| {
            let name: String = entity.chars().take(60).collect();
            self.broken(format!("it holds &{name};, which XML does not know"))
        })
    }

    /// Hands over the attributes of an element by their prefix, name and value.
    pub(super) fn attributes(
        &self,
        element: &Element<'_>,
        mut take: impl FnMut(Option<&str>, &str, Cow<'_, str>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        for (count, attribute) in element.start.attributes().with_checks(false).enumerate() {
            if count >= self.attributes_max {
                let limit = u64::try_from(self.attributes_max).unwrap_or(u64::MAX);
                let what = "the number of attributes of an element";
                return Err(DecodeError::too_large(what, limit, "columns_max"));
            }
            let attribute = attribute.map_err(|error| self.broken(error.to_string()))?;
            let value = self.value(&attribute)?;
            let name = attribute.key.into_inner();
            let (prefix, name) = match name.split_once(':') {
                Some((prefix, local)) => (Some(prefix), local),
                None => (None, name),
            };
            if prefix == Some("xmlns") || (prefix.is_none() && name == "xmlns") {
                continue;
            }
            take(prefix, name, value)?;
        }
        Ok(())
    }

    fn value<'v>(&self, attribute: &Attribute<'v>) -> Result<Cow<'v, str>, DecodeError> {
        if attribute.value.len() > self.max {
            return Err(self.too_long("an attribute"));
        }
        attribute
            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
            .map_err(|error| self.broken(error.to_string()))
    }

    /// One attribute, by its name without prefix; empty where there is none.
    pub(super) fn attribute(
        &self,
        element: &Element<'_>,
        name: &str,
    ) -> Result<String, DecodeError> {
        let mut found = String::new();
        self.attributes(element, |_, local, value| {
            if local == name && found.is_empty() {
                value.trim().clone_into(&mut found);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// The body as the text that its mark or its declaration says it is.
///
/// # Errors
/// When it is no XML, or not in the encoding that it declares.
pub(super) fn text<'b>(
    body: &'b [u8],
    expected: &'static str,
) -> Result<Cow<'b, str>, DecodeError> {
    let (encoding, rest) = match encoding_rs::Encoding::for_bom(body) {
        Some((encoding, length)) => (encoding, body.get(length..).unwrap_or_default()),
        None => (declared(body), body),
    };
    let head = rest.get(..512.min(rest.len())).unwrap_or_default();
    let (head, _) = encoding.decode_without_bom_handling(head);
    let head = head.trim_start().to_ascii_lowercase();
    let start = || text::start(rest);
    if head.starts_with("<!doctype html") || head.contains("<html") {
        return Err(DecodeError::Html { expected, start: start() });
    }
    if !head.starts_with('<') {
        return Err(DecodeError::Content { expected, found: "no XML", start: start() });
    }
    let (text, is_wrong) = encoding.decode_without_bom_handling(rest);
    if is_wrong {
        return Err(DecodeError::Xml {
            at: u64::try_from(std::str::from_utf8(rest).map_or_else(|it| it.valid_up_to(), |_| 0))
                .unwrap_or_default(),
            why: format!("it is not {}, as it says of itself", encoding.name()),
            start: start(),
        });
    }
    Ok(text)
}

/// The encoding that the declaration names; UTF-8 where there is none.
fn declared(body: &[u8]) -> &'static encoding_rs::Encoding {
    let head: String = body.iter().take(200).map(|&byte| char::from(byte)).collect();
    let named = head.strip_prefix("<?xml").and_then(|rest| {
        let (inner, _) = rest.split_once("?>")?;
        let (_, value) = inner.split_once("encoding")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        value.get(1..)?.split(quote).next()
    });
    let found = named.and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
    // A declaration that can be read byte by byte is not in an encoding of two bytes.
    found.filter(|it| it.is_ascii_compatible()).unwrap_or(encoding_rs::UTF_8)
}
