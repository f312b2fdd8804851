//! Messages of which something was changed: whatever comes, no panic, nothing is lost, and what
//! `page` takes for a message `decode` takes for one too.
//!
//! The figure that is promised (100,000 changed bodies of each format) is counted with
//! `WSIS_DECODE_CASES=100000`; without it a few are.

use wsis_model::limits::DecodeLimits;
use wsis_model::mapping::Columns;
use wsis_model::pipeline::{Format, Pipeline, Series};
use wsis_sources::{ContentKind, DecodeJob};

use crate::fixture::{LISTS, decode_under, page, series, shared};
use crate::sdmx_ml::message;

/// How many changed bodies of each format are read.
const CASES: &str = "WSIS_DECODE_CASES";
/// Largest body that is changed, bytes: small ones change more often.
const BODY_MAX: usize = 14_000;

/// The numbers of Marsaglia's xorshift: the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.next() % end }
    }
}

/// What is put into bodies.
const TOKENS: &[&[u8]] = &[
    b"<",
    b">",
    b"/>",
    b"\"",
    b"&",
    b"&#0;",
    b"&#x110000;",
    b"<!--",
    b"<![CDATA[",
    b"<?",
    b"]]>",
    b"<Obs/>",
    b"</Series>",
    b"<Series>",
    b"<DataSet>",
    b"<Group A=\"1\"/>",
    b" ACTION=\"D\"",
    b"\xF4",
    b"\0",
    b"NaN",
    b"null",
    b"{}",
    b"[",
    b"]",
    b"}",
    b",",
    b":",
    b"::",
    b"\n",
    b"\t",
    b"1e999",
    b"-1",
    b"99999999999999999999",
    b"\\ud800",
    b"\"0:0:0\":[1]",
    b"\"size\":[3]",
    b"\xEF\xBB\xBF",
    "é".as_bytes(),
    b"\\",
    b"\\u0000",
    b"true",
    b"\"\"",
    b"0",
];

/// A body with one to four changes; now and then a part of another one in it.
fn changed(numbers: &mut Numbers, bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut body = bodies[numbers.below(bodies.len())].clone();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(body.len());
        match numbers.below(10) {
            0..=2 if !body.is_empty() => body[at] = u8::try_from(numbers.below(256)).unwrap(),
            3..=5 => {
                let token = TOKENS[numbers.below(TOKENS.len())];
                body.splice(at..at, token.iter().copied());
            }
            6 => {
                let end = (at + 1 + numbers.below(40)).min(body.len());
                body.drain(at..end);
            }
            7 => {
                // A part once more.
                let end = (at + 1 + numbers.below(200)).min(body.len());
                let part = body[at..end].to_vec();
                body.splice(at..at, part);
            }
            8 => {
                let other = &bodies[numbers.below(bodies.len())];
                let from = numbers.below(other.len());
                let to = (from + numbers.below(300)).min(other.len());
                body.splice(at..at, other[from..to].iter().copied());
            }
            _ => body.truncate(at),
        }
    }
    body
}

/// Reads changed bodies of one format.
#[expect(clippy::print_stdout, reason = "the figures are to be seen")]
fn each_changed(pipeline: &Pipeline, kind: ContentKind, bodies: &[Vec<u8>]) {
    let cases = std::env::var(CASES).ok().and_then(|it| it.parse().ok()).unwrap_or(400);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let job = DecodeJob::new(pipeline, &LISTS);
    // As small as a body needs: what is held is bounded by the limits, whatever bytes say.
    let limits = DecodeLimits { records_max: 20_000, record_max_bytes: 1 << 14, ..job.limits };
    let (mut good, mut parsed) = (0, 0);
    for _ in 0..cases {
        let body = changed(&mut numbers, bodies);
        let seen = page(pipeline, kind, &body);
        // Asserts that parsed = accepted + quarantined.
        match decode_under(&DecodeJob { limits, ..job }, kind, &body) {
            Ok(kept) => {
                good += 1;
                parsed += kept.summary.parsed;
                if let Ok(seen) = seen {
                    assert!(seen.rows <= 20_000);
                }
            }
            Err(error) => {
                let text = error.to_string();
                assert!(!text.contains("this is a bug of wsis"), "{text}");
                let is_limit = matches!(error, wsis_sources::DecodeError::TooLarge { .. });
                assert!(seen.is_err() || is_limit, "{text}");
            }
        }
    }
    println!("{kind:?}: {cases} changed bodies, {good} still messages with {parsed} records");
    assert!(cases < 100 || (good > 0 && parsed > 0), "nothing was read: {good} of {cases}");
}

/// Small bodies of the shared data.
fn files(paths: &[&str]) -> Vec<Vec<u8>> {
    let found = paths.iter().filter_map(|path| shared(path));
    found.filter(|body| body.len() <= BODY_MAX).collect()
}

fn all(format: Format, area: &str) -> Pipeline {
    let area = Columns { area: Some(area.to_owned()), ..Columns::default() };
    let one = Series { named: Some("S".to_owned()), ..series("S", "NUMBER", None) };
    message(format, area, vec![one], &[])
}

#[test]
fn invariant_i1_changed_sdmx_ml_loses_nothing() {
    let base = "sdmx/sdmx-test-data";
    let mut bodies = files(&[
        &format!("{base}/ECB_EXR/ng-ts.xml"),
        &format!("{base}/ECB_EXR/rg-ts-gf.xml"),
        &format!("{base}/ECB_EXR/sg-xs-ss.xml"),
        &format!("{base}/ECB_EXR/sg-ts-gf-flat-ss.xml"),
        &format!("{base}/v3/xml/ECB_EXR_CA.xml"),
        &format!("{base}/ESTAT/footer.xml"),
    ]);
    if !bodies.is_empty() {
        each_changed(&all(Format::SdmxMl, "CURRENCY"), ContentKind::Xml, &bodies);
    }
    bodies = vec![crate::sdmx_ml::sample().into_bytes()];
    each_changed(&all(Format::SdmxMl, "REF_AREA"), ContentKind::Xml, &bodies);
}

#[test]
fn invariant_i1_changed_sdmx_json_loses_nothing() {
    let base = "sdmx/sdmx-test-data";
    let bodies = files(&[
        &format!("{base}/ECB_EXR/flat.json"),
        &format!("{base}/ECB_EXR/ts.json"),
        &format!("{base}/v3/json/data/agri.json"),
        &format!("{base}/v3/json/data/exr-action-delete.json"),
        "oecd/sdmx-json-legacy/oecd1.json",
    ]);
    if !bodies.is_empty() {
        each_changed(&all(Format::SdmxJson, "CURRENCY"), ContentKind::Json, &bodies);
    }
    let bodies = vec![crate::cubes::sdmx_json().into_bytes()];
    each_changed(&all(Format::SdmxJson, "REF_AREA"), ContentKind::Json, &bodies);
}

#[test]
fn invariant_i1_changed_json_stat_loses_nothing() {
    let mut bodies = files(&[
        "json-stat/json-stat.org/oecd-canada.json",
        "json-stat/json-stat.org/canada.json",
        "json-stat/json-stat.org/hierarchy.json",
        "json-stat/unit/dataset_unemployment_v1.json",
        "eurostat/json-stat-1/eurostat-name_gpd_c-geo_IT.json",
    ]);
    bodies.push(crate::cubes::json_stat().into_bytes());
    let pipeline = crate::cubes::eurostat(Format::JsonStat);
    each_changed(&pipeline, ContentKind::Json, &bodies[bodies.len() - 1..]);
    let mut any = all(Format::JsonStat, "geo");
    any.mapping.as_mut().unwrap().columns.area = None;
    each_changed(&any, ContentKind::Json, &bodies);
}

#[test]
fn invariant_i1_changed_eurostat_tsv_loses_nothing() {
    let files = files(&[
        "eurostat/tsv/demo_r_gind3.selected-rows.tsv",
        "eurostat/tsv/hlth_ehis_de2.first-rows.tsv",
    ]);
    if !files.is_empty() {
        let mut any = all(Format::EurostatTsv, "geo");
        any.mapping.as_mut().unwrap().columns.area = None;
        each_changed(&any, ContentKind::Csv, &files);
    }
    let pipeline = crate::cubes::eurostat(Format::EurostatTsv);
    each_changed(&pipeline, ContentKind::Csv, &[crate::cubes::eurostat_tsv().into_bytes()]);
}
