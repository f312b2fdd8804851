//! Formulas of spreadsheets.

use proptest::prelude::*;
use wsis_model::spreadsheet::{guarded, is_formula};

/// The examples of OWASP's page on CSV injection, and figures that must stay figures.
#[test]
fn trial_x17_what_begins_a_formula_is_prefixed_and_numbers_are_not() {
    for formula in [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+cmd|' /C calc'!A0",
        "-1+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\nx",
        "  =1+1",
        "＝1+1",
        "＠SUM(A1)",
        "-inf",
        "+nan",
        "-",
        "--1",
    ] {
        assert_eq!(guarded(formula), format!("'{formula}"), "{formula:?}");
    }
    for text in ["", "-2.7", "+3", "-1.5e-3", "0", "Côte d'Ivoire", "a=b", "'x", "2020-01-01", " "]
    {
        assert_eq!(guarded(text), text, "{text:?}");
    }
}

proptest! {
    /// Whatever comes out begins no formula, and holds the whole text.
    #[test]
    fn trial_x17_nothing_that_comes_out_is_a_formula(text in "[=+@\t\r\n '＝0-9a-z.-]{0,8}") {
        let out = guarded(&text);
        prop_assert!(!is_formula(&out) && out.ends_with(&text), "{out:?}");
    }
}
