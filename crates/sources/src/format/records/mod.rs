//! JSON with a list of records, by a declared mapping: answers of OData services, of portals, of any
//! program that writes its table as JSON. A field of a record is named by its key; of objects within
//! it by the keys that lead to it, joined with `/` (`indicator/id`).
//!
//! Services that give pages name the next one in the answer. What a document names is not trusted:
//! it is asked only below the declared root, at the declared host ([`next`]).

mod next;
pub(crate) mod survey;

use std::borrow::Cow;
use std::collections::HashMap;

use wsis_model::mapping::{Document, Mapping};
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Format;

use super::Decoder;
use super::archive;
use super::lines::Line;
use super::message::held::over;
use super::message::json;
use super::raw::Raw;
use crate::job::Budget;
use crate::mapping::layout::{Header, Layout};
use crate::mapping::mapper::Mapper;
use crate::normalise::Normaliser;
use crate::text;
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec};

/// What is expected, in errors.
const EXPECTED: &str = "JSON with a list of records";

/// How deep objects within a record are looked into.
const DEPTH_MAX: usize = 4;

/// Lists of records in JSON.
pub(crate) struct Records;

/// A record: the members of an object, in the order of all headings of its document.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) members: Vec<Member<'a>>,
    /// The object as it stands.
    pub(crate) json: &'a str,
    /// Its place in the list, from 1.
    pub(crate) number: u64,
}

/// What a member of an object holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Member<'a> {
    /// Nothing: it is `null`, or not there.
    #[default]
    Nothing,
    /// A number, as it is written.
    Number(&'a str),
    /// A text or a truth value.
    Text(Cow<'a, str>),
    /// A list, or an object too deep in others.
    Unreadable(&'static str),
}

impl Member<'_> {
    /// Its text without white space around it; empty where there is none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Number(text) => text,
            Self::Text(text) => text.trim(),
            Self::Nothing | Self::Unreadable(_) => "",
        }
    }

    /// Its text, or why there is none.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Number(text) => text,
            Self::Text(text) => text,
            Self::Unreadable(why) => why,
            Self::Nothing => "",
        }
    }
}

impl<'a> Member<'a> {
    fn of(raw: Raw<'a>) -> Self {
        match raw.json().as_bytes().first() {
            None | Some(b'n') => Self::Nothing,
            Some(b'[') => Self::Unreadable("it holds a list, which is no value"),
            Some(b'{') => Self::Unreadable("it holds objects too deep in others to be looked into"),
            Some(b'"' | b't' | b'f') => Self::Text(raw.text()),
            Some(_) => Self::Number(raw.json()),
        }
    }
}

impl Decoder for Records {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let mapping = mapping(job)?;
        let plain = archive::plain(job, (Format::Json, None), body, &|_| true)?;
        let text = text::json(&plain.body)?;
        let parts = Parts::of(job, &mapping.document, text)?;
        let headings = Headings::of(job, parts.rows)?;
        let edition = request.file(job.pipeline).and_then(|file| file.edition);
        headings.layout(job, mapping, edition)?;
        let next = next::of(job, request, parts.next)?;
        let pages = mapping.document.next.is_none().then_some(1);
        let total = parts.total(&mapping.document)?;
        Ok(PageInfo { rows: headings.records, total, pages, vintage: None, next })
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let mapping = mapping(job)?;
        let label = mapping.areas_of.as_deref().unwrap_or(&job.pipeline.source);
        let edition = request.file(job.pipeline).and_then(|file| file.edition);
        let plain = archive::plain(job, (Format::Json, None), body, &|_| true)?;
        let text = text::json(&plain.body)?;
        let parts = Parts::of(job, &mapping.document, text)?;
        let headings = Headings::of(job, parts.rows)?;
        let mut mapper = Mapper::new(Normaliser::new(label, job, out), mapping, edition);
        if let Some(remark) = plain.remark {
            mapper.rows.remark(remark);
        }
        if let Some(layout) = headings.layout(job, mapping, edition)? {
            mapper.begin(&layout);
            headings.each(job, parts.rows, &mut |found| match found {
                Ok(object) => mapper.take(&layout, "", Line::Object(object)),
                Err((why, record)) => mapper.malformed((1, None), why, record),
            })?;
        }
        mapper.put_counts()?;
        mapper.rows.tell_absent_of(request, true);
        Ok(mapper.rows.finish())
    }
}

fn mapping<'p>(job: &DecodeJob<'p>) -> Result<&'p Mapping, DecodeError> {
    let none = || DecodeError::NoMapping { pipeline: job.pipeline.id.clone() };
    job.pipeline.mapping.as_ref().ok_or_else(none)
}

/// The parts of a document that are asked for.
struct Parts<'a> {
    rows: Raw<'a>,
    next: Raw<'a>,
    total: Raw<'a>,
}

impl<'a> Parts<'a> {
    fn of(job: &DecodeJob<'_>, wanted: &Document, text: &'a str) -> Result<Self, DecodeError> {
        let raw: Raw<'a> =
            serde_json::from_str(text).map_err(|why| text::json_error(&why, text))?;
        let rows = match &wanted.rows {
            Some(path) => at(job, raw, path)?.ok_or_else(|| none_at(job, raw, path))?,
            None if raw.json().starts_with('[') => raw,
            None => only_list(job, raw)?,
        };
        if !rows.is_null() && !rows.json().starts_with('[') {
            let found = format!("no list of records but {}", text::start(rows.json().as_bytes()));
            return Err(DecodeError::Shape { found, expected: EXPECTED });
        }
        let part = |path: &Option<String>| match path {
            Some(path) if raw.json().starts_with('{') => at(job, raw, path),
            _ => Ok(None),
        };
        let (next, total) = (part(&wanted.next)?, part(&wanted.total)?);
        Ok(Self { rows, next: next.unwrap_or_default(), total: total.unwrap_or_default() })
    }

    /// The number of records over all pages, where the document states it.
    fn total(&self, wanted: &Document) -> Result<Option<u64>, DecodeError> {
        if self.total.is_null() {
            return Ok(None);
        }
        let text = self.total.text();
        let number = text::whole_number(&text).parse();
        number.map(Some).map_err(|_| DecodeError::Shape {
            found: format!(
                "{:?} in {:?}",
                text.chars().take(40).collect::<String>(),
                wanted.total.as_deref().unwrap_or_default()
            ),
            expected: "the number of records over all pages",
        })
    }
}

/// The part of a document that names lead to. A key may hold what separates them.
fn at<'a>(job: &DecodeJob<'_>, raw: Raw<'a>, path: &str) -> Result<Option<Raw<'a>>, DecodeError> {
    if !raw.json().starts_with('{') {
        return Ok(None);
    }
    let (first, rest) = path.split_once('/').map_or((path, None), |(it, rest)| (it, Some(rest)));
    let (mut whole, mut inner) = (None, None);
    let mut budget = Budget::new(job);
    let twice = |key: &str| DecodeError::Shape {
        found: format!("a document in which {key:?} stands twice"),
        expected: EXPECTED,
    };
    json::entries(EXPECTED, raw, &mut |key, value| {
        budget.step()?;
        if key == path && whole.replace(value).is_some() {
            return Err(twice(key));
        }
        if rest.is_some() && key == first && inner.replace(value).is_some() {
            return Err(twice(key));
        }
        Ok(())
    })?;
    match (whole, inner.zip(rest)) {
        (None, Some((inner, rest))) => at(job, inner, rest),
        (found, _) => Ok(found),
    }
}

/// Names of a document that are told, and how often it says that it is an error.
const NAMED: usize = 20;

/// The error of a document without the list that was named: it may be the word of a service.
fn none_at(job: &DecodeJob<'_>, raw: Raw<'_>, path: &str) -> DecodeError {
    let mut names = Vec::new();
    let mut said = Raw::default();
    let mut budget = Budget::new(job);
    let read = json::entries(EXPECTED, raw, &mut |key, value| {
        budget.step()?;
        if names.len() < NAMED {
            names.push(format!("{:?}", key.chars().take(60).collect::<String>()));
        }
        if key.eq_ignore_ascii_case("error") || key.eq_ignore_ascii_case("message") {
            said = value;
        }
        Ok(())
    });
    if read.is_err() || names.is_empty() {
        let found = format!("JSON that starts with {:?}", text::start(raw.json().as_bytes()));
        return DecodeError::Shape { found, expected: EXPECTED };
    }
    let mut found = format!("no {path:?} among {}", names.join(", "));
    if !said.is_null() {
        let said: String = said.text().chars().take(300).collect();
        found.push_str("; the service says ");
        found.push_str(&said);
    }
    DecodeError::Shape { found, expected: EXPECTED }
}

/// The only list of a document that does not say which of its parts are records.
fn only_list<'a>(job: &DecodeJob<'_>, raw: Raw<'a>) -> Result<Raw<'a>, DecodeError> {
    let mut lists: Vec<(String, Raw<'a>)> = Vec::new();
    if raw.json().starts_with('{') {
        let mut budget = Budget::new(job);
        json::entries(EXPECTED, raw, &mut |key, value| {
            budget.step()?;
            if value.json().starts_with('[') && lists.len() < NAMED {
                lists.push((format!("{:?}", key.chars().take(60).collect::<String>()), value));
            }
            Ok(())
        })?;
    }
    match lists.as_slice() {
        [(_, list)] => Ok(*list),
        [] => Err(none_at(job, raw, "list")),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            let found = format!("lists in {}", names.join(", "));
            let expected = "one list, or `rows` in [mapping.document], which says which one holds \
                            the records";
            Err(DecodeError::Shape { found, expected })
        }
    }
}

/// The headings of all records of a document, in the order in which they first stand.
#[derive(Default)]
struct Headings {
    list: Vec<String>,
    by_text: HashMap<String, usize>,
    records: u64,
}

/// Takes a record, or why there is none and its text.
type Take<'t> = &'t mut dyn FnMut(Result<&Object<'_>, (&str, &str)>) -> Result<(), DecodeError>;

impl Headings {
    fn of(job: &DecodeJob<'_>, rows: Raw<'_>) -> Result<Self, DecodeError> {
        let mut found = Self::default();
        let mut budget = Budget::new(job);
        let mut path = String::new();
        json::each("the records", rows, &mut |record| {
            found.records += 1;
            budget.record()?;
            if record.json().len() > job.limits.record_max_bytes {
                let most = (job.limits.record_max_bytes, "record_max_bytes");
                return Err(over("the length of a record".to_owned(), most));
            }
            if !record.json().starts_with('{') {
                return Ok(());
            }
            // What cannot be read is told where it is taken.
            let read = members(record, (&mut path, 1), &mut |heading, _| found.note(job, heading));
            read.or_else(|error| if is_limit(&error) { Err(error) } else { Ok(()) })
        })?;
        Ok(found)
    }

    fn note(&mut self, job: &DecodeJob<'_>, heading: &str) -> Result<(), DecodeError> {
        if self.by_text.contains_key(heading) {
            return Ok(());
        }
        let most = json::columns(job);
        if self.list.len() >= most.0 {
            return Err(over("the number of different fields of records".to_owned(), most));
        }
        self.by_text.insert(heading.to_owned(), self.list.len());
        self.list.push(heading.to_owned());
        Ok(())
    }

    /// Which field is what; none where there are no fields.
    fn layout<'p>(
        &self,
        job: &DecodeJob<'p>,
        mapping: &'p Mapping,
        edition: Option<i32>,
    ) -> Result<Option<Layout<'p>>, DecodeError> {
        if self.list.is_empty() {
            return Ok(None);
        }
        let header = Header {
            pipeline: job.pipeline,
            mapping,
            edition,
            headings: self.list.clone(),
            passed_over: vec![false; self.list.len()],
        };
        header.layout(job).map(Some)
    }

    /// Hands over every record.
    fn each(&self, job: &DecodeJob<'_>, rows: Raw<'_>, take: Take<'_>) -> Result<(), DecodeError> {
        let mut number = 0;
        let mut path = String::new();
        let mut budget = Budget::new(job);
        json::each("the records", rows, &mut |record| {
            number += 1;
            budget.step()?;
            if !record.json().starts_with('{') {
                return take(Err(("no object, so no record", record.json())));
            }
            let members = vec![Member::default(); self.list.len()];
            let mut object = Object { members, json: record.json(), number };
            let mut seen = vec![false; self.list.len()];
            let read = members_of(record, &mut path, &mut |heading, value| {
                let Some(&at) = self.by_text.get(heading) else { return Ok(()) };
                if seen.get_mut(at).is_some_and(|seen| std::mem::replace(seen, true)) {
                    let heading: String = heading.chars().take(100).collect();
                    let found = format!("{heading:?} twice in one record");
                    return Err(DecodeError::Shape { found, expected: "each key once" });
                }
                if let Some(member) = object.members.get_mut(at) {
                    *member = Member::of(value);
                }
                Ok(())
            });
            match read {
                Ok(()) => take(Ok(&object)),
                Err(error) => take(Err((&error.to_string(), record.json()))),
            }
        })
    }
}

fn is_limit(error: &DecodeError) -> bool {
    matches!(error, DecodeError::TooLarge { .. } | DecodeError::Stopped)
}

/// Takes a member: its heading and its value.
type Entry<'f, 'a> = &'f mut dyn FnMut(&str, Raw<'a>) -> Result<(), DecodeError>;

fn members_of<'a>(
    record: Raw<'a>,
    path: &mut String,
    take: Entry<'_, 'a>,
) -> Result<(), DecodeError> {
    path.clear();
    members(record, (path, 1), take)
}

/// The members of an object, those of objects in it by the names that lead to them.
fn members<'a>(
    object: Raw<'a>,
    (path, depth): (&mut String, usize),
    take: Entry<'_, 'a>,
) -> Result<(), DecodeError> {
    json::entries("an object", object, &mut |key, value| {
        let begins = path.len();
        if begins > 0 {
            path.push('/');
        }
        path.push_str(key);
        let done = if value.json().starts_with('{') && depth < DEPTH_MAX {
            members(value, (&mut *path, depth + 1), &mut *take)
        } else {
            take(path, value)
        };
        path.truncate(begins);
        done
    })
}

#[cfg(test)]
mod tests;
