//! The body of a batch.

use serde_json::{Map, Value, json};
use service::http::{Code, Problem};

use crate::{fields::Fields, problem, routes::Path};

/// Reads bodies of batches.
pub(crate) struct Envelopes {
    schema: Value,
    fields: Fields,
}

/// A batch as it was sent.
pub(crate) struct Envelope {
    pub(super) atomic: bool,
    pub(super) commands: Vec<Sent>,
}

/// One command as it was sent.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) path: String,
    pub(super) body: Map<String, Value>,
    pub(super) if_match: Option<u64>,
}

/// What the body of a batch of so many commands looks like.
pub(crate) fn schema(most: usize) -> Value {
    let command = json!({
        "type": "object",
        "description": "One command, as it would be posted by itself.",
        "properties": {
            "path": {
                "type": "string",
                "description": "Where it would be posted: `/v1/…`.",
            },
            "body": {
                "type": "object",
                "description": "Its body; nothing when left out.",
            },
            "if_match": {
                "type": "integer",
                "minimum": 0,
                "description": "The version that the aggregate must have: the number in the \
                    `ETag` of an earlier answer. In a batch that is all or nothing, the version \
                    that the earlier commands leave.",
            },
        },
        "required": ["path"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "description": "Several commands.",
        "properties": {
            "atomic": {
                "type": "boolean",
                "description": "Whether all are to be stored or none.",
            },
            "commands": {
                "type": "array",
                "minItems": 1,
                "maxItems": most,
                "description": "The commands, in their order.",
                "items": command,
            },
        },
        "required": ["atomic", "commands"],
        "additionalProperties": false,
    })
}

impl Envelopes {
    /// For batches of so many commands at most.
    ///
    /// # Errors
    /// What is wrong with the schema.
    pub(crate) fn new(most: usize) -> Result<Self, String> {
        let schema = schema(most);
        Ok(Self { fields: Fields::compile(&schema)?, schema })
    }

    /// Reads a body, and says of all at once what is wrong with it.
    pub(super) fn read(&self, mut body: Map<String, Value>) -> Result<Envelope, Problem> {
        let whole = Value::Object(std::mem::take(&mut body));
        let errors = self.fields.errors(&self.schema, &whole);
        if !errors.is_empty() {
            return Err(problem::invalid(&errors));
        }
        let Value::Object(mut body) = whole else { return Err(problem::invalid(&[])) };
        let commands = match body.shift_remove("commands") {
            Some(Value::Array(commands)) => commands.into_iter().map(Sent::of).collect(),
            _ => vec![],
        };
        Ok(Envelope { atomic: body.get("atomic") == Some(&Value::Bool(true)), commands })
    }
}

impl Sent {
    /// A command of which the schema found nothing wrong.
    fn of(command: Value) -> Self {
        let Value::Object(mut command) = command else { return Self::default() };
        let path = command.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let if_match = command.get("if_match").and_then(Value::as_u64);
        let body = match command.shift_remove("body") {
            Some(Value::Object(body)) => body,
            _ => Map::new(),
        };
        Self { path, body, if_match }
    }

    /// The parts of its path.
    pub(super) fn path(&self) -> Result<Path<'_>, Problem> {
        let parts: Vec<&str> = self.path.split('/').collect();
        match *parts.as_slice() {
            ["", "v1", context, aggregate, command] => {
                Ok(Path { context, aggregate, id: None, command })
            }
            ["", "v1", context, aggregate, id, command] => {
                Ok(Path { context, aggregate, id: Some(id), command })
            }
            _ => {
                let shown: String = self.path.chars().take(80).collect();
                Err(Problem::new(Code::NotFound, format!("there is nothing at {shown}")))
            }
        }
    }
}
