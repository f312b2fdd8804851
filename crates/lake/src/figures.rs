//! What becomes of the figures of each series: a figure is lost in whatever way it is lost
//! (withdrawn, null, an empty cell, a status "missing"), and a series whose figures nearly all
//! change is another series under the same name. Shares over a whole dataset hide both.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::pipeline::Gates;

use crate::merge::Fate;
use crate::row::{Dict, Row};
use crate::survey::setting;
use crate::unread::{Strangers, Unread};

/// Areas named in a message; the rest are counted.
const AREAS_NAMED: usize = 12;

/// Series named in the message of a gate; the rest are counted.
const SERIES_NAMED: usize = 5;

/// Numbers differ when they do so by more than what writing and reading them can make.
const TOLERANCE: f64 = 1e-12;

/// The figures of all series, counted as the merge goes over them in key order.
#[derive(Default)]
pub(crate) struct Figures {
    /// By series number.
    series: Vec<Series>,
    /// The series and area under way.
    at: Option<(u32, u32)>,
    area: Area,
}

/// One area of a series.
#[derive(Default)]
struct Area {
    /// Figures in force.
    before: u64,
    /// Figures that will be in force.
    after: u64,
}

/// One series.
#[derive(Default)]
struct Series {
    /// Figures in force that the delivery speaks of.
    figures: u64,
    /// Of these: stated again without a value.
    missing: u64,
    /// Of these: no longer given.
    withdrawn: u64,
    /// Of these: another number, or another unit.
    changed: u64,
    /// Areas with a figure in force.
    areas: u64,
    /// Areas that keep none.
    emptied: BTreeSet<u32>,
    /// Areas that lose one.
    losing: BTreeSet<u32>,
    /// Observations in force that were not asked for.
    kept: u64,
    /// Observations in force that were.
    spoken_of: u64,
    /// Of these: the record could not be read.
    unread: u64,
    /// One that could not be read may be theirs.
    perhaps_unread: u64,
    /// Areas that have such ones.
    unread_areas: BTreeSet<u32>,
}

impl Series {
    const fn lost(&self) -> u64 {
        self.missing + self.withdrawn
    }
}

impl Figures {
    /// Takes what becomes of one key.
    pub(crate) fn count(&mut self, dict: &Dict, fate: &Fate<'_>) {
        match fate {
            Fate::New(row) => {
                self.place(row);
                self.area.after += u64::from(!row.is_missing());
            }
            Fate::Unchanged(row) => self.stays(row, None),
            Fate::Changed { before, after } => self.stays(before, Some((dict, after))),
            Fate::Withdrawn { row, .. } => {
                let is_figure = u64::from(!row.is_missing());
                let area = row.area;
                let series = self.place(row);
                series.spoken_of += 1;
                series.figures += is_figure;
                series.withdrawn += is_figure;
                if is_figure > 0 {
                    series.losing.insert(area);
                }
                self.area.before += is_figure;
            }
            Fate::Kept(row) => {
                let is_figure = u64::from(!row.is_missing());
                self.place(row).kept += 1;
                self.area.before += is_figure;
                self.area.after += is_figure;
            }
            Fate::Unread(row, unread) => {
                let is_figure = u64::from(!row.is_missing());
                let area = row.area;
                let series = self.place(row);
                series.spoken_of += 1;
                series.figures += is_figure;
                match unread {
                    Unread::Is => series.unread += 1,
                    Unread::MayBe => series.perhaps_unread += 1,
                }
                series.unread_areas.insert(area);
                self.area.before += is_figure;
                self.area.after += is_figure;
            }
            Fate::Late(_)
            | Fate::LateWithdrawal { .. }
            | Fate::Stale
            | Fate::Conflict(_)
            | Fate::Refused(..)
            | Fate::Duplicates(_)
            | Fate::Overlap(_) => {}
        }
    }

    /// A key that is spoken of again, with the other statement if there is one.
    fn stays(&mut self, before: &Row, other: Option<(&Dict, &Row)>) {
        let was = !before.is_missing();
        let is = other.map_or(was, |(_, after)| !after.is_missing());
        let area = before.area;
        let series = self.place(before);
        series.spoken_of += 1;
        series.figures += u64::from(was);
        if was && !is {
            series.missing += 1;
            series.losing.insert(area);
        }
        if let Some((dict, after)) = other.filter(|_| was && is) {
            series.changed += u64::from(is_another(dict, before, after));
        }
        self.area.before += u64::from(was);
        self.area.after += u64::from(is);
    }

    /// The series of a row, after the area before it was closed.
    fn place(&mut self, row: &Row) -> &mut Series {
        if self.at != Some((row.series, row.area)) {
            self.end();
            self.at = Some((row.series, row.area));
        }
        self.series(row.series)
    }

    fn series(&mut self, id: u32) -> &mut Series {
        let at = id as usize;
        if self.series.len() <= at {
            self.series.resize_with(at + 1, Series::default);
        }
        &mut self.series[at]
    }

    /// Every series with its code and number.
    fn all<'d>(&self, dict: &'d Dict) -> impl Iterator<Item = (&'d str, u32, &Series)> {
        (0_u32..).zip(&self.series).map(|(id, series)| (dict.series.get(id), id, series))
    }

    /// Closes the area under way.
    pub(crate) fn end(&mut self) {
        let Area { before, after } = std::mem::take(&mut self.area);
        let Some((series, area)) = self.at.take().filter(|_| before > 0) else { return };
        let series = self.series(series);
        series.areas += 1;
        if after == 0 {
            series.emptied.insert(area);
        }
    }

    /// Series of which something stays because it was not asked for, and nothing was asked for.
    pub(crate) fn kept(&self, dict: &Dict) -> BTreeMap<String, u64> {
        self.all(dict)
            .filter(|(.., series)| series.kept > 0 && series.spoken_of == 0)
            .map(|(code, _, series)| (code.to_owned(), series.kept))
            .collect()
    }

    /// In alphabetical order, each series that loses figures, in words.
    pub(crate) fn lost(&self, dict: &Dict, strangers: &Strangers) -> Vec<String> {
        let mut found: Vec<String> = self
            .all(dict)
            .filter(|(.., series)| series.lost() > 0)
            .map(|(code, id, series)| losing(dict, code, (series, strangers.of(id))))
            .collect();
        found.sort();
        found
    }

    /// In alphabetical order, each series with figures that stay since their records could not be
    /// read, in words.
    pub(crate) fn unread(&self, dict: &Dict) -> Vec<String> {
        let mut found: Vec<String> =
            self.all(dict).filter_map(|(code, _, series)| staying(dict, code, series)).collect();
        found.sort();
        found
    }

    /// Why the gates of a series hold the commit, if they do.
    pub(crate) fn held(&self, dict: &Dict, gates: &Gates, strangers: &Strangers) -> Option<String> {
        let vanished = self.over(dict, |code, id, series| {
            let limit = gates.vanished_share_max;
            let figures = share(series.lost(), series.figures);
            let areas = share(series.emptied.len() as u64, series.areas);
            (figures > limit || areas > limit)
                .then(|| losing(dict, code, (series, strangers.of(id))))
        });
        if let Some(found) = vanished {
            return Some(format!(
                "{found}; at most {:.1} % of the figures of a series may vanish, and at most so \
                 many of its economies may keep none ({})",
                gates.vanished_share_max * 100.0,
                setting("vanished_share_max")
            ));
        }
        let changed = self.over(dict, |code, _, series| {
            let share = share(series.changed, series.figures);
            // One figure is no series: a single one may always be corrected.
            (series.changed > 1 && share > gates.changed_share_max).then(|| {
                format!(
                    "series {code}: {} of {} figures would be replaced by others ({:.1} %)",
                    series.changed,
                    series.figures,
                    share * 100.0
                )
            })
        })?;
        Some(format!(
            "{changed}; at most {:.1} % of the figures of a series may change at once \
             ({}), since another unit, base year or series would replace them all",
            gates.changed_share_max * 100.0,
            setting("changed_share_max")
        ))
    }

    /// What is to be said of the series of which something is to be said.
    fn over(
        &self,
        dict: &Dict,
        say: impl Fn(&str, u32, &Series) -> Option<String>,
    ) -> Option<String> {
        let said = |(code, id, series)| Some((code, say(code, id, series)?));
        let mut found: Vec<(&str, String)> = self.all(dict).filter_map(said).collect();
        found.sort();
        let more = found.len().saturating_sub(SERIES_NAMED);
        let texts: Vec<String> =
            found.into_iter().take(SERIES_NAMED).map(|(_, text)| text).collect();
        let more = if more > 0 { format!("; and {more} more series") } else { String::new() };
        (!texts.is_empty()).then(|| format!("{}{more}", texts.join("; ")))
    }
}

/// Whether a figure is another one: another number, or the number in another unit.
fn is_another(dict: &Dict, before: &Row, after: &Row) -> bool {
    let [unit, ..] = dict.attrs.get(before.attr);
    let [other, ..] = dict.attrs.get(after.attr);
    let size = before.value.abs().max(after.value.abs());
    unit != other || (before.value - after.value).abs() > size * TOLERANCE
}

/// What is lost of a series. Each of the new records whose area nobody knows may be one of the figures
/// that are no longer given.
fn losing(dict: &Dict, code: &str, (series, strangers): (&Series, u64)) -> String {
    let strangers = match strangers {
        _ if series.withdrawn == 0 => String::new(),
        0 => String::new(),
        1 => "; 1 record that is new in quarantine does not say of which area or series it is: it \
              may be one of them"
            .to_owned(),
        some => format!(
            "; {some} records that are new in quarantine do not say of which area or series they \
             are: they may be among them"
        ),
    };
    let emptied = match series.emptied.len() {
        0 => String::new(),
        some => format!("; {some} of {} economies keep none", series.areas),
    };
    format!(
        "series {code}: {} of {} figures vanish ({:.1} %; {} no longer given, {} now without a \
         value{emptied}): {}{strangers}",
        series.lost(),
        series.figures,
        share(series.lost(), series.figures) * 100.0,
        series.withdrawn,
        series.missing,
        named(dict, &series.losing),
    )
}

/// What stays of a series although no record of it could be read.
fn staying(dict: &Dict, code: &str, series: &Series) -> Option<String> {
    let all = series.unread + series.perhaps_unread;
    let (figures, they) = match all {
        0 => return None,
        1 => ("1 figure in force stays as it was".to_owned(), "it"),
        some => (format!("{some} figures in force stay as they were"), "them"),
    };
    let what = if series.perhaps_unread == 0 {
        format!("{figures}: what is given for {they} now could not be read")
    } else {
        format!("{figures}: records that are, or may be, of {they} could not be read")
    };
    Some(format!(
        "series {code}: {what}; see the quarantine: {}",
        named(dict, &series.unread_areas)
    ))
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Areas in alphabetical order; beyond twelve they are counted.
pub(crate) fn named(dict: &Dict, areas: &BTreeSet<u32>) -> String {
    let mut codes: Vec<&str> = areas.iter().map(|&area| dict.areas.get(area)).collect();
    codes.sort_unstable();
    let more = codes.len().saturating_sub(AREAS_NAMED);
    codes.truncate(AREAS_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", codes.join(", "))
}
