//! A report of a few figures over the real framework, rule book and code list.

use wsis_config::Deployment;
use wsis_model::framework::{Framework, Window};
use wsis_report::input::ReportInput;
use wsis_report::{Facts, report_input};
use wsis_scorecard::{Cell, Panel, score};

/// A figure: indicator, area, year, value.
pub(crate) type Figure<'a> = (&'a str, &'a str, i32, f64);

/// What a report of these figures is drawn from, its window chosen.
pub(crate) fn report_of(figures: &[Figure<'_>], window: (i32, i32)) -> ReportInput {
    report_by("wsis-action-lines", figures, window)
}

/// The same by another framework.
pub(crate) fn report_by(
    framework: &str,
    figures: &[Figure<'_>],
    window: (i32, i32),
) -> ReportInput {
    report_changed(framework, |_| {}, figures, window)
}

/// The same by a framework that is changed before.
pub(crate) fn report_changed(
    framework: &str,
    change: impl FnOnce(&mut Framework),
    figures: &[Figure<'_>],
    (start, end): (i32, i32),
) -> ReportInput {
    let deployment = Deployment::embedded().unwrap();
    let mut framework = deployment.framework(framework).unwrap().clone();
    change(&mut framework);
    let framework = &framework;
    let mut builder = Panel::builder(framework, &deployment.areas);
    for (indicator, area, year, value) in figures {
        builder.insert(indicator, area, *year, Cell::of(*value)).unwrap();
    }
    let panel = builder.build();
    let scorecard = score(deployment.method(framework), &panel, &deployment.areas);
    let facts = Facts {
        title: "Test".to_owned(),
        window: Window { start, end },
        snapshot: 3,
        generated: "2026-11-25".to_owned(),
        retrieved: "2026-11-24".to_owned(),
        runs: Vec::new(),
        punctuality: Vec::new(),
        sample: None,
        asked: Vec::new(),
    };
    report_input(deployment.method(framework), &scorecard, &panel, &deployment.areas, facts)
}
