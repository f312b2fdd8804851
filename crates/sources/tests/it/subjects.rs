//! Of which figure a record is that cannot be used: as far as it could be read, in every format.

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline};
use wsis_sources::ContentKind::{self, Csv, Json, Xlsx};

use crate::fixture::{Kept, decode, egdi, pipeline, series};
use crate::standing::{rows, table};
use crate::undesa::{HEADER, workbook};

/// `series area period`, a dash for what is not known; `no figure` for none.
fn subjects(kept: &Kept) -> Vec<String> {
    let one = |it: &wsis_model::quarantine::Rejected| {
        let Some(subject) = &it.subject else { return "no figure".to_owned() };
        let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
        let period = subject.period.map(|it| it.to_string());
        let [series, area] = [text(&subject.series), text(&subject.area)];
        let broken = if subject.breakdown.is_some() { "" } else { " ?" };
        format!("{series} {area} {}{broken}", text(&period))
    };
    kept.rejected.iter().map(one).collect()
}

/// A table of the columns area, year, series and value; series S.
fn long(format: Format) -> Pipeline {
    let mut pipeline = table(format);
    let some = |text: &str| Some(text.to_owned());
    let columns = Columns {
        area: some("area"),
        year: some("year"),
        series: some("series"),
        value: some("value"),
        ..Columns::default()
    };
    let sex = vec![("sex".to_owned(), "sex".to_owned())];
    let mapping = Mapping { columns, dimensions: sex, ..Mapping::default() };
    pipeline.mapping = Some(mapping);
    pipeline
}

fn check(pipeline: &Pipeline, kind: ContentKind, body: &[u8], expected: &[&str]) {
    let kept = decode(pipeline, kind, body);
    assert_eq!(subjects(&kept), expected, "{:#?}", kept.rejected);
}

#[test]
fn trial_p113_a_row_of_a_table_says_of_which_figure_it_is() {
    let body = "area,year,series,sex,value\n\
                KEN,2020,S,_T,1\nKEN,2021,S,_T,n/z\nKEN,2022,S,_T,45,3\nUGA,2020,S,M,<5\nUGA,2020,S,XX,5\n\
                Atlantis,2020,S,_T,5\nUGA,20205,S,_T,5\nUGA,2021-Q1,S,_T,5\nUGA,2021,T,_T,5\nUGA,2022,S\nSource: x\n";
    let expected = [
        "S KEN 2021",
        "S KEN 2022",
        "S UGA 2020",
        "S UGA 2020 ?",
        "S - 2020",
        "S UGA -",
        "no figure",
        "- - - ?",
        "S UGA 2022",
        "no figure",
    ];
    check(&long(Format::Csv), Csv, body.as_bytes(), &expected);
}

#[test]
fn trial_p113_a_row_of_a_wide_table_says_it_of_each_of_its_figures() {
    let mut wide = table(Format::Csv);
    let columns = Columns { area: Some("area".to_owned()), ..Columns::default() };
    let mapping = wide.mapping.as_mut().unwrap();
    mapping.columns = columns;
    mapping.numbers.decimal = '.';
    wide.series[0].column = Some("{year}".to_owned());
    let body = "area,2020,2021\nKEN,1,x\nUGA,1,2,3\n";
    check(&wide, Csv, body.as_bytes(), &["S KEN 2021", "S UGA 2020", "S UGA 2021"]);
    // A cell of a sheet that is an error.
    let sheet = rows(&[
        (1, &["area", "year", "series", "sex", "value"]),
        (2, &["KEN", "2020", "S", "_T", "n/z"]),
    ]);
    let error = r#"<row r="3"><c r="A3" t="inlineStr"><is><t>UGA</t></is></c><c r="B3"><v>2020</v></c><c r="C3" t="inlineStr"><is><t>S</t></is></c><c r="E3" t="e"><v>#N/A</v></c></row><row r="4"><c r="A4" t="inlineStr"><is><t>ABW</t></is></c><c r="B4" t="e"><v>#REF!</v></c><c r="C4" t="inlineStr"><is><t>S</t></is></c><c r="E4"><v>3</v></c></row>"#;
    let body = workbook(&format!("{sheet}{error}"));
    check(&long(Format::Xlsx), Xlsx, &body, &["S KEN 2020", "S UGA 2020", "S ABW -"]);
}

#[test]
fn trial_p113_the_formats_of_services_say_it_too() {
    let wdi = pipeline("worldbank", vec![series("S", "PERCENT", None)]);
    let record = |date: &str, value: &str| {
        format!(
            r#"{{"indicator":{{"id":"S","value":"x"}},"country":{{"id":"KE","value":"Kenya"}},"countryiso3code":"KEN","date":{date},"value":{value}}}"#
        )
    };
    let records = [
        record(r#""2020""#, r#""n/z""#),
        record(r#""2021""#, r#"{"v":1}"#),
        record("[2022]", "1"),
        "7".to_owned(),
    ];
    let head = r#"{"page":1,"pages":1,"per_page":1000,"total":4}"#;
    let body = format!("[{head},[{}]]", records.join(","));
    check(&wdi, Json, body.as_bytes(), &["S KEN 2020", "S KEN 2021", "S KEN -", "- - - ?"]);
    let bulk = "\"Data Source\",\"World Development Indicators\",\n\n\"Last Updated Date\",\"2025-01-01\",\n\
                \nCountry Name,Country Code,Indicator Name,Indicator Code,2020,2021\n\
                Kenya,KEN,x,S,n/z,2\nUganda,UGA,x,S,1\nUganda,UGA,x,S,1,2,3\n";
    let expected = ["S KEN 2020", "S UGA 2020", "S UGA 2021", "S UGA 2020", "S UGA 2021"];
    check(&wdi, Csv, bulk.as_bytes(), &expected);
    let sdg = pipeline("unsd", vec![series("S", "PERCENT", None)]);
    let record = |rest: &str| {
        format!(
            r#"{{"series":"S","geoAreaCode":"404","geoAreaName":"Kenya","timePeriodStart":2017.0,{rest}}}"#
        )
    };
    let records = [
        record(r#""value":"n/z""#),
        record(r#""value":[1]"#),
        record(r#""value":"1","attributes":7"#),
        record(r#""value":"1","dimensions":{"Sex":"XX"}"#),
    ];
    let body = format!(
        r#"{{"size":4,"totalElements":4,"totalPages":1,"pageNumber":1,"attributes":[],"dimensions":[],"data":[{}]}}"#,
        records.join(",")
    );
    let expected = ["S KEN 2017", "S KEN 2017", "S KEN 2017", "S KEN 2017 ?"];
    check(&sdg, Json, body.as_bytes(), &expected);
    let survey = format!("Title\n\n{HEADER}2018,Kenya,122,x,0.5,0.5,0.5,0.5\n");
    let kept = decode(&egdi("t.csv", 2018), Csv, survey.as_bytes());
    assert!(subjects(&kept)[0].ends_with(" KEN 2018"), "{:?}", kept.rejected);
}

#[test]
fn trial_p113_messages_say_it_too() {
    let tsv = "freq,unit,geo\\TIME_PERIOD\t2022 \t2023 \nA,PERCENT,EL\t83.2 \tx b\nA,PERCENT,BE\t1 \nA,EL\t1 \t2 \n";
    let mut eurostat = table(Format::EurostatTsv);
    eurostat.mapping = Some(Mapping::default());
    let expected = ["S GRC 2023", "S BEL 2022", "S BEL 2023", "- - - ?", "- - - ?"];
    check(&eurostat, Csv, tsv.as_bytes(), &expected);
    let csv = "DATAFLOW,REF_AREA,TIME_PERIOD,INDICATOR,OBS_VALUE\nX,KEN,2020,S,n/z\nX,KEN,2021,S\n";
    let mut sdmx = table(Format::SdmxCsv);
    sdmx.mapping = Some(Mapping::default());
    check(&sdmx, Csv, csv.as_bytes(), &["S KEN 2020", "S KEN 2021"]);
}
