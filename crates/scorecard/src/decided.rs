//! The test that decided a class, of a line or of an indicator, in words and with its numbers: what
//! stands beside the class wherever it is shown. Numbers are printed with as many decimals as it takes to see what was
//! compared: "95.0, met from 95.0" of a target that is missed would be a riddle.

use wsis_model::framework::{Indicator, Transform};
use wsis_model::rules::ClassRule;

use crate::evaluated::short;
use crate::indicator::{raw_track, track};
use crate::normalise::met_words;
use crate::pace::SPAN_DECIMALS;
use crate::progress::{Track, Why};
use crate::rank::round;
use crate::reading::View;
use crate::result::Class;

/// What is compared: the class of a line is that of its indicators with a target.
const MEAN: &str = "mean score of those with a target";

/// Digits of a rate, beginning with the first that is not 0.
const DIGITS: usize = 3;

/// Decimals of the values of an indicator, at least; zeros at the end are left out.
const VALUES: usize = SPAN_DECIMALS;

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
        (_, Some(why @ Why::NotSignificant)) => {
            let error = within(track.error?, classes, ratio.is_some() && class == Class::Limited);
            Some(format!("{why}: {MEAN} {start} to {end}, {error}"))
        }
        (Class::NotAssessable, _) => None,
        (Class::TargetMet, Some(why @ Why::Falling)) => {
            Some(format!("{MEAN} {end}, met from {met}; {why}: from {start}"))
        }
        (Class::TargetMet, _) => {
            Some(format!("{MEAN} {end}, met from {met}{}", since_the_start(track)))
        }
        (Class::DeadlineMissed, _) => {
            Some(format!("target year {year} past, target not met: {MEAN} {end}, met from {met}"))
        }
        (_, Some(why @ (Why::MetThenLost | Why::RequiredZero))) => {
            Some(format!("{why}: {MEAN} {start} to {end}, met from {met}"))
        }
        _ => Some(format!(
            "{}: {MEAN} {start} to {end}, {met} asked by {year}",
            of_the_pace(ratio?, classes)
        )),
    }
}

/// What is said of a target that was met at both ends; nothing of one that was not, or of a level.
fn since_the_start(track: &Track) -> String {
    if track.met(track.start) == Some(true) {
        format!("; {}", Why::RequiredZero)
    } else {
        String::new()
    }
}

/// "inside the sampling error of 1.3 points", and why that is enough for a class.
fn within(error: f64, classes: &ClassRule, is_classed: bool) -> String {
    let text = format!("inside the sampling error of {} points", short(error));
    if !is_classed {
        return text;
    }
    let bound = pace(classes.moderate, classes);
    format!("{text}, and even the best that this allows is below {bound} of the pace asked")
}

/// Why an indicator has the class that it has, or none for want of a significant change: its own
/// values with their years, the value from which its target counts as met, and the two rates.
pub(crate) fn tested(
    indicator: &Indicator,
    class: Class,
    why: Option<Why>,
    view: &View<'_>,
    classes: &ClassRule,
) -> Option<String> {
    let (end, target) = (view.end?, indicator.target.as_ref()?);
    let start = view.comparable().ok().map(|(start, _)| start);
    let values = [Some(end.value), Some(target.met_value()), start.map(|start| start.value)];
    let rates = rates(indicator, view, classes);
    let spans = start.map(|start| (end.year - start.year, target.year - start.year));
    let shown =
        rates.as_ref().zip(spans).and_then(|(rates, spans)| dividing(&values, rates, spans));
    let shown = shown.unwrap_or_else(|| apart(&values, VALUES));
    let shown: Vec<String> = shown.iter().map(|text| trimmed(text)).collect();
    let [now, met, before] = shown.as_slice() else { return None };
    let now = format!("{now} in {}", end.year);
    let before = start.map(|start| format!("{before} in {}", start.year));
    let met_at = met_words(indicator.direction, met);
    let own = track(indicator, view, classes);
    match (class, why) {
        (_, Some(why @ Why::NotSignificant)) => {
            let error = within(own.error?, classes, class == Class::Limited);
            Some(format!("{why}: {} to {now}, {error}", before?))
        }
        (Class::NotAssessable, _) => None,
        (Class::TargetMet, Some(why @ Why::Falling)) => {
            Some(format!("{now}, {met_at}; {why}: from {}", before?))
        }
        (Class::TargetMet, _) => Some(format!("{now}, {met_at}{}", since_the_start(&own))),
        (Class::DeadlineMissed, _) => {
            let late = if end.year < target.year {
                format!("; the latest value is of {}", end.year)
            } else {
                String::new()
            };
            Some(format!("target year {} past, target not met: {now}, {met_at}{late}", target.year))
        }
        (_, Some(why @ (Why::MetThenLost | Why::RequiredZero))) => {
            Some(format!("{why}: {} to {now}, {met_at}", before?))
        }
        _ => {
            let pace = of_the_pace(own.rates().ratio_linear?, classes);
            let (before, year) = (before?, target.year);
            let asked = match rates {
                Some((made, asked)) => {
                    format!(
                        "{before} to {now} is {made} a year, {asked} a year asked for {met} by {year}"
                    )
                }
                None => format!("{before} to {now}, {met} asked by {year}, compared as logarithms"),
            };
            Some(format!("{pace}: {asked}"))
        }
    }
}

/// The rate made and the rate asked from the baseline, in units a year; `None` where values are
/// compared as logarithms, so that their quotient is another one.
fn rates(indicator: &Indicator, view: &View<'_>, classes: &ClassRule) -> Option<(String, String)> {
    let posts = indicator.goalposts.as_ref();
    if posts.is_some_and(|posts| posts.transform != Transform::Identity) {
        return None;
    }
    let rates = raw_track(indicator, view, classes).rates();
    let (made, asked) = (rates.linear?, rates.required_linear_from_base?);
    // A reader divides one by the other: 0.88 by 0.01 was told as 12,576 %.
    let least = telling(made).max(telling(asked));
    let printed = |least: usize| apart(&[Some(made), Some(asked), Some(0.0)], least);
    let part = pace(rates.ratio_linear?, classes);
    let divides = |texts: &Vec<String>| {
        let numbers: Vec<f64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        numbers.first().zip(numbers.get(1)).is_some_and(|(a, b)| pace(a / b, classes) == part)
    };
    let shown = (least..=MOST.max(least)).map(printed).find(divides);
    let shown = shown.unwrap_or_else(|| printed(least));
    let [made, asked, _] = shown.as_slice() else { return None };
    Some((signed(made), signed(asked)))
}

/// The values with so many decimals that a reader who divides what they differ by by the years gets the
/// rates as they are printed; `None` where [`MOST`] are not enough. `values` are those of now, of the
/// target, and of before; `spans` the years to now and to the target.
fn dividing(
    values: &[Option<f64>; 3],
    (made, asked): &(String, String),
    spans: (i32, i32),
) -> Option<Vec<String>> {
    let gives = |from: f64, to: f64, span: i32, rate: &String| {
        let decimals = rate.split_once('.').map_or(0, |(_, digits)| digits.len());
        // One that ends in zeros is printed without them.
        let divided = format!("{:.decimals$}", (to - from) / f64::from(span));
        signed(&divided) == *rate
    };
    let divide = |texts: &Vec<String>| {
        let numbers: Vec<f64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        let [now, met, before] = numbers[..] else { return false };
        gives(before, now, spans.0, made) && gives(before, met, spans.1, asked)
    };
    (VALUES..=MOST).map(|least| apart(values, least)).find(divide)
}

/// Decimals with which a number has [`DIGITS`] digits that tell something; of 0, the usual ones.
fn telling(value: f64) -> usize {
    let tells = |decimals: &usize| {
        let text = format!("{value:.decimals$}").replace(['-', '.'], "");
        value == 0.0 || text.trim_start_matches('0').len() >= DIGITS
    };
    (VALUES..MOST).find(tells).unwrap_or(MOST)
}

/// With its sign, so that a fall reads as one; a zero has none.
fn signed(text: &str) -> String {
    let is_zero = !text.contains(|c: char| matches!(c, '1'..='9'));
    let text = trimmed(text);
    match text.strip_prefix('-') {
        Some(rest) if is_zero => rest.to_owned(),
        Some(_) => text,
        None if is_zero => text,
        None => format!("+{text}"),
    }
}

/// Without zeros at the end of a fraction.
fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// "42 % of the pace asked"; of a negative pace also what that means.
fn of_the_pace(ratio: f64, classes: &ClassRule) -> String {
    let text = format!("{} of the pace asked", pace(ratio, classes));
    if text.starts_with('-') { format!("away from the target, {text}") } else { text }
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
        standard_errors: 1.96,
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
