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
pub(crate) struct Kept {
    rows: Vec<(String, Option<f64>, &'static str)>,
    pub(crate) rejected: Vec<Rejected>,
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
    pub(crate) fn counts(&self) -> [usize; 3] {
        [self.parsed, self.rows.len(), self.rejected.len()]
    }

    pub(crate) fn of(&self, key: &str) -> (Option<f64>, &'static str) {
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

pub(crate) fn deployment() -> Deployment {
    Deployment::embedded().unwrap_or_else(|errors| panic!("{errors}"))
}

fn plan(pipeline: &Pipeline) -> Vec<RequestSpec> {
    source(&pipeline.source).unwrap().plan(pipeline).unwrap()
}

/// Decodes a body as the answer to the first request of a pipeline; nothing may be lost.
pub(crate) fn decode(deployment: &Deployment, pipeline: &Pipeline, body: &[u8]) -> Kept {
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

pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
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
        (
            "who-gho",
            "https://ghoapi.azureedge.net/api/UHC_INDEX_REPORTED\
             ?%24filter=SpatialDimType+eq+%27COUNTRY%27",
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

/// A record of the Global Health Observatory with the members that the service sends.
fn gho(
    code: &str,
    area: (&str, &str),
    year: i32,
    dim: (&str, &str),
    values: (&str, &str),
) -> String {
    let ((kind, area), (name, dim), (value, number)) = (area, dim, values);
    format!(
        r#"{{"Id":1,"IndicatorCode":"{code}","SpatialDimType":"{kind}","SpatialDim":"{area}",
        "ParentLocationCode":"EMR","ParentLocation":"x","TimeDimType":"YEAR","TimeDim":{year},
        "Dim1Type":{name},"Dim1":{dim},"Dim2Type":null,"Dim2":null,"Dim3Type":null,"Dim3":null,
        "DataSourceDimType":null,"DataSourceDim":null,"Value":"{value}","NumericValue":{number},
        "Low":null,"High":null,"Comments":null,"Date":"2020-12-04T16:59:43+01:00",
        "TimeDimensionValue":"{year}","TimeDimensionBegin":"{year}-01-01T00:00:00+01:00",
        "TimeDimensionEnd":"{year}-12-31T00:00:00+01:00"}}"#
    )
}

/// WHO's form, as public programs quote it (Afghanistan 2010, life expectancy of men 59.60036); what of it
/// is said of the index of coverage is made up.
#[test]
fn trial_p206_who_gives_odata_with_dimensions_that_name_themselves() {
    let (none, sex) = (("null", "null"), "\"SEX\"");
    let (index, policy) = ("UHC_INDEX_REPORTED", "GOE_Q069");
    let body = [
        gho(index, ("COUNTRY", "KEN"), 2021, none, ("53", "53.0")),
        gho(index, ("REGION", "AFR"), 2021, none, ("44", "44.0")),
        gho(index, ("WORLDBANKINCOMEGROUP", "WB_LI"), 2021, none, ("42", "42.0")),
        gho(index, ("COUNTRY", "UGA"), 2021, none, ("No data", "null")),
        gho(policy, ("COUNTRY", "KEN"), 2015, none, ("Yes", "null")),
        gho(policy, ("COUNTRY", "UGA"), 2015, none, ("No", "null")),
        gho(policy, ("COUNTRY", "TZA"), 2015, none, ("No response", "null")),
        gho(policy, ("COUNTRY", "RWA"), 2015, none, ("Partly", "null")),
    ];
    let body = format!(r#"{{"@odata.context":"x","value":[{}]}}"#, body.join(","));
    let kept = of_form("who-gho", &body);
    assert_eq!(kept.counts(), [6, 5, 1]);
    assert_eq!(kept.of("UHC_INDEX_REPORTED KEN _T _T 2021"), (Some(53.0), "A"));
    assert_eq!(kept.of("UHC_INDEX_REPORTED UGA _T _T 2021"), (None, "O"));
    assert_eq!(kept.of("GOE_Q069 KEN _T _T 2015"), (Some(1.0), "A"));
    assert_eq!(kept.of("GOE_Q069 UGA _T _T 2015"), (Some(0.0), "A"));
    assert_eq!(kept.of("GOE_Q069 TZA _T _T 2015"), (None, "O"));
    assert!(kept.rejected[0].detail.contains("\"Partly\""), "{:?}", kept.rejected);

    // All dimensions are in the key: three rows of one year and area are three figures.
    let deployment = deployment();
    let life = reads(&deployment, "who-gho", "WHOSIS_000001");
    let of = |code: &str, value: &str| {
        gho("WHOSIS_000001", ("COUNTRY", "AFG"), 2010, (sex, code), ("x", value))
    };
    let rows =
        [of("\"SEX_MLE\"", "59.60036"), of("\"SEX_FMLE\"", "61.1"), of("\"SEX_BTSX\"", "60.3")];
    let body = format!(r#"{{"value":[{}]}}"#, rows.join(","));
    let kept = decode(&deployment, &life, body.as_bytes());
    assert_eq!(kept.of("WHOSIS_000001 AFG M _T 2010"), (Some(59.60036), "A"));
    assert_eq!(kept.of("WHOSIS_000001 AFG F _T 2010"), (Some(61.1), "A"));
    assert_eq!(kept.of("WHOSIS_000001 AFG _T _T 2010"), (Some(60.3), "A"));
}

/// A dimension that nobody declared by name stands in the key under the name that the record gives it.
#[test]
fn trial_p207_a_dimension_of_whatever_name_stays_in_the_key() {
    struct Keys(Vec<String>);
    impl RowSink for Keys {
        fn accept(&mut self, it: &Observation<'_>) {
            self.0.push(format!("{} {} {}", it.age, it.location, it.dimensions));
        }
        fn reject(&mut self, rejected: Rejected) {
            self.0.push(rejected.detail);
        }
    }
    let deployment = deployment();
    let pipeline = deployment.pipeline("who-gho").unwrap();
    let of = |name: &str, code: &str| {
        gho("UHC_INDEX_REPORTED", ("COUNTRY", "KEN"), 2021, (name, code), ("1", "1"))
    };
    let rows = [
        of("\"ENVCAUSE\"", "\"ENVCAUSE_039\""),
        of("\"WEALTHQUINTILE\"", "\"WEALTHQUINTILE_TOTL\""),
        of("\"AGEGROUP\"", "\"AGEGROUP_YEARS15-24\""),
        of("\"RESIDENCEAREATYPE\"", "\"RESIDENCEAREATYPE_RUR\""),
        of("null", "\"X_1\""),
        of("\"SEX\"", "\"SEX_OTHER\""),
    ];
    let lists = deployment.code_lists();
    let job = DecodeJob::new(pipeline, &lists);
    let body = format!(r#"{{"value":[{}]}}"#, rows.join(","));
    let mut keys = Keys(Vec::new());
    let request = plan(pipeline).swap_remove(0);
    source("file").unwrap().decode(&job, &request, &mut body.as_bytes(), &mut keys).unwrap();
    assert_eq!(
        keys.0,
        [
            "_T _T ENVCAUSE=ENVCAUSE_039",
            "_T _T ",
            "15-24 _T ",
            "_T RURAL ",
            "_T _T Dim1=X_1",
            "column \"NumericValue\": sex \"SEX_OTHER\" is not in the code list",
        ]
    );
}

/// Figures by key, and why the others are none.
struct Rows(Vec<(String, Option<f64>)>, Vec<&'static str>);
impl RowSink for Rows {
    fn accept(&mut self, it: &Observation<'_>) {
        let key = [it.ref_area, &it.period.to_string(), it.dimensions].join(" ");
        self.0.push((key, it.value));
    }

    fn reject(&mut self, rejected: Rejected) {
        self.1.push(rejected.reason.code());
    }
}

/// The table of the Global Digital Health Monitor: a 0 beside "Not Available" is no phase, and the rows of
/// 2024, which are those of 2019 once more, are not asked for.
#[test]
fn trial_p208_who_codes_not_available_as_0_and_copies_an_edition() {
    let row = |code: &str, m49: &str, year: i32, question: &str, value: &str, label: &str| {
        format!(
            r#"{{"Sys_PK":1,"IND_CODE":"{code}","DIM_TIME":{year},"DIM_GEO_CODE_M49":"{m49}",
            "DIM_MEMBER_2_CODE":{question},"VALUE_NUMERIC":{value},"VALUE_LABEL":"{label}"}}"#
        )
    };
    let (all, one) = ("GDHM_SURVEY_OVERALL_AVG", "GDHM_SURVEY_COUNTRYRESPONSE_SCORE");
    let rows = [
        row(all, "404", 2023, "null", "4", "Phase 4"),
        row(all, "800", 2023, "null", "0", ""),
        row(one, "404", 2023, "\"GDHM_Q08\"", "5", "Phase 5"),
        row(one, "404", 2023, "\"GDHM_Q15\"", "0", "Not Available"),
        row(one, "404", 2019, "\"GDHM_Q08\"", "2", "Phase 2"),
        row(one, "404", 2024, "\"GDHM_Q08\"", "2", "Phase 2"),
        row(one, "953", 2023, "\"GDHM_Q08\"", "3", "Phase 3"),
        row("GDHM_SURVEY_OTHER", "404", 2023, "null", "3", "x"),
    ];
    let deployment = deployment();
    let pipeline = deployment.pipeline("who-gdhm").unwrap();
    let lists = deployment.code_lists();
    let job = DecodeJob::new(pipeline, &lists);
    let body = format!(r#"{{"value":[{}]}}"#, rows.join(","));
    let mut found = Rows(Vec::new(), Vec::new());
    let request = plan(pipeline).swap_remove(0);
    assert_eq!(request.url.as_str(), "https://xmart-api-public.who.int/DATA_/RELAY_GDHM");
    source("file").unwrap().decode(&job, &request, &mut body.as_bytes(), &mut found).unwrap();
    let of = |key: &str, value| (key.to_owned(), value);
    assert_eq!(
        found.0,
        [
            of("KEN 2023 ", Some(4.0)),
            of("UGA 2023 ", None),
            of("KEN 2023 question=GDHM_Q08", Some(5.0)),
            of("KEN 2023 question=GDHM_Q15", None),
            of("KEN 2019 question=GDHM_Q08", Some(2.0)),
        ]
    );
    assert_eq!(found.1, ["unknown_area"]);
}
