//! The code lists of the deployment decide what a source's codes mean.

use wsis_model::codelist::CodeList;
use wsis_sources::ContentKind::{Csv, Json};
use wsis_sources::DecodeJob;

use crate::fixture::{LISTS, decode_under, pipeline, series};

const PAGE: &str = r#"{"size":1000,"totalElements":1,"totalPages":1,"pageNumber":1,"data":[
    {"series":"S","geoAreaCode":"404","timePeriodStart":2020,"value":"1",
     "attributes":{"Nature":"ZZ"},"dimensions":{"Sex":"WOMEN","Age":"TEENS"}}]}"#;

const TABLE: &str = "SERIES_CODE,GEO_AREA_CODE,TIME_PERIOD,OBS_VALUE,SEX,AGE,NATURE\n\
                     S,404,2020,1,WOMEN,TEENS,ZZ\n";

/// A deployment's own `sex.csv`, `age.csv` and `obs_status.csv` were ignored: the lists were part of
/// the program.
#[test]
fn trial_r4_a_deployments_own_code_list_is_used() {
    let pipeline = pipeline("unsd", vec![series("S", "NUMBER", None)]);
    let mut own = LISTS.clone();
    let read = |file, text| CodeList::from_csv(file, text).unwrap();
    own.dimensions.sex = read("sex.csv", "code,name,source_codes\n_T,Total,\nF,Female,WOMEN\n");
    own.dimensions.age = read("age.csv", "code,name,source_codes\n13-19,Teenagers,TEENS\n");
    let natures = "code,unsd_nature\nE,ZZ\n";
    own.dimensions.natures =
        wsis_model::codelist::Natures::from_csv("obs_status.csv", natures).unwrap();
    for (kind, body) in [(Json, PAGE), (Csv, TABLE)] {
        let built_in = decode_under(&DecodeJob::new(&pipeline, &LISTS), kind, body.as_bytes());
        let (reason, detail) = (built_in.as_ref().unwrap()).only_rejected();
        assert_eq!(reason.code(), "unknown_dimension");
        assert!(detail.contains("WOMEN") || detail.contains("TEENS"), "{detail}");
        let kept = decode_under(&DecodeJob::new(&pipeline, &own), kind, body.as_bytes()).unwrap();
        let row = kept.row("S", "KEN", 2020);
        assert_eq!((row.sex.as_str(), row.age.as_str()), ("F", "13-19"));
        assert_eq!(row.status.code(), "E");
    }
    assert_ne!(own.fingerprint(), LISTS.fingerprint(), "another list decodes anew");
}
