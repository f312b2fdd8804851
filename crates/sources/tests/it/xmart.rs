//! A download of WHO's xMart as CSV. The headings and the form of rows are those of downloads of `data.who.int`, as
//! public programs that read them hold them; the figures are made up.

use wsis_model::mapping::{Columns, Keep, Mapping};
use wsis_model::pipeline::{Format, Pipeline, SourceFile};
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::Csv;

use crate::fixture::{decode, pipeline, series};

const HEAD: &str = "IND_ID,IND_CODE,IND_UUID,IND_PER_CODE,DIM_TIME,DIM_TIME_TYPE,DIM_GEO_CODE_M49,\
    DIM_GEO_CODE_TYPE,DIM_PUBLISH_STATE_CODE,IND_NAME,GEO_NAME_SHORT,DIM_SEX,DIM_AGE,RATE_PER_100_N,\
    RATE_PER_100_NL,RATE_PER_100_NU\n";

fn download() -> Pipeline {
    let of = |heading: &str| Some(heading.to_owned());
    let only = |column: &str, is: &str| Keep {
        column: column.to_owned(),
        is: vec![is.to_owned()],
        not: vec![],
    };
    let mut pipeline = pipeline("file", vec![series("UHC_INDEX", "PERCENT", Some((0.0, 100.0)))]);
    pipeline.files =
        vec![SourceFile { path: "t".to_owned(), format: Format::Csv, ..SourceFile::default() }];
    pipeline.mapping = Some(Mapping {
        areas_of: of("unsd"),
        totals: vec!["TOTAL".to_owned()],
        columns: Columns {
            area: of("DIM_GEO_CODE_M49"),
            area_name: of("GEO_NAME_SHORT"),
            series: of("IND_CODE"),
            title: of("IND_NAME"),
            year: of("DIM_TIME"),
            value: of("RATE_PER_100_N"),
            sex: of("DIM_SEX"),
            age: of("DIM_AGE"),
            ..Columns::default()
        },
        keep: vec![
            only("DIM_GEO_CODE_TYPE", "COUNTRY"),
            only("DIM_PUBLISH_STATE_CODE", "PUBLISHED"),
            only("DIM_TIME_TYPE", "YEAR"),
        ],
        ignore: ["IND_ID", "IND_UUID", "IND_PER_CODE", "RATE_PER_100_NL", "RATE_PER_100_NU"]
            .map(str::to_owned)
            .to_vec(),
        ..Mapping::default()
    });
    pipeline
}

/// Numbers of areas have lost their zeros, drafts and regions stand among the countries, a value may be empty, and
/// a name and a number may be of two areas.
#[test]
fn trial_p295_a_download_of_xmart_is_read_by_a_declared_mapping() {
    let row = |year: &str,
               m49: &str,
               kind: &str,
               state: &str,
               name: &str,
               sex: &str,
               value: &str| {
        format!(
            "A1B2C3DUHC_INDEX,UHC_INDEX,A1B2C3D,UHC_INDEX,{year},YEAR,{m49},{kind},{state},UHC_INDEX,{name},{sex},TOTAL,\
             {value},,\n"
        )
    };
    let body = HEAD.to_owned()
        + &row("2020", "4", "COUNTRY", "PUBLISHED", "Afghanistan", "FEMALE", "31.25")
        + &row("2020", "8", "COUNTRY", "PUBLISHED", "Albania", "TOTAL", "0")
        + &row("2021", "004", "COUNTRY", "DRAFT", "Afghanistan", "TOTAL", "33")
        + &row("2021", "1", "GLOBAL", "PUBLISHED", "World", "TOTAL", "60")
        + &row("2021", "404", "COUNTRY", "PUBLISHED", "Kenya", "TOTAL", "")
        + &row("2021", "404", "COUNTRY", "PUBLISHED", "Uganda", "TOTAL", "52")
        + &row(
            "2022",
            "826",
            "COUNTRY",
            "PUBLISHED",
            "\"United Kingdom of Great Britain and Northern Ireland\"",
            "MALE",
            "88.5",
        );
    let kept = decode(&download(), Csv, body.as_bytes());
    let found: Vec<_> = kept
        .rows
        .iter()
        .map(|row| (row.area.as_str(), row.year, row.sex.as_str(), row.age.as_str(), row.value))
        .collect();
    assert_eq!(
        found,
        [
            ("AFG", 2020, "F", "_T", Some(31.25)),
            ("ALB", 2020, "_T", "_T", Some(0.0)),
            ("KEN", 2021, "_T", "_T", None),
            ("GBR", 2022, "M", "_T", Some(88.5)),
        ],
        "{:?}",
        kept.rejected
    );
    assert_eq!(kept.rejected[0].reason, Reason::AmbiguousArea);
    assert_eq!(kept.rejected.len(), 1, "Uganda is not 404: {:?}", kept.rejected);
    assert_eq!(kept.summary.parsed, (kept.rows.len() + kept.rejected.len()) as u64);
}
