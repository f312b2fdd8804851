//! Small frameworks and the shared reference data.

use std::path::Path;

use wsis_config::rules;
use wsis_model::area::{Area, AreaKind, AreaList, GroupKind, Membership};
use wsis_model::framework::{
    Aggregation, Child, Direction, Framework, Goalposts, Indicator, LineFacts, Node, OwnAges,
    Provenance, Ranking, Scale, Status, Target, Transform, Window,
};
use wsis_model::rules::Method;
use wsis_reference::{committed, shared};
use wsis_scorecard::{Cell, Panel, PanelBuilder};

use crate::ledger;

/// Rows of a CSV file, by column name.
pub(crate) struct Rows {
    head: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    /// Reads a small reference of the repository.
    pub(crate) fn committed(path: &str) -> Self {
        Self::of(&committed(path))
    }

    /// Reads a reference of the repository, or a larger one of the shared data.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let near = committed(path);
        if near.is_file() { Some(Self::of(&near)) } else { Self::shared(path) }
    }

    /// Reads a reference of the shared data.
    pub(crate) fn shared(path: &str) -> Option<Self> {
        shared(&format!("reference/{path}")).map(|file| Self::of(&file))
    }

    pub(crate) fn of(file: &Path) -> Self {
        let mut reader = csv::Reader::from_path(file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let head = reader.headers().unwrap().clone();
        let rows = reader.records().map(Result::unwrap).collect();
        Self { head, rows }
    }

    /// Names of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.head.iter().map(|name| name.trim_start_matches('\u{feff}'))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|row| Row { head: &self.head, row })
    }

    /// A column of numbers, from top to bottom.
    pub(crate) fn column(&self, name: &str) -> Vec<Option<f64>> {
        self.iter().map(|row| row.number(name)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    head: &'a csv::StringRecord,
    row: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    pub(crate) fn text(&self, column: &str) -> &'a str {
        let at = self.head.iter().position(|name| name.trim_start_matches('\u{feff}') == column);
        self.row.get(at.unwrap_or_else(|| panic!("no column {column}"))).unwrap()
    }

    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    pub(crate) fn year(&self, column: &str) -> i32 {
        self.text(column).parse().unwrap()
    }
}

/// A framework under the rule book of the house.
pub(crate) fn house(framework: &Framework) -> Method<'_> {
    Method::new(framework, rules::house())
}

pub(crate) fn provenance() -> Provenance {
    Provenance { status: Status::Proposed, source: "test".into(), verified: true }
}

pub(crate) fn indicator(code: &str, lo: f64, hi: f64) -> Indicator {
    Indicator {
        code: code.into(),
        title: code.to_uppercase(),
        definition: String::new(),
        unit: "%".into(),
        theme: "connectivity".into(),
        agency: "ITU".into(),
        series: None,
        direction: if lo < hi { Direction::Up } else { Direction::Down },
        goalposts: Some(Goalposts {
            lo,
            hi,
            transform: Transform::Identity,
            clamp: true,
            provenance: provenance(),
        }),
        target: None,
        breaks: Vec::new(),
        relative: false,
        contains: Vec::new(),
        limit: None,
        second_delivery_of: None,
        survey: None,
        sampling: None,
        evidence: "A".into(),
        provenance: provenance(),
        licence: "test".into(),
        note: String::new(),
    }
}

/// With a target that a facilitator set.
pub(crate) fn with_target(mut indicator: Indicator, value: f64, year: i32) -> Indicator {
    let provenance = Provenance { status: Status::Facilitator, ..provenance() };
    indicator.target = Some(Target { value, year, met_from: None, provenance });
    indicator
}

/// A node with children of equal weight and the house rules.
pub(crate) fn node(code: &str, children: &[&str]) -> Node {
    weighted(code, &children.iter().map(|child| (*child, 1.0)).collect::<Vec<_>>())
}

pub(crate) fn weighted(code: &str, children: &[(&str, f64)]) -> Node {
    Node {
        code: code.into(),
        title: format!("Line {code}"),
        aggregation: Aggregation::Arithmetic,
        children: children
            .iter()
            .map(|(code, weight)| Child { code: (*code).into(), weight: *weight })
            .collect(),
        min_weight: None,
        min_children: None,
        min_weight_rank: None,
        core: None,
        line: Some(LineFacts::default()),
    }
}

pub(crate) fn framework(
    indicators: Vec<Indicator>,
    nodes: Vec<Node>,
    reported: &[&str],
) -> Framework {
    let mut indicators = indicators;
    indicators.sort_by(|a, b| a.code.cmp(&b.code));
    Framework {
        id: "test".into(),
        version: "1".into(),
        title: "Test".into(),
        scale: Scale { max: 100.0, rank_decimals: 9, shown_decimals: 1 },
        ranking: Ranking::default(),
        ages: OwnAges::default(),
        windows: vec![Window { start: 2015, end: 2020 }],
        reported: reported.iter().map(|code| (*code).into()).collect(),
        nodes,
        indicators,
        provenance: provenance(),
    }
}

pub(crate) fn area(code: &str) -> Area {
    Area {
        code: code.into(),
        m49: String::new(),
        iso2: String::new(),
        name: format!("Area {code}"),
        kind: AreaKind::Economy,
        region: "Region".into(),
        subregion: String::new(),
        valid: (None, None),
        note: String::new(),
    }
}

pub(crate) fn areas<'a>(codes: impl IntoIterator<Item = &'a str>) -> AreaList {
    AreaList::new(codes.into_iter().map(area).collect(), Vec::new()).unwrap()
}

/// A spell of an area in a group.
pub(crate) type Spell<'a> = (GroupKind, &'a str, &'a str, Option<i32>, Option<i32>);

pub(crate) fn memberships(spells: &[Spell<'_>]) -> Vec<Membership> {
    let spell = |&(kind, group, area, from, to): &Spell<'_>| Membership {
        kind,
        group: group.into(),
        area: area.into(),
        from,
        to,
    };
    spells.iter().map(spell).collect()
}

/// A panel from (indicator, area, year, value).
pub(crate) fn panel(
    framework: &Framework,
    areas: &AreaList,
    cells: &[(&str, &str, i32, f64)],
) -> Panel {
    let mut builder: PanelBuilder = Panel::builder(framework, areas);
    for (indicator, area, year, value) in cells {
        builder.insert(indicator, area, *year, Cell::of(*value)).unwrap();
    }
    builder.build()
}

/// Equal within an absolute tolerance, both missing counts as equal.
#[track_caller]
pub(crate) fn close(found: Option<f64>, expected: Option<f64>, tolerance: f64, what: &str) {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            let scale = expected.abs().max(1.0);
            let off = (found - expected).abs() / scale;
            assert!(off <= tolerance, "{what}: {found} != {expected}");
            ledger::off(off, tolerance);
        }
        (found, expected) => ledger::same(found, expected, what),
    }
}
