//! Trajectories of the demo, by an independent formula; and charts as files.

use crate::program::DEMO;

/// Rows of a query, without the heading.
fn rows(query: &str) -> Vec<Vec<String>> {
    let run = DEMO.wsis(&["sql", query, "--format", "csv"]).assert_code(0);
    let lines = run.stdout.lines().skip(1);
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn numbers(query: &str) -> Vec<f64> {
    let rows = rows(query);
    let cells = rows.first().unwrap().iter();
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

const OF_ECONOMY: &str = "FROM trajectories t JOIN indicator_scores i ON t.item = i.indicator AND t.area = i.area \
    AND t.window_start = i.window_start AND t.window_end = i.window_end \
    JOIN indicators d ON d.indicator = t.item WHERE t.item_kind = 'indicator' AND t.area_kind = 'economy'";

/// The gap in points from the published values alone, and the gap in years from the ratio of the class.
#[test]
fn trial_p214_paths_of_economies_follow_from_their_values() {
    let span = "cast(i.year_end - i.year_start AS double)";
    let way = "cast(i.target_year - i.year_start AS double)";
    let needed = format!("(i.value_start + (i.met_from - i.value_start) * {span} / {way})");
    let sign = "(CASE WHEN d.direction = 'up' THEN 1.0 ELSE -1.0 END)";
    let found = numbers(&format!(
        "SELECT count(*), max(abs(t.needed - {needed})), max(abs(t.gap - {sign} * (i.value_end - {needed}))), \
         max(CASE WHEN i.class = 'target_met' THEN 0.0 ELSE abs(t.gap_years - (i.ratio - 1) * {span}) END), \
         sum(CASE WHEN t.gap > 0 AND t.gap_years < -1e-9 THEN 1 ELSE 0 END) \
         {OF_ECONOMY} AND t.gap IS NOT NULL AND t.scale = 'identity' AND t.unit NOT LIKE 'distance%'"
    ));
    let [rows, needed, gap, years, against] = found[..] else { panic!("{found:?}") };
    assert!(rows > 500.0, "{rows} rows with a path");
    assert!(needed < 1e-9 && gap < 1e-9 && years < 1e-6, "{needed} {gap} {years}");
    assert_eq!(against, 0.0);
}

/// Whoever has a class by the pace has a path, and whoever has no class has its reason.
#[test]
fn trial_p215_a_path_is_missing_where_a_class_is_and_for_its_reason() {
    let found = numbers(&format!(
        "SELECT sum(CASE WHEN t.gap IS NULL AND i.class_basis = 'pace' THEN 1 ELSE 0 END), \
         sum(CASE WHEN t.gap IS NULL AND i.class = 'not_assessable' \
             AND NOT starts_with(i.class_reason, t.path_reason) \
             AND NOT starts_with(i.class_reason, 'no significant change') THEN 1 ELSE 0 END), \
         sum(CASE WHEN t.gap IS NOT NULL AND i.class = 'not_assessable' \
             AND NOT starts_with(i.class_reason, 'no significant change') THEN 1 ELSE 0 END), \
         sum(CASE WHEN (t.gap IS NULL) = (t.path_reason IS NULL) THEN 1 ELSE 0 END), \
         sum(CASE WHEN i.class = 'on_track' AND t.gap_years < -0.05 * (i.year_end - i.year_start) - 1e-6 \
             THEN 1 ELSE 0 END) {OF_ECONOMY}"
    ));
    assert_eq!(found, [0.0; 5]);
}

#[test]
fn trial_p216_the_worlds_path_is_of_the_mean_of_its_members() {
    let found = numbers(
        "SELECT t.members_matched - m.n, t.value_start - m.y0, t.value_end - m.y1, t.year_end - m.t1 \
         FROM trajectories t, (SELECT count(*) AS n, avg(i.value_start) AS y0, avg(i.value_end) AS y1, \
             avg(cast(i.year_end AS double)) AS t1 FROM indicator_scores i JOIN line_scores l ON l.area = i.area \
             AND l.window_start = i.window_start AND l.line = 'C2' WHERE l.counts AND i.per_year IS NOT NULL \
             AND i.indicator = 'internet-users' AND i.window_start = 2015) m \
         WHERE t.item = 'internet-users' AND t.area_kind = 'world' AND t.window_start = 2015",
    );
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|difference| difference.abs() < 1e-9), "{found:?}");
}

#[test]
fn trial_p214_a_scorecard_says_how_far_from_its_path_an_economy_is() {
    let window = ["--window", "2015-2020"];
    let one = DEMO.wsis(&[&["scorecard", "C2", "--area", "NAM"][..], &window].concat());
    let told = one.assert_code(0).stdout;
    assert!(told.contains("the path needed ("), "{told}");
    let json = DEMO.wsis(&[&["scorecard", "C2", "--format", "json"][..], &window].concat());
    let json = json.assert_code(0).json();
    let world = json["trajectories"].as_array().unwrap().iter();
    let world = world.filter(|row| row["area_kind"] == "world").count();
    assert_eq!(world, 1);
    let list = DEMO.wsis(&[&["scorecard", "C2"][..], &window].concat()).assert_code(0).stdout;
    assert!(list.contains("are on or ahead of it; World, mean of "), "{list}");
}

/// Every chart as a drawing of its own, and the rows behind it.
#[test]
fn trial_p217_charts_are_files_with_title_source_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let charts: [(&str, &[&str], &str); 7] = [
        ("trajectory", &["internet-users", "--area", "NAM"], "the path needed"),
        ("trajectory", &["C2", "--group", "World"], "mean of"),
        ("ranks", &["C2"], "bars: "),
        ("coverage", &[], "possible pairs"),
        ("coverage", &["C2"], "a current value"),
        ("rules", &["C2"], "hang on the rule book"),
        ("profile", &["--area", "NAM"], "above the median"),
    ];
    for (chart, of, title) in charts {
        let file = folder.path().join("chart.svg");
        let out = file.to_str().unwrap();
        let asked = [&["plot", chart][..], of, &["--window", "2015-2020"]].concat();
        DEMO.wsis(&[&asked[..], &["--out", out]].concat()).assert_code(0);
        let svg = std::fs::read_to_string(&file).unwrap();
        assert!(svg.starts_with("<?xml version=\"1.0\"") && svg.ends_with("</svg>\n"), "{chart}");
        let between = |tag: &str| {
            let rest = svg.split_once(&format!("<{tag} id=")).unwrap().1;
            rest.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned()
        };
        assert!(between("title").contains(title), "{chart}: {}", between("title"));
        assert!(
            between("desc").contains("Source: ") && between("desc").contains("snapshot "),
            "{chart}"
        );
        assert!(svg.contains("SAMPLE"), "a chart of a sample says so: {chart}");
        // What a picture alone has no style sheet for, and what runs or is fetched.
        for foreign in ["var(--", "<script", "href", "url("] {
            assert!(!svg.contains(foreign), "{chart} has {foreign}");
        }
        let csv = DEMO.wsis(&[&asked[..], &["--format", "csv"]].concat()).assert_code(0).stdout;
        assert!(
            csv.lines().count() > 1 && csv.lines().next().unwrap().ends_with(",sample"),
            "{csv}"
        );
    }
}

#[test]
fn trial_p330_a_file_of_csv_or_json_is_what_would_be_printed() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "json"] {
        let asked = ["plot", "trajectory", "C2", "--group", "Africa", "--window", "2015-2020"];
        let printed = DEMO.wsis(&[&asked[..], &["--format", format]].concat()).assert_code(0);
        let file = folder.path().join(format!("chart.{format}"));
        let out = file.to_str().unwrap();
        DEMO.wsis(&[&asked[..], &["--out", out]].concat()).assert_code(0);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), printed.stdout, "{format}");
    }
    let slip = DEMO.wsis(&["plot", "trajectory", "internet-user", "--area", "NAM"]).assert_code(2);
    assert!(slip.stderr.contains("did you mean `internet-users`?"), "{}", slip.stderr);
}

#[test]
fn trial_p217_p335_a_chart_that_cannot_be_drawn_says_why() {
    let cases: [(&[&str], i32, &str); 10] = [
        // P335
        (&["plot", "ranks", "C2", "--out", "x.pdf"], 2, "the name of another format"),
        (&["plot", "ranks", "C2", "--out", "x.svg.gz"], 2, "the name of another format"),
        (&["plot", "ranks", "C2", "--out", "-"], 2, "standard output"),
        (
            &["plot", "trajectory", "C2", "--group", "Melanesia", "--window", "2015-2020"],
            2,
            "no path of Melanesia is computed; those of groups are of: Africa, ",
        ),
        (&["plot", "ranks"], 2, "one line"),
        (&["plot", "profile"], 2, "one economy"),
        (&["plot", "trajectory", "C99"], 2, "C99"),
        (&["plot", "coverage", "--area", "NAM"], 2, "no single economy"),
        (&["plot", "ranks", "C2", "--format", "svg", "--out", "x.png"], 2, "two formats"),
        (&["list", "lines", "--format", "png"], 2, "wsis plot"),
    ];
    for (asked, code, said) in cases {
        let run = DEMO.wsis(asked).assert_code(code);
        assert!(run.stderr.contains(said), "{asked:?}: {}", run.stderr);
    }
    let past =
        DEMO.wsis(&["plot", "trajectory", "digital-payments", "--area", "NAM"]).assert_code(1);
    assert!(past.stderr.contains("no path to draw: "), "{}", past.stderr);
}
