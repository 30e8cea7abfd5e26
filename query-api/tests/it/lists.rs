//! Rows by key, and pages of lists.

use serde_json::{Value, json};

use crate::{stage::Stage, tenant::Tenant};

async fn five_books(tenant: &Tenant<'_>) {
    for title in ["Emma", "Persuasion", "Middlemarch", "Ulysses", "Dubliners"] {
        tenant.acquire(title).await;
    }
    tenant.stage.fold().await;
}

fn titles(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|it| it["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_row_is_found_by_its_key() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 7, "2026-02-01").await;
    tenant.renew(loan, "2026-03-01").await;
    stage.fold().await;
    let data = tenant
        .data(&format!(
            "{{ openLoan(id: \"{loan}\") {{ __typename id number bookId borrower until standing earlier }}
                bookDay(bookId: \"{book}\", day: \"2026-02-01\") {{ lent }}
                readership(bookId: \"{book}\") {{ readers last }}
                shelvedBook(id: \"{book}\") {{ timesLent withdrawn lastLentAt }}
                nothing: openLoan(id: \"lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B\") {{ id }} }}"
        ))
        .await;
    assert_eq!(
        data["openLoan"],
        json!({
            "__typename": "OpenLoan", "id": loan.to_string(), "number": "7",
            "bookId": book.to_string(), "borrower": "Sipho", "until": "2026-03-01",
            "standing": "FINE", "earlier": ["2026-02-01"],
        })
    );
    assert_eq!(data["bookDay"], json!({ "lent": "1" }));
    assert_eq!(data["readership"], json!({ "readers": "1", "last": "2026-02-01" }));
    assert_eq!(data["nothing"], Value::Null);
    assert_eq!(data["shelvedBook"]["withdrawn"], json!(false));
    assert!(data["shelvedBook"]["lastLentAt"].as_str().unwrap().ends_with('Z'));
    stage.close().await;
}

#[tokio::test]
async fn rows_without_an_id_of_their_own_get_one() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    tenant.lend(book, 1, "2026-02-01").await;
    tenant.lend(book, 2, "2026-02-02").await;
    stage.fold().await;
    let data = tenant.data("{ bookDays { nodes { id } } readershipList { nodes { id } } }").await;
    let mut ids: Vec<String> = data["bookDays"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .chain(data["readershipList"]["nodes"].as_array().unwrap())
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    stage.close().await;
}

#[tokio::test]
async fn a_list_is_walked_forward_and_backward() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    five_books(&tenant).await;
    let page = |arguments: &str| {
        let query = format!(
            "{{ shelf({arguments}, orderBy: {{field: TITLE}}) {{
                   totalCount edges {{ cursor node {{ title }} }} nodes {{ title }}
                   pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let tenant = &tenant;
        async move { tenant.data(&query).await["shelf"].clone() }
    };
    let first = page("first: 2").await;
    assert_eq!(titles(&first), ["Dubliners", "Emma"]);
    assert_eq!(first["totalCount"], 5);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(first["pageInfo"]["endCursor"], first["edges"][1]["cursor"]);

    let second = page(&format!("first: 2, after: {}", first["pageInfo"]["endCursor"])).await;
    assert_eq!(titles(&second), ["Middlemarch", "Persuasion"]);
    assert_eq!(second["pageInfo"]["hasPreviousPage"], true);
    let third = page(&format!("first: 2, after: {}", second["pageInfo"]["endCursor"])).await;
    assert_eq!(
        (titles(&third), &third["pageInfo"]["hasNextPage"]),
        (vec!["Ulysses"], &json!(false))
    );
    let beyond = page(&format!("first: 2, after: {}", third["pageInfo"]["endCursor"])).await;
    assert_eq!(beyond["nodes"], json!([]));
    assert_eq!(
        (&beyond["totalCount"], &beyond["pageInfo"]["endCursor"]),
        (&json!(5), &Value::Null)
    );

    let back = page(&format!("last: 2, before: {}", third["pageInfo"]["startCursor"])).await;
    assert_eq!(titles(&back), ["Middlemarch", "Persuasion"]);
    assert_eq!(back["pageInfo"]["hasPreviousPage"], true);
    let last = page("last: 1").await;
    assert_eq!((titles(&last), &last["pageInfo"]["hasNextPage"]), (vec!["Ulysses"], &json!(false)));
    assert_eq!(page("first: 0").await["totalCount"], 5);
    stage.close().await;
}

#[tokio::test]
async fn filters_say_which_rows() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    five_books(&tenant).await;
    let emma = &tenant.data("{ shelf(filter: {title: {eq: \"Emma\"}}) { nodes { id } } }").await;
    let emma = emma["shelf"]["nodes"][0]["id"].as_str().unwrap().parse().unwrap();
    let loan = tenant.lend(emma, 3, "2026-02-01").await;
    stage.fold().await;
    for (filter, expected) in [
        ("{title: {contains: \"MM\"}}", vec!["Emma"]),
        ("{title: {startsWith: \"per\"}}", vec!["Persuasion"]),
        ("{title: {endsWith: \"SES\"}}", vec!["Ulysses"]),
        ("{title: {contains: \"%\"}}", vec![]),
        ("{title: {in: [\"Emma\", \"Ulysses\"]}}", vec!["Emma", "Ulysses"]),
        ("{title: {in: []}}", vec![]),
        ("{title: {gt: \"M\", lt: \"Q\"}}", vec!["Middlemarch", "Persuasion"]),
        ("{not: {title: {lt: \"Q\"}}}", vec!["Ulysses"]),
        ("{or: [{title: {eq: \"Emma\"}}, {title: {eq: \"Ulysses\"}}]}", vec!["Emma", "Ulysses"]),
        ("{or: []}", vec![]),
        ("{timesLent: {gte: \"1\"}}", vec!["Emma"]),
        ("{timesLent: {gte: 1}}", vec!["Emma"]),
        ("{loanId: {isNull: false}}", vec!["Emma"]),
        ("{lastLentAt: {lt: \"2100-01-01T00:00:00+02:00\"}}", vec!["Emma"]),
        ("{lastLentAt: {isNull: true}, title: {lt: \"M\"}}", vec!["Dubliners"]),
        ("{and: [{withdrawn: {eq: false}}, {withdrawn: {eq: true}}]}", vec![]),
        ("{loan: {number: {eq: 3}}}", vec!["Emma"]),
        ("{onLoan: {some: {standing: {eq: FINE}}}}", vec!["Emma"]),
        ("{onLoan: {none: {}}, title: {gt: \"P\"}}", vec!["Persuasion", "Ulysses"]),
        ("{readership: {readers: {eq: 1}}}", vec!["Emma"]),
    ] {
        let query = format!(
            "{{ shelf(filter: {filter}, orderBy: {{field: TITLE}}) {{ nodes {{ title }} totalCount }} }}"
        );
        let data = tenant.data(&query).await;
        assert_eq!(titles(&data["shelf"]), expected, "{filter}");
        assert_eq!(data["shelf"]["totalCount"], expected.len(), "{filter}");
    }
    // What is empty is different from every value.
    let different = format!("{{ shelf(filter: {{loanId: {{ne: \"{loan}\"}}}}) {{ totalCount }} }}");
    assert_eq!(tenant.data(&different).await["shelf"]["totalCount"], 4);
    let none = format!("{{ shelf(filter: {{loanId: {{notIn: [\"{loan}\"]}}}}) {{ totalCount }} }}");
    assert_eq!(tenant.data(&none).await["shelf"]["totalCount"], 4);
    let nested = "{ onLoan(filter: {earlier: {none: {gt: \"2026-01-01\"}}}) { totalCount } }";
    assert_eq!(tenant.data(nested).await["onLoan"]["totalCount"], 1);
    stage.close().await;
}

#[tokio::test]
async fn variables_stand_for_any_part() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    five_books(&tenant).await;
    let query = "query($filter: ShelvedBookFilter, $order: [ShelvedBookOrder!], $n: Int = 2) {
        shelf(filter: $filter, orderBy: $order, first: $n) { nodes { title } } }";
    let variables = json!({
        "filter": { "title": { "notIn": ["Emma"] } },
        "order": [{ "field": "TITLE", "direction": "DESC" }],
    });
    let data = tenant.ask_with(query, variables).await.data();
    assert_eq!(titles(&data["shelf"]), ["Ulysses", "Persuasion"]);
    stage.close().await;
}

#[tokio::test]
async fn cursors_pass_empty_values_in_every_order() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for (place, title) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let book = tenant.acquire(title).await;
        if place % 2 == 0 {
            tenant.lend(book, 1, "2026-02-01").await;
        }
    }
    stage.fold().await;
    for direction in ["ASC", "DESC"] {
        for nulls in ["", ", nulls: FIRST", ", nulls: LAST"] {
            let order = format!("orderBy: {{field: LAST_LENT_AT, direction: {direction}{nulls}}}");
            let all = tenant.data(&format!("{{ shelf({order}) {{ nodes {{ title }} }} }}")).await;
            let mut walked = vec![];
            let mut after = "null".to_owned();
            loop {
                let query = format!(
                    "{{ shelf({order}, first: 1, after: {after}) {{
                        nodes {{ title }} pageInfo {{ endCursor hasNextPage }} }} }}"
                );
                let page = tenant.data(&query).await["shelf"].clone();
                walked.extend(page["nodes"].as_array().unwrap().iter().cloned());
                after = page["pageInfo"]["endCursor"].to_string();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(Value::from(walked), all["shelf"]["nodes"], "{order}");
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn a_list_is_one_statement_of_what_was_asked_for() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    five_books(&tenant).await;
    let before = stage.statements().len();
    tenant.data("{ shelf { nodes { title } edges { node { withdrawn } } totalCount } }").await;
    let statements = stage.statements().split_off(before);
    assert_eq!(statements.len(), 1, "{statements:#?}");
    assert!(statements[0].contains("t.\"title\" AS"), "{statements:#?}");
    assert!(!statements[0].contains("times_lent"), "{statements:#?}");
    tenant.data("{ shelf { nodes { title } } }").await;
    let plain = stage.statements().pop().unwrap();
    assert!(!plain.contains("count(*)") && !plain.contains("withdrawn"), "{plain}");
    // However far its filter reaches.
    let before = stage.statements().len();
    let far = "{ holdings(first: 2, filter: {
        title: {contains: \"emma\"}, marks: {every: {words: {none: {eq: \"x\"}}}},
        book: {bookDays: {every: {lent: {gt: 0}}}, onLoan: {none: {book: {withdrawn: {eq: true}}}}} })
        { totalCount nodes { title } pageInfo { endCursor } } }";
    assert_eq!(tenant.data(far).await["holdings"]["totalCount"], 1);
    assert_eq!(stage.statements().len(), before + 1);
    stage.close().await;
}
