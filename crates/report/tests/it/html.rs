//! A small strict reader of the HTML that maud writes: quoted attributes, every element closed.

use std::collections::BTreeMap;

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "br", "link"];

/// One element or the text between two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Start of an element with its attributes.
    Open(String, BTreeMap<String, String>),
    /// End of an element.
    Close(String),
    /// Text, still escaped.
    Text(String),
}

/// Splits a document and checks that its elements nest.
///
/// # Panics
/// At the first place that is not well formed.
pub(crate) fn read(document: &str) -> Vec<Part> {
    let body = document.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    let mut parts = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            parts.push(Part::Text(rest[..at].to_owned()));
        }
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes the last element");
            parts.push(Part::Close(name.to_owned()));
            continue;
        }
        let (name, attributes) = split(tag);
        if !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        let style = name == "style";
        parts.push(Part::Open(name, attributes));
        if style {
            let end = rest.find("</style>").expect("the style ends");
            parts.push(Part::Text(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    assert!(rest.trim().is_empty(), "text after the document: {rest}");
    parts
}

fn split(tag: &str) -> (String, BTreeMap<String, String>) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        match rest.find(['=', ' ']) {
            Some(at) if rest[at..].starts_with("=\"") => {
                let value = &rest[at + 2..];
                let end = value.find('"').unwrap_or_else(|| panic!("a quote ends in {tag}"));
                let before = attributes.insert(rest[..at].to_owned(), value[..end].to_owned());
                assert_eq!(before, None, "attribute twice in {tag}");
                rest = value[end + 1..].trim_start();
            }
            at => {
                let end = at.unwrap_or(rest.len());
                attributes.insert(rest[..end].to_owned(), String::new());
                rest = rest[end..].trim_start();
            }
        }
    }
    (name.to_owned(), attributes)
}

/// The part of a document from an element with an id to its end.
pub(crate) fn element<'a>(parts: &'a [Part], id: &str) -> &'a [Part] {
    let from = parts
        .iter()
        .position(|part| matches!(part, Part::Open(_, a) if a.get("id").is_some_and(|v| v == id)))
        .unwrap_or_else(|| panic!("no element with id {id}"));
    let mut depth = 0;
    for (at, part) in parts[from..].iter().enumerate() {
        match part {
            Part::Open(name, _) if !VOID.contains(&name.as_str()) => depth += 1,
            Part::Close(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &parts[from..=from + at];
        }
    }
    panic!("{id} does not end");
}

/// All text of some parts.
pub(crate) fn text(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// Attributes of every element with a name.
pub(crate) fn all<'a>(
    parts: &'a [Part],
    wanted: &'a str,
) -> impl Iterator<Item = (usize, &'a BTreeMap<String, String>)> + 'a {
    parts.iter().enumerate().filter_map(move |(at, part)| match part {
        Part::Open(name, attributes) if name == wanted => Some((at, attributes)),
        _ => None,
    })
}
