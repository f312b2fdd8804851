//! Limits of the operating system that a worker takes on itself.

/// Stack of the thread that plans and reads: room for the deepest query that is let in.
pub(crate) const STACK: usize = 256 * 1024 * 1024;

/// Stack of each thread of a worker's runtime, bytes.
pub const THREAD_STACK: usize = 16 * 1024 * 1024;

/// So many seconds behind the limit on processor time, of which a worker is told, the system ends it without a
/// word. Of one that is ended at the limit itself nobody learns why.
#[cfg(target_os = "linux")]
const WORDLESS_AFTER: u64 = 5;

/// Threads of a worker that read files.
pub const READERS: usize = 4;

/// What a worker takes on itself.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Memory beyond what the program takes before its work, bytes.
    pub memory_bytes: u64,
    /// Time that it may take, seconds.
    pub seconds: u64,
    /// Threads of its runtime, besides those that read files.
    pub threads: usize,
    /// Stacks besides those of these threads, bytes.
    pub stack_bytes: usize,
}

impl Bounds {
    /// Takes the limits on: address space, processor time, no dump of memory. Elsewhere than on Linux there
    /// is nothing to take on.
    ///
    /// # Errors
    /// The operating system refuses.
    #[cfg(target_os = "linux")]
    pub fn hold(self) -> std::io::Result<()> {
        use rlimit::Resource;
        // Stacks are address space, and memory only where they are used.
        let threads = (self.threads + READERS) as u64;
        let stacks = self.stack_bytes as u64 + threads * THREAD_STACK as u64;
        let space = taken()? + self.memory_bytes.saturating_add(stacks);
        lower(Resource::AS, space)?;
        lower(Resource::CORE, 0)?;
        // The one who asked stops a worker that takes too long; this is for when that one is gone.
        let seconds = self.seconds.saturating_add(5).saturating_mul(threads);
        processor(seconds)
    }

    /// There is nothing to take on here; see the module of the worker.
    ///
    /// # Errors
    /// None.
    #[cfg(not(target_os = "linux"))]
    pub fn hold(self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Address space of this process before its work, bytes.
#[cfg(target_os = "linux")]
fn taken() -> std::io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = size.and_then(|size| size.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    // A kernel that does not say: what the program takes with room to spare.
    Ok(kib.map_or(512 * 1024 * 1024, |kib| kib * 1024))
}

/// Limits the processor time. At the first limit the process gets SIGXCPU, at the second SIGKILL, and that alone where
/// both are one.
#[cfg(target_os = "linux")]
fn processor(seconds: u64) -> std::io::Result<()> {
    let (_, hard) = rlimit::getrlimit(rlimit::Resource::CPU)?;
    let (soft, hard) = told_before(seconds, hard);
    rlimit::setrlimit(rlimit::Resource::CPU, soft, hard)
}

/// The two limits for a wanted one, where no more than `hard` is allowed.
#[cfg(target_os = "linux")]
fn told_before(wanted: u64, hard: u64) -> (u64, u64) {
    let last = wanted.saturating_add(WORDLESS_AFTER).min(hard);
    // A limit of 0 is one of a second.
    (last.saturating_sub(WORDLESS_AFTER).max(1).min(last), last)
}

#[cfg(target_os = "linux")]
fn lower(resource: rlimit::Resource, wanted: u64) -> std::io::Result<()> {
    let (_, hard) = rlimit::getrlimit(resource)?;
    let limit = wanted.min(hard);
    rlimit::setrlimit(resource, limit, limit)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read as _;
    use std::process::Command;
    use std::time::Duration;

    use super::{lower, processor, told_before};
    use crate::worker::exchange::{Exchange, Gone, Job, Outcome, exchange};

    const SPINS: &str = "WSIS_TEST_SPINS";

    #[test]
    fn the_limit_that_is_told_comes_before_the_one_that_is_not() {
        let none = rlimit::INFINITY;
        assert_eq!(told_before(120, none), (120, 125));
        assert_eq!(told_before(120, 123), (118, 123));
        assert_eq!(told_before(120, 60), (55, 60), "less is allowed than is wanted");
        assert_eq!(told_before(120, 3), (1, 3));
        assert_eq!(told_before(120, 1), (1, 1));
        assert_eq!(told_before(none, none), (none - 5, none));
    }

    /// It was said to be killed, and the machine short of memory. The worker here is this test itself, a
    /// second of it.
    #[tokio::test(flavor = "multi_thread")]
    async fn trial_p264_a_worker_over_its_processor_time_is_told_as_that() {
        if std::env::var_os(SPINS).is_some() {
            lower(rlimit::Resource::CORE, 0).unwrap();
            processor(1).unwrap();
            loop {
                std::hint::spin_loop();
            }
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "trial_p264_a_worker_over_its_processor_time_is_told_as_that";
        command.args([&format!("worker::bounds::tests::{name}"), "--exact", "--nocapture"]);
        command.env(SPINS, "1");
        let within = Duration::from_mins(1);
        let job = Job { command, line: Vec::new(), within, own_group: false };
        let heard = exchange(job, std::future::pending(), |mut out| {
            let mut text = String::new();
            out.read_to_string(&mut text).map_err(|error| error.to_string())?;
            Ok(None::<String>)
        });
        let Exchange { outcome, said, .. } = heard.await.unwrap();
        assert_eq!(outcome, Outcome::Gone(Gone::Processor), "{said}");
    }
}
