//! `wsis new pipeline`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;
use wsis_app::draft::{Draft, Open, Place, draft};
use wsis_config::{Deployment, Origin, Workspace, plain_file};
use wsis_engine::{Clock, SystemClock};

use crate::args::{Format, Global};
use crate::commands::ingest;
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Lines that are named of one thing that is left.
const LINES: usize = 12;

/// Longest wait for an address.
const WITHIN: Duration = Duration::from_mins(5);

#[derive(Serialize)]
struct Told<'a> {
    /// The file that was written; none where the text went to standard output.
    file: Option<String>,
    #[serde(flatten)]
    draft: &'a Draft,
}

/// Drafts a pipeline for a file or an address.
pub(crate) async fn pipeline(
    global: &Global,
    what: &str,
    id: Option<&str>,
    out: Option<&Path>,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let is_address = ["http://", "https://"].iter().any(|it| what.starts_with(it));
    let drafted = if is_address {
        let url: Url = what.parse().map_err(|why| Failure::usage(format!("{what}: {why}")))?;
        let body = asked(&deployment.workspace, &url).await?;
        draft(&deployment, &Place::Url(&url), &body, id)?
    } else {
        let path = Path::new(what);
        let body = read(path, deployment.workspace.fetch.payload_max_bytes)?;
        draft(&deployment, &Place::File(path), &body, id)?
    };
    let to_stdout = out == Some(Path::new("-"));
    if to_stdout && global.format == Format::Table {
        return output::text(drafted.text.trim_end());
    }
    let path =
        (!to_stdout).then(|| out.map_or_else(|| place(global, &drafted.id), Path::to_path_buf));
    if let Some(path) = &path {
        write_new(path, &drafted)?;
    }
    let file = path.map(|path| path.display().to_string());
    let told = Told { file, draft: &drafted };
    match global.format {
        Format::Table => said(&told, &deployment),
        Format::Json | Format::Csv => output::print(global.format, &told, |_| rows(&told)),
    }
}

async fn asked(workspace: &Workspace, url: &Url) -> Result<Vec<u8>, Failure> {
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let found = wsis_engine::look_at(workspace, &clock, url, WITHIN, &cancel).await;
    on_interrupt.abort();
    Ok(found?.body)
}

/// A plain file, up to the limit of a body.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", path.display()));
    let meta = fs::metadata(path).map_err(|why| failed(&why))?;
    if !meta.is_file() {
        return Err(failed(&"is no file; name one, or an address that begins with https://"));
    }
    if meta.len() > max {
        return Err(failed(&format_args!(
            "has {} bytes; payload_max_bytes of workspace.toml is {max}",
            meta.len()
        )));
    }
    // It may grow while it is read, or be one of the system that has to be waited for.
    plain_file::read(path, max).map_err(|why| failed(&why))
}

/// `pipelines/ID.toml` of the deployment, or of this folder.
fn place(global: &Global, id: &str) -> PathBuf {
    let root = match context::origin(global) {
        Origin::Folder(root) => root.to_owned(),
        Origin::Embedded => PathBuf::new(),
    };
    let root = if root == Path::new(".") { PathBuf::new() } else { root };
    root.join("pipelines").join(format!("{id}.toml"))
}

/// Writes the draft; what is there is never overwritten.
fn write_new(path: &Path, drafted: &Draft) -> Result<(), Failure> {
    let stem = path.file_stem().map(|it| it.to_string_lossy().into_owned());
    if stem.as_deref() != Some(drafted.id.as_str()) {
        return Err(Failure::usage(format!(
            "the file of pipeline {} is called {}.toml, and not {}; say --id to name it otherwise",
            drafted.id,
            drafted.id,
            path.display()
        )));
    }
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!(
            "{} is there already and stays as it is; name another file with --out, or another id \
             with --id",
            path.display()
        )),
        _ => Failure::ran(format!("cannot write {}: {why}", path.display())),
    };
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(drafted.text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// For people: what was found, on what it rests, and what is left to them.
fn said(told: &Told<'_>, deployment: &Deployment) -> Result<(), Failure> {
    let draft = told.draft;
    output::text(&format!(
        "{}: source {}, format {} ({}), {} series",
        draft.id, draft.source, draft.format, draft.because, draft.series
    ))?;
    for column in &draft.columns {
        output::text(&format!("  {} = {:?}: {}", column.part, column.heading, column.because))?;
    }
    match (&draft.trial, &draft.trial_error) {
        (Some(trial), _) => {
            output::text(&format!(
                "tried out: {} figures accepted, {} of them without a value; {} records set aside",
                trial.accepted, trial.missing, trial.quarantined
            ))?;
            for (reason, (count, example)) in &trial.reasons {
                output::text(&format!("  {reason}: {count}, such as: {example}"))?;
            }
        }
        (None, why) => {
            let why = why.as_deref().unwrap_or_default();
            output::text(&format!("not tried out: {why}"))?;
        }
    }
    if !draft.decide.is_empty() {
        output::text("left to you:")?;
        for (what, lines) in by_what(&draft.decide) {
            let plural = if lines.contains(',') { "lines" } else { "line" };
            output::text(&format!("  {plural} {lines}: {what}"))?;
        }
    }
    if let Some(file) = &told.file {
        output::text(&format!("written: {file}"))?;
        let known = deployment.pipelines.len();
        output::note(&format!(
            "`wsis check` names what is left to decide; the {known} other pipelines run meanwhile"
        ));
    }
    Ok(())
}

/// What is left, each once with its lines.
fn by_what(decide: &[Open]) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for open in decide {
        match found.iter_mut().find(|(what, _)| *what == open.what) {
            Some((_, lines)) => lines.push(open.line.to_string()),
            None => found.push((&open.what, vec![open.line.to_string()])),
        }
    }
    let shown = |lines: Vec<String>| match lines.len() {
        more if more > LINES => format!("{} and {} more", lines[..LINES].join(", "), more - LINES),
        _ => lines.join(", "),
    };
    found.into_iter().map(|(what, lines)| (what, shown(lines))).collect()
}

fn rows(told: &Told<'_>) -> Rows {
    let mut rows = Rows::new(&["part", "heading", "because"]);
    for column in &told.draft.columns {
        rows.push(vec![column.part.clone(), column.heading.clone(), column.because.clone()]);
    }
    for open in &told.draft.decide {
        rows.push(vec!["DECIDE".to_owned(), format!("line {}", open.line), open.what.clone()]);
    }
    rows
}
