//! Where an answer goes on: opaque to whoever holds it, bound to a state of the lake, a method and a question.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// Version of the form.
const VERSION: u8 = 1;

/// Longest cursor that is read, bytes.
const TEXT_MAX: usize = 256;

/// Bytes of the hash of the question and of the method in a cursor.
const HASH: usize = 16;

/// Where an answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Of which snapshot.
    pub(crate) snapshot: u64,
    /// So many rows were told.
    pub(crate) offset: u64,
    /// Of which question by which method: a hash.
    pub(crate) of: [u8; HASH],
}

/// The hash of a question by a method.
pub(crate) fn of(parts: &[&str]) -> [u8; HASH] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut short = [0; HASH];
    for (to, from) in short.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    short
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

impl Cursor {
    /// As it stands in an address.
    pub(crate) fn text(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.snapshot.to_be_bytes());
        bytes.extend(self.offset.to_be_bytes());
        bytes.extend(self.of);
        hex(&bytes)
    }

    /// One that an answer has given.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let wrong = || {
            Problem::parameter("`cursor` is none that an answer has given; leave it out to begin")
        };
        if text.len() > TEXT_MAX || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let pairs = (0..text.len()).step_by(2);
        let bytes =
            pairs.map(|at| text.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok()));
        let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or_else(wrong)?;
        let (&version, rest) = bytes.split_first().ok_or_else(wrong)?;
        let (snapshot, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (offset, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let of = <[u8; HASH]>::try_from(rest).map_err(|_| wrong())?;
        if version != VERSION {
            return Err(wrong());
        }
        let (snapshot, offset) = (u64::from_be_bytes(*snapshot), u64::from_be_bytes(*offset));
        Ok(Self { snapshot, offset, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_p305_a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = Cursor { snapshot: 7, offset: u64::MAX, of: of(&["lines", "x"]) };
        assert_eq!(Cursor::read(&cursor.text()), Ok(cursor));
        let text = cursor.text();
        for wrong in ["", "0", "zz", &text[2..], &text[..text.len() - 1], &format!("{text}00"), "é"]
        {
            assert!(Cursor::read(wrong).is_err(), "{wrong}");
        }
        assert_ne!(of(&["a", "b"]), of(&["ab", ""]));
    }
}
