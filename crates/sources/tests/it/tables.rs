//! Tables of agencies as their files stand, read by declared mappings: every file of the shared data
//! that has such a form, its counts pinned, and values read by another program (Python's `csv`).
#![expect(clippy::unreadable_literal, reason = "figures as the files print them")]

use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::{Columns, Keep, Mapping, Numbers};
use wsis_model::pipeline::{Format, Pipeline, Series, Undeclared};
use wsis_sources::ContentKind::{Csv, Xlsx};
use wsis_sources::{DecodeError, DecodeJob};

use crate::fixture::{Kept, LISTS, decode, decode_under, file, page, pipeline, shared, try_decode};

#[expect(clippy::unnecessary_wraps, reason = "parts of a mapping are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

/// A pipeline of one file. Series are given as code, unit, column.
fn table(path: &str, mapping: Mapping, series: &[(&str, &str, Option<&str>)]) -> Pipeline {
    let series = series.iter().map(|(code, unit, column)| Series {
        code: (*code).to_owned(),
        unit: (*unit).to_owned(),
        column: column.map(str::to_owned),
        ..Series::default()
    });
    let mut pipeline = pipeline("file", series.collect());
    pipeline.files = vec![file(path, 2025)];
    pipeline.mapping = Some(mapping);
    pipeline
}

/// Reads a file of the shared data, and compares what `page` counts.
fn read(folder: &str, pipeline: &Pipeline, rows: u64) -> Option<Kept> {
    let path = &pipeline.files[0].path;
    let body = shared(&format!("{folder}/{path}"))?;
    let kind = if path.ends_with("xlsx") { Xlsx } else { Csv };
    assert_eq!(page(pipeline, kind, &body).unwrap().rows, rows, "{path}");
    Some(decode(pipeline, kind, &body))
}

/// RSF, World Press Freedom Index 2025: semicolons, decimal commas, Windows-1252, two years in one
/// row; the score of this year and that of the year before are series of two mappings.
#[test]
fn rsf_press_freedom_as_its_file_stands() {
    let mapping = Mapping {
        columns: Columns {
            area: text("ISO"),
            area_name: text("Country_EN"),
            year: text("Year (N)"),
            ..Columns::default()
        },
        numbers: Numbers { decimal: ',', ..Numbers::default() },
        ..Mapping::default()
    };
    let series = [
        ("RSF_SCORE", "INDEX", Some("Score {edition}")),
        ("RSF_SAFETY", "INDEX", Some("Safety")),
        ("RSF_RANK", "RANK", Some("Rank")),
    ];
    let pipeline = table("rsf-2025.csv", mapping, &series);
    let Some(kept) = read("rsf", &pipeline, 180) else { return };
    assert_eq!(kept.counts()[0], 540, "{:?}", kept.rejected);
    let kenya = kept.row("RSF_SCORE", "KEN", 2025);
    assert_eq!((kenya.value, kenya.text.as_deref()), (Some(49.41), Some("49,41")));
    assert_eq!(kept.row("RSF_SAFETY", "NOR", 2025).value, Some(96.03));
    assert_eq!(kept.row("RSF_RANK", "FIN", 2025).value, Some(5.0));
    // The codes of Kosovo, Northern Cyprus and the Eastern Caribbean are RSF's own.
    let [_, accepted, quarantined, missing] = kept.counts();
    assert_eq!((accepted + quarantined, missing), (540, 0));
    assert!(quarantined <= 9, "{:?}", kept.rejected);
}

/// UNDP, Human Development Report: 1,076 columns `<indicator>_<year>`, Windows-1252.
#[test]
fn undp_hdr_years_in_headings() {
    let path = "HDR23-24_Composite_indices_complete_time_series.csv";
    let mapping = Mapping {
        columns: Columns {
            area: text("iso3"),
            area_name: text("country"),
            value: None,
            ..Columns::default()
        },
        keep: vec![Keep { column: "hdicode".to_owned(), not: texts(&[""]), ..Keep::default() }],
        ..Mapping::default()
    };
    let series = [("hdi", "INDEX", Some("hdi_{year}")), ("le", "YR", Some("le_{year}"))];
    let pipeline = table(path, mapping, &series);
    let Some(body) = shared(&format!("undp-hdr/{path}")) else { return };
    // Beyond the usual limit, which is named.
    let error = try_decode(&pipeline, Csv, &body).map(|kept| kept.counts());
    assert!(matches!(&error, Err(DecodeError::TooLarge { name: "columns_max", .. })), "{error:?}");
    let limits = DecodeLimits { columns_max: 2_000, ..DecodeLimits::default() };
    let job = DecodeJob { limits, ..DecodeJob::new(&pipeline, &LISTS) };
    let kept = decode_under(&job, Csv, &body).unwrap();
    assert_eq!(kept.row("hdi", "KEN", 2022).value, Some(0.601));
    assert_eq!(kept.row("le", "NOR", 2022).value, Some(83.393));
    assert_eq!(kept.row("hdi", "CIV", 2022).area, "CIV", "Côte d'Ivoire in Windows-1252");
    // 192 economies with a class of the index, two series, 33 years each; no aggregates.
    assert_eq!(kept.counts()[0], 192 * 2 * 33, "{:?}", kept.rejected.first());
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.rejected.first());
    let told = kept.summary.findings.keys().any(|it| it.contains("columns are not used"));
    assert!(told, "{:?}", kept.summary.findings);
    // A damaged copy has no header.
    let trap = "trap_HDR_truncated_bom_crlf_headerless.csv";
    let Some(body) = shared(&format!("undp-hdr/{trap}")) else { return };
    let error = decode_under(&job, Csv, &body).map(|kept| kept.counts());
    let Err(error @ DecodeError::Columns { .. }) = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("\"iso3\", which the mapping names"), "{error}");
}

/// ITU DataHub: the label of the unit is wrong for one of two series; the number of the series is
/// what counts.
#[test]
fn itu_datahub_csv_by_series_id() {
    let mapping = Mapping {
        columns: Columns {
            area: text("entityIso"),
            area_name: text("entityName"),
            year: text("dataYear"),
            series: text("seriesID"),
            value: text("dataValue"),
            flag: text("dataSource"),
            footnote: text("dataNote"),
            ..Columns::default()
        },
        estimated: texts(&["ITU estimate."]),
        ..Mapping::default()
    };
    let named = |mut pipeline: Pipeline, names: &[&str]| {
        for (series, name) in pipeline.series.iter_mut().zip(names) {
            series.named = text(name);
        }
        pipeline
    };
    let path = "individuals-using-the-internet_1741283929073.csv";
    let users = named(table(path, mapping.clone(), &[("i99H", "PERCENT", None)]), &["11624"]);
    let Some(kept) = read("itu/datahub-csv", &users, 4_906) else { return };
    // Ascension (ASC) and three codes of ITU's own (AAA, GBJ, KSO) are no areas of the code list.
    assert_eq!(kept.counts(), [4_906, 4_878, 28, 0]);
    assert_eq!(kept.reasons()["unknown_area"], 28, "{:?}", kept.reasons());
    assert_eq!(kept.row("i99H", "KEN", 2023).value, Some(35.0));
    let lost = |it: &&wsis_model::quarantine::Rejected| {
        it.record.to_ascii_lowercase().contains("itu estimate.")
    };
    let lost = kept.rejected.iter().filter(lost).count();
    let estimates = kept.rows.iter().filter(|row| row.status.code() == "E").count();
    // 1,969 as written, and one with a blank after it.
    assert_eq!(estimates + lost, 1_970);
    let path = "fixed-broadband-subscriptions_1777496718795.csv";
    let both = [("i992b", "PER_100_POP", None), ("i4213tfbb", "NUMBER", None)];
    let both = named(table(path, mapping.clone(), &both), &["19303", "19257"]);
    let kept = read("itu/datahub-csv", &both, 8_860).unwrap();
    assert_eq!(kept.counts()[0], 8_860);
    let of = |code: &str| kept.rows.iter().filter(|row| row.series == code).count();
    let lost = |name: &str| kept.rejected.iter().filter(|it| it.record.contains(name)).count();
    let all = (of("i992b") + lost("i992b"), of("i4213tfbb") + lost("i4213tfbb"));
    assert_eq!(all, (4_425, 4_435));
    assert!(kept.rejected.iter().all(|it| it.reason.code() == "unknown_area"));
    // One of the two, and the other left out by declaration.
    let mut one = named(table(path, mapping, &[("i992b", "PER_100_POP", None)]), &["19303"]);
    one.undeclared = Undeclared::LeaveOut;
    assert_eq!(read("itu/datahub-csv", &one, 8_860).unwrap().counts()[0], 4_425);
    one.undeclared = Undeclared::Quarantine;
    let kept = read("itu/datahub-csv", &one, 8_860).unwrap();
    assert_eq!(kept.reasons()["unexpected_series"], 4_435);
}

/// Global Findex 2025: waves by groups of people; shares are stored as per cent.
#[test]
fn findex_waves_by_group() {
    let path = "GlobalFindexDatabase2025.35-columns.csv";
    let mapping = Mapping {
        columns: Columns { area: text("codewb"), year: text("year"), ..Columns::default() },
        keep: vec![Keep { column: "group".to_owned(), is: texts(&["all"]), ..Keep::default() }],
        numbers: Numbers { missing: texts(&["NA"]), ..Numbers::default() },
        areas_of: text("worldbank"),
        ..Mapping::default()
    };
    let series =
        [("account_t_d", "PERCENT", Some("account_t_d")), ("fin26b", "PERCENT", Some("fin26b"))];
    let mut pipeline = table(path, mapping, &series);
    pipeline.series.iter_mut().for_each(|series| series.scale = 2);
    let Some(kept) = read("worldbank-findex", &pipeline, 8_566) else { return };
    assert_eq!(kept.counts()[0], 2 * 771, "{:?}", kept.rejected.first());
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.rejected.first());
    assert_eq!(kept.counts()[3], 771 - 257, "without an answer to fin26b");
    assert_eq!(kept.row("account_t_d", "KEN", 2024).value, Some(90.1199174));
    assert_eq!(kept.row("account_t_d", "KEN", 2011).text.as_deref(), Some("0.423434544"));
}

/// Open Data Inventory 2022: 23 rows for each country, four lines below the table.
#[test]
fn odin_one_category_of_many() {
    let mapping = Mapping {
        columns: Columns {
            area: text("Country Code"),
            area_name: text("Country"),
            year: text("Year"),
            value: text("Overall score"),
            ..Columns::default()
        },
        keep: vec![Keep {
            column: "Data categories".to_owned(),
            is: texts(&["All Categories"]),
            ..Keep::default()
        }],
        numbers: Numbers { missing: texts(&["-"]), ..Numbers::default() },
        ..Mapping::default()
    };
    let pipeline = table("ODIN_03222024.csv", mapping, &[("ODIN", "INDEX", None)]);
    let Some(kept) = read("composite/odin-2022", &pipeline, 4_489) else { return };
    assert_eq!(kept.counts()[0], 195);
    assert_eq!(kept.rejected.len(), 0, "{:?}", kept.rejected.first());
}

/// GovTech Maturity Index, three waves in a workbook; old codes of the World Bank in one of them.
#[test]
fn gtmi_workbook() {
    let path = "gtmi_2020_2022_2025.groups_data.xlsx";
    let mapping = Mapping {
        columns: Columns {
            area: text("country_code"),
            area_name: text("country_name"),
            year: text("year"),
            ..Columns::default()
        },
        ignore: texts(&["grp", "cgsi", "psdi", "dcei"]),
        areas_of: text("worldbank"),
        keep: vec![Keep {
            // Thresholds, means and counts that stand among the countries.
            column: "grp".to_owned(),
            is: texts(&["A", "B", "C", "D"]),
            ..Keep::default()
        }],
        ..Mapping::default()
    };
    let series = [("GTMI", "INDEX", Some("gtmi")), ("GTEI", "INDEX", Some("gtei"))];
    let pipeline = table(path, mapping, &series);
    let Some(kept) = read("worldbank-govtech", &pipeline, 598) else { return };
    assert_eq!(kept.row("GTMI", "ARG", 2020).value, Some(0.8680938452840153));
    assert_eq!(kept.row("GTEI", "AUS", 2020).value, Some(0.9344262295081968));
    let romania = kept.row("GTMI", "ROU", 2022).value;
    assert!(romania.is_some_and(|value| (0.0..=1.0).contains(&value)), "{romania:?}");
    let economies = kept.rows.iter().filter(|row| row.series == "GTMI").count();
    assert_eq!((economies, kept.rejected.len()), (593, 0), "{:?}", kept.rejected.first());
}

/// Worldwide Governance Indicators 2024: one row for each economy, year and indicator.
#[test]
fn wgi_workbook_by_indicator_and_measure() {
    let mapping = Mapping {
        columns: Columns {
            area: text("code"),
            area_name: text("countryname"),
            year: text("year"),
            series: text("indicator"),
            ..Columns::default()
        },
        numbers: Numbers { missing: texts(&[".."]), ..Numbers::default() },
        areas_of: text("worldbank"),
        ..Mapping::default()
    };
    let series = [
        ("CC.EST", "INDEX", Some("estimate")),
        ("CC.STD", "INDEX", Some("stddev")),
        ("RQ.EST", "INDEX", Some("estimate")),
    ];
    let mut pipeline = table("wgidataset_1996-2023.xlsx", mapping, &series);
    for (series, name) in pipeline.series.iter_mut().zip(["cc", "cc", "rq"]) {
        series.named = text(name);
    }
    pipeline.undeclared = Undeclared::LeaveOut;
    let Some(body) = shared("worldbank-wgi/wgidataset_1996-2023.xlsx") else { return };
    let kept = decode(&pipeline, Xlsx, &body);
    // Six indicators of 5,350 rows each.
    assert_eq!(kept.counts()[0], 3 * 5_350, "{:?}", kept.summary.findings);
    let andorra = kept.row("CC.EST", "AND", 1996);
    assert_eq!(andorra.value, Some(1.3181432485580444));
    assert_eq!(kept.row("CC.STD", "AFG", 1996).value, Some(0.34050697088241577));
    assert_eq!(kept.row("CC.EST", "ASM", 1996).value, None);
}

/// ITU price baskets: years as columns, the series in a column, another sheet named by the pipeline.
#[test]
fn itu_price_baskets_workbook() {
    let mapping = Mapping {
        columns: Columns {
            area: text("IsoCode"),
            area_name: text("Economy"),
            series: text("Code"),
            value: text("{year}"),
            ..Columns::default()
        },
        numbers: Numbers { missing: texts(&["NA"]), ..Numbers::default() },
        // A heading with a year that is none of figures.
        ignore: texts(&["Income_2025"]),
        ..Mapping::default()
    };
    let path = "ITU_ICTPriceBaskets_2008-2025.xlsx";
    let mut pipeline = table(path, mapping, &[("i154_FBB5_GNI", "PERCENT", None)]);
    pipeline.undeclared = Undeclared::LeaveOut;
    let Some(body) = shared(&format!("itu/price-baskets-2025/{path}")) else { return };
    let kept = decode(&pipeline, Xlsx, &body);
    assert_eq!(kept.row("i154_FBB5_GNI", "ABW", 2018).value, Some(2.91));
    assert_eq!(kept.row("i154_FBB5_GNI", "ABW", 2019).value, Some(3.08));
    let with =
        |year: i32| kept.rows.iter().filter(|row| row.year == year && row.value.is_some()).count();
    assert_eq!((with(2020), with(2025)), (178, 195));
}

/// OECD Digital Government Index: a long table whose results stand among its inputs.
#[test]
fn oecd_long_table() {
    let mapping = Mapping {
        columns: Columns {
            area: text("cc_iso3c"),
            year: text("ref_year"),
            series: text("variable"),
            value: text("value"),
            ..Columns::default()
        },
        ..Mapping::default()
    };
    let series = [("digital_design", "INDEX", None), ("composite_index", "INDEX", None)];
    let mut pipeline = table("oecd_dgi_2023.csv", mapping, &series);
    pipeline.undeclared = Undeclared::LeaveOut;
    let Some(kept) = read("oecd", &pipeline, 299) else { return };
    assert_eq!(kept.counts(), [76, 76, 0, 0]);
    assert_eq!(kept.row("digital_design", "KOR", 2023).value, Some(0.971));
}

/// ILOSTAT: several sources for one country and year, so the source is a dimension.
#[test]
fn ilostat_bulk_csv() {
    let of = |dimensions: &[(&str, &str)], sex: Option<&str>| Mapping {
        columns: Columns {
            area: text("ref_area"),
            year: text("time"),
            series: text("indicator"),
            value: text("obs_value"),
            sex: sex.map(str::to_owned),
            status: text("obs_status"),
            footnote: text("note_source"),
            ..Columns::default()
        },
        dimensions: dimensions
            .iter()
            .map(|(name, heading)| ((*name).to_owned(), (*heading).to_owned()))
            .collect(),
        ..Mapping::default()
    };
    let source = ("Source", "source");
    let pipeline = table(
        "EAR_HUBL_SEX_NB_A.csv",
        of(&[source], Some("sex")),
        &[("EAR_HUBL_SEX_NB", "NATIONAL_CURRENCY", None)],
    );
    let Some(kept) = read("ilostat", &pipeline, 1_005) else { return };
    assert_eq!(kept.counts()[..3], [1_005, 1_005, 0], "{:?}", kept.rejected.first());
    let afghan: Vec<_> = kept
        .rows
        .iter()
        .filter(|row| (row.area.as_str(), row.sex.as_str(), row.year) == ("AFG", "M", 2020))
        .collect();
    assert_eq!(afghan.len(), 1);
    assert_eq!((afghan[0].value, afghan[0].dimensions.as_str()), (Some(94.45), "Source=BA:15715"));
    assert_eq!(afghan[0].status.code(), "B");
    let mapping = of(&[source, ("Classif1", "classif1")], None);
    let pipeline = table("PSE_TPSE_GOV_NB_A.csv", mapping, &[("PSE_TPSE_GOV_NB", "NUMBER", None)]);
    let kept = read("ilostat", &pipeline, 2_209).unwrap();
    assert_eq!(kept.counts()[..3], [2_209, 2_209, 0], "{:?}", kept.rejected.first());
}

#[test]
fn an_undeclared_format_names_itself() {
    let mut pipeline = table("t.tsv", Mapping::default(), &[("S", "NUMBER", Some("x"))]);
    pipeline.files[0].format = Format::Tsv;
    pipeline.mapping = None;
    let error = try_decode(&pipeline, Csv, b"a\tb\n1\t2\n").unwrap_err();
    assert!(error.to_string().contains("has no [mapping]"), "{error}");
}
