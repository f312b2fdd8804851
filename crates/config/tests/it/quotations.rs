//! What is put in quotation marks is what the consultation's document says, word for word.
//!
//! The document itself may not be carried here. `quotations.tsv` holds the quoted passages with the
//! line of the document's text at which each begins; where the document is at hand, the passages
//! are looked up in it.

use std::path::PathBuf;

use wsis_config::framework::parse;
use wsis_model::framework::{Claim, Framework};

const PASSAGES: &str = include_str!("quotations.tsv");

const DOCUMENT: &str = "seed/wsis20-open-consultation-outcomes.txt";

/// A quoted passage with its place.
struct Passage {
    line: &'static str,
    kind: &'static str,
    at: usize,
    words: &'static str,
}

fn passages() -> Vec<Passage> {
    let rows = PASSAGES.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [line, kind, at, words] = cells[..] else { panic!("{row:?}") };
        Passage { line, kind, at: at.parse().unwrap(), words }
    });
    rows.collect()
}

fn lines() -> Framework {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas/framework/wsis-action-lines.toml");
    let text = std::fs::read_to_string(file).unwrap();
    parse("wsis-action-lines.toml", &text).unwrap()
}

fn claims(framework: &Framework) -> Vec<(&str, &Claim)> {
    let facts = framework.nodes.iter().filter_map(|node| Some((node, node.line.as_ref()?)));
    let claims =
        facts.flat_map(|(node, line)| line.claims.iter().map(|one| (node.code.as_str(), one)));
    let mut all: Vec<_> = claims.collect();
    let place = |code: &str| framework.reported.iter().position(|line| line == code);
    all.sort_by_key(|(code, _)| place(code));
    all
}

#[test]
fn trial_a13_every_quotation_is_a_passage_of_the_document() {
    let framework = lines();
    let quoted = claims(&framework);
    let passages = passages();
    assert_eq!((quoted.len(), passages.len()), (108, 108));
    for ((line, claim), passage) in quoted.iter().zip(&passages) {
        let words = claim.scanned.as_ref().unwrap_or(&claim.text);
        assert_eq!(
            (*line, claim.kind.as_str(), words.as_str()),
            (passage.line, passage.kind, passage.words)
        );
    }
    // Only errors of the scan are mended, each in brackets.
    let mended: Vec<&str> = quoted
        .iter()
        .filter(|(_, claim)| claim.scanned.is_some())
        .map(|(_, claim)| claim.text.as_str())
        .collect();
    assert_eq!(mended.len(), 6, "{mended:?}");
    assert!(mended.iter().all(|text| text.contains("[AI]") || text.contains("[guidelines]")));
}

/// Against the document: each passage begins at its line and goes on word for word.
#[test]
fn trial_a13_the_passages_stand_in_the_document() {
    let Some(file) = wsis_reference::shared(DOCUMENT) else { return };
    let document = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = document.split('\n').collect();
    for passage in passages() {
        // A passage may go on over the next line, in other spaces than ours.
        let from = passage.at - 1;
        let text = lines[from..lines.len().min(from + 3)].join(" ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.trim_start_matches(['-', '·', ' ']);
        assert!(
            text.starts_with(passage.words),
            "{}: {:?} is not {text:?}",
            passage.at,
            passage.words
        );
    }
}

#[test]
fn trial_a13_lines_without_a_heading_say_that_the_attribution_is_ours() {
    let framework = lines();
    let note = |code: &str| {
        let facts = framework.node(code).unwrap().line.clone().unwrap();
        (facts.achievements_note, facts.challenges_note)
    };
    for code in ["C4", "C7-ebiz", "C7-eenv", "C9", "C11"] {
        assert!(note(code).1.starts_with("No heading"), "{code}: {:?}", note(code));
    }
    // The text sets these apart from the heading of their line.
    for code in ["C1", "C2", "C3", "C7-eemp"] {
        assert!(note(code).1.contains("read from their order"), "{code}: {:?}", note(code));
    }
    assert_eq!(note("C5"), (String::new(), String::new()));
    let facts = framework.node("C5").unwrap().line.clone().unwrap();
    assert!(facts.claims_source.unwrap().source.contains("Open Consultation Process Outcomes"));
    assert!(facts.claims_caveat.contains("about half of the submissions from Western Europe"));
}

#[test]
fn trial_a13_facilitators_show_what_the_documents_say() {
    let framework = lines();
    let of = |code: &str| framework.node(code).unwrap().line.clone().unwrap().facilitators;
    let applications: Vec<&String> =
        framework.reported.iter().filter(|code| code.starts_with("C7-")).collect();
    assert_eq!(applications.len(), 8);
    for code in applications {
        let itu: Vec<_> = of(code).into_iter().filter(|who| who.agency == "ITU").collect();
        assert_eq!(itu.len(), 1, "{code}");
        assert_eq!(itu[0].role, "co-facilitator", "{code}");
        assert!(itu[0].provenance.source.contains("805043d0"), "{code}");
    }
    // Two documents, two roles: both are shown.
    let roles: Vec<String> =
        of("C4").into_iter().filter(|who| who.agency == "ITU").map(|who| who.role).collect();
    assert_eq!(roles, ["lead", "co-facilitator"]);
    assert!(of("C6").iter().any(|who| who.agency == "ITU" && who.note.contains("temporary")));
    // What was read only in part is not verified: today that is every one.
    for code in &framework.reported {
        for who in of(code) {
            assert!(!who.provenance.verified, "{code} {}", who.agency);
            assert_eq!(who.provenance.source.contains("2017"), who.as_of == Some(2017), "{code}");
        }
    }
    let facts = framework.node("C1").unwrap().line.clone().unwrap();
    let source = facts.facilitators_source.unwrap().source;
    assert!(source.contains("indicative and non-exhaustive"), "{source}");
}

#[test]
fn trial_a13_a_quotation_that_was_altered_is_refused() {
    let with = |claim: &str| {
        let text = std::fs::read_to_string(
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("../../schemas/framework/wsis-action-lines.toml"),
        )
        .unwrap();
        let honest =
            r#"text = "[AI] and data ethics concerns.", scanned = "Al and data ethics concerns.""#;
        assert!(text.contains(honest));
        parse("lines.toml", &text.replace(honest, claim)).map(|_| ())
    };
    assert!(
        with(
            r#"text = "[AI] and data ethics concerns.", scanned = "Al and data ethics concerns.""#
        )
        .is_ok()
    );
    for altered in [
        r#"text = "AI and data ethics concerns.", scanned = "Al and data ethics concerns.""#,
        r#"text = "[AI] & data ethics concerns.", scanned = "Al and data ethics concerns.""#,
        r#"text = "[AI] and data ethics concerns.""#,
        r#"text = "[AI and data ethics concerns.", scanned = "Al and data ethics concerns.""#,
        r#"text = "[New] Al and data ethics concerns.", scanned = "Al and data ethics concerns.""#,
    ] {
        let errors = with(altered).unwrap_err();
        assert!(errors[0].to_string().contains("word for word"), "{altered}: {}", errors[0]);
    }
}
