//! Disparities: figures of SDG 5.b.1 as UNSD published them, then what is withheld.

use wsis_model::framework::{Framework, Indicator, SeriesRef};
use wsis_scorecard::Scorecard;
use wsis_scorecard::result::DisparityRow;

use crate::fixture::{areas, close, framework, indicator, node};
use crate::scenarios::card;

fn of_sex(code: &str, sex: &str) -> Indicator {
    let series = SeriesRef {
        source: "unsd".into(),
        dataset: "SDG".into(),
        series_code: "IT_MOB_OWN".into(),
        sex: sex.into(),
        age: "_T".into(),
        location: "_T".into(),
        dimensions: String::new(),
    };
    Indicator { series: Some(series), ..indicator(code, 0.0, 100.0) }
}

fn by_sex() -> Framework {
    let leaves = vec![of_sex("men", "M"), of_sex("total", "_T"), of_sex("women", "F")];
    framework(leaves, vec![node("C3", &["men", "total", "women"])], &["C3"])
}

/// Owners of a mobile telephone, % (UNSD, SDG database, `IT_MOB_OWN`): Colombia, Algeria, Angola.
const OWNERS: [(&str, &str, i32, f64); 8] = [
    ("women", "COL", 2015, 72.81828),
    ("men", "COL", 2015, 70.08439),
    ("women", "COL", 2018, 73.33209),
    ("men", "COL", 2018, 70.94716),
    ("women", "DZA", 2018, 83.0695),
    ("men", "DZA", 2018, 92.62223),
    ("women", "AGO", 2014, 79.80268),
    ("men", "AGO", 2014, 77.61143),
];

fn row<'c>(card: &'c Scorecard, kind: &str, area: &str) -> Option<&'c DisparityRow> {
    card.disparities.iter().find(|row| (row.area_kind.as_str(), row.area.as_str()) == (kind, area))
}

#[test]
fn trial_p222_women_and_men_of_one_series_and_year() {
    let card = card(&by_sex(), &areas(["AGO", "COL", "DZA"]), &OWNERS);
    let colombia = row(&card, "economy", "COL").unwrap();
    let named = (colombia.indicator.as_str(), colombia.reference_indicator.as_str());
    assert_eq!((named, colombia.dimension), (("women", "men"), "sex"));
    assert_eq!((colombia.year_start, colombia.year), (Some(2015), Some(2018)));
    close(colombia.gap, Some(2.38493), 1e-9, "gap");
    close(colombia.ratio, Some(1.033_615_580_948), 1e-9, "parity index");
    close(colombia.gap_start, Some(2.73389), 1e-9, "gap of 2015");
    close(colombia.gap_change, Some(-0.34896), 1e-9, "change of the gap");
    let algeria = row(&card, "economy", "DZA").unwrap();
    close(algeria.gap, Some(-9.55273), 1e-9, "gap");
    assert_eq!(algeria.gap_change, None);
    let why = "no earlier year from 2013 to 2017 has both values";
    assert_eq!(algeria.reason.as_deref(), Some(why));
    // Figures of 2014 are too old for 2020.
    assert!(row(&card, "economy", "AGO").is_none());
    let world = row(&card, "world", "World").unwrap();
    close(world.gap, Some(f64::midpoint(2.38493, -9.55273)), 1e-9, "median of two");
    assert_eq!((world.members, world.members_matched), (Some(3), Some(2)));
    assert_eq!(world.status, Some("published"));
}

#[test]
fn trial_p223_values_of_two_years_and_a_reference_of_0_give_no_figure() {
    let cells = [
        ("women", "COL", 2018, 73.0),
        ("men", "COL", 2017, 70.0),
        ("women", "DZA", 2018, 5.0),
        ("men", "DZA", 2018, 0.0),
    ];
    let card = card(&by_sex(), &areas(["AGO", "COL", "DZA", "XXA", "XXB"]), &cells);
    let two_years = row(&card, "economy", "COL").unwrap();
    assert_eq!((two_years.year, two_years.gap, two_years.ratio), (None, None, None));
    let why = "no year from 2015 to 2020 has both values";
    assert_eq!(two_years.reason.as_deref(), Some(why));
    let zero = row(&card, "economy", "DZA").unwrap();
    assert_eq!((zero.gap, zero.ratio), (Some(5.0), None));
    // One reason does not take the place of the other.
    let why = "no earlier year from 2013 to 2017 has both values; no ratio: the value of M is not above 0";
    assert_eq!(zero.reason.as_deref(), Some(why));
    let world = row(&card, "world", "World").unwrap();
    assert_eq!((world.gap, world.ratio, world.status), (None, None, Some("withheld")));
    let why = "1 of 5 members have both values of one year";
    assert_eq!(world.reason.as_deref(), Some(why));
}
