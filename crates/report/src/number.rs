//! Numbers for people: three significant digits, a real minus sign, thin spaces in thousands.

/// Narrow no-break space between groups of three digits.
const GROUP: char = '\u{202F}';

/// How scores are drawn and printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Full marks.
    pub max: f64,
    /// Decimals of a score.
    pub decimals: usize,
}

impl Scale {
    /// A score as printed.
    pub fn text(&self, score: f64) -> String {
        fixed(score, self.decimals)
    }

    /// A score as a reader of the printed one has it.
    pub fn rounded(&self, score: f64) -> f64 {
        format!("{score:.0$}", self.decimals).parse().unwrap_or(score)
    }

    /// A change of score as printed.
    pub fn change(&self, change: f64) -> String {
        signed(change, self.decimals)
    }
}

/// Three significant digits: `87.4`, `0.712`, `12 300`.
///
/// A number that is not finite gives an empty text; callers show a reason instead.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let size = value.abs();
    if size >= 999.5 {
        let unit = 10_f64.powf(size.log10().floor() - 2.0);
        return fixed((value / unit).round() * unit, 0);
    }
    let decimals = if size >= 99.95 || size == 0.0 {
        0
    } else if size >= 9.995 {
        1
    } else if size >= 0.9995 {
        2
    } else if size >= 0.000_999_5 {
        3
    } else {
        6
    };
    fixed(value, decimals)
}

/// A round number as it is (`100`), any other with three significant digits: for axes, goalposts
/// and targets.
pub fn plain(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return fixed(value, 0);
    }
    let text = short(value);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Round numbers from at or below `lo` to at or above `hi`, three to six of them, a step of 1, 2,
/// 2.5 or 5 times a power of ten apart: the marks of an axis, whose ends are the first and last.
pub fn round_marks(lo: f64, hi: f64) -> Vec<f64> {
    // A range without extent, that of one value, is widened: an axis needs more than one mark.
    let wide = hi > lo && (hi - lo).is_finite();
    let (lo, hi) = if wide { (lo, hi) } else { (lo, lo + 1.0) };
    let span = hi - lo;
    let raw = span / 4.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let mut marks = Vec::new();
    let mut at = (lo / step + 1e-9).floor();
    loop {
        marks.push(at * step);
        if at * step >= hi - step * 1e-9 || marks.len() >= 8 {
            return marks;
        }
        at += 1.0;
    }
}

/// The marks of an axis as text: thousands and millions are cut, to fit beside the drawing, and
/// all have the same decimals.
pub fn mark_texts(marks: &[f64]) -> Vec<String> {
    let most = marks.iter().fold(0.0_f64, |most, mark| most.max(mark.abs()));
    let (unit, letter) = if most >= 1e6 {
        (1e6, "\u{A0}M")
    } else if most >= 1e4 {
        (1e3, "\u{A0}k")
    } else {
        (1.0, "")
    };
    let whole = |decimals: usize| {
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(6));
        marks.iter().all(|mark| {
            let shown = mark / unit * scale;
            (shown - shown.round()).abs() < 1e-6
        })
    };
    let decimals = (0..6).find(|decimals| whole(*decimals)).unwrap_or(6);
    marks.iter().map(|mark| format!("{}{letter}", fixed(mark / unit, decimals))).collect()
}

/// Decimals for a column of values of one unit: three significant digits of the largest, so that
/// the points stand under each other.
pub fn decimals_of(values: impl IntoIterator<Item = f64>) -> usize {
    let most = values.into_iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let text = short(most);
    let shown = text.split_once('.').map_or(0, |(_, part)| part.len());
    // A column whose largest value is 100 or so has values below it with a decimal.
    if most > 0.0 && most < 999.5 { shown.max(1) } else { shown }
}

/// A number with so many decimals.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|digit| digit.is_ascii_digit() && digit != b'0') {
        out.push('\u{2212}');
    }
    out.push_str(&grouped(whole));
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    out
}

/// A change: `fixed` with a plus sign where it is above zero.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let moves = text.bytes().any(|digit| digit.is_ascii_digit() && digit != b'0');
    if value > 0.0 && moves { format!("+{text}") } else { text }
}

/// A count.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// "1 economy", "31 economies": a count with its noun, in the right number.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// "1 economy", "31 economies".
pub fn economies(number: u32) -> String {
    counted(u64::from(number), "economy", "economies")
}

/// A share of 1 as whole per cent. What is not all is never shown as 100, nor what is not
/// nothing as 0.
pub fn percent(share: f64) -> String {
    let whole = (share * 100.0).round();
    if share < 1.0 && whole >= 100.0 {
        "over 99\u{A0}%".to_owned()
    } else if share > 0.0 && whole < 1.0 {
        "under 1\u{A0}%".to_owned()
    } else {
        format!("{whole:.0}\u{A0}%")
    }
}

/// A coordinate: a whole number, clamped to what fits a drawing.
pub fn pixel(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a few thousand first")]
    let whole = value.clamp(-10_000.0, 10_000.0).round() as i32;
    whole
}

fn grouped(digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(GROUP);
        }
        out.push(digit);
    }
    out
}
