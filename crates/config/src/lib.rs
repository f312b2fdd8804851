//! Reads `workspace.toml`, `pipelines/` and `schemas/` into one checked [`Deployment`], with
//! errors that point at the line, all of them at once.
//!
//! Invariant: this crate knows nothing of the network, of the wall clock or of the lake.

mod error;

pub use error::{ConfigError, ConfigErrors, ErrorKind, Severity, SourceText, report};
