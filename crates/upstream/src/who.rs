//! WHO's Global Health Observatory as OData: `/who/api/{code}`, a list of records in `value`, with the
//! address of the next page in `@odata.nextLink`.
//!
//! The form is WHO's; the figures are those of the SDG database that stand here already (mobile
//! owners by sex), since WHO's own have no licence that lets a program carry them.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::figures::{Figures, SdgRow};
use crate::json;
use crate::query::Query;

/// Path of the service.
pub(crate) const ROOT: &str = "/who/api";

/// Records of a page, where nothing else is asked for.
const PAGE: usize = 250;

/// What the service names its address by; the port is told by the request.
const FILTER: &str = "SpatialDimType eq 'COUNTRY'";

/// The answer to a path below [`ROOT`]; `None` when there is no such address.
pub(crate) fn answer(
    figures: &Figures,
    path: &str,
    query: &Query,
    headers: &HeaderMap,
) -> Option<Response> {
    let code = path.strip_prefix('/')?;
    if !figures.series.iter().any(|it| it.series == code) {
        return Some(refusal(StatusCode::NOT_FOUND, &format!("no entity set {code}")));
    }
    let filter = query.get("$filter");
    if filter.is_some_and(|filter| filter != FILTER) {
        return Some(refusal(StatusCode::BAD_REQUEST, "this filter is not known here"));
    }
    let rows: Vec<Value> = figures
        .sdg
        .iter()
        .zip(1..)
        .filter(|(row, _)| row.series == code)
        .filter_map(|(row, id)| record(figures, row, id))
        .filter(|row| filter.is_none() || row["SpatialDimType"] == "COUNTRY")
        .collect();
    let (skip, top) = (query.number("$skip", 0), query.number("$top", PAGE).clamp(1, PAGE));
    let page: Vec<&Value> = rows.iter().skip(skip).take(top).collect();
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let base = format!("http://{host}{ROOT}");
    let mut body = json!({
        "@odata.context": format!("{base}/$metadata#{code}"),
        "value": page,
    });
    if skip + page.len() < rows.len() {
        let and = filter.map_or_else(String::new, |_| {
            "$filter=SpatialDimType%20eq%20%27COUNTRY%27&".to_owned()
        });
        let next = format!("{base}/{code}?{and}$skip={}", skip + page.len());
        body["@odata.nextLink"] = Value::String(next);
    }
    Some(json(body.to_string()))
}

/// How the service says that it has no answer.
fn refusal(status: StatusCode, message: &str) -> Response {
    let body = json!({ "error": { "code": "", "message": message } }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A record with all members that the service sends, those without content too. Areas are by ISO 3166;
/// the World is of another kind, and what has no code there is left out.
fn record(figures: &Figures, row: &SdgRow, id: usize) -> Option<Value> {
    let name = figures.geo_areas.get(&row.area)?;
    let (kind, area) = if row.area == 1 {
        ("GLOBAL", "GLOBAL")
    } else {
        let named = |it: &&crate::figures::BankArea| it.name == *name && it.iso3.len() == 3;
        ("COUNTRY", figures.bank_areas.iter().find(named)?.iso3.as_str())
    };
    let sex = match row.sex.as_str() {
        "BOTHSEX" => Some("SEX_BTSX"),
        "FEMALE" => Some("SEX_FMLE"),
        "MALE" => Some("SEX_MLE"),
        _ => None,
    };
    let number: Option<f64> = row.value.parse().ok();
    let year = row.year;
    Some(json!({
        "Id": id,
        "IndicatorCode": row.series,
        "SpatialDimType": kind,
        "SpatialDim": area,
        "ParentLocationCode": null,
        "ParentLocation": null,
        "TimeDimType": "YEAR",
        "TimeDim": year,
        "Dim1Type": sex.map(|_| "SEX"),
        "Dim1": sex,
        "Dim2Type": null,
        "Dim2": null,
        "Dim3Type": null,
        "Dim3": null,
        "DataSourceDimType": null,
        "DataSourceDim": null,
        "Value": row.value,
        "NumericValue": number,
        "Low": null,
        "High": null,
        "Comments": null,
        "Date": "2020-12-04T16:59:43+01:00",
        "TimeDimensionValue": year.to_string(),
        "TimeDimensionBegin": format!("{year}-01-01T00:00:00+01:00"),
        "TimeDimensionEnd": format!("{year}-12-31T00:00:00+01:00"),
    }))
}
