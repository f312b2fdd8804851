//! What the attributes of a record mean.

use wsis_model::codelist::Natures;

use crate::codes::Status;
use crate::normalise::Value;

/// What says "no value" in the database (F11: declared per source, never 0 by default). Not a
/// number, not relevant, not available.
const MISSING: [&str; 4] = ["NaN", "N", "NA", "N/A"];

/// A value as the database writes it: always text.
pub(super) fn value(text: &str) -> Value<'_> {
    if text.is_empty() {
        Value::Missing(None)
    } else if MISSING.contains(&text) {
        Value::Missing(Some(text))
    } else {
        Value::Text(text)
    }
}

/// Unit, status and flag of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) unit: String,
    pub(super) scale: i32,
    pub(super) status: Status,
    pub(super) flag: Option<String>,
    /// A code that the code list lacks: told, and taken as a normal value.
    pub(super) remark: Option<String>,
}

impl Attributes {
    /// From the attributes by name: `Nature`, `Units`, an observation status, a multiplier.
    pub(super) fn from_pairs<'a>(
        natures: &Natures,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut found =
            Self { unit: String::new(), scale: 0, status: Status::PLAIN, flag: None, remark: None };
        let (mut nature, mut sdmx) = ("", "");
        for (name, code) in pairs {
            let code = code.trim();
            match crate::text::heading(name).as_str() {
                "units" | "unitmeasure" => code.clone_into(&mut found.unit),
                "nature" => nature = code,
                "observationstatus" | "obsstatus" => sdmx = code,
                "unitmult" | "unitmultiplier" => match code.parse() {
                    Ok(scale) if (-30..=30).contains(&scale) => found.scale = scale,
                    _ if code.is_empty() => {}
                    _ => found.remark = Some(format!("unit multiplier {code:?} is not known")),
                },
                _ => {}
            }
        }
        found.set_status(natures, nature, sdmx);
        found
    }

    /// The nature of the datum decides where it says more than "normal".
    fn set_status(&mut self, natures: &Natures, nature: &str, sdmx: &str) {
        let by_nature = Status::of_nature(natures, nature);
        let by_sdmx = Status::of_sdmx(sdmx);
        if !nature.is_empty() && by_nature.is_none() {
            self.remark = Some(format!("nature {nature:?} is not in the code list"));
        }
        if !sdmx.is_empty() && by_sdmx.is_none() {
            self.remark = Some(format!("observation status {sdmx:?} is not in the code list"));
        }
        self.status = Status::of_both(by_nature, by_sdmx);
        let says_more = !matches!(sdmx, "" | "A");
        self.flag = match (nature.is_empty(), says_more) {
            (true, false) => None,
            (false, false) => Some(nature.to_owned()),
            (true, true) => Some(format!("OBS_STATUS={sdmx}")),
            (false, true) => Some(format!("{nature};OBS_STATUS={sdmx}")),
        };
    }
}

/// Years come as `2015`, `2015.0` and `"2015.0"`.
pub(super) fn year(text: &str) -> &str {
    crate::text::whole_number(text)
}

/// Whether the bounds of a value contradict it (V16). Bounds are not stored.
pub(super) fn bounds_contradict(value: &str, lower: &str, upper: &str) -> bool {
    if lower.is_empty() && upper.is_empty() {
        return false;
    }
    let number = |text: &str| crate::number::parse(text, 0).map(|number| number.value);
    let (Some(value), lower, upper) = (number(value), number(lower), number(upper)) else {
        return false;
    };
    lower.is_some_and(|lower| lower > value)
        || upper.is_some_and(|upper| upper < value)
        || matches!((lower, upper), (Some(lower), Some(upper)) if lower > upper)
}

/// Said once per kind, counted.
pub(super) const BOUNDS: &str = "values outside their own bounds";

#[cfg(test)]
mod tests {
    use wsis_model::codelist::Natures;
    use wsis_model::status::ObsStatus;

    use super::{Attributes, bounds_contradict, value, year};
    use crate::normalise::Value;

    fn natures() -> Natures {
        let text = include_str!("../../../../../schemas/codelists/obs_status.csv");
        Natures::from_csv("obs_status.csv", text).unwrap()
    }

    #[test]
    fn v1_v5_flags_are_kept_whole_and_become_a_status() {
        let attributes =
            Attributes::from_pairs(&natures(), [("Nature", "CA"), ("Units", "PERCENT")]);
        assert_eq!(attributes.flag.as_deref(), Some("CA"));
        assert_eq!(attributes.status.valued, ObsStatus::Normal);
        assert_eq!(attributes.unit, "PERCENT");
        let modelled =
            Attributes::from_pairs(&natures(), [("Nature", "M"), ("Observation Status", "A")]);
        assert_eq!(modelled.flag.as_deref(), Some("M"));
        assert_eq!(modelled.status.valued, ObsStatus::Estimated);
        let broken = Attributes::from_pairs(&natures(), [("NATURE", "C"), ("OBS_STATUS", "B")]);
        assert_eq!(broken.flag.as_deref(), Some("C;OBS_STATUS=B"));
        assert_eq!(broken.status.valued, ObsStatus::Break);
        let unknown = Attributes::from_pairs(&natures(), [("Nature", "bu")]);
        assert_eq!(unknown.flag.as_deref(), Some("bu"));
        assert!(unknown.remark.is_some());
    }

    #[test]
    fn f11_missing_tokens_are_declared() {
        assert_eq!(value(""), Value::Missing(None));
        assert_eq!(value("NaN"), Value::Missing(Some("NaN")));
        assert_eq!(value("N"), Value::Missing(Some("N")));
        assert_eq!(value("-"), Value::Text("-"));
        assert_eq!(value("0"), Value::Text("0"));
    }

    #[test]
    fn years_with_and_without_a_point() {
        assert_eq!(year("2015.0"), "2015");
        assert_eq!(year("2015"), "2015");
        assert_eq!(year("20205"), "20205");
    }

    #[test]
    fn v16_bounds() {
        assert!(bounds_contradict("5", "6", "7"));
        assert!(bounds_contradict("5", "", "4"));
        assert!(!bounds_contradict("5", "4", "6"));
        assert!(!bounds_contradict("5", "", ""));
        assert!(!bounds_contradict("N", "4", "3"));
    }
}
