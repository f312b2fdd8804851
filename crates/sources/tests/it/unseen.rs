//! What two readers of one file would take differently, and what people do not see in it: members of a
//! zip with one name, two tables of cells, cells of no type, hidden rows, columns and sheets.

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{Csv, Json, Xlsx};
use wsis_sources::{Weight, shown};

use crate::fixture::{Kept, decode, egdi, file, pipeline, series, try_decode};
use crate::undesa::{archive, book, sheet_part, small_sheet, workbook};

const BULK: &str = "Country Name,Country Code,Indicator Name,Indicator Code,2020\n";

/// A table of a workbook with columns `area`, `year` and `value`.
fn table() -> Pipeline {
    let mut pipeline = pipeline("file", vec![series("S", "PERCENT", None)]);
    pipeline.files = vec![file("table.xlsx", 2020)];
    pipeline.files[0].format = Format::Xlsx;
    let some = |text: &str| Some(text.to_owned());
    let columns = Columns {
        area: some("area"),
        year: some("year"),
        value: some("value"),
        ..Columns::default()
    };
    pipeline.mapping = Some(Mapping { columns, ..Mapping::default() });
    pipeline
}

fn text(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// Such a table with one figure.
fn figures(figure: &str) -> String {
    let heads: String = ["area", "year", "value"]
        .iter()
        .zip(["A1", "B1", "C1"])
        .map(|(it, at)| text(at, it))
        .collect();
    format!(
        r#"<row r="1">{heads}</row><row r="2">{}<c r="B2"><v>2020</v></c>{figure}</row>"#,
        text("A2", "KEN")
    )
}

fn said(kept: &Kept, words: &str) -> Vec<String> {
    shown(&kept.summary.findings).into_iter().filter(|it| it.contains(words)).collect()
}

#[test]
fn trial_p17_a_name_twice_in_an_archive_is_refused() {
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let (one, two) = (format!("{BULK}Kenya,KEN,x,S,1\n"), format!("{BULK}Kenya,KEN,x,S,8\n"));
    for (first, second) in [("a.csv", "a.csv"), ("a.csv", "A.CSV"), ("x/a.csv", "x\\a.csv")] {
        let parts =
            [("note.md", b"n".as_slice()), (first, one.as_bytes()), (second, two.as_bytes())];
        let error = try_decode(&wdi, Csv, &archive(&parts, None)).unwrap_err().to_string();
        let found = format!(
            "two of its files have one name ({first:?}, entry 2 of its directory, and {second:?}, \
             entry 3)"
        );
        assert!(error.contains(&found), "{error}");
    }
    let parts = [("a.csv", one.as_bytes()), ("b/a.md", two.as_bytes())];
    assert_eq!(decode(&wdi, Csv, &archive(&parts, None)).rows.len(), 1);
    // A workbook with a part twice.
    let sheet = sheet_part(&small_sheet());
    let names = r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#;
    let twice = book(names, &[("rId1", &sheet), ("rId1", &sheet)]);
    let error = try_decode(&egdi("t.xlsx", 2018), Xlsx, &twice).unwrap_err().to_string();
    assert!(error.contains("\"xl/worksheets/rId1.xml\", entry"), "{error}");
}

#[test]
fn trial_p18_a_second_table_of_cells_is_refused() {
    let rows = figures(r#"<c r="C2"><v>1</v></c>"#);
    for second in ["<sheetData/>", "<sheetData><row r=\"9\"/></sheetData>"] {
        let part = sheet_part(&rows).replace("</sheetData>", &format!("</sheetData>{second}"));
        let names = r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#;
        let error = try_decode(&table(), Xlsx, &book(names, &[("rId1", &part)])).unwrap_err();
        assert!(error.to_string().contains("two tables of cells (sheetData)"), "{error}");
    }
    assert_eq!(decode(&table(), Xlsx, &workbook(&rows)).rows.len(), 1);
}

#[test]
fn trial_p18_cells_that_no_program_writes_are_no_figures() {
    for (cell, words) in [
        (
            r#"<c r="C2"><f>1+1</f><v> </v></c>"#,
            "holds the formula \"=1+1\" without a stored result",
        ),
        (r#"<c r="C2" t="zz"><v>5</v></c>"#, "cell C2 is of type \"zz\", which no workbook has"),
        (r#"<c r="C2" t="b"><v>5</v></c>"#, "cell C2 is to be true or false and holds \"5\""),
        (r#"<c r="C2" t="s"><v> </v></c>"#, "cell C2 is to hold a shared text"),
        (r#"<c r="C2"><v>1e-400</v></c>"#, "value \"1e-400\" is not 0, and too near to it"),
        (r#"<c r="C2"><v>-1E-400</v></c>"#, "value \"-1E-400\" is not 0, and too near to it"),
        (r#"<c r="C2"><v>1e400</v></c>"#, "value \"1e400\" is not a finite number"),
    ] {
        let kept = decode(&table(), Xlsx, &workbook(&figures(cell)));
        let (reason, detail) = kept.only_rejected();
        assert!(
            matches!(reason, Reason::MalformedRecord | Reason::NotANumber),
            "{cell} {reason:?}"
        );
        assert!(detail.contains(words), "{cell}: {detail}");
    }
    for (cell, value) in [
        (r#"<c r="C2"><v>1e-310</v></c>"#, Some(1e-310)),
        (r#"<c r="C2"><v>0e-400</v></c>"#, Some(0.0)),
        (r#"<c r="C2" t="str"><f>A1</f><v>7</v></c>"#, Some(7.0)),
        (r#"<c r="C2" t="str"><f>A1</f><v></v></c>"#, None),
        (r#"<c r="C2"><v> </v></c>"#, None),
    ] {
        let kept = decode(&table(), Xlsx, &workbook(&figures(cell)));
        assert_eq!(
            kept.rows.first().map(|row| row.value),
            Some(value),
            "{cell} {:?}",
            kept.rejected
        );
    }
}

#[test]
fn trial_p18_too_small_a_number_is_no_zero_in_any_format() {
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let sdg = pipeline("unsd", vec![series("S", "PERCENT", None)]);
    for figure in ["1e-400", "-1e-400", "0.0000001e-380"] {
        let json = format!(
            r#"[{{"indicator":{{"id":"S","value":"x"}},"country":{{"id":"KE","value":"Kenya"}},"countryiso3code":"KEN","date":"2020","value":{figure}}}]"#
        );
        let csv = format!("{BULK}Kenya,KEN,x,S,{figure}\n");
        let datum = format!(
            r#"{{"totalElements":1,"totalPages":1,"data":[{{"series":"S","geoAreaCode":"404","timePeriodStart":2017.0,"value":"{figure}"}}]}}"#
        );
        for kept in [
            decode(&wdi, Json, json.as_bytes()),
            decode(&wdi, Csv, csv.as_bytes()),
            decode(&sdg, Json, datum.as_bytes()),
        ] {
            assert_eq!(kept.only_rejected().0, Reason::NotANumber, "{figure}");
            assert!(kept.only_rejected().1.contains("too near to it"), "{:?}", kept.rejected);
        }
    }
}

#[test]
fn trial_f05_hidden_rows_and_columns_are_told() {
    let rows = figures(r#"<c r="C2"><v>1</v></c>"#);
    let row =
        format!(r#"<row r="3" hidden="1">{}<c r="B3"><v>2021</v></c></row>"#, text("A3", "KEN"));
    let empty = r#"<row r="7" hidden="true"/>"#;
    let part = sheet_part(&format!("{rows}{row}{empty}")).replace(
        "<sheetData>",
        r#"<cols><col min="2" max="3" hidden="1"/><col min="9" max="12" hidden="1"/></cols><sheetData>"#,
    );
    let names = r#"<sheet name="S" sheetId="1" r:id="rId1"/><sheet name="T" sheetId="2" state="hidden" r:id="rId2"/>"#;
    let body = book(names, &[("rId1", &part), ("rId2", &sheet_part(""))]);
    let kept = decode(&table(), Xlsx, &body);
    assert_eq!(
        said(&kept, "hidden"),
        [
            "hidden columns of sheet \"S\" were read like the others: B, C",
            "hidden rows of sheet \"S\" were read like the others: 3",
            "hidden sheets were not read: \"T\"",
        ]
    );
    assert!(said(&kept, "hidden").iter().all(|it| Weight::of(it) == Weight::Said));
    // By default, and many.
    let many = (3..20).fold(String::new(), |all, at| {
        format!(r#"{all}<row r="{at}">{}</row>"#, text(&format!("A{at}"), "x"))
    });
    let part = sheet_part(&format!("{}{many}", rows.replace("<row ", r#"<row hidden="0" "#)))
        .replace("<sheetData>", r#"<sheetFormatPr zeroHeight="1"/><sheetData>"#);
    let body = book(r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#, &[("rId1", &part)]);
    let kept = decode(&table(), Xlsx, &body);
    let told = "hidden rows of sheet \"S\" were read like the others: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 7 more";
    assert_eq!(said(&kept, "hidden"), [told]);
}

/// One sheet of many with a slip in its header is an economy that is gone.
#[test]
fn trial_p32_a_sheet_that_was_passed_over_is_told() {
    let right = sheet_part(&figures(r#"<c r="C2"><v>1</v></c>"#));
    let wrong = right.replace(">year<", ">yaer<");
    let notes = sheet_part(&format!(r#"<row r="1">{}</row>"#, text("A1", "Notes")));
    let states = ["", "", r#"state="hidden""#, "", ""];
    let names: Vec<String> = ["A", "B", "C", "D", "E"]
        .iter()
        .zip(states)
        .enumerate()
        .map(|(at, (name, state))| {
            format!(r#"<sheet name="{name}" sheetId="{0}" {state} r:id="rId{0}"/>"#, at + 1)
        })
        .collect();
    let names = names.concat();
    let parts = [
        ("rId1", &*right),
        ("rId2", &*wrong),
        ("rId3", &*wrong),
        ("rId4", &*notes),
        ("rId5", &*sheet_part("")),
    ];
    let body = book(&names, &parts);
    // One table, and sheets with other things: told, not at once.
    let kept = decode(&table(), Xlsx, &body);
    let told = ["hidden sheets were not read: \"C\"", "sheet \"A\" was read"];
    let others = "sheets without such a table were not read: \"B\", \"D\"";
    assert_eq!(shown(&kept.summary.findings), [&told[..], &[others]].concat());
    assert_eq!(Weight::of(others), Weight::Kept);
    let mut survey = egdi("t.xlsx", 2018);
    let good = sheet_part(&small_sheet());
    let body_of_survey = book(&names, &[("rId1", &good), parts[1], parts[2], parts[3], parts[4]]);
    assert!(said(&decode(&survey, Xlsx, &body_of_survey), "without such").len() == 1);
    // Who names a sheet means that one.
    survey.files[0].sheet = Some("A".to_owned());
    assert!(said(&decode(&survey, Xlsx, &body_of_survey), "without such").is_empty());
    // A sheet for each of something: one that does not fit is missing.
    let mut each = table();
    if let Some(mapping) = &mut each.mapping {
        mapping.dimensions = vec![("Table".to_owned(), "{sheet}".to_owned())];
    }
    let kept = decode(&each, Xlsx, &body);
    let told = said(&kept, "passed over");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("sheet \"B\" was passed over beside sheets that were read: "));
    assert!(told[0].contains("yaer") && told[1].starts_with("sheet \"D\""), "{told:?}");
    assert!(told.iter().all(|it| Weight::of(it) == Weight::Said));
}

#[test]
fn trial_f05_a_hidden_sheet_that_the_pipeline_names_is_told_in_every_source() {
    let part = sheet_part(&figures(r#"<c r="C2"><v>1</v></c>"#));
    let names = r#"<sheet name="S" sheetId="1" state="veryHidden" r:id="rId1"/>"#;
    let mut pipeline = table();
    pipeline.files[0].sheet = Some("S".to_owned());
    let kept = decode(&pipeline, Xlsx, &book(names, &[("rId1", &part)]));
    let told = "sheet \"S\" was read, as the pipeline says; it is hidden";
    assert_eq!(said(&kept, "was read"), [told]);
    let mut survey = egdi("t.xlsx", 2018);
    survey.files[0].sheet = Some("S".to_owned());
    let body = book(names, &[("rId1", &sheet_part(&small_sheet()))]);
    assert_eq!(said(&decode(&survey, Xlsx, &body), "was read"), [told]);
}
