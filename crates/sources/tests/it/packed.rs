//! What came packed: which file of an archive is the one, by its ending and by what it begins with.

use wsis_model::mapping::{Columns, Encoding, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::ContentKind::{Csv, Json, Xml};

use crate::cubes::{eurostat, json_stat, sdmx_json};
use crate::fixture::{decode, file, pipeline, series, try_decode};
use crate::sdmx_ml::{message, specific};
use crate::undesa::archive;

fn table(format: Format, area: &str) -> Pipeline {
    let mut pipeline = pipeline("file", vec![series("S", "NUMBER", None)]);
    pipeline.files = vec![file("table.zip", 2020)];
    pipeline.files[0].format = format;
    let of = |heading: &str| Some(heading.to_owned());
    let columns =
        Columns { area: of(area), year: of("year"), value: of("value"), ..Columns::default() };
    pipeline.mapping = Some(Mapping { columns, ..Mapping::default() });
    pipeline
}

const NOTES: (&str, &[u8]) = ("notes.txt", b"Source: an agency\n");

/// Only csv and txt were looked at.
#[test]
fn trial_p95_every_format_is_found_in_an_archive_by_its_own_ending() {
    let tsv = b"area\tyear\tvalue\nKEN\t2020\t1\n";
    for name in ["data.tsv", "DATA.TSV", "a/b/data.tab", "data.csv", "data.txt"] {
        let zip = archive(&[NOTES, (name, tsv), ("__MACOSX/data.tsv", b"x")], None);
        let kept = decode(&table(Format::Tsv, "area"), Csv, &zip);
        assert_eq!(kept.counts(), [1, 1, 0, 0], "{name}");
    }
    let none = archive(&[("data.pdf", b"%PDF")], None);
    let error = try_decode(&table(Format::Tsv, "area"), Csv, &none).unwrap_err().to_string();
    assert!(error.contains("ends in .csv, .tsv, .tab, .txt; it holds data.pdf"), "{error}");

    let one = vec![series("S", "NUMBER", None)];
    let sdmx = message(Format::SdmxJson, Columns::default(), one.clone(), &[]);
    let body = sdmx_json();
    for (pipeline, kind, name, body) in [
        (sdmx, Json, "data.json", body.as_bytes()),
        (eurostat(Format::JsonStat), Json, "data.JSON", json_stat().as_bytes()),
    ] {
        let plain = decode(&pipeline, kind, body).counts();
        let zip = archive(&[NOTES, (name, body)], None);
        assert_eq!(decode(&pipeline, kind, &zip).counts(), plain, "{name}");
        let two = archive(&[("other.json", body), (name, body)], None);
        let error = try_decode(&pipeline, kind, &two).unwrap_err().to_string();
        assert!(error.contains("several of its files hold what was expected"), "{error}");
    }
    let sdmx = message(Format::SdmxMl, Columns::default(), one, &[]);
    let body =
        specific("", r#"<Obs REF_AREA="KEN" INDICATOR="S" TIME_PERIOD="2020" OBS_VALUE="1"/>"#);
    let zip = archive(&[NOTES, ("data.xml", body.as_bytes())], None);
    assert_eq!(decode(&sdmx, Xml, &zip).counts(), [1, 1, 0, 0]);
}

/// The beginning of a file, of 64 KiB, was cut within a character: with `utf-8` declared it was no text,
/// and without it one in Windows-1252 with other headings.
#[test]
fn trial_p95_the_beginning_of_a_table_is_cut_between_characters() {
    for encoding in [None, Some(Encoding::Utf8)] {
        for shift in 0..4 {
            let mut pipeline = table(Format::Csv, "国家");
            if let Some(mapping) = &mut pipeline.mapping {
                mapping.encoding = encoding;
            }
            let mut body = format!("国家,year,value,x{}\n", "x".repeat(shift));
            while body.len() < 80_000 {
                body.push_str("KEN,2020,1,肯尼亚\n");
            }
            let zip = archive(&[("other.csv", b"a,b\n1,2\n"), ("data.csv", body.as_bytes())], None);
            let kept = decode(&pipeline, Csv, &zip);
            assert!(kept.counts()[1] > 3_000, "{encoding:?} {shift}");
        }
    }
}

/// Padding was taken off where no encoding was declared, and was a part of the table where one was.
#[test]
fn trial_p95_padding_is_taken_off_in_a_declared_encoding_too() {
    let mut pipeline = table(Format::Csv, "area");
    pipeline.mapping.as_mut().unwrap().encoding = Some(Encoding::Utf8);
    let kept = decode(&pipeline, Csv, b"area,year,value\nKEN,2020,1\n\0\0\0\0");
    assert_eq!(kept.counts(), [1, 1, 0, 0]);
    assert!(kept.summary.findings.keys().any(|it| it.contains("NUL padding")));
}
