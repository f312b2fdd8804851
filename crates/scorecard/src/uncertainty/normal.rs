//! Normal deviates by the inverse of the distribution: one uniform number, one deviate. Algorithm AS 241,
//! PPND16 (Wichura, Applied Statistics 37, 1988), good to about 1 part in 10^16.

// Numerators and denominators near the middle, outside it, and far out, lowest power first.
const NEAR: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const NEAR_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-09,
];
const FAR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-05,
    2.010_334_399_292_288_1e-07,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    0.000_786_869_131_145_613_3,
    1.846_318_317_510_054_8e-05,
    1.421_511_758_316_446e-07,
    2.044_263_103_389_939_7e-15,
];

/// Half-width of the middle part in p, and its square rounded as published.
const SPLIT: f64 = 0.425;
const SPLIT_SQUARE: f64 = 0.180_625;

/// Where the outer part begins, on the scale of sqrt(-ln p), and what that scale is shifted by.
const FAR_FROM: f64 = 5.0;
const SHIFT: f64 = 1.6;

/// Half of the smallest step of a uniform number: 0 is drawn once in 2^53 and has no deviate.
const LEAST: f64 = f64::EPSILON / 4.0;

fn ratio(above: &[f64; 8], below: &[f64; 8], x: f64) -> f64 {
    let polynomial = |of: &[f64; 8]| of.iter().rev().fold(0.0, |sum, term| sum * x + term);
    polynomial(above) / polynomial(below)
}

/// The deviate below which a share `p` of the standard normal distribution lies; `p` is held above 0.
pub fn deviate(p: f64) -> f64 {
    let p = p.max(LEAST);
    let q = p - 0.5;
    if q.abs() <= SPLIT {
        return q * ratio(&NEAR, &NEAR_BELOW, SPLIT_SQUARE - q * q);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-tail.ln()).sqrt();
    let size = if r <= FAR_FROM {
        ratio(&MIDDLE, &MIDDLE_BELOW, r - SHIFT)
    } else {
        ratio(&FAR, &FAR_BELOW, r - FAR_FROM)
    };
    size.copysign(q)
}
