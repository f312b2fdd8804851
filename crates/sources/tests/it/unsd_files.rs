//! Every UNSD file of the shared data with figures: counts, and values read by hand.
//!
//! The SDG database of 2020 is at hand as split by open-numbers (codes in lower case, fixed
//! columns dropped), so the real figures are first put back into the form of the API's CSV.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wsis_model::pipeline::Pipeline;
use wsis_model::status::ObsStatus;
use wsis_sources::ContentKind::Csv;

use crate::fixture::{Kept, decode, pipeline, series, shared};

const FIXED: &str = "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,\
                     TimePeriod,Value,Time_Detail,TimeCoverage,UpperBound,LowerBound,BasePeriod,\
                     Source,GeoInfoUrl,FootNote";

/// Columns of the copy and what the API calls them.
const NAMES: [(&str, &str); 8] = [
    ("sex", "Sex"),
    ("age", "Age"),
    ("nature", "Nature"),
    ("units", "Units"),
    ("type_of_skill", "Type of skill"),
    ("type_of_speed", "Type of speed"),
    ("education_level", "Education level"),
    ("disability_status", "Disability status"),
];

/// The code as the API writes it: upper case, and what the copy cut off restored.
fn code(name: &str, text: &str) -> String {
    match (name, text) {
        ("age", "15" | "25") => format!("{text}+"),
        ("age", text) => text.replace('_', "-"),
        (_, "t") => "_T".to_owned(),
        (_, text) => text.to_uppercase(),
    }
}

fn api_csv(copy: &str) -> String {
    let mut lines = copy.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let value = header.len() - 1;
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (area, year) = (place("geo_area"), place("year"));
    let others: Vec<usize> = (0..value).filter(|at| *at != area && *at != year).collect();
    let mut out = FIXED.to_owned();
    for at in &others {
        let (_, name) = NAMES.iter().find(|(copy, _)| *copy == header[*at]).unwrap();
        write!(out, ",[{name}]").unwrap();
    }
    for cells in lines {
        let series = header[value].to_uppercase();
        write!(out, "\n,,,{series},,{},,{},{},,,,,,,,", cells[area], cells[year], cells[value])
            .unwrap();
        for at in &others {
            write!(out, ",{}", code(header[*at], cells[*at])).unwrap();
        }
    }
    out + "\n"
}

fn sdg() -> Pipeline {
    let declared = [
        ("IT_USE_ii99", "PER_100_POP"),
        ("IT_MOB_2GNTWK", "PERCENT"),
        ("IT_MOB_3GNTWK", "PERCENT"),
        ("IT_MOB_4GNTWK", "PERCENT"),
        ("IT_MOB_OWN", "PERCENT"),
        ("IT_NET_BBN", "NUMBER"),
        ("IT_NET_BBP", "PER_100_POP"),
        ("SE_ADT_ACTS", "PERCENT"),
        ("GB_XPD_RSDV", "PERCENT"),
        ("SE_TOT_GPI", "RATIO"),
        ("SE_TOT_PRFL", "PERCENT"),
        ("SE_TOT_RUPI", "RATIO"),
        ("SE_TOT_SESPI", "RATIO"),
        ("SL_TLF_UEM", "PERCENT"),
        ("SL_TLF_UEMDIS", "PERCENT"),
    ];
    let percent = |unit: &str| (unit == "PERCENT").then_some((0.0, 100.0));
    let list = declared.into_iter().map(|(code, unit)| series(code, unit, percent(unit)));
    pipeline("unsd", list.collect())
}

fn file(name: &str) -> Option<Kept> {
    let body = shared(&format!("unsd-sdg/ddf-2020/ddf--datapoints--{name}.csv"))?;
    Some(decode(&sdg(), Csv, api_csv(&String::from_utf8(body).unwrap()).as_bytes()))
}

const ACTS: &str = "se_adt_acts--by--geo_area--nature--sex--type_of_skill--units--year";

/// Name, rows, and values above 100 per cent, counted with Python's `csv`.
const FILES: [(&str, usize, usize); 15] = [
    ("gb_xpd_rsdv--by--geo_area--nature--units--year", 2_173, 0),
    // Saint Lucia 2016 and 2018.
    ("it_mob_2gntwk--by--geo_area--nature--units--year", 3_179, 2),
    ("it_mob_3gntwk--by--geo_area--nature--units--year", 1_791, 0),
    ("it_mob_4gntwk--by--geo_area--nature--units--year", 1_233, 0),
    // Costa Rica 2016, all three; men in South Africa 2015.
    ("it_mob_own--by--geo_area--nature--sex--units--year", 589, 4),
    ("it_net_bbn--by--geo_area--nature--type_of_speed--units--year", 6_750, 0),
    ("it_net_bbp--by--geo_area--nature--type_of_speed--units--year", 6_748, 0),
    ("it_use_ii99--by--geo_area--nature--units--year", 4_436, 0),
    (ACTS, 4_795, 0),
    ("se_tot_gpi--by--education_level--geo_area--nature--type_of_skill--units--year", 1_411, 0),
    (
        "se_tot_prfl--by--education_level--geo_area--nature--sex--type_of_skill--units--year",
        3_989,
        0,
    ),
    ("se_tot_rupi--by--education_level--geo_area--nature--type_of_skill--units--year", 930, 0),
    ("se_tot_sespi--by--education_level--geo_area--nature--type_of_skill--units--year", 1_193, 0),
    ("sl_tlf_uem--by--age--geo_area--nature--sex--units--year", 18_277, 0),
    ("sl_tlf_uemdis--by--disability_status--geo_area--nature--sex--units--year", 1_134, 0),
];

#[test]
fn every_row_is_accounted_for_and_every_key_is_its_own() {
    for (name, rows, above) in FILES {
        let Some(kept) = file(name) else { return };
        assert_eq!(kept.counts(), [rows, rows - above, above, 0], "{name}: {:?}", kept.rejected);
        assert!(kept.reasons().keys().all(|reason| *reason == "out_of_range"));
        let keys: BTreeSet<_> = kept
            .rows
            .iter()
            .map(|r| (&r.area, r.year, &r.sex, &r.age, &r.location, &r.dimensions))
            .collect();
        assert_eq!(keys.len(), kept.rows.len(), "{name}: two values on one key");
    }
}

#[test]
fn without_its_dimensions_a_series_has_many_values_on_one_key() {
    let Some(kept) = file(ACTS) else { return };
    let plain: BTreeSet<_> = kept.rows.iter().map(|r| (&r.area, r.year)).collect();
    assert!(plain.len() * 5 < kept.rows.len(), "{} {}", plain.len(), kept.rows.len());
}

#[test]
fn ten_values_by_hand() {
    let expected = [
        (7, "KEN", 2016, "_T", "", 16.6),
        (7, "KEN", 2017, "_T", "", 17.827),
        (1, "AFG", 2018, "_T", "", 90.0),
        (1, "KEN", 2016, "_T", "", 94.4),
        (3, "NAM", 2018, "_T", "", 39.0),
        (4, "KEN", 2015, "M", "", 45.9679),
        (4, "ZAF", 2015, "F", "", 65.619_79),
        (5, "KEN", 2018, "_T", "Type of speed=ANYS", 371_498.0),
        (5, "KEN", 2018, "_T", "Type of speed=256KT2MBPS", 97_752.0),
        (8, "DZA", 2018, "F", "Type of skill=CMFL", 15.8734),
        (8, "BRA", 2018, "_T", "Type of skill=PCPR", 2.8063),
    ];
    for (at, area, year, sex, dimensions, value) in expected {
        let Some(kept) = file(FILES[at].0) else { return };
        let found: Vec<_> = kept
            .rows
            .iter()
            .filter(|r| r.area == area && r.year == year && r.sex == sex)
            .filter(|r| r.dimensions == dimensions)
            .map(|r| r.value)
            .collect();
        assert_eq!(found, [Some(value)], "{area} {year} {sex} {dimensions}");
    }
}

#[test]
fn the_33_column_form() {
    let Some(body) = shared("unsd-sdg/observations_AG_FOOD_WST.first-rows.csv") else { return };
    let pipeline = pipeline("unsd", vec![series("AG_FOOD_WST", "TONNES", None)]);
    let kept = decode(&pipeline, Csv, &body);
    assert_eq!(kept.counts(), [4, 4, 0, 0]);
    let found: Vec<_> = kept
        .rows
        .iter()
        .map(|r| (r.area.as_str(), r.year, r.value.unwrap(), r.dimensions.as_str(), r.status))
        .collect();
    let households = "FOOD_WASTE_SECTOR=FWS_HHS";
    assert_eq!(
        found,
        [
            ("M49:001", 2019, 930_863_853.957_16, "", ObsStatus::Normal),
            ("M49:002", 2019, 200_407_208.749_1, "", ObsStatus::Normal),
            ("AFG", 2019, 4_755_917.642_24, "", ObsStatus::Estimated),
            ("M49:001", 2019, 569_007_855.953_3, households, ObsStatus::Normal),
        ]
    );
    assert_eq!(kept.rows[2].footnote.as_deref(), Some("Very Low Confidence"));
    assert_eq!(kept.rows[0].flag.as_deref(), Some("N"));
}
