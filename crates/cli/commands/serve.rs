//! `wsis serve`: the HTTP face of the lake.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Clock, SystemClock};

use super::schedule::stop_on_signal;
use crate::args::{Global, Serve};
use crate::context;
use crate::failure::Failure;

pub(crate) async fn run(global: &Global, asked: &Serve) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let app = Arc::new(context::app(Arc::new(deployment), lake)?);
    let address = asked.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("cannot listen on {address}: {error}; choose another with --listen"))
    })?;
    let local = listener.local_addr().unwrap_or(address);
    if !local.ip().is_loopback() {
        tracing::warn!(
            "whoever reaches this address may read the lake: nobody is asked who they are"
        );
    }
    tracing::info!(address = %local, "serving http://{local}/, /v1 and /public/v1");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    let signals = tokio::spawn(stop_on_signal(
        stop.clone(),
        "stopping: answers under way come to an end; once more to stop at once",
    ));
    wsis_serve::serve(listener, app, clock, stop).await;
    signals.abort();
    Ok(())
}
