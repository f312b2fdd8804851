//! `wsis corrections`: figures that are read otherwise than their sources give them.

use chrono::NaiveDate;
use serde::Serialize;
use wsis_app::Scores;
use wsis_model::correction::{Correction, Standing};
use wsis_scorecard::Corrected;

use crate::args::{Format, Global, Review};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

/// One correction, as JSON has it.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    /// `applied`, `expired`, `otherwise` (the source gives another value by now), `absent`, or
    /// `not_asked` for a figure that the framework does not ask for.
    standing: &'static str,
    told: String,
    pipeline: &'a str,
    series: String,
    area: &'a str,
    year: i32,
    expects: f64,
    /// What the source gives, where that is not what was expected.
    given: Option<f64>,
    /// What is read in its place; none for no value.
    value: Option<f64>,
    reason: &'a str,
    by: &'a str,
    reported_to: Option<&'a str>,
    reported_on: Option<NaiveDate>,
    expires: NaiveDate,
    /// Indicators of the framework that read it.
    indicators: &'a [String],
}

#[derive(Serialize)]
struct Said<'a> {
    framework: &'a str,
    snapshot: u64,
    corrections: &'a [Shown<'a>],
}

impl<'a> Shown<'a> {
    fn of(correction: &'a Correction, found: Option<&'a Corrected>) -> Self {
        let standing = found.map(|it| it.standing);
        let not_asked = || "no indicator of the framework reads it".to_owned();
        Self {
            id: &correction.id,
            standing: standing.map_or("not_asked", Standing::code),
            told: standing.map_or_else(not_asked, |it| correction.told(it)),
            pipeline: &correction.pipeline,
            series: correction.series.label(),
            area: &correction.area,
            year: correction.year,
            expects: correction.expects,
            given: match standing {
                Some(Standing::Otherwise(given)) => given,
                _ => None,
            },
            value: correction.value,
            reason: &correction.reason,
            by: &correction.by,
            reported_to: correction.reported.as_ref().map(|(to, _)| to.as_str()),
            reported_on: correction.reported.as_ref().map(|(_, on)| *on),
            expires: correction.expires,
            indicators: found.map_or(&[], |it| it.indicators.as_slice()),
        }
    }
}

pub(crate) async fn run(global: &Global, review: &Review) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let computed = context::compute(global, deployment, review, None).await?;
    let all = shown(&computed);
    let (framework, snapshot) = (computed.framework().id.as_str(), computed.snapshot());
    output::print(global.format, &Said { framework, snapshot, corrections: &all }, |_| rows(&all))?;
    if !global.quiet && global.format == Format::Table && all.is_empty() {
        output::note(
            "nothing is corrected; `pipelines/corrections/*.toml` is where corrections are declared",
        );
    }
    Ok(())
}

/// All that are declared, in the order of their ids.
fn shown(computed: &Scores) -> Vec<Shown<'_>> {
    let found = computed.panel.corrections();
    let of = |id: &str| found.iter().find(|it| it.correction.id == id);
    let all = computed.deployment.corrections.iter();
    all.map(|correction| Shown::of(correction, of(&correction.id))).collect()
}

fn rows(all: &[Shown<'_>]) -> Rows {
    let mut rows = Rows::new(&[
        "id",
        "standing",
        "pipeline",
        "series",
        "area",
        "#year",
        "#expects",
        "#value",
        "told",
        "reason",
        "by",
        "reported_to",
        "reported_on",
        "expires",
    ]);
    for one in all {
        rows.push(vec![
            one.id.to_owned(),
            one.standing.to_owned(),
            one.pipeline.to_owned(),
            one.series.clone(),
            one.area.to_owned(),
            one.year.to_string(),
            exact(Some(one.expects)),
            exact(one.value),
            one.told.clone(),
            one.reason.to_owned(),
            one.by.to_owned(),
            one.reported_to.unwrap_or_default().to_owned(),
            one.reported_on.map_or(String::new(), |on| on.to_string()),
            one.expires.to_string(),
        ]);
    }
    rows
}
