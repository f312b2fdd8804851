//! Tables of agencies as the loopback server gives them out.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::StatusCode;

use crate::Upstream;

async fn sheet(up: &Upstream, path: &str) -> calamine::Range<Data> {
    let bytes = up.get("file", path).await.bytes().await.unwrap();
    Xlsx::new(Cursor::new(bytes.to_vec())).unwrap().worksheet_range("Sheet1").unwrap()
}

/// Five rows are counts and means of groups, with a threshold where the code should be.
#[tokio::test]
async fn the_govtech_table_has_three_waves_and_the_rows_that_are_no_countries() {
    let up = Upstream::start().await;
    let rows = sheet(&up, "/groups_data.xlsx").await;
    assert_eq!(rows.height(), 1 + 198 + 198 + 197 + 5);
    let text = |row: &[Data], at: usize| row[at].to_string();
    let odd = rows.rows().skip(1).filter(|row| text(row, 1).parse::<f64>().is_ok());
    assert_eq!(odd.count(), 5);
    let dnk = rows.rows().find(|row| text(row, 0) == "2025" && text(row, 1) == "DNK").unwrap();
    assert!(matches!(dnk[4], Data::Float(value) if value > 0.9), "{dnk:?}");
}

#[tokio::test]
async fn the_governance_workbook_writes_two_dots_where_it_has_no_figure() {
    let up = Upstream::start().await;
    let rows = sheet(&up, "/wgidataset.xlsx").await;
    // 214 economies, 9 years, four dimensions.
    assert_eq!(rows.height(), 1 + 214 * 9 * 4);
    assert!(rows.rows().any(|row| row[5] == Data::String("..".to_owned())));
    let romania = rows.rows().find(|row| row[0] == Data::String("ROM".to_owned())).unwrap();
    assert_eq!(romania[1], Data::String("Romania".to_owned()), "an old code");
}

#[tokio::test]
async fn the_findex_has_its_own_headings_and_other_files_are_not_found() {
    let up = Upstream::start().await;
    let text = up.text("file", "/GlobalFindexDatabase2025.csv").await;
    assert!(text.starts_with("countrynewwb,codewb,year,"), "{}", &text[..60]);
    assert!(text.contains(",account_t_d,") && text.contains(",NA,"));
    assert_eq!(up.get("file", "/other.csv").await.status(), StatusCode::NOT_FOUND);
}
