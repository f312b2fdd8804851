//! Decoders against the real files and against bodies that are not what they should be.
