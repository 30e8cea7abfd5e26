//! What is nested in rows.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn what_is_nested_has_types_of_its_own() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    stage.fold().await;
    let query = "{ holdings { nodes { cover { microns colour } worth { percent money { minor } }
                   marks { page cost { minor currency } } binding extra } } }";
    let emma = json!([{
        "cover": { "microns": "9007199254740993", "colour": null },
        "worth": { "percent": "80", "money": null },
        "marks": [], "binding": "CLOTH", "extra": {},
    }]);
    assert_eq!(tenant.data(query).await["holdings"]["nodes"], emma);
    // The past is shown in the same way.
    let id = tenant.data("{ shelf { nodes { id } } }").await["shelf"]["nodes"][0]["id"].clone();
    let past = format!(
        "{{ holding(bookId: {id}, asOf: {{position: 1}}) {{ cover {{ microns colour }}
            worth {{ percent money {{ minor }} }} marks {{ page }} binding extra }} }}"
    );
    assert_eq!(tenant.data(&past).await["holding"], emma[0]);
    stage.close().await;
}

#[tokio::test]
async fn filters_of_what_is_nested_name_what_is_wrong() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    for (filter, expected) in [
        (
            "{marks: {some: {loan: {eq: \"bok_1\"}}}}",
            "filter.marks.some.loan.eq: expected an id like lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got \
             \"bok_1\"",
        ),
        (
            "{marks: {every: {or: [{foundOn: {lt: \"x\"}}]}}}",
            "filter.marks.every.or[0].foundOn.lt: expected a date like 2026-11-20, got \"x\"",
        ),
        (
            "{marks: {none: {words: {some: {contains: \"\\u0000\"}}}}}",
            "filter.marks.none.words.some.contains: expected a text without NUL characters",
        ),
        ("{cover: {colour: {eq: null}}}", "filter.cover.colour.eq: null is no value; use isNull"),
        (
            "{cover: {colour: null}}",
            "filter.cover.colour: null asks for nothing; leave it out, or use isNull",
        ),
    ] {
        let answer =
            tenant.ask(&format!("{{ holdings(filter: {filter}) {{ totalCount }} }}")).await;
        assert_eq!(answer.error(), ("VALIDATION", expected), "{filter}");
    }
    stage.close().await;
}
