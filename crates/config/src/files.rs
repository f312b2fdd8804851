//! The files of a deployment, embedded or from a folder, as bytes by path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::plain_file;

static PIPELINES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../pipelines");
static SCHEMAS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../schemas");
static WORKSPACE: &str = include_str!("../../../workspace.toml");

/// Largest file that is read, bytes: a mistake (a data file in the wrong folder) is named instead
/// of being read.
const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Name of the workspace file.
pub(crate) const WORKSPACE_FILE: &str = "workspace.toml";

/// Folder of the rule books.
pub(crate) const RULES_FOLDER: &str = "schemas/rules";

/// Folder of the rules of other organisations.
pub(crate) const OTHERS_FOLDER: &str = "schemas/rules/others";

/// Folder of the corrections; a deployment need not have it.
pub(crate) const CORRECTIONS_FOLDER: &str = "pipelines/corrections";

/// Folders of a deployment, each with the ending of its files.
const FOLDERS: [(&str, &str); 7] = [
    ("pipelines", ".toml"),
    (CORRECTIONS_FOLDER, ".toml"),
    ("schemas/framework", ".toml"),
    (RULES_FOLDER, ".toml"),
    (OTHERS_FOLDER, ".toml"),
    ("schemas/codelists", ".csv"),
    ("schemas/tables", ".toml"),
];

/// The files of a deployment by path, with `/` between folders.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<String, Vec<u8>>,
    /// Those that are built into the program: nobody finds them in the folder.
    built_in: BTreeSet<String>,
}

/// What stands before the name of a file that is built into the program.
const BUILT_IN: &str = "built-in ";

/// Whether the name of a text is that of a file built into the program, in a deployment of a folder.
pub(crate) fn is_built_in(name: &str) -> bool {
    name.starts_with(BUILT_IN)
}

/// Whether a pipeline that is built into the program declares a series of that code.
pub(crate) fn is_known_code(code: &str) -> bool {
    let line = format!("code = \"{code}\"");
    PIPELINES
        .files()
        .filter_map(|file| file.contents_utf8())
        .any(|text| text.lines().any(|written| written.trim_end() == line))
}

impl Files {
    /// The files built into the program.
    pub(crate) fn embedded() -> Self {
        let mut files = Self::default();
        files.files.insert(WORKSPACE_FILE.to_owned(), WORKSPACE.into());
        for (folder, _) in FOLDERS {
            files.embed(folder);
        }
        files
    }

    /// The files below a folder. `schemas/framework`, `schemas/rules`, its folder `others`, `schemas/codelists` and
    /// `schemas/tables` are each taken from the program where the folder does not have them, so that a deployment can
    /// be a `workspace.toml` with `pipelines/` alone.
    pub(crate) fn folder(root: &Path) -> (Self, Vec<ConfigError>) {
        let mut files = Self::default();
        let mut errors = Vec::new();
        match workspace_bytes(root) {
            Ok(bytes) => {
                files.files.insert(WORKSPACE_FILE.to_owned(), bytes);
            }
            Err(error) => errors.push(error),
        }
        for (folder, ending) in FOLDERS {
            if let Some(wrong) = no_folder(root, folder) {
                errors.push(ConfigError::whole_file(
                    ErrorKind::Unreadable,
                    wrong,
                    "it is no folder (a file, a device, or a link to nothing)",
                    "make it a folder, or remove it",
                ));
            } else if root.join(folder).is_dir() {
                files.read_folder(root, folder, ending, &mut errors);
            } else if folder.starts_with("schemas/") {
                files.embed(folder);
            } else if folder != CORRECTIONS_FOLDER {
                errors.push(ConfigError::whole_file(
                    ErrorKind::Unreadable,
                    root.join(folder).display().to_string(),
                    "there is no such folder",
                    "make it, with one .toml file for each pipeline",
                ));
            }
        }
        (files, errors)
    }

    /// The `workspace.toml` built into the program.
    pub(crate) fn embedded_workspace() -> Result<Arc<SourceText>, ConfigError> {
        as_text(WORKSPACE_FILE, WORKSPACE.as_bytes())
    }

    /// The `workspace.toml` of a folder.
    pub(crate) fn workspace(root: &Path) -> Result<Arc<SourceText>, ConfigError> {
        as_text(WORKSPACE_FILE, &workspace_bytes(root)?)
    }

    fn embed(&mut self, folder: &str) {
        let found = match folder.strip_prefix("schemas/") {
            Some(below) => SCHEMAS.get_dir(below),
            None if folder == CORRECTIONS_FOLDER => PIPELINES.get_dir("corrections"),
            None => Some(&PIPELINES),
        };
        let ending = FOLDERS.iter().find(|(name, _)| *name == folder).map_or("", |(_, end)| end);
        for file in found.map(Dir::files).into_iter().flatten() {
            let name = file.path().file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(ending) {
                let path = format!("{folder}/{name}");
                self.built_in.insert(path.clone());
                self.files.insert(path, file.contents().to_vec());
            }
        }
    }

    fn read_folder(
        &mut self,
        root: &Path,
        folder: &str,
        ending: &str,
        errors: &mut Vec<ConfigError>,
    ) {
        let names = match list(&root.join(folder)) {
            Ok(names) => names,
            Err(found) => {
                errors.push(ConfigError::whole_file(
                    ErrorKind::Unreadable,
                    folder,
                    found,
                    "make the folder readable",
                ));
                return;
            }
        };
        // Files of editors and systems start with a dot.
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            if !name.ends_with(ending) {
                errors.extend(passed_over(root, (folder, ending), &name));
                continue;
            }
            let path = format!("{folder}/{name}");
            match read(&root.join(folder).join(&name)) {
                Ok(bytes) => {
                    self.files.insert(path, bytes);
                }
                Err(found) => errors.push(ConfigError::whole_file(
                    ErrorKind::Unreadable,
                    path,
                    found,
                    "make it a readable file, or remove it",
                )),
            }
        }
    }

    /// One file as text.
    pub(crate) fn text(&self, path: &str) -> Option<Result<Arc<SourceText>, ConfigError>> {
        self.files.get(path).map(|bytes| as_text(&self.shown(path), bytes))
    }

    /// The name of a file, for people.
    fn shown(&self, path: &str) -> String {
        let built_in = if self.built_in.contains(path) { BUILT_IN } else { "" };
        format!("{built_in}{path}")
    }

    /// All files of a folder as text, by name.
    pub(crate) fn texts<'a>(
        &'a self,
        folder: &'a str,
    ) -> impl Iterator<Item = Result<Arc<SourceText>, ConfigError>> + 'a {
        self.files
            .iter()
            .filter(move |(path, _)| {
                let name = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
                name.is_some_and(|name| !name.contains('/'))
            })
            .map(|(path, bytes)| as_text(&self.shown(path), bytes))
    }
}

fn workspace_bytes(root: &Path) -> Result<Vec<u8>, ConfigError> {
    let path = root.join(WORKSPACE_FILE);
    read(&path).map_err(|found| {
        ConfigError::whole_file(
            ErrorKind::Unreadable,
            path.display().to_string(),
            found,
            "run in the folder of a deployment, or name it",
        )
    })
}

/// A file of the configuration by itself.
pub(crate) fn lone(path: &Path) -> Result<Arc<SourceText>, ConfigError> {
    let shown = path.display().to_string();
    let bytes = read(path).map_err(|found| {
        let hint = "name a framework file that can be read";
        ConfigError::whole_file(ErrorKind::Unreadable, shown.clone(), found, hint)
    })?;
    as_text(&shown, &bytes)
}

/// Text of a file: UTF-8, with or without a byte order mark.
fn as_text(path: &str, bytes: &[u8]) -> Result<Arc<SourceText>, ConfigError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(|text| SourceText::new(path, text)).map_err(|error| {
        // What comes before the wrong byte is text, so the place can be counted.
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let start = SourceText::new(path, String::from_utf8_lossy(valid));
        start
            .error(
                ErrorKind::Syntax,
                error.valid_up_to()..error.valid_up_to(),
                "not UTF-8 text",
                "save the file as UTF-8 (it may be in Latin-1 or UTF-16)",
            )
            .without_excerpt()
    })
}

/// The bytes of a file of the deployment; a link that leads nowhere is called so.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    plain_file::read(path, FILE_MAX_BYTES).map_err(|error| {
        let is_link = error.kind() == std::io::ErrorKind::NotFound && path.is_symlink();
        if is_link { "it is a link to nothing".to_owned() } else { words(&error) }
    })
}

/// Names in a folder, sorted, whatever they name: [`read`] says what is no file. A name that is no
/// text is shown as far as it is, and then not found.
/// What stands in place of a folder, or of one above it, below the root, and is none.
fn no_folder(root: &Path, folder: &str) -> Option<String> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    let mut above = ends.filter_map(|end| folder.get(..end));
    above.find_map(|part| {
        let path = root.join(part);
        let is_there = path.symlink_metadata().is_ok();
        (is_there && !path.is_dir()).then(|| part.to_owned())
    })
}

/// What somebody may take for a part of the deployment: a file whose ending is spelt otherwise, files in a
/// folder of their own. Other files and folders are nobody's concern.
fn passed_over(root: &Path, (folder, ending): (&str, &str), name: &str) -> Option<ConfigError> {
    let told = |message: String, hint: &str| {
        let path = format!("{folder}/{name}");
        Some(ConfigError::whole_file(ErrorKind::Unreadable, path, message, hint).warning())
    };
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(ending) {
        return told(format!("it is not read: its name does not end with {ending}"), "rename it");
    }
    let path = format!("{folder}/{name}");
    let is_part = FOLDERS.iter().any(|(part, _)| *part == path);
    if is_part || !root.join(&path).is_dir() {
        return None;
    }
    let names = list(&root.join(&path)).ok()?;
    let first = names.iter().find(|name| name.ends_with(ending) && !name.starts_with('.'))?;
    told(
        format!("{first} and what else is in this folder is not read"),
        "put it into the folder above",
    )
}

fn list(folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| words(&error))? {
        let entry = entry.map_err(|error| words(&error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        std::io::ErrorKind::Other => error.to_string(),
        _ => format!("it cannot be read: {error}"),
    }
}
