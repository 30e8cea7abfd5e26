//! Answers and errors in their forms.

use actix_web::{
    http::header,
    test::{TestRequest, init_service, try_call_service},
    web::{Data, ServiceConfig},
};
use ulid::Ulid;

use super::{LIMITS, ask, error, get, issuer_and_verifier, post, routes, text, token, told};
use crate::http::app;

#[actix_web::test]
async fn an_answer_has_a_request_id_and_is_safe_to_show() {
    let answer = ask(get("/hello")).await;
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(header("x-request-id"), "req-1");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(text(answer).await, r#"{"data":1}"#);
    for strange in ["two words", "", &"x".repeat(65)] {
        let request = TestRequest::get().uri("/hello").insert_header(("x-request-id", strange));
        let answer = ask(request).await;
        let minted = answer.headers().get("x-request-id").unwrap().to_str().unwrap();
        assert!(Ulid::from_string(minted).is_ok(), "{strange:?} became {minted:?}");
    }
}

#[actix_web::test]
async fn every_error_of_the_server_has_the_same_form() {
    for (request, status, code, message) in [
        (get("/nowhere?x=1"), 404, "NOT_FOUND", "there is nothing at /nowhere"),
        (
            TestRequest::delete().uri("/things/1").insert_header(("x-request-id", "req-1")),
            405,
            "VALIDATION",
            "DELETE is not possible here, only GET, POST",
        ),
        (post("/hello", ""), 405, "VALIDATION", "POST is not possible at /hello"),
        (
            get("/things/300"),
            404,
            "NOT_FOUND",
            "there is nothing at this address: can not parse \"300\" to a u8",
        ),
        (
            post("/things/1", "{\"amount\": \"x\"}"),
            400,
            "VALIDATION",
            "the body is not the JSON it should be: invalid type: string \"x\", expected u8 at line 1 column 14",
        ),
        (
            post("/things/1", "{\"amount\": 1, \"colour\": 2}"),
            400,
            "VALIDATION",
            "the body is not the JSON it should be: unknown field `colour`, expected `amount` at line 1 column 22",
        ),
        (
            post("/things/1", "a").insert_header(("content-type", "text/plain")),
            415,
            "VALIDATION",
            "the body must be JSON: send Content-Type: application/json",
        ),
        (
            get("/search?amount=x"),
            400,
            "VALIDATION",
            "the query string is not what it should be: invalid digit found in string",
        ),
        (get("/silent"), 409, "CONFLICT", "conflict"),
        (get("/foreign"), 418, "VALIDATION", "short and stout"),
        (
            get("/panic"),
            500,
            "INTERNAL",
            "something went wrong here; the request id helps us to find out what",
        ),
        (
            get("/broken"),
            500,
            "INTERNAL",
            "something went wrong here; the request id helps us to find out what",
        ),
        (get("/slow"), 503, "UNAVAILABLE", "the request took longer than 100 ms"),
        (
            get("/me"),
            500,
            "INTERNAL",
            "something went wrong here; the request id helps us to find out what",
        ),
    ] {
        assert_eq!(error(request).await, (status, told(code, message)));
    }
    let own = ask(get("/own")).await;
    assert_eq!(own.status(), 400);
    assert_eq!(text(own).await, "own words");
}

#[actix_web::test]
async fn a_body_has_a_size() {
    let large = "{\"amount\": 1                                                        }";
    let (status, body) = error(post("/things/1", large)).await;
    assert_eq!((status, body), (413, told("VALIDATION", "the body is larger than 64 bytes")));
    let (status, body) = error(post("/bytes", large)).await;
    assert_eq!((status, body), (413, told("VALIDATION", "the body is larger than 64 bytes")));
}

#[actix_web::test]
async fn details_are_kept_and_rfc_9457_is_given_to_those_who_ask() {
    let (status, body) = error(get("/refused")).await;
    assert_eq!(status, 422);
    assert_eq!(
        body,
        r#"{"error":{"code":"VALIDATION","message":"the thing is no draft","details":{"code":"THING_NOT_A_DRAFT"},"request_id":"req-1"}}"#
    );
    let accept = ("accept", "application/problem+json, */*;q=0.1");
    let answer = ask(get("/refused").insert_header(accept)).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "application/problem+json");
    assert_eq!(
        text(answer).await,
        r#"{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"the thing is no draft","code":"VALIDATION","details":{"code":"THING_NOT_A_DRAFT"},"request_id":"req-1"}"#
    );
    let slow = ask(get("/slow").insert_header(accept)).await;
    assert_eq!(slow.headers().get("retry-after").unwrap(), "1");
    assert!(text(slow).await.starts_with(r#"{"type":"about:blank","title":"Service Unavailable""#));
    // Whoever is told to try again is told when.
    let away = ask(get("/away")).await;
    assert_eq!(away.headers().get("retry-after").unwrap(), "1");
    let missing = ask(TestRequest::delete().uri("/things/1")).await;
    assert_eq!(missing.headers().get("allow").unwrap(), "GET, POST");
}

#[actix_web::test]
async fn a_handler_that_wants_to_know_who_asks_gets_to_know() {
    let (issuer, verifier) = issuer_and_verifier();
    let with = move |config: &mut ServiceConfig| {
        routes(config.app_data(Data::new(verifier.clone())));
    };
    let service = init_service(app(LIMITS, with)).await;
    let bearer = format!("Bearer {}", token(&issuer));
    for (authorization, status, challenge, body) in [
        (Some(bearer.as_str()), 200, None, "tnt_00000000000000000000000007".to_owned()),
        (
            None,
            401,
            Some(r#"Bearer realm="tenantry""#),
            told("AUTHN", "no token; send one as Authorization: Bearer <token>"),
        ),
        (
            Some("Basic dTpw"),
            401,
            Some(r#"Bearer realm="tenantry", error="invalid_request""#),
            told("AUTHN", "the Authorization header is not of the form: Bearer <token>"),
        ),
        (
            Some("bearer nonsense"),
            401,
            Some(
                r#"Bearer realm="tenantry", error="invalid_token", error_description="the token is malformed: it is not a JWT with a known algorithm""#,
            ),
            told("AUTHN", "the token is malformed: it is not a JWT with a known algorithm"),
        ),
    ] {
        let mut request = get("/me");
        if let Some(authorization) = authorization {
            request = request.insert_header((header::AUTHORIZATION, authorization));
        }
        let answer = try_call_service(&service, request.to_request()).await.unwrap();
        assert_eq!(answer.status(), status);
        let found = answer.headers().get(header::WWW_AUTHENTICATE);
        assert_eq!(found.map(|value| value.to_str().unwrap()), challenge);
        assert_eq!(text(answer).await, body);
    }
}
