//! Personal data: shown while it is known, found without being known, gone once
//! it is erased.

use domain::kernel::{Id, testing::toy::Loan};
use event_store::pg::uuid;
use serde_json::{Value, json};

use crate::{socket::Socket, stage::Stage, tenant::Tenant};

/// Three loans of one book: to Thandiwe, to Sipho, to Zodwa.
async fn three(tenant: &Tenant<'_>) -> [Id<Loan>; 3] {
    let book = tenant.acquire("Emma").await;
    let one = tenant.lend_to(book, 1, "Thandiwe Nkosi").await;
    let two = tenant.lend_to(book, 2, "Sipho Dlamini").await;
    let three = tenant.lend_to(book, 3, "Zodwa Khumalo").await;
    tenant.stage.fold().await;
    [one, two, three]
}

/// The numbers of the loans that a filter on the borrower means.
async fn found(tenant: &Tenant<'_>, filter: &str) -> Vec<String> {
    let query = format!(
        "{{ onLoan(filter: {{borrower: {{{filter}}}}}, orderBy: [{{field: NUMBER}}]) \
         {{ nodes {{ number }} totalCount }} }}"
    );
    let data = tenant.data(&query).await;
    let nodes = data["onLoan"]["nodes"].as_array().unwrap();
    assert_eq!(data["onLoan"]["totalCount"], nodes.len());
    nodes.iter().map(|node| node["number"].as_str().unwrap().to_owned()).collect()
}

const PAGE: &str = "{ onLoan(orderBy: [{field: NUMBER}]) { nodes { number borrower } } \
                    shelvedBooks: shelf { nodes { title onLoan { nodes { borrower } } } } }";

#[tokio::test]
async fn a_page_before_and_after_an_erasure() {
    let stage = Stage::open().await;
    let (tenant, other) = (stage.tenant().await, stage.tenant().await);
    let [one, ..] = three(&tenant).await;
    three(&other).await;
    let page = |first: Value| {
        let rest = ["Sipho Dlamini", "Zodwa Khumalo"];
        json!([
            { "number": "1", "borrower": first },
            { "number": "2", "borrower": rest[0] },
            { "number": "3", "borrower": rest[1] },
        ])
    };
    let before = tenant.data(PAGE).await;
    assert_eq!(before["onLoan"]["nodes"], page("Thandiwe Nkosi".into()));
    assert!(before["shelvedBooks"].to_string().contains("Thandiwe Nkosi"), "{before:#}");

    tenant.erase(one).await;
    // At once, whatever keys the server has in memory.
    let after = tenant.data(PAGE).await;
    assert_eq!(after["onLoan"]["nodes"], page(Value::Null));
    stage.fold().await;
    let after = tenant.data(PAGE).await;
    assert_eq!(after["onLoan"]["nodes"], page(Value::Null));
    assert!(!after.to_string().contains("Thandiwe"), "{after:#}");
    // The person of the same name elsewhere is another.
    assert_eq!(other.data(PAGE).await["onLoan"]["nodes"], page("Thandiwe Nkosi".into()));
    stage.close().await;
}

#[tokio::test]
async fn personal_values_are_found_by_what_says_nothing() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let [one, ..] = three(&tenant).await;
    assert_eq!(found(&tenant, "eq: \" thandiwe NKOSI \"").await, ["1"]);
    assert_eq!(found(&tenant, "eq: \"Thandiwe\"").await, [""; 0]);
    assert_eq!(found(&tenant, "in: [\"Sipho Dlamini\", \"Zodwa Khumalo\"]").await, ["2", "3"]);
    assert_eq!(found(&tenant, "in: []").await, [""; 0]);
    assert_eq!(found(&tenant, "ne: \"Sipho Dlamini\"").await, ["1", "3"]);
    assert_eq!(found(&tenant, "notIn: [\"Sipho Dlamini\"]").await, ["1", "3"]);
    assert_eq!(found(&tenant, "isNull: false").await, ["1", "2", "3"]);
    let through = "{ shelf(filter: {onLoan: {some: {borrower: {eq: \"Sipho Dlamini\"}}}}) \
                   { nodes { title } } \
                   onLoanCount: openLoanGroups(filter: {borrower: {ne: \"Sipho Dlamini\"}}) \
                   { nodes { count } } }";
    let through = tenant.data(through).await;
    assert_eq!(through["shelf"]["nodes"], json!([{ "title": "Emma" }]));
    assert_eq!(through["onLoanCount"]["nodes"], json!([{ "count": 2 }]));

    tenant.erase(one).await;
    stage.fold().await;
    assert_eq!(found(&tenant, "eq: \"Thandiwe Nkosi\"").await, [""; 0]);
    assert_eq!(found(&tenant, "isNull: true").await, ["1"]);
    assert_eq!(found(&tenant, "ne: \"Sipho Dlamini\"").await, ["1", "3"]);

    // The server notes every statement with the values of its parameters.
    let noted = stage.noted();
    let hidden = "536970686f20446c616d696e69";
    assert!(noted.contains("borrower_match"), "it notes nothing");
    assert!(!noted.contains("Sipho Dlamini") && !noted.contains(hidden));
    stage.close().await;
}

#[tokio::test]
async fn what_personal_values_cannot_be_asked_is_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for query in [
        "{ onLoan(filter: {borrower: {gt: \"A\"}}) { nodes { number } } }",
        "{ onLoan(filter: {borrower: {contains: \"A\"}}) { nodes { number } } }",
        "{ onLoan(orderBy: [{field: BORROWER}]) { nodes { number } } }",
        "{ openLoanGroups(by: [{field: BORROWER}]) { nodes { count } } }",
        "{ onLoan(filter: {borrower: {eq: null}}) { nodes { number } } }",
    ] {
        assert_eq!(tenant.ask(query).await.error().0, "VALIDATION", "{query}");
    }
    // A tenant without any personal data finds nothing, whatever it asks.
    assert_eq!(found(&tenant, "eq: \"Thandiwe\"").await, [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn the_past_forgets_as_well() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let [one, ..] = three(&tenant).await;
    let query =
        format!("{{ openLoan(id: \"{one}\", asOf: {{position: 2}}) {{ number borrower }} }}");
    let row = |borrower: Value| json!({ "openLoan": { "number": "1", "borrower": borrower } });
    assert_eq!(tenant.data(&query).await, row("Thandiwe Nkosi".into()));
    tenant.erase(one).await;
    assert_eq!(tenant.data(&query).await, row(Value::Null));
    stage.close().await;
}

#[tokio::test]
async fn live_queries_tell_of_an_erasure() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let [one, ..] = three(&tenant).await;
    let mut socket = Socket::of(&tenant).await;
    let row = format!("subscription {{ openLoan(id: \"{one}\") {{ borrower }} }}");
    socket.subscribe("row", &row).await;
    let seen = json!({ "openLoan": { "borrower": "Thandiwe Nkosi" } });
    assert_eq!(socket.next("row").await, seen);
    let list = "subscription { onLoan { nodes { number borrower } removed } }";
    let named = "subscription { onLoan(filter: {borrower: {eq: \"Thandiwe Nkosi\"}}) \
                 { nodes { number } removed } }";
    let resumed = "subscription { onLoan(afterPosition: 4) { nodes { number borrower } removed } }";
    socket.subscribe("list", list).await;
    socket.subscribe("named", named).await;
    // The three have to have looked before there is something to tell.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;

    tenant.erase(one).await;
    stage.fold().await;
    let mut heard = [socket.hear().await, socket.hear().await, socket.hear().await];
    heard.sort_by_key(|message| message["id"].to_string());
    let data: Vec<&Value> = heard.iter().map(|message| &message["payload"]["data"]).collect();
    let changed = json!({ "nodes": [{ "number": "1", "borrower": null }], "removed": [] });
    assert_eq!(data[0]["onLoan"], changed);
    assert_eq!(data[1]["onLoan"], json!({ "nodes": [], "removed": [one.to_string()] }));
    assert_eq!(data[2]["openLoan"], json!({ "borrower": null }));
    // Whoever was away when it happened hears of it on coming back.
    socket.subscribe("resumed", resumed).await;
    assert_eq!(socket.next("resumed").await["onLoan"], changed);
    socket.silence().await;
    stage.close().await;
}

#[tokio::test]
async fn bytes_of_another_tenant_do_not_open() {
    let stage = Stage::open().await;
    let (tenant, other) = (stage.tenant().await, stage.tenant().await);
    let [one, ..] = three(&tenant).await;
    let [elsewhere, ..] = three(&other).await;
    let moved = "UPDATE read.on_loan_v1 SET borrower = (
                     SELECT borrower FROM read.on_loan_v1 WHERE loan = $1
                 ) WHERE loan = $2";
    stage.admin.execute(moved, &[&uuid(elsewhere.ulid()), &uuid(one.ulid())]).await.unwrap();
    let answer = tenant.ask(PAGE).await;
    assert!(answer.errors().iter().all(|error| error["extensions"]["code"] == "INTERNAL"));
    assert!(!answer.errors().is_empty() && !answer.body.to_string().contains("Thandiwe"));
    // What does not ask for it is not concerned.
    tenant.data("{ onLoan { nodes { number } } }").await;
    stage.close().await;
}

#[tokio::test]
async fn without_a_master_key_nothing_looks_erased() {
    let stage = Stage::without_keys().await;
    let tenant = stage.tenant().await;
    three(&tenant).await;
    for query in [PAGE, "{ onLoan(filter: {borrower: {eq: \"x\"}}) { nodes { number } } }"] {
        let answer = tenant.ask(query).await;
        let error = &answer.errors()[0];
        assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
        assert!(error["message"].as_str().unwrap().contains("[keys] file"), "{error}");
    }
    tenant.data("{ onLoan { nodes { number } } }").await;
    stage.close().await;
}
