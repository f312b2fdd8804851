//! The deployment built into the program is right and says what the README promises.

use wsis_config::schedule::Timetable;
use wsis_config::{
    Deployment, Origin, check, corrections_schema, framework_schema, others_schema,
    pipeline_schema, rules_schema, workspace_schema,
};

fn embedded() -> Deployment {
    Deployment::embedded().unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_embedded_deployment_has_no_finding() {
    let checked = check(Origin::Embedded, &|_| None);
    let errors: Vec<String> = checked
        .findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_sources_and_their_series() {
    let deployment = embedded();
    let ids: Vec<&str> = deployment.pipelines.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "eurostat-ict-specialists",
            "ilostat-youth",
            "itu-datahub",
            "itu-datahub-more",
            "itu-gci",
            "itu-prices",
            "odin",
            "oecd-crs-communications",
            "oecd-dgi",
            "pch-ixp",
            "rsf-press-freedom",
            "unctad-digital-services",
            "undesa-egdi",
            "undp-hdr",
            "unesco-uis-schools",
            "unsd-sdg",
            "who-gdhm",
            "who-gho",
            "worldbank-bready",
            "worldbank-edstats",
            "worldbank-enterprise",
            "worldbank-findex",
            "worldbank-findex-file",
            "worldbank-gender",
            "worldbank-gtmi",
            "worldbank-id4d",
            "worldbank-spi",
            "worldbank-wdi",
            "worldbank-wgi",
            "worldbank-wgi-2024",
        ]
    );
    for pipeline in &deployment.pipelines {
        assert!(wsis_sources::SourceKind::of(&pipeline.source).is_some(), "{}", pipeline.id);
    }
    let series: usize = deployment.pipelines.iter().map(|it| it.series.len()).sum();
    assert_eq!(series, 166);
    let egdi = deployment.pipeline("undesa-egdi").unwrap();
    let mut editions: Vec<i32> = egdi.files.iter().filter_map(|file| file.edition).collect();
    editions.dedup();
    assert_eq!(editions, [2003, 2004, 2005, 2008, 2010, 2012, 2014, 2016, 2018, 2020, 2022, 2024]);
}

/// "No pipeline asks for its series yet" is said of no indicator that names one.
#[test]
fn every_series_of_the_action_lines_is_declared_by_a_pipeline() {
    let deployment = embedded();
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let mut declared = 0;
    for indicator in &framework.indicators {
        let Some(series) = &indicator.series else { continue };
        let delivers = deployment.pipelines.iter().any(|pipeline| {
            (&pipeline.source, &pipeline.dataset) == (&series.source, &series.dataset)
                && pipeline
                    .series
                    .iter()
                    .any(|it| it.code.eq_ignore_ascii_case(&series.series_code))
        });
        // Registers have no address: whoever has a file hands it in (docs/pipelines).
        if series.dataset == "WSIS_STOCKTAKING" {
            continue;
        }
        assert!(delivers, "{}: {series:?}", indicator.code);
        declared += 1;
    }
    assert!(declared >= 95, "{declared} indicators with a series; issue 9 asks for 95");
}

#[test]
fn every_pipeline_says_whose_data_it_is_and_runs_some_day() {
    let deployment = embedded();
    let start = chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    for pipeline in &deployment.pipelines {
        assert!(deployment.workspace.agency(&pipeline.agency).is_some(), "{}", pipeline.id);
        assert!(pipeline.base_url.starts_with("https://"), "{}", pipeline.id);
        let schedule = pipeline.schedule.as_ref().unwrap();
        assert!(Timetable::new(schedule).unwrap().next_after(start).is_some(), "{}", pipeline.id);
        for series in &pipeline.series {
            assert!(series.range.is_some(), "{} has no hard bounds", series.code);
        }
    }
    assert_eq!(deployment.workspace.default_framework, "wsis-action-lines");
    assert_eq!(deployment.workspace.allow_http, Vec::<String>::new());
}

/// The figures published for these series lie within the hard bounds; the known impossible ones
/// do not (UNSD vintage of October 2020).
#[test]
fn hard_bounds_tell_unlikely_from_impossible() {
    let deployment = embedded();
    for (pipeline, series, value, possible) in [
        ("worldbank-wdi", "IT.CEL.SETS.P2", 574.152_332_512_188, true), // Fiji 2024
        ("worldbank-wdi", "IT.NET.SECR.P6", 3_262_663.430_674_08, true), // Br. Virgin Islands 2022
        ("worldbank-wdi", "SE.XPD.TOTL.GD.ZS", 66.900_306_701_660_2, true), // Micronesia 1972
        ("worldbank-wdi", "SP.POP.TOTL", 8_215_424_893.0, true),        // World 2025
        ("worldbank-wdi", "IP.JRN.ARTC.SC", 3_271_296.244_397_27, true), // World 2023
        ("unsd-sdg", "IT_MOB_2GNTWK", 104.0, false),                    // Saint Lucia 2018
        ("unsd-sdg", "IT_MOB_OWN", 132.8175, false),                    // South Africa 2015
        ("unsd-sdg", "IT_NET_BBNDN", 407_382_000.0, true),              // China 2018
        ("undesa-egdi", "EGDI", 0.9847, true),                          // Denmark 2024
        ("undesa-egdi", "EGDI", 98.47, false),
    ] {
        let declared = deployment.pipeline(pipeline).unwrap().series(series).unwrap();
        let (least, greatest) = declared.range.unwrap();
        assert_eq!((least..=greatest).contains(&value), possible, "{series} {value}");
    }
}

/// The committed JSON Schemas are those of the types. `WSIS_UPDATE=1` writes them anew.
#[test]
fn the_published_json_schemas_are_up_to_date() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    for (name, schema) in [
        ("corrections.schema.json", corrections_schema()),
        ("framework.schema.json", framework_schema()),
        ("others.schema.json", others_schema()),
        ("pipeline.schema.json", pipeline_schema()),
        ("rules.schema.json", rules_schema()),
        ("workspace.schema.json", workspace_schema()),
    ] {
        let expected = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = root.join(name);
        if std::env::var_os("WSIS_UPDATE").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(committed, expected, "{name}: run the test with WSIS_UPDATE=1");
    }
}

/// Each framework of the repository has the form that editors are told, and every field of the form says what it is.
#[test]
fn trial_p252_built_in_frameworks_have_the_form_of_their_json_schema() {
    let deployment = embedded();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/framework");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let file = deployment.framework_file(&entry.path());
        assert!(file.findings.iter().all(|it| !it.is_error()), "{:?}", file.findings);
        assert_eq!(
            file.framework.as_ref(),
            deployment.framework(&file.framework.clone().unwrap().id)
        );
        let text = std::fs::read_to_string(entry.path()).unwrap();
        assert!(text.starts_with("#:schema ../framework.schema.json\n"), "{:?}", entry.path());
        read += 1;
    }
    assert_eq!(read, deployment.frameworks.len());
    let schema = framework_schema();
    let forms = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for (name, field) in forms.filter_map(|it| it["properties"].as_object()).flatten() {
        assert!(field["description"].is_string(), "{name} says nothing: {field}");
    }
}
