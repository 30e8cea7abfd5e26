//! Requests that are refused, gate by gate.

use serde_json::{Value, json};
use ulid::Ulid;

use super::site::{Parts, Site, token, told};

pub(super) const ACQUIRE: &str = "/v1/library/book/acquire";

pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message })
}

pub(super) fn error_with(code: &str, message: &str, details: &Value) -> Value {
    json!({ "code": code, "message": message, "details": details })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_must_lead_to_a_command() {
    let site = Site::new();
    for (path, message) in [
        ("/v1/library/film/rent", "there is no library/film; see /openapi.json for all there is"),
        ("/v1/library/book/burn", "book has no command burn; it has acquire, withdraw"),
        ("/v1/library/book", "there is nothing at /v1/library/book"),
        (
            "/v1/library/loan/renew",
            "renew needs one that exists: post it to /v1/library/loan/lon_{ULID}/renew",
        ),
    ] {
        let answer = told(site.post(path, &json!({}))).await;
        answer.refused(404, &error("NOT_FOUND", message));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_posted() {
    let site = Site::new();
    let answer = told(site.client.get(format!("{}{ACQUIRE}", site.url))).await;
    answer.refused(405, &error("VALIDATION", "GET is not possible here, only POST"));
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_declared_as_json() {
    let site = Site::new();
    let expected =
        error("VALIDATION", "the body must be JSON: send Content-Type: application/json");
    let bare = site.post_as(&site.token, ACQUIRE);
    told(bare).await.refused(415, &expected);
    let text = site.post_as(&site.token, ACQUIRE).header("Content-Type", "text/plain").body("{}");
    told(text).await.refused(415, &expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_a_largest_size() {
    let tenant = Ulid::generate();
    let mut parts = Parts::in_memory(tenant);
    parts.config.command_api.max_body_bytes = 100;
    let site = Site::of(tenant, parts);
    let body = json!({ "isbn": "1", "title": "x".repeat(100) });
    let answer = told(site.post(ACQUIRE, &body)).await;
    answer.refused(413, &error("VALIDATION", "the body is larger than 100 bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_one_json_object() {
    let site = Site::new();
    for (body, message) in [
        ("", "the body is empty, expected a JSON object such as {}"),
        ("[]", "the body is a list, expected a JSON object"),
        ("{\"isbn\":", "the body is not JSON: EOF while parsing a value at line 1 column 8"),
        (
            "{\"isbn\":\"1\",\"isbn\":\"2\"}",
            "the body is not JSON: the field \"isbn\" is given twice at line 1 column 18",
        ),
    ] {
        let request = site.post_as(&site.token, ACQUIRE).header("Content-Type", "application/json");
        told(request.body(body)).await.refused(400, &error("VALIDATION", message));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_mean_what_they_say() {
    let site = Site::new();
    let request = site
        .post(ACQUIRE, &json!({}))
        .header("Idempotency-Key", "two words")
        .header("If-Match", "*")
        .header("X-Correlation-Id", "me");
    told(request).await.refused(
        400,
        &error_with(
            "VALIDATION",
            "headers are not valid",
            &json!({ "headers": [
                {
                    "header": "Idempotency-Key",
                    "message": "must consist of visible ASCII characters without spaces",
                },
                {
                    "header": "If-Match",
                    "message": "* matches any version; name the one you saw: expected the ETag \
                        of an earlier answer, such as \"7\"",
                },
                {
                    "header": "X-Correlation-Id",
                    "message": "must be a ULID like 01J9ZQ8V5M3N8T1W2X4Y6Z7A8B or a UUID like \
                        0192bf74-6e85-41ea-8d07-823e26d3f54b",
                },
            ] }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_commands_is_known() {
    let site = Site::new();
    let request = site.client.post(format!("{}{ACQUIRE}", site.url)).json(&json!({}));
    let answer = told(request).await;
    answer.refused(401, &error("AUTHN", "no token; send one as Authorization: Bearer <token>"));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"tenantry\""));

    let answer = told(site.post_as("no.real.token", ACQUIRE).json(&json!({}))).await;
    let message = "the token is malformed: it is not a JWT with a known algorithm";
    answer.refused(401, &error("AUTHN", message));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_reads_may_not_command() {
    let site = Site::new();
    let viewer = token(&site.issuer, site.tenant, "vera", "viewer");
    let answer = told(site.post_as(&viewer, ACQUIRE).json(&json!({ "wrong": 1 }))).await;
    answer.refused(
        403,
        &error("AUTHZ", "your roles do not allow commands; ask an admin of the tenant for another"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregate_is_there_and_the_tenants_own() {
    let site = Site::new();
    let book = site.book("1").await;
    let absent = format!("bok_{}", Ulid::generate());
    let other_kind = book.replace("bok_", "lon_");
    let withdraw = |id: &str| format!("/v1/library/book/{id}/withdraw");
    for id in [absent.as_str(), "bok_1", "1", other_kind.as_str()] {
        let answer = told(site.post(&withdraw(id), &json!({}))).await;
        answer.refused(404, &error("NOT_FOUND", &format!("there is no book {id}")));
    }
    let renew = format!("/v1/library/loan/{other_kind}/renew");
    let answer = told(site.post(&renew, &json!({ "until": "2999-01-01" }))).await;
    answer.refused(404, &error("NOT_FOUND", &format!("there is no loan {other_kind}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tenants_learn_nothing() {
    let (tenant, other) = (Ulid::generate(), Ulid::generate());
    let log = event_store::MemoryLog::default();
    log.provision(tenant);
    log.provision(other);
    let site = Site::of(tenant, Parts::with(std::sync::Arc::new(log)));
    let book = site.book("1").await;
    let stranger = token(&site.issuer, other, "thandi", "admin");
    let path = format!("/v1/library/book/{book}/withdraw");
    let answer = told(site.post_as(&stranger, &path).json(&json!({}))).await;
    answer.refused(404, &error("NOT_FOUND", &format!("there is no book {book}")));
    // Not even that a value is taken.
    let body = json!({ "isbn": "1", "title": "a title" });
    assert_eq!(told(site.post_as(&stranger, ACQUIRE).json(&body)).await.status, 201);

    let nobody = token(&site.issuer, Ulid::generate(), "thandi", "admin");
    let answer = told(site.post_as(&nobody, ACQUIRE).json(&body)).await;
    answer.refused(404, &error("NOT_FOUND", "the tenant has no log here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregate_says_why_it_refuses() {
    let site = Site::new();
    let book = format!("bok_{}", Ulid::generate());
    let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
    told(site.post("/v1/library/loan/lend", &body)).await.refused(
        422,
        &error_with(
            "VALIDATION",
            &format!("there is no book {book} to lend"),
            &json!({ "code": "LOAN_NO_SUCH_BOOK", "book": book }),
        ),
    );
    let held = site.book("1").await;
    let id = site.loan(&held).await;
    let body = json!({ "id": id, "book": held, "borrower": "Sipho", "until": "2999-01-01" });
    told(site.post("/v1/library/loan/lend", &body)).await.refused(
        422,
        &error_with(
            "VALIDATION",
            "the loan exists already",
            &json!({ "code": "LOAN_ALREADY_LENT" }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_has_one_holder() {
    let site = Site::new();
    site.book("1").await;
    let body = json!({ "isbn": "1", "title": "another" });
    told(site.post(ACQUIRE, &body)).await.refused(
        409,
        &error_with(
            "CONFLICT",
            "book.isbn is taken",
            &json!({ "code": "CLAIM_TAKEN", "scope": "book.isbn" }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_is_refused() {
    let site = Site::new();
    let book = site.book("1").await;
    let path = format!("/v1/library/book/{book}/withdraw");
    let answer = told(site.post(&path, &json!({})).header("If-Match", "\"7\"")).await;
    answer.refused(
        412,
        &error_with(
            "PRECONDITION",
            "it is at version 1, expected 7",
            &json!({ "expected": 7, "actual": 1 }),
        ),
    );
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let new = site.post(ACQUIRE, &json!({ "isbn": "2", "title": "two" }));
    assert_eq!(told(new.header("If-Match", "\"1\"")).await.status, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_come_as_problems_to_those_who_ask() {
    let site = Site::new();
    let request = site
        .post("/v1/library/book/burn", &json!({}))
        .header("Accept", "application/problem+json")
        .header("X-Request-Id", "mine");
    let answer = told(request).await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(
        answer.body,
        json!({
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "book has no command burn; it has acquire, withdraw",
            "code": "NOT_FOUND",
            "request_id": "mine",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_gates_come_first() {
    let site = Site::new();
    let nobody = || site.client.post(format!("{}{ACQUIRE}", site.url));
    // Shape before authentication, authentication before fields.
    assert_eq!(told(nobody().body("x")).await.status, 415);
    let malformed = nobody().header("Content-Type", "application/json").body("x");
    assert_eq!(told(malformed).await.status, 400);
    assert_eq!(told(nobody().json(&json!({ "wrong": 1 }))).await.status, 401);
}
