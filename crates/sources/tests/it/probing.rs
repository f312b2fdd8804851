//! What a probe says of a file.

use wsis_model::pipeline::{Format, Gates};
use wsis_sources::probe::{Kind, heard, questions};

use crate::fixture::LISTS;
use crate::standing::table;

/// A file with the right header and no row, or with rows of another series, was "answered as declared".
#[test]
fn trial_p115_of_a_file_it_is_said_what_was_looked_for() {
    let mut pipeline = table(Format::Csv);
    pipeline.gates = Gates { rows_min: 1, ..Gates::OPEN };
    let question = questions(&pipeline).unwrap().remove(0);
    let of = |body: &str| {
        let limits = wsis_model::limits::DecodeLimits::default();
        let found =
            heard(&pipeline, &question, body.as_bytes(), (&LISTS, limits)).unwrap().findings;
        assert_eq!(found.len(), 1);
        (found[0].kind, found[0].what.clone())
    };
    let (kind, what) = of("Pays;Année;Valeur\n");
    assert_eq!(kind, Kind::Content);
    assert!(kind.is_fault() && what.contains("no row below it"), "{what}");
    let (kind, what) = of("Pays;Année;Valeur\nTchad;2024;1\nBénin;2024;2\n");
    assert_eq!(kind, Kind::NotAsked);
    assert!(!kind.is_fault() && what.contains("2 rows below it; which series and areas"), "{what}");
}
