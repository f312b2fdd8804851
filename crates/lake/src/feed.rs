//! Cutting a sequence of rows into row groups.

use crate::batch::columns;
use crate::error::LakeError;
use crate::pairs::{One, rising};
use crate::pool::{Pool, RowGroup, broken};
use crate::profile::Place;
use crate::row::{Dict, Row};
use crate::table::{Encoder, TableWriter, Written};

/// A table being fed row by row.
pub(crate) struct Feed<'e> {
    rows: Vec<Row>,
    place: Place,
    writer: TableWriter<'e>,
    encoder: &'e Encoder,
    /// What the rows of a file of the lake have to be; published files have another order.
    one: Option<One>,
}

impl<'e> Feed<'e> {
    pub(crate) fn new(place: Place, writer: TableWriter<'e>, encoder: &'e Encoder) -> Self {
        let one = (place == Place::Lake).then_some(One::PerStatement);
        Self { rows: Vec::new(), place, writer, encoder, one }
    }

    /// No key may come twice.
    pub(crate) fn one_per_key(self) -> Self {
        Self { one: Some(One::PerKey), ..self }
    }

    pub(crate) fn push(
        &mut self,
        row: Row,
        dict: &'e Dict,
        pool: &mut Pool<'e>,
    ) -> Result<(), LakeError> {
        self.rows.push(row);
        if self.rows.len() < self.place.row_group() { Ok(()) } else { self.flush(dict, pool) }
    }

    pub(crate) fn flush(&mut self, dict: &'e Dict, pool: &mut Pool<'e>) -> Result<(), LakeError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(self.place.row_group()));
        let (encoder, one) = (self.encoder, self.one);
        self.writer.submit(pool, move || {
            let block = columns(dict, &rows);
            let edges = one.map(|one| rising(&block, one)).transpose().map_err(broken)?.flatten();
            Ok(RowGroup { edges, ..encoder.columns.encode(&block)? })
        })
    }

    /// Closes the file under way: rows that follow begin another one.
    pub(crate) fn cut(&mut self, dict: &'e Dict, pool: &mut Pool<'e>) -> Result<(), LakeError> {
        self.flush(dict, pool)?;
        self.writer.cut();
        Ok(())
    }

    pub(crate) fn finish(
        mut self,
        dict: &'e Dict,
        pool: &mut Pool<'e>,
        at_least_one: bool,
    ) -> Result<Vec<Written>, LakeError> {
        self.flush(dict, pool)?;
        self.writer.finish(pool, at_least_one)
    }
}
