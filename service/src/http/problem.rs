//! An error as clients see it.

use std::{error::Error, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    },
};
use serde_json::{Value, json};

use super::{front::add_headers, request::Asked};
use crate::causes::told;

/// What kind of error it is: clients decide by it what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request is wrong; sending it again will not help.
    Validation,
    /// Nobody, or nobody any more, is known to ask.
    Authn,
    /// Whoever asks may not.
    Authz,
    /// There is no such thing, or it belongs to somebody else.
    NotFound,
    /// Somebody else was faster, or the same was asked with other words.
    Conflict,
    /// The thing is no longer what the client takes it for.
    Precondition,
    /// Too much was asked.
    RateLimit,
    /// Something is broken.
    Internal,
    /// Something is away; trying again later may help.
    Unavailable,
}

impl Code {
    /// The code as clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION",
            Self::Authn => "AUTHN",
            Self::Authz => "AUTHZ",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::Precondition => "PRECONDITION",
            Self::RateLimit => "RATE_LIMIT",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// The status that goes with it, unless a better one is known.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Validation => StatusCode::BAD_REQUEST,
            Self::Authn => StatusCode::UNAUTHORIZED,
            Self::Authz => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::RateLimit => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code of an answer that only has a status.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Authn,
            403 => Self::Authz,
            404 | 410 => Self::NotFound,
            409 => Self::Conflict,
            412 => Self::Precondition,
            429 => Self::RateLimit,
            502..=504 => Self::Unavailable,
            500..=599 => Self::Internal,
            _ => Self::Validation,
        }
    }
}

/// One error. Handlers return it; the server adds what it knows of the request
/// and puts it into the form that was asked for.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    message: String,
    /// What few problems have, apart, so that the many stay small.
    more: Box<More>,
}

#[derive(Debug, Default)]
struct More {
    details: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    asked: Option<Asked>,
}

/// What clients learn of a fault of ours.
const OPAQUE: &str = "something went wrong here; the request id helps us to find out what";

impl Problem {
    /// An error of a kind, told in a sentence without a full stop.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, status: code.status(), message: message.into(), more: Box::default() }
    }

    /// A fault of ours: logged with its causes, kept from the client.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, OPAQUE).because(cause)
    }

    /// Something this process needs is away for the moment.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    /// The body is larger than this many bytes.
    #[must_use]
    pub fn too_large(most: usize) -> Self {
        Self::new(Code::Validation, format!("the body is larger than {most} bytes"))
            .status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// Answers with another status than the code's usual one.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds what a program can make use of.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.more.details = Some(details);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.more.headers.push((name, value));
        self
    }

    /// Adds what caused it, for the log alone.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.more.cause = Some(cause.into());
        self
    }

    /// Says in words which part of the request it is about.
    #[must_use]
    pub fn about(mut self, part: &str) -> Self {
        self.message = format!("{part}: {}", self.message);
        self
    }

    /// Adds one member to what a program can make use of.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        let details = self.more.details.get_or_insert_with(|| json!({}));
        if let Value::Object(details) = details {
            details.insert(name.to_owned(), value.into());
        }
        self
    }

    /// What clients learn of it: code, message and details. For answers that
    /// hold several.
    #[must_use]
    pub fn error(&self) -> serde_json::Map<String, Value> {
        let mut error = serde_json::Map::new();
        error.insert("code".to_owned(), self.code.as_str().into());
        error.insert("message".to_owned(), (*self.message).into());
        if let Some(details) = &self.more.details {
            error.insert("details".to_owned(), details.clone());
        }
        error
    }

    /// Its kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What caused it, and what caused that.
    pub(super) fn causes(&self) -> Option<String> {
        self.more.cause.as_deref().map(|cause| told(cause))
    }

    /// The error of an answer that has no words of its own.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let code = Code::of(status);
        let message = match (code, status) {
            (Code::NotFound, _) => "there is nothing at this address",
            (_, StatusCode::METHOD_NOT_ALLOWED) => "this address does not take that method",
            (Code::Internal, _) => OPAQUE,
            (_, status) => status.canonical_reason().unwrap_or("the request was refused"),
        };
        Self::new(code, message.to_lowercase()).status(status)
    }

    /// An error of actix's own, or of a handler that knows no problems.
    pub(super) fn of_foreign(error: &actix_web::Error) -> Self {
        let status = error.as_response_error().status_code();
        let problem = Self::of_status(status);
        if status.is_server_error() {
            return problem.because(error.to_string());
        }
        Self { message: first_lower(&error.to_string()), ..problem }
    }

    /// The problem that an error is, or becomes.
    pub(super) fn of_actix(error: &actix_web::Error) -> Self {
        let Some(known) = error.as_error::<Self>() else { return Self::of_foreign(error) };
        let more = More {
            details: known.more.details.clone(),
            headers: known.more.headers.clone(),
            cause: known.causes().map(Into::into),
            asked: None,
        };
        let (code, status, message) = (known.code, known.status, known.message.clone());
        Self { code, status, message, more: Box::new(more) }
    }

    /// The same problem, for one who asked so.
    pub(super) fn asked_by(mut self, asked: Asked) -> Self {
        self.more.asked = Some(asked);
        self
    }

    /// The answer, for one who asked so.
    pub(super) fn answer(&self, asked: &Asked) -> HttpResponse {
        let mut error = self.error();
        error.insert("request_id".to_owned(), (*asked.request_id).into());
        let (content_type, body) = if asked.problem_json {
            ("application/problem+json", self.rfc_9457(error))
        } else {
            ("application/json", json!({ "error": error }))
        };
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((CONTENT_TYPE, content_type));
        if self.code == Code::Unavailable {
            answer.insert_header((RETRY_AFTER, HeaderValue::from_static("1")));
        }
        for (name, value) in &self.more.headers {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.body(body.to_string())
    }

    fn rfc_9457(&self, error: serde_json::Map<String, Value>) -> Value {
        let title = self.status.canonical_reason().unwrap_or_default();
        let mut problem = serde_json::Map::new();
        problem.insert("type".to_owned(), "about:blank".into());
        problem.insert("title".to_owned(), title.into());
        problem.insert("status".to_owned(), self.status.as_u16().into());
        problem.insert("detail".to_owned(), (*self.message).into());
        problem.extend(error.into_iter().filter(|(name, _)| name != "message"));
        Value::Object(problem)
    }
}

fn first_lower(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let Some(asked) = &self.more.asked else { return self.answer(&Asked::default()) };
        let mut answer = self.answer(asked);
        add_headers(answer.headers_mut(), asked);
        answer
    }
}
