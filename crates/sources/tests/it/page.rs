//! Paging, and the forms in which services fail with status 200.

use wsis_sources::{ContentKind, DecodeError, DecodeJob, source};

use crate::fixture::{LISTS, egdi, page, pipeline, request, series, try_decode};

const JSON: ContentKind = ContentKind::Json;

fn wdi() -> wsis_model::pipeline::Pipeline {
    pipeline("worldbank", vec![series("SP.POP.TOTL", "NUMBER", None)])
}

fn sdg() -> wsis_model::pipeline::Pipeline {
    pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)])
}

/// The error of both `page` and `decode`, which have to agree.
fn refused(
    pipeline: &wsis_model::pipeline::Pipeline,
    kind: ContentKind,
    body: &[u8],
) -> DecodeError {
    let error = page(pipeline, kind, body).unwrap_err();
    let other = try_decode(pipeline, kind, body).unwrap_err();
    assert_eq!(error.to_string(), other.to_string());
    error
}

#[test]
fn w1_no_pages_is_empty_not_a_loop() {
    for rows in ["null", "[]"] {
        let body = format!(
            r#"[{{"page":1,"pages":0,"per_page":50,"total":0,"sourceid":null,"lastupdated":null}},{rows}]"#
        );
        let info = page(&wdi(), JSON, body.as_bytes()).unwrap();
        assert_eq!((info.rows, info.total, info.pages), (0, Some(0), Some(0)));
        assert_eq!((info.next, info.vintage), (None, None));
    }
    let info = page(&wdi(), JSON, br#"[{"page":0,"pages":0,"per_page":0,"total":0}]"#).unwrap();
    assert_eq!((info.rows, info.pages, info.next), (0, Some(0), None));
    let none = br#"{"size":0,"totalElements":0,"totalPages":0,"pageNumber":1,"data":[]}"#;
    let info = page(&sdg(), JSON, none).unwrap();
    assert_eq!((info.rows, info.total, info.pages, info.next), (0, Some(0), Some(0), None));
}

#[test]
fn header_numbers_may_be_texts() {
    let body = br#"[{"page":"1","pages":"3","per_page":"2","total":"5","lastupdated":"2026-07-01"},
        [{"indicator":{"id":"SP.POP.TOTL"},"country":{"id":"KE"},"date":"2020","value":1},{}]]"#;
    let info = page(&wdi(), JSON, body).unwrap();
    assert_eq!((info.rows, info.total, info.pages), (2, Some(5), Some(3)));
    assert_eq!(info.vintage.as_deref(), Some("2026-07-01"));
    assert_eq!(info.next.unwrap().page, 2);
}

#[test]
fn h8_the_next_page_has_the_size_that_the_server_gives() {
    let body = br#"[{"page":1,"pages":4,"per_page":500,"total":2000,"lastupdated":"x"},[]]"#;
    let next = page(&wdi(), JSON, body).unwrap().next.unwrap();
    assert_eq!((next.page, next.id.as_str()), (2, "SP.POP.TOTL"));
    assert_eq!(next.url.query(), Some("per_page=500&page=2"));
    let body = br#"{"size":500,"totalElements":2000,"totalPages":4,"pageNumber":1,"data":[{}]}"#;
    let next = page(&sdg(), JSON, body).unwrap().next.unwrap();
    assert_eq!(next.page, 2);
    assert!(next.url.query().unwrap().contains("page=2"));
}

#[test]
fn h11_the_last_page_has_no_next_and_a_wrong_page_is_an_error() {
    let last = br#"[{"page":1,"pages":1,"per_page":500,"total":0,"lastupdated":"x"},[]]"#;
    assert_eq!(page(&wdi(), JSON, last).unwrap().next, None);
    let other = br#"[{"page":2,"pages":3,"per_page":1,"total":3,"lastupdated":"x"},[]]"#;
    let error = page(&wdi(), JSON, other).unwrap_err();
    assert_eq!(error.to_string(), "page 2 came where page 1 was asked for");
    let other = br#"{"totalElements":3,"totalPages":3,"pageNumber":2,"data":[]}"#;
    assert!(matches!(page(&sdg(), JSON, other), Err(DecodeError::Page { asked: 1, got: 2 })));
}

/// `sourceid` of the World Bank's answers: `KN.NAM` of database 2 is not that of database 28.
#[test]
fn trial_p28_an_answer_of_another_database_is_refused() {
    let of = |id: &str| {
        format!(r#"[{{"page":1,"pages":1,"per_page":50,"total":0,"sourceid":"{id}"}},[]]"#)
    };
    let mut findex = wdi();
    assert!(page(&findex, JSON, of("2").as_bytes()).is_ok());
    findex.database = Some(28);
    let error = page(&findex, JSON, of("2").as_bytes()).unwrap_err();
    let told = "an answer of database 2 came where database 28 was asked for";
    assert_eq!(error.to_string(), told);
    assert!(page(&findex, JSON, of("28").as_bytes()).is_ok());
}

#[test]
fn h4_null_items_end_the_list() {
    let body = br#"{"totalElements":3,"totalPages":1,"pageNumber":1,"data":null}"#;
    assert_eq!(page(&sdg(), JSON, body).unwrap().rows, 0);
}

#[test]
fn w2_html_with_status_200() {
    let html = b"\n<!DOCTYPE html>\n<html><head><title>Site Maintenance</title></head></html>";
    for error in [refused(&wdi(), JSON, html), refused(&sdg(), JSON, html)] {
        assert_eq!(
            error.to_string(),
            "not JSON but an HTML page, starting with \"<!DOCTYPE html> <html><head>\
             <title>Site Maintenance</title></head></html>\""
        );
    }
    let egdi = egdi("EGOV_DATA_2018.csv", 2018);
    let error = refused(&egdi, ContentKind::Csv, html);
    assert!(matches!(error, DecodeError::Html { expected: "a table", .. }), "{error}");
    let error = refused(&self::egdi("t.xlsx", 2018), ContentKind::Xlsx, html);
    assert!(error.to_string().contains("not a usable archive"), "{error}");
}

#[test]
fn w4_a_message_in_place_of_data() {
    let body = br#"[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]"#;
    let error = refused(&wdi(), JSON, body);
    assert!(matches!(&error, DecodeError::InvalidParameter { id, .. } if id == "120"));
    assert!(error.to_string().contains("The provided parameter value is not valid"), "{error}");
    let body = br#"[{"message":[{"id":"999","key":"New","value":"Something else"}]}]"#;
    assert!(matches!(refused(&wdi(), JSON, body), DecodeError::Message { .. }));
    assert!(matches!(refused(&wdi(), JSON, br#"[{"message":"no"}]"#), DecodeError::Message { .. }));
}

#[test]
fn w7_withdrawn_or_archived() {
    let body = br#"[{"message":[{"id":"175","key":"Invalid format","value":"The indicator was not found. It may have been deleted or archived."}]}]"#;
    let error = refused(&wdi(), JSON, body);
    assert!(matches!(&error, DecodeError::WithdrawnOrArchived { .. }), "{error}");
    assert!(error.to_string().contains("deleted or archived"), "{error}");
}

#[test]
fn w14_an_xml_error_is_read() {
    let body = b"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><wb:error xmlns:wb=\"http://www.worldbank.org\"><wb:message id=\"120\" key=\"Parameter 'country' has an invalid value\">The provided parameter value is not valid</wb:message></wb:error>";
    let error = refused(&wdi(), JSON, body);
    assert!(matches!(&error, DecodeError::InvalidParameter { id, .. } if id == "120"), "{error}");
    let other = refused(&wdi(), JSON, b"<?xml version=\"1.0\"?><data/>");
    assert!(other.to_string().starts_with("not JSON but XML, starting with"), "{other}");
}

#[test]
fn h14_an_empty_body_is_named_as_such() {
    for body in [&b""[..], b" \r\n", b"\xEF\xBB\xBF", b"\0\0\0\0"] {
        assert!(matches!(refused(&wdi(), JSON, body), DecodeError::Empty { .. }));
        assert!(matches!(refused(&sdg(), JSON, body), DecodeError::Empty { .. }));
        let csv = refused(&egdi("t.csv", 2018), ContentKind::Csv, body);
        assert_eq!(csv.to_string(), "the body is empty; expected a table");
    }
    let xlsx = refused(&egdi("t.xlsx", 2018), ContentKind::Xlsx, b"");
    assert_eq!(xlsx.to_string(), "the body is empty; expected an xlsx workbook");
}

#[test]
fn truncated_json_says_where_it_ends() {
    let body = br#"[{"page":1,"pages":1,"per_page":5,"total":2,"lastupdated":"x"},
[{"indicator":{"id":"SP.POP.TOTL"},"country":{"id":"KE"},"date":"2020","value":1},{"indic"#;
    let error = refused(&wdi(), JSON, body);
    assert!(matches!(error, DecodeError::Truncated { line: 2, .. }), "{error}");
    assert!(error.to_string().starts_with("truncated JSON: it ends at line 2, column "));
    let body = br#"{"totalElements":2,"totalPages":1,"pageNumber":1,"data":[{"series":"IT_U"#;
    assert!(matches!(refused(&sdg(), JSON, body), DecodeError::Truncated { .. }));
}

#[test]
fn nan_is_not_json() {
    let body = br#"[{"page":1,"pages":1,"per_page":5,"total":1,"lastupdated":"x"},
[{"indicator":{"id":"SP.POP.TOTL"},"country":{"id":"KE"},"date":"2020","value":NaN}]]"#;
    let error = refused(&wdi(), JSON, body);
    assert!(matches!(error, DecodeError::Syntax { line: 2, .. }), "{error}");
}

#[test]
fn latin_1_is_no_json() {
    let error = refused(&wdi(), JSON, b"[{\"message\":\"C\xF4te\"}]");
    assert!(matches!(error, DecodeError::NotUtf8 { at: 14, .. }), "{error}");
}

#[test]
fn f3_a_byte_order_mark_changes_nothing() {
    let plain = br#"[{"page":1,"pages":1,"per_page":5,"total":0,"lastupdated":"x"},[]]"#;
    let marked = [&b"\xEF\xBB\xBF"[..], plain].concat();
    assert_eq!(page(&wdi(), JSON, plain).unwrap(), page(&wdi(), JSON, &marked).unwrap());
}

#[test]
fn other_documents_are_refused_with_what_they_are() {
    let cases: [(&[u8], &str); 9] = [
        (br#"{"fault":"gateway"}"#, r#"JSON that starts with "{\"fault\":\"gateway\"}""#),
        (b"[]", "an empty list"),
        (b"[1,2]", "a list that starts with \"1\""),
        (br#"[{"a":1},[]]"#, "a list that starts with"),
        (br#"[{"page":1,"pages":1,"per_page":1,"total":1},[],[]]"#, "three or more"),
        (b"gateway timeout", "not JSON at line 1"),
        (b"\x1F\x8B\x08\0\0", "gzip data"),
        (b"%PDF-1.7", "a PDF file"),
        (b"PK\x03\x04zip", "a zip archive"),
    ];
    for (body, said) in cases {
        let error = refused(&wdi(), JSON, body).to_string();
        assert!(error.contains(said), "{error}");
    }
    let array = refused(&sdg(), JSON, br#"[{"page":1}]"#).to_string();
    assert!(array.contains("expected an object with totalElements"), "{array}");
    let error = refused(&sdg(), JSON, br#"{"totalElements":3}"#).to_string();
    assert!(error.contains("expected an object with totalElements"), "{error}");
    let error = refused(&sdg(), JSON, br#"{"totalElements":1,"totalPages":1,"data":7}"#);
    assert!(matches!(error, DecodeError::Shape { .. }), "{error}");
}

#[test]
fn kinds_that_a_source_does_not_have() {
    let (wdi, egdi) = (wdi(), egdi("t.csv", 2018));
    let xlsx = request("SP.POP.TOTL", ContentKind::Xlsx);
    let page = |pipeline, request| {
        let job = DecodeJob::new(pipeline, &LISTS);
        source(&pipeline.source).unwrap().page(&job, request, b"x").unwrap_err().to_string()
    };
    assert_eq!(
        page(&wdi, &xlsx),
        "source worldbank does not read a workbook in this place; declare the file with a `format` \
         that it reads"
    );
    let unknown = request("other.csv", ContentKind::Csv);
    let error = page(&egdi, &unknown);
    assert_eq!(error, "\"other.csv\" is not a file of pipeline undesa-test");
}
