//! Files whose address stands in another document: asked for in two stages.

use std::time::Duration;

use wsis_engine::{Clock as _, Outcome};
use wsis_lake::At;
use wsis_model::mapping::Mapping;
use wsis_model::pipeline::{Format, Listed, SourceFile};

use crate::faults::{Answer, Faulty, gzip, status};
use crate::station::{A, Station, assert_error, tables};

fn answer(media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    Answer::Plain(200, vec![("content-type", media_type.to_owned())], body.into())
}

/// A station whose one file is found in a list.
async fn listed(list: &str, path: String, format: Format) -> Station {
    let mut station = Station::new().await;
    let pipeline = &mut station.deployment.pipelines[0];
    "file".clone_into(&mut pipeline.source);
    pipeline.series.truncate(1);
    pipeline.mapping = Some(Mapping::default());
    let listed = Some(Listed { path: list.to_owned(), ready_within_s: 60 });
    pipeline.files = vec![SourceFile { path, listed, format, ..SourceFile::default() }];
    station
}

/// Page, status and address of what was received by a run, the newest last.
fn received(station: &Station) -> Vec<(u32, u16, String)> {
    let meta = station.lake.metas("wdi").unwrap();
    let records = meta.into_iter().flat_map(|it| it.records);
    records.map(|it| (it.page, it.status, it.url)).collect()
}

/// A message of Eurostat's SDMX 2.1 service, as public test data of SDMX programs have it.
fn too_large(url: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><message:GenericData xmlns:footer="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message/footer" xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common" xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><message:Header><message:ID>cf8d6989</message:ID><message:Test>false</message:Test><message:Prepared>2018-11-23T13:15:30</message:Prepared><message:Sender id="ESTAT"/></message:Header><footer:Footer><footer:Message code="413" severity="Infomation"><common:Text xml:lang="en">Due to the large query the response will be written to a file which will be located under URL: {url}</common:Text><common:Text xml:lang="en">{url}</common:Text><common:Text xml:lang="en">Please check the location periodic every 5 minutes or at your preference.</common:Text></footer:Message></footer:Footer></message:GenericData>"#
    )
}

/// Two figures of Kenya.
fn message() -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common" xmlns:ss="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/structurespecific"><m:Header><m:ID>B</m:ID><m:Test>false</m:Test><m:Prepared>2025-01-01T00:00:00</m:Prepared><m:Sender id="A"/><m:Structure structureID="D" namespace="urn:D" dimensionAtObservation="TIME_PERIOD"><c:Structure><Ref agencyID="A" id="D" version="1.0"/></c:Structure></m:Structure></m:Header><m:DataSet ss:structureRef="D"><Series REF_AREA="KEN" INDICATOR="{A}"><Obs TIME_PERIOD="2019" OBS_VALUE="1"/><Obs TIME_PERIOD="2020" OBS_VALUE="2"/></Series></m:DataSet></m:StructureSpecificData>"#
    )
}

#[tokio::test]
async fn trial_p142_p143_an_answer_that_is_written_into_a_file_is_waited_for() {
    let files = Faulty::start().await;
    let pattern = format!("{}/diss-web/file/*", files.base());
    let mut station = listed("sdmx/2.1/data/isoc", pattern, Format::SdmxMl).await;
    station.deployment.pipelines[0].secret_env = Some("KEY".to_owned());
    station.secret = Some("s3cr3t-t0ken");
    let (list, file) = ("/v2/sdmx/2.1/data/isoc", "/diss-web/file/7JUdWyAy4fmjBSWT");
    let first = too_large(&format!("{}{file}", files.base()));
    station.server.script(list, vec![answer("application/xml", first.clone())]);
    let packed = gzip(message().as_bytes());
    let ready = answer("application/zip", packed.clone());
    files.script(file, vec![status(404), status(404), ready]);
    let begun = station.clock.now();
    let run = station.run().await;
    assert_eq!((run.outcome, run.requests, run.new), (Outcome::Committed, 1, 2), "{run:?}");
    // A minute before the run, then ten and twenty seconds.
    assert_eq!((station.clock.now() - begun).to_std().unwrap(), Duration::from_secs(90));
    // Both bodies are archived, each under the address that it was asked at.
    let (there, here) = (format!("{}{file}", files.base()), station.server.url(list).to_string());
    let expected =
        [(0, 200, here), (1, 404, there.clone()), (1, 404, there.clone()), (1, 200, there)];
    assert_eq!(received(&station), expected);
    assert!(station.holds(first.as_bytes()) && station.holds(&packed));
    // P143: the key is of the declared host.
    assert!(station.server.seen()[0].headers.contains_key("authorization"));
    assert!(files.seen().iter().all(|seen| !seen.headers.contains_key("authorization")));
    let (again, lake) = station.replayed().await;
    assert_eq!(again[0].outcome, Outcome::Committed, "{again:?}");
    assert_eq!(tables(&lake), tables(&station.lake));
}

#[tokio::test]
async fn trial_p142_a_file_that_never_comes_ends_the_run_in_bounded_time() {
    let station = listed("list", "f/*.csv".to_owned(), Format::SdmxCsv).await;
    station.server.script("/v2/list", vec![answer("text/html", "<a href='f/1.csv'>x</a>")]);
    station.server.script("/v2/f/1.csv", vec![status(404)]);
    let begun = station.clock.now();
    assert_error(&station.run().await, Outcome::Failed, &["/v2/f/1.csv", "404"]);
    // 60 s of waiting: 10, 20, 30.
    assert_eq!(station.server.count("/v2/f/1.csv"), 4);
    assert_eq!((station.clock.now() - begun).to_std().unwrap(), Duration::from_mins(2));
}

#[tokio::test]
async fn trial_p140_the_newest_edition_that_a_page_links_is_read() {
    let station = listed("bdds", "bdds/*/SDG.csv".to_owned(), Format::SdmxCsv).await;
    let page = |editions: &[&str]| {
        let links = editions.iter().map(|it| format!("<a href=\"/v2/bdds/{it}/SDG.csv\">{it}</a>"));
        answer("text/html; charset=utf-8", format!("<html>{}</html>", links.collect::<String>()))
    };
    let table = |value: u32| {
        let rows = format!("F,KEN,{A},2019,{value}\n");
        answer("text/csv", format!("DATAFLOW,REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE\n{rows}"))
    };
    let later = page(&["202409", "202502"]);
    let down = answer("text/html", "<html>The service is down. https://example.org/status</html>");
    station.server.script("/v2/bdds", vec![page(&["202409"]), later, down]);
    station.server.script("/v2/bdds/202409/SDG.csv", vec![table(1)]);
    station.server.script("/v2/bdds/202502/SDG.csv", vec![table(2)]);
    let first = station.run().await;
    assert_eq!((first.outcome, first.new), (Outcome::Committed, 1), "{first:?}");
    let second = station.run().await;
    assert_eq!((second.outcome, second.changed), (Outcome::Committed, 1), "{second:?}");
    let asked: Vec<String> = station.server.seen().into_iter().map(|seen| seen.target).collect();
    let expected = ["/v2/bdds", "/v2/bdds/202409/SDG.csv", "/v2/bdds", "/v2/bdds/202502/SDG.csv"];
    assert_eq!(asked, expected);
    // A list that names no such file fails its request, and takes nothing away.
    let third = station.run().await;
    let told = ["/v2/bdds: none of the 1 addresses in it fits", "/v2/bdds/*/SDG.csv\""];
    assert_error(&third, Outcome::Failed, &told);
    assert_eq!((third.withdrawn, station.head()), (0, (2, 1)), "{third:?}");
    // Nor is it the newest answer: what is read again is what the run before it was told.
    let (engine, rereading) = (station.engine(), wsis_engine::Rereading::default());
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let again = engine.redecode(&[], rereading, events, <_>::default()).await.unwrap();
    assert_eq!((again[0].report.parsed, again[0].report.changed), (1, 0), "{again:?}");
    assert!(station.lake.snapshot(At::Head).unwrap().is_some());
}
