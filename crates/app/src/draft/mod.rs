//! A pipeline for a file that nobody has described yet: proposed, tried out on the file with the
//! decoders of a run, written as TOML in which every guess says on what it rests, and checked as any
//! other. What only a person can say is left open, and `wsis check` names it.

mod render;
mod trial;

use std::path::Path;

use serde::Serialize;
use url::Url;
use wsis_config::{Agency, Deployment, ErrorKind};
use wsis_model::pipeline::Pipeline;
use wsis_sources::propose::{Look, Proposal, propose};

use crate::error::AppError;

pub use trial::Trial;

/// Longest id that is made of a name.
const ID_MAX: usize = 40;

/// Where a file was found.
#[derive(Debug, Clone)]
pub enum Place<'a> {
    /// In a folder of this machine.
    File(&'a Path),
    /// At an address.
    Url(&'a Url),
}

impl Place<'_> {
    /// The name of the file.
    fn name(&self) -> String {
        match self {
            Self::File(path) => path
                .file_name()
                .map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned()),
            Self::Url(url) => {
                let last = url.path_segments().and_then(|mut parts| parts.next_back());
                last.filter(|it| !it.is_empty()).unwrap_or("file").to_owned()
            }
        }
    }
}

/// A draft of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The source that reads the file.
    pub source: &'static str,
    /// The format of the file.
    pub format: &'static str,
    /// On what the format rests.
    pub because: String,
    /// Headings by the parts of the mapping, each with on what it rests.
    pub columns: Vec<Column>,
    /// Series declared.
    pub series: usize,
    /// What the file gives when it is read by the draft; none where it cannot be read yet.
    pub trial: Option<Trial>,
    /// Why it cannot, where it cannot.
    pub trial_error: Option<String>,
    /// What is left to a person, line by line of the text.
    pub decide: Vec<Open>,
    /// The text of the file.
    pub text: String,
}

/// A column of the mapping.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Part of the mapping (`area`).
    pub part: String,
    /// Heading.
    pub heading: String,
    /// On what it rests.
    pub because: String,
}

/// Something that only a person can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Line of the text, from 1.
    pub line: usize,
    /// What it is.
    pub what: String,
}

/// What is said of the provider, as far as the deployment knows it.
struct Provider {
    agency: Option<(String, String)>,
    base_url: Option<String>,
    folder: bool,
}

/// Drafts a pipeline for a file. `id` is that of the pipeline; without it the file's name gives one.
///
/// # Errors
/// [`AppError::Asked`] for a file that no source reads, and an id that is taken or none.
pub fn draft(
    deployment: &Deployment,
    place: &Place<'_>,
    body: &[u8],
    id: Option<&str>,
) -> Result<Draft, AppError> {
    let lists = deployment.code_lists();
    let name = place.name();
    let look = Look { name: &name, body, lists: &lists, limits: deployment.workspace.decode };
    let proposal = propose(&look).map_err(|error| AppError::Asked(format!("{name}: {error}")))?;
    let id = match id {
        Some(id) => id.to_owned(),
        None => id_of(&name),
    };
    if deployment.pipeline(&id).is_some() {
        return Err(AppError::Asked(format!(
            "there is a pipeline {id:?} already; give the new one another id with --id"
        )));
    }
    let provider = provider(deployment, place, &proposal);
    let file = render::File { id: &id, name: &name, place, body, proposal: &proposal };
    let path = format!("pipelines/{id}.toml");
    // With something in every open place it can be tried out.
    let agency = deployment.workspace.agencies.first().map_or("", |it: &Agency| it.id.as_str());
    let filled =
        file.text(&provider, None).replace("agency = \"DECIDE\"", &format!("agency = {agency:?}"));
    let filled = filled.replace("base_url = \"DECIDE\"", "base_url = \"https://example.org\"");
    let filled = filled.replace("= \"DECIDE\"", "= \"NOT_DECIDED\"");
    let (pipeline, errors) = wsis_config::drafted(&path, &filled, &deployment.workspace);
    let tried = match pipeline {
        Some(pipeline) => trial::read(deployment, &lists, &pipeline, &file),
        None => Err(errors.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("; ")),
    };
    let (trial, trial_error) = match tried {
        Ok(trial) => (Some(trial), None),
        Err(why) => (None, Some(why)),
    };
    let text = file.text(&provider, trial.as_ref());
    let (_, errors) = wsis_config::drafted(&path, &text, &deployment.workspace);
    if let Some(error) = errors.iter().find(|it| it.is_error() && !is_left_open(it.kind)) {
        return Err(AppError::Failed(format!(
            "the draft of {name} is not a pipeline: line {}: {}; {}. This is a bug of wsis, please \
             report it with the file",
            error.line, error.message, error.hint
        )));
    }
    let columns = proposal.mapping.iter().flat_map(|it| &it.columns);
    Ok(Draft {
        source: proposal.source.value,
        format: proposal.format.value.code(),
        because: proposal.format.because.clone(),
        columns: columns
            .map(|(part, guess)| Column {
                part: (*part).to_owned(),
                heading: guess.value.clone(),
                because: guess.because.clone(),
            })
            .collect(),
        series: proposal.series.len(),
        decide: open(&text),
        trial,
        trial_error,
        text,
        id,
    })
}

/// Whether a fault of a draft is what it leaves to a person.
const fn is_left_open(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Undecided | ErrorKind::MissingField)
}

/// The places of a text that are left to a person.
fn open(text: &str) -> Vec<Open> {
    let said = |(at, line): (usize, &str)| {
        let what = line.trim().strip_prefix("# DECIDE: ")?;
        Some(Open { line: at + 1, what: what.to_owned() })
    };
    text.lines().enumerate().filter_map(said).collect()
}

/// An id out of the name of a file.
fn id_of(name: &str) -> String {
    let stem = name.split('.').next().unwrap_or(name);
    let mut id = String::new();
    for c in stem.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.ends_with('-') && !id.is_empty() {
            id.push('-');
        }
    }
    let id: String =
        id.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().take(ID_MAX).collect();
    let id = id.trim_end_matches('-');
    if id.is_empty() { "draft".to_owned() } else { id.to_owned() }
}

/// What other pipelines say of the place and the source of a file.
fn provider(deployment: &Deployment, place: &Place<'_>, proposal: &Proposal) -> Provider {
    let same_source = |it: &&Pipeline| it.source == proposal.source.value && it.source != "file";
    let of_source: Vec<&Pipeline> = deployment.pipelines.iter().filter(same_source).collect();
    let same_host = |url: &Url| {
        let host = |it: &&Pipeline| Url::parse(&it.base_url).ok()?.host_str().map(str::to_owned);
        let fits = |it: &&Pipeline| host(it).as_deref() == url.host_str();
        deployment.pipelines.iter().find(|it| fits(it))
    };
    let of_host = match place {
        Place::Url(url) => same_host(url),
        Place::File(_) => None,
    };
    let one_agency =
        of_source.first().filter(|first| of_source.iter().all(|it| it.agency == first.agency));
    let agency = match (of_host, one_agency) {
        (Some(it), _) => {
            Some((it.agency.clone(), format!("its host is that of pipeline {}", it.id)))
        }
        (None, Some(it)) => {
            Some((it.agency.clone(), format!("every pipeline of source {} is of it", it.source)))
        }
        (None, None) => None,
    };
    // Several databases share a service; of a file at an address its place is known.
    let of_service = of_source.first().filter(|_| proposal.asks_for_series);
    let base_url = match place {
        Place::Url(url) if !proposal.asks_for_series => below(url),
        _ => of_service.map(|it| it.base_url.clone()),
    };
    let folder = matches!(place, Place::File(_)) && !proposal.asks_for_series;
    Provider { agency, base_url, folder }
}

/// The address of the folder of a file.
fn below(url: &Url) -> Option<String> {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop();
    Some(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn trial_p70_a_name_of_a_file_becomes_an_id() {
        for (name, id) in [
            ("ODIN_03222024.csv", "odin-03222024"),
            ("2025.csv", "draft"),
            ("ITU_ICTPriceBaskets_2008-2025.xlsx", "itu-ictpricebaskets-2008-2025"),
            ("\u{dc}bersicht (neu).ods", "bersicht-neu"),
        ] {
            assert_eq!(id_of(name), id, "{name}");
        }
    }
}
