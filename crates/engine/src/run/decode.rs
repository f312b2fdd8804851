//! From archived bodies to rows of the lake. Runs on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};

use wsis_lake::{Collector, Lake};
use wsis_model::area::AreaList;
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Rejected;
use wsis_sources::Source;

use super::RequestError;
use super::walk::{Page, Walk};

/// What decoding gave.
pub(crate) struct Decoded {
    /// The rows.
    pub(crate) collector: Collector,
    /// Requests of which every page was decoded.
    pub(crate) complete: BTreeSet<String>,
    /// Requests of which one was not, and why.
    pub(crate) failed: Vec<(String, RequestError)>,
    /// What the source said besides figures, and how often.
    pub(crate) findings: BTreeMap<String, u64>,
}

/// Counts what goes into the collector, so that a decoder's account can be checked.
struct Counting<'a> {
    collector: &'a mut Collector,
    rows: u64,
}

impl RowSink for Counting<'_> {
    fn accept(&mut self, observation: &Observation<'_>) {
        self.rows += 1;
        self.collector.accept(observation);
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rows += 1;
        self.collector.reject(rejected);
    }
}

/// Decodes every page of every request. A request that fails leaves the others alone.
pub(crate) fn decode(
    lake: &Lake,
    source: &dyn Source,
    pipeline: &Pipeline,
    areas: &AreaList,
    walks: &[Walk],
) -> Decoded {
    let mut decoded = Decoded {
        collector: lake.collector(&pipeline.source, &pipeline.dataset),
        complete: BTreeSet::new(),
        failed: Vec::new(),
        findings: BTreeMap::new(),
    };
    for walk in walks {
        let result = walk
            .pages
            .iter()
            .try_for_each(|page| decode_page(lake, source, pipeline, areas, page, &mut decoded));
        match result {
            Ok(()) => {
                decoded.complete.insert(walk.request.clone());
            }
            Err(error) => decoded.failed.push((walk.request.clone(), error)),
        }
    }
    decoded
}

fn decode_page(
    lake: &Lake,
    source: &dyn Source,
    pipeline: &Pipeline,
    areas: &AreaList,
    page: &Page,
    decoded: &mut Decoded,
) -> Result<(), RequestError> {
    let mut body = lake.open_raw(&page.raw)?;
    decoded.collector.begin_payload(&page.raw, page.recorded_at, page.source_updated);
    let mut sink = Counting { collector: &mut decoded.collector, rows: 0 };
    let summary = source
        .decode(pipeline, areas, &page.spec, &mut body, &mut sink)
        .map_err(|error| RequestError::shape(page.spec.url.to_string(), &error, &[]))?;
    if summary.parsed != sink.rows {
        return Err(RequestError::Account {
            url: page.spec.url.to_string(),
            parsed: summary.parsed,
            handed: sink.rows,
        });
    }
    for (finding, times) in summary.findings {
        *decoded.findings.entry(finding).or_default() += times;
    }
    Ok(())
}
