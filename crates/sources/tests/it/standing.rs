//! Where a person finds a record in the file: the line of a text, the sheet and row of a workbook. The
//! lines and rows here were counted by eye.

use wsis_model::mapping::{Columns, Mapping, Numbers};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_model::quarantine::Rejected;
use wsis_sources::ContentKind::{self, Csv, Xlsx};

use crate::fixture::{Kept, decode, egdi, file, pipeline, series, try_decode};
use crate::undesa::{HEADER, archive, workbook};

/// A table with columns `Pays`, `Année` and `Valeur`.
pub(crate) fn table(format: Format) -> Pipeline {
    let mut pipeline = pipeline("file", vec![series("S", "PERCENT", None)]);
    pipeline.files = vec![file("table", 2020)];
    pipeline.files[0].format = format;
    let some = |text: &str| Some(text.to_owned());
    let columns = Columns {
        area: some("Pays"),
        year: some("Année"),
        value: some("Valeur"),
        ..Columns::default()
    };
    let numbers = Numbers { decimal: ',', ..Numbers::default() };
    pipeline.mapping = Some(Mapping { columns, numbers, ..Mapping::default() });
    pipeline
}

fn places(kept: &Kept) -> Vec<(i64, Option<&str>)> {
    kept.rejected.iter().map(|it| (it.payload_row, it.place.as_deref())).collect()
}

/// Rows of a sheet, each with its number and the texts of its first columns.
pub(crate) fn rows(rows: &[(u32, &[&str])]) -> String {
    let row = |(number, cells): &(u32, &[&str])| {
        let cell = |(letter, text): (char, &&str)| {
            format!(r#"<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let cells: String = ('A'..='Z').zip(cells.iter()).map(cell).collect();
        format!(r#"<row r="{number}">{cells}</row>"#)
    };
    rows.iter().map(row).collect()
}

/// An OpenDocument spreadsheet of one sheet. A row without cells is as many blank ones as it says.
pub(crate) fn ods(rows: &[(u32, &[&str])]) -> Vec<u8> {
    let cell = |text: &&str| {
        format!(
            r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let row = |(times, cells): &(u32, &[&str])| {
        let cells: String = if cells.is_empty() {
            "<table:table-cell/>".to_owned()
        } else {
            cells.iter().map(cell).collect()
        };
        format!(
            r#"<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>"#
        )
    };
    ods_of(&rows.iter().map(row).collect::<String>())
}

/// An OpenDocument spreadsheet of one sheet, with its rows as they stand there.
pub(crate) fn ods_of(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c"><office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[("content.xml", content.as_bytes())], None)
}

#[test]
fn trial_p150_a_record_of_a_text_has_its_line() {
    // A title, a blank line, the heading, a cell of two lines, blank lines of both kinds.
    let body = "Utilisateurs d'Internet\n\nPays;Année;Valeur\r\nTchad;2022;10,4\n\"Nigé\nria\";2022;1\n\
                \n\r\nBénin;2022;n.d.\nTchad;2023;11,5\nMali;2023;n.d.\n";
    let kept = decode(&table(Format::Csv), Csv, body.as_bytes());
    assert_eq!(
        places(&kept),
        [(2, Some("line 5")), (3, Some("line 9")), (5, Some("line 11"))],
        "{:?}",
        kept.rejected
    );
    // A line that names its separator, a byte order mark, another encoding, tabs.
    for (body, place) in [
        ("sep=;\nPays;Année;Valeur\nBénin;2022;x\n", "line 3"),
        ("\u{FEFF}Pays;Année;Valeur\nBénin;2022;x\n", "line 2"),
        ("Pays\tAnnée\tValeur\rTchad\t2022\t1\rBénin\t2022\tx", "line 3"),
    ] {
        let kept = decode(&table(Format::Csv), Csv, body.as_bytes());
        assert_eq!(kept.rejected[0].place.as_deref(), Some(place), "{body:?}");
        let (foreign, ..) = encoding_rs::WINDOWS_1252.encode(body);
        if !body.starts_with('\u{FEFF}') {
            let kept = decode(&table(Format::Csv), Csv, &foreign);
            assert_eq!(kept.rejected[0].place.as_deref(), Some(place), "{body:?}");
        }
    }
    // What is not known above an empty cell is told by its line too.
    let mut merged = table(Format::Csv);
    merged.mapping.as_mut().unwrap().fill_down = vec!["Pays".to_owned()];
    let body = "Note\n\nPays;Année;Valeur\nTchad;2022;1;x\n;2023;2\n";
    let kept = decode(&merged, Csv, body.as_bytes());
    let detail = &kept.rejected[1].detail;
    assert!(detail.contains("not known: line 4: "), "{detail}");
}

#[test]
fn trial_p150_a_record_of_a_sheet_has_its_row() {
    let heading: &[&str] = &["Pays", "Année", "Valeur"];
    let sheet = rows(&[
        (1, &["Titre"]),
        (3, heading),
        (4, &["Tchad", "2022", "10.4"]),
        (9, &["Bénin", "2022", "n.d."]),
        (12, &["Source : INS"]),
    ]);
    let body = workbook(&sheet);
    let kept = decode(&table(Format::Xlsx), Xlsx, &body);
    let expected = [(2, Some("sheet \"S\", row 9")), (3, Some("sheet \"S\", row 12"))];
    assert_eq!(places(&kept), expected, "{:?}", kept.rejected);
    let body = ods(&[
        (1, &["Titre"]),
        (1, &[]),
        (1, heading),
        (1, &["Tchad", "2022", "10.4"]),
        (4, &[]),
        (1, &["Bénin", "2022", "n.d."]),
        (2, &[]),
        (1, &["Source : INS"]),
    ]);
    let kept = decode(&table(Format::Ods), Xlsx, &body);
    assert_eq!(places(&kept), expected, "{:?}", kept.rejected);
}

#[test]
fn trial_p150_other_tables_of_lines_too_and_messages_not() {
    let place = |rejected: &Rejected| rejected.place.clone();
    let bulk = "\"Data Source\",\"World Development Indicators\",\n\n\"Last Updated Date\",\"2025-01-01\",\n\
                \nCountry Name,Country Code,Indicator Name,Indicator Code,2020\nKenya,KEN,x,S,1\nAtlantis,XQZ,x,S,2\n";
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let kept = decode(&wdi, Csv, bulk.as_bytes());
    assert_eq!(kept.rejected.iter().map(place).collect::<Vec<_>>(), [Some("line 7".to_owned())]);
    // The UN E-Government Survey, whose years are compared before anything is read.
    let survey = format!(
        "Title\n\n{HEADER}2018,Kenya,122,0.5,0.5,0.5,0.5,0.5\n2016,Uganda,128,0.5,0.5,0.5,0.5,0.5\n"
    );
    let error = try_decode(&egdi("t.csv", 2018), Csv, survey.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("line 5 is of survey year 2016"), "{error}");
    let tsv = "freq,unit,geo\\TIME_PERIOD\t2022 \t2023 \nA,PC_IND,EL\t83.2 \tx b\nA,EL\t1 \t2 \n";
    let mut eurostat = table(Format::EurostatTsv);
    eurostat.mapping = Some(Mapping::default());
    let kept = decode(&eurostat, Csv, tsv.as_bytes());
    let found: Vec<_> = kept.rejected.iter().map(place).collect();
    assert_eq!(found, ["line 2", "line 2", "line 3", "line 3"].map(|it| Some(it.to_owned())));
    let json = r#"[{"page":1,"pages":1,"per_page":1000,"total":1},[{"indicator":{"id":"S","value":"x"},"country":{"id":"XQ","value":"Atlantis"},"countryiso3code":"XQZ","date":"2020","value":1}]]"#;
    let kept = decode(&wdi, ContentKind::Json, json.as_bytes());
    assert_eq!(kept.rejected.iter().map(place).collect::<Vec<_>>(), [None]);
}

#[test]
fn trial_p151_a_record_is_kept_separated_as_its_file_is() {
    let rows = "Tchad;2024;13,2 *;1 234,5;\n\"Corée; Sud\";2024;\"a \"\"b\"\"\"\n";
    let body = format!("Pays;Année;Valeur\n{rows}");
    let kept = decode(&table(Format::Csv), Csv, body.as_bytes());
    let records: Vec<&str> = kept.rejected.iter().map(|it| it.record.as_str()).collect();
    assert_eq!(records, rows.lines().collect::<Vec<_>>());
    let tabs = "Pays\tAnnée\tValeur\nTchad\t2024\t1,5,5\n";
    let kept = decode(&table(Format::Csv), Csv, tabs.as_bytes());
    assert_eq!(kept.rejected[0].record, "Tchad\t2024\t1,5,5");
    // Cells of a sheet: those with a comma can be told from two.
    let sheet = self::rows(&[(1, &["Pays", "Année", "Valeur"]), (2, &["Tchad", "2024", "1,5,5"])]);
    let body = workbook(&sheet);
    let kept = decode(&table(Format::Xlsx), Xlsx, &body);
    assert_eq!(kept.rejected[0].record, "Tchad,2024,\"1,5,5\"");
}
