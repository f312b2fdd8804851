//! What a commit asserts of itself before anything of it is visible, in release builds too: the
//! account of the records is counted a second time, apart from the first, and the rows are compared
//! as they are written, by their texts, where the merge compares numbers.

use std::cmp::Ordering;

use arrow::array::{
    Array as _, ArrayRef, Int32Array, StringArray, TimestampMicrosecondArray, UInt32Array,
};
use wsis_model::count::RowCount;
use wsis_model::invariant::{Breach, accounted, first_not_greater};
use wsis_model::observation::{KEY, column};

use crate::chunk::{Block, Column};
use crate::collector::Collector;

/// Parsed = accepted + quarantined, for each payload and for the run (I1).
pub(crate) fn accounts(collector: &Collector, run: &RowCount) -> Result<(), Breach> {
    let (mut accepted, mut quarantined) = (0, collector.conflicting);
    for (id, account) in collector.payloads.iter().zip(&collector.accounts) {
        let payload = collector.dict.payloads.get(*id as usize).map_or("", |it| it.id.as_str());
        let what = format!("payload {payload}");
        accounted(&what, account.parsed, account.accepted, account.quarantined)?;
        accepted += account.accepted;
        quarantined += account.quarantined;
    }
    accounted("the run", run.parsed, run.accepted, run.quarantined)?;
    let what = "the payloads of the run";
    accounted(what, run.parsed, accepted.saturating_sub(collector.conflicting), run.quarantined)?;
    accounted(what, run.parsed, run.accepted, quarantined)?;
    let reasons = collector.by_reason.values().sum();
    accounted("the reasons of the run", run.parsed, run.accepted, reasons)
}

/// Of what a table holds one row at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum One {
    /// Of each key: what is in force.
    PerKey,
    /// Of each statement: a payload says one thing of a key.
    PerStatement,
}

impl One {
    fn columns(self) -> impl Iterator<Item = &'static str> {
        let more: &[&str] = match self {
            Self::PerKey => &[],
            Self::PerStatement => &[column::RECORDED_AT, column::PAYLOAD],
        };
        KEY.into_iter().chain(more.iter().copied())
    }

    fn expected(self) -> String {
        let what = match self {
            Self::PerKey => "one row of each key, sorted by it",
            Self::PerStatement => "one row of each statement, sorted by key and time",
        };
        what.to_owned()
    }
}

/// The first and the last row of a row group, in the columns that it is sorted by.
#[derive(Debug)]
pub(crate) struct Edges {
    one: One,
    first: Vec<Cell>,
    last: Vec<Cell>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Text(String),
    Number(i64),
}

/// A column that rows are compared by; what else there is says nothing.
enum Cells<'a> {
    Text(&'a StringArray),
    Coded(&'a StringArray, &'a UInt32Array),
    Year(&'a Int32Array),
    Instant(&'a TimestampMicrosecondArray),
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef) -> Option<Self> {
        let any = array.as_any();
        let text = any.downcast_ref().map(Self::Text);
        let year = || any.downcast_ref().map(Self::Year);
        text.or_else(year).or_else(|| any.downcast_ref().map(Self::Instant))
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Text(column) => column.value(a).cmp(column.value(b)),
            Self::Coded(texts, keys) => match (keys.value(a), keys.value(b)) {
                (a, b) if a == b => Ordering::Equal,
                (a, b) => texts.value(a as usize).cmp(texts.value(b as usize)),
            },
            Self::Year(column) => column.value(a).cmp(&column.value(b)),
            Self::Instant(column) => column.value(a).cmp(&column.value(b)),
        }
    }

    fn cell(&self, at: usize) -> Cell {
        match self {
            Self::Text(column) => Cell::Text(column.value(at).to_owned()),
            Self::Coded(texts, keys) => Cell::Text(texts.value(keys.value(at) as usize).to_owned()),
            Self::Year(column) => Cell::Number(column.value(at).into()),
            Self::Instant(column) => Cell::Number(column.value(at)),
        }
    }
}

/// Whether the rows of a row group rise strictly (I3).
pub(crate) fn rising(block: &Block, one: One) -> Result<Option<Edges>, Breach> {
    let columns = one.columns().filter_map(|name| match block.column(name)? {
        Column::Same(one) => Some((Cells::of(one)?, true)),
        Column::Each(each) => Some((Cells::of(each)?, false)),
        Column::Coded(texts, keys) => Some((Cells::Coded(texts, keys), false)),
    });
    let columns: Vec<(Cells<'_>, bool)> = columns.collect();
    let row = |at| {
        let cells = columns.iter().map(|(column, same)| column.cell(if *same { 0 } else { at }));
        cells.collect::<Vec<Cell>>()
    };
    // Columns of one value tell no two rows apart.
    let varying: Vec<&Cells<'_>> =
        columns.iter().filter(|(_, same)| !same).map(|(column, _)| column).collect();
    let compare = |a: usize, b: usize| {
        let mut orders = varying.iter().map(|column| column.compare(a, b));
        orders.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
    };
    let Some(last) = block.rows.checked_sub(1) else { return Ok(None) };
    match first_not_greater(block.rows, compare) {
        None => Ok(Some(Edges { one, first: row(0), last: row(last) })),
        Some(at) => Err(disorder(one, &row(at - 1), &row(at))),
    }
}

impl Edges {
    /// Whether this row group begins after the end of the one before it.
    pub(crate) fn follow(&self, before: &Self) -> Result<(), Breach> {
        if self.first > before.last {
            return Ok(());
        }
        Err(disorder(self.one, &before.last, &self.first))
    }
}

fn disorder(one: One, before: &[Cell], after: &[Cell]) -> Breach {
    let told = |row: &[Cell]| {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    let found = format!("the row {:?} is to be stored after {:?}", told(after), told(before));
    Breach { id: "I3", found, expected: one.expected() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::{DateTime, Utc};
    use wsis_model::observation::{Observation, RowSink as _, TOTAL, observation_schema};
    use wsis_model::payload::RawId;
    use wsis_model::period::Period;
    use wsis_model::pipeline::Gates;
    use wsis_model::quarantine::{Reason, Rejected};
    use wsis_model::status::ObsStatus;

    use super::{One, rising};
    use crate::batch::columns;
    use crate::collector::Collector;
    use crate::durable::Disk;
    use crate::error::{LakeError, LakeErrorKind};
    use crate::feed::Feed;
    use crate::lake::Lake;
    use crate::pool::Pool;
    use crate::profile::Place;
    use crate::row::Order;
    use crate::runs::RowHeap;
    use crate::snapshot::At;
    use crate::table::{Encoder, Spec, TableWriter};

    const FIVE: [(i32, f64); 5] = [(2001, 1.0), (2002, 2.0), (2003, 3.0), (2004, 4.0), (2005, 5.0)];

    fn filled(lake: &Lake) -> Collector {
        let mut collector = lake.collector("worldbank", "WDI");
        let at = DateTime::<Utc>::from_timestamp(1_700_000_000, 0).unwrap();
        collector.begin_payload(&RawId::of(b"a body"), at, None);
        for (year, value) in FIVE {
            collector.accept(&observation(year, value));
        }
        collector.reject(Rejected {
            reason: Reason::UnknownArea,
            detail: "no such area".to_owned(),
            payload_row: 6,
            record: "Atlantis".to_owned(),
            place: None,
            subject: None,
        });
        collector
    }

    fn observation(year: i32, value: f64) -> Observation<'static> {
        Observation {
            series_code: "S",
            ref_area: "KEN",
            sex: TOTAL,
            age: TOTAL,
            location: TOTAL,
            dimensions: "",
            period: Period::annual(year).unwrap(),
            value: Some(value),
            value_text: None,
            unit: "%",
            obs_status: ObsStatus::Normal,
            source_flag: None,
            footnote: None,
            payload_row: i64::from(year),
        }
    }

    /// What is lost on the way from a decoder to the lake stops the commit, in words.
    #[test]
    fn invariant_i1_a_commit_that_does_not_add_up_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path()).unwrap();
        let spoil: [fn(&mut Collector); 5] = [
            |it| it.parsed += 1,
            |it| it.accounts[0].parsed += 1,
            |it| it.accounts[0].accepted -= 1,
            |it| it.store = RowHeap::new(Path::new(""), &Disk::default(), Order::Lake, 1),
            |it| it.by_reason.clear(),
        ];
        for spoil in spoil {
            let mut collector = filled(&lake);
            spoil(&mut collector);
            let error = lake.commit(collector, &Gates::OPEN).unwrap_err();
            assert_eq!(error.kind(), LakeErrorKind::Internal);
            let text = error.to_string();
            assert!(text.starts_with("worldbank/WDI: not committed: "), "{text}");
            assert!(text.contains("parsed = accepted + quarantined would be right"), "{text}");
            assert!(text.contains("(invariant I1)"), "{text}");
            assert!(lake.snapshot(At::Head).unwrap().is_none(), "nothing of it is stored");
        }
        let done = lake.commit(filled(&lake), &Gates::OPEN).unwrap();
        assert_eq!((done.count.parsed, done.count.accepted, done.count.quarantined), (6, 5, 1));
    }

    /// Rows that contradict each other are taken back from those accepted.
    #[test]
    fn invariant_i1_records_set_aside_for_a_contradiction_stay_counted() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path()).unwrap();
        let mut collector = filled(&lake);
        collector.accept(&observation(2003, 33.0));
        let done = lake.commit(collector, &Gates::OPEN).unwrap();
        assert_eq!((done.count.parsed, done.count.accepted, done.count.quarantined), (7, 4, 3));
    }

    #[test]
    fn invariant_i3_rows_out_of_order_and_keys_twice_are_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path()).unwrap();
        let mut collector = filled(&lake);
        collector.store.seal(&collector.dict);
        let rows: Vec<_> = {
            let ranks = crate::row::Ranks::of(&collector.dict, Order::Lake);
            let mut sorted = collector.store.sorted(&ranks).unwrap();
            std::iter::from_fn(|| sorted.next().unwrap().map(|(_, row)| row)).collect()
        };
        let batch = |order: &[usize]| {
            let rows: Vec<_> = order.iter().map(|&at| rows[at]).collect();
            columns(&collector.dict, &rows)
        };
        for one in [One::PerKey, One::PerStatement] {
            assert!(rising(&batch(&[]), one).unwrap().is_none());
            let edges = rising(&batch(&[0, 1, 3]), one).unwrap().unwrap();
            assert!(rising(&batch(&[4]), one).unwrap().unwrap().follow(&edges).is_ok());
            for wrong in [&[0, 2, 1, 3][..], &[0, 1, 1], &[1, 0]] {
                let told = rising(&batch(wrong), one).unwrap_err().to_string();
                assert!(told.contains("invariant I3") && told.contains("KEN"), "{told}");
            }
            for wrong in [0, 2, 3] {
                assert!(rising(&batch(&[wrong]), one).unwrap().unwrap().follow(&edges).is_err());
            }
        }
        // Within a row group, and from one to the next.
        for split in [false, true] {
            let told = written(&lake, &collector, &[rows[1], rows[1]], split).unwrap_err();
            assert!(matches!(told, LakeError::Broken(_)), "{told}");
            assert!(written(&lake, &collector, &[rows[0], rows[1]], split).is_ok());
        }
    }

    /// Writes rows as those in force, in one row group or in one each.
    fn written(
        lake: &Lake,
        collector: &Collector,
        rows: &[crate::row::Row],
        split: bool,
    ) -> Result<(), LakeError> {
        let spec = Spec {
            kind: crate::snapshot::OBSERVATIONS,
            source: "worldbank".to_owned(),
            dataset: "WDI".to_owned(),
            schema: observation_schema(),
            sort: wsis_model::observation::KEY.map(str::to_owned).to_vec(),
            place: Place::Lake,
            extra: Vec::new(),
        };
        let encoder = Encoder::new(&spec).unwrap();
        std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, 2);
            let writer = TableWriter::new(0, spec, &encoder, lake.disk(), lake.root());
            let mut feed = Feed::new(Place::Lake, writer, &encoder).one_per_key();
            for row in rows {
                feed.push(*row, &collector.dict, &mut pool)?;
                if split {
                    feed.flush(&collector.dict, &mut pool)?;
                }
            }
            feed.finish(&collector.dict, &mut pool, false).map(drop)
        })
    }
}
