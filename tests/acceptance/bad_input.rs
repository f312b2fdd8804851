//! Wrong configuration: every error with file, line and what would be right; exit code 2.

use crate::program::{deployment, edit, wsis};

/// Breaks one file of a deployment and returns what `wsis check` says.
fn check_after(file: &str, old: &str, new: &str) -> String {
    let folder = deployment();
    edit(&folder.path().join(file), old, new);
    let run = wsis(folder.path(), &["check"]).assert_code(2);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(file), "the message does not name {file}:\n{said}");
    said
}

#[test]
fn embedded_and_committed_deployments_check() {
    let empty = tempfile::tempdir().unwrap();
    wsis(empty.path(), &["check"]).assert_code(0);
    wsis(deployment().path(), &["check", "--format", "json"]).assert_code(0).json();
}

#[test]
fn unknown_field_is_named_with_its_line() {
    let said = check_after("pipelines/worldbank-wdi.toml", "page_size", "page_sise");
    assert!(said.contains("page_sise") && said.contains("page_size"), "{said}");
}

/// What `check` passes can run here: each of these ended every ingest, or every alert.
#[test]
fn trial_f10_check_looks_at_what_the_machine_must_have() {
    let folder = deployment();
    let file = folder.path().join("workspace.toml");
    let own = std::fs::read_to_string(&file).unwrap();
    std::fs::write(folder.path().join("not.pem"), "hello").unwrap();
    let said = |more: &str, code: i32| {
        let (before, after) = own.split_once("[fetch]\n").unwrap();
        let (fetch, rest) = more.split_once("---").unwrap_or((more, ""));
        std::fs::write(&file, format!("{before}[fetch]\n{fetch}\n{after}\n{rest}")).unwrap();
        let run = wsis(folder.path(), &["check"]).assert_code(code);
        format!("{}{}", run.stdout, run.stderr)
    };
    assert!(said("ca_file = \"sub/my.pem\"", 2).contains("my.pem"));
    assert!(said("ca_file = \"not.pem\"", 2).contains("holds no certificate"));
    assert!(said("ca_file = \"pipelines\"", 2).contains("ca_file"));
    let alert = "---[[alert]]\nid = \"ops\"\nkind = \"command\"\ncommand = [\"/nope/alert\"]\n";
    assert!(said(alert, 0).contains("no program \"/nope/alert\" here"));
    let text = alert.replace("/nope/alert", "./not.pem");
    assert!(said(&text, 0).contains("no program \"./not.pem\" here that can be run"));
    std::fs::write(&file, &own).unwrap();
    let lake = wsis(folder.path(), &["check", "--lake", "not.pem/lake"]).assert_code(2);
    assert!(format!("{}{}", lake.stdout, lake.stderr).contains("not.pem is no folder"));
}

#[test]
fn impossible_cron_line_is_refused() {
    let folder = deployment();
    let file = folder.path().join("pipelines/worldbank-wdi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.contains("cron")).unwrap().to_owned();
    let start = line.find("cron").unwrap();
    let value_start = line[start..].find('"').unwrap() + start;
    let value_end = line[value_start + 1..].find('"').unwrap() + value_start + 1;
    let broken = format!("{}\"0 0 31 2 *\"{}", &line[..value_start], &line[value_end + 1..]);
    std::fs::write(&file, text.replace(&line, &broken)).unwrap();
    let run = wsis(folder.path(), &["check"]).assert_code(2);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("0 0 31 2 *"), "{said}");
}

#[test]
fn unknown_indicator_is_named() {
    let said =
        check_after("schemas/framework/wsis-action-lines.toml", "IT.NET.BBND.P2", "IT.NET.BBND.P9");
    assert!(said.contains("IT.NET.BBND.P9"), "{said}");
}

#[test]
fn all_errors_are_told_at_once() {
    let folder = deployment();
    edit(&folder.path().join("pipelines/worldbank-wdi.toml"), "page_size", "page_sise");
    edit(&folder.path().join("pipelines/undesa-egdi.toml"), "licence", "license");
    let run = wsis(folder.path(), &["check", "--format", "json"]).assert_code(2);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("page_sise") && said.contains("license"), "{said}");
}

#[test]
fn commands_without_a_lake_say_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    for arguments in
        [vec!["scorecard", "C2"], vec!["sql", "SELECT 1"], vec!["report"], vec!["verify"]]
    {
        let run = wsis(empty.path(), &arguments).assert_code(2);
        assert!(run.stderr.contains("wsis ingest"), "{}", run.stderr);
    }
    assert!(
        std::fs::read_dir(empty.path()).unwrap().next().is_none(),
        "a reader created something"
    );
}

/// A file of certificates that cannot be used is a fault of the configuration, as any other.
#[test]
fn a_file_of_certificates_that_is_none_is_a_fault_of_the_configuration() {
    let folder = deployment();
    let file = folder.path().join("workspace.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("[fetch]\n", "[fetch]\nca_file = \"none.pem\"\n", 1))
        .unwrap();
    for words in [&["ingest", "undesa-egdi"][..], &["schedule", "run"]] {
        let run = wsis(folder.path(), words).assert_code(2);
        assert!(run.stderr.contains("ca_file"), "{}", run.stderr);
    }
}
