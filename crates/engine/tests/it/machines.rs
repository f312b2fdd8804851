//! Two machines that share a ledger in PostgreSQL and a store of objects, each with a folder of
//! its own for drafts and locks.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Engine, EngineErrorKind, Hold, Occasion, Outcome, RunReport};
use wsis_lake::{At, Lake};

use crate::server::Server;
use crate::station::{A, B, Station, good};

/// Two engines, one lake.
fn machines(station: &mut Station, address: String) -> [(Engine, Arc<Lake>); 2] {
    station.deployment.workspace.ledger = Some(address);
    let store = Arc::new(InMemory::new());
    ["one", "two"].map(|name| {
        let root = station.lake.root().with_file_name(name);
        let lake = Arc::new(Lake::open_objects(&root, Arc::clone(&store) as _).unwrap());
        (station.engine_on(Arc::clone(&lake)), lake)
    })
}

async fn lock(engine: &Engine) -> Result<Hold, wsis_engine::EngineError> {
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || engine.lock("wdi")).await.unwrap()
}

async fn run(engine: &Engine, hold: &Arc<Hold>) -> RunReport {
    let (events, _) = mpsc::unbounded_channel();
    engine.run_one(hold, Occasion::HAND, events, CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn invariant_i18_of_two_machines_one_runs_a_pipeline_and_who_was_passed_over_commits_nothing()
{
    let Some(server) = Server::start() else { return };
    let mut station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let [(one, lake), (two, _)] = machines(&mut station, server.address("postgres"));

    let hold = lock(&one).await.unwrap();
    let busy = lock(&two).await.unwrap_err();
    assert_eq!(busy.kind(), EngineErrorKind::Conflict, "{busy}");
    drop(hold);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let hold = loop {
        match lock(&two).await {
            Ok(hold) => break hold,
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };

    // The second machine sleeps longer than its lease, the first one takes over.
    let (database, connection) =
        tokio_postgres::connect(&server.address("postgres"), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let past = "UPDATE wsis.leases SET until = '2000-01-01T00:00:00.000000Z'";
    database.batch_execute(past).await.unwrap();
    let taken = Arc::new(lock(&one).await.unwrap());
    let late = run(&two, &Arc::new(hold)).await;
    assert_eq!(late.outcome, Outcome::Failed);
    let why = late.error.unwrap();
    assert!(why.contains("pipeline wdi was taken over by another machine"), "{why}");
    assert_eq!(lake.snapshot(At::Head).unwrap(), None);
    let run = run(&one, &taken).await;
    assert_eq!((run.outcome, run.snapshot), (Outcome::Committed, Some(1)), "{:?}", run.error);
    // Letting go late does not end what is another's.
    let row = database.query_one("SELECT token FROM wsis.leases", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 3);
    connection.abort();
}
