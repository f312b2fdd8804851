//! Which column is what. Editions and copies of the table differ in their headings; all that
//! are known stand in [`ALIASES`], the one place to add another.

use wsis_model::pipeline::{Pipeline, Series};

use crate::{DecodeError, area, table, text};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Year,
    Name,
    Iso3,
    Rank,
    Egdi,
    Epi,
    Osi,
    Hci,
    Tii,
}

impl Role {
    /// What it is, for people.
    const fn shown(self) -> &'static str {
        match self {
            Self::Year => "survey year",
            Self::Name => "name of the country",
            Self::Iso3 => "code of the country",
            Self::Rank => "rank",
            Self::Egdi => "E-Government Development Index",
            Self::Epi => "E-Participation Index",
            Self::Osi => "Online Service Index",
            Self::Hci => "Human Capital Index",
            Self::Tii => "Telecommunication Infrastructure Index",
        }
    }
}

/// Headings by role, in the form of [`text::heading`]: lower case, letters and digits only.
const ALIASES: &[(Role, &[&str])] = &[
    (Role::Year, &["surveyyear", "year"]),
    (Role::Name, &["countryname", "country"]),
    (Role::Iso3, &["code", "countrycode", "iso3"]),
    (Role::Rank, &["egovernmentrank", "rank", "egovrank", "egdirank"]),
    (
        Role::Egdi,
        &["egovernmentindex", "eindex", "egovindex", "egdi", "egovernmentdevelopmentindex"],
    ),
    (Role::Epi, &["eparticipationindex", "eparticipation", "epatindex", "epi"]),
    (Role::Osi, &["onlineserviceindex", "onlineservice", "osi"]),
    (Role::Hci, &["humancapitalindex", "humancapital", "hci"]),
    (Role::Tii, &["telecommunicationinfrastructureindex", "teleinfra", "tii"]),
];

/// Series codes by role, in the order in which the observations of a row are handed over.
pub(super) const SERIES: &[(Role, &str)] = &[
    (Role::Egdi, "EGDI"),
    (Role::Osi, "OSI"),
    (Role::Hci, "HCI"),
    (Role::Tii, "TII"),
    (Role::Epi, "EPI"),
    (Role::Rank, "EGDI_RANK"),
];

fn role(heading: &str) -> Option<Role> {
    let name = text::heading(heading);
    ALIASES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(role, _)| *role)
}

/// Whether a row looks like the header of a table: it names the index and the countries.
pub(crate) fn is_header<'a>(cells: impl IntoIterator<Item = &'a str>) -> bool {
    let roles: Vec<Role> = cells.into_iter().filter_map(role).collect();
    roles.contains(&Role::Egdi) && (roles.contains(&Role::Name) || roles.contains(&Role::Iso3))
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns<'p> {
    places: Vec<(Role, usize)>,
    /// Declared series with the column of each.
    pub(super) series: Vec<(&'p Series, usize)>,
    /// Columns that say once more which country a row is of, by heading.
    pub(super) area_beside: Vec<(String, usize)>,
    /// Columns without a heading.
    pub(super) unnamed: Vec<usize>,
    /// Fields that a row may have.
    pub(super) width: usize,
    /// Fields that a row must have.
    pub(super) needed: usize,
    /// Remarks on the header.
    pub(super) remarks: Vec<String>,
}

impl<'p> Columns<'p> {
    pub(super) fn find(header: &[String], pipeline: &'p Pipeline) -> Result<Self, DecodeError> {
        let mut places: Vec<(Role, usize)> = Vec::new();
        let texts = || header.iter().map(String::as_str);
        let mut remarks = table::untidy(texts());
        let mut area_beside = Vec::new();
        for (at, heading) in header.iter().enumerate() {
            let Some(role) = role(heading) else {
                if area::is_named_by(&text::heading(heading)) {
                    area_beside.push((heading.trim().to_owned(), at));
                } else if !heading.trim().is_empty() {
                    remarks.push(format!("column {:?} is not used", heading.trim()));
                }
                continue;
            };
            if let Some((_, first)) = places.iter().find(|(known, _)| *known == role) {
                return Err(DecodeError::DoubleColumn {
                    first: header.get(*first).cloned().unwrap_or_default(),
                    second: heading.clone(),
                    role: role.shown().to_owned(),
                });
            }
            places.push((role, at));
        }
        let width = table::width(texts());
        let (series, unnamed) = (Vec::new(), table::unnamed(texts()));
        let mut columns = Self { places, series, area_beside, unnamed, width, needed: 0, remarks };
        columns.require(header, pipeline)?;
        columns.needed = columns.places.iter().map(|(_, at)| at + 1).max().unwrap_or_default();
        Ok(columns)
    }

    fn require(&mut self, header: &[String], pipeline: &'p Pipeline) -> Result<(), DecodeError> {
        let missing = |role: Role| DecodeError::Columns {
            missing: described(role),
            found: table::shown(header.iter().map(String::as_str)),
        };
        if self.place(Role::Name).is_none() && self.place(Role::Iso3).is_none() {
            return Err(missing(Role::Name));
        }
        for (role, code) in SERIES {
            let Some(series) = pipeline.series(code) else { continue };
            let place = self.place(*role).ok_or_else(|| missing(*role))?;
            self.series.push((series, place));
        }
        if self.series.is_empty() {
            return Err(missing(Role::Egdi));
        }
        Ok(())
    }

    pub(super) fn place(&self, role: Role) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == role).map(|(_, at)| *at)
    }
}

fn described(role: Role) -> String {
    let names = ALIASES.iter().find(|(known, _)| *known == role).map_or(&[][..], |(_, n)| n);
    format!("{} ({})", role.shown(), names.join(", "))
}
