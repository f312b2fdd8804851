//! Checks of one indicator and its conversion.

use std::ops::Range;

use toml::Spanned;
use wsis_model::framework::{Direction, Goalposts, Indicator, SeriesRef, Target, Transform};

use super::findings::Findings;
use super::form::{RawDirection, RawGoalposts, RawIndicator, RawSeries, RawTarget, provenance};

/// Years within which a target can sensibly lie: the first summit to the end of the century.
const TARGET_YEARS: std::ops::RangeInclusive<i32> = 2003..=2100;

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
    let goalposts = raw.goalposts.map(|raw| goalposts(&code, direction, raw, findings));
    let target = raw.target.map(|raw| target(&code, raw, findings));
    let series = raw.series.map(|raw| series(&code, raw, findings));
    Some(Indicator {
        code,
        title: raw.title.into_inner(),
        definition: raw.definition.into_inner(),
        unit: raw.unit.into_inner(),
        theme: raw.theme.into_inner(),
        agency: raw.agency.into_inner(),
        series,
        direction: direction?,
        goalposts,
        target,
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
    raw: Option<&Spanned<RawDirection>>,
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

fn goalposts(
    code: &str,
    direction: Option<Direction>,
    raw: RawGoalposts,
    findings: &mut Findings,
) -> Goalposts {
    let (lo, hi) = (*raw.lo.get_ref(), *raw.hi.get_ref());
    let lo_finite = findings.finite(code, "goalposts.lo", &raw.lo);
    let finite = findings.finite(code, "goalposts.hi", &raw.hi) && lo_finite;
    findings.filled(code, "goalposts.source", &raw.source);
    if finite {
        // E17: a zero distance has no score, not 0, 100 or NaN.
        if lo == hi {
            findings.add(
                raw.lo.span(),
                format!("indicator `{code}`: goalposts lo = hi = {lo}"),
                "lo is the value that scores 0, hi the value that scores full marks; they must differ",
            );
        } else {
            order(code, direction, lo, hi, &raw.lo.span(), findings);
        }
        domain(code, raw.transform.into(), &[&raw.lo, &raw.hi], findings);
    }
    Goalposts {
        lo,
        hi,
        transform: raw.transform.into(),
        clamp: raw.clamp,
        provenance: provenance(raw.status, raw.source, raw.verified),
    }
}

/// The direction is applied once, by the order of the goalposts (E18, C3, C4).
fn order(
    code: &str,
    direction: Option<Direction>,
    lo: f64,
    hi: f64,
    span: &Range<usize>,
    findings: &mut Findings,
) {
    let wrong = match direction {
        Some(Direction::Up) if lo > hi => "direction \"up\" needs lo < hi",
        Some(Direction::Down) if lo < hi => {
            "direction \"down\" needs lo > hi: lo is the value that scores 0, here the larger one"
        }
        Some(Direction::Goldilocks(_)) if hi != 0.0 || lo < 0.0 => {
            "with `best` the goalposts bound the distance from it: hi = 0 and lo > 0"
        }
        _ => return,
    };
    findings.add(
        span.clone(),
        format!("indicator `{code}`: goalposts lo = {lo}, hi = {hi} do not fit its direction"),
        wrong,
    );
}

fn domain(code: &str, transform: Transform, ends: &[&Spanned<f64>], findings: &mut Findings) {
    let (bound, word) = match transform {
        Transform::Identity => return,
        Transform::Ln => (0.0, "ln"),
        Transform::Ln1p => (-1.0, "ln1p"),
    };
    for end in ends {
        if *end.get_ref() <= bound {
            findings.add(
                end.span(),
                format!("indicator `{code}`: goalpost {} under transform {word}", end.get_ref()),
                format!("{word} is defined above {bound} only"),
            );
        }
    }
}

fn target(code: &str, raw: RawTarget, findings: &mut Findings) -> Target {
    findings.finite(code, "target.value", &raw.value);
    findings.filled(code, "target.source", &raw.source);
    if !TARGET_YEARS.contains(raw.year.get_ref()) {
        findings.add(
            raw.year.span(),
            format!("indicator `{code}`: target year {}", raw.year.get_ref()),
            format!("write a year from {} to {}", TARGET_YEARS.start(), TARGET_YEARS.end()),
        );
    }
    Target {
        value: raw.value.into_inner(),
        year: raw.year.into_inner(),
        provenance: provenance(raw.status, raw.source, raw.verified),
    }
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
