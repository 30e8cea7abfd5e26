//! A principal as an argument of a handler.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
    web::Data,
};
use tracing::Span;

use super::{AuthError, Principal, Verifier};
use crate::http::{Code, Problem};

impl FromRequest for Principal {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// Needs `Data<Verifier>` among the server's application data.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

fn of(request: &HttpRequest) -> Result<Principal, Problem> {
    if let Some(known) = request.extensions().get::<Principal>() {
        return Ok(known.clone());
    }
    let Some(verifier) = request.app_data::<Data<Verifier>>() else {
        return Err(Problem::internal(std::io::Error::other("the server has no token verifier")));
    };
    let principal = bearer(request).and_then(|token| verifier.verify(token))?;
    let span = Span::current();
    span.record("tenant.id", &*principal.tenant_text);
    span.record("user.id", &*principal.subject);
    request.extensions_mut().insert(principal.clone());
    Ok(principal)
}

fn bearer(request: &HttpRequest) -> Result<&str, AuthError> {
    let header = request.headers().get(AUTHORIZATION).ok_or(AuthError::Missing)?;
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|value| value.trim().split_once(' '))
        .ok_or(AuthError::NotBearer)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(AuthError::NotBearer) }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        // RFC 6750: who sent no token learns how to send one, and nothing else.
        let challenge = match &error {
            AuthError::Missing => r#"Bearer realm="tenantry""#.to_owned(),
            AuthError::NotBearer => {
                r#"Bearer realm="tenantry", error="invalid_request""#.to_owned()
            }
            other => {
                let words = other.to_string().replace(['"', '\\'], "'");
                let fault = r#"Bearer realm="tenantry", error="invalid_token""#;
                format!("{fault}, error_description=\"{words}\"")
            }
        };
        let problem = Self::new(Code::Authn, error.to_string());
        match HeaderValue::from_str(&challenge) {
            Ok(value) => problem.header(WWW_AUTHENTICATE, value),
            Err(_) => problem,
        }
    }
}
