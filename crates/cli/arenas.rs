//! How much memory the allocator of the C library keeps back for threads.
//!
//! glibc gives each thread that allocates an arena of its own, up to eight for each processor, and what is
//! freed in one serves no other and seldom goes back to the system. A daemon has a thread for whatever may
//! wait, so after some hours each arena has held a page of the largest delivery. One setting bounds them; it
//! is read when a program starts (docs/adr/0033).

/// Setting of glibc for how many there may be.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SETTING: &str = "MALLOC_ARENA_MAX";

/// What the daemon sets where nobody has: what is freed serves every thread.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: &str = "1";

/// Starts this program once more in its own place, as the same process with the same words, so that the
/// setting is read; returns where it is set, or where that cannot be done: it is no reason not to run.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn bound() {
    use std::os::unix::process::CommandExt as _;

    let mut words = std::env::args_os();
    let (Some(name), Ok(program)) = (words.next(), std::env::current_exe()) else { return };
    if std::env::var_os(SETTING).is_some() {
        return;
    }
    let _not_done =
        std::process::Command::new(program).arg0(name).args(words).env(SETTING, ARENAS).exec();
}

/// There is nothing to set here.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) const fn bound() {}
