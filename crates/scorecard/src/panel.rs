//! The figures that a framework scores: one cell per indicator, area and year, each with its
//! flags and the place it was read from.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use wsis_model::area::AreaList;
use wsis_model::correction::{Correction, Standing};
use wsis_model::framework::Framework;
use wsis_model::payload::RawId;
use wsis_model::status::ObsStatus;

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Value in the indicator's unit; `None` where the source states that there is none.
    pub value: Option<f64>,
    /// SDMX observation status.
    pub obs_status: ObsStatus,
    /// The source's own flags.
    pub source_flag: Option<String>,
    /// The source's own footnotes.
    pub footnote: Option<String>,
    /// Value as the source printed it, if it differs.
    pub value_text: Option<String>,
    /// Payload it was read from.
    pub payload: Option<RawId>,
    /// Position in the payload, from 1.
    pub payload_row: Option<i64>,
    /// When this system first saw it.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Why the value is not the source's.
    pub correction: Option<Arc<Correction>>,
}

/// A correction, and what became of it when the panel was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// What is corrected.
    pub correction: Arc<Correction>,
    /// Whether it is.
    pub standing: Standing,
    /// Indicators that read the figure, by code.
    pub indicators: Vec<String>,
}

impl Cell {
    /// The cell with another value. How the source printed its own stays beside it.
    #[must_use]
    pub fn corrected(mut self, correction: &Arc<Correction>) -> Self {
        let given = self.value.map(|value| value.to_string());
        self.value_text = self.value_text.or(given);
        self.value = correction.value;
        if self.value.is_none() {
            self.obs_status = ObsStatus::Missing;
        }
        self.correction = Some(Arc::clone(correction));
        self
    }

    /// A normal value without further facts.
    pub fn of(value: f64) -> Self {
        Self::with_status(Some(value), ObsStatus::Normal)
    }

    /// A value, or the statement that there is none, with its status.
    pub fn with_status(value: Option<f64>, obs_status: ObsStatus) -> Self {
        Self {
            value,
            obs_status,
            source_flag: None,
            footnote: None,
            value_text: None,
            payload: None,
            payload_row: None,
            recorded_at: None,
            correction: None,
        }
    }
}

/// Why a cell cannot be put into a panel.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PanelError {
    /// The framework has no such indicator.
    #[error("indicator {0:?} is not in the framework")]
    UnknownIndicator(String),
    /// The code list has no such area.
    #[error("area {0:?} is not in the code list")]
    UnknownArea(String),
    /// The value is not finite.
    #[error("value of {indicator}, {area}, {year} is {value}; a finite number is needed")]
    NotFinite {
        /// Indicator code.
        indicator: String,
        /// Area code.
        area: String,
        /// Year.
        year: i32,
        /// The value.
        value: f64,
    },
    /// The key stands twice.
    #[error("{indicator}, {area}, {year} stands twice")]
    Duplicate {
        /// Indicator code.
        indicator: String,
        /// Area code.
        area: String,
        /// Year.
        year: i32,
    },
}

/// Cells by indicator, area and year, years ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    indicators: Vec<String>,
    areas: Vec<String>,
    /// Places in `indicators` and `areas` by code.
    rows: HashMap<String, usize>,
    columns: HashMap<String, usize>,
    /// First year of each area's present territory, where it is known.
    valid_from: Vec<Option<i32>>,
    /// Indicator-major: `indicator * areas.len() + area`.
    series: Vec<Vec<(i32, Cell)>>,
    /// What became of the corrections of its figures, by id.
    corrections: Vec<Corrected>,
}

/// Fills a panel, in any order.
#[derive(Debug, Clone)]
pub struct PanelBuilder {
    panel: Panel,
}

impl Panel {
    /// An empty panel for the indicators of a framework and the areas of a list.
    pub fn builder(framework: &Framework, areas: &AreaList) -> PanelBuilder {
        let mut indicators: Vec<String> =
            framework.indicators.iter().map(|indicator| indicator.code.clone()).collect();
        indicators.sort();
        indicators.dedup();
        let mut listed: Vec<(String, Option<i32>)> =
            areas.areas().iter().map(|area| (area.code.clone(), area.valid.0)).collect();
        listed.sort();
        let (codes, valid_from): (Vec<String>, Vec<Option<i32>>) = listed.into_iter().unzip();
        let series = vec![Vec::new(); indicators.len() * codes.len()];
        let places = |codes: &[String]| {
            codes.iter().enumerate().map(|(at, code)| (code.clone(), at)).collect()
        };
        let (rows, columns) = (places(&indicators), places(&codes));
        let corrections = Vec::new();
        let panel =
            Self { indicators, areas: codes, rows, columns, valid_from, series, corrections };
        PanelBuilder { panel }
    }

    fn slot(&self, indicator: &str, area: &str) -> Option<usize> {
        Some(self.rows.get(indicator)? * self.areas.len() + self.columns.get(area)?)
    }

    /// The cells of an indicator in an area that may be scored, years ascending: from the first
    /// year of its present territory on. A row of an earlier year is of another country, or of
    /// none; it is kept, and never scored (A1).
    pub fn series(&self, indicator: &str, area: &str) -> &[(i32, Cell)] {
        self.split(indicator, area).1
    }

    /// The last year with a value before the area's present territory, and the first year of it.
    pub fn before_territory(&self, indicator: &str, area: &str) -> Option<(i32, i32)> {
        let (earlier, _) = self.split(indicator, area);
        let (year, _) = earlier.iter().rev().find(|(_, cell)| cell.value.is_some())?;
        Some((*year, self.valid_from(area)?))
    }

    fn valid_from(&self, area: &str) -> Option<i32> {
        self.valid_from.get(*self.columns.get(area)?).copied().flatten()
    }

    #[expect(clippy::type_complexity, reason = "two slices of what `all` gives")]
    fn split(&self, indicator: &str, area: &str) -> (&[(i32, Cell)], &[(i32, Cell)]) {
        let all = self.all(indicator, area);
        let from = self.valid_from(area).unwrap_or(i32::MIN);
        all.split_at(all.partition_point(|(year, _)| *year < from))
    }

    fn all(&self, indicator: &str, area: &str) -> &[(i32, Cell)] {
        self.slot(indicator, area).and_then(|slot| self.series.get(slot)).map_or(&[], Vec::as_slice)
    }

    /// The cell of an indicator in an area and a year.
    pub fn cell(&self, indicator: &str, area: &str, year: i32) -> Option<&Cell> {
        let series = self.all(indicator, area);
        let at = series.binary_search_by_key(&year, |(year, _)| *year).ok()?;
        series.get(at).map(|(_, cell)| cell)
    }

    /// Codes of the indicators, sorted.
    pub fn indicators(&self) -> &[String] {
        &self.indicators
    }

    /// Codes of the areas, sorted.
    pub fn areas(&self) -> &[String] {
        &self.areas
    }

    /// What became of the corrections of its figures, by id.
    pub fn corrections(&self) -> &[Corrected] {
        &self.corrections
    }

    /// Number of cells, with and without a value.
    pub fn len(&self) -> usize {
        self.series.iter().map(Vec::len).sum()
    }

    /// Whether there is no cell at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PanelBuilder {
    /// Puts a cell.
    ///
    /// # Errors
    /// Unknown indicator or area, a value that is not finite, or a key that is there already.
    pub fn insert(
        &mut self,
        indicator: &str,
        area: &str,
        year: i32,
        cell: Cell,
    ) -> Result<(), PanelError> {
        let names = || (indicator.to_owned(), area.to_owned());
        let Some(slot) = self.panel.slot(indicator, area) else {
            let is_known = self.panel.rows.contains_key(indicator);
            return Err(if is_known {
                PanelError::UnknownArea(area.to_owned())
            } else {
                PanelError::UnknownIndicator(indicator.to_owned())
            });
        };
        if let Some(value) = cell.value.filter(|value| !value.is_finite()) {
            let (indicator, area) = names();
            return Err(PanelError::NotFinite { indicator, area, year, value });
        }
        let Some(series) = self.panel.series.get_mut(slot) else { return Ok(()) };
        match series.binary_search_by_key(&year, |(year, _)| *year) {
            Ok(_) => {
                let (indicator, area) = names();
                Err(PanelError::Duplicate { indicator, area, year })
            }
            Err(at) => {
                series.insert(at, (year, cell));
                Ok(())
            }
        }
    }

    /// Says what became of a correction.
    pub fn note(&mut self, corrected: Corrected) {
        self.panel.corrections.push(corrected);
    }

    /// The panel.
    pub fn build(mut self) -> Panel {
        self.panel.corrections.sort_by(|a, b| a.correction.id.cmp(&b.correction.id));
        self.panel
    }
}
