//! `wsis check --live` against loopback servers that answer as the providers do.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::wsis;

/// What a path is answered with: status, content type, body; none never answers.
type Answer = Option<(&'static str, &'static str, String)>;

/// Serves answers by the whole target of a request.
fn serve(answer: impl Fn(&str) -> Answer + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || one(stream, &answer));
        }
    });
    address
}

fn one(mut stream: TcpStream, answer: &impl Fn(&str) -> Answer) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let target = text.split(' ').nth(1).unwrap_or_default();
    let Some((status, kind, body)) = answer(target) else {
        std::thread::sleep(Duration::from_mins(1));
        return;
    };
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

/// A deployment whose pipelines ask one server.
fn folder(address: SocketAddr, pipelines: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let host = address.to_string();
    let workspace = format!(
        "version = 1\nlake = \"lake\"\ndefault_framework = \"wsis-action-lines\"\nallow_http = [\"{host}\"]\n\
         allow_private = [\"{host}\"]\n[fetch]\nread_timeout_s = 1\nretries = 0\n\n[[agency]]\nid = \"a\"\n\
         name = \"A\"\ncontact = \"https://example.org\"\ntimezone = \"UTC\"\n"
    );
    std::fs::write(folder.path().join("workspace.toml"), workspace).unwrap();
    std::fs::create_dir(folder.path().join("pipelines")).unwrap();
    for (id, text) in pipelines {
        let head = format!(
            "id = \"{id}\"\ntitle = \"T\"\nagency = \"a\"\nbase_url = \"http://{host}/{id}\"\nhomepage = \
             \"https://example.org\"\nlicence = \"x\"\ncitation = \"x\"\nyears = [2020, 2025]\n"
        );
        let path = folder.path().join(format!("pipelines/{id}.toml"));
        std::fs::write(path, head + text).unwrap();
    }
    folder
}

fn series(codes: &[&str]) -> String {
    let one = |code: &&str| {
        format!(
            "\n[[series]]\ncode = \"{code}\"\ntitle = \"Title of {code}\"\nunit = \"PERCENT\"\n"
        )
    };
    codes.iter().map(one).collect()
}

/// What was found, as kind and series or file.
fn found(folder: &Path, words: &[&str], code: i32) -> Vec<(String, String)> {
    let words = [&["check", "--live"], words, &["--format", "json"]].concat();
    let told = wsis(folder, &words).assert_code(code).json();
    assert_eq!(told["ok"], code == 0, "{told}");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for pipeline in told["pipelines"].as_array().unwrap() {
        for finding in pipeline["findings"].as_array().unwrap() {
            found.push((text(&finding["kind"]), text(&finding["subject"])));
        }
    }
    assert!(!folder.join("lake").exists(), "nothing is written");
    found
}

fn pair(kind: &str, subject: &str) -> (String, String) {
    (kind.to_owned(), subject.to_owned())
}

/// A World Bank, a UN SDG API and a place with files, as they answer.
fn providers(target: &str) -> Answer {
    let json = |body: &str| Some(("200 OK", "application/json", body.to_owned()));
    let indicator = |code: &str, database: &str| {
        let head = r#"{"page":1,"pages":1,"per_page":"50","total":1}"#;
        json(&format!(
            r#"[{head},[{{"id":"{code}","name":"x","source":{{"id":"{database}","value":"s"}}}}]]"#
        ))
    };
    match target.split('?').next().unwrap_or_default() {
        "/wdi/source/2" => json(r#"[{"page":1},[{"id":"2","lastupdated":"2026-07-01"}]]"#),
        "/wdi/indicator/IT.GOOD" => indicator("IT.GOOD", "2"),
        "/wdi/indicator/IT.ARCHIVED" => indicator("IT.ARCHIVED", "57"),
        "/wdi/indicator/IT.WITHDRAWN" => json(
            r#"[{"message":[{"id":"175","key":"Invalid","value":"The indicator was not found. It may have been deleted or archived."}]}]"#,
        ),
        "/wdi/indicator/IT.NONE" => json(
            r#"[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]"#,
        ),
        "/sdg/Series/List" => json(
            r#"[{"code":"SE_ONE","description":"One","indicator":["4.4.1"],"release":"2026.Q2.G.02"},
                {"code":"SE_TWO","description":"Two","indicator":["4.4.1"],"release":"2026.Q2.G.02"},
                {"code":"SE_NEW","description":"Title of SE_OLD","indicator":["4.4.2"],"release":"2026.Q2.G.02"}]"#,
        ),
        "/files/good.csv" | "/good/good.csv" => {
            Some(("200 OK", "text/csv", "ISO,Year,Value\nKEN,2020,1\n".to_owned()))
        }
        "/files/portal.csv" => Some((
            "200 OK",
            "text/html",
            "<html><head><title>Sign in</title></head></html>".to_owned(),
        )),
        "/files/moved.csv" => {
            Some(("200 OK", "text/csv", "Country,When,Value\nKenya,2020,1\n".to_owned()))
        }
        _ => Some(("404 Not Found", "text/plain", "no such page".to_owned())),
    }
}

#[test]
fn trial_p160_retired_unknown_and_renamed_codes_are_found_before_a_run() {
    let address = serve(providers);
    let files = ["good", "portal", "moved", "gone"]
        .map(|name| format!("\n[[file]]\npath = \"{name}.csv\"\nformat = \"csv\"\n"));
    let mapping =
        "\n[mapping.columns]\narea = \"ISO\"\nyear = \"Year\"\nvalue = \"Value\"\n".to_owned();
    let folder = folder(
        address,
        &[
            (
                "wdi",
                "source = \"worldbank\"\ndataset = \"WDI\"\n".to_owned()
                    + &series(&["IT.GOOD", "IT.ARCHIVED", "IT.WITHDRAWN", "IT.NONE"]),
            ),
            (
                "sdg",
                "source = \"unsd\"\ndataset = \"SDG\"\n".to_owned()
                    + &series(&["SE_ONE", "SE_OLD", "SE_GONE"]),
            ),
            (
                "files",
                "source = \"file\"\ndataset = \"F\"\n".to_owned()
                    + &files.concat()
                    + &mapping
                    + &series(&["S"]),
            ),
            ("good", {
                let file = "\n[[file]]\npath = \"good.csv\"\nformat = \"csv\"\n";
                format!("source = \"file\"\ndataset = \"G\"\n{file}{mapping}{}", series(&["S"]))
            }),
        ],
    );
    assert_eq!(
        found(folder.path(), &["wdi"], 1),
        [
            pair("retired", "IT.ARCHIVED"),
            pair("retired", "IT.WITHDRAWN"),
            pair("unknown", "IT.NONE")
        ]
    );
    assert_eq!(
        found(folder.path(), &["sdg"], 1),
        [pair("renamed", "SE_OLD"), pair("unknown", "SE_GONE"), pair("new", "")]
    );
    // The page of a portal, another header, no such address.
    assert_eq!(
        found(folder.path(), &["files"], 1),
        [
            pair("not_asked", "good.csv"),
            pair("content", "portal.csv"),
            pair("content", "moved.csv"),
            pair("unknown", "gone.csv")
        ]
    );
    // The codes of a file were not looked for, so not all is there.
    assert_eq!(found(folder.path(), &["good"], 0), [pair("not_asked", "good.csv")]);
    let told = wsis(folder.path(), &["check", "--live", "good"]).assert_code(0).stdout;
    for words in ["1 row below it", "not looked for", "not all was looked for"] {
        assert!(told.contains(words) && !told.contains("all is there"), "{words}: {told}");
    }
    let told = wsis(folder.path(), &["check", "--live", "wdi", "good"]).assert_code(1).stdout;
    for words in ["retired", "IT.NONE", "1 row below it", "nothing was written"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let csv = wsis(folder.path(), &["check", "--live", "wdi", "--format", "csv"]);
    assert!(csv.assert_code(1).stdout.contains(",2026-07-01,"), "the provider's last update");
    wsis(folder.path(), &["check", "wdi"]).assert_code(2);
    wsis(folder.path(), &["check", "--live", "nobody"]).assert_code(2);
}

/// A host that never answers is told once it had its time, and is not asked for each series.
#[test]
fn trial_p160_a_silent_service_is_bounded_in_time() {
    let address = serve(|_| None);
    let many: Vec<String> = (0..40).map(|number| format!("IT.S{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let text = "source = \"worldbank\"\ndataset = \"WDI\"\n".to_owned() + &series(&many);
    let folder = folder(address, &[("wdi", text)]);
    let begun = Instant::now();
    let found = found(folder.path(), &[], 1);
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    assert!(found.iter().all(|(kind, _)| kind == "not_answered"), "{found:?}");
    assert!((2..=21).contains(&found.len()), "the rest is counted: {found:?}");
}
