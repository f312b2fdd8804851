//! What is known of every page: its validators, and where its body lies in the archive.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};
use wsis_model::payload::RawId;

use super::{Ledger, LedgerError, instant, int, parse_instant, uint};

/// The last good body of one page of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPage {
    /// Run that received it.
    pub run: String,
    /// URL asked.
    pub url: String,
    /// When it was received, UTC.
    pub retrieved_at: DateTime<Utc>,
    /// Entity tag, verbatim (with quotes and `W/`).
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// `Content-Type`, verbatim.
    pub content_type: Option<String>,
    /// Its place in the archive.
    pub raw: RawId,
    /// Its size.
    pub bytes: u64,
}

impl Ledger {
    /// What is known of a page.
    pub(crate) fn page(
        &self,
        pipeline: &str,
        request: &str,
        page: u32,
    ) -> Result<Option<StoredPage>, LedgerError> {
        let sql = "SELECT run, url, retrieved_at, etag, last_modified, content_type, raw, bytes
                   FROM pages WHERE pipeline = ?1 AND request = ?2 AND page = ?3";
        let found = self
            .connection()
            .query_row(sql, params![pipeline, request, page], |row| {
                let retrieved_at: String = row.get(2)?;
                let raw: String = row.get(6)?;
                let bytes: i64 = row.get(7)?;
                Ok((
                    StoredPage {
                        run: row.get(0)?,
                        url: row.get(1)?,
                        retrieved_at: parse_instant(&retrieved_at).unwrap_or_default(),
                        etag: row.get(3)?,
                        last_modified: row.get(4)?,
                        content_type: row.get(5)?,
                        raw: RawId::from_digest([0; 32]),
                        bytes: uint(bytes),
                    },
                    raw,
                ))
            })
            .optional()
            .map_err(self.fault("cannot read a page"))?;
        let Some((stored, raw)) = found else { return Ok(None) };
        let raw = raw.parse().map_err(|_| LedgerError::Value {
            path: self.path.clone(),
            column: "raw",
            found: raw.clone(),
            expected: "a SHA-256 digest",
        })?;
        Ok(Some(StoredPage { raw, ..stored }))
    }

    /// Remembers the last good body of a page.
    pub(crate) fn put_page(
        &self,
        pipeline: &str,
        request: &str,
        page: u32,
        stored: &StoredPage,
    ) -> Result<(), LedgerError> {
        self.connection()
            .execute(
                "INSERT OR REPLACE INTO pages
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    pipeline,
                    request,
                    page,
                    stored.run,
                    stored.url,
                    instant(stored.retrieved_at),
                    stored.etag,
                    stored.last_modified,
                    stored.content_type,
                    stored.raw.to_string(),
                    int(stored.bytes),
                ],
            )
            .map_err(self.fault("cannot remember a page"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        let stored = StoredPage {
            run: "r1".to_owned(),
            url: "https://example.org/a?page=2".to_owned(),
            retrieved_at: DateTime::from_timestamp(1_790_000_000, 123_456_000).unwrap(),
            etag: Some("W/\"a,*,b\"".to_owned()),
            last_modified: None,
            content_type: Some("application/json".to_owned()),
            raw: RawId::of(b"x"),
            bytes: 1,
        };
        ledger.put_page("p", "A", 2, &stored).unwrap();
        drop(ledger);
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.page("p", "A", 2).unwrap(), Some(stored));
        assert_eq!(ledger.page("p", "A", 1).unwrap(), None);
    }
}
