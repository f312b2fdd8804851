//! Numbers as sources print them: the nearest `f64`, and whether the print was its shortest form.

/// A finite number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    /// The value, scaled; never -0.
    pub(crate) value: f64,
    /// Whether the text is the shortest decimal form of `value`, so that it need not be kept.
    pub(crate) is_shortest: bool,
}

/// What the characters of a number are.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state machine")]
#[derive(Default)]
struct Shape {
    whole: usize,
    leading_zero: bool,
    fraction: usize,
    ends_in_zero: bool,
    significant: usize,
    has_point: bool,
    has_exponent: bool,
    has_plus: bool,
    is_negative: bool,
}

/// Reads `[+-]digits[.digits][e[+-]digits]`, scaled by ten to the `scale` (SDMX `UNIT_MULT`).
/// No words (`inf`, `nan`), no separators of thousands, no bounds (`<5`), no units. The Unicode
/// minus sign counts as one (V2). Not finite is not a number, and what is not 0 is none either where
/// the nearest `f64` is 0.
pub(crate) fn parse(text: &str, scale: i32) -> Option<Number> {
    let with_ascii_minus;
    let digits = match text.strip_prefix('\u{2212}') {
        Some(rest) => {
            with_ascii_minus = format!("-{rest}");
            with_ascii_minus.as_str()
        }
        None => text,
    };
    let shape = shape(digits.as_bytes())?;
    let value: f64 = if scale == 0 { digits.parse().ok()? } else { scaled(digits, scale)? };
    if !value.is_finite() || (value == 0.0 && shape.significant > 0) {
        return None;
    }
    // Adding zero turns -0 into 0.
    let value = value + 0.0;
    let is_shortest = scale == 0 && is_shortest(digits, text, &shape, value);
    Some(Number { value, is_shortest })
}

/// Scaling in the decimal text is exact; multiplying would round twice (86.0392 × 10⁶).
fn scaled(digits: &str, scale: i32) -> Option<f64> {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.parse::<i32>().ok()?.checked_add(scale)?;
    format!("{mantissa}e{exponent}").parse().ok()
}

fn shape(bytes: &[u8]) -> Option<Shape> {
    let mut shape = Shape::default();
    let mut rest = match bytes {
        [b'-', rest @ ..] => {
            shape.is_negative = true;
            rest
        }
        [b'+', rest @ ..] => {
            shape.has_plus = true;
            rest
        }
        all => all,
    };
    shape.leading_zero = matches!(rest, [b'0', b'0'..=b'9', ..]);
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' => {
                if shape.has_point {
                    shape.fraction += 1;
                } else {
                    shape.whole += 1;
                }
                if *byte != b'0' || shape.significant > 0 {
                    shape.significant += 1;
                }
                shape.ends_in_zero = *byte == b'0';
            }
            b'.' if !shape.has_point => shape.has_point = true,
            b'e' | b'E' => {
                shape.has_exponent = true;
                let digits = tail.strip_prefix(b"+").or(tail.strip_prefix(b"-")).unwrap_or(tail);
                let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
                return (is_number && shape.whole + shape.fraction > 0).then_some(shape);
            }
            _ => return None,
        }
        rest = tail;
    }
    (shape.whole + shape.fraction > 0).then_some(shape)
}

fn is_shortest(digits: &str, text: &str, shape: &Shape, value: f64) -> bool {
    let is_plain = !shape.has_plus
        && !shape.has_exponent
        && !shape.leading_zero
        && shape.whole > 0
        && (!shape.has_point || (shape.fraction > 0 && !shape.ends_in_zero))
        && (value != 0.0 || !shape.is_negative)
        && digits.len() == text.len();
    if !is_plain {
        return false;
    }
    // Fifteen digits survive the way into an f64 and back, so no shorter text has this value.
    // Beyond 300 places the number may be subnormal and the rule does not hold.
    (shape.significant <= 15 && digits.len() <= 300) || format!("{value}") == digits
}

#[cfg(test)]
mod tests {

    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::parse;

    #[test]
    fn shortest_forms_are_recognised() {
        for text in ["0", "27.8", "1287676979450.75", "-1.2", "0.1", "100", "0.00154"] {
            let number = parse(text, 0).unwrap();
            assert!(number.is_shortest, "{text}");
            assert_eq!(number.value, text.parse::<f64>().unwrap(), "{text}");
        }
        for text in
            ["0.00000", "136.0", "+1", "1e3", "007", "-0", "1.", ".5", "0.30000000000000001"]
        {
            let number = parse(text, 0).unwrap();
            assert!(!number.is_shortest, "{text}");
        }
        // Seventeen digits that are needed: the text is the shortest form, however long.
        assert!(parse("0.6955600000000001", 0).unwrap().is_shortest);
    }

    #[test]
    fn v2_the_minus_stays() {
        assert_eq!(parse("-1.2", 0).unwrap().value, -1.2);
        assert_eq!(parse("\u{2212}1.2", 0).unwrap().value, -1.2);
        assert!(!parse("\u{2212}1.2", 0).unwrap().is_shortest);
    }

    #[test]
    fn v6_unit_multiplier_is_exact() {
        assert_eq!(parse("86.0392", 6).unwrap().value, 86_039_200.0);
        assert_eq!(parse("8.60392e1", 6).unwrap().value, 86_039_200.0);
        assert_eq!(parse("5", -2).unwrap().value, 0.05);
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1,234",
            "17,8 percent",
            "<5",
            ">95",
            "12.3 bu",
            "1e",
            "1e+",
            "1.2.3",
            "1 000",
            "0x10",
            "٣",
            "--1",
            "1e999",
            "1e-400",
            "-1e-400",
            "0.001e-330",
            "None",
            "\u{2212}",
            "1_000",
        ] {
            assert_eq!(parse(text, 0), None, "{text:?}");
        }
    }

    #[test]
    fn trial_p18_what_is_not_zero_does_not_become_zero() {
        for (text, scale) in
            [("1e-400", 0), ("-2.5E-400", 0), ("\u{2212}1e-999999", 0), ("1e-310", -30)]
        {
            assert_eq!(parse(text, scale), None, "{text}");
        }
        let tiny = format!("0.{}1", "0".repeat(400));
        assert_eq!(parse(&tiny, 0), None);
        for text in ["0", "-0.0", "0e-400", "0.000", "0e99999"] {
            assert_eq!(parse(text, 0).unwrap().value, 0.0, "{text}");
        }
        // Less precise, and a number all the same.
        assert_eq!(parse("5e-324", 0).unwrap().value, f64::from_bits(1));
        assert_eq!(parse("1e-310", 0).unwrap().value, 1e-310);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn printed_numbers_come_back(bits in proptest::num::f64::NORMAL) {
            let text = format!("{bits}");
            let number = parse(&text, 0).unwrap();
            prop_assert_eq!(number.value, bits);
            prop_assert_eq!(number.is_shortest, true);
        }

        #[test]
        fn shortest_means_printed_alike(text in "-?[0-9]{1,12}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?") {
            let number = parse(&text, 0).unwrap();
            prop_assert_eq!(number.value, text.parse::<f64>().unwrap());
            prop_assert_eq!(number.is_shortest, format!("{}", number.value) == text);
        }
    }
}
