//! The UN DESA protocol as the loopback server speaks it.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED};

use crate::Upstream;

const EDITIONS: [i32; 11] = [2003, 2004, 2008, 2010, 2012, 2014, 2016, 2018, 2020, 2022, 2024];

#[tokio::test]
async fn editions_have_the_header_and_the_blanks_of_the_originals() {
    let up = Upstream::start().await;
    for edition in EDITIONS {
        let text = up.text("undesa", &format!("/EGOV_DATA_{edition}.csv")).await;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let extra = usize::from(edition == 2022);
        assert_eq!(lines.len(), 1 + 193 + extra, "{edition}");
        if edition == 2024 {
            assert!(lines[0].ends_with(",Tele_Infra,Region\r\n"), "{}", lines[0]);
            assert_eq!(lines[1], "2024,Iraq ,148,0.45721,0.09590,0.18755,0.49672,0.68736,Asia\r\n");
        } else {
            assert_eq!(
                lines[0],
                "Survey Year,Country Name,E-Government Rank,E-Government Index,E-Participation \
                 Index,Online Service Index,Human Capital Index,Telecommunication Infrastructure \
                 Index\n"
            );
            assert!(lines[1].starts_with(&format!("{edition},\"Iraq \",")), "{}", lines[1]);
        }
    }
    let text = up.text("undesa", "/EGOV_DATA_2018.csv").await;
    assert!(text.contains("\n2018,\"Ireland \",22,0.82870,0.93260,0.82640,0.96260,0.69700\n"));
}

/// The figures of 2005 are not at hand: the sample has its table without rows.
#[tokio::test]
async fn trial_a4_the_edition_without_figures_is_an_empty_table() {
    let up = Upstream::start().await;
    let text = up.text("undesa", "/EGOV_DATA_2005.csv").await;
    assert!(text.starts_with("Survey Year,Country Name,"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn the_bad_row_stands_in_one_edition() {
    let up = Upstream::start().await;
    let text = up.text("undesa", "/EGOV_DATA_2022.csv").await;
    assert!(text.ends_with("\n2022,Atlantis,194,0.50000,0.50000,0.50000,0.50000,0.50000\n"));
}

#[tokio::test]
async fn the_workbook_holds_the_same_figures_as_the_csv() {
    let up = Upstream::start().await;
    let bytes = up.get("undesa", "/EGOV_DATA_2018.xlsx").await.bytes().await.unwrap();
    let mut book = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    assert_eq!(book.sheet_names(), ["EGOV_DATA"]);
    let sheet = book.worksheet_range("EGOV_DATA").unwrap();
    let csv = up.text("undesa", "/EGOV_DATA_2018.csv").await;
    let by_name: BTreeMap<String, Vec<f64>> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let name = fields[1].trim_matches('"').to_owned();
            (name, fields[2..].iter().map(|f| f.parse().unwrap()).collect())
        })
        .collect();
    assert_eq!(sheet.height(), by_name.len() + 1);
    for row in sheet.rows().skip(1) {
        let Data::String(name) = &row[1] else { unreachable!("{row:?}") };
        let numbers: Vec<f64> = row[2..]
            .iter()
            .map(|cell| match cell {
                Data::Float(number) => *number,
                Data::Int(number) => f64::from(i32::try_from(*number).unwrap()),
                other => unreachable!("{other:?}"),
            })
            .collect();
        assert_eq!(by_name[name], numbers, "{name}");
    }
}

#[tokio::test]
async fn validators_answer_304_for_the_same_bytes_only() {
    let up = Upstream::start().await;
    let url = format!("{}/EGOV_DATA_2020.csv", up.server.base_url("undesa"));
    let first = up.client.get(&url).send().await.unwrap();
    let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
    assert!(first.headers().contains_key(LAST_MODIFIED));
    assert_eq!(first.headers()[CONTENT_TYPE], "text/csv");
    let ask = |tag: String| up.client.get(&url).header(IF_NONE_MATCH, tag).send();
    let same = ask(tag.clone()).await.unwrap();
    assert_eq!(
        (same.status(), same.headers()[ETAG].to_str().unwrap()),
        (StatusCode::NOT_MODIFIED, tag.as_str())
    );
    assert_eq!(same.bytes().await.unwrap().len(), 0);
    assert_eq!(ask(format!("\"x\", W/{tag}")).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    assert_eq!(ask("\"client,*,tag\"".to_owned()).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn editions_that_were_never_published_are_not_found() {
    let up = Upstream::start().await;
    for file in ["EGOV_DATA_2019.csv", "EGOV_DATA_2020.xlsx", "EGOV_DATA_x.csv", "EGOV_DATA_2018"] {
        let response = up.get("undesa", &format!("/{file}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{file}");
    }
}
