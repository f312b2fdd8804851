//! Keys of services.

use std::fmt;
use std::path::Path;

use reqwest::header::HeaderValue;

use crate::trust::read_bounded;

/// Longest secret in a file.
const SECRET_MAX_BYTES: u64 = 64 * 1024;

/// An API key. Sent in a header and nowhere else; its `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(HeaderValue);

impl Secret {
    /// A key as the value of the `Authorization` header, `Bearer KEY`. `None` when the text
    /// cannot stand in a header (line breaks).
    pub fn bearer(key: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// A text without the key: services repeat it (`invalid key ...`), and what they say is
    /// logged and kept.
    pub fn hide(&self, text: &str) -> String {
        match self.0.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")) {
            Some(key) if !key.is_empty() => text.replace(key, "[key]"),
            _ => text.to_owned(),
        }
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret of the environment: the value of a variable, or of the file that `NAME_FILE` names
/// (as secrets are mounted into containers), without its last line break.
pub fn from_environment(name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let path = std::env::var_os(format!("{name}_FILE"))?;
    let read = read_bounded(Path::new(&path), SECRET_MAX_BYTES).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8 text"))
    });
    match read {
        Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => {
            let path = path.display();
            tracing::error!(%path, %error, variable = name, "cannot read the file of a secret");
            None
        }
    }
}
