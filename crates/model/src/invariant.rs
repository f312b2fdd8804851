//! What holds whatever comes in, as plain functions: tests ask them, and so does every commit, in
//! release builds too. The ids are those of ARCHITECTURE.md.

use std::cmp::Ordering;
use std::fmt;

/// An invariant that was found broken: a fault of the program, never of the data. Whoever finds
/// one stops before anything is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Id in ARCHITECTURE.md.
    pub id: &'static str,
    /// What was found.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, found, expected } = self;
        write!(
            f,
            "{found}; {expected} would be right. This is a fault of the program, not of the data \
             (invariant {id}); please report it"
        )
    }
}

impl std::error::Error for Breach {}

/// I1: every record of `what` is accepted or quarantined, and none is both.
///
/// # Errors
/// A record is lost, or counted twice.
pub fn accounted(what: &str, parsed: u64, accepted: u64, quarantined: u64) -> Result<(), Breach> {
    if accepted.checked_add(quarantined) == Some(parsed) {
        return Ok(());
    }
    Err(Breach {
        id: "I1",
        found: format!(
            "{what}: {parsed} records parsed, {accepted} accepted and {quarantined} quarantined"
        ),
        expected: "parsed = accepted + quarantined".to_owned(),
    })
}

/// The first of `count` items that is not greater than the one before it, `None` if all are.
/// `compare` is given the places of two neighbours, the earlier one first.
pub fn first_not_greater(
    count: usize,
    mut compare: impl FnMut(usize, usize) -> Ordering,
) -> Option<usize> {
    (1..count).find(|&at| compare(at - 1, at) != Ordering::Less)
}

/// Whether each item is strictly greater than the one before: sorted, and no key twice. What
/// cannot be compared is not greater.
pub fn strictly_increasing<T: PartialOrd>(items: &[T]) -> bool {
    let compare = |before: usize, after: usize| {
        items
            .get(before)
            .zip(items.get(after))
            .and_then(|(before, after)| before.partial_cmp(after))
            .unwrap_or(Ordering::Equal)
    };
    first_not_greater(items.len(), compare).is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{accounted, first_not_greater, strictly_increasing};

    #[test]
    fn invariant_i1_a_record_is_accepted_or_quarantined_and_never_both() {
        assert_eq!(accounted("the run", 3, 2, 1), Ok(()));
        assert_eq!(accounted("the run", 0, 0, 0), Ok(()));
        for (parsed, accepted, quarantined) in [(3, 1, 1), (3, 2, 2), (0, u64::MAX, 1)] {
            let told = accounted("the run", parsed, accepted, quarantined).unwrap_err();
            assert_eq!(told.id, "I1");
        }
        assert_eq!(
            accounted("payload ab", 3, 1, 1).unwrap_err().to_string(),
            "payload ab: 3 records parsed, 1 accepted and 1 quarantined; parsed = accepted + \
             quarantined would be right. This is a fault of the program, not of the data \
             (invariant I1); please report it"
        );
    }

    proptest! {
        /// As looking at all pairs of neighbours says.
        #[test]
        fn invariant_i3_keys_that_do_not_rise_are_found_at_the_first_place(
            keys in proptest::collection::vec(0_u8..9, 0..8),
        ) {
            let wrong = keys.windows(2).position(|pair| pair[0] >= pair[1]).map(|at| at + 1);
            let found = first_not_greater(keys.len(), |a, b| keys[a].cmp(&keys[b]));
            prop_assert_eq!(found, wrong);
            prop_assert_eq!(strictly_increasing(&keys), wrong.is_none());
        }
    }

    #[test]
    fn what_cannot_be_compared_does_not_rise() {
        assert!(!strictly_increasing(&[1.0, f64::NAN]));
        assert!(strictly_increasing::<f64>(&[]));
    }
}
