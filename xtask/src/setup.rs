//! Brings what the tests need beyond the Rust toolchain: Python, Node and Chromium from Debian, the
//! readers of Parquet and what drives the browser from their registries. Does nothing where it is there already.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Outcome, say, target};

/// Wheels that the interop test opens our files with. Pinned: a new reader is a change of ours.
const WHEELS: [&str; 7] = [
    "duckdb==2.0.1",
    "polars==2.1.0",
    // The newest that pysdmx allows beside it.
    "pyarrow==25.0.1",
    "pandas",
    // Readers of the formats that services answer in.
    "sdmx1==2.28.0",
    "pysdmx[data,xml,json]==1.21.0",
    "pyjstat==2.4.0",
];

/// npm packages: one for the same, two that look at the report in Debian's Chromium. None of them
/// brings a browser of its own.
const NODE_PACKAGES: [&str; 3] = ["hyparquet@1.31.5", "playwright-core@1.65.1", "axe-core@4.14.1"];

/// Brings everything, in order.
pub(crate) fn run() -> Outcome {
    debian()?;
    python()?;
    node()
}

/// Python of the virtual environment.
pub(crate) fn python_path() -> PathBuf {
    target().join("interop/venv/bin/python")
}

/// Folder with `node_modules`.
pub(crate) fn node_folder() -> PathBuf {
    target().join("interop/node")
}

/// Whether a command exists and ends well.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn debian() -> Outcome {
    let mut missing = Vec::new();
    if !works("python3", &["-c", "import venv, ensurepip"]) {
        missing.extend(["python3", "python3-venv"]);
    }
    if !works("node", &["--version"]) || !works("npm", &["--version"]) {
        missing.extend(["nodejs", "npm"]);
    }
    if !works("sh", &["-c", "command -v chromium"]) {
        missing.push("chromium");
    }
    if !works("sh", &["-c", "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb"]) {
        missing.push("postgresql");
    }
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing from Debian: {}", missing.join(" ")));
    let root = works("sh", &["-c", "test \"$(id -u)\" = 0"]);
    let prefix: &[&str] = if root { &[] } else { &["sudo"] };
    quietly(&[prefix, &["apt-get", "update"]].concat(), None)?;
    let mut install = [prefix, &["apt-get", "install", "-y", "--no-install-recommends"]].concat();
    install.extend(missing);
    quietly(&install, None)
}

fn python() -> Outcome {
    let python = python_path();
    let shown = python.display().to_string();
    if !python.exists() {
        let venv = target().join("interop/venv").display().to_string();
        quietly(&["python3", "-m", "venv", &venv], None)?;
    }
    // What was installed, as it was asked for: a machine that has other versions than a fresh one would
    // get hides that the list cannot be installed.
    let (asked, installed) = (WHEELS.join("\n"), target().join("interop/wheels.txt"));
    let is_current = std::fs::read_to_string(&installed).is_ok_and(|it| it == asked);
    if is_current
        && works(&shown, &["-c", "import duckdb, polars, pyarrow, pandas, sdmx, pysdmx, pyjstat"])
    {
        return Ok(());
    }
    say(&format!("installing wheels: {}", WHEELS.join(" ")));
    quietly(&[&[shown.as_str(), "-m", "pip", "install", "--quiet"], &WHEELS[..]].concat(), None)?;
    std::fs::write(&installed, asked).map_err(|e| format!("{}: {e}", installed.display()))
}

fn node() -> Outcome {
    let folder = node_folder();
    let there = |package: &str| {
        let (name, version) = package.split_once('@').unwrap_or((package, ""));
        let about = folder.join("node_modules").join(name).join("package.json");
        let version = format!("\"version\": \"{version}\"");
        std::fs::read_to_string(about).is_ok_and(|it| it.contains(&version))
    };
    if NODE_PACKAGES.iter().all(|package| there(package)) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    say(&format!("installing from npm: {}", NODE_PACKAGES.join(" ")));
    let install = [&["npm", "install", "--no-audit", "--no-fund", "--silent"], &NODE_PACKAGES[..]];
    quietly(&install.concat(), Some(&folder))
}

/// Runs a command and shows its output only when it fails.
fn quietly(words: &[&str], folder: Option<&PathBuf>) -> Outcome {
    let [program, arguments @ ..] = words else {
        return Err("no command given".to_owned());
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let output = command.output().map_err(|error| format!("cannot start {program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{}` ended with {}\n{}{}",
        words.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
