//! The pipelines of the repository can be copied and used as they stand, and mappings are checked.

use std::path::Path;

use wsis_config::{ErrorKind, Origin, check};

use crate::bad_input::Folder;

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Copied into a deployment with the built-in `workspace.toml`, no pipeline has a fault.
#[test]
fn pipelines_that_are_to_be_copied_are_right() {
    let folder = tempfile::TempDir::new().unwrap();
    let pipelines = folder.path().join("pipelines");
    std::fs::create_dir(&pipelines).unwrap();
    let workspace = std::fs::read(repository().join("workspace.toml")).unwrap();
    std::fs::write(folder.path().join("workspace.toml"), workspace).unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository().join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "toml") {
            let name = path.file_name().unwrap().to_owned();
            std::fs::copy(&path, pipelines.join(&name)).unwrap();
            names.push(name);
        }
    }
    let checked = check(Origin::Folder(folder.path()), &|_| None);
    let errors: Vec<String> = checked
        .findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let deployment = checked.deployment.unwrap();
    assert_eq!(deployment.pipelines.len(), names.len());
    for pipeline in &deployment.pipelines {
        let source = wsis_sources::source(&pipeline.source).unwrap();
        assert!(!source.plan(pipeline).unwrap().is_empty(), "{}", pipeline.id);
    }
}

const FILE: &str = r#"id = "table"
title = "A table"
agency = "worldbank"
source = "file"
dataset = "T"
base_url = "https://files.example.org"
homepage = "https://example.org"
licence = "CC BY 4.0"
citation = "Somebody"
years = [2000, 2025]

[mapping]
decimal = ","
thousands = "."

[mapping.columns]
area = "ISO3"
year = "Year"
series = "Code"
value = "Value"

[[file]]
path = "table.csv"
format = "csv"

[[series]]
code = "A"
title = "A"
unit = "PERCENT"

[[series]]
code = "B"
title = "B"
unit = "PERCENT"
"#;

fn with(from: &str, to: &str) -> Vec<(ErrorKind, String)> {
    assert!(FILE.contains(from), "{from}");
    let folder = Folder::new();
    folder.write("pipelines/table.toml", FILE.replacen(from, to, 1));
    let found = folder.check().findings;
    let errors = found.into_iter().filter(|it| it.is_error() && it.file.ends_with("table.toml"));
    errors.map(|it| (it.kind, it.to_string())).collect()
}

#[test]
fn a_mapping_that_says_what_is_needed_is_right() {
    assert_eq!(with("decimal", "decimal"), []);
    assert_eq!(
        with("series = \"Code\"\nvalue = \"Value\"", "series = \"Code\"\nvalue = \"{year}\""),
        []
    );
}

#[test]
fn faults_of_a_mapping_say_what_would_be_right() {
    for (from, to, kind, told) in [
        ("area = \"ISO3\"\n", "", ErrorKind::MissingField, "the mapping names no column of areas"),
        ("value = \"Value\"\n", "", ErrorKind::MissingField, "names no column of its figures"),
        ("year = \"Year\"\n", "", ErrorKind::MissingField, "nothing says of which year"),
        ("series = \"Code\"\n", "", ErrorKind::MissingField, "two series are read from the same"),
        ("decimal = \",\"", "decimal = \";\"", ErrorKind::InvalidValue, "`decimal` is \";\""),
        ("thousands = \".\"", "thousands = \",\"", ErrorKind::InvalidValue, "before decimals"),
        ("decimal = \",\"", "areas_of = \"imf\"", ErrorKind::UnknownSource, "`areas_of` is `imf`"),
        ("source = \"file\"", "source = \"unsd\"", ErrorKind::InvalidValue, "has no `[mapping]`"),
        (
            "decimal = \",\"",
            "document = { rows = \"value\" }",
            ErrorKind::InvalidValue,
            "and no file is JSON",
        ),
        (
            "decimal = \",\"",
            "count = { split = { \"Lines\" = \";\" } }",
            ErrorKind::InvalidValue,
            "`split` names \"Lines\", which is no series, area or dimension",
        ),
        ("decimal = \",\"", "count = {}", ErrorKind::InvalidValue, "beside a column of figures"),
    ] {
        let found = with(from, to);
        let is_told = found.iter().any(|(it, text)| *it == kind && text.contains(told));
        assert!(is_told, "{told}: {found:#?}");
    }
    let (head, rest) = FILE.split_once("[mapping]").unwrap();
    let (_, rest) = rest.split_once("[[file]]").unwrap();
    let folder = Folder::new();
    folder.write("pipelines/table.toml", format!("{head}[[file]]{rest}"));
    assert!(folder.report().contains("source `file` needs a `[mapping]`"), "{}", folder.report());
}

/// `12.51` without the mark `1` was 2.5, and `-5` without `-` was 5.
#[test]
fn trial_p29_a_mark_that_could_be_a_part_of_a_number_is_refused() {
    for mark in ["1", "-", "", " ", ".", "5)", "+", "%"] {
        let found = with("decimal = \",\"", &format!("decimal = \",\"\nmarks = [{mark:?}]"));
        let is_told = found.iter().any(|(_, text)| text.contains("could be a part of a number"));
        assert!(is_told, "{mark:?}: {found:#?}");
    }
    for mark in ["*", "e", "(1)", "[b]", "\u{b9}a", "/i"] {
        let found = with("decimal = \",\"", &format!("decimal = \",\"\nmarks = [{mark:?}]"));
        assert_eq!(found.is_empty(), mark != "\u{b9}a", "{mark:?}: {found:#?}");
    }
}

/// One wrong list, in a folder that has only this one of the four.
#[test]
fn trial_r4_a_deployments_own_lists_are_read_and_checked() {
    let folder = Folder::new();
    for name in ["ref_area.csv", "ref_area_aliases.csv", "group_members.csv"] {
        let path = format!("schemas/codelists/{name}");
        folder.write(&path, std::fs::read(repository().join(&path)).unwrap());
    }
    let own = "code,name,source_codes\n_T,Total,\nF,Female,WOMEN\n";
    folder.write("schemas/codelists/sex.csv", own);
    let deployment = folder.check().deployment.unwrap();
    assert_eq!(deployment.dimensions.sex.find("women"), Some("F"));
    assert_eq!(deployment.dimensions.sex.find("FEMALE"), None);
    assert_eq!(deployment.dimensions.age.find("ALLAGE"), Some("_T"), "the built-in list");
    folder.write("schemas/codelists/sex.csv", "code,name,source_codes\nF,Female,X\nM,Male,X\n");
    let report = folder.report();
    assert!(report.contains("sex.csv:3:1: \"X\" stands for two codes"), "{report}");
}

/// What a source would pass over is refused: figures that were to be scaled were stored as they stood.
#[test]
fn trial_p39_what_a_source_does_not_use_is_refused() {
    let bank = |rest: &str| {
        let (head, _) = FILE.split_once("[mapping]").unwrap();
        let head = head.replace("\"file\"", "\"worldbank\"");
        let folder = Folder::new();
        folder.write("pipelines/table.toml", format!("{head}{rest}"));
        folder.report()
    };
    let series = "[[series]]\ncode = \"A\"\ntitle = \"A\"\nunit = \"PERCENT\"\n";
    assert!(!bank(series).contains("does not use"));
    for field in ["scale = 2", "column = \"Value\"", "named = \"a\""] {
        let (name, _) = field.split_once(' ').unwrap();
        let told = format!("series `A`: `{name}`, which source `worldbank` does not use");
        let report = bank(&format!("{series}{field}\n"));
        assert!(report.contains(&told), "{report}");
    }
    assert_eq!(with("unit = \"PERCENT\"", "unit = \"PERCENT\"\nscale = 2"), []);
}

#[test]
fn trial_p34_lists_without_a_total_and_spellings_of_nobody_are_refused() {
    let folder = Folder::new();
    for name in ["ref_area.csv", "ref_area_aliases.csv", "group_members.csv"] {
        let path = format!("schemas/codelists/{name}");
        folder.write(&path, std::fs::read(repository().join(&path)).unwrap());
    }
    for name in ["sex.csv", "age.csv", "location.csv"] {
        folder.write(&format!("schemas/codelists/{name}"), "code,name,source_codes\nF,Some,X\n");
        let report = folder.report();
        assert!(report.contains(&format!("{name}:1:1: there is no code \"_T\"")), "{report}");
        folder.write(&format!("schemas/codelists/{name}"), "code,name,source_codes\n_T,Total,X\n");
    }
    assert!(!folder.report().contains("codelists"), "{}", folder.report());
    let path = "schemas/codelists/ref_area_aliases.csv";
    let aliases = std::fs::read_to_string(repository().join(path)).unwrap();
    folder.write(path, format!("{aliases}fiel,Kenia,KEN\nfiel,Ouganda,UGA\n"));
    let report = folder.report();
    assert_eq!(report.matches("a spelling of source \"fiel\", which there is not").count(), 1);
    folder.write(path, format!("{aliases}file,KEN,UGA\n"));
    let report = folder.report();
    let told = "alias \"KEN\" of file means \"UGA\", and is the code KEN of ref_area.csv";
    assert!(report.contains(told), "{report}");
}

/// Documents that name their parts need no columns of the usual names; several series do.
#[test]
fn messages_that_name_their_parts_need_no_columns() {
    let (head, rest) = FILE.split_once("[mapping]").unwrap();
    let (_, files) = rest.split_once("[[file]]").unwrap();
    let one = files.split_once("[[series]]\ncode = \"B\"").unwrap().0;
    for format in ["sdmx-csv", "sdmx-ml", "sdmx-json", "json-stat", "eurostat-tsv"] {
        let errors = |files: &str, mapping: &str| {
            let files = files.replace("\"csv\"", &format!("\"{format}\""));
            let folder = Folder::new();
            let text = format!("{head}[mapping]\n{mapping}\n[[file]]{files}");
            folder.write("pipelines/table.toml", text);
            let found = folder.check().findings.into_iter();
            let of_file = found.filter(|it| it.is_error() && it.file.ends_with("table.toml"));
            of_file.map(|it| it.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(errors(one, "frequencies = [\"A\", \"Q\"]"), Vec::<String>::new(), "{format}");
        let of_two = errors(files, "");
        assert!(of_two.iter().any(|it| it.contains("two series are read")), "{of_two:?}");
        let named = errors(files, "columns = { series = \"INDICATOR\" }");
        assert_eq!(named, Vec::<String>::new(), "{format}");
    }
}
