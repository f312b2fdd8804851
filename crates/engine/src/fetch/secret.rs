//! Keys of services.

use std::fmt;
use std::path::Path;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::{Url, form_urlencoded};
use wsis_model::pipeline::KeyPlace;

use wsis_config::plain_file;

/// Longest secret in a file.
const SECRET_MAX_BYTES: u64 = 64 * 1024;

/// An API key. Sent where the service wants it and nowhere else; its `Debug` does not show it.
#[derive(Clone)]
pub struct Secret {
    key: String,
    place: Place,
}

/// Where a key goes.
#[derive(Clone)]
enum Place {
    Header(HeaderName, HeaderValue),
    Query(String),
}

impl Secret {
    /// A key as the value of the `Authorization` header, `Bearer KEY`. `None` when the text
    /// cannot stand in a header (line breaks).
    pub fn bearer(key: &str) -> Option<Self> {
        Self::placed(key, &KeyPlace::Bearer)
    }

    /// A key where a service wants it. `None` when the text, or the name of the header, cannot
    /// stand there.
    pub fn placed(key: &str, place: &KeyPlace) -> Option<Self> {
        let value = |text: &str| {
            let mut value = HeaderValue::from_str(text).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        let place = match place {
            KeyPlace::Bearer => Place::Header(AUTHORIZATION, value(&format!("Bearer {key}"))?),
            KeyPlace::Header(name) => {
                Place::Header(HeaderName::from_bytes(name.as_bytes()).ok()?, value(key)?)
            }
            KeyPlace::Query(name) => Place::Query(name.clone()),
        };
        Some(Self { key: key.to_owned(), place })
    }

    /// A text without the key: services repeat it (`invalid key ...`), and what they say is
    /// logged and kept.
    pub fn hide(&self, text: &str) -> String {
        if self.key.is_empty() {
            return text.to_owned();
        }
        let in_address: String = form_urlencoded::byte_serialize(self.key.as_bytes()).collect();
        text.replace(&self.key, "[key]").replace(&in_address, "[key]")
    }

    /// A body without the key, as it is or as it stands in addresses and JSON.
    pub fn hide_in(&self, body: Vec<u8>) -> Vec<u8> {
        let key = self.key.as_str();
        let in_address: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let in_json = serde_json::to_string(key).unwrap_or_default();
        let in_json = in_json.trim_matches('"').to_owned();
        let mut spellings = vec![key.to_owned(), in_json, in_address];
        spellings.dedup();
        let mut hidden = body;
        for spelling in spellings.iter().filter(|spelling| !spelling.is_empty()) {
            hidden = without(&hidden, spelling.as_bytes());
        }
        hidden
    }

    /// The header that carries it, if one does.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match &self.place {
            Place::Header(name, value) => Some((name.clone(), value.clone())),
            Place::Query(_) => None,
        }
    }

    /// The address that is sent: with the key, where it goes into the query.
    pub(super) fn in_address(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if let Place::Query(name) = &self.place {
            url.query_pairs_mut().append_pair(name, &self.key);
        }
        url
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn without(body: &[u8], key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(key.len()).position(|window| window == key) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(b"[key]");
        rest = rest.get(at + key.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

/// A secret of the environment: the value of a variable, or of the file that `NAME_FILE` names
/// (as secrets are mounted into containers), without its last line break.
pub fn from_environment(name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let path = std::env::var_os(format!("{name}_FILE"))?;
    let read = plain_file::read(Path::new(&path), SECRET_MAX_BYTES).and_then(|bytes| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_x16_a_key_that_a_service_repeats_is_hidden_in_every_spelling() {
        let secret = Secret::bearer("a/b+c\"d").unwrap();
        let body = br#"{"raw": a/b+c"d, "json": "a/b+c\"d", "url": "?key=a%2Fb%2Bc%22d"}"#.to_vec();
        let hidden = String::from_utf8(secret.hide_in(body)).unwrap();
        assert_eq!(hidden, r#"{"raw": [key], "json": "[key]", "url": "?key=[key]"}"#);
        // Bytes of any kind, and a body without it.
        let key = Secret::bearer("key").unwrap();
        assert_eq!(key.hide_in(b"\xffkey\x00keykey".to_vec()), b"\xff[key]\x00[key][key]");
        assert_eq!(key.hide_in(b"ke".to_vec()), b"ke");
    }
}
