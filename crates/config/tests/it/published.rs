//! Tables of publishers read whole by built-in pipelines, beside what another program read in them.

use crate::providers::{decode, deployment, shared};

/// The whole table of Open Data Watch (Windows-1252, 23 rows for each economy, four lines of notes): every figure is that
/// of the cut in the repository, which another program made (Python's `csv`).
#[test]
fn trial_p246_odin_is_read_whole() {
    let Some(body) = shared("composite/odin-2022/ODIN_03222024.csv") else { return };
    let deployment = deployment();
    let pipeline = deployment.pipeline("odin").unwrap();
    let kept = decode(&deployment, pipeline, &body);
    assert_eq!(kept.counts(), [195 * 11, 195 * 11, 0], "{:?}", kept.rejected.first());
    let file = wsis_reference::committed("odin-2022/odin_2022_totals.csv");
    let mut reader = csv::Reader::from_path(file).unwrap();
    let head = reader.headers().unwrap().clone();
    let mut rows = 0;
    for row in reader.records().map(Result::unwrap) {
        let cell = |column: &str| {
            let at = head.iter().position(|it| it == column).unwrap_or_else(|| panic!("{column}"));
            row.get(at).unwrap()
        };
        for series in &pipeline.series {
            let value: f64 = cell(series.column.as_deref().unwrap()).parse().unwrap();
            let key = format!("{} {} _T _T {}", series.code, cell("Country Code"), cell("Year"));
            assert_eq!(kept.of(&key).0, Some(value), "{key}");
        }
        rows += 1;
    }
    assert_eq!(rows, 195);
}

/// 38 countries: six dimensions and the composite of each, the rank of 33 members.
#[test]
fn trial_p247_the_digital_government_index_is_read_whole() {
    let Some(body) = shared("oecd/oecd_dgi_2023.csv") else { return };
    let deployment = deployment();
    let kept = decode(&deployment, deployment.pipeline("oecd-dgi").unwrap(), &body);
    assert_eq!(kept.counts(), [38 * 7 + 33, 38 * 7 + 33, 0], "{:?}", kept.rejected.first());
    assert_eq!(kept.of("composite_index KOR _T _T 2023").0, Some(0.935));
    assert_eq!(kept.of("composite_rank DNK _T _T 2023").0, Some(2.0));
}
