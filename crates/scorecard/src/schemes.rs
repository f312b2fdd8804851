//! Classes of other organisations for series without a target, from the directed growth rate
//! d * CAGR. For comparison with their publications: no scorecard shows them yet,
//! and none may show them instead of the house class.

/// Eurostat, four classes: at least 1 %, 0 to 1 %, -1 % to 0, below -1 % a year.
pub fn eurostat(directed_cagr: f64) -> &'static str {
    match directed_cagr {
        g if g >= 0.01 => "significant_progress",
        g if g >= 0.0 => "moderate_progress",
        g if g >= -0.01 => "moderate_movement_away",
        _ => "significant_movement_away",
    }
}

/// Statistics Canada and Open SDG: at least 1.5 %, 0.5 % and 0 a year.
pub fn statistics_canada(directed_cagr: f64) -> &'static str {
    match directed_cagr {
        g if g >= 0.015 => "on_track",
        g if g >= 0.005 => "moderate",
        g if g >= 0.0 => "limited",
        _ => "deterioration",
    }
}

/// UNSD progress chart 2023: 3 from 2 % a year, 2 from 0.5 %, else 1.
pub fn unsd(directed_cagr: f64) -> u8 {
    match directed_cagr {
        g if g >= 0.02 => 3,
        g if g >= 0.005 => 2,
        _ => 1,
    }
}

/// UNSD progress chart 2023 with a target, from the ratio of the projected way to the way to the
/// target: 3 from 95 % or where it is met, 2 from 10 %, else 1.
pub fn unsd2023(ratio: f64, met: bool) -> u8 {
    match ratio {
        _ if met => 3,
        r if r >= 0.95 => 3,
        r if r >= 0.10 => 2,
        _ => 1,
    }
}

/// ESCAP's current status index: 0 at the base, 10 at the target.
pub fn escap(way: f64, to_go: f64) -> f64 {
    10.0 * way / to_go.abs()
}
