//! The files that a ledger of one machine lies in.

use super::{Ledger, Outcome, run};

/// SQLite makes its files 0644 under any umask: a group that shares a lake could not write there.
#[cfg(unix)]
#[test]
fn trial_x16_the_files_of_the_ledger_follow_the_umask() {
    use std::os::unix::fs::MetadataExt as _;
    for (umask, mode) in [(0o002, 0o664), (0o077, 0o600)] {
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask));
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        ledger.put(&run("a", "wdi", 0, Outcome::Committed), None).unwrap();
        let mut files = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let found = entry.unwrap().metadata().unwrap().mode() & 0o777;
            assert_eq!(found, mode, "under {umask:o}: {found:o}");
            files += 1;
        }
        assert!(files > 1, "the file and its log");
    }
}
