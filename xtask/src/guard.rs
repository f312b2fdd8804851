//! The dependency guard (docs/adr/0002): one version of what must be single, none of
//! what must not come in, and no DataFusion in the ingest half.

use std::collections::BTreeMap;
use std::process::Command;

use crate::{Outcome, root, say};

/// Types of these packages cross our crates: two versions would not fit together.
const SINGLE: [&str; 10] = [
    "datafusion",
    "arrow-array",
    "arrow-schema",
    "parquet",
    "object_store",
    "sqlparser",
    "axum",
    "rustls",
    "hyper",
    "reqwest",
];

/// A second crypto provider panics at run time; C builds that nobody asked for.
const BANNED: [&str; 4] = ["aws-lc-sys", "openssl-sys", "liblzma-sys", "native-tls"];

/// The ingest half must build without the query engine.
const LEAN: [&str; 6] =
    ["wsis-model", "wsis-config", "wsis-sources", "wsis-lake", "wsis-engine", "wsis-upstream"];

/// Packages that the project's card names: each must be a direct dependency somewhere.
const CARD: [&str; 7] = ["tokio", "reqwest", "arrow", "parquet", "datafusion", "serde", "cron"];

pub(crate) fn run() -> Outcome {
    let mut faults = Vec::new();
    let all = packages(&["--workspace"])?;
    for name in SINGLE {
        let versions = all.get(name).map_or(0, Vec::len);
        if versions != 1 {
            faults.push(format!("{name}: {versions} versions in the tree, exactly one is right"));
        }
    }
    for name in BANNED.iter().filter(|name| all.contains_key(**name)) {
        faults.push(format!("{name} is in the tree; see `cargo tree -i {name}`"));
    }
    for package in LEAN {
        if packages(&["-p", package])?.contains_key("datafusion") {
            faults.push(format!("{package} depends on datafusion; the ingest half must not"));
        }
    }
    for name in CARD.iter().filter(|name| !all.contains_key(**name)) {
        faults.push(format!("{name} is not used"));
    }
    if faults.is_empty() {
        say(&format!("{} packages; one of each that must be single", all.len()));
        Ok(())
    } else {
        Err(faults.join("\n  "))
    }
}

/// Names and versions in the normal and build tree of this machine's target.
fn packages(selection: &[&str]) -> Result<BTreeMap<String, Vec<String>>, String> {
    let output = Command::new("cargo")
        .args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(selection)
        // Each package with its own features, whatever this shell unifies to build faster.
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot start cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            let versions = found.entry(name.to_owned()).or_default();
            if !versions.iter().any(|known| known == version) {
                versions.push(version.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LEAN, packages};
    use crate::root;

    #[test]
    fn invariant_i10_the_ingest_half_builds_without_datafusion() {
        let selection: Vec<&str> = LEAN.iter().flat_map(|package| ["-p", *package]).collect();
        let found = packages(&selection).unwrap();
        assert!(found.contains_key("parquet"), "the tree is read");
        let of_the_engine: Vec<&String> =
            found.keys().filter(|name| name.starts_with("datafusion")).collect();
        assert!(of_the_engine.is_empty(), "{of_the_engine:?}");
        // And `cargo xtask test` asks.
        let chores = std::fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
        assert!(chores.contains("step(\"dependency guard\", guard::run)"));
    }

    /// Clippy refuses every other reader of the clock; what is left to look at is that it is told
    /// to, and which places are excepted.
    #[test]
    fn invariant_i8_the_wall_clock_is_banned_but_for_the_one_place() {
        let bans = std::fs::read_to_string(root().join("clippy.toml")).unwrap();
        for banned in ["std::time::SystemTime::now", "chrono::Utc::now", "chrono::Local::now"] {
            assert!(bans.contains(&format!("path = \"{banned}\"")), "{banned} is not banned");
        }
        let mut excepted = Vec::new();
        visit(&root().join("crates"), &mut |place, text| {
            let is_lifted = |line: &str| {
                line.contains("disallowed_methods") && !line.trim_start().starts_with("//")
            };
            if text.lines().any(is_lifted) {
                excepted.push(place.to_owned());
            }
        });
        excepted.sort();
        // The others ask a server of their own in tests, and read no clock.
        let asking = ["crates/serve/tests/it/main.rs", "crates/upstream/tests/it/main.rs"];
        assert_eq!(excepted, [&["crates/engine/src/clock.rs"][..], &asking].concat());
    }

    #[test]
    fn invariant_i12_freshness_has_nothing_but_its_arguments() {
        let mut read = 0;
        visit(&root().join("crates/engine/src/freshness"), &mut |place, text| {
            read += 1;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in
                ["Clock", "clock::", "std::fs", "std::env", "async ", "&Ledger", "static mut"]
            {
                assert!(!code.contains(word), "{place} has {word:?}: it is to be told instead");
            }
        });
        assert_eq!(read, 3);
    }

    /// Calls `each` with every Rust file below a folder, by its place in the repository.
    fn visit(folder: &Path, each: &mut dyn FnMut(&str, &str)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, each);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let place = path.strip_prefix(root()).unwrap().display().to_string();
                each(&place, &std::fs::read_to_string(&path).unwrap());
            }
        }
    }
}
