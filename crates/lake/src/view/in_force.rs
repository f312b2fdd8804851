//! Which rows of a dataset's files were in force at an instant: of each key the statement that was
//! recorded last, unless it is a withdrawal.

use arrow::array::{BooleanArray, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;
use wsis_model::observation::column;

use super::statements::{Numbered, Series, Statements};
use crate::batch::typed;
use crate::error::LakeError;
use crate::snapshot::FileEntry;
use crate::store::Store;

/// Of each file, in the order given, which rows were in force. The files are those of one dataset
/// in the order of their commits, each found to be what its snapshot says. `until` in µs since
/// 1970, UTC.
pub(super) fn in_force(
    store: &dyn Store,
    files: &[FileEntry],
    until: i64,
) -> Result<Vec<BooleanBuffer>, LakeError> {
    let mut rows: Vec<BooleanBufferBuilder> = Vec::with_capacity(files.len());
    for entry in files {
        let count = usize::try_from(entry.rows).unwrap_or(usize::MAX);
        let mut none = BooleanBufferBuilder::new(count);
        none.append_n(count, false);
        rows.push(none);
    }
    let mut statements = Statements::over(store, files, &[column::WITHDRAWN], until)?;
    let mut series = Series::default();
    let mut last: Numbered<u64, usize> = Numbered::default();
    while statements.next(&mut series)? {
        let mut withdrawn: Vec<&BooleanArray> = Vec::with_capacity(series.slices.len());
        for slice in &series.slices {
            let path = files.get(slice.file).map(|entry| store.shown(&entry.path));
            let path = path.unwrap_or_default();
            withdrawn.push(typed(&slice.batch, column::WITHDRAWN, &path)?);
        }
        let mut mark = |at: usize| {
            let Some(statement) = series.statements.get(at) else { return };
            let (slice, row) = (statement.slice as usize, statement.row as usize);
            if withdrawn.get(slice).is_some_and(|flags| flags.value(row)) {
                return;
            }
            let Some(slice) = series.slices.get(slice) else { return };
            if let Some(rows) =
                rows.get_mut(slice.file).filter(|it| slice.first_row + row < it.len())
            {
                rows.set_bit(slice.first_row + row, true);
            }
        };
        let one_file = series.slices.windows(2).all(|pair| match pair {
            [a, b] => a.file == b.file,
            _ => true,
        });
        if one_file {
            // Sorted by key and instant: the last of each key.
            let keys = series.statements.iter().map(|it| it.key);
            let next = keys.clone().skip(1).map(Some).chain([None]);
            for (at, (key, next)) in keys.zip(next).enumerate() {
                if next != Some(key) {
                    mark(at);
                }
            }
            continue;
        }
        last.clear();
        last.reserve(series.statements.len());
        for (at, statement) in series.statements.iter().enumerate() {
            let known = last.entry(statement.key).or_insert(at);
            // What was recorded at the same instant and committed later is in force.
            if series.statements.get(*known).is_some_and(|it| it.recorded <= statement.recorded) {
                *known = at;
            }
        }
        for &at in last.values() {
            mark(at);
        }
    }
    Ok(rows.into_iter().map(|mut rows| rows.finish()).collect())
}
