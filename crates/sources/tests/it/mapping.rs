//! What a mapping declares is what is read, and what it does not declare is no number.

use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::{Columns, Encoding, Keep, Mapping, Numbers};
use wsis_model::pipeline::{Format, Pipeline, Sister, ZeroRule, ZeroWhen};
use wsis_sources::ContentKind::{Csv, Xlsx};
use wsis_sources::{DecodeError, DecodeJob, source};

use crate::fixture::{
    Kept, LISTS, decode, decode_under, file, pipeline, request, series, try_decode,
};
use crate::undesa::workbook;

#[expect(clippy::unnecessary_wraps, reason = "parts of a mapping are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Columns `area`, `year`, `value`.
fn plain() -> Mapping {
    let columns = Columns {
        area: text("area"),
        year: text("year"),
        value: text("value"),
        ..Columns::default()
    };
    Mapping { columns, ..Mapping::default() }
}

fn one(mapping: Mapping) -> Pipeline {
    let mut pipeline = pipeline("file", vec![series("S", "PERCENT", None)]);
    pipeline.files = vec![file("table.csv", 2020)];
    pipeline.mapping = Some(mapping);
    pipeline
}

fn values(kept: &Kept) -> Vec<(String, i32, Option<f64>)> {
    kept.rows.iter().map(|row| (row.area.clone(), row.year, row.value)).collect()
}

const KENYA: (&str, i32, Option<f64>) = ("KEN", 2020, Some(12.5));

fn is_kenya(kept: &Kept) {
    let (area, year, value) = KENYA;
    assert_eq!(values(kept), [(area.to_owned(), year, value)], "{:?}", kept.rejected);
}

#[test]
fn every_separator_is_found_out_and_a_declared_one_is_the_only_one() {
    for by in [",", ";", "\t", "|"] {
        let body = format!("Title of the table\n\narea{by}year{by}value\nKEN{by}2020{by}12.5\n");
        is_kenya(&decode(&one(plain()), Csv, body.as_bytes()));
    }
    let declared = one(Mapping { delimiter: Some(b';'), ..plain() });
    is_kenya(&decode(&declared, Csv, b"area;year;value\nKEN;2020;12.5\n"));
    let error = try_decode(&declared, Csv, b"area,year,value\nKEN,2020,12.5\n").unwrap_err();
    assert!(error.to_string().contains("no column for \"area\""), "{error}");
    let mut tabs = one(plain());
    tabs.files[0].format = Format::Tsv;
    is_kenya(&decode(&tabs, Csv, b"area\tyear\tvalue\nKEN\t2020\t12.5\n"));
}

#[test]
fn every_encoding_declared_or_by_its_mark() {
    let table = "area,year,value\nC\u{f4}te d'Ivoire,2020,12.5\n";
    let utf16 = |little: bool| -> Vec<u8> {
        let units = table.encode_utf16();
        units
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    };
    let marked = |mark: &[u8], body: Vec<u8>| [mark, &body].concat();
    let latin: Vec<u8> = table.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    for (encoding, body) in [
        (None, table.as_bytes().to_vec()),
        (None, latin.clone()),
        (None, marked(b"\xFF\xFE", utf16(true))),
        (None, marked(b"\xFE\xFF", utf16(false))),
        (Some(Encoding::Utf8), table.as_bytes().to_vec()),
        (Some(Encoding::Windows1252), latin.clone()),
        (Some(Encoding::Utf16Le), utf16(true)),
        (Some(Encoding::Utf16Be), utf16(false)),
        // A mark says more than a declaration.
        (Some(Encoding::Windows1252), marked(b"\xFF\xFE", utf16(true))),
    ] {
        let kept = decode(&one(Mapping { encoding, ..plain() }), Csv, &body);
        assert_eq!(values(&kept), [("CIV".to_owned(), 2020, Some(12.5))], "{encoding:?}");
    }
    let wrong = one(Mapping { encoding: Some(Encoding::Utf8), ..plain() });
    let error = try_decode(&wrong, Csv, &latin).unwrap_err();
    assert!(error.to_string().contains("not utf-8, as the mapping says"), "{error}");
}

#[test]
fn numbers_by_the_declared_rules_only() {
    let numbers = Numbers {
        decimal: ',',
        thousands: Some('.'),
        percent: true,
        marks: vec!["(e)".to_owned(), "*".to_owned()],
        words: Vec::new(),
        missing: vec!["..".to_owned(), "k. A.".to_owned()],
    };
    let pipeline = one(Mapping { numbers, ..plain() });
    for (cell, value, flag) in [
        ("12,5", Some(12.5), None),
        ("1.234,5", Some(1_234.5), None),
        ("12,5 %", Some(12.5), None),
        ("12,5*", Some(12.5), Some("*")),
        ("* 12,5 (e)", Some(12.5), Some("(e);*")),
        ("..", None, None),
        ("..*", None, Some("*")),
        ("k. A.", None, None),
    ] {
        let body = format!("area;year;value\nKEN;2020;{cell}\n");
        let kept = decode(&pipeline, Csv, body.as_bytes());
        assert_eq!(kept.counts()[..3], [1, 1, 0], "{cell}: {:?}", kept.rejected);
        assert_eq!((kept.rows[0].value, kept.rows[0].flag.as_deref()), (value, flag), "{cell}");
    }
    for cell in ["12.5", "1.23,4", "<5", "5 Mio", "1,2,3"] {
        let body = format!("area;year;value\nKEN;2020;{cell}\n");
        let kept = decode(&pipeline, Csv, body.as_bytes());
        let (reason, detail) = kept.only_rejected();
        assert_eq!(reason.code(), "not_a_number", "{cell}");
        assert!(detail.starts_with("column \"value\": value"), "{detail}");
        assert!(detail.contains(cell), "{detail}");
    }
}

#[test]
fn years_and_series_in_headings() {
    let columns = Columns { area: text("area"), ..Columns::default() };
    let mut wide = one(Mapping { columns, ..Mapping::default() });
    wide.series = vec![series("A", "PERCENT", None), series("B", "PERCENT", None)];
    wide.series[0].column = text("a_{year}");
    wide.series[1].column = text("b_{year} (%)");
    let body = "area,a_2019,a_2020,b_2020 (%),a_total\nKEN,1,2,3,9\nUGA,4,,6,9\n";
    let kept = decode(&wide, Csv, body.as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 1]);
    assert_eq!(kept.row("A", "KEN", 2020).value, Some(2.0));
    assert_eq!(kept.row("B", "UGA", 2020).value, Some(6.0));
    assert_eq!(kept.row("A", "UGA", 2020).value, None);
    // Years alone may have any known spelling, and one that is not known is not passed over.
    let columns = Columns { area: text("area"), value: text("{year}"), ..Columns::default() };
    let mut years = one(Mapping { columns, ..Mapping::default() });
    let kept = decode(&years, Csv, b"area,2019 [YR2019],X2020\nKEN,1,2\n");
    assert_eq!(kept.row("S", "KEN", 2019).value, Some(1.0));
    let error = try_decode(&years, Csv, b"area,2019,2020p\nKEN,1,2\n").unwrap_err();
    assert!(matches!(error, DecodeError::YearHeadings { .. }), "{error}");
    years.mapping.as_mut().unwrap().ignore = vec!["2020p".to_owned()];
    assert_eq!(decode(&years, Csv, b"area,2019,2020p\nKEN,1,2\n").counts(), [1, 1, 0, 0]);
}

#[test]
fn the_edition_of_the_file_is_the_year_of_its_rows() {
    let columns =
        Columns { area: text("area"), value: text("Score {edition}"), ..Columns::default() };
    let pipeline = one(Mapping { columns, ..Mapping::default() });
    is_kenya(&decode(&pipeline, Csv, b"area,Score 2019,Score 2020\nKEN,1,12.5\n"));
    let years = source("file").unwrap().years(&pipeline, "table.csv");
    assert_eq!(years, (2020, 2020));
    let with_year = one(plain());
    assert_eq!(source("file").unwrap().years(&with_year, "table.csv"), with_year.years);
}

#[test]
fn rows_constants_dimensions_and_merged_cells() {
    let mut mapping = plain();
    mapping.columns.sex = text("who");
    mapping.columns.footnote = text("note");
    mapping.dimensions = vec![("Skill".to_owned(), "skill".to_owned())];
    mapping.constants = vec![("age".to_owned(), "15-74".to_owned())];
    mapping.fill_down = vec!["area".to_owned()];
    mapping.ignore = vec!["other".to_owned()];
    let keep = |column: &str, is: &[&str], not: &[&str]| Keep {
        column: column.to_owned(),
        is: is.iter().map(|it| (*it).to_owned()).collect(),
        not: not.iter().map(|it| (*it).to_owned()).collect(),
    };
    mapping.keep = vec![keep("kind", &["final"], &[]), keep("area", &[], &["Total"])];
    let body = "area,year,who,skill,kind,value,note,other,more\n\
                KEN,2020,FEMALE,COPY,final,12.5,a note,x,\n\
                ,2020,MALE,COPY,final,13,,x,\n\
                ,2020,MALE,COPY,draft,99,,x,\n\
                Total,2020,MALE,COPY,final,99,,x,\n\
                ,,,,,,,,\n\
                Source: an agency,,,,,,,,\n";
    let kept = decode(&one(mapping), Csv, body.as_bytes());
    assert_eq!(kept.counts(), [2, 2, 0, 0], "{:?}", kept.rejected);
    let [women, men] = kept.rows.as_slice() else { panic!("{:?}", kept.rows) };
    assert_eq!((women.sex.as_str(), women.age.as_str()), ("F", "15-74"));
    assert_eq!(
        (women.dimensions.as_str(), women.footnote.as_deref()),
        ("Skill=COPY", Some("a note"))
    );
    assert_eq!((men.area.as_str(), men.sex.as_str(), men.at), ("KEN", "M", 2));
    let findings = &kept.summary.findings;
    assert_eq!(findings["row that `keep` does not hold for, left out"], 3, "{findings:?}");
    assert!(findings.contains_key("column \"more\" is not used"), "{findings:?}");
}

#[test]
fn the_sheets_of_a_workbook() {
    let cell = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let row = |cells: &[&str]| {
        format!("<row>{}</row>", cells.iter().map(|it| cell(it)).collect::<String>())
    };
    let data = [
        row(&["Table 1: a title"]),
        row(&["area", "year", "value"]),
        "<row>".to_owned() + &cell("KEN") + "<c><v>2020</v></c><c><v>12.5</v></c></row>",
    ]
    .concat();
    let book = workbook(&data);
    let decimal = Numbers { decimal: ',', ..Numbers::default() };
    let mut pipeline = one(Mapping { numbers: decimal, ..plain() });
    "table.xlsx".clone_into(&mut pipeline.files[0].path);
    pipeline.files[0].format = Format::Xlsx;
    // A number of a workbook is one, whatever its texts would write.
    let kept = decode(&pipeline, Xlsx, &book);
    is_kenya(&kept);
    let named = kept.summary.findings.keys().find(|it| it.starts_with("sheet ")).cloned();
    let name = named.unwrap().split('"').nth(1).unwrap().to_owned();
    pipeline.files[0].sheet = text("elsewhere");
    let error = try_decode(&pipeline, Xlsx, &book).unwrap_err();
    assert!(error.to_string().contains(&format!("no sheet \"elsewhere\"; it has {name:?}")));
    pipeline.files[0].sheet = None;
    // The name of the sheet as a dimension.
    let dimensions = vec![("Table".to_owned(), "{sheet}".to_owned())];
    pipeline.mapping = Some(Mapping { dimensions, ..plain() });
    let kept = decode(&pipeline, Xlsx, &book);
    assert_eq!(kept.rows[0].dimensions, format!("Table={name}"));
    let body = data.replace("<v>12.5</v>", "<v></v><f>A1</f>");
    let kept = decode(&pipeline, Xlsx, &workbook(&body));
    let (_, detail) = kept.only_rejected();
    assert!(detail.starts_with(&format!("sheet {name:?}, column \"value\": cell C3")), "{detail}");
}

/// Per cent are not dollars, and those under 15 not those over it.
#[test]
fn trial_p29_a_heading_with_another_unit_is_another_column() {
    for (declared, found, is_it) in [
        ("Value (%)", "value ( % )", true),
        ("Value (2)", "Value 2", true),
        ("Value (%)", "Value ($)", false),
        ("value", "Value (%)", false),
        ("Age <15", "Age >15", false),
        ("Broad-band", "broadband", true),
    ] {
        let columns = Columns { value: text(declared), ..plain().columns };
        let body = format!("area,year,{found}\nKEN,2020,12.5\n");
        let read = try_decode(&one(Mapping { columns, ..plain() }), Csv, body.as_bytes());
        assert_eq!(read.is_ok(), is_it, "{declared} for {found}");
        if let Err(error) = read {
            assert!(error.to_string().contains(&format!("none is {declared:?}")), "{error}");
        }
    }
}

#[test]
fn zeros_beside_other_series_of_a_row() {
    let columns = Columns { area: text("area"), year: text("year"), ..Columns::default() };
    let mut pipeline = one(Mapping { columns, ..Mapping::default() });
    pipeline.series = vec![series("INDEX", "INDEX", None), series("PART", "INDEX", None)];
    for series in &mut pipeline.series {
        series.column = Some(series.code.to_lowercase());
    }
    let beside = Some(("INDEX".to_owned(), Sister::Zero));
    let when = vec![ZeroWhen { beside, ..ZeroWhen::default() }];
    pipeline.series[1].zeros = Some(ZeroRule { means: "not surveyed".to_owned(), when });
    let kept = decode(&pipeline, Csv, b"area,year,index,part\nKEN,2020,0,0\nUGA,2020,5,0\n");
    assert_eq!(kept.row("PART", "KEN", 2020).value, None);
    assert_eq!(kept.row("PART", "UGA", 2020).value, Some(0.0));
}

#[test]
fn errors_name_what_is_missing_and_what_is_there() {
    let pipeline = one(plain());
    for (body, told) in [
        ("region,year,value\nKEN,2020,1\n", "line 1 holds 2 of 3, and none is \"area\""),
        ("area,year,value,value\nKEN,2020,1,2\n", "heading \"value\" stands 2 times"),
        ("<html><body>sign in</body></html>", "an HTML page"),
        ("", "the body is empty"),
    ] {
        let error = try_decode(&pipeline, Csv, body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    // Headings that differ in case only are two; one that is written otherwise is found.
    is_kenya(&decode(&pipeline, Csv, b"Area,YEAR, Value \nKEN,2020,12.5\n"));
    is_kenya(&decode(&pipeline, Csv, b"area,Area,year,value\nKEN,x,2020,12.5\n"));
    let kept = decode(&pipeline, Csv, b"area,year,value\nKEN,2020\nXYZ,2020,1\nKEN,19,1\n");
    let why: Vec<&str> = kept.rejected.iter().map(|it| it.reason.code()).collect();
    assert_eq!(why, ["malformed_record", "unknown_area", "invalid_period"]);
    assert_eq!(kept.rejected[1].payload_row, 2);
}

#[test]
fn what_is_read_is_bounded() {
    let pipeline = one(plain());
    let body = "area,year,value\n".to_owned() + &"KEN,2020,1\n".repeat(30);
    for (limits, name) in [
        (DecodeLimits { records_max: 20, ..DecodeLimits::default() }, "records_max"),
        (DecodeLimits { columns_max: 2, ..DecodeLimits::default() }, "columns_max"),
        (DecodeLimits { record_max_bytes: 4, ..DecodeLimits::default() }, "record_max_bytes"),
    ] {
        let job = DecodeJob { limits, ..DecodeJob::new(&pipeline, &LISTS) };
        let found = decode_under(&job, Csv, body.as_bytes()).map(|kept| kept.counts());
        let is_named = matches!(&found, Err(DecodeError::TooLarge { name: it, .. }) if *it == name);
        // Small buffers are not cut to smaller limits.
        assert!(is_named || name != "records_max", "{name}: {found:?}");
    }
    let stopped = DecodeJob { stop: &|| true, ..DecodeJob::new(&pipeline, &LISTS) };
    let body = "area,year,value\n".to_owned() + &"KEN,2020,1\n".repeat(3_000);
    let mut reader = body.as_bytes();
    let file = source("file").unwrap();
    let mut kept = Kept::default();
    let error = file.decode(&stopped, &request("table.csv", Csv), &mut reader, &mut kept);
    assert!(matches!(error, Err(DecodeError::Stopped)), "{error:?}");
}

/// The edition of a file and the years of its rows contradict each other: the rows say what they say,
/// and the run tells.
#[test]
fn trial_p33_rows_of_other_years_than_the_edition_are_told() {
    let told = |body: &str, mapping: Mapping, edition: Option<i32>| {
        let mut pipeline = one(mapping);
        pipeline.files[0].edition = edition;
        let kept = decode(&pipeline, Csv, body.as_bytes());
        let found = wsis_sources::shown(&kept.summary.findings);
        let words = "row of another year than 2020";
        (kept.rows.len(), found.into_iter().find(|it| it.starts_with(words)))
    };
    let body = "area,year,value\nKEN,2020,1\nKEN,2019,2\nUGA,2021,3\nUGA,none,4\n";
    let (rows, finding) = told(body, plain(), Some(2020));
    let finding = finding.unwrap();
    assert_eq!(rows, 3);
    assert!(finding.ends_with("its own year was taken (2 times)"), "{finding}");
    assert_eq!(wsis_sources::Weight::of(&finding), wsis_sources::Weight::Said);
    assert_eq!(told(body, plain(), None), (3, None));
    assert_eq!(told("area,year,value\nKEN,2020,1\n", plain(), Some(2020)), (1, None));
    // Years in headings as well.
    let columns = Columns { area: text("area"), value: text("{year}"), ..Columns::default() };
    let wide = Mapping { columns, ..Mapping::default() };
    let (rows, finding) = told("area,2019,2020\nKEN,1,2\n", wide, Some(2020));
    assert_eq!((rows, finding.is_some()), (2, true));
}

/// A status that says that there is no value, beside one.
#[test]
fn trial_p38_a_value_beside_a_status_that_denies_it_is_told() {
    let mut mapping = plain();
    mapping.columns.status = text("status");
    let body = "area,year,value,status\nKEN,2020,5,M\nUGA,2020,6,A\nTZA,2020,,M\n";
    let kept = decode(&one(mapping), Csv, body.as_bytes());
    assert_eq!(kept.rows[0].value, Some(5.0));
    let found = wsis_sources::shown(&kept.summary.findings);
    let told = found.iter().filter(|it| it.starts_with("a value beside the flag \"OBS_STATUS=M\""));
    assert_eq!(told.count(), 1, "{found:?}");
}
