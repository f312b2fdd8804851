//! Pages for people: the report, and what may be asked.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, html};
use wsis_app::Look;

use crate::answer;
use crate::api::Shared;
use crate::cursor;
use crate::problem::Problem;
use crate::resources::{self, EXPLANATION, ONE_LINE, Param, Resource};

/// What a page of ours needs: its own style, and nothing from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// `GET /`: the report of what is known now.
pub(crate) async fn report(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answered = async {
        let held = &shared.held;
        let framework = held.app.deployment().workspace.default_framework.clone();
        let view = held.view(Look::default()).await?;
        let key = held.key(&view, &framework);
        let fingerprint = held.fingerprint(&framework);
        let tag = answer::tag(key.snapshot, fingerprint, &cursor::of(&["/", &format!("{key:?}")]));
        if answer::is_known(&parts.headers, &tag) {
            return Ok(answer::not_modified(&tag));
        }
        let computed = held.computed(view, &framework).await?;
        let report = held.report(&computed).await?;
        let mut response = page(Body::from(report));
        answer::tagged(&mut response, &tag);
        Ok(response)
    };
    answered.await.unwrap_or_else(|problem: Problem| problem.into_response())
}

/// `GET /v1`: what may be asked.
pub(crate) async fn overview() -> Response {
    page(Body::from(listed()))
}

fn page(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, html);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// An address with an example of what narrows it.
fn example(resource: &Resource) -> String {
    let named = resource.params.iter().map(|param| param.about());
    let filled: Vec<String> = named
        .filter(|(.., example)| !example.is_empty())
        .map(|(word, _, example)| format!("{word}={example}"))
        .take(2)
        .collect();
    let path = resource.path.replace("{line}", "C2");
    if filled.is_empty() { path } else { format!("{path}?{}", filled.join("&")) }
}

fn listed() -> String {
    let all = || resources::ALL.iter().chain([&ONE_LINE]);
    let words = |resource: &Resource| -> String {
        resource.takes().map(Param::word).collect::<Vec<_>>().join(", ")
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "What may be asked" }
                style {
                    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
                    "td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0}"
                    "td{overflow-wrap:anywhere}"
                }
            }
            body {
                h1 { "What may be asked" }
                p {
                    "Every answer names the snapshot, the fingerprint of the method, and whether its figures are "
                    "a sample. Forms: JSON, CSV, Parquet, an Arrow stream, by " code { "Accept" } " or "
                    code { "format" } ". A longer answer goes on at the address in " code { "next" }
                    ". For programs: " a href="/v1/openapi.json" { "OpenAPI 3.1" } ". Published files: "
                    a href="/public/v1/manifest.json" { "manifest.json" } ". For reading: "
                    a href="/" { "the report" } "."
                }
                table {
                    tr { th { "Address" } th { "What" } th { "Parameters" } }
                    @for resource in all() {
                        tr {
                            td { a href=(example(resource)) { (resource.path) } }
                            td { (resource.title) }
                            td { (words(resource)) }
                        }
                    }
                    tr {
                        td { a href="/v1/explain/C2/NAM" { (EXPLANATION) } }
                        td { "The derivation of one score, down to the bodies that its figures were read from." }
                        td {
                            (resources::OF_EXPLANATION.map(Param::word).join(", "))
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}
