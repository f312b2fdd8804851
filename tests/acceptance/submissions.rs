//! Registers and consultations, counted by the line that their entries name. The entries are made up, in the form
//! of an export of WSIS Stocktaking.

use std::path::Path;

use crate::program::{deployment, wsis};

const ENTRIES: &str = "Action Lines,Country,Entity type,Date submitted\n\
    Action Line C2,Kenya,Government,2024-05-03\n\
    C2; C7. ICT applications: E-health,Kenya; Uganda,Government; Private sector,2025-02-01\n\
    Action Line C2,International,Civil society,2025-03-01\n\
    C4. Capacity building,Brazil,,2023-06-07\n";

fn with_entries() -> tempfile::TempDir {
    let folder = deployment();
    let root = folder.path();
    let shipped =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipelines/wsis-stocktaking.toml");
    std::fs::copy(shipped, root.join("pipelines/wsis-stocktaking.toml")).unwrap();
    std::fs::create_dir_all(root.join("inbox/wsis-stocktaking")).unwrap();
    std::fs::write(root.join("inbox/wsis-stocktaking/export.csv"), ENTRIES).unwrap();
    folder
}

/// The counts were in the lake, and no command and no page showed them.
#[test]
fn trial_p293_submissions_are_counted_by_line_stakeholder_and_region() {
    let folder = with_entries();
    let root = folder.path();
    wsis(root, &["ingest", "wsis-stocktaking"]).assert_code(0);
    let found = wsis(root, &["submissions", "--format", "json"]).assert_code(0).json();
    let counts = &found["submissions"][0];
    let lines = counts["lines"].as_array().unwrap();
    let names: Vec<_> = lines.iter().map(|it| it["line"].as_str()).collect();
    assert_eq!(names, [Some("C2"), Some("C4"), Some("C7-ehealth"), None]);
    let c2 = &lines[0];
    // Kenya 2024, Kenya and Uganda 2025, and one of no economy.
    assert_eq!((&c2["entries"], &c2["economies"]), (&4.into(), &2.into()), "{c2}");
    assert_eq!((&c2["first_year"], &c2["last_year"]), (&2024.into(), &2025.into()));
    let by = &c2["stakeholders"];
    assert_eq!(
        (&by["Government"], &by["Private sector"], &by["Civil society"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert_eq!(c2["regions"]["Africa"], 3);
    assert_eq!(c2["regions"]["no region: the world, or a group of economies"], 1);
    assert_eq!(lines[1]["stakeholders"]["not said"], 1, "{}", lines[1]);
    assert_eq!(
        lines[3]["entries"], 5,
        "each entry once for an economy and year, whatever it names"
    );
    assert!(counts["not_named"].as_array().unwrap().iter().any(|it| it == "C8"));
    // The same as a query of the lake, in a sentence, and what it does not say.
    let shown = wsis(root, &["submissions", "C2"]).assert_code(0).stdout;
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        "Entries in WSIS Stocktaking: 4 of 2024 to 2025 name C2, from 2 economies, counted on";
    assert!(words.contains(told), "{shown}");
    assert!(words.contains("It is no measure of progress, and is in no score."), "{shown}");
    let csv = wsis(root, &["submissions", "--by", "stakeholder", "--format", "csv"])
        .assert_code(0)
        .stdout;
    assert!(csv.contains("wsis-stocktaking,C2,Private sector,2,2024,2025,"), "{csv}");
    let none = wsis(root, &["submissions", "C8"]).assert_code(0).stdout;
    assert!(none.contains("no entry names C8."), "{none}");
    wsis(root, &["submissions", "C99"]).assert_code(2);
}

#[test]
fn trial_p293_where_nothing_is_counted_that_is_said() {
    let none = crate::program::DEMO.wsis(&["submissions"]).assert_code(0).stdout;
    assert!(none.contains("No register and no consultation is counted here"), "{none}");
}
