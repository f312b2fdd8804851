//! Integration tests of the lake, named after the scenarios of the project's research where one
//! matches (`r12_…`, `v12_…`).
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod archive;
mod bytes;
mod commit;
mod crash;
mod damage;
mod faults;
pub(crate) mod format;
mod gates;
mod history;
mod lost_answers;
mod plausible;
mod publish;
mod scale;
mod set_aside;
mod snapshots;
mod stateful;
mod stores;
mod support;
mod take_back;
mod unread;
mod upgrade;
mod upkeep;
mod view;
mod vintages;
mod way_back;
