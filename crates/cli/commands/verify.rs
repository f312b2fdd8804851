//! `wsis verify`.

use serde::Serialize;

use crate::args::Global;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Finding {
    file: String,
    found: String,
    expected: String,
}

pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let violations = lake.verify().map_err(|error| Failure::ran(chain(&error)))?;
    let findings: Vec<Finding> = violations
        .iter()
        .map(|violation| Finding {
            file: violation.path.display().to_string(),
            found: violation.found.clone(),
            expected: violation.expected.clone(),
        })
        .collect();
    output::print(global.format, &findings, || {
        let mut rows = Rows::new(&["file", "found", "right would be"]);
        for finding in &findings {
            rows.push(vec![finding.file.clone(), finding.found.clone(), finding.expected.clone()]);
        }
        rows
    })?;
    if findings.is_empty() {
        if !global.quiet {
            output::note("every file is what the snapshots say");
        }
        Ok(())
    } else {
        Err(Failure::ran(format!("{} violations", findings.len())))
    }
}
