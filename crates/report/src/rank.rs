//! How ranked scores are printed: equal ranks look equal, unequal ones do not (C17, D8).

use std::collections::BTreeMap;

use crate::input::AreaRow;
use crate::number::fixed;

/// Most decimals a score is printed with; ranking rounds to as many.
const MOST: usize = 9;

/// Scores of one line as printed, and which ranks are shared.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    scores: BTreeMap<String, String>,
    shared: BTreeMap<u32, u32>,
}

impl Printed {
    /// Prints the scores of a line, all with the same decimals. Where two ranks differ although
    /// the scores would look the same, as many decimals are added as it takes to tell them apart.
    pub fn new(rows: &[AreaRow], decimals: usize) -> Self {
        let mut printed = Self::default();
        let mut alike: BTreeMap<String, Vec<&AreaRow>> = BTreeMap::new();
        for row in rows {
            if let Some(score) = row.score {
                alike.entry(fixed(score, decimals)).or_default().push(row);
                if let Some(rank) = row.rank {
                    *printed.shared.entry(rank).or_default() += 1;
                }
            }
        }
        let needed = |group: &Vec<&AreaRow>| {
            (decimals..=MOST).find(|at| told_apart(group, *at)).unwrap_or(MOST)
        };
        let decimals = alike.values().map(needed).max().unwrap_or(decimals);
        for row in rows {
            if let Some(score) = row.score {
                printed.scores.insert(row.code.clone(), fixed(score, decimals));
            }
        }
        printed
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

fn told_apart(group: &[&AreaRow], decimals: usize) -> bool {
    let mut ranks: BTreeMap<String, u32> = BTreeMap::new();
    group.iter().all(|row| match (row.score, row.rank) {
        (Some(score), Some(rank)) => *ranks.entry(fixed(score, decimals)).or_insert(rank) == rank,
        _ => true,
    })
}
