//! SDMX-CSV and the files of World Bank Data360: counts of every file, and values read by another
//! program (Python's `csv`).

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_sources::ContentKind::Csv;
use wsis_sources::source;

use crate::fixture::{Kept, decode, file, page, pipeline, series, shared, try_decode};

fn data360(code: &str, unit: &str, source_unit: &str) -> Pipeline {
    let series = Series { source_unit: Some(source_unit.to_owned()), ..series(code, unit, None) };
    let mut pipeline = pipeline("data360", vec![series]);
    "ITU_DH".clone_into(&mut pipeline.dataset);
    pipeline
}

fn read(pipeline: &Pipeline, rows: u64) -> Option<Kept> {
    let path = format!("worldbank-data360/{}.csv", pipeline.series[0].code);
    let body = shared(&path)?;
    assert_eq!(page(pipeline, Csv, &body).unwrap().rows, rows, "{path}");
    let kept = decode(pipeline, Csv, &body);
    assert_eq!(u64::try_from(kept.counts()[0]).unwrap(), rows);
    Some(kept)
}

#[test]
fn data360_asks_for_one_file_a_series() {
    let mut pipeline = data360("ITU_DH_POP_COV_4G", "PERCENT", "PT_POP");
    "https://data360files.example.org/data360-data".clone_into(&mut pipeline.base_url);
    let plan = source("data360").unwrap().plan(&pipeline).unwrap();
    assert_eq!(
        plan[0].url.as_str(),
        "https://data360files.example.org/data360-data/data/ITU_DH/ITU_DH_POP_COV_4G.csv"
    );
    assert_eq!((plan[0].id.as_str(), plan[0].expect), ("ITU_DH_POP_COV_4G", Csv));
}

#[test]
fn data360_files_with_labels() {
    let coverage = data360("ITU_DH_POP_COV_4G", "PERCENT", "PT_POP");
    let Some(kept) = read(&coverage, 2_710) else { return };
    assert_eq!(kept.row("ITU_DH_POP_COV_4G", "KEN", 2024).value, Some(97.3));
    let kenya = kept.row("ITU_DH_POP_COV_4G", "KEN", 2023);
    assert_eq!(
        (kenya.value, kenya.unit.as_str(), kenya.dimensions.as_str()),
        (Some(97.0), "PERCENT", "")
    );
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.reasons());
    let mobile = data360("ITU_DH_ACT_MOB_PER_100", "PER_100_POP", "SB_10P2_HB");
    let kept = read(&mobile, 2_012).unwrap();
    assert_eq!(kept.row("ITU_DH_ACT_MOB_PER_100", "KEN", 2024).value, Some(13.4725));
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.reasons());
    let mut exchanges = data360("PCH_IXP_NUM", "NUMBER", "IXP");
    // Of another database than was asked for they are no figures.
    let kept = read(&exchanges, 202).unwrap();
    assert_eq!((kept.rows.len(), kept.rejected.len()), (0, 202));
    let detail = &kept.rejected[0].detail;
    assert!(detail.contains("of database \"PCH_IXP\", and ITU_DH was asked for"), "{detail}");
    "PCH_IXP".clone_into(&mut exchanges.dataset);
    let kept = read(&exchanges, 202).unwrap();
    assert_eq!(kept.row("PCH_IXP_NUM", "KEN", 2024).value, Some(3.0));
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.reasons());
}

/// By sex, age and urbanisation, in the codes of our lists.
#[test]
fn data360_breakdowns_have_their_own_columns() {
    let daily = data360("ITU_DH_INT_USR_DAY", "PERCENT", "PT_POP");
    let Some(kept) = read(&daily, 6_900) else { return };
    assert_eq!(kept.rejected.len(), 0, "{:?} {:?}", kept.reasons(), kept.rejected.first());
    let of = |test: &dyn Fn(&crate::fixture::Row) -> bool| {
        kept.rows.iter().filter(|row| test(row)).count()
    };
    assert_eq!((of(&|row| row.sex == "F"), of(&|row| row.sex == "M")), (1_087, 1_086));
    assert_eq!((of(&|row| row.age == "15-24"), of(&|row| row.age == "75+")), (1_025, 344));
    assert_eq!(
        (of(&|row| row.location == "URBAN"), of(&|row| row.location == "RURAL")),
        (465, 448)
    );
    let young: Vec<_> = (kept.rows.iter())
        .filter(|row| (row.area.as_str(), row.age.as_str(), row.year) == ("ALB", "15-24", 2019))
        .filter(|row| row.sex == "_T")
        .collect();
    assert_eq!(young.iter().map(|row| row.value).collect::<Vec<_>>(), [Some(95.2318)]);
}

/// Another unit than the declared one is no figure of the series.
#[test]
fn data360_another_unit_is_set_aside() {
    let mut wrong = data360("PCH_IXP_NUM", "PERCENT", "PT_POP");
    "PCH_IXP".clone_into(&mut wrong.dataset);
    let Some(kept) = read(&wrong, 202) else { return };
    assert_eq!(kept.reasons()["unknown_unit"], 202);
}

fn message(columns: Columns, series_list: Vec<Series>, ignore: &[&str]) -> Pipeline {
    let mut pipeline = pipeline("file", series_list);
    pipeline.files = vec![file("message.csv", 2020)];
    pipeline.files[0].format = Format::SdmxCsv;
    pipeline.files[0].edition = None;
    let ignore = ignore.iter().map(|it| (*it).to_owned()).collect();
    pipeline.mapping = Some(Mapping { columns, ignore, ..Mapping::default() });
    pipeline
}

/// OECD Data Explorer: labels in columns of their own, two of whose headings differ in case only.
#[test]
fn oecd_sdmx_csv_with_labels() {
    let columns = Columns {
        area: Some("LOCATION".to_owned()),
        series: Some("INDICATOR".to_owned()),
        ..Columns::default()
    };
    let pipeline = message(columns, vec![series("EXPBSNS", "USD", None)], &["FREQUENCY"]);
    let path = "oecd/OECD,DF_DP_LIVE,+.EXPBSNS...A.sdmx-csv-labels.csv";
    let Some(body) = shared(path) else { return };
    assert_eq!(page(&pipeline, Csv, &body).unwrap().rows, 2_395);
    let kept = decode(&pipeline, Csv, &body);
    assert_eq!(kept.counts()[0], 2_395);
    assert_eq!(kept.rejected.len(), 0, "{:?} {:?}", kept.reasons(), kept.rejected.first());
    let canada: Vec<_> = (kept.rows.iter())
        .filter(|row| row.area == "CAN" && row.year == 2022)
        .filter(|row| row.dimensions == "MEASURE=MLN_USD;SUBJECT=10_49_EMPLOYEE")
        .collect();
    assert_eq!(canada.iter().map(|row| row.value).collect::<Vec<_>>(), [Some(55_379.9)]);
}

/// Codes with labels in one cell, version 1 (DATAFLOW) and version 2 (STRUCTURE).
#[test]
fn sdmx_codes_and_labels_in_one_cell() {
    for (path, rows) in [
        ("sdmx/pysdmx-csv-1.0/data_v1_no_freq_cols.csv", 7),
        ("sdmx/pysdmx-csv-2.x/sdmx20_data_v2_no_freq_cols.csv", 7),
        ("sdmx/pysdmx-csv-2.x/sdmx21_data_v21_no_freq_cols.csv", 7),
    ] {
        let pipeline = message(Columns::default(), vec![series("GCI", "RANK", None)], &[]);
        let Some(body) = shared(path) else { return };
        let kept = decode(&pipeline, Csv, &body);
        assert_eq!(page(&pipeline, Csv, &body).unwrap().rows, rows, "{path}");
        let ghana = kept.row("GCI", "GHA", 2008);
        assert_eq!((ghana.value, ghana.dimensions.as_str()), (Some(102.0), "SUB_INDICATOR=RANK"));
        assert_eq!(kept.row("GCI", "GHA", 2009).value, Some(114.0));
    }
}

/// What is no message is refused, and what is not carried out is set aside with a reason.
#[test]
fn sdmx_envelope_and_actions() {
    let one = || message(Columns::default(), vec![series("S", "NUMBER", None)], &[]);
    for path in
        ["pysdmx-csv-1.0/data_v1_exception.csv", "pysdmx-csv-2.x/sdmx20_data_v2_exception.csv"]
    {
        let Some(body) = shared(&format!("sdmx/{path}")) else { return };
        let error = try_decode(&one(), Csv, &body).map(|kept| kept.counts()).unwrap_err();
        assert!(error.to_string().contains("DATAFLOW or STRUCTURE"), "{path}: {error}");
    }
    let body = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT\n\
                dataflow,A:F(1.0),I,KEN,S,2020,1.5,E,3\n\
                dataflow,A:F(1.0),D,KEN,S,2021,,,\n\
                dataflow,A:F(1.0),E,KEN,S,2022,3,A,\n\
                dataflow,A:F(1.0),R,KEN,S,2023,NaN,A,\n\
                dataflow,A:F(1.0),M,KEN,S,2024,,O,\n";
    let kept = decode(&one(), Csv, body.as_bytes());
    let row = kept.row("S", "KEN", 2020);
    assert_eq!(
        (row.value, row.status.code(), row.flag.as_deref()),
        (Some(1_500.0), "E", Some("OBS_STATUS=E"))
    );
    assert_eq!(kept.row("S", "KEN", 2024).status.code(), "O");
    let why: Vec<&str> = kept.rejected.iter().map(|it| it.detail.as_str()).collect();
    assert_eq!(kept.row("S", "KEN", 2023).value, None);
    assert_eq!(why.len(), 2, "{why:?}");
    assert!(why[0].starts_with("ACTION is D") && why[1].starts_with("ACTION \"E\""), "{why:?}");
}

/// Headings are found without regard to case, and what was found so became part of the key as well: the
/// value too, so that a revision was another figure.
#[test]
fn trial_p94_what_a_mapping_names_in_other_case_is_no_dimension() {
    let of = |heading: &str| Some(heading.to_owned());
    let columns = Columns {
        area: of("ref_area"),
        year: of("time_period"),
        series: of("indicator"),
        value: of("obs_value"),
        sex: of("sex"),
        ..Columns::default()
    };
    let mut pipeline = message(columns, vec![series("S", "NUMBER", None)], &["other"]);
    let mapping = pipeline.mapping.as_mut().unwrap();
    mapping.dimensions = vec![("Skill".to_owned(), "skill_kind".to_owned())];
    let body = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,INDICATOR,TIME_PERIOD,SEX,SKILL_KIND,OTHER,MORE,OBS_VALUE\n\
                dataflow,A:F(1.0),I,KEN,S,2020,F,COPY,x,y,97.3\n";
    let kept = decode(&pipeline, Csv, body.as_bytes());
    let row = kept.row("S", "KEN", 2020);
    assert_eq!((row.value, row.sex.as_str()), (Some(97.3), "F"));
    assert_eq!(row.dimensions, "MORE=y;Skill=COPY");

    // A dimension that is declared and is not there was passed over; a table is refused.
    let less = body.replace(",SKILL_KIND", "").replace(",COPY", "");
    let error = try_decode(&pipeline, Csv, less.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("\"skill_kind\", which the mapping names"), "{error}");

    // The figures of another series are no dimension of this one.
    let each = |code: &str| Series { column: of(code), ..series(code, "NUMBER", None) };
    let columns = Columns { area: of("REF_AREA"), year: of("TIME_PERIOD"), ..Columns::default() };
    let pipeline = message(columns, vec![each("users"), each("hosts")], &[]);
    let body = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,TIME_PERIOD,USERS,HOSTS\n\
                dataflow,A:F(1.0),I,KEN,2020,1,2\n";
    let kept = decode(&pipeline, Csv, body.as_bytes());
    let found: Vec<_> = kept.rows.iter().map(|row| (row.value, row.dimensions.as_str())).collect();
    assert_eq!(found, [(Some(1.0), ""), (Some(2.0), "")]);
}
