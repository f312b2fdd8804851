//! What somebody types, line by line, on a thread of its own: reading a terminal blocks.
//!
//! Where standard input and standard error are terminals, lines are edited and queries are kept for
//! the next time in a file of the user's, never in the lake. Elsewhere lines are read as they come.

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use rustyline::error::ReadlineError;
use rustyline::history::History as _;
use rustyline::{Behavior, Config, DefaultEditor};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::failure::Failure;
use crate::output;

/// Names the file of queries, or with nothing in it keeps none.
const FILE: &str = "WSIS_HISTORY";

/// Queries that are kept.
const KEPT: usize = 1_000;

/// Longest query that is kept, bytes. What is longer came from somewhere else and is there still.
const LONGEST_KEPT: usize = 16 * 1024;

/// Largest file of queries that is read, bytes: any other was not written here.
const FILE_MAX: u64 = 32 * 1024 * 1024;

/// What came of asking for a line.
#[derive(Debug)]
pub(super) enum Heard {
    /// A line, without its end. One from the history may hold several.
    Line(String),
    /// What was typed is not meant (Ctrl-C).
    Cleared,
    /// There is no more (Ctrl-D).
    End,
}

enum Ask {
    Line(&'static str),
    Keep(String),
}

/// The thread that listens to the terminal.
pub(super) struct Typed {
    asks: mpsc::Sender<Ask>,
    heard: UnboundedReceiver<Result<Heard, String>>,
    /// Whether a line was asked for that has not come yet.
    is_asked: bool,
    is_edited: bool,
}

impl Typed {
    /// Starts to listen.
    pub(super) fn start() -> Result<Self, Failure> {
        let (asks, asked) = mpsc::channel();
        let (tell, heard) = unbounded_channel();
        let is_edited = std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let listen = move || {
            let source = if is_edited { Source::edited() } else { Source::Plain };
            source.listen(&asked, &tell);
        };
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(listen)
            .map_err(|error| cannot_be_read(&error.to_string()))?;
        Ok(Self { asks, heard, is_asked: false, is_edited })
    }

    /// The next line. When it is no longer waited for, it is the answer to the next call.
    pub(super) async fn line(&mut self, prompt: &'static str) -> Result<Heard, Failure> {
        if !self.is_asked {
            self.is_asked = self.asks.send(Ask::Line(prompt)).is_ok();
        } else if !self.is_edited {
            output::prompt("\n");
            output::prompt(prompt);
        }
        // A thread that is gone has nothing to tell.
        let heard = self.heard.recv().await.unwrap_or(Ok(Heard::End));
        self.is_asked = false;
        heard.map_err(|why| cannot_be_read(&why))
    }

    /// Keeps a query for the next time.
    pub(super) fn keep(&self, query: &str) {
        if query.len() <= LONGEST_KEPT {
            // Nobody keeps it once the thread is gone.
            drop(self.asks.send(Ask::Keep(query.to_owned())));
        }
    }
}

fn cannot_be_read(why: &str) -> Failure {
    Failure::ran(format!("the terminal cannot be read: {why}"))
}

/// Where lines come from.
enum Source {
    Edited { editor: Box<DefaultEditor>, file: Option<PathBuf> },
    Plain,
}

impl Source {
    /// A line editor with the history of before; lines as they come where there can be none.
    fn edited() -> Self {
        let config = Config::builder()
            // Not standard output, which may be a file: the answers go there.
            .behavior(Behavior::PreferTerm)
            .history_ignore_space(true)
            .auto_add_history(false)
            .max_history_size(KEPT);
        let editor = config.and_then(|config| DefaultEditor::with_config(config.build()));
        let Ok(mut editor) = editor else { return Self::Plain };
        let file = history_file(&|name| std::env::var_os(name));
        let loaded = file.as_deref().map_or(Ok(()), |file| load(&mut editor, file));
        let file = match loaded {
            Ok(()) => file,
            Err(why) => {
                output::note(&format!("queries are not kept: {why}"));
                None
            }
        };
        Self::Edited { editor: Box::new(editor), file }
    }

    /// Answers until nobody asks any more.
    fn listen(
        mut self,
        asked: &mpsc::Receiver<Ask>,
        tell: &UnboundedSender<Result<Heard, String>>,
    ) {
        for ask in asked {
            let heard = match (ask, &mut self) {
                (Ask::Keep(query), Self::Edited { editor, file }) => {
                    keep(editor, file, &query);
                    continue;
                }
                (Ask::Keep(_), Self::Plain) => continue,
                (Ask::Line(prompt), Self::Edited { editor, .. }) => edited(editor, prompt),
                (Ask::Line(prompt), Self::Plain) => plain(prompt),
            };
            if tell.send(heard).is_err() {
                return;
            }
        }
    }
}

fn edited(editor: &mut DefaultEditor, prompt: &str) -> Result<Heard, String> {
    match editor.readline(prompt) {
        Ok(line) => Ok(Heard::Line(line)),
        Err(ReadlineError::Interrupted) => Ok(Heard::Cleared),
        Err(ReadlineError::Eof) => Ok(Heard::End),
        Err(error) => Err(error.to_string()),
    }
}

fn plain(prompt: &str) -> Result<Heard, String> {
    output::prompt(prompt);
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) => Ok(Heard::End),
        Ok(_) => Ok(Heard::Line(line.trim_end_matches(['\n', '\r']).to_owned())),
        Err(error) => Err(error.to_string()),
    }
}

/// Adds a query to the history and its file. A file that fails once is left alone.
fn keep(editor: &mut DefaultEditor, file: &mut Option<PathBuf>, query: &str) {
    let kept = editor.add_history_entry(query).and_then(|_| match &*file {
        Some(file) => editor.append_history(file),
        None => Ok(()),
    });
    if let Err(error) = kept {
        output::note(&format!("queries are no longer kept: {error}"));
        *file = None;
    }
}

/// The file of queries: `WSIS_HISTORY`, else in the folder for what programs keep of a user. None
/// where `WSIS_HISTORY` is empty, or the user has no folder.
fn history_file(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        // A relative one would be another folder each time.
        environment(name).map(PathBuf::from).filter(|path| path.is_absolute())
    };
    match environment(FILE) {
        Some(named) if named.is_empty() => None,
        Some(named) => Some(PathBuf::from(named)),
        None => {
            let home = || Some(folder("HOME")?.join(".local").join("state"));
            let state = folder("XDG_STATE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(home);
            Some(state?.join("wsis").join("history"))
        }
    }
}

/// Reads the file of queries, or makes one that nobody else can read.
fn load(editor: &mut DefaultEditor, file: &Path) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    match std::fs::metadata(file) {
        Ok(meta) if !meta.is_file() => Err(told(&"not a plain file")),
        Ok(meta) if meta.len() > FILE_MAX => {
            Err(told(&format!("{} bytes, more than {FILE_MAX}", meta.len())))
        }
        Ok(_) => editor.history_mut().load(file).map_err(|error| told(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            create(file).map_err(|error| told(&error))
        }
        Err(error) => Err(told(&error)),
    }
}

fn create(file: &Path) -> std::io::Result<()> {
    let mut folders = std::fs::DirBuilder::new();
    let mut files = std::fs::File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        folders.mode(0o700);
        files.mode(0o600);
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.recursive(true).create(folder)?;
    }
    files.write(true).create_new(true).open(file).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(given: &[(&str, &str)]) -> Option<PathBuf> {
        history_file(&|name| {
            given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn trial_n14_the_history_is_the_users_and_can_be_turned_off() {
        let home = ("HOME", "/home/ada");
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(file(&[home]), path("/home/ada/.local/state/wsis/history"));
        let state = ("XDG_STATE_HOME", "/var/state");
        assert_eq!(file(&[home, state]), path("/var/state/wsis/history"));
        let relative = ("XDG_STATE_HOME", "state");
        assert_eq!(file(&[home, relative]), path("/home/ada/.local/state/wsis/history"));
        assert_eq!(file(&[home, state, (FILE, "mine")]), path("mine"));
        assert_eq!(file(&[home, state, (FILE, "")]), None);
        assert_eq!(file(&[]), None);
    }

    #[test]
    fn trial_n14_the_history_is_bounded_private_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/wsis/history");
        let config = || Config::builder().max_history_size(3).unwrap().build();
        let mut editor = DefaultEditor::with_config(config()).unwrap();
        load(&mut editor, &path).unwrap();
        let mut file = Some(path.clone());
        for at in 1..=5 {
            keep(&mut editor, &mut file, &format!("SELECT '\\'\n, {at};"));
        }
        assert!(file.is_some());
        let mut next = DefaultEditor::with_config(config()).unwrap();
        load(&mut next, &path).unwrap();
        let found: Vec<&String> = next.history().iter().collect();
        assert_eq!(found, ["SELECT '\\'\n, 3;", "SELECT '\\'\n, 4;", "SELECT '\\'\n, 5;"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        // What is no such file is left alone.
        assert!(load(&mut next, folder.path()).unwrap_err().contains("not a plain file"));
        std::fs::write(&path, b"\xff\xfe\n").unwrap();
        assert!(load(&mut next, &path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"\xff\xfe\n");
    }
}
