//! The numbers of a rule book, by the names that its file gives them.
//!
//! Every field of the model is named here without `..`: one that is added later has to be told of, too.

use wsis_model::framework::{Ages, Provenance};
use wsis_model::rules::{
    ClassRule, FreshnessRule, GradeBound, GradeRule, GroupRule, RankRule, RuleBook, ScoreRule,
    TrajectoryRule, UncertaintyRule, WarningRule,
};

use super::facts::{Facts, Kind, put, status};

/// Everything that a rule book states.
pub(super) fn of_rules(rules: &RuleBook) -> Facts {
    let RuleBook {
        id,
        version,
        title,
        provenance,
        ages,
        score,
        classes,
        freshness,
        grades,
        groups,
        rank,
        uncertainty,
        trajectories,
        warnings,
    } = rules;
    let mut facts = Facts::new();
    let Provenance { status: who, source, verified } = provenance;
    let who = status(*who);
    for (field, text) in
        [("id", id.as_str()), ("version", version), ("title", title), ("status", who)]
    {
        put(&mut facts, Kind::Words, field, text);
    }
    put(&mut facts, Kind::Words, "source", source);
    put(&mut facts, Kind::Words, "verified", verified);
    let mut number = |field: &str, text: String| put(&mut facts, Kind::Rule, field, text);
    let Ages { max, max_progress, baseline_within, min_span, max_lag } = *ages;
    for (field, years) in [
        ("ages.max", max),
        ("ages.max_progress", max_progress),
        ("ages.baseline_within", baseline_within),
        ("ages.min_span", min_span),
        ("ages.max_lag", max_lag),
    ] {
        number(field, years.to_string());
    }
    let ScoreRule { min_weight, min_children } = score;
    number("score.min_weight", min_weight.to_string());
    number("score.min_children", min_children.to_string());
    let FreshnessRule { full_years, years_to_zero } = freshness;
    number("freshness.full_years", full_years.to_string());
    number("freshness.years_to_zero", years_to_zero.to_string());
    let GroupRule { published, indicative } = groups;
    number("groups.published", published.to_string());
    number("groups.indicative", indicative.to_string());
    let RankRule { core_share, min_weight, min_freshness, position_decimals } = rank;
    number("rank.core_share", core_share.to_string());
    number("rank.min_weight", min_weight.to_string());
    number("rank.min_freshness", min_freshness.to_string());
    number("rank.position_decimals", position_decimals.to_string());
    let within = trajectories.map(|TrajectoryRule { arrival_within }| arrival_within.to_string());
    number("trajectories.arrival_within", within.unwrap_or_default());
    let WarningRule { clamped_above } = warnings;
    number("warnings.clamped_above", clamped_above.to_string());
    of_classes(classes, &mut number);
    of_grades(grades, &mut number);
    of_uncertainty(uncertainty, &mut number);
    facts
}

fn of_classes(classes: &ClassRule, number: &mut impl FnMut(&str, String)) {
    let ClassRule {
        on_track,
        moderate,
        limited,
        ratio_decimals,
        stagnant_below,
        met_tolerance,
        standard_errors,
        min_target_share,
    } = classes;
    for (field, value) in [
        ("classes.on_track", on_track),
        ("classes.moderate", moderate),
        ("classes.limited", limited),
        ("classes.stagnant_below", stagnant_below),
        ("classes.met_tolerance", met_tolerance),
        ("classes.standard_errors", standard_errors),
    ] {
        number(field, value.to_string());
    }
    number("classes.ratio_decimals", ratio_decimals.to_string());
    number("classes.min_target_share", min_target_share.to_string());
}

fn of_grades(grades: &GradeRule, number: &mut impl FnMut(&str, String)) {
    let GradeRule { a, b, c, estimate_counts, disputed_points, disputed_share } = grades;
    for (grade, bound) in [("a", a), ("b", b), ("c", c)] {
        let GradeBound { coverage, freshness, baseline } = bound;
        let text = format!("coverage {coverage}, freshness {freshness}, baseline {baseline}");
        number(&format!("grades.{grade}"), text);
    }
    number("grades.estimate_counts", estimate_counts.to_string());
    number("grades.disputed_points", disputed_points.to_string());
    number("grades.disputed_share", disputed_share.to_string());
}

fn of_uncertainty(uncertainty: &UncertaintyRule, number: &mut impl FnMut(&str, String)) {
    let UncertaintyRule {
        seed,
        replicates,
        interval,
        weights,
        normalisation,
        aggregation,
        floor,
        leave_out,
        sampling,
    } = uncertainty;
    number("uncertainty.seed", seed.to_string());
    number("uncertainty.replicates", replicates.to_string());
    for (field, share) in [
        ("uncertainty.interval", interval),
        ("uncertainty.weights", weights),
        ("uncertainty.floor", floor),
    ] {
        number(field, share.to_string());
    }
    for (field, switch) in [
        ("uncertainty.normalisation", normalisation),
        ("uncertainty.aggregation", aggregation),
        ("uncertainty.leave_out", leave_out),
        ("uncertainty.sampling", sampling),
    ] {
        number(field, switch.to_string());
    }
}
