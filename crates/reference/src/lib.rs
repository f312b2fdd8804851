//! Where tests find figures from outside the program, and how a test that cannot find them says
//! so. For tests only; nothing that is shipped depends on it.
//!
//! Small references are files of the repository (`tests/reference`, see the README there). Real
//! files of providers, which the repository may not carry, stand in a folder beside it
//! (`../shared`, or `WSIS_SHARED`). A test that needs one where there is none is *left out*: it
//! notes its name in the folder that [`LEFT_OUT`] names, so that the summary of `cargo xtask test`
//! counts it apart from those that passed. Under `CI=true` it fails.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Environment variable with the folder in which tests note that they were left out. `cargo xtask
/// test` makes it anew for each of its runs; without it the note goes to standard error alone.
pub const LEFT_OUT: &str = "WSIS_LEFT_OUT";

/// The repository's folder: asked of who runs the test, since a build folder that outlives a clone
/// may hold this crate as it was built in another one.
fn repository() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    let run = std::env::var_os("CARGO_MANIFEST_DIR").map_or(built, PathBuf::from);
    let found = run.ancestors().find(|folder| folder.join("tests/reference").is_dir());
    found.map_or_else(|| run.join("../.."), Path::to_owned)
}

/// A small reference of the repository, below `tests/reference`.
pub fn committed(path: &str) -> PathBuf {
    repository().join("tests/reference").join(path)
}

/// A file or folder of the shared data, which stand beside the repository; `None` where they do
/// not, and then the test is noted as left out.
///
/// # Panics
/// Under `CI=true` without the shared data; and where there is shared data without this file,
/// which is a mistake in the test.
pub fn shared(path: &str) -> Option<PathBuf> {
    let near = || repository().join("../shared");
    let root = std::env::var_os("WSIS_SHARED").map_or_else(near, PathBuf::from);
    if !root.is_dir() {
        leave_out(&format!("no shared data in {}", root.display()));
        return None;
    }
    let file = root.join(path);
    assert!(file.exists(), "the shared data have no {}", file.display());
    Some(file)
}

/// Notes that the running test is left out, and why.
///
/// # Panics
/// Under `CI=true`, where nothing may be left out, and where the note cannot be written: a test
/// that is left out unseen would count as passed.
pub fn leave_out(why: &str) {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test without a name");
    let told = format!("left out: {package} {test}: {why}");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "CI leaves nothing out; {told}");
    let _closed = writeln!(std::io::stderr().lock(), "{told}");
    let Some(folder) = std::env::var_os(LEFT_OUT).map(PathBuf::from) else { return };
    let note = folder.join(format!("{package} {}", test.replace('/', "_")));
    let noted = std::fs::write(&note, why);
    assert!(noted.is_ok(), "{}: {noted:?}; {told}", note.display());
}
