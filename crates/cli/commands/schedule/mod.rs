//! `wsis schedule`.

mod daemon;
mod list;
mod listen;
mod next;
mod publisher;
pub(crate) mod publishing;
mod ticks;

use crate::args::{Global, Schedule};
use crate::failure::Failure;

pub(crate) use daemon::stop_on_signal;
pub(crate) use list::words;

pub(crate) async fn run(global: &Global, schedule: &Schedule) -> Result<(), Failure> {
    match schedule {
        Schedule::Run { listen } => daemon::run(global, *listen).await,
        Schedule::Next { pipelines, from, count } => next::run(global, pipelines, *from, *count),
        Schedule::Ticks { pipeline, since } => ticks::run(global, pipeline, *since),
        Schedule::List { at, look } => list::run(global, *at, *look),
    }
}
