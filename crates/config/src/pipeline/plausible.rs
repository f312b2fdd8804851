//! Whether figures can be true: what a pipeline asks, its TOML form, and what is asked where it says nothing.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::pipeline::{folded_code, same_code};
use wsis_model::plausible::{Action, Copied, Edition, Jump, Plausibility, Scale, Tests, Total};

use super::check::Check;
use super::form::RawPipeline;
use crate::document::Located;
use crate::error::ErrorKind;
use crate::suggest;

/// Of 30,038 figures of 17 series of the World Development Indicators, 2005 to 2025, these tell of 61.
const DEVIATIONS: f64 = 15.0;
/// Fewer earlier figures show no usual spread.
const POINTS_MIN: usize = 8;
/// Fewer equal figures are chance.
const FIGURES_MIN: u64 = 20;
/// Fewer figures near a factor are chance. Of the Global Cybersecurity Index, from 0 to 1 in 2018 and from 0 to
/// 100 in 2020, 180 of 190 are; a third and three times a factor tell 100 from 1,000.
const SCALED_MIN: u64 = 10;
const SCALED_SHARE_MIN: f64 = 0.8;
const SCALED_WITHIN: f64 = 3.0;
const FACTORS: [f64; 2] = [100.0, 1_000.0];
const COPIED_SHARE_MIN: f64 = 0.95;
/// Grades and full coverage stay as they are; ten different numbers are measured ones.
const DISTINCT_MIN: usize = 10;
/// Rounding of the parts of a sum.
const TOTAL_WITHIN: f64 = 0.01;

/// Whether figures can be true beside those before them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Plausibility")]
pub(super) struct RawTests {
    /// One figure against the earlier ones of its area, by median absolute deviation: its size and its
    /// step. Without it told from 15 deviations on, where there are 8 earlier ones.
    pub(super) jump: Option<RawJump>,
    /// All figures of an edition (one period of a series) are equal, and not 0. Without it told.
    pub(super) constant: Option<RawEdition>,
    /// All figures of an edition are 0, after one in which not all were. Without it the run is held.
    pub(super) all_zero: Option<RawEdition>,
    /// Nearly all figures of an edition are 100 or 1,000 times those before, or a hundredth or a
    /// thousandth of them. Without it the run is held.
    pub(super) scale: Option<RawScale>,
    /// Nearly all figures of an edition are those of the edition before. Without it told.
    pub(super) copied: Option<RawCopied>,
}

/// What becomes of figures that do not look true.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PlausibilityAction")]
pub(super) enum RawAction {
    /// Nobody looks.
    Off,
    /// The run says so, and they come into force.
    Warn,
    /// They go to quarantine; what is in force stays.
    Quarantine,
    /// The run is held until somebody has looked at it.
    Hold,
}

impl RawAction {
    const fn meaning(self) -> Action {
        match self {
            Self::Off => Action::Off,
            Self::Warn => Action::Warn,
            Self::Quarantine => Action::Quarantine,
            Self::Hold => Action::Hold,
        }
    }
}

/// A figure against the earlier ones of its area.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JumpTest")]
pub(super) struct RawJump {
    pub(super) action: Option<RawAction>,
    /// Median absolute deviations beyond which a figure jumps, above 0; without it 15.
    pub(super) deviations: Option<Located<f64>>,
    /// Earlier figures that there must be, 3 or more; without it 8.
    pub(super) points_min: Option<Located<u32>>,
}

/// An edition as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EditionTest")]
pub(super) struct RawEdition {
    pub(super) action: Option<RawAction>,
    /// Figures that it must have, 2 or more; without it 20.
    pub(super) figures_min: Option<Located<u32>>,
}

/// An edition in another unit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScaleTest")]
pub(super) struct RawScale {
    pub(super) action: Option<RawAction>,
    /// Figures that must have one before, 2 or more; without it 10.
    pub(super) figures_min: Option<Located<u32>>,
    /// Share of them that must be near the factor, 0 to 1; without it 0.8.
    pub(super) share_min: Option<Located<f64>>,
}

/// An edition that is the one before once more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CopiedTest")]
pub(super) struct RawCopied {
    pub(super) action: Option<RawAction>,
    /// Figures that must have one before, 2 or more; without it 20.
    pub(super) figures_min: Option<Located<u32>>,
    /// Share of them that must be equal to it, 0 to 1; without it 0.95.
    pub(super) share_min: Option<Located<f64>>,
    /// Different numbers that must be among the equal ones; without it 10.
    pub(super) distinct_min: Option<u32>,
}

/// A series that is the sum of others, area by area, period by period and breakdown by breakdown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Total")]
pub(super) struct RawTotal {
    /// Code of the sum.
    pub(super) series: Located<String>,
    /// Codes of its parts.
    pub(super) parts: Vec<Located<String>>,
    /// What becomes of figures that are not their sum; without it they are told.
    pub(super) action: Option<RawAction>,
    /// By what part of the sum they may differ, 0 to 1; without it 0.01.
    pub(super) within: Option<Located<f64>>,
}

/// What is asked where a pipeline says nothing: a run is held where a false alarm is unlikely.
fn usual() -> Tests {
    let (action, figures_min) = (Action::Warn, FIGURES_MIN);
    Tests {
        jump: Jump { action, deviations: DEVIATIONS, points_min: POINTS_MIN },
        constant: Edition { action, figures_min },
        all_zero: Edition { action: Action::Hold, figures_min },
        scale: Scale {
            action: Action::Hold,
            figures_min: SCALED_MIN,
            share_min: SCALED_SHARE_MIN,
            within: SCALED_WITHIN,
            factors: FACTORS.to_vec(),
        },
        copied: Copied {
            action,
            figures_min,
            share_min: COPIED_SHARE_MIN,
            distinct_min: DISTINCT_MIN,
        },
    }
}

impl Check<'_> {
    /// What a pipeline asks of its figures.
    pub(super) fn plausibility(&mut self, raw: &RawPipeline) -> Plausibility {
        let every = self.tests(usual(), &raw.plausibility);
        let series = raw.series.iter().filter_map(|series| {
            let own = series.plausibility.as_ref()?;
            Some((folded_code(&series.code), self.tests(every.clone(), own)))
        });
        let series = series.collect();
        let totals = raw.total.iter().map(|total| self.total(total, raw)).collect();
        Plausibility { every: Some(every), series, totals }
    }

    fn tests(&mut self, mut tests: Tests, raw: &RawTests) -> Tests {
        let set = |action: &mut Action, raw: Option<RawAction>| {
            *action = raw.map_or(*action, RawAction::meaning);
        };
        if let Some(raw) = &raw.jump {
            set(&mut tests.jump.action, raw.action);
            if let Some(most) = &raw.deviations {
                if !most.is_finite() || **most <= 0.0 {
                    let message = format!("`deviations` is {}", **most);
                    let hint = "write how many median absolute deviations are too many, such as 15";
                    self.add(ErrorKind::InvalidValue, most.span(), message, hint);
                }
                tests.jump.deviations = **most;
            }
            // Of two figures there is one step, and no spread of steps.
            let points = self.least("points_min", raw.points_min.as_ref(), 3);
            tests.jump.points_min = points
                .map_or(tests.jump.points_min, |it| usize::try_from(it).unwrap_or(usize::MAX));
        }
        for (edition, raw) in
            [(&mut tests.constant, &raw.constant), (&mut tests.all_zero, &raw.all_zero)]
        {
            let Some(raw) = raw else { continue };
            set(&mut edition.action, raw.action);
            let least = self.least("figures_min", raw.figures_min.as_ref(), 2);
            edition.figures_min = least.unwrap_or(edition.figures_min);
        }
        if let Some(raw) = &raw.scale {
            set(&mut tests.scale.action, raw.action);
            let least = self.least("figures_min", raw.figures_min.as_ref(), 2);
            tests.scale.figures_min = least.unwrap_or(tests.scale.figures_min);
            let share = self.share_or("share_min", raw.share_min.as_ref(), tests.scale.share_min);
            tests.scale.share_min = share;
        }
        if let Some(raw) = &raw.copied {
            let copied = &mut tests.copied;
            set(&mut copied.action, raw.action);
            let least = self.least("figures_min", raw.figures_min.as_ref(), 2);
            copied.figures_min = least.unwrap_or(copied.figures_min);
            copied.share_min = self.share_or("share_min", raw.share_min.as_ref(), copied.share_min);
            let distinct = raw.distinct_min.map(|it| usize::try_from(it).unwrap_or(usize::MAX));
            copied.distinct_min = distinct.unwrap_or(copied.distinct_min);
        }
        tests
    }

    fn least(&mut self, field: &str, number: Option<&Located<u32>>, least: u32) -> Option<u64> {
        let number = number?;
        if **number < least {
            let message = format!("`{field}` is {}", **number);
            let hint = format!("write a number from {least}: of fewer figures nothing follows");
            self.add(ErrorKind::InvalidValue, number.span(), message, hint);
        }
        Some((**number).into())
    }

    fn total(&mut self, raw: &Located<RawTotal>, pipeline: &RawPipeline) -> Total {
        let codes = || pipeline.series.iter().map(|series| series.code.as_str());
        for code in std::iter::once(&raw.series).chain(&raw.parts) {
            if !codes().any(|known| same_code(known, code)) {
                let message = format!("`[[total]]` names `{}`, which is no series here", **code);
                let hint = suggest::hint(code, codes(), "series are");
                self.add(ErrorKind::InvalidValue, code.span(), message, hint);
            }
        }
        let mut seen: Vec<String> = vec![folded_code(&raw.series)];
        for part in &raw.parts {
            let folded = folded_code(part);
            if seen.contains(&folded) {
                let message = format!("`[[total]]` names `{}` twice", **part);
                let hint = "name the sum once, and each part once";
                self.add(ErrorKind::Duplicate, part.span(), message, hint);
            }
            seen.push(folded);
        }
        if raw.parts.len() < 2 {
            let message = format!("the sum `{}` has {} parts", *raw.series, raw.parts.len());
            let hint = "name two parts or more";
            self.add(ErrorKind::InvalidValue, raw.series.span(), message, hint);
        }
        Total {
            action: raw.action.map_or(Action::Warn, RawAction::meaning),
            series: raw.series.as_str().to_owned(),
            parts: raw.parts.iter().map(|part| part.as_str().to_owned()).collect(),
            within: self.share_or("within", raw.within.as_ref(), TOTAL_WITHIN),
        }
    }
}
