//! What is known of every page: its validators, and where its body lies in the archive.

use chrono::{DateTime, Utc};
use wsis_model::payload::RawId;

use super::{Ledger, LedgerError, text};

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
                   FROM pages WHERE pipeline = $1 AND request = $2 AND page = $3";
        let key = vec![pipeline.into(), request.into(), page.into()];
        let Some(mut row) = self.query("cannot read a page", sql, key)?.pop() else {
            return Ok(None);
        };
        let (run, url, retrieved_at) = (row.text(), row.text(), row.text());
        let (etag, last_modified) = (row.maybe_text(), row.maybe_text());
        let (content_type, raw, bytes) = (row.maybe_text(), row.text(), row.count());
        let retrieved_at = self.instant("retrieved_at", &retrieved_at)?;
        let raw = raw.parse().map_err(|_| self.wrong("raw", &raw, "a SHA-256 digest"))?;
        Ok(Some(StoredPage {
            run,
            url,
            retrieved_at,
            etag,
            last_modified,
            content_type,
            raw,
            bytes,
        }))
    }

    /// Remembers the last good body of a page.
    pub(crate) fn put_page(
        &self,
        pipeline: &str,
        request: &str,
        page: u32,
        stored: &StoredPage,
    ) -> Result<(), LedgerError> {
        let sql = "INSERT INTO pages (pipeline, request, page, run, url, retrieved_at, etag,
                   last_modified, content_type, raw, bytes)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                   ON CONFLICT (pipeline, request, page) DO UPDATE SET run = excluded.run,
                   url = excluded.url, retrieved_at = excluded.retrieved_at,
                   etag = excluded.etag, last_modified = excluded.last_modified,
                   content_type = excluded.content_type, raw = excluded.raw,
                   bytes = excluded.bytes";
        let values = vec![
            pipeline.into(),
            request.into(),
            page.into(),
            stored.run.as_str().into(),
            stored.url.as_str().into(),
            text(stored.retrieved_at).into(),
            stored.etag.as_deref().into(),
            stored.last_modified.as_deref().into(),
            stored.content_type.as_deref().into(),
            stored.raw.to_string().into(),
            stored.bytes.into(),
        ];
        self.execute("cannot remember a page", vec![(sql, values)])?;
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
