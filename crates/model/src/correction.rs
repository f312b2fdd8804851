//! A figure of a source that is known to be wrong, and what is read in its place (docs/adr/0030). What the
//! source said stays in the lake. Read from `pipelines/corrections/*.toml` by the `config` crate. (What a
//! person takes back or ends in the lake itself is `lake::Correction`, docs/adr/0024.)

use chrono::NaiveDate;

use crate::framework::SeriesRef;
use crate::pipeline::same_code;

/// By what part numbers differ when they do: more than writing and reading one makes, less than any digit
/// that a source prints.
const TOLERANCE: f64 = 1e-9;

/// One correction.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Id, unique in a deployment.
    pub id: String,
    /// Pipeline that delivers the figure.
    pub pipeline: String,
    /// Series and breakdown.
    pub series: SeriesRef,
    /// Area code.
    pub area: String,
    /// Calendar year.
    pub year: i32,
    /// The value that the source gives, and without which nothing is corrected.
    pub expects: f64,
    /// What is read in its place; none where there is no figure that could be believed.
    pub value: Option<f64>,
    /// Why the source's value is wrong, and where the other one is from.
    pub reason: String,
    /// Who says so.
    pub by: String,
    /// Who was told of it, and when; none where nobody was told yet.
    pub reported: Option<(String, NaiveDate)>,
    /// The last day on which it holds.
    pub expires: NaiveDate,
}

/// What became of a correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// The source gives the expected value: the other one is read.
    Applied,
    /// The day until which it holds is over: the source's value is read.
    Expired,
    /// The source gives another value by now (none: states that there is none), which is read.
    Otherwise(Option<f64>),
    /// The source gives nothing of it.
    Absent,
}

impl Standing {
    /// Name in output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Expired => "expired",
            Self::Otherwise(_) => "otherwise",
            Self::Absent => "absent",
        }
    }
}

impl Correction {
    /// Whether it is of a series, by whatever spelling of its code.
    pub fn is_of(&self, series: &SeriesRef) -> bool {
        let folded = SeriesRef { series_code: self.series.series_code.clone(), ..series.clone() };
        same_code(&self.series.series_code, &series.series_code) && folded == self.series
    }

    /// How it stands where the source gives that on a day.
    pub fn standing(&self, given: Option<f64>, on: NaiveDate) -> Standing {
        let is_expected = |value: f64| {
            (value - self.expects).abs() <= TOLERANCE * value.abs().max(self.expects.abs())
        };
        match given {
            _ if on > self.expires => Standing::Expired,
            Some(value) if is_expected(value) => Standing::Applied,
            other => Standing::Otherwise(other),
        }
    }

    /// What stands beside a figure that it replaces: of whom, and why.
    pub fn beside(&self) -> String {
        let reported = match &self.reported {
            Some((whom, on)) => format!("reported to {whom} on {on}"),
            None => "not yet reported to the source".to_owned(),
        };
        format!(
            "corrected here, the source gives {}: {} ({}; {reported}; correction {} holds until {})",
            self.expects, self.reason, self.by, self.id, self.expires
        )
    }

    /// How it stands, in words.
    pub fn told(&self, standing: Standing) -> String {
        let read = self.value.map_or("no value".to_owned(), |value| value.to_string());
        match standing {
            Standing::Applied => format!("{} is read in place of {}", read, self.expects),
            Standing::Expired => format!(
                "not applied: it held until {}; look at it again, and give it another day or take it out",
                self.expires
            ),
            Standing::Otherwise(found) => format!(
                "not applied: the source gives {} by now, {} was expected; take it out if that is right",
                found.map_or("no value".to_owned(), |value| value.to_string()),
                self.expects
            ),
            Standing::Absent => {
                "not applied: nothing is in force of this series, area and year".to_owned()
            }
        }
    }
}
