//! A document of records that nobody has described yet: which of its lists holds them, and what it says of
//! further pages.

use super::super::message::json;
use super::super::raw::Raw;
use super::{EXPECTED, Headings, Member, is_limit};
use crate::job::Budget;
use crate::{DecodeError, DecodeJob, text};

/// How deep lists are looked for.
const DEEP: usize = 3;

/// Lists that are looked at.
const LISTS_MAX: usize = 50;

/// Keys, in the form of [`text::heading`], of the number of records over all pages.
const TOTALS: [&str; 8] = [
    "count",
    "odatacount",
    "total",
    "totalcount",
    "totalelements",
    "totalrecords",
    "recordcount",
    "recordstotal",
];

/// What was found.
#[derive(Debug)]
pub(crate) struct Surveyed {
    /// The list of records, by the names that lead to it; none for the document itself.
    pub(crate) rows: Option<String>,
    /// Other lists of records, by the names that lead to them.
    pub(crate) others: Vec<String>,
    /// Where the address of a next page stands.
    pub(crate) next: Option<String>,
    /// Where the number of records over all pages stands, and that number.
    pub(crate) total: Option<(String, u64)>,
    /// Headings of all records.
    pub(crate) headings: Vec<String>,
    /// Records.
    pub(crate) records: u64,
    /// Records that cannot be read.
    pub(crate) unreadable: u64,
}

/// A list that may hold the records.
struct List<'a> {
    path: String,
    raw: Raw<'a>,
    objects: u64,
}

/// Looks at a document, and hands over its records, cell by cell under the headings. None where no list of it
/// holds objects.
///
/// # Errors
/// Text that is no JSON; over a limit.
pub(crate) fn survey(
    job: &DecodeJob<'_>,
    body: &str,
    take: &mut dyn FnMut(Vec<String>),
) -> Result<Option<Surveyed>, DecodeError> {
    let raw: Raw<'_> = serde_json::from_str(body).map_err(|why| text::json_error(&why, body))?;
    let mut found = Seen::default();
    found.look(job, (raw, ""), 0)?;
    // Of two that are as long the first.
    found.lists.sort_by_key(|list| std::cmp::Reverse(list.objects));
    let mut lists = found.lists.into_iter();
    let Some(List { path, raw: rows, .. }) = lists.next() else { return Ok(None) };
    let headings = Headings::of(job, rows)?;
    let mut unreadable = 0;
    headings.each(job, rows, &mut |record| {
        match record {
            Ok(object) => take(object.members.iter().map(cell).collect()),
            Err(_) => unreadable += 1,
        }
        Ok(())
    })?;
    Ok(Some(Surveyed {
        rows: (!path.is_empty()).then_some(path),
        others: lists.map(|list| list.path).collect(),
        next: found.next,
        total: found.total.filter(|(_, total)| *total >= headings.records),
        records: headings.records,
        headings: headings.list,
        unreadable,
    }))
}

/// A cell; what is a list or too deep has none.
fn cell(member: &Member<'_>) -> String {
    member.text().to_owned()
}

#[derive(Default)]
struct Seen<'a> {
    lists: Vec<List<'a>>,
    next: Option<String>,
    total: Option<(String, u64)>,
}

impl<'a> Seen<'a> {
    fn look(
        &mut self,
        job: &DecodeJob<'_>,
        (raw, path): (Raw<'a>, &str),
        depth: usize,
    ) -> Result<(), DecodeError> {
        if raw.json().starts_with('[') {
            return self.list(job, raw, path);
        }
        if !raw.json().starts_with('{') || depth >= DEEP {
            return Ok(());
        }
        let mut budget = Budget::new(job);
        let read = json::entries(EXPECTED, raw, &mut |key, value| {
            budget.step()?;
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
            if value.is_nested() {
                return self.look(job, (value, &path), depth + 1);
            }
            if depth < 2 {
                self.note(key, &path, value);
            }
            Ok(())
        });
        read.or_else(|error| if is_limit(&error) { Err(error) } else { Ok(()) })
    }

    fn list(&mut self, job: &DecodeJob<'_>, raw: Raw<'a>, path: &str) -> Result<(), DecodeError> {
        if self.lists.len() >= LISTS_MAX {
            return Ok(());
        }
        let mut budget = Budget::new(job);
        let mut objects = 0;
        json::each("the records", raw, &mut |record| {
            budget.step()?;
            objects += u64::from(record.json().starts_with('{'));
            Ok(())
        })?;
        if objects > 0 {
            self.lists.push(List { path: path.to_owned(), raw, objects });
        }
        Ok(())
    }

    /// Takes note of what stands beside lists: an address under a key that says "next", and a number.
    fn note(&mut self, key: &str, path: &str, value: Raw<'_>) {
        let found = value.text();
        let is_address = value.json().starts_with('"')
            && ["http://", "https://", "/", "?"].iter().any(|it| found.starts_with(it));
        if self.next.is_none() && is_address && key.to_ascii_lowercase().contains("next") {
            self.next = Some(path.to_owned());
        }
        if self.total.is_none()
            && TOTALS.contains(&text::heading(key).as_str())
            && let Ok(total) = text::whole_number(&found).parse()
        {
            self.total = Some((path.to_owned(), total));
        }
    }
}
