//! Labels that a message gives the codes of its areas: they have to agree with the codes, in every format
//! that has some.

use serde_json::{Value, json};
use wsis_model::mapping::Columns;
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{self, Csv, Json};
use wsis_sources::shown;

use crate::fixture::{Kept, decode, pipeline, series, shared};
use crate::sdmx_ml::message;

fn one(format: Format) -> Pipeline {
    message(format, Columns::default(), vec![series("S", "NUMBER", None)], &[])
}

/// SDMX-CSV with the label in the cell, in a column after each code, and in a column of its own name.
fn tables(code: &str, label: &str) -> Vec<String> {
    vec![
        format!(
            "DATAFLOW,REF_AREA: Reference area,INDICATOR: Indicator,TIME_PERIOD: Time,OBS_VALUE: Value\n\
             A:B(1.0): Flow,{code}: {label},S: Users,2020,1\n"
        ),
        format!(
            "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,REF_AREA,Reference area,INDICATOR,Indicator,\
             TIME_PERIOD,Time,OBS_VALUE,Value\ndataflow,A:B(1.0),Flow,I,{code},{label},S,Users,2020,,1,\n"
        ),
        format!(
            "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,REF_AREA_LABEL,INDICATOR,INDICATOR_LABEL,\
             TIME_PERIOD,OBS_VALUE\ndataflow,A:B(1.0),I,{code},{label},S,Users,2020,1\n"
        ),
        // In pairs, and nothing says so but headings that are no identifiers.
        format!(
            "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,Reference area,INDICATOR,Indicator,TIME_PERIOD,\
             Time period,OBS_VALUE,Value\ndataflow,A:B(1.0),I,{code},{label},S,Users,2020,,1,\n"
        ),
    ]
}

/// Headings that do not come in pairs, with a blank somewhere: no column is taken for a name of the one before, and
/// what was said of women of 15 to 24 is not said of everybody.
#[test]
fn trial_f04_a_heading_with_a_blank_makes_no_pairs_of_the_others() {
    let read = |head: &str, row: &str| {
        let body = format!("STRUCTURE,STRUCTURE_ID,ACTION,{head}\ndataflow,A:B(1.0),I,{row}\n");
        decode(&one(Format::SdmxCsv), Csv, body.as_bytes())
    };
    for (head, row) in [
        (
            "INDICATOR,SEX,REF_AREA,AGE,TIME_PERIOD,UNIT_MEASURE,OBS_VALUE,Note text",
            "S,F,DE,Y15T24,2020,NUMBER,5,",
        ),
        ("INDICATOR,SEX,REF_AREA,AGE,TIME_PERIOD,OBS_VALUE,Note text", "S,F,DE,Y15T24,2020,5,"),
        (
            "INDICATOR,Sex,REF_AREA,Age,TIME_PERIOD,Unit_measure,OBS_VALUE,Note text",
            "S,F,DE,Y15T24,2020,NUMBER,5,",
        ),
        (
            "indicator,Sex,ref_area,Age,time_period,Time period,OBS_VALUE,Value",
            "S,F,DE,Y15T24,2020,2020,5,5",
        ),
    ] {
        let kept = read(head, row);
        assert_eq!(kept.counts(), [1, 1, 0, 0], "{head}: {:?}", kept.rejected);
        let row = &kept.rows[0];
        assert_eq!((row.sex.as_str(), row.age.as_str()), ("F", "15-24"), "{head}");
    }
    // Names beside some of the components: they are read, and the name of the area has its say.
    let head = "REF_AREA,Reference area,INDICATOR,Indicator,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE";
    assert_eq!(read(head, "DE,Germany,S,Users,2020,5,NUMBER").counts(), [1, 1, 0, 0]);
    for head in [
        head,
        "REF_AREA,Area,INDICATOR,Indicator,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE",
        "REF_AREA,Country,INDICATOR,Indicator,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE",
        "REF_AREA,REF_AREA_NAME,INDICATOR,INDICATOR_NAME,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE",
    ] {
        assert_eq!(read(head, "DE,Germany,S,Users,2020,5,NUMBER").counts(), [1, 1, 0, 0], "{head}");
        let (reason, _) = read(head, "DE,France,S,Users,2020,5,NUMBER").only_rejected();
        assert_eq!(reason, Reason::AmbiguousArea, "{head}");
    }
}

/// The name of the area before its code, in whatever form the code is written; the name of a partner is no name of the
/// area, on whichever side it stands.
#[test]
fn trial_f04_a_name_before_its_code_has_its_say() {
    let read = |head: &str, row: &str| {
        let body = format!("STRUCTURE,STRUCTURE_ID,ACTION,{head}\ndataflow,A:B(1.0),I,{row}\n");
        decode(&one(Format::SdmxCsv), Csv, body.as_bytes())
    };
    for (head, row) in [
        ("Area,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE", "@,DE,S,2020,5"),
        (
            "Reference area,REF_AREA,Indicator,INDICATOR,Time,TIME_PERIOD,Value,OBS_VALUE",
            "@,DE,Users,S,,2020,,5",
        ),
        ("INDICATOR,Country,REF_AREA,TIME_PERIOD,OBS_VALUE", "S,@,DE,2020,5"),
        ("INDICATOR,TIME_PERIOD,OBS_VALUE,Reporting economy,COUNTRY", "S,2020,5,@,DE"),
        ("Country,COUNTRY,INDICATOR,TIME_PERIOD,OBS_VALUE", "@,DE,S,2020,5"),
        ("REF_AREA_NAME,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE", "@,DE,S,2020,5"),
        ("COUNTRY_NAME,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE", "@,DE,S,2020,5"),
        ("INDICATOR,AGE,Reference zone,geo,TIME_PERIOD,OBS_VALUE", "S,Y15T24,@,DE,2020,5"),
        (
            "Area,REF_AREA: Reference area,INDICATOR: Indicator,TIME_PERIOD: Time,OBS_VALUE: Value",
            "@,DE: Germany,S: Users,2020,5",
        ),
        (
            "REF_AREA: Reference area,Area,INDICATOR: Indicator,TIME_PERIOD: Time,OBS_VALUE: Value",
            "DE: Germany,@,S: Users,2020,5",
        ),
        // Partners have names of their own.
        (
            "Area,REF_AREA,Partner,COUNTERPART_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE",
            "@,DE,Italy,IT,S,2020,5",
        ),
        (
            "Partner,COUNTERPART_AREA,Area,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE",
            "Italy,IT,@,DE,S,2020,5",
        ),
        (
            "COUNTERPART_AREA,Partner,REF_AREA,Area,INDICATOR,TIME_PERIOD,OBS_VALUE",
            "IT,Italy,DE,@,S,2020,5",
        ),
    ] {
        let right = read(head, &row.replace('@', "Germany"));
        assert_eq!(right.counts(), [1, 1, 0, 0], "{head}: {:?}", right.rejected);
        assert_eq!(right.rows[0].area, "DEU", "{head}");
        let wrong = read(head, &row.replace('@', "France"));
        assert_eq!(wrong.counts(), [1, 0, 1, 0], "{head}");
        assert_eq!(wrong.only_rejected().0, Reason::AmbiguousArea, "{head}");
    }
    let head = "COUNTERPART_AREA,Partner,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE";
    let kept = read(head, "IT,Italy,DE,S,2020,5");
    assert_eq!(kept.counts(), [1, 1, 0, 0], "{:?}", kept.rejected);
}

/// JSON-stat with places in a list and in an object, and with a single category that has no place.
fn cubes(code: &str, label: &str) -> Vec<String> {
    let of = |category: Value| {
        json!({"version": "2.0", "class": "dataset", "source": "ESTAT",
            "id": ["INDICATOR", "geo", "time"], "size": [1, 1, 1], "role": {"time": ["time"], "geo": ["geo"]},
            "dimension": {"INDICATOR": {"category": {"index": ["S"], "label": {"S": "Users"}}},
                "geo": {"label": "Area", "category": category},
                "time": {"category": {"index": ["2020"], "label": {"2020": "2020"}}}},
            "value": [1]})
        .to_string()
    };
    vec![
        of(json!({"index": [code], "label": {code: label}})),
        of(json!({"index": {code: 0}, "label": {code: label}})),
        of(json!({"label": {code: label}})),
    ]
}

/// SDMX-JSON 1.0 with series, 2.0 with flat observations, and with the area as a dimension of the data
/// set, named in languages only.
fn messages(code: &str, label: &str) -> Vec<String> {
    let listed = |id: &str, value: Value| json!({"id": id, "values": [value]});
    let (of_series, of_time) = (
        listed("INDICATOR", json!({"id": "S", "name": "Users"})),
        json!({"id": "TIME_PERIOD", "role": "time", "values": [{"id": "2020", "name": "2020"}]}),
    );
    let area = |value: Value| listed("REF_AREA", value);
    let named = area(json!({"id": code, "name": label}));
    let both = area(json!({"id": code, "name": label, "names": {"en": label}}));
    let foreign = area(json!({"id": code, "names": {"xx": "Nowhere", "en": label}}));
    let series = json!({"series": {"0:0": {"observations": {"0": [1]}}}});
    [
        json!({"header": {"id": "T"}, "dataSets": [series],
            "structure": {"dimensions": {"series": [named, of_series], "observation": [of_time]}}}),
        json!({"data": {"dataSets": [{"structure": 0, "observations": {"0:0:0": [1]}}],
            "structures": [{"dimensions": {"observation": [both, of_series, of_time]}}]}}),
        json!({"data": {"dataSets": [{"structure": 0, "series": {"0": {"observations": {"0": [1]}}}}],
            "structures": [{"dimensions": {
                "dataSet": [foreign], "series": [of_series], "observation": [of_time]}}]}}),
    ]
    .map(|message| message.to_string())
    .to_vec()
}

/// What each format makes of one figure with a label.
fn every(code: &str, label: &str) -> Vec<(String, Kept)> {
    let read = |format: Format, kind: ContentKind, bodies: Vec<String>| {
        let read = move |body: String| {
            let kept = decode(&one(format), kind, body.as_bytes());
            (body, kept)
        };
        bodies.into_iter().map(read).collect::<Vec<_>>()
    };
    let all = [
        read(Format::SdmxCsv, Csv, tables(code, label)),
        read(Format::JsonStat, Json, cubes(code, label)),
        read(Format::SdmxJson, Json, messages(code, label)),
    ];
    all.into_iter().flatten().collect()
}

#[test]
fn trial_f04_a_label_of_another_economy_is_believed_by_nobody() {
    for (code, label, words) in [
        ("DE", "France", "\"DE\" is DEU, but its label \"France\" is FRA; expected one area"),
        ("FR", "Germany", "\"FR\" is FRA, but its label \"Germany\" is DEU; expected one area"),
        ("DEU", "France", "\"DEU\" is DEU, but its label \"France\" is FRA; expected one area"),
        ("KP", "Republic of Korea", "\"KP\" is PRK, but its label \"Republic of Korea\" is KOR;"),
        ("DE", "Korea", "but its label \"Korea\" is KOR or PRK; expected one area"),
        ("NE", "Nigeria", "\"NE\" is NER, but its label \"Nigeria\" is NGA; expected one area"),
    ] {
        for (body, kept) in every(code, label) {
            let (reason, detail) = kept.only_rejected();
            assert_eq!((reason, kept.rows.len()), (Reason::AmbiguousArea, 0), "{body}");
            assert!(detail.contains(words), "{detail}\n{body}");
        }
    }
}

#[test]
fn trial_f04_a_label_that_does_not_settle_it_is_passed_over() {
    for (code, label, area) in [
        ("DE", "Germany", "DEU"),
        ("DE", "Allemagne", "DEU"),
        ("DE", "Germany (until 1990 former territory of the FRG)", "DEU"),
        ("DE", "DE", "DEU"),
        ("DE", "NA", "DEU"),
        ("DE", "n/a", "DEU"),
        ("DE", "", "DEU"),
        ("KR", "Korea", "KOR"),
        ("KP", "Korea", "PRK"),
    ] {
        for (body, kept) in every(code, label) {
            assert_eq!(kept.counts(), [1, 1, 0, 0], "{body} {:?}", kept.rejected);
            assert_eq!(kept.rows[0].area, area, "{body}");
            let findings = shown(&kept.summary.findings);
            assert!(!findings.iter().any(|it| it.contains("area")), "{findings:?}");
        }
    }
    // A code that is in no list is not told by its label.
    for (body, kept) in every("W9", "Germany") {
        assert_eq!(kept.only_rejected().0, Reason::UnknownArea, "{body}");
    }
}

/// Each data set has labels of its own, and of several areas only those that differ are set aside.
#[test]
fn trial_f04_labels_hold_for_their_own_data_set() {
    let set = |label: &str| {
        let values = json!([{"id": "DE", "name": label}, {"id": "IT", "name": "Italy"}]);
        json!({"dimensions": {"series": [{"id": "REF_AREA", "values": values},
            {"id": "INDICATOR", "values": [{"id": "S"}]}],
            "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2020"}, {"id": "2021"}]}]}})
    };
    let data = |structure: u8| {
        let both = json!({"observations": {"0": [1], "1": [2]}});
        json!({"structure": structure, "series": {"0:0": both, "1:0": both}})
    };
    let body = json!({"data": {"dataSets": [data(0), data(1), data(0)],
        "structures": [set("France"), set("Germany")]}});
    let kept = decode(&one(Format::SdmxJson), Json, body.to_string().as_bytes());
    assert_eq!(kept.counts(), [12, 8, 4, 0], "{:?}", kept.rejected);
    assert_eq!(kept.rows.iter().filter(|row| row.area == "DEU").count(), 2);
    assert_eq!(kept.reasons()["ambiguous_area"], 4);
}

/// The files of World Bank Data360 and of OECD's Data Explorer, and an answer of OECD's, with the labels of
/// two economies exchanged.
#[test]
fn trial_f04_labels_of_real_files_that_are_exchanged() {
    let check = |pipeline: &Pipeline, kind, body: &str, areas: [&str; 2], texts: [&str; 4]| {
        let right = decode(pipeline, kind, body.as_bytes());
        let [one, its, other, others] = texts;
        assert!(body.contains(one) && body.contains(other), "{texts:?}");
        let wrong =
            decode(pipeline, kind, body.replace(one, its).replace(other, others).as_bytes());
        let of_both = right.rows.iter().filter(|row| areas.contains(&row.area.as_str())).count();
        assert!(of_both > 10, "{areas:?}: {of_both}");
        assert_eq!(wrong.rows.len(), right.rows.len() - of_both, "{areas:?}");
        assert_eq!(wrong.reasons()["ambiguous_area"], of_both, "{areas:?}");
        assert!(!right.reasons().contains_key("ambiguous_area"));
    };
    let read = |path: &str| shared(path).map(|body| String::from_utf8(body).unwrap());
    if let Some(body) = read("worldbank-data360/ITU_DH_POP_COV_4G.csv") {
        let coverage = series("ITU_DH_POP_COV_4G", "PERCENT", None);
        let coverage = Series { source_unit: Some("PT_POP".into()), ..coverage };
        let mut data360 = pipeline("data360", vec![coverage]);
        "ITU_DH".clone_into(&mut data360.dataset);
        let texts = ["KEN,Kenya,", "KEN,Uganda,", "UGA,Uganda,", "UGA,Kenya,"];
        check(&data360, Csv, &body, ["KEN", "UGA"], texts);
    }
    let columns = |area: &str, series: &str| Columns {
        area: Some(area.to_owned()),
        series: Some(series.to_owned()),
        ..Columns::default()
    };
    if let Some(body) = read("oecd/OECD,DF_DP_LIVE,+.EXPBSNS...A.sdmx-csv-labels.csv") {
        let (columns, exports) = (columns("LOCATION", "INDICATOR"), series("EXPBSNS", "USD", None));
        let oecd = message(Format::SdmxCsv, columns, vec![exports], &["FREQUENCY"]);
        let texts = ["DEU,Germany,", "DEU,France,", "FRA,France,", "FRA,Germany,"];
        check(&oecd, Csv, &body, ["DEU", "FRA"], texts);
    }
    if let Some(body) = read("oecd/sdmx-json-legacy/land_use.json") {
        let columns = columns("COU", "VAR");
        let oecd = message(Format::SdmxJson, columns, vec![series("LAND", "KM2", None)], &[]);
        let texts = [
            r#""id":"AUS","name":"Australia""#,
            r#""id":"AUS","name":"Austria""#,
            r#""id":"AUT","name":"Austria""#,
            r#""id":"AUT","name":"Australia""#,
        ];
        check(&oecd, Json, &body, ["AUS", "AUT"], texts);
    }
    if let Some(body) = read("json-stat/json-stat.org/oecd.json") {
        let rates = vec![series("UNR", "PERCENT", Some((0.0, 100.0)))];
        let oecd = message(Format::JsonStat, Columns::default(), rates, &["concept"]);
        let mut cube: Value = serde_json::from_str(&body).unwrap();
        let label = &mut cube["dimension"]["area"]["category"]["label"];
        assert_eq!((&label["DE"], &label["FR"]), (&json!("Germany"), &json!("France")));
        (label["DE"], label["FR"]) = (json!("France"), json!("Germany"));
        let kept = decode(&oecd, Json, cube.to_string().as_bytes());
        // Twelve years of both; EU15 and OECD are in no list of areas.
        assert_eq!(kept.counts(), [432, 384, 48, 0]);
        assert_eq!(kept.reasons()["ambiguous_area"], 24);
    }
}
