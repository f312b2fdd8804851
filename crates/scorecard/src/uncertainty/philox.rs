//! Random numbers by counter: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
//! easy as 1, 2, 3", SC11). A number is a function of what it is drawn for and of nothing else, so that
//! neither threads, nor the order of economies, nor another draw can change it.

/// Multipliers of the two lanes.
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// What the key grows by from one round to the next.
const STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Rounds.
const ROUNDS: usize = 10;

/// What a number is drawn for; the last word of the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A weight; the item is the child that has it.
    Weight,
    /// The normalisation of a line.
    Normalisation,
    /// The mean of a line.
    Aggregation,
    /// The indicator that a line leaves out.
    LeaveOut,
    /// The sampling error of a value; the item is the indicator, the block the economy.
    Sampling,
}

impl Purpose {
    /// Its word in the counter.
    pub const fn word(self) -> u32 {
        match self {
            Self::Weight => 1,
            Self::Normalisation => 2,
            Self::Aggregation => 3,
            Self::LeaveOut => 4,
            Self::Sampling => 5,
        }
    }
}

/// High and low half of a product.
fn product(a: u32, b: u32) -> (u32, u32) {
    let [b0, b1, b2, b3, b4, b5, b6, b7] = (u64::from(a) * u64::from(b)).to_le_bytes();
    (u32::from_le_bytes([b4, b5, b6, b7]), u32::from_le_bytes([b0, b1, b2, b3]))
}

/// Four words for a counter and a key.
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let ([mut c0, mut c1, mut c2, mut c3], [mut k0, mut k1]) = (counter, key);
    for _ in 0..ROUNDS {
        let (high0, low0) = product(MULTIPLIERS[0], c0);
        let (high1, low1) = product(MULTIPLIERS[1], c2);
        [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
        k0 = k0.wrapping_add(STEPS[0]);
        k1 = k1.wrapping_add(STEPS[1]);
    }
    [c0, c1, c2, c3]
}

/// From 0, exclusive of 1: the upper 53 bits of two words.
fn unit(low: u32, high: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// A source of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    key: [u32; 2],
}

impl Source {
    /// All numbers of a seed.
    pub fn new(seed: u64) -> Self {
        let [b0, b1, b2, b3, b4, b5, b6, b7] = seed.to_le_bytes();
        let (low, high) = ([b0, b1, b2, b3], [b4, b5, b6, b7]);
        Self { key: [u32::from_le_bytes(low), u32::from_le_bytes(high)] }
    }

    /// Two numbers from 0, exclusive of 1, for a counter (block, replicate, item, purpose).
    pub fn pair(self, counter: [u32; 4]) -> (f64, f64) {
        let [o0, o1, o2, o3] = philox4x32_10(counter, self.key);
        (unit(o0, o1), unit(o2, o3))
    }

    /// The first of them, for what has one block.
    pub fn draw(self, replicate: u32, item: u32, purpose: Purpose) -> f64 {
        self.pair([0, replicate, item, purpose.word()]).0
    }

    /// The first of them, for one of many blocks.
    pub fn draw_in(self, block: u32, replicate: u32, item: u32, purpose: Purpose) -> f64 {
        self.pair([block, replicate, item, purpose.word()]).0
    }
}

/// From -1, exclusive of 1.
pub fn around(u: f64) -> f64 {
    2.0 * u - 1.0
}

/// One of `choices` places that are equally likely; 0 of none.
pub fn choice(u: f64, choices: usize) -> usize {
    // 53 bits of a number below 1 times few choices: never `choices` itself, but for rounding.
    let place = (u * choices as f64).floor();
    (0..choices).rev().find(|at| *at as f64 <= place).unwrap_or(0)
}
