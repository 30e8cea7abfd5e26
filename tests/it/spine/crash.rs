//! The process is killed while many post: every acknowledged command is in the
//! log, and every table equals a fresh fold.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tests::Client;

use super::up;

const CLIENTS: usize = 16;
const COMMANDS_EACH: usize = 40;

type Acknowledged = Arc<Mutex<BTreeMap<String, u64>>>;

/// Opens customers, each with a key of its own, and asks again with the same
/// key until there is an answer.
async fn post(
    place: usize,
    client: Arc<RwLock<Client>>,
    acknowledged: Acknowledged,
    done: Arc<AtomicUsize>,
) {
    for turn in 0..COMMANDS_EACH {
        let key = format!("{place}-{turn}");
        let body = json!({
            "name": "Somebody", "email": format!("{key}@example.com"), "currency": "ZAR",
            "payment_terms_days": 7,
        });
        loop {
            let now = client.read().unwrap().clone();
            let headers = [("idempotency-key", key.as_str())];
            match now.command_with("billing/customer/open", body.clone(), &headers).await {
                Ok(answer) if answer.status / 100 == 2 => {
                    let position = answer.body["data"]["position"].as_u64().unwrap();
                    acknowledged.lock().unwrap().insert(answer.id().to_owned(), position);
                    break;
                }
                Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_and_repeats_nothing() {
    let mut up = up();
    let client = Arc::new(RwLock::new(Client::of(&up.endpoints, 0)));
    let acknowledged = Acknowledged::default();
    let done = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|place| tokio::spawn(post(place, client.clone(), acknowledged.clone(), done.clone())))
        .collect();
    for third in 1..=2 {
        while done.load(Ordering::Relaxed) < CLIENTS * COMMANDS_EACH * third / 3 {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| up.crash_and_restart()).unwrap();
        *client.write().unwrap() = Client::of(&up.endpoints, 0);
    }
    for client in clients {
        client.await.unwrap();
    }

    let acknowledged = acknowledged.lock().unwrap().clone();
    assert_eq!(acknowledged.len(), CLIENTS * COMMANDS_EACH);
    let tenant = up.endpoints.tenants[0].id.clone();
    let (code, lines, error) =
        up.run(&["replay", "--tenant", &tenant, "--format", "json"]).unwrap();
    assert_eq!(code, Some(0), "{error}");
    let mut found = BTreeMap::new();
    for (place, line) in (1..).zip(lines.lines()) {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["position"], place, "positions are gapless");
        found.insert(event["id"].as_str().unwrap().to_owned(), place);
    }
    assert_eq!(found, acknowledged, "what was acknowledged, once, where it was told");

    // The tables follow, and then equal a fresh fold.
    let now = client.read().unwrap().clone();
    let token = format!("{tenant}:{}", found.len());
    let query = "{ customers { totalCount } }";
    let count = async {
        loop {
            let read = now.query(query, Some(&token)).await.unwrap();
            if let Some(count) = read.body["data"]["customers"]["totalCount"].as_u64() {
                return count;
            }
        }
    };
    let count = tokio::time::timeout(Duration::from_secs(30), count).await.unwrap();
    assert_eq!(count, found.len() as u64);
    let (code, _, said) = up.run(&["verify"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
}
