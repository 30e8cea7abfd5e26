//! What a client asks, as HTTP brings it.

use std::collections::HashMap;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT, CONTENT_TYPE},
};
use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::Value;
use service::auth::Principal;

use super::answer::{Refusal, refusal};
use crate::{
    engine::Call,
    problem::{Code, Problem},
};

/// The header by which a client says what it has to have seen.
pub(super) const CONSISTENCY_TOKEN: &str = "Consistency-Token";

/// The header by which a client asks for a past that was put into tables.
pub(super) const AS_OF: &str = "As-Of";

/// How an answer is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `application/json`: whatever is well-formed is answered with 200.
    Json,
    /// `application/graphql-response+json`: statuses tell how it went.
    GraphQl,
    /// `text/event-stream`.
    Events,
}

impl Form {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let accepts = |name: &str| {
            let all = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
            all.flat_map(|value| value.split(','))
                .filter_map(|range| range.split(';').next())
                .any(|range| range.trim().eq_ignore_ascii_case(name))
        };
        if accepts("text/event-stream") {
            Self::Events
        } else if accepts("application/graphql-response+json") {
            Self::GraphQl
        } else {
            Self::Json
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }
}

/// Who asks.
pub(super) fn principal(request: &HttpRequest) -> Result<Principal, Refusal> {
    Principal::from_request(request, &mut Payload::None).into_inner().map_err(Refusal::from)
}

/// The call of somebody, with what its headers say.
pub(super) fn call(http: &HttpRequest, principal: &Principal, request: Request) -> Call {
    // One that is no text is no token either, and is refused as such.
    let header = |name: &str| {
        let value = http.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Call {
        tenant: principal.tenant,
        auditor: principal.may_audit(),
        request,
        consistency: header(CONSISTENCY_TOKEN),
        as_of: header(AS_OF),
    }
}

/// Reads the body of a POST.
pub(super) fn body(
    http: &HttpRequest,
    body: Result<bytes::Bytes, actix_web::Error>,
    limit: usize,
) -> Result<Request, Refusal> {
    let kind = http.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = "send the query as JSON, with Content-Type: application/json";
        return Err(refusal(415, Problem::invalid(message)));
    }
    let body = body.map_err(|error| match error.as_response_error().status_code().as_u16() {
        413 => {
            let message = format!("the request is larger than {limit} bytes");
            refusal(413, Problem::invalid(message).with("limit", limit))
        }
        status => refusal(status, Problem::invalid("the body could not be read")),
    })?;
    if body.first() == Some(&b'[') {
        let message = "send one query per request; HTTP/2 makes many of them cheap";
        return Err(refusal(400, Problem::invalid(message)));
    }
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("the body is not the JSON of a GraphQL request: {error}");
        refusal(400, Problem::invalid(message))
    })
}

/// The parameters of a GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

/// Reads the parameters of a GET.
pub(super) fn parameters(http: &HttpRequest) -> Result<Request, Refusal> {
    let wrong = |message: String| refusal(400, Problem::invalid(message));
    let parameters = actix_web::web::Query::<Parameters>::from_query(http.query_string())
        .map_err(|error| wrong(format!("the query string cannot be read: {error}")))?
        .into_inner();
    let json = |name: &str, text: Option<String>| match text {
        None => Ok(Value::Null),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| wrong(format!("{name}: expected JSON: {error}"))),
    };
    let mut request = Request::new(parameters.query);
    request.operation_name = parameters.operation_name;
    request.variables = Variables::from_json(json("variables", parameters.variables)?);
    let extensions = json("extensions", parameters.extensions)?;
    if !extensions.is_null() {
        let extensions: HashMap<String, async_graphql::Value> = serde_json::from_value(extensions)
            .map_err(|error| wrong(format!("extensions: {error}")))?;
        request.extensions = async_graphql::Extensions(extensions);
    }
    Ok(request)
}

impl From<service::http::Problem> for Refusal {
    fn from(problem: service::http::Problem) -> Self {
        use actix_web::ResponseError;
        let code = Code::parse(problem.code().as_str()).unwrap_or(Code::Internal);
        let words = problem.to_string();
        let words = words.split_once(": ").map_or(words.as_str(), |(_, words)| words);
        let told = problem.error_response();
        let challenge = told.headers().get(actix_web::http::header::WWW_AUTHENTICATE).cloned();
        let status = problem.status_code().as_u16();
        Self { challenge, ..refusal(status, Problem::new(code, words)) }
    }
}
