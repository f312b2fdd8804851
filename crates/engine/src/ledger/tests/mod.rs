//! One set of tests for both databases: SQLite in a file, and a PostgreSQL of our own.

#[path = "../../../tests/it/authority.rs"]
mod authority;
mod deciding;
mod files;
mod leases;
mod server;

use authority::Authority;
use chrono::{DateTime, TimeDelta, Utc};
use server::Server;

use wsis_model::pipeline::Basis;

use super::{Ledger, LedgerError, Promise, StoredState, TickState, Verdict};
use crate::Trust;
use crate::report::{Cause, Outcome, RunReport, StartedBy};

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 123_456_000).unwrap() + TimeDelta::hours(hour)
}

fn run(id: &str, pipeline: &str, hour: i64, outcome: Outcome) -> RunReport {
    let begun = RunReport::started(id.to_owned(), pipeline.to_owned(), at(hour));
    RunReport { outcome, requests: 1, ..begun }
}

fn connect(address: &str) -> Result<Ledger, LedgerError> {
    Ledger::connect(address, &Trust::default())
}

/// Runs a test on both: each time with two connections to one new ledger.
fn on_both(test: impl Fn(&Ledger, &Ledger)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/ledger.sqlite");
    test(&Ledger::open(&path).unwrap(), &Ledger::open(&path).unwrap());
    let Some(server) = Server::start() else { return };
    let address = server.address("postgres");
    test(&connect(&address).unwrap(), &connect(&address).unwrap());
}

#[test]
fn a_run_is_read_back_as_it_was_written() {
    on_both(|one, two| {
        let mut report = run("r1", "p", 0, Outcome::Running);
        report.started_by = StartedBy::Recovery;
        report.scheduled_for = Some(at(-1));
        report.years = Some((1990, 1994));
        one.put(&report, None).unwrap();
        assert_eq!(two.run("r1").unwrap(), Some(report.clone()));
        report.outcome = Outcome::Partial;
        report.cause = Some(Cause::SourceDown);
        report.ended = Some(at(1));
        report.bytes = u64::from(u32::MAX) * 7;
        (report.requests, report.retries, report.payloads, report.parsed) = (1, 2, 3, 4);
        (report.accepted, report.quarantined, report.missing) = (5, 6, 7);
        (report.duplicates, report.new, report.changed, report.withdrawn) = (8, 9, 10, 11);
        report.snapshot = Some(42);
        report.error = Some("naïve \u{1f30d} 'quoted' $1 ?1".to_owned());
        report.quarantined_by_reason.insert("unknown_area".to_owned(), 6);
        report.findings = vec!["one".to_owned(), "two".to_owned()];
        report.replay_of = Some("r0".to_owned());
        report.source_updated = Some("2026-10-28".parse().unwrap());
        one.put(&report, Some("digest")).unwrap();
        // What made it begin, and when, stays as it was.
        report.replay_of = None;
        assert_eq!(two.run("r1").unwrap(), Some(report));
        assert_eq!(two.last_digest("p").unwrap().as_deref(), Some("digest"));
        assert_eq!(two.run("r2").unwrap(), None);
    });
}

#[test]
fn runs_are_found_by_pipeline_order_and_outcome() {
    on_both(|one, two| {
        for (id, pipeline, hour, outcome) in [
            ("a", "p", 5, Outcome::Committed),
            ("b", "p", 3, Outcome::Failed),
            ("c", "q", 9, Outcome::Committed),
            ("d", "p", 4, Outcome::Running),
        ] {
            one.put(&run(id, pipeline, hour, outcome), Some(id)).unwrap();
        }
        let ids = |runs: Vec<RunReport>| runs.into_iter().map(|run| run.run).collect::<Vec<_>>();
        assert_eq!(ids(two.runs(3).unwrap()), ["c", "a", "d"], "by the clock");
        assert_eq!(two.last_run("p", "d").unwrap().unwrap().run, "b", "by beginning");
        assert_eq!(ids(two.runs_since("p", at(4)).unwrap()), ["a", "d"]);
        assert_eq!(two.completed("p", at(4)).unwrap(), [at(5)]);
        assert!(two.completed("p", at(5)).unwrap().is_empty());
        assert!(two.gave_up("b").unwrap() && !two.gave_up("d").unwrap());
        assert_eq!((two.landings("a").unwrap().len(), two.landings("d").unwrap().len()), (1, 0));
        assert!(two.mark_interrupted("q", &|_| None).unwrap().is_empty());
        assert_eq!(ids(two.mark_interrupted("p", &|_| None).unwrap()), ["d"]);
        let closed = one.run("d").unwrap().unwrap();
        assert_eq!(
            (closed.outcome, closed.cause),
            (Outcome::Interrupted, Some(Cause::Interrupted))
        );
    });
}

#[test]
fn t10_a_tick_is_claimed_once_by_one_of_many() {
    on_both(|one, two| {
        one.arm("p", "line", at(0)).unwrap();
        let claims: Vec<bool> = std::thread::scope(|scope| {
            let claim = |n: usize| {
                let ledger = [one, two][n % 2];
                move || ledger.claim("p", at(2), &[at(1)], (&format!("d{n}"), at(3))).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(claim(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(claims.iter().filter(|claimed| **claimed).count(), 1);
        let ticks = two.ticks("p", at(0)).unwrap();
        let told: Vec<_> = ticks.iter().map(|tick| (tick.scheduled_for, tick.state)).collect();
        assert_eq!(told, [(at(1), TickState::Missed), (at(2), TickState::Started)]);
        assert_eq!(one.considered("p", at(9)).unwrap(), Some(("line".to_owned(), at(2))));
    });
}

#[test]
fn an_interrupted_tick_is_resumed_once() {
    on_both(|one, two| {
        one.arm("p", "line", at(0)).unwrap();
        assert!(one.claim("p", at(1), &[], ("a", at(1))).unwrap());
        assert_eq!(two.open_ticks().unwrap().len(), 1);
        assert!(!two.resume("p", at(1), "b").unwrap(), "not while it is under way");
        two.close_tick("p", at(1), TickState::Interrupted, Some("r1")).unwrap();
        assert!(two.resume("p", at(1), "b").unwrap());
        assert!(!one.resume("p", at(1), "a").unwrap());
        two.close_tick("p", at(1), TickState::Ended, None).unwrap();
        let tick = one.ticks("p", at(0)).unwrap().remove(0);
        assert_eq!((tick.state, tick.run.as_deref()), (TickState::Ended, Some("r1")));
        assert!(one.open_ticks().unwrap().is_empty());
    });
}

#[test]
fn what_is_considered_never_goes_back_unless_it_is_set_anew() {
    on_both(|one, two| {
        one.arm("p", "line", at(0)).unwrap();
        assert!(one.claim("p", at(9), &[], ("a", at(9))).unwrap());
        two.miss("p", &[at(3), at(4)], ("b", at(9))).unwrap();
        assert_eq!(two.considered("p", at(9)).unwrap().unwrap().1, at(9));
        // Set anew at an earlier time: what was noted for later comes again.
        two.arm("p", "other", at(5)).unwrap();
        assert_eq!(one.considered("p", at(9)).unwrap(), Some(("other".to_owned(), at(5))));
        assert_eq!(one.ticks("p", at(0)).unwrap().len(), 2);
        assert!(one.claim("p", at(9), &[], ("a", at(9))).unwrap());
        one.keep_schedules(&["p".to_owned()], at(9)).unwrap();
        assert!(two.considered("p", at(99)).unwrap().is_some());
        one.keep_schedules(&[], at(9)).unwrap();
        assert_eq!(two.considered("p", at(10)).unwrap(), None);
    });
}

#[test]
fn trial_r27_a_daemon_with_an_older_configuration_does_not_drop_what_another_one_knows() {
    on_both(|one, two| {
        let p = ["p".to_owned()];
        one.arm("p", "line", at(0)).unwrap();
        let minute = TimeDelta::minutes(1);
        // The one that does not know it yet loads its files again, and goes on saying so.
        two.keep_schedules(&[], at(1)).unwrap();
        two.keep_schedules(&[], at(1) + minute * 4).unwrap();
        assert!(one.considered("p", at(1) + minute * 9).unwrap().is_some());
        one.keep_schedules(&p, at(1) + minute * 5).unwrap();
        assert!(one.considered("p", at(9)).unwrap().is_some(), "the other one knows it");
        // Known to nobody, it begins anew when it comes back.
        two.keep_schedules(&[], at(10)).unwrap();
        one.keep_schedules(&[], at(10) + minute).unwrap();
        assert_eq!(one.considered("p", at(10) + minute * 11).unwrap(), None);
        one.arm("p", "line", at(11)).unwrap();
        assert_eq!(one.considered("p", at(12)).unwrap(), Some(("line".to_owned(), at(11))));
    });
}

#[test]
fn trial_r6_a_run_that_died_after_its_commit_is_closed_as_what_it_was() {
    on_both(|one, two| {
        let change = |new| wsis_lake::Change { new, unchanged: 2, ..wsis_lake::Change::default() };
        let lands = |id: &str, base| {
            one.put_landing(&run(id, "p", 1, Outcome::Running), base).unwrap();
        };
        // It made snapshot 5, of its dataset.
        lands("a", 4);
        let made = |snapshot| (snapshot == 5).then(|| change(7));
        let closed = two.mark_interrupted("p", &made).unwrap().remove(0);
        assert_eq!((closed.outcome, closed.new, closed.snapshot), (Outcome::Committed, 7, Some(5)));
        assert_eq!((closed.parsed, closed.accepted), (9, 9));
        assert_eq!(one.run("a").unwrap(), Some(closed));
        // Snapshot 5 is known to be that run's: one that was to make it too did not.
        lands("b", 4);
        let closed = two.mark_interrupted("p", &made).unwrap().remove(0);
        assert_eq!((closed.outcome, closed.snapshot), (Outcome::Interrupted, None));
        // What it had not received was noted before the commit.
        let mut partial = run("c", "p", 1, Outcome::Running);
        partial.error = Some("1 of 2 requests failed".to_owned());
        one.put_landing(&partial, 8).unwrap();
        lands("d", 9);
        let closed = two.mark_interrupted("p", &|id| (id == 9).then(|| change(1))).unwrap();
        let outcomes: Vec<_> = closed.iter().map(|run| run.outcome).collect();
        assert_eq!(outcomes, [Outcome::Partial, Outcome::Interrupted]);
        assert_eq!(two.completed("p", at(0)).unwrap(), [at(1)]);
        // A snapshot that says it came of another run is not this one's.
        lands("e", 19);
        let other = |_| Some(wsis_lake::Change { run: Some("x".to_owned()), ..change(3) });
        let closed = two.mark_interrupted("p", &other).unwrap().remove(0);
        assert_eq!((closed.outcome, closed.snapshot), (Outcome::Interrupted, None));
    });
}

#[test]
fn a_change_of_state_is_told_to_one() {
    on_both(|one, two| {
        let state = |state: &str| StoredState {
            pipeline: "p".to_owned(),
            state: state.to_owned(),
            since: at(1),
        };
        let to = |ledger: &Ledger, code: &str, change: &str| {
            let alerts = [("mail".to_owned(), format!("{code} told by {change}"))];
            ledger.change_state(&state(code), change, &alerts, at(1)).unwrap()
        };
        assert!(to(one, "fresh", "c1"));
        assert!(!to(two, "fresh", "c2"));
        assert!(to(two, "failing", "c3"));
        assert!(!to(one, "failing", "c4"));
        // The alerts of a change are kept with it, those of none are not.
        let taken = |ledger: &Ledger, now, claim: &str| {
            let taken = ledger.take_alerts(now, claim, 9).unwrap();
            taken.into_iter().map(|it| it.alert).collect::<Vec<_>>()
        };
        assert_eq!(taken(one, at(1), "x"), ["fresh told by c1", "failing told by c3"]);
        assert!(taken(two, at(1), "y").is_empty(), "one of two tells them");
        assert_eq!(one.alerts_waiting().unwrap(), 2);
        // Whoever took them died: they are told by another. That they were taken is no try.
        let again = two.take_alerts(at(2), "z", 1).unwrap().remove(0);
        assert_eq!((again.change.as_str(), again.attempts, again.made), ("c1", 0, at(1)));
        two.drop_alert(&again).unwrap();
        let last = two.take_alerts(at(2), "w", 9).unwrap().remove(0);
        let last = crate::ledger::Waiting { attempts: 3, ..last };
        two.defer_alert(&last, at(3)).unwrap();
        assert!(taken(one, at(2), "v").is_empty());
        // A wait that a clock named which was years ahead is over.
        let later = two.take_alerts(at(3), "t", 9).unwrap().remove(0);
        two.defer_alert(&later, at(99_999)).unwrap();
        let again = one.take_alerts(at(3), "u", 9).unwrap();
        let expected = crate::ledger::Waiting { claim: "u".to_owned(), ..last.clone() };
        assert_eq!(again, [expected], "with the tries that were made of it");
        // Whoever was so slow that another took it has no say in when that one's is over.
        two.defer_alert(&last, at(3)).unwrap();
        assert!(taken(two, at(3), "s").is_empty());
        assert_eq!(one.state("p").unwrap(), Some(state("failing")));
        assert_eq!(one.state("q").unwrap(), None);
    });
}

#[test]
fn invariant_i12_a_promise_once_decided_stays_so() {
    on_both(|one, two| {
        let promise = |due, verdict| Promise {
            pipeline: "p".to_owned(),
            agency: "itu".to_owned(),
            due: at(due),
            basis: if due == 1 { Basis::Announced } else { Basis::Assumed },
            verdict,
            decided_at: at(9),
            kept_at: Some(at(8)),
            run: None,
        };
        one.put_promises(&[promise(1, Verdict::Missed), promise(2, Verdict::Kept)]).unwrap();
        two.put_promises(&[promise(1, Verdict::Kept), promise(3, Verdict::SourceDown)]).unwrap();
        let kept: Vec<_> = one.promises().unwrap().into_iter().map(|p| p.verdict).collect();
        assert_eq!(kept, [Verdict::Missed, Verdict::Kept, Verdict::SourceDown]);
        let basis: Vec<_> = one.promises().unwrap().into_iter().map(|p| p.basis.code()).collect();
        assert_eq!(basis, ["announced", "assumed", "assumed"]);
    });
}

#[test]
fn h3_requests_of_a_host_are_counted_by_kind_and_forgotten_in_time() {
    on_both(|one, two| {
        for hour in 0..4 {
            one.note_asked("example.org", "data", at(hour), at(hour - 2)).unwrap();
        }
        one.note_asked("example.org", "structure", at(3), at(1)).unwrap();
        one.note_asked("other.example", "data", at(3), at(1)).unwrap();
        assert_eq!(two.asked("example.org", "data", at(0)).unwrap(), [at(1), at(2), at(3)]);
        assert_eq!(two.asked("example.org", "data", at(3)).unwrap(), [at(3)]);
        assert_eq!(two.asked("example.org", "structure", at(0)).unwrap(), [at(3)]);
    });
}

#[test]
fn l10_a_ledger_of_the_first_version_keeps_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(super::schema::steps(0)[0]).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute(
        "INSERT INTO runs VALUES ('r1', 'p', '2026-10-01T00:00:00.000000Z', NULL, 'committed', 1,
         0, 10, 1, 4, 4, 0, 0, 0, 4, 0, 0, 7, NULL, '{}', '[]', NULL, 'd')",
        [],
    )
    .unwrap();
    drop(old);
    // A reader sees it without changing the file.
    let bytes = std::fs::read(&path).unwrap();
    let read = Ledger::open_to_read(&path).unwrap();
    assert_eq!(read.runs(9).unwrap().len(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    drop(read);
    let ledger = Ledger::open(&path).unwrap();
    let run = ledger.run("r1").unwrap().unwrap();
    assert_eq!(
        (run.started_by, run.snapshot, run.outcome),
        (StartedBy::Hand, Some(7), Outcome::Committed)
    );
    assert_eq!(ledger.last_digest("p").unwrap().as_deref(), Some("d"));
    assert!(Ledger::open_to_read(&path).unwrap().run("r1").unwrap().is_some());
}

#[test]
fn a_ledger_of_a_newer_version_is_refused() {
    on_both(|one, _| {
        if one.name().starts_with("postgres") {
            let sql = "INSERT INTO ledger_version VALUES (99)";
            one.execute("test", vec![(sql, vec![])]).unwrap();
            let refused = connect(one.name()).unwrap_err().to_string();
            assert!(refused.contains("has ledger version 99, this program writes"), "{refused}");
        } else {
            rusqlite::Connection::open(one.name())
                .unwrap()
                .pragma_update(None, "user_version", 99)
                .unwrap();
            for refused in [
                Ledger::open(one.name().as_ref()).unwrap_err().to_string(),
                Ledger::open_to_read(one.name().as_ref()).unwrap_err().to_string(),
            ] {
                assert!(refused.contains("has ledger version 99, this program"), "{refused}");
            }
        }
    });
}

#[test]
fn a_database_that_was_restarted_is_reached_again() {
    let Some(mut server) = Server::start() else { return };
    let ledger = connect(&server.address("postgres")).unwrap();
    ledger.put(&run("r1", "p", 0, Outcome::Committed), None).unwrap();
    server.restart();
    ledger.put(&run("r2", "p", 1, Outcome::Committed), None).unwrap();
    assert_eq!(ledger.runs(9).unwrap().len(), 2);
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let refused = connect("postgres://wsis:hunter2@127.0.0.1:9/ledger").unwrap_err();
    let told = wsis_model::causes::chain(&refused);
    assert!(
        told.starts_with("postgres://wsis@127.0.0.1:9/ledger: cannot open the ledger"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    let wrong = wsis_model::causes::chain(&connect("postgres://u:hunter2@h:x/").unwrap_err());
    assert!(!wrong.contains("hunter2"), "{wrong}");
}

/// Two daemons started at once on a new lake: one died with "database is locked", since SQLite
/// does not wait its busy timeout when the journal is switched.
#[test]
fn t16_a_new_ledger_is_opened_by_many_at_once() {
    let at_once = |open: &(dyn Fn() -> Ledger + Sync)| {
        let ready = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    ready.wait();
                    assert!(open().runs(1).unwrap().is_empty());
                });
            }
        });
    };
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        at_once(&|| Ledger::open(&path).unwrap());
    }
    let Some(server) = Server::start() else { return };
    let address = server.address("postgres");
    at_once(&|| connect(&address).unwrap());
}

/// A database that speaks TLS only, with a certificate of an authority of the agency's own.
#[test]
fn a_database_is_spoken_to_in_tls_and_an_authority_of_ones_own_is_declared() {
    let authority = Authority::new();
    let (certificate, key) = authority.server();
    let Some(server) = Server::start_in_tls(&certificate, &key) else { return };
    let address = |sslmode: &str| server.address_with("postgres", sslmode);
    let refused = wsis_model::causes::chain(&connect(&address("disable")).unwrap_err());
    assert!(refused.contains("no encryption"), "{refused}");
    let unknown = wsis_model::causes::chain(&connect(&address("require")).unwrap_err());
    assert!(unknown.contains("certificate"), "{unknown}");
    let trust = Trust::from_pem(authority.pem().as_bytes()).unwrap();
    let ledger = Ledger::connect(&address("require"), &trust).unwrap();
    assert!(ledger.runs(1).unwrap().is_empty());
}

/// A server that takes connections and says nothing: those who ask hear of it, in time, and those
/// who wait behind them are not kept longer than that.
#[test]
fn trial_r20_a_silent_database_is_given_up_in_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let start = std::time::Instant::now();
    let address = format!("postgres://wsis@127.0.0.1:{port}/wsis");
    let told = wsis_model::causes::chain(&connect(&address).unwrap_err());
    assert!(told.contains("did not answer within 10 s"), "{told}");
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

/// The file is replaced, or taken away, under a ledger that is open.
#[test]
fn trial_x12_a_ledger_that_was_taken_away_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path).unwrap();
    assert!(ledger.still_there().is_ok());
    let moved = folder.path().join("moved");
    std::fs::rename(&path, &moved).unwrap();
    let told = ledger.still_there().unwrap_err().to_string();
    assert!(told.contains("ledger.sqlite is no longer the file that was opened"), "{told}");
    std::fs::rename(&moved, &path).unwrap();
    assert!(ledger.still_there().is_ok(), "back again");
    std::fs::rename(&path, &moved).unwrap();
    // Whoever opens another one there also makes away with the log of the first.
    drop(Ledger::open(&path).unwrap());
    assert!(ledger.still_there().is_err(), "another one in its place");
    std::fs::rename(&moved, &path).unwrap();
    assert!(ledger.still_there().is_err(), "without its log it is not what it was");
}

/// Who has it open goes on as if nothing were wrong; who opens it next finds it malformed.
#[test]
fn trial_x12_a_ledger_that_was_cut_short_is_noticed() {
    for (left, words) in [(0, "was cut short: 0 bytes"), (4_096, "was cut short: 4096 bytes")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        ledger.put(&run("r1", "p", 0, Outcome::Committed), None).unwrap();
        // In the file, not only in its log.
        drop(Ledger::open(&path).unwrap());
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        assert!(ledger.still_there().is_ok());
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(left).unwrap();
        let told = ledger.still_there().unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
        assert!(ledger.still_there().is_err(), "until it is mended");
    }
}

#[test]
fn what_was_given_up_is_no_longer_the_newest_snapshot() {
    on_both(|one, two| {
        for (id, snapshot) in [("r1", 1), ("r2", 2), ("r3", 3)] {
            let mut report = run(id, "p", 0, Outcome::Committed);
            report.snapshot = Some(snapshot);
            report.parsed = 1;
            one.put(&report, Some(&format!("d@{snapshot}:{}", "0".repeat(64)))).unwrap();
        }
        assert_eq!(two.newest_snapshot().unwrap(), Some(3));
        let lost = ["r2".to_owned(), "r3".to_owned()];
        two.give_up(&lost, "an older copy", at(1)).unwrap();
        assert_eq!(one.newest_snapshot().unwrap(), Some(1));
        assert_eq!(one.run_of_snapshot(2).unwrap(), None);
        assert_eq!(one.run_behind("p", 9, None).unwrap().map(|it| it.run), Some("r1".to_owned()));
        let known = one.snapshots().unwrap();
        let given_up: Vec<_> = known.iter().map(|it| it.given_up.as_deref()).collect();
        assert_eq!(given_up, [None, Some("an older copy"), Some("an older copy")]);
        assert_eq!(known[0].sha256.as_deref(), Some(&*"0".repeat(64)));
    });
}
