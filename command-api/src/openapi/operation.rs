//! One command as an operation.

use domain::kernel::{AggregateEntry, CommandEntry};
use serde_json::{Map, Value, json};

use super::{reference, responses, tag};

/// What can be done under the path.
pub(super) fn item(aggregate: &AggregateEntry, command: &CommandEntry, body: &str) -> Value {
    let mut item = Map::new();
    if !command.creates {
        let id = json!({
            "name": "id",
            "in": "path",
            "required": true,
            "description": format!("Which {}.", words(aggregate.name)),
            "schema": {
                "type": "string",
                "pattern": format!("^{}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$", aggregate.prefix),
            },
            "example": format!("{}_{}", aggregate.prefix, crate::example::ULID),
        });
        item.insert("parameters".to_owned(), json!([id]));
    }
    item.insert("post".to_owned(), operation(aggregate, command, body));
    Value::Object(item)
}

fn operation(aggregate: &AggregateEntry, command: &CommandEntry, body: &str) -> Value {
    json!({
        "operationId": format!("{}_{}", aggregate.name, command.name.replace('-', "_")),
        "tags": [tag(aggregate)],
        "summary": summary(&command.doc),
        "description": command.doc,
        "parameters": parameters(command),
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": reference("schemas", body) } },
        },
        "responses": responses::of(aggregate, command),
    })
}

fn parameters(command: &CommandEntry) -> Vec<Value> {
    let if_match = (!command.creates).then_some("IfMatch");
    ["IdempotencyKey"]
        .into_iter()
        .chain(if_match)
        .chain(["Prefer", "CorrelationId", "Reason", "TraceParent"])
        .map(|name| reference("parameters", name))
        .collect()
}

/// The first sentence, without its full stop.
fn summary(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim().trim_end_matches('.').to_owned()
}

/// `credit_note` as `credit note`.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_summary_is_one_sentence() {
        assert_eq!(summary("Issues a draft: fixes its lines."), "Issues a draft: fixes its lines");
        assert_eq!(summary("Marks\nit. Ignored if paid.\n\nMore."), "Marks it");
    }
}
