//! Who is ranked, as the framework and the rule book have it.

use wsis_model::framework::Requires;
use wsis_model::rules::RankRule;

/// The rule of the ranks of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RankingView {
    /// What a rank asks for.
    pub requires: Requires,
    /// Lines that name their core, with the titles of its indicators.
    pub named: Vec<(String, Vec<String>)>,
    /// Least share of the weight in words, where the framework asks for another one than the rule
    /// book.
    pub weight: Option<String>,
}

impl RankingView {
    /// "two thirds of the weight": what the core must hold, or a score rest on.
    pub fn min_weight(&self, book: &RankRule) -> String {
        self.weight.clone().unwrap_or_else(|| format!("{} of the weight", book.min_weight))
    }
}
