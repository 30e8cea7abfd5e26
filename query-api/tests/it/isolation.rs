//! One tenant sees nothing of another's, whatever it tries.

use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn no_field_shows_another_tenants_rows() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let book = theirs.acquire("Their secret").await;
    let loan = theirs.lend(book, 1, "2026-02-01").await;
    let own = ours.acquire("Emma").await;
    stage.fold().await;
    let data = ours
        .data(&format!(
            "{{ openLoan(id: \"{loan}\") {{ id }} shelvedBook(id: \"{book}\") {{ id }}
                bookDay(bookId: \"{book}\", day: \"2026-02-01\") {{ id }}
                readership(bookId: \"{book}\") {{ id }}
                onLoan {{ totalCount nodes {{ id }} }} shelf {{ totalCount nodes {{ title }} }}
                filtered: shelf(filter: {{loan: {{number: {{eq: 1}}}}}}) {{ totalCount }}
                openLoanGroups {{ nodes {{ count }} }}
                past: openLoan(id: \"{loan}\", asOf: {{position: 1}}) {{ id }}
                old: shelvedBook(id: \"{book}\", asOf: {{position: 1}}) {{ id }} }}"
        ))
        .await;
    assert_eq!(
        data,
        json!({
            "openLoan": null, "shelvedBook": null, "bookDay": null, "readership": null,
            "onLoan": { "totalCount": 0, "nodes": [] },
            "shelf": { "totalCount": 1, "nodes": [{ "title": "Emma" }] },
            "filtered": { "totalCount": 0 },
            "openLoanGroups": { "nodes": [{ "count": 0 }] },
            "past": null, "old": null,
        })
    );
    let _ = own;
    stage.close().await;
}

#[tokio::test]
async fn relations_stop_at_the_tenant() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let book = theirs.acquire("Their secret").await;
    // We lend a book that only they have.
    let loan = ours.lend(book, 1, "2026-02-01").await;
    stage.admin.batch_execute(
        "INSERT INTO read.on_loan_v1 SELECT tenant_id, stream_id, 1, stream_id, NULL, NULL, now()::date, 'fine', '[]', 1
         FROM log.events WHERE stream_type = 'loan'",
    ).await.unwrap();
    stage
        .admin
        .execute("UPDATE read.on_loan_v1 SET book = $1", &[&event_store::pg::uuid(book.ulid())])
        .await
        .unwrap();
    let data =
        ours.data(&format!("{{ openLoan(id: \"{loan}\") {{ book {{ title }} number }} }}")).await;
    assert_eq!(data["openLoan"]["book"], Value::Null);
    assert_eq!(data["openLoan"]["number"], "1");
    stage.close().await;
}

#[tokio::test]
async fn another_tenants_cursor_and_token_open_nothing() {
    let stage = Stage::open().await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    for title in ["a", "b", "c"] {
        theirs.acquire(title).await;
    }
    stage.fold().await;
    let data = theirs.data("{ shelf(first: 1) { pageInfo { endCursor } } }").await;
    let cursor = &data["shelf"]["pageInfo"]["endCursor"];
    let page = ours
        .data(&format!("{{ shelf(after: {cursor}) {{ nodes {{ title }} totalCount }} }}"))
        .await;
    assert_eq!(page["shelf"], json!({ "nodes": [], "totalCount": 0 }));
    let request = ours
        .request(&json!({ "query": "{ shelf { totalCount } }" }))
        .header("consistency-token", theirs.consistency(1));
    let expected = "Consistency-Token: the token belongs to another tenant";
    assert_eq!(ours.send(request).await.error(), ("VALIDATION", expected));
    stage.close().await;
}

#[tokio::test]
async fn many_tenants_at_once_never_see_each_other() {
    let stage = Stage::open().await;
    let mut tenants = vec![];
    for number in 0..6 {
        let tenant = stage.tenant().await;
        for book in 0..=number {
            tenant.acquire(&format!("{number}/{book}")).await;
        }
        tenants.push(tenant);
    }
    stage.fold().await;
    let asking = (0..240).map(|turn| {
        let number = turn % tenants.len();
        let tenant = &tenants[number];
        async move {
            let request =
                tenant.request(&json!({ "query": "{ shelf { totalCount nodes { title } } }" }));
            // Some go away in the middle, and leave their connection to others.
            if turn % 7 == 0 {
                let _ = request.timeout(std::time::Duration::from_micros(900)).send().await;
                return;
            }
            let data = tenant.send(request).await.data();
            assert_eq!(data["shelf"]["totalCount"], number + 1);
            for node in data["shelf"]["nodes"].as_array().unwrap() {
                assert!(node["title"].as_str().unwrap().starts_with(&format!("{number}/")));
            }
        }
    });
    futures_util::future::join_all(asking).await;
    stage.close().await;
}
