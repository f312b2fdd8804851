//! From archived bodies to rows of the lake. Runs on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::sync::Arc;

use wsis_lake::{Answer, Collector, Lake, Whole};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::{Pipeline, Take};
use wsis_model::quarantine::Rejected;
use wsis_sources::{DecodeJob, Part, Source};

use super::RequestError;
use super::codes::Codes;
use super::land::Landing;
use super::said::Said;
use super::stage::Stage;
use super::stretches::Stretches;
use super::walk::{Page, Walk};
use crate::report::RunReport;

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
    /// What it calls its series.
    pub(crate) said: Said,
    /// Rows of years that a later run was told again (re-decoding only).
    pub(crate) superseded: u64,
}

impl Decoded {
    /// Says that it is all that a pipeline asks for, unless something of it could not be read.
    pub(crate) fn all_of(mut self, whole: Option<Whole>) -> Self {
        if let Some(whole) = whole.filter(|_| self.failed.is_empty()) {
            self.collector.is_all_of(whole);
        }
        self
    }
}

/// Whether a run has an answer to all that its pipeline asks for today. Of years of its own, of a replay
/// and of files of a pattern that is not known.
pub(crate) fn whole(
    landing: &Landing<'_>,
    walks: &[Walk],
    (report, failures): (&RunReport, &[(String, RequestError)]),
) -> Option<Whole> {
    let pipeline = landing.pipeline;
    let asked = landing.source.plan(pipeline).ok()?;
    let is_answered =
        |request: &str| walks.iter().any(|it| it.request == request && it.stands_for_all());
    let is_whole = failures.is_empty()
        && report.years.is_none()
        && report.replay_of.is_none()
        && !asked.is_empty()
        && asked.iter().all(|it| is_answered(&it.id));
    let same = |other: &&Arc<Pipeline>| {
        other.source == pipeline.source && other.dataset == pipeline.dataset
    };
    let is_alone = landing.pipelines.iter().filter(same).all(|other| other.id == pipeline.id);
    is_whole.then(|| Whole { pipeline: pipeline.id.clone(), years: pipeline.years, is_alone })
}

/// Counts what goes into the collector, so that a decoder's account can be checked, and notes
/// which series are spoken of.
struct Counting<'a> {
    collector: &'a mut Collector,
    rows: u64,
    /// Years that this answer stands for; what it says of others has been said again since.
    stands_for: &'a Stretches,
    /// Rows of other years.
    superseded: u64,
    spoken_of: &'a mut BTreeSet<String>,
    codes: &'a mut Codes,
    last: String,
}

impl RowSink for Counting<'_> {
    fn accept(&mut self, observation: &Observation<'_>) {
        self.rows += 1;
        if !self.stands_for.holds(observation.period.year()) {
            self.superseded += 1;
            return;
        }
        if self.last != observation.series_code {
            self.last.clear();
            self.last.push_str(observation.series_code);
            if !self.spoken_of.contains(&self.last) {
                self.spoken_of.insert(self.last.clone());
            }
        }
        self.codes.of(observation);
        self.collector.accept(observation);
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rows += 1;
        // What is bad in years that were told again since is not bad any more, or is told there.
        let period = rejected.subject.as_ref().and_then(|it| it.period);
        if period.is_some_and(|period| !self.stands_for.holds(period.year())) {
            self.superseded += 1;
            return;
        }
        self.codes.of_rejected(&rejected);
        self.collector.reject(rejected);
    }
}

/// What decoding said of one request.
#[derive(Default)]
struct Account {
    findings: BTreeMap<String, u64>,
    superseded: u64,
    spoken_of: BTreeSet<String>,
    codes: Codes,
    said: wsis_sources::Said,
}

/// A request that was answered in full.
struct Answered<'w> {
    walk: &'w Walk,
    answer: Option<Answer>,
    spoken_of: BTreeSet<String>,
}

/// Decodes every page of every request into one collector, until the job is told to stop. A request
/// that fails leaves the others alone, and nothing of itself: what it had handed over before it
/// broke off is taken back (R26).
pub(crate) fn decode(
    lake: &Lake,
    source: &dyn Source,
    job: &DecodeJob<'_>,
    (walks, stage): (&[Walk], &Stage),
) -> Decoded {
    let mut decoded = Decoded {
        collector: lake.collector(&job.pipeline.source, &job.pipeline.dataset),
        complete: BTreeSet::new(),
        failed: Vec::new(),
        findings: BTreeMap::new(),
        said: Said::new(),
        superseded: 0,
    };
    decoded.collector.set_quarantine_max(job.limits.quarantine_rows_max);
    let mut answered = Vec::with_capacity(walks.len());
    for walk in walks {
        begin_request(source, job.pipeline, walk, &mut decoded.collector);
        let mut account = Account::default();
        let result = walk.pages.iter().try_for_each(|page| {
            let what = (walk, page, stage);
            decode_page(lake, source, job, what, (&mut decoded.collector, &mut account))
        });
        match result {
            Ok(()) => {
                let answer = decoded.collector.answer();
                answered.push(Answered { walk, answer, spoken_of: account.spoken_of });
                decoded.complete.insert(walk.request.clone());
                decoded.superseded += account.superseded;
                for ((series, part), texts) in account.said {
                    decoded.said.insert((walk.request.clone(), series, part), texts);
                }
                for (dimension, codes) in account.codes.found() {
                    decoded.said.insert((walk.request.clone(), dimension, Part::Code), codes);
                }
                for (finding, times) in account.findings {
                    *decoded.findings.entry(finding).or_default() += times;
                }
            }
            Err(error) => {
                decoded.collector.take_back_request();
                decoded.failed.push((walk.request.clone(), error));
            }
        }
    }
    complete(source, job.pipeline, answered, &mut decoded);
    let not_kept = decoded.collector.not_kept();
    if not_kept > 0 {
        let max = job.limits.quarantine_rows_max;
        let finding = format!(
            "quarantined record counted and not kept (quarantine_rows_max of a payload: {max})"
        );
        decoded.findings.insert(finding, not_kept);
    }
    decoded
}

/// Tells the collector which question the pages of a walk answer. Of years that lie apart the first
/// stretch: no more is said to have been read than was.
fn begin_request(source: &dyn Source, pipeline: &Pipeline, walk: &Walk, collector: &mut Collector) {
    let years = walk.stands_for.within(source.years(pipeline, &walk.request));
    match years.first() {
        Some(years) => {
            let question = format!("{}/{}", pipeline.id, walk.request);
            collector.begin_request_of(&question, *years);
        }
        None => collector.begin_request(),
    }
}

/// Says what the requests that were answered in full tell all of: the series that each asked for, or
/// of a table the series that stand in it, in the years that were asked for. Of nothing else can
/// it be said that the source no longer gives it.
///
/// One file does not tell what another one holds: of years that a file may hold which was not read
/// (it could not be fetched or understood, or is not of this delivery) none of the others tells all
/// (P91). Of a pattern of which all files are read, it is never known that these were all: none of them
/// speaks of what another one held (P107).
fn complete(
    source: &dyn Source,
    pipeline: &Pipeline,
    answered: Vec<Answered<'_>>,
    decoded: &mut Decoded,
) {
    let is_file = |request: &str| pipeline.file(request).is_some();
    let takes_all = pipeline.folder.as_ref().is_some_and(|folder| folder.take == Take::All);
    let mut not_read = Stretches::none();
    let (mut files, mut patterns): (u64, u64) = (0, 0);
    for file in &pipeline.files {
        let mut missing = Stretches::of(source.years(pipeline, &file.request()));
        let is_of_it = |it: &&Answered<'_>| pipeline.file(&it.walk.request) == Some(file);
        // Of several files that fit, others may have come before and lie elsewhere by now.
        if takes_all && file.path.contains('*') {
            patterns += u64::from(answered.iter().any(|it| is_of_it(&it)));
            not_read = not_read.and(&missing);
            continue;
        }
        for it in answered.iter().filter(is_of_it) {
            missing = missing.less(&it.walk.stands_for);
        }
        files += u64::from(!missing.is_empty());
        not_read = not_read.and(&missing);
    }
    for Answered { walk, answer, spoken_of } in answered {
        let Some(answer) = answer else { continue };
        let asked_for = pipeline.series(&walk.request).filter(|_| !is_file(&walk.request));
        let (series, stands_for) = match asked_for {
            Some(series) => (BTreeSet::from([series.code.clone()]), walk.stands_for.clone()),
            None => (spoken_of, walk.stands_for.less(&not_read)),
        };
        for years in stands_for.within(source.years(pipeline, &walk.request)) {
            for code in &series {
                decoded.collector.complete_by(answer, code, years);
            }
        }
    }
    if patterns > 0 {
        let finding = "a pattern stands for files of which others may have come before: of the years \
                       that they may hold nothing is withdrawn, also of what an earlier state of a \
                       file held";
        decoded.findings.insert(finding.to_owned(), patterns);
    }
    if files > 0 && !decoded.complete.is_empty() {
        let finding = "a file was not read: of the years that it may hold nothing is withdrawn";
        decoded.findings.insert(finding.to_owned(), files);
    }
}

fn decode_page(
    lake: &Lake,
    source: &dyn Source,
    job: &DecodeJob<'_>,
    (walk, page, stage): (&Walk, &Page, &Stage),
    (collector, account): (&mut Collector, &mut Account),
) -> Result<(), RequestError> {
    let bytes: Box<dyn BufRead + '_> = match &page.held {
        Some(held) => Box::new(held.as_slice()),
        None => Box::new(lake.open_raw(&page.raw)?),
    };
    let mut body = stage.watch(bytes);
    collector.begin_payload(&page.raw, page.recorded_at, page.source_updated);
    let mut sink = Counting {
        collector: &mut *collector,
        rows: 0,
        stands_for: &walk.stands_for,
        superseded: 0,
        spoken_of: &mut account.spoken_of,
        codes: &mut account.codes,
        last: String::new(),
    };
    let summary = source
        .decode(job, &page.spec, &mut body, &mut sink)
        .map_err(|error| RequestError::shape(page.spec.url.to_string(), &error, String::new()))?;
    if summary.parsed != sink.rows {
        return Err(RequestError::Account {
            url: page.spec.url.to_string(),
            parsed: summary.parsed,
            handed: sink.rows,
        });
    }
    account.superseded += sink.superseded;
    // Files say it in a column: it is known at the end only.
    if let Some(date) = summary.source_updated.filter(|_| page.source_updated.is_none()) {
        collector.set_released_at(date);
    }
    for (of, texts) in summary.said {
        account.said.entry(of).or_default().extend(texts);
    }
    for (finding, times) in summary.findings {
        *account.findings.entry(finding).or_default() += times;
    }
    Ok(())
}
