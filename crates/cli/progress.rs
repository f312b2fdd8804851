//! Progress of ingests on standard error: a bar per pipeline on a terminal, nothing otherwise.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::mpsc::UnboundedReceiver;
use wsis_engine::Event;

use crate::output::one_line;

/// Draws events until their sender is gone.
pub(crate) async fn follow(mut events: UnboundedReceiver<Event>, quiet: bool) {
    let mut bars = (!quiet && io::stderr().is_terminal()).then(Bars::default);
    while let Some(event) = events.recv().await {
        if let Some(bars) = &mut bars {
            bars.draw(&event);
        }
    }
}

/// One bar per run; its unit is the request.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    of_run: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn draw(&mut self, event: &Event) {
        match event {
            Event::RunStarted { run, pipeline, requests } => {
                let bar = self.all.add(ProgressBar::new(*requests).with_style(style()));
                bar.set_prefix(one_line(pipeline).into_owned());
                self.of_run.insert(run.clone(), bar);
            }
            Event::Fetched { run, request, page, .. } => {
                self.say(run, &format!("{request} page {page}"));
            }
            Event::Retrying { run, request, attempt, wait_ms, why } => {
                let seconds = wait_ms.div_ceil(1000);
                self.say(run, &format!("{request}: attempt {attempt} failed ({why}), {seconds} s"));
            }
            Event::RequestDone { run, .. } => {
                if let Some(bar) = self.of_run.get(run) {
                    bar.inc(1);
                }
            }
            Event::Decoded { run, rows } => self.say(run, &format!("{rows} rows decoded")),
            Event::Committed { run, snapshot, .. } => {
                self.say(run, &format!("committed as snapshot {snapshot}"));
            }
            Event::Failed { run, why } => self.say(run, why),
            Event::RunEnded { report } => {
                if let Some(bar) = self.of_run.remove(&report.run) {
                    bar.finish_with_message(report.outcome.code());
                }
            }
        }
    }

    fn say(&self, run: &str, message: &str) {
        if let Some(bar) = self.of_run.get(run) {
            // Errors and ids come from sources: none of them moves the cursor or begins a line (X15).
            bar.set_message(one_line(message).into_owned());
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:18} {bar:24} {pos}/{len} {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
