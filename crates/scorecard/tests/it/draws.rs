//! Random numbers by counter, against published vectors (`tests/reference/rng-philox`).

use wsis_model::item::item;
use wsis_scorecard::uncertainty::normal::deviate;
use wsis_scorecard::uncertainty::philox::{Purpose, Source, choice, philox4x32_10};

use crate::fixture::Rows;
use crate::ledger::{against, off, same};

/// Known answers of Random123 and of randomgen: other words would be other intervals.
#[test]
pub(crate) fn trial_p161_philox_gives_the_published_words() {
    let rows = Rows::committed("rng-philox/philox4x32_10_kat.csv");
    against("rng-philox/philox4x32_10_kat.csv");
    for row in rows.iter() {
        let word = |column: &str| u32::from_str_radix(row.text(column), 16).unwrap();
        let found = philox4x32_10(["c0", "c1", "c2", "c3"].map(word), ["k0", "k1"].map(word));
        for (found, column) in found.into_iter().zip(["o0", "o1", "o2", "o3"]) {
            same(found, word(column), column);
        }
    }
    assert_eq!(rows.len(), 17);
}

#[test]
pub(crate) fn trial_p161_uniform_numbers_are_the_published_ones_to_the_bit() {
    let rows = Rows::committed("rng-philox/u01.csv");
    against("rng-philox/u01.csv");
    for row in rows.iter() {
        let word = |column: &str| row.text(column).parse::<u32>().unwrap();
        let seed: u64 = row.text("seed").parse().unwrap();
        let counter = ["block", "replicate", "item", "purpose"].map(word);
        let (a, b) = Source::new(seed).pair(counter);
        let expected = ["u_a", "u_b"].map(|column| row.number(column).unwrap().to_bits());
        for (found, expected) in [a.to_bits(), b.to_bits()].into_iter().zip(expected) {
            same(found, expected, &format!("{seed} {counter:?}"));
        }
        if (counter[0], counter[3]) == (0, 1) {
            assert_eq!(Source::new(seed).draw(counter[1], counter[2], Purpose::Weight), a);
        }
    }
    assert_eq!(rows.len(), 72);
}

#[test]
pub(crate) fn trial_p161_items_and_deviates_are_the_published_ones() {
    against("rng-philox/fnv1a32.csv");
    for row in Rows::committed("rng-philox/fnv1a32.csv").iter() {
        same(&*item(row.text("string")).to_string(), row.text("hash_dec"), row.text("string"));
    }
    against("rng-philox/inverse_normal.csv");
    for row in Rows::committed("rng-philox/inverse_normal.csv").iter() {
        let (found, z) = (deviate(row.number("p").unwrap()), row.number("z").unwrap());
        let difference = (found - z).abs() / z.abs().max(1e-3);
        assert!(difference <= 1e-12, "{found} {z}");
        off(difference, 1e-12);
    }
    assert!(deviate(0.0).is_finite() && deviate(0.0) < -8.0);
}

#[test]
fn a_choice_is_one_of_those_there_are() {
    let almost = 1.0 - f64::EPSILON / 2.0;
    for choices in 1..200 {
        assert_eq!((choice(0.0, choices), choice(almost, choices)), (0, choices - 1));
    }
    assert_eq!([0.0, 0.49, 0.5, 0.99].map(|u| choice(u, 2)), [0, 0, 1, 1]);
    assert_eq!(choice(0.7, 0), 0);
}
