//! What pipelines declare, asked of their live services. Nothing is kept, no figure is made, and no
//! state of freshness changes: the answers are looked at and dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wsis_config::{Deployment, Workspace};
use wsis_model::causes::chain;
use wsis_model::codelist::CodeLists;
use wsis_model::payload::RawId;
use wsis_model::pipeline::Pipeline;
use wsis_sources::DecodeError;
use wsis_sources::probe::{Finding, Heard, Kind, Question, gone, heard, questions};

use super::{SecretLookup, fetcher, hosts_of};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::fetch::{Ask, FetchError, Fetcher, Secret};
use crate::run::{Body, check_content};

/// Questions about one pipeline; the rest are counted and not asked.
const QUESTIONS_MAX: usize = 500;
/// Bytes of one answer that are read.
const BODY_MAX: u64 = 16 << 20;
/// Attempts after the first.
const RETRIES_MAX: u32 = 1;
/// Longest wait before one.
const WAIT_MAX_S: u64 = 5;
/// Pipelines that are asked about at one time.
const PIPELINES_AT_ONCE: usize = 4;
/// Findings of one kind that are listed for a pipeline; the rest are counted.
const LISTED: usize = 20;
/// Time for all questions about one pipeline.
pub const PROBE_WITHIN: Duration = Duration::from_mins(2);

/// What the live service of one pipeline says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// Id.
    pub pipeline: String,
    /// Questions that were asked; 0 for files that are handed in.
    pub asked: usize,
    /// Last update or release, as the service states it; of several the latest text.
    pub updated: Option<String>,
    /// Licence, as the service states it.
    pub licence: Option<String>,
    /// What is wrong or new, in the order of the questions.
    pub findings: Vec<Finding>,
}

impl Probed {
    /// Whether a run would fail, or lose a series.
    pub fn has_faults(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.is_fault())
    }
}

/// What the questions of all pipelines share.
struct Probe<'p> {
    fetcher: &'p Fetcher,
    clock: &'p Arc<dyn Clock>,
    lists: Arc<CodeLists>,
    workspace: &'p Workspace,
    secrets: &'p SecretLookup,
    within: Duration,
    cancel: &'p CancellationToken,
}

/// Asks the live services of pipelines whether what they declare still stands: through the guard, the
/// breaker and the limits of runs, with few attempts and bounded in time.
///
/// # Errors
/// When nothing can be asked at all: no TLS, or certificates that cannot be read.
pub async fn probe(
    deployment: &Deployment,
    pipelines: &[&Pipeline],
    (clock, secrets): (&Arc<dyn Clock>, &SecretLookup),
    within: Duration,
    cancel: &CancellationToken,
) -> Result<Vec<Probed>, EngineError> {
    let mut workspace = deployment.workspace.clone();
    let fetch = &mut workspace.fetch;
    fetch.payload_max_bytes = fetch.payload_max_bytes.min(BODY_MAX);
    fetch.retries = fetch.retries.min(RETRIES_MAX);
    fetch.backoff_max_s = fetch.backoff_max_s.min(WAIT_MAX_S);
    let names = hosts_of(deployment.pipelines.iter());
    let fetcher = fetcher(&workspace, clock, (None, names))?;
    let probe = Probe {
        fetcher: &fetcher,
        clock,
        lists: Arc::new(deployment.code_lists()),
        workspace: &workspace,
        secrets,
        within,
        cancel,
    };
    let all = stream::iter(pipelines.iter().map(|pipeline| probe.of(pipeline)));
    Ok(all.buffered(PIPELINES_AT_ONCE).collect().await)
}

impl Probe<'_> {
    async fn of(&self, pipeline: &Pipeline) -> Probed {
        let mut probed = Probed {
            pipeline: pipeline.id.clone(),
            asked: 0,
            updated: None,
            licence: None,
            findings: Vec::new(),
        };
        let mut all = match questions(pipeline) {
            Ok(all) => all,
            Err(error) => {
                probed.findings.push(of_service(Kind::NotAnswered, chain(&error)));
                return probed;
            }
        };
        let secret = match self.secret(pipeline) {
            Ok(secret) => secret,
            Err(why) => {
                probed.findings.push(of_service(Kind::NotAnswered, why));
                return probed;
            }
        };
        if all.len() > QUESTIONS_MAX {
            let more = all.len() - QUESTIONS_MAX;
            all.truncate(QUESTIONS_MAX);
            let what =
                format!("{more} of its series were not asked for: a probe asks {QUESTIONS_MAX}");
            probed.findings.push(of_service(Kind::NotAsked, what));
        }
        let at_once = all.first().map_or(1, |first| self.fetcher.at_once(&first.spec.url)).max(1);
        let deadline = Instant::now() + self.within;
        let pipeline = Arc::new(pipeline.clone());
        let answers = stream::iter(all.iter().map(|question| {
            self.ask(Arc::clone(&pipeline), question, (secret.as_ref(), deadline))
        }));
        let answers: Vec<Heard> = answers.buffered(at_once).collect().await;
        probed.asked = answers.len();
        for heard in answers {
            probed.updated = probed.updated.max(heard.updated);
            probed.licence = probed.licence.or(heard.licence);
            probed.findings.extend(heard.findings);
        }
        shorten(&mut probed.findings);
        probed
    }

    /// The key of a service that wants one.
    fn secret(&self, pipeline: &Pipeline) -> Result<Option<Secret>, String> {
        let Some(name) = &pipeline.secret_env else { return Ok(None) };
        let key = (self.secrets)(name).filter(|key| !key.trim().is_empty());
        let key = key.ok_or_else(|| {
            format!("environment variable {name} is not set; put the key of the service there")
        })?;
        let placed = Secret::placed(key.trim(), &pipeline.key_place);
        placed.map(Some).ok_or_else(|| format!("environment variable {name} holds no such key"))
    }

    async fn ask(
        &self,
        pipeline: Arc<Pipeline>,
        question: &Question,
        (secret, deadline): (Option<&Secret>, Instant),
    ) -> Heard {
        let subject = question.subject.shown();
        let hidden = |text: String| secret.map_or(text.clone(), |secret| secret.hide(&text));
        let finding = |kind, what: String| {
            let finding = Finding { kind, subject: subject.to_owned(), what: hidden(what) };
            Heard { findings: vec![finding], ..Heard::default() }
        };
        let ask = Ask {
            url: &question.spec.url,
            validators: None,
            secret: secret.filter(|_| question.spec.keyed),
            accept: question.spec.accept,
            kind: question.spec.kind,
            deadline,
        };
        let asked = self.fetcher.ask(ask, self.cancel, &|_| {}).await;
        let reply = match asked.result {
            Ok(reply) => reply,
            Err(FetchError::TooLarge { .. })
                if self.workspace.fetch.payload_max_bytes == BODY_MAX =>
            {
                let what =
                    format!("it answers with more than {BODY_MAX} bytes, which were not read");
                return finding(Kind::NotAsked, what);
            }
            Err(error) => {
                let status = match &error {
                    FetchError::Status { status, .. } => *status,
                    _ => 0,
                };
                return match gone(question, status) {
                    Some(found) => finding(found.kind, found.what),
                    None => finding(Kind::NotAnswered, chain(&error)),
                };
            }
        };
        let moved = reply.via.clone().map(|via| Finding {
            kind: Kind::Moved,
            subject: subject.to_owned(),
            what: hidden(format!("{} leads to {via}", question.spec.url)),
        });
        let body = Body {
            raw: RawId::of(&reply.body),
            recorded_at: self.clock.now(),
            via: reply.via,
            content_type: reply.content_type,
            etag: None,
            last_modified: None,
            first: secret.map(|secret| secret.excerpt(&reply.body)),
            bytes: reply.body,
        };
        let mut told = match check_content(&question.spec, &body) {
            Err(error) => finding(Kind::Content, chain(&error)),
            Ok(()) => match self.read(pipeline, question.clone(), body.bytes).await {
                Ok(heard) => heard,
                Err(why) => finding(Kind::Content, format!("{}: {why}", question.spec.url)),
            },
        };
        told.findings.extend(moved);
        // A service may repeat the key in what it answers.
        for finding in &mut told.findings {
            finding.what = hidden(std::mem::take(&mut finding.what));
        }
        told.updated = told.updated.map(hidden);
        told.licence = told.licence.map(hidden);
        told
    }

    /// Reads an answer on a thread that moves no network data.
    async fn read(
        &self,
        pipeline: Arc<Pipeline>,
        question: Question,
        body: Vec<u8>,
    ) -> Result<Heard, String> {
        let (lists, limits) = (Arc::clone(&self.lists), self.workspace.decode);
        let read = tokio::task::spawn_blocking(move || {
            heard(&pipeline, &question, &body, (&lists, limits))
        });
        match read.await {
            Ok(result) => result.map_err(|error: DecodeError| chain(&error)),
            Err(_) => Err("the decoder ended unexpectedly; this is a bug of wsis".to_owned()),
        }
    }
}

fn of_service(kind: Kind, what: String) -> Finding {
    Finding { kind, subject: String::new(), what }
}

/// Of many findings of one kind the first, and how many more there are: a host that is down is one
/// matter, not one for each series.
fn shorten(findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.kind).or_default();
        *count += 1;
        *count <= LISTED
    });
    for (kind, count) in counts.into_iter().filter(|(_, count)| *count > LISTED) {
        findings.push(of_service(kind, format!("{} more of this kind", count - LISTED)));
    }
}
