//! Chores of the repository: `cargo xtask test` is the README's second command.
//!
//! It brings what the tests need (Debian packages, Python wheels, one npm package), then checks
//! format, lints, tests, the dependencies, the demo, and that other tools open our Parquet. Tests
//! that found nothing to compare with are named at the end, and are none of those that passed.

mod deny;
mod failures;
mod guard;
mod interop;
mod setup;
mod tests;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A step's outcome: the error is a sentence for the terminal.
type Outcome = Result<(), String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  test      everything that has to pass: format, lints, tests, guard, demo, interop
  deny      licences, sources, bans and advisories of what we depend on, with cargo-deny
  guard     exactly one version of each package that must be single; no banned package
  demo DIR  run the demo into DIR and check its summary
  interop   run the demo and open its Parquet with DuckDB, polars, pyarrow, pandas, hyparquet
  tidy      sizes, module docs, and that texts speak only of what is in the repository
  failures  write docs/FAILURES.md from the names of the tests and docs/failures.toml
  validation  write docs/VALIDATION.md from the tests that compare with references and
            docs/validation.toml; needs the larger references beside the repository
  setup     install what `test` needs and nothing else";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test(),
        ["deny"] => deny::run(),
        ["guard"] => guard::run(),
        ["demo", dir] => interop::demo(Path::new(dir)).map(|_| ()),
        ["interop"] => setup::run().and_then(|()| interop::run()),
        ["tidy"] => tidy::check(),
        ["failures"] => failures::write(),
        ["validation"] => validation(),
        ["setup"] => setup::run(),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&format!("\nxtask: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn test() -> Outcome {
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("set-up", setup::run)?;
    step("tidy", tidy::check)?;
    step("dependency guard", guard::run)?;
    step("licences, bans and advisories", deny::run)?;
    step("table of covered failures", failures::check)?;
    step("lints", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"])
    })?;
    // Built once, before the tests, so that the demo uses the same binary.
    step("build", || cargo(&["build", "--workspace", "--tests", "--bins", "--quiet"]))?;
    step("demo and interop", interop::run)?;
    let mut left_out = tests::LeftOut::default();
    step("tests", || {
        left_out = tests::run()?;
        Ok(())
    })?;
    say(&format!("\n{left_out}"));
    Ok(())
}

/// Writes the page by running the test that holds it; a run without `WSIS_UPDATE` compares.
fn validation() -> Outcome {
    let test = ["test", "--quiet", "--package", "wsis-scorecard", "--test", "it", "validation::"];
    run(Command::new("cargo").args(test).env("WSIS_UPDATE", "1").current_dir(root()))
}

fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    say(&format!("\n== {name}"));
    let start = std::time::Instant::now();
    work().map_err(|why| format!("{name} failed: {why}"))?;
    say(&format!("== {name}: passed in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// Runs cargo in the workspace root and passes its output through.
fn cargo(arguments: &[&str]) -> Outcome {
    run(Command::new("cargo").args(arguments).current_dir(root()))
}

/// Runs a command and passes its output through.
fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}").replace('"', "");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(error) => Err(format!("cannot start `{shown}`: {error}")),
    }
}

/// The workspace that cargo runs in. Asked for when it runs: a build folder shared by two clones
/// may hold the other one's program.
fn root() -> PathBuf {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    folder.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Where builds, virtual environments and demo output go.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

#[expect(clippy::print_stderr, reason = "the chores talk to a person on a terminal")]
fn say(text: &str) {
    eprintln!("{text}");
}
