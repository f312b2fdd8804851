//! UN E-Government Survey tables: headings, editions, encodings, workbooks.

use std::fmt::Write as _;
use std::io::Write as _;

use wsis_model::limits::DecodeLimits;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;
use wsis_sources::{ContentKind, DecodeError, DecodeJob};

use crate::fixture::{Kept, LISTS, decode, decode_under, egdi, page, try_decode, with_zero_rules};

pub(crate) const HEADER: &str = "Survey Year,Country Name,E-Government Rank,E-Government Index,\
                      E-Participation Index,Online Service Index,Human Capital Index,\
                      Telecommunication Infrastructure Index\n";
const KENYA: &str = "2018,\"Kenya \",122,0.45410,0.53370,0.62500,0.54720,0.19010\n";

fn table(rows: &str) -> Kept {
    decode(&egdi("t.csv", 2018), ContentKind::Csv, format!("{HEADER}{rows}").as_bytes())
}

fn refused(body: &[u8]) -> DecodeError {
    let pipeline = egdi("t.csv", 2018);
    let error = page(&pipeline, ContentKind::Csv, body).unwrap_err();
    let other = try_decode(&pipeline, ContentKind::Csv, body).unwrap_err();
    assert_eq!(error.to_string(), other.to_string());
    error
}

#[test]
fn a_row_gives_six_observations() {
    let kept = table(KENYA);
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
    let found: Vec<_> = kept
        .rows
        .iter()
        .map(|row| (row.series.as_str(), row.value.unwrap(), row.text.as_deref(), row.at))
        .collect();
    assert_eq!(
        found,
        [
            ("EGDI", 0.4541, Some("0.45410"), 1),
            ("OSI", 0.625, Some("0.62500"), 1),
            ("HCI", 0.5472, Some("0.54720"), 1),
            ("TII", 0.1901, Some("0.19010"), 1),
            ("EPI", 0.5337, Some("0.53370"), 1),
            ("EGDI_RANK", 122.0, None, 1),
        ]
    );
    assert!(kept.rows.iter().all(|row| row.area == "KEN" && row.year == 2018));
    assert!(kept.summary.findings.is_empty(), "{:?}", kept.summary.findings);
}

#[test]
fn only_declared_series_are_taken() {
    let mut pipeline = egdi("t.csv", 2018);
    pipeline.series.retain(|series| series.code == "OSI");
    let body = format!("{HEADER}{KENYA}");
    assert_eq!(decode(&pipeline, ContentKind::Csv, body.as_bytes()).counts(), [1, 1, 0, 0]);
}

#[test]
fn w22_another_edition_is_refused_as_a_whole() {
    let rows = format!("{KENYA}2016,Uganda,128,0.5,0.5,0.5,0.5,0.5\n");
    let error = refused(format!("{HEADER}{rows}").as_bytes());
    assert!(
        matches!(error, DecodeError::Edition { asked: 2018, found: 2016, ref place } if place == "line 3"),
        "{error}"
    );
}

#[test]
fn year_20205_is_set_aside() {
    let kept = table(&format!("{KENYA}{}", KENYA.replace("2018", "20205")));
    assert_eq!(kept.counts(), [12, 6, 6, 0]);
    assert!(kept.rejected.iter().all(|r| r.reason == Reason::InvalidPeriod && r.payload_row == 2));
}

#[test]
fn unknown_countries_and_texts_are_set_aside() {
    let kept = table(&format!("{KENYA}2018,Atlantis,194,0.5,0.5,0.5,0.5,0.5\n"));
    assert_eq!(kept.counts(), [12, 6, 6, 0]);
    assert!(kept.rejected.iter().all(|r| r.reason == Reason::UnknownArea));
    assert!(kept.rejected[0].record.starts_with("EGDI: 2018,Atlantis,194"));
    let kept = table(&KENYA.replace("0.62500", "n/a").replace("0.54720", "1.54720"));
    let reasons: Vec<_> = kept.reasons().into_iter().collect();
    assert_eq!(reasons, [("not_a_number", 1), ("out_of_range", 1)]);
}

#[test]
fn v15_blank_is_missing_and_not_zero() {
    let kept = table(&KENYA.replace(",122,", ",,"));
    assert_eq!(kept.counts(), [6, 6, 0, 1]);
    let rank = kept.row("EGDI_RANK", "KEN", 2018);
    assert_eq!((rank.value, rank.status), (None, ObsStatus::Missing));
}

#[test]
fn f11_a_dash_is_not_zero() {
    let kept = table(&KENYA.replace("0.62500", "-"));
    assert_eq!(kept.only_rejected().0, Reason::NotANumber);
}

/// Without a rule a zero is a zero; with the rules of the pipeline it is kept as printed and is no
/// value, and no row is lost.
#[test]
fn trial_a1_not_surveyed_zero_is_missing() {
    let iraq = "2003,\"Iraq \",174,0.00000,0.00000,0.00000,0.93000,0.01578\n";
    let monaco = "2003,Monaco,88,0.18888,0.30000,0.12663,0.00000,0.44000\n";
    let body = format!("{HEADER}{iraq}{monaco}");
    let plain = decode(&egdi("t.csv", 2003), ContentKind::Csv, body.as_bytes());
    assert_eq!(plain.counts(), [12, 12, 0, 0]);
    let pipeline = with_zero_rules(egdi("t.csv", 2003));
    let kept = decode(&pipeline, ContentKind::Csv, body.as_bytes());
    assert_eq!(kept.counts(), [12, 12, 0, 4]);
    for (area, series) in [("IRQ", "EGDI"), ("IRQ", "EPI"), ("IRQ", "OSI"), ("MCO", "HCI")] {
        let row = kept.row(series, area, 2003);
        assert_eq!(row.value, None);
        assert_eq!(row.text.as_deref(), Some("0.00000"));
        assert_eq!(row.status, ObsStatus::NotCollected);
        assert_eq!(row.flag.as_deref(), Some("0 means not surveyed"));
    }
    assert_eq!(kept.row("HCI", "IRQ", 2003).value, Some(0.93));
    assert_eq!(kept.row("OSI", "MCO", 2003).value, Some(0.12663));
    // The lowest of a later edition really has 0, and so has participation beside an index.
    let later = "2018,Kenya,122,0.45410,0.00000,0.00000,0.54720,0.00000\n";
    let pipeline = with_zero_rules(egdi("t.csv", 2018));
    let kept = decode(&pipeline, ContentKind::Csv, format!("{HEADER}{later}").as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
}

#[test]
fn f9_headings_with_blanks_are_trimmed_and_told() {
    let body = format!("{}{KENYA}", HEADER.replace("Country Name", "Country Name "));
    let kept = decode(&egdi("t.csv", 2018), ContentKind::Csv, body.as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
    assert_eq!(
        wsis_sources::shown(&kept.summary.findings),
        ["heading \"Country Name \" has white space around it, which was removed"]
    );
}

#[test]
fn f3_byte_order_mark_and_encodings() {
    let rows = "2018,Côte d'Ivoire,172,0.27760,0.17420,0.22220,0.33570,0.27480\n";
    let text = format!("{HEADER}{rows}");
    let pipeline = egdi("t.csv", 2018);
    let plain = decode(&pipeline, ContentKind::Csv, text.as_bytes());
    assert_eq!(plain.rows[0].area, "CIV");
    let marked = [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat();
    let marked = decode(&pipeline, ContentKind::Csv, &marked);
    assert_eq!(marked.rows, plain.rows);
    assert_eq!(
        wsis_sources::shown(&marked.summary.findings),
        ["starts with a byte order mark, which was removed"]
    );
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let latin = decode(&pipeline, ContentKind::Csv, &latin);
    assert_eq!(latin.rows, plain.rows);
    assert_eq!(wsis_sources::shown(&latin.summary.findings), ["not UTF-8; read as windows-1252"]);
    let wide: Vec<u8> =
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(decode(&pipeline, ContentKind::Csv, &wide).rows, plain.rows);
    let lines = text.replace('\n', "\r\n");
    assert_eq!(decode(&pipeline, ContentKind::Csv, lines.as_bytes()).rows, plain.rows);
}

#[test]
fn f2_apostrophes_of_all_kinds() {
    for mark in ['\'', '\u{2019}', '\u{B4}'] {
        let kept = table(&format!("2018,Côte d{mark}Ivoire,172,0.1,0.1,0.1,0.1,0.1\n"));
        assert_eq!(kept.rows[0].area, "CIV", "{mark}");
    }
}

#[test]
fn wrong_tables_are_refused_with_their_header() {
    let error = refused(b"a,b,c\n1,2,3\n");
    assert!(matches!(error, DecodeError::Columns { .. }));
    assert_eq!(
        error.to_string(),
        "the table has no column for the country and the e-government index; its header is \
         \"a,b,c\""
    );
    let error = refused(HEADER.replace(",Human Capital Index", "").as_bytes());
    assert!(
        error.to_string().contains("no column for Human Capital Index (humancapitalindex"),
        "{error}"
    );
    let error = refused(HEADER.replace("Country Name", "OSI,Country").as_bytes());
    assert!(error.to_string().contains("\"OSI\" and \"Online Service Index\" both"), "{error}");
    assert!(matches!(refused(br#"[{"page":1}]"#), DecodeError::Columns { .. }));
}

#[test]
fn rows_of_a_wrong_width_are_set_aside() {
    let kept = table(&format!("2018,Kenya,122\n{KENYA}{}", KENYA.replace('\n', ",x,y\n")));
    assert_eq!(kept.counts(), [18, 6, 12, 0]);
    assert!(kept.rejected.iter().all(|r| r.reason == Reason::MalformedRecord));
}

#[test]
fn codes_go_before_names() {
    let body = "country-code,country-name,e-gov-rank,e-gov-index,e-pat-index,osi,hci,tii\n\
                NAM,Wrong name,121.0,0.4554,0.3933,0.4514,0.585,0.3299\n\
                BHM,Bahamas,72,0.6,0.6,0.7,0.7,0.5\n";
    let kept = decode(&egdi("t.csv", 2018), ContentKind::Csv, body.as_bytes());
    assert_eq!(kept.counts(), [12, 6, 6, 0]);
    let rank = kept.row("EGDI_RANK", "NAM", 2018);
    assert_eq!((rank.value, rank.text.as_deref()), (Some(121.0), Some("121.0")));
    assert_eq!(kept.rejected[0].reason, Reason::UnknownArea);
    assert_eq!(
        wsis_sources::shown(&kept.summary.findings),
        [
            "area name \"Wrong name\" beside NAM (whose code was believed) is in no list",
            "no survey year in the table; taken as edition 2018"
        ]
    );
}

/// A zip archive with deflated parts; `stated` overrides the unpacked size that it claims.
pub(crate) fn archive(parts: &[(&str, &[u8])], stated: Option<u32>) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut packed = Vec::new();
        let level = flate2::Compression::fast();
        let mut encoder = flate2::write::DeflateEncoder::new(&mut packed, level);
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = stated.unwrap_or_else(|| u32::try_from(content.len()).unwrap());
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        for number in [crc.sum(), u32::try_from(packed.len()).unwrap(), size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        let offset = u32::try_from(body.len()).unwrap();
        body.extend(b"PK\x03\x04");
        body.extend(&common);
        body.extend(name.as_bytes());
        body.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, start) = (u16::try_from(parts.len()).unwrap(), u32::try_from(body.len()).unwrap());
    let size = u32::try_from(directory.len()).unwrap();
    body.extend(directory);
    body.extend(b"PK\x05\x06\0\0\0\0");
    body.extend(count.to_le_bytes());
    body.extend(count.to_le_bytes());
    body.extend(size.to_le_bytes());
    body.extend(start.to_le_bytes());
    body.extend([0, 0]);
    body
}

/// A workbook with one sheet of inline texts and numbers.
pub(crate) fn workbook(sheet_data: &str) -> Vec<u8> {
    book(r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#, &[("rId1", &sheet_part(sheet_data))])
}

/// The part of a sheet.
pub(crate) fn sheet_part(sheet_data: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet_data}</sheetData></worksheet>"#
    )
}

/// A workbook with the sheets that `names` names, and their parts by id.
pub(crate) fn book(names: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    book_with(names, "", parts)
}

/// A workbook that says more of itself below the list of its sheets.
pub(crate) fn book_with(names: &str, more: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let roots = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = format!(
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{names}</sheets>{more}</workbook>"#
    );
    let mut links = String::new();
    for (id, _) in parts {
        let _ = write!(
            links,
            r#"<Relationship Id="{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/{id}.xml"/>"#
        );
    }
    let links = format!(
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>"#
    );
    let sheets: Vec<(String, &str)> =
        parts.iter().map(|(id, part)| (format!("xl/worksheets/{id}.xml"), *part)).collect();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", roots.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
    ];
    members.extend(sheets.iter().map(|(name, part)| (name.as_str(), part.as_bytes())));
    archive(&members, None)
}

/// The table of one row as a sheet, with a title above it.
pub(crate) fn small_sheet() -> String {
    let text = |column: char, row: u32, text: &str| {
        format!(r#"<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    let headings: String = ('A'..='H')
        .zip(HEADER.trim().split(','))
        .map(|(column, heading)| text(column, 3, heading))
        .collect();
    let numbers = r#"<c r="A4"><v>2018</v></c><c r="C4"><v>122</v></c><c r="D4"><v>0.4541</v></c><c r="E4"><v>0.5337</v></c><c r="F4"><v>0.625</v></c><c r="G4"><v>0.5472</v></c>"#;
    format!(
        r#"<row r="1">{}</row><row r="3">{headings}</row><row r="4">{}{numbers}</row>"#,
        text('A', 1, "E-Government Survey"),
        text('B', 4, "Kenya ")
    )
}

#[test]
fn a_workbook_reads_like_the_table() {
    let kept = decode(&egdi("t.xlsx", 2018), ContentKind::Xlsx, &workbook(&small_sheet()));
    // The last cell of the row is absent from the sheet: missing.
    assert_eq!(kept.counts(), [6, 6, 0, 1]);
    assert_eq!(kept.row("EGDI", "KEN", 2018).value, Some(0.4541));
    assert_eq!(kept.row("TII", "KEN", 2018).value, None);
    assert_eq!(kept.rows[0].at, 1);
}

fn workbook_error(body: &[u8]) -> String {
    try_decode(&egdi("t.xlsx", 2018), ContentKind::Xlsx, body).unwrap_err().to_string()
}

#[test]
fn a_packed_bomb_is_stopped_whatever_size_it_states() {
    let spaces = " ".repeat(2 << 20);
    let pipeline = egdi("t.xlsx", 2018);
    let job = DecodeJob::new(&pipeline, &LISTS);
    let limits = DecodeLimits { workbook_max_bytes: 1 << 20, ..job.limits };
    let job = DecodeJob { limits, ..job };
    let bomb = book(r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#, &[("rId1", &spaces)]);
    assert!(bomb.len() < 100_000);
    let error = decode_under(&job, ContentKind::Xlsx, &bomb).unwrap_err().to_string();
    assert_eq!(
        error,
        "the number of unpacked bytes is over the limit of 1048576 (workbook_max_bytes under \
         [decode] in workspace.toml)"
    );
    let bomb = archive(&[("xl/workbook.xml", spaces.as_bytes())], Some(100));
    let error = decode_under(&job, ContentKind::Xlsx, &bomb).unwrap_err().to_string();
    assert!(error.contains("larger than its declared uncompressed size"), "{error}");
}

#[test]
fn a_far_cell_takes_no_memory() {
    let far = small_sheet() + r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let error = workbook_error(&workbook(&far));
    assert!(error.contains("over the limit"), "{error}");
    let low = small_sheet() + r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    let kept = decode(&egdi("t.xlsx", 2018), ContentKind::Xlsx, &workbook(&low));
    assert_eq!(kept.counts(), [7, 6, 1, 1], "nothing but one text: one bad row");
}

#[test]
fn broken_workbooks_are_errors() {
    let good = workbook(&small_sheet());
    let error = workbook_error(&good[..good.len() / 2]);
    assert!(error.starts_with("not a usable archive"), "{error}");
    let error = workbook_error(b"plain text");
    assert!(error.contains("the file starts with \"plain text\""), "{error}");
    let error = workbook_error(&archive(&[("a.txt", b"x")], None));
    assert!(error.starts_with("not a readable workbook"), "{error}");
    let other = workbook(r#"<row r="1"><c r="A1"><v>1</v></c></row>"#);
    assert!(workbook_error(&other).contains("no column for the country"));
}
