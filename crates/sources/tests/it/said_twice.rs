//! What a workbook, a flag or a JSON object says against its own figures, and what never came.

use wsis_model::pipeline::{Format, Pipeline, Undeclared};
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind::{Csv, Json, Xlsx};
use wsis_sources::{DecodeError, shown};

use crate::fixture::{decode, egdi, file, page, pipeline, series, try_decode};
use crate::standing::{ods_of, table};
use crate::undesa::{book_with, sheet_part, small_sheet, workbook};

fn wdi() -> Pipeline {
    pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)])
}

fn sdg() -> Pipeline {
    pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)])
}

fn sdg_answer(records: &str) -> String {
    format!(r#"{{"totalElements":1,"totalPages":1,"pageNumber":1,"data":[{records}]}}"#)
}

const DATUM: &str = r#"{"series":"IT_USE_ii99","geoAreaCode":"404","timePeriodStart":2017,"value":"5","attributes":{"Nature":"C"},"dimensions":{"Sex":"MALE"}}"#;
const RECORD: &str = r#"{"indicator":{"id":"IT.NET.USER.ZS","value":"x"},"country":{"id":"KE","value":"Kenya"},"countryiso3code":"KEN","date":"2020","value":5,"obs_status":""}"#;
const INDEX: &str = r#"<c r="D4"><v>0.4541</v></c>"#;

#[test]
fn trial_f02_a_result_that_is_still_to_be_calculated_is_none() {
    let kept = |cell: &str, properties: &str| {
        let sheet = small_sheet().replace(INDEX, cell);
        let names = r#"<sheet name="S" sheetId="1" r:id="rId1"/>"#;
        let body = book_with(names, properties, &[("rId1", &sheet_part(&sheet))]);
        decode(&egdi("t.xlsx", 2018), Xlsx, &body)
    };
    let index = |cell: &str, properties: &str| {
        let kept = kept(cell, properties);
        kept.rows.iter().find(|row| row.series == "EGDI").map(|row| row.value)
    };
    let (zero, half) =
        (r#"<c r="D4"><f>A1</f><v>0</v></c>"#, r#"<c r="D4"><f>A1</f><v>0.5</v></c>"#);
    let again = r#"<calcPr calcId="124519" fullCalcOnLoad="1"/>"#;
    for properties in
        [again, r#"<calcPr fullCalcOnLoad="true"/>"#, r#"<calcPr calcCompleted="0"/>"#]
    {
        assert_eq!(index(zero, properties), None, "{properties}");
        assert_eq!(index(half, properties), None, "{properties}");
        assert_eq!(index(INDEX, properties), Some(Some(0.4541)), "a plain number stays");
    }
    let rejected = kept(zero, again).rejected;
    assert_eq!(rejected.len(), 1);
    assert_eq!(
        rejected[0].detail,
        "cell D4 holds the formula \"=A1\" whose stored result is not calculated, as the workbook \
         says itself; open the file in a spreadsheet program and save it"
    );
    for properties in ["", r#"<calcPr calcId="191028"/>"#, r#"<calcPr fullCalcOnLoad="0"/>"#] {
        assert_eq!(index(zero, properties), Some(Some(0.0)), "{properties}");
        assert_eq!(index(half, properties), Some(Some(0.5)), "{properties}");
    }
    // A formula that is to be calculated again: its 0 is no result.
    assert_eq!(index(r#"<c r="D4"><f ca="1">A1</f><v>0</v></c>"#, ""), None);
    assert_eq!(index(r#"<c r="D4"><f ca="1">A1</f><v>0.5</v></c>"#, ""), Some(Some(0.5)));
    // The cells that one formula fills do not say that they hold one.
    let array = r#"<c r="D4"><f t="array" ref="D4:E4">A1</f><v>0</v></c>"#;
    let found = kept(array, again);
    assert_eq!(found.rejected.len(), 2, "{:?}", found.rejected);
    assert!(found.rejected[1].detail.contains("cell E4 holds the formula \"=A1\""));
    assert_eq!(kept(array, "").rejected.len(), 0);
}

#[test]
fn trial_f02_a_cell_with_a_type_and_nothing_in_it_is_damaged() {
    for (cell, expected) in [
        (r#"<c r="D4" t="s"><v></v></c>"#, None),
        (r#"<c r="D4" t="s"/>"#, None),
        (r#"<c r="D4" t="e"/>"#, None),
        (r#"<c r="D4" t="b"><v/></c>"#, None),
        (r#"<c r="D4" t="n"/>"#, Some(None)),
        (r#"<c r="D4" t="inlineStr"/>"#, Some(None)),
        (r#"<c r="D4" t="str"><v></v></c>"#, Some(None)),
    ] {
        let kept =
            decode(&egdi("t.xlsx", 2018), Xlsx, &workbook(&small_sheet().replace(INDEX, cell)));
        let found = kept.rows.iter().find(|row| row.series == "EGDI").map(|row| row.value);
        assert_eq!(found, expected, "{cell}");
    }
}

/// The value that is read of a cell, or the words of why it was set aside.
type Read = Result<Option<f64>, &'static str>;

/// The cells of errors are as LibreOffice (the first two; the second under a Russian desktop), OpenSpout
/// and OpenOffice write them.
#[test]
fn trial_f02_an_error_of_a_spreadsheet_is_no_missing_value() {
    const ERROR: &str = r#"table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error""#;
    const TEXT: &str = r#"office:value-type="string""#;
    let cases: [(&str, &str, Read); 14] = [
        (ERROR, "#DIV/0!", Err("cell C2 holds the error \"#DIV/0!\"")),
        (ERROR, "#ЗНАЧЕН!", Err("cell C2 holds the error \"#ЗНАЧЕН!\"")),
        (
            r#"office:value-type="string" calcext:value-type="error" office:value="""#,
            "#N/A",
            Err("cell C2 holds the error \"#N/A\""),
        ),
        (
            r#"table:formula="of:=[.A1]" calcext:value-type="error""#,
            "#NAME?",
            Err("cell C2 holds the error \"#NAME?\""),
        ),
        (
            r#"table:formula="of:=1/0" office:value-type="string" office:string-value="""#,
            "#DIV/0!",
            Err("cell C2 holds the error \"#DIV/0!\""),
        ),
        (
            r#"table:formula="of:=1/0" office:value-type="float" office:value="0""#,
            "Err:502",
            Err("cell C2 holds the error \"Err:502\""),
        ),
        (ERROR, "", Err("cell C2 holds the error \"\"")),
        (
            r#"office:value-type="string" office:string-value="""#,
            "12,5",
            Err("cell C2 says that its text is empty, and shows \"12,5\""),
        ),
        // A formula that gives the empty text, and a cell of which only somebody's note is text.
        (
            r#"table:formula="of:=&quot;&quot;" office:value-type="string" office:string-value="" calcext:value-type="string""#,
            "",
            Ok(None),
        ),
        (TEXT, "<office:annotation><text:p>#DIV/0! in 2021</text:p></office:annotation>", Ok(None)),
        ("", "", Ok(None)),
        (TEXT, "12,5", Ok(Some(12.5))),
        (
            r#"office:value-type="float" office:value="12" calcext:value-type="float""#,
            "#12!",
            Ok(Some(12.0)),
        ),
        (
            r#"table:formula="of:=12" office:value-type="float" office:value="12""#,
            "12,00",
            Ok(Some(12.0)),
        ),
    ];
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let row = |cells: [String; 3]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let heading = row(["Pays", "Année", "Valeur"].map(|it| cell(TEXT, it)));
    for (attributes, text, expected) in cases {
        let first = row([cell(TEXT, "Tchad"), cell(TEXT, "2022"), cell(attributes, text)]);
        let body = ods_of(&format!("{heading}{first}"));
        let kept = decode(&table(Format::Ods), Xlsx, &body);
        match expected {
            Ok(value) => {
                assert_eq!(kept.rejected.len(), 0, "{attributes} {text}: {:?}", kept.rejected);
                assert_eq!(kept.row("S", "TCD", 2022).value, value, "{attributes} {text}");
            }
            Err(words) => {
                let (reason, detail) = kept.only_rejected();
                assert_eq!(reason, Reason::MalformedRecord, "{attributes} {text}");
                assert!(detail.contains(words), "{detail}");
            }
        }
    }
}

#[test]
fn trial_f05_two_sheets_of_one_name_are_not_chosen_from() {
    let names =
        r#"<sheet name="A" sheetId="1" r:id="rId1"/><sheet name="A" sheetId="2" r:id="rId2"/>"#;
    let part = sheet_part(&small_sheet());
    let body = book_with(names, "", &[("rId1", &part), ("rId2", &part)]);
    let mut pipeline = egdi("t.xlsx", 2018);
    pipeline.files[0].sheet = Some("A".to_owned());
    let error = try_decode(&pipeline, Xlsx, &body).unwrap_err().to_string();
    assert!(error.contains("several of its sheets are named \"A\""), "{error}");
}

#[test]
fn trial_a1_f01_a_zero_beside_a_flag_that_says_none_is_missing() {
    let datum = |area: &str, nature: &str, status: &str, value: &str| {
        format!(
            r#"{{"series":"IT_USE_ii99","geoAreaCode":"{area}","timePeriodStart":2017,"value":"{value}","attributes":{{"Nature":"{nature}","Observation Status":"{status}"}}}}"#
        )
    };
    for (area, nature, status, value, expected) in [
        ("404", "N", "", "0", (None, ObsStatus::CannotExist)),
        // "NA" says that the nature is not available, as NOTSPEC does: not that the value is none.
        ("404", "NA", "", "0.0", (Some(0.0), ObsStatus::Normal)),
        ("404", "C", "O", "0", (None, ObsStatus::Missing)),
        ("404", "C", "M", "0", (None, ObsStatus::CannotExist)),
        ("404", "E", "O", "0", (None, ObsStatus::Missing)),
        ("404", "C", "A", "0", (Some(0.0), ObsStatus::Normal)),
        ("404", "NA", "", "5", (Some(5.0), ObsStatus::Normal)),
        ("404", "N", "", "5", (Some(5.0), ObsStatus::Normal)),
        // All aggregates of UNSD are "non-relevant": that says nothing of the value.
        ("2", "N", "", "0", (Some(0.0), ObsStatus::Normal)),
        ("2", "N", "", "5", (Some(5.0), ObsStatus::Normal)),
        ("2", "N", "O", "0", (None, ObsStatus::CannotExist)),
    ] {
        let what = format!("{area} {nature} {status} {value}");
        let csv = format!(
            "SeriesCode,GeoAreaCode,TimePeriod,Value,[Nature],[Observation Status]\n\
             IT_USE_ii99,{area},2017,{value},{nature},{status}\n"
        );
        let json = sdg_answer(&datum(area, nature, status, value));
        for kept in [decode(&sdg(), Json, json.as_bytes()), decode(&sdg(), Csv, csv.as_bytes())] {
            assert_eq!((kept.rows[0].value, kept.rows[0].status), expected, "{what}");
            let told = shown(&kept.summary.findings);
            assert_eq!(told.len(), usize::from(expected.0.is_none()), "{what}: {told:?}");
            if expected.0.is_none() {
                assert_eq!(kept.rows[0].text.as_deref(), Some(value));
                assert!(told[0].starts_with("0 beside the flag"), "{told:?}");
            }
        }
    }
    for (value, expected) in [("0", None), ("5", Some(5.0))] {
        let record = RECORD
            .replace(r#""value":5"#, &format!(r#""value":{value}"#))
            .replace(r#""obs_status":"""#, r#""obs_status":"M""#);
        let kept = decode(&wdi(), Json, format!("[{record}]").as_bytes());
        assert_eq!(kept.rows[0].value, expected);
    }
}

#[test]
fn trial_f14_a_declared_series_that_does_not_come_is_told_by_all() {
    let told = ["series TYPO is declared, and not in the file"];
    let more = |mut pipeline: Pipeline| {
        pipeline.series.push(series("TYPO", "PERCENT", None));
        pipeline.undeclared = Undeclared::LeaveOut;
        pipeline
    };
    let csv = "SeriesCode,GeoAreaCode,TimePeriod,Value\nIT_USE_ii99,404,2017,5\n";
    assert_eq!(shown(&decode(&more(sdg()), Csv, csv.as_bytes()).summary.findings), told);
    for (pipeline, body) in [(sdg(), sdg_answer(DATUM)), (wdi(), format!("[{RECORD}]"))] {
        let mut from_file = more(pipeline.clone());
        from_file.files = vec![file("t.json", 2020)];
        assert_eq!(shown(&decode(&from_file, Json, body.as_bytes()).summary.findings), told);
        // The answer of a service is of the series that was asked for.
        let asked = decode(&more(pipeline), Json, body.as_bytes());
        assert!(asked.summary.findings.is_empty(), "{:?}", asked.summary.findings);
    }
    let empty = r#"[{"page":0,"pages":0,"per_page":0,"total":0,"lastupdated":null},null]"#;
    let told = |code: &str| {
        [format!("series {code} was asked for; page 1 of the answer has no record of it")]
    };
    let kept = decode(&wdi(), Json, empty.as_bytes());
    assert_eq!(shown(&kept.summary.findings), told("IT.NET.USER.ZS"));
    let empty = r#"{"totalElements":0,"totalPages":0,"pageNumber":1,"data":[]}"#;
    let kept = decode(&sdg(), Json, empty.as_bytes());
    assert_eq!(shown(&kept.summary.findings), told("IT_USE_ii99"));
}

#[test]
fn trial_f01_a_key_that_stands_twice_is_not_believed() {
    let rejected = |pipeline: &Pipeline, body: String| {
        let kept = decode(pipeline, Json, body.as_bytes());
        assert_eq!(kept.only_rejected().0, Reason::MalformedRecord, "{body}");
        kept.only_rejected().1.to_owned()
    };
    for (from, to) in [
        (r#""Sex":"MALE""#, r#""Sex":"MALE","Sex":"FEMALE""#),
        (r#""Sex":"MALE""#, r#""Sex":"MALE","\u0053ex":"MALE""#),
        (r#""Sex":"MALE""#, r#""Sex":"MALE","SEX":"FEMALE""#),
        (r#""Nature":"C""#, r#""Nature":"C","Nature":"N""#),
    ] {
        let detail = rejected(&sdg(), sdg_answer(&DATUM.replace(from, to)));
        assert!(detail.contains("stands twice in one object"), "{detail}");
    }
    let two = DATUM.replace(r#""Sex":"MALE""#, r#""Location":"URBAN","Urbanisation":"RURAL""#);
    assert!(rejected(&sdg(), sdg_answer(&two)).contains("given twice"));
    let mut leaving_out = wdi();
    leaving_out.undeclared = Undeclared::LeaveOut;
    for (from, to) in [
        (r#""id":"KE""#, r#""id":"KE","id":"UG""#),
        (r#""id":"IT.NET.USER.ZS""#, r#""id":"IT.NET.USER.ZS","id":"X""#),
        (r#""value":5"#, r#""value":5,"value":6"#),
    ] {
        rejected(&leaving_out, format!("[{}]", RECORD.replace(from, to)));
    }
    for (from, to) in [
        (r#""data":"#, r#""data":[],"data":"#),
        (r#""totalPages":1"#, r#""totalPages":1,"totalPages":2"#),
    ] {
        let body = sdg_answer(DATUM).replace(from, to);
        let error = try_decode(&sdg(), Json, body.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Shape { .. }), "{error}");
        assert!(error.to_string().contains("stands twice"), "{error}");
        assert!(page(&sdg(), Json, body.as_bytes()).is_err());
    }
}
