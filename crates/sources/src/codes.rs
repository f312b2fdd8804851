//! Dimension codes and status flags of the sources, from the committed code lists.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use wsis_model::area::AreaKind;
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
                "sex" => breakdown.sex = SEX.find("sex", code)?,
                "age" => breakdown.age = age(code)?,
                "location" | "urbanisation" => {
                    breakdown.location = LOCATION.find("location", code)?;
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

/// A code list: what sources write, upper case, and the code.
struct Codes(BTreeMap<String, String>);

impl Codes {
    fn read(text: &str) -> Self {
        let mut codes = BTreeMap::new();
        for record in rows(text) {
            let code = record.get(0).unwrap_or_default();
            let sources = record.get(2).unwrap_or_default().split(';');
            for written in std::iter::once(code).chain(sources).filter(|text| !text.is_empty()) {
                codes.insert(written.to_ascii_uppercase(), code.to_owned());
            }
        }
        Self(codes)
    }

    fn get(&self, code: &str) -> Option<&String> {
        self.0.get(&code.to_ascii_uppercase())
    }

    fn find(&self, what: &str, code: &str) -> Result<String, Fault> {
        self.get(code).cloned().ok_or_else(|| unknown(what, code))
    }
}

fn rows(text: &str) -> impl Iterator<Item = csv::StringRecord> + '_ {
    csv::Reader::from_reader(text.as_bytes()).into_records().filter_map(Result::ok)
}

static SEX: LazyLock<Codes> =
    LazyLock::new(|| Codes::read(include_str!("../../../schemas/codelists/sex.csv")));
static AGE: LazyLock<Codes> =
    LazyLock::new(|| Codes::read(include_str!("../../../schemas/codelists/age.csv")));
static LOCATION: LazyLock<Codes> =
    LazyLock::new(|| Codes::read(include_str!("../../../schemas/codelists/location.csv")));

/// Ages are listed or say themselves what they are: `15-24`, `25+`, `7`, `<5`.
fn age(code: &str) -> Result<String, Fault> {
    if let Some(known) = AGE.get(code) {
        return Ok(known.clone());
    }
    let years = |text: &str| {
        (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_plain = years(code)
        || code.strip_suffix('+').is_some_and(years)
        || code.strip_prefix('<').is_some_and(years)
        || code.split_once('-').is_some_and(|(from, to)| years(from) && years(to));
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

    /// Whether a 0 beside the flag is no value of such an area.
    pub(crate) fn denies_zero(self, kind: AreaKind) -> bool {
        match self.zero {
            Zero::Value => false,
            Zero::NoneOfEconomy => kind != AreaKind::Aggregate,
            Zero::None => true,
        }
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
    pub(crate) fn of_nature(code: &str) -> Option<Self> {
        NATURES.get(&code.to_ascii_uppercase()).copied()
    }
}

static NATURES: LazyLock<BTreeMap<String, Status>> = LazyLock::new(|| {
    let mut natures = BTreeMap::new();
    for record in rows(include_str!("../../../schemas/codelists/obs_status.csv")) {
        let status = record.get(0).and_then(ObsStatus::from_code);
        let written = record.get(4).unwrap_or_default().split(';').filter(|code| !code.is_empty());
        if let Some(status) = status {
            let mut meant = Status::of(status);
            // UNSD gives the nature "non-relevant" to all of its aggregates.
            if status == ObsStatus::CannotExist {
                meant.zero = Zero::NoneOfEconomy;
            }
            natures.extend(written.map(|code| (code.to_owned(), meant)));
        }
    }
    natures
});

#[cfg(test)]
mod tests {

    use wsis_model::quarantine::Reason;
    use wsis_model::status::ObsStatus;

    use super::{Breakdown, Status};

    #[test]
    fn all_dimensions_are_kept_sorted_by_name() {
        let breakdown = Breakdown::from_pairs([
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
        let national = Breakdown::from_pairs([("Reporting Type", "N")]).unwrap();
        assert_eq!(national.dimensions, "Reporting Type=N");
    }

    #[test]
    fn unknown_codes_are_no_guess() {
        for (name, code) in [("Sex", "OTHER"), ("Location", "MARS"), ("Age", "young"), ("X", "a=b")]
        {
            let fault = Breakdown::from_pairs([(name, code)]).unwrap_err();
            assert_eq!(fault.reason, Reason::UnknownDimension, "{name} {code}");
        }
        assert_eq!(Breakdown::from_pairs([("Age", "25-74")]).unwrap().age, "25-74");
        assert_eq!(Breakdown::from_pairs([("Age", "15+")]).unwrap().age, "15+");
    }

    #[test]
    fn v5_flags_become_a_status() {
        assert_eq!(Status::of_nature("C").unwrap().valued, ObsStatus::Normal);
        assert_eq!(Status::of_nature("e").unwrap().valued, ObsStatus::Estimated);
        assert_eq!(Status::of_nature("M").unwrap().valued, ObsStatus::Estimated);
        let non_relevant = Status::of_nature("N").unwrap();
        assert_eq!(non_relevant.valued, ObsStatus::Normal);
        assert_eq!(non_relevant.missing, ObsStatus::CannotExist);
        assert_eq!(Status::of_nature("ZZ"), None);
        assert_eq!(Status::of_sdmx("B").unwrap().valued, ObsStatus::Break);
        assert_eq!(Status::of_sdmx("bu"), None);
    }
}
