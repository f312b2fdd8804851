//! Contrast and colour-blind separation, measured on the constants that the style sheet uses.

use wsis_report::class::Progress;
use wsis_report::css;
use wsis_report::palette::{DARK, LIGHT, Theme};

type Rgb = [f64; 3];

/// sRGB to linear light (IEC 61966-2-1).
fn linear(colour: &str) -> Rgb {
    [1, 3, 5].map(|at| {
        let byte = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
        let part = f64::from(byte) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance(rgb: Rgb) -> f64 {
    0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
}

/// Contrast ratio of WCAG 2.
fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(linear(a)), luminance(linear(b)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Reference values of the contrast formula itself: black on white, and a grey known to be 4.54.
#[test]
fn contrast_formula() {
    assert!((contrast("#000000", "#FFFFFF") - 21.0).abs() < 1e-9);
    assert!((contrast("#767676", "#FFFFFF") - 4.54).abs() < 0.01);
}

#[test]
fn text_has_contrast_in_both_themes() {
    for theme in [LIGHT, DARK] {
        for ground in [theme.page, theme.panel] {
            let words = [theme.ink, theme.muted, theme.accent];
            for colour in words.into_iter().chain(theme.inks) {
                let found = contrast(colour, ground);
                assert!(found >= 4.5, "{colour} on {ground}: {found:.2}");
            }
        }
    }
}

/// Areas and strokes need 3 : 1 (WCAG 1.4.11); white or dark shapes stand inside the areas.
#[test]
fn areas_and_strokes_have_contrast_in_both_themes() {
    for theme in [LIGHT, DARK] {
        for colour in theme.fills.into_iter().chain([theme.accent, theme.hatch]) {
            let found = contrast(colour, theme.page);
            assert!(found >= 3.0, "{colour} on {}: {found:.2}", theme.page);
        }
        assert!(contrast(theme.accent, theme.band) >= 3.0, "the median on its band");
    }
}

#[test]
fn class_colours_are_those_of_the_design() {
    let design = ["#1B6CA8", "#2E8B57", "#B58900", "#C8691C", "#B0312B"];
    assert_eq!(LIGHT.fills[..5], design);
    assert_eq!(LIGHT.fills[6], "#6B7280");
}

#[test]
fn shapes_and_words_differ_and_are_in_the_sheet() {
    let sheet = css::sheet();
    let mut shapes: Vec<&str> = Progress::ALL.iter().map(|class| class.shape()).collect();
    for class in Progress::ALL {
        assert!(sheet.contains(&format!(
            ".k{}::before{{content:'{}'",
            class.index(),
            class.shape()
        )));
    }
    shapes.sort_unstable();
    shapes.dedup();
    assert_eq!(shapes.len(), 7);
}

/// Machado, Oliveira and Fernandes 2009, severity 1, on linear light.
const DEUTERANOPIA: [Rgb; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];
const PROTANOPIA: [Rgb; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const TRITANOPIA: [Rgb; 3] = [
    [1.255_528, -0.076_749, -0.178_779],
    [-0.078_411, 0.930_809, 0.147_602],
    [0.004_733, 0.691_367, 0.303_900],
];

fn seen(colour: &str, by: &[Rgb; 3]) -> Rgb {
    let light = linear(colour);
    by.map(|row| (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]).clamp(0.0, 1.0))
}

/// CIE L*a*b*, D65.
fn lab(rgb: Rgb) -> Rgb {
    let [r, g, b] = rgb;
    let xyz = [
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.950_47,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.088_83,
    ];
    let f = xyz.map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
}

fn distance(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (lab(a), lab(b));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn closest(theme: &Theme, by: &[Rgb; 3]) -> (f64, usize, usize) {
    let mut best = (f64::MAX, 0, 0);
    for a in 0..7 {
        for b in a + 1..7 {
            let found = distance(seen(theme.fills[a], by), seen(theme.fills[b], by));
            if found < best.0 {
                best = (found, a, b);
            }
        }
    }
    best
}

/// 5 is about twice what is just noticed side by side. Shape and word carry the class anyway;
/// in grey they must, since seven areas with 3 : 1 against the page cannot differ in lightness.
#[test]
fn classes_differ_for_colour_blind_eyes() {
    for theme in [LIGHT, DARK] {
        for (name, by) in [("deuter", DEUTERANOPIA), ("prot", PROTANOPIA), ("trit", TRITANOPIA)] {
            let (found, a, b) = closest(&theme, &by);
            assert!(found >= 5.0, "{name}: classes {a} and {b} are {found:.1} apart");
        }
    }
}

/// The map is read by lightness alone, in grey too.
#[test]
fn map_bands_are_ordered_by_lightness() {
    for (theme, darker) in [(LIGHT, true), (DARK, false)] {
        let light: Vec<f64> = theme.bands.iter().map(|band| lab(linear(band))[0]).collect();
        for pair in light.windows(2) {
            let step = if darker { pair[0] - pair[1] } else { pair[1] - pair[0] };
            assert!(step >= 8.0, "{light:?}");
        }
    }
}
