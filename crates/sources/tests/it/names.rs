//! A name beside a code: in any language, of any source, and in no list (F04).

use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_sources::ContentKind::{Csv, Json, Xlsx};
use wsis_sources::{Weight, shown};

use crate::fixture::{Kept, decode, egdi, pipeline, series};
use crate::undesa::workbook;

fn one_series(source: &str) -> Pipeline {
    let mut pipeline = match source {
        "undesa" => egdi("t.csv", 2022),
        source => pipeline(source, vec![series("S", "PERCENT", None)]),
    };
    pipeline.series.truncate(1);
    pipeline
}

/// A row of a table of the survey whose name and code are these.
fn survey(name: &str, code: &str) -> Kept {
    let body =
        format!("Survey Year,Country Name,CODE,E-Government Index\n2022,\"{name}\",{code},0.5\n");
    decode(&one_series("undesa"), Csv, body.as_bytes())
}

#[test]
fn trial_f04_a_name_of_another_economy_in_any_language_is_believed_by_nobody() {
    for (name, code, other) in [
        ("République populaire démocratique de Corée", "KOR", "PRK"),
        ("Republique de Coree", "PRK", "KOR"),
        ("República de Corea", "PRK", "KOR"),
        ("Республика Корея", "PRK", "KOR"),
        ("جمهورية كوريا", "PRK", "KOR"),
        ("大韩民国", "PRK", "KOR"),
        ("Allemagne", "AUT", "DEU"),
        // As another source writes it.
        ("Korea, Dem. People's Rep.", "KOR", "PRK"),
    ] {
        let kept = survey(name, code);
        let (reason, detail) = kept.only_rejected();
        assert_eq!(reason, Reason::AmbiguousArea, "{name}");
        assert!(detail.contains(&format!("is {other};")), "{detail}");
        let right = survey(name, other);
        assert_eq!(right.counts(), [1, 1, 0, 0], "{name} {:?}", right.rejected);
        assert!(!shown(&right.summary.findings).iter().any(|it| it.contains("area name")));
    }
}

#[test]
fn trial_f04_what_a_name_does_not_settle_is_told_and_never_guessed() {
    for (name, code, words) in [
        ("Korea", "PRK", "may be KOR or PRK"),
        ("Korea", "KOR", "may be KOR or PRK"),
        ("Dinamarca xx", "DNK", "is in no list"),
        ("Kenia y Uganda", "UGA", "is in no list"),
    ] {
        let kept = survey(name, code);
        assert_eq!(kept.counts(), [1, 1, 0, 0], "{name} {code} {:?}", kept.rejected);
        assert_eq!(kept.rows[0].area, code);
        let findings = shown(&kept.summary.findings);
        let told: Vec<&String> = findings.iter().filter(|it| it.contains("area name")).collect();
        assert_eq!(told.len(), 1, "{findings:?}");
        let start = format!("area name \"{name}\" beside {code} (whose code was believed) {words}");
        assert!(told[0].starts_with(&start), "{told:?}");
        assert_eq!(Weight::of(told[0]), Weight::Said);
    }
}

#[test]
fn trial_f04_every_source_tells_of_them_and_counts_them() {
    let told = |kept: &Kept, times: u64| {
        let found: Vec<_> =
            kept.summary.findings.iter().filter(|(it, _)| it.contains("is in no list")).collect();
        assert_eq!(found.len(), 1, "{:?}", kept.summary.findings);
        assert_eq!(*found[0].1, times, "{found:?}");
        assert!(found[0].0.starts_with("area name \"Kenia y mas\" beside KEN"), "{found:?}");
    };
    let wdi = one_series("worldbank");
    let record = r#"{"indicator":{"id":"S","value":"x"},"country":{"id":"KE","value":"Kenia y mas"},"countryiso3code":"KEN","date":"2020","value":1}"#;
    told(&decode(&wdi, Json, format!("[{record}]").as_bytes()), 1);
    let bulk = "Country Name,Country Code,Indicator Name,Indicator Code,2020\n\
                Kenia y mas,KEN,x,S,1\nKenya,KEN,x,S,1\nKenia y mas,KEN,x,S,2\n";
    told(&decode(&wdi, Csv, bulk.as_bytes()), 2);
    let sdg = one_series("unsd");
    let datum = r#"{"totalElements":1,"totalPages":1,"data":[{"series":"S","geoAreaCode":"404","geoAreaName":"Kenia y mas","timePeriodStart":2017.0,"value":"1"}]}"#;
    told(&decode(&sdg, Json, datum.as_bytes()), 1);
    let csv = "SeriesCode,GeoAreaCode,GeoAreaName,TimePeriod,Value\nS,404,Kenia y mas,2017,1\n";
    told(&decode(&sdg, Csv, csv.as_bytes()), 1);
    let text =
        |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let heads = ["Survey Year", "Country Name", "CODE", "E-Government Index"];
    let heads: String = ('A'..='D').zip(heads).map(|(c, it)| text(&format!("{c}1"), it)).collect();
    let (name, code) = (text("B2", "Kenia y mas"), text("C2", "KEN"));
    let sheet = format!(
        r#"<row r="1">{heads}</row><row r="2"><c r="A2"><v>2022</v></c>{name}{code}<c r="D2"><v>0.5</v></c></row>"#
    );
    let mut survey = one_series("undesa");
    survey.files = egdi("t.xlsx", 2022).files;
    told(&decode(&survey, Xlsx, &workbook(&sheet)), 1);
}
