//! Figures as printed.

use wsis_report::number::{
    count, decimals_of, fixed, mark_texts, percent, pixel, plain, round_marks, short, signed,
};

#[test]
fn three_significant_digits() {
    let cases = [
        (87.4321, "87.4"),
        (5.234, "5.23"),
        (0.712_34, "0.712"),
        (0.071_234, "0.071"),
        (100.0, "100"),
        (99.96, "100"),
        (9.996, "10.0"),
        (123.4, "123"),
        (12_345.0, "12\u{202F}300"),
        (1_000_000.0, "1\u{202F}000\u{202F}000"),
        (0.0, "0"),
        (-3.21, "\u{2212}3.21"),
    ];
    for (value, shown) in cases {
        assert_eq!(short(value), shown, "{value}");
    }
}

#[test]
fn what_is_not_a_number_gives_no_digits() {
    assert_eq!(short(f64::NAN), "");
    assert_eq!(fixed(f64::INFINITY, 1), "");
}

#[test]
fn signs_of_changes() {
    assert_eq!(signed(4.25, 1), "+4.2");
    assert_eq!(signed(-4.0, 1), "\u{2212}4.0");
    assert_eq!(signed(-0.04, 1), "0.0", "no minus before nothing");
    assert_eq!(signed(0.04, 1), "0.0", "no plus before nothing");
}

#[test]
fn shares_are_never_rounded_to_all_or_nothing() {
    assert_eq!(percent(1.0), "100\u{A0}%");
    assert_eq!(percent(0.999), "over 99\u{A0}%");
    assert_eq!(percent(0.001), "under 1\u{A0}%");
    assert_eq!(percent(0.0), "0\u{A0}%");
    assert_eq!(percent(1.0 / 3.0), "33\u{A0}%");
}

/// Marks at 37, 68.5 and 100 were the ends of the data and their middle.
#[test]
fn trial_n6_marks_of_an_axis_are_round_and_alike() {
    let marks = |lo, hi| mark_texts(&round_marks(lo, hi));
    assert_eq!(marks(0.0, 100.0), ["0", "25", "50", "75", "100"]);
    assert_eq!(marks(0.0, 1.0), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
    assert_eq!(marks(37.2, 100.0), ["20", "40", "60", "80", "100"]);
    assert_eq!(marks(0.0, 1_200_000.0), ["0.0\u{A0}M", "0.5\u{A0}M", "1.0\u{A0}M", "1.5\u{A0}M"]);
    assert_eq!(marks(5.0, 5.0).len(), 5, "an empty range is widened");
    assert_eq!(decimals_of([87.43, 9.5, 0.31]), 1);
    assert_eq!(decimals_of([100.0, 99.4]), 1);
    assert_eq!(decimals_of([0.712, 0.05]), 3);
    assert_eq!(decimals_of([12_300.0, 4.0]), 0);
}

#[test]
fn round_numbers_stay_round() {
    assert_eq!(plain(20.0), "20");
    assert_eq!(plain(0.25), "0.25");
    assert_eq!(count(1_234), "1234");
    assert_eq!(count(12_345), "12\u{202F}345");
    assert_eq!(pixel(f64::NAN), 0);
    assert_eq!(pixel(1e300), 10_000);
}
