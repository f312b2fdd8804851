//! Rule books side by side, and the audit of a line.

use serde_json::Value;

use crate::program::DEMO;

const WINDOW: [&str; 2] = ["--window", "2015-2020"];

/// Six books are listed, each with its source, and one that there is not is told with those there are.
#[test]
fn trial_p238_books_are_listed_and_shown() {
    let all = DEMO.wsis(&["rules", "list", "--format", "json"]).assert_code(0).json();
    let ids: Vec<&str> =
        all.as_array().unwrap().iter().filter_map(|book| book["book"].as_str()).collect();
    assert_eq!(ids, ["house", "escap", "eurostat", "itu-umc", "open-sdg", "sdsn", "unsd-2023"]);
    assert!(all.as_array().unwrap().iter().all(|book| book["source"].is_string()));
    let shown = DEMO.wsis(&["rules", "show", "eurostat"]).assert_code(0);
    assert!(shown.stdout.contains("significant movement away"), "{}", shown.stdout);
    assert!(shown.stderr.contains("not read there"), "{}", shown.stderr);
    let house = DEMO.wsis(&["rules", "show", "house", "--format", "csv"]).assert_code(0);
    assert!(house.stdout.contains("with,on track,0.95,,on_track"), "{}", house.stdout);
    let wrong = DEMO.wsis(&["rules", "show", "eurostad"]).assert_code(2);
    assert!(wrong.stderr.contains("eurostat"), "{}", wrong.stderr);
}

/// What the table counts is what CSV lists.
#[test]
fn trial_p238_the_books_disagree_over_the_demo_and_say_how_often() {
    let asked = |form: &[&str]| {
        let words = [&["rules", "compare", "--line", "C2"][..], &WINDOW, form].concat();
        DEMO.wsis(&words).assert_code(0)
    };
    let found = asked(&["--format", "json"]).json();
    let rows = found["rows"].as_array().unwrap();
    let hang = rows.iter().filter(|row| row["agree"] == false).count();
    assert_eq!(found["hang"], hang);
    assert!(hang > 10 && hang < rows.len(), "{hang} of {}", rows.len());
    let csv = asked(&["--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 1 + rows.len() * 7, "a row for each book");
    let table = asked(&[]).stdout;
    assert!(table.contains(&format!("{hang} hang on the")), "{table}");
    // The house's class is that of the scorecard's table.
    let house = rows.iter().find(|row| row["indicator"] == "fixed-broadband").unwrap();
    let said = house["said"].as_array().unwrap();
    assert_eq!(said.len(), 6);
    assert!(said.iter().all(|said| said["class"].is_string() || said["reason"].is_string()));
}

#[test]
fn trial_p239_a_line_is_audited() {
    let words = [&["audit", "C2", "--format", "json"][..], &WINDOW].concat();
    let found = DEMO.wsis(&words).assert_code(0).json();
    let indicators = found["indicators"].as_array().unwrap();
    let weight: f64 = indicators.iter().filter_map(|it| it["weight"].as_f64()).sum();
    assert!((weight - 1.0).abs() < 1e-9, "{weight}");
    let pairs = found["pairs"].as_array().unwrap().len();
    assert_eq!(pairs, indicators.len() * (indicators.len() - 1) / 2);
    let table = DEMO.wsis(&[&["audit", "C2"][..], &WINDOW].concat()).assert_code(0).stdout;
    assert!(table.contains("Cronbach's alpha"), "{table}");
    DEMO.wsis(&["audit", "C99"]).assert_code(2);
    // Of a line without a figure both say why.
    for words in [&["audit", "C7-elearn"][..], &["rules", "compare", "--line", "C8"]] {
        let told = DEMO.wsis(&[words, &WINDOW].concat()).assert_code(0).stdout;
        assert!(told.contains("No score on C"), "{told}");
    }
}

/// "on track" in the counts was "on_track" in the rows.
#[test]
fn trial_p288_a_class_of_the_house_has_one_spelling_in_one_document() {
    let words = [&["rules", "compare", "--line", "C2", "--format", "json"][..], &WINDOW].concat();
    let found = DEMO.wsis(&words).assert_code(0).json();
    let counted = found["classes"].as_array().unwrap().iter().filter(|it| it["book"] == "house");
    let counted: Vec<&Value> = counted.map(|it| &it["class"]).collect();
    let rows = found["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| counted.contains(&&row["house"])), "{counted:?}");
}
