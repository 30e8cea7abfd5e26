//! A command as it was given: which one, to which aggregate, with what fields.

use domain::kernel::{Actor, Timestamp};
use event_store::{CommandError, Order};
use serde_json::{Map, Value};
use service::{auth::Principal, http::Problem};
use ulid::Ulid;

use crate::{
    example::ULID,
    fields::{FieldError, below, shown},
    problem,
    request::{Headers, write_object},
    routes::Target,
};

/// A command that leads somewhere. What its fields hold is not known yet.
pub(crate) struct Given<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) id: Ulid,
    /// Whether the id was made up here.
    pub(crate) minted: bool,
    /// The fields without the id.
    fields: Map<String, Value>,
    /// Where in the request the fields are: nowhere in particular, or
    /// `commands[3].body`.
    place: String,
}

impl<'a> Given<'a> {
    pub(crate) fn of(
        target: Target<'a>,
        id: Option<&str>,
        mut fields: Map<String, Value>,
        place: String,
    ) -> Result<Self, Problem> {
        let aggregate = target.aggregate;
        if let Some(text) = id {
            let id = aggregate.parse_id(text);
            let id = id.ok_or_else(|| problem::not_found(aggregate.name, text))?;
            return Ok(Self { target, id, minted: false, fields, place });
        }
        let Some(given) = fields.shift_remove("id") else {
            return Ok(Self { target, id: Ulid::generate(), minted: true, fields, place });
        };
        if let Some(id) = given.as_str().and_then(|text| aggregate.parse_id(text)) {
            return Ok(Self { target, id, minted: false, fields, place });
        }
        let (prefix, shown) = (aggregate.prefix, shown(&given));
        let message = format!("must be an id like {prefix}_{ULID}, is {shown}");
        let bad = FieldError { field: below(&place, "id"), message };
        let other = Self { target, id: Ulid::nil(), minted: true, fields, place }.errors(None);
        Err(problem::invalid(&[vec![bad], other].concat()))
    }

    /// All that is wrong with the fields, with what the decoder stumbled over.
    pub(crate) fn errors(&self, stumbled: Option<(String, String)>) -> Vec<FieldError> {
        let body = Value::Object(self.fields.clone());
        let (fields, schema) = (self.target.fields, &self.target.command.schema);
        let mut errors = match stumbled {
            Some((field, message)) => {
                fields.errors_with(schema, &body, FieldError { field, message })
            }
            None => fields.errors(schema, &body),
        };
        for error in &mut errors {
            error.field = match error.field.as_str() {
                "" => self.place.clone(),
                field => below(&self.place, field),
            };
        }
        errors
    }

    /// Makes up its id in a way of its own, if one had to be made up.
    pub(crate) fn mint(&mut self, id: Ulid) {
        if std::mem::take(&mut self.minted) {
            self.id = id;
        }
    }

    /// Refuses what the decoder would take although nobody may send it.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.target.fields.hides_a_person(&self.fields) {
            return Err(problem::invalid(&self.errors(None)));
        }
        Ok(())
    }

    /// What became of it, in the client's words.
    pub(crate) fn problem(&self, error: CommandError, repeatable: bool) -> Problem {
        match error {
            CommandError::Invalid { field, message } => {
                problem::invalid(&self.errors(Some((field, message))))
            }
            error => {
                problem::of_command(error, self.target.aggregate.name, &self.id_text(), repeatable)
            }
        }
    }

    pub(crate) fn id_text(&self) -> String {
        self.target.aggregate.id_text(self.id)
    }

    /// The command as externally tagged JSON, in one form for all who mean the
    /// same.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let mut command = Vec::with_capacity(256);
        command.extend_from_slice(b"{\"");
        command.extend_from_slice(self.target.command.name.as_bytes());
        command.extend_from_slice(b"\":");
        write_object(&self.fields, &mut command);
        command.push(b'}');
        command
    }
}

/// Who gives a command, when, and what else is said beside it.
pub(crate) struct Circumstances {
    pub(crate) tenant: Ulid,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    pub(crate) correlation_id: Option<Ulid>,
    pub(crate) reason: Option<String>,
    pub(crate) trace_parent: Option<String>,
    pub(crate) validate_only: bool,
}

impl Circumstances {
    pub(crate) fn of(principal: &Principal, headers: &Headers, trace: Option<String>) -> Self {
        Self {
            tenant: principal.tenant,
            actor: principal.actor(),
            now: service::now(),
            correlation_id: headers.correlation_id,
            reason: headers.reason.clone(),
            trace_parent: trace,
            validate_only: headers.prefer.validate_only,
        }
    }

    /// The order to give a command, which nobody can repeat.
    pub(crate) fn order(&self, given: &Given<'_>, expected_version: Option<u64>) -> Order {
        let command_id = Ulid::generate();
        Order {
            minted: given.minted,
            correlation_id: self.correlation_id.unwrap_or(command_id),
            reason: self.reason.clone(),
            trace_parent: self.trace_parent.clone(),
            expected_version,
            validate_only: self.validate_only,
            ..Order::new(
                command_id,
                self.tenant,
                (given.target.aggregate.name, given.id),
                given.canonical(),
                (self.actor.clone(), self.now),
            )
        }
    }
}
