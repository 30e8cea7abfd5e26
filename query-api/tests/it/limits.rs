//! Who asks too much, and what that does to others.

use std::time::Duration;

use crate::stage::Stage;

#[tokio::test]
async fn limits_come_from_the_configuration() {
    let stage = Stage::with(|config| {
        config.query_api.max_depth = 5;
        config.query_api.max_complexity = 50;
        config.query_api.max_aliases = 2;
        config.query_api.max_page = 10;
    })
    .await;
    let tenant = stage.tenant().await;
    for (query, expected) in [
        ("{ shelf { nodes { loan { book { loan { id } } } } } }", "nests deeper than 5"),
        (
            "{ shelf(first: 10) { nodes { id title withdrawn timesLent loanId } } }",
            "more values than 50",
        ),
        (
            "{ a: shelf { totalCount } b: shelf { totalCount } c: shelf { totalCount } }",
            "other names to more fields than 2",
        ),
        ("{ shelf(first: 11) { totalCount } }", "expected a number from 0 to 10, got 11"),
    ] {
        let answer = tenant.ask(query).await;
        let (code, message) = answer.error();
        assert_eq!(code, "VALIDATION");
        assert!(message.contains(expected), "{message}");
        assert!(answer.errors()[0]["extensions"]["limit"].is_u64());
    }
    stage.close().await;
}

#[tokio::test]
async fn hostile_queries_neither_kill_nor_stall() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let nested = |open: &str, close: &str, depth: usize| {
        format!(
            "{{ shelf(filter: {}{}) {{ totalCount }} }}",
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    let mut bomb = "{ ...F0 }".to_owned();
    bomb.extend((0..40).map(|i| format!(" fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1)));
    bomb.push_str(" fragment F40 on Query { __typename }");
    for query in [
        nested("[", "]", 50_000),
        nested("[", "]", 190),
        nested("{not: ", "}", 190),
        nested("{not: ", "}", 30_000),
        "{".repeat(100_000),
        format!("{{ {} }}", "shelf { ".repeat(20_000)),
        "{ ...A } fragment A on Query { ...A }".to_owned(),
        bomb,
        format!("{{ {} }}", "__typename ".repeat(20_000)),
        format!("{{ shelf {{ {} }} }}", "totalCount ".repeat(9_900)),
    ] {
        let begun = std::time::Instant::now();
        let _ = tenant.ask(&query).await;
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}: {}", &query[..40]);
    }
    assert_eq!(tenant.data("{ shelf { totalCount } }").await["shelf"]["totalCount"], 0);
    stage.close().await;
}

#[tokio::test]
async fn a_tenant_that_asks_too_much_at_once_is_told_so() {
    let stage = Stage::open().await;
    let (tenant, other) = (stage.tenant().await, stage.tenant().await);
    stage.admin.batch_execute("BEGIN; LOCK TABLE read.shelf_v1").await.unwrap();
    let asking = (0..120).map(|_| tenant.ask("{ shelf { totalCount } }"));
    let asking = futures_util::future::join_all(asking);
    let released = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        stage.admin.batch_execute("ROLLBACK").await.unwrap();
        assert!(other.ask("{ shelf { totalCount } }").await.errors().is_empty());
    };
    let (answers, ()) = tokio::join!(asking, released);
    let refused = answers.iter().filter(|it| it.status == 429).collect::<Vec<_>>();
    assert_eq!(refused.len(), 20);
    let expected = "100 queries of this tenant are being answered; ask again";
    assert_eq!(refused[0].error(), ("RATE_LIMIT", expected));
    assert!(answers.iter().filter(|it| it.status == 200).count() == 100);
    stage.close().await;
}
