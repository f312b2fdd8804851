//! Reasons in cells: as numbered notes that are there on paper, for a finger and for a keyboard; and
//! each once where many cells share it.

use std::collections::BTreeMap;

use wsis_report::css::sheet;
use wsis_report::render;

use crate::html::{Part, all, element, read, text};
use crate::inputs::{Figure, report_of};

/// Kenya has 4G and nothing to compare it with; Nepal has all of C2; no one has a figure of C9.
const FIGURES: [Figure<'_>; 9] = [
    ("coverage-3g", "KEN", 2022, 30.0),
    ("coverage-3g", "KEN", 2024, 40.0),
    ("coverage-4g", "KEN", 2024, 40.0),
    ("fixed-broadband", "KEN", 2024, 10.0),
    ("coverage-3g", "NPL", 2020, 60.0),
    ("coverage-3g", "NPL", 2024, 80.0),
    ("coverage-4g", "NPL", 2020, 60.0),
    ("coverage-4g", "NPL", 2024, 80.0),
    ("fixed-broadband", "NPL", 2024, 10.0),
];

/// Texts of the notes of some parts, by id.
fn notes(parts: &[Part]) -> BTreeMap<String, String> {
    let of_lists = all(parts, "li").filter_map(|(at, attributes)| {
        let id = attributes.get("id")?.clone();
        let Part::Text(text) = parts.get(at + 1)? else { return None };
        Some((id, text.clone()))
    });
    of_lists.collect()
}

/// "not measurable" and "not ranked" on paper: why, was in a tooltip.
#[test]
fn trial_p54_no_reason_stands_in_a_tooltip_alone() {
    let html = render(&report_of(&FIGURES, (2020, 2025)));
    let parts = read(&html);
    for (_, attributes) in all(&parts, "span") {
        let is_absent = attributes.get("class").is_some_and(|class| class == "na" || class == "un");
        assert!(!(is_absent && attributes.contains_key("title")), "{attributes:?}");
    }
    let found = notes(&parts);
    let links = all(&parts, "a").filter_map(|(_, it)| it["href"].strip_prefix('#'));
    let targets: Vec<&str> = links.filter(|id| id.contains("-n-")).collect();
    assert!(!targets.is_empty());
    for target in &targets {
        assert!(found.contains_key(*target), "no note {target}");
    }
    // On the line and in the profile: the reason itself, and the cell that points to it.
    for part in ["C2", "e-KEN"] {
        let said = text(element(&parts, part));
        assert!(said.contains("span of 2 years (2022 to 2024)"), "{said}");
        assert!(said.contains("not measurable"), "{said}");
    }
    let own = notes(element(&parts, "C2"));
    assert!(own.keys().any(|id| targets.contains(&id.as_str())), "{own:?}");
    // A list that is not printed would not help: what is hidden on paper hides no note.
    assert!(!sheet().contains(".notes{display:none"));
}

/// The same sentence as the reason of a change, of a class and in a tooltip, in one row.
#[test]
fn trial_p55_a_reason_stands_once_in_a_profile() {
    let parts = read(&render(&report_of(&FIGURES, (2020, 2025))));
    for economy in ["e-KEN", "e-NPL"] {
        let place = element(&parts, economy);
        let lists = all(place, "li").filter_map(|(at, _)| match place.get(at + 1) {
            Some(Part::Text(text)) => Some(text.clone()),
            _ => None,
        });
        let mut texts: Vec<String> = lists.collect();
        let all = texts.len();
        assert!(all > 0, "{texts:?}");
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), all, "{texts:?}");
        let said = text(place);
        for note in texts {
            // A short one may be part of a longer one; a sentence is not.
            let times = said.matches(&note).count();
            assert!(note.len() < 60 || times == 1, "{note:?} in {said}");
        }
    }
}

/// Nine lines that nobody has a score on were a row in each of two hundred profiles.
#[test]
fn trial_p55_what_holds_for_every_economy_is_said_once() {
    let parts = read(&render(&report_of(&FIGURES, (2020, 2025))));
    let profiles = text(element(&parts, "profiles"));
    assert!(profiles.contains("lines no economy has a score in this window"), "{profiles}");
    let kenya = element(&parts, "e-KEN");
    let links: Vec<_> = all(kenya, "a").filter_map(|(_, it)| it.get("href")).collect();
    assert!(links.iter().any(|link| *link == "#C2"), "{links:?}");
    assert!(!links.iter().any(|link| *link == "#C9"), "{links:?}");
    // Indicators without a value are named by reason, not in a row each.
    let rows = all(kenya, "tr").count();
    assert!(rows < 12, "{rows} rows");
}

/// "target proposed" was all that stood beside the class of an indicator.
#[test]
fn trial_p50_the_report_says_the_test_of_an_indicator() {
    let parts = read(&render(&report_of(&FIGURES, (2020, 2025))));
    let nepal = text(element(&parts, "e-NPL"));
    let test = "128 % of the pace asked: 60 in 2020 to 80 in 2024 is +5 a year, +3.9 a year asked \
                for 99 by 2030";
    assert!(nepal.contains(test), "{nepal}");
}
