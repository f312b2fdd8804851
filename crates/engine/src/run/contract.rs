//! What a delivery has that was not there when figures last landed: columns, and codes of dimensions. A column
//! that is not used and a code beside those that are read change no figure, so nothing else would tell of them.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::contract::{Contract, OnNew};
use wsis_sources::{NOT_BEFORE, Part};

use super::codes::UNLISTED;
use super::land::Landing;
use super::said::{Said, listed, short};
use crate::ledger::{Of, StoredSaid};
use crate::report::RunReport;

/// New texts named in a message; the rest are counted.
const NAMED: usize = 10;

/// What becomes of columns and codes that are new: of a replay nothing, for it may be older than what is
/// known, unless somebody looks at it, and less where somebody takes it.
pub(super) fn of(landing: &Landing<'_>, report: &RunReport) -> Contract {
    let contract = landing.pipeline.contract;
    if landing.accept {
        contract.accepting()
    } else if report.replay_of.is_some() && landing.preview.is_none() {
        Contract { new_columns: OnNew::Ignore, new_codes: OnNew::Ignore }
    } else {
        contract
    }
}

/// What is known of a pipeline's deliveries.
pub(super) type Known = BTreeMap<Of, StoredSaid>;

/// What is new by the contract of a pipeline.
#[derive(Debug, Default)]
pub(super) struct News {
    /// What the run tells.
    pub(super) told: Vec<String>,
    /// Why it is held, if it is.
    pub(super) held: Option<String>,
}

impl News {
    /// Compares a delivery with those before.
    pub(super) fn of(known: &Known, said: &Said, contract: Contract) -> Self {
        let mut news = Self::default();
        let mut holding = Vec::new();
        for ((request, name, part), texts) in said {
            let on_new = match part {
                Part::Column => contract.new_columns,
                Part::Code => contract.new_codes,
                Part::Title | Part::Unit | Part::Licence => continue,
            };
            if on_new == OnNew::Ignore {
                continue;
            }
            let Some((before, run)) = before(known, (request, name, *part)) else { continue };
            let new: BTreeSet<String> = texts.difference(&before).cloned().collect();
            if new.is_empty() {
                continue;
            }
            let told = told((request, name, *part), &new, &run);
            if on_new == OnNew::Hold {
                holding.push(told.clone());
            }
            news.told.push(told);
        }
        let setting = "(`[contract]` of the pipeline)";
        news.held = (!holding.is_empty()).then(|| format!("{} {setting}", holding.join("; ")));
        news
    }
}

/// What was there of one part before, and the run that last brought something new of it: of the same request,
/// else of all requests of the pipeline (an edition is a file of its own). None where nothing was kept yet.
fn before(
    known: &Known,
    (request, name, part): (&str, &str, Part),
) -> Option<(BTreeSet<String>, String)> {
    // Every figure has a sex, if only the total: where none is kept, no codes were.
    let is_kept = |of: &Of| of.2 == part && (part == Part::Column || of.1 == "sex");
    let has_request = known.keys().any(|of| of.0 == request && is_kept(of));
    if !has_request && !known.keys().any(is_kept) {
        return None;
    }
    let of_it = known.iter().filter(|(of, _)| (!has_request || of.0 == request) && of.2 == part);
    let mut texts = BTreeSet::new();
    let mut run = "";
    for (of, stored) in of_it {
        // A dimension that was not there before is all new; the run is then that of any other.
        run = run.max(&stored.run);
        if of.1 == name {
            texts.extend(stored.texts.iter().cloned());
        }
    }
    Some((texts, run.to_owned()))
}

/// What is said of something new.
fn told((request, name, part): (&str, &str, Part), new: &BTreeSet<String>, run: &str) -> String {
    let more = new.len().saturating_sub(NAMED);
    let shown = listed(&new.iter().take(NAMED).cloned().collect());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let run = short(run);
    let what = match (part, name) {
        (Part::Column, _) => format!("{request}: column {shown}{more}"),
        (_, UNLISTED) => format!("{request}: in no code list, {}{more}", unquoted(new)),
        (_, dimension) => format!("{request}: {dimension} {shown}{more}"),
    };
    // What is known is that of all runs that landed; only those that bring something new are noted.
    let kind = if part == Part::Column { "column" } else { "code" };
    format!("{what} {NOT_BEFORE} (the last new {kind} came with run {run})")
}

/// Texts that have their own quotes.
fn unquoted(texts: &BTreeSet<String>) -> String {
    texts.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" and ")
}
