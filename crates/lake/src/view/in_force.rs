//! Which rows of a dataset's files were in force at an instant: of each key the statement that was
//! recorded last, unless it is a withdrawal. Of two that were recorded at one instant, that of the
//! body with the greater hash is the later one (`Dict::moment`).

use arrow::array::{BooleanArray, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;
use wsis_model::observation::column;

use super::statements::{Numbered, Payloads, Series, Slice, Statements, payload};
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
    // Hashes of bodies are read only where one is needed to tell: hardly ever.
    let mut pass = Pass::over(store, files);
    if pass.read(&[column::WITHDRAWN], until)? == Told::Tied {
        pass = Pass::over(store, files);
        pass.read(&[column::WITHDRAWN, column::PAYLOAD], until)?;
    }
    Ok(pass.rows.into_iter().map(|mut rows| rows.finish()).collect())
}

/// Whether instants alone told which statement is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Apart,
    /// Two statements of one key were recorded at one instant, and their bodies are not known.
    Tied,
}

/// A pass over the files, and the rows that were found to be in force.
struct Pass<'a> {
    store: &'a dyn Store,
    files: &'a [FileEntry],
    rows: Vec<BooleanBufferBuilder>,
}

impl<'a> Pass<'a> {
    fn over(store: &'a dyn Store, files: &'a [FileEntry]) -> Self {
        let none = |entry: &FileEntry| {
            let count = usize::try_from(entry.rows).unwrap_or(usize::MAX);
            let mut none = BooleanBufferBuilder::new(count);
            none.append_n(count, false);
            none
        };
        Self { store, files, rows: files.iter().map(none).collect() }
    }

    fn read(&mut self, columns: &[&str], until: i64) -> Result<Told, LakeError> {
        let mut statements = Statements::over(self.store, self.files, columns, until)?;
        let knows_bodies = columns.contains(&column::PAYLOAD);
        let mut series = Series::default();
        let mut last = Numbered::default();
        while statements.next(&mut series)? {
            let of_one_file = series.slices.windows(2).all(|pair| match pair {
                [a, b] => a.file == b.file,
                _ => true,
            });
            if of_one_file {
                self.mark(&series, last_of_each(&series))?;
            } else if newest(&series, knows_bodies, &mut last) == Told::Apart {
                self.mark(&series, last.values().copied())?;
            } else {
                return Ok(Told::Tied);
            }
        }
        Ok(Told::Apart)
    }

    /// Marks the rows of statements, but for those that say that there is none any more.
    fn mark(
        &mut self,
        series: &Series,
        found: impl Iterator<Item = usize>,
    ) -> Result<(), LakeError> {
        let flags = |slice: &'_ Slice| -> Result<BooleanArray, LakeError> {
            let path = self.files.get(slice.file).map(|entry| self.store.shown(&entry.path));
            typed(&slice.batch, column::WITHDRAWN, &path.unwrap_or_default()).cloned()
        };
        let withdrawn = series.slices.iter().map(flags).collect::<Result<Vec<_>, _>>()?;
        for statement in found.filter_map(|at| series.statements.get(at)) {
            let (number, row) = (statement.slice as usize, statement.row as usize);
            if withdrawn.get(number).is_some_and(|flags| flags.value(row)) {
                continue;
            }
            let Some(slice) = series.slices.get(number) else { continue };
            let at = slice.first_row + row;
            if let Some(rows) = self.rows.get_mut(slice.file).filter(|rows| at < rows.len()) {
                rows.set_bit(at, true);
            }
        }
        Ok(())
    }
}

/// Within one file rows are sorted by key and time: the last of each key.
fn last_of_each(series: &Series) -> impl Iterator<Item = usize> {
    let keys = series.statements.iter().map(|it| it.key);
    let next = keys.clone().skip(1).map(Some).chain([None]);
    let keys = keys.zip(next).enumerate();
    keys.filter(|(_, (key, next))| *next != Some(*key)).map(|(at, _)| at)
}

/// Of each key the place of the newest statement.
fn newest(series: &Series, knows_bodies: bool, last: &mut Numbered<u64, usize>) -> Told {
    let bodies: Vec<Option<Payloads<'_>>> = series.slices.iter().map(Slice::payloads).collect();
    last.clear();
    last.reserve(series.statements.len());
    for (at, statement) in series.statements.iter().enumerate() {
        let known = last.entry(statement.key).or_insert(at);
        let Some(before) = series.statements.get(*known).filter(|_| *known != at) else { continue };
        let is_tie = before.recorded == statement.recorded;
        if is_tie && !knows_bodies {
            return Told::Tied;
        }
        let is_newer = if is_tie {
            payload(&bodies, before) <= payload(&bodies, statement)
        } else {
            before.recorded < statement.recorded
        };
        if is_newer {
            *known = at;
        }
    }
    Told::Apart
}
