//! What a deployment asks of the machine that it stands on: what `wsis check` passes can run here.

use std::path::Path;

use wsis_config::{ConfigError, Deployment, ErrorKind, Means};
use wsis_engine::{Ledger, Trust};
use wsis_model::causes::chain;

const FILE: &str = "workspace.toml";

/// What is wrong with it, beside what the files say: certificates or an address of the ledger that cannot
/// be read and a lake that is a file are errors, for every ingest ends there; a program of an alert that is not here is a warning,
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
    let ledger = workspace.ledger.as_deref().map(Ledger::check_address);
    if let Some(Err(error)) = ledger {
        let hint = "write one such as \"postgres://wsis@db.example/wsis?sslmode=require\"";
        found.push(wrong(chain(&error), hint));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::ledger_address;

    /// What can be read of an address is known without the database, and its password is not told.
    #[test]
    fn trial_p261_the_check_refuses_an_address_of_the_ledger_that_is_refused_when_it_is_opened() {
        let mut deployment = Deployment::embedded().unwrap();
        let lake = std::env::temp_dir();
        for wrong in [
            "postgres://h/db?sslmode=bogus",
            "postgres://u:hunter2@h/db?connect_timeout=soon",
            "postgres://h/db?no_such=1",
        ] {
            deployment.workspace.ledger = Some(wrong.to_owned());
            let found = missing_here(&deployment, &lake);
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
            assert!(found[0].is_error() && found[0].message.contains("cannot read the address"));
            let asked = ledger_address(wrong).unwrap_err().to_string();
            assert!(asked.contains("cannot read the address"), "{asked}");
            assert!(!format!("{asked} {:?}", found[0].message).contains("hunter2"), "{asked}");
            assert!(Ledger::connect(wrong, &Trust::default()).is_err(), "{wrong}");
        }
        for wrong in ["POSTGRES://h/db", " postgres://h/db"] {
            assert!(
                ledger_address(wrong).is_err() && Ledger::check_address(wrong).is_err(),
                "{wrong:?}"
            );
        }
        let good = "postgres://wsis:hunter2@db.example/wsis?sslmode=require";
        assert_eq!(ledger_address(good).unwrap(), good);
        deployment.workspace.ledger = Some(good.to_owned());
        assert_eq!(missing_here(&deployment, &lake), []);
    }
}
