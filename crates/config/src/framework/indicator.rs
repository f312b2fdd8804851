//! Checks of one indicator and its conversion.

use std::ops::Range;

use wsis_model::framework::{
    Direction, Indicator, MetFrom, Sampling, SeriesBreak, SeriesRef, Target,
};

use super::findings::Findings;
use super::form::{
    RawBreak, RawCoreCode, RawDirection, RawGoalposts, RawIndicator, RawSampling, RawSeries,
    RawTarget, provenance,
};
use super::posts;
use crate::document::Located;

/// Years within which a target can sensibly lie: the first summit to the end of the century.
const TARGET_YEARS: std::ops::RangeInclusive<i32> = 2003..=2100;
/// Years within which a break of method can lie.
const BREAK_YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// Sizes that a sample can sensibly have: below it nobody publishes a share, above it nobody is left.
const SAMPLES: std::ops::RangeInclusive<u32> = 30..=10_000_000;
/// Design effects that are met with: a plain draw, to whole villages that answer alike.
const DESIGN_EFFECTS: std::ops::RangeInclusive<f64> = 1.0..=50.0;

/// Checks an indicator; `None` when it cannot be built at all. Findings are added either way.
pub(super) fn indicator(raw: RawIndicator, findings: &mut Findings) -> Option<Indicator> {
    let code = raw.code.get_ref().clone();
    texts(&raw, findings);
    if !matches!(raw.evidence.get_ref().as_str(), "A" | "B" | "C" | "D") {
        findings.add(
            raw.evidence.span(),
            format!("indicator `{code}`: evidence class `{}`", raw.evidence.get_ref()),
            "write A (official, comparable, with trend), B (one wave or few economies), C (context) or D (no series)",
        );
    }
    let code_span = raw.code.span();
    let direction = direction(&code, &code_span, raw.direction.as_ref(), findings);
    if raw.series.is_none()
        && let Some(goalposts) = &raw.goalposts
    {
        findings.add(
            goalposts.lo.span(),
            format!("indicator `{code}` has goalposts but no series"),
            "add `[indicator.series]`, or remove the goalposts until a pipeline delivers the indicator",
        );
    }
    if let (Some(goalposts), Some(target)) = (&raw.goalposts, &raw.target) {
        posts::target_within(&code, direction, goalposts, target, findings);
        posts::met_by_all(&code, goalposts, target, findings);
    }
    if raw.relative
        && let Some(target) = &raw.target
    {
        findings.add(
            target.value.span(),
            format!("indicator `{code}` is relative and has a target"),
            "an index that is standardised anew in every edition has no class: remove the target",
        );
    }
    beyond_limit(&code, &raw, findings);
    let sampling =
        raw.sampling.map(|it| sampling(&code, direction, it, raw.goalposts.as_ref(), findings));
    let goalposts = raw.goalposts.map(|raw| posts::goalposts(&code, direction, raw, findings));
    let target = raw.target.map(|raw| target(&code, direction, raw, findings));
    let breaks = breaks(&code, raw.breaks, findings);
    if let Some(survey) = &raw.survey {
        findings.filled(&code, "survey", survey);
    }
    core_code(&code, raw.core_code.as_ref(), findings);
    let series = raw.series.map(|raw| series(&code, raw, findings));
    Some(Indicator {
        code,
        title: raw.title.into_inner(),
        definition: raw.definition.into_inner(),
        unit: raw.unit.into_inner(),
        limit: raw.limit.map(Located::into_inner),
        theme: raw.theme.into_inner(),
        agency: raw.agency.into_inner(),
        series,
        direction: direction?,
        goalposts,
        target,
        breaks,
        relative: raw.relative,
        contains: raw.contains.into_iter().map(Located::into_inner).collect(),
        second_delivery_of: raw.second_delivery_of.map(Located::into_inner),
        survey: raw.survey.map(Located::into_inner),
        sampling,
        evidence: raw.evidence.into_inner(),
        provenance: provenance(raw.status, raw.source, raw.verified),
        licence: raw.licence.into_inner(),
        note: raw.note,
    })
}

fn texts(raw: &RawIndicator, findings: &mut Findings) {
    let code = raw.code.get_ref();
    if !is_code(code, false) {
        findings.add(
            raw.code.span(),
            format!("indicator code `{code}`"),
            "use small letters a-z, digits, `_`, `.` and `-` only, no space",
        );
    }
    let fields = [
        ("title", &raw.title),
        ("definition", &raw.definition),
        ("unit", &raw.unit),
        ("theme", &raw.theme),
        ("agency", &raw.agency),
        ("source", &raw.source),
        ("licence", &raw.licence),
    ];
    for (field, value) in fields {
        findings.filled(code, field, value);
    }
}

/// Whether a code could stand in the core list of ICT indicators: its block and a number.
fn is_core_code(code: &str) -> bool {
    let number = code.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let block = &code[..code.len() - number.len()];
    let numbered = number.len() <= 2 && number.parse::<u8>().is_ok_and(|number| number > 0);
    matches!(block, "A" | "HH" | "B" | "ICT" | "ED" | "EG" | "EW") && numbered
}

/// Whether a code is made of letters, digits, `_`, `.` and `-`.
pub(super) fn is_code(code: &str, capitals: bool) -> bool {
    let fits = |c: char| {
        c.is_ascii_lowercase()
            || c.is_ascii_digit()
            || matches!(c, '_' | '.' | '-')
            || (capitals && c.is_ascii_uppercase())
    };
    !code.is_empty() && code.chars().all(fits)
}

/// C26: there is no default direction, since a wrong one turns every score round silently.
fn direction(
    code: &str,
    code_span: &Range<usize>,
    raw: Option<&Located<RawDirection>>,
    findings: &mut Findings,
) -> Option<Direction> {
    let Some(raw) = raw else {
        findings.add(
            code_span.clone(),
            format!("indicator `{code}` has no direction"),
            "add `direction = \"up\"` (more is better), `\"down\"` or `{ best = 1.0 }`; there is no default",
        );
        return None;
    };
    match *raw.get_ref() {
        RawDirection::Up => Some(Direction::Up),
        RawDirection::Down => Some(Direction::Down),
        RawDirection::Best(best) if best.is_finite() => Some(Direction::Goldilocks(best)),
        RawDirection::Best(best) => {
            findings.add(
                raw.span(),
                format!("indicator `{code}`: the best value is {best}"),
                "write a finite number",
            );
            None
        }
    }
}

fn target(
    code: &str,
    direction: Option<Direction>,
    raw: RawTarget,
    findings: &mut Findings,
) -> Target {
    findings.finite(code, "target.value", &raw.value);
    findings.filled(code, "target.source", &raw.source);
    if !TARGET_YEARS.contains(raw.year.get_ref()) {
        findings.add(
            raw.year.span(),
            format!("indicator `{code}`: target year {}", raw.year.get_ref()),
            format!("write a year from {} to {}", TARGET_YEARS.start(), TARGET_YEARS.end()),
        );
    }
    if let Some(met) = &raw.met_from {
        findings.filled(code, "target.met_from.source", &met.source);
        if findings.finite(code, "target.met_from.value", &met.value) {
            posts::met_from_this_side(code, direction, &raw.value, &met.value, findings);
        }
    }
    Target {
        value: raw.value.into_inner(),
        year: raw.year.into_inner(),
        met_from: raw.met_from.map(|met| MetFrom {
            value: met.value.into_inner(),
            source: met.source.into_inner(),
            verified: met.verified,
        }),
        provenance: provenance(raw.status, raw.source, raw.verified),
    }
}

/// A code of the core list has its form.
fn core_code(code: &str, raw: Option<&RawCoreCode>, findings: &mut Findings) {
    let Some(core) = raw.filter(|core| !is_core_code(core.code.as_str())) else { return };
    findings.add(
        core.code.span(),
        format!("indicator `{code}`: core code `{}`", core.code.as_str()),
        "write a code of the core list of ICT indicators: A, HH, B, ICT, ED, EG or EW and a number (`A3`)",
    );
}

/// A value that cannot be can be no target.
fn beyond_limit(code: &str, raw: &RawIndicator, findings: &mut Findings) {
    let Some(limit) = &raw.limit else { return };
    let greatest = **limit;
    let target = raw.target.as_ref().map(|target| *target.value);
    if !(greatest.is_finite() && greatest > 0.0) || target.is_some_and(|it| it > greatest) {
        findings.add(
            limit.span(),
            format!("indicator `{code}`: its limit is {greatest}"),
            "write the greatest value that it can have, above 0 and not below its target; without one \
             leave it out",
        );
    }
}

/// The error of a sample is that of a share: only an indicator in per cent of 0 to 100 has one.
fn sampling(
    code: &str,
    direction: Option<Direction>,
    raw: RawSampling,
    goalposts: Option<&RawGoalposts>,
    findings: &mut Findings,
) -> Sampling {
    findings.filled(code, "sampling.source", &raw.source);
    if !SAMPLES.contains(raw.sample.get_ref()) {
        findings.add(
            raw.sample.span(),
            format!("indicator `{code}`: a sample of {}", raw.sample.get_ref()),
            format!("write the people asked in one economy, {} or more", SAMPLES.start()),
        );
    }
    if !DESIGN_EFFECTS.contains(raw.design_effect.get_ref()) {
        findings.add(
            raw.design_effect.span(),
            format!("indicator `{code}`: design effect {}", raw.design_effect.get_ref()),
            format!("write a number from {} to {}", DESIGN_EFFECTS.start(), DESIGN_EFFECTS.end()),
        );
    }
    let is_share = !matches!(direction, Some(Direction::Goldilocks(_)))
        && goalposts.is_some_and(posts::is_share);
    if !is_share {
        findings.add(
            raw.sample.span(),
            format!("indicator `{code}` has `sampling` and is no share in per cent"),
            "its goalposts lie from 0 to 100 without a transform; else the error is not that of a share",
        );
    }
    Sampling {
        sample: raw.sample.into_inner(),
        design_effect: raw.design_effect.into_inner(),
        source: raw.source.into_inner(),
        verified: raw.verified,
    }
}

/// Breaks by year; a year stands once.
fn breaks(code: &str, raw: Vec<RawBreak>, findings: &mut Findings) -> Vec<SeriesBreak> {
    let mut breaks: Vec<SeriesBreak> = Vec::with_capacity(raw.len());
    for item in raw {
        let year = *item.year.get_ref();
        findings.filled(code, "breaks.reason", &item.reason);
        findings.filled(code, "breaks.source", &item.source);
        if !BREAK_YEARS.contains(&year) {
            findings.add(
                item.year.span(),
                format!("indicator `{code}`: break in {year}"),
                format!("write a year from {} to {}", BREAK_YEARS.start(), BREAK_YEARS.end()),
            );
        }
        if breaks.iter().any(|other| other.year == year) {
            findings.add(
                item.year.span(),
                format!("indicator `{code}`: the break in {year} is listed twice"),
                "list it once, with both reasons",
            );
        }
        breaks.push(SeriesBreak {
            year,
            reason: item.reason.into_inner(),
            source: item.source.into_inner(),
            verified: item.verified,
        });
    }
    breaks.sort_by_key(|item| item.year);
    breaks
}

fn series(code: &str, raw: RawSeries, findings: &mut Findings) -> SeriesRef {
    for (field, value) in [
        ("series.source", &raw.source),
        ("series.dataset", &raw.dataset),
        ("series.code", &raw.code),
    ] {
        findings.filled(code, field, value);
    }
    let dimensions = raw.dimensions.map_or_else(String::new, |dimensions| {
        if let Some(right) = not_canonical(dimensions.get_ref()) {
            findings.add(
                dimensions.span(),
                format!("indicator `{code}`: dimensions `{}`", dimensions.get_ref()),
                right,
            );
        }
        dimensions.into_inner()
    });
    SeriesRef {
        source: raw.source.into_inner(),
        dataset: raw.dataset.into_inner(),
        series_code: raw.code.into_inner(),
        sex: raw.sex,
        age: raw.age,
        location: raw.location,
        dimensions,
    }
}

/// What would be right, when a dimensions text is not `NAME=CODE` joined by `;`, sorted by name.
fn not_canonical(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut parts: Vec<&str> = text.split(';').collect();
    let whole = |part: &&str| {
        part.split_once('=').is_some_and(|(name, code)| {
            !name.is_empty() && !code.is_empty() && name.trim() == name && code.trim() == code
        })
    };
    if !parts.iter().all(whole) {
        return Some("write `NAME=CODE`, several joined with `;` and no spaces around".to_owned());
    }
    parts.sort_unstable();
    let sorted = parts.join(";");
    (sorted != text).then(|| format!("sort by name: `{sorted}`"))
}
