//! What a delivery gives and nobody could read is not what it no longer gives.

use wsis_lake::{Collector, Committed, Lake, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE};
use wsis_model::observation::RowSink as _;
use wsis_model::period::Period;
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected, Subject};

use crate::support::{
    DATASET, SOURCE, assert_intact, bad_record, begin, day, head, new_lake, obs, open_gates, rows,
    short,
};

const YEARS: (i32, i32) = (2000, 2025);

fn of(series: Option<&str>, area: Option<&str>, year: Option<i32>) -> Subject {
    let text = |it: Option<&str>| it.map(str::to_owned);
    Subject {
        series: text(series),
        area: text(area),
        period: year.and_then(Period::annual),
        breakdown: Some(["_T", "_T", "_T", ""].map(str::to_owned)),
        refused: None,
    }
}

/// All of S: the given areas in 2020 and 2021 (other figures from the 7th on), and records that cannot
/// be read.
fn answer(lake: &Lake, at: u32, areas: &[&str], unread: &[Subject]) -> Collector {
    let mut collector = lake.collector(SOURCE, DATASET);
    collector.begin_request_of("p/S", YEARS);
    begin(&mut collector, &format!("body {at}"), day(at));
    let more = if at < 7 { 0.0 } else { 5.0 };
    for area in areas {
        collector.accept(&obs("S", area, 2020, 1.0 + more));
        collector.accept(&obs("S", area, 2021, 2.0 + more));
    }
    for (subject, row) in unread.iter().zip(90..) {
        let subject = Some(subject.clone());
        let bad = bad_record(row, &format!("{subject:?}"));
        collector.reject(Rejected { reason: Reason::NotANumber, subject, ..bad });
    }
    collector.complete("S", YEARS);
    collector
}

fn read(lake: &Lake, at: u32, areas: &[&str], unread: &[Subject]) -> Committed {
    let foreseen = lake.preview(answer(lake, at, areas, unread), &open_gates()).unwrap().committed;
    let done = lake.commit(answer(lake, at, areas, unread), &open_gates()).unwrap();
    assert_eq!(Committed { snapshot: None, ..done.clone() }, foreseen, "as a preview says");
    assert_intact(lake);
    done
}

/// A cell that said 12.5 says n/z: it was ended as "withdrawn", which is "no longer given".
#[test]
fn trial_p113_what_is_given_and_cannot_be_read_is_not_withdrawn() {
    let (_folder, lake) = new_lake();
    read(&lake, 1, &["ABW", "KEN", "UGA"], &[]);
    let kenya = |year| of(Some("S"), Some("KEN"), Some(year));
    // Both years of Kenya are in rows that cannot be read, and Uganda is gone.
    let second = read(&lake, 2, &["ABW"], &[kenya(2020), kenya(2021)]);
    assert_eq!((second.withdrawn, second.count.quarantined), (2, 2), "{second:?}");
    assert_eq!(
        short(&lake, OBSERVATIONS_LATEST),
        ["ABW 2020 1", "ABW 2021 2", "KEN 2020 1", "KEN 2021 2"]
    );
    assert_eq!(
        second.unread,
        ["series S: 2 figures in force stay as they were: what is given for them now could not \
             be read; see the quarantine: KEN"]
    );
    assert!(second.lost[0].ends_with("UGA"), "{:?}", second.lost);
    assert_eq!(rows(&lake, QUARANTINE, &["record"]).len(), 2);
    // The same once more is no news, and is told again.
    let third = read(&lake, 3, &["ABW"], &[kenya(2020), kenya(2021)]);
    assert_eq!((third.snapshot, third.withdrawn, third.unread.len()), (None, 0, 1), "{third:?}");
    // One year can be read again; the other is really gone now.
    let fourth = read(&lake, 4, &["ABW"], &[kenya(2021)]);
    assert_eq!((fourth.withdrawn, fourth.unread.len()), (1, 1), "{fourth:?}");
    let last = read(&lake, 5, &["ABW"], &[]);
    assert_eq!((last.withdrawn, last.unread.len()), (1, 0), "{last:?}");
    assert_eq!(rows(&lake, OBSERVATIONS, &["value"]).len(), 10);
    assert_eq!(head(&lake).rows(QUARANTINE), 0);
}

/// An older answer, read late, says no more of the past than one that is read in time.
#[test]
fn trial_p113_an_older_answer_that_could_not_be_read_withdraws_nothing_of_the_past() {
    let (_folder, lake) = new_lake();
    read(&lake, 1, &["KEN"], &[]);
    assert_eq!(read(&lake, 7, &["KEN"], &[]).changed, 2);
    let kenya = |year| of(Some("S"), Some("KEN"), Some(year));
    let late = read(&lake, 3, &[], &[kenya(2020), kenya(2021)]);
    assert_eq!((late.late, late.withdrawn, late.unread.len()), (0, 0, 0), "{late:?}");
    assert_eq!(read(&lake, 4, &[], &[kenya(2020)]).late, 1);
}

/// Bounds were declared that the figure in force breaks: what is not believed any more ends, read again
/// in its own body or said again in another one. Another value that is not believed changes nothing.
#[test]
fn trial_p113_a_figure_that_is_refused_itself_ends() {
    let kenya =
        |value: f64| Subject { refused: Some(value), ..of(Some("S"), Some("KEN"), Some(2020)) };
    for (value, withdrawn) in [(1.0, 1), (210.0, 0)] {
        let (_folder, lake) = new_lake();
        read(&lake, 1, &["ABW", "KEN"], &[]);
        let rest = of(Some("S"), Some("KEN"), Some(2021));
        assert_eq!(read(&lake, 2, &["ABW"], &[kenya(value), rest]).withdrawn, withdrawn, "{value}");
    }
    let (_folder, lake) = new_lake();
    read(&lake, 1, &["ABW", "KEN"], &[]);
    let mut again = lake.collector(SOURCE, DATASET);
    begin(&mut again, "body 1", day(2));
    let bad = bad_record(1, "KEN");
    again.reject(Rejected { subject: Some(of(Some("S"), Some("KEN"), Some(2020))), ..bad });
    again.complete("S", (2020, 2020));
    assert_eq!(lake.commit(again, &open_gates()).unwrap().withdrawn, 2, "the body has no others");
}

/// Where a part of the key could not be read.
#[test]
fn trial_p113_of_a_key_that_is_known_in_part_only_what_it_may_be_stays() {
    // Without its breakdown it may be any figure of the year; without its year any of the area.
    for (subject, withdrawn) in [
        (Subject { breakdown: None, ..of(Some("S"), Some("KEN"), Some(2020)) }, 1),
        (of(Some("S"), Some("KEN"), None), 0),
        (Subject { breakdown: None, ..of(Some("S"), Some("KEN"), None) }, 0),
        (of(Some("S"), Some("UGA"), None), 2),
        (of(Some("T"), Some("KEN"), Some(2020)), 2),
    ] {
        let (_folder, lake) = new_lake();
        read(&lake, 1, &["ABW", "KEN"], &[]);
        let done = read(&lake, 2, &["ABW"], std::slice::from_ref(&subject));
        assert_eq!(done.withdrawn, withdrawn, "{subject:?}");
        let told = done.unread.first().map_or("", String::as_str);
        assert_eq!(told.contains("may be"), withdrawn < 2, "{told}");
    }
    // Of an area that nobody knows no figure is kept: names that are in no list stand in many files for
    // ever. What vanishes may be it, and that is said, once.
    let (_folder, lake) = new_lake();
    let mu = of(Some("S"), None, Some(2020));
    read(&lake, 1, &["ABW", "KEN", "UGA"], std::slice::from_ref(&mu));
    let known = read(&lake, 2, &["ABW", "KEN"], std::slice::from_ref(&mu));
    assert!(known.lost[0].ends_with(": UGA"), "it was there before: {:?}", known.lost);
    let keyna = of(Some("S"), None, Some(2021));
    let done = read(&lake, 3, &["ABW"], &[mu, keyna]);
    assert_eq!(done.withdrawn, 2);
    assert!(
        done.lost[0].ends_with(
            ": KEN; 1 record that is new in quarantine does not say of which area or series it is: \
             it may be one of them"
        ),
        "{:?}",
        done.lost
    );
    // Held, it is said as well.
    let gates = Gates { withdrawn_share_max: 1.0, vanished_share_max: 0.1, ..Gates::OPEN };
    let strangers = [of(None, Some("ABW"), Some(2020)), of(Some("S"), None, None)];
    let held = lake.commit(answer(&lake, 4, &[], &strangers), &gates).unwrap();
    let why = held.gate.unwrap();
    assert!(why.contains("2 records that are new in quarantine do not say"), "{why}");
}

/// What was handed over by a request that broke off says nothing, also not of what it could not read.
#[test]
fn trial_p113_what_was_taken_back_was_not_given() {
    let (_folder, lake) = new_lake();
    read(&lake, 1, &["ABW", "KEN"], &[]);
    let mut collector = answer(&lake, 2, &["ABW"], &[]);
    collector.begin_request();
    begin(&mut collector, "broken", day(2));
    let subject = Some(of(Some("S"), Some("KEN"), Some(2020)));
    collector.reject(Rejected { subject, ..bad_record(1, "KEN") });
    collector.take_back_request();
    assert_eq!(lake.commit(collector, &open_gates()).unwrap().withdrawn, 2);
}

/// All of S on two pages.
fn pages(lake: &Lake, at: u32, pages: [&[&str]; 2], separate: bool) -> Collector {
    let mut collector = lake.collector(SOURCE, DATASET);
    collector.begin_request_of("p/S", YEARS);
    for (page, areas) in pages.iter().enumerate() {
        if page == 1 && separate {
            collector.begin_request_of("p/S again", YEARS);
        }
        begin(&mut collector, &format!("body {at} page {page}"), day(at));
        for area in *areas {
            collector.accept(&obs("S", area, 2020, 1.0));
        }
    }
    collector.complete("S", YEARS);
    collector
}

/// A list without an order, cut into pages: Kenya stands on both, Uganda on none, and the number of
/// records is the one that the source tells.
#[test]
fn trial_p171_of_pages_that_overlap_nothing_is_withdrawn() {
    let (_folder, lake) = new_lake();
    let land = |collector| {
        let done = lake.commit(collector, &open_gates()).unwrap();
        assert_intact(&lake);
        done
    };
    land(pages(&lake, 1, [&["ABW", "KEN"], &["UGA", "TZA"]], false));
    let foreseen = lake
        .preview(pages(&lake, 2, [&["ABW", "KEN"], &["KEN", "TZA"]], false), &open_gates())
        .unwrap();
    assert_eq!((foreseen.committed.withdrawn, foreseen.differences.len()), (0, 0));
    let second = land(pages(&lake, 2, [&["ABW", "KEN"], &["KEN", "TZA"]], false));
    assert_eq!((second.withdrawn, second.count.duplicates), (0, 1), "{second:?}");
    assert_eq!(
        second.implausible,
        ["S: pages of one answer have records in common (1), so that others may stand on none of \
             them; what they do not have is not withdrawn (figures: 1)"]
    );
    // Where nothing is missing there is nothing to be said of it.
    let third = land(pages(&lake, 3, [&["ABW", "KEN"], &["KEN", "TZA", "UGA"]], false));
    assert_eq!((third.snapshot, third.implausible.len()), (None, 0), "{third:?}");
    // Two answers may have records in common.
    let fourth = land(pages(&lake, 4, [&["ABW", "KEN"], &["KEN", "TZA"]], true));
    assert_eq!((fourth.withdrawn, fourth.implausible.len()), (1, 0), "{fourth:?}");
    // And pages without one tell all.
    let fifth = land(pages(&lake, 5, [&["ABW"], &["KEN"]], false));
    assert_eq!((fifth.withdrawn, fifth.implausible.len()), (1, 0), "{fifth:?}");
}
