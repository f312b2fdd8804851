//! Goalposts, and the target between them: finite, in order, far enough apart to score against.

use std::ops::Range;

use wsis_model::framework::{Direction, Goalposts, Transform};

use super::findings::Findings;
use super::form::{RawGoalposts, RawTarget, provenance};
use crate::document::Located;

/// Smallest distance of the goalposts, as a share of the larger one: nearer ones score the last
/// bits of a figure.
const SPAN_MIN: f64 = 1e-9;
/// Sizes between which a distance of goalposts can sensibly lie: no statistic is counted in less
/// or in more, and a score stays far from overflow.
const SPAN_RANGE: std::ops::RangeInclusive<f64> = 1e-12..=1e18;

/// Checks goalposts on their own and builds them.
pub(super) fn goalposts(
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
        let before = findings.len();
        domain(code, raw.transform.into(), &[&raw.lo, &raw.hi], findings);
        if lo != hi && findings.len() == before {
            span(code, &raw, findings);
        }
    }
    Goalposts {
        lo,
        hi,
        transform: raw.transform.into(),
        clamp: raw.clamp,
        provenance: provenance(raw.status, raw.source, raw.verified),
    }
}

/// Whether goalposts are those of a share in per cent: inside 0 to 100, on its own scale.
pub(super) fn is_share(raw: &RawGoalposts) -> bool {
    let percent = 0.0..=100.0;
    let inside = percent.contains(raw.lo.get_ref()) && percent.contains(raw.hi.get_ref());
    inside && Transform::from(raw.transform) == Transform::Identity
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

fn domain(code: &str, transform: Transform, ends: &[&Located<f64>], findings: &mut Findings) {
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

/// A12: the distance of the goalposts, on the scale on which values are scored.
fn span(code: &str, raw: &RawGoalposts, findings: &mut Findings) {
    let f = |x: f64| scaled(x, raw.transform.into());
    let (lo, hi) = (f(*raw.lo.get_ref()), f(*raw.hi.get_ref()));
    let span = (hi - lo).abs();
    let size = lo.abs().max(hi.abs());
    let wrong = if !SPAN_RANGE.contains(&span) {
        format!("they are {span:e} apart")
    } else if span < SPAN_MIN * size {
        format!("they differ by {:e} of their size", span / size)
    } else {
        return;
    };
    findings.add(
        raw.hi.span(),
        format!(
            "indicator `{code}`: goalposts lo = {}, hi = {}: {wrong}",
            shown(*raw.lo.get_ref()),
            shown(*raw.hi.get_ref())
        ),
        format!(
            "goalposts lie {:e} to {:e} apart, and at least {SPAN_MIN:e} of the larger one",
            SPAN_RANGE.start(),
            SPAN_RANGE.end()
        ),
    );
}

/// Without three hundred zeros.
fn shown(x: f64) -> String {
    if x != 0.0 && !(1e-6..1e15).contains(&x.abs()) { format!("{x:e}") } else { x.to_string() }
}

fn scaled(x: f64, transform: Transform) -> f64 {
    match transform {
        Transform::Identity => x,
        Transform::Ln => x.ln(),
        Transform::Ln1p => x.ln_1p(),
    }
}

/// A target that counts as met from the value that scores nothing is met by everybody.
pub(super) fn met_by_all(
    code: &str,
    goalposts: &RawGoalposts,
    target: &RawTarget,
    findings: &mut Findings,
) {
    let Some(met) = &target.met_from else { return };
    let (from, lo) = (*met.value.get_ref(), *goalposts.lo.get_ref());
    // A target of the worst value itself is told elsewhere.
    if from == lo && *target.value.get_ref() != lo {
        findings.add(
            met.value.span(),
            format!(
                "indicator `{code}`: met_from {} is the value that scores nothing: everybody has met it",
                shown(from)
            ),
            "met_from is the value from which the target counts as met: 95 for a target of 100",
        );
    }
}

/// A target is a value between the goalposts: beyond full marks it can never be met by a score,
/// and below 0 everybody meets it.
pub(super) fn target_within(
    code: &str,
    direction: Option<Direction>,
    goalposts: &RawGoalposts,
    target: &RawTarget,
    findings: &mut Findings,
) {
    let (lo, hi) = (*goalposts.lo.get_ref(), *goalposts.hi.get_ref());
    let met = target.met_from.as_ref().map(|met| ("target.met_from", &met.value));
    for (field, value) in [("target", &target.value)].into_iter().chain(met) {
        let x = match direction {
            Some(Direction::Goldilocks(best)) => (value.get_ref() - best).abs(),
            _ => *value.get_ref(),
        };
        let slack = SPAN_MIN * (hi - lo).abs();
        if lo != hi
            && x.is_finite()
            && lo.is_finite()
            && hi.is_finite()
            && !(lo.min(hi) - slack..=lo.max(hi) + slack).contains(&x)
        {
            findings.add(
                value.span(),
                format!(
                    "indicator `{code}`: {field} {} lies outside the goalposts {} to {}",
                    shown(*value.get_ref()),
                    shown(lo),
                    shown(hi)
                ),
                "move the target or the goalposts: a target is compared as a score between them",
            );
        }
    }
}

/// `met_from` is easier than the target, or equal to it.
pub(super) fn met_from_this_side(
    code: &str,
    direction: Option<Direction>,
    target: &Located<f64>,
    met: &Located<f64>,
    findings: &mut Findings,
) {
    let (target, from) = (*target.get_ref(), *met.get_ref());
    let beyond = match direction {
        Some(Direction::Up) => from > target,
        Some(Direction::Down) => from < target,
        Some(Direction::Goldilocks(best)) => (from - best).abs() < (target - best).abs(),
        None => false,
    };
    if beyond {
        findings.add(
            met.span(),
            format!(
                "indicator `{code}`: met_from {from} is harder to reach than the target {target}"
            ),
            "met_from is the value from which the target counts as met: 95 for a target of 100",
        );
    }
}
