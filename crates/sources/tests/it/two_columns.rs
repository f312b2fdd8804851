//! Columns that say one thing twice, columns that say nothing, keys that an object repeats: none
//! of them is believed, or passed over, without a word.

use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{Csv, Xlsx};
use wsis_sources::{DecodeError, shown};

use crate::fixture::{Kept, decode, egdi, pipeline, series, try_decode};
use crate::undesa::{small_sheet, workbook};

fn wdi() -> Pipeline {
    pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", None)])
}

fn sdg() -> Pipeline {
    pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)])
}

const BULK: &str = "Country Name,Country Code,Indicator Name,Indicator Code";
const SDG: &str = "SeriesCode,GeoAreaCode,GeoAreaName,TimePeriod,Value";
const EGDI: &str = "Survey Year,Country Name,E-Government Rank,E-Government Index,\
                    E-Participation Index,Online Service Index,Human Capital Index,\
                    Telecommunication Infrastructure Index,CODE";
const KENYA: &str = "2018,Kenya,122,0.4541,0.5337,0.625,0.5472,0.1901,KEN";

/// A row about Kenya of each table, with one column more: its heading and what it holds.
fn with_column(heading: &str, text: &str) -> [Result<Kept, DecodeError>; 3] {
    let bulk = format!("{BULK},2020,{heading}\nKenya,KEN,x,IT.NET.USER.ZS,1,{text}\n");
    let sdg_csv = format!("{SDG},{heading}\nIT_USE_ii99,404,Kenya,2017,1,{text}\n");
    let egdi_csv = format!("{EGDI},{heading}\n{KENYA},{text}\n");
    [
        try_decode(&wdi(), Csv, bulk.as_bytes()),
        try_decode(&sdg(), Csv, sdg_csv.as_bytes()),
        try_decode(&egdi("t.csv", 2018), Csv, egdi_csv.as_bytes()),
    ]
}

#[test]
fn trial_f04_a_second_code_or_name_has_a_say() {
    let headings = ["GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "ISO2", "M49", "REF_AREA"];
    for (heading, ugandan, kenyan) in [
        (headings[0], "800", "404"),
        (headings[1], "Uganda", "Kenya"),
        (headings[2], "UG", "KE"),
        (headings[3], "800.0", "404.0"),
        (headings[4], "UGA", "ken"),
    ] {
        for kept in with_column(heading, ugandan).map(Result::unwrap) {
            assert!(kept.rows.is_empty(), "{heading}");
            assert!(kept.rejected.iter().all(|it| it.reason == Reason::AmbiguousArea));
            let detail = &kept.rejected[0].detail;
            let says = "is UGA; expected one area";
            assert!(detail.starts_with("the row is of KEN, but") && detail.ends_with(says));
            assert!(detail.contains(heading), "{detail}");
        }
        // One that agrees, or is empty, changes nothing: it is no dimension of the key.
        for text in [kenyan, "", " "] {
            for kept in with_column(heading, text).map(Result::unwrap) {
                assert!(kept.rejected.is_empty(), "{heading} {text}: {:?}", kept.rejected);
                assert!(kept.rows.iter().all(|row| row.area == "KEN" && row.dimensions.is_empty()));
                assert!(kept.summary.findings.is_empty(), "{:?}", kept.summary.findings);
            }
        }
        // One that is in no list has no say, and is told.
        for kept in with_column(heading, "Nowhere").map(Result::unwrap) {
            assert!(kept.rejected.is_empty() && !kept.rows.is_empty());
            let told = format!(
                "column {heading:?} holds areas that are in no code list, which were not compared"
            );
            assert_eq!(shown(&kept.summary.findings), [told]);
        }
    }
}

#[test]
fn trial_f04_a_column_iso3_is_no_dimension() {
    let table =
        |iso3: &str| format!("{SDG},ISO3,[Sex]\nIT_USE_ii99,404,Kenya,2017,1,{iso3},MALE\n");
    let kept = decode(&sdg(), Csv, table("KEN").as_bytes());
    assert_eq!((kept.rows[0].dimensions.as_str(), kept.rows[0].sex.as_str()), ("", "M"));
    let kept = decode(&sdg(), Csv, table("UGA").as_bytes());
    assert_eq!(kept.only_rejected().0, Reason::AmbiguousArea);
    let bulk = format!("{BULK},ISO3,2020\nKenya,KEN,x,IT.NET.USER.ZS,UGA,1\n");
    assert_eq!(decode(&wdi(), Csv, bulk.as_bytes()).only_rejected().0, Reason::AmbiguousArea);
    // A column in brackets is a dimension, as the service says.
    let table = table("KEN").replace("ISO3", "[Country]");
    assert_eq!(decode(&sdg(), Csv, table.as_bytes()).rows[0].dimensions, "Country=KEN");
}

#[test]
fn trial_f03_two_columns_for_one_thing_are_refused() {
    let refused = |pipeline: &Pipeline, body: String, first: &str, second: &str| {
        let error = try_decode(pipeline, Csv, body.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::DoubleColumn { .. }), "{error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("columns {first:?} and {second:?} both")), "{text}");
    };
    for (heading, first, text) in
        [("OBS_VALUE", "Value", "7"), ("TimePeriodStart", "TimePeriod", "2012")]
    {
        refused(
            &sdg(),
            format!("{SDG},{heading}\nIT_USE_ii99,404,Kenya,2020,5,{text}\n"),
            first,
            heading,
        );
    }
    for (first, second) in [
        ("[Units]", "UNIT_MEASURE"),
        ("FootNote", "FOOTNOTES"),
        ("UNIT_MULT", "UnitMultiplier"),
        ("[Observation Status]", "OBS_STATUS"),
        ("[Location]", "URBANISATION"),
    ] {
        let body = format!("{SDG},{first},{second}\nIT_USE_ii99,404,Kenya,2020,5,,\n");
        refused(&sdg(), body, first, second);
    }
    let body = "Country Name,Country Code,Series Code,Indicator Code,2020\n\
                Kenya,KEN,SP.POP.TOTL,IT.NET.USER.ZS,5\n";
    refused(&wdi(), body.to_owned(), "Series Code", "Indicator Code");
    let body = format!("{BULK},Series Name,2020\nKenya,KEN,x,IT.NET.USER.ZS,y,5\n");
    refused(&wdi(), body, "Indicator Name", "Series Name");
}

#[test]
fn trial_f03_figures_under_an_empty_heading_are_told() {
    let bulk = format!(
        "{BULK},2019,,2021,\nKenya,KEN,x,IT.NET.USER.ZS,1,2,3,\n\
         Uganda,UGA,x,IT.NET.USER.ZS,1,5,3,\nRwanda,RWA,x,IT.NET.USER.ZS,1,..,3,\n"
    );
    let kept = decode(&wdi(), Csv, bulk.as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
    let told = "column 6 has no heading; what it holds was not read (2 times)";
    assert_eq!(shown(&kept.summary.findings), [told]);
    let table = SDG.replace("TimePeriod,Value", "TimePeriod,,Value")
        + "\nIT_USE_ii99,404,Kenya,2017,2,1\nIT_USE_ii99,404,Kenya,2018,,1\n";
    for heading in ["", "[]", "[ ]"] {
        let table = table.replace("TimePeriod,,", &format!("TimePeriod,{heading},"));
        let kept = decode(&sdg(), Csv, table.as_bytes());
        assert_eq!(kept.counts(), [2, 2, 0, 0]);
        assert_eq!(kept.rows[0].dimensions, "");
        let told = "column 5 has no heading; what it holds was not read";
        assert_eq!(shown(&kept.summary.findings), [told], "{heading:?}");
    }
    let table = format!(
        "{}\n{}\n",
        EGDI.replace("E-Government Rank,", "E-Government Rank,,"),
        KENYA.replace("122,", "122,0.3,")
    );
    let kept = decode(&egdi("t.csv", 2018), Csv, table.as_bytes());
    assert_eq!(kept.counts(), [6, 6, 0, 0]);
    let told = "column 4 has no heading; what it holds was not read";
    assert_eq!(shown(&kept.summary.findings), [told]);
    // A workbook as well; the heading of column H is gone, that of I follows.
    let sheet = small_sheet().replace(r#"<c r="H3""#, r#"<c r="I3""#).replace(
        r#"<c r="G4"><v>0.5472</v></c>"#,
        r#"<c r="G4"><v>0.5472</v></c><c r="H4"><v>0.3</v></c><c r="I4"><v>0.1901</v></c>"#,
    );
    let kept = decode(&egdi("t.xlsx", 2018), Xlsx, &workbook(&sheet));
    assert_eq!(kept.row("TII", "KEN", 2018).value, Some(0.1901));
    let told = "column 8 has no heading; what it holds was not read";
    assert!(shown(&kept.summary.findings).contains(&told.to_owned()));
}
