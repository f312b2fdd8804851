//! What would hold a daemon up: a body that is never read to its end, a database that says nothing.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::postgres::Server;
use crate::program::{deployment, edit, until};
use crate::providers::{Providers, Silencer, serve_always, set};
use crate::schedule::{Daemon, every_second, log, runs};

/// So soon a page of the daemon must be there, whatever it is busy with.
const SOON: Duration = Duration::from_secs(2);

/// Asks for a page again and again while something goes on.
fn answers_meanwhile(daemon: &Daemon, page: &str, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        let asked = Instant::now();
        let (status, text) = daemon.get(page).unwrap();
        assert_eq!(status, 200, "{page}: {text}");
        assert!(asked.elapsed() < SOON, "{page}: {:?}", asked.elapsed());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A workbook of 10,000 sheets, all of them the same one of 60,000 rows.
fn endless_workbook() -> Vec<u8> {
    let of_sheets = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let of_packages = "http://schemas.openxmlformats.org/package/2006";
    let of_documents = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut names, mut rows) = (String::new(), String::new());
    for at in 1..=10_000 {
        write!(names, r#"<sheet name="S{at}" sheetId="{at}" r:id="rId1"/>"#).unwrap();
    }
    for at in 1..=60_000 {
        write!(rows, r#"<row r="{at}"><c r="A{at}"><v>1</v></c></row>"#).unwrap();
    }
    let link = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="{of_packages}/relationships"><Relationship Id="rId1" Type="{of_documents}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let book = format!(
        r#"<workbook xmlns="{of_sheets}" xmlns:r="{of_documents}"><sheets>{names}</sheets></workbook>"#
    );
    let sheet =
        format!(r#"<worksheet xmlns="{of_sheets}"><sheetData>{rows}</sheetData></worksheet>"#);
    let types = format!(
        r#"<Types xmlns="{of_packages}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#
    );
    archive(&[
        ("[Content_Types].xml", types),
        ("_rels/.rels", link("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", link("worksheet", "worksheets/one.xml")),
        ("xl/worksheets/one.xml", sheet),
    ])
}

/// A zip archive whose members are not packed.
fn archive(members: &[(&str, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in members {
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let crc = crc32(text.as_bytes()).to_le_bytes();
        let at = u32::try_from(out.len()).unwrap().to_le_bytes();
        // Version, flags, method, time and date.
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 33, 0][..], &crc, &size, &size, &length, &[0; 2]];
        out.extend_from_slice(b"PK\x03\x04");
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        for part in common {
            out.extend_from_slice(part);
            directory.extend_from_slice(part);
        }
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at);
        for to in [&mut out, &mut directory] {
            to.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(text.as_bytes());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let ends = [out.len(), directory.len()].map(|size| u32::try_from(size).unwrap().to_le_bytes());
    let [at, size] = ends;
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for part in [&count[..], &count, &size, &at, &[0; 2]] {
        out.extend_from_slice(part);
    }
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A deployment whose only pipeline asks for one workbook every second, and lets it be as large as
/// it likes: the limits that refuse such a one at once are tested beside the decoder.
fn of_one_workbook(address: SocketAddr) -> tempfile::TempDir {
    let folder = deployment();
    for other in ["worldbank-wdi", "unsd-sdg"] {
        std::fs::remove_file(folder.path().join(format!("pipelines/{other}.toml"))).unwrap();
    }
    let file = folder.path().join("pipelines/undesa-egdi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let parts = text.split("\n[[").filter(|part| !part.starts_with("file]]"));
    let text = parts.collect::<Vec<_>>().join("\n[[");
    let text = text + "\n[[file]]\npath = \"t.xlsx\"\nformat = \"xlsx\"\nedition = 2018\n";
    std::fs::write(&file, text).unwrap();
    set(&file, "base_url", &format!("\"http://{address}/\""));
    set(&file, "cron", "\"* * * * * *\"\njitter_s = 0");
    set(&file, "timeout_s", "4");
    let workspace = folder.path().join("workspace.toml");
    set(&workspace, "allow_http", "[\"127.0.0.1\"]");
    set(&workspace, "allow_private", "[\"127.0.0.1\"]");
    set(&workspace, "sheets_max", "10_000");
    set(&workspace, "cells_max", "1_000_000_000_000");
    set(&workspace, "workbook_max_bytes", "1_000_000_000_000");
    set(&workspace, "expansion_ratio_max", "1_000_000_000");
    set(&workspace, "stop_within_s", "3");
    folder
}

#[test]
fn trial_x2_a_workbook_without_end_leaves_time_limits_health_and_a_stop_as_they_are() {
    let (address, asked) = serve_always(endless_workbook());
    let folder = of_one_workbook(address);
    let daemon = Daemon::start(folder.path());
    until("the workbook is asked for", || asked.load(Ordering::SeqCst) > 0);
    answers_meanwhile(&daemon, "/healthz", Duration::from_secs(3));
    assert!(!log(folder.path()).contains("run ended"), "{}", log(folder.path()));
    until("the end of its time", || log(folder.path()).contains("run ended"));
    let first = runs(folder.path()).pop().unwrap();
    let error = first["error"].as_str().unwrap();
    assert_eq!(first["outcome"], "failed", "{first}");
    assert!(error.contains("in the time of the run"), "{error}");
    // The next one is read by now, as endless as the first.
    until("the workbook is asked for again", || asked.load(Ordering::SeqCst) > 1);
    std::thread::sleep(Duration::from_secs(1));
    let (_, took) = daemon.stopped();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// A database that accepts connections and says nothing from some moment on.
#[test]
fn trial_r20_health_is_told_and_a_stop_heard_beside_a_silent_ledger() {
    let Some(server) = Server::start() else { return };
    let address = server.address("postgres");
    let (before, rest) = address.split_once("127.0.0.1:").unwrap();
    let (port, after) = rest.split_once('/').unwrap();
    let silencer = Silencer::before(format!("127.0.0.1:{port}").parse().unwrap());
    let ledger = format!("{before}{}/{after}", silencer.address);
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let workspace = folder.path().join("workspace.toml");
    edit(&workspace, "stop_within_s = 30", "stop_within_s = 3");
    let daemon = Daemon::with_ledger(folder.path(), Some(&ledger));
    until("a run", || log(folder.path()).contains("run ended"));
    silencer.say_nothing();
    // Longer than the ledger is waited for.
    answers_meanwhile(&daemon, "/healthz", Duration::from_secs(14));
    answers_meanwhile(&daemon, "/metrics", Duration::from_secs(1));
    let (status, text) = daemon.get("/readyz").unwrap();
    assert_eq!(status, 503, "{text}");
    let (_, took) = daemon.stopped();
    assert!(took < Duration::from_secs(20), "{took:?}");
}
