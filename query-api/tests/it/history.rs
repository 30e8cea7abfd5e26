//! What became of a row.

use std::time::Duration;

use domain::kernel::ActorKind;
use serde_json::{Value, json};
use service::auth::TokenRequest;

use crate::{stage::Stage, tenant::Tenant};

const FIELDS: &str = "hasMore nodes { position event actor reason row { until borrower } \
                      changes { field from to hidden erased } }";

/// The same tenant, asked by an auditor.
fn auditor<'a>(tenant: &Tenant<'a>) -> Tenant<'a> {
    let request = TokenRequest {
        tenant: tenant.id,
        subject: "nomsa".to_owned(),
        roles: vec!["auditor".to_owned()],
        lifetime: Some(Duration::from_hours(1)),
        kind: ActorKind::User,
    };
    let token = tenant.stage.issuer.mint(&request).unwrap();
    Tenant { stage: tenant.stage, id: tenant.id, token }
}

/// The changes of a version, by their fields.
fn change(version: &Value, field: &str) -> Value {
    let changes = version["changes"].as_array().unwrap();
    changes.iter().find(|change| change["field"] == field).cloned().unwrap_or_default()
}

#[tokio::test]
async fn each_version_says_which_event_changed_what() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend_to(book, 1, "Thandiwe Nkosi").await;
    tenant.renew(loan, "2026-03-01").await;
    tenant.remind(loan).await;
    tenant.acquire("Ulysses").await;
    tenant.give_back(loan, book).await;
    // Nothing was folded: it comes from the log.
    let query = format!("{{ openLoanHistory(id: \"{loan}\") {{ {FIELDS} }} }}");
    let history = auditor(&tenant).data(&query).await["openLoanHistory"].clone();
    assert_eq!(history["hasMore"], false);
    let versions = history["nodes"].as_array().unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|it| (it["position"].as_str().unwrap(), it["event"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("2", "loan.lent"), ("3", "loan.renewed"), ("4", "loan.reminded"), ("6", "loan.returned")]
    );
    assert_eq!(versions[0]["actor"], "system:test");
    let shown = |field: &str, from: Value, to: Value| json!({ "field": field, "from": from, "to": to, "hidden": false, "erased": false });
    assert_eq!(
        change(&versions[0], "borrower"),
        shown("borrower", Value::Null, "Thandiwe Nkosi".into())
    );
    let renewed = shown("until", "2026-02-01".into(), "2026-03-01".into());
    assert_eq!(change(&versions[1], "until"), renewed);
    assert_eq!(change(&versions[1], "number"), Value::Null);
    assert_eq!(
        versions[2]["changes"],
        json!([shown("standing", "FINE".into(), "REMINDED".into())])
    );
    assert_eq!(versions[2]["row"], json!({ "until": "2026-03-01", "borrower": "Thandiwe Nkosi" }));
    assert_eq!(versions[3]["row"], Value::Null);
    assert_eq!(change(&versions[3], "until"), shown("until", "2026-03-01".into(), Value::Null));

    // Page by page.
    let page = |after: u64| {
        format!(
            "{{ openLoanHistory(id: \"{loan}\", first: 2, afterPosition: {after}) \
             {{ hasMore nodes {{ position changes {{ field from to }} }} }} }}"
        )
    };
    let first = tenant.data(&page(0)).await["openLoanHistory"].clone();
    assert_eq!((&first["hasMore"], first["nodes"].as_array().unwrap().len()), (&json!(true), 2));
    let second = tenant.data(&page(3)).await["openLoanHistory"].clone();
    assert_eq!(second["hasMore"], false);
    assert_eq!(
        second["nodes"][0],
        json!({ "position": "4",
                "changes": [{ "field": "standing", "from": "FINE", "to": "REMINDED" }] })
    );
    stage.close().await;
}

#[tokio::test]
async fn rows_of_several_aggregates_have_a_history() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    tenant.acquire("Ulysses").await;
    tenant.give_back(loan, book).await;
    let query = format!(
        "{{ shelvedBookHistory(id: \"{book}\") {{ nodes {{ position event row {{ timesLent loanId }} }} }}
            none: shelvedBookHistory(id: \"bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B\") {{ nodes {{ position }} }} }}"
    );
    let data = tenant.data(&query).await;
    let version = |position: &str, event: &str, times: &str, loan: Value| {
        json!({ "position": position, "event": event,
                "row": { "timesLent": times, "loanId": loan } })
    };
    assert_eq!(
        data["shelvedBookHistory"]["nodes"],
        json!([
            version("1", "book.acquired", "0", Value::Null),
            version("2", "loan.lent", "1", loan.to_string().into()),
            version("4", "loan.returned", "1", Value::Null),
        ])
    );
    assert_eq!(data["none"], Value::Null);
    stage.close().await;
}

#[tokio::test]
async fn what_versions_point_to_is_shown_as_it_was_then() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    tenant.renew(loan, "2026-03-01").await;
    let other = tenant.lend(book, 2, "2026-02-01").await;
    tenant.remind(loan).await;
    tenant.give_back(other, book).await;
    tenant.renew(loan, "2026-04-01").await;
    let looks = || stage.statements_with("-- stretch_of_types.sql").len();
    let before = looks();
    let query = format!(
        "{{ openLoanHistory(id: \"{loan}\") {{ nodes {{ position row {{ book {{ timesLent loan {{ number until }} }} }} }} }} }}"
    );
    let version = |position: &str, times: &str, loan: Value| json!({ "position": position, "row": { "book": { "timesLent": times, "loan": loan } } });
    let one = |number: &str, until: &str| json!({ "number": number, "until": until });
    assert_eq!(
        tenant.data(&query).await["openLoanHistory"]["nodes"],
        json!([
            version("2", "1", one("1", "2026-02-01")),
            version("3", "1", one("1", "2026-03-01")),
            version("5", "2", one("2", "2026-02-01")),
            version("7", "2", Value::Null),
        ])
    );
    // The log is gone through once for all books; loans have events of their own.
    assert_eq!(looks() - before, 1);
    stage.close().await;
}

#[tokio::test]
async fn personal_values_are_for_auditors_and_erased_ones_for_nobody() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend_to(book, 1, "Thandiwe Nkosi").await;
    let query = format!("{{ openLoanHistory(id: \"{loan}\") {{ {FIELDS} }} }}");
    let viewed = tenant.data(&query).await["openLoanHistory"]["nodes"][0].clone();
    assert_eq!(
        change(&viewed, "borrower"),
        json!({ "field": "borrower", "from": null, "to": null, "hidden": true, "erased": false })
    );
    assert_eq!(viewed["row"]["borrower"], Value::Null);
    assert!(!viewed.to_string().contains("Thandiwe"));
    let audited = auditor(&tenant).data(&query).await["openLoanHistory"]["nodes"][0].clone();
    assert_eq!(audited["row"]["borrower"], "Thandiwe Nkosi");

    tenant.erase(loan).await;
    let audited = auditor(&tenant).data(&query).await["openLoanHistory"]["nodes"][0].clone();
    assert_eq!(
        change(&audited, "borrower"),
        json!({ "field": "borrower", "from": null, "to": null, "hidden": false, "erased": true })
    );
    assert_eq!(audited["row"]["borrower"], Value::Null);
    stage.close().await;
}

#[tokio::test]
async fn the_history_of_another_tenant_is_not_there() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let book = theirs.acquire("Their secret").await;
    let query = format!("{{ shelvedBookHistory(id: \"{book}\") {{ nodes {{ position }} }} }}");
    assert_eq!(auditor(&ours).data(&query).await["shelvedBookHistory"], Value::Null);
    assert_eq!(
        theirs.data(&query).await["shelvedBookHistory"]["nodes"],
        json!([{ "position": "1" }])
    );
    stage.close().await;
}
