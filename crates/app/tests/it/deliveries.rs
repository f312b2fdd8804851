//! Figures that come by two ways.

use std::sync::Arc;

use wsis_app::Review;
use wsis_model::framework::SeriesRef;

use crate::app_of;

/// The survey's online service index as a second delivery of its participation index, which it is
/// not: most cells differ, and the ends of the account are known.
#[tokio::test(flavor = "multi_thread")]
async fn two_deliveries_are_compared_cell_by_cell() {
    let (_folder, app) = app_of("undesa-egdi").await;
    let mut deployment = wsis_config::Deployment::clone(app.deployment());
    let framework = deployment.frameworks.iter_mut().find(|it| it.id == "egdi").unwrap();
    let mut second = framework.indicator("osi").unwrap().clone();
    second.code = "osi-again".to_owned();
    second.second_delivery_of = Some("osi".to_owned());
    framework.indicators.push(second.clone());
    second.code = "osi-otherwise".to_owned();
    let series = second.series.take().unwrap();
    second.series = Some(SeriesRef { series_code: "TII".to_owned(), ..series });
    framework.indicators.push(second);
    let app = wsis_app::App::new(
        Arc::new(deployment),
        Arc::clone(app.lake()),
        Arc::new(wsis_engine::SystemClock),
    )
    .unwrap();
    let review = Review { framework: Some("egdi".to_owned()), ..Review::default() };
    let found = app.scores(&review).await.unwrap().deliveries();
    let [again, otherwise] = found.as_slice() else { unreachable!("{}", found.len()) };
    assert!(again.both > 1_500 && again.equal == again.both && again.apart.is_empty());
    assert_eq!((again.only_first, again.only_second, again.median_difference), (0, 0, None));
    assert_eq!(otherwise.second, "undesa EGDI TII");
    assert_eq!(otherwise.both, otherwise.equal + otherwise.apart.len());
    // Denmark 2024 in the survey: online services 0.99924, infrastructure 0.99662.
    let denmark = otherwise.apart.iter().find(|it| (it.area.as_str(), it.year) == ("DNK", 2024));
    let denmark = denmark.unwrap();
    assert_eq!((denmark.first, denmark.second), (0.99924, 0.99662));
    let sizes = otherwise.apart.iter().map(|it| it.difference.abs()).collect::<Vec<_>>();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "the largest difference first");
    let median = f64::midpoint(sizes[(sizes.len() - 1) / 2], sizes[sizes.len() / 2]);
    assert_eq!(otherwise.median_difference, Some(median));
}
