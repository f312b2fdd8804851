//! Integration tests of the configuration.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod bad_rules;
mod embedded;
mod house_numbers;
mod key_place;
mod live;
mod many;
mod passed_over;
mod places;
mod providers;
mod rule_book;
mod schedule;
mod tables;
mod when;
mod zones;

mod framework_bad;
mod framework_data;
mod framework_trial;
mod quotations;

/// A good text with one passage spoilt, the first one of its kind; there must be one.
pub(crate) fn spoilt(good: &str, from: &str, to: &str) -> String {
    assert!(good.contains(from), "there is no {from:?} to be replaced");
    good.replacen(from, to, 1)
}
