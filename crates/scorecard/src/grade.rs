//! Coverage and timeliness of a score, graded A to E; docs/METHOD.md section 6.

use crate::aggregate::SLACK;
use crate::result::Grade;
use crate::sum::sum;

/// What is known of one indicator, for the grade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Share of the indicator in the line's weight.
    pub weight: f64,
    /// Review year minus data year, if there is a value within 5 years.
    pub age: Option<i32>,
    /// Whether there is a value near the start of the window.
    pub baseline: bool,
    /// Whether the current value is an estimate or a model's (counts half as origin).
    pub estimate: bool,
}

/// The measures behind a grade; shares of weight in [0, 1], `None` where nothing is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeliness {
    /// Weight observed within 5 years / all weight.
    pub coverage: Option<f64>,
    /// Weighted mean of max(0, 1 - max(0, age - 1) / 5) over the observed.
    pub freshness: Option<f64>,
    /// Weight with a baseline in the window / all weight.
    pub baseline: Option<f64>,
    /// Weight of country data over the observed; estimates count half.
    pub origin: Option<f64>,
    /// Of the level: the worse of coverage and freshness.
    pub grade: Grade,
    /// Of the change: the worst of coverage, freshness and baseline. A missing baseline takes
    /// nothing from a level.
    pub grade_change: Grade,
}

/// Measures and grade of a line for one area and window.
pub fn timeliness(evidence: &[Evidence]) -> Timeliness {
    let total = sum(evidence.iter().map(|e| e.weight));
    let observed = sum(evidence.iter().filter(|e| e.age.is_some()).map(|e| e.weight));
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0));
    let fresh = sum(evidence.iter().filter_map(|e| e.age.map(|age| e.weight * freshness(age))));
    let based = sum(evidence.iter().filter(|e| e.baseline).map(|e| e.weight));
    let country = sum(evidence
        .iter()
        .filter(|e| e.age.is_some())
        .map(|e| if e.estimate { e.weight / 2.0 } else { e.weight }));
    let coverage = share(observed, total);
    let freshness = share(fresh, observed);
    let baseline = share(based, total);
    let (grade, grade_change) = match (coverage, freshness, baseline) {
        (Some(coverage), Some(freshness), Some(baseline)) => {
            (grade(coverage, freshness, 1.0), grade(coverage, freshness, baseline))
        }
        _ => (Grade::E, Grade::E),
    };
    let origin = share(country, observed);
    Timeliness { coverage, freshness, baseline, origin, grade, grade_change }
}

fn freshness(age: i32) -> f64 {
    (1.0 - f64::from((age - 1).max(0)) / 5.0).max(0.0)
}

fn grade(coverage: f64, freshness: f64, baseline: f64) -> Grade {
    let reaches = |value: f64, bound: f64| value + SLACK >= bound;
    let all = |c: f64, f: f64, b: f64| {
        reaches(coverage, c) && reaches(freshness, f) && reaches(baseline, b)
    };
    if all(0.85, 0.8, 0.8) {
        Grade::A
    } else if all(2.0 / 3.0, 0.6, 0.6) {
        Grade::B
    } else if all(0.5, 0.4, 0.4) {
        Grade::C
    } else {
        Grade::D
    }
}
