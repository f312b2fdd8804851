//! DataFusion SQL over one view of the lake: a snapshot, or what it knows of an earlier instant.
//!
//! Invariants:
//! - A session sees the files that its snapshot lists, no more and no fewer, for its whole life; of
//!   them the rows that belong to its view.
//!   It never lists a folder, so a cached listing cannot hide a commit.
//! - Schemas are declared, never inferred; a nullable column that a file lacks reads as null.
//! - A session changes nothing: DDL, DML and statements are refused by the plan, not by the text.
//! - Time, rows, bytes, the size of the query and what spills are bounded; a cut answer says so.
//! - Memory is bounded for certain in a [`worker`] only: what a function allocates, no pool sees.
//! - A table that must be computed is computed when a query reads it, not before. The files of a
//!   snapshot are compared with what it says of them at the same moment.
//! - A query has one order of rows, whatever the threads: the same bits each time.
//! - Answers hold plain Arrow types (Utf8, never views), which every client reads.

mod answer;
mod error;
mod functions;
mod lazy;
mod literal;
mod ordered;
mod parts;
mod past;
mod plain;
mod provider;
mod revisions;
mod scan;
mod session;
mod shape;
mod spill;
pub mod worker;
mod yielding;

pub use answer::{Answer, Cut};
pub use error::QueryError;
pub use lazy::{Computed, Rows};
pub use literal::literal;
pub use session::{Session, TableFiles};
