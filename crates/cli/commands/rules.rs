//! `wsis rules`: rule books for classes of progress, and where they disagree.

use serde::Serialize;
use wsis_app::diff::status;
use wsis_app::names;
use wsis_config::Deployment;
use wsis_model::rules::{ClassRule, RuleBook};
use wsis_model::scheme::{Knot, Ladder, Scheme, SchemeClass};
use wsis_scorecard::Class;
use wsis_scorecard::books::{self, Against, BookRow, Comparison, band};

use super::lines;
use crate::args::{Format, Global, Review, RulesCommand};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

/// A book, as `list` has it.
#[derive(Serialize)]
struct Book<'a> {
    book: &'a str,
    version: &'a str,
    title: &'a str,
    /// What is measured where there is a target; none without a rule for it.
    with_target: Option<&'static str>,
    /// The same without a target.
    without_target: Option<&'static str>,
    status: &'static str,
    verified: bool,
    source: &'a str,
    note: &'a str,
}

/// A class of a book, as `show` has it.
#[derive(Serialize)]
struct Step<'a> {
    /// `with` or `without` a target.
    target: &'static str,
    measure: &'static str,
    class: &'a str,
    /// Least measure.
    from: Option<f64>,
    /// Which of `met`, `falling` and `lost` give it whatever the measure.
    rule: String,
    /// What it is like in the words of the house.
    like: String,
}

/// What else a ladder of a book says.
#[derive(Serialize)]
struct Beside {
    /// `with` or `without` a target.
    target: &'static str,
    /// So near to a target of 0 or 100 that it counts as met, in units.
    met_within: f64,
    /// Exponent e of 1 - (y0 / limit)^e, by which bounds and points of marks above 0 shrink near a limit.
    limit_exponent: Option<f64>,
    /// What stands in place of a baseline or target of 0.
    zero_as: Option<f64>,
    /// Points `[measure, mark]` of a line.
    marks: Vec<Knot>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    book: Book<'a>,
    classes: Vec<Step<'a>>,
    beside: Vec<Beside>,
    /// Mark of a target that is met.
    mark_met: Option<f64>,
}

impl Shown<'_> {
    /// What the table of the classes does not say, in sentences.
    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        for it in &self.beside {
            let target = it.target;
            if it.met_within > 0.0 {
                told.push(format!(
                    "{target} a target: one of 0, or of the limit, is met from {} beside it",
                    it.met_within
                ));
            }
            if let Some(exponent) = it.limit_exponent {
                told.push(format!(
                    "{target} a target: where more is better and the indicator has a limit, bounds and points \
                     of marks above 0 are multiplied by 1 - (first value / limit)^{exponent}"
                ));
            }
            if let Some(value) = it.zero_as {
                told.push(format!(
                    "{target} a target: {value} stands in place of a 0 to grow from or to"
                ));
            }
            if !it.marks.is_empty() {
                let points = it.marks.iter().map(|(measure, mark)| format!("{measure}: {mark}"));
                let points: Vec<String> = points.collect();
                told.push(format!("{target} a target, mark by measure: {}", points.join(", ")));
            }
        }
        told.extend(self.mark_met.map(|mark| format!("mark of a target that is met: {mark}")));
        told
    }
}

fn beside(scheme: &Scheme) -> Vec<Beside> {
    let with = ("with", &scheme.with_target, &scheme.marks_with_target);
    let without = ("without", &scheme.without_target, &scheme.marks_without_target);
    let of = |(target, ladder, marks): (&'static str, &Option<Ladder>, &Vec<Knot>)| {
        let ladder = ladder.as_ref()?;
        Some(Beside {
            target,
            met_within: ladder.met_within,
            limit_exponent: ladder.limit_exponent,
            zero_as: ladder.zero_as,
            marks: marks.clone(),
        })
    };
    [with, without].into_iter().filter_map(of).collect()
}

#[derive(Serialize)]
struct Compared<'a> {
    framework: &'a str,
    snapshot: u64,
    line: Option<&'a str>,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// What the house measures: docs/METHOD.md section 4.
const PACE: &str = "pace over the pace needed, in units a year";

pub(crate) async fn run(global: &Global, what: &RulesCommand) -> Result<(), Failure> {
    match what {
        RulesCommand::List => list(global, &context::deployment(global)?),
        RulesCommand::Show { book } => show(global, &context::deployment(global)?, book),
        RulesCommand::Compare { line, review } => compare(global, line.as_deref(), review).await,
    }
}

fn of_house(rules: &RuleBook) -> Book<'_> {
    Book {
        book: &rules.id,
        version: &rules.version,
        title: &rules.title,
        with_target: Some(PACE),
        without_target: None,
        status: status(rules.provenance.status),
        verified: rules.provenance.verified,
        source: &rules.provenance.source,
        note: "",
    }
}

fn of_other(scheme: &Scheme) -> Book<'_> {
    let words = |ladder: Option<&Ladder>| ladder.map(|ladder| ladder.measure.words());
    Book {
        book: &scheme.id,
        version: &scheme.version,
        title: &scheme.title,
        with_target: words(scheme.with_target.as_ref()),
        without_target: words(scheme.without_target.as_ref()),
        status: "published",
        verified: scheme.verified,
        source: &scheme.source,
        note: &scheme.note,
    }
}

fn list(global: &Global, deployment: &Deployment) -> Result<(), Failure> {
    let others = deployment.schemes.iter().map(of_other);
    let all: Vec<Book<'_>> = std::iter::once(of_house(&deployment.rules)).chain(others).collect();
    // Sources and notes are sentences: in a table `wsis rules show` has them.
    output::print(global.format, &all, |form| {
        let mut names =
            vec!["book", "version", "title", "with_target", "without_target", "verified"];
        let in_full = form != Format::Table;
        names.extend(in_full.then_some(["source", "note"]).into_iter().flatten());
        let mut rows = Rows::new(&names);
        for it in &all {
            let mut cells = vec![
                it.book.to_owned(),
                it.version.to_owned(),
                it.title.to_owned(),
                it.with_target.unwrap_or("no rule").to_owned(),
                it.without_target.unwrap_or("no rule").to_owned(),
                it.verified.to_string(),
            ];
            if in_full {
                cells.extend([it.source.to_owned(), it.note.to_owned()]);
            }
            rows.push(cells);
        }
        rows
    })
}

fn show(global: &Global, deployment: &Deployment, id: &str) -> Result<(), Failure> {
    let house = &deployment.rules;
    let other = deployment.schemes.iter().find(|it| it.id.eq_ignore_ascii_case(id));
    let shown = match other {
        Some(scheme) => Shown {
            book: of_other(scheme),
            classes: steps(scheme),
            beside: beside(scheme),
            mark_met: scheme.mark_met,
        },
        None if house.id.eq_ignore_ascii_case(id) => Shown {
            book: of_house(house),
            classes: of_house_classes(&house.classes),
            beside: Vec::new(),
            mark_met: None,
        },
        None => {
            let ids = deployment.schemes.iter().map(|it| it.id.as_str()).chain([house.id.as_str()]);
            return Err(Failure::usage(format!(
                "no rule book {id:?}; {}; `wsis rules list` shows all",
                wsis_config::hint(id, ids, "there are")
            )));
        }
    };
    output::print(global.format, &shown, |_| {
        let mut rows = Rows::new(&["target", "class", "#from", "rule", "like", "~measure"]);
        for it in &shown.classes {
            rows.push(vec![
                it.target.to_owned(),
                it.class.to_owned(),
                exact(it.from),
                it.rule.clone(),
                it.like.clone(),
                it.measure.to_owned(),
            ]);
        }
        rows
    })?;
    if !global.quiet && global.format == Format::Table {
        let mark =
            if shown.book.verified { "" } else { " (not read there: from memory or second hand)" };
        for line in shown.told() {
            output::note(&line);
        }
        output::note(&format!("source: {}{mark}", shown.book.source));
        if !shown.book.note.is_empty() {
            output::note(shown.book.note);
        }
    }
    Ok(())
}

fn steps(scheme: &Scheme) -> Vec<Step<'_>> {
    let mut all = Vec::new();
    for (target, ladder) in [("with", &scheme.with_target), ("without", &scheme.without_target)] {
        let Some(ladder) = ladder else { continue };
        for (at, class) in ladder.classes.iter().enumerate() {
            all.push(step(target, ladder, at, class));
        }
    }
    all
}

fn step<'a>(
    target: &'static str,
    ladder: &'a Ladder,
    at: usize,
    class: &'a SchemeClass,
) -> Step<'a> {
    let rules = [("met", ladder.met), ("falling", ladder.falling), ("lost", ladder.lost)];
    let of_it = rules.iter().filter(|(_, place)| *place == Some(at)).map(|(name, _)| *name);
    Step {
        target,
        measure: ladder.measure.words(),
        class: &class.name,
        from: class.from,
        rule: of_it.collect::<Vec<_>>().join(", "),
        like: class.like.iter().map(|band| band.code()).collect::<Vec<_>>().join(", "),
    }
}

fn of_house_classes(rule: &ClassRule) -> Vec<Step<'static>> {
    let from = |class| match class {
        Class::OnTrack => Some(rule.on_track),
        Class::Moderate => Some(rule.moderate),
        Class::Limited => Some(rule.limited),
        _ => None,
    };
    let by_rule = |class| match class {
        Class::TargetMet => "met",
        Class::Regressing => "lost",
        Class::DeadlineMissed => "the target year is past",
        _ => "",
    };
    let classes = Class::ALL.into_iter().filter(|class| *class != Class::NotAssessable);
    let step = |class: Class| Step {
        target: "with",
        measure: PACE,
        class: class.label(),
        from: from(class),
        rule: by_rule(class).to_owned(),
        like: band(class).map_or("", |band| band.code()).to_owned(),
    };
    classes.map(step).collect()
}

async fn compare(global: &Global, line: Option<&str>, review: &Review) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, review.framework.as_deref())?;
    let line =
        line.map(|line| names::line(framework, line).map(|it| it.code.clone())).transpose()?;
    let computed = context::compute(global, deployment, review, line.as_deref()).await?;
    let window = (computed.window.start, computed.window.end);
    let schemes = &computed.deployment.schemes;
    let found =
        books::compare(computed.method(), &computed.scorecard, schemes, line.as_deref(), window);
    let shown = Compared {
        framework: &computed.framework().id,
        snapshot: computed.snapshot(),
        line: line.as_deref(),
        comparison: &found,
    };
    output::print(global.format, &shown, |form| match form {
        Format::Csv => each(&found),
        Format::Table | Format::Json => counts(&found),
    })?;
    if global.format == Format::Table {
        output::text(&told(&found))?;
        if let Some(why) = line.as_deref().and_then(|it| lines::why_unscored(&computed, it)) {
            output::text(&why)?;
        }
    }
    Ok(())
}

fn counts(found: &Comparison) -> Rows {
    let mut rows = Rows::new(&["book", "class", "#rows"]);
    for it in &found.classes {
        rows.push(vec![it.book.clone(), it.class.clone(), it.rows.to_string()]);
    }
    rows
}

/// What the counts come to, in words.
fn told(found: &Comparison) -> String {
    let Comparison { window_start, window_end, not_asked, compared, hang, .. } = found;
    if found.rows.is_empty() {
        return format!(
            "\nNothing to compare, {window_start} to {window_end}: {not_asked} economies and indicators, none with \
             two observations that can be compared."
        );
    }
    let mut lines = vec![
        String::new(),
        format!(
            "{} economies and indicators with two observations that can be compared, {window_start} to \
             {window_end}; {not_asked} without.",
            found.rows.len()
        ),
        format!(
            "Of {compared} that at least two books class in a way that can be compared, {hang} hang on the \
             book: no class of the house is like what all of them say."
        ),
    ];
    for Against { book, both, differ, none, level } in &found.against {
        if *level {
            lines.push(format!(
                "{book}: bands of a level, which say nothing of progress and are compared with no class; none in {none}."
            ));
            continue;
        }
        lines.push(format!(
            "{book}: otherwise than the house in {differ} of {both}; no class in {none}."
        ));
    }
    lines.join("\n")
}

/// Each economy, indicator and book, the house first.
fn each(found: &Comparison) -> Rows {
    let mut rows = Rows::new(&[
        "indicator",
        "area",
        "#start_year",
        "#start_value",
        "#end_year",
        "#end_value",
        "#target",
        "#met_from",
        "#target_year",
        "book",
        "class",
        "like",
        "#measure",
        "#mark",
        "reason",
        "agree",
    ]);
    for row in &found.rows {
        let like = band(row.house).map_or("", |band| band.code());
        let house = [row.house.label(), like, "", "", ""].map(str::to_owned);
        rows.push(line_of(row, books::HOUSE, house));
        for said in &row.said {
            let cells = [
                said.class.clone().unwrap_or_default(),
                said.like.join(";"),
                exact(said.measure),
                exact(said.mark),
                said.reason.clone().unwrap_or_default(),
            ];
            rows.push(line_of(row, &said.book, cells));
        }
    }
    rows
}

fn line_of(row: &BookRow, book: &str, said: [String; 5]) -> Vec<String> {
    let mut cells = vec![
        row.indicator.clone(),
        row.area.clone(),
        row.start_year.to_string(),
        exact(Some(row.start_value)),
        row.end_year.to_string(),
        exact(Some(row.end_value)),
        exact(row.target),
        exact(row.met_from),
        exact(row.target_year),
        book.to_owned(),
    ];
    cells.extend(said);
    cells.push(row.agree.map_or(String::new(), |agree| agree.to_string()));
    cells
}
