//! Cells that hold something and cannot be read, and rows that cannot be trusted: they are never taken
//! for empty, neither by themselves nor by the rows below them.

use wsis_model::mapping::{Columns, Keep, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{Csv, Xlsx};

use crate::fixture::{Kept, decode, file, pipeline, series};
use crate::undesa::{book, sheet_part};

fn table(format: Format, columns: Columns) -> Pipeline {
    let mut pipeline = pipeline("file", vec![series("S", "NUMBER", None)]);
    pipeline.files = vec![file("table", 2020)];
    pipeline.files[0].format = format;
    let columns = Columns {
        area: Some("area".to_owned()),
        year: Some("year".to_owned()),
        value: Some("value".to_owned()),
        ..columns
    };
    let fill_down = vec!["area".to_owned()];
    pipeline.mapping = Some(Mapping { columns, fill_down, ..Mapping::default() });
    pipeline
}

/// A formula whose result was not stored: it holds something that nobody can read.
const FORMULA: &str = "<c><f>VLOOKUP(A1,B1:C9,2)</f></c>";

fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| match *text {
        "" => "<c/>".to_owned(),
        "=" => FORMULA.to_owned(),
        text => format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#),
    };
    format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
}

fn sheet(pipeline: &Pipeline, rows: &[&[&str]]) -> Kept {
    let data: String = rows.iter().map(|cells| row(cells)).collect();
    let names = r#"<sheet name="Data" sheetId="1" r:id="rId1"/>"#;
    decode(pipeline, Xlsx, &book(names, &[("rId1", &sheet_part(&data))]))
}

fn stored(kept: &Kept) -> Vec<(&str, i32)> {
    kept.rows.iter().map(|row| (row.area.as_str(), row.year)).collect()
}

/// The figures of Uganda were stored as those of Kenya.
#[test]
fn trial_p92_the_rows_below_a_cell_that_cannot_be_read_are_not_those_of_the_area_before() {
    let pipeline = table(Format::Xlsx, Columns::default());
    let kept = sheet(
        &pipeline,
        &[
            &["area", "year", "value"],
            &["KEN", "2019", "1"],
            &["", "2020", "2"],
            &["=", "2019", "3"],
            &["", "2020", "4"],
            &["", "2021", "5"],
            &["NAM", "2019", "6"],
            &["", "2020", "7"],
        ],
    );
    assert_eq!(stored(&kept), [("KEN", 2019), ("KEN", 2020), ("NAM", 2019), ("NAM", 2020)]);
    assert_eq!(kept.counts(), [7, 4, 3, 0]);
    let details: Vec<&str> = kept.rejected.iter().map(|it| it.detail.as_str()).collect();
    assert!(details[0].contains("cell A4"), "{details:?}");
    for detail in &details[1..] {
        assert!(
            detail.contains("the one above, which is not known: sheet \"Data\", row 4: cell A4"),
            "{detail}"
        );
    }
}

/// "2021" below Kenya was "a note, no area": a figure that was in force was withdrawn and not revised to
/// none, and a table with gaps was held by its gate.
#[test]
fn trial_p153_a_year_without_a_figure_below_its_area_is_no_note() {
    let rows: [&[&str]; 6] = [
        &["area", "year", "value"],
        &["KEN", "2019", "1"],
        &["", "2020", ""],
        &["", "2021", "3"],
        &["", "2022", ""],
        &["Source: a survey", "", ""],
    ];
    let kept = sheet(&table(Format::Xlsx, Columns::default()), &rows);
    assert_eq!(stored(&kept), [("KEN", 2019), ("KEN", 2020), ("KEN", 2021), ("KEN", 2022)]);
    let values: Vec<Option<f64>> = kept.rows.iter().map(|row| row.value).collect();
    assert_eq!(values, [Some(1.0), None, Some(3.0), None]);
    let (reason, detail) = kept.only_rejected();
    assert_eq!(reason, Reason::UnknownArea);
    assert!(detail.contains("the row holds nothing but \"Source: a survey"), "{detail}");
    let body: String = rows.iter().map(|row| row.join(",") + "\n").collect();
    let text = decode(&table(Format::Csv, Columns::default()), Csv, body.as_bytes());
    assert_eq!((stored(&text), text.counts()), (stored(&kept), kept.counts()));
    // A year below an area that nobody could read is told as such.
    let rows: [&[&str]; 3] = [&["area", "year", "value"], &["=", "2019", "1"], &["", "2020", ""]];
    let kept = sheet(&table(Format::Xlsx, Columns::default()), &rows);
    assert!(kept.rejected[1].detail.contains("which is not known"), "{:?}", kept.rejected);
}

/// One sheet an economy: its name is the area.
#[test]
fn trial_p153_a_year_without_a_figure_on_the_sheet_of_an_area_is_no_note() {
    let mut pipeline = table(Format::Xlsx, Columns::default());
    let mapping = pipeline.mapping.as_mut().unwrap();
    mapping.columns.area = Some("{sheet}".to_owned());
    mapping.fill_down = Vec::new();
    let rows: [&[&str]; 4] = [&["year", "value"], &["2019", "1"], &["2020", ""], &["2021", "3"]];
    let data: String = rows.iter().map(|cells| row(cells)).collect();
    let names = r#"<sheet name="Kenya" sheetId="1" r:id="rId1"/>"#;
    let kept = decode(&pipeline, Xlsx, &book(names, &[("rId1", &sheet_part(&data))]));
    assert_eq!(stored(&kept), [("KEN", 2019), ("KEN", 2020), ("KEN", 2021)], "{:?}", kept.rejected);
    assert_eq!(kept.counts(), [3, 3, 0, 1]);
}

/// What a block of swallowed rows began with is not known.
#[test]
fn trial_p92_the_rows_below_swallowed_ones_are_not_those_of_the_area_before() {
    let pipeline = table(Format::Csv, Columns::default());
    let body = "area,year,value,note\nKEN,2019,1,a\n,2020,2,\"b\nUGA,2019,3,c\n,2020,4,d\"\n,2021,5,e\n\
                NAM,2019,6,f\n,2020,7,g\n";
    let kept = decode(&pipeline, Csv, body.as_bytes());
    assert_eq!(stored(&kept), [("KEN", 2019), ("NAM", 2019), ("NAM", 2020)]);
    assert_eq!(kept.counts(), [5, 3, 2, 0], "{:?}", kept.rejected);
    assert!(kept.rejected[1].detail.contains("which is not known: line 3"), "{:?}", kept.rejected);
}

/// In a row with more fields than headings nobody knows what is where; a short one may be the heading
/// of a group.
#[test]
fn trial_p92_the_rows_below_a_row_that_is_too_long() {
    let pipeline = table(Format::Csv, Columns::default());
    let body = "area,year,value\nKEN,2019,1\nCongo, Dem. Rep.,2019,2\n,2020,3\nUGA\n,2020,4\n";
    let kept = decode(&pipeline, Csv, body.as_bytes());
    assert_eq!(stored(&kept), [("KEN", 2019), ("UGA", 2020)]);
    assert_eq!(kept.counts(), [5, 2, 3, 0], "{:?}", kept.rejected);
}

/// A scale that cannot be read is not 0, a status not "normal", and a row that may be unwanted is not
/// left out without a word.
#[test]
fn trial_p92_a_cell_that_cannot_be_read_is_never_empty() {
    let columns = Columns {
        area_name: Some("name".to_owned()),
        unit: Some("unit".to_owned()),
        unit_mult: Some("scale".to_owned()),
        status: Some("status".to_owned()),
        flag: Some("flag".to_owned()),
        footnote: Some("note".to_owned()),
        sex: Some("sex".to_owned()),
        ..Columns::default()
    };
    let mut pipeline = table(Format::Xlsx, columns);
    let mapping = pipeline.mapping.as_mut().unwrap();
    let keep = |column: &str, is: &[&str], not: &[&str]| Keep {
        column: column.to_owned(),
        is: is.iter().map(|it| (*it).to_owned()).collect(),
        not: not.iter().map(|it| (*it).to_owned()).collect(),
    };
    mapping.keep = vec![keep("kind", &["final"], &[]), keep("level", &[], &["Total"])];
    mapping.dimensions = vec![("Skill".to_owned(), "skill".to_owned())];
    let headings = [
        "area", "year", "value", "name", "unit", "scale", "status", "flag", "note", "sex", "skill",
        "kind", "level",
    ];
    let good =
        ["KEN", "2019", "1", "Kenya", "NUMBER", "3", "A", "x", "n", "FEMALE", "COPY", "final", "y"];
    let whole = sheet(&pipeline, &[&headings, &good]);
    assert_eq!(whole.counts(), [1, 1, 0, 0], "{:?}", whole.rejected);
    assert_eq!(whole.rows[0].value, Some(1_000.0));
    for (at, heading) in headings.iter().enumerate() {
        let mut cells = good;
        cells[at] = "=";
        let kept = sheet(&pipeline, &[&headings, &cells]);
        assert_eq!(kept.counts(), [1, 0, 1, 0], "{heading}");
        let (reason, detail) = kept.only_rejected();
        assert_eq!(reason, Reason::MalformedRecord, "{heading}");
        assert!(detail.contains("holds the formula"), "{heading}: {detail}");
    }
    // A row that is not wanted stays so, whatever else in it cannot be read.
    let mut cells = good;
    (cells[5], cells[11]) = ("=", "draft");
    assert_eq!(sheet(&pipeline, &[&headings, &cells]).counts(), [0, 0, 0, 0]);
}
