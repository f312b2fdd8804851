//! What a framework states, fact by fact, so that two of them can be held against each other.
//!
//! Every field of the model is named here without `..`: one that is added later has to be told of, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::Serialize;
use wsis_model::framework::{
    Aggregation, Direction, Framework, Goalposts, Indicator, LineFacts, MetFrom, Node, OwnAges,
    Provenance, Ranking, Scale, SeriesRef, Status, Target, Transform,
};

/// What kind of thing a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An indicator or node that is there, or a node that is reported.
    Member,
    /// Share of a child in its node.
    Weight,
    /// Goalposts, and how a value becomes a score.
    Goalposts,
    /// A target, its year, from where on it is met, and what no projection towards it exceeds.
    Target,
    /// Which series feeds an indicator, and what is known of it.
    Series,
    /// How children are combined, and what a node asks for.
    Aggregation,
    /// Full marks, decimals, who is ranked, ages.
    Scale,
    /// Review windows.
    Window,
    /// A number of the rule book.
    Rule,
    /// A figure that is read otherwise than its source gives it.
    Correction,
    /// Areas and groups.
    CodeList,
    /// Words, sources and links: no score hangs on them.
    Words,
}

impl Kind {
    /// As tables print it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Weight => "weight",
            Self::Goalposts => "goalposts",
            Self::Target => "target",
            Self::Series => "series",
            Self::Aggregation => "aggregation",
            Self::Scale => "scale",
            Self::Window => "window",
            Self::Rule => "rule",
            Self::Correction => "correction",
            Self::CodeList => "code list",
            Self::Words => "words",
        }
    }

    /// Whether a score, rank or class may hang on it.
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Words | Self::Window)
    }
}

/// What is said of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) kind: Kind,
    /// For people.
    pub(super) text: String,
    /// All of it, where the text is a short form.
    pub(super) whole: String,
}

/// Facts by the field that states them.
pub(super) type Facts = BTreeMap<String, Fact>;

/// What a fact is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Framework,
    Node(String),
    Indicator(String),
}

pub(super) fn put(facts: &mut Facts, kind: Kind, field: &str, text: impl ToString) {
    put_short(facts, kind, field, text.to_string(), &());
}

/// A fact whose text is a short form of `whole`.
fn put_short(facts: &mut Facts, kind: Kind, field: &str, text: String, whole: &dyn Debug) {
    let fact = Fact { kind, text, whole: format!("{whole:?}") };
    facts.insert(field.to_owned(), fact);
}

fn put_some<T: ToString>(facts: &mut Facts, kind: Kind, field: &str, value: Option<T>) {
    if let Some(value) = value {
        put(facts, kind, field, value.to_string());
    }
}

/// Everything that a framework states.
pub(super) fn of_framework(framework: &Framework) -> BTreeMap<Item, Facts> {
    let Framework {
        id,
        version,
        title,
        scale,
        ranking,
        ages,
        windows,
        reported,
        nodes,
        indicators,
        provenance,
    } = framework;
    let mut own = Facts::new();
    put(&mut own, Kind::Words, "id", id);
    put(&mut own, Kind::Words, "version", version);
    put(&mut own, Kind::Words, "title", title);
    of_provenance(&mut own, "", provenance);
    let Scale { max, rank_decimals, shown_decimals } = scale;
    put(&mut own, Kind::Scale, "scale.max", max);
    put(&mut own, Kind::Scale, "scale.rank_decimals", rank_decimals);
    put(&mut own, Kind::Words, "scale.shown_decimals", shown_decimals);
    let Ranking { universe, requires } = ranking;
    put(&mut own, Kind::Scale, "ranking.universe", words(universe));
    put(&mut own, Kind::Scale, "ranking.requires", words(requires));
    let OwnAges { max, max_progress, baseline_within, min_span, max_lag } = ages;
    for (field, years) in [
        ("ages.max", max),
        ("ages.max_progress", max_progress),
        ("ages.baseline_within", baseline_within),
        ("ages.min_span", min_span),
        ("ages.max_lag", max_lag),
    ] {
        put_some(&mut own, Kind::Scale, field, *years);
    }
    let windows = windows.iter().map(|it| format!("{}-{}", it.start, it.end));
    put(&mut own, Kind::Window, "windows", windows.collect::<Vec<_>>().join(", "));
    // The order of lines is that of tables, and in the fingerprint.
    put(&mut own, Kind::Words, "order of reported", reported.join(", "));
    for line in reported {
        put(&mut own, Kind::Member, &format!("reported {line}"), "yes");
    }
    let mut all = BTreeMap::from([(Item::Framework, own)]);
    all.extend(nodes.iter().map(|node| (Item::Node(node.code.clone()), of_node(node))));
    all.extend(indicators.iter().map(|it| (Item::Indicator(it.code.clone()), of_indicator(it))));
    all
}

fn of_node(node: &Node) -> Facts {
    let Node {
        code: _,
        title,
        aggregation,
        children,
        min_weight,
        min_children,
        min_weight_rank,
        core,
        line,
    } = node;
    let mut facts = Facts::new();
    put(&mut facts, Kind::Words, "title", title);
    let mean = match aggregation {
        Aggregation::Arithmetic => "arithmetic".to_owned(),
        Aggregation::Geometric { floor } => format!("geometric, floor {floor}"),
        Aggregation::Harmonic { floor } => format!("harmonic, floor {floor}"),
    };
    put(&mut facts, Kind::Aggregation, "aggregation", mean);
    let sum: f64 = children.iter().map(|child| child.weight).sum();
    for child in children {
        let share = format!("{:.6}", child.weight / sum);
        let share = share.trim_end_matches('0').trim_end_matches('.');
        let text = format!("{share} ({} of {sum})", child.weight);
        let whole = child.weight / sum;
        put_short(&mut facts, Kind::Weight, &format!("weight of {}", child.code), text, &whole);
    }
    put_some(&mut facts, Kind::Aggregation, "min_weight", *min_weight);
    put_some(&mut facts, Kind::Aggregation, "min_children", *min_children);
    put_some(&mut facts, Kind::Aggregation, "min_weight_rank", *min_weight_rank);
    put_some(&mut facts, Kind::Aggregation, "core", core.as_ref().map(|core| core.join(", ")));
    if let Some(line) = line {
        of_line(&mut facts, line);
    }
    facts
}

/// What is said of a line beside its score.
fn of_line(facts: &mut Facts, line: &LineFacts) {
    let LineFacts {
        facilitators,
        sdg,
        gdc,
        no_indicator,
        context,
        commitments,
        commitments_source,
        dated_targets,
        claims,
        claims_source,
        claims_caveat,
        achievements_note,
        challenges_note,
        facilitators_source,
        sdg_source,
        gdc_source,
    } = line;
    let mut short = |field: &str, text: String, whole: &dyn Debug| {
        put_short(facts, Kind::Words, field, text, whole);
    };
    let agencies: Vec<&str> = facilitators.iter().map(|it| it.agency.as_str()).collect();
    short("facilitators", agencies.join(", "), &(facilitators, facilitators_source));
    let targets: Vec<&str> = sdg.iter().map(|it| it.target.as_str()).collect();
    short("sdg", targets.join(", "), &(sdg, sdg_source));
    let objectives: Vec<String> = gdc.iter().map(|it| it.objective.to_string()).collect();
    short("gdc", objectives.join(", "), &(gdc, gdc_source));
    short("context", context.join(", "), &());
    short("no_indicator", no_indicator.clone().unwrap_or_default(), &());
    let promised = (commitments, commitments_source);
    short("commitments", format!("{} promises", commitments.len()), &promised);
    short("dated_targets", format!("{} targets with a year", dated_targets.len()), dated_targets);
    let whole = (claims, claims_source, claims_caveat, achievements_note, challenges_note);
    short("claims", format!("{} sentences", claims.len()), &whole);
}

fn of_indicator(indicator: &Indicator) -> Facts {
    let Indicator {
        code: _,
        title,
        definition,
        unit,
        limit,
        theme,
        agency,
        series,
        direction,
        goalposts,
        target,
        breaks,
        relative,
        contains,
        second_delivery_of,
        survey,
        sampling,
        evidence,
        provenance,
        licence,
        note,
    } = indicator;
    let mut facts = Facts::new();
    for (field, text) in [
        ("title", title),
        ("definition", definition),
        ("unit", unit),
        ("theme", theme),
        ("agency", agency),
        ("evidence", evidence),
        ("licence", licence),
        ("note", note),
    ] {
        put(&mut facts, Kind::Words, field, text);
    }
    // No score, rank or class of the house hangs on it, but the projection of a trend does, and the books of others.
    put_some(&mut facts, Kind::Target, "limit", *limit);
    of_provenance(&mut facts, "", provenance);
    let direction = match direction {
        Direction::Up => "up".to_owned(),
        Direction::Down => "down".to_owned(),
        Direction::Goldilocks(best) => format!("best at {best}"),
    };
    put(&mut facts, Kind::Goalposts, "direction", direction);
    of_goalposts(&mut facts, goalposts.as_ref());
    of_target(&mut facts, target.as_ref());
    put_some(&mut facts, Kind::Series, "series", series.as_ref().map(of_series));
    for it in breaks {
        let whole = (&it.reason, &it.source, it.verified);
        let field = format!("break {}", it.year);
        put_short(&mut facts, Kind::Series, &field, it.reason.clone(), &whole);
    }
    put(&mut facts, Kind::Series, "relative", relative);
    put_some(&mut facts, Kind::Series, "second_delivery_of", second_delivery_of.as_ref());
    put_some(&mut facts, Kind::Series, "survey", survey.as_ref());
    if let Some(it) = sampling {
        let text = format!("{} people, design effect {}", it.sample, it.design_effect);
        put_short(&mut facts, Kind::Series, "sampling", text, it);
    }
    put(&mut facts, Kind::Words, "contains", contains.join(", "));
    facts
}

fn of_series(series: &SeriesRef) -> String {
    format!("{}/{} {}", series.source, series.dataset, series.label())
}

fn of_goalposts(facts: &mut Facts, goalposts: Option<&Goalposts>) {
    let Some(Goalposts { lo, hi, transform, clamp, provenance }) = goalposts else { return };
    put(facts, Kind::Goalposts, "goalposts.lo", lo);
    put(facts, Kind::Goalposts, "goalposts.hi", hi);
    let transform = match transform {
        Transform::Identity => "identity",
        Transform::Ln => "ln",
        Transform::Ln1p => "ln1p",
    };
    put(facts, Kind::Goalposts, "goalposts.transform", transform);
    put(facts, Kind::Goalposts, "goalposts.clamp", clamp);
    of_provenance(facts, "goalposts.", provenance);
}

fn of_target(facts: &mut Facts, target: Option<&Target>) {
    let Some(Target { value, year, met_from, provenance }) = target else { return };
    put(facts, Kind::Target, "target.value", value);
    put(facts, Kind::Target, "target.year", year);
    if let Some(MetFrom { value, source, verified }) = met_from {
        put(facts, Kind::Target, "target.met_from", value);
        put(facts, Kind::Words, "target.met_from.source", source);
        put(facts, Kind::Words, "target.met_from.verified", verified);
    }
    of_provenance(facts, "target.", provenance);
}

/// Status code of a fact.
pub const fn status(of: Status) -> &'static str {
    match of {
        Status::Proposed => "proposed",
        Status::Facilitator => "facilitator",
        Status::Agreed => "agreed",
    }
}

fn of_provenance(facts: &mut Facts, before: &str, of: &Provenance) {
    let Provenance { status: who, source, verified } = of;
    put(facts, Kind::Words, &format!("{before}status"), status(*who));
    put(facts, Kind::Words, &format!("{before}source"), source);
    put(facts, Kind::Words, &format!("{before}verified"), verified);
}

/// The name of a variant, in small letters.
fn words(of: &dyn Debug) -> String {
    format!("{of:?}").to_lowercase()
}

/// The reported nodes under which each node and indicator stands.
pub(super) fn lines_over(framework: &Framework) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in &framework.reported {
        let mut open = vec![line.as_str()];
        while let Some(code) = open.pop() {
            // Each node has one line, and the tree was checked to have no circle.
            found.entry(code.to_owned()).or_default().insert(line.clone());
            let children = framework.node(code).into_iter().flat_map(|node| &node.children);
            open.extend(children.map(|child| child.code.as_str()));
        }
    }
    found
}
