//! `wsis explain LINE AREA`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_scorecard::Explanation;
use wsis_scorecard::explain::Branch;

use crate::args::{Format, Global, Review};
use crate::choice;
use crate::commands::score::decimals;
use crate::commands::tree;
use crate::context::{self, Computed};
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output;

/// Where an archived body came from.
#[derive(Serialize)]
struct Origin {
    url: String,
    retrieved_at: String,
    file: String,
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
    let line = choice::line(choice::framework(&deployment, review)?, line)?.code.clone();
    let area = choice::area(&deployment, area)?.code.clone();
    let computed = context::compute(global, deployment, review, Some(&line)).await?;
    let explanation = wsis_scorecard::explain(
        computed.method()?,
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
            lines.extend(tree::lines(&explanation, decimals(computed.framework()?)));
            for (hash, origin) in &payloads {
                lines.push(format!(
                    "payload {hash}\n  from {} on {}\n  kept as {}",
                    origin.url, origin.retrieved_at, origin.file
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
    computed: &Computed,
    explanation: &Explanation,
) -> Result<BTreeMap<String, Origin>, Failure> {
    let named = named_payloads(&explanation.tree);
    let ids: Vec<&str> =
        computed.deployment.pipelines.iter().map(|pipeline| pipeline.id.as_str()).collect();
    // By pipeline in the order of the deployment: the first that has a body is told.
    let records = computed.lake.first_records(&ids, &named);
    let records = records.map_err(|error| Failure::ran(chain(&error)))?;
    let origin = |(hash, record): (String, wsis_lake::RawMeta)| {
        let origin = Origin {
            retrieved_at: instant::told(record.retrieved_at),
            file: computed.lake.raw_path(&record.raw).display().to_string(),
            url: record.url,
        };
        (hash, origin)
    };
    Ok(records.into_iter().map(origin).collect())
}

fn named_payloads(branch: &Branch) -> BTreeSet<String> {
    let reading = branch.indicator.as_ref().and_then(|facts| facts.reading.as_ref());
    let ends = reading.into_iter().flat_map(|score| [&score.start, &score.end]).flatten();
    let mut named: BTreeSet<String> = ends.filter_map(|end| end.payload.clone()).collect();
    named.extend(branch.children.iter().flat_map(named_payloads));
    named
}
