//! What became of statements: each that followed another one of the same observation, with both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::compute::{cast, interleave};
use arrow::datatypes::DataType;
use wsis_model::observation::{KEY, column};
use wsis_model::revision::{self, Kind};

use super::View;
use super::statements::{Series, Slice, Statement, Statements, payload};
use crate::batch::typed;
use crate::error::LakeError;
use crate::snapshot::{ChangeKind, FileEntry, OBSERVATIONS};

/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;

/// Where a statement stands: slice and row.
type Place = (usize, usize);

/// A statement and the one that it followed.
struct Pair {
    old: Place,
    new: Place,
    kind: Kind,
}

/// The dataset under way.
struct Dataset {
    source: String,
    dataset: String,
    files: Vec<FileEntry>,
    /// When something was corrected by hand, and what that is called.
    ours: BTreeMap<i64, Kind>,
    statements: Statements,
}

/// Batches under [`revision::revision_schema`]: by dataset and series, what follows of one
/// observation in the order in which it was recorded.
pub struct Revisions {
    view: View,
    /// Still to read, last first.
    datasets: Vec<(String, String)>,
    now: Option<Dataset>,
    series: Series,
    /// Of the series under way, last first.
    pairs: Vec<Pair>,
}

impl Revisions {
    pub(super) fn new(view: View, datasets: Vec<(String, String)>) -> Self {
        Self { view, datasets, now: None, series: Series::default(), pairs: Vec::new() }
    }

    /// The next batch; none at the end.
    fn advance(&mut self) -> Result<Option<RecordBatch>, LakeError> {
        while self.pairs.is_empty() {
            let Some(dataset) = &mut self.now else {
                let Some((source, dataset)) = self.datasets.pop() else { return Ok(None) };
                self.now = Some(self.open(source, dataset)?);
                continue;
            };
            if dataset.statements.next(&mut self.series)? {
                self.pairs = pairs(&mut self.series, (&dataset.files, &dataset.ours), &self.view)?;
                self.pairs.reverse();
            } else {
                self.now = None;
            }
        }
        let Some(dataset) = &self.now else { return Ok(None) };
        let rest = self.pairs.len().saturating_sub(BATCH_ROWS);
        let mut part = self.pairs.split_off(rest);
        part.reverse();
        let root = self.view.lake().root();
        let batch = batch(dataset, &self.series, &part);
        batch.map(Some).map_err(|e| LakeError::encoding(root, &e))
    }

    fn open(&self, source: String, dataset: String) -> Result<Dataset, LakeError> {
        let files = self.view.files_until(OBSERVATIONS, &source, &dataset)?;
        let more: Vec<&str> = [column::WITHDRAWN, column::YEAR]
            .into_iter()
            .chain(revision::FACTS)
            .chain(revision::ORIGIN)
            .filter(|name| *name != column::RECORDED_AT)
            .collect();
        let store = self.view.lake().store();
        let statements = Statements::over(&**store, &files, &more, self.view.until())?;
        let document = self.view.snapshot.dataset(&source, &dataset)?.unwrap_or_default();
        let ours = document.corrections.iter().map(|it| {
            let retired = it.kind == ChangeKind::Retire;
            (it.at, if retired { Kind::Retired } else { Kind::Corrected })
        });
        Ok(Dataset { source, dataset, files, ours: ours.collect(), statements })
    }
}

impl Iterator for Revisions {
    type Item = Result<RecordBatch, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose()?;
        if next.is_err() {
            self.datasets.clear();
            self.pairs.clear();
            self.now = None;
        }
        Some(next)
    }
}

/// Each statement of a series that follows another one of its observation.
fn pairs(
    series: &mut Series,
    (files, ours): (&[FileEntry], &BTreeMap<i64, Kind>),
    view: &View,
) -> Result<Vec<Pair>, LakeError> {
    // Of two that were recorded at one instant, that of the body with the greater hash is later.
    let bodies: Vec<_> = series.slices.iter().map(Slice::payloads).collect();
    series.statements.sort_by(|a, b| {
        let time = |it: &Statement| (it.key, it.recorded);
        time(a).cmp(&time(b)).then_with(|| payload(&bodies, a).cmp(payload(&bodies, b)))
    });
    let mut values = Vec::with_capacity(series.slices.len());
    for slice in &series.slices {
        let path = files.get(slice.file).map_or_else(PathBuf::new, |it| view.lake().path(it));
        values.push((
            typed::<Float64Array>(&slice.batch, column::VALUE, &path)?,
            typed::<BooleanArray>(&slice.batch, column::WITHDRAWN, &path)?,
        ));
    }
    let fact = |it: &Statement| {
        let (value, withdrawn) = values.get(it.slice as usize)?;
        let row = it.row as usize;
        let value = value.is_valid(row).then(|| value.value(row).to_bits());
        Some((value, withdrawn.value(row)))
    };
    let place = |it: &Statement| (it.slice as usize, it.row as usize);
    let followed = series.statements.iter().zip(series.statements.iter().skip(1));
    let followed = followed.filter(|(old, new)| old.key == new.key);
    let pair = |(old, new): (&Statement, &Statement)| {
        let ((before, gone), (after, goes)) = (fact(old)?, fact(new)?);
        let same_body = payload(&bodies, old) == payload(&bodies, new);
        let kind = match (gone, goes) {
            _ if ours.contains_key(&new.recorded) => *ours.get(&new.recorded)?,
            // A mapping was corrected, or a decoder mended: it is no act of the source.
            _ if same_body && !payload(&bodies, new).is_empty() => Kind::Reread,
            (_, true) => Kind::Withdrawn,
            (true, false) => Kind::Restored,
            (false, false) if before != after => Kind::Revised,
            (false, false) => Kind::Annotated,
        };
        Some(Pair { old: place(old), new: place(new), kind })
    };
    Ok(followed.filter_map(pair).collect())
}

fn batch(
    dataset: &Dataset,
    series: &Series,
    pairs: &[Pair],
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let old: Vec<Place> = pairs.iter().map(|pair| pair.old).collect();
    let new: Vec<Place> = pairs.iter().map(|pair| pair.new).collect();
    let schema = revision::revision_schema();
    let constant =
        |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; pairs.len()])) };
    let taken = |name: &str, places: &[Place]| {
        let found = |it: &Slice| it.batch.column_by_name(name).cloned();
        let arrays: Option<Vec<ArrayRef>> = series.slices.iter().map(found).collect();
        let arrays = arrays.unwrap_or_default();
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        let array = interleave(&arrays, places)?;
        match array.data_type() {
            DataType::Dictionary(_, _) => cast(&array, &DataType::Utf8),
            _ => Ok(array),
        }
    };
    let mut columns = vec![constant(&dataset.source), constant(&dataset.dataset)];
    for name in KEY.iter().skip(columns.len()) {
        columns.push(taken(name, &new)?);
    }
    columns.push(taken(column::YEAR, &new)?);
    columns.push(Arc::new(pairs.iter().map(|it| Some(it.kind.code())).collect::<StringArray>()));
    for name in revision::FACTS.into_iter().chain(revision::ORIGIN) {
        columns.push(taken(name, &old)?);
        columns.push(taken(name, &new)?);
    }
    RecordBatch::try_new(schema, columns)
}
