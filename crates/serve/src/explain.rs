//! The derivation of one score, down to the bodies that its figures were read from.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::{evidence, names};
use wsis_model::framework::Window;
use wsis_scorecard::Explanation;

use crate::about::About;
use crate::answer;
use crate::api::Shared;
use crate::asked::Asked;
use crate::cursor;
use crate::form::{self, Form};
use crate::held::Computed;
use crate::problem::Problem;
use crate::resources::OF_EXPLANATION;

/// Where an archived body came from.
#[derive(Serialize)]
struct Origin {
    pipeline: String,
    url: String,
    retrieved_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Shown<'a> {
    snapshot: u64,
    as_of: Option<DateTime<Utc>>,
    sample: Option<&'a str>,
    explanation: Explanation,
    /// By SHA-256.
    payloads: BTreeMap<String, Origin>,
}

/// `GET /v1/explain/{line}/{area}`.
pub(crate) async fn score(
    State(shared): State<Shared>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let answered = async {
        let Path((line, area)) = path.map_err(|_| Problem::not_found("the path is not UTF-8"))?;
        Box::pin(answer(&shared, &line, &area, &parts.headers, parts.uri.query())).await
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    shared: &Shared,
    line: &str,
    area: &str,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let held = &shared.held;
    let deployment = held.app.deployment();
    let asked = Asked::read(query, None, OF_EXPLANATION.into_iter(), &deployment.workspace.serve)?;
    let form = asked.form(headers, &[Form::Json])?;
    let framework = asked.framework(&held.app)?;
    let named = |error| Problem::from(error).in_path();
    let line = names::line(framework, line).map_err(named)?.code.clone();
    let area = names::area(deployment, area).map_err(named)?.code.clone();
    let window = asked.window(framework)?;
    let view = held.view(asked.look).await?;
    let key = held.key(&view, &framework.id);
    let fingerprint = held.fingerprint(&framework.id).to_owned();
    let about = About {
        snapshot: view.snapshot().id,
        as_of: view.instant(),
        framework: framework.id.clone(),
        method_fingerprint: fingerprint.clone(),
        sample: held.app.sample().map(str::to_owned),
        count: 1,
        next: None,
    };
    let exact = ["explain", &line, &area, query.unwrap_or_default(), &format!("{key:?}")];
    let tag = answer::tag(about.snapshot, &fingerprint, &cursor::of(&exact));
    if answer::is_known(headers, &tag) {
        return Ok(answer::not_modified(&tag));
    }
    let computed = held.computed(view, &framework.id).await?;
    let taken = shared.budget.take().await?;
    let most = shared.budget.largest();
    let said = about.clone();
    let bytes =
        held.waiting(move |_| explained(&computed, &line, &area, window, &said, most)).await?;
    let mut response = answer::of(answer::body(bytes, taken), form.content_type(), &about);
    answer::tagged(&mut response, &tag);
    Ok(response)
}

fn explained(
    computed: &Computed,
    line: &str,
    area: &str,
    window: Option<(i32, i32)>,
    about: &About,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let scores = &computed.scores;
    // As the command does: the newest window in which the line has scores.
    let newest = || scores.newest_with_scores(Some(line)).unwrap_or(scores.window);
    let window = window.map_or_else(newest, |(start, end)| Window { start, end });
    let explanation = wsis_scorecard::explain(
        scores.method(),
        &scores.scorecard,
        &scores.panel,
        line,
        area,
        window,
    );
    let explanation = explanation.map_err(|error| Problem::not_found(error.to_string()))?;
    let bodies = evidence::bodies(scores, &explanation)?.into_iter();
    let origin = |(hash, body): (String, evidence::Body)| {
        let evidence::Body { pipeline, url, retrieved_at, .. } = body;
        (hash, Origin { pipeline, url, retrieved_at })
    };
    let shown = Shown {
        snapshot: about.snapshot,
        as_of: about.as_of,
        sample: about.sample.as_deref(),
        explanation,
        payloads: bodies.map(origin).collect(),
    };
    form::document(&shown, most)
}
