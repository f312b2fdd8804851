//! The statements of a dataset, all files together, taken series by series: the merge from which
//! follow what was in force at an instant and what was revised.
//!
//! Files are sorted by key, so those of one series lie together in each of them, and what is held
//! in memory is a batch of each file and one series. Windows over the key, as a query engine
//! would take them, took a hundred times as long.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::cast::AsArray as _;
use arrow::array::{ArrayAccessor as _, RecordBatch, StringArray, TypedDictionaryArray};
use arrow::datatypes::Int32Type;
use wsis_model::observation::column;

use super::cursor::{Cursor, Texts, VARYING, batch_rows};
use crate::error::LakeError;
use crate::snapshot::FileEntry;
use crate::store::Store;

/// Rows of a batch that belong to one series.
pub(super) struct Slice {
    /// Which of the files.
    pub(super) file: usize,
    /// Place of the first row in the file.
    pub(super) first_row: usize,
    pub(super) batch: RecordBatch,
}

impl Slice {
    /// The hashes of the bodies that its rows came in, where that column was read.
    pub(super) fn payloads(&self) -> Option<Payloads<'_>> {
        let column = self.batch.column_by_name(column::PAYLOAD)?;
        column.as_dictionary_opt::<Int32Type>()?.downcast_dict::<StringArray>()
    }
}

/// Hashes of bodies, by row.
pub(super) type Payloads<'a> = TypedDictionaryArray<'a, Int32Type, StringArray>;

/// The hash of a body, by slice and row; empty where it was not read.
pub(super) fn payload<'a>(all: &[Option<Payloads<'a>>], it: &Statement) -> &'a str {
    let of_slice = all.get(it.slice as usize).copied().flatten();
    of_slice.map_or("", |payloads| payloads.value(it.row as usize))
}

/// One statement. Those of one series with equal keys speak of the same observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) key: u64,
    /// µs since 1970, UTC.
    pub(super) recorded: i64,
    /// Where it stands.
    pub(super) slice: u32,
    pub(super) row: u32,
}

/// The statements of one series, in the order of files (that of their commits) and rows.
#[derive(Default)]
pub(super) struct Series {
    pub(super) slices: Vec<Slice>,
    pub(super) statements: Vec<Statement>,
}

/// What stands between the leading column and the last one of a key.
type Middle = [u32; VARYING - 2];

/// Numbers by numbers that were given in order: nobody chooses them, so mixing them is enough.
pub(super) type Numbered<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// Folded multiplication.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0_u8; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = (product as u64) ^ ((product >> 64) as u64);
        self.0 = folded;
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Takes the statements of some files, series by series.
pub(super) struct Statements {
    cursors: Vec<Cursor>,
    texts: Texts,
    middles: Numbered<Middle, u32>,
    /// Statements recorded later are passed over, µs since 1970.
    until: i64,
    begun: bool,
}

impl Statements {
    /// Over the files of one dataset, in the order of their commits, each found to be what its
    /// snapshot says; `more` are columns that are read besides key and instant.
    pub(super) fn over(
        store: &dyn Store,
        files: &[FileEntry],
        more: &[&str],
        until: i64,
    ) -> Result<Self, LakeError> {
        let rows = batch_rows(files.len());
        let cursors = files.iter().map(|entry| Cursor::open(store, entry, more, rows));
        Ok(Self {
            cursors: cursors.collect::<Result<_, _>>()?,
            texts: Texts::default(),
            middles: Numbered::default(),
            until,
            begun: false,
        })
    }

    /// Puts the statements of the next series, in the order of their codes, in the place of those
    /// of the one before; false when there is none.
    pub(super) fn next(&mut self, series: &mut Series) -> Result<bool, LakeError> {
        series.slices.clear();
        series.statements.clear();
        self.middles.clear();
        if !self.begun {
            self.begun = true;
            for cursor in &mut self.cursors {
                cursor.fill(&mut self.texts)?;
            }
        }
        let leads = self.cursors.iter().filter_map(Cursor::lead);
        let first = leads.min_by(|&a, &b| self.texts.lead(a).cmp(self.texts.lead(b)));
        let Some(lead) = first else { return Ok(false) };
        for file in 0..self.cursors.len() {
            while self.cursors.get(file).and_then(Cursor::lead) == Some(lead) {
                self.take(file, lead, series);
                if let Some(cursor) = self.cursors.get_mut(file) {
                    cursor.fill(&mut self.texts)?;
                }
            }
        }
        Ok(true)
    }

    fn take(&mut self, file: usize, lead: u32, series: &mut Series) {
        let Some(cursor) = self.cursors.get_mut(file) else { return };
        let range = cursor.take(lead);
        let Some(block) = &cursor.block else { return };
        let (Some(slice), Some(lasts)) =
            (u32::try_from(series.slices.len()).ok(), block.ids.last())
        else {
            return;
        };
        let mut before: Option<(Middle, u32)> = None;
        for (row, at) in (0_u32..).zip(range.clone()) {
            let recorded = block.recorded.value(at);
            if recorded > self.until {
                continue;
            }
            let middle: Middle = std::array::from_fn(|column| {
                block.ids.get(column + 1).and_then(|ids| ids.get(at)).copied().unwrap_or(0)
            });
            // Neighbours mostly differ in the last column only.
            let number = match before {
                Some((same, number)) if same == middle => number,
                _ => {
                    let next = u32::try_from(self.middles.len()).unwrap_or(u32::MAX);
                    *self.middles.entry(middle).or_insert(next)
                }
            };
            before = Some((middle, number));
            let last = lasts.get(at).copied().unwrap_or(0);
            let key = u64::from(number) << 32 | u64::from(last);
            series.statements.push(Statement { key, recorded, slice, row });
        }
        let batch = block.batch.slice(range.start, range.len());
        series.slices.push(Slice { file, first_row: block.first_row + range.start, batch });
    }
}
