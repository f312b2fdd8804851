//! The code lists of a deployment: which code is meant by what a source writes for a sex, an age, a
//! degree of urbanisation, or the nature of a figure. Built from `schemas/codelists/`, never
//! guessed.

use std::collections::BTreeMap;

use crate::area::AreaList;
use crate::payload::RawId;
use crate::status::ObsStatus;

/// Every code list that decoding uses.
#[derive(Debug, Clone, Default)]
pub struct CodeLists {
    /// Reference areas.
    pub areas: AreaList,
    /// Codes of the dimensions and natures.
    pub dimensions: DimensionLists,
}

impl CodeLists {
    /// One number for everything that the lists say: another one decodes anew.
    pub fn fingerprint(&self) -> String {
        let text = format!("{} {:?}", self.areas.fingerprint(), self.dimensions);
        RawId::of(text.as_bytes()).to_string()
    }
}

/// The code lists of the dimensions that have a column, and of natures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DimensionLists {
    /// `sex.csv`.
    pub sex: CodeList,
    /// `age.csv`.
    pub age: CodeList,
    /// `location.csv`: degree of urbanisation.
    pub location: CodeList,
    /// `obs_status.csv`: what the UN's natures of a figure mean.
    pub natures: Natures,
}

/// What sources write (upper case), and the code it means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeList(BTreeMap<String, String>);

/// A line of a code list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} line {line}: {found}")]
pub struct CodeListError {
    /// File name.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u64,
    /// What stands there, and what would be right.
    pub found: String,
}

impl CodeList {
    /// Reads `code,name,source_codes`; the spellings of `source_codes` are separated by `;`.
    ///
    /// # Errors
    /// A line without a code or with one that stands twice, a spelling that stands for two codes, or
    /// no line at all.
    pub fn from_csv(file: &'static str, text: &str) -> Result<Self, CodeListError> {
        let mut codes = BTreeMap::new();
        each(file, text, ["code", "name", "source_codes"], |[code, _, written]| {
            for spelling in std::iter::once(code).chain(written.split(';')) {
                put(&mut codes, spelling, code.to_owned())?;
            }
            Ok(())
        })?;
        Ok(Self(codes))
    }

    /// The code that a text means, without regard to ASCII case.
    pub fn find(&self, written: &str) -> Option<&str> {
        self.0.get(&written.to_ascii_uppercase()).map(String::as_str)
    }
}

/// What the UN's natures of a figure (`C`, `E`, `M`, ...) mean, by their code in upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Natures(BTreeMap<String, ObsStatus>);

/// What SDMX says of a status.
type Meaning = fn(ObsStatus) -> bool;

impl Natures {
    /// Reads the columns `code` and `unsd_nature` of `obs_status.csv`, and compares `has_value` and
    /// `estimate`, where they are there, with what SDMX says of the status.
    ///
    /// # Errors
    /// A line without an SDMX observation status or with one that stands twice, a nature that stands
    /// for two, or another meaning than that of SDMX.
    pub fn from_csv(file: &'static str, text: &str) -> Result<Self, CodeListError> {
        let mut natures = BTreeMap::new();
        let heads = text.lines().next().unwrap_or_default();
        let meanings: [(&'static str, Meaning); 2] =
            [("has_value", ObsStatus::has_value), ("estimate", ObsStatus::is_estimate)];
        for (column, meaning) in meanings {
            if !heads.split(',').any(|head| head.trim() == column) {
                continue;
            }
            each(file, text, ["code", column], |[code, said]| {
                let Some(status) = ObsStatus::from_code(code) else { return Ok(()) };
                let right = if meaning(status) { "1" } else { "0" };
                if said == right {
                    return Ok(());
                }
                Err(format!(
                    "{column} of {code} is {said:?}; by SDMX (CL_OBS_STATUS) it is {right}"
                ))
            })?;
        }
        each(file, text, ["code", "unsd_nature"], |[code, written]| {
            let status = ObsStatus::from_code(code)
                .ok_or_else(|| format!("{code:?} is no SDMX observation status (CL_OBS_STATUS)"))?;
            written.split(';').try_for_each(|nature| put(&mut natures, nature, status))
        })?;
        Ok(Self(natures))
    }

    /// The status that a nature means, without regard to ASCII case.
    pub fn find(&self, nature: &str) -> Option<ObsStatus> {
        self.0.get(&nature.to_ascii_uppercase()).copied()
    }
}

/// Adds a spelling, which may stand for one meaning only.
fn put<T: PartialEq>(
    known: &mut BTreeMap<String, T>,
    spelling: &str,
    meaning: T,
) -> Result<(), String> {
    let spelling = spelling.trim().to_ascii_uppercase();
    if spelling.is_empty() {
        return Ok(());
    }
    match known.get(&spelling) {
        Some(other) if *other != meaning => {
            Err(format!("{spelling:?} stands for two codes; expected one"))
        }
        _ => {
            known.insert(spelling, meaning);
            Ok(())
        }
    }
}

/// Hands the named columns of each line to `take`.
fn each<const N: usize>(
    file: &'static str,
    text: &str,
    columns: [&'static str; N],
    mut take: impl FnMut([&str; N]) -> Result<(), String>,
) -> Result<(), CodeListError> {
    let fault = |line: u64, found: String| CodeListError { file, line, found };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| fault(1, error.to_string()))?.clone();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|heading| heading.trim() == column).ok_or_else(|| {
            fault(1, format!("there is no column {column:?}; expected {}", columns.join(", ")))
        })?;
    }
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            fault(line, error.to_string())
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        let fields = places.map(|place| record.get(place).unwrap_or_default().trim());
        let code = fields.first().copied().unwrap_or_default();
        if code.is_empty() {
            return Err(fault(line, "the code is empty; expected one in the first column".into()));
        }
        if let Some(wrong) = record.iter().find(|field| field.chars().any(char::is_control)) {
            return Err(fault(line, format!("{wrong:?} holds a control character")));
        }
        let written = places.first().and_then(|place| record.get(*place)).unwrap_or_default();
        if written != code || !code.chars().all(is_of_code) {
            return Err(fault(
                line,
                format!("code {written:?}; expected letters, digits and {SIGNS:?} alone"),
            ));
        }
        if let Some(first) = seen.insert(code.to_owned(), line) {
            return Err(fault(line, format!("code {code:?} stands on line {first} already")));
        }
        take(fields).map_err(|found| fault(line, found))?;
    }
    if seen.is_empty() {
        return Err(fault(1, "no rows found, expected at least one below the header".to_owned()));
    }
    Ok(())
}

/// Signs in codes besides letters and digits: those of SDMX, and those of ages (`15+`, `<5Y`).
const SIGNS: &str = "_-+<>.@$";

fn is_of_code(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || SIGNS.contains(sign)
}

#[cfg(test)]
mod tests {
    use super::{CodeList, Natures};
    use crate::status::ObsStatus;

    #[test]
    fn trial_r4_a_list_says_what_each_spelling_means() {
        let list = CodeList::from_csv("sex.csv", "code,name,source_codes\nF,Female,FEMALE;SEX_F\n");
        let list = list.unwrap();
        for written in ["F", "f", "female", "SEX_F"] {
            assert_eq!(list.find(written), Some("F"), "{written}");
        }
        assert_eq!(list.find("X"), None);
        let natures =
            Natures::from_csv("obs_status.csv", "code,unsd_nature\nE,E;M\nA,C\n").unwrap();
        assert_eq!(natures.find("m"), Some(ObsStatus::Estimated));
        assert_eq!(natures.find("N"), None);
    }

    #[test]
    fn trial_p34_a_list_says_nothing_twice_and_nothing_against_sdmx() {
        let head = "code,name,source_codes\n";
        for (lines, told) in [
            ("F,Female,X\nF,Women,Y\n", "line 3: code \"F\" stands on line 2 already"),
            (" F,Female,X\n", "line 2: code \" F\"; expected letters"),
            ("A;B=C,Both,X\n", "line 2: code \"A;B=C\"; expected letters"),
            ("a\u{1b}[31m,Evil,X\n", "line 2: \"a\\u{1b}[31m\" holds a control character"),
            ("F,Fem\u{7}ale,X\n", "line 2: \"Fem\\u{7}ale\" holds a control character"),
            ("", "line 1: no rows found"),
        ] {
            let error = CodeList::from_csv("sex.csv", &format!("{head}{lines}")).unwrap_err();
            assert!(error.to_string().starts_with(&format!("sex.csv {told}")), "{error}");
        }
        for age in ["15+", "<5Y", "15-24", "Y_GE15", "_T"] {
            assert!(CodeList::from_csv("age.csv", &format!("{head}{age},Age,\n")).is_ok(), "{age}");
        }
        let head = "code,name,has_value,estimate,unsd_nature\n";
        for (line, told) in [
            ("A,Normal,0,0,", "has_value of A is \"0\"; by SDMX (CL_OBS_STATUS) it is 1"),
            ("E,Estimated,yes,1,", "has_value of E is \"yes\""),
            ("M,Missing,1,0,", "has_value of M is \"1\"; by SDMX (CL_OBS_STATUS) it is 0"),
            ("I,Imputed,1,0,", "estimate of I is \"0\""),
            ("A,Normal,1,0,\nA,again,1,0,", "code \"A\" stands on line 2 already"),
        ] {
            let error = Natures::from_csv("obs_status.csv", &format!("{head}{line}\n"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn trial_r4_a_wrong_list_names_its_line() {
        for (text, told) in [
            (
                "code,name,source_codes\nF,Female,X\nM,Male,X\n",
                "sex.csv line 3: \"X\" stands for two",
            ),
            ("code,name,source_codes\n,Female,X\n", "sex.csv line 2: the code is empty"),
            ("name\nFemale\n", "sex.csv line 1: there is no column \"code\""),
        ] {
            let error = CodeList::from_csv("sex.csv", text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
        let error = Natures::from_csv("obs_status.csv", "code,unsd_nature\nZZ,C\n").unwrap_err();
        assert!(error.to_string().contains("is no SDMX observation status"), "{error}");
    }
}
