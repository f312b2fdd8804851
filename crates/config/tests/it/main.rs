//! Integration tests of the configuration.

mod bad_input;
mod embedded;
mod schedule;
mod tables;

mod framework_bad;
mod framework_data;
