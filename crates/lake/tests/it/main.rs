//! Integration tests of the lake.
