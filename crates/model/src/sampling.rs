//! The error of a survey: how far a share is from that of everybody by the luck of the draw.

/// How the sample of a survey is drawn that a share in per cent rests on: how large a change has to
/// be before it is more than the luck of the draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// People asked in one economy and wave.
    pub sample: u32,
    /// How many times the variance is that of a plain random draw of as many, at least 1: people
    /// are asked in clusters, and weighted.
    pub design_effect: f64,
    /// Where both were read, or how they were chosen.
    pub source: String,
    /// Whether they were read there.
    pub verified: bool,
}

impl Sampling {
    /// The change from `start` to `end` (per cent, 0 to 100) inside which the two cannot be told
    /// apart, in points: so many standard errors of the difference of two independent waves.
    ///
    /// Each wave has one "yes" and one "no" more than it has (Agresti and Caffo, The American
    /// Statistician 54, 2000): without them a share of 100 % would have no error at all.
    pub fn error(&self, start: f64, end: f64, standard_errors: f64) -> f64 {
        100.0 * standard_errors * (self.variance(start) + self.variance(end)).sqrt()
    }

    /// The value so many standard errors away from `percent` (0 to 100), held within the scale.
    pub fn drawn(&self, percent: f64, standard_errors: f64) -> f64 {
        let error = 100.0 * self.variance(percent).sqrt();
        (percent + error * standard_errors).clamp(0.0, 100.0)
    }

    /// Variance of one wave's share.
    fn variance(&self, percent: f64) -> f64 {
        let people = f64::from(self.sample) / self.design_effect.max(1.0);
        let yes = (percent / 100.0).clamp(0.0, 1.0) * people + 1.0;
        let all = people + 2.0;
        let share = yes / all;
        share * (1.0 - share) / all
    }
}
