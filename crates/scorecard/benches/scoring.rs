//! Scoring of 18 lines, 120 indicators, 217 economies and 4 windows, and all of it by all rule books. Aim: under 1 s.
//! Intervals of their ranks; and 10,000 draws of one line. Aim: under 2 s.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wsis_config::schemes;
use wsis_model::area::{Area, AreaKind, AreaList};
use wsis_model::framework::{
    Aggregation, Child, Direction, Framework, Goalposts, Indicator, LineFacts, Node, Provenance,
    Scale, Status, Target, Transform, Window,
};
use wsis_model::rules::Method;
use wsis_scorecard::books::compare;
use wsis_scorecard::uncertainty::fill;
use wsis_scorecard::{Cell, Panel, score};

const LINES: usize = 18;
const INDICATORS: usize = 120;
const ECONOMIES: usize = 217;

fn provenance() -> Provenance {
    Provenance { status: Status::Proposed, source: "bench".into(), verified: true }
}

fn indicator(at: usize) -> Indicator {
    Indicator {
        code: format!("i{at:03}"),
        title: String::new(),
        definition: String::new(),
        unit: "%".into(),
        theme: String::new(),
        agency: String::new(),
        series: None,
        direction: Direction::Up,
        goalposts: Some(Goalposts {
            lo: 0.0,
            hi: 100.0,
            transform: if at.is_multiple_of(4) { Transform::Ln1p } else { Transform::Identity },
            clamp: true,
            provenance: provenance(),
        }),
        target: Some(Target { value: 95.0, year: 2030, met_from: None, provenance: provenance() }),
        breaks: Vec::new(),
        relative: false,
        contains: Vec::new(),
        limit: None,
        second_delivery_of: None,
        survey: None,
        sampling: None,
        evidence: "A".into(),
        provenance: provenance(),
        licence: String::new(),
        note: String::new(),
    }
}

fn node(line: usize) -> Node {
    let children = (line..INDICATORS)
        .step_by(LINES)
        .map(|at| Child { code: format!("i{at:03}"), weight: 1.0 })
        .collect();
    Node {
        code: format!("L{line:02}"),
        title: String::new(),
        aggregation: Aggregation::Arithmetic,
        children,
        min_weight: None,
        min_children: None,
        min_weight_rank: None,
        core: None,
        line: Some(LineFacts::default()),
    }
}

fn input() -> (Framework, AreaList, Panel) {
    let framework = Framework {
        id: "bench".into(),
        version: "1".into(),
        title: String::new(),
        scale: Scale { max: 100.0, rank_decimals: 9, shown_decimals: 1 },
        ranking: wsis_model::framework::Ranking::default(),
        ages: wsis_model::framework::OwnAges::default(),
        windows: [2005, 2010, 2015, 2020].map(|start| Window { start, end: start + 5 }).to_vec(),
        reported: (0..LINES).map(|line| format!("L{line:02}")).collect(),
        nodes: (0..LINES).map(node).collect(),
        indicators: (0..INDICATORS).map(indicator).collect(),
        provenance: provenance(),
    };
    let areas = (0..ECONOMIES)
        .map(|at| Area {
            code: format!("E{at:03}"),
            m49: String::new(),
            iso2: String::new(),
            name: format!("Economy {at}"),
            kind: AreaKind::Economy,
            region: format!("Region {}", at % 5),
            subregion: String::new(),
            valid: (None, None),
            note: String::new(),
        })
        .collect();
    let areas = AreaList::new(areas, Vec::new()).unwrap();
    let mut builder = Panel::builder(&framework, &areas);
    for indicator in 0..INDICATORS {
        for area in 0..ECONOMIES {
            for year in 2005..=2024 {
                let mixed = (indicator * 31 + area * 17 + (year - 2005) * 7) % 100;
                if mixed % 11 != 0 {
                    let value = mixed as f64 * 0.5 + (year - 2005) as f64 * 2.0;
                    let year = i32::try_from(year).unwrap();
                    let code = format!("i{indicator:03}");
                    builder.insert(&code, &format!("E{area:03}"), year, Cell::of(value)).unwrap();
                }
            }
        }
    }
    (framework, areas, builder.build())
}

fn scoring(criterion: &mut Criterion) {
    let (framework, areas, panel) = input();
    let method = Method::new(&framework, wsis_config::rules::house());
    let mut group = criterion.benchmark_group("scoring");
    group.sample_size(20);
    group.bench_function("18 lines, 120 indicators, 217 economies, 4 windows", |bencher| {
        bencher.iter(|| score(black_box(method), black_box(&panel), black_box(&areas)));
    });
    let card = score(method, &panel, &areas);
    group.bench_function("the same and by all rule books", |bencher| {
        bencher.iter(|| {
            let card = score(black_box(method), black_box(&panel), black_box(&areas));
            let windows = framework.windows.iter().map(|window| (window.start, window.end));
            windows
                .map(|window| compare(method, &card, schemes::built_in(), None, window).hang)
                .sum::<u32>()
        });
    });
    group.bench_function("to_batches", |bencher| {
        bencher.iter(|| black_box(&card).to_batches().unwrap());
    });
    group.bench_function("intervals of all, as the house draws them", |bencher| {
        let mut card = card.clone();
        bencher.iter(|| fill(black_box(method), &panel, black_box(&mut card)));
    });
    let mut book = wsis_config::rules::house().clone();
    book.uncertainty.replicates = 10_000;
    let mut one = framework.clone();
    one.windows = vec![Window { start: 2015, end: 2020 }];
    one.reported.truncate(1);
    let method = Method::new(&one, &book);
    let mut card = score(method, &panel, &areas);
    group.bench_function("10,000 draws of a line", |bencher| {
        bencher.iter(|| fill(black_box(method), &panel, black_box(&mut card)));
    });
    group.finish();
}

criterion_group!(benches, scoring);
criterion_main!(benches);
