//! Who set the targets that a class rests on, and the words that must stand beside the class:
//! a proposal must not look like an agreement (docs/adr/0005).

use wsis_model::framework::{Status, Target};

/// Counts over the targets behind one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Targets {
    /// Number of targets.
    pub number: u32,
    /// Of them, proposed by this project.
    pub proposed: u32,
    /// Of them, not yet read in their source.
    pub unverified: u32,
    /// Of them, named by a facilitator.
    facilitator: u32,
}

impl Targets {
    /// Counts some targets.
    pub fn of<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Self {
        let mut found = Self::default();
        for target in targets {
            found.number += 1;
            // From where a target counts as met is part of it.
            let met = target.met_from.as_ref().is_none_or(|met| met.verified);
            found.unverified += u32::from(!(target.provenance.verified && met));
            match target.provenance.status {
                Status::Proposed => found.proposed += 1,
                Status::Facilitator => found.facilitator += 1,
                Status::Agreed => {}
            }
        }
        found
    }

    /// These and those of others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            number: self.number.saturating_add(other.number),
            proposed: self.proposed.saturating_add(other.proposed),
            unverified: self.unverified.saturating_add(other.unverified),
            facilitator: self.facilitator.saturating_add(other.facilitator),
        }
    }

    /// The least agreed status among them; `None` without a target.
    pub fn status(&self) -> Option<&'static str> {
        let least = match self {
            Self { number: 0, .. } => return None,
            Self { proposed: 1.., .. } => Status::Proposed,
            Self { facilitator: 1.., .. } => Status::Facilitator,
            _ => Status::Agreed,
        };
        Some(status_code(least))
    }

    /// Whether all of them were read in their source; `None` without a target.
    pub fn verified(&self) -> Option<bool> {
        (self.number > 0).then_some(self.unverified == 0)
    }

    /// What a reader of the class must know of its targets; `None` if they are all set by others
    /// and were read.
    pub fn caution(&self) -> Option<String> {
        let some = |n: u32, what: &str| {
            (n > 0).then(|| match (n, self.number) {
                (_, 1) => format!("target {what}"),
                (2, 2) => format!("both targets {what}"),
                (n, all) if n == all => format!("all {all} targets {what}"),
                (n, all) => format!("{n} of {all} targets {what}"),
            })
        };
        let parts: Vec<String> = [
            some(self.proposed, "proposed by this project, not agreed"),
            some(self.unverified, "unverified"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Joins why a class is what it is with what must be known of its targets.
pub fn with_caution(reason: Option<String>, targets: &Targets) -> Option<String> {
    match (reason, targets.caution()) {
        (Some(reason), Some(caution)) => Some(format!("{reason}; {caution}")),
        (reason, caution) => reason.or(caution),
    }
}

/// `proposed`, `facilitator` or `agreed`.
pub const fn status_code(status: Status) -> &'static str {
    match status {
        Status::Proposed => "proposed",
        Status::Facilitator => "facilitator",
        Status::Agreed => "agreed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsis_model::framework::Provenance;

    fn target(status: Status, verified: bool) -> Target {
        let provenance = Provenance { status, source: "test".into(), verified };
        Target { value: 1.0, year: 2030, met_from: None, provenance }
    }

    #[test]
    fn the_least_agreed_target_speaks_for_all() {
        let agreed = target(Status::Agreed, true);
        let named = target(Status::Facilitator, false);
        let proposed = target(Status::Proposed, true);
        let of = |targets: &[&Target]| {
            let found = Targets::of(targets.iter().copied());
            (found.status(), found.verified(), found.caution())
        };
        let words = |text: &str| Some(text.to_owned());
        assert_eq!(of(&[]), (None, None, None));
        assert_eq!(of(&[&agreed]), (Some("agreed"), Some(true), None));
        assert_eq!(of(&[&agreed, &agreed]), (Some("agreed"), Some(true), None));
        assert_eq!(of(&[&named]), (Some("facilitator"), Some(false), words("target unverified")));
        assert_eq!(
            of(&[&proposed, &agreed, &named]),
            (
                Some("proposed"),
                Some(false),
                words(
                    "1 of 3 targets proposed by this project, not agreed; 1 of 3 targets unverified"
                )
            )
        );
        assert_eq!(
            of(&[&proposed, &proposed]).2,
            words("both targets proposed by this project, not agreed")
        );
    }

    #[test]
    fn a_reason_keeps_its_place_before_the_caution() {
        let proposed = Targets::of([&target(Status::Proposed, false)]);
        let caution = "target proposed by this project, not agreed; target unverified";
        assert_eq!(with_caution(None, &proposed).as_deref(), Some(caution));
        let both = with_caution(Some("stagnant".to_owned()), &proposed).unwrap();
        assert_eq!(both, format!("stagnant; {caution}"));
        assert_eq!(with_caution(None, &Targets::default()), None);
    }
}
