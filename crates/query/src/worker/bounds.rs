//! Limits of the operating system that a worker takes on itself.

/// Stack of the thread that plans and reads: room for the deepest query that is let in.
pub(crate) const STACK: usize = 256 * 1024 * 1024;

/// Stack of each thread of a worker's runtime, bytes.
pub const THREAD_STACK: usize = 16 * 1024 * 1024;

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
        lower(Resource::CPU, seconds)
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

#[cfg(target_os = "linux")]
fn lower(resource: rlimit::Resource, wanted: u64) -> std::io::Result<()> {
    let (_, hard) = rlimit::getrlimit(resource)?;
    let limit = wanted.min(hard);
    rlimit::setrlimit(resource, limit, limit)
}
