//! What a request had handed over before its document broke off is taken back.

use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use wsis_lake::{OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE};
use wsis_model::observation::RowSink;

use crate::support::{bad_record, begin, commit_whole, day, new_lake, obs, open_gates, rows};

/// Deliveries of several requests: how many rows each has, and whether it breaks off. One collector
/// gets all and takes back; another one gets the good ones only. What is committed is the same,
/// however many rows stay in memory.
fn same_as_never_sent(requests: &[(usize, usize, bool)], memory_rows: usize) -> Vec<[String; 2]> {
    let mut found = Vec::new();
    for only_good in [true, false] {
        let (_folder, lake) = new_lake();
        let mut collector = lake.collector("worldbank", "WDI");
        collector.set_memory_rows(memory_rows);
        for (at, &(good, bad, breaks_off)) in requests.iter().enumerate() {
            if only_good && breaks_off {
                continue;
            }
            collector.begin_request();
            begin(&mut collector, &format!("body {at}"), day(1));
            for year in 0..good {
                let code = format!("S{at}");
                let year = 1960 + i32::try_from(year).unwrap();
                collector.accept(&obs(&code, "KEN", year, f64::from(year)));
            }
            for row in 0..bad {
                collector.reject(bad_record(1 + i64::try_from(row).unwrap(), &format!("{at}")));
            }
            if breaks_off {
                collector.take_back_request();
            }
        }
        let committed = commit_whole(&lake, collector, &open_gates()).unwrap();
        assert!(committed.count.balances(), "{committed:?}");
        let columns = ["series_code", "ref_area", "year", "value", "payload", "recorded_at"];
        let table = |name: &str, columns: &[&str]| {
            if committed.snapshot.is_some() { rows(&lake, name, columns) } else { Vec::new() }
        };
        found.push([
            format!("{:?} {:?}", committed.count, committed.quarantined_by_reason),
            format!(
                "{:?} {:?} {:?}",
                table(OBSERVATIONS, &columns),
                table(OBSERVATIONS_LATEST, &columns),
                table(QUARANTINE, &["payload", "payload_row", "reason", "record"])
            ),
        ]);
    }
    found
}

#[test]
fn trial_r26_a_request_that_breaks_off_is_as_if_it_had_never_been_sent() {
    // In memory, spilled before the mark, spilled after it, and both.
    for memory_rows in [1_000, 7, 3, 1] {
        let requests = [(5, 1, false), (9, 3, true), (4, 0, false), (20, 2, true), (2, 2, false)];
        let found = same_as_never_sent(&requests, memory_rows);
        assert_eq!(found[0], found[1], "{memory_rows}");
        assert!(found[0][1].contains("S4"), "{found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn trial_r26_whatever_breaks_off(
        requests in prop::collection::vec((0_usize..12, 0_usize..3, any::<bool>()), 1..6),
        memory_rows in 1_usize..20,
    ) {
        let found = same_as_never_sent(&requests, memory_rows);
        prop_assert_eq!(&found[0], &found[1]);
    }
}
