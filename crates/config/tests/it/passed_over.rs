//! What a check let pass in silence, and what it asked for that nobody needs.

use wsis_config::Checked;

use crate::bad_input::{FRAMEWORK, Folder, PIPELINE, WORKSPACE};

/// What the hint of a finding says.
fn only_hint(checked: &Checked) -> String {
    assert_eq!(checked.findings.len(), 1, "{:?}", checked.findings);
    checked.findings[0].hint.clone()
}

#[test]
fn trial_p156_a_unit_is_a_code_and_a_hint_ends() {
    let folder = Folder::new();
    folder.write("pipelines/worldbank-wdi.toml", PIPELINE.replace("\"PERCENT\"", "\"%\""));
    let hint = only_hint(&folder.check());
    assert!(hint.starts_with("write PERCENT"), "{hint}");
    folder.write("pipelines/worldbank-wdi.toml", PIPELINE.replace("\"PERCENT\"", "\"Mbit/s\""));
    assert!(only_hint(&folder.check()).contains("`source_unit`"));
    folder.write("pipelines/worldbank-wdi.toml", PIPELINE);
    let (without, _) = WORKSPACE.split_once("[[agency]]").unwrap();
    folder.write("workspace.toml", without);
    let hint = only_hint(&folder.check());
    assert!(hint.contains("declares none: write [[agency]] with id = \"worldbank\""), "{hint}");
}

/// SDMX and JSON-stat say themselves what their columns are: as `docs/tables.md` has it.
#[test]
fn trial_p156_documents_that_name_their_parts_need_no_mapping() {
    const FILE: &str = r#"
[[file]]
path = "data.csv"
format = "sdmx-csv"
"#;
    let folder = Folder::new();
    let pipeline = |format: &str, more: &str| {
        let text = PIPELINE.replace("source = \"worldbank\"", "source = \"file\"");
        let text = text.replace("[schedule]", &format!("{FILE}\n[schedule]"));
        folder.write("pipelines/worldbank-wdi.toml", text.replace("sdmx-csv", format) + more);
        folder.write(
            "schemas/framework/wsis-action-lines.toml",
            FRAMEWORK.replace("source = \"worldbank\"", "source = \"file\""),
        );
        folder.check().findings
    };
    for format in ["sdmx-csv", "sdmx-ml", "sdmx-json", "json-stat", "eurostat-tsv"] {
        let found = pipeline(format, "");
        assert!(found.is_empty(), "{format}: {found:?}");
    }
    assert_eq!(pipeline("csv", "").len(), 1);
    let second = "\n[[series]]\ncode = \"B\"\ntitle = \"B\"\nunit = \"PERCENT\"\n";
    let found = pipeline("sdmx-csv", second);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("nothing says which record is of which"), "{found:?}");
}

/// What no framework scores is named, by pipeline; and where a file is built in, that is said.
#[test]
fn trial_p157_what_no_framework_scores_and_files_that_are_not_in_the_folder() {
    let folder = Folder::new();
    let of = |checked: &Checked| -> Vec<String> {
        let deployment = checked.deployment.as_ref().unwrap();
        deployment.unscored().into_iter().map(|it| it.id.clone()).collect()
    };
    assert_eq!(of(&folder.check()), [""; 0]);
    let other = PIPELINE.replace("\"worldbank-wdi\"", "\"other\"").replace("\"WDI\"", "\"HNP\"");
    folder.write("pipelines/other.toml", other);
    assert_eq!(of(&folder.check()), ["other"]);
    std::fs::remove_dir_all(folder.path("schemas/framework")).unwrap();
    // A slip is an error beside any framework, and stands where the right code does.
    folder.pipeline("IT.NET.USER.ZS", "IT.NET.USER.Z5");
    let checked = folder.check().findings.into_iter();
    let built_in: Vec<String> =
        checked.map(|it| it.file).filter(|it| it.contains("framework")).collect();
    assert!(!built_in.is_empty());
    assert!(
        built_in.iter().all(|it| it.starts_with("built-in schemas/framework/")),
        "{built_in:?}"
    );
}

#[test]
fn trial_p158_header_rows_are_few() {
    let folder = Folder::new();
    let pipeline = |rows: &str| {
        let text = PIPELINE.replace("source = \"worldbank\"", "source = \"file\"");
        let more = format!(
            "\n[[file]]\npath = \"a.csv\"\nformat = \"csv\"\n\n[mapping]\nheader_rows = {rows}\ncolumns = \
             {{ area = \"A\", year = \"Y\", value = \"V\" }}\n\n[schedule]"
        );
        folder.write("pipelines/worldbank-wdi.toml", text.replace("[schedule]", &more));
        let checked = folder.check();
        checked.findings.into_iter().filter(|it| it.message.contains("header_rows")).count()
    };
    assert_eq!(pipeline("2"), 0);
    assert_eq!(pipeline("0"), 1);
    assert_eq!(pipeline("6"), 1);
}

/// Only the part behind the host may be left open, and a list without a pattern is none.
#[test]
fn trial_p141_a_list_leaves_no_host_open() {
    let folder = Folder::new();
    let fault = |path: &str, more: &str| -> String {
        let file = format!("\n[[file]]\npath = {path:?}\nformat = \"csv\"\n{more}\n[schedule]");
        let text = PIPELINE.replace("[schedule]", &file);
        folder.write("pipelines/worldbank-wdi.toml", text);
        let faults = folder.check().findings.into_iter().map(|it| it.message);
        faults.filter(|it| it.starts_with("file ")).collect::<Vec<_>>().join("; ")
    };
    let list = "listed_in = \"bulk\"";
    for path in ["z/SDG_*.zip", "https://files.example.org/*/SDG.zip", "get?edition=*"] {
        assert_eq!(fault(path, list), "", "{path}");
    }
    for (path, why) in [
        ("z/SDG.zip", "has no `*`"),
        ("https://*.example.org/SDG.zip", "leaves open which host"),
        ("https://example.org*", "leaves open which host"),
        ("https://me:pw@example.org/*", "holds a user name"),
        ("http://example.org/*", "is no https address"),
        ("https://127.0.0.1/*", "is on this machine"),
        ("../*.zip", "does not lie below base_url"),
        ("/*.zip", "does not lie below base_url"),
    ] {
        let told = fault(path, list);
        assert!(told.contains(why), "{path}: {told}");
    }
    assert!(fault("*.csv", "listed_in = \"../bulk\"").contains("`listed_in` is"));
    assert!(fault("*.csv", "").contains("file path"));
    let wait = |s: u32| fault("*.csv", &format!("{list}\nready_within_s = {s}"));
    assert_eq!(wait(3600), "");
    assert!(wait(3601).contains("`ready_within_s` is 3601"));
    assert!(wait(0).contains("`ready_within_s` is 0"));
    assert!(fault("a.csv", "ready_within_s = 10").contains("`ready_within_s` is 10"));
}

/// The program's own code lists were used, without a word.
#[test]
fn trial_x18_what_stands_in_place_of_a_folder_is_an_error() {
    use std::os::unix::fs::symlink;
    let found = |make: &dyn Fn(&Folder)| -> Vec<String> {
        let folder = Folder::new();
        make(&folder);
        let findings = folder.check().findings;
        findings.iter().map(|it| format!("{} {}: {}", it.is_error(), it.file, it.message)).collect()
    };
    let lost = |folder: &Folder, name: &str| {
        let _ = std::fs::remove_dir_all(folder.path(name));
        symlink("/nowhere", folder.path(name)).unwrap();
    };
    let is_none = "it is no folder (a file, a device, or a link to nothing)";
    let lists = found(&|folder| lost(folder, "schemas/codelists"));
    assert!(lists.contains(&format!("true schemas/codelists: {is_none}")), "{lists:?}");
    let schemas = found(&|folder| lost(folder, "schemas"));
    assert!(schemas.contains(&format!("true schemas: {is_none}")), "{schemas:?}");
    // What is passed over for its name is told, and other files are nobody's concern.
    let named = found(&|folder| {
        std::fs::create_dir(folder.path("pipelines/mine")).unwrap();
        std::fs::create_dir(folder.path("pipelines/notes")).unwrap();
        for name in ["x.TOML", "mine/a.toml", "notes/a.txt", "README.md", ".hidden.TOML"] {
            folder.write(&format!("pipelines/{name}"), "id = 1");
        }
    });
    assert_eq!(
        named,
        [
            "false pipelines/mine: a.toml and what else is in this folder is not read",
            "false pipelines/x.TOML: it is not read: its name does not end with .toml",
        ]
    );
}

/// Rules of a host with its port, or with a scheme, held nobody back.
#[test]
fn trial_r14_rules_of_what_is_no_host_are_refused() {
    let folder = Folder::new();
    let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
    for host in ["127.0.0.1:8080", "https://api.example", "api.example/v2", "", "localhost."] {
        folder.write("workspace.toml", format!("{good}\n[[host]]\nhost = \"{host}\"\n"));
        let findings = folder.check().findings;
        let told = format!("`host` of a [[host]] is {host:?}");
        assert!(findings.iter().any(|it| it.message == told), "{host}: {findings:?}");
    }
    for host in ["127.0.0.1", "::1", "api.example"] {
        folder.write("workspace.toml", format!("{good}\n[[host]]\nhost = \"{host}\"\n"));
        assert_eq!(folder.check().findings, [], "{host}");
    }
    // Of two for one host one held nobody back.
    let twice = "[[host]]\nhost = \"a.example\"\n[[host]]\nhost = \"A.example\"\n";
    folder.write("workspace.toml", format!("{good}\n{twice}"));
    let messages: Vec<String> = folder.check().findings.into_iter().map(|it| it.message).collect();
    assert_eq!(messages, ["two [[host]] are of \"A.example\""]);
}

/// Who took one of two series out of a pipeline was told that the other one is misspelt, and could
/// ingest nothing.
#[test]
fn trial_r2_a_series_that_is_left_out_is_no_slip_of_another() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let own = tempfile::tempdir().unwrap();
    std::fs::create_dir(own.path().join("pipelines")).unwrap();
    std::fs::write(own.path().join("workspace.toml"), read("workspace.toml")).unwrap();
    let survey = read("pipelines/undesa-egdi.toml");
    let findings = |text: &str| {
        std::fs::write(own.path().join("pipelines/undesa-egdi.toml"), text).unwrap();
        let checked = wsis_config::check(wsis_config::Origin::Folder(own.path()), &|_| None);
        let errors = checked.findings.iter().filter(|it| it.is_error());
        (errors.map(|it| it.hint.clone()).collect::<Vec<_>>(), checked.not_delivered)
    };
    let from = survey.find("[[series]]\ncode = \"TII\"").unwrap();
    let to = survey.find("# A State with an index and").unwrap();
    let (errors, lacking) = findings(&format!("{}{}", &survey[..from], &survey[to..]));
    assert_eq!(errors, [""; 0]);
    assert!(lacking.contains("undesa/EGDI/TII"), "{lacking:?}");
    // Nor is a code that the program's own pipelines declare and nobody scores.
    std::fs::remove_file(own.path().join("pipelines/undesa-egdi.toml")).unwrap();
    let more = own.path().join("pipelines/itu-datahub-more.toml");
    std::fs::write(&more, read("pipelines/itu-datahub-more.toml")).unwrap();
    let checked = wsis_config::check(wsis_config::Origin::Folder(own.path()), &|_| None);
    let errors: Vec<_> = checked.findings.iter().filter(|it| it.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    std::fs::remove_file(&more).unwrap();
    // A code that no framework knows, beside one that is asked for and not there, is a slip.
    let (errors, _) = findings(&survey.replace("code = \"TII\"", "code = \"TIX\""));
    assert!(errors.iter().any(|hint| hint.starts_with("did you mean `TI")), "{errors:?}");
}

/// Eleven addresses passed the check, and every ingest from them was refused.
#[test]
fn trial_n14_check_and_guard_agree_on_what_is_no_public_address() {
    let folder = Folder::new();
    for host in [
        "[fec0::1]",
        "[64:ff9b:1::1]",
        "192.0.0.8",
        "192.88.99.1",
        "[100::1]",
        "[2001::1]",
        "[2002:7f00:1::]",
        "100.64.0.1",
        "198.18.0.1",
        "[::ffff:127.0.0.1]",
    ] {
        let text = PIPELINE.replace("https://api.worldbank.org/v2", &format!("https://{host}/v2"));
        folder.write("pipelines/worldbank-wdi.toml", text);
        let found = folder.check().findings;
        assert!(found.iter().any(|it| it.hint.contains("allow_private")), "{host}: {found:?}");
    }
}

#[test]
fn trial_n14_an_alert_to_an_address_of_this_network_is_told_by_the_check() {
    let folder = Folder::new();
    let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
    let alert = |more: &str, allow: &str| {
        let text = format!("allow_private = [{allow}]\n{good}\n[[alert]]\nid = \"ops\"\n{more}\n");
        folder.write("workspace.toml", text);
        folder.check().findings.iter().map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    let hook = "kind = \"webhook\"\nurl = \"https://169.254.169.254/h\"";
    let mail = "kind = \"mail\"\nserver = \"smtps://10.0.0.1\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]";
    let named = mail.replace("10.0.0.1", "localhost");
    let home = hook.replace("169.254.169.254", "localhost");
    for (how, host) in [
        (hook, "169.254.169.254"),
        (mail, "10.0.0.1"),
        (named.as_str(), "localhost"),
        (home.as_str(), "localhost"),
    ] {
        let told = alert(how, "");
        assert!(
            told.iter().any(|it| it.starts_with(&format!("alert `ops` goes to {host}"))),
            "{told:?}"
        );
        assert_eq!(alert(how, &format!("\"{host}\"")), [""; 0]);
    }
}

/// Spellings that a resolver takes for this machine, of which the check knew only those of a webhook.
#[test]
fn trial_p260_mail_servers_are_checked_like_webhooks() {
    let folder = Folder::new();
    let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
    let told = |means: &str| {
        folder.write("workspace.toml", format!("{good}\n[[alert]]\nid = \"ops\"\n{means}\n"));
        folder.check().findings.iter().map(|it| it.message.clone()).collect::<Vec<_>>()
    };
    let hook = |host: &str| told(&format!("kind = \"webhook\"\nurl = \"https://{host}/h\""));
    let mail = |host: &str| {
        let to = "from = \"a@b.example\"\nto = [\"c@d.example\"]";
        told(&format!("kind = \"mail\"\nserver = \"smtps://{host}\"\n{to}"))
    };
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost.",
        "%6cocalhost",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0",
        "127.0.0.1.",
        "[::1]",
    ] {
        for told in [hook(host), mail(host)] {
            let is_told = told.iter().any(|it| it.contains("no address of the public internet"));
            assert!(is_told, "{host}: {told:?}");
        }
    }
    for host in ["mail.example.org", "8.8.8.8", "localhost.example.org", "mylocalhost"] {
        assert_eq!((hook(host), mail(host)), (Vec::new(), Vec::new()), "{host}");
    }
}

/// The engine took an address of IPv6 without its brackets, and the port of a scheme; the check did not.
#[test]
fn trial_p290_what_is_declared_of_an_address_of_ipv6_holds_in_any_spelling() {
    for (declared, is_told) in [
        ("::1", false),
        ("[::1]", false),
        ("0:0:0:0:0:0:0:1", false),
        ("[::1]:443", false),
        ("::2", true),
        ("::1:443", true),
    ] {
        let folder = Folder::new();
        let good = std::fs::read_to_string(folder.path("workspace.toml")).unwrap();
        folder.write("workspace.toml", format!("allow_private = [\"{declared}\"]\n{good}"));
        let there = PIPELINE.replace("https://api.worldbank.org/v2", "https://[::1]/v2");
        folder.write("pipelines/worldbank-wdi.toml", there);
        let found = folder.check().findings;
        assert_eq!(!found.is_empty(), is_told, "{declared}: {found:?}");
    }
}
