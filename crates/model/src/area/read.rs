//! Reading `ref_area.csv`, `ref_area_aliases.csv` and `group_members.csv`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Alias, Area, AreaKind, AreaList, AreaListError, GroupKind, Membership, normalise_name,
};

const AREAS: &str = "ref_area.csv";
const ALIASES: &str = "ref_area_aliases.csv";
const GROUPS: &str = "group_members.csv";
const AREA_HEADER: &str = "code,m49,iso2,name,kind,region,subregion,valid_from,valid_to,note";
const ALIAS_HEADER: &str = "source,text,area";
const GROUP_HEADER: &str = "group_kind,group,area,valid_from,valid_to";
const INCOME: [&str; 4] = ["low", "lower-middle", "upper-middle", "high"];

impl AreaList {
    /// Reads and indexes the two code list files, given as text.
    ///
    /// # Errors
    /// Every wrong line of both files at once: an unexpected header, a malformed field, a code,
    /// M49 number or ISO alpha-2 code that stands twice, an alias without text or target.
    pub fn from_csv(ref_area: &str, aliases: &str) -> Result<Self, Vec<AreaListError>> {
        let mut faults = Faults { file: AREAS, errors: Vec::new() };
        let areas = read_areas(ref_area, &mut faults);
        faults.file = ALIASES;
        let aliases = read_aliases(aliases, &areas, &mut faults);
        if faults.errors.is_empty() { Self::new(areas, aliases) } else { Err(faults.errors) }
    }

    /// The list with the memberships of `group_members.csv`, given as text.
    ///
    /// # Errors
    /// Every wrong line at once: an unexpected header, an unknown kind, income group or economy,
    /// two spells of one economy in one group, or in two income groups, that share a year; and a
    /// file without member States.
    pub fn with_groups_csv(self, text: &str) -> Result<Self, Vec<AreaListError>> {
        let mut faults = Faults { file: GROUPS, errors: Vec::new() };
        let memberships = read_groups(text, &self, &mut faults);
        if faults.errors.is_empty() && !memberships.iter().any(|it| it.group == super::MEMBER) {
            faults.add(1, format!("no {:?} among the groups; ranks count them", super::MEMBER));
        }
        if faults.errors.is_empty() {
            Ok(self.with_memberships(memberships))
        } else {
            Err(faults.errors)
        }
    }
}

/// First and last year of a membership, and its line.
type Spell = (i32, i32, u64);

fn read_groups(text: &str, areas: &AreaList, faults: &mut Faults) -> Vec<Membership> {
    let mut found: Vec<Membership> = Vec::new();
    // One economy is in one income group and has one standing at a time.
    let mut spells: BTreeMap<(GroupKind, String, String), Vec<Spell>> = BTreeMap::new();
    for (line, record) in records(text, GROUP_HEADER, faults) {
        match membership(&record, areas) {
            Ok(spell) => {
                let group = match spell.kind {
                    GroupKind::Special => spell.group.clone(),
                    GroupKind::Universe | GroupKind::Income => String::new(),
                };
                let (from, to) = (spell.from.unwrap_or(i32::MIN), spell.to.unwrap_or(i32::MAX));
                let others = spells.entry((spell.kind, group, spell.area.clone())).or_default();
                if let Some((_, _, at)) = others.iter().find(|(f, t, _)| *f <= to && from <= *t) {
                    let (area, kind) = (&spell.area, spell.kind.code());
                    faults.add(line, format!("{kind} of {area} overlaps the years of line {at}"));
                }
                others.push((from, to, line));
                found.push(spell);
            }
            Err(wrong) => faults.add(line, wrong),
        }
    }
    found
}

fn membership(record: &csv::StringRecord, areas: &AreaList) -> Result<Membership, String> {
    let field = |at: usize| record.get(at).unwrap_or_default();
    let kind = GroupKind::of(field(0))
        .ok_or_else(|| format!("group_kind {:?} is not universe, income or special", field(0)))?;
    let group = field(1);
    let known = match kind {
        GroupKind::Universe => [super::MEMBER, super::OBSERVER].contains(&group),
        GroupKind::Income => INCOME.contains(&group),
        GroupKind::Special => !group.is_empty(),
    };
    if !known {
        return Err(format!("{} group {group:?} is not known", kind.code()));
    }
    if areas.get(field(2)).is_none_or(|area| area.kind != AreaKind::Economy) {
        return Err(format!("area {:?} is no economy of {AREAS}", field(2)));
    }
    let (from, to) = validity(field(3), field(4))?;
    Ok(Membership { kind, group: group.to_owned(), area: field(2).to_owned(), from, to })
}

struct Faults {
    file: &'static str,
    errors: Vec<AreaListError>,
}

impl Faults {
    fn add(&mut self, line: u64, found: String) {
        self.errors.push(AreaListError::Line { file: self.file, line, found });
    }
}

/// The records of a file with their lines; a wrong header or an unreadable record is a fault.
fn records(text: &str, header: &str, faults: &mut Faults) -> Vec<(u64, csv::StringRecord)> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let width = header.split(',').count();
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        match record {
            Ok(record) if at == 0 => {
                let found = record.iter().collect::<Vec<_>>().join(",");
                if found != header {
                    faults.add(1, format!("header is {found:?}, expected {header:?}"));
                    return Vec::new();
                }
            }
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                if record.len() == width {
                    rows.push((line, record));
                } else {
                    let fields = record.len();
                    faults.add(line, format!("{fields} fields found, expected {width}"));
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.add(line, format!("not readable as CSV: {error}"));
                return rows;
            }
        }
    }
    if rows.is_empty() && faults.errors.is_empty() {
        faults.add(1, "no rows found, expected at least one below the header".to_owned());
    }
    rows
}

fn read_areas(text: &str, faults: &mut Faults) -> Vec<Area> {
    let mut areas = Vec::new();
    let mut seen: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    for (line, record) in records(text, AREA_HEADER, faults) {
        let area = match area(&record) {
            Ok(area) => area,
            Err(found) => {
                faults.add(line, found);
                continue;
            }
        };
        for (what, value) in [("code", &area.code), ("m49", &area.m49), ("iso2", &area.iso2)] {
            if value.is_empty() {
                continue;
            }
            if let Some(first) = seen.insert((what, value.clone()), line) {
                faults.add(line, format!("{what} {value} stands on line {first} already"));
            }
        }
        areas.push(area);
    }
    areas
}

fn area(record: &csv::StringRecord) -> Result<Area, String> {
    let field = |at: usize| record.get(at).unwrap_or_default();
    let code = field(0);
    if !is_code(code) {
        return Err(format!(
            "code {code:?} is not an ISO 3166-1 alpha-3 code, M49:nnn, UNSD:nnnnn or WB:XXX"
        ));
    }
    let m49 = field(1);
    let three_digits = m49.len() == 3 && m49.bytes().all(|b| b.is_ascii_digit());
    if !(m49.is_empty() || three_digits) {
        return Err(format!("m49 {m49:?} is not three digits or empty"));
    }
    let iso2 = field(2);
    if !iso2.is_empty() && !is_upper(iso2, 2) {
        return Err(format!("iso2 {iso2:?} is not two capital letters or empty"));
    }
    if field(3).is_empty() {
        return Err(format!("area {code} has no name"));
    }
    let kind = match field(4) {
        "economy" => AreaKind::Economy,
        "aggregate" => AreaKind::Aggregate,
        "dissolved" => AreaKind::Dissolved,
        other => {
            return Err(format!("kind {other:?} is not economy, aggregate or dissolved"));
        }
    };
    Ok(Area {
        code: code.to_owned(),
        m49: m49.to_owned(),
        iso2: iso2.to_owned(),
        name: field(3).to_owned(),
        kind,
        region: field(5).to_owned(),
        subregion: field(6).to_owned(),
        valid: validity(field(7), field(8))?,
        note: field(9).to_owned(),
    })
}

fn validity(from: &str, to: &str) -> Result<(Option<i32>, Option<i32>), String> {
    let valid = (year("valid_from", from)?, year("valid_to", to)?);
    match valid {
        (Some(from), Some(to)) if from > to => {
            Err(format!("valid_from {from} is after valid_to {to}"))
        }
        valid => Ok(valid),
    }
}

fn year(what: &str, text: &str) -> Result<Option<i32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match crate::period::parse(text) {
        crate::period::Told::Year(year) => Ok(Some(year)),
        _ => Err(format!("{what} {text:?} is not a year or empty")),
    }
}

fn is_upper(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_code(text: &str) -> bool {
    let digits = |t: &str, len| t.len() == len && t.bytes().all(|b| b.is_ascii_digit());
    match text.split_once(':') {
        None => is_upper(text, 3),
        Some(("M49", number)) => digits(number, 3),
        Some(("UNSD", number)) => digits(number, 5),
        Some(("WB", code)) => is_upper(code, 3),
        Some(_) => false,
    }
}

fn read_aliases(text: &str, areas: &[Area], faults: &mut Faults) -> Vec<Alias> {
    let codes: BTreeSet<&str> = areas.iter().map(|area| area.code.as_str()).collect();
    let by_text: BTreeMap<String, &str> =
        areas.iter().map(|area| (normalise_name(&area.code), area.code.as_str())).collect();
    let mut aliases = Vec::new();
    for (line, record) in records(text, ALIAS_HEADER, faults) {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let (source, text, area) = (field(0), field(1), field(2));
        if source.is_empty() || text.trim().is_empty() {
            faults.add(line, "source or text is empty, expected source id (or *) and text".into());
        } else if let Some(code) = by_text.get(&normalise_name(text)).filter(|it| **it != area) {
            // What every source would be believed to say is decided by the code list alone.
            faults.add(
                line,
                format!(
                    "alias {text:?} of {source} means {area:?}, and is the code {code} of {AREAS}"
                ),
            );
        } else if codes.contains(area) || areas.is_empty() {
            aliases.push(Alias {
                source: source.to_owned(),
                text: text.to_owned(),
                area: area.to_owned(),
            });
        } else {
            faults.add(
                line,
                format!("alias {text:?} of {source} points at area {area:?}, which {AREAS} lacks"),
            );
        }
    }
    aliases
}
