//! `wsis verify`.

use serde::Serialize;

use crate::args::{Format, Global};
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
    // For people, the sentence below says that nothing was found; an empty table would not.
    if global.format != Format::Table || !findings.is_empty() {
        output::print(global.format, &findings, |_| rows(&findings))?;
    }
    if findings.is_empty() {
        if !global.quiet {
            output::note("every file is what the snapshots say");
        }
        Ok(())
    } else {
        let what = if findings.len() == 1 { "violation" } else { "violations" };
        Err(Failure::ran(format!("{} {what}; restore the files from a copy", findings.len())))
    }
}

fn rows(findings: &[Finding]) -> Rows {
    let mut rows = Rows::new(&["file", "found", "expected"]);
    for finding in findings {
        rows.push(vec![finding.file.clone(), finding.found.clone(), finding.expected.clone()]);
    }
    rows
}
