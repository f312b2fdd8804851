//! Licences, sources, bans and advisories of everything that we depend on (`deny.toml`).

use crate::{Outcome, cargo, say, setup};

/// Runs cargo-deny where it is installed; where it is not, says so and goes on: installing it takes
/// longer than all tests.
pub(crate) fn run() -> Outcome {
    if !setup::works("cargo", &["deny", "--version"]) {
        say("LEFT OUT: cargo-deny is not installed (`cargo install --locked cargo-deny`)");
        return Ok(());
    }
    cargo(&["deny", "check", "bans", "licenses", "sources"])?;
    // The database of advisories comes from the network; a machine without it still has the rest.
    let database = || cargo(&["deny", "fetch", "db"]);
    if database().is_err() {
        say("LEFT OUT: the database of advisories cannot be reached (rustsec.org, on GitHub)");
        return Ok(());
    }
    cargo(&["deny", "check", "advisories"])
}
