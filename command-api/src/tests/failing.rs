//! A log that is not well.

use std::{sync::Arc, time::Duration};

use event_store::{AppendError, MemoryLog};
use serde_json::{Value, json};
use ulid::Ulid;

use super::site::{Broken, Parts, Site, Told, told};

async fn asked(error: Option<AppendError>, delay: Duration, key: Option<&str>) -> Told {
    let tenant = Ulid::generate();
    let log = MemoryLog::default();
    log.provision(tenant);
    let mut parts = Parts::with(Arc::new(Broken { log, error, delay }));
    parts.config.command_api.request_timeout = Duration::from_millis(500);
    let site = Site::of(tenant, parts);
    let body = json!({
        "isbn": "1", "title": "One", "id": "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B",
    });
    let mut request = site.post("/v1/library/book/acquire", &body);
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    told(request).await
}

async fn failed(error: AppendError, key: Option<&str>) -> Told {
    asked(Some(error), Duration::ZERO, key).await
}

fn unknown(advice: &str) -> Value {
    json!({
        "code": "UNAVAILABLE",
        "message": format!("it is unknown whether the command was stored; {advice}"),
        "details": { "code": "OUTCOME_UNKNOWN", "id": "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_away_or_busy_may_be_asked_again() {
    for error in [AppendError::Unavailable("gone".to_owned()), AppendError::Overloaded(9)] {
        let answer = failed(error, None).await;
        answer.refused(
            503,
            &json!({
                "code": "UNAVAILABLE",
                "message": "the command cannot be taken now, nothing was stored; try again",
            }),
        );
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_told_with_the_way_to_find_out() {
    let lost = || AppendError::Unknown("connection reset".to_owned());
    let answer = failed(lost(), Some("key")).await;
    answer.refused(503, &unknown("repeat it with the same Idempotency-Key"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    let answer = failed(lost(), None).await;
    let advice = "look before you repeat it, and send an Idempotency-Key next time";
    answer.refused(503, &unknown(advice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_slow_leaves_the_outcome_unknown() {
    let answer = asked(None, Duration::from_secs(5), Some("key")).await;
    answer.refused(503, &unknown("repeat it with the same Idempotency-Key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn races_that_are_always_lost_are_a_conflict() {
    let answer = failed(AppendError::Conflict { expected: 0, actual: 1 }, None).await;
    answer.refused(
        409,
        &json!({
            "code": "CONFLICT",
            "message": "too many commands compete for the same stream; try again",
            "details": { "code": "CONTENTION" },
        }),
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn races_that_are_lost_are_counted() {
    // Whoever counts must be there before what is counted.
    let _ = service::telemetry::meter();
    let tenant = Ulid::generate();
    let log = MemoryLog::default();
    log.provision(tenant);
    let error = Some(AppendError::NumberTaken("loan".to_owned()));
    let site =
        Site::of(tenant, Parts::with(Arc::new(Broken { log, error, delay: Duration::ZERO })));
    let acquire = json!({ "isbn": "1", "title": "One" });
    assert_eq!(told(site.post("/v1/library/book/acquire", &acquire)).await.status, 409);
    let metrics = told(site.client.get(format!("{}/metrics", site.url))).await;
    let metrics = metrics.body.as_str().unwrap();
    for line in [
        "command_retries_total{reason=\"series\"} 8",
        "command_rejections_total{reason=\"contention\"} 1",
        "aggregate_cache_bytes{role=\"commands\"} 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let what = "the number of events in an append";
    let error = AppendError::TooLarge { what, actual: 1_001, limit: 1_000 };
    failed(error, None).await.refused(
        422,
        &json!({
            "code": "VALIDATION",
            "message": "the number of events in an append is 1001, at most 1000 are allowed",
            "details": { "code": "COMMAND_TOO_LARGE" },
        }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_tells_nothing() {
    failed(AppendError::Fault("relation log.events does not exist".to_owned()), None)
        .await
        .refused(
            500,
            &json!({
                "code": "INTERNAL",
                "message": "something went wrong here; the request id helps us to find out what",
            }),
        );
}
