//! What was taken by mistake, or read wrongly: what leaves the quarantine, and the ways back by hand.

use std::path::Path;

use serde_json::Value;

use crate::program::{DEMO, copy_folder, edit, wsis};
use crate::submit::{agency, ingest, sql};

fn in_force(root: &Path) -> Vec<(String, f64)> {
    let rows = sql(root, "SELECT ref_area, year, value FROM observations_latest ORDER BY 1, 2");
    let key = |row: &Value| format!("{} {}", row["ref_area"].as_str().unwrap(), row["year"]);
    rows.iter().map(|row| (key(row), row["value"].as_f64().unwrap())).collect()
}

/// An alias was added and the same bytes were read again: the figure was in force and its row stood
/// in the quarantine, in SQL and in what is published, for ever.
#[test]
fn trial_r4_a_row_that_is_read_after_all_leaves_the_quarantine() {
    let folder = agency();
    let root = folder.path();
    edit(&root.join("pipelines/agency.toml"), "[gates]", "[gates]\nquarantined_share_max = 0.9");
    let text = "iso3,year,score\nNAM,2022,40\nKenyaland,2022,50\nKEN,2023,5x\n";
    std::fs::write(root.join("inbox/figures-2023.csv"), text).unwrap();
    let run = ingest(root);
    assert_eq!((&run["new"], &run["quarantined"]), (&1.into(), &2.into()), "{run}");
    let set_aside = || {
        let rows = sql(root, "SELECT reason, payload_place FROM quarantine ORDER BY 2");
        let text = |row: &Value, of: &str| row[of].as_str().unwrap().to_owned();
        rows.iter().map(|it| (text(it, "payload_place"), text(it, "reason"))).collect::<Vec<_>>()
    };
    let is_bad =
        [("line 3".into(), "unknown_area".into()), ("line 4".into(), "not_a_number".into())];
    assert_eq!(set_aside(), is_bad);
    let public = || {
        wsis(root, &["score"]).assert_code(0);
        std::fs::read_to_string(root.join("lake/public/v1/quarantine.csv")).unwrap()
    };
    assert!(public().contains("Kenyaland"), "what is asked for below could be seen");
    let before = sql(root, "SELECT max(recorded_at) AS at FROM observations")[0]["at"].clone();
    let aliases = root.join("schemas/codelists/ref_area_aliases.csv");
    edit(&aliases, "source,text,area\n", "source,text,area\nfile,Kenyaland,KEN\n");
    let run = wsis(root, &["ingest", "agency", "--force", "--format", "json"]).json()[0].clone();
    assert_eq!((&run["new"], &run["quarantined"]), (&1.into(), &1.into()), "{run}");
    assert_eq!(set_aside(), is_bad[1..]);
    let public = public();
    assert!(public.contains("line 4") && !public.contains("Kenyaland"), "{public}");
    // What was known before is answered as it was.
    let before = before.as_str().unwrap().replace(' ', "T");
    let then = ["sql", "SELECT count(*) AS n FROM quarantine", "--format", "json", "--as-of"];
    let then = wsis(root, &[&then[..], &[&format!("{}Z", before.trim_end_matches('Z'))]].concat());
    assert_eq!(then.assert_code(0).json()["rows"][0]["n"], 2);
    wsis(root, &["verify"]).assert_code(0);
}

/// A wrong file was accepted: nothing led back, and `revisions` said that the source had revised it.
#[test]
fn trial_p103_a_dataset_is_brought_back_and_one_that_nobody_declares_is_ended() {
    let folder = agency();
    let root = folder.path();
    let file = root.join("inbox/figures-2023.csv");
    std::fs::write(&file, "iso3,year,score\nNAM,2022,40\nKEN,2022,50\n").unwrap();
    ingest(root);
    let right = in_force(root);
    std::fs::write(&file, "iso3,year,score\nNAM,2022,40\nKEN,2022,5\n").unwrap();
    assert_eq!(ingest(root)["changed"], 1);
    let wrong = in_force(root);
    assert_ne!(wrong, right);
    let back = ["lake", "restore", "file/AGENCY", "--snapshot", "1", "--because"];
    let why = "5 was a slip of the hand";
    let done = wsis(root, &[&back[..], &[why, "--format", "json"]].concat()).assert_code(0).json();
    assert_eq!(done["snapshot"], 3, "{done}");
    assert_eq!(in_force(root), right);
    let told = sql(root, "SELECT change FROM revisions ORDER BY recorded_at, change");
    let kinds: Vec<&str> = told.iter().map(|row| row["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["revised", "corrected"]);
    let again = wsis(root, &[&back[..], &[why]].concat()).assert_code(0);
    assert!(again.stderr.contains("it is so already"), "{}", again.stderr);
    // What was taken back does not come again by itself.
    for force in [&["--force"][..], &[]] {
        let run = [&["ingest", "agency", "--format", "json"][..], force].concat();
        let held = wsis(root, &run).json()[0].clone();
        assert_eq!(held["outcome"], "held", "{held}");
        assert!(held.to_string().contains(why), "{held}");
    }
    assert_eq!(in_force(root), right);
    let at = ["sql", "SELECT value FROM observations_latest WHERE ref_area = 'KEN'"];
    let then = [&at[..], &["--snapshot", "2", "--format", "json"]].concat();
    assert_eq!(wsis(root, &then).assert_code(0).json()["rows"][0]["value"], 5.0);

    let retire = ["lake", "retire", "file/AGENCY/SCORE", "--because", "declared by mistake"];
    let refused = wsis(root, &retire).assert_code(2).stderr;
    assert!(refused.contains("pipeline agency still declares series SCORE"), "{refused}");
    std::fs::remove_file(root.join("pipelines/agency.toml")).unwrap();
    let told = wsis(root, &["verify"]).assert_code(0);
    assert!(told.stderr.contains("file/AGENCY"), "{}{}", told.stdout, told.stderr);
    // Elsewhere nothing is known of who declares what: nothing is advised, and nothing ended.
    let elsewhere = tempfile::tempdir().unwrap();
    let lake = root.join("lake");
    let there = ["--lake", lake.to_str().unwrap()];
    let told = wsis(elsewhere.path(), &[&["verify"][..], &there].concat()).assert_code(0);
    assert!(!told.stderr.contains("declares it"), "{}", told.stderr);
    let refused = wsis(elsewhere.path(), &[&retire[..], &there].concat()).assert_code(2).stderr;
    assert!(refused.contains("`--root FOLDER` names the one whose pipelines do"), "{refused}");
    wsis(root, &retire).assert_code(0);
    assert_eq!(in_force(root), []);
    for (wrong, says) in [("file/NONE", "file/NONE"), ("AGENCY", "SOURCE/DATASET")] {
        let run = wsis(root, &["lake", "retire", wrong, "--because", "x"]).assert_code(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
    wsis(root, &["verify"]).assert_code(0);
}

/// `HEAD` was lost together with the newest snapshot: the one before was answered from, as if it were
/// the newest.
#[test]
fn trial_p110_a_lake_without_its_newest_snapshot_and_head_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    copy_folder(&DEMO.lake(), &lake);
    let snapshots = lake.join("snapshots");
    std::fs::remove_file(snapshots.join("HEAD")).unwrap();
    let newest = std::fs::read_dir(&snapshots).unwrap().map(|it| it.unwrap().path()).max().unwrap();
    std::fs::remove_file(newest).unwrap();
    // A table of `explain` begins with what the sample says of itself, and opened the lake another way.
    for asked in [&["sql", "SELECT 1 AS one"][..], &["explain", "C1", "NAM"]] {
        let told =
            wsis(folder.path(), &[asked, &["--lake", "lake"]].concat()).assert_code(0).stderr;
        assert!(told.contains("its ledger knows of snapshots up to"), "{asked:?}: {told}");
    }
}

/// Of a run that a gate had held it was not to be seen that somebody took it over, nor who.
#[test]
fn trial_p119_a_held_run_names_who_took_it() {
    let folder = agency();
    let root = folder.path();
    let file = root.join("inbox/figures-2023.csv");
    let rows = |last: u32| {
        (2010..2020)
            .map(move |year| format!("KEN,{year},{}\n", if year < 2018 { last } else { 40 }))
    };
    let write = |last| {
        let text = format!("iso3,year,score\n{}", rows(last).collect::<String>());
        std::fs::write(&file, text).unwrap();
    };
    write(40);
    ingest(root);
    write(41);
    let held = wsis(root, &["ingest", "agency", "--format", "json"]).json()[0].clone();
    assert_eq!(held["outcome"], "held", "{held}");
    let held = held["run"].as_str().unwrap();
    let before = wsis(root, &["runs", held]).assert_code(0).stdout;
    assert!(!before.contains("taken over"), "{before}");
    let words = ["accept", held, "--by", "A. Person", "--because", "the agency wrote so"];
    wsis(root, &words).assert_code(0);
    let after = wsis(root, &["runs", held]).assert_code(0).stdout;
    assert!(
        after.contains("taken over") && after.contains("A. Person: the agency wrote so"),
        "{after}"
    );
    let as_json = wsis(root, &["runs", held, "--format", "json"]).assert_code(0).json();
    let taker = as_json["taken_in"].as_str().unwrap();
    let run = wsis(root, &["runs", taker, "--format", "json"]).assert_code(0).json();
    assert_eq!((&run["replay_of"], &run["changed"]), (&held.into(), &8.into()), "{run}");
}
