//! The UNSD protocol as the loopback server speaks it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::Upstream;

#[tokio::test]
async fn pages_add_up_to_the_total() {
    let up = Upstream::start().await;
    let page = async |at: u64| {
        up.json("unsd", &format!("/Series/Data?seriesCode=SE_ADT_ACTS&pageSize=1000&page={at}"))
            .await
    };
    let first = page(1).await;
    // 4,795 of June 2020 less those before 2005, and those of 2020 to 2023 for sixteen countries.
    assert_eq!(first["totalElements"], 5286);
    assert_eq!(first["totalPages"], 6);
    let mut keys = BTreeSet::new();
    let mut count = 0;
    for at in 1..=6 {
        let body = page(at).await;
        let data = body["data"].as_array().unwrap();
        assert_eq!(body["pageNumber"], at);
        assert_eq!(body["size"], data.len());
        count += data.len();
        for row in data {
            keys.insert(format!(
                "{} {} {}",
                row["geoAreaCode"], row["timePeriodStart"], row["dimensions"]
            ));
        }
    }
    assert_eq!((count, keys.len()), (5286, 5286));
    assert_eq!(page(7).await["data"], json!([]));
}

#[tokio::test]
async fn a_row_has_the_fields_of_the_service() {
    let up = Upstream::start().await;
    let path =
        "/Series/Data?seriesCode=IT_MOB_OWN&areaCode=4&timePeriodStart=2016&timePeriodEnd=2016";
    let text = up.text("unsd", path).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    let row = &body["data"][0];
    // Afghanistan 2016, both sexes: 46.82207 in the SDG database of June 2020.
    assert_eq!(
        *row,
        json!({"goal": ["5"], "target": ["5.b"], "indicator": ["5.b.1"], "series": "IT_MOB_OWN",
            "seriesDescription": "Proportion of individuals who own a mobile telephone, by sex (%)",
            "seriesCount": "589", "geoAreaCode": "4", "geoAreaName": "Afghanistan",
            "timePeriodStart": 2016.0, "value": "46.82207", "valueType": "Float",
            "time_detail": null, "timeCoverage": null, "upperBound": null, "lowerBound": null,
            "basePeriod": null, "source": "", "geoInfoUrl": null, "footnotes": [""],
            "attributes": {"Nature": "NA", "Units": "PERCENT"},
            "dimensions": {"Reporting Type": "G", "Sex": "BOTHSEX"}})
    );
    assert!(text.contains("\"timePeriodStart\":2016.0,"), "{text}");
    // Afghanistan has no breakdown that year, Brazil has.
    let body = up.json("unsd", &path.replace("areaCode=4", "areaCode=76")).await;
    let sexes = body["data"].as_array().unwrap().iter().map(|r| r["dimensions"]["Sex"].clone());
    assert_eq!(sexes.collect::<Vec<_>>(), ["BOTHSEX", "FEMALE", "MALE"]);
    let dimensions: Vec<&Value> =
        body["dimensions"].as_array().unwrap().iter().map(|d| &d["id"]).collect();
    assert_eq!(dimensions, ["Reporting Type", "Sex"]);
}

#[tokio::test]
async fn every_declared_series_answers_with_its_breakdown() {
    let up = Upstream::start().await;
    for (code, dimension) in [
        ("IT_USE_ii99", None),
        ("IT_MOB_2GNTWK", None),
        ("IT_MOB_3GNTWK", None),
        ("IT_MOB_4GNTWK", None),
        ("IT_MOB_OWN", Some("Sex")),
        ("IT_NET_BBNDN", None),
        ("SE_ADT_ACTS", Some("Type of skill")),
        ("GB_XPD_RSDV", None),
    ] {
        let body = up.json("unsd", &format!("/Series/Data?seriesCode={code}&pageSize=10000")).await;
        let data = body["data"].as_array().unwrap();
        assert!(data.len() > 500, "{code}");
        for row in data {
            let dimensions = row["dimensions"].as_object().unwrap();
            assert!(dimensions.values().all(|v| v != ""), "{code}: {row}");
            assert!(dimension.is_none_or(|name| dimensions.contains_key(name)), "{code}: {row}");
        }
    }
}

#[tokio::test]
async fn a_series_without_figures_and_an_unknown_one_are_empty() {
    let up = Upstream::start().await;
    for code in ["SE_ACS_INTNT", "SG_INF_ACCSS", "NO_SUCH"] {
        let body = up.json("unsd", &format!("/Series/Data?seriesCode={code}")).await;
        assert_eq!((&body["totalElements"], &body["totalPages"]), (&json!(0), &json!(0)), "{code}");
        assert_eq!(body["data"], json!([]));
    }
}

#[tokio::test]
async fn the_bad_row_has_no_number() {
    let up = Upstream::start().await;
    let path = "/Series/Data?seriesCode=IT_USE_ii99&areaCode=404&timePeriod=2019";
    let body = up.json("unsd", path).await;
    assert_eq!(body["totalElements"], 1);
    assert_eq!(body["data"][0]["value"], "17,8 percent");
    assert_eq!(body["data"][0]["valueType"], "String");
}

#[tokio::test]
async fn the_csv_holds_the_same_rows_and_a_post_is_padded_with_nul() {
    let up = Upstream::start().await;
    let text = up.text("unsd", "/Series/DataCSV?seriesCode=IT_MOB_OWN").await;
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,TimePeriod,\
         Value,Time_Detail,TimeCoverage,UpperBound,LowerBound,BasePeriod,Source,GeoInfoUrl,\
         FootNote,[Nature],[Reporting Type],[Sex],[Units]"
    );
    assert_eq!(
        lines.next().unwrap(),
        "5,5.b,5.b.1,IT_MOB_OWN,\"Proportion of individuals who own a mobile telephone, by sex \
         (%)\",4,Afghanistan,2016,46.82207,,,,,,,,,NA,G,BOTHSEX,PERCENT"
    );
    assert_eq!(lines.count(), 588);
    let url = format!("{}/Series/DataCSV", up.server.base_url("unsd"));
    let post = up.client.post(url).body("seriesCodes=IT_MOB_OWN").send().await.unwrap();
    let body = post.bytes().await.unwrap();
    assert!(body.len().is_power_of_two());
    let end = body.iter().position(|b| *b == 0).unwrap();
    assert_eq!(&body[..end], text.as_bytes());
    assert!(body[end..].iter().all(|b| *b == 0));
}

#[tokio::test]
async fn areas_are_listed() {
    let up = Upstream::start().await;
    let list = up.json("unsd", "/GeoArea/List").await;
    let areas = list.as_array().unwrap();
    assert!(areas.contains(&json!({"geoAreaCode": "516", "geoAreaName": "Namibia"})));
    assert_eq!(areas.len(), 272);
}
