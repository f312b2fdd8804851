//! `wsis submit`: a file by hand, shown before it is taken, and answered for by a person.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::program::{Run, deployment, edit, wsis};

const PIPELINE: &str = r#"
id = "agency"
title = "An agency's figures"
agency = "worldbank"
source = "file"
dataset = "AGENCY"
folder = "inbox"
homepage = "https://example.org"
licence = "CC BY 4.0"
citation = "The agency"
years = [2020, 2030]

[gates]
changed_share_max = 0.5

[mapping.columns]
area = "iso3"
year = "year"

[[file]]
path = "figures-*.csv"
format = "csv"

[[series]]
code = "SCORE"
title = "Score"
unit = "INDEX"
column = "score"
range = [0, 100]
"#;

const FIRST: &str = "iso3,year,score\nNAM,2022,40\nNAM,2023,41\nKEN,2023,50\nEST,2023,90\n";
/// One figure is revised, one is new, one no longer given; one lies outside the range.
const SECOND: &str =
    "iso3,year,score\nNAM,2022,40\nNAM,2023,45.5\nKEN,2023,50\nKEN,2024,51\nEST,2024,910\n";

/// A deployment with that pipeline, and its folder.
pub(crate) fn agency() -> tempfile::TempDir {
    let folder = deployment();
    std::fs::write(folder.path().join("pipelines/agency.toml"), PIPELINE).unwrap();
    std::fs::create_dir(folder.path().join("inbox")).unwrap();
    folder
}

pub(crate) fn ingest(root: &Path) -> Value {
    wsis(root, &["ingest", "agency", "--format", "json"]).json()[0].clone()
}

pub(crate) fn sql(root: &Path, query: &str) -> Vec<Value> {
    let run = wsis(root, &["sql", query, "--format", "json"]).assert_code(0);
    run.json()["rows"].as_array().unwrap().clone()
}

/// Every file of a folder with its length, without the locks of pipelines.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                todo.push(path);
            } else if !name.starts_with("state/") && name != "lock" {
                found.push((name, entry.metadata().unwrap().len()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn trial_p73_the_newest_file_of_a_folder_stands_in_the_place_of_those_before_it() {
    let folder = agency();
    let root = folder.path();
    let run = ingest(root);
    assert_eq!(
        (&run["outcome"], &run["cause"]),
        (&"failed".into(), &"source_down".into()),
        "{run}"
    );
    assert!(run["error"].as_str().unwrap().contains("figures-*.csv"), "{run}");
    std::fs::write(root.join("inbox/figures-2023.csv"), FIRST).unwrap();
    // What is under way or of another name is passed over.
    std::fs::write(root.join("inbox/figures-2024.csv.part"), SECOND).unwrap();
    std::fs::write(root.join("inbox/.figures-2025.csv"), SECOND).unwrap();
    let run = ingest(root);
    assert_eq!((&run["outcome"], &run["new"]), (&"committed".into(), &4.into()), "{run}");
    assert_eq!(ingest(root)["outcome"], "unchanged");
    std::fs::write(root.join("inbox/figures-2024.csv"), SECOND).unwrap();
    let held = ingest(root);
    assert_eq!(held["outcome"], "held", "one of five records is set aside: {held}");
    edit(
        &root.join("pipelines/agency.toml"),
        "[gates]",
        "[gates]\nquarantined_share_max = 0.5\nwithdrawn_share_max = 0.5\nvanished_share_max = 1.0",
    );
    let run = ingest(root);
    let counts = (&run["new"], &run["changed"], &run["withdrawn"], &run["quarantined"]);
    assert_eq!(counts, (&1.into(), &1.into(), &1.into(), &1.into()), "{run}");
    // The archive alone gives the same again.
    let replay = wsis(root, &["ingest", "agency", "--offline", "--format", "json"]).assert_code(0);
    assert_eq!(replay.json()[0]["outcome"], "unchanged", "{}", replay.stdout);
    wsis(root, &["verify"]).assert_code(0);
}

#[test]
fn trial_p73_all_files_of_a_folder_are_read_where_the_pipeline_says_so() {
    let folder = agency();
    let root = folder.path();
    edit(
        &root.join("pipelines/agency.toml"),
        "folder = \"inbox\"",
        "folder = \"inbox\"\ntake = \"all\"",
    );
    std::fs::write(root.join("inbox/figures-a.csv"), "iso3,year,score\nNAM,2022,40\n").unwrap();
    std::fs::write(root.join("inbox/figures-b.csv"), "iso3,year,score\nKEN,2022,50\n").unwrap();
    let run = ingest(root);
    assert_eq!((&run["new"], &run["payloads"]), (&2.into(), &2.into()), "{run}");
    let replay = wsis(root, &["ingest", "agency", "--offline", "--format", "json"]).assert_code(0);
    assert_eq!(replay.json()[0]["outcome"], "unchanged", "{}", replay.stdout);
}

#[test]
fn trial_p71_a_file_is_shown_before_it_is_taken_and_nothing_is_written() {
    let folder = agency();
    let root = folder.path();
    std::fs::write(root.join("first.csv"), FIRST).unwrap();
    std::fs::write(root.join("second.csv"), SECOND).unwrap();
    // Without any lake none is made.
    let words = ["submit", "agency", "first.csv", "--format", "json"];
    let seen = wsis(root, &words).assert_code(0).json();
    assert_eq!(seen["series"]["SCORE"]["new"], 4, "{seen}");
    assert!(!root.join("lake").exists());
    let taken = ["submit", "agency", "first.csv", "--accept", "A. Person", "--because", "by mail"];
    wsis(root, &taken).assert_code(0);
    let before = files(&root.join("lake"));
    let run = wsis(root, &["submit", "agency", "second.csv", "--format", "json"]).assert_code(1);
    let seen = run.json();
    assert_eq!(seen["outcome"], "held", "{seen}");
    let score = &seen["series"]["SCORE"];
    let counts = (&score["new"], &score["changed"], &score["withdrawn"]);
    assert_eq!(counts, (&1.into(), &1.into(), &1.into()), "{seen}");
    let largest = &score["largest"][0];
    assert_eq!(
        (&largest["ref_area"], &largest["before"]["value"], &largest["after"]["value"]),
        (&"NAM".into(), &"41".into(), &"45.5".into())
    );
    assert_eq!(seen["quarantined_by_reason"]["out_of_range"], 1);
    assert_eq!(files(&root.join("lake")), before, "a look at a file wrote something");
    let table = wsis(root, &["submit", "agency", "second.csv"]).assert_code(1);
    assert!(table.stdout.contains("NAM 2023: 41 to 45.5"), "{}", table.stdout);
    assert!(table.stderr.contains("nothing was written"), "{}", table.stderr);
}

#[test]
fn trial_p72_who_took_a_file_over_and_why_stand_with_the_run_and_in_the_archive() {
    let folder = agency();
    let root = folder.path();
    std::fs::write(root.join("first.csv"), FIRST).unwrap();
    let take = |more: &[&str]| -> Run {
        let words = ["submit", "agency", "first.csv", "--accept", "A. Person", "--because"];
        wsis(root, &[&words[..], more].concat())
    };
    // A name without a reason is nobody who answers for it.
    wsis(root, &["submit", "agency", "first.csv", "--accept", "A. Person"]).assert_code(2);
    assert!(take(&[" "]).assert_code(2).stderr.contains("--because"));
    let run = take(&["service down since 3 May", "--format", "json"]).assert_code(0).json();
    assert_eq!((&run[0]["outcome"], &run[0]["new"]), (&"committed".into(), &4.into()), "{run}");
    let told = run[0]["findings"].to_string();
    assert!(told.contains("A. Person: service down since 3 May"), "{told}");
    let id = run[0]["run"].as_str().unwrap();
    let kept = wsis(root, &["runs", id, "--format", "json"]).assert_code(0).stdout;
    assert!(kept.contains("A. Person: service down since 3 May"), "{kept}");
    let meta = walk(&root.join("lake/raw/meta"));
    assert!(meta.contains(r#""handed_in":{"file":"first.csv","by":"A. Person""#), "{meta}");
    // The very file again changes nothing, and is told so.
    let again = take(&["once more", "--format", "json"]).assert_code(0).json();
    assert_eq!(again[0]["outcome"], "unchanged", "{again}");
    let rows = sql(
        root,
        "SELECT ref_area, value FROM observations_latest WHERE dataset = 'AGENCY' ORDER BY 1, 2",
    );
    assert_eq!(rows.len(), 4, "{rows:?}");
    wsis(root, &["verify"]).assert_code(0);
}

/// The texts of all files below a folder.
fn walk(folder: &Path) -> String {
    let mut found = String::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn trial_p71_a_gate_holds_a_file_by_hand_unless_the_person_says_so() {
    let folder = agency();
    let root = folder.path();
    for (name, text) in [("first.csv", FIRST), ("second.csv", SECOND)] {
        std::fs::write(root.join(name), text).unwrap();
    }
    let take = |file: &str, more: &[&str]| {
        let words =
            ["submit", "agency", file, "--accept", "A", "--because", "b", "--format", "json"];
        wsis(root, &[&words[..], more].concat())
    };
    take("first.csv", &[]).assert_code(0);
    let held = take("second.csv", &[]).assert_code(1);
    assert_eq!(held.json()[0]["outcome"], "held", "{}", held.stdout);
    let past = take("second.csv", &["--past-gates"]).assert_code(0);
    assert_eq!(past.json()[0]["outcome"], "committed", "{}", past.stdout);
}

/// A file of a service that is down, and what it makes of the scores.
#[test]
fn trial_p71_scores_and_classes_that_a_file_would_change_are_shown() {
    let folder = deployment();
    let root = folder.path();
    let header = "Survey Year,Country Name,E-Government Rank,E-Government Index,E-Participation Index,\
        Online Service Index,Human Capital Index,Telecommunication Infrastructure Index\n";
    for (year, by) in [(2020, 0.0), (2024, 0.1)] {
        let mut text = header.to_owned();
        for (at, name) in ["Kenya", "Namibia", "Estonia", "Chile", "Japan"].iter().enumerate() {
            let value = 0.3 + by + 0.1 * f64::from(u8::try_from(at).unwrap());
            let rank = at + 1;
            writeln!(
                text,
                "{year},{name},{rank},{value:.4},{value:.4},{value:.4},{value:.4},{value:.4}"
            )
            .unwrap();
        }
        std::fs::write(root.join(format!("EGOV_DATA_{year}.csv")), text).unwrap();
    }
    let gates = root.join("pipelines/undesa-egdi.toml");
    let text = std::fs::read_to_string(&gates).unwrap();
    let rows_min = text.lines().find(|line| line.starts_with("rows_min")).unwrap().to_owned();
    edit(&gates, &rows_min, "rows_min = 1");
    let paths: Vec<&str> = text.lines().filter(|line| line.starts_with("path = ")).collect();
    let of = |year: &str| {
        let line = paths.iter().find(|line| line.contains(year)).unwrap();
        line.trim_start_matches("path = ").trim_matches('"').to_owned()
    };
    let first = [
        "submit",
        "undesa-egdi",
        "EGOV_DATA_2020.csv",
        "--as",
        &of("2020"),
        "--accept",
        "A",
        "--because",
        "b",
    ];
    wsis(root, &first).assert_code(0);
    let words =
        ["submit", "undesa-egdi", "EGOV_DATA_2024.csv", "--as", &of("2024"), "--format", "json"];
    let seen = wsis(root, &words).assert_code(0).json();
    assert_eq!(seen["series"]["EGDI"]["new"], 5, "{seen}");
    let lines = seen["lines"].as_array().unwrap();
    let line = lines.iter().find(|it| it["line"] == "C7-egov").unwrap_or_else(|| panic!("{seen}"));
    assert!(line["scores"].as_u64().unwrap() >= 5, "{line}");
    // Several files are declared: which one is meant is not guessed.
    std::fs::write(root.join("table.csv"), "x").unwrap();
    let unsure = wsis(root, &["submit", "undesa-egdi", "table.csv"]).assert_code(2);
    assert!(unsure.stderr.contains("--as"), "{}", unsure.stderr);
}

/// What a run found stood in JSON alone, before somebody took it over.
#[test]
fn trial_p289_a_look_at_a_held_run_tells_what_was_found_in_it() {
    let folder = agency();
    let root = folder.path();
    let file = root.join("inbox/figures-2023.csv");
    std::fs::write(&file, FIRST).unwrap();
    ingest(root);
    // A column that the mapping does not name, and a record outside the range.
    let more = SECOND.replace("score\n", "score,remark\n").replace("41\n", "41,seen\n");
    std::fs::write(&file, more).unwrap();
    let held = ingest(root);
    assert_eq!(held["outcome"], "held", "{held}");
    let run = held["run"].as_str().unwrap();
    let seen = wsis(root, &["accept", run, "--format", "json"]).assert_code(0).json();
    let findings = seen["now"]["findings"].as_array().unwrap().clone();
    assert!(findings.iter().any(|it| it.as_str().unwrap().contains("remark")), "{findings:?}");
    let told = wsis(root, &["accept", run]).assert_code(0).stderr;
    for finding in findings {
        assert!(told.contains(finding.as_str().unwrap()), "{finding} is not in {told}");
    }
}
