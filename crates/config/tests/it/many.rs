//! Files of many faults: told in a time that grows with the file, not with its square (X18).

use std::fmt::Write as _;

use wsis_config::{Origin, SourceText, check};

/// Line and column of each fault of a deployment.
fn places(workspace: &str, pipeline: Option<&str>) -> Vec<(usize, usize, String)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("workspace.toml"), workspace).unwrap();
    if let Some(text) = pipeline {
        std::fs::create_dir(folder.path().join("pipelines")).unwrap();
        std::fs::write(folder.path().join("pipelines/p.toml"), text).unwrap();
    }
    let found = check(Origin::Folder(folder.path()), &|_| None).findings;
    found.into_iter().map(|it| (it.line, it.column, it.message)).collect()
}

#[test]
fn trial_x18_each_of_many_faults_has_its_place() {
    let mut text = "version = 1\n".to_owned();
    for at in 0..20_000 {
        writeln!(text, "key{at} = 1").unwrap();
    }
    let found = places(&text, None);
    assert!(found.iter().any(|it| (it.0, it.1) == (20_001, 1)), "{:?}", found.last());
}

#[test]
fn trial_x18_a_calendar_of_too_many_dates_is_refused() {
    let mut dates = String::new();
    for at in 0..10_001 {
        write!(dates, "\"{:04}-01-01\", ", 2000 + at % 8000).unwrap();
    }
    let pipeline = format!("id = \"p\"\n[schedule]\ncalendar = [{dates}]\n");
    let found = places("version = 1\n", Some(&pipeline));
    assert!(!found.iter().any(|it| it.2.contains("stands twice")), "it was read to its end");
}

#[test]
fn trial_x18_a_place_is_line_and_character() {
    let source = SourceText::new("a.toml", "é = 1\n\nb = \"ü\" # x");
    for (byte, place) in [
        (0, (1, 1)),
        (1, (1, 1)),
        (2, (1, 2)),
        (6, (1, 6)),
        (7, (2, 1)),
        (8, (3, 1)),
        (15, (3, 7)),
        (999, (3, 12)),
    ] {
        assert_eq!(source.position(byte), place, "byte {byte}");
    }
}
