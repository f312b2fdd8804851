//! Parameters of the address of a file.

use wsis_model::pipeline::{FIRST_YEAR, LAST_YEAR};

use super::check::Check;
use super::form::RawFile;
use crate::error::ErrorKind;

/// Most parameters of an address.
const PARAMETERS_MAX: usize = 32;
/// Most bytes of a parameter, name and value.
const PARAMETER_BYTES_MAX: usize = 2048;

/// What names of parameters hold that carry a key.
const KEYS: [&str; 6] = ["apikey", "api_key", "api-key", "subscription-key", "token", "password"];

/// Whether the name of a parameter of an address says that it holds a key.
pub fn is_key(name: &str) -> bool {
    let name = name.to_lowercase();
    KEYS.iter().any(|key| name.contains(key))
}

impl Check<'_> {
    /// Parameters that can be sent, and whose placeholders are known.
    pub(super) fn query(&mut self, file: &RawFile, (is_handed_in, key): (bool, Option<&str>)) {
        let path = file.path.as_str();
        if is_handed_in && !file.query.is_empty() {
            let message = format!("file `{path}`: `query` of a file that is handed in");
            let hint = "a file has no address to put parameters into; leave it out";
            self.add(ErrorKind::InvalidValue, file.path.span(), message, hint);
        }
        if file.query.len() > PARAMETERS_MAX {
            let message = format!("file `{path}`: {} parameters", file.query.len());
            let hint = format!("write at most {PARAMETERS_MAX}");
            self.add(ErrorKind::InvalidValue, file.path.span(), message, hint);
        }
        for (name, value) in &file.query {
            let text = value.as_str();
            if name.is_empty() || name.len() + text.len() > PARAMETER_BYTES_MAX {
                let message =
                    format!("file `{path}`: a parameter of {} bytes", name.len() + text.len());
                let hint = format!("name and value have 1 to {PARAMETER_BYTES_MAX} bytes");
                self.add(ErrorKind::InvalidValue, value.span(), message, hint);
            }
            if name.chars().chain(text.chars()).any(char::is_control) {
                let message = format!("file `{path}`: parameter {name:?} holds control characters");
                self.add(ErrorKind::InvalidValue, value.span(), message, "leave them out");
            }
            // Two of one name: a service takes the first, or the last (P111).
            if key.is_some_and(|key| key.eq_ignore_ascii_case(name)) {
                let message =
                    format!("file `{path}`: parameter `{name}` is the one of `secret_in`");
                let hint = "the key is put there by the program; leave it out of `query`";
                let error = self.source.error(ErrorKind::Duplicate, value.span(), message, hint);
                self.errors.push(error.without_excerpt());
                continue;
            }
            if is_key(name) {
                // The value is not repeated.
                let message = format!("file `{path}`: parameter `{name}` seems to be a key");
                let hint = "name the variable that holds it in `secret_env`, and this parameter in \
                            `secret_in`";
                let error = self.source.error(ErrorKind::InvalidValue, value.span(), message, hint);
                self.errors.push(error.without_excerpt());
                continue;
            }
            let rest = text.replace(FIRST_YEAR, "").replace(LAST_YEAR, "");
            if rest.contains("_year}") {
                let message = format!("file `{path}`: parameter `{name}` = {text:?}");
                let hint = "the years that are asked for are `{first_year}` and `{last_year}`";
                self.add(ErrorKind::InvalidValue, value.span(), message, hint);
            }
        }
    }
}
