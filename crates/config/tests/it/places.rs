//! Where the paths of `workspace.toml` lead, and `workspace.toml` read alone.

use std::path::Path;

use wsis_config::{Deployment, Origin, Workspace};

use crate::bad_input::Folder;

/// `--root` from elsewhere: the lake and the certificates are those of the deployment, not of the
/// folder that the program happens to run in.
#[test]
fn trial_r9_paths_of_a_workspace_are_below_its_folder() {
    let folder = Folder::new();
    folder.workspace(
        "lake = \"lake\"\ndefault_framework = \"wsis-action-lines\"\n",
        "lake = \"data/lake\"\ndefault_framework = \"wsis-action-lines\"\n\
         [fetch]\nca_file = \"agency.pem\"\n",
    );
    let root = folder.path("");
    let whole = Deployment::load(&root).unwrap().workspace;
    assert_eq!(whole.lake, root.join("data/lake"));
    assert_eq!(whole.fetch.ca_file.as_deref(), Some(root.join("agency.pem").as_path()));
    assert_eq!(Workspace::load(Origin::Folder(&root)).unwrap(), whole);
}

#[test]
fn trial_r9_an_absolute_path_stays() {
    let folder = Folder::new();
    folder.workspace("\"lake\"", "\"/srv/lake\"");
    assert_eq!(Deployment::load(&folder.path("")).unwrap().workspace.lake, Path::new("/srv/lake"));
    assert_eq!(Workspace::load(Origin::Embedded).unwrap().lake, Path::new("lake"));
}

#[test]
fn a_workspace_is_read_beside_a_broken_pipeline() {
    let folder = Folder::new();
    folder.pipeline("[schedule]", "[schedule");
    assert!(Deployment::load(&folder.path("")).is_err());
    assert!(Workspace::load(Origin::Folder(&folder.path(""))).is_ok());
    folder.workspace("version = 1", "version = 2");
    let wrong = Workspace::load(Origin::Folder(&folder.path(""))).unwrap_err();
    assert_eq!((wrong.0[0].file.as_str(), wrong.0[0].line), ("workspace.toml", 1));
}
