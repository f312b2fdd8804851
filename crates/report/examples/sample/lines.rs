//! The eighteen lines of the sample.

use wsis_report::class::{ClassCounts, Progress};
use wsis_report::input::{
    AreaRow, ClaimView, Economy, Facilitator, IndicatorView, LineView, RegionView, WindowView,
    YearFact,
};

use super::{draw, fact};

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

/// All of them.
pub(super) fn all(economies: &[Economy], known: &[IndicatorView]) -> Vec<LineView> {
    (0..LINES.len()).map(|at| line_view(at, economies, known)).collect()
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
        span: (!one_wave).then_some(4.0),
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

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Rows of economies, or of the reason why nothing is delivered.
fn area_rows(code: &str, economies: &[Economy], total: u32, delivered: bool) -> Vec<AreaRow> {
    let why = if total == 0 {
        "no indicator chosen by this project"
    } else {
        "no figure of any of its series is in the lake"
    };
    let silent = |economy: &Economy| AreaRow {
        code: economy.code.clone(),
        score_reason: why.into(),
        class_reason: why.into(),
        rank_reason: why.into(),
        grade_reason: why.into(),
        total,
        ..AreaRow::default()
    };
    let one = |economy| if delivered { row(code, economy, total) } else { silent(economy) };
    let mut rows: Vec<AreaRow> = economies.iter().map(one).collect();
    rank(&mut rows);
    rows
}

fn line_view(at: usize, economies: &[Economy], known: &[IndicatorView]) -> LineView {
    let (code, title, lead, verified, list) = LINES[at];
    let parts = count(list.split_whitespace().count());
    let share = 1.0 / f64::from(parts.max(1));
    let scored: Vec<(String, f64)> =
        list.split_whitespace().map(|code| (code.to_owned(), share)).collect();
    let delivered = scored
        .iter()
        .any(|(code, _)| known.iter().any(|view| view.code == *code && !view.years.is_empty()));
    let areas = area_rows(code, economies, parts, delivered);
    let mut classes = ClassCounts::default();
    let (mut grades, mut ungraded) = ([0; 5], 0);
    for area in &areas {
        classes.0[area.class.index()] += 1;
        match (area.grade.as_str(), "ABCDE".find(&area.grade)) {
            ("", _) | (_, None) => ungraded += 1,
            (_, Some(at)) => grades[at] += 1,
        }
    }
    let median_score = median(areas.iter().filter_map(|a| a.score).collect());
    let median_change = median(areas.iter().filter_map(|a| a.change).collect());
    let view = LineView {
        code: code.into(),
        title: title.into(),
        no_indicator: (parts == 0).then(|| "no indicator chosen by this project".into()),
        scored,
        context: vec!["price".into(), "never".into()],
        medians: medians(code, median_score, delivered),
        year_facts: year_facts(code, delivered, economies.len()),
        economies_scored: count(areas.iter().filter(|a| a.score.is_some()).count()),
        economies_ranked: count(areas.iter().filter(|a| a.rank.is_some()).count()),
        economies_matched: count(areas.iter().filter(|a| a.change.is_some()).count()),
        median_score,
        median_change,
        span_years: median_change.map(|_| 5.0),
        points_per_year: median_change.map(|change| change / 5.0),
        coverage: delivered.then_some(0.78),
        classes,
        grades,
        ungraded,
        ungraded_reason: "nothing of it is loaded".into(),
        no_score: if delivered {
            String::new()
        } else {
            "no figure of this series is in the lake".into()
        },
        missing: match (parts, delivered) {
            (0, _) => "an agreed indicator".into(),
            (_, false) => "no figure of this series is in the lake".into(),
            _ if code == "C2" => String::new(),
            _ => "no source for: prices, 5G coverage; 12 economies not covered".into(),
        },
        regions: regions(code),
        areas,
        ..facts(lead, verified)
    };
    let rests_on = view.scored.iter().map(|(code, _)| code.clone()).collect();
    let rests_on = if view.classes.assessed() > 0 { rests_on } else { Vec::new() };
    let view = LineView { rests_on, ..view };
    LineView { windows: windows(&view, delivered), ..view }
}

/// What the framework says of a line.
fn facts(lead: &str, verified: bool) -> LineView {
    let facilitator = |agency: &str, role: &str, verified| Facilitator {
        agency: agency.into(),
        role: role.into(),
        source: "a list of facilitators; read in part".into(),
        verified,
        ..Facilitator::default()
    };
    let claim = |kind: &str, text: &str, related: &[&str]| ClaimView {
        kind: kind.into(),
        text: text.into(),
        related: related.iter().map(|code| (*code).to_owned()).collect(),
    };
    LineView {
        facilitators: vec![
            facilitator(lead, "lead", verified),
            facilitator("UN regional commissions", "partner", false),
        ],
        sdg: vec![("9.c".into(), false), ("8.2".into(), true)],
        sdg_fact: Some(fact("facilitator", "WSIS-SDG Matrix", true)),
        gdc: vec![(1, 2), (2, 1)],
        gdc_fact: Some(fact("proposed", "Interim crosswalk", true)),
        claims: vec![
            claim(
                "achievement",
                "Global expansion in mobile networks 2G/3G/4G/5G.",
                &["coverage-3g", "coverage-4g"],
            ),
            claim("challenge", "Affordability barriers & <high> prices.", &["price"]),
            claim("challenge", "Erosion of cultural identities.", &[]),
        ],
        ..LineView::default()
    }
}

fn medians(code: &str, last: Option<f64>, delivered: bool) -> Vec<(i32, Option<f64>)> {
    let score = |year: i32| {
        let gap = !delivered
            || (code == "C3" && (2012..=2014).contains(&year))
            || (code == "C4" && year < 2017);
        let pace = 1.2 + draw(code) * 0.8;
        (!gap).then(|| last.unwrap_or(50.0) - f64::from(2025 - year) * pace).filter(|v| *v > 0.0)
    };
    (2005..=2025).map(|year| (year, score(year))).collect()
}

/// Every year with a median is linked to the one before it.
fn year_facts(code: &str, delivered: bool, economies: usize) -> Vec<YearFact> {
    let has = |median: &(i32, Option<f64>)| median.1.is_some();
    let medians = medians(code, Some(50.0), delivered);
    let facts = medians.iter().map(|median| YearFact {
        year: median.0,
        economies: if has(median) { count(economies) } else { 0 },
        members: count(economies),
        linked: median.0 > 2005,
        ..YearFact::default()
    });
    facts.collect()
}

fn windows(view: &LineView, delivered: bool) -> Vec<WindowView> {
    [(2005, 2010), (2010, 2015), (2015, 2020), (2020, 2025)]
        .into_iter()
        .map(|window| {
            let early = window.0 == 2005;
            let all = count(view.areas.len());
            WindowView {
                window,
                members: all,
                scored: if early || !delivered { 0 } else { all / 2 },
                matched: if early || !delivered { 0 } else { all / 3 },
                median_score: view.median_score.filter(|_| !early),
                median_change: view.median_change.filter(|_| !early),
                classes: if early { ClassCounts([0, 0, 0, 0, 0, 0, all]) } else { view.classes },
                rests_on: if early { Vec::new() } else { view.rests_on.clone() },
                level_only: 0,
            }
        })
        .collect()
}

fn regions(code: &str) -> Vec<RegionView> {
    ["Africa", "Americas", "Asia", "Europe", "Oceania"]
        .into_iter()
        .map(|name| {
            let start = 30.0 + 40.0 * draw(name) + 5.0 * draw(&format!("{code}{name}"));
            let (status, matched, reason) = match name {
                "Oceania" => ("withheld", 3, "3 of 12 members (25 %), 50 % needed"),
                "Americas" => ("indicative", 9, "55 % of members, 60 % needed"),
                _ => ("published", 9, ""),
            };
            let shown = status != "withheld";
            RegionView {
                name: name.into(),
                start: shown.then_some(start),
                end: shown.then(|| start + 4.0 + 12.0 * draw(&format!("{name}{code}"))),
                span: Some(4.0),
                members: 12,
                matched,
                status: status.into(),
                reason: reason.into(),
            }
        })
        .collect()
}
