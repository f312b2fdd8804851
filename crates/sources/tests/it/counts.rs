//! Registers and consultations: records are counted by line, economy, year and kind of stakeholder. The
//! records here are made up, in the form of the WSIS Stocktaking database; the names of the lines are those
//! of the WSIS+20 consultation.

use std::collections::BTreeMap;

use wsis_model::mapping::{Columns, Count, Keep, Mapping};
use wsis_model::pipeline::{Format, Pipeline, Series, SourceFile};
use wsis_sources::ContentKind::{Csv, Json};

use crate::fixture::{Kept, decode, pipeline, series};

fn line(code: &str, named: &str) -> Series {
    Series { named: Some(named.to_owned()), range: None, ..series(code, "NUMBER", None) }
}

fn stocktaking(format: Format) -> Pipeline {
    let of = |heading: &str| Some(heading.to_owned());
    let pair = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
    let mut pipeline =
        pipeline("file", vec![line("ENTRIES_C2", "C2"), line("ENTRIES_C7_EHEALTH", "E-health")]);
    pipeline.series.push(line("ENTRIES", "*"));
    pipeline.files = vec![SourceFile { path: "t".to_owned(), format, ..SourceFile::default() }];
    pipeline.mapping = Some(Mapping {
        columns: Columns {
            area: of("Country"),
            series: of("Action Lines"),
            year: of("Submitted"),
            ..Columns::default()
        },
        dimensions: vec![pair(("stakeholder", "Entity type"))],
        ignore: vec!["Title".to_owned()],
        keep: vec![Keep {
            column: "Status".to_owned(),
            is: vec!["Approved".to_owned()],
            not: vec![],
        }],
        count: Some(Count {
            split: [("Action Lines", ";"), ("Country", ","), ("Entity type", "|")].map(pair).into(),
            same: [
                ("C2. Information and communication infrastructure", "C2"),
                ("Action Line C2", "C2"),
                ("Action Line C7: E-health", "E-health"),
                ("International", "World"),
                ("Governments", "Government"),
                ("Ivory Cost", "CIV"),
            ]
            .map(pair)
            .into(),
        }),
        ..Mapping::default()
    });
    pipeline
}

fn figures(kept: &Kept) -> BTreeMap<String, f64> {
    let key = |row: &crate::fixture::Row| {
        let parts = [row.series.as_str(), &row.area, &row.period, &row.dimensions];
        parts.join(" ").trim_end().to_owned()
    };
    kept.rows.iter().map(|row| (key(row), row.value.unwrap())).collect()
}

const HEAD: &str = "Title,Action Lines,Country,Entity type,Submitted,Status\n";

#[test]
fn trial_p211_records_count_once_for_each_line_country_and_stakeholder_that_they_name() {
    let table = HEAD.to_owned()
        + "Towers,Action Line C2,Kenya,Governments,2024-05-03,Approved\n\
           Clinics,\"C2;Action Line C7: E-health; C2\",\"Kenya, Uganda\",Government|Private sector,2024,Approved\n\
           Fibre,C2. Information and communication infrastructure,Kenya,Civil society,2024-12-31T10:00:00,Approved\n\
           Old,C2,Kenya,Government,2019,Approved\n\
           Fund,C2,International,,2024,Approved\n\
           Draft,C2,Kenya,Government,2024,Pending\n";
    let kept = decode(&stocktaking(Format::Csv), Csv, table.as_bytes());
    assert!(kept.rejected.is_empty(), "{:?}", kept.rejected);
    let found = figures(&kept);
    let of = |key: &str| found.get(key).copied();
    // Towers, Clinics and Fibre; Clinics names its line twice and counts once.
    assert_eq!(of("ENTRIES_C2 KEN 2024"), Some(3.0));
    assert_eq!(of("ENTRIES_C2 KEN 2024 stakeholder=Government"), Some(2.0));
    assert_eq!(of("ENTRIES_C2 KEN 2024 stakeholder=Private sector"), Some(1.0));
    assert_eq!(of("ENTRIES_C2 KEN 2024 stakeholder=Civil society"), Some(1.0));
    assert_eq!(of("ENTRIES_C2 UGA 2024"), Some(1.0));
    assert_eq!(of("ENTRIES_C7_EHEALTH UGA 2024 stakeholder=Private sector"), Some(1.0));
    assert_eq!(of("ENTRIES_C2 KEN 2019"), Some(1.0));
    // All entries, each once: two lines of one are one entry.
    assert_eq!(of("ENTRIES KEN 2024"), Some(3.0));
    assert_eq!(of("ENTRIES UGA 2024"), Some(1.0));
    // Without a stakeholder it counts among all, and nowhere is a 0 made.
    assert_eq!(of("ENTRIES_C2 M49:001 2024"), Some(1.0));
    assert_eq!(of("ENTRIES_C7_EHEALTH KEN 2019"), None);
    assert!(!found.keys().any(|key| key.starts_with("ENTRIES_C2 M49:001 2024 ")));
    assert_eq!(kept.summary.parsed, kept.rows.len() as u64);
    // The first record of a figure says where it begins.
    let kenya = kept.rows.iter().find(|row| row.area == "KEN" && row.year == 2019).unwrap();
    assert_eq!(kenya.at, 4);
    let left_out = "row that `keep` does not hold for, left out";
    assert_eq!(kept.summary.findings.get(left_out), Some(&1));
}

#[test]
fn trial_p212_a_part_that_cannot_be_counted_is_set_aside_and_the_rest_counts() {
    let table = HEAD.to_owned()
        + "A,C2;C99,\"Kenya, Atlantis\",Government,2024,Approved\n\
           B,C2,Ivory Cost,Government,2024,Approved\n\
           C,C2,,Government,2024,Approved\n\
           D,C2,Uganda,Government,soon,Approved\n";
    let mut pipeline = stocktaking(Format::Csv);
    pipeline.series.truncate(2);
    let kept = decode(&pipeline, Csv, table.as_bytes());
    let found = figures(&kept);
    let keys: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "ENTRIES_C2 CIV 2024",
            "ENTRIES_C2 CIV 2024 stakeholder=Government",
            "ENTRIES_C2 KEN 2024",
            "ENTRIES_C2 KEN 2024 stakeholder=Government",
        ]
    );
    let details: Vec<String> =
        kept.rejected.iter().map(|it| format!("{}: {}", it.reason.code(), it.detail)).collect();
    assert_eq!(details.len(), 5, "{details:?}");
    assert!(details[0].starts_with("unexpected_series: series \"C99\""), "{details:?}");
    assert!(details[1].starts_with("unknown_area: ") && details[1].contains("Atlantis"));
    assert_eq!(details[2], "unknown_area: the record names no area");
    // A year that is none sets the whole figure aside: in all, and of governments.
    assert!(
        details[3].starts_with("invalid_period: ") && details[4].starts_with("invalid_period: ")
    );
    assert_eq!(kept.summary.parsed, (kept.rows.len() + kept.rejected.len()) as u64);
}

#[test]
fn trial_p211_answers_to_a_consultation_in_json_are_counted_too() {
    let body = r#"[{"Action Lines":"C2;E-health","Country":"Brazil","Entity type":"Academia","Submitted":2025,"Status":"Approved"},
        {"Action Lines":"C2","Country":"Brazil","Entity type":"Academia","Submitted":2025,"Status":"Approved"}]"#;
    let kept = decode(&stocktaking(Format::Json), Json, body.as_bytes());
    let found = figures(&kept);
    assert_eq!(found["ENTRIES_C2 BRA 2025"], 2.0);
    assert_eq!(found["ENTRIES_C2 BRA 2025 stakeholder=Academia"], 2.0);
    assert_eq!(found["ENTRIES_C7_EHEALTH BRA 2025"], 1.0);
    assert_eq!((found.len(), kept.rejected.len()), (6, 0));
}

#[test]
fn trial_f04_records_that_are_counted_have_names_that_agree() {
    let mut pipeline = stocktaking(Format::Csv);
    let mapping = pipeline.mapping.as_mut().unwrap();
    mapping.columns.area = Some("ISO".to_owned());
    mapping.columns.area_name = Some("Country".to_owned());
    mapping.count.as_mut().unwrap().split.push(("ISO".to_owned(), ",".to_owned()));
    let head = HEAD.replace("Country", "ISO,Country");
    let entry = |codes: &str, names: &str| {
        let body = format!("{head}Towers,C2,\"{codes}\",\"{names}\",Government,2024,Approved\n");
        let kept = decode(&pipeline, Csv, body.as_bytes());
        let mut areas: Vec<String> = kept.rows.iter().map(|row| row.area.clone()).collect();
        areas.sort();
        areas.dedup();
        (areas.join(" "), kept.rejected.first().map(|it| it.detail.clone()).unwrap_or_default())
    };
    assert_eq!(entry("DE", "Germany"), ("DEU".to_owned(), String::new()));
    assert_eq!(entry("DE, FR", "France, Germany"), ("DEU FRA".to_owned(), String::new()));
    assert_eq!(entry("DE, FR", ""), ("DEU FRA".to_owned(), String::new()));
    let (areas, detail) = entry("DE", "France");
    assert_eq!(areas, "");
    assert!(detail.contains("\"DE\" is DEU, but \"France\" is FRA; expected one area"), "{detail}");
    let (areas, detail) = entry("DE, IT", "France, Italy");
    assert_eq!(areas, "ITA");
    assert!(detail.contains("\"DE\" is DEU, but \"France\" is FRA"), "{detail}");
}
