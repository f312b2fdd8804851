//! A class that rests on a proposed or unverified target says so (docs/adr/0005).

use arrow::array::{Array, AsArray};
use wsis_model::framework::{Framework, Provenance, Status, Window};
use wsis_scorecard::{Class, Scorecard, explain, score};

use crate::fixture::{areas, framework, house, indicator, node, panel, with_target};
use crate::scenarios::{WINDOW, card, full, pair};

/// What the class of a line rests on.
const ALONE: &str = "rests on 1 of 1 indicator: A 40 to 60 (2015 to 2020)";
const PROPOSED: &str = "target proposed by this project, not agreed; target unverified";

/// The pair, with the target of `a` proposed and unverified, that of `b` set by a facilitator.
fn mixed() -> Framework {
    let mut pair = pair();
    let target = pair.indicators[0].target.as_mut().unwrap();
    target.provenance =
        Provenance { status: Status::Proposed, source: "ours".into(), verified: false };
    pair
}

fn only_a() -> Framework {
    let mut alone = mixed();
    alone.nodes = vec![node("C1", &["a"])];
    alone.reported = vec!["C1".into()];
    alone
}

/// 4 points a year where (90 - 40) / 15 were asked.
const PACE: &str = "120 % of the pace asked: mean score of those with a target 40.0 to 60.0, \
                    90.0 asked by 2030";

fn scored(framework: &Framework) -> Scorecard {
    card(framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]))
}

#[test]
fn a_class_on_a_proposed_target_says_so() {
    let card = scored(&only_a());
    let row = &card.line_scores[0];
    assert_eq!(row.class, Class::OnTrack);
    assert_eq!(row.class_reason, Some(format!("{PACE}; {PROPOSED}; {ALONE}")));
    assert_eq!(row.class_test.as_deref(), Some(PACE));
    assert_eq!((row.target_status, row.target_verified), (Some("proposed"), Some(false)));
    let a = card.indicator_score("a", "AAA", WINDOW).unwrap();
    let own = "120 % of the pace asked: 40 in 2015 to 60 in 2020 is +4 a year, +3.33 a year asked for 90 by 2030";
    assert_eq!(a.class_reason, Some(format!("{own}; {PROPOSED}")));
    assert_eq!((a.target_status, a.target_verified), (Some("proposed"), Some(false)));
    let b = card.indicator_score("b", "AAA", WINDOW).unwrap();
    let own = "100 % of the pace asked: 10 in 2015 to 6 in 2020 is -0.8 a year, -0.8 a year asked for 2 by 2025";
    assert_eq!((b.class_reason.as_deref(), b.target_status), (Some(own), Some("facilitator")));
}

#[test]
fn a_line_counts_its_proposed_targets() {
    let card = scored(&mixed());
    let row = &card.line_scores[0];
    let words = "133 % of the pace asked: mean score of those with a target 45.0 to 65.0, 90.0 asked by 2030; \
                 1 of 2 targets proposed by this project, not agreed; 1 of 2 targets unverified; \
                 rests on 2 of 2 indicators: A 40 to 60 (2015 to 2020), B 10 to 6 (2015 to 2020)";
    assert_eq!(row.class_reason.as_deref(), Some(words));
    let line = &card.lines[0];
    assert_eq!(
        (line.targets, line.target_status, line.target_verified),
        (2, Some("proposed"), Some(false))
    );
    let listed = &card.indicators[0];
    assert_eq!((listed.target_status, listed.target_verified), (Some("proposed"), Some(false)));
    assert_eq!((listed.goalpost_status, listed.goalpost_verified), (Some("proposed"), Some(true)));
}

#[test]
fn no_class_no_caution() {
    let framework = only_a();
    let card = card(&framework, &areas(["AAA"]), &[("a", "AAA", 2020, 60.0)]);
    let row = &card.line_scores[0];
    assert_eq!(row.class, Class::NotAssessable);
    assert_eq!(row.class_reason.as_deref(), Some("no baseline within 2013 to 2017"));
    // Without a target there is no status either.
    let bare = framework_without_target();
    let card = scored(&bare);
    assert_eq!((card.line_scores[0].target_status, card.lines[0].targets), (None, 0));
}

fn framework_without_target() -> Framework {
    let leaves =
        vec![indicator("a", 0.0, 100.0), with_target(indicator("b", 20.0, 0.0), 2.0, 2025)];
    framework(leaves, vec![node("C2", &["a"])], &["C2"])
}

#[test]
fn explain_carries_who_set_target_and_goalposts() {
    let (framework, list) = (only_a(), areas(["AAA"]));
    let panel = panel(&framework, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let card = score(house(&framework), &panel, &list);
    let window = Window { start: WINDOW.0, end: WINDOW.1 };
    let why = explain(house(&framework), &card, &panel, "C1", "AAA", window).unwrap();
    assert_eq!(why.score.class_reason, Some(format!("{PACE}; {PROPOSED}; {ALONE}")));
    let facts = why.tree.children[0].indicator.as_ref().unwrap();
    assert_eq!((facts.target, facts.target_year), (Some(90.0), Some(2030)));
    assert_eq!(
        (facts.target_status, facts.target_source.as_deref(), facts.target_verified),
        (Some("proposed"), Some("ours"), Some(false))
    );
    assert_eq!(
        (facts.goalpost_status, facts.status, facts.verified),
        (Some("proposed"), "proposed", true)
    );
}

#[test]
fn the_tables_keep_their_written_contracts() {
    let tables = scored(&mixed()).to_batches().unwrap();
    let contracts = wsis_config::tables::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    for table in &tables {
        let contract = contracts.iter().find(|contract| contract.name == table.name).unwrap();
        let schema = table.batch.schema();
        let columns = schema.fields().iter().map(|field| {
            (field.name().as_str(), field.data_type().to_string(), field.is_nullable())
        });
        assert_eq!(contract.differences(columns), Vec::<String>::new(), "{}", table.name);
        assert_eq!(contract.key, table.sort, "{}", table.name);
    }
    let lines = tables.iter().find(|table| table.name == "line_scores").unwrap();
    let status = lines.batch.column_by_name("target_status").unwrap().as_string::<i32>();
    let verified = lines.batch.column_by_name("target_verified").unwrap().as_boolean();
    assert_eq!(
        (status.value(0), verified.is_valid(0), verified.value(0)),
        ("proposed", true, false)
    );
}

/// No line is allowed to hide that it rests on a proposal (docs/adr/0005). The relative indices
/// of C1 and C7-egov have no target at all (docs/adr/0008).
#[test]
fn lines_of_the_real_framework_that_rest_on_proposals() {
    let deployment = wsis_config::Deployment::embedded().unwrap();
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let card = card(framework, &deployment.areas, &[]);
    let statuses: Vec<(&str, u32, Option<&str>, Option<bool>)> = card
        .lines
        .iter()
        .filter(|line| line.targets > 0)
        .map(|line| (line.line.as_str(), line.targets, line.target_status, line.target_verified))
        .collect();
    let proposed = Some("proposed");
    assert_eq!(
        statuses,
        [
            ("C2", 2, proposed, Some(false)),
            ("C3", 3, proposed, Some(true)),
            ("C4", 2, proposed, Some(false)),
            ("C7-ebiz", 2, proposed, Some(true)),
            ("C7-elearn", 2, proposed, Some(false)),
            // What was set for the world, held against an economy (P80): e-waste; radio and television
            // of the Geneva Plan of Action, paragraph 6.
            ("C7-eenv", 1, proposed, Some(false)),
            ("C9", 2, proposed, Some(true)),
        ]
    );
}
