//! Integration tests of the scoring method: published indices and reference cases first, then
//! scenarios named after docs/FAILURES.md, then properties.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod asem;
mod asem_choices;
mod asem_panel;
mod audits;
mod books;
mod cases;
mod coinr;
mod contributions;
mod corrections;
mod disparities;
mod disputed;
mod draws;
mod edge_cases;
mod fixture;
mod gaps;
mod grades;
mod indices;
mod intervals;
mod ledger;
mod levels;
mod lines;
mod outcomes;
mod past_targets;
mod progress;
mod properties;
mod ranks;
mod reading;
mod references;
mod said_of;
mod same_set;
mod scenarios;
mod tables;
mod targets;
mod tested;
mod trajectories;
mod trial;
mod validation;
