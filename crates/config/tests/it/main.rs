//! Integration tests of the configuration.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod bad_rules;
mod catalogue;
mod corrections;
mod embedded;
mod house_numbers;
mod key_place;
mod live;
mod many;
mod other_books;
mod passed_over;
mod places;
mod providers;
mod published;
mod rule_book;
mod schedule;
mod serve;
mod tables;
mod when;
mod zones;

mod framework_bad;
mod framework_bounds;
mod framework_data;
mod framework_trial;
mod framework_views;
mod quotations;

/// A copy of the repository's `workspace.toml` and of these folders of it, to be spoilt.
pub(crate) fn copied(parts: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = wsis_reference::committed("../..");
    std::fs::copy(root.join("workspace.toml"), folder.path().join("workspace.toml")).unwrap();
    for part in parts {
        let to = folder.path().join(part);
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(root.join(part)).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    folder
}

/// A good text with one passage spoilt, the first one of its kind; there must be one.
pub(crate) fn spoilt(good: &str, from: &str, to: &str) -> String {
    assert!(good.contains(from), "there is no {from:?} to be replaced");
    good.replacen(from, to, 1)
}
