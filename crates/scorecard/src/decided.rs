//! The test that decided the class of a line, in words and with its numbers: what stands beside the
//! class wherever it is shown. Numbers are printed with as many decimals as it takes to see what was
//! compared: "95.0, met from 95.0" of a target that is missed would be a riddle.

use wsis_model::rules::ClassRule;

use crate::progress::{Track, Why};
use crate::rank::round;
use crate::result::Class;

/// What is compared: the class of a line is that of its indicators with a target.
const MEAN: &str = "mean score of those with a target";

/// Most decimals that numbers are told apart with; what is nearer is equal to a reader.
const MOST: usize = 9;

/// Why a line has the class that it has; `None` without one. `year` is that of the target.
pub(crate) fn decided(
    class: Class,
    why: Option<Why>,
    track: &Track,
    classes: &ClassRule,
    decimals: usize,
) -> Option<String> {
    let (end, target) = (track.end?, track.target?);
    let start = track.start.map(|start| start.value);
    let shown = apart(&[Some(end.value), Some(target.value), start], decimals);
    let [end, met, start] = shown.as_slice() else { return None };
    let year = target.year;
    let ratio = track.rates().ratio_linear;
    match (class, why) {
        (Class::NotAssessable, _) => None,
        (Class::TargetMet, _) => Some(format!("{MEAN} {end}, met from {met}")),
        (Class::DeadlineMissed, _) => {
            Some(format!("target year {year} past, target not met: {MEAN} {end}, met from {met}"))
        }
        (_, Some(why @ (Why::MetThenLost | Why::RequiredZero))) => {
            Some(format!("{why}: {MEAN} {start} to {end}, met from {met}"))
        }
        _ => Some(format!(
            "{} of the pace asked: {MEAN} {start} to {end}, {met} asked by {year}",
            pace(ratio?, classes)
        )),
    }
}

/// The parts of a pace in per cent, so that no bound of a class lies between it and the ratio.
pub fn pace(ratio: f64, classes: &ClassRule) -> String {
    let ratio = round(ratio, classes.ratio_decimals);
    let bounds = [classes.on_track, classes.moderate, classes.limited];
    let tells = |text: &str| {
        let printed: f64 = text.parse().unwrap_or(f64::NAN);
        bounds.iter().all(|bound| (printed / 100.0 >= *bound) == (ratio >= *bound))
    };
    let mut decimals = 0;
    loop {
        let text = format!("{:.decimals$}", ratio * 100.0);
        if decimals >= MOST || tells(&text) {
            // A zero has no sign.
            let is_zero = !text.contains(|c: char| matches!(c, '1'..='9'));
            let text = if is_zero { text.trim_start_matches('-') } else { &text };
            return format!("{text} %");
        }
        decimals += 1;
    }
}

/// Numbers with the same decimals, so many that those which differ look different.
fn apart(values: &[Option<f64>], least: usize) -> Vec<String> {
    let printed = |decimals: usize| -> Vec<String> {
        let text = |value: &Option<f64>| value.map(|it| format!("{it:.decimals$}"));
        values.iter().map(|value| text(value).unwrap_or_default()).collect()
    };
    let clash = |texts: &[String]| {
        let pairs = || values.iter().zip(texts);
        pairs().any(|(a, text)| {
            pairs().any(|(b, other)| text == other && a.zip(*b).is_some_and(|(a, b)| a != b))
        })
    };
    let mut decimals = least;
    loop {
        let texts = printed(decimals);
        if decimals >= MOST.max(least) || !clash(&texts) {
            return texts;
        }
        decimals += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: ClassRule = ClassRule {
        on_track: 0.95,
        moderate: 0.6,
        limited: 0.0,
        ratio_decimals: 9,
        stagnant_below: 1.0,
        met_tolerance: 1e-9,
        min_target_share: wsis_model::rules::Share::new(2, 3).unwrap(),
    };

    #[test]
    fn a_pace_is_never_printed_on_the_other_side_of_a_bound() {
        let told = |ratio| pace(ratio, &HOUSE);
        assert_eq!(told(0.42), "42 %");
        assert_eq!(told(0.9499), "94.99 %");
        assert_eq!(told(0.95), "95 %");
        assert_eq!(told(0.5996), "59.96 %");
        assert_eq!(told(-0.001), "-0.1 %");
        assert_eq!(told(0.0), "0 %");
        assert_eq!(told(3.2), "320 %");
    }

    #[test]
    fn numbers_that_differ_look_different() {
        assert_eq!(apart(&[Some(94.96), Some(95.0), Some(90.0)], 1), ["94.96", "95.00", "90.00"]);
        assert_eq!(apart(&[Some(95.0), Some(95.0), None], 1), ["95.0", "95.0", ""]);
        assert_eq!(apart(&[Some(1.0), Some(1.0 + 1e-13), None], 1)[0], "1.000000000");
    }
}
