//! The records of one key in a delivery. A payload may hold millions of them, so they are counted one
//! by one, and only those are held that can be set aside.

use std::collections::BTreeSet;

use wsis_model::quarantine::Reason;

use crate::merge::value_text;
use crate::row::{Dict, Row};

/// Values that are named where records contradict each other: more than the text of a record set
/// aside has room for.
const VALUES_NAMED: usize = 200;

/// Records of one key.
pub(crate) struct Group {
    first: Row,
    /// Of equal records the one of the payload with the smallest hash: which of two files was
    /// received first is chance, and must not show in the lake.
    pub(crate) chosen: Row,
    pub(crate) count: u64,
    /// How many have no value.
    pub(crate) missing: u64,
    /// Whether two of them stand on different pages of one answer.
    pub(crate) overlaps: bool,
    /// Of records that differ the first values in the order of their texts.
    values: BTreeSet<String>,
    /// The first records by payload and place, up to twice as many as are asked for.
    sample: Vec<Row>,
    /// None that comes after this one is among them.
    bar: Option<Row>,
}

impl Group {
    /// Of its first record.
    pub(crate) fn of(row: Row) -> Self {
        Self {
            first: row,
            chosen: row,
            count: 1,
            missing: u64::from(row.is_missing()),
            overlaps: false,
            values: BTreeSet::new(),
            sample: Vec::new(),
            bar: None,
        }
    }

    /// One more record; of all at most `sample_max` are held.
    pub(crate) fn add(&mut self, row: Row, dict: &Dict, sample_max: usize) {
        if self.count == 1 {
            self.sample.push(self.first);
        }
        self.count += 1;
        self.missing += u64::from(row.is_missing());
        if place(dict, &row) < place(dict, &self.chosen) {
            self.chosen = row;
        }
        if self.is_conflict() || !row.same_statement(&self.first) {
            if self.values.is_empty() {
                self.values.insert(value_text(&self.first));
            }
            self.values.insert(value_text(&row));
            if self.values.len() > VALUES_NAMED {
                self.values.pop_last();
            }
        }
        if self.bar.is_some_and(|bar| place(dict, &bar) < place(dict, &row)) {
            return;
        }
        self.sample.push(row);
        if self.sample.len() > sample_max.saturating_mul(2) {
            self.cut(dict, sample_max);
            self.bar = self.sample.last().copied();
        }
    }

    /// Whether its records say different things.
    pub(crate) fn is_conflict(&self) -> bool {
        !self.values.is_empty()
    }

    /// The different values as texts; of very many the first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// The first of its records by payload and place.
    pub(crate) fn sample(&self, dict: &Dict, most: usize) -> Vec<Row> {
        let mut rows = self.sample.clone();
        rows.sort_by(|a, b| place(dict, a).cmp(&place(dict, b)));
        rows.truncate(most);
        rows
    }

    fn cut(&mut self, dict: &Dict, most: usize) {
        self.sample.sort_by(|a, b| place(dict, a).cmp(&place(dict, b)));
        self.sample.truncate(most);
    }
}

/// Where a record stands: its payload by hash and instant, and its place in it.
fn place<'d>(dict: &'d Dict, row: &Row) -> (Option<(&'d String, i64)>, i64) {
    let payload = dict.payloads.get(row.payload as usize);
    (payload.map(|payload| (&payload.id, payload.recorded_at)), row.payload_row)
}

/// Records of one key that contradict each other, or are not believed.
pub(crate) struct Conflict {
    pub(crate) reason: Reason,
    pub(crate) rows: Vec<Row>,
    /// What is wrong with them.
    pub(crate) detail: String,
}

impl Conflict {
    pub(crate) fn of(group: &Group, dict: &Dict, most: usize) -> Self {
        let values: Vec<&str> = group.values().collect();
        let detail = format!(
            "{} records of one key differ (values {}); one statement per key would be right",
            group.count,
            values.join(", "),
        );
        Self::with(Reason::Conflict, group.sample(dict, most), &detail)
    }

    pub(crate) fn with(reason: Reason, rows: Vec<Row>, detail: &str) -> Self {
        Self { reason, rows, detail: detail.chars().take(500).collect() }
    }
}

#[cfg(test)]
mod tests {
    use wsis_model::period::Period;

    use super::*;
    use crate::row::Payload;

    fn row(payload_row: i64, value: f64) -> Row {
        let period = Period::annual(2020).unwrap();
        let (set, series, area, cut, attr, text, payload) = (0, 0, 0, 0, 0, 0, 0);
        Row { set, series, area, cut, period, attr, text, payload, value, payload_row }
    }

    /// A million records of one key take the room of those that are kept, and which these are does
    /// not depend on the order in which they come.
    #[test]
    fn trial_p31_records_of_one_key_are_counted_and_not_held() {
        let mut dict = Dict::default();
        dict.payload(&Payload { recorded_at: 1, id: "a".to_owned(), released_at: None });
        let all: Vec<Row> = (1..=100_000_i32).map(|at| row(i64::from(at), f64::from(at))).collect();
        let fold = |rows: &mut dyn Iterator<Item = &Row>| {
            let mut group = Group::of(*rows.next().unwrap());
            for row in rows {
                group.add(*row, &dict, 10);
                assert!(group.sample.len() <= 20 && group.values.len() <= VALUES_NAMED);
            }
            let kept: Vec<i64> =
                group.sample(&dict, 10).iter().map(|row| row.payload_row).collect();
            let values: Vec<String> = group.values().map(str::to_owned).collect();
            assert_eq!((group.count, group.missing, group.chosen.payload_row), (100_000, 0, 1));
            (kept, values)
        };
        let forward = fold(&mut all.iter());
        assert_eq!(forward.0, (1..=10).collect::<Vec<i64>>());
        assert_eq!(forward.1[..4], ["1", "10", "100", "1000"]);
        assert!(fold(&mut all.iter().rev()) == forward);
        let mut middle = all.iter().step_by(2).chain(all.iter().skip(1).step_by(2).rev());
        assert!(fold(&mut middle) == forward);
        // Equal ones are no conflict, however many there are.
        let mut same = Group::of(row(2, 5.0));
        for at in (3..1_000).chain([1]) {
            same.add(row(at, 5.0), &dict, 0);
        }
        assert_eq!((same.is_conflict(), same.count, same.chosen.payload_row), (false, 999, 1));
        assert!(same.sample.len() <= 1);
    }
}
