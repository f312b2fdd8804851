//! Frameworks that are views of the indicators of the Action Lines, and those of the targets of others.

use std::sync::LazyLock;

use wsis_config::Deployment;
use wsis_model::framework::{Framework, Indicator, Status};

static DEPLOYMENT: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::embedded().unwrap_or_else(|errors| panic!("{errors}")));

fn framework(id: &str) -> Framework {
    DEPLOYMENT.framework(id).unwrap_or_else(|| panic!("no {id}")).clone()
}

fn target(it: &Indicator) -> Option<(f64, i32, f64, bool)> {
    let target = it.target.as_ref()?;
    Some((target.value, target.year, target.met_value(), target.provenance.verified))
}

/// A goalpost that is mended in one file and not in another would make two indices of one indicator.
#[test]
fn trial_p251_views_have_the_indicators_of_the_action_lines_word_for_word() {
    let lines = framework("wsis-action-lines");
    for (id, counts) in [("sdg", (20, 42)), ("gdc", (5, 29))] {
        let view = framework(id);
        assert_eq!((view.nodes.len(), view.indicators.len()), counts, "{id}");
        assert_eq!(
            (view.version.as_str(), &view.windows),
            (lines.version.as_str(), &lines.windows)
        );
        for it in &view.indicators {
            assert_eq!(Some(it), lines.indicator(&it.code), "{id}: {}", it.code);
        }
    }
    // An indicator stands under the target that its source names.
    for node in &framework("sdg").nodes {
        let of = node.code.strip_prefix("SDG-").unwrap();
        let context = node.line.iter().flat_map(|line| &line.context);
        for code in node.children.iter().map(|child| &child.code).chain(context) {
            let source = &lines.indicator(code).unwrap().provenance.source;
            assert!(source.contains(&format!(" {of}.")), "{}: {code}: {source}", node.code);
        }
    }
    // An objective has the scored indicators of the lines that serve it first.
    for node in &framework("gdc").nodes {
        let objective: u8 = node.code.strip_prefix("GDC-").unwrap().parse().unwrap();
        for line in &lines.nodes {
            let serves =
                |it: &wsis_model::framework::GdcLink| (it.objective, it.strength) == (objective, 2);
            let facts = line.line.as_ref().unwrap();
            if facts.gdc.iter().any(serves) {
                assert!(node.title.contains(&line.code), "{}: {}", node.title, line.code);
                let all = line
                    .children
                    .iter()
                    .all(|child| node.children.iter().any(|here| here.code == child.code));
                assert!(all, "{}: {}", node.code, line.code);
            }
        }
    }
}

/// The targets of ITU and the Tech Envoy, as ITU's report has them; what stands in no text that was read says so.
#[test]
fn trial_p249_targets_of_meaningful_connectivity_say_what_was_read() {
    let umc = framework("umc");
    assert_eq!(umc.reported.len(), 6);
    assert!(!umc.provenance.verified, "the target document was not read");
    for (code, expected) in [
        ("internet-users", (100.0, 2030, 95.0, true)),
        ("households-internet", (100.0, 2030, 95.0, true)),
        ("mobile-ownership", (100.0, 2030, 95.0, true)),
        ("ict-skill-basic", (70.0, 2030, 70.0, true)),
        ("ict-skill-standard", (50.0, 2030, 50.0, false)),
        ("fixed-broadband-price", (2.0, 2030, 2.0, true)),
        ("mobile-basket-price", (2.0, 2030, 2.0, true)),
        ("coverage-4g", (100.0, 2030, 99.0, false)),
    ] {
        assert_eq!(target(umc.indicator(code).unwrap()), Some(expected), "{code}");
    }
    let scored: usize = umc.nodes.iter().map(|node| node.children.len()).sum();
    assert_eq!(scored, 9);
}

/// Of the Decision nothing was read in its text: every target says so, whoever agreed to it.
#[test]
fn trial_p250_targets_of_the_digital_decade_are_second_hand_and_say_so() {
    let decade = framework("digital-decade");
    let targets: Vec<_> = decade.indicators.iter().filter_map(|it| it.target.as_ref()).collect();
    assert_eq!(targets.len(), 10);
    for it in &targets {
        assert_eq!((it.year, it.provenance.verified), (2030, false));
        // Agreed by the Union for its members, and by nobody else.
        assert_eq!(it.provenance.status, Status::Facilitator);
        assert!(it.provenance.source.contains("of nobody else"), "{}", it.provenance.source);
        assert!(it.value < 100.0 || it.met_from.is_some(), "from where all of a whole is met");
        assert!(it.provenance.source.contains("2022/2481"), "{}", it.provenance.source);
    }
    let of = |code: &str| target(decade.indicator(code).unwrap()).unwrap().0;
    assert_eq!(
        [of("dd-basic-skills"), of("dd-cloud"), of("dd-sme"), of("coverage-5g")],
        [80.0, 75.0, 90.0, 100.0]
    );
    // A count of the whole Union is no target of an economy.
    assert_eq!(target(decade.indicator("ict-employment").unwrap()), None);
}
