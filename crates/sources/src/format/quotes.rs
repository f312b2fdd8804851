//! Quotation marks of separated text: one that is not closed, or that closes only where another
//! cell begins, makes one cell of many rows, and no reader of CSV says a word. Beside the reader goes
//! this count of the same bytes.

/// Line ends in one cell beyond which it is no text of people: footnotes of real files have a few.
const CELL_LINES_MAX: u64 = 1_000;

/// Where the last byte left the reader, as RFC 4180 and `csv_core` see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Field,
    Quoted,
    /// Behind a mark within a quoted field: it ends it, or the next one makes it text.
    Mark,
}

/// The marks of the bytes of one table.
#[derive(Debug)]
pub(crate) struct Quotes {
    delimiter: u8,
    at: At,
    after_cr: bool,
    /// Line of the next byte, from 1.
    line: u64,
    /// Line in which the record under way begins.
    begins: Option<u64>,
    cell: Cell,
    record: Record,
    /// Separators of the widest sound record so far.
    separators: u64,
}

/// The quoted cell that was begun last.
#[derive(Debug, Default, Clone, Copy)]
struct Cell {
    /// Line in which its mark stands.
    opened: u64,
    line_ends: u64,
    /// Separators in it, and in its line that is under way. One before a blank is punctuation.
    separators: u64,
    of_line: u64,
    after_separator: bool,
}

/// The record under way.
#[derive(Debug, Default, Clone, Copy)]
struct Record {
    /// Separators in its cells, and between them.
    within: u64,
    between: u64,
    line_ends: u64,
    /// The cell that looks most like several rows.
    suspect: Option<Cell>,
    /// Most separators in one whole line within a cell.
    densest: u64,
    /// A cell with text behind its closing mark.
    stray: Option<Cell>,
}

impl Quotes {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            at: At::Start,
            after_cr: false,
            line: 1,
            begins: None,
            cell: Cell::default(),
            record: Record::default(),
            separators: 0,
        }
    }

    /// Counts the lines of a text that is left out.
    pub(crate) fn skip(&mut self, lines: u64) {
        self.line += lines;
    }

    /// Takes the bytes that the reader took.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // The reader passes over line ends before a record.
            if self.begins.is_none() && !matches!(byte, b'\r' | b'\n') {
                self.begins = Some(self.line);
            }
            let is_line_end = byte == b'\r' || (byte == b'\n' && !self.after_cr);
            self.after_cr = byte == b'\r';
            match self.at {
                At::Quoted => self.quoted(byte, is_line_end),
                At::Mark if byte == b'"' => self.at = At::Quoted,
                // Blanks behind a mark are no text.
                At::Mark if self.ends_field(byte) || byte == b' ' => self.close(byte),
                At::Mark => {
                    self.record.stray = self.record.stray.or(Some(self.cell));
                    self.close(byte);
                }
                At::Start if byte == b'"' => {
                    self.at = At::Quoted;
                    self.cell = Cell { opened: self.line, ..Cell::default() };
                }
                At::Start | At::Field => self.plain(byte),
            }
            self.line += u64::from(is_line_end);
        }
    }

    const fn ends_field(&self, byte: u8) -> bool {
        byte == self.delimiter || matches!(byte, b'\r' | b'\n')
    }

    fn plain(&mut self, byte: u8) {
        self.at = if self.ends_field(byte) { At::Start } else { At::Field };
        self.record.between += u64::from(byte == self.delimiter);
    }

    fn quoted(&mut self, byte: u8, is_line_end: bool) {
        let cell = &mut self.cell;
        if std::mem::take(&mut cell.after_separator) && byte != b' ' {
            cell.separators += 1;
            cell.of_line += 1;
        }
        cell.after_separator = byte == self.delimiter;
        if is_line_end {
            // The first line of a cell is the rest of the row that it stands in.
            if cell.line_ends > 0 && cell.of_line >= self.record.densest {
                self.record.densest = cell.of_line;
            }
            cell.line_ends += 1;
            cell.of_line = 0;
        }
        if byte == b'"' {
            self.at = At::Mark;
        }
    }

    /// The quoted cell is over; `byte` stands behind it.
    fn close(&mut self, byte: u8) {
        self.record.within += self.cell.separators;
        self.record.line_ends += self.cell.line_ends;
        if self.record.suspect.is_none_or(|known| known.line_ends < self.cell.line_ends) {
            self.record.suspect = Some(self.cell).filter(|cell| cell.line_ends > 0);
        }
        self.plain(byte);
    }

    /// Whether a quoted cell is open, and the line in which its mark stands.
    pub(crate) fn open(&self) -> Option<(u64, u64)> {
        (self.at == At::Quoted).then_some((self.cell.opened, self.cell.line_ends))
    }

    /// Line in which the record that is over begins, from 1; called once for each.
    pub(crate) fn began(&mut self) -> u64 {
        self.begins.take().unwrap_or(self.line)
    }

    /// A record is over: why it is not to be trusted, if it is not.
    pub(crate) fn end(&mut self) -> Option<String> {
        if self.at == At::Mark {
            // The text ended behind a mark.
            self.close(b'\n');
        }
        let record = std::mem::take(&mut self.record);
        let damage = self.damage(&record);
        if damage.is_none() {
            self.separators = self.separators.max(record.between);
        }
        damage
    }

    fn damage(&self, record: &Record) -> Option<String> {
        if let Some(cell) = record.stray.filter(|it| it.line_ends > 0 || it.separators > 0) {
            let (opened, ends) = (cell.opened, cell.line_ends);
            return Some(match ends {
                0 => format!(
                    "text stands behind the quotation mark that closes the cell opened in line \
                     {opened}, which holds a separator: two cells may have become one"
                ),
                _ => format!(
                    "text stands behind the quotation mark that closes a cell of {ends} line \
                     ends; {}",
                    swallowed(&cell)
                ),
            });
        }
        let cell = record.suspect?;
        let of_row = if self.separators == 0 { record.between } else { self.separators };
        let is_row = of_row > 0 && record.densest >= of_row;
        let are_rows = of_row > 0
            && record.within > 0
            && record.within + record.between >= of_row * (record.line_ends + 1);
        (is_row || are_rows || cell.line_ends > CELL_LINES_MAX).then(|| {
            let ends = cell.line_ends;
            format!("a cell holds {ends} line ends; {}", swallowed(&cell))
        })
    }
}

fn swallowed(cell: &Cell) -> String {
    let (from, to) = (cell.opened, cell.opened + cell.line_ends);
    format!(
        "the rows of lines {from} to {to} may have been swallowed by a quotation mark that opens in \
         line {from}"
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::Quotes;

    /// What is said of each record of a text, and the line of a mark that is open at its end.
    fn damages(text: &str) -> (Vec<Option<String>>, Option<u64>) {
        let (mut core, mut quotes) = (csv_core::Reader::new(), Quotes::new(b','));
        let (mut bytes, mut ends) = (vec![0; 1 << 20], vec![0; 1 << 10]);
        let (mut rest, mut found) = (text.as_bytes(), Vec::new());
        loop {
            let (result, taken, ..) = core.read_record(rest, &mut bytes, &mut ends);
            quotes.take(rest.get(..taken).unwrap());
            rest = rest.get(taken..).unwrap();
            match result {
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::Record => {
                    if let Some((line, _)) = quotes.open() {
                        return (found, Some(line));
                    }
                    found.push(quotes.end());
                }
                csv_core::ReadRecordResult::End => return (found, quotes.open().map(|it| it.0)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn trial_p22_what_marks_do() {
        for sound in [
            "a,b,c\n1,2,3\n",
            "a,b,c\n1,\"x, y\nz, and, more\",3\n",
            "a,b,c\n1,\"a note\n\nof three lines, with a, few, commas\nand an end\",3\n",
            "a,b,c\n1,6\" pipe,3\n2,\"said \"\"yes\"\"\",3\n",
            "a,b,c\r\n1,\"x\" ,3\r\n\"\",,\r\n",
            "\"a\nb\",\"c\nd\",e\n1,2,3",
            "a,b,c\n1,The \"Republic\" of,\"The \"Republic\" of\"\n1,2,\"\"",
        ] {
            let (found, open) = damages(sound);
            assert!(found.iter().all(Option::is_none) && open.is_none(), "{sound:?}: {found:?}");
        }
        for (broken, lines) in [
            // Closed by the mark that should open a cell.
            ("a,b,c\n1,2,\"x\n4,5,6\n7,8,\"y\"\n1,2,3\n", "lines 2 to 4"),
            ("a,b,c\r\n1,2,\"x\r\n4,5,\"y\"\r\n1,2,3\r\n", "lines 2 to 3"),
            ("a,b,c\r1,2,\"x\r4,5,\"y\"\r1,2,3\r", "lines 2 to 3"),
            // Closed by a mark of inches.
            ("a,b,c\n1,2,\"x\n4,5,6\n7,8,5\"\n1,2,3\n", "lines 2 to 4"),
            ("a,b,c\n1,\"x,2\n4,5\",6\n", "lines 2 to 3"),
            // Closed by the first mark of an empty cell, and another.
            ("a,b,c\n1,2,\"x\n4,5,\"\"\n7,8,\"y\"\n", "lines 2 to 4"),
        ] {
            let (found, open) = damages(broken);
            let told: Vec<&String> = found.iter().flatten().collect();
            assert_eq!((told.len(), open), (1, None), "{broken:?}: {found:?}");
            assert!(told[0].contains(lines), "{broken:?}: {told:?}");
        }
        let (_, open) = damages("a,b\n1,2\n3,\"x\n5,6\n");
        assert_eq!(open, Some(3));
        let (_, open) = damages("a,b\n1,2\n3,\"");
        assert_eq!(open, Some(3));
        let long = format!("a,b\n1,\"{}\"\n", "x\n".repeat(1_001));
        assert!(damages(&long).0[1].as_ref().unwrap().contains("1001 line ends"));
    }
}
