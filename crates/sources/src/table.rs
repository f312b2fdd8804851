//! CSV text as records, with a header found by its headings.

use csv::StringRecord;

/// A reader that takes rows of any width: a row of the wrong width is set aside, not an error.
pub(crate) fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// Reads the next record; false at the end. The text is UTF-8 already and rows may have any
/// width, so nothing else can go wrong; if it does, the rest of the text is left.
pub(crate) fn next(reader: &mut csv::Reader<&[u8]>, record: &mut StringRecord) -> bool {
    reader.read_record(record).unwrap_or(false)
}

/// The record as one line for the quarantine.
pub(crate) fn line(record: &StringRecord) -> String {
    record.iter().collect::<Vec<_>>().join(",")
}

/// The header as shown in an error.
pub(crate) fn shown<'a>(header: impl IntoIterator<Item = &'a str>) -> String {
    let text = header.into_iter().collect::<Vec<_>>().join(",");
    crate::text::start(text.as_bytes())
}

/// Headings with white space around them, which is removed (F9).
pub(crate) fn untidy<'a>(header: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    header
        .into_iter()
        .filter(|heading| heading.trim() != *heading)
        .map(|heading| format!("heading {heading:?} has white space around it, which was removed"))
        .collect()
}
