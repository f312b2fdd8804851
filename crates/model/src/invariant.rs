//! Invariants shared by tests and by the lake's pair assertions.

/// Whether each item is strictly greater than the one before: sorted, and no key twice.
pub fn strictly_increasing<T: PartialOrd>(items: impl IntoIterator<Item = T>) -> bool {
    let mut items = items.into_iter();
    let Some(mut last) = items.next() else {
        return true;
    };
    for item in items {
        if item <= last {
            return false;
        }
        last = item;
    }
    true
}
