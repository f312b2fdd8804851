//! Time zones: what they say is what other implementations and other copies of the data say.

use chrono::{Offset as _, TimeDelta, TimeZone as _};
use wsis_config::schedule::{Timetable, ZoneData, next_after};
use wsis_model::pipeline::Schedule;

use crate::schedule::instant;

/// What the clocks of a place show: zone, minutes from UTC at the beginning of 2026, and each change
/// until the end of 2027, as (instant, minutes from then on).
type Facts = (&'static str, i32, &'static [(&'static str, i32)]);

/// From outside this program and its libraries: package `tzdata` 2026.6 of PyPI (IANA 2026f), read
/// with Python's `zoneinfo`, which found the changes minute by minute. Among them are governments
/// that changed their mind in 2025 and 2026: Morocco and the provinces of Canada.
const FACTS: [Facts; 17] = [
    (
        "Africa/Casablanca",
        60,
        &[("2026-02-15T02:00Z", 0), ("2026-03-22T02:00Z", 60), ("2026-09-20T01:00Z", 0)],
    ),
    (
        "Africa/El_Aaiun",
        60,
        &[("2026-02-15T02:00Z", 0), ("2026-03-22T02:00Z", 60), ("2026-09-20T01:00Z", 0)],
    ),
    (
        "Africa/Cairo",
        120,
        &[
            ("2026-04-23T22:00Z", 180),
            ("2026-10-29T21:00Z", 120),
            ("2027-04-29T22:00Z", 180),
            ("2027-10-28T21:00Z", 120),
        ],
    ),
    (
        "America/New_York",
        -300,
        &[
            ("2026-03-08T07:00Z", -240),
            ("2026-11-01T06:00Z", -300),
            ("2027-03-14T07:00Z", -240),
            ("2027-11-07T06:00Z", -300),
        ],
    ),
    (
        "America/Santiago",
        -180,
        &[
            ("2026-04-05T03:00Z", -240),
            ("2026-09-06T04:00Z", -180),
            ("2027-04-04T03:00Z", -240),
            ("2027-09-05T04:00Z", -180),
        ],
    ),
    ("America/Asuncion", -180, &[]),
    ("America/Vancouver", -480, &[("2026-03-08T10:00Z", -420)]),
    ("America/Edmonton", -420, &[("2026-03-08T09:00Z", -360)]),
    (
        "Asia/Beirut",
        120,
        &[
            ("2026-03-28T22:00Z", 180),
            ("2026-10-24T21:00Z", 120),
            ("2027-03-27T22:00Z", 180),
            ("2027-10-30T21:00Z", 120),
        ],
    ),
    (
        "Asia/Gaza",
        120,
        &[
            ("2026-03-28T00:00Z", 180),
            ("2026-10-23T23:00Z", 120),
            ("2027-03-27T00:00Z", 180),
            ("2027-10-29T23:00Z", 120),
        ],
    ),
    ("Asia/Kolkata", 330, &[]),
    (
        "Australia/Lord_Howe",
        660,
        &[
            ("2026-04-04T15:00Z", 630),
            ("2026-10-03T15:30Z", 660),
            ("2027-04-03T15:00Z", 630),
            ("2027-10-02T15:30Z", 660),
        ],
    ),
    (
        "Europe/Chisinau",
        120,
        &[
            ("2026-03-29T01:00Z", 180),
            ("2026-10-25T01:00Z", 120),
            ("2027-03-28T01:00Z", 180),
            ("2027-10-31T01:00Z", 120),
        ],
    ),
    (
        "Europe/London",
        0,
        &[
            ("2026-03-29T01:00Z", 60),
            ("2026-10-25T01:00Z", 0),
            ("2027-03-28T01:00Z", 60),
            ("2027-10-31T01:00Z", 0),
        ],
    ),
    (
        "Europe/Zurich",
        60,
        &[
            ("2026-03-29T01:00Z", 120),
            ("2026-10-25T01:00Z", 60),
            ("2027-03-28T01:00Z", 120),
            ("2027-10-31T01:00Z", 60),
        ],
    ),
    (
        "Pacific/Chatham",
        825,
        &[
            ("2026-04-04T14:00Z", 765),
            ("2026-09-26T14:00Z", 825),
            ("2027-04-03T14:00Z", 765),
            ("2027-09-25T14:00Z", 825),
        ],
    ),
    ("Asia/Manila", 480, &[]),
];

/// Every half an hour of two years in every one of these places, and the instant of each change.
#[test]
fn trial_f06_zones_agree_with_the_published_data_of_2026() {
    let zones = ZoneData::carried();
    assert!(zones.version().version.as_deref() >= Some("2026f"), "{:?}", zones.version());
    for (name, first, changes) in FACTS {
        let zone = zones.zone(name).unwrap();
        let minutes = |at| zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
        let changes: Vec<_> = changes.iter().map(|(at, to)| (instant_of(at), *to)).collect();
        let expected = |at| {
            let last = changes.iter().rev().find(|(change, _)| *change <= at);
            60 * last.map_or(first, |(_, to)| *to)
        };
        let start = instant("2026-01-01T00:00:00Z").naive_utc();
        for half in 0..2 * 24 * 730 {
            let at = start + TimeDelta::minutes(30 * half);
            assert_eq!(minutes(at), expected(at), "{name} at {at}");
        }
        for (change, _) in &changes {
            for at in [*change - TimeDelta::seconds(1), *change] {
                assert_eq!(minutes(at), expected(at), "{name} at {at}");
            }
        }
    }
}

fn instant_of(text: &str) -> chrono::NaiveDateTime {
    instant(&text.replace('Z', ":00Z")).naive_utc()
}

/// Morocco gives up the hour that it was ahead of Greenwich on 20 September 2026 (tzdata 2026b and
/// later). What is right stands in the package `tzdata` of PyPI, where it is installed.
#[test]
fn trial_f06_time_zones_newer_than_the_program_of_a_crate_are_used() {
    let schedule = Schedule::cron("0 8 * * *", "Africa/Casablanca");
    let from = instant("2026-11-26T12:00:00Z");
    let carried = ZoneData::carried();
    assert!(carried.version().version.as_deref() >= Some("2026"), "{:?}", carried.version());
    let tick =
        |zones: &ZoneData| Timetable::in_zones(&schedule, zones).unwrap().next_after(from).unwrap();
    assert_eq!(tick(&carried), instant("2026-11-27T08:00:00Z"));
    assert_eq!(next_after(&schedule, from), Some(tick(&carried)), "in use by default");
}

/// A folder that is declared is used whatever else there is, and says its version; so that a
/// change of which nobody here knew yet needs no new program.
#[test]
fn trial_f06_a_declared_folder_of_time_zones_is_used() {
    let machine = std::path::Path::new("/usr/share/zoneinfo");
    let Ok(of_machine) = ZoneData::in_folder(machine) else { return };
    let told = of_machine.version().version.clone();
    // A place of our own making: Zurich with the clocks of Tokyo.
    let folder = tempfile::tempdir().unwrap();
    for (name, like) in [("Europe/Zurich", "Asia/Tokyo"), ("UTC", "UTC")] {
        let to = folder.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(machine.join(like), to).unwrap();
    }
    std::fs::write(folder.path().join("tzdata.zi"), "# version 2031c\n").unwrap();
    let ours = ZoneData::in_folder(folder.path()).unwrap();
    assert_eq!(ours.version().version.as_deref(), Some("2031c"));
    assert!(ours.version().to_string().starts_with("2031c in "));
    let schedule = Schedule::cron("0 8 * * *", "Europe/Zurich");
    let timetable = Timetable::in_zones(&schedule, &ours).unwrap();
    let from = instant("2026-11-26T12:00:00Z");
    assert_eq!(timetable.next_after(from), Some(instant("2026-11-26T23:00:00Z")));
    assert!(ours.zone("Africa/Casablanca").is_err(), "not there, so not guessed");
    assert!(ZoneData::in_folder(&folder.path().join("none")).is_err());
    assert!(told.is_none_or(|version| version.len() == 5), "as Debian's package tells it");
}

/// Both read the same history: our zones and those of crate `chrono-tz`, over all names that both
/// know, at 120 instants of the years until 2024 and at the civil times there.
#[test]
fn trial_f06_zones_agree_with_another_implementation_about_the_past() {
    let zones = ZoneData::carried();
    let (mut compared, mut differ) = (0, Vec::new());
    for theirs in chrono_tz::TZ_VARIANTS {
        let Ok(ours) = zones.zone(theirs.name()) else { continue };
        compared += 1;
        for month in 0..120 {
            let at = instant("2015-01-01T00:00:00Z") + TimeDelta::days(30 * month);
            let utc = at.naive_utc();
            let right = theirs.offset_from_utc_datetime(&utc).fix();
            if ours.offset_from_utc_datetime(&utc) != right {
                differ.push((theirs.name(), at));
            }
            let local = (at + TimeDelta::hours(2)).naive_utc();
            let right = theirs.from_local_datetime(&local).earliest().map(|it| it.to_utc());
            let found = ours.from_local_datetime(&local).earliest().map(|it| it.to_utc());
            if found != right {
                differ.push((theirs.name(), at));
            }
        }
    }
    assert!(compared > 400, "{compared}");
    assert!(differ.is_empty(), "{:?}", &differ[..differ.len().min(9)]);
}
