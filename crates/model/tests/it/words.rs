//! What the words of the domain decide, by values: each of these could be turned round without a test of
//! this crate taking notice.

use wsis_model::area::{Alias, AreaList, GroupKind, Membership, Standing};
use wsis_model::framework::{MetFrom, Provenance, Sampling, SeriesRef, Status, Target};
use wsis_model::mapping::Columns;
use wsis_model::period::Period;
use wsis_model::pipeline::{Basis, Format, Gates, KeyPlace, Pipeline, Series, Undeclared};
use wsis_model::rules::{ClassRule, Share};

use crate::AREAS;

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, {expected} expected");
}

/// By hand: 1,000 people with a design effect of 2 are 500, with one "yes" and one "no" more 502.
#[test]
fn a_sampling_error_is_that_of_shares_with_two_answers_more() {
    let survey =
        Sampling { sample: 1_000, design_effect: 2.0, source: String::new(), verified: true };
    // 196 x sqrt(2 x 0.25 / 502).
    close(survey.error(50.0, 50.0, 1.96), 6.185_705_150_358_47);
    // 101 and 501 of 502.
    close(survey.error(20.0, 100.0, 1.96), 3.528_604_765_283_499);
}

#[test]
fn a_series_is_labelled_by_what_tells_it_from_its_siblings() {
    let series = |sex: &str, age: &str, dimensions: &str| SeriesRef {
        source: "s".to_owned(),
        dataset: "d".to_owned(),
        series_code: "IT_MOB_OWN".to_owned(),
        sex: sex.to_owned(),
        age: age.to_owned(),
        location: "_T".to_owned(),
        dimensions: dimensions.to_owned(),
    };
    assert_eq!(series("_T", "", "").label(), "IT_MOB_OWN");
    assert_eq!(series("F", "_T", "").label(), "IT_MOB_OWN sex=F");
    assert_eq!(series("F", "Y15T24", "SKILL=AB").label(), "IT_MOB_OWN sex=F age=Y15T24 SKILL=AB");
}

#[test]
fn only_a_leap_year_has_a_366th_day() {
    let last = |text: &str| text.parse::<Period>().unwrap();
    let (common, leap) = (last("2023-12-31"), last("2024-12-31"));
    assert_eq!(Period::from_number(leap.number()), Some(leap));
    assert_eq!(Period::from_number(common.number()), Some(common));
    assert_eq!(Period::from_number(common.number() + 1), None);
}

#[test]
fn codes_of_a_basis_and_formats_that_name_their_parts() {
    assert_eq!(Basis::from_code("announced"), Some(Basis::Announced));
    assert_eq!(Basis::from_code("assumed"), Some(Basis::Assumed));
    assert_eq!(Basis::from_code("Announced"), None);
    for format in [Format::Csv, Format::Xlsx, Format::Ods, Format::Json, Format::Tsv] {
        assert!(!format.names_its_parts(), "{}", format.code());
    }
    assert!(Format::SdmxCsv.names_its_parts() && Format::EurostatTsv.names_its_parts());
}

#[test]
fn a_change_is_stagnant_in_hundredths_of_full_marks() {
    let share = Share::new(1, 2).unwrap();
    let rule = ClassRule {
        on_track: 1.0,
        moderate: 0.5,
        limited: 0.0,
        ratio_decimals: 4,
        stagnant_below: 1.5,
        met_tolerance: 0.0,
        standard_errors: 1.96,
        min_target_share: share,
    };
    close(rule.stagnant(100.0), 1.5);
    close(rule.stagnant(1.0), 0.015);
    assert_eq!(rule.stagnant_words(), "1.5 points");
}

/// Where no membership of the United Nations is declared every economy counts as a member.
#[test]
fn memberships_of_other_groups_make_nobody_an_outsider() {
    let spell = |kind, group: &str, area: &str| Membership {
        kind,
        group: group.to_owned(),
        area: area.to_owned(),
        from: None,
        to: None,
    };
    let list = AreaList::new(AREAS.areas().to_vec(), Vec::new()).unwrap();
    let kenya = AREAS.get("KEN").unwrap();
    let income = spell(GroupKind::Income, "Low income", "KEN");
    let some = list.clone().with_memberships(vec![income.clone()]);
    assert_eq!(some.standing(kenya, 2025), Standing::Member);
    let brazil = spell(GroupKind::Universe, "member State", "BRA");
    let declared = list.with_memberships(vec![income, brazil]);
    assert_eq!(declared.standing(kenya, 2025), Standing::Other);
    assert_eq!(declared.standing(AREAS.get("BRA").unwrap(), 2025), Standing::Member);
}

/// A delivery is read again when a name that was unknown is known, and not when a file was sorted.
#[test]
fn the_fingerprint_of_a_list_is_of_its_aliases_in_any_order() {
    let alias = |text: &str| Alias {
        source: "*".to_owned(),
        text: text.to_owned(),
        area: "KEN".to_owned(),
    };
    let of = |texts: &[&str]| {
        let aliases = texts.iter().map(|text| alias(text)).collect();
        AreaList::new(AREAS.areas().to_vec(), aliases).unwrap().fingerprint()
    };
    assert_eq!(of(&["KE", "Kenya"]), of(&["Kenya", "KE"]));
    assert_ne!(of(&["KE", "Kenya"]), of(&["KE"]));
    assert_eq!(of(&[]).len(), 64);
}

#[test]
fn a_series_of_a_pipeline_is_found_by_its_code_in_any_case() {
    let text = || String::from("x");
    let pipeline = Pipeline {
        id: text(),
        title: text(),
        agency: text(),
        source: text(),
        dataset: text(),
        base_url: text(),
        folder: None,
        schedule: None,
        release: None,
        database: None,
        years: (2000, 2025),
        page_size: 1,
        series: vec![Series { code: "SE_ADT".to_owned(), ..Series::default() }],
        files: Vec::new(),
        mapping: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates::OPEN,
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 1,
        licence: text(),
        citation: text(),
        homepage: text(),
    };
    assert_eq!(pipeline.series("se_adt").map(|it| it.code.as_str()), Some("SE_ADT"));
    assert_eq!(pipeline.series("SE_OTHER"), None);
}

#[test]
fn the_headings_of_a_mapping_are_named_by_their_parts() {
    let columns = Columns {
        value: Some("OBS_VALUE".to_owned()),
        area: Some("geo".to_owned()),
        ..Columns::default()
    };
    let named: Vec<_> = columns.named().collect();
    assert_eq!(named, [("area", "geo"), ("value", "OBS_VALUE")]);
}

/// 95 of 100 % by the practice of ITU: what counts as met is not the target.
#[test]
fn a_target_counts_as_met_from_where_its_practice_says() {
    let provenance =
        Provenance { status: Status::Proposed, source: String::new(), verified: false };
    let met = MetFrom { value: 95.0, source: "ITU".to_owned(), verified: true };
    let mut target = Target { value: 100.0, year: 2030, met_from: None, provenance };
    close(target.met_value(), 100.0);
    target.met_from = Some(met);
    close(target.met_value(), 95.0);
}
