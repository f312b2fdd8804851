//! The files of what is in force, by ranges of the key: a commit writes those ranges anew in which
//! something changes, and leaves the files of the others as they are.

use crate::row::{Key, Ranks, Row};
use crate::snapshot::FileEntry;

/// Rows of a file of what is in force: as few as one row group, so that a change of one series
/// rewrites little.
pub(crate) const SEGMENT_ROWS: u64 = 131_072;

/// A file of what is in force, with its first and last row.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) entry: FileEntry,
    pub(crate) first: Row,
    pub(crate) last: Row,
}

/// The files of what is in force of a dataset, in the order of the key.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// By range its files: one, unless ranges of files overlap.
    ranges: Vec<(Key, Vec<FileEntry>)>,
}

impl Segments {
    /// Files in any order; those that overlap are one range.
    pub(crate) fn of(files: &[Segment], ranks: &Ranks) -> Self {
        let mut known: Vec<(Key, Key, &FileEntry)> = files
            .iter()
            .map(|file| (ranks.key(&file.first), ranks.key(&file.last), &file.entry))
            .collect();
        known.sort_by(|a, b| (a.0, &a.2.path).cmp(&(b.0, &b.2.path)));
        let mut ranges: Vec<(Key, Vec<FileEntry>)> = Vec::new();
        let mut end: Option<Key> = None;
        for (first, last, entry) in known {
            match ranges.last_mut() {
                Some((_, files)) if end >= Some(first) => files.push(entry.clone()),
                _ => ranges.push((first, vec![entry.clone()])),
            }
            end = end.max(Some(last));
        }
        Self { ranges }
    }

    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Finds the ranges of keys that are asked for in their order.
    pub(crate) fn cursor<'a>(&'a self, ranks: &'a Ranks) -> Cursor<'a> {
        Cursor { segments: self, ranks, at: 0 }
    }

    /// The ranges in which nothing changes, with their files.
    fn untouched(&self, touched: &[bool]) -> impl Iterator<Item = (usize, FileEntry)> {
        let is_touched = |at: usize| touched.get(at).copied().unwrap_or(false);
        let left = (0..).zip(&self.ranges).filter(move |(at, _)| !is_touched(*at));
        left.flat_map(|(at, (_, files))| files.iter().map(move |file| (at, file.clone())))
    }

    /// All files of what is in force, in the order of the key: those of the ranges in which nothing
    /// changes, and those that were written, `runs` of whole ranges of which it is known with which
    /// range and row each begins.
    pub(crate) fn with(
        &self,
        touched: &[bool],
        written: Vec<FileEntry>,
        runs: &[(usize, u64)],
    ) -> Vec<FileEntry> {
        let mut placed: Vec<(usize, FileEntry)> = self.untouched(touched).collect();
        let mut rows = 0;
        for file in written {
            let run = runs.iter().rev().find(|(_, from)| *from <= rows);
            rows += file.rows;
            placed.push((run.map_or(0, |run| run.0), file));
        }
        // Files of one run stay in their order.
        placed.sort_by_key(|(range, _)| *range);
        placed.into_iter().map(|(_, file)| file).collect()
    }
}

/// A walk along the ranges.
pub(crate) struct Cursor<'a> {
    segments: &'a Segments,
    ranks: &'a Ranks,
    at: usize,
}

impl Cursor<'_> {
    /// The range that a row belongs to; what lies between two, to the one before. Rows come in the
    /// order of the key.
    pub(crate) fn find(&mut self, row: &Row) -> usize {
        while let Some((first, _)) = self.segments.ranges.get(self.at + 1)
            && *first <= self.ranks.key(row)
        {
            self.at += 1;
        }
        self.at
    }
}
