//! Tenants beside one that asks too much.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    stage::{Stage, eventually},
    tenant::Tenant,
};

/// Books and loans of a tenant that has many.
async fn furnish(tenant: &Tenant<'_>, many: u64) {
    for number in 0..many {
        let book = tenant.acquire(&format!("Volume {number}")).await;
        tenant.lend(book, number, "2026-02-01").await;
    }
}

#[tokio::test]
async fn a_tenant_whose_queries_hang_does_not_hang_others() {
    let stage = Stage::open().await;
    let (greedy, modest) = (stage.tenant().await, stage.tenant().await);
    furnish(&modest, 1).await;
    stage.fold().await;
    // Whatever reads this table waits, with the connection it has.
    stage.admin.batch_execute("BEGIN; LOCK TABLE read.on_loan_v1").await.unwrap();
    let hanging = join_all((0..100).map(|_| greedy.ask("{ onLoan { totalCount } }")));
    let asking = async {
        // All that one tenant may have: three of four.
        eventually("three of its queries hang", || async { stage.waiting().await == 3 }).await;
        for _ in 0..20 {
            let asked = modest.ask("{ shelf { totalCount } }");
            let answer = timeout(Duration::from_secs(5), asked).await.expect("its turn comes");
            assert_eq!(answer.data()["shelf"]["totalCount"], 1);
        }
        assert_eq!(stage.waiting().await, 3);
        stage.admin.batch_execute("ROLLBACK").await.unwrap();
    };
    let (hanging, ()) = timeout(Duration::from_mins(1), async { tokio::join!(hanging, asking) })
        .await
        .expect("nobody hangs for ever");
    assert!(hanging.iter().all(|answer| answer.status == 200));
    stage.close().await;
}

#[tokio::test]
async fn a_storm_of_deep_wide_and_aliased_queries_starves_nobody() {
    let stage = Stage::open().await;
    let (greedy, modest) = (stage.tenant().await, stage.tenant().await);
    furnish(&greedy, 100).await;
    furnish(&modest, 3).await;
    stage.fold().await;
    let deep = "{ shelf(first: 100) { nodes { title loan { number book { title loan { number \
                book { title loan { until } } } } } } } }";
    let wide = "{ shelf(first: 100) { totalCount nodes { id title withdrawn timesLent loanId \
                onLoan(first: 10) { totalCount nodes { id number until standing } } } } }";
    let alias =
        |n| format!("a{n}: shelf(filter: {{title: {{contains: \"{n}\"}}}}) {{ totalCount }}");
    let aliased: Vec<String> = (0..15).map(alias).collect();
    let aliased = aliased.join(" ");
    let aliased = format!("{{ {aliased} }}");
    let storm = join_all((0..100).map(|n| greedy.ask([deep, wide, &aliased][n % 3])));
    let asking = async {
        for _ in 0..40 {
            let asked = modest.ask("{ shelf { totalCount nodes { title } } }");
            let answer = timeout(Duration::from_secs(10), asked).await.expect("its turn comes");
            assert_eq!(answer.data()["shelf"]["totalCount"], 3);
        }
    };
    let (storm, ()) = tokio::join!(storm, asking);
    for answer in &storm {
        // Some may have had to wait for too long, behind their own kind.
        let is_known = answer.status == 200 || [429, 503].contains(&answer.status);
        assert!(is_known, "{}: {:#}", answer.status, answer.body);
    }
    assert!(storm.iter().filter(|answer| answer.errors().is_empty()).count() > 30);
    assert_eq!(greedy.data("{ shelf { totalCount } }").await["shelf"]["totalCount"], 100);
    stage.close().await;
}

#[tokio::test]
async fn only_listed_queries_are_answered_where_there_is_a_list() {
    let text = "query Count { shelf { totalCount } }";
    let hash = hex(text);
    let file = std::env::temp_dir().join(format!("{}.json", ulid::Ulid::generate()));
    std::fs::write(&file, json!({ &hash: text }).to_string()).unwrap();
    let path = file.to_str().unwrap().to_owned();
    let stage = Stage::with(|config| config.query_api.allowed_queries = path).await;
    let tenant = stage.tenant().await;
    let named = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let by_name = tenant.request(&json!({ "extensions": named }));
    assert_eq!(tenant.send(by_name).await.data()["shelf"]["totalCount"], 0);
    assert_eq!(tenant.data(text).await["shelf"]["totalCount"], 0);
    let answer = tenant.ask("{ shelf { nodes { title } } }").await;
    let (code, message) = answer.error();
    assert_eq!(code, "VALIDATION");
    assert!(message.starts_with("query: only registered queries are answered here"), "{message}");
    stage.close().await;
    std::fs::remove_file(file).unwrap();
}

fn hex(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let bytes: Vec<String> =
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}
