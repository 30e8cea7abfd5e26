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
        ("by: {field: UNTIL, every: HOUR}", "by[0].every: UNTIL has no hours, only days"),
        (
            "having: {avg: {number: {gt: \"1e5\"}}}",
            "having.avg.number.gt: expected a number like \"12.5\", got \"1e5\"",
        ),
        (
            "having: {count: null}",
            "having.count: null asks for nothing; leave it out, or use isNull",
        ),
        (
            "having: {or: [{max: {until: {lt: \"x\"}}}]}",
            "having.or[0].max.until.lt: expected a date like 2026-11-20, got \"x\"",
        ),
        ("first: 1000", "first: expected a number from 0 to 200, got 1000"),
    ] {
        let answer =
            tenant.ask(&format!("{{ openLoanGroups({arguments}) {{ nodes {{ count }} }} }}")).await;
        assert_eq!(answer.error(), ("VALIDATION", expected));
        assert_eq!(answer.errors()[0]["path"], json!(["openLoanGroups"]));
    }
    // Even where there is nothing to group.
    let zone = "{ shelvedBookGroups(by: {field: LAST_LENT_AT, every: DAY, timeZone: \"Nowhere/At\"}) { nodes { count } } }";
    let answer = tenant.ask(zone).await;
    let expected = "by[0].timeZone: time zone \"Nowhere/At\" not recognized; use a name like \
                    Africa/Johannesburg";
    assert_eq!(answer.error(), ("VALIDATION", expected));
    stage.close().await;
}

#[tokio::test]
async fn periods_follow_the_clocks_of_their_zone() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    // Clocks go back in Berlin at 01:00 UTC, and forward in March.
    let times = [
        "2026-10-24T21:59:59Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T22:59:59Z",
        "2026-10-25T23:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59Z",
        "2026-03-29T22:00:00Z",
    ];
    for time in times {
        let sql = "INSERT INTO read.shelf_v1 SELECT $1, gen_random_uuid(), 'x', false, 0,
                       $2::text::timestamptz, NULL, 1";
        stage.admin.execute(sql, &[&event_store::pg::uuid(tenant.id), &time]).await.unwrap();
    }
    let groups = async |every: &str, zone: &str| {
        let query = format!(
            "{{ shelvedBookGroups(by: {{field: LAST_LENT_AT, every: {every}, timeZone: \"{zone}\"}})
                {{ nodes {{ key {{ lastLentAt }} count }} }} }}"
        );
        let data = tenant.data(&query).await;
        let nodes = data["shelvedBookGroups"]["nodes"].as_array().unwrap().clone();
        let shown = nodes.iter().map(|it| {
            (it["key"]["lastLentAt"].as_str().unwrap().to_owned(), it["count"].as_i64().unwrap())
        });
        shown.collect::<Vec<_>>()
    };
    let expected = |groups: &[(&str, i64)]| -> Vec<(String, i64)> {
        groups.iter().map(|(time, count)| ((*time).to_owned(), *count)).collect()
    };
    // A day of 23 hours, and one of 25.
    assert_eq!(
        groups("DAY", "Europe/Berlin").await,
        expected(&[
            ("2026-03-28T23:00:00Z", 2),
            ("2026-03-29T22:00:00Z", 1),
            ("2026-10-23T22:00:00Z", 1),
            ("2026-10-24T22:00:00Z", 4),
            ("2026-10-25T23:00:00Z", 1),
        ])
    );
    // Both hours that are called two o'clock.
    let hours = groups("HOUR", "Europe/Berlin").await;
    assert!(hours.contains(&("2026-10-25T00:00:00Z".to_owned(), 1)), "{hours:?}");
    assert!(hours.contains(&("2026-10-25T01:00:00Z".to_owned(), 1)), "{hours:?}");
    assert_eq!(
        groups("MONTH", "Europe/Berlin").await,
        expected(&[("2026-02-28T23:00:00Z", 3), ("2026-09-30T22:00:00Z", 6)])
    );
    stage.close().await;
}

async fn holdings(tenant: &Tenant<'_>) {
    for (currency, price) in [("EUR", 100), ("EUR", 101), ("EUR", 101), ("ZAR", -5), ("ZAR", 0)] {
        let sql = "INSERT INTO read.holdings_v1 SELECT * FROM jsonb_populate_record(
                       NULL::read.holdings_v1, $1)";
        let row = json!({
            "tenant_id": event_store::pg::uuid(tenant.id).to_string(),
            "book": event_store::pg::uuid(ulid::Ulid::generate()).to_string(),
            "title": "Emma", "lent_out": true, "currency": currency, "price_minor": price,
            "marks": [], "extra": {}, "updated_position": 1,
        });
        tenant.stage.admin.execute(sql, &[&row]).await.unwrap();
    }
}

#[tokio::test]
async fn amounts_are_worked_out_by_currency() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    holdings(&tenant).await;
    let data = tenant
        .data(
            "{ all: holdingGroups(by: {field: CURRENCY}) {
                   nodes { key { currency } count sum { priceMinor } avg { priceMinor fineMinor } } }
               one: holdingGroups(filter: {currency: {eq: \"EUR\"}}) { nodes { sum { priceMinor } } }
               some: holdingGroups(by: {field: CURRENCY}, having: {or: [
                       {sum: {priceMinor: {lt: \"-4.5\"}}}, {count: {gt: 3}}]}) {
                   nodes { key { currency } } }
               top: holdingGroups(by: {field: CURRENCY}, first: 1,
                       orderBy: {by: AVG, field: PRICE_MINOR, direction: DESC}) {
                   hasMore nodes { avg { priceMinor } } } }",
        )
        .await;
    assert_eq!(
        data["all"]["nodes"],
        json!([
            { "key": { "currency": "EUR" }, "count": 3, "sum": { "priceMinor": "302" },
              "avg": { "priceMinor": "100.666667", "fineMinor": null } },
            { "key": { "currency": "ZAR" }, "count": 2, "sum": { "priceMinor": "-5" },
              "avg": { "priceMinor": "-2.5", "fineMinor": null } },
        ])
    );
    assert_eq!(data["one"]["nodes"], json!([{ "sum": { "priceMinor": "302" } }]));
    assert_eq!(data["some"]["nodes"], json!([{ "key": { "currency": "ZAR" } }]));
    assert_eq!(
        data["top"],
        json!({ "hasMore": true, "nodes": [{ "avg": { "priceMinor": "100.666667" } }] })
    );
    let expected = "priceMinor: the rows may be in several currencies, and amounts of several do \
                    not add up; group by {field: CURRENCY}, or filter by {currency: {eq: …}}";
    for (arguments, selection) in [
        ("first: 1", "sum { priceMinor }"),
        ("by: {field: TITLE}", "avg { priceMinor }"),
        ("filter: {currency: {in: [\"EUR\", \"ZAR\"]}}", "max { priceMinor }"),
        ("filter: {not: {currency: {eq: \"EUR\"}}}", "min { priceMinor }"),
        ("having: {sum: {priceMinor: {gt: 1}}}", "count"),
        ("orderBy: {by: SUM, field: PRICE_MINOR}", "count"),
    ] {
        let query = format!("{{ holdingGroups({arguments}) {{ nodes {{ {selection} }} }} }}");
        assert_eq!(tenant.ask(&query).await.error(), ("VALIDATION", expected), "{arguments}");
    }
    stage.close().await;
}
