//! A made-up but plausible report: real names of lines and economies, figures from a formula.

use wsis_report::class::{ClassCounts, Progress};
use wsis_report::input::{
    AreaRow, Better, ClaimView, Economy, Facilitator, Fact, GoalpostView, IndicatorView, LineView,
    ReadingView, RegionView, ReportInput, SourceRun, TargetView, WindowView, YearFigures,
};

const AREAS: &str = include_str!("../../../../schemas/codelists/ref_area.csv");

const LINES: [(&str, &str, &str, bool, &str); 18] = [
    (
        "C1",
        "The role of public governance authorities and all stakeholders in the promotion of ICTs for development",
        "UN DESA",
        true,
        "coverage-4g",
    ),
    (
        "C2",
        "Information and communication infrastructure",
        "ITU",
        true,
        "coverage-3g coverage-4g fixed-broadband",
    ),
    ("C3", "Access to information and knowledge", "UNESCO", true, "internet-users coverage-4g"),
    ("C4", "Capacity building", "ITU", true, "ict-skills"),
    ("C5", "Building confidence and security in the use of ICTs", "ITU", true, "secure-servers"),
    ("C6", "Enabling environment", "ITU", true, "secure-servers fixed-broadband"),
    ("C7-egov", "E-government", "UN DESA", false, "online-service-index internet-users"),
    ("C7-ebiz", "E-business", "UNCTAD", false, "secure-servers"),
    ("C7-elearn", "E-learning", "UNESCO", true, "ict-skills"),
    ("C7-ehealth", "E-health", "WHO", true, "never"),
    ("C7-eemp", "E-employment", "ILO", false, "internet-users"),
    ("C7-eenv", "E-environment", "WMO", false, "never"),
    ("C7-eagri", "E-agriculture", "FAO", true, "never"),
    ("C7-esci", "E-science", "UNESCO", true, "online-service-index fixed-broadband"),
    (
        "C8",
        "Cultural diversity and identity, linguistic diversity and local content",
        "UNESCO",
        true,
        "",
    ),
    ("C9", "Media", "UNESCO", true, "internet-users"),
    ("C10", "Ethical dimensions of the Information Society", "UNESCO", true, ""),
    ("C11", "International and regional cooperation", "UN DESA", false, ""),
];

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
            income: row[7].clone(),
            note: row[13].clone(),
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
        fact: fact(
            "facilitator",
            "ITU and UN Tech Envoy, universal and meaningful connectivity",
            false,
        ),
    });
    IndicatorView {
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
        absent("never", "Telehealth programme in force", "no observation delivered"),
        absent("price", "Price of the mobile basket", "no source connected yet"),
    ];
    all.sort_by(|a, b| a.code.cmp(&b.code));
    all
}

fn row(line: &str, economy: &Economy, total: u32) -> AreaRow {
    let key = format!("{line}-{}", economy.code);
    let level = draw(&key);
    if level < 0.22 || total == 0 {
        return AreaRow {
            code: economy.code.clone(),
            score_reason: if level < 0.1 {
                "the source has the series but nothing for this economy"
            } else {
                "the last value (2016) is more than 5 years older than 2025"
            }
            .into(),
            class_reason: "no current score".into(),
            rank_reason: "no score".into(),
            grade: if level < 0.1 { "E" } else { "D" }.into(),
            total,
            coverage: Some(0.0),
            ..AreaRow::default()
        };
    }
    let score = (level * 1_000.0).round() / 10.0;
    let change = (draw(&format!("{key}-change")) - 0.2) * 30.0;
    let one_wave = draw(&format!("{key}-wave")) < 0.25;
    let class = match change {
        _ if one_wave => Progress::NotAssessable,
        _ if score > 95.0 => Progress::TargetMet,
        c if c > 16.0 => Progress::OnTrack,
        c if c > 9.0 => Progress::Moderate,
        c if c >= 0.0 => Progress::Limited,
        _ => Progress::Regressing,
    };
    AreaRow {
        code: economy.code.clone(),
        score: Some(score),
        start: (!one_wave).then_some((score - change).max(0.0)),
        end: (!one_wave).then_some(score),
        change: (!one_wave).then(|| score - (score - change).max(0.0)),
        per_year: (!one_wave).then_some(change / 4.0),
        years: (!one_wave).then_some((2020, 2024)),
        latest: Some(if one_wave { 2021 } else { 2024 }),
        class,
        class_reason: if one_wave { "one survey wave (2021)".into() } else { String::new() },
        coverage: Some(1.0),
        used: total,
        total,
        grade: if one_wave { "C" } else { "A" }.into(),
        ..AreaRow::default()
    }
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
        class: if level > 0.3 { Progress::Limited } else { Progress::NotAssessable },
        reason: if level > 0.3 { String::new() } else { "one observation".into() },
    }
}

fn rank(rows: &mut [AreaRow]) {
    let scores: Vec<f64> = rows.iter().filter(|r| r.grade != "D").filter_map(|r| r.score).collect();
    for row in rows {
        match row.score {
            Some(score) => {
                let above = scores.iter().filter(|other| **other > score).count();
                row.rank = u32::try_from(above + 1).ok();
            }
            None => row.rank_reason = "no score".into(),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn line_view(at: usize, economies: &[Economy], known: &[IndicatorView]) -> LineView {
    let (code, title, lead, verified, list) = LINES[at];
    let scored: Vec<(String, f64)> = list
        .split_whitespace()
        .map(|code| {
            (
                code.to_owned(),
                1.0 / f64::from(u32::try_from(list.split_whitespace().count()).unwrap_or(1)),
            )
        })
        .collect();
    let delivered = scored
        .iter()
        .any(|(code, _)| known.iter().any(|view| view.code == *code && !view.years.is_empty()));
    let total = u32::try_from(scored.len()).unwrap_or_default();
    let mut areas: Vec<AreaRow> =
        economies.iter().map(|economy| row(code, economy, total)).collect();
    if !delivered {
        let why = if total == 0 {
            "no internationally agreed indicator"
        } else {
            "no observation delivered for any indicator"
        };
        for area in &mut areas {
            *area = AreaRow {
                code: area.code.clone(),
                score_reason: why.into(),
                class_reason: why.into(),
                rank_reason: why.into(),
                grade: "E".into(),
                total,
                ..AreaRow::default()
            };
        }
    }
    rank(&mut areas);
    let mut classes = ClassCounts::default();
    let mut grades = [0; 5];
    for area in &areas {
        classes.0[area.class.index()] += 1;
        grades["ABCDE".find(&area.grade).unwrap_or(4)] += 1;
    }
    let median_score = median(areas.iter().filter_map(|a| a.score).collect());
    let median_change = median(areas.iter().filter_map(|a| a.change).collect());
    let count = |n: usize| u32::try_from(n).unwrap_or_default();
    LineView {
        code: code.into(),
        title: title.into(),
        no_indicator: (total == 0).then(|| "no internationally agreed indicator".into()),
        facilitators: vec![
            Facilitator { agency: lead.into(), role: "lead".into(), verified },
            Facilitator {
                agency: "UN regional commissions".into(),
                role: "partner".into(),
                verified: false,
            },
        ],
        sdg: vec![("9.c".into(), false), ("8.2".into(), true)],
        sdg_fact: Some(fact("facilitator", "WSIS-SDG Matrix", true)),
        gdc: vec![(1, 2), (2, 1)],
        gdc_fact: Some(fact("proposed", "Interim crosswalk", true)),
        claims: vec![
            ClaimView {
                kind: "achievement".into(),
                text: "Global expansion in mobile networks 2G, 3G, 4G and 5G.".into(),
                tested_by: vec!["coverage-3g".into(), "coverage-4g".into()],
            },
            ClaimView {
                kind: "challenge".into(),
                text: "Affordability barriers & <high> prices.".into(),
                tested_by: vec!["price".into()],
            },
            ClaimView {
                kind: "challenge".into(),
                text: "Erosion of cultural identities.".into(),
                tested_by: vec![],
            },
        ],
        scored,
        context: vec!["price".into(), "never".into()],
        medians: (2005..=2025)
            .map(|year| {
                let gap = !delivered
                    || (code == "C3" && (2012..=2014).contains(&year))
                    || (code == "C4" && year < 2017);
                let end = median_score.unwrap_or(50.0);
                (
                    year,
                    (!gap)
                        .then(|| end - f64::from(2025 - year) * (1.2 + draw(code) * 0.8))
                        .filter(|v| *v > 0.0),
                )
            })
            .collect(),
        economies_scored: count(areas.iter().filter(|a| a.score.is_some()).count()),
        economies_ranked: count(areas.iter().filter(|a| a.rank.is_some()).count()),
        median_score,
        median_change,
        coverage: delivered.then_some(0.78),
        classes,
        grades,
        missing: match (total, delivered) {
            (0, _) => "an agreed indicator".into(),
            (_, false) => "no observation delivered".into(),
            _ if code == "C2" => String::new(),
            _ => "no source for: prices, 5G coverage; 12 economies not covered".into(),
        },
        windows: [(2005, 2010), (2010, 2015), (2015, 2020), (2020, 2025)]
            .into_iter()
            .map(|window| {
                let early = window.0 == 2005;
                WindowView {
                    window,
                    scored: if early || !delivered { 0 } else { count(areas.len()) / 2 },
                    median_score: median_score.filter(|_| !early),
                    median_change: median_change.filter(|_| !early),
                    classes: if early {
                        ClassCounts([0, 0, 0, 0, 0, 0, count(areas.len())])
                    } else {
                        classes
                    },
                }
            })
            .collect(),
        regions: ["Africa", "Americas", "Asia", "Europe", "Oceania"]
            .into_iter()
            .map(|name| {
                let start = 30.0 + 40.0 * draw(name) + 5.0 * draw(&format!("{code}{name}"));
                let status = match name {
                    "Oceania" => "withheld",
                    "Americas" => "indicative",
                    _ => "published",
                };
                RegionView {
                    name: name.into(),
                    start: (status != "withheld").then_some(start),
                    end: (status != "withheld")
                        .then_some(start + 4.0 + 12.0 * draw(&format!("{name}{code}"))),
                    members: 12,
                    matched: if status == "withheld" { 3 } else { 9 },
                    status: status.into(),
                    reason: match status {
                        "withheld" => "3 of 12 members (25 %), 50 % needed".into(),
                        "indicative" => "55 % of members, 60 % needed".into(),
                        _ => String::new(),
                    },
                }
            })
            .collect(),
        areas,
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
        title: "WSIS Action Lines: five-year scorecard".into(),
        framework_title: "WSIS Action Lines".into(),
        framework_version: "2026.1".into(),
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
        lines: (0..LINES.len()).map(|at| line_view(at, &economies, &indicators)).collect(),
        indicators,
        economies,
        silent,
    }
}
