//! Reads `workspace.toml`, `pipelines/` and `schemas/` into one checked [`Deployment`], with
//! errors that point at the line, all of them at once.
//!
//! Invariant: this crate knows nothing of the network, of the wall clock or of the lake.

mod alert;
mod areas;
mod codelists;
mod corrections;
mod decode;
mod delivered;
mod deployment;
mod document;
mod error;
mod files;
pub mod framework;
mod framework_file;
mod id;
mod limits;
mod pipeline;
pub mod plain_file;
mod publish;
pub mod rules;
pub mod schedule;
pub mod schemes;
mod suggest;
pub mod tables;
mod workspace;

pub use alert::{AlertChannel, Means, STATES};
pub use deployment::{Checked, Deployment, Origin, check};
pub use error::{
    ConfigError, ConfigErrors, ErrorKind, Severity, SourceText, blocks, counted, report,
};
pub use framework_file::FrameworkFile;
pub use limits::{FetchLimits, HostRules, QueryLimits, ScheduleLimits};
pub use pipeline::{DECIDE, drafted, is_key, missing_secrets};
pub use publish::PublishSettings;
pub use suggest::{hint, listed, nearest};
pub use workspace::{Agency, Workspace, is_ledger_address, names as names_host, web_host};

/// The JSON Schema of pipeline files, for editors (`schemas/pipeline.schema.json`).
pub fn pipeline_schema() -> serde_json::Value {
    document::schema_of::<pipeline::RawPipeline>()
}

/// The JSON Schema of frameworks, for editors (`schemas/framework.schema.json`).
pub fn framework_schema() -> serde_json::Value {
    framework::schema()
}

/// The JSON Schema of corrections, for editors (`schemas/corrections.schema.json`).
pub fn corrections_schema() -> serde_json::Value {
    document::schema_of::<corrections::RawCorrections>()
}

/// The JSON Schema of rule books, for editors (`schemas/rules.schema.json`).
pub fn rules_schema() -> serde_json::Value {
    document::schema_of::<rules::RawRuleBook>()
}

/// The JSON Schema of rules of others, for editors (`schemas/others.schema.json`).
pub fn others_schema() -> serde_json::Value {
    document::schema_of::<schemes::RawScheme>()
}

/// The JSON Schema of `workspace.toml`, for editors (`schemas/workspace.schema.json`).
pub fn workspace_schema() -> serde_json::Value {
    document::schema_of::<workspace::RawWorkspace>()
}
