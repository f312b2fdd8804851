//! Rules of other organisations as TOML (`schemas/rules/others/*.toml`): form, loader and checks at load.
//!
//! Invariant: a [`Scheme`] that leaves this module has bounds that fall, one class for the rest, and every class that
//! it names.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::scheme::{Band, Knot, Ladder, Measure, Scheme, SchemeClass};

use crate::document::{self, Located};
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::{Files, OTHERS_FOLDER};
use crate::rules;
use crate::suggest;
use crate::workspace::HOUSE_RULES;

/// Books of others in a deployment, at most: more columns nobody reads.
const SCHEMES_MAX: usize = 20;

/// Classes of a book, at most.
const CLASSES_MAX: usize = 20;

/// Points of marks, at most.
const POINTS_MAX: usize = 100;

/// Rules of another organisation for classes of progress.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "rules of another organisation")]
pub(crate) struct RawScheme {
    /// Id, also the name of the file.
    id: Located<String>,
    /// Version; raise it whenever a number changes.
    version: Located<String>,
    /// Whose rules.
    title: Located<String>,
    /// Where they were read.
    source: Located<String>,
    /// Whether they were read there.
    verified: bool,
    /// What of them is not here, or differs.
    #[serde(default)]
    note: String,
    /// How a series with a target is classed.
    with_target: Option<RawLadder>,
    /// How one without a target is classed.
    without_target: Option<RawLadder>,
    /// Marks for a measure.
    marks: Option<RawMarks>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ladder")]
struct RawLadder {
    /// What is measured.
    measure: RawMeasure,
    /// Classes, best first. Without `from` and `by_rule` it is the last one and has the rest.
    classes: Vec<RawClass>,
    /// Name of the class of a target that is met.
    met: Option<Located<String>>,
    /// Of one that is met, and moves away.
    falling: Option<Located<String>>,
    /// Of one that was met at the start and is no more; without it the measure decides.
    lost: Option<Located<String>>,
    /// So near to a target of 0 or 100 that it counts as met, in units.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0))]
    met_within: f64,
    /// Exponent by which bounds above 0 shrink near a natural limit: 1 - (y0 / limit)^e.
    #[schemars(range(min = 0.0, max = 100.0))]
    limit_exponent: Option<f64>,
    /// What is taken in place of a baseline or a target of 0, from which there is no growth.
    #[schemars(range(min = 0.0, max = 1.0))]
    zero_as: Option<f64>,
    /// `true`: the way is to the value from which the target counts as met (`met_from`), not to the target itself.
    #[serde(default)]
    to_met_from: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Measure")]
enum RawMeasure {
    /// Pace over the pace needed, units a year.
    Pace,
    /// Growth a year over the growth needed.
    Growth,
    /// The way to the target that growth would cover by its year.
    Way,
    /// As `pace`, of scores.
    Score,
    /// Growth a year, without a target.
    Rate,
    /// Score of the current value over the score of the target: a level, like no class of progress.
    Level,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Class")]
struct RawClass {
    /// Its name there.
    name: Located<String>,
    /// Least measure.
    from: Option<f64>,
    /// `true`: only `met`, `falling` or `lost` give it, never the measure.
    #[serde(default)]
    by_rule: bool,
    /// What it is like in the words of the house; `[]` of a band of a level.
    like: Vec<RawBand>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Band")]
enum RawBand {
    /// Target met, or on track to it.
    OnTrack,
    /// A moderate pace.
    Moderate,
    /// Hardly any progress.
    Limited,
    /// Moving away.
    Regressing,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Marks")]
struct RawMarks {
    /// Mark of a target that is met, whatever the measure.
    met: Option<f64>,
    /// Points [measure, mark] of a line, from the lowest; held at its ends.
    #[serde(default)]
    with_target: Vec<[f64; 2]>,
    /// The same without a target.
    #[serde(default)]
    without_target: Vec<[f64; 2]>,
}

/// The books of others built into the program, sorted by id.
///
/// # Panics
/// Only if the program was built with a wrong file, which its tests exclude.
#[expect(clippy::panic, reason = "a program with a wrong file built in has no rules to go by")]
pub fn built_in() -> &'static [Scheme] {
    static BUILT_IN: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
        let mut findings = Vec::new();
        let found = read(&Files::embedded(), HOUSE_RULES, &mut findings);
        if findings.is_empty() { found } else { panic!("the books built in: {findings:?}") }
    });
    &BUILT_IN
}

/// Reads one book; `file` is only used in messages.
///
/// # Errors
/// Everything that is wrong in it.
pub fn parse(file: &str, text: &str) -> Result<Scheme, Vec<ConfigError>> {
    one(&SourceText::new(file, text))
}

/// Reads all books of others of a deployment, sorted by id. `own` is the id of its rule book. What cannot be read or
/// meant is among the findings.
pub(crate) fn read(files: &Files, own: &str, findings: &mut Vec<ConfigError>) -> Vec<Scheme> {
    let mut found = Vec::new();
    for source in files.texts(OTHERS_FOLDER) {
        match source.map_err(|error| vec![error]).and_then(|source| one(&source)) {
            Ok(_) if found.len() >= SCHEMES_MAX => {
                findings.push(ConfigError::whole_file(
                    ErrorKind::InvalidValue,
                    OTHERS_FOLDER,
                    format!("there are more than {SCHEMES_MAX} books"),
                    "keep those that are compared",
                ));
                break;
            }
            Ok(scheme) if [HOUSE_RULES, own].contains(&scheme.id.as_str()) => {
                findings.push(ConfigError::whole_file(
                    ErrorKind::Duplicate,
                    format!("{OTHERS_FOLDER}/{}.toml", scheme.id),
                    format!("`{}` is the rule book that scores are made by", scheme.id),
                    "give the rules of others another id, and the file its name",
                ));
            }
            Ok(scheme) => found.push(scheme),
            Err(errors) => findings.extend(errors),
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn one(source: &Arc<SourceText>) -> Result<Scheme, Vec<ConfigError>> {
    let (raw, errors) = document::read::<RawScheme>(source);
    let Some(raw) = raw else { return Err(errors) };
    let mut check = Check { source, errors };
    let scheme = check.scheme(raw);
    if check.errors.is_empty() { Ok(scheme) } else { Err(check.errors) }
}

struct Check<'s> {
    source: &'s Arc<SourceText>,
    errors: Vec<ConfigError>,
}

impl Check<'_> {
    fn scheme(&mut self, raw: RawScheme) -> Scheme {
        let texts = [&raw.version, &raw.title, &raw.source];
        self.errors.extend(rules::head(self.source, &raw.id, texts));
        if raw.with_target.is_none() && raw.without_target.is_none() {
            let hint = "write [with_target], [without_target] or both";
            self.add(raw.id.span(), "the book classes nothing".to_owned(), hint);
        }
        let place = raw.id.span();
        let mut ladder = |raw: Option<RawLadder>, needs_target| {
            raw.map(|raw| self.ladder(raw, needs_target, &place))
        };
        let with_target = ladder(raw.with_target, true);
        let without_target = ladder(raw.without_target, false);
        let marks = raw.marks.unwrap_or_default();
        let [with, without] = [
            self.marks(&marks.with_target, with_target.is_some(), &place),
            self.marks(&marks.without_target, without_target.is_some(), &place),
        ];
        Scheme {
            id: raw.id.into_inner(),
            version: raw.version.into_inner(),
            title: raw.title.into_inner(),
            source: raw.source.into_inner(),
            verified: raw.verified,
            note: raw.note,
            with_target,
            without_target,
            marks_with_target: with,
            marks_without_target: without,
            mark_met: marks.met,
        }
    }

    fn ladder(&mut self, raw: RawLadder, needs_target: bool, place: &Range<usize>) -> Ladder {
        let measure = match raw.measure {
            RawMeasure::Pace => Measure::Pace,
            RawMeasure::Growth => Measure::Growth,
            RawMeasure::Way => Measure::Way,
            RawMeasure::Score => Measure::Score,
            RawMeasure::Rate => Measure::Rate,
            RawMeasure::Level => Measure::Level,
        };
        if needs_target == (measure == Measure::Rate) {
            let found = format!("measure `{}` stands in the wrong place", measure.code());
            let hint = "`rate` is the measure without a target, all others need one";
            self.add(place.clone(), found, hint);
        }
        self.classes(&raw.classes, place);
        self.likenesses(&raw, measure);
        self.without_effect(&raw, needs_target, place);
        let names: Vec<&str> = raw.classes.iter().map(|class| class.name.as_str()).collect();
        let [met, falling, lost] = [&raw.met, &raw.falling, &raw.lost].map(|name| {
            let name = name.as_ref()?;
            let at = names.iter().position(|it| it == &name.as_str());
            if at.is_none() {
                let hint = suggest::hint(name, names.iter().copied(), "classes are");
                self.add(name.span(), format!("unknown class `{}`", name.as_str()), hint);
            }
            at
        });
        let classes = raw.classes.into_iter().map(|class| SchemeClass {
            name: class.name.into_inner(),
            from: class.from,
            by_rule: class.by_rule,
            like: class.like.into_iter().map(Band::from).collect(),
        });
        Ladder {
            measure,
            classes: classes.collect(),
            met,
            falling,
            lost,
            met_within: raw.met_within,
            limit_exponent: raw.limit_exponent,
            zero_as: raw.zero_as,
            to_met_from: raw.to_met_from,
        }
    }

    fn classes(&mut self, classes: &[RawClass], place: &Range<usize>) {
        let measured: Vec<&RawClass> = classes.iter().filter(|class| !class.by_rule).collect();
        let rest = measured.iter().filter(|class| class.from.is_none()).count();
        let is_last = measured.last().is_some_and(|class| class.from.is_none());
        if rest != 1 || !is_last || classes.len() > CLASSES_MAX {
            let found = format!("{} classes, {rest} of them without `from`", classes.len());
            let hint = format!("at most {CLASSES_MAX} classes; the last one alone has no `from`");
            self.add(place.clone(), found, hint);
        }
        for pair in measured.windows(2) {
            let [above, below] = pair else { continue };
            if below.from.is_some() && below.from >= above.from {
                let found =
                    format!("bound of `{}` is not below the one before", below.name.as_str());
                self.add(below.name.span(), found, "put the classes in their order, best first");
            }
        }
    }

    /// A class of progress is like one of the house; a band of a level is like none.
    fn likenesses(&mut self, raw: &RawLadder, measure: Measure) {
        let is_level = measure == Measure::Level;
        for class in &raw.classes {
            if class.name.trim().is_empty() || (!is_level && class.like.is_empty()) {
                let hint = "name it, and say which classes of the house it is like";
                self.add(class.name.span(), "a class is like none of the house".to_owned(), hint);
            } else if is_level && !class.like.is_empty() {
                let found =
                    format!("the band `{}` of a level is like a class", class.name.as_str());
                let hint = "write `like = []`: where a value stands is no progress";
                self.add(class.name.span(), found, hint);
            }
        }
        let by_ends = [&raw.met, &raw.falling, &raw.lost].iter().any(|it| it.is_some());
        if is_level && (by_ends || raw.limit_exponent.is_some() || raw.zero_as.is_some()) {
            let found = "a rule for two values where one is measured".to_owned();
            let at = raw.classes.first().map_or(0..0, |class| class.name.span());
            self.add(at, found, "the measure `level` has classes with `from`, and nothing else");
        }
    }

    /// What would be printed as part of the rule, and decide nothing.
    fn without_effect(&mut self, raw: &RawLadder, needs_target: bool, place: &Range<usize>) {
        let named: Vec<&str> = [&raw.met, &raw.falling, &raw.lost]
            .into_iter()
            .flatten()
            .map(|it| it.as_str())
            .collect();
        if !needs_target && (!named.is_empty() || raw.met_within > 0.0 || raw.to_met_from) {
            let hint =
                "`met`, `falling`, `lost`, `met_within` and `to_met_from` are of [with_target]";
            self.add(place.clone(), "a rule for targets where there is none".to_owned(), hint);
        }
        if raw.limit_exponent.is_some_and(|it| it <= 0.0) || raw.zero_as.is_some_and(|it| it <= 0.0)
        {
            let hint = "write a number above 0";
            let found = "`limit_exponent` or `zero_as` is not above 0".to_owned();
            self.add(place.clone(), found, hint);
        }
        for (at, class) in raw.classes.iter().enumerate() {
            let name = class.name.as_str();
            if raw.classes.iter().take(at).any(|other| other.name.as_str() == name) {
                let hint = "give each class a name of its own";
                self.add(class.name.span(), format!("two classes `{name}`"), hint);
            }
            if class.by_rule && (class.from.is_some() || !named.contains(&name)) {
                let hint =
                    "a class `by_rule` has no `from`, and `met`, `falling` or `lost` names it";
                self.add(class.name.span(), format!("nothing gives the class `{name}`"), hint);
            }
        }
    }

    fn marks(&mut self, points: &[[f64; 2]], is_used: bool, place: &Range<usize>) -> Vec<Knot> {
        if !points.is_empty() && (!is_used || points.len() > POINTS_MAX) {
            let hint =
                format!("at most {POINTS_MAX} points, where the book has a rule of that kind");
            self.add(place.clone(), format!("{} points of marks", points.len()), hint);
        }
        let rises = points.windows(2).all(|pair| matches!(pair, [[a, _], [b, _]] if a < b));
        if !rises || points.len() == 1 {
            let hint = "at least two points, from the lowest measure to the highest";
            self.add(place.clone(), "points of marks out of order".to_owned(), hint);
        }
        points.iter().map(|[measure, mark]| (*measure, *mark)).collect()
    }

    fn add(&mut self, place: Range<usize>, message: String, hint: impl Into<String>) {
        self.errors.push(self.source.error(ErrorKind::InvalidValue, place, message, hint));
    }
}

impl From<RawBand> for Band {
    fn from(raw: RawBand) -> Self {
        match raw {
            RawBand::OnTrack => Self::OnTrack,
            RawBand::Moderate => Self::Moderate,
            RawBand::Limited => Self::Limited,
            RawBand::Regressing => Self::Regressing,
        }
    }
}
