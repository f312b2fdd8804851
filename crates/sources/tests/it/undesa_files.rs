//! Every UN E-Government table of the shared data: counts, and values read by hand.

use wsis_sources::ContentKind::{self, Csv, Xlsx};

use crate::fixture::{Kept, decode, egdi, page, shared, with_zero_rules};

fn file(path: &str, edition: i32) -> Option<Kept> {
    let body = shared(&format!("un-egdi/{path}"))?;
    let kind: ContentKind = if path.ends_with("xlsx") { Xlsx } else { Csv };
    let pipeline = with_zero_rules(egdi(path, edition));
    assert_eq!(page(&pipeline, kind, &body).unwrap().rows, 193, "{path}");
    Some(decode(&pipeline, kind, &body))
}

/// Path, edition, quarantined, missing in the file, zeros that are no values; each table has 193
/// rows of six figures. Counted with Python's `csv`: zeros of the index, of OSI, HCI, TII and EPI
/// beside an index of zero, of HCI in every edition, and of OSI and TII up to 2010.
const FILES: [(&str, i32, usize, usize, usize); 18] = [
    // Human capital above 1: Micronesia 1.42200, Tuvalu 1.03000.
    ("EGOV_DATA_2003.csv", 2003, 2, 2, 76),
    ("EGOV_DATA_2004.csv", 2004, 0, 2, 64),
    ("EGOV_DATA_2008.csv", 2008, 0, 1, 34),
    ("EGOV_DATA_2010.csv", 2010, 0, 1, 31),
    ("EGOV_DATA_2012.csv", 2012, 0, 0, 10),
    ("EGOV_DATA_2014.csv", 2014, 0, 0, 1),
    ("EGOV_DATA_2016.csv", 2016, 0, 0, 1),
    ("EGOV_DATA_2018.csv", 2018, 0, 0, 1),
    // The code of the Bahamas is misspelt there: BHM.
    ("EGOV_DATA_2018.with-iso3.csv", 2018, 6, 0, 1),
    ("EGOV_DATA_2020.csv", 2020, 0, 0, 1),
    ("EGOV_DATA_2022.csv", 2022, 0, 0, 1),
    ("EGOV_DATA_2024.modified-header.csv", 2024, 0, 0, 1),
    ("unu-egov/egdi-2010.csv", 2010, 0, 17, 15),
    ("unu-egov/egdi-2012.csv", 2012, 0, 0, 10),
    ("unu-egov/egdi-2014.csv", 2014, 0, 0, 1),
    ("unu-egov/egdi-2016.csv", 2016, 0, 0, 1),
    ("unu-egov/egdi-2018.csv", 2018, 0, 0, 1),
    ("unu-egov/egdi-2018.xlsx", 2018, 0, 0, 1),
];

#[test]
fn trial_a1_a4_every_row_of_every_edition_is_accounted_for() {
    for (path, edition, quarantined, missing, zeros) in FILES {
        let Some(kept) = file(path, edition) else { return };
        let counts = [1_158, 1_158 - quarantined, quarantined, missing + zeros];
        assert_eq!(kept.counts(), counts, "{path}: {:?}", kept.rejected.first());
        let flags = kept.rows.iter().filter(|row| row.flag.is_some());
        assert_eq!(flags.clone().count(), zeros, "{path}");
        assert!(flags.clone().all(|row| {
            let zero = row.text.as_deref().and_then(|text| text.parse::<f64>().ok());
            row.value.is_none() && zero == Some(0.0)
        }));
        assert!(kept.rows.iter().all(|row| row.year == edition), "{path}");
    }
}

#[test]
fn another_edition_is_refused() {
    let Some(body) = shared("un-egdi/EGOV_DATA_2018.csv") else { return };
    let error = page(&egdi("x.csv", 2020), Csv, &body).unwrap_err().to_string();
    assert_eq!(
        error,
        "line 2 is of survey year 2018, but edition 2020 was asked for; nothing of this table was \
         taken"
    );
}

#[test]
fn ten_values_by_hand() {
    let expected = [
        ("EGOV_DATA_2003.csv", 2003, "HCI", "IRQ", 0.93, 1),
        ("EGOV_DATA_2003.csv", 2003, "EGDI", "KEN", 0.29924, 9),
        ("EGOV_DATA_2004.csv", 2004, "EPI", "DNK", 0.7377, 119),
        ("EGOV_DATA_2010.csv", 2010, "TII", "DNK", 0.69879, 119),
        ("EGOV_DATA_2018.csv", 2018, "OSI", "NAM", 0.4514, 47),
        ("EGOV_DATA_2018.csv", 2018, "EGDI", "CIV", 0.2776, 112),
        ("EGOV_DATA_2018.csv", 2018, "EPI", "DNK", 1.0, 119),
        ("EGOV_DATA_2020.csv", 2020, "EGDI_RANK", "DNK", 1.0, 119),
        ("EGOV_DATA_2022.csv", 2022, "EGDI", "TUR", 0.7983, 167),
        ("EGOV_DATA_2022.csv", 2022, "HCI", "CHE", 0.9128, 157),
        ("EGOV_DATA_2024.modified-header.csv", 2024, "TII", "KEN", 0.59015, 9),
        ("EGOV_DATA_2024.modified-header.csv", 2024, "EGDI_RANK", "CIV", 124.0, 112),
        ("unu-egov/egdi-2010.csv", 2010, "HCI", "IRQ", 0.695_560_000_000_000_1, 1),
        ("unu-egov/egdi-2010.csv", 2010, "EGDI_RANK", "KIR", 184.0, 10),
    ];
    for (path, edition, series, area, value, at) in expected {
        let Some(kept) = file(path, edition) else { return };
        let row = kept.row(series, area, edition);
        assert_eq!((row.value, row.at), (Some(value), at), "{path} {series} {area}");
    }
}

#[test]
fn workbook_and_table_of_2018_agree_by_economy() {
    let (Some(csv), Some(xlsx)) =
        (file("unu-egov/egdi-2018.csv", 2018), file("unu-egov/egdi-2018.xlsx", 2018))
    else {
        return;
    };
    assert_eq!(csv.rows.len(), xlsx.rows.len());
    for row in &csv.rows {
        let other = xlsx.row(&row.series, &row.area, 2018);
        let (Some(one), Some(two)) = (row.value, other.value) else { continue };
        assert!((one - two).abs() < 1e-9, "{row:?} {other:?}");
    }
}

#[test]
fn columns_that_are_not_used_are_told() {
    let Some(kept) = file("EGOV_DATA_2024.modified-header.csv", 2024) else { return };
    assert_eq!(wsis_sources::shown(&kept.summary.findings), ["column \"Region\" is not used"]);
}
