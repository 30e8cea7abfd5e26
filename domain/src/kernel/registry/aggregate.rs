//! Aggregates, as they are declared.

use std::collections::BTreeMap;

use serde_json::Value;
use ulid::Ulid;

use crate::kernel::{
    Aggregate, AnyRecorded, Claim, CodecError, Command, DecodeFn, Encoded, Envelope, Event,
    EventCodec, Recorded, schema,
};

/// One aggregate.
pub struct AggregateEntry {
    /// The context it belongs to.
    pub context: &'static str,
    /// Its type.
    pub name: &'static str,
    /// What its ids begin with.
    pub prefix: &'static str,
    /// The doc comment of its commands.
    pub doc: String,
    /// The orders it takes.
    pub commands: Vec<CommandEntry>,
    /// The doc comment of its events.
    pub events_doc: String,
    /// The facts of its life.
    pub events: Vec<EventEntry>,
    /// The codes with which it refuses, and what they mean.
    pub rejections: Vec<(String, String)>,
    /// Names in its constants that nothing bears.
    strays: Vec<String>,
    decode: Box<DecodeFn>,
    encode: fn(&AnyRecorded) -> Option<Result<Encoded, CodecError>>,
    state: fn() -> Box<dyn State>,
    claims: fn(&AnyRecorded) -> Vec<Claim>,
}

/// One command.
pub struct CommandEntry {
    /// The wire name, `kebab-case`.
    pub name: String,
    /// Whether it brings an aggregate into being.
    pub creates: bool,
    /// Its doc comment.
    pub doc: String,
    /// The JSON Schema of its fields, complete with definitions.
    pub schema: Value,
}

/// One event.
pub struct EventEntry {
    /// The variant's name, `snake_case`; stored as `{aggregate}.{name}`.
    pub name: String,
    /// The current version of its shape.
    pub schema_version: u16,
    /// Its doc comment.
    pub doc: String,
    /// The JSON Schema of its fields, complete with definitions.
    pub schema: Value,
    /// Whether it may hold personal data.
    pub personal: bool,
}

/// The state of an aggregate whose type only the registry knows.
pub trait State: Send {
    /// Moves the state on; events of other aggregates change nothing.
    fn evolve(&mut self, event: &AnyRecorded);
    /// The state as JSON.
    fn to_json(&self) -> Value;
}

struct StateOf<A>(A);

impl<A: Aggregate> State for StateOf<A> {
    fn evolve(&mut self, event: &AnyRecorded) {
        if let Some(Recorded { event, .. }) = event.of::<A>() {
            self.0.evolve(event);
        }
    }
    fn to_json(&self) -> Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }
}

impl AggregateEntry {
    pub(super) fn of<A: Aggregate>(context: &'static str) -> Self {
        let codec = EventCodec::<A>::new();
        let versions: BTreeMap<String, u16> =
            codec.shapes().map(|(name, version)| (name.to_owned(), version)).collect();
        Self {
            context,
            name: A::TYPE,
            prefix: A::PREFIX,
            doc: schema::doc::<A::Command>(),
            commands: schema::variants_as_read::<A::Command>()
                .into_iter()
                .map(|variant| CommandEntry {
                    creates: A::Command::CREATE.contains(&variant.name.as_str()),
                    name: variant.name,
                    doc: variant.doc,
                    schema: variant.schema,
                })
                .collect(),
            events_doc: schema::doc::<A::Event>(),
            events: schema::variants::<A::Event>()
                .into_iter()
                .map(|variant| EventEntry {
                    personal: schema::is_personal(&variant.schema, &variant.schema),
                    schema_version: versions.get(&variant.name).copied().unwrap_or(1),
                    name: variant.name,
                    doc: variant.doc,
                    schema: variant.schema,
                })
                .collect(),
            rejections: schema::variants::<A::Rejection>()
                .into_iter()
                .map(|variant| (rejection_code::<A>(&variant.name), variant.doc))
                .collect(),
            strays: strays::<A>(&versions),
            decode: Box::new(move |envelope, name, version, payload| {
                codec.recorded(envelope, name, version, payload).map(AnyRecorded::new)
            }),
            encode: |event| event.of::<A>().map(|it| EventCodec::<A>::new().encode(&it.event)),
            state: || Box::new(StateOf(A::default())),
            claims: |event| event.of::<A>().map(|it| A::claims(&it.event)).unwrap_or_default(),
        }
    }

    /// Reads a stored event.
    ///
    /// # Errors
    /// When it is unknown, newer than this program, or does not fit.
    pub fn decode(
        &self,
        envelope: Envelope,
        name: &str,
        schema_version: u16,
        payload: &[u8],
    ) -> Result<AnyRecorded, CodecError> {
        (self.decode)(envelope, name, schema_version, payload)
    }

    /// Writes an event in the current version of its shape; nothing if it is
    /// another aggregate's.
    ///
    /// # Errors
    /// When it cannot be serialised, which the laws of events rule out.
    pub fn encode(&self, event: &AnyRecorded) -> Result<Option<Encoded>, CodecError> {
        (self.encode)(event).transpose()
    }

    /// Which unique values or numbers the event takes or releases; nothing if
    /// it is another aggregate's.
    #[must_use]
    pub fn claims(&self, event: &AnyRecorded) -> Vec<Claim> {
        (self.claims)(event)
    }

    /// The state before the first event.
    #[must_use]
    pub fn initial_state(&self) -> Box<dyn State> {
        (self.state)()
    }

    /// The command of a wire name.
    #[must_use]
    pub fn command(&self, name: &str) -> Option<&CommandEntry> {
        self.commands.iter().find(|command| command.name == name)
    }

    /// Reads an id of this aggregate in its text form.
    #[must_use]
    pub fn parse_id(&self, text: &str) -> Option<Ulid> {
        Ulid::from_string(text.strip_prefix(self.prefix)?.strip_prefix('_')?).ok()
    }

    /// The text form of an id of this aggregate.
    #[must_use]
    pub fn id_text(&self, id: Ulid) -> String {
        format!("{}_{id}", self.prefix)
    }

    pub(super) fn faults(&self, faults: &mut Vec<String>) {
        let name = self.name;
        if self.commands.is_empty() || self.events.is_empty() {
            faults.push(format!(
                "{name}: commands and events must be externally tagged enums with variants"
            ));
        }
        if !self.commands.iter().any(|command| command.creates) {
            faults.push(format!("{name}: no command creates it; name one in Command::CREATE"));
        }
        faults.extend(self.strays.iter().map(|stray| format!("{name}: {stray}")));
        for command in &self.commands {
            let path = format!("{name}/{}", command.name);
            if command.schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                faults.push(format!("{path}: must deny unknown fields"));
            }
            if command.schema.get("properties").is_some_and(|fields| fields.get("id").is_some()) {
                faults.push(format!("{path}: the field id is taken by the aggregate's own id"));
            }
            if command.doc.is_empty() {
                faults.push(format!("{path}: has no doc comment"));
            }
        }
        for event in &self.events {
            if event.schema.get("type").and_then(Value::as_str) != Some("object") {
                faults.push(format!("{name}.{}: must have named fields, or {{}}", event.name));
            }
            if event.doc.is_empty() {
                faults.push(format!("{name}.{}: has no doc comment", event.name));
            }
        }
    }
}

/// What a slip of the pen would silently leave without effect.
fn strays<A: Aggregate>(events: &BTreeMap<String, u16>) -> Vec<String> {
    let commands = schema::variants_as_read::<A::Command>();
    let created = A::Command::CREATE.iter();
    let no_command = |name: &&&str| !commands.iter().any(|command| command.name == **name);
    let lifted = A::Event::UPCASTS.iter().map(|upcast| upcast.event);
    let no_event = |name: &&str| !events.contains_key(*name);
    created
        .filter(no_command)
        .map(|name| format!("Command::CREATE names {name}, which is no command"))
        .chain(
            lifted
                .filter(no_event)
                .map(|name| format!("Event::UPCASTS names {name}, which is no event")),
        )
        .collect()
}

/// The stable code of a refusal: `INVOICE_NOT_A_DRAFT`.
#[must_use]
pub fn rejection_code<A: Aggregate>(variant: &str) -> String {
    format!("{}_{variant}", A::TYPE.to_ascii_uppercase())
}
