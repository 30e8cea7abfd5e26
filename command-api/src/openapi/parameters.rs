//! The headers of requests and answers.

use serde_json::{Map, Value, json};

use crate::{
    example::ULID,
    request::{LONGEST_KEY, LONGEST_REASON},
};

/// The headers a command may be sent with.
pub(super) fn parameters() -> Value {
    let named = [
        ("IdempotencyKey", idempotency_key()),
        ("IfMatch", if_match()),
        ("Prefer", prefer()),
        ("CorrelationId", correlation_id()),
        ("Reason", reason()),
        ("TraceParent", trace_parent()),
    ];
    Value::Object(named.into_iter().map(|(name, header)| (name.to_owned(), header)).collect())
}

/// One header of a request. Without an example where every client has its own.
fn header(name: &str, description: &str, schema: Value, example: Option<&str>) -> Value {
    let mut header = Map::from_iter([
        ("name".to_owned(), name.into()),
        ("in".to_owned(), "header".into()),
        ("required".to_owned(), false.into()),
        ("description".to_owned(), description.into()),
        ("schema".to_owned(), schema),
    ]);
    if let Some(example) = example {
        header.insert("example".to_owned(), example.into());
    }
    Value::Object(header)
}

fn idempotency_key() -> Value {
    let about = "What the client calls this order. Sent again by the same actor with the same \
        body, the order is not executed again and gets the first answer.";
    let schema = json!({
        "type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$",
    });
    header("Idempotency-Key", about, schema, None)
}

fn if_match() -> Value {
    let about = "The `ETag` of an earlier answer, such as `\"7\"`: the order is only executed if \
        nothing has happened since.";
    let schema = json!({ "type": "string", "pattern": r#"^"(0|[1-9][0-9]{0,18})"$"# });
    header("If-Match", about, schema, None)
}

fn prefer() -> Value {
    let about = "`validate-only`: decide and answer the events, but store nothing. `wait=5`: \
        answer once the read models have it, or after so many seconds.";
    header("Prefer", about, json!({ "type": "string" }), Some("wait=5"))
}

fn correlation_id() -> Value {
    let about = "What everything that belongs together shares: a ULID or a UUID.";
    header("X-Correlation-Id", about, json!({ "type": "string" }), Some(ULID))
}

fn reason() -> Value {
    let about = "Why, for the record. UTF-8, or `UTF-8''M%C3%A4rz` where only ASCII can be sent.";
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_REASON });
    header("X-Reason", about, schema, Some("agreed on the phone"))
}

fn trace_parent() -> Value {
    let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let about = "The W3C trace that the order belongs to.";
    header("traceparent", about, json!({ "type": "string" }), Some(example))
}

/// The headers of answers.
pub(super) fn headers() -> Value {
    let header = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "ETag": header("The version it has now, for `If-Match`.", "\"7\""),
        "ConsistencyToken": header(
            "For a query that is to see what was just written.",
            &format!("tnt_{ULID}:42"),
        ),
        "PreferenceApplied": header("Which preferences were granted.", "wait=5"),
        "RetryAfter": header("After how many seconds to try again.", "1"),
    })
}
