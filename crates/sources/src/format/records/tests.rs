//! Lists of records in JSON: where they stand, what their fields are, and which page comes next.
#![expect(clippy::indexing_slicing, reason = "tests")]

use wsis_model::codelist::CodeLists;
use wsis_model::mapping::{Columns, Document, Mapping};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::{Format, KeyPlace, Pipeline, Series, SourceFile};
use wsis_model::quarantine::Rejected;

use crate::propose::stub;
use crate::{DecodeError, DecodeJob, PageInfo, RequestSpec};

#[derive(Default)]
struct Kept {
    rows: Vec<(String, Option<f64>)>,
    rejected: Vec<String>,
}

impl RowSink for Kept {
    fn accept(&mut self, it: &Observation<'_>) {
        self.rows.push((format!("{} {}", it.ref_area, it.period), it.value));
    }

    fn reject(&mut self, it: Rejected) {
        let place = it.place.as_deref().unwrap_or_default();
        self.rejected.push(format!("{place}: {}", it.detail));
    }
}

fn pipeline(document: Document) -> Pipeline {
    let columns = Columns {
        area: Some("geo/code".to_owned()),
        year: Some("year".to_owned()),
        value: Some("value".to_owned()),
        ..Columns::default()
    };
    let ignore = vec!["geo/name".to_owned()];
    let mapping = Mapping { columns, document, ignore, ..Mapping::default() };
    let series =
        Series { code: "S".into(), title: "S".into(), unit: "NUMBER".into(), ..Series::default() };
    let file = SourceFile { path: "list".into(), format: Format::Json, ..SourceFile::default() };
    Pipeline {
        source: "file".to_owned(),
        base_url: "https://example.org/api".to_owned(),
        years: (2000, 2030),
        files: vec![file],
        series: vec![series],
        mapping: Some(mapping),
        ..stub()
    }
}

fn odata() -> Document {
    Document {
        rows: Some("value".to_owned()),
        next: Some("@odata.nextLink".to_owned()),
        total: Some("@odata.count".to_owned()),
    }
}

fn lists() -> CodeLists {
    let areas = "code,m49,iso2,name,kind,region,subregion,valid_from,valid_to,note\n\
                 KEN,404,KE,Kenya,economy,Africa,Africa,,,\nUGA,800,UG,Uganda,economy,Africa,Africa,,,\n";
    let areas =
        wsis_model::area::AreaList::from_csv(areas, "source,text,area\n*,KEN,KEN\n*,UGA,UGA\n");
    CodeLists { areas: areas.unwrap(), ..CodeLists::default() }
}

fn request(pipeline: &Pipeline) -> RequestSpec {
    crate::source("file").unwrap().plan(pipeline).unwrap().remove(0)
}

fn page(pipeline: &Pipeline, body: &str) -> Result<PageInfo, String> {
    let lists = lists();
    let job = DecodeJob::new(pipeline, &lists);
    let source = crate::source("file").unwrap();
    source.page(&job, &request(pipeline), body.as_bytes()).map_err(|error| error.to_string())
}

fn decode(pipeline: &Pipeline, body: &str) -> Result<Kept, DecodeError> {
    let lists = lists();
    let job = DecodeJob::new(pipeline, &lists);
    let mut kept = Kept::default();
    let source = crate::source("file").unwrap();
    let summary = source.decode(&job, &request(pipeline), &mut body.as_bytes(), &mut kept)?;
    assert_eq!(summary.parsed, (kept.rows.len() + kept.rejected.len()) as u64, "{body}");
    Ok(kept)
}

const ROWS: &str = r#"[{"geo":{"code":"KEN","name":"Kenya"},"year":2020,"value":1.5},
    {"geo":{"code":"UGA","name":"Uganda"},"year":"2021","value":null}]"#;

#[test]
fn trial_p200_a_list_is_found_by_name_or_where_there_is_only_one() {
    let found = [("KEN 2020".to_owned(), Some(1.5)), ("UGA 2021".to_owned(), None)];
    let with = |rows: &str| Document { rows: Some(rows.to_owned()), ..Document::default() };
    for (document, body) in [
        (Document::default(), ROWS.to_owned()),
        (Document::default(), format!(r#"{{"meta":{{}},"rows":{ROWS}}}"#)),
        (with("value"), format!(r#"{{"other":[1],"value":{ROWS}}}"#)),
        (with("result/records"), format!(r#"{{"result":{{"n":[],"records":{ROWS}}}}}"#)),
        (with("a/b"), format!(r#"{{"a":{{"b":[]}},"a/b":{ROWS}}}"#)),
    ] {
        let kept = decode(&pipeline(document), &body).unwrap();
        assert_eq!((kept.rows.as_slice(), kept.rejected.len()), (found.as_slice(), 0), "{body}");
    }
    let error = |document, body: &str| decode(&pipeline(document), body).err().unwrap().to_string();
    assert_eq!(
        error(Document::default(), r#"{"a":[],"b":[]}"#),
        "lists in \"a\", \"b\"; expected one list, or `rows` in [mapping.document], which says which \
         one holds the records"
    );
    // What a service says in place of its list.
    assert_eq!(
        error(with("value"), r#"{"error":{"code":"","message":"no entity set X"}}"#),
        "no \"value\" among \"error\"; the service says {\"code\":\"\",\"message\":\"no entity set \
         X\"}; expected JSON with a list of records"
    );
    assert!(error(with("value"), r#"{"value":[],"value":[]}"#).contains("\"value\" stands twice"));
    assert!(error(with("value"), r#"{"value":{"a":1}}"#).contains("no list of records"));
    assert!(error(with("value"), "<html><p>Sorry</p></html>").contains("HTML"));
    // An empty list has no fields, and is no error: gates say whether it may be.
    assert_eq!(page(&pipeline(with("value")), r#"{"value":[]}"#).unwrap().rows, 0);
    let kept = decode(&pipeline(with("value")), r#"{"value":[]}"#).unwrap();
    assert!(kept.rows.is_empty() && kept.rejected.is_empty());
}

#[test]
fn trial_p201_one_bad_record_takes_no_other_with_it() {
    let body = r#"[{"geo":{"code":"KEN"},"year":2020,"value":1},
        7, [1], "text", null,
        {"geo":{"code":"KEN"},"year":2021,"value":1,"value":2},
        {"geo":{"code":"KEN"},"year":2022,"value":[3]},
        {"geo":{"code":"KEN"},"year":2023,"value":"n/z"},
        {"year":2024,"value":4},
        {"geo":{"code":"UGA"},"year":2025,"value":5}]"#;
    let kept = decode(&pipeline(Document::default()), body).unwrap();
    let rows: Vec<&str> = kept.rows.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(rows, ["KEN 2020", "UGA 2025"]);
    assert_eq!(kept.rejected.len(), 8, "{:?}", kept.rejected);
    let says = |at: usize, text: &str| {
        assert!(kept.rejected[at].contains(text), "{at} {text}: {}", kept.rejected[at]);
    };
    says(0, "no object, so no record");
    says(4, "\"value\" twice in one record");
    says(5, "it holds a list, which is no value");
    says(6, "record 8: column \"value\"");
    says(7, "record 9: ");
}

#[test]
fn trial_p202_a_number_of_json_is_one_whatever_texts_write() {
    let mut pipeline = pipeline(Document::default());
    let numbers = &mut pipeline.mapping.as_mut().unwrap().numbers;
    (numbers.decimal, numbers.thousands) = (',', Some('.'));
    numbers.words = vec![("Yes".to_owned(), "1".to_owned()), ("false".to_owned(), "0".to_owned())];
    let row = |year: i32, value: &str| {
        format!(r#"{{"geo":{{"code":"KEN"}},"year":{year},"value":{value}}}"#)
    };
    let values = ["1.234", "\"1.234\"", "\"1,5\"", "\"Yes\"", "false", "1e3", "\"\""];
    let rows: Vec<String> = (2000..).zip(values).map(|(year, value)| row(year, value)).collect();
    let kept = decode(&pipeline, &format!("[{}]", rows.join(","))).unwrap();
    let found: Vec<Option<f64>> = kept.rows.iter().map(|(_, value)| *value).collect();
    let expected = [Some(1.234), Some(1234.0), Some(1.5), Some(1.0), Some(0.0), Some(1000.0), None];
    assert_eq!(found, expected, "{:?}", kept.rejected);
}

fn next(pipeline: &Pipeline, link: &str) -> Result<Option<String>, String> {
    let body = format!(r#"{{"@odata.count":9,"value":{ROWS},"@odata.nextLink":{link}}}"#);
    let info = page(pipeline, &body)?;
    assert_eq!((info.rows, info.total, info.pages), (2, Some(9), None));
    assert!(info.next.iter().all(|next| next.page == 2 && next.id == "list"));
    Ok(info.next.map(|next| next.url.to_string()))
}

#[test]
fn trial_p203_the_next_page_is_the_one_that_the_answer_names() {
    let mut pipeline = pipeline(odata());
    for (link, url) in [
        ("null", None),
        ("\"\"", None),
        ("\"https://example.org/api/list?$skip=2\"", Some("https://example.org/api/list?$skip=2")),
        ("\"?$skip=2\"", Some("https://example.org/api/list?$skip=2")),
        ("\"list?$skiptoken=a%20b#x\"", Some("https://example.org/api/list?$skiptoken=a%20b")),
        // Services name themselves in plain http that have long moved.
        ("\"http://example.org/api/list?$skip=2\"", Some("https://example.org/api/list?$skip=2")),
    ] {
        assert_eq!(next(&pipeline, link).unwrap().as_deref(), url, "{link}");
    }
    // A key that the service repeats is kept nowhere.
    pipeline.key_place = KeyPlace::Query("key".to_owned());
    let url = next(&pipeline, "\"?key=s3cret&$skip=2\"").unwrap().unwrap();
    assert_eq!(url, "https://example.org/api/list?%24skip=2");
}

#[test]
fn trial_p204_no_answer_chooses_whom_we_ask() {
    let pipeline = pipeline(odata());
    for link in [
        "\"https://evil.net/api/list?$skip=2\"",
        "\"https://example.org@evil.net/api/list\"",
        "\"https://user:pw@example.org/api/list\"",
        "\"https://example.org:8443/api/list\"",
        "\"https://example.org/apiary\"",
        "\"/other\"",
        "\"../other\"",
        "\"file:///api/list\"",
        "\"//evil.net/api/list\"",
        "7",
        "{}",
    ] {
        let error = next(&pipeline, link).unwrap_err();
        assert!(error.contains("no document chooses whom we ask"), "{link}: {error}");
    }
    let long = format!("\"?{}\"", "a".repeat(3_000));
    assert!(next(&pipeline, &long).unwrap_err().contains("longer than 2,048 bytes"));
    // A page of several that is handed in is no whole delivery.
    let lists = lists();
    let job = DecodeJob::new(&pipeline, &lists);
    let handed_in = RequestSpec::handed_in(&pipeline, "list", "list.json", b"").unwrap();
    let body = format!(r#"{{"value":{ROWS},"@odata.nextLink":"https://example.org/api/list?2"}}"#);
    let error = crate::source("file").unwrap().page(&job, &handed_in, body.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("what is handed in has no next page"), "{error}");
}

#[test]
fn trial_p205_fields_and_depth_are_bounded() {
    let mut pipeline = pipeline(Document::default());
    let deep = "{\"a\":".repeat(60) + "1" + &"}".repeat(60);
    let body = format!(r#"[{{"geo":{{"code":"KEN"}},"year":2020,"value":1,"x":{deep}}}]"#);
    assert_eq!(decode(&pipeline, &body).unwrap().rows.len(), 1);
    // Where the mapping wants what lies too deep, the record is set aside.
    pipeline.mapping.as_mut().unwrap().columns.value = Some("x/a/a/a".to_owned());
    let kept = decode(&pipeline, &body).unwrap();
    assert!(kept.rejected[0].contains("too deep in others"), "{:?}", kept.rejected);
    let fields: Vec<String> = (0..2_000).map(|at| format!("\"f{at}\":1")).collect();
    let error = decode(&pipeline, &format!("[{{{}}}]", fields.join(","))).err().unwrap();
    assert!(error.to_string().contains("columns_max"), "{error}");
    let long = format!(r#"[{{"value":"{}"}}]"#, "a".repeat(2 << 20));
    let error = decode(&pipeline, &long).err().unwrap();
    assert!(error.to_string().contains("record_max_bytes"), "{error}");
}
