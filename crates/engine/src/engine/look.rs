//! One address, asked once, of no pipeline: what is there is looked at, and nothing is kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;
use wsis_config::Workspace;
use wsis_model::causes::chain;
use wsis_sources::RequestKind;

use super::fetcher;
use crate::clock::Clock;
use crate::error::EngineError;
use crate::fetch::Ask;

/// What an address gave.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The body.
    pub body: Vec<u8>,
    /// Media type, as the service states it.
    pub content_type: Option<String>,
    /// Where redirects led, when they did.
    pub via: Option<String>,
}

/// Asks one address, through the guard and under the limits of a run.
///
/// # Errors
/// [`EngineError::NotAnswered`] when it may not be asked, or gives no good answer in time.
pub async fn look_at(
    workspace: &Workspace,
    clock: &Arc<dyn Clock>,
    url: &Url,
    within: Duration,
    cancel: &CancellationToken,
) -> Result<Looked, EngineError> {
    let fetcher = fetcher(workspace, clock, (None, Vec::new()))?;
    let ask = Ask {
        url,
        validators: None,
        secret: None,
        accept: None,
        kind: RequestKind::Data,
        deadline: Instant::now() + within,
    };
    let asked = fetcher.ask(ask, cancel, &|_| {}).await;
    match asked.result {
        Ok(reply) => {
            Ok(Looked { body: reply.body, content_type: reply.content_type, via: reply.via })
        }
        Err(error) => Err(EngineError::NotAnswered { why: chain(&error) }),
    }
}
