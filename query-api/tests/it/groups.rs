//! Counts and sums over groups.

use serde_json::json;

use crate::{stage::Stage, tenant::Tenant};

async fn loans(tenant: &Tenant<'_>) {
    let emma = tenant.acquire("Emma").await;
    let ulysses = tenant.acquire("Ulysses").await;
    for (number, book, until) in [
        (1, emma, "2026-02-10"),
        (2, emma, "2026-01-31"),
        (4, emma, "2026-01-30"),
        (8, ulysses, "2025-12-31"),
        (16, ulysses, "2025-06-01"),
    ] {
        let loan = tenant.lend(book, number, until).await;
        if number > 4 {
            tenant.remind(loan).await;
        }
    }
    tenant.stage.fold().await;
}

#[tokio::test]
async fn rows_are_counted_and_summed_by_what_they_share() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    loans(&tenant).await;
    let data = tenant
        .data(
            "{ all: openLoanGroups { nodes { count sum { number } min { until } max { until number } } }
               byStanding: openLoanGroups(by: {field: STANDING}) {
                   nodes { key { standing bookId } count sum { number } } }
               byBook: openLoanGroups(by: {field: BOOK_ID}, first: 1,
                       orderBy: {by: SUM, field: NUMBER, direction: DESC}) {
                   hasMore nodes { key { book { title } } count sum { number } } } }",
        )
        .await;
    assert_eq!(
        data["all"]["nodes"],
        json!([{
            "count": 5, "sum": { "number": "31" }, "min": { "until": "2025-06-01" },
            "max": { "until": "2026-02-10", "number": "16" },
        }])
    );
    assert_eq!(
        data["byStanding"]["nodes"],
        json!([
            { "key": { "standing": "FINE", "bookId": null }, "count": 3, "sum": { "number": "7" } },
            { "key": { "standing": "REMINDED", "bookId": null }, "count": 2, "sum": { "number": "24" } },
        ])
    );
    assert_eq!(
        data["byBook"],
        json!({ "hasMore": true, "nodes": [
            { "key": { "book": { "title": "Ulysses" } }, "count": 2, "sum": { "number": "24" } },
        ] })
    );
    stage.close().await;
}

#[tokio::test]
async fn dates_fall_into_periods_and_ages() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    loans(&tenant).await;
    let data = tenant
        .data(
            "{ months: openLoanGroups(by: {field: UNTIL, every: MONTH}) {
                   nodes { key { until } count } }
               ages: openLoanGroups(by: {field: UNTIL, age: {on: \"2026-01-31\"}}) {
                   nodes { key { untilAge { label from to } until } sum { number } } }
               own: openLoanGroups(by: [{field: BOOK_ID}, {field: UNTIL,
                       age: {on: \"2026-01-31\", edges: [-1, 365]}}]) {
                   nodes { key { book { title } untilAge { label } } count } }
               days: shelvedBookGroups(by: {field: LAST_LENT_AT, every: YEAR, timeZone: \"Africa/Johannesburg\"}) {
                   nodes { key { lastLentAt } count } } }",
        )
        .await;
    assert_eq!(
        data["months"]["nodes"],
        json!([
            { "key": { "until": "2025-06-01" }, "count": 1 },
            { "key": { "until": "2025-12-01" }, "count": 1 },
            { "key": { "until": "2026-01-01" }, "count": 2 },
            { "key": { "until": "2026-02-01" }, "count": 1 },
        ])
    );
    let bucket = |label: &str, from: Option<i32>, to: Option<i32>, sum: &str| {
        json!({
            "key": { "untilAge": { "label": label, "from": from, "to": to }, "until": null },
            "sum": { "number": sum },
        })
    };
    assert_eq!(
        data["ages"]["nodes"],
        json!([
            bucket("current", None, Some(0), "3"),
            bucket("1-30", Some(1), Some(30), "4"),
            bucket("31-60", Some(31), Some(60), "8"),
            bucket("91+", Some(91), None, "16"),
        ])
    );
    let own = |title: &str, label: &str, count: i32| json!({ "key": { "book": { "title": title }, "untilAge": { "label": label } }, "count": count });
    let mut groups = data["own"]["nodes"].as_array().unwrap().clone();
    groups.sort_by_key(ToString::to_string);
    let mut expected =
        vec![own("Emma", "up to -1", 1), own("Emma", "0-365", 2), own("Ulysses", "0-365", 2)];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(groups, expected);
    let year = data["days"]["nodes"][0]["key"]["lastLentAt"].as_str().unwrap();
    assert!(year.ends_with("-12-31T22:00:00Z"), "{year}");
    stage.close().await;
}

#[tokio::test]
async fn groups_that_make_no_sense_are_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for (arguments, expected) in [
        (
            "by: {field: STANDING, every: DAY}",
            "by[0].field: STANDING is neither a date nor a time, which every and age need",
        ),
        ("by: [{field: UNTIL}, {field: UNTIL}]", "by[1].field: the field was named before"),
        (
            "by: {field: UNTIL, every: DAY, age: {on: \"2026-01-01\"}}",
            "by[0]: use every or age, not both",
        ),
        (
            "by: {field: UNTIL, age: {on: \"soon\"}}",
            "by[0].age.on: expected a date like 2026-11-20",
        ),
        (
            "by: {field: UNTIL, age: {on: \"2026-01-01\", edges: [3, 2]}}",
            "by[0].age.edges: expected 1 to 31 rising numbers of days, got [3, 2]",
        ),
        (
            "by: {field: UNTIL}, orderBy: {by: KEY, field: NUMBER}",
            "orderBy[0].field: the rows are not grouped by NUMBER",
        ),
        (
            "orderBy: {by: SUM, field: STANDING}",
            "orderBy[0].field: STANDING cannot be worked out that way",
        ),
        ("first: 1000", "first: expected a number from 0 to 200, got 1000"),
    ] {
        let answer =
            tenant.ask(&format!("{{ openLoanGroups({arguments}) {{ nodes {{ count }} }} }}")).await;
        assert_eq!(answer.error(), ("VALIDATION", expected));
        assert_eq!(answer.errors()[0]["path"], json!(["openLoanGroups"]));
    }
    loans(&tenant).await;
    let zone = "{ shelvedBookGroups(by: {field: LAST_LENT_AT, every: DAY, timeZone: \"Nowhere/At\"}) { nodes { count } } }";
    let answer = tenant.ask(zone).await;
    assert_eq!(answer.error().0, "VALIDATION", "{:#}", answer.body);
    stage.close().await;
}
