//! World Bank records: areas, values, flags, and what goes to quarantine.

use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind;

use crate::fixture::{Kept, decode, pipeline, series};

fn wdi() -> Pipeline {
    pipeline("worldbank", vec![series("IT.NET.USER.ZS", "PERCENT", Some((0.0, 100.0)))])
}

/// Decodes records given as text between the brackets of the rows.
fn records(rows: &str) -> Kept {
    let body = format!(
        r#"[{{"page":1,"pages":1,"per_page":50,"total":1,"sourceid":"2","lastupdated":"2026-07-01"}},[{rows}]]"#
    );
    decode(&wdi(), ContentKind::Json, body.as_bytes())
}

fn record(id: &str, iso3: &str, date: &str, value: &str) -> String {
    format!(
        r#"{{"indicator":{{"id":"IT.NET.USER.ZS","value":"x"}},"country":{{"id":"{id}","value":"y"}},"countryiso3code":"{iso3}","date":{date},"value":{value},"unit":"","obs_status":"","decimal":0}}"#
    )
}

fn one(id: &str, iso3: &str, date: &str, value: &str) -> Kept {
    records(&record(id, iso3, date, value))
}

#[test]
fn w8_both_places_of_the_code_give_one_economy() {
    for (id, iso3) in [("KE", "KEN"), ("KEN", ""), ("KE", "")] {
        let kept = one(id, iso3, "\"2020\"", "24.7");
        assert_eq!(kept.rows[0].area, "KEN", "{id} {iso3}");
    }
    let kept = one("KE", "UGA", "\"2020\"", "24.7");
    let (reason, detail) = kept.only_rejected();
    assert_eq!(reason, Reason::AmbiguousArea);
    assert_eq!(detail, "\"UGA\" is UGA, but \"KE\" is KEN; expected one area");
}

#[test]
fn w9_null_value_is_missing() {
    let kept = one("KE", "KEN", "\"2020\"", "null");
    assert_eq!(kept.counts(), [1, 1, 0, 1]);
    assert_eq!(kept.rows[0].value, None);
    assert_eq!(kept.rows[0].status, ObsStatus::Missing);
}

#[test]
fn w11_aggregates_are_told_by_code_in_any_order() {
    let codes = [("ZH", "AFE"), ("KE", "KEN"), ("XD", ""), ("AF", "AFG"), ("1W", "WLD")];
    let rows = |order: &mut dyn Iterator<Item = &(&str, &str)>| {
        let texts: Vec<String> =
            order.map(|(id, iso3)| record(id, iso3, "\"2020\"", "1")).collect();
        let mut areas: Vec<String> =
            records(&texts.join(",")).rows.into_iter().map(|row| row.area).collect();
        areas.sort();
        areas
    };
    let expected = ["AFG", "KEN", "WB:AFE", "WB:HIC", "WB:WLD"];
    assert_eq!(rows(&mut codes.iter()), expected);
    assert_eq!(rows(&mut codes.iter().rev()), expected);
}

#[test]
fn a1_namibia_is_not_a_missing_value() {
    for (id, iso3) in [("NA", "NAM"), ("NA", "")] {
        assert_eq!(one(id, iso3, "\"2020\"", "1").rows[0].area, "NAM");
    }
}

#[test]
fn a14_placeholders_are_no_places() {
    for place in ["nan", "None", "", "null", " "] {
        let kept = one(place, "", "\"2020\"", "1");
        assert_eq!(kept.only_rejected().0, Reason::UnknownArea, "{place:?}");
    }
}

#[test]
fn a11_a4_dissolved_and_sub_national_areas_are_not_guessed() {
    let kept = one("Scotland", "", "\"2020\"", "1");
    assert_eq!(kept.only_rejected().0, Reason::UnknownArea);
    let kept = one("SUN", "SUN", "\"1988\"", "1");
    assert!(kept.rows.iter().all(|row| row.area == "SUN"), "never the successor: {kept:?}");
}

#[test]
fn a12_years_outside_an_areas_time_are_told() {
    let kept = one("SS", "SSD", "\"2005\"", "1");
    assert_eq!(kept.rows[0].area, "SSD");
    assert!(
        kept.summary.findings.keys().any(|text| text.contains("SSD of years before 2011")),
        "{:?}",
        kept.summary
    );
}

#[test]
fn values_keep_their_print_where_it_is_not_the_shortest() {
    let cases = [
        ("27.8", 27.8, None),
        ("27", 27.0, None),
        ("27.80", 27.8, Some("27.80")),
        ("2.78e1", 27.8, Some("2.78e1")),
        ("0.0", 0.0, Some("0.0")),
        ("5.96545748139033", 5.965_457_481_390_33, None),
        ("\"24.72\"", 24.72, None),
    ];
    for (printed, value, text) in cases {
        let kept = one("KE", "KEN", "\"2020\"", printed);
        assert_eq!(kept.rows[0].value, Some(value), "{printed}");
        assert_eq!(kept.rows[0].text.as_deref(), text, "{printed}");
        assert_eq!(kept.rows[0].status, ObsStatus::Normal);
        assert_eq!(kept.rows[0].unit, "PERCENT");
    }
}

#[test]
fn invariant_i6_what_is_not_a_number_is_set_aside() {
    for value in ["\"NaN\"", "\"n/a\"", "\"\"", "1e999", "\"<5\"", "true", "\"17,8 percent\""] {
        let kept = one("KE", "KEN", "\"2020\"", value);
        assert_eq!(kept.only_rejected().0, Reason::NotANumber, "{value}");
        assert_eq!(kept.rejected[0].payload_row, 1);
    }
}

#[test]
fn f11_a_dash_is_not_zero() {
    assert_eq!(one("KE", "KEN", "\"2020\"", "\"-\"").only_rejected().0, Reason::NotANumber);
}

#[test]
fn w25_w26_periods_that_are_no_year_are_set_aside() {
    let kept = one("KE", "KEN", "\"20205\"", "29.5");
    let (reason, detail) = kept.only_rejected();
    assert_eq!(reason, Reason::InvalidPeriod);
    assert_eq!(detail, "period \"20205\" is not a year from 1900 to 2100");
    assert!(kept.rejected[0].record.contains("\"date\":\"20205\""), "{:?}", kept.rejected);
    for period in ["\"2020M03\"", "\"2020Q3\""] {
        // W26: monthly values under a yearly indicator.
        assert_eq!(one("KE", "KEN", period, "1").only_rejected().0, Reason::OtherFrequency);
    }
    // W25: a code of the source that nobody declared is no year to be guessed.
    assert_eq!(one("KE", "KEN", "\"0_2020\"", "1").only_rejected().0, Reason::InvalidPeriod);
    assert_eq!(one("KE", "KEN", "\"MRV\"", "1").only_rejected().0, Reason::InvalidPeriod);
    assert_eq!(one("KE", "KEN", "2020", "1").rows[0].year, 2020);
}

#[test]
fn w22_the_period_is_the_payloads_and_others_are_told() {
    let kept = one("KE", "KEN", "\"1955\"", "1");
    assert_eq!(kept.rows[0].year, 1955);
    let findings = wsis_sources::shown(&kept.summary.findings);
    let told = "values for years outside 1960 to 2025, which was asked for";
    assert!(findings.iter().any(|it| it == told), "{findings:?}");
}

#[test]
fn range_unit_and_series_are_checked() {
    assert_eq!(one("KE", "KEN", "\"2020\"", "100.1").only_rejected().0, Reason::OutOfRange);
    assert_eq!(one("KE", "KEN", "\"2020\"", "100").rows.len(), 1);
    let unit = record("KE", "KEN", "\"2020\"", "1").replace("\"unit\":\"\"", "\"unit\":\"US$\"");
    assert_eq!(records(&unit).only_rejected().0, Reason::UnknownUnit);
    let unit = unit.replace("US$", "%");
    assert_eq!(records(&unit).rows.len(), 1);
    let other = record("KE", "KEN", "\"2020\"", "1").replace("IT.NET.USER.ZS", "SP.POP.TOTL");
    assert_eq!(records(&other).only_rejected().0, Reason::UnexpectedSeries);
    let lower = record("KE", "KEN", "\"2020\"", "1").replace("IT.NET.USER.ZS", "it.net.user.zs");
    assert_eq!(records(&lower).rows[0].series, "IT.NET.USER.ZS");
}

#[test]
fn v5_flags_and_footnotes_are_kept() {
    let text = record("KE", "KEN", "\"2020\"", "1").replace(
        r#""obs_status":"""#,
        r#""obs_status":"E","footnote":"Excludes \"A\" and C\u00f4te; line\nbreak.""#,
    );
    let kept = records(&text);
    assert_eq!(kept.rows[0].status, ObsStatus::Estimated);
    assert_eq!(kept.rows[0].flag.as_deref(), Some("E"));
    assert_eq!(kept.rows[0].footnote.as_deref(), Some("Excludes \"A\" and Côte; line\nbreak."));
}

#[test]
fn v12_doubles_pass_through_for_the_lake_to_judge() {
    let rows = [
        record("KE", "KEN", "\"2020\"", "1"),
        record("KE", "KEN", "\"2020\"", "1"),
        record("KE", "KEN", "\"2020\"", "2"),
    ];
    assert_eq!(records(&rows.join(",")).counts(), [3, 3, 0, 0]);
}

#[test]
fn c21_malformed_records_are_counted_and_leave_the_others_alone() {
    let good = record("KE", "KEN", "\"2020\"", "1");
    let bad = [
        "7",
        "null",
        "\"text\"",
        "[1,[2]]",
        "{}",
        "true",
        r#"{"indicator":"IT.NET.USER.ZS","country":"KE","date":"2020","value":1}"#,
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"country":{"id":"KE"},"date":"2020"}"#,
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"country":{"id":"KE"},"value":1}"#,
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"country":{"id":"KE"},"date":"2020","value":[1]}"#,
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"date":"2020","value":1,"value":2}"#,
        r#"{"indicator":{"id":"IT.NET.USER.ZS"},"da\ud800te":"2020","value":1}"#,
    ];
    let kept = records(&format!("{good},{},{good}", bad.join(",")));
    assert_eq!(kept.counts(), [14, 2, 12, 0]);
    assert!(kept.rejected.iter().all(|r| r.reason == Reason::MalformedRecord));
    let places: Vec<i64> = kept.rejected.iter().map(|r| r.payload_row).collect();
    assert_eq!(places, (2..=13).collect::<Vec<_>>());
    assert_eq!(kept.rows[1].at, 14);
}

#[test]
fn records_are_cut_to_500_characters() {
    let long =
        record("KE", "KEN", "\"20205\"", "1").replace("\"x\"", &format!("\"{}\"", "é".repeat(900)));
    let kept = records(&long);
    assert_eq!(kept.rejected[0].record.chars().count(), 500);
    assert!(kept.rejected[0].record.ends_with('…'));
}

const BULK: &str = "\u{FEFF}\"Data Source\",\"World Development Indicators\",\n\n\
    \"Last Updated Date\",\"2023-03-01\",\n\n\
    \"Country Name\",\"Country Code\",\"Indicator Name\",\"Indicator Code\",\"2020\",\"2021\",\n\
    \"Kenya\",\"KEN\",\"Internet\",\"IT.NET.USER.ZS\",\"22.5\",\"\",\n\
    \"Nowhere\",\"XYZ\",\"Internet\",\"IT.NET.USER.ZS\",\"1\",\"2\",\n\
    \"Short\",\"UGA\"\n";

#[test]
fn bulk_table_counts_every_cell() {
    let kept = decode(&wdi(), ContentKind::Csv, BULK.as_bytes());
    assert_eq!(kept.counts(), [6, 2, 4, 1]);
    assert_eq!(
        kept.reasons().into_iter().collect::<Vec<_>>(),
        [("malformed_record", 2), ("unknown_area", 2)]
    );
    assert_eq!(kept.row("IT.NET.USER.ZS", "KEN", 2020).value, Some(22.5));
    assert_eq!(kept.summary.source_updated.unwrap().to_string(), "2023-03-01");
    // F3: without the mark the table is the same, but for the remark.
    let plain = decode(&wdi(), ContentKind::Csv, BULK.trim_start_matches('\u{FEFF}').as_bytes());
    assert_eq!(plain.rows, kept.rows);
    assert!(plain.summary.findings.is_empty());
}
