//! Text that is found through an index.

use serde_json::{Value, json};

use crate::{stage::Stage, tenant::Tenant};

/// Many wide rows, of which few have a certain part or word.
async fn fill(tenant: &Tenant<'_>) {
    let sql = "INSERT INTO read.holdings_v1 (tenant_id, book, title, blurb, lent_out, currency,
                   price_minor, marks, extra, updated_position)
               SELECT $1, gen_random_uuid(), md5(n::text), 'volume ' || n, true, 'EUR', n, '[]',
                   jsonb_build_object('wide', repeat('x', 1000)), 1
               FROM generate_series(1, 20000) AS n";
    let id = event_store::pg::uuid(tenant.id);
    tenant.stage.admin.execute(sql, &[&id]).await.unwrap();
    tenant.stage.admin.batch_execute("ANALYZE read.holdings_v1").await.unwrap();
}

async fn prices(tenant: &Tenant<'_>, filter: &str) -> Value {
    let query = format!(
        "{{ holdings(filter: {filter}, orderBy: {{field: PRICE_MINOR}}) {{ nodes {{ priceMinor }} }} }}"
    );
    let nodes = tenant.data(&query).await["holdings"]["nodes"].clone();
    nodes.as_array().unwrap().iter().map(|it| it["priceMinor"].clone()).collect()
}

/// How the server looks for the rows of a condition, as those who ask.
async fn plan(tenant: &Tenant<'_>, condition: &str) -> String {
    let stage = tenant.stage;
    let sql = format!(
        "BEGIN; SET LOCAL ROLE tenantry_query; SET LOCAL tenantry.tenant = '{}'",
        event_store::pg::uuid(tenant.id)
    );
    stage.admin.batch_execute(&sql).await.unwrap();
    let explain = format!(
        "EXPLAIN (ANALYZE, TIMING OFF) SELECT 1 FROM read.holdings_v1 AS t WHERE t.tenant_id = '{}' AND {condition}",
        event_store::pg::uuid(tenant.id)
    );
    let rows = stage.admin.query(&explain, &[]).await.unwrap();
    stage.admin.batch_execute("ROLLBACK").await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

#[tokio::test]
async fn parts_and_words_are_found() {
    let stage = Stage::open().await;
    let (tenant, other) = (stage.tenant().await, stage.tenant().await);
    fill(&tenant).await;
    fill(&other).await;
    // md5 of 7 is 8f14e45fceea167a5a36dedd4bea2543.
    assert_eq!(prices(&tenant, "{title: {contains: \"45FCEEA167\"}}").await, json!(["7"]));
    assert_eq!(prices(&tenant, "{title: {startsWith: \"8f14e45fce\"}}").await, json!(["7"]));
    assert_eq!(prices(&tenant, "{title: {endsWith: \"dd4bea2543\"}}").await, json!(["7"]));
    assert_eq!(prices(&tenant, "{blurb: {words: \"VOLUME 7\"}}").await, json!(["7"]));
    assert_eq!(prices(&tenant, "{blurb: {words: \"7 -volume\"}}").await, json!([]));
    let either = "{or: [{blurb: {words: \"7\"}}, {blurb: {words: \"9\"}}], priceMinor: {lt: 9}}";
    assert_eq!(prices(&tenant, either).await, json!(["7"]));
    let both = "{blurb: {words: \"7 OR 9\"}, title: {contains: \"45fce\"}, priceMinor: {lt: 9}}";
    assert_eq!(prices(&tenant, both).await, json!(["7"]));
    // A pattern's letters mean themselves.
    assert_eq!(prices(&tenant, "{title: {contains: \"45f%ceea\"}}").await, json!([]));
    let count =
        "{ holdingGroups(filter: {title: {contains: \"45fceea167\"}}) { nodes { count } } }";
    assert_eq!(tenant.data(count).await["holdingGroups"]["nodes"], json!([{ "count": 1 }]));
    stage.close().await;
}

#[tokio::test]
async fn what_is_found_is_not_looked_for_in_every_row() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    fill(&tenant).await;
    let before = stage.statements().len();
    prices(&tenant, "{title: {contains: \"45fceea167\"}}").await;
    prices(&tenant, "{title: {contains: \"45\"}}").await;
    let statements = stage.statements().split_off(before);
    let [by_index, by_row] = statements.as_slice() else { panic!("{statements:#?}") };
    assert!(by_index.contains("read.found("), "{by_index}");
    assert!(!by_row.contains("read.found("), "two letters are no part: {by_row}");

    let found = "t.book = ANY (ARRAY(SELECT read.found('read.holdings_v1'::regclass, 'book', 'title', \
                 'parts', '%45fceea167%')))";
    let plan_found = plan(&tenant, found).await;
    // The second is how 18 writes it.
    let looked_up = ["book = ANY ($0)", "book = ANY ((InitPlan 1).col1)"];
    assert!(looked_up.iter().any(|condition| plan_found.contains(condition)), "{plan_found}");
    let index = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'read' AND indexname = $1";
    for (name, of) in [
        ("holdings_v1_search_title", "USING gin (tenant_id, title search.gin_trgm_ops)"),
        ("holdings_v1_search_blurb", "to_tsvector('simple'::regconfig, blurb)"),
    ] {
        let row = stage.admin.query_one(index, &[&name]).await.unwrap();
        assert!(row.get::<_, String>(0).contains(of), "{name}");
    }
    for (column, how, what, plain) in [
        ("title", "parts", "%45fceea167%", "title ILIKE '%45fceea167%'"),
        ("blurb", "words", "7777", "to_tsvector('simple', blurb) @@ to_tsquery('simple', '7777')"),
    ] {
        let name = format!("holdings_v1_search_{column}");
        let scans = async || {
            stage.admin.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
            let sql = "SELECT idx_scan FROM pg_stat_user_indexes
                       WHERE schemaname = 'read' AND indexrelname = $1";
            stage.admin.query_one(sql, &[&name]).await.unwrap().get::<_, i64>(0)
        };
        let before = scans().await;
        plan(&tenant, plain).await;
        assert_eq!(scans().await, before, "row level security keeps {name} from {plain}");
        let found = format!(
            "t.book = ANY (ARRAY(SELECT read.found('read.holdings_v1'::regclass, 'book', '{column}', \
             '{how}', '{what}')))"
        );
        plan(&tenant, &found).await;
        assert_eq!(scans().await, before + 1, "{name} is used");
    }
    stage.close().await;
}

#[tokio::test]
async fn text_of_the_past_is_found_without_an_index() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    tenant.acquire("Emmanuel").await;
    stage.fold().await;
    let data = tenant
        .data(
            "{ then: holdings(asOf: {position: 1}, filter: {title: {contains: \"MMA\"}}) {
                   nodes { title } }
               now: holdings(filter: {title: {contains: \"MMA\"}}) { totalCount }
               counted: holdingGroups(asOf: {position: 1}, filter: {title: {contains: \"MMA\"}}) {
                   nodes { count } } }",
        )
        .await;
    assert_eq!(
        data,
        json!({
            "then": { "nodes": [{ "title": "Emma" }] }, "now": { "totalCount": 2 },
            "counted": { "nodes": [{ "count": 1 }] },
        })
    );
    stage.close().await;
}
