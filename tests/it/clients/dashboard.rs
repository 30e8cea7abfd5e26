//! A dashboard in TypeScript, with types generated from the committed schema.

use serde_json::{Value, json};
use tests::said;

use super::{Site, programs};

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_with_generated_types_is_told_what_its_types_say() {
    let programs = programs();
    let site = Site::start(|serving| serving).await;
    let client = site.client();
    let give = async |path: &str, body| {
        let answer = client.command(path, body).await.unwrap();
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer
    };
    let customer = json!({
        "name": "Ada Lovelace", "email": "ada@example.com", "currency": "ZAR",
        "payment_terms_days": 14,
    });
    let customer = give("billing/customer/open", customer).await;
    let draft = json!({ "customer_id": customer.id(), "currency": "ZAR" });
    let draft = give("billing/invoice/draft", draft).await;
    let line = json!({
        "line_id": "1", "description": "Lunch", "quantity": 2, "tax_rate": 1500,
        "unit_price": { "minor": 10_000, "currency": "ZAR" },
    });
    let line = give(&format!("billing/invoice/{}/add-line", draft.id()), line).await;
    let token = line.header("consistency-token");

    let mut dashboard = programs.script("dist/dashboard.js");
    let answer =
        said(dashboard.envs(client.graphql_environment()).env("GRAPHQL_CONSISTENCY", token));
    let told: Value = serde_json::from_str(&answer.unwrap()).unwrap();
    assert_eq!(
        told,
        json!({
            "total": 1,
            "lines": [format!("{} DRAFT - 0 Ada Lovelace 20000 ZAR", draft.id())],
            "groups": [{
                "currency": "ZAR", "status": "DRAFT", "count": 1, "due": "0", "mean": "23000",
            }],
            "more": false,
        })
    );
}
