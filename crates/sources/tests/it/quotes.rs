//! Quotation marks that are not closed: no row may vanish in a cell without a word (P22).

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_sources::ContentKind::Csv;
use wsis_sources::DecodeError;

use crate::fixture::{decode, egdi, file, page, pipeline, series, try_decode};

/// Each reader of separated text, a header, and rows for some economies, with a note of each in a
/// column that is not used.
fn readers() -> Vec<(&'static str, Pipeline, &'static str, &'static str)> {
    let some = |it: &str| Some(it.to_owned());
    let columns = Columns { area: some("area"), year: some("year"), ..Columns::default() };
    let of_file = |format: Format| {
        let value = Series { column: some("value"), ..series("S", "NUMBER", None) };
        let mut pipeline = pipeline("file", vec![value]);
        let columns = columns.clone();
        pipeline.mapping = Some(Mapping { columns, ..Mapping::default() });
        pipeline.files = vec![file("t.csv", 2020)];
        pipeline.files[0].format = format;
        pipeline
    };
    let unit = Series { source_unit: Some("N".to_owned()), ..series("S", "NUMBER", None) };
    let mut data360 = pipeline("data360", vec![unit]);
    "DS".clone_into(&mut data360.dataset);
    vec![
        ("csv", of_file(Format::Csv), "area,year,value,note", "{},2020,1,{note}"),
        ("tsv", of_file(Format::Tsv), "area\tyear\tvalue\tnote", "{}\t2020\t1\t{note}"),
        ("semicolons", of_file(Format::Csv), "area;year;value;note", "{};2020;1;{note}"),
        ("undesa", egdi_only(), "Country,EGDI,Note", "{},0.5,{note}"),
        (
            "unsd",
            pipeline("unsd", vec![series("S", "NUMBER", None)]),
            "SeriesCode,GeoAreaCode,TimePeriod,Value,Source",
            "S,{},2020,1,{note}",
        ),
        (
            "bulk",
            pipeline("worldbank", vec![series("S", "NUMBER", None)]),
            "Country Name,Country Code,Indicator Name,Indicator Code,2020,note",
            "Name,{},S,S,1,{note}",
        ),
        (
            "data360",
            data360,
            "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,INDICATOR,UNIT_MEASURE,TIME_PERIOD,OBS_VALUE,\
             COMMENT_OBS",
            "datastructure,X,I,{},S,N,2020,1,{note}",
        ),
    ]
}

fn egdi_only() -> Pipeline {
    let mut pipeline = egdi("t.csv", 2020);
    pipeline.series.retain(|it| it.code == "EGDI");
    pipeline
}

const AREAS: [&str; 5] = ["KEN", "UGA", "TZA", "RWA", "BDI"];

/// The table of a reader with a note for each economy.
fn table(reader: &str, header: &str, row: &str, notes: [&str; 5]) -> String {
    let m49 = [("KEN", "404"), ("UGA", "800"), ("TZA", "834"), ("RWA", "646"), ("BDI", "108")];
    let names = ["Kenya", "Uganda", "United Republic of Tanzania", "Rwanda", "Burundi"];
    let mut text = format!("{header}\n");
    for (at, note) in notes.iter().enumerate() {
        let area = match reader {
            "unsd" => m49[at].1,
            "undesa" => names[at],
            _ => AREAS[at],
        };
        let row = row.replace("{}", area).replace("Name", names[at]).replace("{note}", note);
        text.push_str(&row);
        text.push('\n');
    }
    text
}

#[test]
fn trial_p22_an_open_quote_swallows_nothing_without_a_word() {
    for (reader, pipeline, header, row) in readers() {
        let sound = table(reader, header, row, ["\"a, b\n\nc\"", "5\" pipe", "\"\"", "x", "\"y\""]);
        let kept = decode(&pipeline, Csv, sound.as_bytes());
        assert_eq!(kept.rows.len(), 5, "{reader}: {:?}", kept.rejected);
        // Never closed: refused, with the line in which it opens.
        let open = table(reader, header, row, ["a", "\"b", "c", "d", "e"]);
        let error = try_decode(&pipeline, Csv, open.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::OpenQuote { line: 3, lines: 4 }), "{reader}: {error}");
        assert!(error.to_string().contains("opens in line 3"), "{error}");
        let other = page(&pipeline, Csv, open.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), other.to_string(), "{reader}");
        // Closed two rows below, by the mark that opens another cell.
        let late = table(reader, header, row, ["a", "\"b", "c", "\"d\"", "e"]);
        let kept = decode(&pipeline, Csv, late.as_bytes());
        let areas: Vec<&str> = kept.rows.iter().map(|row| row.area.as_str()).collect();
        assert_eq!(areas, ["KEN", "BDI"], "{reader}: {:?}", kept.rejected);
        let (_, detail) = kept.only_rejected();
        assert!(detail.contains("rows of lines 3 to 5 may have been swallowed"), "{detail}");
        // By a mark that stands for inches.
        let inches = table(reader, header, row, ["a", "\"b", "c", "5\"", "e"]);
        let kept = decode(&pipeline, Csv, inches.as_bytes());
        assert_eq!(kept.rows.len(), 2, "{reader}");
        assert!(kept.only_rejected().1.contains("lines 3 to 5"), "{:?}", kept.rejected);
    }
}
