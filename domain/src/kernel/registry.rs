//! Everything that is declared, in the form the interpreters read.

mod aggregate;
mod read_model;

use std::collections::BTreeMap;

use super::{Aggregate, AnyRecorded, Intent, Reaction, ReadModel};

pub use aggregate::{AggregateEntry, CommandEntry, EventEntry, State, rejection_code};
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
        self.aggregates.push(AggregateEntry::of::<A>(self.here()));
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

fn unique<'a>(faults: &mut Vec<String>, what: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            faults.push(format!("{what} {name} is declared twice"));
        }
    }
}
