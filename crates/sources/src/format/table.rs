//! CSV text as records, one at a time, with limits on each, and a header found by its headings.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::format::quotes::Quotes;
use crate::job::Budget;
use crate::text::{Pieces, TableText};
use crate::{DecodeError, DecodeJob, text};

/// Said of a table whose first line names its separator, as spreadsheet programs want it.
pub(crate) const SEPARATOR: &str = "begins with a line that names its separator, which was removed";

/// A table under way. Rows have any width: one of the wrong width is set aside, not an error.
pub(crate) struct Table<'t> {
    core: Box<Reader>,
    rest: Rest<'t>,
    buffer: Vec<u8>,
    ends: Vec<usize>,
    /// Bytes and fields of the record that was read last.
    read: (usize, usize),
    /// Line in which it begins, from 1.
    begins: u64,
    delimiter: char,
    quotes: Quotes,
    /// Why the record that was read last is not to be trusted.
    damage: Option<String>,
    limits: (usize, usize),
    budget: Budget<'t>,
    /// Whether a line `sep=,` was removed.
    pub(crate) named_separator: bool,
}

/// What is still to be read.
enum Rest<'t> {
    Plain(&'t [u8]),
    Foreign(Pieces<'t>),
}

impl<'t> Rest<'t> {
    /// A text below a line that names its separator, with that.
    fn of(text: TableText<'t>) -> (Option<u8>, Self) {
        match text {
            TableText::Plain(text) => {
                let (delimiter, rest) = separator(text);
                (delimiter, Self::Plain(rest.as_bytes()))
            }
            TableText::Foreign(foreign) => {
                let mut pieces = foreign.pieces();
                // What is not in the declared encoding is found once more, and told, by who reads on.
                if pieces.fill().is_err() {
                    return (None, Self::Foreign(foreign.pieces()));
                }
                let head = std::str::from_utf8(pieces.left()).unwrap_or_default();
                let (delimiter, rest) = separator(head);
                let above = head.len() - rest.len();
                pieces.take(above);
                (delimiter, Self::Foreign(pieces))
            }
        }
    }

    fn left(&self) -> &[u8] {
        match self {
            Self::Plain(rest) => rest,
            Self::Foreign(pieces) => pieces.left(),
        }
    }

    fn take(&mut self, bytes: usize) {
        match self {
            Self::Plain(rest) => *rest = rest.get(bytes..).unwrap_or_default(),
            Self::Foreign(pieces) => pieces.take(bytes),
        }
    }

    /// Sees to it that only the end of the text leaves nothing.
    fn fill(&mut self) -> Result<(), DecodeError> {
        match self {
            Self::Foreign(pieces) if pieces.left().is_empty() => pieces.fill(),
            _ => Ok(()),
        }
    }
}

impl<'t> Table<'t> {
    pub(crate) fn new(job: &'t DecodeJob<'t>, text: TableText<'t>) -> Self {
        Self::separated(job, text, b',')
    }

    /// A table whose fields are separated by a character, unless its first line names another.
    pub(crate) fn separated(job: &'t DecodeJob<'t>, text: TableText<'t>, by: u8) -> Self {
        let (delimiter, rest) = Rest::of(text);
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter.unwrap_or(by));
        let mut quotes = Quotes::new(delimiter.unwrap_or(by));
        quotes.skip(u64::from(delimiter.is_some()));
        Self {
            core: Box::new(builder.build()),
            rest,
            buffer: vec![0; 1_024],
            ends: vec![0; 64],
            read: (0, 0),
            begins: 0,
            delimiter: char::from(delimiter.unwrap_or(by)),
            quotes,
            damage: None,
            limits: (job.limits.record_max_bytes, job.limits.columns_max),
            budget: Budget::new(job),
            named_separator: delimiter.is_some(),
        }
    }

    /// Reads the next record; false at the end.
    ///
    /// # Errors
    /// Over a limit, and where the text ends inside a quotation mark: the rows behind that are in
    /// one cell.
    pub(crate) fn next(&mut self) -> Result<bool, DecodeError> {
        self.budget.step()?;
        let (mut bytes, mut fields) = (0, 0);
        let line = self.core.line();
        loop {
            let output = self.buffer.get_mut(bytes..).unwrap_or_default();
            let ends = self.ends.get_mut(fields..).unwrap_or_default();
            self.rest.fill()?;
            let (result, taken, written, ended) =
                self.core.read_record(self.rest.left(), output, ends);
            self.quotes.take(self.rest.left().get(..taken).unwrap_or_default());
            self.rest.take(taken);
            bytes += written;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.grow_bytes(line)?,
                ReadRecordResult::OutputEndsFull => self.grow_fields(line)?,
                ReadRecordResult::Record => {
                    self.refuse_open()?;
                    self.damage = self.quotes.end();
                    self.begins = self.quotes.began();
                    self.read = (bytes, fields);
                    return Ok(true);
                }
                ReadRecordResult::End => {
                    self.refuse_open()?;
                    self.read = (0, 0);
                    return Ok(false);
                }
            }
        }
    }

    /// The reader asks for more only at the end of the text, and then calls what it has a record.
    fn refuse_open(&self) -> Result<(), DecodeError> {
        let Some((line, lines)) = self.quotes.open() else { return Ok(()) };
        Err(DecodeError::OpenQuote { line, lines })
    }

    fn grow_bytes(&mut self, line: u64) -> Result<(), DecodeError> {
        let limit = self.limits.0;
        if self.buffer.len() >= limit {
            let what = format!(
                "the length of the record that begins at line {line} (is a quote not closed there?)"
            );
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            return Err(DecodeError::too_large(what, limit, "record_max_bytes"));
        }
        let size = (self.buffer.len() * 2).min(limit);
        self.buffer.resize(size, 0);
        Ok(())
    }

    fn grow_fields(&mut self, line: u64) -> Result<(), DecodeError> {
        let limit = self.limits.1;
        if self.ends.len() >= limit {
            let what = format!("the number of columns of line {line}");
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            return Err(DecodeError::too_large(what, limit, "columns_max"));
        }
        let size = (self.ends.len() * 2).min(limit);
        self.ends.resize(size, 0);
        Ok(())
    }

    /// The record that was read last.
    pub(crate) fn record(&self) -> Record<'_> {
        let (bytes, fields) = self.read;
        let bytes = self.buffer.get(..bytes).unwrap_or_default();
        // Parts of a UTF-8 text, cut at ASCII characters, are UTF-8.
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let ends = self.ends.get(..fields).unwrap_or_default();
        let (damage, written) = (self.damage.as_deref(), Some((self.delimiter, self.begins)));
        Record { text, ends, damage, written }
    }
}

/// The separator that a first line `sep=;` names, and the text below that line.
fn separator(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = first.trim_end_matches('\r');
    let line = line.trim_matches(' ');
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let line = line.trim_matches(' ');
    let named = line.split_at_checked(4).filter(|(word, _)| word.eq_ignore_ascii_case("sep="));
    // A comma itself may be followed by commas, when a program saved the line as a row.
    match named.map(|(_, mark)| mark.as_bytes()) {
        Some([mark, more @ ..]) if mark.is_ascii_punctuation() || *mark == b'\t' => {
            if more.iter().all(|byte| matches!(byte, b',' | b'"')) {
                (Some(*mark), rest)
            } else {
                (None, text)
            }
        }
        _ => (None, text),
    }
}

/// One record, borrowed from its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'r> {
    text: &'r str,
    ends: &'r [usize],
    damage: Option<&'r str>,
    /// What separates its fields in the text that it was read from, and the line where it begins.
    written: Option<(char, u64)>,
}

impl<'r> Record<'r> {
    /// The record of a text whose fields end at some places.
    pub(crate) const fn of(text: &'r str, ends: &'r [usize]) -> Self {
        Self { text, ends, damage: None, written: None }
    }

    /// Why the record is not to be trusted: rows below it may have been taken into one of its cells.
    pub(crate) const fn damage(self) -> Option<&'r str> {
        self.damage
    }

    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// A field as it stands.
    pub(crate) fn get(self, at: usize) -> Option<&'r str> {
        let end = *self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// A field without white space around it; empty when the record has no such field.
    pub(crate) fn field(self, at: usize) -> &'r str {
        self.get(at).unwrap_or_default().trim()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'r str> + Clone {
        (0..self.len()).map(move |at| self.get(at).unwrap_or_default())
    }

    /// Line of the text in which the record begins, from 1; none where it comes from no text of lines.
    pub(crate) fn begins(self) -> Option<u64> {
        self.written.map(|(_, line)| line)
    }

    /// The record as one line for the quarantine, separated as the text is: `13,2` is one cell where
    /// `;` separates.
    pub(crate) fn line(self) -> String {
        text::separated(self.iter(), self.written.map_or(',', |(delimiter, _)| delimiter))
    }
}

/// The number of columns of a header: those after the last heading have none.
pub(crate) fn width<'a>(header: impl IntoIterator<Item = &'a str>) -> usize {
    let with_heading = (1..).zip(header).filter(|(_, heading)| !heading.trim().is_empty());
    with_heading.last().map_or(0, |(at, _)| at)
}

/// The columns before the last heading that have none. Figures may stand there, so what a row holds
/// in one is told (F03).
pub(crate) fn unnamed<'a>(header: impl IntoIterator<Item = &'a str> + Clone) -> Vec<usize> {
    let width = width(header.clone());
    let cells = header.into_iter().take(width).enumerate();
    cells.filter(|(_, heading)| heading.trim().is_empty()).map(|(at, _)| at).collect()
}

/// The column that holds what one of some headings stands for; they are given as
/// [`text::heading`] compares them.
///
/// # Errors
/// When two columns stand for it: nobody can say which is meant (F03).
pub(crate) fn one_of(
    header: Record<'_>,
    headings: &[String],
    names: &[&str],
    role: &str,
) -> Result<Option<usize>, DecodeError> {
    let mut places = (0..).zip(headings).filter(|(_, it)| names.contains(&it.as_str()));
    let first = places.next();
    if let (Some((first, _)), Some((second, _))) = (first, places.next()) {
        let shown = |at| header.field(at).chars().take(100).collect();
        return Err(DecodeError::DoubleColumn {
            first: shown(first),
            second: shown(second),
            role: role.to_owned(),
        });
    }
    Ok(first.map(|(at, _)| at))
}

/// What is wrong with the width of a row, if anything. Empty fields past the header are no fault:
/// programs end rows with a separator.
pub(crate) fn fault_in_width<'a>(
    fields: impl Iterator<Item = &'a str>,
    needed: usize,
    width: usize,
) -> Option<String> {
    let mut count = 0;
    for field in fields {
        count += 1;
        if count > width && !field.trim().is_empty() {
            let shown: String = field.trim().chars().take(60).collect();
            return Some(format!(
                "field {count} holds {shown:?}, beyond the {width} columns of the header"
            ));
        }
    }
    (count < needed).then(|| format!("{count} fields found, expected {needed}"))
}

/// The first heading that stands more than once, as [`text::heading`] compares them.
pub(crate) fn repeated<'a>(header: impl IntoIterator<Item = &'a str>) -> Option<DecodeError> {
    let mut times: std::collections::BTreeMap<String, (usize, &str)> =
        std::collections::BTreeMap::default();
    for heading in header {
        let folded = text::heading(heading);
        if !folded.is_empty() {
            times.entry(folded).or_insert((0, heading.trim())).0 += 1;
        }
    }
    let (times, heading) = times.into_values().find(|(times, _)| *times > 1)?;
    let heading = heading.chars().take(100).collect();
    Some(DecodeError::RepeatedHeading { heading, times })
}

/// The header as shown in an error.
pub(crate) fn shown<'a>(header: impl IntoIterator<Item = &'a str>) -> String {
    text::start(text::joined(header, ",").as_bytes())
}

/// Headings with white space around them, which is removed (F9).
pub(crate) fn untidy<'a>(header: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    header
        .into_iter()
        .filter(|heading| heading.trim() != *heading)
        .map(|heading| format!("heading {heading:?} has white space around it, which was removed"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{fault_in_width, separator, width};

    #[test]
    fn trial_p16_the_line_that_names_the_separator() {
        for (text, expected) in [
            ("sep=,\r\na,b\n", (Some(b','), "a,b\n")),
            ("SEP=;\na;b\n", (Some(b';'), "a;b\n")),
            ("\"sep=\t\"\na\tb\n", (Some(b'\t'), "a\tb\n")),
            ("sep=,,,\na,b\n", (Some(b','), "a,b\n")),
            (" sep=,\na,b\n", (Some(b','), "a,b\n")),
            ("  sep=; \r\na;b\n", (Some(b';'), "a;b\n")),
            ("\" sep=\t\"\na\tb\n", (Some(b'\t'), "a\tb\n")),
            ("sep= \na\n", (None, "sep= \na\n")),
            ("a,b\nsep=,\n", (None, "a,b\nsep=,\n")),
            ("sep=x\na\n", (None, "sep=x\na\n")),
            ("sep=", (None, "sep=")),
            ("", (None, "")),
        ] {
            assert_eq!(separator(text), expected, "{text:?}");
        }
    }

    #[test]
    fn trial_f13_only_what_holds_something_is_too_wide() {
        let fault = |row: &str| fault_in_width(row.split(','), 2, 3);
        assert_eq!(width(["a", "b", " ", ""]), 2);
        assert_eq!(fault("1,2,3,, ,"), None);
        assert_eq!(fault("1,2"), None);
        assert_eq!(fault("1").as_deref(), Some("1 fields found, expected 2"));
        let wide = "field 4 holds \"x\", beyond the 3 columns of the header";
        assert_eq!(fault("1,2,3,x").as_deref(), Some(wide));
    }
}
