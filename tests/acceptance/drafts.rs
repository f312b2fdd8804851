//! `wsis new pipeline`: a file that nobody has described becomes a pipeline that `wsis check` takes,
//! but for what it leaves to a person.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::program::{deployment, edit, wsis};

/// Drafts a pipeline for a file of the folder.
fn drafted(folder: &Path, file: &Path, id: &str) -> Value {
    let file = file.to_str().unwrap();
    let words = ["new", "pipeline", file, "--id", id, "--format", "json"];
    wsis(folder, &words).assert_code(0).json()
}

/// What `wsis check` says of the deployment: kind and message of each error.
fn errors(folder: &Path) -> Vec<(String, String)> {
    let run = wsis(folder, &["check", "--format", "json"]);
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let errors = findings.iter().filter(|it| it["severity"] == "error");
    errors.map(|it| (text(it, "kind"), text(it, "message"))).collect()
}

/// The heading that stands for a part.
fn heading<'a>(draft: &'a Value, part: &str) -> Option<&'a str> {
    let columns = draft["columns"].as_array().unwrap();
    columns.iter().find(|it| it["part"] == part).map(|it| it["heading"].as_str().unwrap())
}

/// Accepted and quarantined of the trial.
fn trial(draft: &Value) -> (u64, u64) {
    let trial = &draft["trial"];
    assert!(trial.is_object(), "{}\n{}", draft["trial_error"], draft["text"].as_str().unwrap());
    (trial["accepted"].as_u64().unwrap(), trial["quarantined"].as_u64().unwrap())
}

const AGENCY_FILE: &str = "\
National digital index;;;;\n\
Edition 2024, published 3 May;;;;\n\
ISO;Country;Digital score 2024;Rank;Share online %\n\
NAM;Namibia;61,5;3;62,1*\n\
KEN;Kenya;70,25;2;n/a\n\
EST;Estonia;95,1;1;93,2\n\
Source: the agency;;;;\n";

#[test]
fn trial_p70_an_agencys_own_table_is_drafted_decided_and_ingested() {
    let folder = deployment();
    let root = folder.path();
    std::fs::write(root.join("index.csv"), AGENCY_FILE).unwrap();
    let draft = drafted(root, Path::new("index.csv"), "national-index");
    assert_eq!((draft["source"].as_str(), draft["format"].as_str()), (Some("file"), Some("csv")));
    assert_eq!(heading(&draft, "area"), Some("ISO"));
    assert_eq!(heading(&draft, "area_name"), Some("Country"));
    let text = draft["text"].as_str().unwrap();
    for part in [
        "delimiter = \";\"",
        "decimal = \",\"",
        "column = \"Digital score {edition}\"",
        "edition = 2024",
        "\"n/a\", # in 1 cells",
        "\"*\", # beside 1 of",
        "unit = \"PERCENT\"",
        "3 of 4 cells resolve as economies",
        "folder = \"inbox/national-index\"",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!(trial(&draft).0, 6);
    // What is left is left to a person, by its name and no other.
    let path = root.join("pipelines/national-index.toml");
    let left = errors(root);
    assert!(left.iter().all(|(kind, _)| kind == "undecided"), "{left:?}");
    for field in ["agency", "licence", "citation", "homepage"] {
        assert!(left.iter().any(|(_, it)| it.contains(&format!("`{field}`"))), "{left:?}");
    }
    let said = wsis(root, &["check"]).assert_code(2);
    assert!(format!("{}{}", said.stdout, said.stderr).contains("still to be decided"));
    // Nothing is overwritten.
    let again = wsis(root, &["new", "pipeline", "index.csv", "--id", "national-index"]);
    assert!(again.assert_code(2).stderr.contains("is there already and stays as it is"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    decide(&path);
    assert_eq!(errors(root), []);
    std::fs::create_dir_all(root.join("inbox/national-index")).unwrap();
    std::fs::copy(root.join("index.csv"), root.join("inbox/national-index/index.csv")).unwrap();
    edit(&path, "[gates]\n", "[gates]\nquarantined_share_max = 0.5\n");
    let run = wsis(root, &["ingest", "national-index", "--format", "json"]).assert_code(0).json();
    assert_eq!(
        (run[0]["outcome"].as_str(), run[0]["accepted"].as_u64()),
        (Some("committed"), Some(6))
    );
}

/// Fills in what a draft leaves to a person.
fn decide(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("agency = \"DECIDE\"", "agency = \"worldbank\"");
    let text = text.replace("homepage = \"DECIDE\"", "homepage = \"https://example.org\"");
    let text = text.replace("unit = \"DECIDE\"", "unit = \"INDEX\"");
    std::fs::write(path, text.replace("\"DECIDE\"", "\"decided\"")).unwrap();
}

#[test]
fn trial_p75_a_draft_keeps_no_other_pipeline_from_running() {
    let folder = deployment();
    std::fs::write(folder.path().join("index.csv"), AGENCY_FILE).unwrap();
    drafted(folder.path(), Path::new("index.csv"), "national-index");
    wsis(folder.path(), &["check"]).assert_code(2);
    wsis(folder.path(), &["list", "lines"]).assert_code(0);
    let run = wsis(folder.path(), &["ingest", "national-index"]).assert_code(2);
    assert!(run.stderr.contains("national-index"), "{}", run.stderr);
}

#[test]
fn trial_p70_what_is_no_table_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (name, body, said) in [
        ("page.csv", &b"<!doctype html><html><body>down</body></html>"[..], "HTML"),
        ("empty.csv", b"", "empty"),
        ("noise.csv", b"1,2\n3,4\n", "looks like a header"),
        ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest", "save it as xlsx"),
        ("other.json", b"{\"a\": 1}", "JSON of another form"),
        ("cut.zip", b"PK\x03\x04cut", "archive"),
    ] {
        std::fs::write(folder.path().join(name), body).unwrap();
        let run = wsis(folder.path(), &["new", "pipeline", name]).assert_code(2);
        assert!(run.stderr.contains(said) && run.stderr.contains(name), "{name}: {}", run.stderr);
    }
    let run = wsis(folder.path(), &["new", "pipeline", "absent.csv"]).assert_code(2);
    assert!(run.stderr.contains("absent.csv"), "{}", run.stderr);
    assert!(!folder.path().join("pipelines").exists());
}

/// Serves one body at every address; its host and port.
fn served(kind: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let serve = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0_u8; 4_096];
            let _ = stream.read(&mut asked).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
    };
    std::thread::spawn(serve);
    host
}

/// An address is asked as a run would ask it: not where the deployment does not allow it.
#[test]
fn trial_p70_a_file_at_an_address_is_asked_through_the_guard() {
    let folder = deployment();
    let root = folder.path();
    let host = served("text/csv", AGENCY_FILE);
    let url = format!("http://{host}/data/index.csv");
    let words = ["new", "pipeline", &url, "--out", "-"];
    let refused = wsis(root, &words).assert_code(1);
    assert!(refused.stderr.contains("allow_http"), "{}", refused.stderr);
    for list in ["allow_http", "allow_private"] {
        let (old, new) = (format!("{list} = []"), format!("{list} = [\"{host}\"]"));
        edit(&root.join("workspace.toml"), &old, &new);
    }
    let text = wsis(root, &words).assert_code(0).stdout;
    assert!(text.contains(&format!("base_url = \"http://{host}/data\"")), "{text}");
    assert!(text.contains("path = \"index.csv\""), "{text}");
    assert!(!root.join("pipelines/index.toml").exists());
}

/// Records of a service, as OData gives them: its list, the next page, how many there are.
const RECORDS: &str = r#"{"@odata.context": "x", "@odata.count": 4, "hints": [], "@odata.nextLink": "/api/DATA?$skip=3",
    "value": [
    {"Id": 1, "IndicatorCode": "E1", "SpatialDim": "KEN", "TimeDim": 2019, "Dim": {"Sex": "MLE"}, "NumericValue": 7.5},
    {"Id": 2, "IndicatorCode": "E1", "SpatialDim": "UGA", "TimeDim": 2019, "Dim": {"Sex": "MLE"}, "NumericValue": 8.5},
    {"Id": 3, "IndicatorCode": "E1", "SpatialDim": "NAM", "TimeDim": 2020, "Dim": {"Sex": "FMLE"}, "NumericValue": null}]}"#;

/// A file of JSON was refused as "JSON of another form", though a pipeline can read it; and of an address with
/// parameters none was kept.
#[test]
fn trial_p147_records_of_json_are_drafted_with_where_they_stand() {
    let folder = deployment();
    let root = folder.path();
    let host = served("application/json", RECORDS);
    for list in ["allow_http", "allow_private"] {
        let (old, new) = (format!("{list} = []"), format!("{list} = [\"{host}\"]"));
        edit(&root.join("workspace.toml"), &old, &new);
    }
    let url = format!("http://{host}/api/DATA?$filter=Year%20ge%202019&subscription-key=s3cret");
    let text = wsis(root, &["new", "pipeline", &url, "--out", "-"]).assert_code(0).stdout;
    for part in [
        "\n[mapping.document]\n",
        "rows = \"value\"\n",
        "next = \"@odata.nextLink\"\n",
        "total = \"@odata.count\"\n",
        "area = \"SpatialDim\"\n",
        "year = \"TimeDim\"\n",
        "value = \"NumericValue\"\n",
        "series = \"IndicatorCode\"\n",
        "path = \"DATA\"\nformat = \"json\"\n",
        "query = { \"$filter\" = \"Year ge 2019\" }\n",
        "# DECIDE: the parameter \"subscription-key\" seems to be a key",
        "Tried out: 3 figures accepted (1 without a value), 0 records set aside.",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("s3cret"), "a key is written nowhere: {text}");
    assert!(text.contains("\"Dim/Sex\""), "a field of an object within a record: {text}");

    // In a file there is no next page.
    std::fs::write(root.join("records.json"), RECORDS).unwrap();
    let draft = drafted(root, Path::new("records.json"), "records");
    let text = draft["text"].as_str().unwrap();
    assert!(text.contains("# DECIDE: the document names a next page"), "{text}");
    assert!(!text.contains("\nnext = "), "{text}");
    decide(&root.join("pipelines/records.toml"));
    assert_eq!(errors(root), Vec::new());
}

/// What is read of the providers' own files: parts, series, figures.
#[test]
fn trial_p70_files_of_the_providers_are_drafted_as_they_stand() {
    let Some(data) = wsis_reference::shared("data") else { return };
    let folder = deployment();
    let root = folder.path();
    // File, source, format, area, year, series, figures accepted.
    for (at, file, source, format, area, year, series, accepted) in EXPECTED {
        let id = format!("draft-{at}");
        let draft = drafted(root, &data.join(file), &id);
        let found = (
            draft["source"].as_str().unwrap(),
            draft["format"].as_str().unwrap(),
            heading(&draft, "area").unwrap_or_default(),
            heading(&draft, "year").unwrap_or_default(),
            draft["series"].as_u64().unwrap(),
            trial(&draft).0,
        );
        assert_eq!(
            found,
            (*source, *format, *area, *year, *series, *accepted),
            "{file}\n{}",
            draft["text"].as_str().unwrap()
        );
    }
    let left = errors(root);
    assert!(left.iter().all(|(kind, _)| kind == "undecided"), "{left:?}");
}

type Expected =
    (u8, &'static str, &'static str, &'static str, &'static str, &'static str, u64, u64);

/// Outside values: ODIN has 4,485 rows (README of the data) of 10 elements and a score, the price baskets 9,945 rows
/// of 18 years, the survey of 2018 has 193 States.
const EXPECTED: &[Expected] = &[
    (1, "composite/odin-2022/ODIN_03222024.csv", "file", "csv", "Country Code", "Year", 11, 49_335),
    (2, "oecd/oecd_dgi_2023.csv", "file", "csv", "cc_iso3c", "ref_year", 8, 299),
    (
        3,
        "composite/gtmi-2022/gtmi_2022_reprocessed.csv",
        "file",
        "csv",
        "cc_iso3c",
        "ref_year",
        7,
        1_379,
    ),
    (4, "rsf/rsf-2025.csv", "file", "csv", "ISO", "Year (N)", 8, 1_424),
    (
        5,
        "itu/price-baskets-2025/ITU_ICTPriceBaskets_2008-2025.xlsx",
        "file",
        "xlsx",
        "IsoCode",
        "",
        45,
        179_010,
    ),
    (6, "oecd/GOV_2021_11062024184102117.oecdstat.csv", "file", "csv", "COU", "YEAR", 8, 300),
    (
        7,
        "undp-hdr/HDR23-24_Composite_indices_complete_time_series.csv",
        "file",
        "csv",
        "iso3",
        "",
        38,
        208_650,
    ),
    (8, "un-egdi/EGOV_DATA_2018.csv", "undesa", "csv", "", "", 6, 1_158),
    (9, "worldbank-data360/ITU_DH_INT_USR_DAY.csv", "data360", "sdmx-csv", "", "", 1, 6_900),
    (
        10,
        "worldbank/csv-bulk/API_IT.NET.USER.ZS_DS2_en_csv_v2_889089.csv",
        "worldbank",
        "csv",
        "",
        "",
        1,
        15_840,
    ),
    (11, "worldbank/api-v2-json/wb_gdp_all.json", "worldbank", "json", "", "", 1, 17_290),
    (12, "eurostat/json-stat-1/eurostat-name_gpd_c.json", "file", "json-stat", "", "", 1, 2_553),
    (13, "unsd-sdg/portal-xlsx/Goal9.xlsx", "file", "xlsx", "GeoAreaCode", "TimePeriod", 9, 14_294),
    (
        14,
        "itu/datahub-csv/individuals-using-the-internet_1741283929073.csv",
        "file",
        "csv",
        "entityIso",
        "dataYear",
        1,
        4_878,
    ),
    (
        15,
        "oecd/OECD,DF_DP_LIVE,+.EXPBSNS...A.sdmx-csv-labels.csv",
        "file",
        "sdmx-csv",
        "",
        "",
        1,
        2_395,
    ),
    (
        16,
        "worldbank-govtech/expected.gtmi_2020_2022_2025.csv",
        "file",
        "csv",
        "country_code",
        "year",
        5,
        2_965,
    ),
    (17, "ilostat/EAR_HUBL_SEX_NB_A.csv", "file", "csv", "ref_area", "time", 1, 1_005),
    (
        18,
        "itu/gci/data360_ITU_GCI_OVRL_SCRE_2020_2024.csv",
        "file",
        "csv",
        "REF_AREA",
        "TIME_PERIOD",
        1,
        388,
    ),
    (
        19,
        "unesco-uis/api-export_ROFST.1T3.GPIA.CP.data.json",
        "file",
        "json",
        "geoUnit",
        "year",
        1,
        2_409,
    ),
];
