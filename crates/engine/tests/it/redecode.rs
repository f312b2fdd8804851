//! Old payloads read with today's code, or with today's idea of what can be true.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Outcome, Redecoded};
use wsis_lake::{At, OBSERVATIONS};

use crate::faults::ok;
use crate::station::{A, B, NAMIBIA, Station, all, body, good};

async fn redecode(station: &Station, commit: bool) -> Vec<Redecoded> {
    station.clock.advance(std::time::Duration::from_mins(1));
    let (events, _) = mpsc::unbounded_channel();
    station.engine().redecode(&[], commit, events, CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn l13_what_todays_program_reads_differently_is_shown_and_then_committed() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.withdrawn_share_max = 1.0;
    station.deployment.pipelines[0].gates.quarantined_share_max = 1.0;
    // 210 is believed at first; the bounds of the series say later that it cannot be.
    let wrong = body(A, all(2), &[("KE", "KEN", 2020, 210.0), NAMIBIA]);
    station.script(A, 1, vec![ok(wrong)]);
    station.script(B, 1, vec![good(B)]);
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 4));

    // The same program reads the same.
    let same = redecode(&station, false).await.remove(0);
    assert!(same.differences.is_empty(), "{same:?}");
    let same = same.report;
    assert_eq!((same.parsed, same.new, same.changed, same.withdrawn), (4, 0, 0, 0), "{same:?}");

    station.deployment.pipelines[0].series[0].range = Some((0.0, 100.0));
    let files = station.files();
    let Redecoded { report: preview, differences } = redecode(&station, false).await.remove(0);
    assert_eq!((preview.quarantined, preview.withdrawn, preview.snapshot), (1, 1, None));
    let [difference] = &differences[..] else { panic!("{differences:?}") };
    let told = (difference.what, difference.ref_area.as_str(), difference.time_period);
    assert_eq!(told, ("withdrawn", "KEN", 2020));
    assert_eq!(difference.before["value"], "210");
    assert!(difference.after.is_empty(), "{difference:?}");
    assert_eq!(preview.replay_of.as_ref(), Some(&first.run));
    let kept = |files: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.into_iter().filter(|(path, _)| !path.starts_with("lake/state")).collect::<Vec<_>>()
    };
    assert!(kept(station.files()) == kept(files), "a preview writes nothing");
    assert_eq!(station.ledger().runs(9).unwrap().len(), 1, "and is no run");

    let asked = station.server.seen().len();
    let done = redecode(&station, true).await.remove(0).report;
    assert_eq!((done.outcome, done.withdrawn, done.snapshot), (Outcome::Committed, 1, Some(2)));
    assert_eq!(station.server.seen().len(), asked, "nobody was asked");
    assert_eq!(station.head(), (2, 3));
    let head = station.lake.snapshot(At::Head).unwrap().unwrap();
    assert_eq!(head.rows(OBSERVATIONS), 5, "what was believed before stays on record");
    assert_eq!(station.ledger().run(&done.run).unwrap(), Some(done));
    let again = redecode(&station, true).await.remove(0).report;
    assert_eq!(again.outcome, Outcome::Unchanged);

    // What the source says next is compared with what is now believed.
    let right = body(A, all(2), &[("KE", "KEN", 2020, 21.0), NAMIBIA]);
    station.script(A, 1, vec![ok(right)]);
    let next = station.run().await;
    assert_eq!((next.outcome, next.new + next.changed), (Outcome::Committed, 1), "{next:?}");
    assert_eq!(station.head().1, 4);
}
