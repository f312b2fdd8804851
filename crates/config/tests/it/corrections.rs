//! Corrections of figures, and what a pipeline asks of its figures.

use wsis_config::ConfigError;
use wsis_model::plausible::Action::{Hold, Off, Quarantine, Warn};

use crate::bad_input::{Folder, PIPELINE};

const CORRECTION: &str = r#"[[correction]]
id = "ken-2019"
pipeline = "worldbank-wdi"
series = "it.net.user.zs"
area = "KEN"
year = 2019
expects = 22.565
value = 17.83
reason = "the office's table 4 says 17.83"
by = "A. Reviewer"
reported_to = "World Bank"
reported_on = "2026-11-20"
expires = "2027-11-30"
"#;

fn checked(text: &str) -> (Folder, Vec<String>) {
    let folder = Folder::new();
    folder.write("pipelines/corrections/worldbank.toml", text);
    let found = folder.check().findings;
    let told = found.iter().filter(|it| it.is_error()).map(ConfigError::to_string).collect();
    (folder, told)
}

#[test]
fn trial_p188_corrections_are_data() {
    let (folder, errors) = checked(CORRECTION);
    assert_eq!(errors, Vec::<String>::new());
    let deployment = folder.check().deployment.unwrap();
    let [one] = deployment.corrections.as_slice() else { panic!("one") };
    // The code is that of the pipeline.
    assert_eq!(
        (one.series.label().as_str(), one.series.source.as_str()),
        ("IT.NET.USER.ZS", "worldbank")
    );
    assert_eq!((one.expects, one.value, one.year), (22.565, Some(17.83), 2019));
    assert_eq!(one.reported.as_ref().unwrap().0, "World Bank");
    let framework = &deployment.frameworks[0];
    assert_eq!(deployment.method(framework).corrections.len(), 1);
    // A folder of pipelines without corrections has none.
    assert!(Folder::new().check().deployment.unwrap().corrections.is_empty());
}

#[test]
fn trial_p188_a_correction_that_cannot_be_meant_is_told() {
    for (from, to, found) in [
        ("worldbank-wdi", "worldbank-wdx", "there is no pipeline `worldbank-wdx`"),
        ("it.net.user.zs", "IT.NET.USER", "declares no series `IT.NET.USER`"),
        ("\"KEN\"", "\"KENYA\"", "area `KENYA` is not in the code list"),
        ("2019\n", "20190\n", "`year` is 20190"),
        ("expects = 22.565", "expects = nan", "`expects` is NaN"),
        ("17.83\nr", "178.3\nr", "`value` is 178.3"),
        ("value = 17.83", "value = 22.565", "there is nothing to correct"),
        ("value = 17.83\n", "", "correction `ken-2019` does not say what is read"),
        (
            "value = 17.83",
            "value = 17.83\nmissing = true",
            "write either `value`, or `missing = true`",
        ),
        ("the office's table 4 says 17.83", " ", "`reason` is empty"),
        ("reported_on = \"2026-11-20\"\n", "", "`reported_to` and `reported_on` belong together"),
        ("2027-11-30", "November", "`expires` is `November`"),
        ("expires = \"2027-11-30\"\n", "", "expires"),
        ("by =", "from =", "from"),
    ] {
        let (_folder, errors) = checked(&CORRECTION.replacen(from, to, 1));
        let told = errors.join("\n");
        assert!(
            told.contains(found) && told.contains("corrections/worldbank.toml"),
            "{to}: {told}"
        );
    }
    let twice = CORRECTION.to_owned() + CORRECTION;
    let told = checked(&twice).1.join("\n");
    assert!(told.contains("correction `ken-2019` is there already"), "{told}");
    let other = CORRECTION.to_owned() + &CORRECTION.replace("ken-2019", "ken-2019-b");
    let told = checked(&other).1.join("\n");
    assert!(told.contains("correction `ken-2019-b` is of the figure of `ken-2019`"), "{told}");
    // That there is no figure that could be believed is a correction.
    let missing = CORRECTION.replace("value = 17.83", "missing = true");
    let deployment = checked(&missing).0.check().deployment.unwrap();
    assert_eq!(deployment.corrections[0].value, None);
}

fn pipeline(from: &str, to: &str) -> (Folder, String) {
    let folder = Folder::new();
    folder.write("pipelines/worldbank-wdi.toml", PIPELINE.replacen(from, to, 1));
    let told =
        folder.check().findings.iter().map(ConfigError::to_string).collect::<Vec<_>>().join("\n");
    (folder, told)
}

#[test]
fn trial_p190_a_pipeline_says_what_becomes_of_figures_that_do_not_look_true() {
    let usual = Folder::new().check().deployment.unwrap().pipelines[0].clone();
    let tests = usual.plausibility.of("ANY").unwrap();
    let actions = [
        tests.jump.action,
        tests.constant.action,
        tests.copied.action,
        tests.all_zero.action,
        tests.scale.action,
    ];
    assert_eq!(actions, [Warn, Warn, Warn, Hold, Hold]);
    assert!((usual.gates.unread_share_max - 0.5).abs() < 1e-12);
    let text = "[gates]\nunread_share_max = 0.2\n[plausibility]\njump = { action = \"quarantine\", deviations = \
                20 }\n[[series]]\nplausibility = { jump = { action = \"off\" }, copied = { share_min = 0.9 } }";
    let (folder, told) = pipeline("[[series]]", text);
    let mine = folder.check().deployment.expect(&told).pipelines[0].clone();
    assert!((mine.gates.unread_share_max - 0.2).abs() < 1e-12);
    let (every, own) =
        (mine.plausibility.of("X").unwrap(), mine.plausibility.of("it.net.user.zs").unwrap());
    assert_eq!((every.jump.action, own.jump.action), (Quarantine, Off));
    // What is not said of the series is as for all.
    assert_eq!((own.jump.deviations, own.jump.points_min), (20.0, 8));
    assert_eq!((own.copied.action, own.copied.share_min), (Warn, 0.9));
    assert_eq!(own.scale.action, Hold);
    // Somebody has looked at it.
    let left = mine.plausibility.accepting();
    assert_eq!(left.of("X").unwrap().jump.action, Warn);
    assert_eq!(left.of("IT.NET.USER.ZS").unwrap().jump.action, Off);
}

#[test]
fn trial_p190_what_cannot_be_asked_of_figures_is_told() {
    for (to, found) in [
        ("[plausibility]\njump = { deviations = 0 }\n[[series]]", "`deviations` is 0"),
        ("[plausibility]\njump = { points_min = 2 }\n[[series]]", "`points_min` is 2"),
        ("[plausibility]\ncopied = { share_min = 95 }\n[[series]]", "`share_min` is 95"),
        ("[plausibility]\nconstant = { action = \"stop\" }\n[[series]]", "stop"),
        ("[plausibility]\nspike = { action = \"warn\" }\n[[series]]", "spike"),
        ("[gates]\nunread_share_max = 2\n[[series]]", "`unread_share_max` is 2"),
        ("[[total]]\nseries = \"IT.NET.USER.ZS\"\nparts = [\"A\", \"B\"]\n[[series]]", "names `A`"),
        ("[[total]]\nseries = \"IT.NET.USER.ZS\"\nparts = []\n[[series]]", "has 0 parts"),
        (
            "[[total]]\nseries = \"IT.NET.USER.ZS\"\nparts = [\"IT.NET.USER.ZS\"]\n[[series]]",
            "names `IT.NET.USER.ZS` twice",
        ),
    ] {
        let (_folder, told) = pipeline("[[series]]", to);
        assert!(told.contains(found), "{to}: {told}");
    }
}
