//! Which lake it is: `_format.json` holds the format and an id that no other lake has, so that a
//! ledger, a snapshot or a copy can be told to belong to it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::LakeError;
use crate::lake::Lake;

const FILE: &str = "_format.json";

/// Format of the lake's layout.
pub(crate) const FORMAT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct FormatFile {
    format: u64,
    /// Absent in lakes of before it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lake_id: Option<String>,
}

impl FormatFile {
    fn read(lake: &Lake) -> Result<Option<Self>, LakeError> {
        let path = &lake.format_path();
        let Some(bytes) = lake.store().get(FILE)? else { return Ok(None) };
        let found: Self = serde_json::from_slice(&bytes).map_err(|e| LakeError::Corrupt {
            path: path.clone(),
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

/// A greater number is of a newer program, and there never was a smaller one than 1.
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
        self.store().shown(FILE)
    }

    /// The format of a lake that is there; `None` when there is none.
    pub(crate) fn format(&self) -> Result<Option<u64>, LakeError> {
        Ok(FormatFile::read(self)?.map(|it| it.format))
    }

    /// Makes a folder a lake.
    pub(crate) fn write_format(&self) -> Result<(), LakeError> {
        let format = FormatFile { format: u64::from(FORMAT), lake_id: Some(new_id()) };
        self.store().create(FILE, &format.bytes(&self.format_path())?).map(drop)
    }

    /// Says that the lake is of today's format; gives it an id where it has none.
    pub(crate) fn raise_format(&self, lake_id: Option<String>) -> Result<(), LakeError> {
        let format = FormatFile { format: u64::from(FORMAT), lake_id };
        self.store().replace(FILE, &format.bytes(&self.format_path())?)
    }

    /// The id that no other lake has; none in a lake of format 1 that was never given one.
    ///
    /// # Errors
    /// A `_format.json` that is damaged, newer, or gone.
    pub fn id(&self) -> Result<Option<String>, LakeError> {
        match FormatFile::read(self)? {
            Some(found) => Ok(found.lake_id),
            None => Err(LakeError::Corrupt {
                path: self.format_path(),
                found: "no file".to_owned(),
                expected: "the format of the lake".to_owned(),
            }),
        }
    }
}

/// The only thing in a lake that is left to chance: two lakes with the same content are two.
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
