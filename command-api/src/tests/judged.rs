//! Bodies whose fields are not what the command declares.

use serde_json::json;

use super::{
    refused::{ACQUIRE, error_with},
    site::{Site, told},
};

#[tokio::test(flavor = "multi_thread")]
async fn all_fields_are_judged_at_once() {
    let site = Site::new();
    let body = json!({ "isbn": 7, "titel": "On lending", "id": "lon_1" });
    told(site.post(ACQUIRE, &body)).await.refused(
        422,
        &error_with(
            "VALIDATION",
            "4 fields are not valid",
            &json!({ "fields": [
                {
                    "field": "id",
                    "message": "must be an id like bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, is \"lon_1\"",
                },
                {
                    "field": "title",
                    "message": "is missing, expected a text of 1 to 120 characters",
                },
                { "field": "isbn", "message": "must be a text of 1 to 20 characters, is 7" },
                { "field": "titel", "message": "is unknown; did you mean title?" },
            ] }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_field_is_told_in_the_message() {
    let site = Site::new();
    let body = json!({ "isbn": "1", "title": "\u{7}" });
    let message = "must be printable: neither blank nor with control characters";
    told(site.post(ACQUIRE, &body)).await.refused(
        422,
        &error_with(
            "VALIDATION",
            &format!("title {message}"),
            &json!({ "fields": [{ "field": "title", "message": message }] }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_cannot_be_left_blank() {
    let site = Site::new();
    let body = json!({
        "book": "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B", "borrower": null, "until": "2999-01-01",
    });
    let answer = told(site.post("/v1/library/loan/lend", &body)).await;
    let message = "must be a text of 1 to 80 characters, is null";
    answer.refused(
        422,
        &error_with(
            "VALIDATION",
            &format!("borrower {message}"),
            &json!({ "fields": [{ "field": "borrower", "message": message }] }),
        ),
    );
}
