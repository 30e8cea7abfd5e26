//! A command in, an event in the log, a row on a dashboard, and back in time.

use serde_json::json;
use tests::{Client, Up};

use super::{PROGRAM, up};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_becomes_a_row_and_can_be_replayed() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);
    let customer = json!({
        "name": "Ada Lovelace", "email": "ada@example.com", "currency": "ZAR",
        "payment_terms_days": 14,
    });
    let opened = client.command("billing/customer/open", customer).await.unwrap();
    assert_eq!((opened.status, opened.header("etag")), (201, "\"1\""), "{opened:?}");
    assert_eq!(opened.body["data"]["events"], json!(["customer.opened"]));
    let id = opened.id();

    // Read what was just written: the token makes the query wait for it.
    let token = opened.header("consistency-token");
    let query = format!("{{ customer(id: \"{id}\") {{ id name paymentTermsDays }} }}");
    let read = client.query(&query, Some(token)).await.unwrap();
    assert_eq!(
        read.body["data"]["customer"],
        json!({ "id": id, "name": "Ada Lovelace", "paymentTermsDays": "14" }),
        "{read:?}"
    );

    let renamed = client
        .command_with(
            &format!("billing/customer/{id}/rename"),
            json!({ "name": "Countess of Lovelace" }),
            &[("if-match", "\"1\""), ("x-reason", "she was married")],
        )
        .await
        .unwrap();
    assert_eq!((renamed.status, renamed.header("etag")), (200, "\"2\""), "{renamed:?}");

    // As it is, and as it was at the position of the first command.
    let position = opened.body["data"]["position"].to_string();
    let query = format!(
        "{{ now: customer(id: \"{id}\") {{ name }}
            then: customer(id: \"{id}\", asOf: {{ position: \"{position}\" }}) {{ name }} }}"
    );
    let token = renamed.header("consistency-token");
    let both = client.query(&query, Some(token)).await.unwrap();
    assert_eq!(
        both.body["data"],
        json!({ "now": { "name": "Countess of Lovelace" }, "then": { "name": "Ada Lovelace" } }),
        "{both:?}"
    );

    let tenant = up.endpoints.tenants[0].id.clone();
    let arguments = ["replay", "--tenant", &tenant, id, "--state"];
    let (code, text, error) = up.run(&arguments).unwrap();
    assert_eq!(code, Some(0), "{error}");
    for part in ["customer.opened", "customer.renamed", "she was married", "state at version 2"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let lines = [&arguments[..4], &["--format", "json", "--to-version", "1"]].concat();
    let (_, json_lines, _) = up.run(&lines).unwrap();
    let events: Vec<serde_json::Value> =
        json_lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["name"], "Ada Lovelace");

    let (code, _, said) = up.run(&["verify"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(up.stop().unwrap(), Some(0), "a signal is a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_was_captured_settles_its_invoice() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);
    let give = async |path: &str, body| {
        let answer = client.command(path, body).await.unwrap();
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer
    };
    let customer = json!({
        "name": "Ada", "email": "ada@example.com", "currency": "ZAR", "payment_terms_days": 14,
    });
    let customer = give("billing/customer/open", customer).await;
    let draft = json!({ "customer_id": customer.id(), "currency": "ZAR" });
    let invoice = give("billing/invoice/draft", draft).await;
    let on = |command: &str| format!("billing/invoice/{}/{command}", invoice.id());
    let line = json!({
        "line_id": "1", "description": "Lunch", "quantity": 2, "tax_rate": 1500,
        "unit_price": { "minor": 10_000, "currency": "ZAR" },
    });
    give(&on("add-line"), line).await;
    give(&on("issue"), json!({})).await;
    let money = json!({
        "amount": { "minor": 23_000, "currency": "ZAR" }, "method_ref": "bank-line-1",
        "purpose": { "invoice": invoice.id() },
    });
    give("payments/payment/receive", money).await;

    // The reaction is on its way; a live dashboard would see it come.
    let query = format!(
        "{{ invoice(id: \"{}\") {{ number status totalMinor paidMinor dueMinor }}
            receipts {{ nodes {{ number invoice {{ number }} }} }} }}",
        invoice.id()
    );
    let settled = async {
        loop {
            let read = client.query(&query, None).await.unwrap();
            if read.body["data"]["receipts"]["nodes"][0].is_object() {
                return read.body["data"].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let settled = tokio::time::timeout(std::time::Duration::from_secs(30), settled).await.unwrap();
    let number = settled["invoice"]["number"].as_str().unwrap();
    assert!(number.starts_with("INV-") && number.ends_with("-000001"), "{number}");
    assert_eq!(settled["invoice"]["status"], "PAID");
    assert_eq!(settled["invoice"]["totalMinor"], "23000");
    assert_eq!(settled["invoice"]["paidMinor"], "23000");
    assert_eq!(settled["invoice"]["dueMinor"], "0");
    assert_eq!(settled["receipts"]["nodes"][0]["invoice"]["number"], number);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_full_of_history_and_true() {
    let up = Up::start(PROGRAM, &["--demo"]).unwrap();
    assert_eq!(up.endpoints.tenants.len(), 3);
    for tenant in 0..3 {
        let client = Client::of(&up.endpoints, tenant);
        let query = "{ invoices { totalCount } payments { totalCount } receipts { totalCount }
                       dailyRevenueEntries: dailyRevenue { totalCount } }";
        let counts = client.query(query, None).await.unwrap().body["data"].clone();
        for what in ["invoices", "payments", "receipts", "dailyRevenueEntries"] {
            assert!(counts[what]["totalCount"].as_i64().unwrap() > 20, "{counts}");
        }
    }
    let (code, _, said) = up.run(&["verify"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    // The same commands once more are the same commands.
    let (code, _, said) = up.run(&["demo"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    let heads = |said: &str| said.split(" events").next().map(str::to_owned);
    let (_, _, before) = up.run(&["verify"]).unwrap();
    let (_, _, after) = up.run(&["verify"]).unwrap();
    assert_eq!(heads(&before), heads(&after));
}
