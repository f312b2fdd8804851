//! Every figure served, beside the file that it was taken from. The files are not in the repository:
//! `WSIS_SHARED` names the folder that has them as `data/`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;
use wsis_upstream::Options;

use crate::Upstream;

/// The folder of the files; none where this machine has none.
fn data() -> Option<PathBuf> {
    let near = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("WSIS_SHARED").map_or(near, PathBuf::from).join("data");
    if folder.is_dir() {
        return Some(folder);
    }
    wsis_reference::leave_out("no shared data");
    None
}

async fn clean() -> Upstream {
    Upstream::with(Options { bad_rows: false, ..Options::default() }).await
}

#[tokio::test]
async fn files_of_data360_are_the_providers_to_the_byte() {
    let Some(data) = data() else { return };
    let up = clean().await;
    for (database, code) in [
        ("ITU_DH", "ITU_DH_POP_COV_4G"),
        ("ITU_DH", "ITU_DH_ACT_MOB_PER_100"),
        ("ITU_DH", "ITU_DH_INT_USR_DAY"),
    ] {
        let original = std::fs::read(data.join(format!("worldbank-data360/{code}.csv"))).unwrap();
        let served = up.text("data360", &format!("/data/{database}/{code}.csv")).await;
        assert!(served.as_bytes() == original, "{code}: not the provider's bytes");
    }
}

#[tokio::test]
async fn editions_of_the_survey_are_the_providers_line_by_line() {
    let Some(data) = data() else { return };
    let up = clean().await;
    for edition in [2003, 2004, 2008, 2010, 2012, 2014, 2016, 2018, 2020, 2022, 2024] {
        let more = if edition == 2024 { ".modified-header" } else { "" };
        let path = data.join(format!("un-egdi/EGOV_DATA_{edition}{more}.csv"));
        let original = std::fs::read_to_string(path).unwrap();
        let served = up.text("undesa", &format!("/EGOV_DATA_{edition}.csv")).await;
        // Whether a field stands in quotes is no figure.
        let rows = |text: &str| -> Vec<Vec<String>> {
            let mut reader =
                csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let rows = reader.records().map(Result::unwrap);
            rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
        };
        let (served, original) = (rows(&served), rows(&original));
        assert_eq!(served.len(), 193, "{edition}");
        assert_eq!(served, original, "{edition}");
    }
}

/// Files of one indicator each, of July 2026; the Internet users are of two other files.
#[tokio::test]
async fn world_bank_figures_are_those_of_the_files() {
    let Some(data) = data() else { return };
    let up = clean().await;
    let mut compared = 0;
    for code in [
        "IT.NET.BBND.P2",
        "IT.CEL.SETS.P2",
        "IT.NET.SECR.P6",
        "IT.MLT.MAIN.P2",
        "EG.ELC.ACCS.ZS",
        "SE.XPD.TOTL.GD.ZS",
        "SE.SEC.ENRR",
        "SE.TER.ENRR",
        "SE.ADT.LITR.ZS",
        "GB.XPD.RSDV.GD.ZS",
        "IP.JRN.ARTC.SC",
        "SP.POP.TOTL",
        "NY.GDP.PCAP.CD",
    ] {
        let path = data.join(format!("worldbank/tidy/{}.csv", code.to_lowercase()));
        let mut reader = csv::Reader::from_path(path).unwrap();
        let original: BTreeMap<(String, String), f64> = reader
            .records()
            .map(Result::unwrap)
            .map(|row| ((row[1].to_owned(), row[2].to_owned()), row[3].parse().unwrap()))
            .collect();
        let path = format!("/country/all/indicator/{code}?format=json&per_page=32000");
        let body = up.json("worldbank", &path).await;
        for row in body[1].as_array().unwrap() {
            let iso3 = row["countryiso3code"].as_str().unwrap();
            if iso3.is_empty() {
                continue; // Income groups, which the API gives no code.
            }
            let key = (iso3.to_owned(), row["date"].as_str().unwrap().to_owned());
            assert_eq!(row["value"].as_f64(), original.get(&key).copied(), "{code} {key:?}");
            compared += usize::from(row["value"].is_number());
        }
    }
    assert!(compared > 40_000, "{compared} figures");
    let users = std::fs::read(
        data.join("worldbank/api-v2-json-records/IT.NET.USER.ZS.all.2014-2023.records.json"),
    );
    let users: Vec<Value> = serde_json::from_slice(&users.unwrap()).unwrap();
    let path = "/country/all/indicator/IT.NET.USER.ZS?format=json&per_page=32000&date=2014:2023";
    let body = up.json("worldbank", path).await;
    let key = |row: &Value| (row["country"]["id"].to_string(), row["date"].to_string());
    let original: BTreeMap<_, _> =
        users.iter().map(|row| (key(row), row["value"].as_f64())).collect();
    for row in body[1].as_array().unwrap() {
        assert_eq!(Some(&row["value"].as_f64()), original.get(&key(row)), "{row}");
    }
}

/// Mobile networks from 2011 on: the portal's download of 2025.
#[tokio::test]
async fn mobile_networks_are_those_of_the_portal() {
    let Some(data) = data() else { return };
    let up = clean().await;
    let path = data.join("unsd-sdg/portal-xlsx/expected.Goal9.mobile_and_rd.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut original: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for row in reader.records().map(Result::unwrap) {
        original
            .insert((row[3].to_owned(), row[5].to_owned(), row[7].to_owned()), row[8].to_owned());
    }
    for code in ["IT_MOB_2GNTWK", "IT_MOB_3GNTWK", "IT_MOB_4GNTWK", "IT_MOB_5GNTWK"] {
        let path = format!("/Series/Data?seriesCode={code}&pageSize=20000&timePeriodStart=2011");
        let body = up.json("unsd", &path).await;
        let served = body["data"].as_array().unwrap();
        for row in served {
            let year = row["timePeriodStart"].as_f64().unwrap();
            let key = (
                code.to_owned(),
                row["geoAreaCode"].as_str().unwrap().to_owned(),
                format!("{year:.0}"),
            );
            assert_eq!(row["value"].as_str(), original.get(&key).map(String::as_str), "{key:?}");
        }
        // Without the rows that say `NaN`.
        let is_figure = |(key, value): &(&(String, String, String), &String)| {
            key.0 == code && value.parse::<f64>().is_ok_and(f64::is_finite)
        };
        assert_eq!(served.len(), original.iter().filter(is_figure).count(), "{code}");
    }
}

#[tokio::test]
async fn the_govtech_and_governance_tables_are_those_of_the_workbooks() {
    let Some(data) = data() else { return };
    let up = clean().await;
    for (name, original, columns) in [
        ("/groups_data.xlsx", "worldbank-govtech/gtmi_2020_2022_2025.groups_data.xlsx", &[][..]),
        (
            "/wgidataset.xlsx",
            "worldbank-wgi/wgidataset_1996-2023.xlsx",
            &["code", "countryname", "year", "indicator", "estimate", "pctrank"][..],
        ),
    ] {
        let mut book: Xlsx<_> = open_workbook(data.join(original)).unwrap();
        let whole = book.worksheet_range("Sheet1").unwrap();
        let head: Vec<String> = whole.rows().next().unwrap().iter().map(Data::to_string).collect();
        let places: Vec<usize> = head
            .iter()
            .enumerate()
            .filter(|(_, name)| columns.is_empty() || columns.contains(&name.as_str()))
            .map(|(at, _)| at)
            .collect();
        let wanted = |row: &&[Data]| {
            let year = row[places[2]].to_string();
            let dimension = row[places[3]].to_string();
            columns.is_empty()
                || (("2015".."2024").contains(&year.as_str())
                    && ["va", "ge", "rq", "rl"].contains(&dimension.as_str()))
        };
        let rows = whole.rows().skip(1).filter(wanted);
        let original: Vec<Vec<String>> =
            rows.map(|row| places.iter().map(|at| row[*at].to_string()).collect()).collect();
        let bytes = up.get("file", name).await.bytes().await.unwrap();
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
        let served = book.worksheet_range("Sheet1").unwrap();
        let served: Vec<Vec<String>> =
            served.rows().skip(1).map(|row| row.iter().map(Data::to_string).collect()).collect();
        assert_eq!(served.len(), original.len(), "{name}");
        assert!(served == original, "{name}: another figure");
    }
}

#[tokio::test]
async fn the_findex_is_a_part_of_the_file() {
    let Some(data) = data() else { return };
    let up = clean().await;
    let path = data.join("worldbank-findex/GlobalFindexDatabase2025.35-columns.csv");
    let mut whole = csv::Reader::from_path(path).unwrap();
    let head = whole.headers().unwrap().clone();
    let served = up.text("file", "/GlobalFindexDatabase2025.csv").await;
    let mut part = csv::Reader::from_reader(served.as_bytes());
    let kept = part.headers().unwrap().clone();
    let places: Vec<usize> =
        kept.iter().map(|name| head.iter().position(|it| it == name).unwrap()).collect();
    let group = head.iter().position(|it| it == "group").unwrap();
    let original: Vec<Vec<String>> = whole
        .records()
        .map(Result::unwrap)
        .filter(|row| matches!(&row[group], "all" | "gender"))
        .map(|row| places.iter().map(|at| row[*at].to_owned()).collect())
        .collect();
    let served: Vec<Vec<String>> =
        part.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(served, original);
}
