//! The application every server starts from.

use std::time::Duration;

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    error::{JsonPayloadError, PathError, QueryPayloadError},
    http::{
        Method, StatusCode,
        header::{ALLOW, HeaderValue},
    },
    middleware::from_fn,
    web::{self, JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig},
};

use super::{Code, Problem, front::front};
use crate::config;

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// The longest it may take.
    pub request_timeout: Duration,
}

impl From<&config::CommandApi> for Limits {
    fn from(config: &config::CommandApi) -> Self {
        Self { max_body_bytes: config.max_body_bytes, request_timeout: config.request_timeout }
    }
}

impl From<&config::QueryApi> for Limits {
    fn from(config: &config::QueryApi) -> Self {
        Self { max_body_bytes: config.max_body_bytes, request_timeout: config.request_timeout }
    }
}

/// An application with these routes, and with everything around them that all
/// have in common.
pub fn app(
    limits: Limits,
    routes: impl FnOnce(&mut ServiceConfig),
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let most = limits.max_body_bytes;
    App::new()
        .app_data(PayloadConfig::new(most))
        .app_data(
            JsonConfig::default()
                .limit(most)
                .error_handler(move |error, _| json(&error, most).into()),
        )
        .app_data(PathConfig::default().error_handler(|error, _| path(&error).into()))
        .app_data(QueryConfig::default().error_handler(|error, _| query(&error).into()))
        .configure(routes)
        .default_service(web::to(nothing_here))
        .wrap(from_fn(move |request, next| front(limits, request, next)))
}

async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path: String = request.path().chars().take(200).collect();
    // A route that is there, but not for this method, ends here as well.
    if request.match_pattern().is_some() {
        let words = format!("{} is not possible at {path}", request.method());
        return Err(Problem::new(Code::Validation, words).status(StatusCode::METHOD_NOT_ALLOWED));
    }
    Err(Problem::new(Code::NotFound, format!("there is nothing at {path}")))
}

/// A handler for all methods but these, as a resource's `default_service`.
#[must_use]
pub fn only(methods: &'static [Method]) -> actix_web::Route {
    web::to(move |request: HttpRequest| async move {
        let names: Vec<_> = methods.iter().map(Method::as_str).collect();
        let names = names.join(", ");
        let words = format!("{} is not possible here, only {names}", request.method());
        let problem = Problem::new(Code::Validation, words).status(StatusCode::METHOD_NOT_ALLOWED);
        Err::<HttpResponse, _>(match HeaderValue::from_str(&names) {
            Ok(allow) => problem.header(ALLOW, allow),
            Err(_) => problem,
        })
    })
}

fn json(error: &JsonPayloadError, most: usize) -> Problem {
    match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            Problem::too_large(most)
        }
        JsonPayloadError::ContentType => Problem::new(
            Code::Validation,
            "the body must be JSON: send Content-Type: application/json",
        )
        .status(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        JsonPayloadError::Deserialize(error) => Problem::new(
            Code::Validation,
            format!("the body is not the JSON it should be: {error}"),
        ),
        other => Problem::new(Code::Validation, format!("the body cannot be read: {other}")),
    }
}

fn path(error: &PathError) -> Problem {
    let words = error.to_string();
    let words = words.trim_start_matches("Path deserialize error: ");
    Problem::new(Code::NotFound, format!("there is nothing at this address: {words}"))
}

fn query(error: &QueryPayloadError) -> Problem {
    let words = error.to_string();
    let words = words.trim_start_matches("Query deserialize error: ");
    Problem::new(Code::Validation, format!("the query string is not what it should be: {words}"))
}
