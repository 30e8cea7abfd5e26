//! What is noted of a request: a line, numbers, its trace; and how a process
//! says that it is well.

use actix_web::{
    App,
    http::header,
    test::{init_service, try_call_service},
    web::{self, Data, ServiceConfig},
};
use serde_json::{Value, json};

use super::{LIMITS, ask, get, issuer_and_verifier, routes, text, token};
use crate::{
    auth::Principal,
    health::Health,
    http::app,
    shutdown::Shutdown,
    telemetry::{metrics_text, testing::Captured},
};

/// A place in a trace that somebody else began.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[actix_web::test]
async fn a_request_leaves_one_line_and_no_token() {
    let (issuer, verifier) = issuer_and_verifier();
    let token = token(&issuer);
    let log = Captured::json();
    let with = move |config: &mut ServiceConfig| {
        routes(config.app_data(Data::new(verifier.clone())));
    };
    let service = init_service(app(LIMITS, with)).await;
    let request = get("/me").insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
    try_call_service(&service, request.to_request()).await.unwrap();
    try_call_service(&service, get("/things/8").to_request()).await.unwrap();
    try_call_service(&service, get("/broken").to_request()).await.unwrap();
    try_call_service(&service, get("/label").to_request()).await.unwrap();
    let lines = log.lines();
    assert!(!log.text().contains(&token));
    let line = &lines[0];
    assert_eq!(line["message"], "request");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["http_method"], "GET");
    assert_eq!(line["http_path"], "/me");
    assert_eq!(line["http_status"], 200);
    assert_eq!(line["request_id"], "req-1");
    assert_eq!(line["tenant_id"], "tnt_00000000000000000000000007");
    assert_eq!(line["user_id"], "usr_ann");
    assert!(line["duration_ms"].as_f64().unwrap() < 1000.0);
    assert_eq!(lines[1]["http_path"], "/things/{number}");
    assert_eq!(lines[1].get("tenant_id"), None);
    assert_eq!(lines[2]["level"], "ERROR");
    assert_eq!(lines[2]["code"], "INTERNAL");
    assert_eq!(lines[2]["error"], "disk is on fire");
    assert_eq!(lines[3]["http_path"], "/v1/{context}/label");
    assert_eq!(lines.len(), 4);
}

#[actix_web::test]
async fn requests_are_counted_by_route_and_tenant() {
    let (issuer, verifier) = issuer_and_verifier();
    let with = move |config: &mut ServiceConfig| {
        config.app_data(Data::new(verifier.clone()));
        config.route("/counted/{id}", web::get().to(|_: Principal| async { "" }));
    };
    let service = init_service(app(LIMITS, with)).await;
    for id in 0..3 {
        let request = get(&format!("/counted/{id}"));
        let request =
            request.insert_header((header::AUTHORIZATION, format!("Bearer {}", token(&issuer))));
        try_call_service(&service, request.to_request()).await.unwrap();
    }
    try_call_service(&service, get("/counted/4").to_request()).await.unwrap();
    let text = metrics_text().unwrap();
    for line in [
        "http_requests_total{method=\"GET\",path=\"/counted/{id}\",status=\"200\",tenant_id=\"tnt_00000000000000000000000007\"} 3",
        "http_requests_total{method=\"GET\",path=\"/counted/{id}\",status=\"401\",tenant_id=\"\"} 1",
        "http_request_duration_seconds_count{method=\"GET\",path=\"/counted/{id}\",status=\"200\"} 3",
        "# TYPE http_requests_in_flight gauge",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
}

#[actix_web::test]
async fn a_trace_from_outside_is_kept_even_when_none_are_sent() {
    let request = get("/label").insert_header(("traceparent", TRACE));
    let answer: Value = serde_json::from_str(&text(ask(request).await).await).unwrap();
    assert_eq!(answer, json!({ "request": "req-1", "trace": TRACE }));
    let request = get("/label").insert_header(("traceparent", "nonsense"));
    let answer: Value = serde_json::from_str(&text(ask(request).await).await).unwrap();
    assert_eq!(answer["trace"], Value::Null);
}

#[actix_web::test]
async fn health_is_told_check_by_check() {
    let shutdown = Shutdown::new();
    let health = Health::new(&shutdown)
        .check("database", || async { Ok::<_, String>(()) })
        .check("lag", || async { Err("things_v1 is 7000 events behind") });
    let with = |health: Health| App::new().configure(move |config| health.routes(config));
    let service = init_service(with(health)).await;
    let livez = try_call_service(&service, get("/livez").to_request()).await.unwrap();
    assert_eq!(text(livez.map_into_boxed_body()).await, r#"{"status":"alive"}"#);
    let readyz = try_call_service(&service, get("/readyz").to_request()).await.unwrap();
    assert_eq!(readyz.status(), 503);
    let mut report: Value =
        serde_json::from_str(&text(readyz.map_into_boxed_body()).await).unwrap();
    for check in ["database", "lag"] {
        assert!(report["checks"][check]["duration_ms"].take().is_u64());
    }
    assert_eq!(
        report,
        json!({ "status": "not ready", "checks": {
            "database": { "state": "ok", "duration_ms": null },
            "lag": { "state": "failed", "reason": "things_v1 is 7000 events behind", "duration_ms": null },
        }})
    );
    let service = init_service(with(Health::new(&shutdown))).await;
    let ready = try_call_service(&service, get("/readyz").to_request()).await.unwrap();
    assert_eq!(text(ready.map_into_boxed_body()).await, r#"{"status":"ready","checks":{}}"#);
    shutdown.begin();
    let stopping = try_call_service(&service, get("/readyz").to_request()).await.unwrap();
    assert_eq!(stopping.status(), 503);
    let metrics = try_call_service(&service, get("/metrics").to_request()).await.unwrap();
    assert_eq!(metrics.status(), 200);
}
