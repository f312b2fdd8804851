//! What a deployment asks of the machine that it stands on: what `wsis check` passes can run here.

use std::path::Path;

use wsis_config::{ConfigError, Deployment, ErrorKind, Means};
use wsis_engine::Trust;
use wsis_model::causes::chain;

const FILE: &str = "workspace.toml";

/// What is wrong with it, beside what the files say: certificates that cannot be read and a lake that
/// is a file are errors, for every ingest ends there; a program of an alert that is not here is a warning,
/// for the daemon may stand elsewhere.
pub fn missing_here(deployment: &Deployment, lake: &Path) -> Vec<ConfigError> {
    let workspace = &deployment.workspace;
    let mut found = Vec::new();
    let wrong = |message: String, hint: &str| {
        ConfigError::whole_file(ErrorKind::Unreadable, FILE, message, hint)
    };
    if let Err(error) = Trust::read(workspace.fetch.ca_file.as_deref()) {
        found.push(wrong(chain(&error), "name a file of certificates in PEM"));
    }
    let is_no_folder = |path: &Path| path.symlink_metadata().is_ok() && !path.is_dir();
    if let Some(part) = lake.ancestors().find(|path| is_no_folder(path)) {
        let message = format!("lake {}: {} is no folder", lake.display(), part.display());
        found.push(wrong(message, "name a folder, or one that can be made"));
    }
    for channel in &workspace.alerts {
        let Means::Command { command } = &channel.how else { continue };
        let Some(program) = command.first().filter(|program| !is_here(program)) else { continue };
        let message =
            format!("alert {}: there is no program {program:?} here that can be run", channel.id);
        let hint = "name a program that this machine has, if alerts are sent from it";
        found.push(wrong(message, hint).warning());
    }
    found
}

/// Whether a program can be found and run: by its path, or in the folders of `PATH`.
fn is_here(program: &str) -> bool {
    if program.contains(std::path::MAIN_SEPARATOR) {
        return can_run(Path::new(program));
    }
    let Some(folders) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&folders).any(|folder| can_run(&folder.join(program)))
}

#[cfg(unix)]
fn can_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const ANYBODY: u32 = 0o111;
    path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & ANYBODY != 0)
}

#[cfg(not(unix))]
fn can_run(path: &Path) -> bool {
    path.is_file()
}
