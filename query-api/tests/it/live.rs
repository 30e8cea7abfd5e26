//! Rows and lists as they change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{socket::Socket, stage::Stage};

#[tokio::test]
async fn a_row_is_followed_until_it_is_gone() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let query = format!(
        "subscription {{ loan: openLoan(id: \"{loan}\") {{ until standing book {{ title }} }} }}"
    );
    socket.subscribe("1", &query).await;
    let row = |until: &str, standing: &str| json!({ "loan": { "until": until, "standing": standing, "book": { "title": "Emma" } } });
    assert_eq!(socket.next("1").await, row("2026-02-01", "FINE"));
    tenant.remind(loan).await;
    stage.fold().await;
    assert_eq!(socket.next("1").await, row("2026-02-01", "REMINDED"));
    // What happens to others is not told.
    tenant.acquire("Ulysses").await;
    stage.fold().await;
    socket.silence().await;
    tenant.give_back(loan, book).await;
    stage.fold().await;
    assert_eq!(socket.next("1").await, json!({ "loan": null }));
    socket.silence().await;
    socket.say(&json!({ "type": "complete", "id": "1" })).await;
    stage.close().await;
}

#[tokio::test]
async fn a_list_is_followed_and_resumed() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let emma = tenant.acquire("Emma").await;
    let first = tenant.lend(emma, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let all =
        "subscription { onLoan { position nodes { number standing book { title } } removed } }";
    socket.subscribe("all", all).await;
    let late = "subscription { onLoan(filter: {until: {gt: \"2026-02-15\"}}) { position nodes { number } removed } }";
    socket.subscribe("late", late).await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    tenant.renew(first, "2026-03-01").await;
    stage.fold().await;
    let mut heard = [socket.hear().await, socket.hear().await];
    heard.sort_by_key(|message| message["id"].to_string());
    let node = |number: &str, standing: &str| json!({ "number": number, "standing": standing, "book": { "title": "Emma" } });
    assert_eq!(
        heard[0]["payload"]["data"]["onLoan"],
        json!({ "position": "3", "nodes": [node("1", "FINE")], "removed": [] })
    );
    assert_eq!(
        heard[1]["payload"]["data"]["onLoan"],
        json!({ "position": "3", "nodes": [{ "number": "1" }], "removed": [] })
    );
    socket.say(&json!({ "type": "complete", "id": "late" })).await;

    let second = tenant.lend(emma, 2, "2026-02-02").await;
    tenant.remind(second).await;
    tenant.give_back(first, emma).await;
    stage.fold().await;
    // However the projector divides it, in the end it is all told.
    let mut told = vec![];
    while !told.last().is_some_and(|last: &Value| last["position"] == "6") {
        told.push(socket.next("all").await["onLoan"].clone());
    }
    let last = told.last().unwrap();
    assert_eq!(last["removed"], json!([first.to_string()]));

    // Whoever comes back hears of everything since, each row once.
    let mut again = Socket::of(&tenant).await;
    let resumed =
        "subscription { onLoan(afterPosition: \"2\") { position nodes { number } removed } }";
    again.subscribe("1", resumed).await;
    assert_eq!(
        again.next("1").await["onLoan"],
        json!({ "position": "6", "nodes": [{ "number": "2" }], "removed": [first.to_string()] })
    );
    let filtered = "subscription { onLoan(afterPosition: 2, filter: {until: {gt: \"2026-02-15\"}}) { nodes { number } removed } }";
    again.subscribe("2", filtered).await;
    let mut removed = vec![first.to_string(), second.to_string()];
    removed.sort();
    let heard = again.next("2").await["onLoan"].clone();
    let mut told: Vec<_> = heard["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    told.sort();
    assert_eq!((told, &heard["nodes"]), (removed, &json!([])));
    stage.close().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_misses_only_what_lies_between() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let query = format!("subscription {{ openLoan(id: \"{loan}\") {{ until }} }}");
    let mut socket = Socket::of(&tenant).await;
    socket.subscribe("1", &query).await;
    socket.next("1").await;
    for day in 1..=28 {
        tenant.renew(loan, &format!("2026-04-{day:02}")).await;
        stage.fold().await;
    }
    let mut heard = 0;
    while socket.next("1").await["openLoan"]["until"] != "2026-04-28" {
        heard += 1;
    }
    assert!(heard < 28);
    stage.close().await;
}

#[tokio::test]
async fn live_queries_stay_within_their_tenant() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let book = theirs.acquire("Their secret").await;
    let loan = theirs.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&ours).await;
    socket
        .subscribe("one", &format!("subscription {{ openLoan(id: \"{loan}\") {{ number }} }}"))
        .await;
    assert_eq!(socket.next("one").await, json!({ "openLoan": null }));
    socket
        .subscribe("all", "subscription { onLoan(afterPosition: 0) { nodes { number } removed } }")
        .await;
    theirs.remind(loan).await;
    stage.fold().await;
    socket.silence().await;
    stage.close().await;
}

#[tokio::test]
async fn live_queries_hold_no_connection_while_nothing_happens() {
    let stage = Stage::with(|config| config.database.query_connections = 1).await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    for id in 0..10 {
        let query =
            format!("subscription {{ openLoan(id: \"{loan}\") {{ until book {{ title }} }} }}");
        socket.subscribe(&id.to_string(), &query).await;
        socket.next(&id.to_string()).await;
    }
    let data = tenant.data("{ shelf { totalCount } }").await;
    assert_eq!(data["shelf"]["totalCount"], 1);
    tenant.renew(loan, "2026-05-01").await;
    stage.fold().await;
    for _ in 0..10 {
        let heard = socket.hear().await;
        assert_eq!(heard["payload"]["data"]["openLoan"]["until"], "2026-05-01", "{heard:#}");
    }
    stage.close().await;
}
