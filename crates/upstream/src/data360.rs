//! Files of World Bank Data360: `/data360-data/data/{database}/{indicator}.csv`, SDMX-CSV with
//! labels. The 39 columns and the order of the rows are those of the provider's files, to the byte.

use std::fmt::Write;

use axum::http::HeaderMap;
use axum::response::Response;

use crate::etag::conditional;
use crate::figures::{Data360Indicator, Data360Row, Figures};
use crate::unsd::quoted;

/// Path of the files.
pub(crate) const ROOT: &str = "/data360-data";

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,FREQ_LABEL,REF_AREA,REF_AREA_LABEL,\
                      INDICATOR,INDICATOR_LABEL,SEX,SEX_LABEL,AGE,AGE_LABEL,URBANISATION,\
                      URBANISATION_LABEL,UNIT_MEASURE,UNIT_MEASURE_LABEL,COMP_BREAKDOWN_1,\
                      COMP_BREAKDOWN_1_LABEL,COMP_BREAKDOWN_2,COMP_BREAKDOWN_2_LABEL,\
                      COMP_BREAKDOWN_3,COMP_BREAKDOWN_3_LABEL,TIME_PERIOD,OBS_VALUE,AGG_METHOD,\
                      AGG_METHOD_LABEL,DATABASE_ID,DATABASE_ID_LABEL,UNIT_MULT,UNIT_MULT_LABEL,\
                      UNIT_TYPE,UNIT_TYPE_LABEL,TIME_FORMAT,TIME_FORMAT_LABEL,OBS_STATUS,\
                      OBS_STATUS_LABEL,OBS_CONF,OBS_CONF_LABEL";

/// The answer to a path below [`ROOT`]; `None` when there is no such file.
pub(crate) fn answer(figures: &Figures, path: &str, headers: &HeaderMap) -> Option<Response> {
    let (database, code) = path.strip_prefix("/data/")?.strip_suffix(".csv")?.split_once('/')?;
    let known = |it: &&Data360Indicator| it.database == database && it.indicator == code;
    let indicator = figures.data360_indicators.iter().find(known)?;
    let mut out = HEADER.to_owned();
    out.push('\n');
    for row in figures.data360.iter().filter(|row| row.indicator == indicator.indicator) {
        line(&mut out, figures, indicator, row);
    }
    Some(conditional(headers, "text/csv", out.into_bytes()))
}

fn line(out: &mut String, figures: &Figures, of: &Data360Indicator, row: &Data360Row) {
    let label = |dimension: &str, code: &str| {
        let key = (dimension.to_owned(), code.to_owned());
        figures.data360_labels.get(&key).map_or_else(String::new, |label| quoted(label))
    };
    // Writing into a string does not fail.
    let _ = writeln!(
        out,
        "datastructure,WB.DATA360:DS_DATA360(1.2),I,A,Annual,{area},{},{},{},{sex},{},{age},{},\
         {location},{},{},{},_Z,Not Applicable,_Z,Not Applicable,_Z,Not Applicable,{},{},{},{},{},\
         {},0,Units,{},{},602,CCYY,A,Normal value,PU,Public",
        label("REF_AREA", &row.area),
        of.indicator,
        quoted(&of.label),
        label("SEX", &row.sex),
        label("AGE", &row.age),
        label("URBANISATION", &row.urbanisation),
        of.unit,
        quoted(&of.unit_label),
        row.year,
        row.value,
        of.aggregation,
        quoted(&of.aggregation_label),
        of.database,
        quoted(&of.database_label),
        of.unit_type,
        quoted(&of.unit_type_label),
        area = row.area,
        sex = row.sex,
        age = row.age,
        location = row.urbanisation,
    );
}
