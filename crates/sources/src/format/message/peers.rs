//! The same messages by other programs, cell by cell: `sdmx1`, `pysdmx` and `pyjstat`, where
//! `cargo xtask interop` has installed them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::Message;
use super::dump::{Dump, shared};
use crate::format::json_stat::JsonStat;
use crate::format::sdmx_json::SdmxJson;
use crate::format::sdmx_ml::SdmxMl;

/// Names the Python with the other programs.
const PYTHON: &str = "WSIS_PEERS";

const TEST_DATA: &str = "sdmx/sdmx-test-data";

/// The samples of one structure: attributes at series (`ng`), at groups of rates (`rg`) and at
/// groups of siblings (`sg`).
fn rates() -> Vec<String> {
    let forms = ["flat", "flat-ss", "ts", "ts-ss", "ts-gf", "ts-gf-ss", "xs", "xs-ss"];
    let of =
        |structure: &str| forms.map(|form| format!("{TEST_DATA}/ECB_EXR/{structure}-{form}.xml"));
    let mut all = ["ng", "rg", "sg"].map(of).concat();
    all.retain(|path| !path.ends_with("sg-flat-ss.xml"));
    all.push(format!("{TEST_DATA}/ECB_EXR/sg-ts-gf-flat-ss.xml"));
    all
}

fn files() -> Vec<(&'static str, &'static dyn Message, Vec<String>)> {
    let under = |folder: &str, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("{folder}/{name}")).collect()
    };
    let mut xml = rates();
    xml.extend(under(
        TEST_DATA,
        &[
            "ECB_EXR/1/M.USD.EUR.SP00.A.xml",
            "ESTAT/NAMA_10_GDP-ss.xml",
            "ESTAT/demography-xs.xml",
            "IMF/PCPS.xml",
            "INSEE/CNA-2010-CONSO-SI-A17.xml",
            "INSEE/IPI-2010-A21.xml",
            "INSEE/bug-series-freq-data.xml",
            "ISTAT/22_289.xml",
            "constructed/gh-218.xml",
            "v3/xml/ECB_EXR0.xml",
            "v3/xml/ECB_EXR_CA.xml",
        ],
    ));
    xml.push("eurostat/sdmx-ml-2.1/cdh_e_fos.xml".to_owned());
    let rsdmx = ["SDMXGenericDataExample_2.1.xml", "SDMXStructureSpecificDataExample_2.1.xml"];
    xml.extend(under("sdmx/rsdmx", &rsdmx));
    let mut json = under(
        TEST_DATA,
        &[
            "ECB_EXR/flat.json",
            "ECB_EXR/ts.json",
            "ECB_EXR/xs.json",
            "ECB_EXR/action-delete.json",
            "OECD/data-PART2-all-all.json",
            "v3/json/data/agri.json",
            "v3/json/data/exr-flat.json",
        ],
    );
    json.extend(under("oecd/sdmx-json-legacy", &["oecd1.json", "land_use.json", "tourism.json"]));
    let mut cubes = under(
        "json-stat",
        &[
            "cso.ie/cso_ie-CIA01.json",
            "cso.ie/cso_ie-NQQ25.json",
            "json-stat.org/canada.json",
            "json-stat.org/galicia.json",
            "json-stat.org/oecd.json",
            "json-stat.org/oecd-canada.json",
            "json-stat.org/us-gsp.json",
            "json-stat.org/us-labor.json",
            "json-stat.org/us-unr.json",
            "ssb.no/29843.json",
            "unit/three_dim_size_as_string_v1.json",
            "unit/three_dim_size_as_string_v2.json",
            "unit/three_dim_v1.json",
        ],
    );
    let eurostat = "eurostat/json-stat-1/eurostat-name_gpd_c";
    cubes
        .extend(["-geo_IT.json", "-geo_IT_FR.json", ".json"].map(|end| format!("{eurostat}{end}")));
    vec![("sdmx-ml", &SdmxMl, xml), ("sdmx-json", &SdmxJson, json), ("json-stat", &JsonStat, cubes)]
}

#[test]
#[ignore = "`cargo xtask interop` runs it, with the other readers"]
fn peers_read_the_same() {
    let Some(root) = wsis_reference::shared("") else { return };
    let python =
        std::env::var_os(PYTHON).expect("WSIS_PEERS names no Python with the other readers");
    let folder = std::env::temp_dir().join(format!("wsis-peers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut count = 0;
    for (format, message, paths) in files() {
        for path in paths {
            let dump = Dump::of(message, &shared(&path).unwrap()).unwrap();
            let parts: Vec<_> = dump
                .parts
                .iter()
                .map(|part| {
                    let kinds: Vec<String> =
                        part.kinds.iter().map(|kind| format!("{kind:?}")).collect();
                    json!({"ids": part.ids, "kinds": kinds, "rows": part.rows})
                })
                .collect();
            let text = json!({"path": path, "format": format, "parts": parts}).to_string();
            std::fs::write(folder.join(format!("{count:03}.json")), text).unwrap();
            count += 1;
        }
    }
    let script =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/read_messages.py");
    let status = Command::new(python).arg(script).arg(&folder).arg(root).status().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(status.success(), "another program reads otherwise");
}
