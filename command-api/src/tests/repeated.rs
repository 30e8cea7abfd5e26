//! Commands that come again.

use futures_util::future::join_all;
use serde_json::{Value, json};
use ulid::Ulid;

use super::site::{Site, Told, token, told};

async fn acquire(site: &Site, token: &str, key: &str, body: &'static str) -> Told {
    told(
        site.post_as(token, "/v1/library/book/acquire")
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .body(body),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_gets_the_first_answer() {
    let site = Site::new();
    let first = acquire(&site, &site.token, "key", r#"{"isbn":"1","title":"One"}"#).await;
    // The order of fields and white space make no difference.
    let again =
        acquire(&site, &site.token, "key", "{ \"title\": \"One\",\n \"isbn\": \"1\" }").await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(again.body["data"]["outcome"], "repeated");
    let mut body = again.body.clone();
    body["data"]["outcome"] = json!("executed");
    assert_eq!(first.body, body);
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(first.header("consistency-token"), again.header("consistency-token"));
    assert_eq!(site.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_answered_whatever_happened_since() {
    let site = Site::new();
    let book = site.book("1").await;
    let loan = site.loan(&book).await;
    let renew = || {
        site.post(&format!("/v1/library/loan/{loan}/renew"), &json!({ "until": "2999-02-01" }))
            .header("Idempotency-Key", "renew")
            .header("If-Match", "\"1\"")
    };
    let first = told(renew()).await;
    let back = site.post(&format!("/v1/library/loan/{loan}/return"), &json!({}));
    assert_eq!(told(back).await.status, 200);
    // By now it could neither be renewed, nor is it at that version.
    let again = told(renew()).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(
        again.body,
        json!({ "data": {
            "id": loan, "version": 2, "position": 3, "outcome": "repeated",
            "events": ["loan.renewed"],
        } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_repeated_even_when_it_would_be_refused_now() {
    let site = Site::new();
    let book = site.book("1").await;
    let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
    let lend = || site.post("/v1/library/loan/lend", &body).header("Idempotency-Key", "lend");
    let first = told(lend()).await;
    let withdraw = site.post(&format!("/v1/library/book/{book}/withdraw"), &json!({}));
    assert_eq!(told(withdraw).await.status, 200);
    let again = told(lend()).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["data"]["id"], again.body["data"]["id"]);
    assert_eq!(again.body["data"]["outcome"], "repeated");
}

fn reused() -> Value {
    json!({
        "code": "VALIDATION",
        "message": "the idempotency key was used before, for another request",
        "details": { "code": "IDEMPOTENCY_KEY_REUSED" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_request() {
    let site = Site::new();
    acquire(&site, &site.token, "key", r#"{"isbn":"1","title":"One"}"#).await;
    let other_body = acquire(&site, &site.token, "key", r#"{"isbn":"1","title":"Two"}"#).await;
    other_body.refused(422, &reused());
    let other_id = r#"{"isbn":"1","title":"One","id":"bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B"}"#;
    acquire(&site, &site.token, "key", other_id).await.refused(422, &reused());
    let book = site.book("2").await;
    let other_path = site.post(&format!("/v1/library/book/{book}/withdraw"), &json!({}));
    told(other_path.header("Idempotency-Key", "key")).await.refused(422, &reused());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_actor_of_one_tenant() {
    let site = Site::new();
    let other = token(&site.issuer, site.tenant, "sipho", "admin");
    let mine = acquire(&site, &site.token, "key", r#"{"isbn":"1","title":"One"}"#).await;
    let theirs = acquire(&site, &other, "key", r#"{"isbn":"2","title":"Two"}"#).await;
    assert_eq!((mine.status, theirs.status), (201, 201));
    assert_ne!(mine.body["data"]["id"], theirs.body["data"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_refused_command_is_still_free() {
    let site = Site::new();
    let book = format!("bok_{}", Ulid::generate());
    let lend = |book: &str| {
        let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
        site.post("/v1/library/loan/lend", &body).header("Idempotency-Key", "key")
    };
    assert_eq!(told(lend(&book)).await.status, 422);
    let real = site.book("1").await;
    assert_eq!(told(lend(&real)).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_repetitions_is_one_command() {
    let site = Site::new();
    storm(&site).await;
}

/// Fifty at once: one set of events, fifty equal answers.
pub(super) async fn storm(site: &Site) {
    let one = |_| acquire(site, &site.token, "storm", r#"{"isbn":"1","title":"One"}"#);
    let answers = join_all((0..50).map(one)).await;
    let executed = |told: &&Told| told.body["data"]["outcome"] == "executed";
    assert_eq!(answers.iter().filter(executed).count(), 1);
    let mut bodies = answers.iter().map(|told| {
        let mut body = told.body.clone();
        body["data"]["outcome"] = Value::Null;
        (told.status, body)
    });
    let first = bodies.next().unwrap();
    assert_eq!(first.0, 201);
    for body in bodies {
        assert_eq!(first, body);
    }
    assert_eq!(site.events().await.len(), 1);
}
