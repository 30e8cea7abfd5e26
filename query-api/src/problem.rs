//! Why a request was not answered, as clients see it: a code they can act on
//! and a message for people. What went wrong inside is logged here, once, and
//! never told.

use std::collections::BTreeMap;

use async_graphql::{Error, ErrorExtensionValues, Pos, ServerError, Value, parser};

/// Codes of errors, in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The request is wrong; sending it again will not help.
    Validation,
    /// Nobody, or nobody any more, is known to ask.
    Authn,
    /// What was asked to be seen is not visible yet.
    Stale,
    /// Too much was asked at once.
    RateLimit,
    /// The query of this hash is not known here; it has to be sent in full.
    PersistedQueryNotFound,
    /// Something is broken.
    Internal,
    /// Something is away; trying again later may help.
    Unavailable,
}

impl Code {
    /// The code as clients read it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION",
            Self::Authn => "AUTHN",
            Self::Stale => "STALE",
            Self::RateLimit => "RATE_LIMIT",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// The status of an answer that has nothing but this error.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Validation => 400,
            Self::Authn => 401,
            Self::RateLimit => 429,
            Self::PersistedQueryNotFound => 200,
            Self::Internal => 500,
            Self::Stale | Self::Unavailable => 503,
        }
    }

    /// The code that a text stands for.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [
            Self::Validation,
            Self::Authn,
            Self::Stale,
            Self::RateLimit,
            Self::PersistedQueryNotFound,
            Self::Internal,
            Self::Unavailable,
        ]
        .into_iter()
        .find(|code| code.as_str() == text)
    }
}

/// One reason for which a request, or a field of it, was not answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) details: BTreeMap<&'static str, Value>,
    /// Where in the query, if that is known.
    pub(crate) locations: Vec<Pos>,
}

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: BTreeMap::new(), locations: vec![] }
    }

    /// The request is wrong. The message names the field and what it allows.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Validation, message)
    }

    /// Something is broken: logs it, and keeps it from the client.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a query failed");
        Self::new(Code::Internal, "something went wrong here; the error is logged")
    }

    /// Adds something a program can read.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    fn extensions(&self) -> ErrorExtensionValues {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.as_str());
        for (name, value) in &self.details {
            extensions.set(name, value.clone());
        }
        extensions
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        Self { message: problem.message, source: None, extensions }
    }
}

impl From<Problem> for ServerError {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        let mut error = Self::new(problem.message, None);
        error.extensions = extensions;
        error.locations = problem.locations;
        error
    }
}

impl From<parser::Error> for Problem {
    fn from(error: parser::Error) -> Self {
        let ServerError { message, locations, .. } = error.into();
        // The library draws a picture of the place; its last line says what.
        let reason = message.lines().last().unwrap_or_default().trim().trim_start_matches("= ");
        let reason = format!("the query cannot be parsed: {reason}");
        Self { locations, ..Self::invalid(reason) }
    }
}

/// The code an error carries.
pub(crate) fn code_of(error: &ServerError) -> Option<Code> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Code::parse(code),
        _ => None,
    }
}

/// Gives a code to errors that have none: they come from the GraphQL library,
/// which refuses queries that do not fit the schema, or finds a fault in
/// itself.
pub(crate) fn with_code(mut error: ServerError) -> ServerError {
    if code_of(&error).is_some() {
        return error;
    }
    let problem = if error.message.starts_with("internal:") {
        Problem::internal(&error.message)
    } else {
        Problem::invalid(std::mem::take(&mut error.message))
    };
    error.extensions = Some(problem.extensions());
    error.message = problem.message;
    error
}
