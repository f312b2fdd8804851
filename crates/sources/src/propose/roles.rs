//! Which column is what: by what its cells mean first, by its heading second.

use std::collections::{HashMap, HashSet};

use wsis_model::mapping::Columns;

use super::column::Column;
use super::figures::Numbers;
use super::grid::Grid;
use super::headings::{by_year, is_rank};
use super::recognise::Found;
use super::{Guess, Look, MappingProposal, Proposal, doubts, keys, listed, messages, series};

/// Headings, in the form of [`crate::text::heading`], in the order in which they are preferred.
const YEARS: &[&str] = &[
    "year",
    "refyear",
    "timeperiod",
    "datayear",
    "yearn",
    "surveyyear",
    "time",
    "period",
    "annee",
    "année",
    "ano",
    "año",
    "anno",
    "jahr",
    "edition",
    "date",
    "yearcode",
];
const VALUES: &[&str] = &[
    "numericvalue",
    "value",
    "obsvalue",
    "datavalue",
    "observationvalue",
    "valeur",
    "valor",
    "wert",
    "figure",
    "amount",
];
const SERIES: &[&str] = &[
    "seriescode",
    "indicatorcode",
    "indicator",
    "variablecode",
    "variable",
    "ind",
    "series",
    "itemcode",
    "item",
    "elementcode",
    "element",
    "measure",
    "subject",
    "indicatorid",
    "seriesid",
    "indicatorname",
    "seriesname",
    "code",
];
const TITLES: &[&str] = &[
    "indicatorname",
    "seriesname",
    "seriesdescription",
    "indicatorlabel",
    "variablename",
    "indicator",
    "item",
];
const UNITS: &[&str] =
    &["unitcode", "unitmeasure", "unitofmeasure", "unit", "units", "seriesunits"];
const MULTIPLIERS: &[&str] = &["unitmult", "powercodecode", "unitmultiplier"];
const STATUS: &[&str] = &["obsstatus"];
const FLAGS: &[&str] = &["flagcodes", "flag", "flags", "qualifier", "datasource", "source"];
const FOOTNOTES: &[&str] =
    &["datanote", "footnote", "footnotes", "note", "notes", "noteindicator", "commentobs"];
pub(super) const CODES_OF_AREAS: &[&str] = &[
    "m49",
    "m49code",
    "areacode",
    "areacodem49",
    "countrycode",
    "geoareacode",
    "economycode",
    "refarea",
];
/// Headings of numbers that are no measurements.
const NO_FIGURES: &[&str] =
    &["id", "rank", "latitude", "longitude", "lat", "lon", "lng", "entityid", "no", "nr"];

/// The columns by their roles.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) area: Option<usize>,
    pub(super) area_name: Option<usize>,
    pub(super) year: Option<usize>,
    pub(super) series: Option<usize>,
    pub(super) title: Option<usize>,
    pub(super) value: Option<usize>,
    pub(super) unit: Option<usize>,
    /// Columns of figures with a year in their headings, by the pattern of these.
    pub(super) by_year: Vec<(String, Vec<(usize, i32)>)>,
    /// Columns of figures, each of a series.
    pub(super) measures: Vec<usize>,
    pub(super) others: Vec<(&'static str, usize)>,
    pub(super) dimensions: Vec<usize>,
    pub(super) used: HashSet<usize>,
}

impl Roles {
    fn take(&mut self, at: Option<usize>) -> Option<usize> {
        self.used.extend(at);
        at
    }

    /// Columns of figures.
    pub(super) fn figures(&self) -> Vec<usize> {
        let of_years =
            self.by_year.iter().flat_map(|(_, columns)| columns.iter().map(|(at, _)| *at));
        self.value.into_iter().chain(self.measures.iter().copied()).chain(of_years).collect()
    }
}

/// Proposes a mapping.
/// What cannot be seen is left to a person.
pub(super) fn proposal(look: &Look<'_>, found: Found) -> Proposal {
    let Found { format, grid, .. } = found;
    let columns = Column::all(&grid, look.lists);
    let mut mapping =
        MappingProposal { document: grid.document.clone(), ..MappingProposal::default() };
    let mut decide = grid.decide.clone();
    let roles = match &grid.components {
        Some(components) => {
            let usual = components.columns(&Columns::default());
            messages::roles(&grid, &columns, &usual, &mut mapping)
        }
        None => of_table(&grid, &columns, &mut mapping),
    };
    if roles.area.is_none() {
        decide.push(
            "no column was found whose cells are economies: name it in columns.area, or write a \
             pipeline for the economy alone"
                .to_owned(),
        );
    }
    let edition = doubts::edition(look.name, &grid, &roles, &mut decide);
    doubts::places(&columns, &roles, &mut mapping, &mut decide);
    let mut numbers = Numbers::default();
    for at in roles.figures() {
        grid.column(at).for_each(|cell| numbers.take(cell));
    }
    numbers.settle(&mut mapping, &mut decide);
    doubts::writing(&grid, &mut mapping);
    doubts::frequencies(&columns, &roles, &mut mapping);
    let (series, series_left_out) =
        series::all(look, (&grid, &columns), &roles, &mut mapping, &mut decide);
    doubts::unused(&grid, &columns, &roles, &mut mapping, &mut decide);
    let years = doubts::years_of(&grid, &roles).or(edition.as_ref().map(|it| (it.value, it.value)));
    Proposal {
        source: Guess::new("file", "no service of its own is known for such a file"),
        format,
        dataset: None,
        member: grid.member.clone().map(|it| Guess::new(it, "the largest table of the archive")),
        sheet: sheet(&grid, &mut decide),
        edition,
        asks_for_series: false,
        years,
        mapping: Some(mapping),
        series,
        series_left_out,
        seen: seen(&grid),
        decide,
    }
}

/// What was seen of the file as a whole.
pub(super) fn seen(grid: &Grid) -> Vec<String> {
    let mut seen = vec![format!("{} rows and {} columns", grid.total, grid.headings.len())];
    if grid.components.is_none() && grid.header > 0 {
        seen.push(format!("the header is row {}", grid.header));
    }
    seen.extend(grid.above.iter().take(5).map(|it| format!("above the header: {it}")));
    if grid.rows.len() < grid.total {
        seen.push(format!("the first {} rows were looked at", grid.rows.len()));
    }
    seen.extend(grid.remarks.iter().take(10).cloned());
    seen
}

fn sheet(grid: &Grid, decide: &mut Vec<String>) -> Option<Guess<String>> {
    let (name, all) = grid.sheet.clone()?;
    if all.len() > 1 {
        let names = listed(all.iter().map(String::as_str), 10);
        decide.push(format!(
            "several sheets hold tables ({names}): is {name:?} the one that is meant?"
        ));
    }
    Some(Guess::new(name, format!("the largest table of {} visible sheets with one", all.len())))
}

pub(super) fn named(
    into: &mut Vec<(&'static str, Guess<String>)>,
    part: &'static str,
    at: Option<usize>,
    columns: &[Column<'_>],
    because: &str,
) {
    if let Some(column) = at.and_then(|at| columns.get(at)) {
        into.push((part, Guess::text(column.heading, because)));
    }
}

fn of_table(grid: &Grid, columns: &[Column<'_>], mapping: &mut MappingProposal) -> Roles {
    let mut roles = Roles::default();
    let open = |roles: &Roles, at: usize| !roles.used.contains(&at) && grid.can_be_named(at);
    area(&mut roles, grid, columns, mapping);
    let headed = |roles: &Roles, names: &[&str], fits: &dyn Fn(&Column<'_>) -> bool| {
        let of = |name: &&str| {
            let is = |it: &&Column<'_>| it.folded == *name && open(roles, it.at) && fits(it);
            columns.iter().find(is).map(|it| it.at)
        };
        names.iter().find_map(of)
    };
    let is_time = |it: &Column<'_>| it.mostly(it.years + it.periods.values().sum::<usize>());
    let any =
        || columns.iter().find(|it| open(&roles, it.at) && is_time(it) && it.texts.len() <= 150);
    let at = headed(&roles, YEARS, &is_time).or_else(|| any().map(|it| it.at));
    roles.year = roles.take(at);
    if let Some(column) = at.and_then(|at| columns.get(at)) {
        let why = format!(
            "{} of {} cells are years or periods",
            column.years + column.periods.values().sum::<usize>(),
            column.filled
        );
        mapping.columns.push(("year", Guess::text(column.heading, why)));
    } else {
        roles.by_year = by_year(columns, &roles);
        let all: Vec<usize> =
            roles.by_year.iter().flat_map(|(_, it)| it.iter().map(|(at, _)| *at)).collect();
        roles.used.extend(all);
    }
    let is_figure = |it: &Column<'_>| it.is_of_figures();
    let value = headed(&roles, VALUES, &is_figure).filter(|_| roles.by_year.is_empty());
    roles.value = roles.take(value);
    if let Some(column) = value.and_then(|at| columns.get(at)) {
        let why = format!("{} of {} cells are numbers", column.numbers, column.filled);
        mapping.columns.push(("value", Guess::text(column.heading, why)));
    }
    let is_list = |it: &Column<'_>| it.filled > 0 && it.texts.len() <= 5_000 && !it.is_open;
    let is_long = value.is_some() || roles.by_year.len() == 1;
    let at = headed(&roles, SERIES, &|it| is_list(it) && !is_time(it)).filter(|_| is_long);
    roles.series = roles.take(at);
    if let Some(column) = at.and_then(|at| columns.get(at)) {
        let why = format!("{} different texts in {} rows", column.texts.len(), column.filled);
        mapping.columns.push(("series", Guess::text(column.heading, why)));
        let at = headed(&roles, TITLES, &|it| is_list(it) && !is_figure(it));
        let at = at.filter(|title| depends(grid, column.at, *title));
        roles.title = roles.take(at);
        named(&mut mapping.columns, "title", at, columns, "one text for each series");
    }
    if is_long {
        let at = headed(&roles, UNITS, &is_list);
        roles.unit = roles.take(at);
    }
    others(&mut roles, columns, &headed, mapping);
    if roles.value.is_none() && (roles.by_year.is_empty() || roles.by_year.len() > 1) {
        roles.measures = measures(grid, columns, &roles);
        let measures = roles.measures.clone();
        roles.used.extend(measures);
    }
    keys::dimensions(grid, columns, &mut roles, mapping);
    roles
}

/// Whether a column has one text for each text of another.
fn depends(grid: &Grid, on: usize, column: usize) -> bool {
    let mut known: HashMap<&str, &str> = HashMap::new();
    grid.column(on)
        .zip(grid.column(column))
        .filter(|(key, _)| !key.is_empty())
        .all(|(key, text)| *known.entry(key).or_insert(text) == text)
}

fn area(roles: &mut Roles, grid: &Grid, columns: &[Column<'_>], mapping: &mut MappingProposal) {
    let fits = |it: &&Column<'_>| {
        let is_number = it.numbers * 2 > it.filled;
        let enough = if is_number { 8 } else { 5 };
        let all = it.places.economies * 10 >= it.filled * enough;
        // One text for all may be a code by accident: `NA` is Namibia, and no value.
        all && it.places.different > 1
            && grid.can_be_named(it.at)
            && (!is_number || it.is_named(CODES_OF_AREAS))
            && !(it.is_named(YEARS) || it.is_named(VALUES))
    };
    let candidates: Vec<&Column<'_>> = columns.iter().filter(fits).collect();
    // A code says it better than a name, unless hardly any is there.
    let most = candidates.iter().map(|it| it.places.economies).max().unwrap_or_default();
    let weight = |it: &&&Column<'_>| {
        let code = it.places.codes && it.places.economies * 10 >= most * 9;
        (code, it.places.economies, std::cmp::Reverse(it.at))
    };
    let Some(best) = candidates.iter().max_by_key(weight).copied() else { return };
    roles.area = roles.take(Some(best.at));
    let told = |it: &Column<'_>| {
        let groups = match it.places.groups {
            0 => String::new(),
            groups => format!(", {groups} as groups of economies"),
        };
        format!(
            "{} of {} cells resolve as economies ({} different){groups}",
            it.places.economies, it.filled, it.places.different
        )
    };
    mapping.columns.push(("area", Guess::text(best.heading, told(best))));
    let names =
        candidates.iter().filter(|it| it.at != best.at && it.places.codes != best.places.codes);
    if let Some(name) = names.max_by_key(|it| (it.places.economies, std::cmp::Reverse(it.at))) {
        roles.area_name = roles.take(Some(name.at));
        mapping.columns.push(("area_name", Guess::text(name.heading, told(name))));
    }
    if best.places.spelling != "file" {
        let spelling = best.places.spelling.to_owned();
        let why = format!(
            "its spellings resolve {} cells, more than those of all sources",
            best.places.economies
        );
        mapping.areas_of = Some(Guess::new(spelling, why));
    }
    let rows = grid.rows.len();
    let starts =
        grid.rows.first().and_then(|row| row.get(best.at)).is_some_and(|it| !it.is_empty());
    if best.filled * 10 < rows * 6 && starts && best.filled > 1 {
        let why =
            format!("{} of {rows} cells are filled, the first one too: merged cells?", best.filled);
        mapping.fill_down.push(Guess::text(best.heading, why));
    }
}

type Headed<'h> = &'h dyn Fn(&Roles, &[&str], &dyn Fn(&Column<'_>) -> bool) -> Option<usize>;

/// Part, headings, what its cells have to be, and on what it rests.
type Part<'p> = (&'static str, &'p [&'p str], &'p dyn Fn(&Column<'_>) -> bool, &'p str);

/// Columns beside the figure that say something of it.
fn others(
    roles: &mut Roles,
    columns: &[Column<'_>],
    headed: Headed<'_>,
    mapping: &mut MappingProposal,
) {
    let sexes = |it: &Column<'_>| it.mostly(it.sexes);
    let ages = |it: &Column<'_>| it.filled > 0 && it.ages > 0;
    let locations = |it: &Column<'_>| it.mostly(it.locations);
    let always = |it: &Column<'_>| it.filled > 0;
    let small = |it: &Column<'_>| it.mostly(it.numbers);
    let is_long = roles.value.is_some();
    let parts: [Part<'_>; 7] = [
        ("sex", &["sex", "gender"], &sexes, "its cells are in the code list of sexes"),
        (
            "age",
            &["age", "agegroup"],
            &ages,
            "its heading, and cells that are in the code list of ages",
        ),
        (
            "location",
            &["urbanisation", "urbanization", "residence", "location"],
            &locations,
            "its cells are in the code list of degrees of urbanisation",
        ),
        ("unit_mult", MULTIPLIERS, &small, "its heading; its cells are powers of ten"),
        ("status", STATUS, &always, "its heading"),
        ("flag", FLAGS, &always, "its heading; kept as it stands"),
        ("footnote", FOOTNOTES, &always, "its heading; kept as it stands"),
    ];
    for (part, names, fits, why) in parts {
        let is_of_breakdown = matches!(part, "sex" | "age" | "location");
        if !is_long && !is_of_breakdown {
            continue;
        }
        if let Some(at) = headed(roles, names, fits) {
            roles.used.insert(at);
            roles.others.push((part, at));
            named(&mut mapping.columns, part, Some(at), columns, why);
        }
    }
}

fn measures(grid: &Grid, columns: &[Column<'_>], roles: &Roles) -> Vec<usize> {
    let is_measure = |it: &&Column<'_>| {
        it.filled > 0
            && it.is_of_figures()
            && !roles.used.contains(&it.at)
            && grid.can_be_named(it.at)
            && !it.is_named(NO_FIGURES)
            && !is_rank(it.heading)
            && !(it.places.codes && it.mostly(it.places.resolved()) && it.is_named(CODES_OF_AREAS))
    };
    columns.iter().filter(is_measure).map(|it| it.at).collect()
}
