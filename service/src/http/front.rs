//! What happens around every handler.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use futures_util::FutureExt;
use opentelemetry::StringValue;
use tracing::{Instrument, Span, field::Empty};

use super::{
    Code, Limits, Problem,
    measure::MEASURES,
    request::{Asked, REQUEST_ID, RouteLabel, trace_parent_of},
};
use crate::{
    auth::Principal,
    telemetry::{follow, rename, tenant_label, trace_id},
};

/// What is asked every few seconds and is news to nobody.
const QUIET: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// What a request is called that no route was found for.
const UNMATCHED: &str = "unmatched";

/// A status of our own: the client went away before there was an answer.
const GONE_AWAY: u16 = 499;

/// Gives a request its id and span, answers in its form, logs and counts it.
pub(super) async fn front(
    limits: Limits,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = Asked::read(request.headers());
    let span = span_of(&request, &asked);
    let exchange = Exchange::begin(&request, &span);
    request.extensions_mut().insert(asked.clone());
    // A handler that panics is a fault like any other: the client is told, and
    // its connection lives on.
    let work = AssertUnwindSafe(next.call(request)).catch_unwind().instrument(span.clone());
    let answer = match tokio::time::timeout(limits.request_timeout, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Problem::internal("the handler panicked").into()),
        Err(_) => {
            let most = limits.request_timeout.as_millis();
            Err(Problem::unavailable(format!("the request took longer than {most} ms")).into())
        }
    };
    let _inside = span.enter();
    match answer {
        Ok(answer) => {
            let (mut answer, told) = in_form(answer, &asked, limits);
            add_headers(answer.headers_mut(), &asked);
            exchange.end(&answer, told);
            Ok(answer)
        }
        Err(error) => {
            let problem = Problem::of_actix(&error).asked_by(asked);
            exchange.end_without_route(&problem);
            Err(problem.into())
        }
    }
}

/// The span in which a request is answered. It is made whatever is logged, so
/// that a warning always shows whose request it was.
fn span_of(request: &ServiceRequest, asked: &Asked) -> Span {
    let span = tracing::error_span!(
        "http.request",
        otel.kind = "server",
        otel.status_code = Empty,
        http.method = request.method().as_str(),
        http.path = Empty,
        http.status = Empty,
        request.id = &*asked.request_id,
        trace.id = Empty,
        tenant.id = Empty,
        user.id = Empty,
    );
    if let Some(parent) = trace_parent_of(request.headers()) {
        follow(&span, parent);
    }
    if let Some(id) = trace_id(&span) {
        span.record("trace.id", id);
    }
    span
}

/// What is logged of an error.
struct Told {
    code: Code,
    causes: Option<String>,
}

impl Told {
    fn of(problem: &Problem) -> Self {
        Self { code: problem.code(), causes: problem.causes() }
    }
}

/// Puts an error into the form that was asked for. Also errors that are
/// actix's own, and those that have nothing but a status.
fn in_form(
    answer: ServiceResponse<BoxBody>,
    asked: &Asked,
    limits: Limits,
) -> (ServiceResponse<BoxBody>, Option<Told>) {
    let status = answer.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return (answer, None);
    }
    let response = answer.response();
    let silent = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    let (formed, told) = match response.error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => (problem.answer(asked), Told::of(problem)),
            None if status == StatusCode::PAYLOAD_TOO_LARGE => {
                formed(&Problem::too_large(limits.max_body_bytes), asked)
            }
            None => formed(&Problem::of_foreign(error), asked),
        },
        None if silent => formed(&Problem::of_status(status), asked),
        None => return (answer, None),
    };
    // Whatever else the handler said stays: Allow, Retry-After.
    let kept: Vec<(HeaderName, HeaderValue)> = answer
        .headers()
        .iter()
        .filter(|(name, _)| ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut answer = answer.into_response(formed);
    for (name, value) in kept {
        answer.headers_mut().insert(name, value);
    }
    (answer, Some(told))
}

fn formed(problem: &Problem, asked: &Asked) -> (HttpResponse, Told) {
    (problem.answer(asked), Told::of(problem))
}

/// Headers that every answer has unless its handler has a reason for others.
pub(super) fn add_headers(headers: &mut HeaderMap, asked: &Asked) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in fixed {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Ok(id) = HeaderValue::from_str(&asked.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// One request and its answer. When it is dropped without one, its client went
/// away.
struct Exchange {
    began: Instant,
    method: Method,
    path: String,
    span: Span,
    open: bool,
}

impl Exchange {
    fn begin(request: &ServiceRequest, span: &Span) -> Self {
        MEASURES.begun();
        Self {
            began: Instant::now(),
            method: request.method().clone(),
            path: request.path().to_owned(),
            span: span.clone(),
            open: true,
        }
    }

    fn end(mut self, answer: &ServiceResponse<BoxBody>, told: Option<Told>) {
        let request = answer.request();
        let extensions = request.extensions();
        let route = match extensions.get::<RouteLabel>() {
            Some(RouteLabel(label)) => label.to_string(),
            None => request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned()),
        };
        let principal = extensions.get::<Principal>();
        let tenant = principal.map(|principal| (principal.tenant, &principal.tenant_text));
        self.close(&route, answer.status(), told, tenant_label(tenant));
    }

    fn end_without_route(mut self, problem: &Problem) {
        let status = problem.status_code();
        self.close(UNMATCHED, status, Some(Told::of(problem)), tenant_label(None));
    }

    fn close(&mut self, route: &str, status: StatusCode, told: Option<Told>, tenant: StringValue) {
        self.open = false;
        let seconds = self.began.elapsed().as_secs_f64();
        self.note(route, status.as_u16(), seconds, told);
        if !QUIET.contains(&route) {
            MEASURES.answered(&self.method, route, status, tenant, seconds);
        }
    }

    fn note(&self, route: &str, status: u16, seconds: f64, told: Option<Told>) {
        rename(&self.span, format!("{} {route}", self.method));
        self.span.record("http.path", route);
        self.span.record("http.status", status);
        let duration_ms = (seconds * 1_000_000.0).round() / 1_000.0;
        let code = told.as_ref().map(|told| told.code.as_str());
        let error = told.and_then(|told| told.causes);
        if QUIET.contains(&route) {
            tracing::debug!(duration_ms, code, error, "request");
        } else if status >= 500 {
            self.span.record("otel.status_code", "ERROR");
            tracing::error!(duration_ms, code, error, "request");
        } else {
            tracing::info!(duration_ms, code, error, "request");
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        MEASURES.ended();
        if self.open {
            let _inside = self.span.enter();
            self.note(&self.path, GONE_AWAY, self.began.elapsed().as_secs_f64(), None);
        }
    }
}
