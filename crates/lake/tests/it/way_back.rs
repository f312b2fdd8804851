//! A dataset brought back as it was, and figures that are ended by hand.

use std::time::Duration;

use wsis_lake::{
    At, ChangeKind, Committed, Corrected, Correction, Corrects, Lake, LakeErrorKind, OBSERVATIONS,
    OBSERVATIONS_LATEST, Origin, QUARANTINE,
};
use wsis_model::observation::{Observation, RowSink as _};
use wsis_model::payload::RawId;
use wsis_model::pipeline::Gates;

use crate::support::{
    DATASET, SOURCE, assert_intact, bad_record, begin, cell, collect, commit_whole, day, deliver,
    head, new_lake, obs, open_gates, rows, short,
};

fn correct(lake: &Lake, what: Corrects, at: u32) -> Result<Corrected, wsis_lake::LakeError> {
    lake.correct(&Correction {
        source: SOURCE.to_owned(),
        dataset: DATASET.to_owned(),
        what,
        because: "a table of another year".to_owned(),
        at: day(at),
        lock_within: Duration::ZERO,
    })
}

/// Takes a body in somebody's name.
fn accept(lake: &Lake, body: &str, at: u32, rows: &[Observation<'_>]) -> Committed {
    let mut collector = collect(lake, body, day(at), rows);
    collector.come_from(Origin { accepted: true, ..Origin::default() });
    lake.commit(collector, &open_gates()).unwrap()
}

fn changes(lake: &Lake) -> Vec<String> {
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let mut found = Vec::new();
    for batch in view.revisions().unwrap().map(Result::unwrap) {
        for at in 0..batch.num_rows() {
            let text = |name| cell(batch.column_by_name(name).unwrap(), at);
            found.push(format!("{} {} {}", text("ref_area"), text("change"), text("new_value")));
        }
    }
    found
}

fn in_force_at(lake: &Lake, at: u32) -> usize {
    let view = lake.view(At::Head, Some(day(at))).unwrap().unwrap();
    usize::try_from(view.rows(OBSERVATIONS_LATEST).unwrap()).unwrap()
}

/// A wrong file took the place of the right one: a figure of it is wrong, one is gone, one is new.
fn spoiled() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = new_lake();
    let right =
        [obs("S", "EST", 2023, 92.5), obs("S", "FIN", 2023, 93.0), obs("T", "EST", 2023, 1.0)];
    deliver(&lake, "right", day(1), &right);
    let wrong =
        [obs("S", "EST", 2023, 9.29), obs("S", "LVA", 2023, 5.0), obs("T", "EST", 2023, 1.0)];
    deliver(&lake, "wrong", day(2), &wrong);
    (folder, lake)
}

#[test]
pub(crate) fn trial_p103_a_dataset_is_brought_back_as_it_was_and_told_as_ours() {
    let (_folder, lake) = spoiled();
    let before = rows(&lake, OBSERVATIONS, &["ref_area"]).len();
    let done = correct(&lake, Corrects::Restore(1), 3).unwrap();
    assert_eq!((done.snapshot, done.again, done.changed, done.ended), (Some(3), 1, 1, 1));
    let change = head(&lake).change;
    assert_eq!((change.kind, change.run), (ChangeKind::Restore, None));
    assert_eq!(change.because.as_deref(), Some("a table of another year"));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["EST 2023 92.5", "FIN 2023 93", "EST 2023 1"]);
    let bodies = rows(&lake, OBSERVATIONS_LATEST, &["payload"]);
    let right = RawId::of(b"right").to_string();
    assert!(bodies.iter().all(|it| it[0] == right), "each keeps the body that it came from");
    assert_eq!(rows(&lake, OBSERVATIONS, &["ref_area"]).len(), before + 3, "nothing is lost");
    assert_eq!(
        changes(&lake),
        [
            "EST revised 9.29",
            "EST corrected 92.5",
            "FIN withdrawn NULL",
            "FIN corrected 93",
            "LVA corrected NULL",
        ]
    );
    assert_eq!((in_force_at(&lake, 1), in_force_at(&lake, 2), in_force_at(&lake, 3)), (3, 3, 3));
    let then = lake.view(At::Head, Some(day(2))).unwrap().unwrap();
    assert_eq!(then.rows(OBSERVATIONS).unwrap(), 6);
    assert_intact(&lake);
    // A second time there is nothing to do.
    assert_eq!(correct(&lake, Corrects::Restore(1), 4).unwrap().snapshot, None);
    // And back again, by the same way.
    let done = correct(&lake, Corrects::Restore(2), 5).unwrap();
    assert_eq!((done.again, done.changed, done.ended), (1, 1, 1));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["EST 2023 9.29", "LVA 2023 5", "EST 2023 1"]);
    assert_intact(&lake);
}

/// The wrong body does not come again by itself: whoever takes it has looked.
#[test]
pub(crate) fn trial_p104_a_body_that_was_taken_back_is_held() {
    let (_folder, lake) = spoiled();
    correct(&lake, Corrects::Restore(1), 3).unwrap();
    let gates = Gates { changed_share_max: 0.9, ..Gates::OPEN };
    let wrong = [obs("S", "EST", 2023, 9.29), obs("T", "EST", 2023, 1.0)];
    let held = lake.commit(collect(&lake, "wrong", day(4), &wrong), &gates).unwrap();
    assert_eq!(held.snapshot, None);
    let why = held.gate.unwrap();
    assert!(why.starts_with("1 of its bodies were taken back by hand on 3 January 2026"), "{why}");
    assert!(why.contains("a table of another year"), "{why}");
    let preview = lake.preview(collect(&lake, "wrong", day(4), &wrong), &gates).unwrap();
    assert_eq!(preview.committed.gate, Some(why));
    // The right one comes as ever, and so does another.
    let right = [obs("S", "EST", 2023, 92.6), obs("T", "EST", 2023, 1.0)];
    assert_eq!(
        lake.commit(collect(&lake, "next", day(5), &right), &gates).unwrap().snapshot,
        Some(4)
    );
    // Taken by somebody, it is taken back no longer.
    assert_eq!(accept(&lake, "wrong", 6, &wrong).snapshot, Some(5));
    deliver(&lake, "right", day(7), &right);
    let again = lake.commit(collect(&lake, "wrong", day(8), &wrong), &gates).unwrap();
    assert_eq!((again.gate, again.changed), (None, 1));
    assert_intact(&lake);
}

/// Gates that hold nothing are nobody who has looked.
#[test]
pub(crate) fn trial_p104_a_body_that_was_taken_back_is_held_by_open_gates_too() {
    let (_folder, lake) = spoiled();
    correct(&lake, Corrects::Restore(1), 4).unwrap();
    let wrong = [obs("S", "EST", 2023, 9.29), obs("T", "EST", 2023, 1.0)];
    for _ in 0..2 {
        let held = lake.commit(collect(&lake, "wrong", day(5), &wrong), &open_gates()).unwrap();
        assert_eq!(held.snapshot, None);
        assert!(held.gate.unwrap().contains("taken back by hand on 4 January 2026"));
    }
    // What was received before the correction and is taken after it is history: the note stays.
    assert_eq!(accept(&lake, "wrong", 3, &[obs("S", "EST", 2023, 8.0)]).late, 1);
    let held = lake.commit(collect(&lake, "wrong", day(5), &wrong), &open_gates()).unwrap();
    assert!(held.gate.is_some());
    assert_eq!(accept(&lake, "wrong", 6, &wrong).changed, 1);
    assert_intact(&lake);
}

/// A restore that was a mistake itself, taken back by another one: what the first took back is in
/// force, and nothing of it is held or passed over.
#[test]
pub(crate) fn trial_p104_a_correction_that_was_taken_back_takes_nothing_back() {
    let (_folder, lake) = spoiled();
    correct(&lake, Corrects::Restore(1), 3).unwrap();
    assert_eq!(lake.taken_back_of(SOURCE, DATASET).unwrap(), [(day(1), day(3))]);
    correct(&lake, Corrects::Restore(2), 5).unwrap();
    assert_eq!(lake.taken_back_of(SOURCE, DATASET).unwrap(), [(day(2), day(5))]);
    let next = [obs("S", "EST", 2023, 9.3), obs("T", "EST", 2023, 1.0)];
    let taken = lake.commit(collect(&lake, "wrong", day(6), &next), &open_gates()).unwrap();
    assert_eq!((taken.gate, taken.changed), (None, 1));
    // Back to the first restore: it stands again, and so does what it took back.
    correct(&lake, Corrects::Restore(3), 7).unwrap();
    assert_eq!(lake.taken_back_of(SOURCE, DATASET).unwrap(), [(day(3), day(7)), (day(1), day(3))]);
    assert_intact(&lake);
}

/// What the ledger says was landed stands in the lake no more where the dataset was corrected since.
#[test]
pub(crate) fn trial_p180_a_correction_is_known_to_be_newer_than_a_snapshot() {
    let (_folder, lake) = spoiled();
    let since = |snapshot| lake.corrected_since((SOURCE, DATASET), snapshot).unwrap();
    assert!(!since(1) && !since(2));
    correct(&lake, Corrects::Restore(1), 3).unwrap();
    assert_eq!((since(1), since(2), since(3)), (true, true, false));
    assert!(!lake.corrected_since((SOURCE, "OTHER"), 1).unwrap());
    deliver(&lake, "next", day(4), &[obs("S", "EST", 2023, 92.6)]);
    assert_eq!((since(2), since(3), since(4)), (true, false, false));
    let last = lake.last_correction((SOURCE, DATASET)).unwrap();
    assert_eq!(last, Some((day(3), "a table of another year".to_owned())));
}

#[test]
pub(crate) fn trial_p105_figures_are_ended_by_hand_and_what_is_not_there_is_refused() {
    let (_folder, lake) = new_lake();
    let none = correct(&lake, Corrects::Retire(None), 1).unwrap_err();
    assert_eq!(none.to_string(), "the lake has no dataset worldbank/WDI; it has none yet");
    let mut collector = collect(&lake, "a", day(1), &[obs("S", "EST", 2023, 92.5)]);
    collector.accept(&obs("T", "EST", 2023, 1.0));
    collector.reject(bad_record(9, "Mu"));
    commit_whole(&lake, collector, &open_gates()).unwrap();
    for (what, told) in [
        (
            Corrects::Retire(Some("U".to_owned())),
            "no figure of series U of worldbank/WDI is in force; its series are: S, T",
        ),
        (Corrects::Restore(7), "snapshot 7 does not exist"),
    ] {
        let error = correct(&lake, what, 2).unwrap_err();
        assert!(error.to_string().starts_with(told), "{error}");
        assert_eq!(error.kind(), LakeErrorKind::Absent);
    }
    let series = || correct(&lake, Corrects::Retire(Some("S".to_owned())), 2).unwrap();
    let done = series();
    assert_eq!((done.snapshot, done.ended), (Some(2), 1));
    assert_eq!(series().snapshot, None, "a second time it is so already");
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["EST 2023 1"]);
    assert_eq!(changes(&lake), ["EST retired NULL"]);
    assert_eq!((head(&lake).rows(QUARANTINE), in_force_at(&lake, 1)), (1, 2));
    let done = correct(&lake, Corrects::Retire(None), 3).unwrap();
    assert_eq!((done.snapshot, done.ended), (Some(3), 1));
    assert_eq!((head(&lake).rows(OBSERVATIONS_LATEST), head(&lake).rows(QUARANTINE)), (0, 0));
    assert_eq!(correct(&lake, Corrects::Retire(None), 4).unwrap().snapshot, None);
    assert_eq!(in_force_at(&lake, 1), 2, "what was known is known");
    // A clock that lags behind the lake does not put a correction before what it corrects.
    let mut late = lake.collector(SOURCE, DATASET);
    begin(&mut late, "b", day(20));
    late.accept(&obs("S", "EST", 2023, 92.5));
    lake.commit(late, &open_gates()).unwrap();
    assert_eq!(correct(&lake, Corrects::Retire(None), 5).unwrap().ended, 1);
    assert_eq!(head(&lake).rows(OBSERVATIONS_LATEST), 0);
    assert_intact(&lake);
}

/// A wrong file that was mended by half gave one figure as it was: that did not make the file right.
#[test]
fn trial_p104_a_body_that_was_right_in_part_is_held_too() {
    let (_folder, lake) = new_lake();
    let both = |est, fin| [obs("S", "EST", 2023, est), obs("S", "FIN", 2023, fin)];
    deliver(&lake, "right", day(1), &both(92.5, 93.0));
    deliver(&lake, "wrong", day(2), &both(9.25, 9.3));
    deliver(&lake, "half", day(3), &both(9.0, 93.0));
    let done = correct(&lake, Corrects::Restore(1), 4).unwrap();
    assert_eq!((done.again, done.changed, done.ended), (0, 1, 0));
    let held =
        lake.commit(collect(&lake, "half", day(5), &both(9.0, 93.0)), &open_gates()).unwrap();
    assert_eq!(held.snapshot, None, "{held:?}");
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["EST 2023 92.5", "FIN 2023 93"]);
}

/// What a program of before would drop when it writes a dataset anew stands in a document of a kind that
/// it refuses; all else does not.
#[test]
pub(crate) fn trial_p118_a_dataset_that_was_corrected_is_of_a_kind_that_older_programs_refuse() {
    let (_folder, lake) = spoiled();
    let kinds = || {
        let names = lake.store().list("manifests").unwrap();
        let kind = |name: &String| {
            let document = crate::support::read_text(&lake, name);
            document.split('"').nth(3).unwrap().to_owned()
        };
        let mut found: Vec<String> = names.iter().map(kind).collect();
        found.retain(|kind| kind.starts_with("dataset"));
        found.sort();
        found
    };
    assert_eq!(kinds(), ["dataset", "dataset"]);
    correct(&lake, Corrects::Restore(1), 3).unwrap();
    assert_eq!(kinds(), ["dataset", "dataset", "dataset/2"]);
    deliver(&lake, "later", day(4), &[obs("S", "EST", 2023, 92.6), obs("T", "EST", 2023, 1.0)]);
    assert_eq!(kinds()[2..], ["dataset/2", "dataset/2"], "it stays so");
    assert_intact(&lake);
    // Records that are no longer in quarantine as well.
    let (_folder, lake) = new_lake();
    for (body, at) in [("a", 1), ("b", 2)] {
        let mut collector = lake.collector(SOURCE, DATASET);
        collector.begin_request_of("p/S", (2000, 2025));
        begin(&mut collector, body, day(at));
        collector.accept(&obs("S", "EST", 2023, 1.0));
        if at == 1 {
            collector.reject(bad_record(9, "Mu"));
        }
        lake.commit(collector, &open_gates()).unwrap();
    }
    let newest = lake.store().list("manifests").unwrap().into_iter();
    let has = |name: String| crate::support::read_text(&lake, &name).contains("dataset/2");
    assert_eq!(newest.filter(|name| has(name.clone())).count(), 1);
}
