//! Many who want the same wallet, over the real API.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Client};

use super::up;

async fn wallet(client: &Client, minor: i64) -> String {
    let commands = json!([
        {
            "path": "/v1/billing/customer/open",
            "body": {
                "name": "Ada", "email": "ada@example.com", "currency": "ZAR",
                "payment_terms_days": 14,
            },
        },
        {
            "path": "/v1/payments/wallet/open",
            "body": { "customer_id": "cus_$0", "currency": "ZAR" },
        },
        { "path": "/v1/payments/wallet/wal_$1/credit", "body": booking("first", minor) },
    ]);
    let opened = client.command("batch", json!({ "atomic": true, "commands": commands })).await;
    let opened = opened.unwrap();
    assert_eq!(opened.status, 200, "{opened:?}");
    opened.body["data"]["results"][1]["data"]["id"].as_str().unwrap().to_owned()
}

fn booking(reference: &str, minor: i64) -> Value {
    json!({
        "reference": reference,
        "amount": { "minor": minor, "currency": "ZAR" },
        "contra_account": "bank",
    })
}

/// Two hundred at once draw on money for half of them. None is lost, none is
/// done that cannot be, and whoever repeats gets the first answer.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_draw_on_one_wallet() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);
    let wallet = wallet(&client, 100 * 7).await;
    let path = format!("payments/wallet/{wallet}/debit");
    let debit = async |number: usize| {
        let key = format!("debit-{number}");
        let body = booking(&key, 7);
        client.command_with(&path, body, &[("idempotency-key", &key)]).await.unwrap()
    };
    let answers: Vec<Answer> = join_all((0..200).map(debit)).await;
    let done: Vec<usize> = (0..200).filter(|number| answers[*number].status == 200).collect();
    assert_eq!(done.len(), 100);
    let refused = answers.iter().filter(|answer| answer.status != 200);
    for answer in refused {
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.body["error"]["details"]["code"], "WALLET_INSUFFICIENT_FUNDS");
    }
    let versions: BTreeSet<u64> = done
        .iter()
        .map(|number| answers[*number].body["data"]["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, (3..=102).collect());
    // Money comes in: what was refused succeeds under the same key, and what
    // was done is not done again.
    let credit = format!("payments/wallet/{wallet}/credit");
    let credited = client.command(&credit, booking("second", 100 * 7)).await.unwrap();
    assert_eq!(credited.body["data"]["version"], 103);
    let again: Vec<Answer> = join_all((0..200).map(debit)).await;
    assert!(again.iter().all(|answer| answer.status == 200));
    for number in done {
        assert_eq!(again[number].body["data"]["version"], answers[number].body["data"]["version"]);
        assert_eq!(again[number].body["data"]["outcome"], "repeated");
    }
    let over = client.command(&path, booking("one-too-many", 1)).await.unwrap();
    assert_eq!(over.status, 422);
}
