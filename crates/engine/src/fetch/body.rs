//! Bodies, received under caps: on the bytes kept, and on how much compressed bytes may grow.
//! reqwest's own decompression has neither, so it is off and gzip is unpacked here.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

/// Growth below this size is never called a bomb: small tables compress extremely well.
const RATIO_FLOOR: usize = 1 << 20;

/// Limits of one body.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Most bytes after unpacking.
    pub bytes: u64,
    /// Largest number of bytes out per byte in, beyond the first MiB.
    pub ratio: u64,
}

/// Why a body was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyFault {
    TooLarge,
    Bomb {
        received: u64,
    },
    /// Not gzip, or cut short.
    Corrupt(String),
}

/// Takes a body piece by piece.
pub(crate) enum BodyReader {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
}

impl BodyReader {
    pub(crate) fn new(gzip: bool, caps: Caps) -> Self {
        let capped = Capped { out: Vec::new(), received: 0, caps, fault: None };
        if gzip { Self::Gzip(Box::new(MultiGzDecoder::new(capped))) } else { Self::Plain(capped) }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), BodyFault> {
        let received = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let result = match self {
            Self::Plain(capped) => {
                capped.received += received;
                capped.write_all(piece)
            }
            Self::Gzip(decoder) => {
                decoder.get_mut().received += received;
                decoder.write_all(piece)
            }
        };
        result.map_err(|error| self.fault(&error))
    }

    /// The whole body. A gzip stream must have ended.
    pub(crate) fn finish(self) -> Result<Vec<u8>, BodyFault> {
        match self {
            Self::Plain(capped) => Ok(capped.out),
            Self::Gzip(mut decoder) => {
                if decoder.get_ref().received == 0 {
                    return Ok(Vec::new());
                }
                if let Err(error) = decoder.try_finish() {
                    return Err(Self::Gzip(decoder).fault(&error));
                }
                Ok(std::mem::take(&mut decoder.get_mut().out))
            }
        }
    }

    fn fault(&self, error: &io::Error) -> BodyFault {
        let capped = match self {
            Self::Plain(capped) => capped,
            Self::Gzip(decoder) => decoder.get_ref(),
        };
        capped
            .fault
            .clone()
            .unwrap_or_else(|| BodyFault::Corrupt(format!("the gzip stream is broken: {error}")))
    }
}

/// A buffer that refuses to grow beyond its caps.
pub(crate) struct Capped {
    out: Vec<u8>,
    received: u64,
    caps: Caps,
    fault: Option<BodyFault>,
}

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let after = self.out.len().saturating_add(piece.len());
        let after_bytes = u64::try_from(after).unwrap_or(u64::MAX);
        if after_bytes > self.caps.bytes {
            self.fault = Some(BodyFault::TooLarge);
        } else if after > RATIO_FLOOR && after_bytes / self.caps.ratio.max(1) > self.received {
            self.fault = Some(BodyFault::Bomb { received: self.received });
        }
        if self.fault.is_some() {
            return Err(io::Error::other("over the cap"));
        }
        self.out.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn read(gzip: bool, pieces: &[&[u8]], caps: Caps) -> Result<Vec<u8>, BodyFault> {
        let mut reader = BodyReader::new(gzip, caps);
        for piece in pieces {
            reader.push(piece)?;
        }
        reader.finish()
    }

    const CAPS: Caps = Caps { bytes: 8 << 20, ratio: 100 };

    #[test]
    fn a_gzip_bomb_is_stopped_before_it_is_unpacked() {
        let bomb = gzip(&vec![0_u8; 16 << 20]);
        assert!(bomb.len() < 20_000);
        let caps = Caps { bytes: 1 << 30, ratio: 100 };
        let found = read(true, &[&bomb], caps);
        let received = bomb.len() as u64;
        assert_eq!(found, Err(BodyFault::Bomb { received }));
        // Without a ratio the cap on bytes stops it.
        assert_eq!(
            read(true, &[&bomb], Caps { bytes: 1 << 20, ratio: 1 << 40 }),
            Err(BodyFault::TooLarge)
        );
    }

    #[test]
    fn a_small_table_may_compress_well() {
        let body = vec![b','; 900_000];
        assert_eq!(read(true, &[&gzip(&body)], CAPS), Ok(body));
    }

    #[test]
    fn the_cap_is_the_last_size_taken() {
        let caps = Caps { bytes: 10, ratio: 100 };
        assert_eq!(read(false, &[b"01234", b"56789"], caps), Ok(b"0123456789".to_vec()));
        assert_eq!(read(false, &[b"01234", b"567890"], caps), Err(BodyFault::TooLarge));
    }

    #[test]
    fn a_gzip_stream_cut_anywhere_is_an_error() {
        let whole = gzip(b"a,b\n1,2\n");
        for cut in 1..whole.len() {
            let found = read(true, &[&whole[..cut]], CAPS);
            assert!(matches!(found, Err(BodyFault::Corrupt(_))), "cut at {cut}: {found:?}");
        }
        assert!(matches!(read(true, &[b"<html>"], CAPS), Err(BodyFault::Corrupt(_))));
    }

    proptest! {
        #[test]
        fn any_body_in_any_pieces_comes_back(body in prop::collection::vec(any::<u8>(), 0..4000), size in 1_usize..700, packed: bool) {
            let sent = if packed { gzip(&body) } else { body.clone() };
            let pieces: Vec<&[u8]> = sent.chunks(size).collect();
            prop_assert_eq!(read(packed, &pieces, CAPS), Ok(body));
        }
    }
}
