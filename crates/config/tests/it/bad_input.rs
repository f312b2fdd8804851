//! Every kind of bad input gives a clear error with file, line and column, all at once.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use wsis_config::{Checked, Deployment, ErrorKind, Origin, check, missing_secrets, report};

use crate::spoilt;

pub(crate) const WORKSPACE: &str = r#"version = 1
lake = "lake"
default_framework = "wsis-action-lines"

[[agency]]
id = "worldbank"
name = "World Bank"
contact = "https://datahelpdesk.worldbank.org"
timezone = "America/New_York"
"#;

pub(crate) const PIPELINE: &str = r#"id = "worldbank-wdi"
title = "World Development Indicators"
agency = "worldbank"
source = "worldbank"
dataset = "WDI"
base_url = "https://api.worldbank.org/v2"
homepage = "https://datatopics.worldbank.org"
licence = "CC BY 4.0"
citation = "World Bank"
years = [2000, 2025]

[schedule]
cron = "30 3 * * MON"

[[series]]
code = "IT.NET.USER.ZS"
title = "Individuals using the Internet"
unit = "PERCENT"
range = [0, 100]
"#;

/// A framework of one indicator, so that the tests do not depend on the real ones.
pub(crate) const FRAMEWORK: &str = include_str!("fixtures/framework.toml");

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("workspace.toml", WORKSPACE);
        folder.write("pipelines/worldbank-wdi.toml", PIPELINE);
        folder.write("schemas/framework/wsis-action-lines.toml", FRAMEWORK);
        folder
    }

    pub(crate) fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The pipeline with one text replaced.
    pub(crate) fn pipeline(&self, from: &str, to: &str) -> &Self {
        self.write("pipelines/worldbank-wdi.toml", spoilt(PIPELINE, from, to))
    }

    pub(crate) fn workspace(&self, from: &str, to: &str) -> &Self {
        self.write("workspace.toml", spoilt(WORKSPACE, from, to))
    }

    pub(crate) fn check(&self) -> Checked {
        check(Origin::Folder(self.0.path()), &|_| None)
    }

    /// The report, with the folder's own path taken out.
    pub(crate) fn report(&self) -> String {
        let checked = self.check();
        let stopped = checked.findings.iter().any(wsis_config::ConfigError::is_error);
        assert_eq!(checked.deployment.is_none(), stopped, "{:?}", checked.findings);
        report(&checked.findings).replace(&self.0.path().display().to_string(), "DIR")
    }
}

#[test]
fn the_untouched_folder_is_right() {
    let folder = Folder::new();
    let checked = folder.check();
    assert_eq!(checked.findings, []);
    let deployment = checked.deployment.unwrap();
    assert_eq!(deployment.workspace.lake, folder.0.path().join("lake"));
    let pipeline = deployment.pipeline("worldbank-wdi").unwrap();
    assert_eq!(pipeline.series("it.net.user.zs").unwrap().range, Some((0.0, 100.0)));
    // The agency's zone, since the schedule names none.
    assert_eq!(pipeline.schedule.as_ref().unwrap().timezone, "America/New_York");
    assert_eq!(pipeline.page_size, 1_000);
    assert_eq!(pipeline.gates.rows_min, 1);
    assert!(deployment.framework("wsis-action-lines").is_some());
    assert!(deployment.areas.get("CHE").is_some(), "the embedded code list serves");
}

#[test]
fn unknown_field() {
    let folder = Folder::new();
    folder.pipeline("years = [2000, 2025]", "years = [2000, 2025]\npagesize = 500");
    insta::assert_snapshot!(folder.report());
}

#[test]
fn impossible_cron_line() {
    let folder = Folder::new();
    folder.pipeline("30 3 * * MON", "0 0 31 2 *");
    insta::assert_snapshot!(folder.report());
}

#[test]
fn unknown_indicator() {
    let folder = Folder::new();
    folder.pipeline("IT.NET.USER.ZS", "IT.NET.USER.Z5");
    insta::assert_snapshot!(folder.report());
}

#[test]
fn missing_secret_is_a_warning_until_the_pipeline_runs() {
    let folder = Folder::new();
    folder.pipeline("licence =", "secret_env = \"WSIS_TEST_KEY\"\nlicence =");
    insta::assert_snapshot!(folder.report());
    let deployment = folder.check().deployment.unwrap();
    let pipeline = deployment.pipeline("worldbank-wdi").unwrap();
    assert_eq!(missing_secrets(pipeline, &|_| None), ["WSIS_TEST_KEY"]);
    assert_eq!(missing_secrets(pipeline, &|_| Some(" ".into())), ["WSIS_TEST_KEY"]);
    assert!(missing_secrets(pipeline, &|_| Some("key".into())).is_empty());
    // Loading to work with the lake asks for no secret; the warning can be asked for later.
    let loaded = Deployment::load(folder.0.path()).unwrap();
    assert_eq!(loaded.warnings(&|_| None), folder.check().findings);
    assert_eq!(loaded.warnings(&|_| Some("key".into())), []);
}

#[test]
fn a_secret_written_into_a_file_is_refused_and_not_repeated() {
    let folder = Folder::new();
    folder.pipeline("licence =", "secret_env = \"sk-very-secret\"\nlicence =");
    let text = folder.report();
    assert!(!text.contains("sk-very-secret"), "{text}");
    insta::assert_snapshot!(text);
    folder.pipeline(
        "https://api.worldbank.org/v2",
        "https://me:sk-very-secret@api.worldbank.org/v2?key=sk-very-secret",
    );
    let text = folder.report();
    assert!(!text.contains("sk-very-secret"), "{text}");
}

#[test]
fn all_errors_of_all_files_at_once() {
    let folder = Folder::new();
    folder
        .workspace("America/New_York", "America/New_Yrok")
        .write(
            "pipelines/other.toml",
            PIPELINE.replace("worldbank\"", "wordbank\"").replace("= [0, 100]", "= [100, 0]"),
        )
        .pipeline("years = [2000, 2025]", "years = [2025, 2000]\ntimeout = 5\npage_size = 0");
    insta::assert_snapshot!(folder.report());
}

/// One fault each: text to replace, replacement.
const FAULTS: [(&str, &str); 25] = [
    ("id = \"worldbank-wdi\"", "id = \"wb\""),
    ("id = \"worldbank-wdi\"", "id = 7"),
    ("title = \"World Development Indicators\"\n", ""),
    ("agency = \"worldbank\"", "agency = \"world-bank\""),
    ("source = \"worldbank\"", "source = \"worldbnk\""),
    ("source = \"worldbank\"", "source = \"imf\""),
    ("dataset = \"WDI\"", "dataset = \"../WDI\""),
    ("https://api.worldbank.org/v2", "http://api.worldbank.org/v2"),
    ("https://api.worldbank.org/v2", "api.worldbank.org/v2"),
    ("https://api.worldbank.org/v2", "file:///etc/passwd"),
    ("[2000, 2025]", "[2000]"),
    ("[2000, 2025]", "[2000, 20205]"),
    ("[2000, 2025]", "\"2000-2025\""),
    ("30 3 * * MON", "30 25 * * MON"),
    ("30 3 * * MON", "30 3 1 * MON"),
    ("cron = \"30 3 * * MON\"", "cron = \"30 3 * * MON\"\ntimezone = \"Europe/Zurih\""),
    ("range = [0, 100]", "range = [100, 100]"),
    ("range = [0, 100]", "range = [0, nan]"),
    ("code = \"IT.NET.USER.ZS\"", "code = \"IT NET\""),
    ("unit = \"PERCENT\"", "unit = \" \""),
    ("[[series]]", "[gates]\nquarantined_share_max = 5\n[[series]]"),
    ("[[series]]", "[[file]]\npath = \"/a.csv\"\nformat = \"cvs\"\n[[series]]"),
    ("years = [2000, 2025]", "years = [2000, 2025"),
    ("licence = \"CC BY 4.0\"", "licence = \"CC BY 4.0\"\nlicence = \"MIT\""),
    ("source = \"worldbank\"", "source = \"undesa\""),
];

#[test]
fn each_fault_says_what_would_be_right() {
    let mut lines = Vec::new();
    for (from, to) in FAULTS {
        let folder = Folder::new();
        folder.pipeline(from, to);
        let checked = folder.check();
        assert!(checked.deployment.is_none(), "{to}");
        lines.push(format!("# {}", to.replace('\n', " / ")));
        lines.extend(checked.findings.iter().map(ToString::to_string));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn faults_of_the_workspace() {
    let mut lines = Vec::new();
    for (from, to) in [
        ("version = 1", "version = 2"),
        ("lake = \"lake\"", "lake = \"\""),
        ("lake = \"lake\"", "lake = \"lake\"\nallow_http = [\"http://127.0.0.1\"]"),
        ("wsis-action-lines", "wsis-action-line"),
        ("id = \"worldbank\"", "id = \"World Bank\""),
        ("contact =", "mail ="),
        ("[[agency]]", "[fetch]\nretries = -1\nread_timeout_s = 0\nretry = 3\n[[agency]]"),
        ("[[agency]]", "[query]\nmemory_bytes = \"2GiB\"\n[[agency]]"),
    ] {
        let folder = Folder::new();
        folder.workspace(from, to);
        let checked = folder.check();
        assert!(checked.deployment.is_none(), "{to}");
        lines.push(format!("# {}", to.replace('\n', " / ")));
        lines.extend(checked.findings.iter().map(ToString::to_string));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn plain_http_where_the_workspace_allows_it() {
    let folder = Folder::new();
    folder
        .workspace(
            "lake = \"lake\"",
            "lake = \"lake\"\nallow_http = [\"127.0.0.1:8080\"]\nallow_private = [\"127.0.0.1\"]",
        )
        .pipeline("https://api.worldbank.org/v2", "http://127.0.0.1:8080/worldbank/");
    let deployment = folder.check().deployment.unwrap();
    assert_eq!(
        deployment.pipeline("worldbank-wdi").unwrap().base_url,
        "http://127.0.0.1:8080/worldbank",
        "no slash at the end"
    );
    folder.pipeline("https://api.worldbank.org/v2", "http://127.0.0.1:9090");
    assert!(folder.check().findings.iter().any(|it| it.kind == ErrorKind::InsecureAddress));
}

/// What `check` passes can be asked: the engine wants both declarations, and so does `check`; the
/// hint names what to write, with the port.
#[test]
fn trial_n14_addresses_of_this_machine_need_both_declarations() {
    let folder = Folder::new();
    let told = |url: &str| -> Vec<String> {
        folder.pipeline("https://api.worldbank.org/v2", url);
        let findings = folder.check().findings;
        findings.iter().map(|it| format!("{}; {}", it.message, it.hint)).collect()
    };
    let both = told("http://127.0.0.1:8080/v2");
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both[0].contains("\"127.0.0.1:8080\" to `allow_private`"), "{both:?}");
    assert!(both[1].contains("\"127.0.0.1:8080\" to `allow_http`"), "{both:?}");
    for local in
        ["https://10.1.2.3", "https://[::1]:8443", "https://localhost", "https://192.168.0.9/x"]
    {
        let one = told(local);
        assert_eq!(one.len(), 1, "{local}: {one:?}");
        assert!(one[0].contains("`allow_private`"), "{local}: {one:?}");
    }
    assert_eq!(told("https://93.184.216.34/v2"), [""; 0]);
}

/// A framework may ask for more than a deployment delivers; a slip of two letters is an error.
#[test]
fn trial_n14_series_that_nobody_delivers_are_a_warning_and_slips_an_error() {
    let folder = Folder::new();
    let found = |code: &str| {
        folder.pipeline("IT.NET.USER.ZS", code);
        let checked = folder.check();
        assert_eq!(checked.findings.len(), 1, "{:?}", checked.findings);
        (checked.deployment.is_some(), checked.findings[0].hint.clone())
    };
    let slip = (false, "did you mean `IT.NET.USER.Z5`?".to_owned());
    assert_eq!(found("IT.NET.USER.Z5"), slip);
    let (usable, hint) = found("SP.POP.TOTL");
    assert!(usable && hint.contains("shown as missing"), "{hint}");
    folder.write(
        "pipelines/worldbank-wdi.toml",
        PIPELINE.replace("dataset = \"WDI\"", "dataset = \"HNP\""),
    );
    let checked = folder.check();
    assert!(checked.deployment.is_some(), "{:?}", checked.findings);
    assert!(checked.findings[0].message.contains("no pipeline delivers dataset worldbank/WDI"));
}

/// A deployment of one's own, with one pipeline and the frameworks of the program, had 21 warnings of
/// what it does not ask for, so that `--strict` failed it.
#[test]
fn trial_p133_built_in_frameworks_ask_for_more_without_a_warning() {
    let folder = Folder::new();
    std::fs::remove_dir_all(folder.path("schemas")).unwrap();
    let checked = folder.check();
    assert_eq!(checked.findings, []);
    let named = |name: &str| checked.not_delivered.contains(name);
    assert!(named("undesa/EGDI"), "{:?}", checked.not_delivered);
    assert!(!named("worldbank/WDI"), "{:?}", checked.not_delivered);
    assert!(!named("worldbank/WDI/IT.NET.USER.ZS"), "{:?}", checked.not_delivered);
    assert!(checked.not_delivered.iter().any(|it| it.starts_with("worldbank/WDI/")));
    // One's own framework is a promise of one's own.
    let folder = Folder::new();
    folder.pipeline("IT.NET.USER.ZS", "SP.POP.TOTL");
    let checked = folder.check();
    assert_eq!((checked.findings.len(), checked.not_delivered.len()), (1, 0));
}

/// Whatever stands where a pipeline should, by its name, is named; nothing is opened that would wait
/// or never end.
#[test]
fn trial_x18_links_to_nothing_pipes_folders_and_devices_among_the_pipelines_are_errors() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    symlink("gone.toml", folder.path("pipelines/dangling.toml")).unwrap();
    symlink("/dev/zero", folder.path("pipelines/endless.toml")).unwrap();
    std::fs::create_dir(folder.path("pipelines/folder.toml")).unwrap();
    let fifo = folder.path("pipelines/fifo.toml");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // A link to a file is a file: so configuration is mounted into containers.
    std::fs::rename(folder.path("pipelines/worldbank-wdi.toml"), folder.path("real")).unwrap();
    symlink("../real", folder.path("pipelines/worldbank-wdi.toml")).unwrap();
    let checked = folder.check();
    let found: Vec<String> =
        checked.findings.iter().map(|it| format!("{}: {}", it.file, it.message)).collect();
    assert_eq!(
        found,
        [
            "pipelines/dangling.toml: it is a link to nothing",
            "pipelines/endless.toml: it is a pipe, a socket or a device, not a file",
            "pipelines/fifo.toml: it is a pipe, a socket or a device, not a file",
            "pipelines/folder.toml: it is a folder, not a file",
        ]
    );
    assert!(checked.deployment.is_none());
}

#[test]
fn trial_n16_a_csv_of_a_table_that_nobody_publishes_is_refused() {
    let folder = Folder::new();
    let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
    for (asked, hint) in [("lins", "did you mean `lines`?"), ("revisions", "")] {
        folder.write(
            "workspace.toml",
            format!("{good}\n[publish]\ncsv = [\"areas\", \"{asked}\"]\n"),
        );
        let checked = folder.check();
        let [found] = checked.findings.as_slice() else { panic!("{:?}", checked.findings) };
        assert_eq!(
            found.message,
            format!("`csv` names \"{asked}\", and no such table is published")
        );
        assert!(found.hint.contains(hint) && found.line > 1, "{found:?}");
        assert!(checked.deployment.is_none());
    }
    folder.write("workspace.toml", format!("{good}\n[publish]\ncsv = [\"lines\"]\n"));
    assert_eq!(folder.check().findings, []);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new();
    folder.write("pipelines/latin1.toml", b"title = \"Donn\xe9es\"");
    folder.write("pipelines/utf16.toml", b"\xff\xfei\0d\0");
    folder.write("pipelines/.hidden.toml", "not TOML");
    folder.write("pipelines/notes.md", "not TOML");
    insta::assert_snapshot!(folder.report());

    let empty = Folder(TempDir::new().unwrap());
    insta::assert_snapshot!("an_empty_folder", empty.report());
    assert!(Deployment::load(Path::new("no/such/folder")).is_err());
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let folder = Folder::new();
    folder.write(
        "pipelines/worldbank-wdi.toml",
        format!("\u{feff}{}", PIPELINE.replace('\n', "\r\n")),
    );
    assert_eq!(folder.check().findings, []);
    // And the column is counted without it.
    folder.write(
        "pipelines/worldbank-wdi.toml",
        format!("\u{feff}{}", PIPELINE.replace("id =", "ID =")),
    );
    let finding = &folder.check().findings[0];
    assert_eq!((finding.line, finding.column), (1, 1), "{finding}");
}

#[test]
fn one_id_or_one_series_in_two_files() {
    let folder = Folder::new();
    folder.write("pipelines/a.toml", PIPELINE.replace("worldbank-wdi", "a"));
    let text = folder.report();
    insta::assert_snapshot!(text);
}

#[test]
fn a_broken_pipeline_does_not_make_its_series_look_undeclared() {
    let folder = Folder::new();
    folder.pipeline("[2000, 2025]", "[2025, 2000]");
    let kinds: Vec<ErrorKind> = folder.check().findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [ErrorKind::InvalidValue]);
}

#[test]
fn code_lists_with_faults() {
    let folder = Folder::new();
    let header = "code,m49,iso2,name,kind,region,subregion,valid_from,valid_to,note\n";
    folder.write("schemas/codelists/ref_area.csv", format!("{header}CHE,756\n"));
    folder.write("schemas/codelists/ref_area_aliases.csv", "source,text,area\n*,Utopia,UTO\n");
    folder.write(
        "schemas/codelists/group_members.csv",
        "group_kind,group,area,valid_from,valid_to\n",
    );
    let checked = folder.check();
    assert!(checked.deployment.is_none());
    assert!(checked.findings.iter().all(|it| it.kind == ErrorKind::CodeList));
    let first = &checked.findings[0];
    assert_eq!((first.file.as_str(), first.line), ("schemas/codelists/ref_area.csv", 2), "{first}");
}

#[test]
fn files_instead_of_the_service() {
    let folder = Folder::new();
    let file = "[[file]]\npath = \"API_IT.NET.USER.ZS.csv\"\nformat = \"csv\"\n\n[[series]]";
    folder.pipeline("[[series]]", file);
    let deployment = folder.check().deployment.unwrap();
    assert_eq!(deployment.pipeline("worldbank-wdi").unwrap().files.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to the text, the answer is a deployment or errors with a place in it.
    #[test]
    fn spoilt_text_gives_errors_and_never_a_panic(
        from in 0_usize..PIPELINE.len(),
        length in 0_usize..40,
        insert in "[\\[\\]{}\"'=,.#\\n0-9a-z\u{e9}\u{0}-]{0,8}",
    ) {
        let to = (from + length).min(PIPELINE.len());
        let text = format!("{}{insert}{}", &PIPELINE[..from], &PIPELINE[to..]);
        let folder = Folder::new();
        folder.write("pipelines/worldbank-wdi.toml", &text);
        let checked = folder.check();
        prop_assert_eq!(
            checked.deployment.is_none(),
            checked.findings.iter().any(wsis_config::ConfigError::is_error)
        );
        let lines = text.lines().count().max(1) + 1;
        for finding in &checked.findings {
            let within = finding.line <= lines || finding.file != "pipelines/worldbank-wdi.toml";
            prop_assert!(within, "{}", finding);
            prop_assert!(!finding.message.is_empty() && !finding.hint.is_empty(), "{}", finding);
        }
        report(&checked.findings);
    }
}

#[test]
fn findings_as_json() {
    let folder = Folder::new();
    folder.pipeline("years = [2000, 2025]", "years = [2000, 2025]\npagesize = 500");
    let findings = folder.check().findings;
    insta::assert_json_snapshot!(findings);
}

#[test]
fn miette_points_at_the_place() {
    let folder = Folder::new();
    folder.pipeline("years = [2000, 2025]", "years = [2000, 2025]\npagesize = 500");
    let errors = wsis_config::ConfigErrors(folder.check().findings);
    let mut text = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none())
        .render_report(&mut text, &errors)
        .unwrap();
    assert!(
        text.contains("pagesize = 500") && text.contains("did you mean `page_size`?"),
        "{text}"
    );
}
