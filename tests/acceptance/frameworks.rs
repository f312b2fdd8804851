//! Frameworks listed, shown, checked by themselves, and held against each other before one is published.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{DEMO, deployment, edit, wsis};

const WINDOW: [&str; 2] = ["--window", "2015-2020"];

/// A copy of a framework of the repository, in a folder of its own.
fn draft(id: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/framework");
    let file = folder.path().join("draft.toml");
    std::fs::copy(from.join(format!("{id}.toml")), &file).unwrap();
    (folder, file)
}

fn diff(arguments: &[&str]) -> Value {
    let words = [&["framework", "diff"][..], arguments, &WINDOW, &["--format", "json"]].concat();
    DEMO.wsis(&words).assert_code(0).json()
}

fn line<'a>(found: &'a Value, code: &str) -> &'a Value {
    let lines = found["lines"].as_array().unwrap();
    lines.iter().find(|it| it["line"] == code).unwrap_or_else(|| panic!("no line {code}"))
}

/// The repository has eighteen lines in `wsis-action-lines`, and one in `hdi` with four indicators (UNDP).
#[test]
fn trial_p241_frameworks_are_listed_and_shown() {
    let all = DEMO.wsis(&["framework", "list", "--format", "json"]).assert_code(0).json();
    let of = |id: &str| {
        let all = all.as_array().unwrap();
        all.iter().find(|it| it["framework"] == id).cloned().unwrap_or_else(|| panic!("no {id}"))
    };
    assert_eq!(
        (&of("wsis-action-lines")["lines"], &of("hdi")["indicators"]),
        (&18.into(), &4.into())
    );
    assert_eq!(of("hdi")["status"], "facilitator");
    let table = DEMO.wsis(&["framework", "list"]).assert_code(0).stdout;
    assert!(table.contains("idi-2024") && table.contains("verified"), "{table}");
    // UNDP's goalposts of life expectancy: 20 and 85 years.
    let shown = DEMO.wsis(&["framework", "show", "hdi", "--format", "json"]).assert_code(0).json();
    let tree = shown["tree"].as_array().unwrap();
    let life = tree.iter().find(|it| it["code"] == "life-expectancy").unwrap();
    assert_eq!((&life["lo"], &life["hi"]), (&20.0.into(), &85.0.into()));
    assert_eq!(tree[0]["code"], "hdi");
    assert_eq!((&tree[0]["level"], &tree[0]["parent"]), (&0.into(), &Value::Null));
    let csv = DEMO.wsis(&["framework", "show", "hdi", "--format", "csv"]).assert_code(0).stdout;
    assert_eq!(csv.lines().count(), 1 + tree.len());
    let table = DEMO.wsis(&["framework", "show", "hdi"]).assert_code(0);
    assert!(table.stdout.contains(". "), "{}", table.stdout);
    assert!(table.stderr.contains("source: "), "{}", table.stderr);
    let wrong = DEMO.wsis(&["framework", "show", "hdy"]).assert_code(2);
    assert!(wrong.stderr.contains("did you mean `hdi`?"), "{}", wrong.stderr);
}

/// Every fault of form with its line, where the loader stops at the first; then every fault of the values.
#[test]
fn trial_p242_a_framework_file_is_checked_by_itself_with_every_error() {
    let (folder, file) = draft("hdi");
    let good = wsis(folder.path(), &["framework", "check", "draft.toml"]).assert_code(0);
    assert!(good.stdout.contains("checked: hdi"), "{}", good.stdout);
    assert!(good.stdout.contains("has the same id"), "{}", good.stdout);
    edit(&file, "lo = 20", "low = 20");
    edit(&file, "direction = \"up\"", "direction = \"upp\"");
    edit(&file, "[scale]", "[scale]\nfull = 3");
    let run = wsis(folder.path(), &["framework", "check", "draft.toml", "--format", "json"]);
    let found = run.assert_code(2).json();
    let found = found["findings"].as_array().unwrap();
    let lines: Vec<u64> = found.iter().filter_map(|it| it["line"].as_u64()).collect();
    assert!(found.len() >= 4, "{found:?}");
    assert!(lines.iter().all(|line| *line > 0) && lines.is_sorted(), "{lines:?}");
    let told = |what: &str| found.iter().any(|it| it["message"].as_str().unwrap().contains(what));
    assert!(told("unknown field `low`") && told("`lo` is missing") && told("`full`"), "{found:?}");
    let table = wsis(folder.path(), &["framework", "check", "draft.toml"]).assert_code(2);
    assert!(table.stdout.contains("draft.toml:"), "{}", table.stdout);

    let (folder, file) = draft("hdi");
    edit(&file, "lo = 20", "lo = 85");
    edit(&file, "windows = [", "windows = [\"2020-2010\", ");
    let run = wsis(folder.path(), &["framework", "check", "draft.toml"]).assert_code(2);
    assert!(run.stdout.contains("lo = hi = 85"), "{}", run.stdout);
    assert!(run.stdout.contains("window `2020-2010`"), "{}", run.stdout);
    for (name, why) in [("none.toml", "there is no such file"), (".", "a folder")] {
        let run = wsis(folder.path(), &["framework", "check", name]).assert_code(2);
        assert!(run.stdout.contains(why), "{}", run.stdout);
    }
    std::fs::write(folder.path().join("latin.toml"), b"id = \"caf\xe9\"\n").unwrap();
    let run = wsis(folder.path(), &["framework", "check", "latin.toml"]).assert_code(2);
    assert!(run.stdout.contains("not UTF-8"), "{}", run.stdout);
}

#[test]
fn trial_p243_equal_frameworks_have_no_difference() {
    let (_folder, file) = draft("wsis-action-lines");
    let file = file.display().to_string();
    let run = DEMO.wsis(&["framework", "diff", "wsis-action-lines", &file, "--exit-code"]);
    let run = run.assert_code(0);
    assert!(run.stdout.starts_with("no difference: wsis-action-lines"), "{}", run.stdout);
    let found = diff(&["built-in:wsis-action-lines", "wsis-action-lines"]);
    assert_eq!((&found["same"], &found["snapshot"]), (&true.into(), &Value::Null));
    // Another order of what has none is no change.
    edit(
        Path::new(&file),
        "children = [\"coverage-3g\", \"coverage-4g\"",
        "children = [\"coverage-4g\", \"coverage-3g\"",
    );
    assert_eq!(diff(&["wsis-action-lines", &file])["same"], true);
}

/// Full marks of fixed broadband from 50 to 40 per 100: everybody below gains a twelfth of what it had of it
/// in a line of three equal parts, which is worked out here from the scores of the unchanged framework.
#[test]
fn trial_p244_a_goalpost_that_moves_is_told_with_what_it_does() {
    let (_folder, file) = draft("wsis-action-lines");
    edit(&file, "lo = 0\nhi = 50\n", "lo = 0\nhi = 40\n");
    let file = file.display().to_string();
    let found = diff(&["wsis-action-lines", &file]);
    let changes = found["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        (&changes[0]["of"], &changes[0]["field"], &changes[0]["before"], &changes[0]["after"]),
        (&"fixed-broadband".into(), &"goalposts.hi".into(), &"50".into(), &"40".into())
    );
    assert_eq!(changes[0]["lines"], serde_json::json!(["C2"]));
    assert_eq!((&found["version_kept"], &found["same"]), (&true.into(), &false.into()));
    for it in found["lines"].as_array().unwrap().iter().filter(|it| it["line"] != "C2") {
        assert_eq!(it["moved"].as_array().unwrap().len(), 0, "{}", it["line"]);
    }
    let c2 = line(&found, "C2");
    let moved = c2["moved"].as_array().unwrap();
    assert!(c2["scores_changed"].as_u64().unwrap() > 100, "{c2}");
    let words = [&["scorecard", "C2", "--all", "--format", "json"][..], &WINDOW].concat();
    let before = DEMO.wsis(&words).assert_code(0).json();
    let mut checked = 0;
    for it in moved {
        let rows = before["scores"].as_array().unwrap();
        let row = rows.iter().find(|row| row["area"] == it["area"]).unwrap();
        assert_eq!(row["score"], it["score_before"]);
        assert_eq!(row["rank"], it["rank_before"]);
        let explained = |it: &Value| it["indicators_used"] == 3;
        let (Some(old), Some(new)) = (it["score_before"].as_f64(), it["score_after"].as_f64())
        else {
            continue;
        };
        // At most the third of the line that it is: 100 for what had 80.
        assert!(
            new > old && new - old <= 20.0 / if explained(row) { 3.0 } else { 1.0 } + 1e-9,
            "{it}"
        );
        checked += 1;
    }
    assert!(checked > 100);
    let largest = c2["largest"].as_f64().unwrap();
    assert_eq!(moved[0]["change"].as_f64().unwrap(), largest, "the farthest first");
    // The table, the CSV, and the exit code on demand.
    let words = [&["framework", "diff", "wsis-action-lines", &file, "--line", "c2"][..], &WINDOW];
    let table = DEMO.wsis(&words.concat()).assert_code(0).stdout;
    assert!(table.contains("C2, the farthest: ") && table.contains("raise it before"), "{table}");
    let csv =
        DEMO.wsis(&[&words.concat()[..], &["--format", "csv"]].concat()).assert_code(0).stdout;
    assert_eq!(csv.lines().count(), 1 + moved.len());
    DEMO.wsis(&[&words.concat()[..], &["--exit-code"]].concat()).assert_code(1);
}

/// What a diff says of after is what a deployment with the draft prints.
#[test]
fn trial_p245_the_effect_is_that_of_the_code_that_scores() {
    let other = deployment();
    edit(
        &other.path().join("schemas/framework/wsis-action-lines.toml"),
        "children = [\"coverage-3g\", \"coverage-4g\", \"fixed-broadband\"]\n",
        "children = [\"coverage-3g\", \"coverage-4g\", \"fixed-broadband\"]\n\
         weights = { coverage-3g = 1, coverage-4g = 2, fixed-broadband = 3 }\n",
    );
    edit(&other.path().join("schemas/rules/house.toml"), "on_track = 0.95", "on_track = 0.85");
    let root = other.path().display().to_string();
    let found = diff(&["wsis-action-lines", "--other-root", &root]);
    let changes: Vec<(&str, &str)> = found["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["of"].as_str().unwrap(), it["field"].as_str().unwrap()))
        .collect();
    assert_eq!(
        changes,
        [
            ("C2", "weight of coverage-3g"),
            ("C2", "weight of fixed-broadband"),
            ("rules", "classes.on_track"),
            ("C2", "weight of coverage-4g")
        ],
        "a third of the weight stays a third, and comes after what decides"
    );
    assert_eq!(found["changes"][3]["decides"], false);
    let words = [&["scorecard", "C2", "--all", "--format", "json"][..], &WINDOW].concat();
    let lake = DEMO.lake().display().to_string();
    let with = [&words[..], &["--root", &root, "--lake", &lake]].concat();
    let after = wsis(&DEMO.out, &with).assert_code(0).json();
    let rows = after["scores"].as_array().unwrap();
    let moved = line(&found, "C2")["moved"].as_array().unwrap();
    assert!(moved.len() > 100);
    for it in moved {
        let row = rows.iter().find(|row| row["area"] == it["area"]).unwrap();
        for (of_row, of_moved) in
            [("score", "score_after"), ("rank", "rank_after"), ("class", "class_after")]
        {
            assert_eq!(row[of_row], it[of_moved], "{it}");
        }
    }
    // What stands in one of the two only.
    let (_folder, file) = draft("wsis-action-lines");
    edit(
        &file,
        "children = [\"coverage-3g\", \"coverage-4g\", \"fixed-broadband\"]",
        "children = [\"coverage-3g\", \"coverage-4g\"]",
    );
    edit(
        &file,
        "core = [\"coverage-3g\", \"coverage-4g\", \"fixed-broadband\"]",
        "core = [\"coverage-3g\", \"coverage-4g\"]",
    );
    edit(&file, "  \"coverage-2g\", ", "  \"fixed-broadband\", \"coverage-2g\", ");
    let file = file.display().to_string();
    let found = diff(&["wsis-action-lines", &file, "--line", "C2"]);
    let field = |it: &Value| it["field"].as_str().unwrap().to_owned();
    let fields: Vec<String> = found["changes"].as_array().unwrap().iter().map(field).collect();
    assert!(fields.contains(&"weight of fixed-broadband".to_owned()), "{fields:?}");
    let wrong = ["framework", "diff", "hdi", "egdi", "--line", "hdi"];
    let wrong = DEMO.wsis(&wrong).assert_code(2);
    assert!(wrong.stderr.contains("one of the two only"), "{}", wrong.stderr);
    DEMO.wsis(&["framework", "diff", "hdi"]).assert_code(2);
}

/// A user hands in the publisher's own table and holds the framework against it: 195 totals of 195, 38 composites of 38.
#[test]
fn trial_p246_p247_a_published_table_is_handed_in_and_compared() {
    let Some(data) = wsis_reference::shared("data") else { return };
    let folder = tempfile::tempdir().unwrap();
    for (pipeline, file, framework, how, all) in [
        (
            "odin",
            "composite/odin-2022/ODIN_03222024.csv",
            "odin-2022",
            &["--value-column", "Overall score", "--keep", "Data categories=All Categories"][..],
            195,
        ),
        (
            "oecd-dgi",
            "oecd/oecd_dgi_2023.csv",
            "dgi-2023",
            &[
                "--area-column",
                "cc_iso3c",
                "--value-column",
                "value",
                "--keep",
                "variable=composite_index",
            ][..],
            38,
        ),
    ] {
        let file = data.join(file).display().to_string();
        let by = ["--accept", "A. Person", "--because", "a test", "--lake", "lake"];
        wsis(folder.path(), &[&["submit", pipeline, &file][..], &by].concat()).assert_code(0);
        let words =
            ["validate", framework, "--against", &file, "--format", "json", "--lake", "lake"];
        let found = wsis(folder.path(), &[&words[..], how].concat()).assert_code(0).json();
        assert_eq!(
            (&found["published"], &found["agree"]),
            (&all.into(), &all.into()),
            "{framework}"
        );
        assert_eq!(found["unknown"], serde_json::json!([]));
    }
}
