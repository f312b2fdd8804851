//! Running the built program, and the demo lake that several tests read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON: {error}\n{}\n{}", self.stdout, self.stderr))
    }

    pub(crate) fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// The command, in a folder, free of the tester's environment.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsis"));
    command.current_dir(folder);
    for name in
        ["WSIS_ROOT", "WSIS_LAKE", "WSIS_LOG", "WSIS_LEDGER", "WSIS_LISTEN", "RUST_LOG", "COLUMNS"]
    {
        command.env_remove(name);
    }
    command
}

/// Runs `wsis ARGUMENTS` in a folder.
pub(crate) fn wsis<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Run {
    finished(command(folder).args(arguments).output().unwrap())
}

pub(crate) fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A demo that was run.
pub(crate) struct Demo {
    /// Removed with the demo; none for the one that is kept.
    _folder: Option<TempDir>,
    pub(crate) out: PathBuf,
    pub(crate) summary: Value,
}

impl Demo {
    pub(crate) fn run_into(folder: TempDir) -> Self {
        let out = folder.path().join("demo");
        let run = wsis(folder.path(), &["demo", "--format", "json", "--out", "demo"]);
        let summary = run.assert_code(0).json();
        Self { _folder: Some(folder), out, summary }
    }

    /// The demo of this build of the program. Test runners may start a process for each test;
    /// the first one runs the demo, the others wait for it.
    fn kept() -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_wsis"));
        let built = program.metadata().and_then(|meta| meta.modified()).unwrap();
        let built = built.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("acceptance");
        std::fs::create_dir_all(&base).unwrap();
        let lock = std::fs::File::create(base.join("lock")).unwrap();
        lock.lock().unwrap();
        let folder = base.join(format!("demo-{built}"));
        let (out, kept) = (folder.join("demo"), folder.join("summary.json"));
        if !kept.is_file() {
            for stale in std::fs::read_dir(&base).unwrap().map(Result::unwrap) {
                if stale.file_type().unwrap().is_dir() {
                    std::fs::remove_dir_all(stale.path()).unwrap();
                }
            }
            std::fs::create_dir_all(&folder).unwrap();
            let run = wsis(&folder, &["demo", "--format", "json", "--out", "demo"]).assert_code(0);
            std::fs::write(&kept, run.stdout).unwrap();
        }
        let summary = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
        Self { _folder: None, out, summary }
    }

    pub(crate) fn lake(&self) -> PathBuf {
        self.out.join("lake")
    }

    /// Runs a reading command on the demo's lake.
    pub(crate) fn wsis(&self, arguments: &[&str]) -> Run {
        let lake = self.lake();
        let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        all.extend([OsStr::new("--lake"), lake.as_os_str()]);
        wsis(&self.out, &all)
    }
}

/// One demo that reading tests share. Nobody writes to it.
pub(crate) static DEMO: LazyLock<Demo> = LazyLock::new(Demo::kept);

/// A writable copy of the repository's deployment (workspace.toml, pipelines/, schemas/).
pub(crate) fn deployment() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(root.join("workspace.toml"), folder.path().join("workspace.toml")).unwrap();
    for part in ["pipelines", "schemas"] {
        copy_folder(&root.join(part), &folder.path().join(part));
    }
    folder
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Changes a file of a deployment; the old text must be there.
pub(crate) fn edit(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{} has no {old:?}", file.display());
    std::fs::write(file, text.replacen(old, new, 1)).unwrap();
}

/// Waits for something that must come to be.
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_within(Duration::from_mins(1), what, is_so);
}

/// Waits so long at most for something that must come to be.
pub(crate) fn until_within(longest: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < longest, "not within {longest:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
