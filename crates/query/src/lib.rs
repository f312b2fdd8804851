//! DataFusion SQL over one snapshot of the lake.
//!
//! Invariants:
//! - A session sees the files that its snapshot lists, no more and no fewer, for its whole life.
//!   It never lists a folder, so a cached listing cannot hide a commit.
//! - Schemas are declared, never inferred; a nullable column that a file lacks reads as null.
//! - A session changes nothing: DDL, DML and statements are refused by the plan, not by the text.
//! - Memory, time and rows are bounded; a cut answer says so.
//! - Answers hold plain Arrow types (Utf8, never views), which every client reads.

mod error;
mod plain;
mod provider;
mod session;
mod yielding;

pub use error::QueryError;
pub use session::{Answer, Session, TableFiles};
