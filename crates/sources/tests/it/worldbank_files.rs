//! Every World Bank file of the shared data: counts, and values read by hand.

use wsis_model::pipeline::Pipeline;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind::{Csv, Json};

use crate::fixture::{decode, page, pipeline, series, shared, shared_gz};

fn wdi() -> Pipeline {
    let codes = [
        "IT.NET.BBND.P2",
        "IT.NET.SECR.P6",
        "IT.NET.USER.ZS",
        "IT.CEL.SETS.P2",
        "EG.ELC.ACCS.ZS",
        "NY.GDP.MKTP.CD",
        "NY.GDP.MKTP.KD.ZG",
        "NY.GDP.PCAP.CD",
        "NE.TRD.GNFS.ZS",
        "SP.POP.TOTL",
        "SL.UEM.TOTL.ZS",
        "SP.DYN.CBRT.IN",
    ];
    pipeline("worldbank", codes.into_iter().map(|code| series(code, "NUMBER", None)).collect())
}

/// Rows and nulls of each file, counted with Python's `json`.
const API: [(&str, usize, usize); 20] = [
    ("IT.NET.BBND.P2_13economies_2010-2024_raw", 180, 3),
    ("IT.NET.SECR.P6_13economies_2010-2024_raw", 180, 0),
    ("wb_brazil_2006", 1, 0),
    ("wb_brazil_all", 65, 0),
    ("wb_gdp_all", 17_290, 2_749),
    ("wb_gdp_bra", 5, 0),
    ("wb_long_format_0", 9, 0),
    ("wb_long_format_1", 9, 0),
    ("wb_multi_countries_0", 9, 0),
    ("wb_multi_countries_1", 9, 0),
    ("wb_named_vector_long_0", 5, 0),
    ("wb_named_vector_long_1", 5, 0),
    ("wb_named_vector_long_bg_0", 5, 0),
    ("wb_named_vector_long_bg_1", 5, 0),
    ("wb_named_vector_wide_0", 5, 0),
    ("wb_named_vector_wide_1", 5, 0),
    ("wb_named_vector_wide_2", 5, 0),
    ("wb_named_vector_wide_3", 5, 0),
    ("wb_region_totals", 35, 0),
    ("wb_world", 5, 0),
];

#[test]
fn w5_every_row_of_the_real_answers_is_accounted_for() {
    for (name, rows, missing) in API {
        let Some(body) = shared(&format!("worldbank/api-v2-json/{name}.json")) else { return };
        let kept = decode(&wdi(), Json, &body);
        assert_eq!(kept.counts(), [rows, rows, 0, missing], "{name}");
        let info = page(&wdi(), Json, &body).unwrap();
        assert_eq!((info.rows, info.total), (rows as u64, Some(rows as u64)), "{name}");
        assert_eq!((info.pages, info.next), (Some(1), None), "{name}");
        let updated = kept.summary.source_updated.map(|date| date.to_string());
        assert_eq!(updated, info.vintage, "{name}");
    }
}

#[test]
fn records_without_header() {
    for (name, missing) in [("IT.NET.USER.ZS", 427), ("NY.GDP.PCAP.CD", 79)] {
        let path = format!("worldbank/api-v2-json-records/{name}.all.2014-2023.records.json");
        let Some(body) = shared(&path) else { return };
        let kept = decode(&wdi(), Json, &body);
        assert_eq!(kept.counts(), [2_660, 2_660, 0, missing], "{name}");
        assert_eq!(kept.summary.source_updated, None);
        let info = page(&wdi(), Json, &body).unwrap();
        assert_eq!((info.rows, info.total, info.next), (2_660, None, None));
    }
}

#[test]
fn reconstructed_answers() {
    let files = [
        ("EG.ELC.ACCS.ZS", 483),
        ("IT.CEL.SETS.P2", 586),
        ("IT.NET.BBND.P2", 1_429),
        ("IT.NET.SECR.P6", 2_812),
        ("IT.NET.USER.ZS", 1_166),
        ("NY.GDP.PCAP.CD", 334),
        ("SP.POP.TOTL", 150),
    ];
    for (name, missing) in files {
        let path = format!("worldbank/reconstructed-v2/{name}.all.2000-2024.json.gz");
        let Some(body) = shared_gz(&path) else { return };
        assert_eq!(decode(&wdi(), Json, &body).counts(), [6_650, 6_650, 0, missing], "{name}");
    }
}

#[test]
fn seven_pages_are_one_answer() {
    let missing = [246, 202, 205, 237, 212, 200, 127];
    let mut paged = Vec::new();
    for (number, missing) in (1_u32..).zip(missing) {
        let path = format!("worldbank/reconstructed-v2/paged-IT.NET.BBND.P2/page{number}.json.gz");
        let Some(body) = shared_gz(&path) else { return };
        let rows = if number < 7 { 1_000 } else { 650 };
        let kept = decode(&wdi(), Json, &body);
        assert_eq!(kept.counts(), [rows, rows, 0, missing], "page {number}");
        paged.extend(kept.rows.into_iter().map(|row| (row.area, row.year, row.value)));
        if number == 1 {
            let next = page(&wdi(), Json, &body).unwrap().next.unwrap();
            assert_eq!(next.url.query(), Some("per_page=1000&page=2"));
        }
    }
    let whole = shared_gz("worldbank/reconstructed-v2/IT.NET.BBND.P2.all.2000-2024.json.gz");
    let whole = decode(&wdi(), Json, &whole.unwrap()).rows;
    let whole: Vec<_> = whole.into_iter().map(|row| (row.area, row.year, row.value)).collect();
    assert_eq!(paged, whole);
}

#[test]
fn the_error_answer() {
    let Some(body) = shared("worldbank/reconstructed-v2/error_120.json") else { return };
    let error = page(&wdi(), Json, &body).unwrap_err();
    assert!(error.to_string().contains("message 120, Invalid value"), "{error}");
}

#[test]
fn bulk_tables_count_every_cell() {
    // Rows, year columns and empty cells, counted with Python's `csv`.
    let files = [
        ("API_IT.CEL.SETS.P2_DS2_en_csv_v2_4903391", 266 * 62, 4_092),
        ("API_IT.CEL.SETS.P2_DS2_en_csv_v2_887311", 264 * 60, 4_901),
        ("API_IT.NET.USER.ZS_DS2_en_csv_v2_889089", 264 * 60, 9_555),
        ("API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_75991.resaved-no-preamble", 266 * 64, 6_106),
        ("API_NY.GDP.MKTP.KD.ZG_DS2_en_csv_v2_936081", 264 * 60, 4_192),
    ];
    for (name, cells, missing) in files {
        let Some(body) = shared(&format!("worldbank/csv-bulk/{name}.csv")) else { return };
        assert_eq!(decode(&wdi(), Csv, &body).counts(), [cells, cells, 0, missing], "{name}");
    }
    // A topic: 29 series, none of which this pipeline declares.
    let Some(body) = shared("worldbank/csv-bulk/API_11_DS2_en_csv_v2_3053363.poverty.csv") else {
        return;
    };
    let kept = decode(&wdi(), Csv, &body);
    assert_eq!(kept.counts(), [470_554, 0, 470_554, 0]);
    assert_eq!(kept.reasons().keys().copied().collect::<Vec<_>>(), ["unexpected_series"]);
}

/// Area, year, value and row, read in the file by eye.
#[test]
fn ten_values_of_the_real_answer() {
    let Some(body) = shared("worldbank/api-v2-json/wb_gdp_all.json") else { return };
    let kept = decode(&wdi(), Json, &body);
    let expected = [
        ("WB:AFE", 1960, Some(24_209_933_140.989_3), 65),
        ("WB:HIC", 2020, Some(56_044_969_561_614.3), 1_045),
        ("WB:WLD", 2024, Some(111_326_370_011_523.0), 3_121),
        ("BRA", 2006, Some(1_107_626_541_434.92), 4_894),
        ("CHI", 2007, Some(11_514_605_842.336_9), 5_738),
        ("KEN", 2020, Some(100_657_505_750.545), 9_755),
        ("PRK", 2020, None, 9_885),
        ("XKX", 2010, Some(5_343_950_556.071_85), 10_025),
        ("NAM", 1990, Some(2_789_921_853.531_12), 12_060),
        ("TUR", 2023, Some(1_118_252_958_513.72), 16_057),
        ("TUV", 2005, Some(22_909_979.816_307_8), 16_270),
    ];
    for (area, year, value, at) in expected {
        let row = kept.row("NY.GDP.MKTP.CD", area, year);
        assert_eq!((row.value, row.at), (value, at), "{area} {year}");
        let status = if value.is_some() { ObsStatus::Normal } else { ObsStatus::Missing };
        assert_eq!((row.status, row.text.as_deref()), (status, None), "{area} {year}");
    }
    let noted: Vec<_> = kept.rows.iter().filter(|row| row.footnote.is_some()).collect();
    assert_eq!(noted.len(), 14);
    let sudan = kept.row("NY.GDP.MKTP.CD", "SDN", 2011).footnote.as_deref();
    assert_eq!(sudan, Some("Excludes South Sudan after July 9, 2011."));
    assert_eq!(kept.rows.iter().filter(|row| row.text.is_some()).count(), 0);
}

#[test]
fn values_of_the_other_forms() {
    let path = "worldbank/api-v2-json-records/IT.NET.USER.ZS.all.2014-2023.records.json";
    let Some(body) = shared(path) else { return };
    let kept = decode(&wdi(), Json, &body);
    let value = |area, year| kept.row("IT.NET.USER.ZS", area, year).value;
    assert_eq!(value("KEN", 2020), Some(24.722_799_3));
    assert_eq!(value("NAM", 2023), Some(63.695_499_42));
    assert_eq!(value("CHI", 2014), None);
    let path = "worldbank/csv-bulk/API_IT.CEL.SETS.P2_DS2_en_csv_v2_4903391.csv";
    let kept = decode(&wdi(), Csv, &shared(path).unwrap());
    // R: the same cell in two vintages; that of 2020 has 0.029310471.
    let row = kept.row("IT.CEL.SETS.P2", "ABW", 1992);
    assert_eq!(row.value, Some(0.028_493_276));
    assert_eq!(kept.summary.source_updated.unwrap().to_string(), "2023-03-01");
}
