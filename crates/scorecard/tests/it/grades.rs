//! Who is graded: nobody for what this project did not ask for or left out of a sample.

use wsis_model::area::{AreaList, GroupKind};
use wsis_model::framework::Framework;
use wsis_scorecard::Grade;

use crate::fixture::{areas, framework, indicator, memberships, node};
use crate::scenarios::{WINDOW, card};

/// C2 with two series, C7-eenv with one.
fn two_lines() -> Framework {
    let leaves = ["a", "b", "waste"].map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let nodes = vec![node("C2", &["a", "b"]), node("C7-eenv", &["waste"])];
    framework(leaves, nodes, &["C2", "C7-eenv"])
}

/// AAA and BBB are member States, ATA is not.
fn world() -> AreaList {
    let member = |code| (GroupKind::Universe, "member State", code, Some(1945), None);
    let spells = memberships(&[member("AAA"), member("BBB")]);
    areas(["AAA", "ATA", "BBB"]).with_memberships(spells)
}

/// 187 States had "E", the worst grade, on lines of which nothing was asked or loaded.
#[test]
fn trial_grade_e_was_given_to_states_that_nobody_asked() {
    let shown = card(&two_lines(), &world(), &[("a", "AAA", 2020, 50.0), ("b", "AAA", 2020, 60.0)]);
    let grade = |line, area| {
        let row = shown.line_score(line, area, WINDOW).unwrap();
        (row.grade, row.grade_reason.clone())
    };
    assert_eq!(grade("C2", "AAA"), (Some(Grade::A), None));
    // A State without figures on a line that others have figures on: no data, which is a grade.
    assert_eq!(grade("C2", "BBB"), (Some(Grade::E), None));
    // Antarctica had "E 0 %".
    let why = "none of its series has an observation of this area";
    assert_eq!(grade("C2", "ATA"), (None, Some(why.to_owned())));
    let why = "no figure of any of its series is in the lake";
    for area in ["AAA", "ATA", "BBB"] {
        assert_eq!(grade("C7-eenv", area), (None, Some(why.to_owned())), "{area}");
    }
}

/// What a sample leaves out says nothing of a State: no grade, also where others have one.
#[test]
fn trial_grade_e_was_given_for_what_a_sample_left_out() {
    let mut shown =
        card(&two_lines(), &world(), &[("a", "AAA", 2020, 50.0), ("b", "AAA", 2020, 60.0)]);
    shown.of_a_sample("not in the sample", |_, _| false);
    let grade = |line, area| {
        let row = shown.line_score(line, area, WINDOW).unwrap();
        (row.grade, row.grade_reason.clone().unwrap_or_default())
    };
    assert_eq!(grade("C2", "AAA"), (Some(Grade::A), String::new()));
    assert_eq!(grade("C2", "BBB"), (None, "not in the sample for this area".to_owned()));
    assert_eq!(grade("C7-eenv", "AAA"), (None, "not in the sample".to_owned()));
}

/// A missing grade is null in the published table, beside its reason, never a letter.
#[test]
fn trial_a_grade_that_there_is_not_is_null_with_its_reason_in_the_table() {
    use arrow::array::{Array as _, AsArray as _};
    let shown = card(&two_lines(), &world(), &[("a", "AAA", 2020, 50.0)]);
    let tables = shown.to_batches().unwrap();
    let table = tables.iter().find(|table| table.name == "line_scores").unwrap();
    let column = |name: &str| table.batch.column_by_name(name).unwrap().as_string::<i32>().clone();
    let (grade, reason) = (column("grade"), column("grade_reason"));
    assert_eq!(grade.len(), 6);
    for row in 0..grade.len() {
        assert_ne!(grade.is_null(row), reason.is_null(row), "row {row}");
    }
    assert_eq!(grade.null_count(), 4, "C7-eenv of all three, C2 of the area that is no State");
}
