//! How live queries are carried: over sockets, and as server-sent events.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::{socket::Socket, stage::Stage};

#[tokio::test]
async fn the_protocol_is_kept() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let mut socket = Socket::of(&tenant).await;
    socket.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
    socket.say(&json!({ "type": "pong" })).await;
    // Queries are answered as well, once.
    socket.subscribe("q", "{ shelf { totalCount } }").await;
    assert_eq!(socket.next("q").await, json!({ "shelf": { "totalCount": 0 } }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));
    // What cannot be followed is told as an error.
    for query in ["subscription { nonsense }", "subscription { openLoan(id: \"x\") { id } }", "{"] {
        socket.subscribe("e", query).await;
        let heard = socket.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("error"), &json!("e")), "{heard:#}");
        assert_eq!(heard["payload"][0]["extensions"]["code"], "VALIDATION", "{heard:#}");
    }
    socket.subscribe("s", "subscription { shelf { position } }").await;
    socket.subscribe("s", "subscription { shelf { position } }").await;
    assert_eq!(socket.closed().await, (4409, "Subscriber for s already exists".into()));
    stage.close().await;
}

#[tokio::test]
async fn sockets_are_for_those_who_are_known() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let init = |payload: Value| json!({ "type": "connection_init", "payload": payload });
    let bad = init(json!({ "authorization": "Bearer nonsense" }));
    for (messages, code) in [
        (
            vec![json!({ "type": "subscribe", "id": "1", "payload": { "query": "{__typename}" } })],
            4401,
        ),
        (vec![json!({ "type": "connection_init" })], 4403),
        (vec![bad], 4403),
        (vec![json!({ "type": "nonsense" })], 4400),
        (vec![init(json!({ "authorization": format!("Bearer {}", tenant.token) })); 2], 4429),
    ] {
        let mut socket = Socket::open(&stage).await;
        for message in &messages {
            socket.say(message).await;
        }
        assert_eq!(socket.closed().await.0, code, "{messages:?}");
    }
    let url = format!("ws://{}/graphql", stage.address);
    assert!(connect_async(url.into_client_request().unwrap()).await.is_err());
    stage.close().await;
}

#[tokio::test]
async fn a_socket_ends_with_its_token_and_with_the_server() {
    let stage = Stage::open().await;
    let mut tenant = stage.tenant().await;
    let mut lasting = Socket::of(&tenant).await;
    tenant.token = stage.token(tenant.id, Duration::from_secs(2));
    let mut socket = Socket::of(&tenant).await;
    socket.subscribe("1", "subscription { shelf { position } }").await;
    assert_eq!(
        socket.closed().await,
        (4403, "the token expired; connect again with a new one".into())
    );
    stage.shutdown.begin();
    assert_eq!(lasting.closed().await.0, 1001);
    stage.close().await;
}

#[tokio::test]
async fn answers_can_be_taken_as_server_sent_events() {
    let stage = Stage::open().await;
    let mut tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    tenant.token = stage.token(tenant.id, Duration::from_secs(3));
    let query = format!("subscription {{ openLoan(id: \"{loan}\") {{ until }} }}");
    let request = tenant.request(&json!({ "query": query })).header("accept", "text/event-stream");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut text = String::new();
    while !text.ends_with("\n\n") {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    let began = |text: &str, until: &str| {
        text.starts_with(&format!(
            "event: next\ndata: {{\"data\":{{\"openLoan\":{{\"until\":\"{until}\"}}}}"
        ))
    };
    assert!(began(&text, "2026-02-01"), "{text}");
    tenant.renew(loan, "2026-03-01").await;
    stage.fold().await;
    let mut rest = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(began(&rest, "2026-03-01"), "{rest}");
    assert!(rest.contains("\"code\":\"AUTHN\""), "{rest}");
    assert!(rest.ends_with("event: complete\ndata: \n\n"), "{rest}");

    tenant.token = stage.token(tenant.id, Duration::from_mins(1));
    let request = tenant.request(&json!({ "query": "{ shelf { totalCount } }" }));
    let text =
        request.header("accept", "text/event-stream").send().await.unwrap().text().await.unwrap();
    assert!(
        text.starts_with("event: next\ndata: {\"data\":{\"shelf\":{\"totalCount\":1}}"),
        "{text}"
    );
    assert!(text.ends_with("event: complete\ndata: \n\n"), "{text}");
    stage.close().await;
}
