//! What the catalogue is, counted from the files: what is declared, what of it a built-in pipeline delivers,
//! and at how many addresses. Issue and note may say no other numbers than these.

use std::collections::{BTreeMap, BTreeSet};

use wsis_config::Deployment;
use wsis_model::framework::Indicator;
use wsis_model::pipeline::same_code;

/// The least that was asked for: declared, delivered, pipelines at addresses of today.
const ASKED: (usize, usize, usize) = (120, 95, 25);

#[test]
fn trial_p213_the_catalogue_is_counted_from_its_files() {
    let deployment = Deployment::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let delivers = |indicator: &&Indicator| {
        indicator.series.as_ref().is_some_and(|series| {
            let of = deployment.pipelines.iter().filter(|pipeline| {
                (&pipeline.source, &pipeline.dataset) == (&series.source, &series.dataset)
            });
            of.flat_map(|it| &it.series).any(|it| same_code(&it.code, &series.series_code))
        })
    };
    let all = &framework.indicators;
    // Entries of WSIS Stocktaking are counts of what was submitted, one for each line and one for all.
    let counts = all.iter().filter(|it| it.code.contains("stocktaking")).count();
    let declared = all.len() - counts;
    let delivered: Vec<&Indicator> = all.iter().filter(delivers).collect();
    let second = delivered.iter().filter(|it| it.second_delivery_of.is_some()).count();
    let codes: BTreeSet<_> = delivered
        .iter()
        .filter_map(|it| it.series.as_ref())
        .map(|it| (&it.source, &it.dataset, &it.series_code, &it.dimensions, &it.sex, &it.location))
        .collect();
    let hosts: BTreeMap<&str, usize> =
        deployment.pipelines.iter().fold(BTreeMap::new(), |mut hosts, pipeline| {
            let rest = pipeline.base_url.strip_prefix("https://");
            let rest = rest.unwrap_or_else(|| panic!("{}: no address", pipeline.id));
            *hosts.entry(rest.split('/').next().unwrap()).or_default() += 1;
            hosts
        });
    let pipelines: usize = hosts.values().sum();
    assert_eq!((declared, counts), (169, 19));
    assert_eq!((delivered.len(), second, codes.len()), (145, 16, 145));
    assert_eq!((pipelines, hosts.len()), (30, 16), "{hosts:?}");
    assert!(declared >= ASKED.0 && delivered.len() - second >= ASKED.1 && pipelines >= ASKED.2);
    // Each says what it is, under which licence, and has full marks or says why not.
    for it in all {
        for (field, text) in
            [("definition", &it.definition), ("licence", &it.licence), ("unit", &it.unit)]
        {
            assert!(!text.trim().is_empty(), "{}: no {field}", it.code);
        }
        let says = it.goalposts.is_some() || it.series.is_none() || it.note.contains("score");
        assert!(says, "{}: neither goalposts nor a reason", it.code);
    }
}

/// The pipelines of `docs/pipelines` are read and checked as those of a deployment that copies them.
#[test]
fn trial_p211_the_registers_of_the_documentation_are_pipelines() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root.join("workspace.toml"), folder.path().join("workspace.toml")).unwrap();
    let to = folder.path().join("pipelines");
    std::fs::create_dir(&to).unwrap();
    for id in ["wsis-stocktaking", "wsis-consultation"] {
        let name = format!("{id}.toml");
        std::fs::copy(root.join("docs/pipelines").join(&name), to.join(&name)).unwrap();
        std::fs::create_dir_all(folder.path().join("inbox").join(id)).unwrap();
    }
    let deployment = Deployment::load(folder.path()).unwrap_or_else(|errors| panic!("{errors}"));
    let stocktaking = deployment.pipeline("wsis-stocktaking").unwrap();
    assert_eq!(stocktaking.series.len(), 19);
    // What the lines ask for is what the register is counted in.
    let framework = deployment.framework("wsis-action-lines").unwrap();
    let asked: BTreeSet<&str> = framework
        .indicators
        .iter()
        .filter_map(|it| it.series.as_ref())
        .filter(|it| it.dataset == stocktaking.dataset)
        .map(|it| it.series_code.as_str())
        .collect();
    let counted: BTreeSet<&str> = stocktaking.series.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(asked, counted);
    for node in framework.nodes.iter().filter(|node| node.line.is_some()) {
        let context = &node.line.as_ref().unwrap().context;
        assert!(context.iter().any(|it| it.starts_with("stocktaking-")), "{}", node.code);
        assert!(node.children.iter().all(|it| !it.code.contains("stocktaking")), "{}", node.code);
    }
}
