//! Keys of services.

use std::fmt;
use std::path::Path;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::{Url, form_urlencoded};
use wsis_model::pipeline::KeyPlace;

use wsis_config::plain_file;

use super::excerpt;

/// What stands in place of a key.
const HIDDEN: &str = "[key]";

/// Shortest beginning of a key that is taken out where a text was cut: fewer characters may be
/// anything, and tell nothing.
const CUT_MIN: usize = 4;

/// Bytes of a body from which its beginning is told: longer than any key, by far.
const EXCERPT_OF: usize = 64 * 1024;

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

    /// Whether a header may have that name.
    pub(crate) fn can_be_in(header: &str) -> bool {
        HeaderName::from_bytes(header.as_bytes()).is_ok()
    }

    /// A text without the key: services repeat it (`invalid key ...`), and what they say is
    /// logged and kept.
    ///
    /// Where the text was cut within the key, the part that is left is taken out too: a decoder
    /// quotes the beginning of a cell or message, and knows of no key.
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for spelling in self.spellings() {
            hidden = hidden.replace(&spelling, HIDDEN);
            hidden = without_beginning(&hidden, &spelling);
        }
        hidden
    }

    /// A body without the key, as it is or as it stands in addresses, JSON and base64.
    pub fn hide_in(&self, body: Vec<u8>) -> Vec<u8> {
        let spellings = self.spellings();
        spellings.iter().fold(body, |body, spelling| without(&body, spelling.as_bytes()))
    }

    /// The beginning of a body for a message: the key is taken out before the rest is cut.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        let head = body.get(..EXCERPT_OF).unwrap_or(body);
        self.hide(&excerpt(&self.hide_in(head.to_vec())))
    }

    /// The ways in which the key may stand in what a service says, the longest first.
    fn spellings(&self) -> Vec<String> {
        let key = self.key.as_str();
        let in_json = serde_json::to_string(key).unwrap_or_default();
        let in_address: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let in_path = in_address.replace('+', "%20");
        let mut spellings = vec![
            key.to_owned(),
            in_json.trim_matches('"').to_owned(),
            small_hex(&in_address),
            small_hex(&in_path),
            in_address,
            in_path,
        ];
        for shift in 0..3 {
            let core = in_base64(key.as_bytes(), shift);
            // Fewer could be anything.
            if core.len() >= 8 {
                spellings.push(core.replace('+', "-").replace('/', "_"));
                spellings.push(core);
            }
        }
        spellings.retain(|spelling| !spelling.is_empty());
        spellings.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
        spellings.dedup();
        spellings
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

/// Percent-encoding with small letters.
fn small_hex(text: &str) -> String {
    let mut left = 0;
    let small = |c: char| {
        left = if c == '%' { 3 } else { left };
        if left > 0 {
            left -= 1;
            return c.to_ascii_lowercase();
        }
        c
    };
    text.chars().map(small).collect()
}

/// What base64 (RFC 4648) makes of a text, whatever stands before it (`shift` bytes of a group of
/// three) and behind it: the letters that depend on nothing else.
fn in_base64(text: &[u8], shift: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let shifted: Vec<u8> = std::iter::repeat_n(0, shift).chain(text.iter().copied()).collect();
    let bit = |at: usize| shifted.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let (first, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    let letter = |at: usize| {
        let six = (0..6).fold(0_u8, |six, part| six << 1 | bit(at * 6 + part));
        LETTERS.get(usize::from(six)).copied().map_or('=', char::from)
    };
    (first..end).map(letter).collect()
}

/// A text without the beginnings of a key that end it, or a quotation in it.
fn without_beginning(text: &str, key: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['"', '\'', '`', '…', '\\']) {
        let end = piece.find(['"', '\'', '`', '…', '\\']).unwrap_or(piece.len());
        let (said, closing) = piece.split_at(end);
        let mut parts = (CUT_MIN..key.len()).rev().filter_map(|length| key.get(..length));
        match parts.find_map(|part| said.strip_suffix(part)) {
            Some(rest) => out.extend([rest, HIDDEN]),
            None => out.push_str(said),
        }
        out.push_str(closing);
    }
    out
}

fn without(body: &[u8], key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(key.len()).position(|window| window == key) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(HIDDEN.as_bytes());
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
        Ok(text) if text.trim().is_empty() => {
            let path = path.display();
            tracing::error!(%path, variable = name, "the file of a secret is empty");
            None
        }
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
    fn trial_p27_a_key_is_hidden_wherever_a_text_is_cut_and_however_it_is_spelt() {
        const KEY: &str = "SeCrEtK3yABCDEF0123456789";
        let secret = Secret::bearer(KEY).unwrap();
        for offset in 0..140 {
            let body = format!("{}{KEY} is not known", "x".repeat(offset));
            let told = secret.excerpt(body.as_bytes());
            assert!(!told.contains("SeCr"), "{offset}: {told}");
            // A decoder cuts without knowing of the key, and quotes.
            for cut in 4..=KEY.len() {
                let said = format!("cell {:?}: no number", &body[..offset + cut]);
                let told = secret.hide(&said);
                assert!(!told.contains("SeCr") && told.contains("[key]\""), "{cut}: {told}");
            }
        }
        // As `base64` gives `user:KEY`, `abc:KEY` and `KEY`; the end of each, which is the key's too.
        for (said, part) in [
            ("dXNlcjpTZUNyRXRLM3lBQkNERUYwMTIzNDU2Nzg5", "QkNERUYwMTIz"),
            ("YWJjOlNlQ3JFdEszeUFCQ0RFRjAxMjM0NTY3ODk=", "Q0RFRjAxMjM0"),
            ("U2VDckV0SzN5QUJDREVGMDEyMzQ1Njc4OQ==", "REVGMDEyMzQ1"),
        ] {
            assert!(said.contains(part));
            let told = secret.hide(said);
            assert!(told.contains("[key]") && !told.contains(part), "{told}");
            assert_eq!(secret.hide_in(said.into()), told.as_bytes(), "{said}");
        }
        let spaced = Secret::bearer("a b/c").unwrap();
        assert_eq!(spaced.hide("a+b%2Fc a%20b%2fc a b/c"), "[key] [key] [key]");
    }

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
