//! Rule books: the one built in, a deployment's own, what is refused, and that the documents say
//! the numbers that count.

use std::collections::BTreeMap;

use wsis_config::rules::{house, parse};
use wsis_config::{ConfigError, Deployment, Origin, check};

use crate::spoilt;

const HOUSE: &str = include_str!("../../../../schemas/rules/house.toml");
const METHOD: &str = include_str!("../../../../docs/METHOD.md");

fn words(errors: &[ConfigError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// These are the numbers that were constants of the program before; a change of one is a change of
/// every result and raises the version.
#[test]
fn the_numbers_of_the_house() {
    let book = house();
    assert_eq!(book.label(), "house 4");
    let classes = book.classes;
    assert_eq!((classes.on_track, classes.moderate, classes.limited), (0.95, 0.60, 0.0));
    assert_eq!((classes.stagnant_below, classes.met_tolerance), (1.0, 1e-9));
    assert_eq!(classes.standard_errors, 1.96);
    assert_eq!(classes.min_target_share.value(), 2.0 / 3.0);
    let ages = book.ages;
    assert_eq!((ages.max, ages.max_progress, ages.baseline_within), (5, 3, 2));
    assert_eq!((ages.min_span, ages.max_lag), (3, 1));
    let grades = [book.grades.a, book.grades.b, book.grades.c]
        .map(|bound| (bound.coverage.value(), bound.freshness, bound.baseline.value()));
    assert_eq!(grades, [(0.85, 0.8, 0.8), (2.0 / 3.0, 0.6, 0.6), (0.5, 0.4, 0.4)]);
    let grades = book.grades;
    assert_eq!((grades.disputed_points, grades.disputed_share.value()), (5.0, 1.0 / 3.0));
    assert_eq!((book.groups.published.value(), book.groups.indicative.value()), (0.6, 0.5));
    assert_eq!((book.rank.core_share.value(), book.rank.min_weight.value()), (0.5, 2.0 / 3.0));
    assert_eq!((book.score.min_weight.value(), book.score.min_children), (0.5, 2));
    assert_eq!(book.trajectories.map(|it| it.arrival_within), Some(100));
    let drawn = book.uncertainty;
    assert_eq!((drawn.seed, drawn.replicates), (20_260_101, 1000));
    let shares = [drawn.interval, drawn.weights, drawn.floor].map(wsis_model::rules::Share::value);
    assert_eq!(shares, [0.9, 0.25, 0.01]);
    assert!(drawn.normalisation && drawn.aggregation && drawn.leave_out && drawn.sampling);
}

#[test]
fn a_wrong_rule_book_is_refused_with_place_and_what_would_be_right() {
    for (from, to, says) in [
        ("moderate = 0.60", "moderate = 0.96", "`classes.moderate` is 0.96, above `on_track`"),
        ("limited = 0.0 ", "limited = 0.7 ", "`classes.limited` is 0.7, above `moderate`"),
        ("limited = 0.0 ", "limited = -0.1 ", "`classes.limited` is -0.1; write a number from 0"),
        (
            "on_track = 0.95",
            "on_track = 2.1",
            "`classes.on_track` is 2.1; write a number from 0 to 2",
        ),
        ("on_track = 0.95", "on_track = nan", "`on_track` is nan"),
        ("met_tolerance = 1e-9", "met_tolerance = 0.1", "write a number from 0 to 0.01"),
        ("standard_errors = 1.96", "standard_errors = 6", "write a number from 0 to 5"),
        (
            "freshness = 0.6",
            "freshness = 0.9",
            "`grades.b.freshness` is 0.9, above `grades.a.freshness`",
        ),
        ("coverage = \"50 %\"", "coverage = \"70 %\"", "`grades.c.coverage` is 0.7, above"),
        (
            "coverage = \"85 %\"",
            "coverage = \"185 %\"",
            "`grades.a.coverage` is \"185 %\"; write a share",
        ),
        (
            "indicative = \"1/2\"",
            "indicative = \"70 %\"",
            "`groups.indicative` is 0.7, above `published`",
        ),
        ("published = \"60 %\"", "published = 0.6", "`published` is a number; write a text"),
        ("min_freshness = 0.4", "min_freshness = 1.4", "`rank.min_freshness` is 1.4"),
        ("min_span = 3", "min_span = 0", "`min_span` is 0; write a whole number from 1 to 50"),
        ("max_progress = 3", "max_progress = 6", "max_progress 6 is more than max 5"),
        ("years_to_zero = 5", "years_to_zero = 0", "`years_to_zero` is 0"),
        ("disputed_points = 5.0", "disputed_points = 0.0", "two deliveries that are equal"),
        ("disputed_points = 5.0", "disputed_points = 101.0", "write a number from 0 to 100"),
        ("id = \"house\"", "id = \"hut\"", "rename the file to hut.toml"),
        (
            "interval = \"90 %\"",
            "interval = \"0 %\"",
            "`uncertainty.interval` is 0 %; write a share above",
        ),
        (
            "weights = \"25 %\"",
            "weights = \"100 %\"",
            "`uncertainty.weights` is 100 %; write a share below",
        ),
        ("floor = \"1 %\"", "floor = \"0 %\"", "`uncertainty.floor` is 0 %"),
        ("replicates = 1000", "replicates = 1", "`replicates` is 1"),
        ("core_share = ", "core_shore = ", "unknown field `core_shore`"),
    ] {
        let text = spoilt(HOUSE, from, to);
        let errors = parse("schemas/rules/house.toml", &text).unwrap_err();
        let found = words(&errors).join("\n");
        assert!(found.contains(says), "expected {says:?} in: {found}");
        let line = text.lines().position(|line| line.contains(to)).unwrap() + 1;
        let named = errors.iter().any(|error| error.line == line && error.column > 0);
        assert!(named || says.contains("more than max"), "line {line} expected in: {found}");
    }
}

/// Weights that could be drawn below 0, or to 0, are refused where the rule book is read.
#[test]
fn e45_weights_that_could_be_negative_are_refused() {
    for (part, says) in [
        ("150 %", "`uncertainty.weights` is \"150 %\"; write a share"),
        ("1.5", "`uncertainty.weights` is"),
        ("100 %", "`uncertainty.weights` is 100 %; write a share below"),
        ("-25 %", "`uncertainty.weights` is"),
    ] {
        let text = spoilt(HOUSE, "weights = \"25 %\"", &format!("weights = \"{part}\""));
        let errors = parse("schemas/rules/house.toml", &text).unwrap_err();
        let found = words(&errors).join("\n");
        assert!(found.contains(says), "expected {says:?} in: {found}");
    }
}

/// A folder with the workspace built in, and one rule book of its own.
fn deployment(book: Option<&str>, rules: Option<&str>) -> tempfile::TempDir {
    let folder = crate::copied(&["pipelines"]);
    if let Some(rules) = rules {
        let file = folder.path().join("workspace.toml");
        let workspace = std::fs::read_to_string(&file).unwrap();
        let named = format!("\nrules = \"{rules}\"\n\n[fetch]");
        std::fs::write(file, crate::spoilt(&workspace, "\n[fetch]", &named)).unwrap();
    }
    if let Some(book) = book {
        std::fs::create_dir_all(folder.path().join("schemas/rules")).unwrap();
        std::fs::write(folder.path().join("schemas/rules/mine.toml"), book).unwrap();
    }
    folder
}

#[test]
fn a_deployment_has_its_own_rule_book_or_the_built_in_one() {
    let plain = deployment(None, None);
    assert_eq!(&Deployment::load(plain.path()).unwrap().rules, house());
    let mine = HOUSE.replace("id = \"house\"", "id = \"mine\"").replace("= 0.95", "= 0.9");
    let own = deployment(Some(&mine), Some("mine"));
    let rules = Deployment::load(own.path()).unwrap().rules;
    assert_eq!((rules.id.as_str(), rules.classes.on_track), ("mine", 0.9));
    // Its folder counts, and `house` is not in it.
    for (rules, says) in
        [(None, "unknown rule book `house`"), (Some("mien"), "did you mean `mine`?")]
    {
        let folder = deployment(Some(&mine), rules);
        let found = check(Origin::Folder(folder.path()), &|_| None).findings;
        let found = words(&found).join("\n");
        assert!(found.contains(says) && found.contains("workspace.toml:"), "{found}");
    }
    // A framework's own ages are checked beside those of this book.
    let short = mine.replace("\nmax = 5 ", "\nmax = 3 ");
    let folder = deployment(Some(&short), Some("mine"));
    assert!(Deployment::load(folder.path()).is_ok());
}

/// Every number of a rule book by its key, as it is written.
fn numbers(text: &str) -> BTreeMap<String, String> {
    fn put(key: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (name, value) in table {
                    put(&format!("{key}.{name}"), value, into);
                }
            }
            toml::Value::String(text) => drop(into.insert(key.to_owned(), text.clone())),
            other => drop(into.insert(key.to_owned(), other.to_string())),
        }
    }
    let mut found = BTreeMap::new();
    let table: toml::Table = text.parse().unwrap();
    for (name, value) in table.iter().filter(|(_, value)| value.is_table()) {
        put(name, value, &mut found);
    }
    found
}

/// docs/METHOD.md lists each number of the house with its key, and no other.
#[test]
fn the_method_names_every_number_of_the_house() {
    let mut listed = BTreeMap::new();
    for line in METHOD.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (key, value) = (cells[1].trim_matches('`'), cells[2]);
        // The table of gaps has codes without a table of the book before them.
        if !key.contains('.') {
            continue;
        }
        assert!(listed.insert(key.to_owned(), value.to_owned()).is_none(), "{key} stands twice");
    }
    let numbers = numbers(HOUSE);
    let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&listed), keys(&numbers));
    for (key, value) in &numbers {
        let equal = match (value.parse::<f64>(), listed[key].parse::<f64>()) {
            (Ok(value), Ok(listed)) => value == listed,
            _ => *value == listed[key],
        };
        assert!(equal, "{key} is {value}, and {} in docs/METHOD.md", listed[key]);
    }
}

/// The tables of classes and grades in docs/METHOD.md say the same numbers.
#[test]
fn the_tables_of_the_method_are_those_of_the_house() {
    let classes = house().classes;
    let row =
        |word: &str| METHOD.lines().find(|line| line.starts_with(&format!("| {word} |"))).unwrap();
    assert!(row("on track").contains(&format!("`R >= {:.2}`", classes.on_track)));
    let moderate = format!("`{:.2} <= R < {:.2}`", classes.moderate, classes.on_track);
    assert!(row("moderate").contains(&moderate));
    let limited = format!("`{} <= R < {:.2}`", classes.limited, classes.moderate);
    assert!(row("limited").contains(&limited));
    let stagnant = format!("where the change is below {}", classes.stagnant_words());
    assert!(METHOD.contains(&stagnant), "{stagnant}");
    for (grade, bound) in
        [("A", house().grades.a), ("B", house().grades.b), ("C", house().grades.c)]
    {
        let wanted =
            format!("| {grade} | {} | {} | {} |", bound.coverage, bound.freshness, bound.baseline);
        assert_eq!(row(grade), wanted);
    }
}
