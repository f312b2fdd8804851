//! Writing statements anew: the rows of some files of a dataset in one sequence, in the order of
//! the key, the statements of a key in the order of time, in the columns of today.

use wsis_model::observation::{KEY, column, observation_schema};

use crate::batch::intern;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::lake::Lake;
use crate::merge::next_group;
use crate::pool::Pool;
use crate::profile::Place;
use crate::quarantine;
use crate::row::{Dict, Order, Ranks, Row};
use crate::runs::RowHeap;
use crate::segments::SEGMENT_ROWS;
use crate::snapshot::{FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST};
use crate::table::{Encoder, Spec, TableWriter, Written};

/// How the files of a table of a dataset are written.
pub(crate) fn spec(table: &'static str, source: &str, dataset: &str) -> Spec {
    let is_quarantine = matches!(table, QUARANTINE | QUARANTINE_PAST);
    Spec {
        kind: if is_quarantine { QUARANTINE } else { OBSERVATIONS },
        source: source.to_owned(),
        dataset: dataset.to_owned(),
        schema: if is_quarantine { quarantine::schema() } else { observation_schema() },
        sort: if is_quarantine {
            quarantine::SORT.map(str::to_owned).to_vec()
        } else {
            KEY.into_iter().chain([column::RECORDED_AT]).map(str::to_owned).collect()
        },
        place: Place::Lake,
        extra: Vec::new(),
    }
}

/// Puts statements of one key in the order of time. Two of one instant are told apart by the hash
/// of the body that they came in.
pub(crate) fn in_order_of_time(dict: &Dict, statements: &mut [Row]) {
    statements.sort_by(|a, b| dict.moment(a).cmp(&dict.moment(b)));
}

impl Lake {
    pub(crate) fn writer<'e>(
        &self,
        id: usize,
        spec: Spec,
        encoder: &'e Encoder,
    ) -> TableWriter<'e> {
        let folder = self.store().workshop(&format!("data/{}/{}", spec.source, spec.dataset));
        TableWriter::new(id, spec, encoder, self.disk(), &folder)
    }

    /// Gives files their names.
    pub(crate) fn place(&self, written: Vec<Written>) -> Result<Vec<FileEntry>, LakeError> {
        Written::place(written, &**self.store())
    }

    /// All rows of some files of observations of one dataset, sorted.
    pub(crate) fn load(
        &self,
        files: Vec<FileEntry>,
        dict: &mut Dict,
    ) -> Result<RowHeap, LakeError> {
        let mut rows = RowHeap::new(&self.tmp(), self.disk(), Order::Lake, self.threads());
        let mut batches = self.read_files(files);
        while let Some(batch) = batches.next() {
            let path = batches.current_path();
            intern(&batch?, &path, dict, |dict, row| rows.push(row, dict))?;
        }
        rows.seal(dict);
        Ok(rows)
    }

    /// Writes the statements of some files of observations of one dataset anew.
    pub(crate) fn rewrite(
        &self,
        table: &'static str,
        files: Vec<FileEntry>,
        (source, dataset): (&str, &str),
    ) -> Result<Vec<FileEntry>, LakeError> {
        let mut dict = Dict::default();
        let rows = self.load(files, &mut dict)?;
        let (dict, ranks) = (&dict, Ranks::of(&dict, Order::Lake));
        let spec = spec(table, source, dataset);
        let encoder = Encoder::new(&spec).map_err(|e| LakeError::parquet(self.root(), e))?;
        let written = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, self.threads());
            let writer = self.writer(0, spec, &encoder);
            let writer = match table {
                OBSERVATIONS_LATEST => writer.with_rows_max(SEGMENT_ROWS),
                _ => writer,
            };
            let mut feed = Feed::new(Place::Lake, writer, &encoder);
            let mut rows = rows.sorted(&ranks)?;
            let mut group = Vec::new();
            while next_group(&mut rows, &mut group)?.is_some() {
                in_order_of_time(dict, &mut group);
                for row in &group {
                    feed.push(*row, dict, &mut pool)?;
                }
            }
            feed.finish(dict, &mut pool, false)
        })?;
        self.place(written)
    }
}
