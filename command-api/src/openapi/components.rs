//! What all operations share.

use serde_json::{Map, Value, json};

use super::{parameters, reference, responses};

/// All components, given the schemas of the commands and the refusals of the
/// aggregates.
pub(super) fn components(schemas: &Map<String, Value>, refused: Map<String, Value>) -> Value {
    let mut responses = responses::shared();
    responses.extend(refused);
    json!({
        "schemas": schemas,
        "parameters": parameters::parameters(),
        "headers": parameters::headers(),
        "responses": responses,
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A token that names the tenant, the actor and its roles.",
            },
        },
    })
}

/// The schemas that belong to no command.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert("CommandReceipt".to_owned(), receipt());
    schemas.insert("CommandEvent".to_owned(), event());
    schemas.insert("Error".to_owned(), error());
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("FieldError".to_owned(), field_error());
    schemas
}

fn receipt() -> Value {
    json!({
        "type": "object",
        "description": "What became of an order.",
        "required": ["data"],
        "properties": { "data": {
            "type": "object",
            "required": ["id", "version", "position", "outcome", "events"],
            "properties": {
                "id": { "type": "string", "description": "Which thing." },
                "version": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "The version it has now; after a mere validation, the one \
                        it would have.",
                },
                "position": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "The place in the tenant's log by which everything the order \
                        did is there.",
                },
                "outcome": outcome(),
                "events": events(),
            },
        } },
    })
}

fn outcome() -> Value {
    json!({
        "type": "string",
        "enum": ["executed", "already_applied", "repeated", "validated"],
        "description": "`executed`: it brought about the events. `already_applied`: it was so \
            already. `repeated`: it had been executed under the same idempotency key, and this \
            is the first answer again. `validated`: it would bring about the events; nothing was \
            stored.",
    })
}

fn events() -> Value {
    json!({
        "description": "The events in their order: their names, or all of them after a mere \
            validation.",
        "oneOf": [
            { "type": "array", "items": { "type": "string" } },
            { "type": "array", "minItems": 1, "items": reference("schemas", "CommandEvent") },
        ],
    })
}

fn event() -> Value {
    json!({
        "type": "object",
        "description": "An event that an order would bring about.",
        "required": ["name", "fields"],
        "properties": {
            "name": { "type": "string" },
            "fields": { "type": "object" },
        },
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "description": "Why nothing was stored, or why that is not known.",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {
                    "type": "string",
                    "enum": ["VALIDATION", "AUTHN", "AUTHZ", "NOT_FOUND", "CONFLICT",
                        "PRECONDITION", "RATE_LIMIT", "INTERNAL", "UNAVAILABLE"],
                },
                "message": { "type": "string" },
                "details": { "type": "object" },
                "request_id": { "type": "string" },
            },
        } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "The same as an RFC 9457 problem, for whoever accepts \
            `application/problem+json`.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": { "type": "string" },
            "details": { "type": "object" },
            "request_id": { "type": "string" },
        },
    })
}

fn field_error() -> Value {
    json!({
        "type": "object",
        "required": ["field", "message"],
        "properties": {
            "field": { "type": "string", "description": "Its path: `lines[0].unit_price.minor`." },
            "message": { "type": "string", "description": "What is wrong with it." },
        },
        "examples": [{
            "field": "due_on", "message": "must be a date like 2026-11-20, is \"soon\"",
        }],
    })
}
