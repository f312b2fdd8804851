//! Checking what is in force against what was ever said: the last statement of each key that is
//! not a withdrawal, and nothing else. Rows are in order, and no statement is there twice.

use std::cmp::Ordering;

use crate::batch::intern;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::merge::{Groups, describe};
use crate::rewrite::in_order_of_time;
use crate::row::{Dict, Order, Ranks, Row};
use crate::runs::RowHeap;
use crate::snapshot::{OBSERVATIONS, OBSERVATIONS_LATEST, Snapshot, Tree};
use crate::verify::Violation;

/// Faults of one kind: the first one, and how many there are.
#[derive(Default)]
struct Faults(Vec<(&'static str, String, u64)>);

impl Faults {
    fn add(&mut self, what: &'static str, first: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|(known, ..)| *known == what) {
            Some((.., count)) => *count += 1,
            None => self.0.push((what, first(), 1)),
        }
    }
}

/// Rows that are not where they belong.
const DISORDER: &str = "rows of a file that are not in the order of the key";
/// Statements that are there twice.
const TWICE: &str = "statements of one key, instant and body";
/// Keys with two rows in force.
const DOUBLE: &str = "keys with more than one row in force";
/// Rows that nobody said last.
const OTHER: &str = "rows in force that are not the last statement of their key";
/// Rows that should be in force.
const MISSING: &str = "last statements that are not in force";

impl Lake {
    /// Compares the two tables of every dataset of a snapshot; gives the number of datasets that
    /// could be read.
    pub(crate) fn verify_in_force(&self, snapshot: &Snapshot, found: &mut Vec<Violation>) -> u64 {
        // Of format 1 the newest snapshot is read before it is brought over, never after.
        let Tree::Hashed(_) = &snapshot.tree else { return 0 };
        let snapshot = self.anew(snapshot);
        let mut datasets = 0;
        // What cannot be read was told before.
        for (source, dataset) in snapshot.datasets().unwrap_or_default() {
            let Ok(Some(document)) = snapshot.dataset_sha256(&source, &dataset) else { continue };
            let Ok(faults) = self.compare(&snapshot, (&source, &dataset)) else { continue };
            datasets += 1;
            found.extend(faults.0.into_iter().map(|(what, first, count)| Violation {
                path: self.documents().path(&document),
                found: format!("{source}/{dataset}: {count} {what}; the first: {first}"),
                expected: "what is in force to be what was said last, once, in order,".to_owned(),
            }));
        }
        datasets
    }

    fn compare(
        &self,
        snapshot: &Snapshot,
        (source, dataset): (&str, &str),
    ) -> Result<Faults, LakeError> {
        let (mut dict, mut faults) = (Dict::default(), Faults::default());
        let mut table = |table, dict: &mut Dict| -> Result<RowHeap, LakeError> {
            let mut rows = RowHeap::new(&self.tmp(), self.disk(), Order::Lake, self.threads());
            let mut last: Option<Row> = None;
            for file in snapshot.files_of(table, source, dataset)? {
                // Files of what is in force are one sequence.
                if table == OBSERVATIONS {
                    last = None;
                }
                let mut batches = self.read_files(vec![file]);
                while let Some(batch) = batches.next() {
                    let path = batches.current_path();
                    intern(&batch?, &path, dict, |dict, row| {
                        if last.is_some_and(|last| compare(dict, &last, &row) != Ordering::Less) {
                            faults.add(DISORDER, || describe(dict, &row));
                        }
                        last = Some(row);
                        rows.push(row, dict)
                    })?;
                }
            }
            Ok(rows)
        };
        let mut said = table(OBSERVATIONS, &mut dict)?;
        let mut in_force = table(OBSERVATIONS_LATEST, &mut dict)?;
        said.seal(&dict);
        in_force.seal(&dict);
        let ranks = Ranks::of(&dict, Order::Lake);
        let mut said = Groups::of(said.sorted(&ranks)?);
        let mut in_force = Groups::of(in_force.sorted(&ranks)?);
        let (mut statements, mut rows) = (Vec::new(), Vec::new());
        while let Some(key) = [said.key, in_force.key].into_iter().flatten().min() {
            said.take(key, &mut statements)?;
            in_force.take(key, &mut rows)?;
            compare_key(&dict, &mut statements, &rows, &mut faults);
        }
        Ok(faults)
    }
}

fn compare_key(dict: &Dict, statements: &mut [Row], rows: &[Row], faults: &mut Faults) {
    in_order_of_time(dict, statements);
    for pair in statements.windows(2) {
        if let [a, b] = pair
            && dict.moment(a) == dict.moment(b)
        {
            faults.add(TWICE, || describe(dict, b));
        }
    }
    let last = statements.last().filter(|row| !dict.is_withdrawn(row));
    match (rows, last) {
        ([], None) => {}
        ([], Some(last)) => faults.add(MISSING, || describe(dict, last)),
        ([row], Some(last)) if is_same(row, last) => {}
        ([row], _) => faults.add(OTHER, || describe(dict, row)),
        ([_, row, ..], _) => faults.add(DOUBLE, || describe(dict, row)),
    }
}

/// Every column of them.
fn is_same(a: &Row, b: &Row) -> bool {
    a.same_statement(b) && (a.text, a.payload, a.payload_row) == (b.text, b.payload, b.payload_row)
}

/// The order of files: key, then time.
fn compare(dict: &Dict, a: &Row, b: &Row) -> Ordering {
    let cut = |row: &Row| dict.cuts.get(row.cut).map(|id| dict.texts.get(id));
    let texts = |same: bool, a: &str, b: &str| if same { Ordering::Equal } else { a.cmp(b) };
    texts(a.series == b.series, dict.series.get(a.series), dict.series.get(b.series))
        .then_with(|| texts(a.area == b.area, dict.areas.get(a.area), dict.areas.get(b.area)))
        .then_with(|| if a.cut == b.cut { Ordering::Equal } else { cut(a).cmp(&cut(b)) })
        .then_with(|| a.period.cmp(&b.period))
        .then_with(|| dict.moment(a).cmp(&dict.moment(b)))
}
