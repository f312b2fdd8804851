//! The HTTP face: lists of rows, explanations, published files and the report of one lake, read only.
//!
//! | where | what |
//! | --- | --- |
//! | [`serve`] | listens, answers, and comes to an end in good order |
//! | [`listener`] | so many connections and for so long; the daemon's endpoint uses it, too |
//! | `guard` | around every request: id, log, rate, time, what browsers are told |
//! | `resources` | what may be asked: one list for routes, parameters and description |
//! | `asked` | what somebody asks, checked against what there is |
//! | `held` | views with their scores, computed once |
//! | `form` | JSON, CSV, Parquet, Arrow, within a limit |
//!
//! It holds no rule of the method: a view of `app` is asked, and its tables are cut and written.

mod about;
mod answer;
mod api;
mod asked;
mod cursor;
mod explain;
mod files;
mod form;
mod guard;
mod held;
pub mod listener;
mod openapi;
mod pages;
mod problem;
mod rate;
mod resources;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::cors::{AllowOrigin, CorsLayer};
use wsis_app::{App, Look};
use wsis_config::ServeSettings;
use wsis_engine::Clock;

use crate::answer::Budget;
use crate::api::Shared;
use crate::guard::Guard;
use crate::held::Held;
use crate::listener::Connections;
use crate::problem::Problem;

/// Answers on a listener until it is stopped, and then as long as those take that are under way.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let settings = app.deployment().workspace.serve.clone();
    let held = Arc::new(Held::new(app));
    let limits = Connections {
        most: settings.connections,
        headers_within: Duration::from_secs(settings.header_s),
        head_bytes_max: Some(settings.header_bytes_max),
        over_within: Duration::from_secs(settings.connection_s),
        keep_alive: true,
        stop_within: Duration::from_secs(settings.stop_within_s),
    };
    // Whoever asks first finds it.
    let ahead = tokio::spawn(prepared(Arc::clone(&held)));
    let routes = routes(held, &settings, clock);
    listener::accept(listener, routes, limits, stop).await;
    ahead.abort();
}

/// Scores what is known now before anybody asks.
async fn prepared(held: Arc<Held>) {
    let framework = held.app.deployment().workspace.default_framework.clone();
    let made = async {
        let view = held.view(Look::default()).await?;
        held.computed(view, &framework).await
    };
    match Box::pin(made).await {
        Ok(_) => tracing::info!("what is known now is scored"),
        Err(problem) => tracing::warn!(?problem, "what is known now is not scored yet"),
    }
}

/// The routes, with what stands around them.
fn routes(held: Arc<Held>, settings: &ServeSettings, clock: Arc<dyn Clock>) -> Router {
    let budget = Budget::new(settings.memory_bytes, settings.response_bytes_max);
    let shared = Shared { held, budget };
    let mut packed = Router::new()
        .route("/", get(pages::report))
        .route("/v1", get(pages::overview))
        .route("/v1/", get(pages::overview))
        .route("/v1/openapi.json", get(described))
        .route(resources::ONE_LINE.path, get(api::line))
        .route(resources::EXPLANATION, get(explain::score));
    for resource in resources::ALL {
        packed = packed.route(
            resource.path,
            get(move |shared, request: Request| api::list(shared, resource, request)),
        );
    }
    // Tables that are packed already are not packed again.
    let worth = DefaultPredicate::new().and(NotForContentType::const_new("application/vnd.apache"));
    let packed = packed.layer(CompressionLayer::new().gzip(true).compress_when(worth));
    let routes = packed
        .route("/public/v1/{name}", get(files::published))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(nowhere)
        .with_state(shared)
        .layer(middleware::from_fn_with_state(
            Arc::new(Guard::new(settings, clock)),
            guard::around,
        ));
    match origins(&settings.origins) {
        None => routes,
        Some(origins) => routes.layer(
            CorsLayer::new()
                .allow_origin(origins)
                .allow_methods([Method::GET, Method::HEAD])
                .allow_headers([
                    header::ACCEPT,
                    header::IF_NONE_MATCH,
                    header::IF_RANGE,
                    header::RANGE,
                ])
                .expose_headers(guard::EXPOSED),
        ),
    }
}

/// Whose pages may read answers; none: nobody's.
fn origins(declared: &[String]) -> Option<AllowOrigin> {
    if declared.iter().any(|it| it == "*") {
        return Some(AllowOrigin::any());
    }
    let values: Vec<HeaderValue> =
        declared.iter().filter_map(|it| HeaderValue::from_str(it).ok()).collect();
    (!values.is_empty()).then(|| AllowOrigin::list(values))
}

/// `GET /v1/openapi.json`.
async fn described() -> Response {
    let json = HeaderValue::from_static("application/json");
    let mut response = Response::new(Body::from(openapi::document()));
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Anything else.
async fn nowhere() -> Response {
    Problem::not_found("there is nothing at this address; /v1 says what may be asked")
        .seen_at("/v1")
        .into_response()
}
