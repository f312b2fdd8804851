//! `wsis explain LINE AREA`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::evidence::{self, Body};
use wsis_app::{Scores, names};
use wsis_scorecard::Explanation;

use crate::args::{Format, Global, Review};
use crate::commands::score::decimals;
use crate::commands::{intervals, tree};
use crate::context::{self, Need, Told};
use crate::failure::{Failure, chain};
use crate::output;

/// Where an archived body came from.
#[derive(Serialize)]
struct Origin {
    url: String,
    /// Of a sample, which is served from a copy: where the publisher has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    retrieved_at: String,
    file: String,
}

impl Origin {
    /// Where it came from. An address of the demo's own server ends with the demo.
    fn from(&self) -> String {
        match &self.publisher {
            None => self.url.clone(),
            Some(publisher) => {
                format!("{publisher}\n  by way of the demo's own copy, {},", self.url)
            }
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    /// What the lake says of itself if it holds a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a str>,
    snapshot: u64,
    /// The instant of which the score speaks; none for what is known now.
    as_of: Option<DateTime<Utc>>,
    explanation: &'a Explanation,
    payloads: BTreeMap<String, Origin>,
}

pub(crate) async fn run(
    global: &Global,
    line: &str,
    area: &str,
    review: &Review,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let line = names::line(names::framework(&deployment, review.framework.as_deref())?, line)?
        .code
        .clone();
    let area = names::area(&deployment, area)?.code.clone();
    // The table begins with what the sample says of itself: not a second time on standard error.
    let sample = if global.format == Format::Table { Told::InIt } else { Told::Note };
    let need = Need { sample, alone: true };
    let computed = context::compute_for(global, deployment, review, Some(&line), need).await?;
    let explanation = wsis_scorecard::explain(
        computed.method(),
        &computed.scorecard,
        &computed.panel,
        &line,
        &area,
        computed.window,
    )
    .map_err(|error| Failure::usage(chain(&error)))?;
    let payloads = origins(&computed, &explanation)?;
    match global.format {
        Format::Table => {
            let mut lines: Vec<String> = computed.sample.iter().cloned().collect();
            lines.extend(computed.view.said());
            lines.extend(tree::lines(&explanation, decimals(computed.framework())));
            let rule = &computed.method().rules.uncertainty;
            lines.extend(intervals::told(&[&explanation.score], rule));
            for (hash, origin) in &payloads {
                lines.push(format!(
                    "payload {hash}\n  from {} on {}\n  kept as {}",
                    origin.from(),
                    origin.retrieved_at,
                    origin.file
                ));
            }
            output::text(&lines.join("\n"))
        }
        Format::Json => {
            let sample = computed.sample.as_deref();
            let (snapshot, as_of) = (computed.snapshot(), computed.view.instant());
            let explanation = &explanation;
            output::json(&Shown { sample, snapshot, as_of, explanation, payloads })
        }
        Format::Csv => Err(Failure::usage("an explanation is a tree; use --format table or json")),
    }
}

/// The origin of every payload that the explanation names.
fn origins(
    computed: &Scores,
    explanation: &Explanation,
) -> Result<BTreeMap<String, Origin>, Failure> {
    let pipelines = &computed.deployment.pipelines;
    let origin = |(hash, body): (String, Body)| {
        let from = pipelines.iter().find(|it| it.id == body.pipeline);
        let publisher = from.and_then(|it| published_at(&it.base_url, &body.url));
        let origin = Origin {
            publisher: publisher.filter(|_| computed.sample.is_some()),
            retrieved_at: wsis_app::told(body.retrieved_at),
            file: body.file.display().to_string(),
            url: body.url,
        };
        (hash, origin)
    };
    Ok(evidence::bodies(computed, explanation)?.into_iter().map(origin).collect())
}

/// Where the publisher has what a copy of its service on this machine served: the pipeline's address
/// with what was asked below it; where the copy has other paths, the address alone. `None` for an
/// address that is not of this machine.
fn published_at(base: &str, url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://127.0.0.1:")?;
    let (_, asked) = rest.split_once('/')?;
    let asked = format!("/{asked}");
    let root = base.find("://").map_or(0, |at| at + 3);
    let slashes = base.match_indices('/').map(|(at, _)| at).filter(|at| *at >= root);
    let below = slashes.filter_map(|at| asked.strip_prefix(base.get(at..)?));
    Some(format!("{base}{}", below.into_iter().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::published_at;

    #[test]
    fn trial_a_dead_address_of_the_demo_was_shown_in_place_of_the_publishers() {
        let told = |base, url| published_at(base, url);
        let base = "https://api.worldbank.org/v2";
        let url = "http://127.0.0.1:46605/v2/country/all/indicator/IT.NET.USER.ZS?page=1";
        let there = "https://api.worldbank.org/v2/country/all/indicator/IT.NET.USER.ZS?page=1";
        assert_eq!(told(base, url).as_deref(), Some(there));
        let base = "https://unstats.un.org/sdgs/UNSDGAPIV5/v1/sdg";
        let url = "http://127.0.0.1:1/v1/sdg/Series/Data?seriesCode=A";
        let there = "https://unstats.un.org/sdgs/UNSDGAPIV5/v1/sdg/Series/Data?seriesCode=A";
        assert_eq!(told(base, url).as_deref(), Some(there));
        let base = "https://publisher.example/en/Data-Center";
        assert_eq!(told(base, "http://127.0.0.1:1/files/2024.csv").as_deref(), Some(base));
        assert_eq!(told(base, base), None);
    }
}
