//! Answers as HTTP takes them.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use async_graphql::{Response, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::asked::{CONSISTENCY_TOKEN, Form};
use crate::{
    engine::failed,
    problem::{Code, Problem, code_of},
};

/// Why a request is not even looked at.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) problem: Box<Problem>,
    pub(super) challenge: Option<HeaderValue>,
}

pub(super) fn refusal(status: u16, problem: Problem) -> Refusal {
    Refusal { status, problem: Box::new(problem), challenge: None }
}

impl Refusal {
    pub(super) fn response(self, form: Form) -> HttpResponse {
        let mut builder = builder(self.status, form, self.problem.code);
        if let Some(challenge) = self.challenge {
            builder.insert_header((WWW_AUTHENTICATE, challenge));
        }
        // A stream that never begins is told why like any other request.
        let form = if form == Form::Events { Form::Json } else { form };
        builder.insert_header((CONTENT_TYPE, form.content_type()));
        builder.body(text(&failed(*self.problem)))
    }
}

/// The answer to a query.
pub(super) fn response(answer: &Response, form: Form) -> HttpResponse {
    let code = if is_refused(answer) { answer.errors.first().and_then(code_of) } else { None };
    // Some are about the server, not about the query; the rest is told by the
    // status only to those who know what it means.
    let is_ours = matches!(code, Some(Code::RateLimit | Code::Unavailable | Code::Internal));
    let status = match code {
        Some(code) if is_ours || form == Form::GraphQl => code.status(),
        _ => 200,
    };
    let mut builder = builder(status, form, code.unwrap_or(Code::Validation));
    if let Some(token) = token(answer) {
        builder.insert_header((CONSISTENCY_TOKEN, token));
    }
    builder.body(text(answer))
}

fn builder(status: u16, form: Form, code: Code) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    builder.insert_header((CONTENT_TYPE, form.content_type()));
    let may_pass = matches!(code, Code::RateLimit | Code::Unavailable | Code::Stale);
    if may_pass && !status.is_success() {
        builder.insert_header((RETRY_AFTER, "1"));
    }
    builder
}

fn token(answer: &Response) -> Option<HeaderValue> {
    let Value::Object(told) = answer.extensions.get("consistency")? else { return None };
    let Value::String(token) = told.get("token")? else { return None };
    HeaderValue::from_str(token).ok()
}

/// Whether there is nothing in an answer but errors.
pub(super) fn is_refused(answer: &Response) -> bool {
    answer.data == Value::Null && !answer.errors.is_empty()
}

/// An answer as JSON.
pub(super) fn text(answer: &Response) -> String {
    // There is nothing in an answer that JSON cannot say.
    serde_json::to_string(&Told(answer)).unwrap_or_default()
}

/// An answer, without `data` when the query was refused.
pub(super) struct Told<'a>(pub(super) &'a Response);

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(answer) = self;
        let mut map = serializer.serialize_map(None)?;
        if !answer.errors.is_empty() {
            map.serialize_entry("errors", &answer.errors)?;
        }
        if !is_refused(answer) {
            map.serialize_entry("data", &answer.data)?;
        }
        if !answer.extensions.is_empty() {
            map.serialize_entry("extensions", &answer.extensions)?;
        }
        map.end()
    }
}
