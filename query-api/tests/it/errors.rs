//! Everything that can be asked wrongly, and what clients are told.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn what_is_wrong_is_named() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let nested = |depth: usize| format!("{}{{}}{}", "{not: ".repeat(depth), "}".repeat(depth));
    let many =
        (0..101).map(|n| format!("{{timesLent: {{eq: {n}}}}}")).collect::<Vec<_>>().join(",");
    for (query, expected) in [
        (
            "{ openLoan(id: \"bok_1\") { id } }",
            "id: expected an id like lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got \"bok_1\"",
        ),
        (
            "{ openLoan(id: 5) { id } }",
            "id: expected an id like lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got 5",
        ),
        (
            "{ bookDay(bookId: \"bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B\", day: \"2026-13-01\") { id } }",
            "day: expected a date like 2026-11-20, got \"2026-13-01\"",
        ),
        (
            "{ shelf(filter: {timesLent: {eq: \"9223372036854775808\"}}) { totalCount } }",
            "filter.timesLent.eq: expected a 64-bit integer like \"42\", got \"9223372036854775808\"",
        ),
        (
            "{ shelf(filter: {timesLent: {in: [1, \"x\"]}}) { totalCount } }",
            "filter.timesLent.in: expected a 64-bit integer like \"42\", got \"x\"",
        ),
        (
            "{ shelf(filter: {lastLentAt: {eq: \"yesterday\"}}) { totalCount } }",
            "filter.lastLentAt.eq: expected a time like 2026-11-20T09:30:00Z, got \"yesterday\"",
        ),
        (
            "{ shelf(filter: {title: {eq: null}}) { totalCount } }",
            "filter.title.eq: null is no value; use isNull",
        ),
        (
            "{ shelf(filter: {title: null}) { totalCount } }",
            "filter.title: null asks for nothing; leave it out, or use isNull",
        ),
        (
            "{ shelf(filter: {title: {eq: \"\\u0000\"}}) { totalCount } }",
            "filter.title.eq: expected a text without NUL characters, got \"\\u0000\"",
        ),
        (
            "{ shelf(filter: {or: [{}, {loan: {until: {lt: \"x\"}}}]}) { totalCount } }",
            "filter.or[1].loan.until.lt: expected a date like 2026-11-20, got \"x\"",
        ),
        ("{ shelf(first: -1) { totalCount } }", "first: expected a number from 0 to 200, got -1"),
        ("{ shelf(first: 201) { totalCount } }", "first: expected a number from 0 to 200, got 201"),
        (
            "{ shelf(first: 1, last: 1) { totalCount } }",
            "first and after read forward, last and before backward: use one pair",
        ),
        (
            "{ shelf(first: 1, before: \"x\") { totalCount } }",
            "before: goes with last, not with first",
        ),
        (
            "{ shelf(after: \"x\") { totalCount } }",
            "after: this is not a cursor; use one from edges or pageInfo",
        ),
        (
            "{ shelf(orderBy: [{field: TITLE}, {field: TITLE}]) { totalCount } }",
            "orderBy[1].field: the field was named before",
        ),
    ] {
        let answer = tenant.ask(query).await;
        assert_eq!(answer.error(), ("VALIDATION", expected), "{query}");
        assert!(!answer.errors()[0]["path"].as_array().unwrap().is_empty());
        assert_eq!(answer.status, 200);
        assert!(answer.body["data"].as_object().unwrap().values().all(Value::is_null));
    }
    for (filter, expected) in [
        (nested(13), "a filter may nest 12 levels deep"),
        (format!("{{or: [{many}]}}"), "a filter may have 100 conditions"),
    ] {
        let answer = tenant.ask(&format!("{{ shelf(filter: {filter}) {{ totalCount }} }}")).await;
        assert!(answer.error().1.ends_with(expected), "{:#}", answer.body);
    }
    stage.close().await;
}

#[tokio::test]
async fn a_failing_field_leaves_the_others_alone() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    stage.fold().await;
    let answer = tenant
        .ask(
            "{ shelf { nodes { title bad: onLoan(first: 999) { totalCount } } }
                 wrong: shelf(first: 999) { totalCount } }",
        )
        .await;
    assert_eq!(answer.body["data"]["shelf"]["nodes"], json!([{ "title": "Emma", "bad": null }]));
    assert_eq!(answer.body["data"]["wrong"], Value::Null);
    let mut paths: Vec<String> =
        answer.errors().iter().map(|error| error["path"].to_string()).collect();
    paths.sort();
    assert_eq!(paths, ["[\"shelf\",\"nodes\",0,\"bad\"]", "[\"wrong\"]"]);
    assert!(answer.errors().iter().all(|error| error["locations"][0]["line"].is_u64()));
    stage.close().await;
}

#[tokio::test]
async fn cursors_of_another_order_are_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    stage.fold().await;
    let data = tenant.data("{ shelf(orderBy: {field: TITLE}) { pageInfo { endCursor } } }").await;
    let cursor = &data["shelf"]["pageInfo"]["endCursor"];
    for order in ["", "orderBy: {field: TITLE, direction: DESC},", "orderBy: {field: TIMES_LENT},"]
    {
        let answer =
            tenant.ask(&format!("{{ shelf({order} after: {cursor}) {{ totalCount }} }}")).await;
        let expected = "after: the cursor belongs to another list or order; begin without it";
        assert_eq!(answer.error(), ("VALIDATION", expected));
    }
    stage.close().await;
}

#[tokio::test]
async fn queries_that_do_not_fit_the_schema_are_refused_whole() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for query in [
        "{ shelf { nodes { title ",
        "{ shelf { nodes { nonsense } } }",
        "{ shelf(filter: {nonsense: {eq: 1}}) { totalCount } }",
        "{ shelf(nonsense: 1) { totalCount } }",
        "{ onLoan(filter: {standing: {eq: NONSENSE}}) { totalCount } }",
        "mutation { shelf { totalCount } }",
        "query a { __typename } query b { __typename }",
        "{ shelf(first: \"x\") { totalCount } }",
        "",
        "subscription { shelf { position } }",
    ] {
        let answer = tenant.ask(query).await;
        assert_eq!(answer.errors()[0]["extensions"]["code"], "VALIDATION", "{query}");
        assert!(answer.body.get("data").is_none(), "{query}: {:#}", answer.body);
        assert_eq!(answer.status, 200);
        assert!(!answer.error().1.contains('\n'), "{query}");
        let strict = tenant
            .request(&json!({ "query": query }))
            .header("accept", "application/graphql-response+json");
        assert_eq!(tenant.send(strict).await.status, 400, "{query}");
    }
    stage.close().await;
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_told_so_in_the_same_form() {
    let stage = Stage::with(|config| config.query_api.max_body_bytes = 2_000).await;
    let tenant = stage.tenant().await;
    let url = format!("http://{}/graphql", stage.address);
    let post = || stage.http.post(&url).bearer_auth(&tenant.token);
    let json = |body: &'static str| post().header("content-type", "application/json").body(body);
    let text = "text/plain";
    for (request, status, expected) in [
        (json("{"), 400, "the body is not the JSON of a GraphQL request: EOF"),
        (
            json("{\"query\": 5}"),
            400,
            "the body is not the JSON of a GraphQL request: invalid type",
        ),
        (json("[{\"query\": \"{__typename}\"}]"), 400, "send one query per request"),
        (post().header("content-type", text).body("{}"), 415, "send the query as JSON"),
        (
            post().json(&json!({ "query": " ".repeat(3_000) })),
            413,
            "the request is larger than 2000 bytes",
        ),
        (
            stage
                .http
                .get(format!("{url}?query=%7B__typename%7D&variables=%7B"))
                .bearer_auth(&tenant.token),
            400,
            "variables: expected JSON",
        ),
    ] {
        let answer = tenant.send(request).await;
        let (code, message) = answer.error();
        assert_eq!((answer.status, code), (status, "VALIDATION"), "{message}");
        assert!(message.starts_with(expected), "{message}");
    }
    let answer = tenant.send(stage.http.put(&url)).await;
    assert_eq!(answer.status, 405);
    stage.close().await;
}

#[tokio::test]
async fn simple_queries_can_be_asked_with_get() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let url = format!(
        "http://{}/graphql?query=query($n:Int)%7Bshelf(first:$n)%7BtotalCount%7D%7D&variables=%7B%22n%22:1%7D",
        stage.address
    );
    let answer = tenant.send(stage.http.get(url).bearer_auth(&tenant.token)).await;
    assert_eq!(answer.data()["shelf"]["totalCount"], 0);
    stage.close().await;
}

#[tokio::test]
async fn nobody_asks_without_a_token() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let query = json!({ "query": "{ shelf { totalCount } }" });
    let answer = tenant.send(stage.post(&query)).await;
    assert_eq!((answer.status, answer.error().0), (401, "AUTHN"));
    let response = stage.post(&query).bearer_auth("nonsense").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    let expired = stage.token(tenant.id, Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(6_100)).await;
    let answer = tenant.send(stage.post(&query).bearer_auth(expired)).await;
    assert_eq!((answer.status, answer.error().0), (401, "AUTHN"));
    // Whoever is not known does not even learn what is wrong.
    let answer = tenant.send(stage.post(&json!("nonsense"))).await;
    assert_eq!(answer.status, 401);
    stage.close().await;
}

#[tokio::test]
async fn a_query_is_sent_once_and_named_from_then_on() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let named = || tenant.request(&json!({ "extensions": extensions }));
    let answer = tenant.send(named()).await;
    assert_eq!(answer.error(), ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"));
    let full = json!({ "query": "{__typename}", "extensions": extensions });
    assert_eq!(tenant.send(tenant.request(&full)).await.data()["__typename"], "Query");
    assert_eq!(tenant.send(named()).await.data()["__typename"], "Query");
    stage.close().await;
}
