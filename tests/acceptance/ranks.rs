//! Ranks over the demo's figures: nobody gains by silence.

use wsis_config::Deployment;
use wsis_lake::{At, Lake};
use wsis_model::area::AreaList;
use wsis_model::framework::{Framework, Node, Window};
use wsis_query::Session;
use wsis_scorecard::{LineScore, Panel, Scorecard, read_panel, score};

use crate::program::{DEMO, wsis};

/// The panel of the demo, and what it is scored by.
fn panel() -> (Deployment, Panel) {
    let deployment = Deployment::embedded().unwrap_or_else(|errors| panic!("{errors:?}"));
    let lake = Lake::open(&DEMO.lake()).unwrap();
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let panel = runtime.block_on(async {
        let limits = &deployment.workspace.query;
        let session = Session::open(&view, limits).unwrap();
        read_panel(&session, framework(&deployment), &deployment.areas).await.unwrap()
    });
    (deployment, panel)
}

fn framework(deployment: &Deployment) -> &Framework {
    deployment.framework(&deployment.workspace.default_framework).unwrap()
}

/// A framework of one line and one window, so that scoring it again and again stays cheap.
fn only(framework: &Framework, line: &Node, window: Window) -> Framework {
    let mut small = framework.clone();
    let leaves: Vec<&str> = line.children.iter().map(|child| child.code.as_str()).collect();
    small.indicators.retain(|leaf| leaves.contains(&leaf.code.as_str()));
    small.nodes = vec![Node { line: None, ..line.clone() }];
    small.reported = vec![line.code.clone()];
    small.windows = vec![window];
    small
}

/// A panel for a smaller framework, without the figures of one indicator in one area.
fn without(
    panel: &Panel,
    framework: &Framework,
    areas: &AreaList,
    dropped: Option<(&str, &str)>,
) -> Panel {
    let mut builder = Panel::builder(framework, areas);
    for leaf in &framework.indicators {
        for area in panel.areas() {
            if dropped != Some((leaf.code.as_str(), area.as_str())) {
                for (year, cell) in panel.series(&leaf.code, area) {
                    builder.insert(&leaf.code, area, *year, cell.clone()).unwrap();
                }
            }
        }
    }
    builder.build()
}

fn row<'c>(card: &'c Scorecard, area: &str) -> &'c LineScore {
    card.line_scores.iter().find(|row| row.area == area).unwrap()
}

/// Every line and window of the demo, every indicator, every eleventh ranked economy: with one figure
/// less it is ranked no better, and its old rank lies within the range that it gets.
#[test]
fn trial_a6_in_the_demo_no_economy_gains_a_rank_by_dropping_an_indicator() {
    let (deployment, panel) = panel();
    let (framework, areas) = (framework(&deployment), &deployment.areas);
    let mut tried = 0;
    for line in framework.reported.iter().filter_map(|code| framework.node(code)) {
        for window in &framework.windows {
            let small = only(framework, line, *window);
            let whole =
                score(deployment.method(&small), &without(&panel, &small, areas, None), areas);
            let ranked = whole.line_scores.iter().filter(|row| row.rank.is_some());
            for before in ranked.step_by(11) {
                for leaf in &small.indicators {
                    let dropped = Some((leaf.code.as_str(), before.area.as_str()));
                    let less = score(
                        deployment.method(&small),
                        &without(&panel, &small, areas, dropped),
                        areas,
                    );
                    let after = row(&less, &before.area);
                    let what = format!("{dropped:?} on {} in {window:?}", line.code);
                    assert!(after.rank.is_none_or(|new| Some(new) >= before.rank), "{what}");
                    if let (Some(low), Some(high)) = (after.rank_low, after.rank_high) {
                        assert!((low..=high).contains(&before.rank.unwrap()), "{what}: {after:?}");
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "only {tried} figures could be dropped");
}

/// Any window is answered; only those of the framework are published.
#[test]
fn trial_a10_any_window_is_answered_and_the_future_ranks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let lake = DEMO.lake();
    let ask = |window: &str| {
        let words =
            ["scorecard", "C2", "--window", window, "--format", "json", "--quiet", "--lake"];
        let mut words: Vec<&std::ffi::OsStr> = words.iter().map(AsRef::as_ref).collect();
        words.push(lake.as_os_str());
        wsis(folder.path(), &words).assert_code(0).json()
    };
    let ranked = |card: &serde_json::Value| {
        let rows = card["scores"].as_array().unwrap();
        rows.iter().filter(|row| !row["rank"].is_null()).count()
    };
    let long = ask("2005-2020");
    assert!(ranked(&long) > 100, "{}", ranked(&long));
    let future = ask("2025-2030");
    assert_eq!(ranked(&future), 0);
    let note = future["window_note"].as_str().unwrap();
    assert!(note.starts_with("the window ends in 2030, the latest figures are of 20"), "{note}");
    assert!(note.ends_with("nobody is ranked"), "{note}");
    let short = ask("2019-2020");
    let note = short["window_note"].as_str().unwrap();
    assert!(note.contains("spans 1 year, a change needs 3: levels only"), "{note}");
    assert!(short["scores"].as_array().unwrap().iter().all(|row| row["change"].is_null()));
    let members = |card: &serde_json::Value| {
        let rows = card["scores"].as_array().unwrap();
        rows.iter().filter(|row| row["standing"] == "member").count()
    };
    assert_eq!((members(&long), members(&ask("2005-2010"))), (193, 192));
    let words = ["score", "--window", "2019-2020", "--quiet", "--lake"];
    let own = folder.path().join("lake");
    crate::program::copy_folder(&lake, &own);
    let mut words: Vec<&std::ffi::OsStr> = words.iter().map(AsRef::as_ref).collect();
    words.push(own.as_os_str());
    let before = std::fs::read(own.join("public/v1/line_years.parquet")).unwrap();
    wsis(folder.path(), &words).assert_code(0);
    let after = std::fs::read(own.join("public/v1/line_years.parquet")).unwrap();
    assert!(before == after, "a window that somebody asked for was published");
}
