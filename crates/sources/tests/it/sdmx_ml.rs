//! SDMX-ML to observations: what the mapping makes of components, whatever form the message has;
//! what is refused, and in which words.

use std::fmt::Write as _;

use wsis_model::mapping::{Columns, Mapping};
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_sources::ContentKind::Xml;
use wsis_sources::{DecodeError, source};

use crate::fixture::{decode, file, page, pipeline, series, shared, try_decode};

/// A pipeline of one message.
pub(crate) fn message(
    format: Format,
    columns: Columns,
    series_list: Vec<Series>,
    ignore: &[&str],
) -> Pipeline {
    let mut pipeline = pipeline("file", series_list);
    pipeline.files = vec![file("message", 2020)];
    pipeline.files[0].format = format;
    pipeline.files[0].edition = None;
    let ignore = ignore.iter().map(|it| (*it).to_owned()).collect();
    pipeline.mapping = Some(Mapping { columns, ignore, ..Mapping::default() });
    pipeline
}

fn one() -> Pipeline {
    message(Format::SdmxMl, Columns::default(), vec![series("S", "NUMBER", None)], &[])
}

/// A structure-specific message with something in its data set.
pub(crate) fn specific(set: &str, inside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<m:StructureSpecificData xmlns:m="m" xmlns:ss="s" xmlns:xsi="x" xmlns:c="c"><m:Header><m:ID>T</m:ID>
<m:Structure structureID="D" dimensionAtObservation="TIME_PERIOD"/></m:Header>
<m:DataSet ss:structureRef="D" xsi:type="n:DataSetType" {set}>{inside}</m:DataSet></m:StructureSpecificData>"#
    )
}

/// A message with something on every level.
pub(crate) fn sample() -> String {
    specific(
        r#"ss:action="Replace" UNIT_MEASURE="NUMBER" PUBLISHER="An office, with words""#,
        r#"<Group xsi:type="n:G" INDICATOR="S" UNIT_MULT="3"/>
<Series FREQ="A" REF_AREA="KEN" INDICATOR="S" SEX="F" AGE="Y15T24" SKILL="AB" TITLE="S &#233;">
<Obs TIME_PERIOD="2020" OBS_VALUE="1.5" OBS_STATUS="E" COMMENT_OBS="two &lt; three"/>
<Obs TIME_PERIOD="2021-01-01/P1Y" OBS_VALUE="2" UNIT_MULT="0"/>
<Obs TIME_PERIOD="2022" OBS_VALUE="NaN" OBS_STATUS="L"/>
<Obs TIME_PERIOD="2023"/>
<Obs TIME_PERIOD="2023-Q1" OBS_VALUE="4"/>
<Obs TIME_PERIOD="2024" OBS_VALUE="n.a."/>
</Series>"#,
    )
}

#[test]
fn sdmx_ml_levels_become_one_observation() {
    let body = sample();
    let kept = decode(&one(), Xml, body.as_bytes());
    assert_eq!(page(&one(), Xml, body.as_bytes()).unwrap().rows, 6);
    assert_eq!(kept.counts(), [6, 4, 2, 2]);
    let row = kept.row("S", "KEN", 2020);
    assert_eq!((row.value, row.status.code()), (Some(1_500.0), "E"));
    assert_eq!((row.sex.as_str(), row.age.as_str()), ("F", "15-24"));
    assert_eq!(row.dimensions, "SKILL=AB");
    assert_eq!(row.footnote.as_deref(), Some("two < three"));
    // Nearer to the figure wins: the observation's own multiplier.
    assert_eq!(kept.row("S", "KEN", 2021).value, Some(2.0));
    assert_eq!(kept.row("S", "KEN", 2022).status.code(), "L");
    assert_eq!(kept.row("S", "KEN", 2023).value, None);
    assert_eq!(kept.reasons()["other_frequency"], 1);
    assert_eq!(kept.reasons()["not_a_number"], 1);
}

/// All forms of a message are one thing to a pipeline.
#[test]
fn sdmx_ml_generic_and_flat_are_the_same_observations() {
    let value = |id: &str, text: &str| format!(r#"<g:Value id="{id}" value="{text}"/>"#);
    let key = value("REF_AREA", "KEN") + &value("INDICATOR", "S") + &value("SKILL", "AB");
    let generic = format!(
        r#"<m:GenericData xmlns:m="m" xmlns:g="g"><m:Header><m:Structure structureID="D" dimensionAtObservation="TIME_PERIOD"/>
<m:DataSetAction>Append</m:DataSetAction></m:Header><m:DataSet structureRef="D">
<g:Group type="G"><g:GroupKey>{}</g:GroupKey><g:Attributes>{}</g:Attributes></g:Group>
<g:Series><g:SeriesKey>{key}</g:SeriesKey>
<g:Obs><g:ObsDimension value="2020"/><g:ObsValue value="1.5"/><g:Attributes>{}</g:Attributes></g:Obs>
</g:Series></m:DataSet></m:GenericData>"#,
        value("INDICATOR", "S"),
        value("UNIT_MULT", "3"),
        value("OBS_STATUS", "E"),
    );
    let flat = format!(
        r#"<m:GenericData xmlns:m="m" xmlns:g="g"><m:Header><m:Structure structureID="D" dimensionAtObservation="AllDimensions"/></m:Header>
<m:DataSet structureRef="D"><g:Obs><g:ObsKey>{key}{}</g:ObsKey><g:ObsValue value="1.5"/>
<g:Attributes>{}{}</g:Attributes></g:Obs></m:DataSet></m:GenericData>"#,
        value("TIME_PERIOD", "2020"),
        value("OBS_STATUS", "E"),
        value("UNIT_MULT", "3"),
    );
    let specific = specific(
        "",
        r#"<Series REF_AREA="KEN" INDICATOR="S" SKILL="AB"><Obs TIME_PERIOD="2020" OBS_VALUE="1.5"><Comp id="OBS_STATUS"><Value>E</Value></Comp><Comp id="UNIT_MULT"><Value>3</Value></Comp></Obs></Series>"#,
    );
    for body in [generic, flat, specific] {
        let kept = decode(&one(), Xml, body.as_bytes());
        let row = kept.row("S", "KEN", 2020);
        assert_eq!((row.value, row.status.code()), (Some(1_500.0), "E"), "{body}");
        assert_eq!(row.dimensions, "SKILL=AB", "{body}");
        assert_eq!(kept.counts(), [1, 1, 0, 0], "{body}");
    }
}

#[test]
fn sdmx_ml_a_deletion_is_no_figure() {
    let series =
        |inside: &str| format!(r#"<Series REF_AREA="KEN" INDICATOR="S">{inside}</Series>"#);
    let obs = r#"<Obs TIME_PERIOD="2020" OBS_VALUE="1"/>"#;
    let whole = specific(r#"ss:action="Delete""#, &series(""));
    let part = specific(r#"action="Delete""#, &series(obs));
    for body in [whole, part] {
        let kept = decode(&one(), Xml, body.as_bytes());
        assert_eq!(kept.counts(), [1, 0, 1, 0], "{body}");
        assert!(kept.only_rejected().1.starts_with("ACTION is D"), "{:?}", kept.rejected);
        assert_eq!(page(&one(), Xml, body.as_bytes()).unwrap().rows, 1);
    }
    // Of all, without a name: told.
    let kept = decode(&one(), Xml, specific(r#"action="Delete""#, "").as_bytes());
    assert_eq!(kept.counts(), [0; 4]);
    assert!(kept.summary.findings.keys().any(|it| it.contains("names nothing")));
    // Several data sets, each with its own action; one that is unknown.
    let sets = specific("", &series(obs)).replace(
        "</m:StructureSpecificData>",
        &format!(
            r#"<m:DataSet ss:structureRef="D" action="Delete">{}</m:DataSet><m:DataSet action="Forget">{}</m:DataSet></m:StructureSpecificData>"#,
            series(obs),
            series(r#"<Obs TIME_PERIOD="2021" OBS_VALUE="1"/>"#)
        ),
    );
    let kept = decode(&one(), Xml, sets.as_bytes());
    assert_eq!(kept.counts(), [3, 1, 2, 0]);
    assert!(kept.rejected[1].detail.starts_with("ACTION \"Forget\""), "{:?}", kept.rejected);
}

/// 413: the service will lay the answer at another address.
#[test]
fn sdmx_ml_footers_and_errors_are_said_in_words() {
    let refused = |body: &[u8]| {
        let error = try_decode(&one(), Xml, body).map(|kept| kept.counts()).unwrap_err();
        assert_eq!(error.to_string(), page(&one(), Xml, body).unwrap_err().to_string());
        error
    };
    for name in ["footer.xml", "footer2.xml"] {
        let Some(body) = shared(&format!("sdmx/sdmx-test-data/ESTAT/{name}")) else { break };
        let error = refused(&body);
        assert!(matches!(&error, DecodeError::Message { id, .. } if id == "413"), "{error}");
        let text = error.to_string();
        assert!(text.contains("the answer would be too large"), "{text}");
        assert!(text.contains("http://ec.europa.eu/eurostat/SDMX/diss-web/file/"), "{text}");
    }
    // What lies there is packed.
    if let Some(body) = shared("sdmx/sdmx-test-data/ESTAT/footer2.zip") {
        assert_eq!(page(&one(), Xml, &body).unwrap().rows, 43);
        let unpacked = "file \"DataResponse-7JUdWyAy4fmjBSWT.xml\" of the zip archive was read";
        assert!(decode(&one(), Xml, &body).summary.findings.contains_key(unpacked));
    }
    let error = |code: &str| {
        format!(
            r#"<?xml version="1.0"?><mes:Error xmlns:mes="m" xmlns:com="c"><mes:ErrorMessage code="{code}"><com:Text xml:lang="en">No such flow &amp; key</com:Text></mes:ErrorMessage></mes:Error>"#
        )
    };
    let found = refused(error("100").as_bytes());
    assert_eq!(
        found.to_string(),
        "the source answers with message 100 (no results found) in place of data: No such flow & key"
    );
    let found = refused(error("150").as_bytes());
    assert!(matches!(found, DecodeError::InvalidParameter { .. }), "{found}");
    // Beside data, a message that says nothing against them.
    let body = specific(
        "",
        r#"<Series REF_AREA="KEN" INDICATOR="S"><Obs TIME_PERIOD="2020" OBS_VALUE="1"/></Series>"#,
    );
    let with = |footer: &str| {
        body.replace("</m:StructureSpecificData>", &format!("{footer}</m:StructureSpecificData>"))
    };
    let told = with(
        r#"<f:Footer xmlns:f="f"><f:Message code="901" severity="Warning"><c:Text>slow today</c:Text></f:Message></f:Footer>"#,
    );
    let kept = decode(&one(), Xml, told.as_bytes());
    assert!(
        kept.summary
            .findings
            .contains_key("the service says beside its data (901, a message): slow today")
    );
    // Partial data are no data.
    let partial = with(
        r#"<f:Footer xmlns:f="f"><f:Message code="510" severity="Warning"><c:Text>cut</c:Text></f:Message></f:Footer>"#,
    );
    assert!(matches!(refused(partial.as_bytes()), DecodeError::Message { id, .. } if id == "510"));
}

/// Eurostat's flags say a status, and stay as they are.
#[test]
fn sdmx_ml_flags_of_eurostat() {
    let body = specific(
        "",
        r#"<Series freq="A" unit="NR" geo="EL"><Obs TIME_PERIOD="2020" OBS_VALUE="1" OBS_FLAG="be"/>
<Obs TIME_PERIOD="2021" OBS_VALUE="2" OBS_FLAG="e"/><Obs TIME_PERIOD="2022" OBS_VALUE="3"/></Series>"#,
    );
    let series = Series { source_unit: Some("NR".to_owned()), ..series("S", "NUMBER", None) };
    let pipeline = message(Format::SdmxMl, Columns::default(), vec![series], &[]);
    let kept = decode(&pipeline, Xml, body.as_bytes());
    let of = |year| {
        let row = kept.row("S", "GRC", year);
        (row.status.code(), row.flag.clone())
    };
    assert_eq!(of(2020), ("B", Some("be".to_owned())));
    assert_eq!(of(2021), ("E", Some("e".to_owned())));
    assert_eq!(of(2022), ("A", None));
}

#[test]
fn sdmx_ml_bombs_are_refused_by_name() {
    let refused = |body: &[u8]| {
        let error = try_decode(&one(), Xml, body).map(|kept| kept.counts()).unwrap_err();
        assert_eq!(error.to_string(), page(&one(), Xml, body).unwrap_err().to_string());
        error.to_string()
    };
    let series =
        r#"<Series REF_AREA="KEN" INDICATOR="S"><Obs TIME_PERIOD="2020" OBS_VALUE="1"/></Series>"#;
    let good = specific("", series);
    // Entities that stand for entities.
    let lol = r#"<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"#;
    let text = good.replace("?>", &format!("?>{lol}"));
    assert!(refused(text.as_bytes()).contains("document type"));
    let text = refused(specific("", &series.replace("KEN", "&b;")).as_bytes());
    assert!(text.contains("not XML at byte"), "{text}");
    // A file of the machine in place of a text.
    let text = good.replace("?>", r#"?><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#);
    assert!(refused(text.as_bytes()).contains("document type"));
    let deep = specific("", &format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)));
    assert!(refused(deep.as_bytes()).contains("lies 64 deep in others"));
    let long = series.replace("KEN", &"K".repeat(2 << 20));
    assert!(refused(specific("", &long).as_bytes()).contains("record_max_bytes"));
    let text: String = format!("<Comp id=\"A\"><Value>{}</Value></Comp>", "t".repeat(2 << 20));
    assert!(refused(specific("", &text).as_bytes()).contains("record_max_bytes"));
    let many: String = (0..100_000).fold(String::new(), |mut out, at| {
        let _ = write!(out, "A{at}=\"1\" ");
        out
    });
    assert!(refused(specific("", &format!("<Series {many}/>")).as_bytes()).contains("columns_max"));
    let same = format!("<Series {}/>", "A=\"1\" ".repeat(100_000));
    assert!(refused(specific("", &same).as_bytes()).contains("columns_max"));
    let sets =
        good.replace("</m:DataSet>", &format!("</m:DataSet>{}", "<m:DataSet/>".repeat(2_000)));
    assert!(refused(sets.as_bytes()).contains("parts_max"));
    // Stated twice; cut off; followed by another; not XML at all.
    let twice = series.replace("REF_AREA=\"KEN\"", "REF_AREA=\"KEN\" REF_AREA=\"UGA\"");
    assert!(refused(specific("", &twice).as_bytes()).contains("stated twice"));
    assert!(refused(&good.as_bytes()[..good.len() - 26]).contains("breaks off"));
    assert!(refused(&good.as_bytes()[..good.len() - 30]).contains("not XML at byte"));
    assert!(refused(format!("{good}{good}").as_bytes()).contains("not XML at byte"));
    assert!(refused(b"<html><body>down</body></html>").contains("an HTML page"));
    assert!(refused(b"{\"a\":1}").contains("no XML"));
    assert!(refused(b" \n").contains("the body is empty"));
    assert!(refused(b"<a/>").contains("an element a"));
    assert!(refused(b"<m:Structure xmlns:m='m'/>").contains("a message of structures"));
}

#[test]
fn sdmx_ml_encodings() {
    let body = specific(
        "",
        r#"<Series REF_AREA="KEN" INDICATOR="S" TITLE_COMPL="é"><Obs TIME_PERIOD="2020" OBS_VALUE="1" COMMENT_OBS="é"/></Series>"#,
    );
    let latin: Vec<u8> = body
        .replace("UTF-8", "ISO-8859-1")
        .chars()
        .map(|it| u8::try_from(u32::from(it)).unwrap())
        .collect();
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(body.replace("UTF-8", "UTF-16").encode_utf16().flat_map(u16::to_le_bytes));
    let marked = format!("\u{FEFF}{body}");
    for bytes in [latin, utf16, marked.into_bytes(), body.clone().into_bytes()] {
        let kept = decode(&one(), Xml, &bytes);
        assert_eq!(kept.row("S", "KEN", 2020).footnote.as_deref(), Some("é"));
    }
    let wrong: Vec<u8> = body.bytes().map(|it| if it == 0xC3 { 0xFF } else { it }).collect();
    let error = try_decode(&one(), Xml, &wrong).map(|kept| kept.counts()).unwrap_err();
    assert!(error.to_string().contains("it is not UTF-8"), "{error}");
}

/// Services choose the form by what is asked for.
#[test]
fn sdmx_ml_is_asked_for_by_its_media_type() {
    let mut pipeline = one();
    "https://sdmx.example.org/rest".clone_into(&mut pipeline.base_url);
    "data/A,F,1.0/.KEN.".clone_into(&mut pipeline.files[0].path);
    let plan = source("file").unwrap().plan(&pipeline).unwrap();
    assert_eq!(plan[0].url.as_str(), "https://sdmx.example.org/rest/data/A,F,1.0/.KEN.");
    assert!(plan[0].accept.unwrap().starts_with("application/vnd.sdmx.structurespecificdata+xml"));
    assert_eq!(plan[0].expect, Xml);
}

/// A real answer of Eurostat, with values and without.
#[test]
fn sdmx_ml_a_real_answer_becomes_observations() {
    let Some(body) = shared("eurostat/sdmx-ml-2.1/cdh_e_fos.xml") else { return };
    let series = Series { source_unit: Some("PC".to_owned()), ..series("S", "PERCENT", None) };
    let pipeline = message(Format::SdmxMl, Columns::default(), vec![series], &[]);
    let kept = decode(&pipeline, Xml, &body);
    // 426 of 672 are NaN, which the file marks as not available.
    assert_eq!(kept.counts(), [672, 672, 0, 426]);
    let austria: Vec<_> = (kept.rows.iter())
        .filter(|row| (row.area.as_str(), row.year) == ("AUT", 2006) && row.value.is_some())
        .map(|row| (row.dimensions.as_str(), row.value))
        .collect();
    assert_eq!(austria.len(), 6);
    assert_eq!(austria[0], ("FOS07=FOS1;Y_GRAD=Y_GE1990", Some(23.85)));
    assert_eq!(austria[2], ("FOS07=FOS3;Y_GRAD=Y_GE1990", Some(1.93)));
}
