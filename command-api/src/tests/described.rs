//! What a server tells about itself, and how it ends.

use std::{sync::Arc, time::Duration};

use domain::kernel::Registry;
use event_store::MemoryLog;
use serde_json::json;
use ulid::Ulid;

use super::site::{Broken, Parts, Site, told};
use crate::{openapi, parcel::Town};

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served() {
    let site = Site::new();
    let answer = told(site.client.get(format!("{}/openapi.json", site.url))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.body, openapi(&Registry::of::<Town>().unwrap()));
    let posted = told(site.client.post(format!("{}/openapi.json", site.url))).await;
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_how_it_is_doing() {
    let site = Site::new();
    for path in ["/livez", "/readyz"] {
        let answer = told(site.client.get(format!("{}{path}", site.url))).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    site.book("1").await;
    let metrics = told(site.client.get(format!("{}/metrics", site.url))).await;
    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("path=\"/v1/library/book/acquire\""), "{text}");
    let loan = format!("/v1/library/loan/lon_{}/remind", Ulid::generate());
    assert_eq!(told(site.post(&loan, &json!({}))).await.status, 404);
    let metrics = told(site.client.get(format!("{}/metrics", site.url))).await;
    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("path=\"/v1/library/loan/{id}/remind\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_what_is_in_flight() {
    let tenant = Ulid::generate();
    let log = MemoryLog::default();
    log.provision(tenant);
    let delay = Duration::from_millis(400);
    let mut site = Site::of(tenant, Parts::with(Arc::new(Broken { log, error: None, delay })));
    let request = site.post("/v1/library/book/acquire", &json!({ "isbn": "1", "title": "One" }));
    let answer = tokio::spawn(told(request));
    tokio::time::sleep(Duration::from_millis(150)).await;
    site.shutdown.begin();
    assert_eq!(answer.await.unwrap().status, 201);
    (&mut site.running).await.unwrap().unwrap();
    assert!(site.client.get(format!("{}/livez", site.url)).send().await.is_err());
}
