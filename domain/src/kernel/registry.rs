//! Everything that is declared, in the form the interpreters read.

mod read_model;

use std::collections::BTreeMap;

use serde_json::Value;
use ulid::Ulid;

use super::{
    Aggregate, AnyRecorded, Claim, CodecError, Command, DecodeFn, Envelope, Event, EventCodec,
    Intent, Reaction, ReadModel, Recorded, schema,
};

pub use read_model::ReadModelEntry;

/// A body of declarations: the product's own, or a test's.
pub trait Domain: 'static {
    /// Names every context to an interpreter.
    fn declare(to: &mut impl Interpreter);
}

/// A bounded context: one folder, one language.
pub trait Context {
    /// The name in routes, `snake_case`.
    const NAME: &'static str;
    /// What it is about, in a sentence.
    const DOC: &'static str;

    /// Names everything the context has to an interpreter.
    fn declare(to: &mut impl Interpreter);
}

/// Whoever makes something of the declarations.
pub trait Interpreter: Sized {
    /// All that follows, up to the next call, belongs to this context.
    fn enter(&mut self, name: &'static str, doc: &'static str);
    /// Takes in an aggregate.
    fn aggregate<A: Aggregate>(&mut self);
    /// Takes in a read model.
    fn read_model<R: ReadModel>(&mut self);
    /// Takes in a reaction.
    fn reaction<R: Reaction>(&mut self);
    /// Takes in an earlier version of a read model, whose table is kept up to
    /// date as long as there is one, so that one can go back to it.
    fn former_read_model<R: ReadModel>(&mut self) {}

    /// Takes in a whole context.
    fn context<C: Context>(&mut self) {
        self.enter(C::NAME, C::DOC);
        C::declare(self);
    }
}

/// Everything that is declared.
#[derive(Default)]
pub struct Registry {
    contexts: Vec<(&'static str, &'static str)>,
    aggregates: Vec<AggregateEntry>,
    /// The current versions, then the former ones.
    read_models: Vec<ReadModelEntry>,
    former: Vec<ReadModelEntry>,
    current: usize,
    reactions: Vec<ReactionEntry>,
    by_type: BTreeMap<&'static str, usize>,
}

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

/// One reaction.
pub struct ReactionEntry {
    /// The context it belongs to.
    pub context: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The type of the aggregate whose events it answers.
    pub source: &'static str,
    react: fn(&AnyRecorded) -> Vec<Intent>,
}

impl ReactionEntry {
    /// The name under which its place in a log is kept.
    #[must_use]
    pub fn consumer(&self) -> String {
        format!("reaction:{}", self.name)
    }

    /// What the event calls for.
    #[must_use]
    pub fn react(&self, event: &AnyRecorded) -> Vec<Intent> {
        (self.react)(event)
    }
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
}

/// A declaration that contradicts another or the rules of the kernel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct RegistryError(pub Vec<String>);

impl Registry {
    /// Reads all declarations of a domain.
    ///
    /// # Errors
    /// Everything that contradicts another declaration or the kernel's rules.
    pub fn of<D: Domain>() -> Result<Self, RegistryError> {
        let mut registry = Self::default();
        D::declare(&mut registry);
        registry.by_type =
            registry.aggregates.iter().enumerate().map(|(i, entry)| (entry.name, i)).collect();
        registry.current = registry.read_models.len();
        registry.read_models.append(&mut registry.former);
        let faults = registry.faults();
        if faults.is_empty() { Ok(registry) } else { Err(RegistryError(faults)) }
    }

    /// The contexts, each with what it is about.
    #[must_use]
    pub fn contexts(&self) -> &[(&'static str, &'static str)] {
        &self.contexts
    }

    /// The aggregates in the order of their declaration.
    #[must_use]
    pub fn aggregates(&self) -> &[AggregateEntry] {
        &self.aggregates
    }

    /// The read models in the order of their declaration.
    #[must_use]
    pub fn read_models(&self) -> &[ReadModelEntry] {
        self.read_models.get(..self.current).unwrap_or_default()
    }

    /// The read models whose tables are kept up to date: all of
    /// [`read_models`](Self::read_models), then their earlier versions.
    #[must_use]
    pub fn projected(&self) -> &[ReadModelEntry] {
        &self.read_models
    }

    /// The reactions in the order of their declaration.
    #[must_use]
    pub fn reactions(&self) -> &[ReactionEntry] {
        &self.reactions
    }

    /// The aggregate of a type.
    #[must_use]
    pub fn aggregate(&self, name: &str) -> Option<&AggregateEntry> {
        self.by_type.get(name).and_then(|index| self.aggregates.get(*index))
    }

    /// The read model of a name.
    #[must_use]
    pub fn read_model(&self, name: &str) -> Option<&ReadModelEntry> {
        self.read_models().iter().find(|entry| entry.name == name)
    }

    /// The read model whose rows are the aggregates of a type: the first one
    /// declared whose key is just their id.
    #[must_use]
    pub fn rows_of(&self, aggregate: &str) -> Option<&ReadModelEntry> {
        self.read_models().iter().find(|entry| match entry.key {
            [only] => matches!(
                entry.table.column(only).map(|column| &column.kind),
                Some(super::ColumnKind::Id { aggregate: of, .. }) if of == aggregate
            ),
            _ => false,
        })
    }

    fn here(&self) -> &'static str {
        self.contexts.last().map_or("", |(name, _)| *name)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = vec![];
        unique(&mut faults, "context", self.contexts.iter().map(|(name, _)| *name));
        unique(&mut faults, "aggregate type", self.aggregates.iter().map(|entry| entry.name));
        unique(&mut faults, "id prefix", self.aggregates.iter().map(|entry| entry.prefix));
        unique(&mut faults, "read model", self.read_models().iter().map(|entry| entry.name));
        unique(&mut faults, "row name", self.read_models().iter().map(|entry| entry.row));
        unique(&mut faults, "reaction", self.reactions.iter().map(|entry| entry.name));
        for aggregate in &self.aggregates {
            aggregate.faults(&mut faults);
        }
        for read_model in &self.read_models {
            read_model.faults(self, &mut faults);
        }
        for former in self.read_models.iter().skip(self.current) {
            former.former_faults(self, &mut faults);
        }
        for ReactionEntry { name, source, .. } in &self.reactions {
            if !self.aggregates.iter().any(|aggregate| aggregate.name == *source) {
                faults.push(format!("{name}: answers {source}, which is not registered"));
            }
        }
        faults
    }
}

impl Interpreter for Registry {
    fn enter(&mut self, name: &'static str, doc: &'static str) {
        self.contexts.push((name, doc));
    }

    fn aggregate<A: Aggregate>(&mut self) {
        let codec = EventCodec::<A>::new();
        let versions: BTreeMap<String, u16> =
            codec.shapes().map(|(name, version)| (name.to_owned(), version)).collect();
        self.aggregates.push(AggregateEntry {
            context: self.here(),
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
            state: || Box::new(StateOf(A::default())),
            claims: |event| event.of::<A>().map(|it| A::claims(&it.event)).unwrap_or_default(),
        });
    }

    fn read_model<R: ReadModel>(&mut self) {
        self.read_models.push(ReadModelEntry::of::<R>(self.here()));
    }

    fn former_read_model<R: ReadModel>(&mut self) {
        self.former.push(ReadModelEntry::of::<R>(self.here()));
    }

    fn reaction<R: Reaction>(&mut self) {
        self.reactions.push(ReactionEntry {
            context: self.here(),
            name: R::NAME,
            source: <R::Source as super::Kind>::TYPE,
            react: |event| event.of::<R::Source>().map(R::react).unwrap_or_default(),
        });
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

impl AggregateEntry {
    fn faults(&self, faults: &mut Vec<String>) {
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

fn unique<'a>(faults: &mut Vec<String>, what: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            faults.push(format!("{what} {name} is declared twice"));
        }
    }
}
