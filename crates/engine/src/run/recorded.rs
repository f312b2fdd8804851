//! What was asked and answered, on record.

use std::sync::{Arc, PoisonError};

use wsis_lake::RawMeta;
use wsis_model::causes::chain;

use super::RequestError;
use super::land::{Landing, on_disk};
use crate::ledger::{Backfilled, Ledger};
use crate::report::Event;

/// Records the requests of a run, in the lake and, that their loss is seen, in the ledger.
pub(super) async fn record(
    landing: &Landing<'_>,
    run: &str,
    records: Vec<RawMeta>,
) -> Result<(), String> {
    let (lake, id) = (Arc::clone(landing.lake), run.to_owned());
    let files = on_disk(move || lake.append_meta(&id, &records)).await?;
    let id = run.to_owned();
    let put = move |ledger: &Ledger| ledger.put_record_files(&id, &files);
    landing.ledger.apart(put).await.map_err(|error| chain(&error))
}

impl Landing<'_> {
    /// Tells of requests that failed.
    pub(super) fn tell_failed(&self, run: &str, failed: &[(String, RequestError)]) {
        for (_, error) in failed {
            (self.emit)(Event::Failed { run: run.to_owned(), why: chain(error) });
        }
    }

    /// Notes requests that are all in the lake.
    pub(super) fn landed(&self, requests: impl Iterator<Item = String>) {
        let mut became = self.became.lock().unwrap_or_else(PoisonError::into_inner);
        became.extend(requests.map(|request| (request, Backfilled::Landed)));
    }

    /// Notes requests that the source refuses.
    pub(super) fn refused(&self, failed: &[(String, RequestError)]) {
        let mut became = self.became.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = failed.iter().filter(|(_, error)| error.is_refusal());
        became.extend(
            refused.map(|(request, error)| (request.clone(), Backfilled::Refused(chain(error)))),
        );
    }
}
