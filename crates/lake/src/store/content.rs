//! A file opened for reading, wherever it lies.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// A file of a store. What lies in a store of objects was fetched whole: its hash is compared
/// before anything is read of it.
#[derive(Debug)]
pub enum Content {
    /// On the local disk.
    File(File),
    /// Fetched.
    Bytes(Cursor<Bytes>),
}

impl Content {
    /// Another reader of the same file, from a place of its own on.
    fn again(&self, at: u64) -> io::Result<Self> {
        let mut other = match self {
            Self::File(file) => Self::File(file.try_clone()?),
            Self::Bytes(bytes) => Self::Bytes(Cursor::new(bytes.get_ref().clone())),
        };
        other.seek(SeekFrom::Start(at))?;
        Ok(other)
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Bytes(bytes) => bytes.seek(to),
        }
    }
}

impl Length for Content {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => Length::len(file),
            Self::Bytes(bytes) => bytes.get_ref().len() as u64,
        }
    }
}

impl ChunkReader for Content {
    type T = BufReader<Self>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.again(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        match self {
            Self::File(file) => file.get_bytes(start, length),
            Self::Bytes(bytes) => bytes.get_ref().get_bytes(start, length),
        }
    }
}
