//! Bodies that would take the process down: each is refused with the name of its limit, soon and
//! in little memory.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use wsis_model::limits::DecodeLimits;
use wsis_sources::ContentKind::{Csv, Json, Xlsx};
use wsis_sources::{ContentKind, DecodeError, DecodeJob};

use crate::fixture::{LISTS, decode, decode_under, egdi, pipeline, series, try_decode};
use crate::undesa::{archive, book, sheet_part, small_sheet, workbook};

fn wdi() -> wsis_model::pipeline::Pipeline {
    pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)])
}

fn sdg() -> wsis_model::pipeline::Pipeline {
    pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)])
}

const BULK: &str = "Country Name,Country Code,Indicator Name,Indicator Code";
const SDG: &str = "SeriesCode,GeoAreaCode,TimePeriod,Value";

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// The limit that a body is over, by `page` and by `decode`.
fn over(pipeline: &wsis_model::pipeline::Pipeline, kind: ContentKind, body: &[u8]) -> &'static str {
    let error = try_decode(pipeline, kind, body).unwrap_err();
    let other = crate::fixture::page(pipeline, kind, body).unwrap_err();
    assert_eq!(error.to_string(), other.to_string());
    match error {
        DecodeError::TooLarge { name, .. } => name,
        other => panic!("{other}"),
    }
}

#[test]
fn trial_x1_a_heading_20_000_times_is_refused() {
    let body = format!("{BULK}{}\n{}", ",2000".repeat(20_000), "a\n".repeat(20_000));
    let packed = gzip(body.as_bytes());
    assert!(packed.len() < 400, "{}", packed.len());
    assert_eq!(over(&wdi(), Csv, &packed), "columns_max");
    let few = format!("{BULK}{}\n{}", ",2000".repeat(900), "a\n".repeat(20_000));
    let error = try_decode(&wdi(), Csv, few.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "heading \"2000\" stands 900 times in the header; expected each once");
    // In the tables of the others too.
    let error = try_decode(&sdg(), Csv, format!("{SDG},[Sex],Sex\n").as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::RepeatedHeading { times: 2, .. }), "{error}");
    let body = format!("Country,EGDI{}\nKenya,0.5\n", ",OSI".repeat(2));
    let error = try_decode(&egdi("t.csv", 2018), Csv, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::DoubleColumn { .. }), "{error}");
}

#[test]
fn trial_x1_year_columns_and_records_are_capped() {
    let years: String = (1900..=2100).fold(String::new(), |mut out, year| {
        let _ = write!(out, ",{year}");
        out
    });
    let body = format!("{BULK}{years}\n{}", "Kenya\n".repeat(1_000));
    let pipeline = wdi();
    let job = DecodeJob::new(&pipeline, &LISTS);
    let few = DecodeLimits { year_columns_max: 200, ..job.limits };
    let error = decode_under(&DecodeJob { limits: few, ..job }, Csv, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { name: "year_columns_max", limit: 200, .. }));
    let few = DecodeLimits { records_max: 100_000, ..job.limits };
    let error = decode_under(&DecodeJob { limits: few, ..job }, Csv, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { name: "records_max", limit: 100_000, .. }));
    // JSON counts alike.
    let record =
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"country":{"id":"KE"},"date":"2020","value":1}"#;
    let body = format!(
        r#"[{{"page":1,"pages":1,"per_page":9,"total":4}},[{record},{record},7,{record}]]"#
    );
    let few = DecodeLimits { records_max: 3, ..job.limits };
    let error = decode_under(&DecodeJob { limits: few, ..job }, Json, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { name: "records_max", .. }), "{error}");
    let bare = format!("[{record},{record},{record},{record}]");
    let error = decode_under(&DecodeJob { limits: few, ..job }, Json, bare.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { name: "records_max", .. }), "{error}");
    let sdg = sdg();
    let job = DecodeJob { limits: few, ..DecodeJob::new(&sdg, &LISTS) };
    let body = r#"{"totalElements":5,"totalPages":1,"data":[1,2,3,4,5]}"#;
    let error = decode_under(&job, Json, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { name: "records_max", .. }), "{error}");
}

#[test]
fn trial_x3b_commas_are_capped_in_every_table() {
    let commas = ",".repeat(6 << 20);
    let bulk = format!("{BULK},2020");
    for (pipeline, header) in
        [(wdi(), bulk.as_str()), (sdg(), SDG), (egdi("t.csv", 2018), "Country,EGDI")]
    {
        let wide = format!("{header}\n{commas}");
        assert_eq!(over(&pipeline, Csv, wide.as_bytes()), "columns_max");
        assert_eq!(over(&pipeline, Csv, commas.as_bytes()), "columns_max");
        // A quote that is not closed takes the rest of the table into one field.
        let open = format!("{header}\n\"{}", "a,\n".repeat(1 << 19));
        assert_eq!(over(&pipeline, Csv, open.as_bytes()), "record_max_bytes");
    }
    let rows = format!("{},\n", ",".repeat(700));
    let many = format!("Country,EGDI\n{}", rows.repeat(2_000));
    assert_eq!(over(&egdi("t.csv", 2018), Csv, many.as_bytes()), "cells_max");
}

#[test]
fn trial_x3b_what_is_kept_of_a_record_is_short() {
    let long = "x".repeat(600_000);
    let body = format!("{SDG},[Sex]\nIT_USE_ii99,{long},2017,1,\n");
    let kept = decode(&sdg(), Csv, body.as_bytes());
    assert_eq!(kept.counts(), [1, 0, 1, 0]);
    assert!(kept.rejected[0].detail.chars().count() <= 500);
    let note = format!(
        r#"[{{"indicator":{{"id":"IT.NET.USER.ZS"}},"country":{{"id":"KE"}},"date":"2020","value":1,"footnote":"{}"}}]"#,
        "n".repeat(2 << 20)
    );
    let kept = decode(&wdi(), Json, note.as_bytes());
    assert!(kept.only_rejected().1.contains("footnote of 2097152 bytes, at most 1048576"));
}

#[test]
fn trial_x3b_areas_without_end_take_turns() {
    let mut body = format!("{SDG}\n");
    for at in 0..60_000 {
        let _ = writeln!(
            body,
            "IT_USE_ii99,Nowhere {at}x,2017,1\nIT_USE_ii99,404,{},2",
            1950 + at % 60
        );
    }
    let kept = decode(&sdg(), Csv, body.as_bytes());
    assert_eq!(kept.counts(), [120_000, 60_000, 60_000, 0]);
    assert!(kept.rows.iter().all(|row| row.area == "KEN"));
    assert!(kept.rejected.last().unwrap().detail.contains("Nowhere 59999x"));
}

#[test]
fn trial_x2_a_sheet_named_100_000_times_is_refused() {
    let names: String = (0..100_000).fold(String::new(), |mut out, at| {
        let _ = write!(out, r#"<sheet name="S{at}" sheetId="{at}" r:id="rId1"/>"#);
        out
    });
    let body = book(&names, &[("rId1", &sheet_part(&small_sheet()))]);
    assert_eq!(over(&egdi("t.xlsx", 2018), Xlsx, &body), "sheets_max");
    // Cells count over all sheets, also when it is the same one.
    let names: String = (0..90).fold(String::new(), |mut out, at| {
        let _ = write!(out, r#"<sheet name="S{at}" sheetId="{at}" r:id="rId1"/>"#);
        out
    });
    let cells: String = (1..=20).fold(String::new(), |mut out, row| {
        let _ = write!(out, r#"<row r="{row}"><c r="AKA{row}"><v>1</v></c></row>"#);
        out
    });
    let body = book(&names, &[("rId1", &sheet_part(&cells))]);
    assert_eq!(over(&egdi("t.xlsx", 2018), Xlsx, &body), "cells_max");
}

#[test]
fn trial_x2_every_decoder_asks_whether_to_stop() {
    let record =
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"country":{"id":"KE"},"date":"2020","value":1}"#;
    let records = vec![record; 5_000].join(",");
    let header = "Survey Year,Country Name,E-Government Index\n";
    let bodies: Vec<(wsis_model::pipeline::Pipeline, ContentKind, Vec<u8>)> = vec![
        (wdi(), Json, format!(r#"[{{"page":1,"pages":1,"total":5000}},[{records}]]"#).into_bytes()),
        (wdi(), Csv, format!("{BULK},2020\n{}", "a,KEN,b,IT.NET.USER.ZS,1\n".repeat(5_000)).into()),
        (
            sdg(),
            Json,
            format!(r#"{{"totalElements":5000,"totalPages":1,"data":[{records}]}}"#).into(),
        ),
        (sdg(), Csv, format!("{SDG}\n{}", "IT_USE_ii99,404,2017,1\n".repeat(5_000)).into()),
        (
            pipeline("undesa", vec![series("EGDI", "INDEX", None)]),
            Csv,
            format!("{header}{}", "2018,Kenya,0.5\n".repeat(5_000)).into(),
        ),
        (egdi("t.xlsx", 2018), Xlsx, workbook(&small_sheet())),
    ];
    for (mut pipeline, kind, body) in bodies {
        if pipeline.source == "undesa" && pipeline.files.is_empty() {
            pipeline.files = vec![crate::fixture::file("t.csv", 2018)];
        }
        let job = DecodeJob::new(&pipeline, &LISTS);
        decode_under(&job, kind, &body).unwrap();
        let asked = AtomicU32::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 2;
        let error = decode_under(&DecodeJob { stop: &stop, ..job }, kind, &body).unwrap_err();
        assert!(error.is_stopped(), "{kind:?} {error}");
        assert_eq!(asked.load(Ordering::Relaxed), 3, "{kind:?}");
    }
}

/// The comment of the archive holds an end of a directory without entries: whoever reads that one
/// sees another archive.
#[test]
fn trial_x3_a_second_directory_hides_nothing() {
    let spaces = " ".repeat(2 << 20);
    let bomb = book(r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#, &[("rId1", &spaces)]);
    let pipeline = egdi("t.xlsx", 2018);
    let job = DecodeJob::new(&pipeline, &LISTS);
    let few = DecodeLimits { workbook_max_bytes: 1 << 20, ..job.limits };
    let job = DecodeJob { limits: few, ..job };
    let with_false_end = |archive: &[u8], at: usize| {
        let mut body = archive.to_vec();
        let mut comment = vec![b'c'; 40_000];
        comment[at..at + 4].copy_from_slice(b"PK\x05\x06");
        comment[at + 4..at + 22].fill(0);
        let length = body.len();
        body[length - 2..].copy_from_slice(&40_000_u16.to_le_bytes());
        body.extend(comment);
        body
    };
    let good = workbook(&small_sheet());
    for at in [100, 39_000, 40_000 - 22] {
        let error = decode_under(&job, Xlsx, &with_false_end(&bomb, at)).unwrap_err();
        assert!(
            matches!(
                error,
                DecodeError::TooLarge { name: "workbook_max_bytes", .. }
                    | DecodeError::Archive { .. }
                    | DecodeError::Workbook { .. }
            ),
            "{error}"
        );
        // Read or refused, but never another table.
        if let Ok(kept) = try_decode(&egdi("t.xlsx", 2018), Xlsx, &with_false_end(&good, at)) {
            assert_eq!(kept.counts(), [6, 6, 0, 1]);
        }
    }
    // More entries than any workbook has are counted before they are listed.
    let mut many = good;
    many.extend(b"PK\x01\x02".repeat(1_001));
    assert_eq!(over(&egdi("t.xlsx", 2018), Xlsx, &many), "parts_max");
}

#[test]
fn trial_x3_gzip_and_zip_count_what_comes_out() {
    let pipeline = wdi();
    let job = DecodeJob::new(&pipeline, &LISTS);
    let few = DecodeLimits { unpacked_max_bytes: 1 << 20, ..job.limits };
    let job = DecodeJob { limits: few, ..job };
    let body = format!("{BULK},2020\n{}", "a,KEN,b,IT.NET.USER.ZS,1\n".repeat(100_000));
    for packed in [
        gzip(body.as_bytes()),
        [gzip(b"Country Name,"), gzip(body.as_bytes())].concat(),
        archive(&[("API.csv", body.as_bytes())], Some(10)),
    ] {
        let error = decode_under(&job, Csv, &packed).unwrap_err();
        // A size that is stated too small is refused where it is passed.
        let counted = matches!(error, DecodeError::TooLarge { name: "unpacked_max_bytes", .. })
            || error.to_string().contains("larger than its declared uncompressed size");
        assert!(counted, "{error}");
    }
}

/// What a body may grow to for each of its bytes holds for archives of every kind, as it does for
/// bodies that were packed on their way.
#[test]
fn trial_p31_an_archive_that_grows_beyond_the_ratio_is_refused() {
    let ends = "\r\n".repeat(4 << 20);
    let table = format!("{BULK},2020\na,KEN,b,IT.NET.USER.ZS,1\n");
    let bomb = format!("{table}{ends}");
    let gzipped = gzip(bomb.as_bytes());
    assert!(bomb.len() / gzipped.len() > 800);
    assert_eq!(over(&wdi(), Csv, &gzipped), "expansion_ratio_max");
    let error = try_decode(&wdi(), Csv, &gzipped).unwrap_err().to_string();
    let told = "limit of 200 (expansion_ratio_max under [fetch] in workspace.toml)";
    assert!(error.ends_with(told), "{error}");
    // What the tests pack with grows to 150 bytes for each at most.
    let refused = |pipeline: &wsis_model::pipeline::Pipeline, kind, body: &[u8]| {
        let job = DecodeJob::new(pipeline, &LISTS);
        let few = DecodeLimits { expansion_ratio_max: 100, ..job.limits };
        let error = decode_under(&DecodeJob { limits: few, ..job }, kind, body).unwrap_err();
        matches!(error, DecodeError::TooLarge { name: "expansion_ratio_max", .. })
    };
    assert!(refused(&wdi(), Csv, &archive(&[("API.csv", bomb.as_bytes())], None)));
    let sheet = format!("{}{}", small_sheet(), " ".repeat(8 << 20));
    assert!(refused(&egdi("t.xlsx", 2018), Xlsx, &workbook(&sheet)));
    // A small table packs as well as it likes.
    let small = format!("{table}{}", "\r\n".repeat(400_000));
    assert!(small.len() / gzip(small.as_bytes()).len() > 300);
    assert_eq!(decode(&wdi(), Csv, &gzip(small.as_bytes())).counts()[..2], [1, 1]);
}

#[test]
fn trial_x10_cells_that_are_no_places_are_refused_by_name() {
    let with = |cell: &str| {
        let row: String = cell.chars().filter(char::is_ascii_digit).collect();
        workbook(&format!("{}<row><c r=\"{cell}\"><v>{row}</v></c></row>", small_sheet()))
    };
    let pipeline = egdi("t.xlsx", 2018);
    for cell in
        ["A4294967296", "A4294967297", "ZZZZZZZ1", "A1048577", "XFE5", "A0", "5", "A", "Ä5", ""]
    {
        let error = try_decode(&pipeline, Xlsx, &with(cell)).unwrap_err().to_string();
        assert!(error.contains(&format!("a cell {cell:?}, which is no place")), "{error}");
    }
    let row = workbook(&format!("{}<row r=\"4294967296\"/>", small_sheet()));
    let error = try_decode(&pipeline, Xlsx, &row).unwrap_err().to_string();
    assert!(error.contains("a cell \"4294967296\""), "{error}");
    // Neither two figures in one place nor one in the row of another.
    let twice = workbook(&small_sheet().replace("C4\"", "D4\""));
    let error = try_decode(&pipeline, Xlsx, &twice).unwrap_err().to_string();
    assert!(error.contains("cell D4 twice"), "{error}");
    let other = workbook(&small_sheet().replace("C4\"", "C9\""));
    let error = try_decode(&pipeline, Xlsx, &other).unwrap_err().to_string();
    assert!(error.contains("cell \"C9\" in row 4"), "{error}");
}

/// The most memory that this process ever had, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// 64 MiB of one record: whole, its text took three times as much beside it.
#[cfg(target_os = "linux")]
#[test]
fn trial_x22_text_in_another_encoding_is_brought_over_piece_by_piece() {
    const LENGTH: usize = 64 << 20;
    let mut latin = format!("{BULK},2019,2020\nKenya,KEN,Users,IT.NET.USER.ZS,").into_bytes();
    latin.resize(LENGTH, 0xE9);
    // One process for each test: what others took is not seen here, but under `cargo test`.
    let before = peak();
    assert_eq!(over(&wdi(), Csv, &latin), "record_max_bytes");
    drop(latin);
    let mut wide = b"\xFF\xFE".to_vec();
    let head = format!("{BULK},2019,2020\nKenya,KEN,Users,IT.NET.USER.ZS,");
    wide.extend(head.encode_utf16().flat_map(u16::to_le_bytes));
    wide.resize(LENGTH, 0x4E);
    assert_eq!(over(&wdi(), Csv, &wide), "record_max_bytes");
    let more = peak().saturating_sub(before);
    // A decoder reads the body into memory: once, and nothing of its size beside it.
    assert!(more < (64 + 24) << 20, "{} MiB more", more >> 20);
}

/// Pieces end in the midst of characters, fields, quotes and line ends.
#[test]
fn text_in_another_encoding_reads_like_utf_8() {
    let mut text = format!("{BULK},2019,2020\n");
    for at in 0..4_000 {
        let quoted = "\u{e9}\"\"\r\n\u{20ac}".repeat(at % 7);
        writeln!(text, "\"C\u{f4}te {quoted}\",CIV,Users,IT.NET.USER.ZS,{at}.5,\r").unwrap();
    }
    let plain = decode(&wdi(), Csv, text.as_bytes());
    let latin = encoding_of(&text);
    let mut utf16 = b"\xFE\xFF".to_vec();
    utf16.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    for body in [latin, utf16] {
        let other = decode(&wdi(), Csv, &body);
        assert_eq!(format!("{:?}", other.rejected), format!("{:?}", plain.rejected));
        assert_eq!(other.rows.len(), plain.rows.len());
    }
}

/// Windows-1252 of a text of ASCII, é, ô and €.
fn encoding_of(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '\u{20ac}' => 0x80,
        other => u8::try_from(u32::from(other)).unwrap(),
    };
    text.chars().map(byte).collect()
}
