//! Many datasets, many commits: what a commit costs does not follow their number.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use object_store::memory::InMemory;
use wsis_lake::{FaultHook, FileEntry, Lake, OBSERVATIONS, OBSERVATIONS_LATEST};
use wsis_model::observation::RowSink as _;

use crate::support::{assert_intact, begin, day, head, new_lake, obs, open_gates};

/// How many datasets, and how many commits over them, are measured: 1000 for the figure that is
/// promised, few where nothing is said.
const SCALE: &str = "WSIS_LAKE_SCALE";

/// Bytes of documents that a commit may take on average: a thousand take 20 MB.
const BYTES_A_COMMIT: u64 = 20_000;

/// Commits one more observation of a dataset.
fn commit(lake: &Lake, dataset: usize, at: u64) {
    let mut collector = lake.collector("worldbank", &format!("D{dataset:04}"));
    let recorded = day(1) + Duration::from_secs(at);
    begin(&mut collector, &format!("body {at}"), recorded);
    let area = format!("A{at:04}");
    collector.accept(&obs("IT.NET.USER.ZS", &area, 2020, at as f64));
    let done = lake.commit(collector, &open_gates()).unwrap();
    assert_eq!(done.new, 1, "{dataset} at {at}");
}

/// Bytes of all documents: snapshots and what is below them.
fn documents(lake: &Lake) -> u64 {
    let store = lake.store();
    let of = |folder| store.list(folder).unwrap().into_iter();
    let all = of("snapshots").chain(of("manifests"));
    all.map(|name| store.head(&name).unwrap().unwrap().bytes).sum()
}

#[test]
fn a_commit_asks_the_same_of_the_store_however_many_datasets_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let hook: FaultHook = Arc::new(move |_: &str, path: &Path| {
        // Drafts are local, and as many as files are written.
        if !path.starts_with("/") {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    });
    let lake =
        Lake::open_objects_with_faults(folder.path(), Arc::new(InMemory::new()), hook).unwrap();
    let mut costs = Vec::new();
    for dataset in 0..150 {
        let before = asked.load(Ordering::Relaxed);
        commit(&lake, dataset, dataset as u64);
        costs.push(asked.load(Ordering::Relaxed) - before);
    }
    let (first, last) = (costs[1], costs[149]);
    assert!(first > 5 && last <= first, "{first} at the second commit, {last} at the last");
    // Of one dataset, with its list sealed four times.
    for at in 0..140 {
        commit(&lake, 7, 1_000 + at);
    }
    assert_eq!(head(&lake).files_of(OBSERVATIONS, "worldbank", "D0007").unwrap().len(), 141);
    assert_eq!(head(&lake).rows(OBSERVATIONS), 290);
    let before = asked.load(Ordering::Relaxed);
    commit(&lake, 7, 2_000);
    let cost = asked.load(Ordering::Relaxed) - before;
    assert!(cost <= first + 2, "{cost} with sealed segments, {first} without");
    assert_intact(&lake);
}

/// Sealed lists are read whole, and a file in a segment is found.
#[test]
fn a_dataset_of_many_deliveries_is_listed_whole_and_in_short_documents() {
    let (_folder, lake) = new_lake();
    for at in 0..100 {
        commit(&lake, 1, at);
    }
    let files = head(&lake).files_of(OBSERVATIONS, "worldbank", "D0001").unwrap();
    assert_eq!((files.len(), head(&lake).rows(OBSERVATIONS)), (100, 100));
    assert_eq!(head(&lake).rows(OBSERVATIONS_LATEST), 100);
    let longest = lake.store().list("manifests").unwrap().into_iter();
    let longest = longest.map(|name| lake.store().head(&name).unwrap().unwrap().bytes).max();
    assert!(longest.is_some_and(|bytes| bytes < 20_000), "{longest:?}");
    assert_intact(&lake);
    // Another process reads the same.
    let other = crate::support::open(lake.root());
    assert_eq!(head(&other).files_of(OBSERVATIONS, "worldbank", "D0001").unwrap(), files);
}

/// How many rows the dataset has of which one series is ingested; 1,000,000 for the figure that is
/// promised.
const ROWS: &str = "WSIS_LAKE_ROWS";

/// Commits series of 10,000 rows each, 100 areas and 100 years.
fn commit_series(lake: &Lake, series: std::ops::Range<usize>, value: u32) -> Duration {
    let areas: Vec<String> = (0..100).map(|at| format!("A{at:02}")).collect();
    let mut collector = lake.collector("worldbank", "WDI");
    begin(&mut collector, &format!("body of {value}"), day(1) + Duration::from_secs(value.into()));
    for code in series.map(|at| format!("S{at:04}")) {
        for area in &areas {
            for year in 1950..2050 {
                collector.accept(&obs(&code, area, year, f64::from(value) + f64::from(year)));
            }
        }
        collector.complete(&code, (1950, 2050));
    }
    let begun = Instant::now();
    lake.commit(collector, &open_gates()).unwrap();
    begun.elapsed()
}

/// What is in force is written anew where something changes, not everywhere.
#[test]
fn one_series_of_a_large_dataset_rewrites_little() {
    let told = std::env::var(ROWS).ok().and_then(|text| text.parse::<usize>().ok());
    let count = (told.unwrap_or(300_000) / 10_000).max(30);
    let (_folder, lake) = new_lake();
    let first = commit_series(&lake, 0..count, 1);
    let before = head(&lake).files(OBSERVATIONS_LATEST).unwrap();
    assert_eq!(before, head(&lake).files(OBSERVATIONS).unwrap(), "the same files");
    let one = commit_series(&lake, 11..12, 2);
    let after = head(&lake).files(OBSERVATIONS_LATEST).unwrap();
    let new: Vec<_> = after.iter().filter(|file| !before.contains(file)).collect();
    let rows = |files: &[&FileEntry]| files.iter().map(|file| file.rows).sum::<u64>();
    #[expect(clippy::print_stdout, reason = "the figures of a measurement")]
    {
        let (rows, bytes) = (rows(&new), new.iter().map(|file| file.bytes).sum::<u64>());
        println!(
            "{} rows in {} files in {first:?}; of one series of 10000 rows {rows} rows and {bytes} \
             bytes in {one:?}",
            count * 10_000,
            before.len(),
        );
    }
    assert!(rows(&new) <= 2 * 131_072, "{} rows", rows(&new));
    assert_eq!(rows(&after.iter().collect::<Vec<_>>()), (count * 10_000) as u64);
    // All of them in the order of the key, whichever file they are in.
    let keys =
        crate::support::rows(&lake, OBSERVATIONS_LATEST, &["series_code", "ref_area", "year"]);
    assert!(wsis_model::invariant::strictly_increasing(&keys));
    // Others at both ends, and one that is gone.
    commit_series(&lake, 0..1, 3);
    commit_series(&lake, count..count + 1, 4);
    let mut collector = lake.collector("worldbank", "WDI");
    begin(&mut collector, "an empty answer", day(2));
    collector.begin_request();
    begin(&mut collector, "of a series", day(3));
    collector.complete("S0007", (1800, 2100));
    assert_eq!(lake.commit(collector, &open_gates()).unwrap().withdrawn, 10_000);
    let keys =
        crate::support::rows(&lake, OBSERVATIONS_LATEST, &["series_code", "ref_area", "year"]);
    assert_eq!(keys.len(), count * 10_000);
    assert!(wsis_model::invariant::strictly_increasing(&keys));
    assert_intact(&lake);
}

/// So many datasets, then as many commits over all of them, and as many of one.
#[test]
fn a_thousand_datasets_and_a_thousand_commits_take_under_20_mb() {
    let told = std::env::var(SCALE).ok().and_then(|text| text.parse().ok());
    let count: usize = told.unwrap_or(50).max(20);
    let limit = BYTES_A_COMMIT * count as u64;
    let (_folder, lake) = new_lake();
    let mut times: Vec<Duration> = Vec::new();
    let mut sizes = vec![0];
    let mut at = 0;
    for part in ["so many datasets", "so many commits", "so many commits of one"] {
        let start = times.len();
        for dataset in 0..count {
            at += 1;
            let begun = Instant::now();
            commit(&lake, if part.ends_with("one") { count / 2 } else { dataset }, at);
            times.push(begun.elapsed());
        }
        sizes.push(documents(&lake));
        let of = |range: std::ops::Range<usize>| {
            let part = times.get(range).unwrap_or_default();
            part.iter().sum::<Duration>() / u32::try_from(part.len().max(1)).unwrap()
        };
        let (first, last) =
            (of(start..start + count / 10), of(start + count - count / 10..start + count));
        let more = sizes[sizes.len() - 1] - sizes[sizes.len() - 2];
        #[expect(clippy::print_stdout, reason = "the figures of a measurement")]
        {
            println!(
                "{count}, {part}: {more} bytes of documents; a commit {first:?} first, {last:?} last"
            );
        }
        assert!(more < limit, "{part}: {more} bytes");
    }
    assert!(sizes[2] < limit, "datasets and commits together: {} bytes", sizes[2]);
    assert_intact(&lake);
}
