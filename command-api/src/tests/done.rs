//! Commands that are done.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use event_store::ReadError;
use serde_json::{Value, json};
use ulid::Ulid;

use super::site::{Parts, Site, Told, told};
use crate::ReadModels;

const ISBN: &str = "978-3-16-148410-0";

fn acquire() -> Value {
    json!({ "isbn": ISBN, "title": "On lending" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_aggregate_gets_an_id() {
    let site = Site::new();
    let answer = told(site.post("/v1/library/book/acquire", &acquire())).await;
    let id = answer.body["data"]["id"].as_str().unwrap();
    assert!(id.starts_with("bok_") && Ulid::from_string(&id[4..]).is_ok(), "{id}");
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.body.to_string(),
        format!(
            "{{\"data\":{{\"id\":\"{id}\",\"version\":1,\"position\":1,\
             \"outcome\":\"executed\",\"events\":[\"book.acquired\"]}}}}"
        )
    );
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let token = format!("tnt_{}:1", site.tenant);
    assert_eq!(answer.header("consistency-token"), Some(token.as_str()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("preference-applied"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_aggregate_may_bring_its_id() {
    let site = Site::new();
    let id = "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B";
    let body = json!({ "title": "On lending", "id": id, "isbn": ISBN });
    let answer = told(site.post("/v1/library/book/acquire", &body)).await;
    assert_eq!((answer.status, &answer.body["data"]["id"]), (201, &json!(id)));

    let again = told(site.post("/v1/library/book/acquire", &body)).await;
    assert_eq!(again.status, 200);
    assert_eq!(
        again.body,
        json!({ "data": {
            "id": id, "version": 1, "position": 1, "outcome": "already_applied", "events": [],
        } })
    );
    assert_eq!(again.header("etag"), Some("\"1\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregate_changes() {
    let site = Site::new();
    let book = site.book(ISBN).await;
    let loan = site.loan(&book).await;
    let path = format!("/v1/library/loan/{loan}/renew");
    let answer = told(site.post(&path, &json!({ "until": "2999-02-01" }))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({ "data": {
            "id": loan, "version": 2, "position": 3, "outcome": "executed",
            "events": ["loan.renewed"],
        } })
    );
    assert_eq!(answer.header("etag"), Some("\"2\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_seen_may_be_insisted_on() {
    let site = Site::new();
    let book = site.book(ISBN).await;
    let path = format!("/v1/library/book/{book}/withdraw");
    let answer = told(site.post(&path, &json!({})).header("If-Match", "\"1\"")).await;
    assert_eq!((answer.status, answer.header("etag")), (200, Some("\"2\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_may_only_be_validated() {
    let site = Site::new();
    let request = site.post("/v1/library/book/acquire", &acquire());
    let request = request.header("Prefer", "validate-only").header("Idempotency-Key", "try");
    let answer = told(request).await;
    let id = answer.body["data"]["id"].clone();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({ "data": {
            "id": id, "version": 1, "position": 0, "outcome": "validated",
            "events": [{
                "name": "book.acquired",
                "fields": { "isbn": ISBN, "title": "On lending" },
            }],
        } })
    );
    assert_eq!(answer.header("preference-applied"), Some("validate-only"));
    assert_eq!((answer.header("etag"), answer.header("consistency-token")), (None, None));
    assert!(site.events().await.is_empty());

    // The key is still free.
    let real = site.post("/v1/library/book/acquire", &acquire()).header("Idempotency-Key", "try");
    assert_eq!(told(real).await.body["data"]["outcome"], "executed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_beside_the_body_goes_into_the_log() {
    let site = Site::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = site
        .post("/v1/library/book/acquire", &acquire())
        .header("X-Correlation-Id", "0192bf74-6e85-41ea-8d07-823e26d3f54b")
        .header("X-Reason", "März".as_bytes())
        .header("traceparent", trace);
    assert_eq!(told(request).await.status, 201);
    let events = site.events().await;
    let envelope = &events[0].envelope;
    assert_eq!(envelope.correlation_id.0, 0x0192_bf74_6e85_41ea_8d07_823e_26d3_f54b);
    assert_eq!(envelope.reason.as_deref(), Some("März"));
    assert_eq!(envelope.trace_parent.as_deref(), Some(trace));
    assert_eq!(envelope.actor.to_string(), "user:thandi");
    assert_eq!(envelope.actor.roles, ["member"]);
    assert_eq!(envelope.causation_id, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_by_itself_correlates_with_itself() {
    let site = Site::new();
    site.book(ISBN).await;
    let events = site.events().await;
    assert_eq!(events[0].envelope.correlation_id, events[0].envelope.command_id);
    assert_eq!(events[0].envelope.trace_parent, None);
}

/// Read models that come so late.
struct Late(Duration);

#[async_trait]
impl ReadModels for Late {
    async fn reach(&self, _: Ulid, position: u64) -> Result<(), ReadError> {
        assert_eq!(position, 1);
        tokio::time::sleep(self.0).await;
        Ok(())
    }
}

async fn waited(late: Option<Duration>, timeout: Duration, wish: &str) -> Told {
    let tenant = Ulid::generate();
    let mut parts = Parts::in_memory(tenant);
    parts.read_models = late.map(|late| Arc::new(Late(late)) as Arc<dyn ReadModels>);
    parts.config.command_api.request_timeout = timeout;
    let site = Site::of(tenant, parts);
    told(site.post("/v1/library/book/acquire", &acquire()).header("Prefer", wish)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_wait_for_the_read_models() {
    let ten = Duration::from_secs(10);
    let in_time = waited(Some(Duration::from_millis(20)), ten, "wait=5").await;
    assert_eq!((in_time.status, in_time.header("preference-applied")), (201, Some("wait=5")));
    let too_late = waited(Some(ten), ten, "wait=0").await;
    assert_eq!((too_late.status, too_late.header("preference-applied")), (201, None));
    let nobody_knows = waited(None, ten, "wait=5").await;
    assert_eq!((nobody_knows.status, nobody_knows.header("preference-applied")), (201, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wish_outlasts_the_request() {
    let timeout = Duration::from_millis(300);
    let bounded = waited(Some(Duration::from_mins(1)), timeout, "wait=3600").await;
    assert_eq!((bounded.status, bounded.header("preference-applied")), (201, None));
    let granted = waited(Some(Duration::ZERO), Duration::from_secs(10), "wait=3600").await;
    assert_eq!(granted.header("preference-applied"), Some("wait=9"));
}
