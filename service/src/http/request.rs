//! What is known of a request before anybody has looked at it.

use std::{borrow::Cow, sync::Arc};

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
};
use tracing::Span;
use ulid::Ulid;

use crate::telemetry;

/// The header by which a request is found in the logs.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header by which a trace is followed.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest request id that is taken over.
const LONGEST_ID: usize = 64;

/// How a request wants to be answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) request_id: Arc<str>,
    /// Whether errors shall have the form of RFC 9457.
    pub(super) problem_json: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self { request_id: Ulid::generate().to_string().into(), problem_json: false }
    }
}

impl Asked {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let given = headers.get(&REQUEST_ID).filter(|id| is_request_id(id));
        let asked =
            Self { problem_json: headers.get_all(ACCEPT).any(asks_for_problem), ..Self::default() };
        match given.and_then(|id| id.to_str().ok()) {
            Some(id) => Self { request_id: id.into(), ..asked },
            None => asked,
        }
    }
}

/// A foreign id is taken over when it can be printed anywhere.
fn is_request_id(id: &HeaderValue) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
}

fn asks_for_problem(accept: &HeaderValue) -> bool {
    accept.to_str().unwrap_or_default().split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        named.eq_ignore_ascii_case("application/problem+json") && quality.unwrap_or(1.0) > 0.0
    })
}

/// The id by which this request is found in the logs.
#[must_use]
pub fn request_id(request: &HttpRequest) -> Arc<str> {
    let asked = request.extensions().get::<Asked>().map(|asked| Arc::clone(&asked.request_id));
    asked.unwrap_or_else(|| Asked::default().request_id)
}

/// The place in its trace that a request has, to be kept with what it causes:
/// that of its span, or of its client where this process sends no traces.
#[must_use]
pub fn trace_parent(request: &HttpRequest) -> Option<String> {
    telemetry::trace_parent(&Span::current())
        .or_else(|| trace_parent_of(request.headers()).map(str::to_owned))
}

pub(super) fn trace_parent_of(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(&TRACE_PARENT)?.to_str().ok()?;
    telemetry::is_trace_parent(text).then_some(text)
}

/// What a route is called in logs and metrics, for handlers that serve many
/// routes with one pattern. Put it into the request's extensions.
#[derive(Debug, Clone)]
pub struct RouteLabel(pub Cow<'static, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_visible_request_ids_are_taken_over() {
        let taken = |id: &'static str| is_request_id(&HeaderValue::from_static(id));
        assert!(taken("a") && taken("01J9ZQ8V5M3N8T1W2X4Y6Z7A8B") && taken("~a/b:c!"));
        assert!(!taken("") && !taken("two words"));
        assert!(!is_request_id(&HeaderValue::from_str(&"x".repeat(65)).unwrap()));
        assert!(!is_request_id(&HeaderValue::from_bytes("ä".as_bytes()).unwrap()));
    }

    #[test]
    fn problem_json_is_given_to_those_who_ask() {
        let asks = |accept| asks_for_problem(&HeaderValue::from_static(accept));
        assert!(asks("application/problem+json"));
        assert!(asks("text/html, application/Problem+JSON;q=0.8"));
        assert!(asks("application/problem+json; q=0.05"));
        assert!(!asks("application/problem+json; q=0, */*"));
        assert!(!asks("application/json") && !asks("*/*"));
    }
}
