//! Which lake it is: `_format.json` holds the format and an id that no other lake has, so that a
//! ledger, a snapshot or a copy can be told to belong to it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::durable::read_if_there;
use crate::error::LakeError;
use crate::lake::Lake;

/// Format of the lake's layout.
pub(crate) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct FormatFile {
    format: u64,
    /// Absent in lakes of before it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lake_id: Option<String>,
}

impl FormatFile {
    fn read(path: &Path) -> Result<Option<Self>, LakeError> {
        let Some(bytes) = read_if_there(path)? else { return Ok(None) };
        let found: Self = serde_json::from_slice(&bytes).map_err(|e| LakeError::Corrupt {
            path: path.to_path_buf(),
            found: e.to_string(),
            expected: format!("{{\"format\":{FORMAT}}}"),
        })?;
        check_format(path, found.format)?;
        Ok(Some(found))
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, LakeError> {
        let mut bytes = serde_json::to_vec(self).map_err(|e| LakeError::encoding(path, &e))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Only format 1 has ever been written by a program of before this one; a greater number is of a
/// newer one, and there never was a smaller.
pub(crate) fn check_format(path: &Path, found: u64) -> Result<(), LakeError> {
    let path = path.to_path_buf();
    match found {
        0 => Err(LakeError::Corrupt {
            path,
            found: "format 0, which no program has ever written".to_owned(),
            expected: format!("format {FORMAT}"),
        }),
        found if found > u64::from(FORMAT) => {
            Err(LakeError::Format { path, found, supported: u64::from(FORMAT) })
        }
        _ => Ok(()),
    }
}

impl Lake {
    fn format_path(&self) -> PathBuf {
        self.root().join("_format.json")
    }

    /// Checks the format of a lake that is there; `false` when there is none.
    pub(crate) fn has_format(&self) -> Result<bool, LakeError> {
        Ok(FormatFile::read(&self.format_path())?.is_some())
    }

    /// Makes a folder a lake.
    pub(crate) fn write_format(&self) -> Result<(), LakeError> {
        let path = self.format_path();
        let format = FormatFile { format: u64::from(FORMAT), lake_id: Some(new_id()) };
        self.disk().create(&path, &format.bytes(&path)?).map(drop)
    }

    /// The id that no other lake has; none in a lake of before ids were given, until something
    /// is next written to it.
    ///
    /// # Errors
    /// A `_format.json` that is damaged, newer, or gone.
    pub fn id(&self) -> Result<Option<String>, LakeError> {
        let path = self.format_path();
        match FormatFile::read(&path)? {
            Some(found) => Ok(found.lake_id),
            None => Err(LakeError::Corrupt {
                path,
                found: "no file".to_owned(),
                expected: "the format of the lake".to_owned(),
            }),
        }
    }

    /// Gives a lake of before ids were given one. Only under the writer's lock.
    pub(crate) fn ensure_id(&self) -> Result<(), LakeError> {
        let path = self.format_path();
        match FormatFile::read(&path)? {
            Some(FormatFile { format, lake_id: None }) => {
                let named = FormatFile { format, lake_id: Some(new_id()) };
                self.disk().replace(&path, &named.bytes(&path)?)
            }
            _ => Ok(()),
        }
    }
}

/// The only thing in a lake that is left to chance: two lakes with the same content are two.
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
