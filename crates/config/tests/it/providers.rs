//! The built-in pipelines whose services were not asked read the forms that their providers are known to
//! send: whole files where there are some, and otherwise answers in the documented form, written here.

use std::path::Path;

use wsis_config::Deployment;
use wsis_model::observation::{Observation, RowSink};
use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Rejected;
use wsis_sources::{DecodeJob, RequestSpec, source};

/// What a decoder hands over: `SERIES AREA SEX LOCATION PERIOD`, the value and its status.
#[derive(Default)]
struct Kept {
    rows: Vec<(String, Option<f64>, &'static str)>,
    rejected: Vec<Rejected>,
    parsed: usize,
}

impl RowSink for Kept {
    fn accept(&mut self, it: &Observation<'_>) {
        assert_eq!(it.dimensions, "", "a dimension that no indicator asks for");
        let key = [it.series_code, it.ref_area, it.sex, it.location, &it.period.to_string()];
        self.rows.push((key.join(" "), it.value, it.obs_status.code()));
    }

    fn reject(&mut self, rejected: Rejected) {
        self.rejected.push(rejected);
    }
}

impl Kept {
    /// Parsed, accepted, quarantined.
    fn counts(&self) -> [usize; 3] {
        [self.parsed, self.rows.len(), self.rejected.len()]
    }

    fn of(&self, key: &str) -> (Option<f64>, &'static str) {
        let mut found = self.rows.iter().filter(|row| row.0 == key);
        let row = found.next().unwrap_or_else(|| panic!("no {key}: {:?}", self.rows.first()));
        assert!(found.next().is_none(), "{key} twice");
        (row.1, row.2)
    }

    fn reasons(&self) -> Vec<&'static str> {
        let mut reasons: Vec<_> = self.rejected.iter().map(|it| it.reason.code()).collect();
        reasons.sort_unstable();
        reasons
    }
}

fn deployment() -> Deployment {
    Deployment::embedded().unwrap_or_else(|errors| panic!("{errors}"))
}

fn plan(pipeline: &Pipeline) -> Vec<RequestSpec> {
    source(&pipeline.source).unwrap().plan(pipeline).unwrap()
}

/// Decodes a body as the answer to the first request of a pipeline; nothing may be lost.
fn decode(deployment: &Deployment, pipeline: &Pipeline, body: &[u8]) -> Kept {
    let lists = deployment.code_lists();
    let job = DecodeJob::new(pipeline, &lists);
    let request = plan(pipeline).swap_remove(0);
    let (mut kept, mut reader) = (Kept::default(), body);
    let decoder = source(&pipeline.source).unwrap();
    let summary = decoder.decode(&job, &request, &mut reader, &mut kept).unwrap();
    kept.parsed = usize::try_from(summary.parsed).unwrap();
    assert_eq!(
        kept.parsed,
        kept.rows.len() + kept.rejected.len(),
        "parsed = accepted + quarantined"
    );
    kept
}

fn of_form(id: &str, body: &str) -> Kept {
    let deployment = deployment();
    decode(&deployment, deployment.pipeline(id).unwrap(), body.as_bytes())
}

/// A pipeline that reads another series of the same provider.
fn reads(deployment: &Deployment, id: &str, code: &str) -> Pipeline {
    let mut pipeline = deployment.pipeline(id).unwrap().clone();
    pipeline.series.truncate(1);
    code.clone_into(&mut pipeline.series[0].code);
    pipeline.series[0].range = None;
    pipeline
}

fn shared(path: &str) -> Option<Vec<u8>> {
    let file = wsis_reference::shared(&format!("data/{path}"))?;
    Some(std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

/// The addresses are those of the sources that the files name, with the years filled in.
#[test]
fn addresses_of_services_that_were_not_asked() {
    let deployment = deployment();
    let expected = [
        (
            "eurostat-ict-specialists",
            "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data/isoc_sks_itspt\
             ?format=JSON&lang=en&sinceTimePeriod=2004&unit=PC_EMP",
        ),
        (
            "ilostat-youth",
            "https://rplumber.ilo.org/data/indicator\
             ?format=.csv&id=SDG_0861_SEX_RT_A&timefrom=2000&timeto=2025&type=code",
        ),
        (
            "oecd-crs-communications",
            "https://sdmx.oecd.org/dcd-public/rest/data/OECD.DCD.FSD,DSD_CRS@DF_CRS,/\
             ALLD..220.100._T._T.D.V._T..\
             ?dimensionAtObservation=AllDimensions&endPeriod=2025&format=csvfile&startPeriod=2002",
        ),
        (
            "unctad-digital-services",
            "https://data360files.worldbank.org/data360-data/data/UNCTAD_DE/\
             UNCTAD_DE_DIG_SERVTRADE_ANN_EXP.csv",
        ),
        (
            "unesco-uis-schools",
            "https://api.uis.unesco.org/api/public/data/indicators/export?end=2025&footnotes=false\
             &format=csv&geoUnitType=NATIONAL&indicator=SCHBSP.1.WINTERN&indicatorMetadata=false\
             &start=2000",
        ),
    ];
    for (id, url) in expected {
        let plan = plan(deployment.pipeline(id).unwrap());
        assert_eq!(plan[0].url.as_str(), url);
    }
    let bready = plan(deployment.pipeline("worldbank-bready").unwrap()).swap_remove(0).url;
    assert_eq!(bready.path(), "/v2/country/all/indicator/IC.BRE.BE.P2");
    assert!(bready.query().unwrap().contains("date=2024%3A2026&per_page=1000"), "{bready}");
    assert!(bready.query().unwrap().contains("source=2"), "{bready}");
}

/// Data360's 39 columns as in the files of ITU; the figures are made up.
#[test]
fn unctad_in_the_columns_of_data360() {
    let row = |area: &str, urbanisation: &str, year: i32, value: &str, unit: &str| {
        format!(
            "datastructure,WB.DATA360:DS_DATA360(1.2),I,A,Annual,{area},x,\
             UNCTAD_DE_DIG_SERVTRADE_ANN_EXP,\"Exports, x\",_T,Total,_T,All,{urbanisation},Total,{unit},x,\
             _Z,x,_Z,x,_Z,x,{year},{value},SUM,Sum,UNCTAD_DE,x,6,Millions,,,602,CCYY,A,Normal value,PU,Public\n"
        )
    };
    let head = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,FREQ_LABEL,REF_AREA,REF_AREA_LABEL,INDICATOR,\
                INDICATOR_LABEL,SEX,SEX_LABEL,AGE,AGE_LABEL,URBANISATION,URBANISATION_LABEL,UNIT_MEASURE,\
                UNIT_MEASURE_LABEL,COMP_BREAKDOWN_1,COMP_BREAKDOWN_1_LABEL,COMP_BREAKDOWN_2,\
                COMP_BREAKDOWN_2_LABEL,COMP_BREAKDOWN_3,COMP_BREAKDOWN_3_LABEL,TIME_PERIOD,OBS_VALUE,\
                AGG_METHOD,AGG_METHOD_LABEL,DATABASE_ID,DATABASE_ID_LABEL,UNIT_MULT,UNIT_MULT_LABEL,\
                UNIT_TYPE,UNIT_TYPE_LABEL,TIME_FORMAT,TIME_FORMAT_LABEL,OBS_STATUS,OBS_STATUS_LABEL,\
                OBS_CONF,OBS_CONF_LABEL\n";
    let body = [
        head.to_owned(),
        row("KEN", "_T", 2023, "1234.5", "USD"),
        row("WLD", "_T", 2023, "4000000", "USD"),
        row("XYZ", "_T", 2023, "1", "USD"),
        row("KEN", "_T", 2024, "1300", "EUR"),
    ];
    let kept = of_form("unctad-digital-services", &body.concat());
    assert_eq!(kept.counts(), [4, 2, 2]);
    let exports = "UNCTAD_DE_DIG_SERVTRADE_ANN_EXP";
    assert_eq!(kept.of(&format!("{exports} KEN _T _T 2023")), (Some(1_234_500_000.0), "A"));
    assert_eq!(kept.reasons(), ["unknown_area", "unknown_unit"]);
}

/// Eurostat's cube of four dimensions. The shares of 2025 are those that a public site cites from the update
/// of 17 April 2026 (Poland 4.5, Sweden 8.9, Romania 2.7, European Union 5.0); what is marked `b` is made up.
#[test]
fn eurostat_ict_specialists_in_json_stat() {
    let body = r#"{"version":"2.0","class":"dataset","label":"Employed ICT specialists - total",
"source":"ESTAT","updated":"2026-04-17T11:00:00+0200","id":["freq","unit","geo","time"],"size":[1,2,5,2],
"role":{"time":["time"],"geo":["geo"]},
"dimension":{"freq":{"category":{"index":{"A":0}}},"unit":{"category":{"index":{"THS_PER":0,"PC_EMP":1}}},
"geo":{"category":{"index":{"EU27_2020":0,"PL":1,"RO":2,"SE":3,"EL":4}}},
"time":{"category":{"index":{"2024":0,"2025":1}}}},
"value":{"3":778.8,"11":5.0,"13":4.5,"15":2.7,"17":8.9,"19":2.5},"status":{"19":"b","18":":"}}"#;
    let kept = of_form("eurostat-ict-specialists", body);
    let of = |area: &str| kept.of(&format!("ICT_SPECIALISTS {area} _T _T 2025"));
    assert_eq!(of("POL"), (Some(4.5), "A"));
    assert_eq!(of("ROU"), (Some(2.7), "A"));
    assert_eq!(of("SWE"), (Some(8.9), "A"));
    assert_eq!(of("GRC"), (Some(2.5), "B"));
    assert_eq!(kept.of("ICT_SPECIALISTS GRC _T _T 2024"), (None, "O"));
    assert_eq!(kept.counts(), [5, 5, 0], "{:?}", kept.rejected);
}

/// The columns that the service's answers have (the attributes of single activities left out); made up.
#[test]
fn oecd_crs_in_sdmx_csv() {
    let row = |area: &str, sector: &str, value: &str| {
        format!(
            "OECD.DCD.FSD:DSD_CRS@DF_CRS(1.6),ALLD,{area},{sector},100,_T,_T,D,V,_T,0,USD,2023,{value},2023,A,6,1\n"
        )
    };
    let head = "DATAFLOW,DONOR,RECIPIENT,SECTOR,MEASURE,CHANNEL,MODALITY,FLOW_TYPE,PRICE_BASE,MD_DIM,MD_ID,\
                UNIT_MEASURE,TIME_PERIOD,OBS_VALUE,BASE_PER,OBS_STATUS,UNIT_MULT,DECIMALS\n";
    let body = [
        head.to_owned(),
        row("KEN", "220", "12.25"),
        row("KEN", "22040", "3"),
        row("DPGC", "220", "900"),
        row("IDN", "220", ""),
    ];
    let kept = of_form("oecd-crs-communications", &body.concat());
    assert_eq!(kept.of("ODA_220_D KEN _T _T 2023"), (Some(12_250_000.0), "A"));
    assert_eq!(kept.counts(), [3, 2, 1], "{:?}", kept.rejected);
    assert_eq!(kept.reasons(), ["unknown_area"]);
}

/// The API's form, as in its real answers; the figures are made up.
#[test]
fn business_ready_in_the_form_of_the_world_bank() {
    let row = |id: &str, iso3: &str, value: &str| {
        format!(
            r#"{{"indicator":{{"id":"IC.BRE.BE.P2","value":"Business entry"}},"country":{{"id":"{id}","value":"y"}},"countryiso3code":"{iso3}","date":"2024","value":{value},"unit":"","obs_status":"","decimal":1}}"#
        )
    };
    let rows = [row("KE", "KEN", "41.5"), row("RW", "RWA", "null"), row("EE", "EST", "101")];
    let body = format!(
        r#"[{{"page":1,"pages":1,"per_page":1000,"total":3,"sourceid":"2","lastupdated":"2026-07-01"}},[{}]]"#,
        rows.join(",")
    );
    let kept = of_form("worldbank-bready", &body);
    assert_eq!(kept.of("IC.BRE.BE.P2 KEN _T _T 2024"), (Some(41.5), "A"));
    assert_eq!(kept.counts(), [3, 2, 1]);
    assert_eq!(kept.reasons(), ["out_of_range"]);
}

/// A whole file of ILOSTAT, of another indicator with the same columns: 1,005 records, 141 of them marked `B`.
#[test]
fn ilostat_a_whole_file_in_the_same_columns() {
    let Some(body) = shared("ilostat/EAR_HUBL_SEX_NB_A.csv") else { return };
    let deployment = deployment();
    let pipeline = reads(&deployment, "ilostat-youth", "EAR_HUBL_SEX_NB");
    let kept = decode(&deployment, &pipeline, &body);
    assert_eq!(kept.counts(), [1_005, 1_005, 0]);
    assert_eq!(kept.of("EAR_HUBL_SEX_NB AFG _T _T 2020"), (Some(108.65), "B"));
    assert_eq!(kept.of("EAR_HUBL_SEX_NB AFG M _T 2020"), (Some(94.45), "B"));
    assert_eq!(kept.rows.iter().filter(|row| row.2 == "B").count(), 141);
}

/// ITU's whole workbook: as many figures of the two baskets as its long form has, which another program made.
#[test]
fn itu_both_price_baskets_of_the_whole_workbook() {
    let path = "itu/price-baskets-2025/ITU_ICTPriceBaskets_2008-2025.xlsx";
    let Some(body) = shared(path) else { return };
    let deployment = deployment();
    let kept = decode(&deployment, deployment.pipeline("itu-prices").unwrap(), &body);
    let of = |code: &str| {
        let rows = kept.rows.iter().filter(|row| row.0.starts_with(code));
        rows.filter(|row| row.1.is_some()).count()
    };
    assert_eq!((of("i154_FBB5_GNI "), of("i271mb_high_2GB_GNI ")), (1_467, 996));
    assert_eq!(kept.of("i271mb_high_2GB_GNI KEN _T _T 2021").0, Some(6.73));
    assert_eq!(kept.of("i271mb_high_2GB_GNI CUB _T _T 2023").0, Some(93.7));
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.rejected.first());
}

/// Every record of a whole answer of the institute's export, of another indicator, as rows of its CSV: 2,409 in
/// 195 economies, 1,389 of them estimates.
#[test]
fn unesco_uis_a_whole_answer_as_rows() {
    let Some(body) = shared("unesco-uis/api-export_ROFST.1T3.GPIA.CP.data.json") else { return };
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let mut table = "indicatorId,geoUnit,year,value,magnitude,qualifier\n".to_owned();
    for record in answer["records"].as_array().unwrap() {
        let of = |name: &str| match &record[name] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        let cells = ["indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier"].map(of);
        table += &(cells.join(",") + "\n");
    }
    let deployment = deployment();
    let pipeline = reads(&deployment, "unesco-uis-schools", "ROFST.1T3.GPIA.CP");
    let kept = decode(&deployment, &pipeline, table.as_bytes());
    assert_eq!(kept.counts(), [2_409, 2_409, 0], "{:?}", kept.rejected.first());
    assert_eq!(kept.of("ROFST.1T3.GPIA.CP ABW _T _T 2000"), (Some(1.337_280_035_018_921), "E"));
    assert_eq!(kept.rows.iter().filter(|row| row.2 == "E").count(), 1_389);
}

/// A 0 of a school count that the nation calls nil is no value, as through the UN Statistics Division.
#[test]
fn unesco_uis_nil_is_no_value() {
    let body = "indicatorId,geoUnit,year,value,magnitude,qualifier\n\
                SCHBSP.1.WINTERN,KEN,2022,0,NIL,\nSCHBSP.1.WINTERN,KEN,2023,0,,\n";
    let kept = of_form("unesco-uis-schools", body);
    assert_eq!(kept.counts(), [2, 2, 0]);
    assert_eq!(kept.of("SCHBSP.1.WINTERN KEN _T _T 2022").0, None);
    assert_eq!(kept.of("SCHBSP.1.WINTERN KEN _T _T 2023"), (Some(0.0), "A"));
}

/// What the table of pipelines says is there, and nothing else.
#[test]
fn the_table_of_pipelines_names_each_of_them_once() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/README.md");
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let mut named: Vec<&str> = rows.iter().filter_map(|row| row.split('`').nth(1)).collect();
    named.sort_unstable();
    let deployment = deployment();
    let ids = deployment.pipelines.iter();
    let mut files: Vec<String> = ids.map(|it| format!("{}.toml", it.id)).collect();
    files.sort_unstable();
    assert_eq!(named, files);
}
