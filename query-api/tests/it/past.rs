//! Rows as they once were.

use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn a_row_is_shown_as_it_was_at_a_position() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    tenant.renew(loan, "2026-03-01").await;
    tenant.give_back(loan, book).await;
    // Nothing was folded: the past comes from the log.
    let at = |position: u64| {
        let query = format!(
            "{{ openLoan(id: \"{loan}\", asOf: {{position: {position}}}) {{
                    until standing book {{ title timesLent }} }}
                shelvedBook(id: \"{book}\", asOf: {{position: \"{position}\"}}) {{ title timesLent loanId }} }}"
        );
        let tenant = &tenant;
        async move { tenant.data(&query).await }
    };
    assert_eq!(at(0).await, json!({ "openLoan": null, "shelvedBook": null }));
    let shelved =
        |times: &str, loan: Value| json!({ "title": "Emma", "timesLent": times, "loanId": loan });
    assert_eq!(at(1).await, json!({ "openLoan": null, "shelvedBook": shelved("0", Value::Null) }));
    let out = |until: &str| json!({ "until": until, "standing": "FINE", "book": { "title": "Emma", "timesLent": "1" } });
    let lent = json!(loan.to_string());
    assert_eq!(
        at(2).await,
        json!({ "openLoan": out("2026-02-01"), "shelvedBook": shelved("1", lent.clone()) })
    );
    assert_eq!(
        at(3).await,
        json!({ "openLoan": out("2026-03-01"), "shelvedBook": shelved("1", lent) })
    );
    assert_eq!(at(4).await, json!({ "openLoan": null, "shelvedBook": shelved("1", Value::Null) }));
    stage.close().await;
}

#[tokio::test]
async fn a_row_is_shown_as_it_was_at_a_time() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    for day in 1..=20 {
        tenant.renew(loan, &format!("2026-03-{day:02}")).await;
    }
    let times =
        stage.admin.query("SELECT recorded_at::text FROM log.events ORDER BY position", &[]);
    let times: Vec<String> = times.await.unwrap().iter().map(|row| row.get(0)).collect();
    for (position, time) in times.iter().enumerate().skip(2) {
        let time = time.replace(' ', "T") + ":00";
        let query =
            format!("{{ openLoan(id: \"{loan}\", asOf: {{time: \"{time}\"}}) {{ until }} }}");
        let expected = format!("2026-03-{:02}", position - 1);
        assert_eq!(tenant.data(&query).await["openLoan"]["until"], expected, "{time}");
    }
    for (time, expected) in [
        ("2001-01-01T00:00:00Z", Value::Null),
        ("2100-01-01T00:00:00Z", json!({ "until": "2026-03-20" })),
    ] {
        let query =
            format!("{{ openLoan(id: \"{loan}\", asOf: {{time: \"{time}\"}}) {{ until }} }}");
        assert_eq!(tenant.data(&query).await["openLoan"], expected);
    }
    stage.close().await;
}

#[tokio::test]
async fn keys_of_several_parts_have_a_past_as_well() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    tenant.lend(book, 1, "2026-02-01").await;
    tenant.lend(book, 2, "2026-02-01").await;
    let query = format!(
        "{{ a: bookDay(bookId: \"{book}\", day: \"2026-02-01\", asOf: {{position: 2}}) {{ lent }}
            b: bookDay(bookId: \"{book}\", day: \"2026-02-01\", asOf: {{position: 3}}) {{ lent id }}
            c: bookDay(bookId: \"{book}\", day: \"2026-02-02\", asOf: {{position: 3}}) {{ lent }} }}"
    );
    let data = tenant.data(&query).await;
    assert_eq!(data["a"], json!({ "lent": "1" }));
    assert_eq!(data["b"]["lent"], "2");
    assert!(data["b"]["id"].is_string());
    assert_eq!(data["c"], Value::Null);
    stage.close().await;
}

#[tokio::test]
async fn moments_that_are_none_are_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    for (moment, expected) in [
        ("{position: 2}", "asOf.position: the log ends at 1, before 2"),
        ("{position: -1}", "asOf.position: expected a position from 0, got -1"),
        ("{time: \"then\"}", "asOf.time: expected a time like 2026-11-20T09:30:00Z, got \"then\""),
    ] {
        let answer = tenant
            .ask(&format!("{{ shelvedBook(id: \"{book}\", asOf: {moment}) {{ id }} }}"))
            .await;
        assert_eq!(answer.error(), ("VALIDATION", expected));
    }
    let both = format!(
        "{{ shelvedBook(id: \"{book}\", asOf: {{position: 1, time: \"2026-01-01T00:00:00Z\"}}) {{ id }} }}"
    );
    assert_eq!(tenant.ask(&both).await.error().0, "VALIDATION");
    let children = format!(
        "{{ shelvedBook(id: \"{book}\", asOf: {{position: 1}}) {{ title onLoan {{ totalCount }} }} }}"
    );
    let answer = tenant.ask(&children).await;
    assert_eq!(answer.body["data"]["shelvedBook"], json!({ "title": "Emma", "onLoan": null }));
    assert_eq!(
        answer.error(),
        (
            "VALIDATION",
            "onLoan: what pointed to a row in the past is not known; leave it out together with asOf"
        )
    );
    stage.close().await;
}

#[tokio::test]
async fn what_would_take_too_long_is_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let jump = "UPDATE log.heads SET position = 200001";
    stage.admin.batch_execute(jump).await.unwrap();
    let query = format!("{{ shelvedBook(id: \"{book}\", asOf: {{position: 200001}}) {{ id }} }}");
    let expected = "shelvedBook would take more than 200000 events to fold; choose an earlier \
                    moment, or have the tenant's past put into tables (tenantry past start) and \
                    ask for it by the header As-Of";
    assert_eq!(tenant.ask(&query).await.error(), ("VALIDATION", expected));
    stage.close().await;
}

#[tokio::test]
async fn a_list_is_shown_as_it_was() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let (emma, ulysses) = (tenant.acquire("Emma").await, tenant.acquire("Ulysses").await);
    let one = tenant.lend_to(emma, 1, "Thandiwe Nkosi").await;
    tenant.lend_to(ulysses, 2, "Sipho Dlamini").await;
    tenant.renew(one, "2026-03-01").await;
    tenant.give_back(one, emma).await;
    // Nothing was folded into tables: the past comes from the log.
    let at = |position: u64, arguments: &str, fields: &str| {
        let query =
            format!("{{ onLoan(asOf: {{position: {position}}}{arguments}) {{ {fields} }} }}");
        let tenant = &tenant;
        async move { tenant.data(&query).await["onLoan"].clone() }
    };
    let order = ", orderBy: [{field: NUMBER}]";
    let fields = "totalCount nodes { number until borrower book { title } }";
    let row = |number: &str, until: &str, borrower: &str, title: &str| {
        json!({ "number": number, "until": until, "borrower": borrower,
                "book": { "title": title } })
    };
    let first = |until| row("1", until, "Thandiwe Nkosi", "Emma");
    let second = row("2", "2026-02-01", "Sipho Dlamini", "Ulysses");
    assert_eq!(at(2, order, fields).await, json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(
        at(4, order, fields).await,
        json!({ "totalCount": 2, "nodes": [first("2026-02-01"), second] })
    );
    assert_eq!(at(5, order, fields).await["nodes"], json!([first("2026-03-01"), second]));
    assert_eq!(at(6, order, fields).await["nodes"], json!([second]));
    // Filters, orders and pages work as in the present, those of people as well.
    let named = ", filter: {borrower: {eq: \"sipho dlamini\"}}";
    assert_eq!(at(5, named, "nodes { number }").await["nodes"], json!([{ "number": "2" }]));
    let page = ", orderBy: [{field: UNTIL, direction: DESC}], first: 1";
    let page = at(5, page, "totalCount pageInfo { hasNextPage } nodes { number }").await;
    assert_eq!(
        page,
        json!({ "totalCount": 2, "pageInfo": { "hasNextPage": true },
                "nodes": [{ "number": "1" }] })
    );
    let groups = "{ openLoanGroups(asOf: {position: 5}, by: [{field: UNTIL}]) \
                  { nodes { key { until } count } } }";
    assert_eq!(
        tenant.data(groups).await["openLoanGroups"]["nodes"],
        json!([{ "key": { "until": "2026-02-01" }, "count": 1 },
               { "key": { "until": "2026-03-01" }, "count": 1 }])
    );
    stage.close().await;
}

#[tokio::test]
async fn what_rows_and_groups_point_to_is_shown_as_it_was() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let (emma, ulysses) = (tenant.acquire("Emma").await, tenant.acquire("Ulysses").await);
    for number in 1..=3 {
        tenant.lend(emma, number, "2026-02-01").await;
    }
    tenant.lend(ulysses, 4, "2026-02-01").await;
    tenant.lend(emma, 5, "2026-02-01").await;
    let looks = || stage.statements_with("-- stretch_of_types.sql").len();
    let before = looks();
    let rows = "{ onLoan(asOf: {position: 6}, orderBy: [{field: NUMBER}]) \
                { nodes { book { title timesLent } } } }";
    let book = |title: &str, times: &str| json!({ "book": { "title": title, "timesLent": times } });
    assert_eq!(
        tenant.data(rows).await["onLoan"]["nodes"],
        json!([book("Emma", "3"), book("Emma", "3"), book("Emma", "3"), book("Ulysses", "1")])
    );
    // The log is gone through for the list, and once more for all of its books.
    assert_eq!(looks() - before, 2);
    let groups = "{ openLoanGroups(asOf: {position: 6}, by: [{field: BOOK_ID}], \
                  orderBy: [{by: COUNT, direction: DESC}]) \
                  { nodes { count key { book { title timesLent } } } } }";
    let group =
        |count: u64, title: &str| json!({ "count": count, "key": book(title, &count.to_string()) });
    assert_eq!(
        tenant.data(groups).await["openLoanGroups"]["nodes"],
        json!([group(3, "Emma"), group(1, "Ulysses")])
    );
    stage.close().await;
}

#[tokio::test]
async fn what_is_not_known_of_a_past_list_is_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    let related = "{ shelf(asOf: {position: 1}, filter: {onLoan: {some: {number: {gt: 0}}}}) \
                   { totalCount } }";
    let answer = tenant.ask(related).await;
    let (code, message) = answer.error();
    assert_eq!(code, "VALIDATION");
    assert!(message.starts_with("asOf: what rows point to"), "{message}");
    stage.admin.batch_execute("UPDATE log.heads SET position = 200001").await.unwrap();
    let answer = tenant.ask("{ shelf(asOf: {position: 200001}) { totalCount } }").await;
    assert!(answer.error().1.starts_with("shelvedBook would take more than 200000 events"));
    stage.close().await;
}
