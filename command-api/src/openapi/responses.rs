//! What a command may be answered with.

use std::fmt::Write;

use domain::kernel::{AggregateEntry, CommandEntry, pascal_case};
use serde_json::{Map, Value, json};

use super::{operation::words, reference};
use crate::problem;

/// The responses of one command.
pub(super) fn of(aggregate: &AggregateEntry, command: &CommandEntry) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), reference("responses", "Done"));
    if command.creates {
        responses.insert("201".to_owned(), reference("responses", "Created"));
    }
    for (status, name) in [
        ("400", "Malformed"),
        ("401", "Unauthenticated"),
        ("403", "Forbidden"),
        ("404", "NotFound"),
        ("409", "Conflict"),
    ] {
        responses.insert(status.to_owned(), reference("responses", name));
    }
    if !command.creates {
        responses.insert("412".to_owned(), reference("responses", "PreconditionFailed"));
    }
    responses.insert("413".to_owned(), reference("responses", "TooLarge"));
    responses.insert("415".to_owned(), reference("responses", "NotJson"));
    responses.insert("422".to_owned(), reference("responses", &refused_name(aggregate)));
    responses.insert("500".to_owned(), reference("responses", "Internal"));
    responses.insert("503".to_owned(), reference("responses", "Unavailable"));
    Value::Object(responses)
}

/// The component under which an aggregate's refusals are described.
pub(super) fn refused_name(aggregate: &AggregateEntry) -> String {
    format!("{}Refused", pascal_case(aggregate.name))
}

/// All reasons for which an aggregate's commands are refused.
pub(super) fn refused(aggregate: &AggregateEntry) -> Value {
    let mut description = format!(
        "Nothing was stored: fields are not valid (`details.fields`), or the {} refuses \
         (`details.code`).\n\n| code | meaning |\n|---|---|\n",
        words(aggregate.name)
    );
    let own = problem::UNPROCESSABLE.iter().map(|(code, doc)| (*code, *doc));
    let declared = aggregate.rejections.iter().map(|(code, doc)| (code.as_str(), doc.as_str()));
    let mut codes = vec![];
    for (code, doc) in declared.chain(own) {
        // Writing to a string cannot fail.
        let _ = writeln!(description, "| `{code}` | {} |", doc.replace('\n', " "));
        codes.push(code);
    }
    let details = json!({
        "properties": {
            "code": { "type": "string", "enum": codes },
            "fields": { "type": "array", "items": reference("schemas", "FieldError") },
        },
        "anyOf": [{ "required": ["code"] }, { "required": ["fields"] }],
    });
    let error = json!({ "required": ["details"], "properties": { "details": details } });
    let envelope = json!({
        "allOf": [
            reference("schemas", "Error"),
            { "properties": { "error": error } },
        ],
    });
    let problem = json!({
        "allOf": [reference("schemas", "Problem"), error],
    });
    json!({
        "description": description,
        "content": {
            "application/json": { "schema": envelope },
            "application/problem+json": { "schema": problem },
        },
    })
}

/// The answers that all commands have in common.
pub(super) fn shared() -> Map<String, Value> {
    let mut responses = Map::new();
    responses.insert("Done".to_owned(), done("It is so now."));
    responses.insert("Created".to_owned(), done("It exists now."));
    for (name, description) in FAILURES {
        responses.insert((*name).to_owned(), failure(description));
    }
    let mut unavailable = failure(
        "The order cannot be taken now, and nothing was stored; or it is unknown whether it was \
         stored (`OUTCOME_UNKNOWN`): repeat it with the same `Idempotency-Key`.",
    );
    if let Value::Object(response) = &mut unavailable {
        let headers = json!({ "Retry-After": reference("headers", "RetryAfter") });
        response.insert("headers".to_owned(), headers);
    }
    responses.insert("Unavailable".to_owned(), unavailable);
    responses
}

/// What may go wrong whatever the command.
const FAILURES: &[(&str, &str)] = &[
    ("Malformed", "The body is not a JSON object, or a header is not what it should be."),
    ("Unauthenticated", "There is no valid token."),
    ("Forbidden", "The actor may not give orders."),
    ("NotFound", "There is no such thing in this tenant."),
    (
        "Conflict",
        "A unique value is taken (`CLAIM_TAKEN`), the person was erased (`ERASED`), or too many orders compete for the same thing \
         (`CONTENTION`).",
    ),
    ("PreconditionFailed", "Something has happened since: it is at version `details.actual`."),
    ("TooLarge", "The body is too large."),
    ("NotJson", "The body is not declared as JSON."),
    (
        "BatchRefused",
        "Nothing was stored: fields are not valid (`details.fields`), or the command at \
         `details.index` is refused (`details.code`).",
    ),
    ("Internal", "A fault of ours."),
];

fn done(description: &str) -> Value {
    json!({
        "description": description,
        "headers": {
            "ETag": reference("headers", "ETag"),
            "Consistency-Token": reference("headers", "ConsistencyToken"),
            "Preference-Applied": reference("headers", "PreferenceApplied"),
        },
        "content": { "application/json": { "schema": reference("schemas", "CommandReceipt") } },
    })
}

fn failure(description: &str) -> Value {
    json!({
        "description": description,
        "content": {
            "application/json": { "schema": reference("schemas", "Error") },
            "application/problem+json": { "schema": reference("schemas", "Problem") },
        },
    })
}
