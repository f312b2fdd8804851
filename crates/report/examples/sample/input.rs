//! A made-up but plausible report: real names of lines and economies, figures from a formula.

#[path = "lines.rs"]
mod lines;

use wsis_report::class::Progress;
use wsis_report::input::{
    Better, Economy, Fact, GoalpostView, IndicatorView, Punctuality, RankingView, ReadingView,
    ReportInput, SourceRun, TargetView, YearFigures,
};

const AREAS: &str = include_str!("../../../../schemas/codelists/ref_area.csv");

/// A number in [0, 1) from a text: the same on every machine.
fn draw(key: &str) -> f64 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in key.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^= hash >> 12;
    f64::from(hash) / 4_294_967_296.0
}

fn fields(line: &str) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    out.push(cell);
    out
}

fn economies(number: usize) -> (Vec<Economy>, Vec<String>) {
    let mut all: Vec<Economy> = AREAS
        .lines()
        .skip(1)
        .map(fields)
        .filter(|row| row.get(4).is_some_and(|kind| kind == "economy"))
        .map(|row| Economy {
            code: row[0].clone(),
            name: row[3].clone(),
            region: row[5].clone(),
            income: String::new(),
            note: row[9].clone(),
            ..Economy::default()
        })
        .collect();
    all.sort_by(|a, b| draw(&a.code).total_cmp(&draw(&b.code)));
    let silent = all.split_off(number.min(all.len()));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let mut names: Vec<String> = silent.into_iter().map(|economy| economy.name).collect();
    names.sort();
    (all, names)
}

fn fact(status: &str, source: &str, verified: bool) -> Fact {
    Fact { status: status.into(), source: source.into(), verified }
}

fn years(code: &str, economies: u32, first: i32, step: usize, hi: f64) -> Vec<YearFigures> {
    (first..=2024)
        .step_by(step)
        .filter(|year| !(code == "internet-users" && (2012..=2013).contains(year)))
        .map(|year| {
            let pace = f64::from(year - 2003) / 21.0;
            let median = hi * (0.08 + 0.72 * pace * pace);
            let share = if year > 2022 { 0.4 } else { 0.6 + 0.4 * pace };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let reporting = (f64::from(economies) * share) as u32;
            YearFigures {
                year,
                economies: reporting,
                q1: median * 0.6,
                median,
                q3: (median * 1.25).min(hi),
            }
        })
        .collect()
}

fn indicator(
    code: &str,
    title: &str,
    unit: &str,
    hi: f64,
    years: Vec<YearFigures>,
) -> IndicatorView {
    let target = (unit.starts_with('%')).then(|| TargetView {
        value: 100.0,
        year: 2030,
        met_from: None,
        fact: fact(
            "facilitator",
            "ITU and UN Tech Envoy, universal and meaningful connectivity",
            false,
        ),
    });
    IndicatorView {
        corrections: Vec::new(),
        relative: false,
        breaks: Vec::new(),
        code: code.into(),
        title: title.into(),
        definition: "What the indicator measures, in a sentence that a delegate understands."
            .into(),
        unit: unit.into(),
        agency: "ITU".into(),
        series_source: "World Bank, WDI".into(),
        series_code: code.to_uppercase(),
        better: Better::Higher,
        goalposts: Some(GoalpostView {
            lo: 0.0,
            hi,
            transform: if hi > 1000.0 { "ln1p" } else { "identity" }.into(),
            fact: fact("proposed", "Proposed by this project: natural range", true),
        }),
        target,
        evidence: "A".into(),
        fact: fact(
            "agreed",
            "Global indicator framework for the SDGs, UN Statistical Commission",
            true,
        ),
        licence: "CC BY 4.0".into(),
        note: if code == "fixed-broadband" {
            "Subscriptions are shared by a household.".into()
        } else {
            String::new()
        },
        values: years
            .iter()
            .map(|row| (row.year, (0..row.economies as usize).map(|at| (at, row.median)).collect()))
            .collect(),
        years,
        absent: String::new(),
        readings: Vec::new(),
    }
}

fn absent(code: &str, title: &str, why: &str) -> IndicatorView {
    IndicatorView {
        goalposts: None,
        target: None,
        series_source: String::new(),
        series_code: String::new(),
        absent: why.into(),
        ..indicator(code, title, "0 or 1", 1.0, Vec::new())
    }
}

fn indicators(number: u32) -> Vec<IndicatorView> {
    let mut all = vec![
        indicator(
            "coverage-3g",
            "Population covered by 3G",
            "% of population",
            100.0,
            years("coverage-3g", number, 2008, 1, 100.0),
        ),
        indicator(
            "coverage-4g",
            "Population covered by 4G",
            "% of population",
            100.0,
            years("coverage-4g", number, 2012, 1, 100.0),
        ),
        indicator(
            "fixed-broadband",
            "Fixed-broadband subscriptions",
            "per 100 inhabitants",
            50.0,
            years("fixed-broadband", number, 2005, 1, 50.0),
        ),
        indicator(
            "internet-users",
            "Individuals using the Internet",
            "% of population",
            100.0,
            years("internet-users", number, 2005, 1, 100.0),
        ),
        indicator(
            "online-service-index",
            "Online Service Index",
            "index, 0 to 1",
            1.0,
            years("online-service-index", number, 2010, 2, 1.0),
        ),
        indicator(
            "secure-servers",
            "Secure Internet servers",
            "per million people",
            100_000.0,
            years("secure-servers", number, 2010, 1, 80_000.0),
        ),
        indicator(
            "ict-skills",
            "Adults who have sent an e-mail with an attachment",
            "% of adults",
            100.0,
            years("ict-skills", number, 2017, 3, 100.0),
        ),
        absent("never", "Telehealth programme in force", "no figure of this series is in the lake"),
        absent("price", "Price of the mobile basket", "no pipeline asks for its series yet"),
    ];
    all.sort_by(|a, b| a.code.cmp(&b.code));
    all
}

fn reading(indicator: &str, hi: f64, economy: &Economy) -> ReadingView {
    let level = draw(&format!("{indicator}{}", economy.code));
    if level < 0.2 {
        let reason = "the source has the series but nothing for this economy".into();
        return ReadingView { reason, ..ReadingView::default() };
    }
    ReadingView {
        start: (level > 0.3).then_some((2020, hi * level * 0.8)),
        end: Some((2024, hi * level)),
        flag: if level > 0.7 { "estimate".into() } else { String::new() },
        score: Some(level * 100.0),
        clamped: false,
        position: None,
        class: if level > 0.3 { Progress::Limited } else { Progress::NotAssessable },
        reason: if level > 0.3 { String::new() } else { "one observation".into() },
        ..ReadingView::default()
    }
}

fn run(pipeline: &str, title: &str, parsed: u64, held: u64) -> SourceRun {
    SourceRun {
        pipeline: pipeline.into(),
        source: "worldbank".into(),
        dataset: "WDI".into(),
        title: title.into(),
        citation: format!("{title}, extract of 24 November 2026"),
        licence: "CC BY 4.0".into(),
        url: "https://api.example.org/v2".into(),
        retrieved: "2026-11-24".into(),
        payloads: 21,
        parsed,
        accepted: parsed - held,
        repeated: 0,
        quarantined: held,
        reasons: if held == 0 {
            vec![]
        } else {
            vec![("unknown area".into(), held - 1), ("not a number".into(), 1)]
        },
    }
}

/// A report over so many economies.
pub(crate) fn sample(number: usize) -> ReportInput {
    let (economies, silent) = economies(number);
    let total = u32::try_from(economies.len()).unwrap_or_default();
    let mut indicators = indicators(total);
    for view in indicators.iter_mut().filter(|view| !view.years.is_empty()) {
        let (code, hi) = (view.code.clone(), view.goalposts.as_ref().map_or(1.0, |posts| posts.hi));
        view.readings = economies.iter().map(|economy| reading(&code, hi, economy)).collect();
    }
    ReportInput {
        sample: None,
        title: "WSIS Action Lines: five-year scorecard".into(),
        framework_title: "WSIS Action Lines".into(),
        framework_version: "2026.1".into(),
        rules: wsis_config::rules::house().clone(),
        ages: wsis_config::rules::house().ages,
        ranking: RankingView::default(),
        framework_fingerprint: "00112233445566ff".into(),
        counts_members: false,
        framework_fact: fact(
            "proposed",
            "Geneva Plan of Action (2003) and Tunis Agenda (2005) for the lines",
            true,
        ),
        window: (2020, 2025),
        windows: vec![(2005, 2010), (2010, 2015), (2015, 2020), (2020, 2025)],
        snapshot: 7,
        generated: "2026-11-25".into(),
        retrieved: "2026-11-24".into(),
        scale_max: 100.0,
        decimals: 1,
        economies_total: total,
        runs: vec![
            run("worldbank-wdi", "World Bank, World Development Indicators", 12_345, 3),
            run("undesa-egdi", "UN DESA, E-Government Survey", 4_200, 2),
            run("unsd-sdg", "UN Statistics Division, SDG database", 8_811, 0),
        ],
        punctuality: vec![
            Punctuality { agency: "World Bank".to_owned(), kept: 3, late: 1, ..Default::default() },
            Punctuality { agency: "UN DESA".to_owned(), source_down: 1, ..Default::default() },
        ],
        lines: lines::all(&economies, &indicators),
        known: wsis_report::input::KnownViews::default(),
        indicators,
        economies,
        silent,
    }
}
