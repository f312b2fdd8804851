//! Rule books as TOML (`schemas/rules/*.toml`): form, loader and checks at load.
//!
//! Invariant: a [`RuleBook`] that leaves this module has bounds in their order and shares from 0
//! to 1, so that every class, grade and rank under it means what its name says.

mod form;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use wsis_model::framework::{Ages, Provenance};
use wsis_model::rules::{
    ClassRule, FreshnessRule, GradeBound, GradeRule, GroupRule, RankRule, RuleBook, ScoreRule,
    Share, TrajectoryRule, UncertaintyRule, WarningRule,
};

use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::{Files, RULES_FOLDER};
use crate::suggest;
use crate::workspace::{HOUSE_RULES, Places, Workspace};
use form::{RawAges, RawClasses, RawGrades, RawGroups, RawRank, RawUncertainty};

pub(crate) use form::{RawRuleBook, RawStatus};

/// A ratio above twice the pace asked for decides nothing: any class begins below.
const RATIO_MAX: f64 = 2.0;

/// A tolerance above this would let a missed target pass.
const TOLERANCE_MAX: f64 = 0.01;

/// No statistician asks for more before a difference is believed.
const ERRORS_MAX: f64 = 5.0;

/// A change of all points there are.
const POINTS_MAX: f64 = 100.0;

/// The rule book built into the program.
///
/// # Panics
/// Only if the program was built with a wrong file, which its tests exclude.
#[expect(clippy::panic, reason = "a program with a wrong file built in has no numbers to go by")]
pub fn house() -> &'static RuleBook {
    static BUILT_IN: LazyLock<RuleBook> = LazyLock::new(|| {
        let mut findings = Vec::new();
        let found = choose(&Files::embedded(), HOUSE_RULES, &mut findings);
        found.unwrap_or_else(|_| panic!("the rule book built in: {findings:?}"))
    });
    &BUILT_IN
}

/// Reads one rule book; `file` is only used in messages.
///
/// # Errors
/// Everything that is wrong in it.
pub fn parse(file: &str, text: &str) -> Result<RuleBook, Vec<ConfigError>> {
    one(&SourceText::new(file, text))
}

/// The rule book that `workspace.toml` names, or the one that counts where it names none.
pub(crate) fn read(
    files: &Files,
    workspace: Option<&(Workspace, Arc<SourceText>, Places)>,
    findings: &mut Vec<ConfigError>,
) -> Option<RuleBook> {
    let id = workspace.map_or(HOUSE_RULES, |(workspace, ..)| workspace.rules.as_str());
    let missing = match choose(files, id, findings) {
        Ok(book) => return Some(book),
        Err(missing) => missing?,
    };
    let (_, source, places) = workspace?;
    findings.push(source.error(
        ErrorKind::InvalidValue,
        places.rules.clone(),
        format!("unknown rule book `{id}`"),
        missing,
    ));
    None
}

/// Reads all rule books of a deployment and takes the one with an id.
///
/// # Errors
/// What would be right in place of the id, where all files could be read and none has it. Where
/// one could not, the finding of that file is enough, and there is nothing to say.
fn choose(
    files: &Files,
    id: &str,
    findings: &mut Vec<ConfigError>,
) -> Result<RuleBook, Option<String>> {
    let mut books: Vec<RuleBook> = Vec::new();
    let mut all_read = true;
    for source in files.texts(RULES_FOLDER) {
        match source.map_err(|error| vec![error]).and_then(|source| one(&source)) {
            Ok(book) => books.push(book),
            Err(errors) => {
                all_read = false;
                findings.extend(errors);
            }
        }
    }
    let ids: Vec<String> = books.iter().map(|book| book.id.clone()).collect();
    books.into_iter().find(|book| book.id == id).ok_or_else(|| {
        all_read.then(|| match ids.as_slice() {
            [] => {
                "there is none in schemas/rules; remove the folder to use the built-in one".into()
            }
            _ => suggest::hint(id, ids.iter().map(String::as_str), "rule books are"),
        })
    })
}

fn one(source: &Arc<SourceText>) -> Result<RuleBook, Vec<ConfigError>> {
    let (raw, errors) = document::read::<RawRuleBook>(source);
    let Some(raw) = raw else { return Err(errors) };
    let mut check = Check { source, errors };
    let book = check.book(raw);
    match book {
        Some(book) if check.errors.is_empty() => Ok(book),
        _ => Err(check.errors),
    }
}

/// What every book says of itself, of ours and of others: in words, in a file of its own name. `texts` are
/// version, title and source.
pub(crate) fn head(
    source: &Arc<SourceText>,
    id: &Located<String>,
    texts: [&Located<String>; 3],
) -> Vec<ConfigError> {
    let add = |place, message: String, hint: String| {
        source.error(ErrorKind::InvalidValue, place, message, hint)
    };
    let named = ["id", "version", "title", "source"].into_iter();
    let mut errors: Vec<ConfigError> = named
        .zip(std::iter::once(id).chain(texts))
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(field, value)| {
            let hint = format!("write the {field} in words");
            add(value.span(), format!("`{field}` is empty"), hint)
        })
        .collect();
    let stem = source.name().rsplit('/').next().and_then(|it| it.strip_suffix(".toml"));
    if stem.is_some_and(|stem| stem != id.as_str()) {
        let id_text = id.as_str();
        let found = format!("rule book `{id_text}` stands in a file of another name");
        errors.push(add(id.span(), found, format!("rename the file to {id_text}.toml")));
    }
    errors
}

/// Collects what is wrong with the values.
struct Check<'s> {
    source: &'s Arc<SourceText>,
    errors: Vec<ConfigError>,
}

impl Check<'_> {
    fn book(&mut self, raw: RawRuleBook) -> Option<RuleBook> {
        self.head(&raw);
        let ages = self.ages(&raw.ages);
        let min_weight = self.share("score.min_weight", &raw.score.min_weight);
        let classes = self.classes(&raw.classes);
        let grades = self.grades(&raw.grades);
        let groups = self.groups(&raw.groups);
        let rank = self.rank(&raw.rank);
        let uncertainty = self.uncertainty(&raw.uncertainty);
        let clamped_above = self.share("warnings.clamped_above", &raw.warnings.clamped_above);
        Some(RuleBook {
            id: raw.id.into_inner(),
            version: raw.version.into_inner(),
            title: raw.title.into_inner(),
            provenance: Provenance {
                status: raw.status.into(),
                source: raw.source.into_inner(),
                verified: raw.verified,
            },
            ages,
            score: ScoreRule { min_weight: min_weight?, min_children: raw.score.min_children },
            classes: classes?,
            freshness: FreshnessRule {
                full_years: raw.freshness.full_years,
                years_to_zero: raw.freshness.years_to_zero,
            },
            grades: grades?,
            groups: groups?,
            rank: rank?,
            uncertainty: uncertainty?,
            trajectories: raw
                .trajectories
                .map(|raw| TrajectoryRule { arrival_within: raw.arrival_within }),
            warnings: WarningRule { clamped_above: clamped_above? },
        })
    }

    fn head(&mut self, raw: &RawRuleBook) {
        let texts = [&raw.version, &raw.title, &raw.source];
        self.errors.extend(head(self.source, &raw.id, texts));
    }

    fn ages(&mut self, raw: &Located<RawAges>) -> Ages {
        let RawAges { max, max_progress, baseline_within, min_span, max_lag } = **raw;
        if max_progress > max {
            self.add(
                raw.span(),
                format!("ages: max_progress {max_progress} is more than max {max}"),
                "a value that is too old for a level cannot show progress",
            );
        }
        Ages { max, max_progress, baseline_within, min_span, max_lag }
    }

    fn classes(&mut self, raw: &RawClasses) -> Option<ClassRule> {
        self.within("classes.on_track", &raw.on_track, RATIO_MAX);
        self.within("classes.moderate", &raw.moderate, RATIO_MAX);
        self.within("classes.limited", &raw.limited, RATIO_MAX);
        self.within("classes.stagnant_below", &raw.stagnant_below, POINTS_MAX);
        self.within("classes.met_tolerance", &raw.met_tolerance, TOLERANCE_MAX);
        self.within("classes.standard_errors", &raw.standard_errors, ERRORS_MAX);
        self.at_most(
            ("classes.moderate", *raw.moderate),
            raw.moderate.span(),
            ("on_track", *raw.on_track),
        );
        self.at_most(
            ("classes.limited", *raw.limited),
            raw.limited.span(),
            ("moderate", *raw.moderate),
        );
        let min_target_share = self.share("classes.min_target_share", &raw.min_target_share)?;
        Some(ClassRule {
            on_track: *raw.on_track,
            moderate: *raw.moderate,
            limited: *raw.limited,
            ratio_decimals: raw.ratio_decimals,
            stagnant_below: *raw.stagnant_below,
            met_tolerance: *raw.met_tolerance,
            standard_errors: *raw.standard_errors,
            min_target_share,
        })
    }

    fn grades(&mut self, raw: &RawGrades) -> Option<GradeRule> {
        let bounds = [("a", &raw.a), ("b", &raw.b), ("c", &raw.c)].map(|(name, raw)| {
            let key = |field: &str| format!("grades.{name}.{field}");
            self.within(&key("freshness"), &raw.freshness, 1.0);
            let coverage = self.share(&key("coverage"), &raw.coverage);
            let baseline = self.share(&key("baseline"), &raw.baseline);
            Some(GradeBound { coverage: coverage?, freshness: *raw.freshness, baseline: baseline? })
        });
        let estimate_counts = self.share("grades.estimate_counts", &raw.estimate_counts);
        self.within("grades.disputed_points", &raw.disputed_points, POINTS_MAX);
        if *raw.disputed_points == 0.0 {
            self.add(
                raw.disputed_points.span(),
                "`grades.disputed_points` is 0".to_owned(),
                "two deliveries that are equal would dispute each other: write a number above 0",
            );
        }
        let disputed_share = self.share("grades.disputed_share", &raw.disputed_share);
        let [a, b, c] = bounds;
        let (a, b, c) = (a?, b?, c?);
        for (name, raw, low, (above, high)) in
            [("b", &raw.b, b, ("a", a)), ("c", &raw.c, c, ("b", b))]
        {
            for (field, span, low, high) in [
                ("coverage", raw.coverage.span(), low.coverage.value(), high.coverage.value()),
                ("freshness", raw.freshness.span(), low.freshness, high.freshness),
                ("baseline", raw.baseline.span(), low.baseline.value(), high.baseline.value()),
            ] {
                let key = format!("grades.{name}.{field}");
                self.at_most((&key, low), span, (&format!("grades.{above}.{field}"), high));
            }
        }
        Some(GradeRule {
            a,
            b,
            c,
            estimate_counts: estimate_counts?,
            disputed_points: *raw.disputed_points,
            disputed_share: disputed_share?,
        })
    }

    fn groups(&mut self, raw: &RawGroups) -> Option<GroupRule> {
        let published = self.share("groups.published", &raw.published);
        let indicative = self.share("groups.indicative", &raw.indicative)?;
        let published = published?;
        self.at_most(
            ("groups.indicative", indicative.value()),
            raw.indicative.span(),
            ("published", published.value()),
        );
        Some(GroupRule { published, indicative })
    }

    fn rank(&mut self, raw: &RawRank) -> Option<RankRule> {
        self.within("rank.min_freshness", &raw.min_freshness, 1.0);
        let core_share = self.share("rank.core_share", &raw.core_share);
        let min_weight = self.share("rank.min_weight", &raw.min_weight)?;
        Some(RankRule {
            core_share: core_share?,
            min_weight,
            min_freshness: *raw.min_freshness,
            position_decimals: raw.position_decimals,
        })
    }

    fn uncertainty(&mut self, raw: &RawUncertainty) -> Option<UncertaintyRule> {
        let [interval, weights, floor] = [
            ("interval", &raw.interval, true),
            ("weights", &raw.weights, false),
            ("floor", &raw.floor, true),
        ]
        .map(|(name, text, above_0)| {
            let key = format!("uncertainty.{name}");
            let share = self.share(&key, text)?;
            // All of a weight: a child without any would be another tree.
            let is_right = if above_0 { share.value() > 0.0 } else { share.value() < 1.0 };
            if !is_right {
                let hint = if above_0 { "write a share above 0" } else { "write a share below 1" };
                self.add(text.span(), format!("`{key}` is {share}"), hint);
            }
            Some(share)
        });
        Some(UncertaintyRule {
            seed: raw.seed,
            replicates: raw.replicates,
            interval: interval?,
            weights: weights?,
            normalisation: raw.normalisation,
            aggregation: raw.aggregation,
            floor: floor?,
            leave_out: raw.leave_out,
            sampling: raw.sampling,
        })
    }

    /// A share as people write it.
    fn share(&mut self, key: &str, value: &Located<String>) -> Option<Share> {
        let share = Share::parse(value);
        if share.is_none() {
            self.add(
                value.span(),
                format!("`{key}` is {:?}", value.as_str()),
                "write a share from 0 to 1 as \"60 %\" or \"2/3\"",
            );
        }
        share
    }

    /// A number from 0 to `most`.
    fn within(&mut self, key: &str, value: &Located<f64>, most: f64) {
        if !(0.0..=most).contains(&**value) {
            let hint = format!("write a number from 0 to {most}");
            self.add(value.span(), format!("`{key}` is {}", **value), hint);
        }
    }

    /// Bounds of one scale in their order.
    fn at_most(&mut self, (key, low): (&str, f64), place: Range<usize>, above: (&str, f64)) {
        let (name, high) = above;
        if low > high {
            self.add(
                place,
                format!("`{key}` is {low}, above `{name}`, which is {high}"),
                "put the bounds in their order: what is better asks for no less",
            );
        }
    }

    fn add(&mut self, place: Range<usize>, message: String, hint: impl Into<String>) {
        self.errors.push(self.source.error(ErrorKind::InvalidValue, place, message, hint));
    }
}
