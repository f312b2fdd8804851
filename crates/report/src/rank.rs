//! How ranked scores are printed: all of a framework with the same decimals. Equal ranks look equal; scores
//! that look equal and have unequal ranks are marked, for they differ in later decimals (C17, D8).

use std::collections::BTreeMap;

use crate::input::AreaRow;
use crate::number::fixed;

/// Follows a score that another economy is printed with too, at another rank.
pub const ALIKE: &str = "~";

/// What it means.
pub const ALIKE_MEANS: &str =
    "“~”: printed like the score of another rank, from which it differs in a later decimal";

/// Scores of one line as printed, and which ranks are shared.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    scores: BTreeMap<String, String>,
    shared: BTreeMap<u32, u32>,
}

impl Printed {
    /// Prints the scores of a line, all with the same decimals. Those that look the same although their
    /// ranks differ are marked.
    pub fn new(rows: &[AreaRow], decimals: usize) -> Self {
        let mut printed = Self::default();
        let mut ranks: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let ranked = || rows.iter().filter_map(|row| row.score.zip(row.rank));
        for (score, rank) in ranked() {
            ranks.entry(fixed(score, decimals)).or_default().push(rank);
            *printed.shared.entry(rank).or_default() += 1;
        }
        let is_alike = |text: &str, rank: Option<u32>| {
            rank.is_some_and(|rank| {
                ranks.get(text).is_some_and(|all| all.iter().any(|other| *other != rank))
            })
        };
        for row in rows {
            if let Some(score) = row.score {
                let text = fixed(score, decimals);
                let mark = if is_alike(&text, row.rank) { ALIKE } else { "" };
                printed.scores.insert(row.code.clone(), format!("{text}{mark}"));
            }
        }
        printed
    }

    /// Whether any score is marked.
    pub fn has_alike(&self) -> bool {
        self.scores.values().any(|text| text.ends_with(ALIKE))
    }

    /// The score of an economy as printed.
    pub fn score(&self, code: &str) -> Option<&str> {
        self.scores.get(code).map(String::as_str)
    }

    /// A rank as printed: `4=` when several economies share it.
    pub fn rank(&self, rank: u32) -> String {
        let shared = self.shared.get(&rank).is_some_and(|times| *times > 1);
        format!("{rank}{}", if shared { "=" } else { "" })
    }
}
