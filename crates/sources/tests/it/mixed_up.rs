//! Figures that would be lost or mixed up without a word: names against codes, cells that hold
//! something, hidden sheets, years in headings, zips, titles that change.

use wsis_model::pipeline::{Pipeline, Series, Undeclared, ZeroRule, ZeroWhen};
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind::{Csv, Json, Xlsx};
use wsis_sources::{DecodeError, shown};

use crate::fixture::{decode, egdi, pipeline, series, try_decode};
use crate::undesa::{archive, book, sheet_part, small_sheet, workbook};

fn wdi() -> Pipeline {
    pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)])
}

fn sdg() -> Pipeline {
    pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)])
}

const BULK: &str = "Country Name,Country Code,Indicator Name,Indicator Code";
const EGDI: &str = "Survey Year,Country Name,E-Government Rank,E-Government Index,\
                    E-Participation Index,Online Service Index,Human Capital Index,\
                    Telecommunication Infrastructure Index,CODE\n";

#[test]
fn trial_f04_a_code_against_its_name_is_believed_by_nobody() {
    let rows = "2022,Republic of Korea,3,0.9529,0.9432,0.9826,0.9087,0.9674,PRK\n\
                2022,Democratic People's Republic of Korea,180,0.2859,0.0568,0.1579,0.649,0.0508,KOR\n\
                2022,\"Denmark \",1,0.9717,0.9318,0.9797,0.9559,0.9795,DNK\n";
    let kept = decode(&egdi("t.csv", 2022), Csv, format!("{EGDI}{rows}").as_bytes());
    assert_eq!(kept.counts(), [18, 6, 12, 0]);
    assert!(kept.rejected.iter().all(|it| it.reason == Reason::AmbiguousArea));
    assert_eq!(
        kept.rejected[0].detail,
        "\"PRK\" is PRK, but \"Republic of Korea\" is KOR; expected one area"
    );
    let body = include_bytes!("../cases/F04-E.csv");
    assert_eq!(decode(&egdi("E.csv", 2022), Csv, body).counts(), [12, 0, 12, 0]);
    // A name in another language has no say.
    let rows = "2022,Dinamarca xx,1,0.9717,0.9318,0.9797,0.9559,0.9795,DNK\n";
    let kept = decode(&egdi("t.csv", 2022), Csv, format!("{EGDI}{rows}").as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
}

#[test]
fn trial_f04_names_and_codes_agree_in_the_other_sources_too() {
    let record = |name: &str| {
        format!(
            r#"[{{"indicator":{{"id":"IT.NET.USER.ZS","value":"x"}},"country":{{"id":"NE","value":"{name}"}},"countryiso3code":"NER","date":"2020","value":1}}]"#
        )
    };
    assert_eq!(decode(&wdi(), Json, record("Niger").as_bytes()).counts(), [1, 1, 0, 0]);
    let kept = decode(&wdi(), Json, record("Nigeria").as_bytes());
    assert_eq!(kept.only_rejected().0, Reason::AmbiguousArea);
    let bulk =
        format!("{BULK},2020\nNigeria,NER,x,IT.NET.USER.ZS,1\nNiger,NER,x,IT.NET.USER.ZS,2\n");
    let kept = decode(&wdi(), Csv, bulk.as_bytes());
    assert_eq!(kept.only_rejected().0, Reason::AmbiguousArea);
    assert_eq!(kept.rows[0].value, Some(2.0));
    let datum = |name: &str| {
        format!(
            r#"{{"totalElements":1,"totalPages":1,"data":[{{"series":"IT_USE_ii99","geoAreaCode":"562","geoAreaName":"{name}","timePeriodStart":2017.0,"value":"1"}}]}}"#
        )
    };
    assert_eq!(decode(&sdg(), Json, datum("Niger").as_bytes()).counts(), [1, 1, 0, 0]);
    let kept = decode(&sdg(), Json, datum("Nigeria").as_bytes());
    assert_eq!(kept.only_rejected().0, Reason::AmbiguousArea);
    let csv = "SeriesCode,GeoAreaCode,GeoAreaName,TimePeriod,Value\n\
               IT_USE_ii99,562,Niger,2017,1\nIT_USE_ii99,562,Nigeria,2018,2\n";
    let kept = decode(&sdg(), Csv, csv.as_bytes());
    assert_eq!(kept.counts(), [2, 1, 1, 0]);
    assert_eq!(kept.rows[0].year, 2017);
}

#[test]
fn trial_f02_a_formula_without_a_result_is_no_missing_value() {
    let first = include_bytes!("../cases/F02-first.xlsx");
    let second = include_bytes!("../cases/F02-second.xlsx");
    let pipeline = egdi("second.xlsx", 2022);
    assert_eq!(decode(&pipeline, Xlsx, first).counts(), [12, 12, 0, 0]);
    let kept = decode(&pipeline, Xlsx, second);
    assert_eq!(kept.counts(), [12, 10, 2, 0]);
    assert_eq!(kept.rejected[0].reason, Reason::MalformedRecord);
    assert_eq!(
        kept.rejected[0].detail,
        "cell D2 holds the formula \"=AVERAGE(F2:H2)\" without a stored result; open the \
         file in a spreadsheet program and save it"
    );
    // What stands where the figure of Kenya's index stands, and what is read: a value, missing,
    // or nothing that can be believed.
    let cases: [(&str, Option<Option<f64>>); 16] = [
        (r#"<c r="D4"><f>A1</f></c>"#, None),
        (r#"<c r="D4"><f>A1</f><v/></c>"#, None),
        (r#"<c r="D4"><f/></c>"#, None),
        (r#"<c r="D4"><f t="shared" si="0"/><v></v></c>"#, None),
        (r#"<c r="D4"><f>A1</f><v>0.5</v></c>"#, Some(Some(0.5))),
        (r#"<c r="D4"><v>0.5</v><f>A1</f></c>"#, Some(Some(0.5))),
        (r#"<c r="D4" t="str"><f>A1</f><v></v></c>"#, Some(None)),
        (r#"<c r="D4" t="inlineStr"><v>0.5</v></c>"#, Some(Some(0.5))),
        (r#"<c r="D4"><v><![CDATA[0.5]]></v></c>"#, Some(Some(0.5))),
        (r#"<c r="D4"><v>0<!-- -->.5</v></c>"#, Some(Some(0.5))),
        (r#"<c r="D4"><v>5E-1</v></c>"#, Some(Some(0.5))),
        (r#"<c r="D4">0.5</c>"#, None),
        (r#"<c r="D4"><x>0.5</x></c>"#, None),
        (r#"<c r="D4" t="s"><v>7</v></c>"#, None),
        (r#"<c r="D4" t="e"><v>#REF!</v></c>"#, None),
        (r#"<c r="D4"/>"#, Some(None)),
    ];
    for (cell, expected) in cases {
        let sheet = small_sheet().replace(r#"<c r="D4"><v>0.4541</v></c>"#, cell);
        let kept = decode(&egdi("t.xlsx", 2018), Xlsx, &workbook(&sheet));
        let found = kept.rows.iter().find(|row| row.series == "EGDI").map(|row| row.value);
        assert_eq!(found, expected, "{cell}: {:?}", kept.rejected);
    }
    // Of whom a row is has to be there too.
    let sheet = small_sheet().replace(
        r#"<c r="B4" t="inlineStr"><is><t>Kenya </t></is></c>"#,
        r#"<c r="B4"><f>B1</f></c>"#,
    );
    let kept = decode(&egdi("t.xlsx", 2018), Xlsx, &workbook(&sheet));
    assert_eq!(kept.reasons().into_iter().collect::<Vec<_>>(), [("malformed_record", 6)]);
}

fn two_sheets(states: [&str; 2]) -> Vec<u8> {
    let names = format!(
        r#"<sheet name="draft" sheetId="1" {} r:id="rId1"/><sheet name="Data" sheetId="2" {} r:id="rId2"/>"#,
        states[0], states[1]
    );
    let draft = sheet_part(&small_sheet().replace("0.4541", "0.1111"));
    book(&names, &[("rId1", &draft), ("rId2", &sheet_part(&small_sheet()))])
}

#[test]
fn trial_f05_the_visible_sheet_is_read_and_named() {
    let mut pipeline = egdi("t.xlsx", 2018);
    for state in [r#"state="hidden""#, r#"state="veryHidden""#] {
        let kept = decode(&pipeline, Xlsx, &two_sheets([state, ""]));
        assert_eq!(kept.row("EGDI", "KEN", 2018).value, Some(0.4541));
        assert_eq!(
            shown(&kept.summary.findings),
            ["hidden sheets were not read: \"draft\"", "sheet \"Data\" was read"]
        );
    }
    let refused = |pipeline: &Pipeline, states| {
        try_decode(pipeline, Xlsx, &two_sheets(states)).unwrap_err().to_string()
    };
    let error = refused(&pipeline, ["", r#"state="visible""#]);
    assert!(
        error.contains("several of its sheets hold such a table (\"draft\", \"Data\")"),
        "{error}"
    );
    let error = refused(&pipeline, [r#"state="hidden""#; 2]);
    assert!(error.contains("no visible sheet of cells (hidden: \"draft\", \"Data\")"), "{error}");
    pipeline.files[0].sheet = Some("draft".to_owned());
    let kept = decode(&pipeline, Xlsx, &two_sheets([r#"state="hidden""#, ""]));
    assert_eq!(kept.row("EGDI", "KEN", 2018).value, Some(0.1111));
    pipeline.files[0].sheet = Some("Drafts".to_owned());
    let error = refused(&pipeline, ["", ""]);
    assert!(error.contains("no sheet \"Drafts\"; it has \"draft\", \"Data\""), "{error}");
    let kept = decode(&egdi("book.xlsx", 2022), Xlsx, include_bytes!("../cases/F05-book.xlsx"));
    assert!(shown(&kept.summary.findings).contains(&"sheet \"Data\" was read".to_owned()));
}

#[test]
fn trial_f03_no_heading_with_a_year_is_passed_over() {
    let a: &[u8] = include_bytes!("../cases/F03-a.csv");
    let b: &[u8] = include_bytes!("../cases/F03-b.csv");
    for (body, area, values) in [(a, "UGA", [10.0, 11.0]), (b, "KEN", [22.6, 23.1])] {
        let kept = decode(&wdi(), Csv, body);
        assert_eq!(kept.counts(), [2, 2, 0, 0], "{area}");
        for (year, value) in [2019, 2020].into_iter().zip(values) {
            assert_eq!(kept.row("IT.NET.USER.ZS", area, year).value, Some(value));
        }
    }
    let table = |headings: &str| format!("{BULK},{headings}\nKenya,KEN,x,IT.NET.USER.ZS,1,2\n");
    let databank = table("2019 [YR2019],2020 [YR2020]").replace("Indicator", "Series")
        + "\n\n,,,,,\nData from database: World Development Indicators,,,,,\nLast Updated: 12/18/2024\n";
    let kept = decode(&wdi(), Csv, databank.as_bytes());
    assert_eq!(kept.rows.len(), 2, "{:?}", kept.rejected);
    for headings in ["2019,2020 (est.)", "2019,2019.1", "FY2019,FY2020", "2019,2018-2020"] {
        let error = try_decode(&wdi(), Csv, table(headings).as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::YearHeadings { .. }), "{headings}: {error}");
        let second = headings.split(',').next_back().unwrap();
        assert!(error.to_string().contains(second), "{error}");
    }
    let error = try_decode(&wdi(), Csv, table("2019,X2019").as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::RepeatedHeading { .. }), "{error}");
    let kept = decode(&wdi(), Csv, table("2019,Remarks").as_bytes());
    assert_eq!(shown(&kept.summary.findings), ["column \"Remarks\" is not used"]);
    let error = try_decode(&wdi(), Csv, table("a,b").as_bytes()).unwrap_err();
    assert!(error.to_string().contains("no column for a year"), "{error}");
    let wide = "SeriesCode,GeoAreaCode,TimePeriod,Value,2019\nIT_USE_ii99,404,2017,1,2\n";
    let error = try_decode(&sdg(), Csv, wide.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::YearHeadings { .. }), "{error}");
}

#[test]
fn trial_f13_p16_commas_at_the_end_and_the_separators_name() {
    let kenya = "2018,Kenya,122,0.4541,0.5337,0.625,0.5472,0.1901,KEN";
    let pipeline = egdi("t.csv", 2018);
    for ends in [",", ",,,", ", ,"] {
        let body = format!("{EGDI}{kenya}{ends}\n");
        assert_eq!(decode(&pipeline, Csv, body.as_bytes()).counts(), [6, 6, 0, 0], "{ends:?}");
    }
    let kept = decode(&pipeline, Csv, format!("{EGDI}{kenya},x\n").as_bytes());
    assert!(kept.rejected[0].detail.contains("field 10 holds \"x\""), "{:?}", kept.rejected);
    let csv = "SeriesCode,GeoAreaCode,TimePeriod,Value,\nIT_USE_ii99,404,2017,1\n\
               IT_USE_ii99,404,2018,2,\nIT_USE_ii99,404,2019,3,,\nIT_USE_ii99,404,2020,4,5\n";
    assert_eq!(decode(&sdg(), Csv, csv.as_bytes()).counts(), [4, 3, 1, 0]);
    let bulk =
        format!("{BULK},2020,\nKenya,KEN,x,IT.NET.USER.ZS,1,,\nUganda,UGA,x,IT.NET.USER.ZS,1,,7\n");
    assert_eq!(decode(&wdi(), Csv, bulk.as_bytes()).counts(), [2, 1, 1, 0]);
    for (pipeline, body) in
        [(&pipeline, format!("{EGDI}{kenya}\n")), (&sdg(), csv.to_owned()), (&wdi(), bulk)]
    {
        let plain = decode(pipeline, Csv, body.as_bytes());
        for (line, separator) in [("sep=,\n", ","), ("sep=;\r\n", ";"), ("\"sep=\t\"\n", "\t")] {
            let marked = format!("\u{FEFF}{line}{}", body.replace(',', separator));
            let kept = decode(pipeline, Csv, marked.as_bytes());
            assert_eq!(kept.rows, plain.rows, "{line:?}");
            assert_eq!(kept.counts(), plain.counts());
            assert!(shown(&kept.summary.findings).iter().any(|it| it.contains("its separator")));
        }
    }
}

#[test]
fn trial_f14_a_topic_file_as_it_comes() {
    let rows =
        "Kenya,KEN,x,IT.NET.USER.ZS,1\nKenya,KEN,y,SP.POP.TOTL,2\nKenya,KEN,z,SE.SEC.ENRR,3\n";
    let table = format!("{BULK},2020\n{rows}");
    let zip = archive(
        &[
            ("Metadata_Country_API.csv", b"Country Code,Region\nKEN,Africa\n"),
            ("API_9_DS2.csv", table.as_bytes()),
            ("readme.html", b"<html>"),
        ],
        None,
    );
    let mut pipeline = wdi();
    pipeline.series.push(series("NOT.IN.IT", "PERCENT", None));
    let kept = decode(&pipeline, Csv, &zip);
    assert_eq!(kept.counts(), [3, 1, 2, 0]);
    assert!(kept.rejected.iter().all(|it| it.reason == Reason::UnexpectedSeries));
    pipeline.undeclared = Undeclared::LeaveOut;
    let kept = decode(&pipeline, Csv, &zip);
    assert_eq!(kept.counts(), [1, 1, 0, 0]);
    assert_eq!(
        shown(&kept.summary.findings),
        [
            "file \"API_9_DS2.csv\" of the zip archive was read",
            "row of a series that the pipeline does not declare, left out (2 times)",
            "series NOT.IN.IT is declared, and not in the file",
        ]
    );
    let two = archive(&[("a.csv", table.as_bytes()), ("b.csv", table.as_bytes())], None);
    let error = try_decode(&pipeline, Csv, &two).unwrap_err().to_string();
    assert!(
        error.contains("several of its files hold what was expected (a.csv, b.csv)"),
        "{error}"
    );
    pipeline.files = vec![crate::fixture::file("t.zip", 2020)];
    pipeline.files[0].member = Some("b.csv".to_owned());
    assert_eq!(decode(&pipeline, Csv, &two).counts(), [1, 1, 0, 0]);
    pipeline.files[0].member = Some("c.csv".to_owned());
    let error = try_decode(&pipeline, Csv, &two).unwrap_err().to_string();
    assert!(error.contains("it holds no file \"c.csv\"; it holds a.csv, b.csv"), "{error}");
    // Undeclared series in the answers of the services are left out alike.
    let body = r#"{"totalElements":1,"totalPages":1,"data":[{"series":"OTHER","geoAreaCode":"404","timePeriodStart":2017,"value":"1"}]}"#;
    let mut sdg = sdg();
    sdg.undeclared = Undeclared::LeaveOut;
    assert_eq!(decode(&sdg, Json, body.as_bytes()).counts(), [0, 0, 0, 0]);
}

#[test]
fn trial_f07_another_base_year_in_the_title_is_refused() {
    let titled = |title: &str, source_title: Option<&str>| {
        let mut pipeline = wdi();
        pipeline.series = vec![Series {
            code: "NV.AGR.EMPL.KD".to_owned(),
            title: title.to_owned(),
            unit: "CON_USD".to_owned(),
            source_title: source_title.map(str::to_owned),
            ..Series::default()
        }];
        pipeline
    };
    let (old, new) = (
        "Agriculture, value added per worker (constant 2015 US$)",
        "Agriculture, value added per worker (constant 2021 US$)",
    );
    let json = |title: &str| {
        format!(
            r#"[{{"indicator":{{"id":"NV.AGR.EMPL.KD","value":"{title}"}},"country":{{"id":"KE","value":"Kenya"}},"countryiso3code":"KEN","date":"2020","value":1}}]"#
        )
    };
    let csv = |title: &str| format!("{BULK},2020\nKenya,KEN,\"{title}\",NV.AGR.EMPL.KD,1\n");
    for (kind, body) in [(Json, json(new)), (Csv, csv(new))] {
        let error = try_decode(&titled(old, None), kind, body.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Title { .. }), "{error}");
        assert!(error.to_string().contains("its base may have changed"), "{error}");
        assert_eq!(decode(&titled(new, None), kind, body.as_bytes()).rows.len(), 1);
    }
    // A title of our own is not compared word by word; one that is said to be the source's is.
    let body = json("Labour productivity of agriculture");
    assert!(decode(&titled(old, None), Json, body.as_bytes()).summary.findings.is_empty());
    let kept = decode(
        &titled("Farms", Some(old)),
        Json,
        json("Agriculture (constant 2015 US$)").as_bytes(),
    );
    assert_eq!(kept.rows.len(), 1);
    assert!(shown(&kept.summary.findings)[0].contains("is titled \"Agriculture (constant 2015"));
    let error = try_decode(&titled("Farms", Some(old)), Json, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::Title { .. }), "{error}");
    let mut sdg = sdg();
    sdg.series[0].source_title = Some("Internet users per 100 inhabitants".to_owned());
    let body = r#"{"totalElements":1,"totalPages":1,"data":[{"series":"IT_USE_ii99","seriesDescription":"Internet users per 1000 inhabitants","geoAreaCode":"404","timePeriodStart":2017,"value":"1"}]}"#;
    let error = try_decode(&sdg, Json, body.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::Title { .. }), "{error}");
}

#[test]
fn trial_a1_nil_for_the_submitting_nation_is_missing() {
    const NIL: &str = "This data point is NIL for the submitting nation.";
    let mut pipeline = pipeline("unsd", vec![series("SE_ACS_INTNT", "PERCENT", None)]);
    let when = ZeroWhen { footnote: Some(NIL.to_owned()), ..ZeroWhen::default() };
    pipeline.series[0].zeros = Some(ZeroRule { means: "nil".to_owned(), when: vec![when] });
    let datum = |year: i32, value: &str, note: &str| {
        format!(
            r#"{{"series":"SE_ACS_INTNT","geoAreaCode":"404","timePeriodStart":{year},"value":"{value}","attributes":{{"Nature":"C"}},"footnotes":["{note}"]}}"#
        )
    };
    let data = [
        datum(2015, "0", NIL),
        datum(2016, "0.0", &format!("Source: UIS. {}", NIL.to_uppercase())),
        datum(2017, "0", ""),
        datum(2018, "3", NIL),
    ];
    let json = format!(r#"{{"totalElements":4,"totalPages":1,"data":[{}]}}"#, data.join(","));
    let csv = format!(
        "SeriesCode,GeoAreaCode,TimePeriod,Value,FootNote,[Nature]\n\
         SE_ACS_INTNT,404,2015,0,{NIL},C\nSE_ACS_INTNT,404,2016,0.0,Source: UIS. {NIL},C\n\
         SE_ACS_INTNT,404,2017,0,,C\nSE_ACS_INTNT,404,2018,3,{NIL},C\n"
    );
    for kept in [decode(&pipeline, Json, json.as_bytes()), decode(&pipeline, Csv, csv.as_bytes())] {
        assert_eq!(kept.counts(), [4, 4, 0, 2]);
        let values: Vec<_> = kept.rows.iter().map(|row| row.value).collect();
        assert_eq!(values, [None, None, Some(0.0), Some(3.0)]);
        assert_eq!(kept.rows[0].status, ObsStatus::NotCollected);
        assert_eq!(kept.rows[0].flag.as_deref(), Some("C; 0 means nil"));
        assert_eq!(kept.rows[1].text.as_deref(), Some("0.0"));
    }
}
