//! The application over a real lake: loopback sources, ingested, scored, asked.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_app::{App, AppError, Look, Place, Review, names, publish};
use wsis_config::{Deployment, Origin};
use wsis_engine::{Engine, IngestOptions, Outcome, RunReport, ShiftedClock, SystemClock};
use wsis_lake::Lake;
use wsis_upstream::{Options, Release, Server};

mod deliveries;
mod validate;

/// A pipeline against its first release a month ago and its second one now.
async fn app() -> (TempDir, App) {
    app_of("worldbank-wdi").await
}

async fn app_of(pipeline: &str) -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Arc::new(Lake::open(folder.path()).unwrap());
    for (release, days) in [(Release::First, 30), (Release::Second, 0)] {
        let server = Server::start(Options { release, ..Options::default() }).await.unwrap();
        let mut deployment = Deployment::embedded().unwrap();
        for pipeline in &mut deployment.pipelines {
            pipeline.base_url = server.base_url(&pipeline.source);
            pipeline.secret_env = None;
        }
        deployment.workspace.allow_http.push("127.0.0.1".to_owned());
        deployment.workspace.allow_private.push("127.0.0.1".to_owned());
        let clock = Arc::new(ShiftedClock::back(TimeDelta::days(days)));
        let engine = Engine::new(Arc::new(deployment), Arc::clone(&lake), clock).unwrap();
        let options = IngestOptions { accept: true, ..IngestOptions::default() };
        let (events, _) = mpsc::unbounded_channel();
        let chosen = [pipeline.to_owned()];
        let runs =
            engine.ingest(&chosen, &options, events, CancellationToken::new()).await.unwrap();
        let is_well =
            |run: &RunReport| matches!(run.outcome, Outcome::Committed | Outcome::Unchanged);
        assert!(runs.iter().all(is_well), "{runs:?}");
        server.stop().await;
    }
    let deployment = Arc::new(Deployment::embedded().unwrap());
    let app = App::new(deployment, lake, Arc::new(SystemClock)).unwrap();
    (folder, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_computed_of_a_view_is_kept_and_no_other_view_gets_it() {
    let (_folder, app) = app().await;
    let now = app.scores(&Review::default()).await.unwrap();
    let again = app.scores(&Review::default()).await.unwrap();
    assert!(Arc::ptr_eq(&now.scorecard, &again.scorecard), "computed once");

    let then = Look { as_of: Some(app.now() - TimeDelta::days(15)), snapshot: None };
    let past = app.scores(&Review { look: then, ..Review::default() }).await.unwrap();
    assert!(!Arc::ptr_eq(&now.scorecard, &past.scorecard));
    let cells = |scores: &wsis_app::Scores| {
        let panel = Arc::clone(&scores.panel);
        let mut all = Vec::new();
        for indicator in panel.indicators() {
            for area in panel.areas() {
                all.extend(
                    panel.series(indicator, area).iter().map(|(year, cell)| (*year, cell.value)),
                );
            }
        }
        all
    };
    assert_ne!(cells(&now), cells(&past), "the second release revised figures");
    // Another window is another scorecard; the declared one stays as it is, and is what is published.
    let review = Review { window: Some((2011, 2016)), ..Review::default() };
    let other = app.scores(&review).await.unwrap();
    assert!(!other.is_declared());
    assert_eq!(other.published().method_fingerprint, now.scorecard.method_fingerprint);
    // As many as are kept, and one more: the first is computed anew, with the same result.
    for snapshot in [1, 2] {
        for window in [(2011, 2016), (2012, 2017)] {
            let look = Look { as_of: None, snapshot: Some(snapshot) };
            let review = Review { window: Some(window), look, ..Review::default() };
            app.scores(&review).await.unwrap();
        }
    }
    let anew = app.scores(&Review::default()).await.unwrap();
    assert!(!Arc::ptr_eq(&now.scorecard, &anew.scorecard));
    assert_eq!(now.scorecard.line_scores, anew.scorecard.line_scores);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_there_is_not_is_whose_question_it_was_to_mend() {
    let (_folder, app) = app().await;
    let tomorrow: DateTime<Utc> = app.now() + TimeDelta::days(2);
    for look in [
        Look { as_of: Some(tomorrow), snapshot: None },
        Look { as_of: None, snapshot: Some(99) },
        Look { as_of: Some(DateTime::UNIX_EPOCH), snapshot: None },
    ] {
        let refused = app.scores(&Review { look, ..Review::default() }).await.err();
        assert!(matches!(refused, Some(AppError::Asked(_))), "{refused:?}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    let place = Place { origin: Origin::Embedded, lake: Some(nowhere.path()), ledger: None };
    let refused = place.open(Arc::new(SystemClock)).err();
    assert!(matches!(&refused, Some(AppError::Asked(why)) if why.contains("there is no lake in")));
    let deployment = app.deployment();
    assert_eq!(names::area(deployment, "namibia").unwrap().code, "NAM");
    let framework = names::framework(deployment, None).unwrap();
    assert_eq!(names::line(framework, "c7-egov").unwrap().code, "C7-egov");
    assert!(matches!(names::area(deployment, "Korea"), Err(AppError::Asked(_))), "two of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_follows_the_lake() {
    let (_folder, app) = app().await;
    let before = app.published().unwrap();
    assert_eq!((before.snapshot, before.published_snapshot), (Some(2), None));
    let scores = app.scores(&Review::default()).await.unwrap();
    publish::publish(&scores, app.now(), publish::Writing::IfOther).await.unwrap();
    assert_eq!(app.published().unwrap().published_snapshot, Some(2));
}

/// The tables still said what a correction had made of a figure, weeks after the day until which it held.
#[tokio::test(flavor = "multi_thread")]
async fn trial_p146_a_set_holds_until_the_first_of_its_corrections_expires() {
    let (folder, now) = app().await;
    let today = now.now().date_naive();
    let corrected = |days: &[i64]| {
        let mut deployment = Deployment::embedded().unwrap();
        let framework = names::framework(&deployment, None).unwrap();
        let mut series = framework.indicators.iter().filter_map(|it| it.series.clone());
        let series = series.find(|it| it.series_code == "IT.NET.USER.ZS").unwrap();
        deployment.corrections = days
            .iter()
            .map(|days| wsis_model::correction::Correction {
                id: format!("c{days}"),
                pipeline: "worldbank-wdi".to_owned(),
                series: series.clone(),
                area: "NAM".to_owned(),
                year: 2020,
                expects: -1.0,
                value: None,
                reason: "a trial".to_owned(),
                by: "a test".to_owned(),
                reported: None,
                expires: today + TimeDelta::days(*days),
            })
            .collect();
        Arc::new(deployment)
    };
    // One that is over long since bounds nothing; of the others the first does.
    let deployment = corrected(&[-40, 3, 9]);
    let lake = Arc::clone(now.lake());
    let framework = names::framework(&deployment, None).unwrap();
    let (basis, method) =
        (publish::Basis::of(&deployment, framework), deployment.method(framework));
    let on = |days: i64| today + TimeDelta::days(days);
    let same = |days| basis.published(&lake, 2, on(days)).unwrap().is_some();
    assert!(!same(0), "nothing is published yet");
    let app = App::new(Arc::clone(&deployment), Arc::clone(&lake), Arc::new(SystemClock)).unwrap();
    let scores = app.scores(&Review::default()).await.unwrap();
    let mut published = Vec::new();
    for writing in [publish::Writing::IfOther, publish::Writing::IfOther, publish::Writing::Always]
    {
        published
            .push(publish::publish(&scores, app.now(), writing).await.unwrap().since.is_some());
    }
    assert_eq!(published, [false, true, false], "the same day, the same set");
    assert_eq!(lake.published().unwrap().unwrap().sets[0].holds_until, Some(on(3)));
    assert!(same(0) && same(3), "the last day on which it holds");
    assert!(!same(4), "on the next one it is made anew");
    let until = |days| publish::holds_until(method, on(days));
    assert_eq!([until(4), until(9), until(10)], [Some(on(9)), Some(on(9)), None]);
    // Without a correction no day matters, and that is another method.
    let none = corrected(&[]);
    let framework = names::framework(&none, None).unwrap();
    assert_eq!(publish::holds_until(none.method(framework), today), None);
    assert_ne!(publish::Basis::of(&none, framework), basis);
    drop(folder);
}
