//! `wsis ingest` against the loopback services, as a data officer runs it.
