//! How far work on another thread has come, so that whoever waits for it knows whether it may be
//! given up.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const QUEUED: u8 = 0;
const DECODING: u8 = 1;
const COMMITTING: u8 = 2;
const GIVEN_UP: u8 = 3;

/// The stage of one piece of work. It goes from queued to decoding to committing; it can be given
/// up until it commits, never after.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage(Arc<AtomicU8>);

/// What was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// It had not begun, and never will.
    Queued,
    /// Its thread is at work on it and may be for long.
    AtWork,
    /// Nothing: it commits, which comes to an end.
    Commits,
}

impl Stage {
    fn step(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Begins. False when nobody waits any more.
    pub(super) fn begin(&self) -> bool {
        self.step(QUEUED, DECODING)
    }

    /// Begins what must not be given up. False when nobody waits any more.
    pub(crate) fn commits(&self) -> bool {
        self.step(DECODING, COMMITTING)
    }

    /// Nobody waits any more.
    pub(super) fn give_up(&self) -> Left {
        if self.step(QUEUED, GIVEN_UP) {
            Left::Queued
        } else if self.step(DECODING, GIVEN_UP) || self.is_given_up() {
            Left::AtWork
        } else {
            Left::Commits
        }
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::SeqCst) == GIVEN_UP
    }
}

impl Stage {
    /// A body that breaks off when nobody waits any more, so that whoever reads it ends too.
    pub(super) fn watch<R: BufRead>(&self, body: R) -> Watched<'_, R> {
        Watched { stage: self, body }
    }
}

/// A body that is read only as long as somebody waits.
#[derive(Debug)]
pub(super) struct Watched<'a, R> {
    stage: &'a Stage,
    body: R,
}

impl<R> Watched<'_, R> {
    fn look(&self) -> io::Result<()> {
        if self.stage.is_given_up() {
            return Err(io::Error::other("nobody waits for this body any more"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.look()?;
        self.body.read(into)
    }
}

impl<R: BufRead> BufRead for Watched<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.look()?;
        self.body.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.body.consume(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_x2_a_body_breaks_off_when_nobody_waits_any_more() {
        let stage = Stage::default();
        assert!(stage.begin());
        let mut body = stage.watch(&b"one\ntwo\n"[..]);
        let mut line = String::new();
        assert_eq!(body.read_line(&mut line).unwrap(), 4);
        stage.give_up();
        assert!(body.read_line(&mut line).is_err());
    }

    #[test]
    fn invariant_i14_what_commits_is_not_given_up_and_what_is_given_up_does_not_commit() {
        let stage = Stage::default();
        assert!(stage.begin() && stage.commits());
        assert_eq!(stage.give_up(), Left::Commits);
        assert!(!stage.is_given_up());
        let stage = Stage::default();
        assert!(stage.begin());
        assert_eq!(stage.give_up(), Left::AtWork);
        assert!(stage.is_given_up() && !stage.commits());
        let stage = Stage::default();
        assert_eq!(stage.give_up(), Left::Queued);
        assert!(!stage.begin());
    }
}
