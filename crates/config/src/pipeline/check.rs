//! Checks of one pipeline that its form cannot express.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use url::Url;
use wsis_model::address;
use wsis_model::dataset;
use wsis_model::period::YEAR_RANGE;
use wsis_model::pipeline::{Format, folded_code, same_code};
use wsis_sources::{Mapped, REGISTRY, SourceKind};

use super::form::{RawFile, RawKeyPlace, RawPipeline, RawSeries};
use crate::document::Located;
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::id::{ID_RULE, is_id};
use crate::suggest;
use crate::workspace::Workspace;

/// Share that may disappear, or go to quarantine, when a pipeline does not say.
const SHARE_MAX: f64 = 0.05;

/// Share of the figures of a series that may change when a pipeline does not say: a revision
/// touches some, a new base year or another unit touches all.
pub(super) const CHANGED_SHARE_MAX: f64 = 0.5;

/// Share of the records of a series that may be unreadable when a pipeline does not say: a series that
/// is mostly unreadable has another form, and `SHARE_MAX` of all rows would not show it.
pub(super) const UNREAD_SHARE_MAX: f64 = 0.5;

/// Headers that every question has already, or that the connection needs.
const OWN_HEADERS: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "if-modified-since",
    "if-none-match",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// Whether an address says by itself that it is no public one. (A name that resolves to such an
/// address is refused when it is asked.)
pub(super) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(address::is_local_host)
}

/// Whether a text is no path below the address of a service.
pub(super) fn is_outside(path: &str) -> bool {
    path.is_empty()
        || path.starts_with('/')
        || path.split('/').any(|part| part.is_empty() || part == "." || part == "..")
        || path.contains(['?', '#', '\\', ':', ' ', '*'])
}

/// Checks of one pipeline; all faults are collected.
pub(super) struct Check<'a> {
    pub(super) source: &'a Arc<SourceText>,
    pub(super) workspace: Option<&'a Workspace>,
    pub(super) errors: Vec<ConfigError>,
}

impl Check<'_> {
    pub(super) fn add(
        &mut self,
        kind: ErrorKind,
        place: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.errors.push(self.source.error(kind, place, message, hint));
    }

    pub(super) fn identity(&mut self, raw: &RawPipeline) {
        let id = raw.id.as_str();
        if !is_id(id) {
            self.add(
                ErrorKind::InvalidValue,
                raw.id.span(),
                format!("pipeline id {id:?}"),
                ID_RULE,
            );
        }
        let file = self.source.name();
        let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        if let Some(stem) = stem.filter(|stem| *stem != id) {
            self.add(
                ErrorKind::InvalidValue,
                raw.id.span(),
                format!("id `{id}` differs from the file's name"),
                format!("write `{stem}`, or rename the file to {id}.toml"),
            );
        }
        let decoder = raw.source.as_str();
        if SourceKind::of(decoder).is_none() {
            let ids = REGISTRY.iter().map(|source| source.id);
            self.add(
                ErrorKind::UnknownSource,
                raw.source.span(),
                format!("unknown source `{decoder}`"),
                suggest::hint(decoder, ids, "sources with a decoder are"),
            );
        }
        if let Some(workspace) = self.workspace
            && workspace.agency(&raw.agency).is_none()
            && raw.agency.trim() != super::DECIDE
        {
            let ids = workspace.agencies.iter().map(|agency| agency.id.as_str());
            let hint = if workspace.agencies.is_empty() {
                format!(
                    "workspace.toml declares none: write [[agency]] with id = {:?}, name, contact and \
                     timezone",
                    raw.agency.as_str()
                )
            } else {
                suggest::hint(&raw.agency, ids, "agencies of workspace.toml are")
            };
            let message = format!("unknown agency `{}`", raw.agency.as_str());
            self.add(ErrorKind::UnknownAgency, raw.agency.span(), message, hint);
        }
    }

    /// Only a service with several databases is asked one by its number.
    pub(super) fn database(&mut self, raw: &RawPipeline) {
        let has_several = SourceKind::of(&raw.source).is_none_or(|source| source.databases);
        if let Some(database) = raw.database.as_ref().filter(|_| !has_several) {
            let message = format!("source `{}` has no `database`", raw.source.as_str());
            self.add(ErrorKind::InvalidValue, database.span(), message, "remove it");
        }
    }

    /// Texts that people read may not be empty; the dataset becomes part of paths.
    pub(super) fn texts(&mut self, raw: &RawPipeline) {
        let texts = [
            ("title", &raw.title),
            ("licence", &raw.licence),
            ("citation", &raw.citation),
            ("homepage", &raw.homepage),
        ];
        for (field, text) in texts {
            if text.trim().is_empty() {
                let hint = format!("write the {field} in words");
                self.add(ErrorKind::InvalidValue, text.span(), format!("`{field}` is empty"), hint);
            }
        }
        let dataset_id = raw.dataset.as_str();
        if !dataset::is_id(dataset_id) {
            self.add(
                ErrorKind::InvalidValue,
                raw.dataset.span(),
                format!("dataset {dataset_id:?}"),
                dataset::ID_RULE,
            );
        }
    }

    pub(super) fn base_url(&mut self, text: &Located<String>) -> String {
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => {
                let message = format!("`base_url` is {:?}: {error}", text.as_str());
                let hint = "write an address such as \"https://api.worldbank.org/v2\"";
                self.add(ErrorKind::InvalidValue, text.span(), message, hint);
                return String::new();
            }
        };
        let host = url.host_str().unwrap_or_default();
        let host_port = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let port = url.port_or_known_default();
        let private_allowed = self.workspace.is_none_or(|it| it.allows_private(host, port));
        if is_local(&url) && !private_allowed {
            self.add(
                ErrorKind::InsecureAddress,
                text.span(),
                format!("`base_url` is on this machine or in a private network, host {host}"),
                format!("add \"{host_port}\" to `allow_private` in workspace.toml if it is meant"),
            );
        }
        let http_allowed = self.workspace.is_none_or(|it| it.allows_http(host, port));
        match url.scheme() {
            "https" => {}
            "http" if http_allowed => {}
            "http" => self.add(
                ErrorKind::InsecureAddress,
                text.span(),
                format!("`base_url` is plain http, host {host}"),
                format!("write https, or add \"{host_port}\" to `allow_http` in workspace.toml"),
            ),
            scheme => self.add(
                ErrorKind::InvalidValue,
                text.span(),
                format!("`base_url` has scheme `{scheme}`"),
                "write an https address",
            ),
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            let error = self.source.error(
                ErrorKind::InvalidValue,
                text.span(),
                "`base_url` has a user name, a query or a fragment",
                "write the root of the service only; a key belongs into an environment variable \
                 named by `secret_env`",
            );
            self.errors.push(error.without_excerpt());
        }
        text.trim_end_matches('/').to_owned()
    }

    pub(super) fn years(&mut self, raw: &RawPipeline) {
        let [first, last] = *raw.years;
        if first > last {
            self.add(
                ErrorKind::InvalidValue,
                raw.years.span(),
                format!("`years` runs from {first} to {last}"),
                "write the first year first",
            );
        }
        if !YEAR_RANGE.contains(&first) || !YEAR_RANGE.contains(&last) {
            self.add(
                ErrorKind::InvalidValue,
                raw.years.span(),
                format!("`years` runs from {first} to {last}"),
                format!("write years from {} to {}", YEAR_RANGE.start(), YEAR_RANGE.end()),
            );
        }
    }

    /// Series and files.
    pub(super) fn contents(&mut self, raw: &RawPipeline) {
        let source = SourceKind::of(&raw.source);
        let by_file = source.is_some_and(|source| source.files_only);
        if raw.series.is_empty() {
            let message = "no `[[series]]` is declared";
            let hint = "declare every series that the pipeline delivers, with its unit";
            self.add(ErrorKind::MissingField, raw.id.span(), message, hint);
        }
        if by_file && raw.file.is_empty() {
            let message = format!("no `[[file]]` is declared for source `{}`", raw.source.as_str());
            let hint = "declare the table files with path, format and edition";
            self.add(ErrorKind::MissingField, raw.source.span(), message, hint);
        }
        let mut codes = BTreeSet::new();
        for series in &raw.series {
            self.series(series);
            self.unused(series, raw, source);
            self.zeros(series, raw);
            if let Some(known) = source.and_then(|source| source.series)
                && !known.iter().any(|code| same_code(code, &series.code))
            {
                let code = series.code.as_str();
                let message = format!("source `{}` has no series `{code}`", raw.source.as_str());
                let hint = suggest::hint(code, known.iter().copied(), "its series are");
                self.add(ErrorKind::InvalidValue, series.code.span(), message, hint);
            }
            if !codes.insert(folded_code(&series.code)) {
                let message = format!("series `{}` is declared twice", series.code.as_str());
                self.add(ErrorKind::Duplicate, series.code.span(), message, "keep one of the two");
            }
        }
        let key = raw.secret_in.as_ref().and_then(|place| match &**place {
            RawKeyPlace::Query(name) => Some(name.as_str()),
            _ => None,
        });
        let mut paths = BTreeSet::new();
        for file in &raw.file {
            self.file(file, (raw.folder.is_some(), key));
            self.format(file, raw, source);
            if file.edition.is_none() && source.is_some_and(|source| source.editions) {
                let message = format!("file `{}` has no `edition`", file.path.as_str());
                let hint = "write the survey year that it is expected to hold";
                self.add(ErrorKind::MissingField, file.path.span(), message, hint);
            }
            // Where nothing is read by it, it would be passed over (P112).
            let is_used = source.is_none_or(|it| it.editions || it.mapped != Mapped::Never);
            if let Some(edition) = file.edition.as_ref().filter(|_| !is_used) {
                let message = format!("file `{}`: `edition` is not used", file.path.as_str());
                let hint = "the rows of this source say their year; leave it out";
                self.add(ErrorKind::InvalidValue, edition.span(), message, hint);
            }
            let query: Vec<_> = file.query.iter().map(|(key, it)| (key, it.as_str())).collect();
            if !paths.insert((file.path.as_str(), query)) {
                let message = format!("file `{}` is declared twice", file.path.as_str());
                self.add(ErrorKind::Duplicate, file.path.span(), message, "keep one of the two");
            }
        }
    }

    fn series(&mut self, series: &RawSeries) {
        let code = series.code.as_str();
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte);
        // A code becomes a part of addresses, where `..` means something else.
        let named = code.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !named || !code.bytes().all(safe) {
            let message = format!("series code {code:?}");
            let hint = "use letters, digits, `_`, `-`, `.` and `@` with at least one letter or \
                        digit, as the source writes it";
            self.add(ErrorKind::InvalidValue, series.code.span(), message, hint);
        }
        for (field, text) in [("title", &series.title), ("unit", &series.unit)] {
            if text.trim().is_empty() {
                let message = format!("series `{code}`: `{field}` is empty");
                self.add(ErrorKind::InvalidValue, text.span(), message, "write it in words");
            }
        }
        self.unit(series);
        if let Some(range) = &series.range
            && range[0] >= range[1]
        {
            let message = format!("series `{code}`: range from {} to {}", range[0], range[1]);
            let hint = "write the least value first, smaller than the greatest";
            self.add(ErrorKind::InvalidValue, range.span(), message, hint);
        }
    }

    /// What `check` passes can run: the source's decoder reads the format, and what is named
    /// within the file can be there.
    fn format(&mut self, file: &RawFile, raw: &RawPipeline, source: Option<&SourceKind>) {
        let (path, format) = (file.path.as_str(), file.format.meaning());
        if let Some(source) = source.filter(|source| !source.reads(format)) {
            let formats: Vec<&str> = source.formats().map(Format::code).collect();
            let message = format!(
                "file `{path}`: source `{}` does not read {}",
                raw.source.as_str(),
                format.code()
            );
            let hint = format!("it reads {}", formats.join(" and "));
            self.add(ErrorKind::InvalidValue, file.format.span(), message, hint);
        }
        if let Some(sheet) = &file.sheet
            && !matches!(format, Format::Xlsx | Format::Ods)
        {
            let message = format!("file `{path}`: `sheet` of a {} file", format.code());
            self.add(ErrorKind::InvalidValue, sheet.span(), message, "only a workbook has sheets");
        }
        if let Some(member) = &file.member
            && matches!(format, Format::Xlsx | Format::Ods | Format::Json)
        {
            let message = format!("file `{path}`: `member` of a {} file", format.code());
            let hint = "only a zip archive with text, SDMX or JSON-stat in it has members";
            self.add(ErrorKind::InvalidValue, member.span(), message, hint);
        }
    }

    fn file(&mut self, file: &RawFile, (is_handed_in, key): (bool, Option<&str>)) {
        let path = file.path.as_str();
        let outside = if is_handed_in {
            // The name of a file; what lies below the folder is not read.
            path.is_empty() || path.contains(['/', '\\', '\0']) || path.starts_with('.')
        } else {
            file.listed_in.is_none() && is_outside(path)
        };
        self.listed(file, is_handed_in);
        if outside {
            let message = format!("file path {path:?}");
            let hint = if is_handed_in {
                "write the name of a file in `folder`, or a pattern, such as \"odin-*.csv\""
            } else if path.contains('?') {
                "write what stands behind `?` as `query`, such as { startPeriod = \"{first_year}\" }"
            } else {
                "write a path below base_url, such as \"data/EGOV_DATA_2024.csv\""
            };
            self.add(ErrorKind::InvalidValue, file.path.span(), message, hint);
        }
        self.query(file, (is_handed_in, key));
        if let Some(edition) = &file.edition
            && !YEAR_RANGE.contains(&**edition)
        {
            let message = format!("file `{path}`: edition {}", **edition);
            let hint = format!("write a year from {} to {}", YEAR_RANGE.start(), YEAR_RANGE.end());
            self.add(ErrorKind::InvalidValue, edition.span(), message, hint);
        }
    }

    pub(super) fn secret(&mut self, name: Option<&Located<String>>) -> Option<Range<usize>> {
        let name = name?;
        let proper = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !proper {
            // The text is not repeated: someone may have written the key itself.
            let error = self.source.error(
                ErrorKind::InvalidValue,
                name.span(),
                "`secret_env` is not the name of an environment variable",
                "write a name such as \"WSIS_ITU_KEY\"; the key itself never stands in a file",
            );
            self.errors.push(error.without_excerpt());
        }
        Some(name.span())
    }

    /// The header or parameter of a key: one that can be sent, and that nothing else is sent in.
    pub(super) fn key_place(&mut self, place: Option<&Located<RawKeyPlace>>) {
        let Some(place) = place else { return };
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let why = match &**place {
            RawKeyPlace::Header(name) if name.is_empty() || !name.bytes().all(is_token) => {
                format!("{name:?} is no name of a header")
            }
            RawKeyPlace::Header(name) if OWN_HEADERS.contains(&&*name.to_ascii_lowercase()) => {
                format!("the header {name:?} is set by the program")
            }
            RawKeyPlace::Query(name) if name.trim().is_empty() => {
                format!("{name:?} is no name of a parameter")
            }
            _ => return,
        };
        let hint = "write the name that the service gives, such as { header = \"X-API-Key\" }";
        self.add(ErrorKind::InvalidValue, place.span(), format!("`secret_in`: {why}"), hint);
    }

    pub(super) fn share(&mut self, field: &str, share: Option<&Located<f64>>) -> f64 {
        self.share_or(field, share, SHARE_MAX)
    }

    /// A declared share, or the one that holds when none is declared.
    pub(super) fn share_or(
        &mut self,
        field: &str,
        share: Option<&Located<f64>>,
        default: f64,
    ) -> f64 {
        let Some(share) = share else { return default };
        if !(0.0..=1.0).contains(&**share) {
            let message = format!("`{field}` is {}", **share);
            let hint = "write a share from 0 to 1 (0.02 means two of a hundred)";
            self.add(ErrorKind::InvalidValue, share.span(), message, hint);
        }
        **share
    }
}
