//! Every way a framework file can be wrong, with the message a user sees.

use std::fmt::Write as _;

use wsis_config::ErrorKind;
use wsis_config::framework::parse;

use crate::spoilt;

/// A small framework in which everything is right; each case spoils one thing.
pub(crate) const GOOD: &str = r#"id = "small"
version = "1"
title = "A small framework"
status = "proposed"
source = "these tests"
verified = true
windows = ["2015-2020", "2020-2025"]
reported = ["top"]

[scale]
max = 100
rank_decimals = 9
shown_decimals = 1

[[node]]
code = "top"
title = "Top"
children = ["pillar", "speed"]
weights = { pillar = 2, speed = 1 }

[node.line]
context = ["power"]
sdg = ["9.c", "4"]
gdc_primary = [1]
claims = [{ kind = "challenge", text = "Slow networks.", related = ["speed"] }]

[[node]]
code = "pillar"
title = "Pillar"
children = ["price", "users"]

[[indicator]]
code = "users"
title = "Users"
definition = "Who uses it."
unit = "%"
theme = "connectivity"
agency = "ITU"
evidence = "A"
direction = "up"
status = "agreed"
source = "SDG 17.8.1"
verified = true
licence = "CC BY 4.0"

[indicator.series]
source = "worldbank"
dataset = "WDI"
code = "IT.NET.USER.ZS"

[indicator.goalposts]
lo = 0
hi = 100
status = "proposed"
source = "range"
verified = true

[indicator.target]
value = 95
year = 2030
status = "facilitator"
source = "UMC"
verified = true

[[indicator]]
code = "price"
title = "Price"
definition = "What it costs."
unit = "% of GNI per capita"
theme = "connectivity"
agency = "ITU"
evidence = "A"
direction = "down"
status = "facilitator"
source = "ITU"
verified = true
licence = "CC BY 4.0"

[indicator.series]
source = "itu"
dataset = "IPB"
code = "fixed"

[indicator.goalposts]
lo = 33.3
hi = 1
status = "facilitator"
source = "IDI 2024"
verified = true

[[indicator]]
code = "speed"
title = "Speed"
definition = "How fast it is."
unit = "Mbit/s"
theme = "connectivity"
agency = "ITU"
evidence = "B"
direction = "up"
status = "proposed"
source = "ITU"
verified = true
licence = "CC BY 4.0"

[indicator.series]
source = "unsd"
dataset = "SDG"
code = "IT_NET_BBN"
dimensions = "Type of speed=10MBPS"

[indicator.goalposts]
lo = 1
hi = 1000
transform = "ln"
status = "proposed"
source = "range"
verified = true

[[indicator]]
code = "power"
title = "Electricity"
definition = "Who has it."
unit = "%"
theme = "connectivity"
agency = "World Bank"
evidence = "C"
direction = "up"
status = "agreed"
source = "SDG 7.1.1"
verified = false
licence = "CC BY 4.0"
"#;

/// Name of the case, text to replace (its first occurrence), replacement.
type Case = (&'static str, &'static str, &'static str);

/// Spoils of goalposts, directions and targets.
const VALUES: &[Case] = &[
    ("e17 lo = hi", "lo = 0\nhi = 100", "lo = 5\nhi = 5"),
    ("lo > hi for up", "lo = 0\nhi = 100", "lo = 100\nhi = 0"),
    ("lo < hi for down", "lo = 33.3\nhi = 1\n", "lo = 1\nhi = 33.3\n"),
    ("best with wrong goalposts", "direction = \"up\"", "direction = { best = 1.0 }"),
    ("not finite", "lo = 0\nhi = 100", "lo = nan\nhi = inf"),
    ("best not finite", "direction = \"up\"", "direction = { best = nan }"),
    ("ln of zero", "lo = 1\nhi = 1000", "lo = 0\nhi = 1000"),
    ("c26 no direction", "direction = \"down\"\n", ""),
    ("c26 unknown direction", "direction = \"down\"", "direction = \"downwards\""),
    ("target not finite", "value = 95", "value = -inf"),
    ("target year", "year = 2030", "year = 20300"),
    ("target without year", "year = 2030\n", ""),
    ("evidence class", "evidence = \"B\"", "evidence = \"E\""),
    ("empty source", "source = \"SDG 17.8.1\"", "source = \" \""),
    ("dimensions not canonical", "Type of speed=10MBPS", "Type of speed: 10MBPS"),
    ("dimensions not sorted", "Type of speed=10MBPS", "b=1;a=2"),
    (
        "goalposts without series",
        "[indicator.series]\nsource = \"itu\"\ndataset = \"IPB\"\ncode = \"fixed\"\n",
        "",
    ),
    (
        "child without goalposts",
        "[indicator.goalposts]\nlo = 33.3\nhi = 1\nstatus = \"facilitator\"\nsource = \"IDI 2024\"\nverified = true\n",
        "",
    ),
    ("scale not above 0", "max = 100", "max = 0"),
    ("too many decimals", "rank_decimals = 9", "rank_decimals = 40"),
];

/// Spoils of the tree and its weights.
const TREE: &[Case] = &[
    ("e26 weights all 0", "{ pillar = 2, speed = 1 }", "{ pillar = 0, speed = 0 }"),
    ("e28 negative weight", "{ pillar = 2, speed = 1 }", "{ pillar = 2, speed = -1 }"),
    ("weight not finite", "{ pillar = 2, speed = 1 }", "{ pillar = nan, speed = 1 }"),
    (
        "c25 weight for a missing indicator",
        "{ pillar = 2, speed = 1 }",
        "{ pillar = 2, speed = 1, sped = 1 }",
    ),
    ("child without weight", "{ pillar = 2, speed = 1 }", "{ pillar = 2 }"),
    ("e50 duplicate code", "code = \"speed\"", "code = \"users\""),
    ("e50 code with a space", "code = \"power\"", "code = \"po wer\""),
    ("e50 node code with a space", "code = \"pillar\"", "code = \"pil lar\""),
    (
        "e50 child that does not exist",
        "children = [\"price\", \"users\"]",
        "children = [\"price\", \"user\"]",
    ),
    ("e50 parent that does not exist", "reported = [\"top\"]", "reported = [\"top\", \"tip\"]"),
    (
        "e50 two tops",
        "children = [\"pillar\", \"speed\"]\nweights = { pillar = 2, speed = 1 }",
        "children = [\"speed\"]",
    ),
    (
        "e50 cycle",
        "children = [\"price\", \"users\"]",
        "children = [\"price\", \"users\", \"top\"]",
    ),
    (
        "two parents",
        "children = [\"price\", \"users\"]",
        "children = [\"price\", \"users\"]\n\n[[node]]\ncode = \"third\"\ntitle = \"Third\"\nchildren = [\"pillar\"]",
    ),
    (
        "child twice",
        "children = [\"price\", \"users\"]",
        "children = [\"price\", \"users\", \"price\"]",
    ),
    ("indicator of no node", "children = [\"price\", \"users\"]", "children = [\"users\"]"),
    (
        "class C in a score",
        "children = [\"price\", \"users\"]",
        "children = [\"price\", \"users\", \"power\"]",
    ),
    ("node without children", "children = [\"price\", \"users\"]", "children = []"),
    (
        "score and no_indicator",
        "context = [\"power\"]",
        "context = [\"power\"]\nno_indicator = \"none\"",
    ),
    ("context that does not exist", "context = [\"power\"]", "context = [\"power\", \"pover\"]"),
    ("claim tested by nothing known", "related = [\"speed\"]", "related = [\"sped\"]"),
    (
        "c8 geometric without floor",
        "title = \"Pillar\"",
        "title = \"Pillar\"\naggregation = \"geometric\"",
    ),
    (
        "c8 floor of 0",
        "title = \"Pillar\"",
        "title = \"Pillar\"\naggregation = \"harmonic\"\nfloor = 0",
    ),
    ("arithmetic with floor", "title = \"Pillar\"", "title = \"Pillar\"\nfloor = 1"),
    ("share above 1", "title = \"Pillar\"", "title = \"Pillar\"\nmin_weight = 50"),
    ("min_children above children", "title = \"Pillar\"", "title = \"Pillar\"\nmin_children = 3"),
    ("reported twice", "reported = [\"top\"]", "reported = [\"top\", \"top\"]"),
    ("nothing reported", "reported = [\"top\"]", "reported = []"),
    ("window backwards", "\"2015-2020\"", "\"2020-2015\""),
    ("window of words", "\"2015-2020\"", "\"five years\""),
    ("window twice", "\"2015-2020\"", "\"2020-2025\""),
    ("sdg goal 18", "\"9.c\"", "\"18\""),
    ("gdc objective 6", "gdc_primary = [1]", "gdc_primary = [6]"),
    ("gdc twice", "gdc_primary = [1]", "gdc_primary = [1]\ngdc_secondary = [1]"),
    (
        "disputed but not listed",
        "sdg = [\"9.c\", \"4\"]",
        "sdg = [\"9.c\"]\nsdg_disputed = [\"4\"]",
    ),
];

/// Files that are not of the form at all.
const FORM: &[Case] = &[
    ("unknown field", "unit = \"Mbit/s\"", "unit = \"Mbit/s\"\nwieght = 1"),
    ("field misspelt", "evidence = \"B\"", "evidense = \"B\""),
    ("missing field", "unit = \"Mbit/s\"\n", ""),
    ("verified is not assumed", "verified = true\nlicence", "licence"),
    ("wrong type", "hi = 1000", "hi = \"1000\""),
    ("unknown status", "status = \"agreed\"", "status = \"official\""),
    ("not TOML", "[scale]", "[scale"),
    ("field twice", "hi = 1000", "hi = 1000\nhi = 1000"),
];

pub(crate) fn messages(text: &str) -> String {
    match parse("f.toml", text) {
        Ok(_) => "no finding\n".to_owned(),
        Err(errors) => errors.iter().fold(String::new(), |mut all, error| {
            let _ = writeln!(all, "{error}");
            all
        }),
    }
}

fn table(cases: &[Case]) -> String {
    let mut all = String::new();
    for (name, from, to) in cases {
        let found = messages(&spoilt(GOOD, from, to));
        assert_ne!(found, "no finding\n", "case `{name}` is not noticed");
        let _ = writeln!(all, "{name}\n  {}", found.trim_end().replace('\n', "\n  "));
    }
    all
}

#[test]
fn the_unspoilt_framework_is_accepted() {
    let framework = parse("f.toml", GOOD).unwrap();
    assert_eq!(framework.indicators.len(), 4);
    assert_eq!(framework.node("top").unwrap().children.first().unwrap().weight, 2.0);
}

/// What was promised, by whom it is said, and indicators that there are.
#[test]
fn trial_p177_a_commitment_has_a_source_a_code_of_its_own_and_known_indicators() {
    let with = |related: &str, more: &str| {
        let one = format!(
            "{{ code = \"a\", text = \"Connect all.\", by = 2015, related = [\"{related}\"], verified = false }}"
        );
        let line = format!("gdc_primary = [1]\ncommitments = [{one}{more}]\n");
        GOOD.replace("gdc_primary = [1]\n", &line)
    };
    let sourced = |text: String| {
        let source = "[links.commitments]\nstatus = \"agreed\"\nsource = \"a plan\"\nverified = false\n\n[scale]";
        text.replace("[scale]", source)
    };
    let framework = parse("good.toml", &sourced(with("speed", ""))).unwrap();
    let facts = framework.node("top").unwrap().line.as_ref().unwrap();
    assert_eq!((facts.commitments.len(), facts.commitments[0].by), (1, Some(2015)));
    assert_eq!(facts.commitments_source.as_ref().unwrap().source, "a plan");
    let again = ", { code = \"a\", text = \"Again.\", verified = false }";
    let told = messages(&with("sped", again));
    for wrong in ["has no source", "`sped`", "`a` stands twice"] {
        assert!(told.contains(wrong), "{wrong}: {told}");
    }
}

#[test]
fn e17_c26_values_that_cannot_be_scored() {
    insta::assert_snapshot!(table(VALUES));
}

#[test]
fn e26_e28_e50_c8_c25_trees_that_cannot_be_scored() {
    insta::assert_snapshot!(table(TREE));
}

#[test]
fn files_of_another_form() {
    insta::assert_snapshot!(table(FORM));
}

#[test]
fn every_finding_is_reported_at_once_and_in_order() {
    let spoilt = GOOD
        .replacen("hi = 100\n", "hi = 0\n", 1)
        .replacen("speed = 1 }", "speed = -1 }", 1)
        .replacen("direction = \"down\"\n", "", 1);
    let errors = parse("f.toml", &spoilt).unwrap_err();
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(lines.is_sorted());
    assert!(errors.iter().all(|error| error.kind == ErrorKind::Framework && error.column > 1));
}

#[test]
fn the_place_is_that_of_the_value() {
    let errors = parse("f.toml", &GOOD.replacen("speed = 1 }", "speed = -1 }", 1)).unwrap_err();
    let error = errors.first().unwrap();
    let line = GOOD.lines().position(|line| line.starts_with("weights")).unwrap() + 1;
    let column = GOOD.lines().nth(line - 1).unwrap().find("1 }").unwrap() + 1;
    assert_eq!((error.file.as_str(), error.line, error.column), ("f.toml", line, column));
}

#[test]
fn empty_and_odd_texts_are_errors_and_never_a_panic() {
    for text in
        ["", "\u{feff}", "\0", "[[node]]", "id = 1", "[[indicator]]\ncode = \"é", "node = 3"]
    {
        assert!(parse("f.toml", text).is_err(), "{text:?}");
    }
}

mod any_text {
    use proptest::prelude::*;
    use wsis_config::framework::parse;

    proptest! {
        /// Cutting or overwriting the good file anywhere gives a framework or findings.
        #[test]
        fn never_panics(at in 0_usize..super::GOOD.len(), len in 0_usize..40, with in "\\PC{0,6}") {
            let text = super::GOOD;
            if let (Some(head), Some(tail)) = (text.get(..at), text.get(at + len..)) {
                let spoilt = format!("{head}{with}{tail}");
                if let Err(errors) = parse("f.toml", &spoilt) {
                    prop_assert!(!errors.is_empty());
                    let lines = spoilt.lines().count() + 1;
                    prop_assert!(errors.iter().all(|e| e.line >= 1 && e.line <= lines));
                }
            }
        }
    }
}
