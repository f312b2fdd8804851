//! Rule books side by side: each economy and indicator of a window classed by the house and by the rules of other
//! organisations, over the same two observations.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::framework::Indicator;
use wsis_model::rules::Method;
use wsis_model::scheme::{Band, Scheme};

use crate::normalise::{goalposts, oriented, sign};
use crate::plan::Plan;
use crate::progress::{Point, Track};
use crate::result::{Class, IndicatorScore, LineScore, Reading, Scorecard};
use crate::schemes::{self, Case};

/// What one book says of one economy and indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// Id of the book.
    pub book: String,
    /// Its class, in its own words.
    pub class: Option<String>,
    /// What that is like in the words of the house: codes, best first.
    pub like: Vec<&'static str>,
    /// The measure; none where a target that is met decided alone.
    pub measure: Option<f64>,
    /// Mark for the measure or for a target that is met, of a book that gives marks.
    pub mark: Option<f64>,
    /// Why there is no class.
    pub reason: Option<String>,
    #[serde(skip)]
    bands: Vec<Band>,
}

/// One economy and indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BookRow {
    /// Indicator code.
    pub indicator: String,
    /// Area code.
    pub area: String,
    /// Area name.
    pub area_name: String,
    /// Year and value of the baseline.
    pub start_year: i32,
    /// See `start_year`.
    pub start_value: f64,
    /// Year and value of the current observation.
    pub end_year: i32,
    /// See `end_year`.
    pub end_value: f64,
    /// The target, to which the books of others measure.
    pub target: Option<f64>,
    /// Value from which it counts as met for the house.
    pub met_from: Option<f64>,
    /// Year of the target.
    pub target_year: Option<i32>,
    /// The class of the house; in its own words, as in [`Counted`], where it is written out.
    #[serde(serialize_with = "in_words")]
    pub house: Class,
    /// What the other books say, in the order of their ids.
    pub said: Vec<Said>,
    /// Whether some class of the house is like what each book says; none where fewer than two books have a class
    /// that can be compared.
    pub agree: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn in_words<S: serde::Serializer>(class: &Class, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(class.label())
}

/// How often a book gives a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Id of the book; `house` is the house.
    pub book: String,
    /// The class in its own words.
    pub class: String,
    /// Economies and indicators.
    pub rows: u32,
}

/// How a book differs from the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Against {
    /// Id of the book.
    pub book: String,
    /// Rows that both class in a way that can be compared.
    pub both: u32,
    /// Of them, those whose class is not like that of the house.
    pub differ: u32,
    /// Rows that the book has no class for.
    pub none: u32,
}

/// A window under all books.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Rows with two comparable observations, sorted by indicator and area.
    pub rows: Vec<BookRow>,
    /// Rows of the indicators without them: no book is asked.
    pub not_asked: u32,
    /// How often each class is given, by book, best class first.
    pub classes: Vec<Counted>,
    /// Each book against the house.
    pub against: Vec<Against>,
    /// Rows that at least two books class in a way that can be compared.
    pub compared: u32,
    /// Of them, those whose class hangs on the book: no one class is like what all say.
    pub hang: u32,
}

/// Compares the books over the indicators with a weight in a line, or in any, over the economies that count in the
/// window.
pub fn compare(
    method: Method<'_>,
    card: &Scorecard,
    schemes: &[Scheme],
    line: Option<&str>,
    (start, end): (i32, i32),
) -> Comparison {
    let plan = Plan::new(method);
    let lines = plan.lines.iter().filter(|it| line.is_none_or(|line| it.node.code == line));
    let leaves: BTreeSet<usize> = lines.flat_map(|it| &it.shares).map(|(leaf, _)| *leaf).collect();
    let asked: BTreeMap<&str, &Indicator> = leaves
        .iter()
        .filter_map(|leaf| plan.leaves.get(*leaf))
        .map(|leaf| (leaf.code.as_str(), *leaf))
        .collect();
    let is_of = |row: &LineScore| (row.window_start, row.window_end) == (start, end) && row.counts;
    let counting: BTreeSet<&str> =
        card.line_scores.iter().filter(|row| is_of(row)).map(|row| row.area.as_str()).collect();
    let of_window = card.indicator_scores.iter().filter(|row| {
        (row.window_start, row.window_end) == (start, end) && counting.contains(row.area.as_str())
    });
    let (mut rows, mut not_asked) = (Vec::new(), 0);
    for score in of_window {
        let Some(indicator) = asked.get(score.indicator.as_str()) else { continue };
        match row(indicator, method, score, schemes) {
            Some(row) => rows.push(row),
            None => not_asked += 1,
        }
    }
    let classes = counted(&rows, schemes);
    let against = schemes.iter().enumerate().map(|(at, book)| against(&rows, at, book)).collect();
    let number = |agree: &[Option<bool>]| {
        count(rows.iter().filter(|row| agree.contains(&row.agree)).count())
    };
    Comparison {
        window_start: start,
        window_end: end,
        not_asked,
        classes,
        against,
        compared: number(&[Some(true), Some(false)]),
        hang: number(&[Some(false)]),
        rows,
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// The row of an indicator with two observations that the house compares.
fn row(
    indicator: &Indicator,
    method: Method<'_>,
    score: &IndicatorScore,
    schemes: &[Scheme],
) -> Option<BookRow> {
    let (max, tolerance) = (method.framework.scale.max, method.rules.classes.met_tolerance);
    let _two_ends = score.per_year?;
    let (from, to) = (score.start.as_ref()?, score.end.as_ref()?);
    let target = indicator.target.as_ref().filter(|_| !indicator.relative);
    let aim = target.map(|target| (target.value, target.year));
    let met = target.map(|target| (target.met_value(), target.year));
    let values = track(indicator, from, to, aim, tolerance);
    let scores = scored(indicator, max, from, to, aim, tolerance);
    let met_score = scored(indicator, max, from, to, met, tolerance);
    let met_score = met_score.and_then(|track| Some(track.target?.value));
    let met_from = met.map(|(value, _)| (oriented(value, indicator.direction), met_score));
    let case = Case { values: &values, scores: scores.as_ref(), met_from, limit: indicator.limit };
    let said: Vec<Said> = schemes.iter().map(|book| said(book, &case)).collect();
    let house = band(score.class);
    let like = said.iter().map(|said| said.bands.as_slice()).filter(|bands| !bands.is_empty());
    let all: Vec<&[Band]> = house.iter().map(std::slice::from_ref).chain(like).collect();
    let agree = (all.len() > 1).then(|| schemes::agree(all));
    Some(BookRow {
        indicator: score.indicator.clone(),
        area: score.area.clone(),
        area_name: score.area_name.clone(),
        start_year: from.year,
        start_value: from.value,
        end_year: to.year,
        end_value: to.value,
        target: aim.map(|(value, _)| value),
        met_from: met.map(|(value, _)| value),
        target_year: met.map(|(_, year)| year),
        house: score.class,
        said,
        agree,
    })
}

fn track(
    indicator: &Indicator,
    from: &Reading,
    to: &Reading,
    aim: Option<(f64, i32)>,
    tolerance: f64,
) -> Track {
    let point = |value: f64, year: i32| {
        Some(Point { value: oriented(value, indicator.direction), year: f64::from(year) })
    };
    Track {
        direction: sign(indicator.direction),
        start: point(from.value, from.year),
        end: point(to.value, to.year),
        target: aim.and_then(|(value, year)| point(value, year)),
        tolerance,
        ..Track::default()
    }
}

/// The same in scores; `None` where an end or the target has none.
fn scored(
    indicator: &Indicator,
    max: f64,
    from: &Reading,
    to: &Reading,
    aim: Option<(f64, i32)>,
    tolerance: f64,
) -> Option<Track> {
    let posts = indicator.goalposts.as_ref()?;
    let point = |value: f64, year: i32| Some(Point { value, year: f64::from(year) });
    let target = aim.and_then(|(value, year)| {
        point(goalposts(value, indicator.direction, posts, max).ok()?.score, year)
    });
    Some(Track {
        direction: 1.0,
        start: point(from.score?, from.year),
        end: point(to.score?, to.year),
        target: Some(target?),
        tolerance,
        ..Track::default()
    })
}

fn said(book: &Scheme, case: &Case<'_>) -> Said {
    let found = schemes::class(book, case);
    let given = found.as_ref().ok();
    let bands = given.map(|given| given.class.like.clone()).unwrap_or_default();
    Said {
        book: book.id.clone(),
        class: given.map(|given| given.class.name.clone()),
        like: bands.iter().map(|band| band.code()).collect(),
        measure: given.and_then(|given| given.measure),
        mark: given.and_then(|given| given.mark),
        reason: found.as_ref().err().map(ToString::to_string),
        bands,
    }
}

/// The band of a class of the house; a deadline that is past, and what is not assessable, have none.
pub const fn band(class: Class) -> Option<Band> {
    match class {
        Class::TargetMet | Class::OnTrack => Some(Band::OnTrack),
        Class::Moderate => Some(Band::Moderate),
        Class::Limited => Some(Band::Limited),
        Class::Regressing => Some(Band::Regressing),
        Class::DeadlineMissed | Class::NotAssessable => None,
    }
}

fn counted(rows: &[BookRow], schemes: &[Scheme]) -> Vec<Counted> {
    let of_house = Class::ALL.map(|class| Counted {
        book: HOUSE.to_owned(),
        class: class.label().to_owned(),
        rows: count(rows.iter().filter(|row| row.house == class).count()),
    });
    let mut all = of_house.to_vec();
    for (at, book) in schemes.iter().enumerate() {
        let ladders = book.with_target.iter().chain(&book.without_target);
        let mut names: Vec<&str> = Vec::new();
        for class in ladders.flat_map(|ladder| &ladder.classes) {
            if !names.contains(&class.name.as_str()) {
                names.push(&class.name);
            }
        }
        for name in names {
            let is_it = |row: &&BookRow| {
                row.said.get(at).is_some_and(|said| said.class.as_deref() == Some(name))
            };
            let rows = count(rows.iter().filter(is_it).count());
            all.push(Counted { book: book.id.clone(), class: name.to_owned(), rows });
        }
    }
    all.retain(|counted| counted.rows > 0);
    all
}

/// Id under which the house stands among the books.
pub const HOUSE: &str = "house";

fn against(rows: &[BookRow], at: usize, book: &Scheme) -> Against {
    let said = |row: &BookRow| row.said.get(at).map(|said| said.bands.clone()).unwrap_or_default();
    let pairs: Vec<(Band, Vec<Band>)> = rows
        .iter()
        .filter_map(|row| Some((band(row.house)?, said(row))))
        .filter(|(_, like)| !like.is_empty())
        .collect();
    Against {
        book: book.id.clone(),
        both: count(pairs.len()),
        differ: count(pairs.iter().filter(|(house, like)| !like.contains(house)).count()),
        none: count(rows.iter().filter(|row| said(row).is_empty()).count()),
    }
}
