//! What a file, or the list that names it, says of what a pipeline declares.

use wsis_model::pipeline::Pipeline;

use super::{Finding, Heard, Kind};
use crate::{DecodeError, DecodeJob, RequestSpec, source};

/// What the body says of the file that is asked for.
///
/// # Errors
/// When it is not what was asked for; over a limit.
pub(super) fn heard(
    job: &DecodeJob<'_>,
    (spec, file): (&RequestSpec, &str),
    body: &[u8],
) -> Result<Heard, DecodeError> {
    let Some(source) = source(&job.pipeline.source) else { return Ok(Heard::default()) };
    if spec.is_list() {
        // That the list names the file is what can be wrong; the file itself is not asked.
        let second = source.locate(job, spec, body)?;
        let what = format!("the list names {}, which was not asked", second.url);
        let found = Finding { kind: Kind::NotAsked, subject: file.to_owned(), what };
        return Ok(Heard { findings: vec![found], ..Heard::default() });
    }
    let page = source.page(job, spec, body)?;
    let found = of_rows(job.pipeline, page.rows, file);
    Ok(Heard { updated: page.vintage, findings: vec![found], ..Heard::default() })
}

/// What the rows of a file say: that there are some. Which series and areas they are of was not read.
fn of_rows(pipeline: &Pipeline, rows: u64, file: &str) -> Finding {
    let subject = file.to_owned();
    if rows == 0 && pipeline.gates.rows_min > 0 {
        let what =
            "its header is right, and there is no row below it; a run would be held".to_owned();
        return Finding { kind: Kind::Content, subject, what };
    }
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let what = format!(
        "its header is right, with {rows} below it; which series and areas they are of was not looked for"
    );
    Finding { kind: Kind::NotAsked, subject, what }
}
