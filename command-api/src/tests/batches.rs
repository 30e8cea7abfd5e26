//! Several commands in one request.

use std::sync::Arc;

use async_trait::async_trait;
use event_store::ReadError;
use futures_util::future::join_all;
use serde_json::{Value, json};
use ulid::Ulid;

use super::{
    refused::{ACQUIRE, error, error_with},
    site::{Parts, Site, Told, token, told},
};

use crate::ReadModels;

const LEND: &str = "/v1/library/loan/lend";

impl Site {
    async fn batch(&self, atomic: bool, commands: &Value) -> Told {
        told(self.post("/v1/batch", &json!({ "atomic": atomic, "commands": commands }))).await
    }

    async fn keyed(&self, key: &str, atomic: bool, commands: &Value) -> Told {
        let body = json!({ "atomic": atomic, "commands": commands });
        told(self.post("/v1/batch", &body).header("Idempotency-Key", key)).await
    }
}

fn acquire(isbn: &str) -> Value {
    json!({ "path": ACQUIRE, "body": { "isbn": isbn, "title": "a title" } })
}

fn lend(book: &str) -> Value {
    let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
    json!({ "path": LEND, "body": body })
}

fn renew(loan: &str, until: &str) -> Value {
    json!({ "path": format!("/v1/library/loan/{loan}/renew"), "body": { "until": until } })
}

#[tokio::test(flavor = "multi_thread")]
async fn all_or_nothing_is_done_in_order() {
    let site = Site::new();
    let commands = json!([acquire("1"), lend("bok_$0"), renew("lon_$1", "2999-02-01")]);
    let answer = site.batch(true, &commands).await;
    let results = &answer.body["data"]["results"];
    let (book, loan) = (results[0]["data"]["id"].clone(), results[1]["data"]["id"].clone());
    assert!(book.as_str().unwrap().starts_with("bok_"), "{book}");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({ "data": { "atomic": true, "position": 3, "results": [
            { "status": 201, "data": {
                "id": book, "version": 1, "position": 1, "outcome": "executed",
                "events": ["book.acquired"],
            } },
            { "status": 201, "data": {
                "id": loan, "version": 1, "position": 2, "outcome": "executed",
                "events": ["loan.lent"],
            } },
            { "status": 200, "data": {
                "id": loan, "version": 2, "position": 3, "outcome": "executed",
                "events": ["loan.renewed"],
            } },
        ] } })
    );
    let consistency = format!("tnt_{}:3", site.tenant);
    assert_eq!(answer.header("consistency-token"), Some(consistency.as_str()));
    assert_eq!(answer.header("etag"), None);
    // What belongs together says so.
    let events = site.events().await;
    let correlation = events[0].envelope.correlation_id;
    assert!(events.iter().all(|event| event.envelope.correlation_id == correlation));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_is_the_answer_of_all() {
    let site = Site::new();
    let nobody = format!("bok_{}", Ulid::generate());
    let answer = site.batch(true, &json!([acquire("1"), lend(&nobody)])).await;
    answer.refused(
        422,
        &error_with(
            "VALIDATION",
            &format!("commands[1]: there is no book {nobody} to lend"),
            &json!({ "code": "LOAN_NO_SUCH_BOOK", "book": nobody, "index": 1 }),
        ),
    );
    let answer = site.batch(true, &json!([acquire("1"), acquire("1")])).await;
    answer.refused(
        409,
        &error_with(
            "CONFLICT",
            "commands[1]: book.isbn is taken",
            &json!({ "code": "CLAIM_TAKEN", "scope": "book.isbn", "index": 1 }),
        ),
    );
    let absent = format!("lon_{}", Ulid::generate());
    let answer = site.batch(true, &json!([acquire("1"), renew(&absent, "2999-01-01")])).await;
    let message = format!("commands[1]: there is no loan {absent}");
    answer.refused(404, &error_with("NOT_FOUND", &message, &json!({ "index": 1 })));
    let answer = site.batch(true, &json!([{ "path": "/v1/library/film/rent" }])).await;
    let message = "commands[0]: there is no library/film; see /openapi.json for all there is";
    answer.refused(404, &error_with("NOT_FOUND", message, &json!({ "index": 0 })));
    assert!(site.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_for_itself_has_its_own_result() {
    let site = Site::new();
    let nobody = format!("bok_{}", Ulid::generate());
    let commands = json!([
        acquire("1"),
        lend(&nobody),
        lend("bok_$0"),
        { "path": "/v1/library/book/burn" },
        { "path": ACQUIRE, "body": { "isbn": 7 } },
        acquire("1"),
        renew("lon_$2", "2999-02-01"),
        { "path": "/v2/library" },
    ]);
    let answer = site.batch(false, &commands).await;
    assert_eq!(answer.status, 207);
    let results = answer.body["data"]["results"].as_array().unwrap();
    let statuses: Vec<u64> =
        results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 201, 404, 422, 409, 200, 404]);
    assert_eq!(results[1]["error"]["details"]["code"], "LOAN_NO_SUCH_BOOK");
    assert_eq!(
        results[3]["error"]["message"],
        "book has no command burn; it has acquire, withdraw"
    );
    assert_eq!(
        results[4]["error"]["details"]["fields"],
        json!([
            {
                "field": "commands[4].body.title",
                "message": "is missing, expected a text of 1 to 120 characters",
            },
            {
                "field": "commands[4].body.isbn",
                "message": "must be a text of 1 to 20 characters, is 7",
            },
        ])
    );
    assert_eq!(results[5]["error"]["details"]["code"], "CLAIM_TAKEN");
    assert_eq!(results[6]["data"]["version"], 2);
    assert_eq!(results[7]["error"]["message"], "there is nothing at /v2/library");
    assert_eq!(answer.body["data"]["position"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_fields_of_all_commands_are_judged_at_once() {
    let site = Site::new();
    let commands = json!([
        { "path": ACQUIRE, "body": { "isbn": 7, "title": "One" } },
        acquire("1"),
        { "path": ACQUIRE, "body": { "isbn": "2", "titel": "Two" } },
    ]);
    site.batch(true, &commands).await.refused(
        422,
        &error_with(
            "VALIDATION",
            "3 fields are not valid",
            &json!({
                "fields": [
                    {
                        "field": "commands[0].body.isbn",
                        "message": "must be a text of 1 to 20 characters, is 7",
                    },
                    {
                        "field": "commands[2].body.title",
                        "message": "is missing, expected a text of 1 to 120 characters",
                    },
                    {
                        "field": "commands[2].body.titel",
                        "message": "is unknown; did you mean title?",
                    },
                ],
                "index": 0,
            }),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_batch_itself_has_a_shape() {
    let tenant = Ulid::generate();
    let mut parts = Parts::in_memory(tenant);
    parts.config.command_api.max_batch = 2;
    let site = Site::of(tenant, parts);
    let refused = async |body: Value, fields: &[(&str, &str)]| {
        let answer = told(site.post("/v1/batch", &body)).await;
        let told = answer.body["error"]["details"]["fields"].as_array().unwrap().clone();
        let told: Vec<(&str, &str)> = told
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["message"].as_str().unwrap()))
            .collect();
        assert_eq!((answer.status, told.as_slice()), (422, fields));
    };
    refused(
        json!({ "comands": [] }),
        &[
            ("atomic", "is missing, expected true or false"),
            ("commands", "is missing, expected a list"),
            ("comands", "is unknown; did you mean commands?"),
        ],
    )
    .await;
    let entries = [("commands", "must have 1 to 2 entries, has 0")];
    refused(json!({ "atomic": true, "commands": [] }), &entries).await;
    let entries = [("commands", "must have 1 to 2 entries, has 3")];
    refused(
        json!({ "atomic": true, "commands": [acquire("1"), acquire("2"), acquire("3")] }),
        &entries,
    )
    .await;
    let command = json!({ "path": 1, "body": [], "if_match": "\"7\"", "method": "POST" });
    refused(
        json!({ "atomic": true, "commands": [command, {}] }),
        &[
            ("commands[0].path", "must be a text, is 1"),
            ("commands[0].body", "must be an object, is a list"),
            ("commands[0].if_match", "must be a whole number of at least 0, is \"\\\"7\\\"\""),
            ("commands[0].method", "is unknown; known are path, body, if_match"),
            ("commands[1].path", "is missing, expected a text"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_lead_to_earlier_commands() {
    let site = Site::new();
    let refused = async |commands: Value, field: &str, message: &str| {
        let answer = site.batch(true, &commands).await;
        let fields = &answer.body["error"]["details"]["fields"];
        assert_eq!(
            (answer.status, fields),
            (422, &json!([{ "field": field, "message": message }]))
        );
    };
    let later = "must be an id, is \"bok_$1\", which is not the id of an earlier command";
    refused(json!([lend("bok_$1"), acquire("1")]), "commands[0].body.book", later).await;
    let renewed = json!([acquire("1"), renew("lon_$0", "2999-01-01")]);
    let answer = site.batch(true, &renewed).await;
    let message = answer.error()["message"].as_str().unwrap().to_owned();
    let about = "commands[1].path must be an id, is \"lon_$0\", but commands[0] is about bok_";
    assert!(message.starts_with(about), "{message}");
    // Of no kind that there is: a text like any other.
    let commands = json!([{ "path": ACQUIRE, "body": { "isbn": "US_$0", "title": "$0" } }]);
    assert_eq!(site.batch(true, &commands).await.status, 200);
    // What is not valid itself leads nowhere.
    let commands = json!([{ "path": "/v1/library/book/burn" }, lend("bok_$0")]);
    let answer = site.batch(false, &commands).await;
    assert_eq!(
        answer.body["data"]["results"][1]["error"]["message"],
        "commands[1].body.book must be an id, is \"bok_$0\", but commands[0] is not valid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_insisted_on_per_command() {
    let site = Site::new();
    let loan = site.loan(&site.book("1").await).await;
    let at = |until: &str, version: u64| {
        let mut command = renew(&loan, until);
        command["if_match"] = version.into();
        command
    };
    let answer = site.batch(true, &json!([at("2999-02-01", 1), at("2999-03-01", 2)])).await;
    assert_eq!(answer.body["data"]["results"][1]["data"]["version"], 3);
    let answer = site.batch(true, &json!([acquire("2"), at("2999-03-01", 1)])).await;
    answer.refused(
        412,
        &error_with(
            "PRECONDITION",
            "commands[1]: it is at version 3, expected 1",
            &json!({ "expected": 1, "actual": 3, "index": 1 }),
        ),
    );
    let body = json!({ "atomic": true, "commands": [acquire("3")] });
    let answer = told(site.post("/v1/batch", &body).header("If-Match", "\"1\"")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.error()["details"]["headers"][0]["message"],
        "a version belongs to one command: give it there as if_match"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_may_only_be_validated() {
    let site = Site::new();
    for atomic in [true, false] {
        let body = json!({ "atomic": atomic, "commands": [acquire("1"), acquire("2")] });
        let request = site.post("/v1/batch", &body).header("Idempotency-Key", "try");
        let answer = told(request.header("Prefer", "validate-only")).await;
        assert_eq!(
            (answer.status, answer.header("preference-applied")),
            (200, Some("validate-only"))
        );
        assert_eq!(answer.header("consistency-token"), None);
        let data = &answer.body["data"]["results"][1]["data"];
        assert_eq!(
            (&data["outcome"], &data["events"][0]["fields"]["isbn"]),
            (&json!("validated"), &json!("2"))
        );
    }
    let both = json!([acquire("1"), lend("bok_$0")]);
    let body = json!({ "atomic": true, "commands": both });
    let answer = told(site.post("/v1/batch", &body).header("Prefer", "validate-only")).await;
    assert_eq!(answer.body["data"]["results"][1]["data"]["events"][0]["fields"]["number"], 1);
    assert!(site.events().await.is_empty());
}

/// Read models that have come as far as the batch.
struct Arrived;

#[async_trait]
impl ReadModels for Arrived {
    async fn reach(&self, _: Ulid, position: u64) -> Result<(), ReadError> {
        assert_eq!(position, 2);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_the_last_of_them() {
    let tenant = Ulid::generate();
    let mut parts = Parts::in_memory(tenant);
    parts.read_models = Some(Arc::new(Arrived));
    let site = Site::of(tenant, parts);
    let body = json!({ "atomic": true, "commands": [acquire("1"), acquire("2")] });
    let answer = told(site.post("/v1/batch", &body).header("Prefer", "wait=5")).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (200, Some("wait=5")));
}

/// The same answer, but for how it came about.
fn same(answer: &Told) -> (u16, Value) {
    let mut body = answer.body.clone();
    for result in body["data"]["results"].as_array_mut().unwrap() {
        result["data"]["outcome"] = Value::Null;
    }
    (answer.status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_batch_gets_the_first_answer() {
    for atomic in [true, false] {
        let site = Site::new();
        let commands = json!([acquire("1"), lend("bok_$0"), renew("lon_$1", "2999-02-01")]);
        let first = site.keyed("key", atomic, &commands).await;
        let loan = first.body["data"]["results"][1]["data"]["id"].as_str().unwrap();
        let back = site.post(&format!("/v1/library/loan/{loan}/return"), &json!({}));
        assert_eq!(told(back).await.status, 200);
        let again = site.keyed("key", atomic, &commands).await;
        assert_eq!(same(&first), same(&again));
        assert_eq!(again.body["data"]["results"][2]["data"]["outcome"], "repeated");
        assert_eq!(site.events().await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_batch() {
    let site = Site::new();
    let reused = error_with(
        "VALIDATION",
        "the idempotency key was used before, for another request",
        &json!({ "code": "IDEMPOTENCY_KEY_REUSED" }),
    );
    site.keyed("key", true, &json!([acquire("1")])).await;
    for atomic in [true, false] {
        site.keyed("key", atomic, &json!([acquire("2")])).await.refused(422, &reused);
        site.keyed("key", atomic, &json!([acquire("1"), acquire("2")])).await.refused(422, &reused);
    }
    let single = site.post(ACQUIRE, &json!({ "isbn": "3", "title": "Three" }));
    told(single.header("Idempotency-Key", "key")).await.refused(422, &reused);
    let single = site.post(ACQUIRE, &json!({ "isbn": "3", "title": "Three" }));
    assert_eq!(told(single.header("Idempotency-Key", "single")).await.status, 201);
    for atomic in [true, false] {
        site.keyed("single", atomic, &json!([acquire("4")])).await.refused(422, &reused);
    }
    assert_eq!(site.events().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_tried_again() {
    let site = Site::new();
    let book = format!("bok_{}", Ulid::generate());
    let commands = json!([acquire("1"), lend(&book)]);
    assert_eq!(site.keyed("all", true, &json!([lend(&book)])).await.status, 422);
    assert_eq!(site.keyed("each", false, &commands).await.status, 207);
    let body = json!({ "isbn": "2", "title": "a title", "id": book });
    assert_eq!(told(site.post(ACQUIRE, &body)).await.status, 201);
    let again = site.keyed("each", false, &commands).await;
    let outcomes: Vec<&Value> =
        (0..2).map(|place| &again.body["data"]["results"][place]["data"]["outcome"]).collect();
    assert_eq!((again.status, outcomes), (200, vec![&json!("repeated"), &json!("executed")]));
    let returned = again.body["data"]["results"][1]["data"]["id"].as_str().unwrap();
    let back = site.post(&format!("/v1/library/loan/{returned}/return"), &json!({}));
    assert_eq!(told(back).await.status, 200);
    assert_eq!(site.keyed("all", true, &json!([lend(&book)])).await.status, 200);
}

/// Fifty at once: one set of events, fifty equal answers.
pub(super) async fn storm(site: &Site) {
    for (atomic, events) in [(true, 2), (false, 4)] {
        let isbn = if atomic { "1" } else { "2" };
        let commands = json!([acquire(isbn), lend("bok_$0")]);
        let key = format!("storm-{atomic}");
        let answers = join_all((0..50).map(|_| site.keyed(&key, atomic, &commands))).await;
        assert_eq!(answers[0].status, 200, "{}", answers[0].body);
        assert!(answers.iter().all(|answer| same(answer) == same(&answers[0])));
        assert_eq!(site.events().await.len(), events);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_repetitions_is_one_batch() {
    storm(&Site::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gates_are_those_of_one_command() {
    let site = Site::new();
    let body = json!({ "atomic": false, "commands": [acquire("1")] });
    let viewer = token(&site.issuer, site.tenant, "vera", "viewer");
    told(site.post_as(&viewer, "/v1/batch").json(&body)).await.refused(
        403,
        &error("AUTHZ", "your roles do not allow commands; ask an admin of the tenant for another"),
    );
    let nobody = site.client.post(format!("{}/v1/batch", site.url)).json(&body);
    assert_eq!(told(nobody).await.status, 401);
    let text = site.post_as(&site.token, "/v1/batch").body("x");
    assert_eq!(told(text).await.status, 415);
    let get = told(site.client.get(format!("{}/v1/batch", site.url))).await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let metrics = told(site.client.get(format!("{}/metrics", site.url))).await;
    assert!(metrics.body.as_str().unwrap().contains("path=\"/v1/batch\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_a_largest_size() {
    let tenant = Ulid::generate();
    let mut parts = Parts::in_memory(tenant);
    parts.config.command_api.max_batch_bytes = 100;
    let site = Site::of(tenant, parts);
    let answer = site.batch(true, &json!([acquire(&"1".repeat(100))])).await;
    answer.refused(413, &error("VALIDATION", "the body is larger than 100 bytes"));
}
