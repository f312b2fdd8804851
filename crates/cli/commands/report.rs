//! `wsis report`.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::{Scores, evidence};

use crate::args::{Format, Global, Review};
use crate::commands::html_file;
use crate::commands::score::shown;
use crate::context;
use crate::failure::Failure;
use crate::instant;
use crate::output::{self, Rows};

/// What was written, for machines.
#[derive(Serialize)]
struct Written {
    report: String,
    framework: String,
    window: String,
    snapshot: u64,
    /// The instant of which the report speaks; none for what is known now.
    as_of: Option<DateTime<Utc>>,
}

impl Written {
    fn rows(&self) -> Rows {
        let mut rows = Rows::new(&["report", "framework", "window", "snapshot", "as_of"]);
        rows.push(vec![
            self.report.clone(),
            self.framework.clone(),
            self.window.clone(),
            self.snapshot.to_string(),
            self.as_of.map(|at| instant::cell(at, Format::Csv)).unwrap_or_default(),
        ]);
        rows
    }
}

pub(crate) async fn run(global: &Global, out: &Path, review: &Review) -> Result<(), Failure> {
    html_file::check_name(out)?;
    let deployment = context::deployment(global)?;
    let computed = context::compute(global, deployment, review, None).await?;
    write(&computed, out)?;
    let written = Written {
        report: out.display().to_string(),
        framework: computed.framework().id.clone(),
        window: shown(computed.window),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
    };
    if global.format != Format::Table {
        return output::print(global.format, &written, |_| written.rows());
    }
    if !global.quiet {
        output::note(&format!("wrote {}", written.report));
    }
    Ok(())
}

/// Renders the report into a file, in one step: a reader never sees half of it.
pub(crate) fn write(computed: &Scores, out: &Path) -> Result<(), Failure> {
    let report = evidence::report(computed)?;
    let told = |error: std::io::Error| Failure::ran(format!("{}: {error}", out.display()));
    html_file::write(out, &report).map_err(told)
}
