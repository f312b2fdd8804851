//! From a value in its unit to a score: fixed goalposts, docs/METHOD.md section 1.

use wsis_model::framework::{Direction, Goalposts, Indicator, Transform};

/// A score, held within the scale and not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalised {
    /// Score on `[0, max]`, or beyond it where the goalposts do not clamp.
    pub score: f64,
    /// The score before clamping, so that a clamp can be shown.
    pub unclamped: f64,
}

impl Normalised {
    /// Whether the value lies beyond a goalpost.
    pub fn is_clamped(&self) -> bool {
        self.score != self.unclamped
    }
}

/// Why a value or a column has no score. Never NaN, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNormalised {
    /// The goalposts, or all values of a column, are equal (E12, C10).
    #[error("not discriminating: lower and upper goalpost are equal")]
    NoSpread,
    /// The value, or a goalpost, has no logarithm.
    #[error("value outside the domain of the indicator's transform")]
    OutsideDomain,
    /// The value is not a finite number.
    #[error("value is not a finite number")]
    NotFinite,
    /// The indicator is context: it has no goalposts and no score.
    #[error("context only: the indicator has no goalposts")]
    NoGoalposts,
    /// There is no value to normalise.
    #[error("no value")]
    NoValue,
    /// One value is not enough for this normalisation (E14).
    #[error("not discriminating: a single value")]
    SingleValue,
}

/// f(x) of a transform, `None` outside its domain.
pub fn transformed(x: f64, transform: Transform) -> Option<f64> {
    let y = match transform {
        Transform::Identity => x,
        Transform::Ln if x > 0.0 => x.ln(),
        Transform::Ln1p if x > -1.0 => x.ln_1p(),
        Transform::Ln | Transform::Ln1p => return None,
    };
    y.is_finite().then_some(y)
}

/// The value of which a transform makes `y`.
pub fn untransformed(y: f64, transform: Transform) -> f64 {
    match transform {
        Transform::Identity => y,
        Transform::Ln => y.exp(),
        Transform::Ln1p => y.exp_m1(),
    }
}

/// The quantity that the goalposts bound: the value itself, or its distance from the best value
/// of a goldilocks indicator.
pub fn oriented(x: f64, direction: Direction) -> f64 {
    match direction {
        Direction::Up | Direction::Down => x,
        Direction::Goldilocks(best) => (x - best).abs(),
    }
}

/// The unit of the [`oriented`] quantity, for people.
pub(crate) fn unit_of_oriented(indicator: &Indicator) -> String {
    match indicator.direction {
        Direction::Up | Direction::Down => indicator.unit.clone(),
        Direction::Goldilocks(best) => format!("distance from {best}, {}", indicator.unit),
    }
}

/// 1 where a greater [`oriented`] quantity is the better one, else -1: for comparing two of them.
pub const fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Up => 1.0,
        Direction::Down | Direction::Goldilocks(_) => -1.0,
    }
}

/// Whether the [`oriented`] quantity is a distance from the best value.
pub const fn is_distance(direction: Direction) -> bool {
    matches!(direction, Direction::Goldilocks(_))
}

/// From where on a target counts as met, `met` as it is printed: "met from 95", "met at 2 or below",
/// "met from 0.97, best at 1".
pub fn met_words(direction: Direction, met: &str) -> String {
    match direction {
        Direction::Up => format!("met from {met}"),
        Direction::Down => format!("met at {met} or below"),
        Direction::Goldilocks(best) => format!("met from {met}, best at {best}"),
    }
}

/// What a target asks, `value` as it is printed; strictly: the value itself does not count.
pub(crate) fn asked_words(direction: Direction, value: &str, strict: bool) -> String {
    match direction {
        Direction::Up if strict => format!("met above {value}"),
        Direction::Down if strict => format!("met below {value}"),
        _ => met_words(direction, value),
    }
}

/// Score = max * clamp((f(x) - f(lo)) / (f(hi) - f(lo)), 0, 1). The direction lies in the order
/// of the goalposts (`lo` scores 0, `hi` scores `max`), so it is applied exactly once.
///
/// # Errors
/// Why there is no score.
pub fn goalposts(
    x: f64,
    direction: Direction,
    posts: &Goalposts,
    max: f64,
) -> Result<Normalised, NotNormalised> {
    if !x.is_finite() {
        return Err(NotNormalised::NotFinite);
    }
    let f = |x| transformed(x, posts.transform).ok_or(NotNormalised::OutsideDomain);
    let (lo, hi) = (f(posts.lo)?, f(posts.hi)?);
    if lo == hi {
        return Err(NotNormalised::NoSpread);
    }
    let share = (f(oriented(x, direction))? - lo) / (hi - lo);
    let unclamped = max * share;
    if !unclamped.is_finite() {
        return Err(NotNormalised::NoSpread);
    }
    let score = if posts.clamp { max * share.clamp(0.0, 1.0) } else { unclamped };
    Ok(Normalised { score, unclamped })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsis_model::framework::{Provenance, Status};

    fn posts(lo: f64, hi: f64, transform: Transform, clamp: bool) -> Goalposts {
        let provenance =
            Provenance { status: Status::Proposed, source: "test".into(), verified: true };
        Goalposts { lo, hi, transform, clamp, provenance }
    }

    fn scores(xs: &[f64], direction: Direction, posts: &Goalposts) -> Vec<f64> {
        xs.iter().map(|&x| goalposts(x, direction, posts, 100.0).unwrap().score).collect()
    }

    #[test]
    fn e16_goalposts_both_directions() {
        let up = posts(0.0, 10.0, Transform::Identity, true);
        let down = posts(10.0, 0.0, Transform::Identity, true);
        let xs = [-5.0, 0.0, 5.0, 15.0];
        assert_eq!(scores(&xs, Direction::Up, &up), [0.0, 0.0, 50.0, 100.0]);
        assert_eq!(scores(&xs, Direction::Down, &down), [100.0, 100.0, 50.0, 0.0]);
    }

    #[test]
    fn the_unclamped_score_stays_visible() {
        let clamped = posts(0.0, 75.0, Transform::Identity, true);
        let result = goalposts(77.6, Direction::Up, &clamped, 1.0).unwrap();
        assert_eq!(result.score, 1.0);
        assert!((result.unclamped - 1.034_666_666_7).abs() < 1e-9 && result.is_clamped());
        // DESI lets scores exceed 1 by design.
        let open = posts(0.0, 75.0, Transform::Identity, false);
        assert!(goalposts(77.6, Direction::Up, &open, 1.0).unwrap().score > 1.03);
    }

    #[test]
    fn e17_c10_equal_goalposts_give_no_score() {
        let flat = posts(5.0, 5.0, Transform::Identity, true);
        assert_eq!(goalposts(5.0, Direction::Up, &flat, 100.0), Err(NotNormalised::NoSpread));
    }

    #[test]
    fn c11_zero_is_a_value() {
        let ln1p = posts(0.0, 500.0, Transform::Ln1p, true);
        assert_eq!(goalposts(0.0, Direction::Up, &ln1p, 100.0).unwrap().score, 0.0);
        let ln = posts(1.0, 500.0, Transform::Ln, true);
        assert_eq!(goalposts(0.0, Direction::Up, &ln, 100.0), Err(NotNormalised::OutsideDomain));
    }

    #[test]
    fn goldilocks_scores_the_distance_on_both_sides() {
        let parity = posts(0.5, 0.0, Transform::Identity, true);
        let xs = [1.0, 0.75, 1.25, 1.6, 0.0];
        let expected = [100.0, 50.0, 50.0, 0.0, 0.0];
        assert_eq!(scores(&xs, Direction::Goldilocks(1.0), &parity), expected);
    }

    #[test]
    fn not_a_number_is_refused() {
        let up = posts(0.0, 10.0, Transform::Identity, true);
        for x in [f64::NAN, f64::INFINITY] {
            assert_eq!(goalposts(x, Direction::Up, &up, 1.0), Err(NotNormalised::NotFinite));
        }
    }
}
