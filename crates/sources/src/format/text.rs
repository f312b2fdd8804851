//! From bytes to text: encodings, byte order marks, padding, and telling a web page from data.

use std::borrow::Cow;

use chrono::NaiveDate;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use wsis_model::mapping::Encoding as Encoded;

use crate::DecodeError;

/// Said of a body that is not UTF-8 and was read as Windows-1252, a superset of Latin-1.
pub(crate) const READ_AS_1252: &str = "not UTF-8; read as windows-1252";
/// Said of a body with a byte order mark.
pub(crate) const BOM: &str = "starts with a byte order mark, which was removed";
/// Said of a body with NUL bytes at its end (the UNSD server pads its CSV).
pub(crate) const PADDED: &str = "ends with NUL padding, which was removed";

/// The body as JSON text, without byte order mark and padding.
pub(crate) fn json(body: &[u8]) -> Result<&str, DecodeError> {
    let body = without_padding(body);
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    refuse_other_content(body, "JSON")?;
    std::str::from_utf8(body)
        .map_err(|error| DecodeError::NotUtf8 { at: error.valid_up_to(), start: start(body) })
}

/// The text of a table: the body itself where that is UTF-8, else brought over piece by piece while
/// it is read. A body whose letters all grow would take four times its length in memory (X22).
#[derive(Debug, Clone, Copy)]
pub(crate) enum TableText<'b> {
    /// UTF-8.
    Plain(&'b str),
    /// In another encoding.
    Foreign(Foreign<'b>),
}

/// A body in another encoding than UTF-8.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign<'b> {
    body: &'b [u8],
    encoding: &'static Encoding,
    /// The code of the encoding that was declared: what is not in it is an error.
    declared: Option<&'static str>,
}

/// Bytes that are looked at to tell a web page from data.
const LOOKED_AT: usize = 64 << 10;

impl<'b> TableText<'b> {
    /// All of it, for the first bytes of a body.
    pub(crate) fn whole(self) -> Cow<'b, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Foreign(it) => it.encoding.decode_without_bom_handling(it.body).0,
        }
    }

    /// A foreign text, looked at by its first bytes.
    fn foreign(foreign: Foreign<'b>) -> Result<Self, DecodeError> {
        let (head, rest) = foreign.body.split_at_checked(LOOKED_AT).unwrap_or((foreign.body, b""));
        let text = foreign.encoding.decode_without_bom_handling(head).0;
        let is_cut = !rest.is_empty();
        // Blanks without end are no reason to bring all of it over.
        if !(is_cut && text.trim_ascii_start().is_empty()) {
            refuse_other_content(text.as_bytes(), "a table")?;
        }
        Ok(Self::Foreign(foreign))
    }
}

impl<'b> Foreign<'b> {
    /// Brings it over, piece by piece.
    pub(crate) fn pieces(self) -> Pieces<'b> {
        Pieces {
            decoder: Box::new(self.encoding.new_decoder_without_bom_handling()),
            rest: self.body,
            piece: vec![0; PIECE],
            filled: 0,
            taken: 0,
            is_over: false,
            of: self,
        }
    }
}

/// Bytes of UTF-8 that are made at a time.
const PIECE: usize = 16 << 10;

/// A body that is being brought over to UTF-8.
pub(crate) struct Pieces<'b> {
    decoder: Box<Decoder>,
    rest: &'b [u8],
    piece: Vec<u8>,
    filled: usize,
    taken: usize,
    is_over: bool,
    of: Foreign<'b>,
}

impl Pieces<'_> {
    /// What was brought over and not taken yet.
    pub(crate) fn left(&self) -> &[u8] {
        self.piece.get(self.taken..self.filled).unwrap_or_default()
    }

    pub(crate) fn take(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes).min(self.filled);
    }

    /// Brings over the next piece; empty at the end of the body.
    ///
    /// # Errors
    /// Bytes that are not in the declared encoding.
    pub(crate) fn fill(&mut self) -> Result<(), DecodeError> {
        (self.filled, self.taken) = (0, 0);
        while self.filled == 0 && !self.is_over {
            let (result, read, written, is_wrong) =
                self.decoder.decode_to_utf8(self.rest, &mut self.piece, true);
            if let Some(declared) = self.of.declared.filter(|_| is_wrong) {
                return Err(DecodeError::Encoding { declared, start: start(self.of.body) });
            }
            self.rest = self.rest.get(read..).unwrap_or_default();
            self.filled = written;
            self.is_over = result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

/// `2018.0` as `2018`: spreadsheets, data frames and some services print whole numbers so.
pub(crate) fn whole_number(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text)
}

/// The date that a text begins with (`2026-10-28`, or the start of a longer instant).
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

/// The body as table text; adds what was done to it to `remarks`.
pub(crate) fn table<'a>(
    body: &'a [u8],
    remarks: &mut Vec<&'static str>,
) -> Result<TableText<'a>, DecodeError> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        remarks.push(BOM);
        let (_, rest) = body.split_at_checked(length).unwrap_or((b"", body));
        if encoding != UTF_8 {
            return TableText::foreign(Foreign { body: rest, encoding, declared: None });
        }
        return plain_table(rest, remarks);
    }
    plain_table(body, remarks)
}

/// As [`table`], in a declared encoding where there is no byte order mark.
///
/// # Errors
/// When the body is something else than text, or UTF-8 was declared and it is not. What is not in
/// another declared encoding is found while it is read.
pub(crate) fn table_in<'a>(
    body: &'a [u8],
    encoding: Option<Encoded>,
    remarks: &mut Vec<&'static str>,
) -> Result<TableText<'a>, DecodeError> {
    let declared = match encoding {
        Some(encoding) if Encoding::for_bom(body).is_none() => encoding,
        _ => return table(body, remarks),
    };
    let encoding = match declared {
        Encoded::Utf8 => {
            let wrong = |_| DecodeError::Encoding { declared: declared.code(), start: start(body) };
            let unpadded = without_padding(body);
            if unpadded.len() < body.len() {
                remarks.push(PADDED);
            }
            let text = std::str::from_utf8(unpadded).map_err(wrong)?;
            refuse_other_content(unpadded, "a table")?;
            return Ok(TableText::Plain(text));
        }
        Encoded::Utf16Le => UTF_16LE,
        Encoded::Utf16Be => UTF_16BE,
        Encoded::Windows1252 => WINDOWS_1252,
    };
    TableText::foreign(Foreign { body, encoding, declared: Some(declared.code()) })
}

fn plain_table<'a>(
    body: &'a [u8],
    remarks: &mut Vec<&'static str>,
) -> Result<TableText<'a>, DecodeError> {
    let unpadded = without_padding(body);
    if unpadded.len() < body.len() {
        remarks.push(PADDED);
    }
    refuse_other_content(unpadded, "a table")?;
    if let Ok(text) = std::str::from_utf8(unpadded) {
        return Ok(TableText::Plain(text));
    }
    remarks.push(READ_AS_1252);
    let (body, encoding) = (unpadded, WINDOWS_1252);
    Ok(TableText::Foreign(Foreign { body, encoding, declared: None }))
}

fn without_padding(body: &[u8]) -> &[u8] {
    let end = body.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
    body.split_at_checked(end).map_or(body, |(head, _)| head)
}

fn refuse_other_content(body: &[u8], expected: &'static str) -> Result<(), DecodeError> {
    let trimmed = body.trim_ascii_start();
    if trimmed.is_empty() {
        return Err(DecodeError::Empty { expected });
    }
    let found = match trimmed {
        [b'<', ..] if is_html(trimmed) => {
            return Err(DecodeError::Html { expected, start: start(trimmed) });
        }
        [b'<', ..] => {
            return Err(xml_message(trimmed).unwrap_or_else(|| DecodeError::Content {
                expected,
                found: "XML",
                start: start(trimmed),
            }));
        }
        [0x1F, 0x8B, ..] => "gzip data",
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a zip archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF file",
        // A few NULs in the first bytes: UTF-16 without a mark, or binary.
        head if head.iter().take(64).filter(|&&byte| byte == 0).count() > 1 => "binary data",
        _ => return Ok(()),
    };
    Err(DecodeError::Content { expected, found, start: start(trimmed) })
}

fn is_html(body: &[u8]) -> bool {
    let head: String =
        body.iter().take(512).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    head.starts_with("<!doctype html") || head.contains("<html") || head.contains("<head")
}

/// The World Bank's XML error, which also comes to requests for JSON (W14):
/// `<wb:error …><wb:message id="105" key="…">text</wb:message></wb:error>`.
fn xml_message(body: &[u8]) -> Option<DecodeError> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, message) = text.split_once("<wb:message")?;
    let (attributes, rest) = message.split_once('>')?;
    let (content, _) = rest.split_once('<')?;
    let attribute = |name: &str| {
        let (_, value) = attributes.split_once(name)?;
        value.strip_prefix("=\"")?.split_once('"').map(|(value, _)| value)
    };
    Some(message_error(attribute("id")?, attribute("key").unwrap_or_default(), content))
}

/// The error for a message of the World Bank.
pub(crate) fn message_error(id: &str, key: &str, text: &str) -> DecodeError {
    let cut = |text: &str| text.trim().chars().take(300).collect::<String>();
    let (id, key, text) = (cut(id), cut(key), cut(text));
    match id.as_str() {
        "120" => DecodeError::InvalidParameter { id, key, text },
        "175" => DecodeError::WithdrawnOrArchived { id, key, text },
        _ => DecodeError::Message { id, key, text },
    }
}

/// Bytes of a body from which its first characters are told.
const HEAD: usize = 480;

/// The first characters of a body, on one line.
pub(crate) fn start(body: &[u8]) -> String {
    excerpt(body, 80)
}

/// The first characters of a body on one line, for messages: of a text in its encoding, and of what is
/// no text what it is.
pub fn excerpt(body: &[u8], most: usize) -> String {
    if let Some(what) = binary(body) {
        return format!("[{} bytes that begin as {what}]", body.len());
    }
    let (head, rest) = body.split_at_checked(HEAD).unwrap_or((body, b""));
    let (encoding, head) = match Encoding::for_bom(head) {
        Some((encoding, length)) => (encoding, head.get(length..).unwrap_or_default()),
        None => match std::str::from_utf8(head) {
            // A character that is cut at the end is no sign of another encoding.
            Err(error) if error.error_len().is_some() || rest.is_empty() => (WINDOWS_1252, head),
            _ => (UTF_8, head),
        },
    };
    let (text, _) = encoding.decode_without_bom_handling(head);
    let plain = text.trim_end_matches('\u{FFFD}').chars();
    let plain: String = plain.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out: String = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = out.char_indices().nth(most) {
        out.truncate(at);
        out.push('…');
    }
    out
}

/// How a body begins that is no text. What it is, its first bytes do not say: half an archive begins so, too.
fn binary(body: &[u8]) -> Option<&'static str> {
    let controls = || {
        let head = body.iter().take(64);
        head.filter(|byte| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0C)).count()
    };
    match body {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some("a zip archive or workbook does"),
        [0x1F, 0x8B, ..] => Some("gzip data do"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF file does"),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Some("an old Office file (.xls, .doc) does"),
        [b'P', b'A', b'R', b'1', ..] => Some("a Parquet file does"),
        _ if Encoding::for_bom(body).is_some() => None,
        _ if controls() > 2 => Some("binary data do"),
        _ => None,
    }
}

/// The error for JSON that serde cannot read.
pub(crate) fn json_error(error: &serde_json::Error, text: &str) -> DecodeError {
    let (line, column) = (error.line(), error.column());
    let start = start(text.as_bytes());
    if error.is_eof() {
        DecodeError::Truncated { line, column, start }
    } else {
        let why = error.to_string();
        // The position stands in the message of serde already; it is said once.
        let why = why.rsplit_once(" at line ").map_or(why.clone(), |(why, _)| why.to_owned());
        DecodeError::Syntax { line, column, why, start }
    }
}

/// A heading in the form in which headings are compared: letters and digits, lower case.
pub(crate) fn heading(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Characters of a text that a quarantine record may hold.
const KEPT: usize = 500;

/// Cuts a text to what a quarantine record may hold.
pub(crate) fn cut_record(mut record: String) -> String {
    if let Some((at, _)) = record.char_indices().nth(KEPT - 1)
        && record.chars().nth(KEPT).is_some()
    {
        record.truncate(at);
        record.push('…');
    }
    record
}

/// Texts with a mark between them, as far as a quarantine record may hold them: of a record of
/// many megabytes no more is built.
pub(crate) fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, mark: &str) -> String {
    let mut out = String::new();
    for (at, text) in texts.into_iter().enumerate() {
        if at > 0 {
            out.push_str(mark);
        }
        // One character more than is kept, so that the cut shows.
        out.extend(text.chars().take(KEPT + 1));
        if out.len() > 4 * (KEPT + 1) {
            break;
        }
    }
    cut_record(out)
}

/// Cells as one line of separated text, as far as a quarantine record may hold them: one that holds
/// the separator or a quotation mark stands in quotation marks, so that cells can be told apart.
pub(crate) fn separated<'a>(cells: impl IntoIterator<Item = &'a str>, by: char) -> String {
    let mut out = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(by);
        }
        // One character more than is kept, so that the cut shows.
        let shown = cell.chars().take(KEPT + 1);
        if cell.contains([by, '"', '\n', '\r']) {
            out.push('"');
            for c in shown {
                out.extend(std::iter::repeat_n(c, if c == '"' { 2 } else { 1 }));
            }
            out.push('"');
        } else {
            out.extend(shown);
        }
        if out.len() > 8 * (KEPT + 1) {
            break;
        }
    }
    cut_record(out)
}

/// The numbers in a text, in their order (base years, ages, classes), and its letters, lower case.
/// Two titles with the same words and other numbers name one thing on another base.
pub(crate) fn numbers_and_words(text: &str) -> (Vec<&str>, String) {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let words = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase);
    (numbers.collect(), words.collect())
}
