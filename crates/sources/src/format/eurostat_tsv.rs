//! Eurostat's tables: separated by tabs, the key in the first column (`freq,unit,geo\TIME_PERIOD`), one
//! column for each period or, in older ones, for each area. Beside figures stand flags (`12.3 b`), and
//! `:` where there is none.

use wsis_model::pipeline::Format;

use super::lines::Line;
use super::message::cells::{Cells, Level};
use super::message::components::{Component, Components, Kind};
use super::message::{Body, Message, Take};
use crate::table::Table;
use crate::{DecodeError, table, text};

/// Tables of Eurostat.
pub(crate) struct EurostatTsv;

/// What is expected, in errors.
const EXPECTED: &str = "a table of Eurostat, whose first heading is like freq,geo\\TIME_PERIOD";

/// The header.
struct Header {
    components: Components,
    /// Dimensions in the first column.
    of_key: usize,
    /// What the other columns are, in their order.
    headings: Vec<String>,
}

impl Message for EurostatTsv {
    fn expected(&self) -> &'static str {
        EXPECTED
    }

    fn format(&self) -> Format {
        Format::EurostatTsv
    }

    fn missing(&self) -> &'static [&'static str] {
        &[":"]
    }

    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let mut remarks = Vec::new();
        let text = text::table(body.bytes, &mut remarks)?;
        for remark in remarks {
            take.remark(remark.to_owned());
        }
        let mut table = Table::separated(body.job, text, b'\t');
        if !table.next()? {
            return Err(DecodeError::Empty { expected: EXPECTED });
        }
        let header = header(Line::Text(table.record()))?;
        let wanted = take.components(&header.components)?;
        let max = body.job.limits.record_max_bytes;
        let mut cells = Cells::new(&header.components, wanted, max);
        while table.next()? {
            take.stands(Line::Text(table.record()).stands());
            row(&header, Line::Text(table.record()), &mut cells, take)?;
        }
        Ok(())
    }
}

fn header(line: Line<'_>) -> Result<Header, DecodeError> {
    let found = || table::shown(line.shown());
    let missing = || DecodeError::Columns { missing: EXPECTED.to_owned(), found: found() };
    let (key, across) = line.field(0).rsplit_once('\\').ok_or_else(missing)?;
    let mut list: Vec<Component> =
        key.split(',').map(|id| Component::new(id.trim(), Kind::Dimension)).collect();
    let of_key = list.len();
    list.push(Component::new(across.trim(), Kind::Dimension));
    list.push(Component::new("OBS_VALUE", Kind::Measure));
    list.push(Component::new("OBS_FLAG", Kind::Attribute));
    let headings: Vec<String> = (1..line.len()).map(|at| line.field(at).to_owned()).collect();
    if headings.is_empty() {
        return Err(missing());
    }
    for (at, heading) in headings.iter().enumerate() {
        if headings.iter().take(at).any(|before| before == heading) {
            let heading = heading.chars().take(100).collect();
            return Err(DecodeError::RepeatedHeading { heading, times: 2 });
        }
    }
    let components =
        Components { list, short_unit: true, flags_of_eurostat: true, ..Components::default() };
    Ok(Header { components, of_key, headings })
}

fn row(
    header: &Header,
    line: Line<'_>,
    cells: &mut Cells,
    take: &mut dyn Take,
) -> Result<(), DecodeError> {
    if line.is_blank() {
        return Ok(());
    }
    let key = line.field(0);
    let parts = key.split(',').count();
    let of_key = header.of_key;
    let fault = if let Some(damage) = line.damage() {
        Some(damage.to_owned())
    } else if parts == of_key {
        table::fault_in_width(line.shown(), header.headings.len() + 1, header.headings.len() + 1)
    } else {
        Some(format!("the key has {parts} parts, and the header names {of_key}"))
    };
    if let Some(fault) = fault.as_ref().filter(|_| parts != of_key) {
        return take.malformed((header.headings.len(), None), fault, &line.line());
    }
    cells.clear(Level::Series);
    for (at, part) in key.split(',').enumerate() {
        cells.set(Level::Series, at, part.trim());
    }
    if let Some(fault) = fault {
        for heading in &header.headings {
            cells.set(Level::Obs, of_key, heading);
            take.malformed((1, Some(cells.record()?)), &fault, &line.line())?;
            cells.clear(Level::Obs);
        }
        return Ok(());
    }
    for (at, heading) in header.headings.iter().enumerate() {
        let (value, flags) = read(line.field(at + 1));
        cells.set(Level::Obs, of_key, heading);
        cells.set(Level::Obs, of_key + 1, value);
        cells.set(Level::Obs, of_key + 2, flags);
        take.record(cells.record()?)?;
        cells.clear(Level::Obs);
    }
    Ok(())
}

/// A figure and its flags: `12.3 b`, `: z`, `:c`.
fn read(cell: &str) -> (&str, &str) {
    if let Some(flags) = cell.strip_prefix(':') {
        return (":", flags.trim());
    }
    let (value, flags) = cell.split_once(' ').unwrap_or((cell, ""));
    (value, flags.trim())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::EurostatTsv;
    use crate::format::message::dump::Dump;

    #[test]
    fn eurostat_cells() {
        for (cell, parts) in [
            ("12.3", ("12.3", "")),
            ("12.3 b", ("12.3", "b")),
            ("12.3 bep", ("12.3", "bep")),
            (":", (":", "")),
            (": z", (":", "z")),
            (":c", (":", "c")),
            ("", ("", "")),
        ] {
            assert_eq!(super::read(cell), parts, "{cell:?}");
        }
    }

    /// Counted with `awk`: 7 rows of 20 years; 7 of 18 areas.
    #[test]
    fn eurostat_tsv_counts_of_every_file() {
        let path = "eurostat/tsv/demo_r_gind3.selected-rows.tsv";
        let Some(dump) = Dump::shared(&EurostatTsv, path) else { return };
        let part = dump.only();
        assert_eq!(dump.counts(), [140]);
        assert_eq!(part.ids, ["indic_de", "geo", "time", "OBS_VALUE", "OBS_FLAG"]);
        assert_eq!(part.rows[4], ["CNMIGRAT", "AL", "2015", "-27007", "e"]);
        assert_eq!(part.column("OBS_VALUE").iter().filter(|it| **it == ":").count(), 25);
        let path = "eurostat/tsv/hlth_ehis_de2.first-rows.tsv";
        let dump = Dump::shared(&EurostatTsv, path).unwrap();
        assert_eq!(dump.counts(), [126]);
        let part = dump.only();
        assert_eq!(part.ids[..6], ["bmi", "sex", "age", "quantile", "time", "geo"]);
        assert_eq!(part.rows[17][..7], ["18P5-25", "F", "TOTAL", "QU1", "2008", "TR", "46.9"]);
        assert_eq!(part.rows[17][7], "u");
    }

    /// The form of today: a frequency, several keys, periods in columns.
    #[test]
    fn eurostat_tsv_of_today() {
        let body = "freq,indic_is,unit,geo\\TIME_PERIOD\t2022 \t2023 \t2023-Q1 \n\
                    A,I_IU3,PC_IND,EL\t83.2 \t85.1 b\t: z\n\
                    A,I_IU3,EL\t1 \t2 \t3 \n";
        let dump = Dump::of(&EurostatTsv, body.as_bytes()).unwrap();
        let part = dump.only();
        assert_eq!(part.rows[1], ["A", "I_IU3", "PC_IND", "EL", "2023", "85.1", "b"]);
        assert_eq!(part.rows[2], ["A", "I_IU3", "PC_IND", "EL", "2023-Q1", ":", "z"]);
        assert_eq!(dump.malformed, ["the key has 3 parts, and the header names 4"]);
    }
}
