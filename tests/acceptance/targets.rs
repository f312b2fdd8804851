//! `wsis targets` over the demo.

use serde_json::Value;

use crate::program::DEMO;

/// World Bank, WDI, `IT.NET.USER.ZS`: of the world 39.9 % in 2015, of the least developed countries 24.1 % in 2020.
#[test]
fn trial_p275_p277_the_demo_tells_what_became_of_targets_and_of_whom() {
    let told = DEMO.wsis(&["targets", "C3", "--format", "json"]).assert_code(0).json();
    let of = |code: &str| -> Value {
        let all = told["targets"].as_array().unwrap();
        all.iter().find(|it| it["target"] == code).unwrap().clone()
    };
    let (world, least) = (of("target-10"), of("connect-2020-use-ldc"));
    for (row, area, outcome, value, year) in
        [(&world, "WB:WLD", "missed", 39.9, 2015), (&least, "WB:LDC", "met", 24.1, 2020)]
    {
        assert_eq!((&row["area"], &row["outcome"]), (&Value::from(area), &Value::from(outcome)));
        assert!((row["value"].as_f64().unwrap() - value).abs() < 0.05, "{row}");
        assert_eq!(row["year"], year);
    }
    // Which economy has no row says so, and does not say that there is no such target.
    let own = DEMO.wsis(&["targets", "C2", "--area", "EST"]).assert_code(0).stdout;
    assert!(own.contains("held against figures of EST"), "{own}");
    let slip = DEMO.wsis(&["targets", "C99"]).assert_code(2);
    assert!(slip.stderr.contains("no line \"C99\""), "{}", slip.stderr);
}
