//! Runs the demo as a user does and opens its Parquet with other tools.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Outcome, root, run as passing_through, say, setup, target};

/// Runs the demo and opens what it wrote with every reader.
pub(crate) fn run() -> Outcome {
    let folder = target().join("interop/demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let summary = demo(&folder)?;
    let summary_file = target().join("interop/summary.json");
    std::fs::write(&summary_file, summary.to_string())
        .map_err(|e| format!("{}: {e}", summary_file.display()))?;
    let scripts = root().join("tests/interop");
    passing_through(
        Command::new(setup::python_path())
            .arg(scripts.join("read_with_python.py"))
            .args([&folder, &summary_file]),
    )?;
    passing_through(
        Command::new("node")
            .arg(scripts.join("read_with_hyparquet.mjs"))
            .args([&folder, &summary_file])
            .env("WSIS_NODE_FOLDER", setup::node_folder()),
    )?;
    // The messages of the shared data, cell by cell beside the programs of others.
    passing_through(
        Command::new("cargo")
            .args(["test", "--quiet", "-p", "wsis-sources", "--lib", "peers_read_the_same"])
            .args(["--", "--ignored", "--nocapture"])
            .env("WSIS_PEERS", setup::python_path())
            .current_dir(root()),
    )
}

/// Runs `wsis demo --format json` into a folder and checks the promises of its summary.
pub(crate) fn demo(folder: &Path) -> Result<Value, String> {
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--", "demo", "--format", "json", "--out"])
        .arg(folder)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "the demo ended with {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let summary: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the demo's summary is not JSON: {error}"))?;
    let number = |name: &str| summary.get(name).and_then(Value::as_u64).unwrap_or_default();
    let lines = summary.get("lines").and_then(Value::as_array).map_or(0, Vec::len);
    if lines != 18 {
        return Err(format!("the demo's summary has {lines} lines, 18 are right"));
    }
    let (parsed, accepted) = (number("rows_parsed"), number("rows_accepted"));
    let quarantined = number("rows_quarantined");
    if parsed == 0 || parsed != accepted + quarantined {
        return Err(format!(
            "rows lost: parsed {parsed}, accepted {accepted}, quarantined {quarantined}"
        ));
    }
    say(&format!("demo: {parsed} rows = {accepted} accepted + {quarantined} quarantined"));
    Ok(summary)
}
