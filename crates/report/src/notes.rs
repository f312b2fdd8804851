//! Reasons below a table: each once, under a number that stands in the cells. A reason in a `title`
//! is there for a mouse alone: not on paper, not for a finger, not for a keyboard.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use maud::{Markup, html};

/// The notes of one table, or of tables that stand together, in the order in which they are first
/// needed. Cells are written before the list is.
pub(crate) struct Notes<'n> {
    /// Begins the ids of the notes; unique on the page.
    id: &'n str,
    /// Those that hold for many such tables and stand once for all of them.
    shared: Option<&'n Shared>,
    found: RefCell<Found>,
}

/// Reasons that many tables share, with their numbers from 1.
pub(crate) struct Shared(Found);

#[derive(Default)]
struct Found {
    texts: Vec<String>,
    places: HashMap<String, usize>,
}

impl Found {
    fn number(&mut self, reason: &str) -> usize {
        if let Some(known) = self.places.get(reason) {
            return *known;
        }
        self.texts.push(reason.to_owned());
        let number = self.texts.len();
        self.places.insert(reason.to_owned(), number);
        number
    }
}

impl<'n> Notes<'n> {
    /// Without a note yet; each cell links to its note.
    pub(crate) fn new(id: &'n str) -> Self {
        Self { id, shared: None, found: RefCell::default() }
    }

    /// Without a note yet, numbered after the shared ones. Its own stand right below and need no link.
    pub(crate) fn beside(id: &'n str, shared: &'n Shared) -> Self {
        Self { id, shared: Some(shared), found: RefCell::default() }
    }

    /// The number of a reason; nothing for an empty one.
    pub(crate) fn mark(&self, reason: &str) -> Markup {
        if reason.is_empty() {
            return html! {};
        }
        if let Some(number) = self.shared.and_then(|shared| shared.0.places.get(reason)) {
            return html! { a href=(format!("#s{number}")) { (number) } };
        }
        let number = self.before() + self.found.borrow_mut().number(reason);
        html! {
            @if self.shared.is_some() { sup { (number) } }
            @else { a href=(format!("#{}-{number}", self.id)) { (number) } }
        }
    }

    /// How many shared ones come before its own.
    fn before(&self) -> usize {
        self.shared.map_or(0, |shared| shared.0.texts.len())
    }

    /// The reasons that it has itself, in their order.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.found.borrow().texts.clone()
    }

    /// The reasons, each after its number; nothing without any.
    pub(crate) fn list(&self) -> Markup {
        let found = self.found.borrow();
        let from = self.before() + 1;
        html! {
            @if !found.texts.is_empty() {
                ol.notes start=[(from > 1).then_some(from)] {
                    @for (at, text) in found.texts.iter().enumerate() {
                        @if self.shared.is_some() { li { (text) } }
                        @else { li id=(format!("{}-{}", self.id, at + 1)) { (text) } }
                    }
                }
            }
        }
    }
}

impl Shared {
    /// Of the reasons of many tables, those that at least `least` of them have, the most frequent first.
    pub(crate) fn of(tables: impl IntoIterator<Item = Vec<String>>, least: usize) -> Self {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for reason in tables.into_iter().flatten() {
            *times.entry(reason).or_default() += 1;
        }
        let mut often: Vec<(String, usize)> =
            times.into_iter().filter(|(_, times)| *times >= least).collect();
        often.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut found = Found::default();
        for (reason, _) in often {
            found.number(&reason);
        }
        Self(found)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.texts.len()
    }

    /// The reasons, each after its number.
    pub(crate) fn list(&self) -> Markup {
        html! {
            ol.notes {
                @for (at, text) in self.0.texts.iter().enumerate() {
                    li id=(format!("s{}", at + 1)) { (text) }
                }
            }
        }
    }
}
