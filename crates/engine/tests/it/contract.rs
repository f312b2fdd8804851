//! What a source gives that it did not give before: columns, codes, another licence. The files are real ones.

use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{Acceptance, IngestOptions, Outcome, RunReport};
use wsis_model::contract::{Contract, OnNew};

use crate::faults::Answer;
use crate::station::Station;

/// Words of what is told.
const NEW: &str = "was not in what landed before";

fn told(report: &RunReport) -> Vec<&str> {
    let findings = report.findings.iter().map(String::as_str);
    findings.filter(|it| it.contains(NEW) || it.contains("the licence of")).collect()
}

/// A station with one shipped pipeline, and the contract of it.
async fn station(pipeline: &str, contract: Contract) -> Station {
    let mut station = Station::new().await;
    let shipped = Deployment::embedded().unwrap().pipelines;
    let mut pipeline = shipped.into_iter().find(|it| it.id == pipeline).unwrap();
    pipeline.base_url = station.server.base();
    pipeline.contract = contract;
    station.deployment.pipelines = vec![pipeline];
    station.deployment.workspace.fetch.payload_max_bytes = 8 << 20;
    station
}

fn csv(body: &str) -> Answer {
    let headers = vec![("content-type", "text/csv".to_owned())];
    Answer::Plain(200, headers, body.as_bytes().to_vec())
}

/// Two copies of the survey of 2018: the second has a column more, with codes of countries.
#[tokio::test]
async fn trial_p148_a_new_column_is_told_or_holds_the_run() {
    let Some(folder) = wsis_reference::shared("data/un-egdi") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (plain, coded) = (read("EGOV_DATA_2018.csv"), read("EGOV_DATA_2018.with-iso3.csv"));
    for on_new in [OnNew::Ignore, OnNew::Warn, OnNew::Hold] {
        let contract = Contract { new_columns: on_new, new_codes: OnNew::Ignore };
        let mut station = station("undesa-egdi", contract).await;
        let pipeline = &mut station.deployment.pipelines[0];
        pipeline.files.retain(|file| file.path == "EGOV_DATA_2018.csv");
        let path = pipeline.files[0].path.clone();
        let answers = [&plain, &coded, &coded, &plain, &coded].map(|body| csv(body));
        station.server.script(&format!("/{path}"), answers.into());
        let first = station.run().await;
        assert_eq!((first.outcome, told(&first).len()), (Outcome::Committed, 0), "{first:?}");
        let second = station.run().await;
        let run: String = first.run.chars().take(18).collect();
        let words =
            format!("{path}: column \"CODE\" {NEW} (the last new column came with run {run})");
        match on_new {
            OnNew::Ignore => assert_eq!(told(&second), Vec::<&str>::new()),
            OnNew::Warn => assert_eq!(told(&second), [words.as_str()]),
            OnNew::Hold => {
                assert_eq!((second.outcome, second.snapshot), (Outcome::Held, None), "{second:?}");
                let error = second.error.clone().unwrap();
                assert!(error.starts_with(&words), "{error}");
                assert!(error.contains("`[contract]` of the pipeline"), "{error}");
                assert_eq!(station.head().0, 1, "nothing is committed");
                // Somebody looks, and takes it.
                let cancel = CancellationToken::new;
                let engine = station.engine();
                let look = engine.look_at_held(&second.run, cancel()).await.unwrap();
                assert!(look.now.error.unwrap().contains(&words), "what holds it is shown");
                let by = Acceptance { by: "A".into(), because: "b".into(), past_gates: false };
                let taken = engine.accept_held(&second.run, &by, cancel()).await.unwrap();
                assert!(taken.outcome.is_complete(), "{taken:?}");
            }
        }
        // It is known by now, also after it was away for once.
        for _ in 0..3 {
            let later = station.run().await;
            assert!(later.outcome.is_complete(), "{later:?}");
            assert_eq!(told(&later), Vec::<&str>::new());
        }
    }
}

/// Daily users of the Internet, once without those of one sex and in one kind of place, and then as they are.
#[tokio::test]
async fn trial_p148_a_new_code_is_told_or_holds_the_run() {
    let Some(file) = wsis_reference::shared("data/worldbank-data360/ITU_DH_INT_USR_DAY.csv") else {
        return;
    };
    let whole = std::fs::read_to_string(file).unwrap();
    let less: String = whole
        .lines()
        .filter(|line| !line.contains(",F,Female,") && !line.contains(",RUR,Rural area,"))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(less.len() < whole.len());
    for on_new in [OnNew::Warn, OnNew::Hold] {
        let contract = Contract { new_columns: OnNew::Hold, new_codes: on_new };
        let mut station = station("itu-datahub", contract).await;
        let pipeline = &mut station.deployment.pipelines[0];
        pipeline.series.retain(|series| series.code == "ITU_DH_INT_USR_DAY");
        let path = "/data/ITU_DH/ITU_DH_INT_USR_DAY.csv";
        station.server.script(path, vec![csv(&less), csv(&whole), csv(&whole)]);
        let first = station.run().await;
        assert_eq!((first.outcome, told(&first).len()), (Outcome::Committed, 0), "{first:?}");
        let second = station.run().await;
        let run: String = first.run.chars().take(18).collect();
        let request = "ITU_DH_INT_USR_DAY";
        let expected = [
            format!("{request}: location \"RURAL\" {NEW} (the last new code came with run {run})"),
            format!("{request}: sex \"F\" {NEW} (the last new code came with run {run})"),
        ];
        assert_eq!(told(&second), expected);
        let outcome = if on_new == OnNew::Hold { Outcome::Held } else { Outcome::Committed };
        assert_eq!(second.outcome, outcome, "{second:?}");
        // Who asks the source anew and takes what it gives is not asked again.
        if on_new == OnNew::Hold {
            let options = IngestOptions { accept: true, ..IngestOptions::default() };
            let taken = station.ingest_with(options).await;
            assert_eq!(taken[0].outcome, Outcome::Committed, "{taken:?}");
            assert_eq!(told(&taken[0]), expected);
            station.server.script(path, vec![csv(&whole)]);
        }
        let last = station.run().await;
        assert!(last.outcome.is_complete(), "{last:?}");
        assert_eq!(told(&last), Vec::<&str>::new());
    }
}

/// Figures that were free of charge last year may not be this year; only a line of a file said so.
#[tokio::test]
async fn trial_p149_another_licence_is_told_with_the_figures() {
    let Some(file) = wsis_reference::shared("data/un-egdi/EGOV_DATA_2018.csv") else { return };
    let body = std::fs::read_to_string(file).unwrap();
    let mut station = station("undesa-egdi", Contract::default()).await;
    station.deployment.pipelines[0].files.retain(|file| file.path == "EGOV_DATA_2018.csv");
    let path = station.deployment.pipelines[0].files[0].path.clone();
    station.server.script(&format!("/{path}"), [&body, &body, &body].map(|it| csv(it)).into());
    let first = station.run().await;
    assert_eq!((first.outcome, told(&first).len()), (Outcome::Committed, 0), "{first:?}");
    let before = station.deployment.pipelines[0].licence.clone();
    "CC BY-NC 4.0".clone_into(&mut station.deployment.pipelines[0].licence);
    let second = station.run().await;
    let run: String = first.run.chars().take(18).collect();
    let words = format!(
        "the licence of the figures, as declared, is now \"CC BY-NC 4.0\" (was {before:?} in run {run})"
    );
    assert_eq!(told(&second), [words.as_str()]);
    assert_eq!(told(&station.run().await), Vec::<&str>::new());
}
