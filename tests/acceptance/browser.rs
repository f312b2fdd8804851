//! The report as a person sees it: opened in headless Chromium.
//!
//! `cargo xtask test` brings Debian's Chromium and the npm packages; without them these tests are
//! left out and counted as such.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::program::DEMO;

const WIDTHS: [&str; 7] = ["320", "390", "640", "768", "1024", "1280", "1400"];

/// What the browser found, or why nothing could look.
static SEEN: LazyLock<Result<Value, String>> = LazyLock::new(look);

fn look() -> Result<Value, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(PathBuf::from);
    let near = target.unwrap_or_default().join("interop/node");
    let node = std::env::var_os("WSIS_NODE_FOLDER").map_or(near, PathBuf::from);
    for package in ["playwright-core", "axe-core"] {
        if !node.join("node_modules").join(package).is_dir() {
            return Err(format!("no npm package {package} in {}", node.display()));
        }
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/look_at_report.mjs");
    let report = DEMO.out.join("report.html");
    let output = Command::new("node")
        .arg(script)
        .arg(report)
        .env("WSIS_NODE_FOLDER", &node)
        .output()
        .map_err(|error| format!("node cannot be started: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("Executable doesn't exist") {
        return Err("no Chromium in /usr/bin".to_owned());
    }
    assert!(output.status.success(), "{told}");
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

fn seen() -> Option<&'static Value> {
    match &*SEEN {
        Ok(found) => Some(found),
        Err(why) => {
            wsis_reference::leave_out(why);
            None
        }
    }
}

fn texts(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// At 1400 px "16" read "1", and from 640 to 1200 px columns ran into each other. And axe-core
/// finds nothing, in both themes and on a phone; the navigation stays in sight; nothing is asked
/// of any other machine. One look at all of them: a browser takes its time to start.
#[test]
fn trial_n5_n6_n18_the_report_fits_seven_widths_and_passes_axe() {
    let Some(found) = seen() else { return };
    for width in WIDTHS {
        let wrong = texts(&found["widths"][width]);
        assert!(wrong.is_empty(), "at {width} px:\n{}", wrong.join("\n"));
    }
    let violations = texts(&found["axe"]);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert_eq!(found["sticky"], true, "the navigation scrolls away");
    assert!(texts(&found["outside"]).is_empty(), "{}", found["outside"]);
}
