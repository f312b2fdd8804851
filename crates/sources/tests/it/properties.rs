//! Whatever comes, no panic, and nothing is lost.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_oneof, proptest};
use wsis_model::mapping::{Columns, Mapping, Numbers};
use wsis_model::pipeline::Pipeline;
use wsis_sources::{ContentKind, DecodeError};

use crate::fixture::{egdi, file, page, pipeline, series, try_decode};
use crate::undesa::{small_sheet, workbook};

fn cases() -> Vec<(Pipeline, ContentKind)> {
    let wdi = pipeline("worldbank", vec![series("SP.POP.TOTL", "NUMBER", None)]);
    let sdg = pipeline("unsd", vec![series("IT_USE_ii99", "PER_100_POP", None)]);
    vec![
        (wdi.clone(), ContentKind::Json),
        (wdi, ContentKind::Csv),
        (sdg.clone(), ContentKind::Json),
        (sdg, ContentKind::Csv),
        (egdi("t.csv", 2018), ContentKind::Csv),
        (egdi("t.xlsx", 2018), ContentKind::Xlsx),
        (declared("t.csv"), ContentKind::Csv),
        (declared("t.xlsx"), ContentKind::Xlsx),
        (pipeline("data360", vec![series("S", "NUMBER", None)]), ContentKind::Csv),
    ]
}

/// A table by a mapping that uses most of what there is.
fn declared(path: &str) -> Pipeline {
    let text = |text: &str| Some(text.to_owned());
    let columns = Columns {
        area: text("Country Name"),
        value: text("{year}"),
        footnote: text("Note"),
        ..Columns::default()
    };
    let numbers = Numbers {
        decimal: ',',
        thousands: Some('.'),
        percent: true,
        marks: vec!["*".to_owned()],
        words: Vec::new(),
        missing: vec!["..".to_owned()],
    };
    let dimensions = vec![("Kind".to_owned(), "Kind".to_owned())];
    let fill_down = vec!["Country Name".to_owned()];
    let mapping = Mapping { columns, numbers, dimensions, fill_down, ..Mapping::default() };
    let mut pipeline = pipeline("file", vec![series("S", "NUMBER", None)]);
    pipeline.files = vec![file(path, 2018)];
    pipeline.mapping = Some(mapping);
    pipeline
}

/// One good body per case of [`cases`].
fn bodies() -> Vec<Vec<u8>> {
    let record = r#"{"indicator":{"id":"SP.POP.TOTL","value":"P"},"country":{"id":"KE","value":"Kenya"},"countryiso3code":"KEN","date":"2020","value":51985780,"unit":"","obs_status":"","decimal":0,"footnote":"n\u00f4te"}"#;
    let datum = r#"{"series":"IT_USE_ii99","geoAreaCode":"404","timePeriodStart":2017.0,"value":"17.827","basePeriod":null,"footnotes":["x"],"attributes":{"Nature":"E","Units":"PER_100_POP"},"dimensions":{"Sex":"MALE","Type of skill":"A"}}"#;
    let texts = [
        format!(
            r#"[{{"page":1,"pages":2,"per_page":2,"total":4,"lastupdated":"2026-07-01"}},[{record},{record}]]"#
        ),
        "\u{FEFF}\"Data Source\",\"WDI\",\n\n\"Last Updated Date\",\"2023-03-01\",\n\n\"Country Name\",\"Country Code\",\"Indicator Name\",\"Indicator Code\",\"2020\",\"2021\",\n\"Kenya\",\"KEN\",\"P\",\"SP.POP.TOTL\",\"1\",\"\",\n".to_owned(),
        format!(
            r#"{{"size":2,"totalElements":2,"totalPages":1,"pageNumber":1,"data":[{datum},{datum}]}}"#
        ),
        "SeriesCode,GeoAreaCode,TimePeriod,Value,BasePeriod,FootNote,[Nature],[Sex],[Units]\nIT_USE_ii99,404,2017.0,17.8,,\"a, b\",E,MALE,PER_100_POP\n".to_owned(),
        "Survey Year,Country Name,E-Government Rank,E-Government Index,E-Participation Index,Online Service Index,Human Capital Index,Telecommunication Infrastructure Index\n2018,\"Kenya \",122,0.45410,0.53370,0.62500,0.54720,0.19010\n2018,Côte d'Ivoire,172,0.2,0.1,0.2,0.3,0.2\n".to_owned(),
    ];
    let mut bodies: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    bodies.push(workbook(&small_sheet()));
    let table = "Country Name;Kind;2019;2020;Note\nKenya;a;1.234,5*;..;x\n;b;5 %;;\n";
    bodies.push(table.as_bytes().to_vec());
    let row = |cells: &[&str]| {
        let cell = |text: &&str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
        format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
    };
    let header = row(&["Country Name", "Kind", "2019", "2020", "Note"]);
    bodies.push(workbook(&[header, row(&["Kenya", "a", "1,5", "", "x"])].concat()));
    let message = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,REF_AREA_LABEL,INDICATOR,AGE,TIME_PERIOD,OBS_VALUE,UNIT_MULT,OBS_STATUS\ndatastructure,A:B(1.0),I,KEN,Kenya,S,Y15T24,2020,1.5,3,E\n";
    bodies.push(message.as_bytes().to_vec());
    bodies
}

/// What may be done to a body at a place.
#[derive(Debug, Clone)]
enum Change {
    Set(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    let tokens = prop_oneof![
        Just(b"null".to_vec()),
        Just(b"NaN".to_vec()),
        Just(b"{}".to_vec()),
        Just(b"[".to_vec()),
        Just(b"\",\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\\ud800".to_vec()),
        Just(b"\xF4".to_vec()),
        Just(b"1e999".to_vec()),
        Just("\u{FEFF}é".as_bytes().to_vec()),
    ];
    prop_oneof![
        4 => any::<u8>().prop_map(Change::Set),
        4 => tokens.prop_map(Change::Insert),
        2 => (1_usize..40).prop_map(Change::Remove),
        1 => Just(Change::Cut),
    ]
}

fn changed(mut body: Vec<u8>, changes: &[(usize, Change)]) -> Vec<u8> {
    for (place, change) in changes {
        if body.is_empty() {
            break;
        }
        let at = place % body.len();
        match change {
            Change::Set(byte) => body[at] = *byte,
            Change::Insert(bytes) => {
                body.splice(at..at, bytes.iter().copied());
            }
            Change::Remove(count) => {
                let end = (at + count).min(body.len());
                body.drain(at..end);
            }
            Change::Cut => body.truncate(at),
        }
    }
    body
}

#[test]
fn the_good_bodies_are_good() {
    for ((pipeline, kind), body) in cases().iter().zip(bodies()) {
        let kept = try_decode(pipeline, *kind, &body).unwrap();
        assert!(!kept.rows.is_empty() && kept.rejected.is_empty(), "{kind:?} {kept:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (pipeline, kind) in cases() {
            let _ = page(&pipeline, kind, &body);
            let _ = try_decode(&pipeline, kind, &body);
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(body in "[\\[{]?[\\PC\n\",:0-9]{0,200}[\\]}]?") {
        for (pipeline, kind) in cases() {
            let _ = page(&pipeline, kind, body.as_bytes());
            let _ = try_decode(&pipeline, kind, body.as_bytes());
        }
    }

    /// `try_decode` asserts that parsed = accepted + rejected; `page` and `decode` must agree on
    /// whether a body is one at all.
    #[test]
    fn invariant_i1_changed_bodies_lose_nothing(
        changes in proptest::collection::vec((any::<usize>(), change()), 1..5)
    ) {
        for ((pipeline, kind), body) in cases().iter().zip(bodies()) {
            let body = changed(body, &changes);
            let seen = page(pipeline, *kind, &body);
            let kept = try_decode(pipeline, *kind, &body);
            if seen.is_ok() {
                // Another title in one record makes the series another; that is no matter of the form.
                let is_title = matches!(kept, Err(DecodeError::Title { .. }));
                prop_assert!(kept.is_ok() || is_title, "{kind:?} {kept:?}");
            }
        }
    }
}
