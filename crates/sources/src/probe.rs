//! What a live service is asked to learn whether what a pipeline declares still stands, and what its
//! answers say. Nothing of an answer becomes a figure.
//!
//! | source | is asked |
//! | --- | --- |
//! | World Bank API | `source/DB` for its last update, `indicator/CODE` of each series |
//! | UN SDG API | `Series/List`, once |
//! | Data360 | `metadata/DB/CODE.json` of each series |
//! | files | each file, up to what a probe reads; of one that is found in a list the list |

mod files;

use serde_json::Value;
use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::pipeline::{Pipeline, Series};

use crate::format::text;
use crate::provider::{address, worldbank};
use crate::{ContentKind, DecodeError, DecodeJob, PlanError, RequestKind, RequestSpec, source};

/// The database in which the World Bank keeps what it no longer publishes.
const ARCHIVES: &str = "57";
/// New codes that are named.
const NAMED: usize = 8;

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A declared series, by its code.
    Series(String),
    /// A file, by its path.
    File(String),
    /// All series of the service.
    Catalogue,
    /// The database itself.
    Database,
}

impl Subject {
    /// In a table: the code, the path, or nothing.
    pub fn shown(&self) -> &str {
        match self {
            Self::Series(code) => code,
            Self::File(path) => path,
            Self::Catalogue | Self::Database => "",
        }
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub subject: Subject,
    /// What is to be asked.
    pub spec: RequestSpec,
}

/// What a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The service says that it no longer gives the series.
    Retired,
    /// The service does not know the code.
    Unknown,
    /// The series stands under another code.
    Renamed,
    /// Something else came than what was expected.
    Content,
    /// No good answer came.
    NotAnswered,
    /// The address leads to another one.
    Moved,
    /// The service has series beside those that are declared.
    New,
    /// Something was not asked.
    NotAsked,
}

impl Kind {
    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Unknown => "unknown",
            Self::Renamed => "renamed",
            Self::Content => "content",
            Self::NotAnswered => "not_answered",
            Self::Moved => "moved",
            Self::New => "new",
            Self::NotAsked => "not_asked",
        }
    }

    /// Whether a run would fail of it, or lose a series.
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Moved | Self::New | Self::NotAsked)
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Code of the series or path of the file; empty for the service as a whole.
    pub subject: String,
    /// What was found, one sentence.
    pub what: String,
}

/// What an answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// What is wrong or new.
    pub findings: Vec<Finding>,
    /// Date or release of the last update, as the service states it.
    pub updated: Option<String>,
    /// Licence, as the service states it.
    pub licence: Option<String>,
}

impl Heard {
    fn of(kind: Kind, subject: &str, what: impl Into<String>) -> Self {
        let finding = Finding { kind, subject: subject.to_owned(), what: what.into() };
        Self { findings: vec![finding], ..Self::default() }
    }
}

/// What is to be asked of the service of a pipeline, in a fixed order. Nothing for files that are handed
/// in.
///
/// # Errors
/// When an address cannot be formed.
pub fn questions(pipeline: &Pipeline) -> Result<Vec<Question>, PlanError> {
    if pipeline.folder.is_some() {
        return Ok(Vec::new());
    }
    if !pipeline.files.is_empty() {
        let Some(source) = source(&pipeline.source) else { return Ok(Vec::new()) };
        let plan = source.plan(pipeline)?.into_iter();
        return Ok(plan
            .map(|spec| Question { subject: Subject::File(spec.id.clone()), spec })
            .collect());
    }
    let ask = |subject: Subject, path: &str, query: &[(&str, &str)]| {
        let mut url = address(pipeline, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let id = subject.shown().to_owned();
        let spec = RequestSpec::new(id, url, ContentKind::Json);
        Ok(Question { subject, spec: RequestSpec { kind: RequestKind::Structure, ..spec } })
    };
    let series = |path: &dyn Fn(&Series) -> String, query: &[(&str, &str)]| {
        let each = pipeline.series.iter();
        each.map(|it| ask(Subject::Series(it.code.clone()), &path(it), query))
            .collect::<Result<Vec<_>, PlanError>>()
    };
    let json = [("format", "json")];
    match pipeline.source.as_str() {
        "worldbank" => {
            let database = worldbank::database(pipeline).to_string();
            let mut all = vec![ask(Subject::Database, &format!("source/{database}"), &json)?];
            // As a run asks: one code may be in several databases.
            let here = [json[0], ("source", database.as_str())];
            all.extend(series(&|it| format!("indicator/{}", it.code), &here)?);
            Ok(all)
        }
        "unsd" => Ok(vec![ask(Subject::Catalogue, "Series/List", &[("allreleases", "false")])?]),
        "data360" => series(&|it| format!("metadata/{}/{}.json", pipeline.dataset, it.code), &[]),
        _ => Ok(Vec::new()),
    }
}

/// What an answer says of what a pipeline declares.
///
/// # Errors
/// When it is not what was asked for; over a limit.
pub fn heard(
    pipeline: &Pipeline,
    question: &Question,
    body: &[u8],
    (lists, limits): (&CodeLists, DecodeLimits),
) -> Result<Heard, DecodeError> {
    if let Subject::File(file) = &question.subject {
        let job = DecodeJob { limits, ..DecodeJob::new(pipeline, lists) };
        return files::heard(&job, (&question.spec, file), body);
    }
    let text = text::json(body)?;
    let json: Value = serde_json::from_str(text).map_err(|error| text::json_error(&error, text))?;
    match (&question.subject, pipeline.source.as_str()) {
        (Subject::Catalogue, _) => catalogue(pipeline, &json),
        (Subject::Database, _) => Ok(database(&json)),
        (Subject::Series(code), "worldbank") => {
            indicator(code, &worldbank::database(pipeline).to_string(), &json)
        }
        (Subject::Series(code), _) => described(code, &json),
        (Subject::File(_), _) => Ok(Heard::default()),
    }
}

/// What no answer of data says: the address of a series or file is gone.
pub fn gone(question: &Question, status: u16) -> Option<Finding> {
    let (kind, what) = match status {
        404 => (Kind::Unknown, "the service does not know it (status 404)"),
        410 => (Kind::Retired, "the service says that it is gone (status 410)"),
        _ => return None,
    };
    let subject = question.subject.shown().to_owned();
    Some(Finding { kind, subject, what: format!("{}: {what}", question.spec.url) })
}

fn shape(found: &str, expected: &'static str) -> DecodeError {
    DecodeError::Shape { found: found.to_owned(), expected }
}

/// The second part of an answer of the World Bank; or its message.
fn worldbank_part(json: &Value) -> Result<&Vec<Value>, Heard> {
    let message = json.pointer("/0/message/0");
    if let Some(message) = message {
        let part = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, told) = (part("id"), part("value"));
        let kind = match id {
            "120" => Kind::Unknown,
            "175" => Kind::Retired,
            _ => Kind::Content,
        };
        let told: String = told.chars().take(200).collect();
        return Err(Heard::of(kind, "", format!("the service answers with message {id}: {told}")));
    }
    json.get(1).and_then(Value::as_array).ok_or_else(Heard::default)
}

fn database(json: &Value) -> Heard {
    match worldbank_part(json) {
        Ok(list) => {
            let updated = list.first().and_then(|it| it.get("lastupdated")).and_then(Value::as_str);
            Heard { updated: updated.map(str::to_owned), ..Heard::default() }
        }
        Err(heard) => heard,
    }
}

/// `[{…}, [{"id": …, "name": …, "source": {"id": …, "value": …}}]]`.
fn indicator(code: &str, database: &str, json: &Value) -> Result<Heard, DecodeError> {
    const EXPECTED: &str = "the description of an indicator, as of World Bank API v2";
    let list = match worldbank_part(json) {
        Ok(list) => list,
        Err(heard) if heard.findings.is_empty() => {
            return Err(shape("JSON of another form", EXPECTED));
        }
        Err(mut heard) => {
            heard.findings.iter_mut().for_each(|it| code.clone_into(&mut it.subject));
            return Ok(heard);
        }
    };
    let part = |name: &str| {
        let found = list.iter().filter_map(move |it| it.pointer(name)).filter_map(Value::as_str);
        found.map(str::trim).find(|text| !text.is_empty())
    };
    let Some(found) = part("/id") else {
        return Ok(Heard::of(Kind::Unknown, code, "the service describes no such indicator"));
    };
    if !found.eq_ignore_ascii_case(code) {
        let found: String = found.chars().take(100).collect();
        return Ok(Heard::of(Kind::Renamed, code, format!("the service calls it {found:?} now")));
    }
    let is_archived =
        list.iter().all(|it| it.pointer("/source/id").and_then(Value::as_str) == Some(ARCHIVES));
    if is_archived {
        return Ok(Heard::of(
            Kind::Retired,
            code,
            format!("the service keeps it in its archives (database {ARCHIVES}) alone"),
        ));
    }
    let mut of = list.iter().filter_map(|it| it.pointer("/source/id")).filter_map(Value::as_str);
    let told = of.clone().next();
    if let Some(other) = told
        && !of.any(|it| it == database)
    {
        let other: String = other.chars().take(20).collect();
        return Ok(Heard::of(
            Kind::Moved,
            code,
            format!(
                "the service describes it as of database {other}, and this pipeline asks \
                 {database}: a run fails where that has it no longer"
            ),
        ));
    }
    Ok(Heard::default())
}

/// A file of Data360 that describes a series: it names the code somewhere.
fn described(code: &str, json: &Value) -> Result<Heard, DecodeError> {
    let mut named = false;
    let mut licence = None;
    let mut left = vec![("", json)];
    while let Some((name, value)) = left.pop() {
        match value {
            Value::String(text) => {
                named |= text.eq_ignore_ascii_case(code) || text.ends_with(&format!("_{code}"));
                if matches!(name, "license" | "licence") {
                    licence = licence.or_else(|| Some(text.chars().take(200).collect()));
                }
            }
            Value::Array(list) => left.extend(list.iter().map(|it| (name, it))),
            // A list of licences holds each under a name.
            Value::Object(map) => left.extend(map.iter().map(|(key, it)| {
                let is_name = matches!(name, "license" | "licence") && key == "name";
                (if is_name { name } else { key.as_str() }, it)
            })),
            _ => {}
        }
    }
    if named {
        return Ok(Heard { licence, ..Heard::default() });
    }
    Err(shape("JSON that does not name the series", "the description of the series"))
}

/// `[{"code": …, "description": …, "indicator": ["17.8.1"], "release": …}]`.
fn catalogue(pipeline: &Pipeline, json: &Value) -> Result<Heard, DecodeError> {
    let list = json.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| shape("JSON of another form", "the list of series"))?;
    let part = |it: &Value, name: &str| {
        it.get(name).and_then(Value::as_str).map(|text| text.trim().to_owned())
    };
    let known: Vec<(String, String, &Value)> = list
        .iter()
        .filter_map(|it| Some((part(it, "code")?, part(it, "description").unwrap_or_default(), it)))
        .collect();
    if known.is_empty() {
        return Err(shape("a list without codes", "the list of series"));
    }
    let mut heard =
        Heard { updated: list.iter().find_map(|it| part(it, "release")), ..Heard::default() };
    let mut indicators: Vec<&Value> = Vec::new();
    for series in &pipeline.series {
        let found = known.iter().find(|(code, ..)| code.eq_ignore_ascii_case(&series.code));
        if let Some((_, _, it)) = found {
            indicators.extend(it.get("indicator").and_then(Value::as_array).into_iter().flatten());
            continue;
        }
        let title = text::heading(&series.title);
        let same = |(_, description, _): &&(String, String, &Value)| {
            !title.is_empty() && text::heading(description) == title
        };
        let (kind, what) = match known.iter().find(same) {
            Some((code, ..)) => (Kind::Renamed, format!("the service calls it {code:?} now")),
            None => (
                Kind::Unknown,
                format!("not among the {} series that the service lists", known.len()),
            ),
        };
        heard.findings.push(Finding { kind, subject: series.code.clone(), what });
    }
    let is_declared = |code: &str| pipeline.series(code).is_some();
    let mut new: Vec<&str> = known
        .iter()
        .filter(|(code, _, it)| {
            let of = it.get("indicator").and_then(Value::as_array).into_iter().flatten();
            !is_declared(code) && of.into_iter().any(|one| indicators.contains(&one))
        })
        .map(|(code, ..)| code.as_str())
        .collect();
    new.sort_unstable();
    new.dedup();
    if !new.is_empty() {
        let named = new.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = new.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        heard.findings.push(Finding {
            kind: Kind::New,
            subject: String::new(),
            what: format!("series of the same indicators that are not declared: {named}{more}"),
        });
    }
    Ok(heard)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;
    use wsis_model::pipeline::{Pipeline, Series};

    use super::{Heard, Kind, Subject, catalogue, database, described, indicator, questions};

    fn pipeline(source: &str, codes: &[&str]) -> Pipeline {
        let series = codes.iter().map(|code| Series {
            code: (*code).to_owned(),
            title: format!("Title of {code}"),
            ..Series::default()
        });
        Pipeline {
            source: source.to_owned(),
            dataset: "DB".to_owned(),
            base_url: "https://api.example.org/v2".to_owned(),
            series: series.collect(),
            ..crate::propose::stub()
        }
    }

    fn kinds(heard: &Heard) -> Vec<(Kind, &str)> {
        heard.findings.iter().map(|it| (it.kind, it.subject.as_str())).collect()
    }

    #[test]
    fn trial_p160_each_service_is_asked_in_its_own_way() {
        let of = |source: &str| -> Vec<(String, Subject)> {
            let asked = questions(&pipeline(source, &["A.B", "C"])).unwrap();
            asked.into_iter().map(|it| (it.spec.url.to_string(), it.subject)).collect()
        };
        let root = "https://api.example.org/v2";
        let bank = of("worldbank");
        assert_eq!(bank.len(), 3);
        assert_eq!(bank[0], (format!("{root}/source/2?format=json"), Subject::Database));
        assert_eq!(bank[1].0, format!("{root}/indicator/A.B?format=json&source=2"));
        assert_eq!(
            of("unsd"),
            [(format!("{root}/Series/List?allreleases=false"), Subject::Catalogue)]
        );
        assert_eq!(of("data360")[1].0, format!("{root}/metadata/DB/C.json"));
    }

    /// Forms of the World Bank's API v2, as its documentation has them.
    #[test]
    fn trial_p160_what_the_world_bank_says_of_an_indicator() {
        let head = json!({"page": 1, "pages": 1, "per_page": "50", "total": 1});
        let of = |id: &str, source: &str| json!([head, [{"id": id, "name": "x", "source": {"id": source, "value": "s"}}]]);
        let found = |json| indicator("S.A", "2", &json).unwrap();
        assert_eq!(found(of("S.A", "2")), Heard::default());
        assert_eq!(kinds(&found(of("S.A", "57"))), [(Kind::Retired, "S.A")]);
        assert_eq!(kinds(&found(of("S.A", "28"))), [(Kind::Moved, "S.A")]);
        assert_eq!(kinds(&found(of("S.B", "2"))), [(Kind::Renamed, "S.A")]);
        let message = |id: &str| json!([{"message": [{"id": id, "key": "k", "value": "v"}]}]);
        assert_eq!(kinds(&found(message("120"))), [(Kind::Unknown, "S.A")]);
        assert_eq!(kinds(&found(message("175"))), [(Kind::Retired, "S.A")]);
        assert_eq!(kinds(&found(json!([head, []]))), [(Kind::Unknown, "S.A")]);
        assert!(indicator("S.A", "2", &json!({"x": 1})).is_err());
        let of_database = json!([head, [{"id": "2", "lastupdated": "2026-07-01"}]]);
        assert_eq!(database(&of_database).updated.as_deref(), Some("2026-07-01"));
    }

    #[test]
    fn trial_p160_what_the_list_of_the_sdg_api_says() {
        let unsd = pipeline("unsd", &["SE_ONE", "SE_GONE", "SE_OLD"]);
        let entry = |code: &str, title: &str, of: &str| json!({"code": code, "description": title, "indicator": [of], "release": "2026.Q2.G.02"});
        let list = json!([
            entry("SE_ONE", "One", "4.4.1"),
            entry("SE_TWO", "Two", "4.4.1"),
            entry("SE_NAME", "Title of SE_OLD", "4.4.2"),
            entry("SE_FAR", "Far", "9.9.9"),
        ]);
        let heard = catalogue(&unsd, &list).unwrap();
        assert_eq!(heard.updated.as_deref(), Some("2026.Q2.G.02"));
        let expected = [(Kind::Unknown, "SE_GONE"), (Kind::Renamed, "SE_OLD"), (Kind::New, "")];
        assert_eq!(kinds(&heard), expected, "{heard:?}");
        assert!(heard.findings[2].what.ends_with("SE_TWO"), "{heard:?}");
        assert!(catalogue(&unsd, &json!([])).is_err());
        assert!(catalogue(&unsd, &json!([{"x": 1}])).is_err());
    }

    #[test]
    fn trial_p160_a_description_names_its_series() {
        let json = json!({"series_description": {"idno": "ITU_DH_INT_USR", "license": [{"name": "CC BY 4.0", "uri": "u"}]}});
        let heard = described("INT_USR", &json).unwrap();
        assert_eq!((heard.licence.as_deref(), heard.findings.len()), (Some("CC BY 4.0"), 0));
        assert!(described("OTHER", &json).is_err());
    }
}
