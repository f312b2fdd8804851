//! What is asked for and not there: `wsis gaps`, its tables, and the statement of what can be measured.

use serde_json::Value;

use crate::program::DEMO;

const WINDOW: [&str; 2] = ["--window", "2015-2020"];

fn gaps(words: &[&str]) -> Value {
    DEMO.wsis(&[&["gaps"][..], words, &WINDOW, &["--format", "json"]].concat())
        .assert_code(0)
        .json()
}

fn sql(query: &str) -> Value {
    DEMO.wsis(&["sql", query, "--format", "json"]).assert_code(0).json()["rows"].clone()
}

fn number(of: &Value) -> u64 {
    of.as_u64().unwrap_or_else(|| panic!("{of} is no number"))
}

fn named<'v>(all: &'v Value, name: &str) -> &'v Value {
    all.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()
}

/// Counted from the observations alone, by SQL: who has a figure of fixed broadband from 2015 on.
#[test]
fn trial_p176_the_counts_of_an_indicator_are_those_of_the_observations() {
    let found = gaps(&["C2"]);
    let row = named(&found["indicators"], "fixed-broadband");
    let counted = sql(
        "SELECT count(DISTINCT ref_area) AS n FROM observations_latest WHERE series_code = \
         'IT.NET.BBND.P2' AND freq = 'A' AND value IS NOT NULL AND year BETWEEN 2015 AND 2020 AND ref_area IN \
         (SELECT area FROM group_members WHERE group_kind = 'universe' AND \"group\" = 'member State')",
    );
    assert_eq!(row["asked"], 193);
    assert_eq!(row["current"], counted[0]["n"]);
    let table = sql(
        "SELECT sum(asked) AS asked, sum(gaps) AS gaps, sum(in_sample) AS sample FROM gap_counts \
         WHERE line = 'C2' AND window_end = 2020",
    );
    assert_eq!(found["total"]["asked"], table[0]["asked"]);
    assert_eq!(found["total"]["gaps"], table[0]["gaps"]);
    assert_eq!(found["total"]["lies_in"]["sample"], table[0]["sample"]);
    // What differs between economies stands in `gaps`, the rest once in `gap_counts`.
    let each =
        sql("SELECT count(*) AS n FROM gaps WHERE line = 'C2' AND window_end = 2020 AND counts");
    let alike = sql(
        "SELECT sum(n_no_series + n_nothing_delivered) AS n FROM gap_counts WHERE line = 'C2' \
         AND window_end = 2020",
    );
    assert_eq!(number(&each[0]["n"]) + number(&alike[0]["n"]), number(&found["total"]["gaps"]));
}

/// By line, agency, indicator and economy: one sum.
#[test]
fn trial_p176_gaps_are_counted_in_four_ways_with_one_sum() {
    let found = gaps(&[]);
    for way in ["lines", "agencies", "indicators", "economies"] {
        for what in ["asked", "current", "change", "gaps"] {
            let all = found[way].as_array().unwrap();
            let sum: u64 = all.iter().map(|it| number(&it[what])).sum();
            assert_eq!(sum, number(&found["total"][what]), "{way}: {what}");
        }
    }
    assert_eq!(found["lines"].as_array().unwrap().len(), 18);
    assert_eq!(found["economies"].as_array().unwrap().len(), 193);
    assert_eq!(found["members"], 193);
    let csv = DEMO.wsis(&[&["gaps", "--by", "agency", "--format", "csv"][..], &WINDOW].concat());
    let csv = csv.assert_code(0).stdout;
    assert_eq!(csv.lines().count(), 1 + found["agencies"].as_array().unwrap().len());
    // P330: the mark of a sample and the count of what a sample lacks had one name.
    let mut names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{csv}");
    // The agency alone, and with others.
    let unicef = gaps(&["--agency", "unicef"]);
    let names: Vec<&str> = unicef["agencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(names, ["ITU and UNICEF, Giga", "UNICEF"]);
}

#[test]
fn trial_p176_an_economy_has_each_gap_with_its_last_year_and_a_slip_is_told() {
    let found = gaps(&["--area", "Namibia"]);
    let rows = found["gaps"].as_array().unwrap();
    assert_eq!(rows.len() as u64, number(&found["total"]["gaps"]));
    assert_eq!(found["area"], "NAM");
    let law = rows.iter().find(|row| row["indicator"] == "cyber-laws").unwrap();
    assert_eq!((&law["gap"], &law["lies_in"]), (&"no_series".into(), &"deployment".into()));
    assert_eq!(law["reason"], "to be looked for: UNCTAD Global Cyberlaw Tracker");
    assert!(rows.iter().all(|row| row["since"].is_null() || row["last_year"].is_i64()));
    let table =
        DEMO.wsis(&[&["gaps", "--area", "NAM"][..], &WINDOW].concat()).assert_code(0).stdout;
    assert!(table.contains("no pipeline asks"), "{table}");
    // A territory is asked nothing, and what is not there of it is shown all the same.
    let table =
        DEMO.wsis(&[&["gaps", "--area", "HKG"][..], &WINDOW].concat()).assert_code(0).stdout;
    assert!(table.contains("which does not count"), "{table}");
    for (words, told) in [
        (["gaps", "C12"], "there are: C1"),
        (["gaps", "--area=Namibja"], "Namibia"),
        (["gaps", "--agency=UNESKO"], "UNESCO"),
    ] {
        let wrong = DEMO.wsis(&words).assert_code(2);
        assert!(wrong.stderr.contains(told), "{}", wrong.stderr);
    }
}

/// Where there is no score, the statement is what is said of the line; elsewhere it stands beside it.
#[test]
fn trial_p175_what_can_be_measured_is_said_in_the_scorecard_the_report_and_the_table() {
    let published = sql("SELECT line, statement FROM measurability WHERE window_end = 2020");
    let published = published.as_array().unwrap();
    assert_eq!(published.len(), 18);
    let report = std::fs::read_to_string(DEMO.summary["report"].as_str().unwrap()).unwrap();
    assert!(report.contains("Where we do not know"));
    for line in ["C8", "C10", "C11", "C2"] {
        let row = published.iter().find(|row| row["line"] == line).unwrap();
        let words = [&["scorecard", line, "--format", "json"][..], &WINDOW].concat();
        let card = DEMO.wsis(&words).assert_code(0).json();
        assert_eq!(card["measurability"]["statement"], row["statement"]);
        let shown = DEMO.wsis(&[&["scorecard", line][..], &WINDOW].concat()).assert_code(0).stdout;
        let told = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let statement = row["statement"].as_str().unwrap();
        assert!(told(&shown).contains(&told(statement)), "{line}: {shown}");
        assert_eq!(card["measurability"]["members"], 193);
    }
    let none = published.iter().find(|row| row["line"] == "C10").unwrap();
    let told = none["statement"].as_str().unwrap();
    assert!(
        told.starts_with("Of 4 indicators declared for this line (0 in its score) 0 are official"),
        "{told}"
    );
}
