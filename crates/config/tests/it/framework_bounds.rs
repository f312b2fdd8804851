//! A framework file that nobody wrote by hand: it is refused in words, at once.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use wsis_config::framework::{LEVELS_MAX, parse};
use wsis_config::{Deployment, blocks};

use crate::framework_bad::GOOD;
use crate::spoilt;

/// What is found in a file, and how long that took.
fn found(text: &str) -> (String, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("small.toml");
    std::fs::write(&file, text).unwrap();
    let deployment = Deployment::embedded().unwrap();
    let begun = Instant::now();
    let read = deployment.framework_file(&file);
    (blocks(&read.findings), begun.elapsed())
}

/// 240 kB of faults took 45 seconds and printed 21 MB.
#[test]
fn trial_p333_ten_thousand_faults_are_told_as_two_hundred() {
    let mut text = GOOD.to_owned();
    for _ in 0..10_000 {
        text.push_str("\n[[indicator]]\ncode = 5\n");
    }
    let (told, took) = found(&text);
    assert!(told.len() < 400_000, "{} bytes", told.len());
    assert!(told.contains("200 faults and more; the others are not told"), "{told:.2000}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let long = format!("{GOOD}\n{} = 1\n", "k".repeat(3_000_000));
    let (told, _) = found(&long);
    assert!(told.len() < 10_000, "{} bytes: {told:.500}", told.len());
}

#[test]
fn trial_p333_nodes_below_each_other_and_huge_weights_are_refused() {
    let mut chain = spoilt(GOOD, r#"children = ["price", "users"]"#, r#"children = ["n0"]"#);
    for at in 0..LEVELS_MAX {
        let below = if at + 1 == LEVELS_MAX {
            r#""price", "users""#.to_owned()
        } else {
            format!("\"n{}\"", at + 1)
        };
        write!(chain, "\n[[node]]\ncode = \"n{at}\"\ntitle = \"N\"\nchildren = [{below}]\n")
            .unwrap();
    }
    let errors = parse("small.toml", &chain).unwrap_err();
    assert!(errors[0].message.contains("more than 32 levels below a reported node"), "{errors:?}");
    let mut wide = GOOD.to_owned();
    for at in 0..1_001 {
        write!(wide, "\n[[node]]\ncode = \"n{at}\"\ntitle = \"N\"\nchildren = []\n").unwrap();
    }
    let errors = parse("small.toml", &wide).unwrap_err();
    assert!(errors[0].hint.contains("1000 nodes at most"), "{errors:?}");
    let heavy = spoilt(
        GOOD,
        "weights = { pillar = 2, speed = 1 }",
        "weights = { pillar = 1e308, speed = 1e308 }",
    );
    let errors = parse("small.toml", &heavy).unwrap_err();
    assert!(errors[0].message.contains("weight of `pillar` is 1e308"), "{errors:?}");
}

#[test]
fn trial_p334_hidden_characters_in_a_text_are_refused() {
    for (escape, code) in [("\\u001b[31m", "U+001B"), ("\\u202e", "U+202E"), ("\\u0000", "U+0000")]
    {
        let text = spoilt(GOOD, r#"title = "Users""#, &format!("title = \"Us{escape}ers\""));
        let (told, _) = found(&text);
        assert!(told.contains(&format!("`title` has the hidden character {code}")), "{told}");
        // As one of a deployment, too.
        let errors = parse("small.toml", &text).unwrap_err();
        assert!(errors[0].message.contains(code), "{errors:?}");
    }
    let fine = spoilt(GOOD, r#"title = "Users""#, "title = \"Usagers\\tà الإنترنت\"");
    assert_eq!(found(&fine).0.matches("hidden").count(), 0);
}
