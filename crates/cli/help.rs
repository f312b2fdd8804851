//! What the command line says of itself: options that every command has stand in `wsis --help`, and
//! each command names those of them that it uses; a slip is told without a hint that misleads.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};

use crate::args::Cli;

/// Version of the program, and the commit that it was built from where the build was told of it by
/// `WSIS_COMMIT`. A build script that asked git would make two builds of one source differ.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("WSIS_COMMIT").filter(|commit| !commit.is_empty());
    format!("{} ({})", env!("CARGO_PKG_VERSION"), commit.unwrap_or("commit not recorded"))
});

/// Of the options of every command those that a command uses; any other uses all.
const USED: [(&str, &[&str]); 10] = [
    ("demo", &["format", "quiet", "verbose", "log-format"]),
    ("check", &["root", "lake", "format"]),
    ("list", &["root", "format"]),
    ("completions", &[]),
    ("verify", &["root", "lake", "format"]),
    ("schedule next", &["root", "format"]),
    ("lake upgrade", &["root", "lake", "format"]),
    ("lake verify", &["root", "lake", "format"]),
    ("lake compact", &["root", "lake", "format"]),
    ("lake gc", &["root", "lake", "format"]),
];

/// Reads the command line; ends the program where it is wrong, or asks for help.
pub(crate) fn parse() -> Cli {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    helpful(&mut words);
    let mut command = command();
    let found = command
        .try_get_matches_from_mut(&words)
        .and_then(|found| Cli::from_arg_matches(&found))
        .map_err(|error| told(error, &command, &words));
    found.unwrap_or_else(|error| error.exit())
}

/// The command line with the options of every command hidden below the first level.
fn command() -> Command {
    let command = Cli::command().version(VERSION.as_str());
    let shared: Vec<Arg> =
        command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    command.mut_subcommands(|command| pointing(command, "", &shared))
}

/// A command that names those of the shared options that it uses, in a line at its end.
fn pointing(mut command: Command, above: &str, shared: &[Arg]) -> Command {
    let path = format!("{above} {}", command.get_name()).trim().to_owned();
    let used = USED.iter().find(|(name, _)| *name == path).map(|(_, used)| *used);
    let names: Vec<String> = shared
        .iter()
        .filter_map(Arg::get_long)
        .filter(|long| used.is_none_or(|used| used.contains(long)))
        .map(|long| format!("--{long}"))
        .collect();
    if !names.is_empty() {
        let more = format!("Also {}: see `wsis --help`", names.join(", "));
        let after = command.get_after_help().map(ToString::to_string);
        let after = after.map_or(more.clone(), |after| format!("{after}\n\n{more}"));
        command = command.after_help(after);
    }
    // What is there already is not handed down again.
    command = command.args(shared.iter().map(|arg| arg.clone().hide(true)));
    command.mut_subcommands(|command| pointing(command, &path, shared))
}

/// `wsis help --help` is somebody who wants help.
fn helpful(words: &mut Vec<OsString>) {
    let asks = |word: &OsString| word == "--help" || word == "-h";
    let at = words.iter().skip(1).take(2).position(|word| word == "help").map(|at| at + 1);
    // Only where no other command could take the word for a value: first, or after a group of commands.
    let is_ours = match at {
        Some(1) => true,
        Some(2) => words.get(1).is_some_and(|word| word == "schedule" || word == "lake"),
        _ => false,
    };
    if is_ours {
        words.retain(|word| !asks(word));
    }
}

/// An error without the advice to pass an option as a value, and with the whole usage.
fn told(mut error: clap::Error, command: &Command, words: &[OsString]) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
        let mut meant = command.clone();
        for word in words.iter().skip(1).filter_map(|word| word.to_str()) {
            if let Some(below) = meant.find_subcommand(word) {
                meant = below.clone();
            }
        }
        error.insert(ContextKind::Usage, ContextValue::StyledStr(meant.render_usage()));
    }
    error
}
