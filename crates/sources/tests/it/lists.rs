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

/// Data frames write `NA` where an aggregate has no code. That is Namibia's code in another list, and
/// set every figure of an aggregate aside.
#[test]
fn trial_f04_na_in_a_further_column_has_no_say() {
    let pipeline = pipeline("unsd", vec![series("S", "NUMBER", None)]);
    let body = "SERIES_CODE,GEO_AREA_CODE,ISO3,TIME_PERIOD,OBS_VALUE\n\
                S,1,NA,2020,1\nS,516,NA,2020,2\nS,516,NAM,2021,3\nS,404,UGA,2020,4\nS,404,nan,2021,5\n";
    let kept = decode_under(&DecodeJob::new(&pipeline, &LISTS), Csv, body.as_bytes()).unwrap();
    assert_eq!(kept.row("S", "M49:001", 2020).value, Some(1.0));
    assert_eq!(kept.row("S", "NAM", 2020).value, Some(2.0));
    assert_eq!(kept.row("S", "NAM", 2021).value, Some(3.0));
    assert_eq!(kept.row("S", "KEN", 2021).value, Some(5.0));
    let (reason, detail) = kept.only_rejected();
    assert_eq!(reason.code(), "ambiguous_area");
    assert!(detail.contains("UGA"), "{detail}");
}
