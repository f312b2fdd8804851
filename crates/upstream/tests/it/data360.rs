//! Files of Data360 as the loopback server gives them out.

use reqwest::StatusCode;

use crate::Upstream;

#[tokio::test]
async fn a_file_has_39_columns_with_code_and_label() {
    let up = Upstream::start().await;
    let text = up.text("data360", "/data/ITU_DH/ITU_DH_POP_COV_4G.csv").await;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let head = rows.headers().unwrap().clone();
    assert_eq!(head.len(), 39);
    let at = |name: &str| head.iter().position(|it| it == name).unwrap();
    let row = rows.records().next().unwrap().unwrap();
    // The first record of the provider's file.
    assert_eq!((&row[at("REF_AREA")], &row[at("REF_AREA_LABEL")]), ("ABW", "Aruba"));
    assert_eq!((&row[at("TIME_PERIOD")], &row[at("OBS_VALUE")]), ("2013", "10.0"));
    assert_eq!(&row[at("INDICATOR_LABEL")], "Population coverage, at least 4G");
    assert_eq!((&row[at("UNIT_MEASURE")], &row[at("SEX")]), ("PT_POP", "_T"));
}

#[tokio::test]
async fn a_series_of_another_database_or_without_figures_is_not_found() {
    let up = Upstream::start().await;
    for path in
        ["/data/ITU_DH/PCH_IXP_NUM.csv", "/data/ITU_DH/ITU_DH_HH_INT.csv", "/data/ITU_DH.csv", "/"]
    {
        assert_eq!(up.get("data360", path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
