//! Properties over generated input.

use proptest::prelude::*;
use wsis_model::area::normalise_name;
use wsis_model::payload::RawId;
use wsis_model::period::{Told, YEAR_RANGE, parse};

proptest! {
    #[test]
    fn any_text_is_classified_without_panic(text in "\\PC{0,12}") {
        if let Told::Year(year) = parse(&text) {
            prop_assert_eq!(text.trim(), year.to_string());
            prop_assert!(YEAR_RANGE.contains(&year));
        }
    }

    #[test]
    fn four_digits_are_a_year_exactly_within_range(year in 0_i32..=9999) {
        let expected = if YEAR_RANGE.contains(&year) { Told::Year(year) } else { Told::Invalid };
        prop_assert_eq!(parse(&format!(" {year:04} ")), expected);
    }

    #[test]
    fn a_year_with_more_digits_is_never_a_year(year in 1900_u32..=2100, digit in 0_u32..=9) {
        prop_assert_eq!(parse(&format!("{year}{digit}")), Told::Invalid);
    }

    #[test]
    fn sub_annual_periods_are_told_by_name(
        year in YEAR_RANGE,
        part in "(-Q[1-4]|-M(0[1-9]|1[0-2])|-S[12]|-T[1-3]|-W(0[1-9]|[1-4][0-9])|-D(00[1-9]|[123][0-5][0-9])|-(0[1-9]|1[0-2])|-(0[1-9]|1[0-2])-[0-2][1-9]|Q[1-4]|M(0[1-9]|1[0-2]))",
    ) {
        prop_assert_eq!(parse(&format!("{year}{part}")), Told::OtherFrequency);
    }

    #[test]
    fn raw_id_text_round_trips(digest in any::<[u8; 32]>()) {
        let id = RawId::from_digest(digest);
        let text = id.to_string();
        prop_assert_eq!(text.len(), 64);
        prop_assert_eq!(text.parse::<RawId>().unwrap(), id);
        prop_assert_eq!(text.to_uppercase().parse::<RawId>().unwrap(), id);
        prop_assert_eq!(id.as_bytes(), &digest);
    }

    #[test]
    fn raw_id_refuses_other_text(text in "\\PC{0,80}") {
        let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<RawId>().is_ok(), is_digest);
    }

    #[test]
    fn name_form_is_stable_and_free_of_double_spaces(text in "\\PC{0,40}") {
        let once = normalise_name(&text);
        prop_assert!(!once.contains("  "));
        prop_assert_eq!(once.trim(), once.as_str());
        let spaced = text.replace(' ', " \t ");
        prop_assert_eq!(normalise_name(&spaced), once);
    }
}

#[test]
fn raw_id_is_the_digest_sha256sum_prints() {
    // FIPS 180-2 appendix B.1.
    assert_eq!(
        RawId::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
