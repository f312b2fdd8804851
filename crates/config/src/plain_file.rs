//! Reads a file that a person named: a plain one, of bounded size, without waiting for anything.

use std::fs::{File, OpenOptions};
use std::io::{Error, Read as _, Result};
use std::path::Path;

/// The bytes of a plain file, or of what a link leads to.
///
/// What it is, is asked before it is opened (to open a device can already do something) and again
/// of what was opened. It is opened so that a read never waits: some files of the system call
/// themselves plain and give bytes only when there is news (`/proc/kmsg`).
///
/// # Errors
/// What the system says; something that is no plain file, by its kind; more than `max` bytes; a
/// file that would have to be waited for.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>> {
    plain(&std::fs::metadata(path)?)?;
    let file = open(path)?;
    plain(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => {
            Error::other("it gives its bytes only when there is news")
        }
        _ => error,
    })?;
    if bytes.len() as u64 > max {
        return Err(Error::other(format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

fn plain(kind: &std::fs::Metadata) -> Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
    Err(Error::other(format!("it is {what}, not a file")))
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let without_waiting = rustix::fs::OFlags::NONBLOCK.bits();
    let flags = i32::try_from(without_waiting).map_err(Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path) -> String {
        read(path, 4).unwrap_err().to_string()
    }

    #[test]
    fn trial_x18_only_a_plain_file_of_bounded_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"1234");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(told(&path), "it has more than 4 bytes");
        assert_eq!(told(folder.path()), "it is a folder, not a file");
    }

    /// As root nothing else refuses it, and its reader would wait for the kernel's next message.
    #[cfg(target_os = "linux")]
    #[test]
    fn trial_x18_a_file_of_the_system_is_not_waited_for() {
        let path = Path::new("/proc/kmsg");
        if path.exists() {
            let _ = told(path);
            let _ = told(path);
        }
        assert_eq!(told(Path::new("/dev/zero")), "it is a pipe, a socket or a device, not a file");
    }
}
