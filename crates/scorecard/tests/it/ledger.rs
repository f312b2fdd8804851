//! What the tests of references compare: of each file how many cells, and how far off at most. A test names the
//! file by [`against`]; [`crate::fixture::close`] and [`same`] then count for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Comparisons with one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compared {
    /// Cells that have to be equal: ranks, classes, words, and what has to be missing.
    pub(crate) exact: usize,
    /// Cells that may be off by the tolerance.
    pub(crate) near: usize,
    /// How far one is off at most: of the figure where that is above 1.
    pub(crate) largest: f64,
    /// How far it may be.
    pub(crate) tolerance: f64,
}

#[derive(Default)]
struct Ledger {
    file: Option<String>,
    files: BTreeMap<String, Compared>,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// What is compared from here on is compared with this file, below `tests/reference`, or below the
/// shared references.
pub(crate) fn against(file: &str) {
    LEDGER.with_borrow_mut(|ledger| ledger.file = Some(file.to_owned()));
}

fn note(count: impl FnOnce(&mut Compared)) {
    LEDGER.with_borrow_mut(|ledger| {
        if let Some(file) = &ledger.file {
            count(ledger.files.entry(file.clone()).or_default());
        }
    });
}

/// A cell that is off by so much.
pub(crate) fn off(difference: f64, tolerance: f64) {
    note(|file| {
        file.near += 1;
        file.largest = file.largest.max(difference);
        file.tolerance = file.tolerance.max(tolerance);
    });
}

/// A cell that has to be equal.
#[track_caller]
pub(crate) fn same<T: PartialEq + Debug>(found: T, expected: T, what: &str) {
    assert_eq!(found, expected, "{what}");
    note(|file| file.exact += 1);
}

/// Runs tests one after the other, and gives what they compared.
pub(crate) fn of(tests: &[fn()]) -> BTreeMap<String, Compared> {
    LEDGER.take();
    for test in tests {
        LEDGER.with_borrow_mut(|ledger| ledger.file = None);
        test();
    }
    LEDGER.take().files
}
