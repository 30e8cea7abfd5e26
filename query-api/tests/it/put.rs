//! Pasts that were put into tables.

use event_store::pg::{number, uuid};
use projector::Pasts;
use serde_json::{Value, json};
use service::database::{Database, DatabaseRole};
use ulid::Ulid;

use crate::{
    stage::Stage,
    tenant::{Answer, Tenant},
};

/// Asks for a moment to be put into tables.
async fn order(tenant: &Tenant<'_>, position: u64) -> Ulid {
    let past = Ulid::generate();
    let sql =
        "INSERT INTO log.pasts (tenant_id, past_id, position, requested_by, reason, expires_at)
               VALUES ($1, $2, $3, 'operator:nomsa', 'an audit', now() + interval '1 day')";
    let (tenant_id, id) = (uuid(tenant.id), uuid(past));
    tenant.stage.admin.execute(sql, &[&tenant_id, &id, &number(position)]).await.unwrap();
    past
}

/// Does all that is to be done for the tables of pasts.
async fn keep(stage: &Stage) {
    let pool = Database::connect(&stage.config.database, DatabaseRole::Projector, 2).await.unwrap();
    let keys = stage.keys(DatabaseRole::Projector).await;
    let pasts = Pasts::new(pool.raw().clone(), stage.registry.clone(), keys);
    while pasts.step().await.unwrap() {}
}

async fn ask(tenant: &Tenant<'_>, as_of: &str, query: &str) -> Answer {
    let request = tenant.request(&json!({ "query": query })).header("As-Of", as_of);
    tenant.send(request).await
}

const QUERY: &str = "{ onLoan(orderBy: [{field: NUMBER}]) { totalCount nodes { number until \
                     borrower book { title timesLent } } } \
                     shelf(filter: {onLoan: {some: {number: {gt: 0}}}}) { nodes { title \
                     onLoan { totalCount } } } openLoanGroups { nodes { count } } }";

/// A tenant with some history, and what it was at the fourth position.
async fn historic(tenant: &Tenant<'_>) -> Value {
    let (emma, ulysses) = (tenant.acquire("Emma").await, tenant.acquire("Ulysses").await);
    let one = tenant.lend_to(emma, 1, "Thandiwe Nkosi").await;
    tenant.lend_to(ulysses, 2, "Sipho Dlamini").await;
    tenant.stage.fold().await;
    let then = tenant.data(QUERY).await;
    tenant.renew(one, "2026-03-01").await;
    tenant.give_back(one, emma).await;
    tenant.lend(emma, 3, "2026-05-01").await;
    tenant.stage.fold().await;
    assert_ne!(tenant.data(QUERY).await, then);
    then
}

#[tokio::test]
async fn a_past_answers_as_the_present_did_then() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let then = historic(&tenant).await;
    let past = order(&tenant, 4).await;
    let unfinished = ask(&tenant, "position=4", QUERY).await;
    let (code, message) = unfinished.error();
    assert_eq!(code, "UNAVAILABLE");
    assert!(message.contains("is being put into tables; try again later"), "{message}");
    keep(&stage).await;
    for as_of in ["position=4".to_owned(), format!("past_{past}")] {
        let answer = ask(&tenant, &as_of, QUERY).await;
        let told = answer.body["extensions"]["asOf"].clone();
        assert_eq!(told["position"], "4", "{:#}", answer.body);
        assert_eq!(told["past"], format!("past_{past}"));
        assert!(answer.body["extensions"].get("consistency").is_none());
        assert_eq!(answer.data(), then);
    }
    // The present goes on.
    assert_ne!(tenant.data(QUERY).await, then);
    // Filled once, however often it is looked for.
    let filled = "SELECT count(*), max(updated_at)::text FROM log.past_tables";
    let before = stage.admin.query_one(filled, &[]).await.unwrap();
    keep(&stage).await;
    let after = stage.admin.query_one(filled, &[]).await.unwrap();
    assert_eq!(before.get::<_, String>(1), after.get::<_, String>(1));
    stage.close().await;
}

#[tokio::test]
async fn a_past_takes_every_filter_that_the_present_takes() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    tenant.acquire("Ulysses").await;
    stage.fold().await;
    order(&tenant, 2).await;
    keep(&stage).await;
    let said = "UPDATE past.holdings_v1 SET blurb = 'a volume of ' || title";
    stage.admin.batch_execute(said).await.unwrap();
    let nodes = |answer: Value| answer["holdings"]["nodes"].clone();
    let by_words = "{ holdings(filter: {blurb: {words: \"VOLUME emma\"}}) { nodes { title } } }";
    let found = nodes(ask(&tenant, "position=2", by_words).await.data());
    assert_eq!(found, json!([{ "title": "Emma" }]));
    let typed = json!({
        "query": "query($of: SearchedStringFilter) {
            holdings(filter: {blurb: $of, title: {contains: \"lyss\"}}) { nodes { title } } }",
        "variables": { "of": { "words": "volume -emma" } },
    });
    let request = tenant.request(&typed).header("As-Of", "position=2");
    assert_eq!(nodes(tenant.send(request).await.data()), json!([{ "title": "Ulysses" }]));
    // The present says nothing about them.
    assert_eq!(nodes(tenant.data(by_words).await), json!([]));
    stage.close().await;
}

#[tokio::test]
async fn a_past_is_read_whatever_becomes_of_the_tables_of_today() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let then = historic(&tenant).await;
    order(&tenant, 4).await;
    keep(&stage).await;
    let hold = "BEGIN; LOCK TABLE read.shelf_v1, read.on_loan_v1";
    stage.admin.batch_execute(hold).await.unwrap();
    assert_eq!(ask(&tenant, "position=4", QUERY).await.data(), then);
    stage.admin.batch_execute("ROLLBACK; DROP TABLE read.shelf_v1").await.unwrap();
    assert_eq!(ask(&tenant, "position=4", QUERY).await.data(), then);
    stage.close().await;
}

#[tokio::test]
async fn a_past_belongs_to_its_tenant() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let then = historic(&theirs).await;
    historic(&ours).await;
    let past = order(&theirs, 4).await;
    keep(&stage).await;
    let missing = "As-Of: there is no such past in tables; an operator makes one by: \
                   tenantry past start";
    for as_of in ["position=4".to_owned(), format!("past_{past}")] {
        assert_eq!(ask(&ours, &as_of, QUERY).await.error(), ("VALIDATION", missing));
        assert_eq!(ask(&theirs, &as_of, QUERY).await.data(), then);
    }
    // Not even the role that answers queries sees another tenant's rows.
    let seen = format!(
        "BEGIN; SET LOCAL ROLE tenantry_query; SET LOCAL tenantry.tenant = '{}'",
        uuid(ours.id)
    );
    stage.admin.batch_execute(&seen).await.unwrap();
    let count = "SELECT count(*) FROM past.on_loan_v1";
    assert_eq!(stage.admin.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
    stage.admin.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(stage.admin.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 2);
    stage.close().await;
}

#[tokio::test]
async fn whoever_is_erased_is_gone_from_pasts_as_well() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    historic(&tenant).await;
    order(&tenant, 4).await;
    keep(&stage).await;
    let found = "{ onLoan(filter: {borrower: {eq: \"Thandiwe Nkosi\"}}) { nodes { number id } } }";
    let answer = ask(&tenant, "position=4", found).await.data();
    let node = &answer["onLoan"]["nodes"][0];
    assert_eq!(node["number"], "1");
    tenant
        .erase::<domain::kernel::testing::toy::Loan>(node["id"].as_str().unwrap().parse().unwrap())
        .await;
    // Until it is filled again, it is not there.
    assert_eq!(ask(&tenant, "position=4", found).await.error().0, "UNAVAILABLE");
    keep(&stage).await;
    assert_eq!(ask(&tenant, "position=4", found).await.data()["onLoan"]["nodes"], json!([]));
    let answer = ask(&tenant, "position=4", QUERY).await.data();
    assert_eq!(answer["onLoan"]["nodes"][0]["borrower"], Value::Null);
    let matches = "SELECT count(*) FROM past.on_loan_v1 WHERE borrower_match IS NOT NULL";
    assert_eq!(stage.admin.query_one(matches, &[]).await.unwrap().get::<_, i64>(0), 1);
    stage.close().await;
}

#[tokio::test]
async fn what_has_expired_is_removed() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    historic(&tenant).await;
    order(&tenant, 4).await;
    let kept = order(&tenant, 3).await;
    keep(&stage).await;
    let expire = "UPDATE log.pasts SET expires_at = now() WHERE position = 4";
    stage.admin.batch_execute(expire).await.unwrap();
    let answer = ask(&tenant, "position=4", QUERY).await;
    assert!(answer.error().1.starts_with("As-Of: there is no such past"));
    keep(&stage).await;
    let left = "SELECT count(*) FROM log.pasts
                UNION ALL SELECT count(DISTINCT past_id) FROM log.past_tables
                UNION ALL SELECT count(DISTINCT tenant_id) FROM past.shelf_v1";
    for row in stage.admin.query(left, &[]).await.unwrap() {
        assert_eq!(row.get::<_, i64>(0), 1);
    }
    let name = format!("past_{kept}");
    assert_eq!(
        ask(&tenant, &name, "{ onLoan { totalCount } }").await.data()["onLoan"]["totalCount"],
        1
    );
    stage.close().await;
}

#[tokio::test]
async fn a_past_does_not_change_and_is_named_rightly() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    historic(&tenant).await;
    order(&tenant, 4).await;
    keep(&stage).await;
    let answer = ask(&tenant, "yesterday", QUERY).await;
    let expected = "As-Of: expected past_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B or position=42, got \
                    \"yesterday\"";
    assert_eq!(answer.error(), ("VALIDATION", expected));
    let live = tenant
        .request(&json!({ "query": "subscription { shelf { position } }" }))
        .header("accept", "text/event-stream")
        .header("As-Of", "position=4");
    let text = live.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("As-Of: the past does not change; ask with a query"), "{text}");
    // The history within a past ends with it.
    let book = "{ shelf(first: 1, orderBy: [{field: TITLE}]) { nodes { id } } }";
    let book = ask(&tenant, "position=4", book).await.data()["shelf"]["nodes"][0]["id"].clone();
    let history = format!("{{ shelvedBookHistory(id: {book}) {{ nodes {{ position }} }} }}");
    let positions = |answer: Value| answer["shelvedBookHistory"]["nodes"].as_array().unwrap().len();
    assert_eq!(positions(ask(&tenant, "position=4", &history).await.data()), 2);
    assert_eq!(positions(tenant.data(&history).await), 4);
    stage.close().await;
}
