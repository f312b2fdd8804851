//! The suite of the lake once more, on a disk with a hook before each step and on a store of
//! objects; and what every store has to keep.

use std::io;
use std::io::Read as _;
use std::sync::Arc;

use object_store::memory::InMemory;
use wsis_lake::{Lake, LakeError, LakeErrorKind, OBSERVATIONS_LATEST, Placed};

use crate::faults::fails_from;
use crate::support::{
    Kept, assert_intact, collect, day, deliver, head, keep_in, new_lake, obs, open_gates, short,
};

/// Tests of other modules, on each of the two.
macro_rules! on_every_store {
    ($($module:ident: $($name:ident),+;)+) => {
        mod hooked {
            $(mod $module { $(
                #[test]
                fn $name() {
                    crate::support::keep_in(crate::support::Kept::Hooked);
                    crate::$module::$name();
                }
            )+ })+
        }
        mod memory {
            $(mod $module { $(
                #[test]
                fn $name() {
                    crate::support::keep_in(crate::support::Kept::Memory);
                    crate::$module::$name();
                }
            )+ })+
        }
    };
}

on_every_store! {
    commit:
        a_first_delivery_is_all_news,
        invariant_i3_a_revision_keeps_both_vintages,
        a_value_that_becomes_missing_is_a_change,
        every_attribute_counts_as_a_statement,
        r12_the_same_data_published_again_is_no_revision,
        what_the_source_no_longer_gives_is_withdrawn_and_kept,
        only_series_delivered_in_full_can_be_withdrawn,
        replaying_an_old_payload_undoes_nothing,
        w16_v12_equal_doubles_are_stored_once_and_counted,
        v12_one_figure_in_two_prints_is_one_statement_whichever_came_first,
        w16_v12_unequal_doubles_are_all_set_aside,
        v13_the_key_is_the_full_key,
        periods_of_all_frequencies_have_their_place_in_the_key,
        v17_v18_an_empty_delivery_is_held_by_default,
        w12_v20_areas_that_are_gone_are_listed,
        shares_withdrawn_and_quarantined_are_held,
        the_same_bad_record_is_quarantined_once,
        q5_no_nan_is_stored,
        l15_a_new_area_and_a_new_series_arrive,
        a_withdrawal_names_the_payload_that_shows_it,
        trial_x1_quarantine_is_counted_whole_and_kept_in_part;
    set_aside:
        trial_r4_what_a_later_reading_accepts_leaves_the_quarantine,
        trial_p100_a_record_that_came_in_another_body_leaves_the_quarantine_too,
        trial_p101_what_was_not_read_again_stays_in_quarantine,
        trial_p102_bad_records_that_were_taken_once_hold_no_run_again;
    way_back:
        trial_p103_a_dataset_is_brought_back_as_it_was_and_told_as_ours,
        trial_p104_a_body_that_was_taken_back_is_held,
        trial_p105_figures_are_ended_by_hand_and_what_is_not_there_is_refused;
    gates:
        trial_f01_figures_that_vanish_in_whatever_way_are_held,
        trial_f01_a_loss_within_the_gates_is_told_with_its_economies,
        trial_p113_a_series_that_cannot_be_read_stays_and_is_told,
        trial_f01_what_was_not_asked_for_and_what_comes_anew_is_no_loss,
        trial_f07_a_series_whose_figures_nearly_all_change_is_held,
        trial_f07_the_same_numbers_in_another_unit_are_other_figures,
        trial_f01_one_single_figure_may_be_corrected_but_not_lost,
        trial_r1_r2_what_was_not_asked_for_is_never_withdrawn;
    archive:
        invariant_i2_a_body_lies_under_its_sha256,
        an_unfinished_body_is_not_in_the_archive,
        h17_a_changed_body_is_never_read,
        a_body_that_was_never_archived_is_named,
        runs_come_back_in_order_of_time,
        trial_n8_of_a_run_that_reached_nobody_there_is_nothing_to_replay,
        invariant_i13_a_run_id_cannot_leave_the_folder,
        two_writers_are_told_apart,
        trial_r32_the_records_of_many_pipelines_are_read_once;
    snapshots:
        invariant_i5_each_snapshot_names_its_parent_by_hash,
        invariant_i5_a_stale_missing_or_wrong_hint_misleads_nobody,
        tampering_with_the_chain_is_found,
        l3_a_damaged_file_is_named_and_the_last_good_snapshot_found,
        l11_an_empty_snapshot_document_is_named_and_passed_over,
        l4_two_deliveries_of_one_dataset_at_once_both_count,
        two_datasets_at_once_both_land,
        l5_the_same_commit_again_is_a_no_op,
        l7_l12_nothing_written_is_ever_overwritten,
        l8_the_message_says_whether_it_was_committed;
    damage:
        trial_x5_any_flipped_bit_of_a_data_file_is_found_before_it_is_read,
        trial_x7_a_lost_newest_snapshot_stops_readers_and_writers,
        trial_x6_verify_names_every_loss,
        trial_x6_verify_says_to_which_depth,
        trial_x21_two_runs_of_one_number_and_another_document_are_told,
        trial_x8_verify_beside_an_ingest_raises_no_alarm,
        trial_x20_format_0_is_refused_and_so_is_a_newer_snapshot,
        trial_x20_what_a_newer_program_made_is_not_called_damage,
        trial_r5_every_lake_has_an_id,
        trial_r8_what_may_name_a_dataset_can_be_committed;
    upkeep:
        readers_see_no_difference_after_a_compaction,
        what_no_snapshot_names_is_removed_when_it_is_old,
        verify_derives_what_is_in_force_from_what_was_said,
        files_that_are_too_long_are_refused_before_they_are_read;
    history:
        an_older_answer_is_history_and_changes_nothing_in_force;
    bytes:
        invariant_i4_a_replay_into_a_second_lake_gives_the_same_files,
        many_row_groups_come_out_in_order_with_any_number_of_threads;
}

/// One check for every store: names are given once, replaced whole, and gone when removed.
fn check(kept: Kept) {
    keep_in(kept);
    let (folder, lake) = new_lake();
    let store = lake.store();
    assert_eq!(store.get("a/b").unwrap(), None);
    assert_eq!(store.head("a/b").unwrap(), None);
    assert!(store.open("a/b").unwrap().is_none());
    store.remove("a/b").unwrap();
    assert_eq!(store.list("a").unwrap(), [""; 0]);
    assert_eq!(store.create("a/b", b"first").unwrap(), Placed::Created);
    assert_eq!(store.create("a/b", b"second").unwrap(), Placed::Existed);
    assert_eq!(store.get("a/b").unwrap().unwrap(), "first");
    let known = store.head("a/b").unwrap().unwrap();
    assert_eq!(known.bytes, 5);
    store.replace("a/b", b"third!").unwrap();
    assert_ne!(store.head("a/b").unwrap().unwrap().mark, known.mark);
    let draft = folder.path().join("draft");
    std::fs::write(&draft, "placed").unwrap();
    assert_eq!(store.place(&draft, "a/b").unwrap(), Placed::Existed);
    assert_eq!(store.place(&draft, "a/d@1.0/c").unwrap(), Placed::Created);
    let mut text = String::new();
    store.open("a/d@1.0/c").unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "placed");
    std::fs::write(&draft, "over").unwrap();
    store.place_over(&draft, "a/b").unwrap();
    assert_eq!(store.get("a/b").unwrap().unwrap(), "over");
    assert_eq!(store.list("a").unwrap(), ["a/b", "a/d@1.0/c"]);
    assert!(store.top().unwrap().contains(&"a".to_owned()));
    store.remove("a/b").unwrap();
    assert_eq!(store.list("a").unwrap(), ["a/d@1.0/c"]);
    assert!(store.workshop("a").is_absolute());
    let creators: Vec<Placed> = std::thread::scope(|scope| {
        let one = |at: u8| scope.spawn(move || store.create("x", &[at]).unwrap());
        let all: Vec<_> = (0..8).map(one).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let created = creators.iter().filter(|it| **it == Placed::Created).count();
    assert_eq!(created, 1, "of many that create one name at once, one does: {creators:?}");
}

#[test]
fn every_store_keeps_its_word() {
    [Kept::Local, Kept::Hooked, Kept::Memory].into_iter().for_each(check);
}

/// The store is asked from within a runtime, as the commands do.
#[tokio::test]
async fn a_store_of_objects_can_be_asked_from_within_a_runtime() {
    check(Kept::Memory);
}

fn second_delivery(lake: &Lake) -> Result<Option<u64>, LakeError> {
    let collector = collect(lake, "second body", day(2), &[obs("S", "UGA", 2020, 6.1)]);
    Ok(lake.commit(collector, &open_gates())?.snapshot)
}

/// A store of objects that fails from some request on, whichever: nothing is half done.
#[test]
fn a_store_that_fails_at_any_request_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for step in 0..500 {
        let memory = Arc::new(InMemory::new());
        let root = folder.path().join(step.to_string());
        let lake = Lake::open_objects(&root, memory.clone()).unwrap();
        deliver(&lake, "a", day(1), &[obs("S", "KEN", 2020, 29.0)]);
        let hook = fails_from(step, io::ErrorKind::ConnectionReset);
        let failing = Lake::open_objects_with_faults(&root, memory.clone(), hook);
        let outcome = failing.and_then(|lake| second_delivery(&lake));
        let lake = Lake::open_objects(&root, memory).unwrap();
        assert_intact(&lake);
        match outcome {
            Err(error) => {
                assert_eq!(error.kind(), LakeErrorKind::Io, "step {step}: {error}");
                // It fails before it does anything: for lost answers see `lost_answers`.
                assert_eq!(head(&lake).id, 1, "step {step}");
                before += 1;
                second_delivery(&lake).unwrap();
            }
            Ok(snapshot) => {
                assert_eq!(snapshot, Some(2));
                assert!(before > 10, "{before} requests");
                return;
            }
        }
        assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29", "UGA 2020 6.1"]);
        assert_intact(&lake);
    }
    panic!("a commit of one row asks for more than 500 things");
}
