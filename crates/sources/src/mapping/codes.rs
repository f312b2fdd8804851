//! Dimension codes and status flags of the sources, by the code lists of the deployment.

use std::collections::BTreeMap;

use wsis_model::area::AreaKind;
use wsis_model::codelist::{CodeList, DimensionLists, Natures};
use wsis_model::observation::TOTAL;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;

use crate::checks::malformed;
use crate::normalise::Fault;

/// The dimensions of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breakdown {
    /// SDMX sex.
    pub(crate) sex: String,
    /// SDMX age.
    pub(crate) age: String,
    /// Degree of urbanisation.
    pub(crate) location: String,
    /// All others, `NAME=CODE` joined with `;`, sorted by name.
    pub(crate) dimensions: String,
}

impl Breakdown {
    /// Nothing broken down.
    pub(crate) fn total() -> Self {
        Self {
            sex: TOTAL.to_owned(),
            age: TOTAL.to_owned(),
            location: TOTAL.to_owned(),
            dimensions: String::new(),
        }
    }

    /// From the dimensions of a record by name. Names are kept as the source writes them; a
    /// dimension without a code, with `_T`, or the reporting type `G` (the global database
    /// itself) breaks nothing down and is left out.
    pub(crate) fn from_pairs<'a>(
        lists: &DimensionLists,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Fault> {
        let mut breakdown = Self::total();
        let mut others: BTreeMap<&str, &str> = BTreeMap::new();
        let mut given: BTreeMap<String, &str> = BTreeMap::new();
        for (name, code) in pairs {
            let (name, code) = (name.trim(), code.trim());
            if code.is_empty() {
                continue;
            }
            let heading = crate::text::heading(name);
            let key = match heading.as_str() {
                "urbanisation" => "location".to_owned(),
                "" => name.to_owned(),
                heading => heading.to_owned(),
            };
            match given.insert(key, code) {
                None => {}
                Some(known) if known == code => continue,
                Some(known) => {
                    let why = format!("dimension {name:?} is given twice: {known:?} and {code:?}");
                    return Err(malformed(&why));
                }
            }
            match heading.as_str() {
                "sex" => breakdown.sex = find(&lists.sex, "sex", code)?,
                "age" => breakdown.age = age(&lists.age, code)?,
                "location" | "urbanisation" => {
                    breakdown.location = find(&lists.location, "location", code)?;
                }
                "reportingtype" if code == "G" => {}
                _ if code == TOTAL => {}
                _ if name.contains([';', '=']) || code.contains([';', '=']) => {
                    return Err(unknown("dimension", &format!("{name}={code}")));
                }
                _ => {
                    others.insert(name, code);
                }
            }
        }
        let parts: Vec<String> =
            others.into_iter().map(|(name, code)| format!("{name}={code}")).collect();
        breakdown.dimensions = parts.join(";");
        Ok(breakdown)
    }
}

fn unknown(what: &str, code: &str) -> Fault {
    Fault {
        reason: Reason::UnknownDimension,
        detail: format!("{what} {code:?} is not in the code list"),
    }
}

fn find(list: &CodeList, what: &str, code: &str) -> Result<String, Fault> {
    list.find(code).map(str::to_owned).ok_or_else(|| unknown(what, code))
}

/// The oldest age that a code may name: nobody is older.
const AGE_MAX: u16 = 130;

/// Ages are listed or say themselves what they are: `15-24`, `25+`, `7`, `<5`.
fn age(list: &CodeList, code: &str) -> Result<String, Fault> {
    if let Some(known) = list.find(code) {
        return Ok(known.to_owned());
    }
    let number = |text: &str| {
        let is_number =
            (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|age| is_number && *age <= AGE_MAX)
    };
    let years = |text: &str| number(text).is_some();
    let range =
        |from: &str, to: &str| number(from).zip(number(to)).is_some_and(|(from, to)| from <= to);
    // SDMX code list of ages: `Y15T24`, `Y_GE15`, `Y_LT5`, `Y7`.
    let sdmx = code.strip_prefix('Y').and_then(|rest| match rest.strip_prefix('_') {
        Some(bound) => {
            let at_least = bound.strip_prefix("GE").filter(|it| years(it));
            let below = bound.strip_prefix("LT").filter(|it| years(it));
            at_least.map(|it| format!("{it}+")).or_else(|| below.map(|it| format!("<{it}")))
        }
        None => match rest.split_once('T') {
            Some((from, to)) if range(from, to) => Some(format!("{from}-{to}")),
            Some(_) => None,
            None => Some(rest.to_owned()).filter(|it| years(it)),
        },
    });
    if let Some(age) = sdmx {
        return Ok(age);
    }
    let is_plain = years(code)
        || code.strip_suffix('+').is_some_and(years)
        || code.strip_prefix('<').is_some_and(years)
        || code.split_once('-').is_some_and(|(from, to)| range(from, to));
    if is_plain { Ok(code.to_owned()) } else { Err(unknown("age", code)) }
}

/// What a status flag says of a record with a value, and of one without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    /// With a value.
    pub(crate) valued: ObsStatus,
    /// Without one.
    pub(crate) missing: ObsStatus,
    /// What a 0 beside it is.
    zero: Zero,
}

/// What a 0 is beside a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Zero {
    /// A value.
    Value,
    /// No value of an economy; of an aggregate it is one, for all of these have the flag.
    NoneOfEconomy,
    /// No value.
    None,
}

impl Status {
    /// A record without a flag.
    pub(crate) const PLAIN: Self =
        Self { valued: ObsStatus::Normal, missing: ObsStatus::Missing, zero: Zero::Value };

    /// A flag that means a status: one that says "missing" beside a value does not unsay the
    /// value (UNSD marks regional aggregates as "non-relevant"). A 0 it does unsay: that is how
    /// programs write nothing (A1).
    fn of(status: ObsStatus) -> Self {
        match status {
            ObsStatus::NotCollected
            | ObsStatus::CannotExist
            | ObsStatus::Missing
            | ObsStatus::Suppressed => Self { missing: status, zero: Zero::None, ..Self::PLAIN },
            valued => Self { valued, ..Self::PLAIN },
        }
    }

    /// The status of an SDMX `OBS_STATUS` code; none when it is not one.
    pub(crate) fn of_sdmx(code: &str) -> Option<Self> {
        ObsStatus::from_code(code).map(Self::of)
    }

    /// The status of Eurostat's flags, of which a figure may have several (`bep`): the first that is
    /// one. Revised (`r`) is none.
    pub(crate) fn of_eurostat(flags: &str) -> Option<Self> {
        flags
            .chars()
            .find_map(|flag| match flag {
                'b' => Some(ObsStatus::Break),
                'c' => Some(ObsStatus::Suppressed),
                'd' => Some(ObsStatus::DefinitionDiffers),
                'e' | 's' => Some(ObsStatus::Estimated),
                'f' => Some(ObsStatus::Forecast),
                'i' => Some(ObsStatus::Imputed),
                'n' => Some(ObsStatus::NotSignificant),
                'p' => Some(ObsStatus::Provisional),
                'u' => Some(ObsStatus::LowReliability),
                'm' | 'z' => Some(ObsStatus::CannotExist),
                _ => None,
            })
            .map(Self::of)
    }

    /// An estimate.
    pub(crate) fn estimated() -> Self {
        Self::of(ObsStatus::Estimated)
    }

    /// Whether a 0 beside the flag is no value of such an area.
    pub(crate) fn denies_zero(self, kind: AreaKind) -> bool {
        match self.zero {
            Zero::Value => false,
            Zero::NoneOfEconomy => kind != AreaKind::Aggregate,
            Zero::None => true,
        }
    }

    /// Whether the flag says that there is no value, so that one beside it is odd. UNSD's natures do
    /// not say so of every figure that has them.
    pub(crate) fn denies_value(self) -> bool {
        self.zero == Zero::None
    }

    /// The status of two flags: the first decides where it says more than "normal", and either
    /// may say that a 0 is none.
    pub(crate) fn of_both(first: Option<Self>, second: Option<Self>) -> Self {
        let says_more =
            |it: &Self| (it.valued, it.missing) != (Self::PLAIN.valued, Self::PLAIN.missing);
        let chosen = first.filter(says_more).or(second).unwrap_or(Self::PLAIN);
        let zero = |it: Option<Self>| it.map_or(Zero::Value, |it| it.zero);
        Self { zero: zero(first).max(zero(second)), ..chosen }
    }

    /// The status of a UNSD `Nature` code, by the code list; none when it lacks the code.
    pub(crate) fn of_nature(natures: &Natures, code: &str) -> Option<Self> {
        let status = natures.find(code)?;
        let mut meant = Self::of(status);
        // UNSD gives the nature "non-relevant" to all of its aggregates.
        if status == ObsStatus::CannotExist {
            meant.zero = Zero::NoneOfEconomy;
        }
        Some(meant)
    }
}

#[cfg(test)]
mod tests {
    use wsis_model::codelist::{CodeList, DimensionLists, Natures};
    use wsis_model::quarantine::Reason;
    use wsis_model::status::ObsStatus;

    use super::{Breakdown, Status};
    use crate::normalise::Fault;

    /// The committed lists.
    fn lists() -> DimensionLists {
        let read = |file, text| CodeList::from_csv(file, text).unwrap();
        let of_status = include_str!("../../../../schemas/codelists/obs_status.csv");
        DimensionLists {
            sex: read("sex.csv", include_str!("../../../../schemas/codelists/sex.csv")),
            age: read("age.csv", include_str!("../../../../schemas/codelists/age.csv")),
            location: read(
                "location.csv",
                include_str!("../../../../schemas/codelists/location.csv"),
            ),
            natures: Natures::from_csv("obs_status.csv", of_status).unwrap(),
        }
    }

    fn of(pairs: &[(&str, &str)]) -> Result<Breakdown, Fault> {
        Breakdown::from_pairs(&lists(), pairs.iter().copied())
    }

    #[test]
    fn all_dimensions_are_kept_sorted_by_name() {
        let breakdown = of(&[
            ("Type of skill", "SKILL_ICTCMFL"),
            ("Sex", "FEMALE"),
            ("Reporting Type", "G"),
            ("Age", "ALLAGE"),
            ("Location", "urban"),
            ("Education level", "PRIMAR"),
            ("Activity", "_T"),
        ])
        .unwrap();
        assert_eq!(breakdown.sex, "F");
        assert_eq!(breakdown.age, "_T");
        assert_eq!(breakdown.location, "URBAN");
        assert_eq!(breakdown.dimensions, "Education level=PRIMAR;Type of skill=SKILL_ICTCMFL");
        let national = of(&[("Reporting Type", "N")]).unwrap();
        assert_eq!(national.dimensions, "Reporting Type=N");
    }

    #[test]
    fn unknown_codes_are_no_guess() {
        for (name, code) in [("Sex", "OTHER"), ("Location", "MARS"), ("Age", "young"), ("X", "a=b")]
        {
            let fault = of(&[(name, code)]).unwrap_err();
            assert_eq!(fault.reason, Reason::UnknownDimension, "{name} {code}");
        }
        assert_eq!(of(&[("Age", "25-74")]).unwrap().age, "25-74");
        assert_eq!(of(&[("Age", "15+")]).unwrap().age, "15+");
    }

    #[test]
    fn trial_p38_nobody_has_such_an_age() {
        for code in ["24-15", "0-999", "999", "131+", "<200", "Y24T15", "Y0T999", "Y_GE500"] {
            let fault = of(&[("Age", code)]).unwrap_err();
            assert_eq!(fault.reason, Reason::UnknownDimension, "{code}");
        }
        for (code, age) in [("15-24", "15-24"), ("Y15T24", "15-24"), ("100+", "100+"), ("7", "7")] {
            assert_eq!(of(&[("Age", code)]).unwrap().age, age);
        }
    }

    #[test]
    fn v5_flags_become_a_status() {
        assert_eq!(Status::of_nature(&lists().natures, "C").unwrap().valued, ObsStatus::Normal);
        assert_eq!(Status::of_nature(&lists().natures, "e").unwrap().valued, ObsStatus::Estimated);
        assert_eq!(Status::of_nature(&lists().natures, "M").unwrap().valued, ObsStatus::Estimated);
        let non_relevant = Status::of_nature(&lists().natures, "N").unwrap();
        assert_eq!(non_relevant.valued, ObsStatus::Normal);
        assert_eq!(non_relevant.missing, ObsStatus::CannotExist);
        assert_eq!(Status::of_nature(&lists().natures, "ZZ"), None);
        assert_eq!(Status::of_sdmx("B").unwrap().valued, ObsStatus::Break);
        assert_eq!(Status::of_sdmx("bu"), None);
    }
}
