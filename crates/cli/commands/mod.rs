//! One file per command.

pub(crate) mod accept;
pub(crate) mod check;
pub(crate) mod deliveries;
pub(crate) mod demo;
pub(crate) mod explain;
mod html_file;
pub(crate) mod ingest;
pub(crate) mod lake;
mod lines;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod probe;
pub(crate) mod promises;
pub(crate) mod redecode;
pub(crate) mod report;
pub(crate) mod runs;
pub(crate) mod schedule;
pub(crate) mod score;
pub(crate) mod scorecard;
mod scorecard_rows;
mod scorecard_table;
pub(crate) mod sql;
pub(crate) mod submit;
mod tree;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod way_back;
