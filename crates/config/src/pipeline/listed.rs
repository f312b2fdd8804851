//! Files whose address is found in another document.

use url::Url;

use super::check::{Check, is_local, is_outside};
use super::form::RawFile;
use crate::error::ErrorKind;

/// Longest wait for a file that is not there yet, seconds.
const READY_WITHIN_S_MAX: u32 = 3_600;

impl Check<'_> {
    /// The list, and a pattern that leaves no choice of the host to it.
    pub(super) fn listed(&mut self, file: &RawFile, is_handed_in: bool) {
        let path = file.path.as_str();
        if let Some(wait) = &file.ready_within_s
            && (file.listed_in.is_none() || !(1..=READY_WITHIN_S_MAX).contains(&**wait))
        {
            let message = format!("file `{path}`: `ready_within_s` is {}", **wait);
            let hint = format!("write 1 to {READY_WITHIN_S_MAX} seconds, beside `listed_in`");
            self.add(ErrorKind::InvalidValue, wait.span(), message, hint);
        }
        let Some(list) = &file.listed_in else { return };
        if is_handed_in {
            let message = format!("file `{path}`: `listed_in` of a file that is handed in");
            let hint = "the name in `folder` may be a pattern; leave `listed_in` out";
            self.add(ErrorKind::InvalidValue, list.span(), message, hint);
            return;
        }
        if is_outside(list) {
            let message = format!("file `{path}`: `listed_in` is {:?}", list.as_str());
            let hint = "write a path below base_url, such as \"bulk-data\"; what stands behind `?` as \
                        `query`";
            self.add(ErrorKind::InvalidValue, list.span(), message, hint);
        }
        if let Some(why) = self.no_pattern(path) {
            let message = format!("file path {path:?}, which is looked for in a list, {why}");
            let hint = "write a path below base_url or a whole address with `*` for what changes, such \
                        as \"https://files.example.org/sdg/*/SDG.zip\"";
            self.add(ErrorKind::InvalidValue, file.path.span(), message, hint);
        }
    }

    /// Why a text is no pattern of an address that may be asked.
    fn no_pattern(&self, path: &str) -> Option<String> {
        let Some((before, _)) = path.split_once('*') else {
            return Some("has no `*`: then it needs no list".to_owned());
        };
        if path.contains(['#', '\\', ' ']) || path.chars().any(char::is_control) {
            return Some("holds characters that no address has".to_owned());
        }
        let Some((_, rest)) = before.split_once("://") else {
            let below = path.split(['?', '*']).next().unwrap_or_default();
            let is_outside = below.starts_with('/')
                || path.contains(':')
                || path.split('/').any(|part| part == "." || part == "..");
            return is_outside.then(|| "does not lie below base_url".to_owned());
        };
        let url = match Url::parse(before) {
            Ok(url) if rest.contains('/') => url,
            _ => return Some("leaves open which host is asked".to_owned()),
        };
        let host = url.host_str().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() {
            return Some("holds a user name".to_owned());
        }
        let workspace = self.workspace;
        let allows_http =
            workspace.is_none_or(|it| it.allows_http(host, url.port_or_known_default()));
        let allows_private =
            workspace.is_none_or(|it| it.allows_private(host, url.port_or_known_default()));
        if url.scheme() != "https" && !(url.scheme() == "http" && allows_http) {
            return Some("is no https address".to_owned());
        }
        (is_local(&url) && !allows_private)
            .then(|| "is on this machine or in a private network".to_owned())
    }
}
