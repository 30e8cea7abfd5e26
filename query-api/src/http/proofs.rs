//! `/v1/log`: checkpoints, and proofs of what is in the log.
//!
//! For callers who may audit, each of their own tenant: a proof of inclusion
//! carries the event as it is stored.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{ACCEPT, CONTENT_TYPE},
    },
    web::{self, Data, Query, ServiceConfig},
};
use event_store::{
    ReadError,
    integrity::{Document, ProofError, Proofs},
};
use serde_json::json;
use service::{
    auth::Principal,
    http::{Code, Problem, only},
};

use super::State;
use crate::reading::Turn;

/// Adds the routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    let get = |path: &str, route: actix_web::Route| {
        web::resource(path).route(route).default_service(only(&[Method::GET]))
    };
    config
        .service(get("/v1/log/checkpoint", web::get().to(checkpoint)))
        .service(get("/v1/log/proof/inclusion", web::get().to(inclusion)))
        .service(get("/v1/log/proof/consistency", web::get().to(consistency)))
        .service(get("/v1/log/keys", web::get().to(keys)));
}

async fn checkpoint(
    principal: Principal,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (proofs, _turn) = allowed(&principal, &state).await?;
    let mut asked = Asked::of(&request, &["size"])?;
    let document =
        proofs.checkpoint(principal.tenant, asked.number("size")?).await.map_err(problem)?;
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    match document {
        // As C2SP tlog-tiles has it.
        Document::Checkpoint { checkpoint, .. }
            if accept.is_some_and(|accept| accept.trim_start().starts_with("text/plain")) =>
        {
            let plain = (CONTENT_TYPE, "text/plain; charset=utf-8");
            Ok(HttpResponse::Ok().insert_header(plain).body(checkpoint))
        }
        document => Ok(HttpResponse::Ok().json(document)),
    }
}

async fn inclusion(
    principal: Principal,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (proofs, _turn) = allowed(&principal, &state).await?;
    let mut asked = Asked::of(&request, &["position", "size"])?;
    let (position, size) = (asked.required("position")?, asked.number("size")?);
    let document = proofs.inclusion(principal.tenant, position, size).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(document))
}

async fn consistency(
    principal: Principal,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (proofs, _turn) = allowed(&principal, &state).await?;
    let mut asked = Asked::of(&request, &["from", "to"])?;
    let (from, to) = (asked.required("from")?, asked.number("to")?);
    let document = proofs.consistency(principal.tenant, from, to).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(document))
}

async fn keys(
    principal: Principal,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (proofs, _turn) = allowed(&principal, &state).await?;
    Asked::of(&request, &[])?;
    Ok(HttpResponse::Ok().json(proofs.keys(principal.tenant)))
}

/// The proofs, for somebody who may see them, when it is their tenant's turn.
async fn allowed<'a>(
    principal: &Principal,
    state: &'a State,
) -> Result<(&'a Proofs, Turn), Problem> {
    if !principal.may_audit() {
        let words = "proofs are for auditors and admins; ask with a token of one of these roles";
        return Err(Problem::new(Code::Authz, words));
    }
    let proofs = state.proofs.as_ref().ok_or_else(|| {
        let words = "logs are not sealed here: integrity.signing_key_file is not set";
        Problem::new(Code::NotFound, words)
    })?;
    Ok((proofs, state.engine.store.turn(principal.tenant).await))
}

/// The parameters of a request.
struct Asked(BTreeMap<String, String>);

impl Asked {
    fn of(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::from_query(request.query_string());
        let pairs = query
            .map_err(|error| wrong("", format!("the query string cannot be read: {error}")))?;
        let mut asked = BTreeMap::new();
        for (name, value) in pairs.into_inner() {
            let shown: String = name.chars().take(40).collect();
            if !known.contains(&name.as_str()) {
                let fix = if known.is_empty() { "none is".to_owned() } else { known.join(", ") };
                return Err(wrong(&shown, format!("{shown}: unknown parameter, known: {fix}")));
            }
            if asked.insert(name, value).is_some() {
                return Err(wrong(&shown, format!("{shown}: given twice")));
            }
        }
        Ok(Self(asked))
    }

    fn number(&mut self, name: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        // No position is larger.
        let number = text.parse().ok().filter(|number| (1..=i64::MAX as u64).contains(number));
        let shown: String = text.chars().take(40).collect();
        let words = || format!("{name}: expected a number from 1 on, got {shown:?}");
        number.map(Some).ok_or_else(|| wrong(name, words()))
    }

    fn required(&mut self, name: &'static str) -> Result<u64, Problem> {
        let missing = || wrong(name, format!("{name}: missing; give a number from 1 on"));
        self.number(name)?.ok_or_else(missing)
    }
}

fn wrong(parameter: &str, message: String) -> Problem {
    Problem::new(Code::Validation, message).details(json!({ "parameter": parameter }))
}

/// Says what became of a question in HTTP's terms.
fn problem(error: ProofError) -> Problem {
    let words = error.to_string();
    match error {
        ProofError::NoCheckpoint => Problem::new(Code::NotFound, words),
        ProofError::NoSuchSize { parameter, .. } => {
            Problem::new(Code::NotFound, words).details(json!({ "parameter": parameter }))
        }
        ProofError::OutOfRange { size, .. } => Problem::new(Code::NotFound, words)
            .details(json!({ "parameter": "position", "size": size })),
        ProofError::Backwards { .. } => wrong("from", words),
        // Whoever may audit is told; it is what they ask for.
        ProofError::Altered(_) => Problem::new(Code::Internal, words.clone())
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .details(json!({ "altered": true }))
            .because(words),
        ProofError::Read(ReadError::Unavailable(cause)) => {
            Problem::unavailable("the log cannot be reached").because(cause)
        }
        ProofError::Read(fault) => Problem::internal(fault),
    }
}
