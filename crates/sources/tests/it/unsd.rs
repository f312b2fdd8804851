//! UNSD records: dimensions, natures, units, values, in JSON and in both CSV forms.

use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind::{Csv, Json};

use crate::fixture::{Kept, decode, page, pipeline, series, try_decode};

fn sdg() -> Pipeline {
    pipeline(
        "unsd",
        vec![
            series("IT_USE_ii99", "PER_100_POP", Some((0.0, 100.0))),
            series("SE_ADT_ACTS", "PERCENT", Some((0.0, 100.0))),
            series("AG_FOOD_WST", "TONNES", None),
        ],
    )
}

fn answer(records: &str) -> Kept {
    let body = format!(
        r#"{{"size":1,"totalElements":1,"totalPages":1,"pageNumber":1,"attributes":[{{"id":"Nature","codes":[]}}],"dimensions":[],"data":[{records}]}}"#
    );
    decode(&sdg(), Json, body.as_bytes())
}

const RECORD: &str = r#"{"goal":["17"],"target":["17.8"],"indicator":["17.8.1"],"series":"IT_USE_ii99","seriesDescription":"Internet users per 100 inhabitants","seriesCount":"1","geoAreaCode":"404","geoAreaName":"Kenya","timePeriodStart":2017.0,"value":"17.827","valueType":"Float","time_detail":null,"timeCoverage":null,"upperBound":null,"lowerBound":null,"basePeriod":null,"source":"ITU","geoInfoUrl":null,"footnotes":["ITU estimate"," ","a"],"attributes":{"Nature":"E","Units":"PER_100_POP"},"dimensions":{"Reporting Type":"G"}}"#;

#[test]
fn a_record_as_the_api_gives_it() {
    let kept = answer(RECORD);
    assert_eq!(kept.counts(), [1, 1, 0, 0]);
    let row = &kept.rows[0];
    assert_eq!((row.area.as_str(), row.year, row.value), ("KEN", 2017, Some(17.827)));
    assert_eq!((row.sex.as_str(), row.age.as_str(), row.location.as_str()), ("_T", "_T", "_T"));
    assert_eq!((row.dimensions.as_str(), row.unit.as_str()), ("", "PER_100_POP"));
    assert_eq!((row.status, row.flag.as_deref()), (ObsStatus::Estimated, Some("E")));
    assert_eq!(row.footnote.as_deref(), Some("ITU estimate; a"));
    assert_eq!((row.text.as_deref(), row.at), (None, 1));
}

#[test]
fn all_dimensions_are_in_the_key() {
    let dimensions = r#"{"Type of skill":"SKILL_ICTCMFL","Sex":"FEMALE","Age":"15-24","Location":"RURAL","Education level":"SECUP","Reporting Type":"G"}"#;
    let record = RECORD
        .replace("IT_USE_ii99", "se_adt_acts")
        .replace("PER_100_POP", "percent")
        .replace(r#"{"Reporting Type":"G"}"#, dimensions);
    let kept = answer(&record);
    let row = &kept.rows[0];
    assert_eq!(row.series, "SE_ADT_ACTS");
    assert_eq!(
        (row.sex.as_str(), row.age.as_str(), row.location.as_str()),
        ("F", "15-24", "RURAL")
    );
    assert_eq!(row.dimensions, "Education level=SECUP;Type of skill=SKILL_ICTCMFL");
    let unknown = answer(&record.replace("FEMALE", "SOMEONE"));
    assert_eq!(unknown.only_rejected().0, Reason::UnknownDimension);
}

#[test]
fn v9_the_price_base_is_part_of_the_key() {
    let kept = answer(&RECORD.replace(r#""basePeriod":null"#, r#""basePeriod":2015"#));
    assert_eq!(kept.rows[0].dimensions, "BasePeriod=2015");
}

#[test]
fn f4_area_numbers_with_and_without_zeros() {
    // The name of another area beside the number would be a contradiction (F04).
    let record = RECORD.replace("\"Kenya\"", "\"\"");
    for code in ["\"4\"", "\"004\"", "4", "4.0"] {
        let kept = answer(&record.replace("\"404\"", code));
        assert_eq!(kept.rows[0].area, "AFG", "{code}");
    }
    assert_eq!(answer(&record.replace("\"404\"", "\"1\"")).rows[0].area, "M49:001");
    for code in ["\"999999\"", "\"\"", "null", "\"nan\"", "\"None\""] {
        let kept = answer(&record.replace("\"404\"", code));
        assert_eq!(kept.only_rejected().0, Reason::UnknownArea, "{code}");
    }
}

#[test]
fn values_that_say_there_is_none() {
    for (value, text) in
        [("\"\"", None), ("null", None), ("\"NaN\"", Some("NaN")), ("\"N\"", Some("N"))]
    {
        let kept = answer(&RECORD.replace("\"17.827\"", value));
        assert_eq!(kept.counts(), [1, 1, 0, 1], "{value}");
        assert_eq!(kept.rows[0].text.as_deref(), text);
        assert_eq!(kept.rows[0].status, ObsStatus::Missing);
    }
    let relevant =
        RECORD.replace("\"17.827\"", "\"N\"").replace(r#""Nature":"E""#, r#""Nature":"N""#);
    assert_eq!(answer(&relevant).rows[0].status, ObsStatus::CannotExist);
}

#[test]
fn values_that_are_no_numbers() {
    let cases = [
        ("<5", "value \"<5\" is a bound, not a number; expected a number"),
        (">95", "value \">95\" is a bound, not a number; expected a number"),
        ("17,8 percent", "value \"17,8 percent\" is not a finite number"),
        ("12.3 bu", "value \"12.3 bu\" is not a finite number"),
        ("Infinity", "value \"Infinity\" is not a finite number"),
        ("-", "value \"-\" is not a finite number"),
    ];
    for (value, detail) in cases {
        let kept = answer(&RECORD.replace("17.827", value));
        assert_eq!(kept.only_rejected(), (Reason::NotANumber, detail));
    }
}

#[test]
fn v2_negative_values_stay_negative() {
    let record = RECORD.replace("IT_USE_ii99", "AG_FOOD_WST").replace("PER_100_POP", "TONNES");
    assert_eq!(answer(&record.replace("17.827", "-1.2")).rows[0].value, Some(-1.2));
}

#[test]
fn v5_natures() {
    let cases = [
        ("C", ObsStatus::Normal),
        ("CA", ObsStatus::Normal),
        ("G", ObsStatus::Normal),
        ("NA", ObsStatus::Normal),
        ("N", ObsStatus::Normal),
        ("E", ObsStatus::Estimated),
        ("M", ObsStatus::Estimated),
        ("ZZ", ObsStatus::Normal),
    ];
    for (nature, status) in cases {
        let kept = answer(&RECORD.replace(r#""Nature":"E""#, &format!(r#""Nature":"{nature}""#)));
        assert_eq!(kept.rows[0].status, status, "{nature}");
        assert_eq!(kept.rows[0].flag.as_deref(), Some(nature));
        assert_eq!(kept.summary.findings.is_empty(), nature != "ZZ", "{nature}");
    }
}

#[test]
fn v8_units_and_range_are_checked() {
    let kept = answer(&RECORD.replace(r#""Units":"PER_100_POP""#, r#""Units":"NUMBER""#));
    assert_eq!(kept.only_rejected().0, Reason::UnknownUnit);
    assert_eq!(answer(&RECORD.replace("17.827", "104")).only_rejected().0, Reason::OutOfRange);
    let other = RECORD.replace("IT_USE_ii99", "XX_YYY_ZZZ");
    assert_eq!(answer(&other).only_rejected().0, Reason::UnexpectedSeries);
}

#[test]
fn periods() {
    for period in ["2017", "2017.0", "\"2017\"", "\"2017.0\""] {
        let kept = answer(&RECORD.replace("2017.0", period));
        assert_eq!(kept.rows[0].year, 2017, "{period}");
    }
    let kept = answer(&RECORD.replace("2017.0", "20205.0"));
    assert_eq!(kept.only_rejected().0, Reason::InvalidPeriod);
    let kept = answer(&RECORD.replace("2017.0", "2017.5"));
    assert_eq!(kept.only_rejected().0, Reason::InvalidPeriod);
}

#[test]
fn v16_bounds_that_contradict_the_value_are_told_and_the_value_kept() {
    let kept = answer(&RECORD.replace(r#""lowerBound":null"#, r#""lowerBound":"20""#));
    assert_eq!(kept.rows[0].value, Some(17.827));
    assert_eq!(wsis_sources::shown(&kept.summary.findings), ["values outside their own bounds"]);
}

#[test]
fn c21_malformed_records_are_counted() {
    let bad = [
        "7",
        "null",
        "{}",
        r#"{"series":["A"]}"#,
        r#"{"series":"IT_USE_ii99","geoAreaCode":"404","timePeriodStart":2017}"#,
        r#"{"series":"IT_USE_ii99","geoAreaCode":["404"],"timePeriodStart":2017,"value":"1"}"#,
        r#"{"series":"IT_USE_ii99","geoAreaCode":"404","timePeriodStart":2017,"value":"1","dimensions":[1]}"#,
    ];
    let kept = answer(&format!("{},{RECORD}", bad.join(",")));
    assert_eq!(kept.counts(), [8, 1, 7, 0]);
    assert_eq!(kept.reasons().into_iter().collect::<Vec<_>>(), [("malformed_record", 7)]);
    assert_eq!(kept.rows[0].at, 8);
}

const CSV: &str = "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,\
    TimePeriod,Value,Time_Detail,TimeCoverage,UpperBound,LowerBound,BasePeriod,Source,GeoInfoUrl,\
    FootNote,[Age],[Nature],[Reporting Type],[Sex],[Type of skill],[Units]\n\
    4,4.4,4.4.1,SE_ADT_ACTS,\"Proportion of youth, with skills\",404,Kenya,2018,22.10,,,,,,ITU,,\
    \"A, b\",15+,C,G,MALE,ARSP,PERCENT\n";

#[test]
fn the_csv_of_the_api() {
    let kept = decode(&sdg(), Csv, CSV.as_bytes());
    assert_eq!(kept.counts(), [1, 1, 0, 0]);
    let row = &kept.rows[0];
    assert_eq!((row.area.as_str(), row.year, row.value), ("KEN", 2018, Some(22.1)));
    assert_eq!((row.sex.as_str(), row.age.as_str()), ("M", "15+"));
    assert_eq!(row.dimensions, "Type of skill=ARSP");
    assert_eq!((row.text.as_deref(), row.footnote.as_deref()), (Some("22.10"), Some("A, b")));
    assert_eq!((row.status, row.flag.as_deref()), (ObsStatus::Normal, Some("C")));
    assert_eq!(page(&sdg(), Csv, CSV.as_bytes()).unwrap().rows, 1);
}

#[test]
fn the_padding_of_the_server_is_removed() {
    let mut body = CSV.as_bytes().to_vec();
    body.resize(body.len().next_power_of_two(), 0);
    let mut pipeline = sdg();
    pipeline.series.retain(|series| series.code == "SE_ADT_ACTS");
    let kept = decode(&pipeline, Csv, &body);
    assert_eq!(kept.counts(), [1, 1, 0, 0]);
    assert_eq!(
        wsis_sources::shown(&kept.summary.findings),
        ["ends with NUL padding, which was removed"]
    );
}

#[test]
fn json_and_csv_of_one_record_give_one_key() {
    let record = RECORD
        .replace("IT_USE_ii99", "SE_ADT_ACTS")
        .replace("PER_100_POP", "PERCENT")
        .replace(
            r#"{"Reporting Type":"G"}"#,
            r#"{"Reporting Type":"G","Age":"15+","Sex":"MALE","Type of skill":"ARSP"}"#,
        )
        .replace("2017.0", "2018.0");
    let (json, csv) = (answer(&record), decode(&sdg(), Csv, CSV.as_bytes()));
    let key = |kept: &Kept| {
        let row = kept.rows[0].clone();
        (row.series, row.area, row.sex, row.age, row.location, row.dimensions, row.year, row.unit)
    };
    assert_eq!(key(&json), key(&csv));
}

#[test]
fn csv_rows_of_a_wrong_width_are_set_aside() {
    let kept = decode(&sdg(), Csv, format!("{CSV}4,4.4\n").as_bytes());
    assert_eq!(kept.counts(), [2, 1, 1, 0]);
    assert_eq!(kept.only_rejected().1, "2 fields found, expected 23");
}

#[test]
fn v19_csv_without_needed_columns_is_refused() {
    let error = try_decode(&sdg(), Csv, b"a,b\n1,2\n").unwrap_err().to_string();
    assert_eq!(error, "the table has no column for seriescode; its header is \"a,b\"");
}

#[test]
fn v6_unit_multiplier_of_the_33_column_form() {
    let header = "SERIES_CODE,GEO_AREA_CODE,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT,SEX,AGE,URBANISATION,NATURE,OBS_STATUS\n";
    let body = format!("{header}AG_FOOD_WST,4,2019,86.0392,T,6,F,_T,_T,E,A\n");
    let kept = decode(&sdg(), Csv, body.as_bytes());
    let row = &kept.rows[0];
    assert_eq!((row.value, row.text.as_deref()), (Some(86_039_200.0), Some("86.0392")));
    assert_eq!((row.sex.as_str(), row.unit.as_str()), ("F", "TONNES"));
    assert_eq!((row.status, row.dimensions.as_str()), (ObsStatus::Estimated, ""));
}
