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
