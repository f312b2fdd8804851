//! WHO's protocol as the loopback server speaks it.

use std::collections::BTreeSet;

use reqwest::StatusCode;

use crate::Upstream;

#[tokio::test]
async fn pages_name_the_next_one_until_all_are_there() {
    let up = Upstream::start().await;
    let filter = "/IT_MOB_OWN?$filter=SpatialDimType%20eq%20%27COUNTRY%27";
    let mut url = format!("{}{filter}", up.server.base_url("who"));
    let mut keys = BTreeSet::new();
    let mut sizes = Vec::new();
    loop {
        let body: serde_json::Value =
            up.client.get(&url).send().await.unwrap().json().await.unwrap();
        let rows = body["value"].as_array().unwrap();
        sizes.push(rows.len());
        for row in rows {
            assert_eq!(row["SpatialDimType"], "COUNTRY");
            keys.insert(format!("{} {} {}", row["SpatialDim"], row["TimeDim"], row["Dim1"]));
        }
        match body["@odata.nextLink"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    assert_eq!(sizes.iter().sum::<usize>(), keys.len());
    assert_eq!(sizes[0], 250);
    assert!(keys.contains("\"AFG\" 2016 \"SEX_BTSX\""));
    assert!(keys.contains("\"BRA\" 2016 \"SEX_FMLE\""));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let up = Upstream::start().await;
    for (path, status) in
        [("/NOTHING", StatusCode::NOT_FOUND), ("/IT_MOB_OWN?$filter=x", StatusCode::BAD_REQUEST)]
    {
        let response = up.get("who", path).await;
        assert_eq!(response.status(), status);
        assert!(response.text().await.unwrap().starts_with("{\"error\":"), "{path}");
    }
}
