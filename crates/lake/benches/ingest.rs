//! How fast and how large an ingest is: `cargo bench -p wsis-lake`.
//!
//! 1. 5,000,000 observations of real shapes (400 series, 217 areas, 26 years, three sexes)
//!    through the collector and a commit, then the same again (nothing changes), then a revision
//!    of one row in a hundred.
//! 2. The 325 tidy WDI files (`Country Name,Country Code,Year,Value`) of the shared data, read
//!    and written to one sorted ZSTD table, for comparison with other engines on the same files:
//!    `WSIS_TIDY=<folder>` names them unpacked, else the archive is unpacked with `tar`.
//!
//! Prints seconds and the peak of resident memory so far (Linux).
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and may panic")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use wsis_lake::{At, Collector, Lake, OBSERVATIONS_LATEST};
use wsis_model::observation::{Observation, RowSink as _, TOTAL};
use wsis_model::payload::RawId;
use wsis_model::period::Period;
use wsis_model::pipeline::Gates;
use wsis_model::status::ObsStatus;

const ROWS: usize = 5_000_000;
const GATES: Gates =
    Gates { rows_min: 1, withdrawn_share_max: 0.1, quarantined_share_max: 0.1, ..Gates::OPEN };

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted));
    if runs("tidy") {
        match tidy_folder() {
            Some((folder, _keep)) => (0..3).for_each(|_| tidy(&folder)),
            None => println!("tidy: left out, no shared data"),
        }
    }
    if runs("million") {
        million();
    }
}

/// Peak resident memory of this process, MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

fn new_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(&folder.path().join("lake")).unwrap();
    (folder, lake)
}

fn report(name: &str, rows: u64, start: Instant, lake: &Lake) {
    let seconds = start.elapsed().as_secs_f64();
    let head = lake.snapshot(At::Head).unwrap().unwrap();
    let bytes: u64 = head.files(OBSERVATIONS_LATEST).unwrap().iter().map(|file| file.bytes).sum();
    println!(
        "{name}: {rows} rows in {seconds:.2} s ({:.2} million rows/s), latest {:.1} MB, peak {} MiB",
        rows as f64 / seconds / 1e6,
        bytes as f64 / 1e6,
        peak(),
    );
}

fn million() {
    let (_folder, lake) = new_lake();
    for (name, revision) in [("5M first", 0), ("5M unchanged", 0), ("5M 1 % revised", 1)] {
        let start = Instant::now();
        let mut collector = lake.collector("bench", "WDI");
        generate(&mut collector, revision);
        println!(
            "{name}: collected after {:.2} s, peak {} MiB",
            start.elapsed().as_secs_f64(),
            peak()
        );
        let done = lake.commit(collector, &GATES).unwrap();
        assert_eq!(done.count.accepted, ROWS as u64);
        println!("{name}: {done}");
        report(name, done.count.accepted, start, &lake);
    }
}

/// Rows as a source would deliver them: series by series, area by area, newest year first.
fn generate(collector: &mut Collector, revision: u64) {
    let codes: Vec<String> = (0..400).map(|n| format!("IT.NET.S{n:03}.ZS")).collect();
    let letters = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    let areas: Vec<String> = (0..217)
        .map(|n| [letters(n / 26 * 7), letters(n), letters(n * 5 + n / 26)].iter().collect())
        .collect();
    let start: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let mut state = 1_u64;
    let mut left = ROWS;
    for (number, code) in codes.iter().enumerate() {
        let body = format!("{code} {revision}");
        let retrieved = start + TimeDelta::seconds(i64::try_from(number).unwrap());
        collector.begin_payload(
            &RawId::of(body.as_bytes()),
            retrieved + TimeDelta::days(i64::try_from(revision).unwrap()),
            None,
        );
        let mut row = 0;
        for area in &areas {
            for (sex, years) in [(TOTAL, 26), ("F", 16), ("M", 16)] {
                for year in (0..years).rev() {
                    if left == 0 {
                        return;
                    }
                    left -= 1;
                    row += 1;
                    // Knuth's 64-bit linear congruential generator.
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let noise = (state >> 40) % 1_000_000;
                    let revised = if row % 100 == 7 { revision as f64 } else { 0.0 };
                    let missing = noise.is_multiple_of(10);
                    collector.accept(&Observation {
                        series_code: code,
                        ref_area: area,
                        sex,
                        age: TOTAL,
                        location: TOTAL,
                        dimensions: "",
                        period: Period::annual(2000 + year).unwrap(),
                        value: (!missing).then_some(noise as f64 / 10_000.0 + revised),
                        value_text: None,
                        unit: "%",
                        obs_status: if missing { ObsStatus::Missing } else { ObsStatus::Normal },
                        source_flag: None,
                        footnote: None,
                        payload_row: row,
                    });
                }
            }
        }
    }
}

/// The unpacked tidy files; the second part keeps a temporary folder alive.
fn tidy_folder() -> Option<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(folder) = std::env::var_os("WSIS_TIDY") {
        return Some((folder.into(), None));
    }
    let shared = std::env::var_os("WSIS_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let archive = shared.join("data/worldbank/scale/wdi-tidy-325-indicators.tar.xz");
    let folder = tempfile::tempdir().unwrap();
    let unpacked = std::process::Command::new("tar")
        .arg("xJf")
        .arg(&archive)
        .arg("-C")
        .arg(folder.path())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    unpacked.then(|| (folder.path().to_path_buf(), Some(folder)))
}

fn tidy_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "csv") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Reads all tidy files of a folder through the collector into the lake.
fn tidy(folder: &Path) {
    let (_folder, lake) = new_lake();
    let start = Instant::now();
    let mut collector = lake.collector("worldbank", "WDI");
    // Bodies are read and hashed beside the decoder, as in the engine, a few ahead of it.
    let (bodies, read) = std::sync::mpsc::sync_channel(4);
    let files = tidy_files(folder);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for path in files {
                let body = std::fs::read(&path).unwrap();
                let hash = RawId::of(&body);
                bodies.send((path, body, hash)).unwrap();
            }
        });
        for (path, body, hash) in read {
            read_tidy(&path, &body, &hash, &mut collector);
        }
    });
    println!("tidy: collected after {:.2} s", start.elapsed().as_secs_f64());
    let done = lake.commit(collector, &GATES).unwrap();
    println!("tidy: {done}");
    report("tidy read and write", done.count.accepted, start, &lake);
}

fn read_tidy(path: &Path, body: &[u8], hash: &RawId, collector: &mut Collector) {
    let series = path.parent().and_then(Path::file_name).unwrap().to_str().unwrap().to_uppercase();
    collector.begin_payload(hash, DateTime::UNIX_EPOCH, None);
    let mut reader = csv::ReaderBuilder::new().from_reader(body);
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        row += 1;
        let text = |at: usize| std::str::from_utf8(record.get(at).unwrap()).unwrap();
        collector.accept(&Observation {
            series_code: &series,
            ref_area: text(1),
            sex: TOTAL,
            age: TOTAL,
            location: TOTAL,
            dimensions: "",
            period: text(2).parse().unwrap(),
            value: Some(text(3).parse().unwrap()),
            value_text: None,
            unit: "",
            obs_status: ObsStatus::Normal,
            source_flag: None,
            footnote: None,
            payload_row: row,
        });
    }
}
