//! The contracts of the public tables.

use wsis_config::tables::{self, Table};

fn table(name: &str) -> Table {
    let tables = tables::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    tables.into_iter().find(|table| table.name == name).unwrap()
}

#[test]
fn every_table_has_a_contract() {
    let tables = tables::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "areas",
            "disparities",
            "gap_counts",
            "gaps",
            "group_members",
            "group_scores",
            "indicator_scores",
            "indicators",
            "line_scores",
            "line_years",
            "lines",
            "measurability",
            "observations_latest",
            "quarantine",
            "revisions",
            "target_outcomes",
            "trajectories"
        ]
    );
    let in_sql_only: Vec<&str> =
        tables.iter().filter(|it| !it.published).map(|it| it.name.as_str()).collect();
    assert_eq!(in_sql_only, ["revisions"]);
}

#[test]
fn the_contracts_of_the_model_are_those_written() {
    for (name, schema) in [
        ("observations_latest", wsis_model::observation::observation_schema()),
        ("quarantine", wsis_model::quarantine::quarantine_schema()),
        ("revisions", wsis_model::revision::revision_schema()),
    ] {
        let actual = schema.fields().iter().map(|field| {
            (field.name().as_str(), field.data_type().to_string(), field.is_nullable())
        });
        assert_eq!(table(name).differences(actual), Vec::<String>::new(), "{name}");
    }
    let key = wsis_model::observation::KEY;
    assert_eq!(table("observations_latest").key, key);
    assert_eq!(table("revisions").key.strip_suffix(&["recorded_at".to_owned()]).unwrap(), key);
}

#[test]
fn the_columns_that_dashboards_rely_on() {
    let columns: Vec<String> =
        table("line_scores").columns.into_iter().map(|column| column.name).collect();
    for promised in [
        "line",
        "area",
        "area_name",
        "window_start",
        "window_end",
        "score_start",
        "score_end",
        "change",
        "class",
        "class_reason",
        "coverage",
        "grade",
        "rank",
    ] {
        assert!(columns.iter().any(|column| column == promised), "{promised}");
    }
}

#[test]
fn differences_are_named() {
    let text = r#"
name = "t"
meaning = "m"
key = ["a"]
column = [
  { name = "a", type = "text", nullable = false, meaning = "m", since = "0.1" },
  { name = "b", type = "float64", nullable = true, meaning = "m", since = "0.1" },
]
"#;
    let table = tables::parse("t.toml", text).unwrap();
    let right = [("a", "Utf8".to_owned(), false), ("b", "Float64".to_owned(), true)];
    assert_eq!(table.differences(right.clone()), Vec::<String>::new());
    let [a, b] = right;
    assert_eq!(table.differences([b, a]), ["t: the columns come in another order"]);
    assert_eq!(
        table.differences([("a", "Utf8View".to_owned(), true), ("c", "Int32".to_owned(), false)]),
        [
            "t.a is Utf8View, not text",
            "t.a: nullable is true",
            "t.b is not written",
            "t.c has no contract"
        ]
    );
}

#[test]
fn wrong_contracts_are_refused() {
    let text = r#"
name = "other"
meaning = "m"
key = ["area"]
column = [
  { name = "Area", type = "utf8", nullable = false, meaning = "m", since = "0.1" },
]
"#;
    let errors = tables::parse("t.toml", text).unwrap_err();
    insta::assert_snapshot!(wsis_config::report(&errors));
    let text = text.replace("utf8", "text");
    let errors = tables::parse("t.toml", &text).unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
}
