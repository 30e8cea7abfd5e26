//! Servers as clients meet them.

mod answers;
mod observed;
mod serving;

use std::{future::pending, time::Duration};

use actix_web::{
    HttpResponse,
    body::{BoxBody, to_bytes},
    dev::ServiceResponse,
    http::{Method, StatusCode},
    test::{TestRequest, init_service, try_call_service},
    web::{self, Bytes, Json, Path, Query, ServiceConfig},
};
use domain::kernel::ActorKind;
use serde::Deserialize;
use serde_json::json;
use ulid::Ulid;

use super::{Code, Limits, Problem, RouteLabel, app, only, request_id, trace_parent};
use crate::{
    auth::{Issuer, Key, Principal, TokenRequest, Verifier},
    config::Config,
};

const LIMITS: Limits = Limits { max_body_bytes: 64, request_timeout: Duration::from_millis(100) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    amount: u8,
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/hello", web::get().to(|| async { HttpResponse::Ok().json(json!({ "data": 1 })) }))
        .service(
            web::resource("/things/{number}")
                .route(web::get().to(|number: Path<u8>| async move { number.to_string() }))
                .route(web::post().to(|body: Json<Body>| async move { body.amount.to_string() }))
                .default_service(only(&[Method::GET, Method::POST])),
        )
        .route("/bytes", web::post().to(|body: Bytes| async move { body.len().to_string() }))
        .route("/search", web::get().to(|_: Query<Body>| async { "" }))
        .route("/panic", web::get().to(panicking))
        .route("/slow", web::get().to(pending::<HttpResponse>))
        .route("/broken", web::get().to(broken))
        .route("/silent", web::get().to(|| async { HttpResponse::Conflict().finish() }))
        .route("/away", web::get().to(|| async { HttpResponse::ServiceUnavailable().finish() }))
        .route("/own", web::get().to(|| async { HttpResponse::BadRequest().body("own words") }))
        .route("/refused", web::get().to(refused))
        .route("/foreign", web::get().to(foreign))
        .route("/label", web::get().to(labelled))
        .route("/me", web::get().to(|who: Principal| async move { who.tenant_text.to_string() }));
}

async fn panicking() -> HttpResponse {
    panic!("as a handler might")
}

async fn broken() -> Result<HttpResponse, Problem> {
    Err(Problem::internal(std::io::Error::other("disk is on fire")))
}

async fn foreign() -> Result<HttpResponse, actix_web::Error> {
    Err(actix_web::error::ErrorImATeapot("Short and stout."))
}

async fn refused() -> Result<HttpResponse, Problem> {
    let details = json!({ "code": "THING_NOT_A_DRAFT" });
    Err(Problem::new(Code::Validation, "the thing is no draft")
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .details(details))
}

async fn labelled(request: actix_web::HttpRequest) -> HttpResponse {
    use actix_web::HttpMessage;
    request.extensions_mut().insert(RouteLabel("/v1/{context}/label".into()));
    let trace = trace_parent(&request);
    HttpResponse::Ok().json(json!({ "request": *request_id(&request), "trace": trace }))
}

async fn ask(request: TestRequest) -> ServiceResponse<BoxBody> {
    let service = init_service(app(LIMITS, routes)).await;
    match try_call_service(&service, request.to_request()).await {
        Ok(answer) => answer,
        Err(error) => {
            let request = TestRequest::default().to_http_request();
            ServiceResponse::new(request, error.error_response())
        }
    }
}

fn get(uri: &str) -> TestRequest {
    TestRequest::get().uri(uri).insert_header(("x-request-id", "req-1"))
}

fn post(uri: &str, body: &'static str) -> TestRequest {
    let request = TestRequest::post().uri(uri).insert_header(("x-request-id", "req-1"));
    request.insert_header(("content-type", "application/json")).set_payload(body)
}

async fn text(answer: ServiceResponse<BoxBody>) -> String {
    String::from_utf8(to_bytes(answer.into_body()).await.unwrap().to_vec()).unwrap()
}

async fn error(request: TestRequest) -> (u16, String) {
    let answer = ask(request).await;
    assert_eq!(answer.headers().get("x-request-id").unwrap(), "req-1");
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
    assert_eq!(answer.headers().get("x-content-type-options").unwrap(), "nosniff");
    (answer.status().as_u16(), text(answer).await)
}

fn told(code: &str, message: &str) -> String {
    let error = json!({ "code": code, "message": message, "request_id": "req-1" });
    json!({ "error": error }).to_string()
}

fn issuer_and_verifier() -> (Issuer, Verifier) {
    let (key, config) = (Key::generate().unwrap(), Config::default().auth);
    (Issuer::new(&key, &config).unwrap(), Verifier::new(&key, &config))
}

fn token(issuer: &Issuer) -> String {
    let request = TokenRequest {
        tenant: Ulid(7),
        subject: "usr_ann".to_owned(),
        roles: vec![],
        lifetime: None,
        kind: ActorKind::User,
    };
    issuer.mint(&request).unwrap()
}
