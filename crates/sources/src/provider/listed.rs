//! Files in two stages: their address changes with each edition, or is given out for one answer, and
//! stands in another document that is asked first. Of that document nothing is read but addresses,
//! whatever it is: a page with links, a table of contents, JSON, a message of SDMX whose footer says
//! where the answer will lie (413).
//!
//! What a document names is not trusted. Only an address that fits the declared pattern is asked, and
//! its scheme, host and port stand in the pipeline, never in the document. There is no third stage.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;
use wsis_model::pipeline::{Pipeline, SourceFile, fits};

use super::files::accept;
use crate::format::text;
use crate::job::Budget;
use crate::{ContentKind, DecodeError, DecodeJob, RequestSpec};

/// Longest address that is looked at, bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// What separates texts of a table of contents.
const SEPARATORS: [char; 6] = ['"', '\'', ',', ';', '|', '\t'];

/// The request for the file whose address stands in the body of a list. Of several addresses that fit it
/// is the last one by its characters, as of files that are handed in.
///
/// # Errors
/// When none fits, or there are more addresses than records may be in a body.
pub(crate) fn locate(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<RequestSpec, DecodeError> {
    let pipeline = job.pipeline;
    let file = request.file(pipeline).filter(|file| file.listed.is_some());
    let file = file.ok_or_else(|| DecodeError::UnknownFile {
        id: request.id.clone(),
        pipeline: pipeline.id.clone(),
    })?;
    let mut wanted = Wanted::of(pipeline, file, job);
    addresses(body, &mut |text, is_link| wanted.take(request, text, is_link))?;
    let Wanted { pattern, found, count, instance, .. } = wanted;
    let url = found.into_iter().next_back().ok_or_else(|| DecodeError::NotListed {
        pattern,
        addresses: count,
        instance: instance.map_or_else(String::new, |it| format!("; one of them is {it}")),
    })?;
    let home = Url::parse(&pipeline.base_url).map(|home| home.origin());
    Ok(RequestSpec {
        page: 1,
        keyed: home.is_ok_and(|home| home == url.origin()),
        url,
        expect: ContentKind::of(file.format),
        accept: accept(file.format),
        ready_within_s: file.listed.as_ref().map_or(0, |listed| listed.ready_within_s),
        ..request.clone()
    })
}

/// Takes the addresses that fit.
struct Wanted<'j> {
    /// The whole address with its `*`.
    pattern: String,
    found: BTreeSet<Url>,
    /// Addresses seen.
    count: u64,
    /// One that does not fit, for a message.
    instance: Option<String>,
    budget: Budget<'j>,
}

impl<'j> Wanted<'j> {
    fn of(pipeline: &Pipeline, file: &SourceFile, job: &'j DecodeJob<'j>) -> Self {
        let base = pipeline.base_url.trim_end_matches('/');
        let whole = if file.path.contains("://") {
            file.path.clone()
        } else {
            format!("{base}/{}", file.path)
        };
        // As addresses are written, with a root and without a port that goes without saying.
        let pattern = Url::parse(&whole).map_or(whole, String::from);
        let (found, budget) = (BTreeSet::new(), Budget::new(job));
        Self { pattern, found, count: 0, instance: None, budget }
    }

    fn take(&mut self, list: &RequestSpec, text: &str, is_link: bool) -> Result<(), DecodeError> {
        self.budget.step()?;
        let text = text.trim();
        let is_whole = text.starts_with("https://") || text.starts_with("http://");
        // What a text means that is no address by itself, only a link says.
        if text.is_empty() || text.len() > ADDRESS_BYTES_MAX || !(is_whole || is_link) {
            return Ok(());
        }
        let Ok(mut url) = list.url.join(text) else { return Ok(()) };
        self.budget.record()?;
        self.count += 1;
        url.set_fragment(None);
        // Services name themselves in plain http that have long moved.
        if url.scheme() == "http" && self.pattern.starts_with("https://") {
            let _ = url.set_scheme("https");
        }
        if fits(&self.pattern, url.as_str()) && self.is_at_home(&url) {
            self.found.insert(url);
        } else if self.instance.is_none() && is_whole {
            self.instance = Some(text.chars().take(200).collect());
        }
        Ok(())
    }

    /// Whether scheme, host and port are those of the pattern. A `*` behind them cannot say so.
    fn is_at_home(&self, url: &Url) -> bool {
        let home = self.pattern.split('*').next().unwrap_or_default();
        Url::parse(home).is_ok_and(|home| home.origin() == url.origin())
    }
}

/// Tells every text of a document that may be an address, and whether it is a link: one that means an
/// address also where it is relative.
fn addresses(
    body: &[u8],
    take: &mut dyn FnMut(&str, bool) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start_matches('\u{FEFF}').trim_start();
    if start.starts_with(['{', '[']) {
        let json = text::json(body)?;
        let json: Value = serde_json::from_str(json).map_err(|why| text::json_error(&why, json))?;
        return strings(&json, take);
    }
    if !start.starts_with('<') {
        let is_end = |mark: char| mark.is_whitespace() || SEPARATORS.contains(&mark);
        return text.split(is_end).try_for_each(|text| take(text, false));
    }
    for (at, _) in text.match_indices(['=']) {
        let rest = text.get(at + 1..).unwrap_or_default().trim_start();
        let Some(mark @ ('"' | '\'')) = rest.chars().next() else { continue };
        if let Some((value, _)) = rest.get(1..).and_then(|value| value.split_once(mark)) {
            take(&unescaped(value), is_link(&text, at))?;
        }
    }
    let is_end = |mark: char| mark.is_whitespace() || ['<', '>', '"', '\''].contains(&mark);
    text.split(is_end).try_for_each(|text| take(&unescaped(text), false))
}

/// Whether the attribute before a place is one of those that hold an address.
fn is_link(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    let ends = |name: &str| {
        let rest = before.len().checked_sub(name.len()).and_then(|from| before.get(from..));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(name))
    };
    ends("href") || ends("src")
}

/// Every string of JSON. serde bounds how deep it goes.
fn strings(
    json: &Value,
    take: &mut dyn FnMut(&str, bool) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    match json {
        Value::String(text) => take(text, text.starts_with('/')),
        Value::Array(all) => all.iter().try_for_each(|it| strings(it, take)),
        Value::Object(all) => all.values().try_for_each(|it| strings(it, take)),
        _ => Ok(()),
    }
}

/// The one character of markup that addresses hold.
fn unescaped(text: &str) -> Cow<'_, str> {
    let marks = ["&amp;", "&#38;", "&#x26;"];
    if !marks.iter().any(|mark| text.contains(mark)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(marks.iter().fold(text.to_owned(), |text, mark| text.replace(mark, "&")))
}

#[cfg(test)]
mod tests {
    use wsis_model::codelist::CodeLists;
    use wsis_model::pipeline::{Format, Listed};

    use super::*;

    /// What is asked at second, or why nothing is.
    fn found(base: &str, path: &str, body: &str) -> Result<RequestSpec, String> {
        let listed = Some(Listed { path: "list".to_owned(), ready_within_s: 60 });
        let file = SourceFile {
            path: path.to_owned(),
            listed,
            format: Format::SdmxMl,
            ..SourceFile::default()
        };
        let pipeline = Pipeline {
            source: "file".to_owned(),
            base_url: base.to_owned(),
            files: vec![file],
            ..crate::propose::stub()
        };
        let source = crate::source("file").unwrap();
        let first = source.plan(&pipeline).unwrap().remove(0);
        assert!(first.is_list());
        assert_eq!(first.url.as_str(), format!("{base}/list"));
        let lists = CodeLists::default();
        let job = DecodeJob::new(&pipeline, &lists);
        source.locate(&job, &first, body.as_bytes()).map_err(|error| error.to_string())
    }

    fn url(base: &str, path: &str, body: &str) -> String {
        found(base, path, body).unwrap().url.to_string()
    }

    const HOME: &str = "https://example.org/data";

    #[test]
    fn trial_p140_a_page_links_the_newest_edition() {
        let page = r#"<!doctype html><p>Take SDG_2026.zip or https://example.org/data/z/SDG_2099.zip.exe</p>
            <a class="x" HREF='z/SDG_2024.zip'>old</a> <a href = "/data/z/SDG_2025.zip#top">new</a>
            <a href="z/NATIONAL_2026.zip">other</a> <a data-name="z/SDG_2030.zip">a name</a>"#;
        assert_eq!(url(HOME, "z/SDG_*.zip", page), "https://example.org/data/z/SDG_2025.zip");
        let escaped = r#"<a href="get?a=1&amp;b=2026">x</a>"#;
        assert_eq!(url(HOME, "get?a=*", escaped), "https://example.org/data/get?a=1&b=2026");
    }

    #[test]
    fn trial_p140_a_table_of_contents_names_the_file() {
        let table = "code,updated,address\nA,2026-01-01,https://example.org/data/a_1.csv.gz\n\
                     B,2026-02-01,https://example.org/data/b_1.csv.gz\n";
        assert_eq!(url(HOME, "b_*.csv.gz", table), "https://example.org/data/b_1.csv.gz");
        let json = r#"{"result":{"resources":[{"name":"b_2.csv"},{"url":"https:\/\/example.org\/data\/b_1.csv"},{"url":"/data/b_0.csv"}]}}"#;
        assert_eq!(url(HOME, "b_*.csv", json), "https://example.org/data/b_1.csv");
    }

    /// The footer of Eurostat's answer to a query that was too large, as public test data of SDMX
    /// programs have it.
    #[test]
    fn trial_p140_the_footer_of_a_message_names_the_file() {
        let message = r#"<message:GenericData xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><footer:Footer><footer:Message code="413" severity="Infomation"><common:Text xml:lang="en">Due to the large query the response will be written to a file which will be located under URL: http://ec.europa.eu/eurostat/SDMX/diss-web/file/7JUdWyAy4fmjBSWT</common:Text><common:Text xml:lang="en">http://ec.europa.eu/eurostat/SDMX/diss-web/file/7JUdWyAy4fmjBSWT</common:Text></footer:Message></footer:Footer></message:GenericData>"#;
        let path = "https://ec.europa.eu/eurostat/SDMX/diss-web/file/*";
        let spec = found(HOME, path, message).unwrap();
        // By https, as declared; of another host, so without the key.
        assert_eq!(
            spec.url.as_str(),
            "https://ec.europa.eu/eurostat/SDMX/diss-web/file/7JUdWyAy4fmjBSWT"
        );
        assert_eq!((spec.page, spec.keyed, spec.ready_within_s), (1, false, 60));
        assert!(spec.accept.unwrap().contains("genericdata+xml"));
        let home = "https://ec.europa.eu/eurostat";
        assert!(found(home, "SDMX/diss-web/file/*", message).unwrap().keyed);
    }

    #[test]
    fn trial_p141_no_document_chooses_the_host() {
        for body in [
            "https://example.org@evil.net/data/a.csv",
            "https://evil.net/https://example.org/data/a.csv",
            "https://example.org.evil.net/data/a.csv",
            "https://example.org:8443/data/a.csv",
            "https://user:pw@example.org/data/a.csv",
            "ftp://example.org/data/a.csv",
            "file:///data/a.csv",
            "https://example.org/data/../other/a.csv",
        ] {
            for text in
                [body.to_owned(), format!("<a href=\"{body}\">x</a>"), format!("[{body:?}]")]
            {
                let error = found(HOME, "*.csv", &text).unwrap_err();
                assert!(
                    error.contains("fits \"https://example.org/data/*.csv\""),
                    "{text}: {error}"
                );
            }
        }
        // A link without a host is one of the list's.
        let error = found(HOME, "https://files.example.net/*.csv", "<a href='a.csv'>x</a>");
        assert!(error.unwrap_err().starts_with("none of the 1 addresses"));
        let error = found(HOME, "*.csv", "<html>Sign in at https://example.org/login</html>");
        let told = "none of the 1 addresses in it fits \"https://example.org/data/*.csv\", the `path` \
                    of the file; one of them is https://example.org/login";
        assert_eq!(error.unwrap_err(), told);
    }
}
