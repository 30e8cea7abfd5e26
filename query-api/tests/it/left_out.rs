//! Events that a read model is without: whatever is folded for an answer is
//! without them, too.

use domain::kernel::{
    Id, Personal, Text,
    testing::toy::{Book, Loan, LoanEvent},
};
use projector::{Discard, Quarantine};
use serde_json::{Value, json};
use service::database::{Database, DatabaseRole};
use ulid::Ulid;

use crate::{
    socket::Socket,
    stage::Stage,
    tenant::{Answer, Tenant},
};

/// A book, a loan of it, and a loan that a reminder came before. No read model
/// of loans can take that.
async fn reminded_too_early(tenant: &Tenant<'_>) -> (Id<Book>, Id<Loan>) {
    let book = tenant.acquire("Emma").await;
    tenant.lend(book, 1, "2026-02-01").await;
    let early = Id::new(Ulid::generate());
    assert_eq!(tenant.remind(early).await, 3);
    let borrower = Personal::from(Text::parse("Sipho").unwrap());
    let until = "2026-02-01".parse().unwrap();
    tenant.write(early, &LoanEvent::Lent { number: 2, book, borrower, until }).await;
    tenant.renew(early, "2026-03-01").await;
    tenant.stage.fold().await;
    (book, early)
}

/// Decides that a read model of loans shall be without an event.
async fn discard(tenant: &Tenant<'_>, loan: Id<Loan>, position: u64) {
    let stage = tenant.stage;
    let owner = Database::connect(&stage.config.database, DatabaseRole::Owner, 2).await.unwrap();
    let desk = Quarantine::new(owner.raw().clone(), stage.registry.clone());
    let discard = Discard {
        read_model: "on_loan".to_owned(),
        tenant: tenant.id,
        stream: loan.ulid(),
        position,
        held: false,
        reason: "sent by mistake".to_owned(),
        actor: "operator:nomsa".to_owned(),
    };
    assert_eq!(desk.discard(&discard).await.unwrap(), 1);
    stage.fold().await;
}

/// What the tables say and what the log says, asked in one query.
async fn now_and_then(tenant: &Tenant<'_>, loan: Id<Loan>) -> (Value, Value) {
    let asked = |name: &str, as_of: &str| {
        format!(
            "{name}: onLoan(orderBy: [{{field: NUMBER}}]{as_of}) {{
                 totalCount nodes {{ number until standing }} }}
             {name}Row: openLoan(id: \"{loan}\"{as_of}) {{ number until standing }}
             {name}Groups: openLoanGroups(by: [{{field: UNTIL}}]{as_of}) {{
                 nodes {{ count key {{ until }} }} }}"
        )
    };
    let (now, then) = (asked("now", ""), asked("then", ", asOf: {position: 5}"));
    let data = tenant.data(&format!("{{ {now} {then} }}")).await;
    let of = |name: &str| {
        ["", "Row", "Groups"].map(|part| data[format!("{name}{part}")].clone()).to_vec()
    };
    (Value::from(of("now")), Value::from(of("then")))
}

async fn history(tenant: &Tenant<'_>, loan: Id<Loan>) -> Answer {
    let query = format!(
        "{{ openLoanHistory(id: \"{loan}\") {{ nodes {{ position event row {{ until }} }} }} }}"
    );
    tenant.ask(&query).await
}

#[tokio::test]
async fn the_past_is_without_what_its_table_is_without() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let (_, early) = reminded_too_early(&tenant).await;

    // The stream is set apart: the table does not have it, nor does the past.
    let (now, then) = now_and_then(&tenant, early).await;
    assert_eq!((&now[0]["totalCount"], &now[1]), (&json!(1), &Value::Null));
    assert_eq!(then, now);
    assert_eq!(history(&tenant, early).await.data()["openLoanHistory"], Value::Null);

    // One event of it is discarded: the rest is in both.
    discard(&tenant, early, 3).await;
    let (now, then) = now_and_then(&tenant, early).await;
    assert_eq!(now[0]["totalCount"], 2);
    assert_eq!(now[1], json!({ "number": "2", "until": "2026-03-01", "standing": "FINE" }));
    assert_eq!(then, now);
    let versions = history(&tenant, early).await.data()["openLoanHistory"]["nodes"].clone();
    let version = |position: &str, event: &str, until: &str| json!({ "position": position, "event": event, "row": { "until": until } });
    assert_eq!(
        versions,
        json!([
            version("4", "loan.lent", "2026-02-01"),
            version("5", "loan.renewed", "2026-03-01")
        ])
    );
    stage.close().await;
}

#[tokio::test]
async fn what_is_left_out_of_one_read_model_is_in_others() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let (book, _) = reminded_too_early(&tenant).await;
    let times = |as_of: &str| format!("shelvedBook(id: \"{book}\"{as_of}) {{ timesLent }}");
    let query = format!("{{ {} then: {} }}", times(""), times(", asOf: {position: 5}"));
    let expected = json!({ "timesLent": "2" });
    assert_eq!(tenant.data(&query).await, json!({ "shelvedBook": expected, "then": expected }));
    stage.close().await;
}

#[tokio::test]
async fn a_list_is_followed_past_what_nobody_can_read() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let one = tenant.lend(book, 1, "2026-02-01").await;
    let newer: Id<Loan> = Id::new(Ulid::generate());
    tenant.write_raw(newer, "lent", 99, b"\x80").await;
    tenant.renew(one, "2026-03-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let follow = "subscription { onLoan(afterPosition: 1) { nodes { until } removed } }";
    socket.subscribe("1", follow).await;
    let told = json!({ "nodes": [{ "until": "2026-03-01" }], "removed": [] });
    assert_eq!(socket.next("1").await["onLoan"], told);
    stage.close().await;
}

#[tokio::test]
async fn a_tenant_is_told_what_its_read_models_are_without() {
    let stage = Stage::open().await;
    let (tenant, other) = (stage.tenant().await, stage.tenant().await);
    let (_, early) = reminded_too_early(&tenant).await;
    other.acquire("Ulysses").await;
    stage.fold().await;
    let told = async |tenant: &Tenant<'_>, read_model: &str| {
        let query = "{ projections { readModel position eventsBehind quarantinedStreams \
                     quarantinedSince stoppedAt stoppedSince } }";
        let data = tenant.data(query).await;
        let all = data["projections"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["readModel"] == read_model).unwrap()
    };
    let one = told(&tenant, "on_loan").await;
    assert_eq!((&one["quarantinedStreams"], &one["position"]), (&json!("1"), &json!("5")));
    assert!(one["quarantinedSince"].as_str().unwrap().ends_with('Z'), "{one}");
    assert_eq!((&one["stoppedAt"], &one["stoppedSince"]), (&Value::Null, &Value::Null));
    for well in [told(&tenant, "shelf").await, told(&other, "on_loan").await] {
        assert_eq!(well["quarantinedStreams"], "0");
        assert_eq!(well["quarantinedSince"], Value::Null);
    }
    discard(&tenant, early, 3).await;
    assert_eq!(told(&tenant, "on_loan").await["quarantinedStreams"], "0");

    // An event is missing: nobody knows of which stream.
    let lose = "UPDATE log.heads SET position = position + 1 WHERE tenant_id = $1";
    stage.admin.execute(lose, &[&event_store::pg::uuid(tenant.id)]).await.unwrap();
    stage.fold().await;
    let one = told(&tenant, "shelf").await;
    assert_eq!((&one["stoppedAt"], &one["eventsBehind"]), (&json!("6"), &json!("1")));
    assert!(one["stoppedSince"].as_str().unwrap().ends_with('Z'), "{one}");
    assert_eq!(told(&other, "shelf").await["stoppedAt"], Value::Null);
    stage.close().await;
}
