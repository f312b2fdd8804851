//! Numbers for people: three significant digits, a real minus sign, thin spaces in thousands.

/// Narrow no-break space between groups of three digits.
const GROUP: char = '\u{202F}';

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
    if value.fract() == 0.0 && value.abs() < 1e15 { fixed(value, 0) } else { short(value) }
}

/// A number on an axis: thousands and millions are cut, to fit beside the drawing.
pub fn tick(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        format!("{}\u{A0}M", short(value / 1e6))
    } else if size >= 1e4 {
        format!("{}\u{A0}k", short(value / 1e3))
    } else {
        plain(value)
    }
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
