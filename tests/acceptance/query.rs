//! Queries that want more than there is, and how answers are shown.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{DEMO, Run, command, deployment, edit, finished};

/// Memory of a query in these tests.
const MEMORY: u64 = 256 << 20;

/// Longest run of a query in these tests, seconds.
const SECONDS: u64 = 6;

/// What the program takes without a query, an unoptimised one, and stacks that are used or that their
/// threads did not take: all of it is measured, and none of it grows with the query.
const PROGRAM: u64 = 256 << 20;

/// A deployment with small limits.
fn bounded() -> TempDir {
    let folder = deployment();
    let file = folder.path().join("workspace.toml");
    edit(&file, "memory_bytes = 1_073_741_824", &format!("memory_bytes = {MEMORY}"));
    edit(&file, "timeout_s = 60\n# More", &format!("timeout_s = {SECONDS}\n# More"));
    folder
}

/// Largest memory of a process and those it started, bytes, as far as the system tells.
fn memory_of(pid: u32) -> u64 {
    let of = |pid: u32| high_water(&format!("/proc/{pid}/status"));
    workers(pid).into_iter().map(of).fold(of(pid), u64::max)
}

fn high_water(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// What became of a query: how it ended, the largest memory, the time.
fn ask(root: &Path, query: &str, more: &[&str]) -> (Run, u64, Duration) {
    let mut program = command(&DEMO.out);
    // Quiet: the lake says that it holds a sample, which is no part of an answer.
    program
        .args(["sql", "-", "--quiet", "--lake"])
        .arg(DEMO.lake())
        .arg("--root")
        .arg(root)
        .args(more);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child: Child = program.spawn().unwrap();
    let pid = child.id();
    let mut stdin = child.stdin.take().unwrap();
    let query = query.to_owned();
    // A program that refuses early does not read all of it.
    let write = std::thread::spawn(move || stdin.write_all(query.as_bytes()).is_ok());
    let done = std::thread::spawn(move || child.wait_with_output().unwrap());
    let mut peak = 0;
    while !done.is_finished() {
        peak = peak.max(memory_of(pid));
        std::thread::sleep(Duration::from_millis(5));
    }
    write.join().unwrap();
    (finished(done.join().unwrap()), peak, start.elapsed())
}

fn chain(count: usize, term: impl Fn(usize) -> String, between: &str) -> String {
    (0..count).map(term).collect::<Vec<_>>().join(between)
}

fn nested(count: usize, before: &str, inside: &str, after: &str) -> String {
    format!("SELECT {}{inside}{}", before.repeat(count), after.repeat(count))
}

/// What stands below the word that the lake holds a sample.
fn told(run: &Run) -> &str {
    let (sample, rest) = run.stderr.split_once('\n').unwrap_or_default();
    assert!(sample.starts_with("SAMPLE"), "{}", run.stderr);
    rest
}

/// Every query of the trial and what is like it: a message, and nothing worse.
fn hold(queries: &[String]) {
    let root = bounded();
    for query in queries {
        let shown: String = query.chars().take(120).collect();
        let (run, peak, took) = ask(root.path(), query, &["--format", "csv"]);
        assert!([1, 2].contains(&run.code), "{shown}: {} {}", run.code, run.stderr);
        assert!(told(&run).starts_with("error: "), "{shown}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{shown}: {}", run.stdout);
        assert!(peak < MEMORY + PROGRAM, "{shown}: {peak} bytes");
        assert!(took < Duration::from_secs(SECONDS + 10), "{shown}: {took:?}");
    }
    let left: Vec<_> = std::fs::read_dir(DEMO.lake().join("tmp")).into_iter().flatten().collect();
    assert!(left.is_empty(), "left in tmp: {left:?}");
}

/// The one who asks starts a process, and that one is bounded by the operating system.
#[test]
#[cfg(target_os = "linux")]
fn invariant_i16_a_query_is_answered_by_a_process_that_is_bounded() {
    let root = bounded();
    let mut program = command(&DEMO.out);
    program.arg("sql").arg("SELECT sum(value) FROM generate_series(1, 100000000000)");
    program.arg("--lake").arg(DEMO.lake()).arg("--root").arg(root.path());
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    let mut found = None;
    while found.is_none() && child.try_wait().unwrap().is_none() {
        found = workers(pid).iter().find_map(|worker| address_space(*worker));
        std::thread::sleep(Duration::from_millis(2));
    }
    let status = child.wait().unwrap();
    let limit = found.expect("a worker with a limit of its memory");
    assert!(limit > MEMORY, "{limit}");
    assert_eq!(status.code(), Some(1), "and the one who asked is told");
}

/// Processes that a process has started, as far as the system tells.
fn workers(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    found
}

/// Most bytes of address space of a process; none where it is not bounded.
#[cfg(target_os = "linux")]
fn address_space(pid: u32) -> Option<u64> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn trial_x4_r29_what_a_function_allocates_is_bounded() {
    hold(
        &[
            "SELECT max(length(repeat(series_code,1000000))) FROM observations",
            "SELECT array_length(range(0,1000000000))",
            "SELECT approx_percentile_cont(value,0.5,9223372036854775807) FROM observations",
            "SELECT length(lpad('x',2000000000,'y'))",
            "SELECT length(rpad('x',2000000000,'y'))",
            "SELECT length(regexp_replace(repeat('a',10000000),'a',repeat('b',1000),'g'))",
            "SELECT levenshtein(repeat('a',300000),repeat('b',300000))",
            "SELECT count(*) FROM (SELECT unnest(array_repeat(1,100000000)))",
            "SELECT length(concat(repeat('a',200000000),repeat('b',200000000)))",
            "SELECT length(replace(repeat('a',10000000),'a',repeat('b',100)))",
            "SELECT string_agg(a.payload || b.payload, ',') FROM observations a CROSS JOIN observations b",
            "SELECT array_agg(a.payload) FROM observations a CROSS JOIN observations b",
            "SELECT count(DISTINCT a.payload || b.series_code || b.ref_area || b.year || c.year || \
             a.ref_area || a.year) FROM observations a CROSS JOIN observations b \
             CROSS JOIN observations c",
            "SELECT sum(value) FROM generate_series(1, 100000000000)",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
            "EXPLAIN ANALYZE SELECT max(length(repeat(series_code,1000000))) FROM observations",
        ]
        .map(str::to_owned),
    );
}

#[test]
fn trial_x4_long_chains_and_deep_nesting_are_refused() {
    let term = |at: usize| format!("year = {at}");
    let from = "FROM observations";
    let doubled: Vec<String> = (1..=25)
        .map(|at| format!(", t{at} AS (SELECT * FROM t{0} UNION ALL SELECT * FROM t{0})", at - 1))
        .collect();
    let doubled = doubled.concat();
    hold(&[
        format!("SELECT 1 {from} WHERE {}", chain(3_000, term, " OR ")),
        format!("SELECT 1 {from} WHERE {}", chain(7_000, term, " AND ")),
        format!("SELECT {}", chain(6_000, |_| "1".to_owned(), "+")),
        chain(5_000, |_| "SELECT 1, 2".to_owned(), " UNION ALL "),
        format!("WITH t0 AS (SELECT * {from}){doubled} SELECT count(*) FROM t25"),
        nested(10_000, "(", "1", ")"),
        nested(10_000, "abs(", "1", ")"),
        nested(5_000, "CASE WHEN true THEN ", "1", " END"),
        nested(3_000, "(SELECT ", "1", ")"),
        nested(20_000, "NOT ", "true", ""),
        nested(20_000, "- ", "1", ""),
        nested(5_000, "[", "1", "]"),
        format!("SELECT 1{}", "::int".repeat(5_000)),
        format!("SELECT 1 IN ({})", chain(100_000, |at| at.to_string(), ",")),
        format!("SELECT '{}'", "x".repeat(2_000_000)),
        format!("EXPLAIN SELECT {}", chain(6_000, |_| "1".to_owned(), "+")),
    ]);
}

/// What is long and harmless is answered.
#[test]
fn trial_x4_ordinary_long_queries_are_answered() {
    let root = bounded();
    let areas = chain(2_000, |at| format!("'A{at}'"), ", ");
    for query in [
        format!("SELECT count(*) AS n FROM observations WHERE ref_area IN ({areas})"),
        format!("SELECT {} AS n", chain(300, |_| "1".to_owned(), " + ")),
        format!("{} AS n", nested(60, "(", "1", ")")),
        chain(100, |at| format!("SELECT {at} AS n"), " UNION ALL "),
    ] {
        let (run, ..) = ask(root.path(), &query, &["--format", "csv"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.starts_with("n,sample\n"), "{}", run.stdout);
    }
}

#[test]
fn trial_x4_a_large_answer_is_cut_and_says_so() {
    let root = bounded();
    edit(
        &root.path().join("workspace.toml"),
        "result_bytes_max = 268_435_456",
        "result_bytes_max = 65_536",
    );
    let query = "SELECT * FROM observations";
    let (run, ..) = ask(root.path(), query, &["--format", "json"]);
    let told = run.assert_code(0).json();
    assert_eq!(told["truncated_by"], "query.result_bytes_max");
    let rows = told["rows"].as_array().unwrap().len();
    assert!((20..2_000).contains(&rows), "{rows}");
    let (run, ..) = ask(root.path(), "SELECT repeat('x', 1000000)", &[]);
    assert!(run.assert_code(1).stderr.contains("query.result_bytes_max"));
}

#[test]
fn trial_x4_what_is_printed_is_bounded_as_well() {
    let root = bounded();
    let name = "x".repeat(50_000);
    let keys = format!("SELECT value AS \"{name}\" FROM generate_series(1, 100000)");
    let high = "SELECT repeat(chr(10), 1000000), repeat('x', 5000)";
    for (format, query, told) in
        [("json", keys.as_str(), "shorten them with AS"), ("table", high, "--format csv or json")]
    {
        let (run, ..) = ask(root.path(), query, &["--format", format]);
        let run = run.assert_code(1);
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert!(run.stdout.len() < 100_000, "{} bytes were printed", run.stdout.len());
    }
}

/// As text an answer is larger than in memory, and takes longer: both count.
#[test]
fn trial_p20_what_is_printed_is_within_the_bytes_and_cut_after_a_whole_row() {
    let root = bounded();
    edit(
        &root.path().join("workspace.toml"),
        "result_bytes_max = 268_435_456",
        "result_bytes_max = 100_000",
    );
    let columns = chain(50, |at| format!("value * 1.5 AS column_{at}"), ", ");
    let query = format!("SELECT {columns} FROM generate_series(1, 200)");
    let (run, ..) = ask(root.path(), &query, &["--format", "json"]);
    assert!(run.stdout.len() <= 100_000, "{}", run.stdout.len());
    let told = run.assert_code(0).json();
    assert_eq!(told["truncated_by"], "query.result_bytes_max");
    let rows = told["rows"].as_array().unwrap();
    assert!((50..200).contains(&rows.len()), "{}", rows.len());
    assert_eq!(rows[49]["column_49"], 75.0);
    for format in ["table", "csv"] {
        let (run, ..) = ask(root.path(), &query, &["--format", format]);
        let run = run.assert_code(0);
        assert!((50_000..=100_000).contains(&run.stdout.len()), "{format} {}", run.stdout.len());
        let widths: std::collections::BTreeSet<usize> =
            run.stdout.lines().map(|line| line.split([',', '|']).count()).collect();
        assert!(widths.iter().all(|width| [1, 51, 52].contains(width)), "{widths:?}");
    }
    // A row that does not fit is an error, not an empty answer.
    let (run, ..) = ask(root.path(), "SELECT repeat('\n', 99000)", &["--format", "json"]);
    let run = run.assert_code(1);
    assert!(
        run.stderr.contains("one row of the answer is more than 100000 bytes"),
        "{}",
        run.stderr
    );
}

#[test]
fn trial_p20_printing_ends_with_the_time_of_the_query() {
    let root = bounded();
    let columns = chain(1_000, |at| format!("value AS c{at}"), ", ");
    let query = format!("SELECT {columns} FROM generate_series(1, 8000)");
    for format in ["table", "csv", "json"] {
        let (run, _, taken) = ask(root.path(), &query, &["--format", format]);
        // A fast machine may do it in the time; no machine takes longer.
        assert!(run.code == 0 || run.stderr.contains("limit query.timeout_s"), "{}", run.stderr);
        assert!(taken < Duration::from_secs(SECONDS + 8), "{format} took {taken:?}");
    }
}

/// All forms keep the columns of the SELECT and their order, also where two have one name.
#[test]
fn trial_f09_columns_of_one_name_are_all_there() {
    let query = "SELECT b.year, a.year, a.year AS year_2, a.ref_area FROM \
                 (SELECT 2015 AS year, 'NOR' AS ref_area) a CROSS JOIN (SELECT 2020 AS year) b";
    let run = DEMO.wsis(&["sql", query, "--format", "json"]).assert_code(0);
    let told = run.json();
    let columns = told["columns"].as_array().unwrap();
    let of = |name: &str| -> Vec<&str> {
        columns.iter().map(|column| column[name].as_str().unwrap()).collect()
    };
    assert_eq!(of("name"), ["year", "year", "year_2", "ref_area"]);
    assert_eq!(of("key"), ["year", "year_3", "year_2", "ref_area"]);
    assert!(run.stdout.contains(r#"{"year":2020,"year_3":2015,"year_2":2015,"ref_area":"NOR"}"#));
    let csv = DEMO.wsis(&["sql", query, "--format", "csv"]).assert_code(0).stdout;
    assert_eq!(csv, "year,year,year_2,ref_area,sample\n2020,2015,2015,NOR,SAMPLE\n");
    let table = DEMO.wsis(&["sql", query]).assert_code(0).stdout;
    assert!(table.contains("| 2020 | 2015 | 2015   | NOR      |"), "{table}");
}

#[test]
fn trial_n14_tables_are_there_and_computed_when_asked_for() {
    let tables = DEMO.wsis(&["sql", "SHOW TABLES", "--format", "csv"]).assert_code(0).stdout;
    for name in ["observations_latest", "line_scores", "areas", "runs", "freshness", "promises"] {
        assert!(tables.contains(&format!(",{name},")), "{name} in {tables}");
    }
    let query =
        "SELECT s.line, r.pipeline FROM line_scores s CROSS JOIN runs r WHERE s.area = 'NOR'";
    let told = DEMO.wsis(&["sql", query, "--format", "json"]).assert_code(0).json();
    assert!(!told["rows"].as_array().unwrap().is_empty());
    let columns = DEMO.wsis(&["sql", "DESCRIBE line_scores", "--format", "csv"]).assert_code(0);
    assert!(columns.stdout.contains("points_per_year,Float64,YES"), "{}", columns.stdout);
}

#[test]
fn trial_n14_a_query_may_come_by_standard_input() {
    let root = bounded();
    let (run, ..) = ask(root.path(), "SELECT 1 AS a -- one\n;\n", &["--format", "csv"]);
    assert_eq!(run.assert_code(0).stdout, "a,sample\n1,SAMPLE\n");
    let (run, ..) = ask(root.path(), "", &[]);
    assert!(told(&run.assert_code(2)).starts_with("error: "));
}

/// A text of a source that would clear the screen, turn the line around or run in a spreadsheet.
#[test]
fn trial_x15_x17_no_answer_acts_on_a_terminal_or_a_spreadsheet() {
    let query = "SELECT chr(27) || '[2J' || chr(8238) || chr(155) AS a, '=1+1' AS b, -2.5 AS c";
    let table = DEMO.wsis(&["sql", query]).assert_code(0).stdout;
    assert!(table.contains(r"\u{1b}[2J\u{202e}\u{9b}"), "{table}");
    let json = DEMO.wsis(&["sql", query, "--format", "json"]).assert_code(0);
    assert!(
        json.stdout.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)),
        "{}",
        json.stdout
    );
    assert_eq!(json.json()["rows"][0]["a"], "\u{1b}[2J\u{202e}\u{9b}");
    assert_eq!(json.json()["rows"][0]["b"], "=1+1", "exact where nothing runs it");
    let csv = DEMO.wsis(&["sql", query, "--format", "csv"]).assert_code(0).stdout;
    assert!(csv.ends_with(",'=1+1,-2.5,SAMPLE\n"), "{csv}");
    let wrong = DEMO.wsis(&["sql", "SELECT \"\u{1b}[2J\u{202e}\""]).assert_code(2).stderr;
    assert!(!wrong.contains(['\u{1b}', '\u{202e}']), "{wrong}");
}

/// `--root` from elsewhere: the lake of the deployment, not one of the folder at hand.
#[test]
fn trial_r9_the_lake_of_a_deployment_is_found_from_any_folder() {
    let root = deployment();
    let file = root.path().join("workspace.toml");
    let lake = DEMO.lake();
    std::os::unix::fs::symlink(&lake, root.path().join("their-lake")).unwrap();
    edit(&file, "lake = \"lake\"", "lake = \"their-lake\"");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut run = command(elsewhere.path());
    let run = run.args(["sql", "SELECT 1 AS a", "--format", "csv", "--root"]).arg(root.path());
    assert_eq!(finished(run.output().unwrap()).assert_code(0).stdout, "a,sample\n1,SAMPLE\n");
    assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none());
}

/// `SELEC 1` was answered with `SQL error: ParserError("...")`, as a program writes it for itself.
#[test]
fn trial_p159_a_slip_of_syntax_is_told_in_words() {
    for slip in ["SELEC 1", "SELECT 1 FROM", "SELECT (1"] {
        let run = DEMO.wsis(&["sql", slip]);
        let told = run.stderr;
        assert!(run.code != 0 && told.contains("error"), "{told}");
        assert!(!told.contains("ParserError(") && !told.contains("TokenizerError("), "{told}");
    }
}
