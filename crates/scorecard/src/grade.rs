//! Coverage and timeliness of a score, graded A to E; docs/METHOD.md section 6.

use wsis_model::rules::{GradeBound, GradeRule, RuleBook};

use crate::aggregate::SLACK;
use crate::result::Grade;
use crate::sum::sum;

/// What is known of one indicator, for the grade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Share of the indicator in the line's weight.
    pub weight: f64,
    /// Review year minus data year, if there is a value that is young enough.
    pub age: Option<i32>,
    /// Whether there is a value near the start of the window.
    pub baseline: bool,
    /// Whether the current value is an estimate or a model's (counts in part as origin).
    pub estimate: bool,
}

/// The measures behind a grade; shares of weight in [0, 1], `None` where nothing is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeliness {
    /// Weight with a current value / all weight.
    pub coverage: Option<f64>,
    /// Weighted mean of the freshness over the observed.
    pub freshness: Option<f64>,
    /// Weight with a baseline in the window / all weight.
    pub baseline: Option<f64>,
    /// Weight of country data over the observed; estimates count in part.
    pub origin: Option<f64>,
    /// Of the level: the worse of coverage and freshness.
    pub grade: Grade,
    /// Of the change: the worst of coverage, freshness and baseline. A missing baseline takes
    /// nothing from a level.
    pub grade_change: Grade,
}

/// Measures and grade of a line for one area and window.
pub fn timeliness(evidence: &[Evidence], rules: &RuleBook) -> Timeliness {
    let total = sum(evidence.iter().map(|e| e.weight));
    let observed = sum(evidence.iter().filter(|e| e.age.is_some()).map(|e| e.weight));
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0));
    let fresh =
        sum(evidence.iter().filter_map(|e| e.age.map(|age| e.weight * rules.freshness.at(age))));
    let based = sum(evidence.iter().filter(|e| e.baseline).map(|e| e.weight));
    let estimate = rules.grades.estimate_counts.value();
    let country = sum(evidence
        .iter()
        .filter(|e| e.age.is_some())
        .map(|e| if e.estimate { e.weight * estimate } else { e.weight }));
    let coverage = share(observed, total);
    let freshness = share(fresh, observed);
    let baseline = share(based, total);
    let (grade, grade_change) = match (coverage, freshness, baseline) {
        (Some(coverage), Some(freshness), Some(baseline)) => {
            let graded = |baseline| grade(coverage, freshness, baseline, &rules.grades);
            (graded(1.0), graded(baseline))
        }
        _ => (Grade::E, Grade::E),
    };
    let origin = share(country, observed);
    Timeliness { coverage, freshness, baseline, origin, grade, grade_change }
}

fn grade(coverage: f64, freshness: f64, baseline: f64, rule: &GradeRule) -> Grade {
    let reaches = |value: f64, bound: f64| value + SLACK >= bound;
    let all = |bound: &GradeBound| {
        reaches(coverage, bound.coverage.value())
            && reaches(freshness, bound.freshness)
            && reaches(baseline, bound.baseline.value())
    };
    if all(&rule.a) {
        Grade::A
    } else if all(&rule.b) {
        Grade::B
    } else if all(&rule.c) {
        Grade::C
    } else {
        Grade::D
    }
}
