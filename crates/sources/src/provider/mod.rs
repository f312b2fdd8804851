//! Providers: how a service, or a place with files, is asked. In one stage, or in two: where the
//! address of a file does not stay, a list is asked first ([`listed`]).

mod data360;
mod files;
mod listed;
mod unsd;
pub(crate) mod worldbank;

use url::Url;
use wsis_model::pipeline::{Pipeline, Series};

use crate::{ContentKind, PlanError, RequestSpec};

pub(crate) use data360::Data360;
pub(crate) use files::{Editions, Files, plan_files};
pub(crate) use listed::locate;
pub(crate) use unsd::Unsd;
pub(crate) use worldbank::WorldBank;

/// How a service is asked. A pipeline with files asks for its files whatever its provider is.
pub(crate) trait Provider: Sync {
    /// What a pipeline without files lacks, where the provider has nothing but files.
    fn wanted(&self) -> &'static str {
        "[[series]]"
    }

    /// The first page of the request for one series.
    ///
    /// # Errors
    /// When the address cannot be formed.
    fn series(&self, pipeline: &Pipeline, series: &Series) -> Result<RequestSpec, PlanError>;

    /// First and last year of which a completed request tells all that the source has.
    fn years(&self, pipeline: &Pipeline, _request: &str) -> (i32, i32) {
        pipeline.years
    }
}

/// A request for a series, by the path and the query of its first page.
fn series_request(
    pipeline: &Pipeline,
    series: &Series,
    path: &str,
    query: &[(&str, &str)],
    expect: ContentKind,
) -> Result<RequestSpec, PlanError> {
    let mut url = address(pipeline, path)?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(RequestSpec::new(series.code.clone(), url, expect))
}

/// An address below the root of the service.
pub(crate) fn address(pipeline: &Pipeline, path: &str) -> Result<Url, PlanError> {
    let text = format!("{}/{path}", pipeline.base_url.trim_end_matches('/'));
    Url::parse(&text).map_err(|why| PlanError::Address {
        pipeline: pipeline.id.clone(),
        url: text,
        why: why.to_string(),
    })
}

/// The address with some of its query parameters replaced, in their old places.
pub(crate) fn with_query(url: &Url, values: &[(&str, u32)]) -> Url {
    let mut url = url.clone();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut query = url.query_pairs_mut();
    query.clear();
    for (name, old) in &pairs {
        match values.iter().find(|(wanted, _)| wanted == name) {
            Some((_, value)) => query.append_pair(name, &value.to_string()),
            None => query.append_pair(name, old),
        };
    }
    for (name, value) in values {
        if !pairs.iter().any(|(old, _)| old == name) {
            query.append_pair(name, &value.to_string());
        }
    }
    drop(query);
    url
}
