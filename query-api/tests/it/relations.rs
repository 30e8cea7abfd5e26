//! From rows to those they point to, and back.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn relations_lead_both_ways() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let emma = tenant.acquire("Emma").await;
    let idle = tenant.acquire("Ulysses").await;
    let first = tenant.lend(emma, 1, "2026-02-01").await;
    tenant.lend(emma, 2, "2026-03-01").await;
    stage.fold().await;
    let data = tenant
        .data(&format!(
            "{{ openLoan(id: \"{first}\") {{ book {{ title loan {{ number }} readership {{ readers }} }} }}
                idle: shelvedBook(id: \"{idle}\") {{
                    loan {{ id }} readership {{ id }} onLoan {{ totalCount nodes {{ id }} }} }}
                busy: shelvedBook(id: \"{emma}\") {{
                    onLoan(first: 1, orderBy: {{field: NUMBER, direction: DESC}}) {{
                        totalCount nodes {{ number }} pageInfo {{ hasNextPage }} }}
                    bookDays(filter: {{day: {{gt: \"2026-02-01\"}}}}) {{ nodes {{ day lent book {{ title }} }} }} }} }}"
        ))
        .await;
    assert_eq!(
        data,
        json!({
            "openLoan": { "book": {
                "title": "Emma", "loan": { "number": "2" }, "readership": { "readers": "2" },
            } },
            "idle": {
                "loan": null, "readership": null, "onLoan": { "totalCount": 0, "nodes": [] },
            },
            "busy": {
                "onLoan": {
                    "totalCount": 2, "nodes": [{ "number": "2" }], "pageInfo": { "hasNextPage": true },
                },
                "bookDays": { "nodes": [
                    { "day": "2026-03-01", "lent": "1", "book": { "title": "Emma" } },
                ] },
            },
        })
    );
    stage.close().await;
}

#[tokio::test]
async fn a_relation_is_one_statement_however_many_rows_there_are() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for number in 1..=12 {
        let book = tenant.acquire(&format!("Volume {number}")).await;
        for loan in 0..3 {
            tenant.lend(book, number * 10 + loan, "2026-02-01").await;
        }
    }
    stage.fold().await;
    let before = stage.statements().len();
    let data = tenant
        .data(
            "{ onLoan(first: 30) { nodes { number book { title onLoan(first: 2) {
                   nodes { number book { title } } } readership { readers } } } } }",
        )
        .await;
    let statements = stage.statements().split_off(before);
    // The list, its books, their loans, their books, and the readerships.
    assert_eq!(statements.len(), 5, "{statements:#?}");
    let nodes = data["onLoan"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 30);
    for node in nodes {
        let number: u64 = node["number"].as_str().unwrap().parse().unwrap();
        let title = format!("Volume {}", number / 10);
        assert_eq!(node["book"]["title"], title);
        let loans = node["book"]["onLoan"]["nodes"].as_array().unwrap();
        assert_eq!(loans.len(), 2);
        assert!(loans.iter().all(|loan| loan["book"]["title"] == title));
        assert_eq!(node["book"]["readership"]["readers"], "3");
    }
    stage.close().await;
}

#[tokio::test]
async fn fields_under_other_names_are_asked_for_apart() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    tenant.lend(book, 1, "2026-02-01").await;
    tenant.lend(book, 2, "2026-03-01").await;
    stage.fold().await;
    let data = tenant
        .data(
            "query { shelf { nodes { ...Loans one: onLoan(first: 1, orderBy: {field: NUMBER}) { nodes { number } } } } }
             fragment Loans on ShelvedBook {
                 late: onLoan(filter: {until: {gt: \"2026-02-15\"}}) { nodes { number until } } }",
        )
        .await;
    assert_eq!(
        data["shelf"]["nodes"],
        json!([{
            "late": { "nodes": [{ "number": "2", "until": "2026-03-01" }] },
            "one": { "nodes": [{ "number": "1" }] },
        }])
    );
    stage.close().await;
}
