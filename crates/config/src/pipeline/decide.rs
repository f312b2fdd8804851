//! What a draft of a pipeline leaves to a person, and where its files come from.

use url::Url;
use wsis_model::pipeline::HAND_IN;

use super::check::Check;
use super::form::RawPipeline;
use crate::document::Located;
use crate::error::ErrorKind;

/// Stands in a draft for what only a person can say (`licence = "DECIDE"`).
pub const DECIDE: &str = "DECIDE";

impl Check<'_> {
    /// Nothing runs that is still to be decided: a licence that nobody looked up would be told to
    /// readers as one.
    pub(super) fn undecided(&mut self, raw: &RawPipeline) {
        let all = [
            ("title", Some(&raw.title)),
            ("agency", Some(&raw.agency)),
            ("dataset", Some(&raw.dataset)),
            ("base_url", raw.base_url.as_ref()),
            ("licence", Some(&raw.licence)),
            ("citation", Some(&raw.citation)),
            ("homepage", Some(&raw.homepage)),
        ];
        for (field, text) in all {
            self.is_decided(text, format!("`{field}` is still to be decided"));
        }
        for series in &raw.series {
            let code = series.code.as_str();
            for (field, text) in [("title", &series.title), ("unit", &series.unit)] {
                let what = format!("series `{code}`: `{field}` is still to be decided");
                self.is_decided(Some(text), what);
            }
        }
    }

    fn is_decided(&mut self, text: Option<&Located<String>>, what: String) {
        if let Some(text) = text.filter(|text| is_open(text)) {
            let hint =
                format!("write it in place of \"{DECIDE}\"; the comment above says what it is");
            self.add(ErrorKind::Undecided, text.span(), what, hint);
        }
    }

    /// The address of the service, or the folder of files that are handed in.
    pub(super) fn place(&mut self, raw: &RawPipeline) -> String {
        if let Some(take) = raw.take.as_ref().filter(|_| raw.folder.is_none()) {
            let message = "`take` without `folder`";
            let hint = "name the folder into which the files are handed in, or remove it";
            self.add(ErrorKind::MissingField, take.span(), message, hint);
        }
        if let Some(folder) = &raw.folder {
            self.folder(folder, raw);
        }
        match &raw.base_url {
            Some(text) if is_open(text) => String::new(),
            Some(text) => self.base_url(text),
            None if raw.folder.is_some() => HAND_IN.to_owned(),
            None => {
                let message = "neither `base_url` nor `folder` is there";
                let hint = "write the address of the service, or the folder into which files are \
                            handed in";
                self.add(ErrorKind::MissingField, raw.source.span(), message, hint);
                String::new()
            }
        }
    }

    fn folder(&mut self, folder: &Located<String>, raw: &RawPipeline) {
        let path = folder.as_str();
        if path.trim().is_empty() || path.contains('\0') || Url::parse(path).is_ok() {
            let message = format!("`folder` is {path:?}");
            let hint = "write the path of a folder, such as \"inbox/odin\"";
            self.add(ErrorKind::InvalidValue, folder.span(), message, hint);
        }
        if raw.file.is_empty() {
            let message = "no `[[file]]` is declared, so nothing in `folder` is read";
            let hint = "write the name of a file or a pattern, such as path = \"odin-*.csv\"";
            self.add(ErrorKind::MissingField, folder.span(), message, hint);
        }
    }
}

/// Whether a text is the place of one that is still to be written. An agency's id is compared as it
/// stands, since ids are lower case.
fn is_open(text: &str) -> bool {
    text.trim() == DECIDE
}
