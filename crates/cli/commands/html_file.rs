//! Where the report and pictures go: which names are right for a report, and how a file gets there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::failure::Failure;

/// Refuses a name that promises another format: the report is HTML.
pub(crate) fn check_name(out: &Path) -> Result<(), Failure> {
    // What other programs take for standard output would be a file of that name here.
    if out.as_os_str() == "-" {
        return Err(Failure::usage(
            "the report is a file; write --out report.html (or /dev/stdout)",
        ));
    }
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let fits = ending.as_deref().is_none_or(|ending| matches!(ending, "html" | "htm" | "xhtml"));
    if fits || is_special(out) {
        return Ok(());
    }
    let how = if ending.as_deref() == Some("pdf") {
        "; for a PDF open it in a browser and print it to a file"
    } else {
        ""
    };
    Err(Failure::usage(format!(
        "the report is HTML, and {} is the name of another format; write --out {}{how}",
        out.display(),
        // Of `report.html.gz` not `report.html.html`.
        out.with_extension("").with_extension("html").display()
    )))
}

/// Refuses a name that promises a format that no picture has.
pub(crate) fn check_picture(out: &Path) -> Result<(), Failure> {
    if out.as_os_str() == "-" {
        return Err(Failure::usage(
            "a chart without --out goes to standard output; write --out chart.svg for a file",
        ));
    }
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let fits = |it: &str| matches!(it, "svg" | "png" | "csv" | "json");
    if ending.as_deref().is_none_or(fits) || is_special(out) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is the name of another format; a chart is written as .svg, .png, .csv or .json",
        out.display()
    )))
}

/// Writes a file. A plain file, or a new one, is replaced in one step from a draft with a name
/// that nobody can foresee, made so that it never follows a link. Anything else (a device, a pipe,
/// a link that its owner set) is written in place and stays what it is.
pub(crate) fn write(out: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let bytes = bytes.as_ref();
    if is_special(out) {
        let mut file = open_special(out)?;
        file.write_all(bytes)?;
        return file.flush();
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wsis-report-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What the umask leaves of it, as for any other file of the user.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut draft = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(out).map(drop).map_err(|error| error.error)
}

/// Opens what is no plain file. A pipe waits for its reader, and one that never comes is told: so long it
/// may be late, not longer.
fn open_special(out: &Path) -> io::Result<fs::File> {
    let mut how = OpenOptions::new();
    how.write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if fs::metadata(out).is_ok_and(|there| there.file_type().is_fifo()) {
            let (opened, open) = std::sync::mpsc::channel();
            let path = out.to_path_buf();
            // The thread ends with the process, or when a reader comes.
            std::thread::Builder::new().name("wsis-pipe".to_owned()).spawn(move || {
                drop(opened.send(how.open(path)));
            })?;
            return open.recv_timeout(READER_WITHIN).unwrap_or_else(|_| {
                let why = format!("nobody reads this pipe for {} s", READER_WITHIN.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, why))
            });
        }
    }
    how.open(out)
}

/// Longest wait for the reader of a pipe.
const READER_WITHIN: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// Whether something stands there that is no plain file: a link, a device, a pipe. A folder too;
/// writing to it then fails with the system's own words.
fn is_special(out: &Path) -> bool {
    fs::symlink_metadata(out).is_ok_and(|there| !there.file_type().is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
    use std::process::Command;

    use super::*;

    /// The fault: the draft had a known name and was written through a link planted there.
    #[test]
    fn trial_x13_a_link_planted_as_the_draft_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (out, victim) = (folder.path().join("r.html"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        for planted in ["r.html.part", "r.part", ".r.html.part", ".wsis-report-.part"] {
            symlink(&victim, folder.path().join(planted)).unwrap();
        }
        write(&out, "<p>report</p>").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::read_to_string(&out).unwrap(), "<p>report</p>");
        assert!(fs::symlink_metadata(&out).unwrap().file_type().is_file());
    }

    #[test]
    fn trial_x13_devices_pipes_and_links_stay_what_they_are() {
        write(Path::new("/dev/null"), "<p>report</p>").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());

        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("latest.html"), folder.path().join("r1.html"));
        fs::write(&target, "old and longer than the new one").unwrap();
        symlink(&target, &link).unwrap();
        write(&link, "<p>new</p>").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "<p>new</p>");

        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        write(&pipe, "<p>through</p>").unwrap();
        assert_eq!(reader.join().unwrap(), "<p>through</p>");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn trial_x13_a_pipe_that_nobody_reads_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = write(&pipe, "<p>through</p>").unwrap_err();
        assert_eq!(error.to_string(), "nobody reads this pipe for 1 s");
    }

    #[test]
    fn trial_x13_two_reports_at_once_leave_one_of_the_two_whole() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("r.html");
        let texts = ["a".repeat(2_000_000), "b".repeat(1_500_000)];
        std::thread::scope(|scope| {
            for text in &texts {
                let out = &out;
                scope.spawn(move || (0..10).for_each(|_| write(out, text).unwrap()));
            }
        });
        let left = fs::read_to_string(&out).unwrap();
        assert!(texts.contains(&left), "{} bytes of both", left.len());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a draft was left behind");
        // As the umask says, not the 0600 of a secret.
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&out), mode(&plain));
    }

    #[test]
    fn trial_x13_a_name_of_another_format_is_refused() {
        for name in ["x.pdf", "x.PDF", "x.xlsx", "x.md", "folder/x.docx"] {
            assert!(check_name(Path::new(name)).is_err(), "{name}");
        }
        for name in ["x.html", "x.HTM", "x", "/dev/stdout", "/dev/null"] {
            assert!(check_name(Path::new(name)).is_ok(), "{name}");
        }
    }
}
