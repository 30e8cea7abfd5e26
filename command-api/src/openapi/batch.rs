//! Several commands at once as an operation.

use domain::kernel::{AggregateEntry, CommandEntry, Registry};
use serde_json::{Map, Value, json};

use super::reference;
use crate::{batch::schema, example, routes::path_of};

/// The most commands in a batch, unless it is configured otherwise.
const MOST: usize = 100;

const ABOUT: &str = "Gives several commands of one tenant at once, each as it would be posted by \
    itself.\n\n\
    With `atomic: true` all are stored or none: each is decided on what the earlier ones leave, \
    and their events follow each other without a gap. If one is refused, the answer is its \
    refusal, and `details.index` says which it was. With `atomic: false` each has its own result: \
    commands to the same thing run in their order, others at the same time. The status is 200 \
    when all went well, else 207.\n\n\
    A later command may name a thing that an earlier one brings into being, before anybody knows \
    its id: what its ids begin with, `_$`, and the place of that command, counted from 0. See the \
    example; it may stand in paths and in bodies.\n\n\
    An `Idempotency-Key` stands for the whole batch: sent again, whatever was done gets the first \
    answer again, and what was refused is tried again. With `Prefer: validate-only` nothing is \
    stored.";

/// What can be done under the path.
pub(super) fn item() -> Value {
    let parameters: Vec<Value> =
        ["IdempotencyKey", "Prefer", "CorrelationId", "Reason", "TraceParent"]
            .into_iter()
            .map(|name| reference("parameters", name))
            .collect();
    json!({ "post": {
        "operationId": "batch",
        "tags": ["batch"],
        "summary": "Gives several commands at once",
        "description": ABOUT,
        "parameters": parameters,
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": reference("schemas", "Batch") } },
        },
        "responses": responses(),
    } })
}

/// The schemas that only batches need.
pub(super) fn schemas(registry: &Registry) -> Map<String, Value> {
    let mut batch = schema(MOST);
    if let Value::Object(batch) = &mut batch {
        batch.insert("examples".to_owned(), json!([example(registry)]));
    }
    let done = json!({
        "type": "object",
        "description": "What became of one command.",
        "required": ["status"],
        "properties": {
            "status": { "type": "integer", "description": "As it would be alone." },
            "data": { "$ref": "#/components/schemas/CommandReceipt/properties/data" },
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": { "type": "string" },
                    "message": { "type": "string" },
                    "details": { "type": "object" },
                },
            },
        },
    });
    let receipt = json!({
        "type": "object",
        "description": "What became of a batch.",
        "required": ["data"],
        "properties": { "data": {
            "type": "object",
            "required": ["atomic", "position", "results"],
            "properties": {
                "atomic": { "type": "boolean" },
                "position": {
                    "type": ["integer", "null"], "format": "int64", "minimum": 0,
                    "description": "The place in the tenant's log by which everything that was \
                        done is there; null when nothing was.",
                },
                "results": {
                    "type": "array",
                    "description": "One per command, in their order.",
                    "items": done,
                },
            },
        } },
    });
    Map::from_iter([("Batch".to_owned(), batch), ("BatchReceipt".to_owned(), receipt)])
}

/// One that brings a thing into being, and another that refers to it.
fn example(registry: &Registry) -> Value {
    let alone = || registry.aggregates().iter().flat_map(births).next();
    let commands = registry
        .aggregates()
        .iter()
        .flat_map(births)
        .find_map(|birth| {
            let (field, of) = birth.refers_to()?;
            let first = births(registry.aggregate(&of)?).next()?;
            let mut second = birth.example()?;
            let id = format!("{}_$0", first.aggregate.prefix);
            second.get_mut("body")?.as_object_mut()?.insert(field, id.into());
            Some(vec![first.example()?, second])
        })
        .or_else(|| Some(vec![alone()?.example()?]));
    json!({ "atomic": true, "commands": commands.unwrap_or_default() })
}

/// A command that brings a thing into being.
struct Birth<'a> {
    aggregate: &'a AggregateEntry,
    command: &'a CommandEntry,
}

fn births(aggregate: &AggregateEntry) -> impl Iterator<Item = Birth<'_>> {
    let creating = aggregate.commands.iter().filter(|command| command.creates);
    creating.map(move |command| Birth { aggregate, command })
}

impl Birth<'_> {
    fn example(&self) -> Option<Value> {
        let body = example::of(&self.command.schema, &self.command.schema)?;
        Some(json!({ "path": path_of(self.aggregate, self.command), "body": body }))
    }

    /// A field that names a thing of another kind, and which kind.
    fn refers_to(&self) -> Option<(String, String)> {
        let required = self.command.schema.get("required")?.as_array()?;
        let fields = self.command.schema.get("properties")?.as_object()?;
        fields.iter().filter(|(name, _)| required.contains(&json!(name))).find_map(
            |(name, field)| {
                let of = field.get("x-id")?.as_str()?;
                (of != self.aggregate.name).then(|| (name.clone(), of.to_owned()))
            },
        )
    }
}

fn responses() -> Value {
    let results = |description: &str| {
        json!({
            "description": description,
            "headers": {
                "Consistency-Token": reference("headers", "ConsistencyToken"),
                "Preference-Applied": reference("headers", "PreferenceApplied"),
            },
            "content": { "application/json": { "schema": reference("schemas", "BatchReceipt") } },
        })
    };
    let mut responses = Map::from_iter([
        ("200".to_owned(), results("All is so now.")),
        ("207".to_owned(), results("Some of it is so now: every result says which.")),
    ]);
    for (status, name) in [
        ("400", "Malformed"),
        ("401", "Unauthenticated"),
        ("403", "Forbidden"),
        ("404", "NotFound"),
        ("409", "Conflict"),
        ("412", "PreconditionFailed"),
        ("413", "TooLarge"),
        ("415", "NotJson"),
        ("422", "BatchRefused"),
        ("500", "Internal"),
        ("503", "Unavailable"),
    ] {
        responses.insert(status.to_owned(), reference("responses", name));
    }
    Value::Object(responses)
}
